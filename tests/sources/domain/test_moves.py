"""When a move is believed."""

from __future__ import annotations

import pytest

from sources.domain.moves import Move, move_after, note_on_move

OLD, NEW, OTHER = "http://a.example/feed", "https://a.example/feed", "https://b.example/feed"


def after(*led_to, url=OLD):
    """Return what is known after readings that were led there, one after the other."""
    move = Move()
    for address in led_to:
        move = move_after(move, url=url, led_to=address)
    return move


@pytest.mark.parametrize(
    ("led_to", "move"),
    [
        pytest.param([], Move(), id="never"),
        pytest.param([NEW], Move(NEW, 1), id="once"),
        pytest.param([NEW, NEW], Move(NEW, 2), id="twice"),
        pytest.param([NEW, NEW, NEW], Move(NEW, 3), id="three times"),
        pytest.param([NEW] * 9, Move(NEW, 3), id="more need not be counted"),
        pytest.param([NEW, NEW, OTHER], Move(OTHER, 1), id="another target begins again"),
        pytest.param([NEW, NEW, None], Move(), id="a plain answer"),
        pytest.param([NEW, NEW, ""], Move(), id="a plain answer, as an empty text"),
        pytest.param([NEW, None, NEW, NEW], Move(NEW, 2), id="three, but not in a row"),
        pytest.param([NEW, NEW, OLD], Move(), id="in a circle to itself"),
        pytest.param([OTHER, OTHER, OTHER], Move(OTHER, 3), id="to another site"),
        pytest.param(["https://a.example/" + "x" * 2_000] * 3, Move(), id="too long to keep"),
    ],
)
def test_what_is_known_of_a_move(led_to, move):
    assert after(*led_to) == move
    assert move.is_confirmed == (move.moves_seen == 3)


def test_an_editor_hears_of_an_adopted_move_and_of_a_new_site():
    assert note_on_move(after(NEW, NEW), url=OLD) == ""
    assert note_on_move(after(NEW, NEW, NEW), url="http://news.example.com/feed") != ""

    note = note_on_move(after(*["https://www.example.org/feed"] * 3), url="http://example.com/")

    assert "we read https://www.example.org/feed from now on" in note
    assert "That is example.org, another site" in note


def test_a_move_within_a_site_is_not_called_another_site():
    move = after(*["https://feeds.example.com/x"] * 3)

    assert "another site" not in note_on_move(move, url="http://www.example.com/feed")
