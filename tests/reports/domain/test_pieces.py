"""An answer in pieces is as clean as the whole, wherever it was cut."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from patriot.lib.text import clean_text
from reports.domain.pieces import MAX_HELD, Pieces

MANY = 100_000


def in_pieces(text: str, size: int, *, max_chars: int = MANY) -> list[str]:
    pieces = Pieces(max_chars=max_chars)
    passed = [pieces.push(text[at : at + size]) for at in range(0, len(text), size)]
    passed.append(pieces.finish())

    assert pieces.content == "".join(passed)
    return passed


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("", id="nothing"),
        pytest.param("  \n ", id="white space"),
        pytest.param("  The bridge is open. \n\n It closes at ten.\t\n", id="plain"),
        pytest.param("Cafe\u0301 and cafe\u0301", id="an accent of its own"),
        pytest.param("a\u202eb\u200bc \x00d\x1b[0m", id="hidden"),
        pytest.param("one\r\ntwo\rthree\u2028four", id="line ends"),
        pytest.param("e" + "\u0301" * 50 + " end", id="too many marks"),
        pytest.param("👩\u200d👩\u200d👧 and ✈\ufe0f, \ufe0f\ufe0f", id="emoji"),
        pytest.param("会議が開かれた。" * 40, id="no spaces"),
        pytest.param(
            "\u064a\u0643\u062a\u0628 \u0646\u06cc\u200c\u062e", id="a joiner that is needed"
        ),
        pytest.param("a\ud800b \udfffc", id="surrogates"),
    ],
)
@pytest.mark.parametrize("size", [1, 2, 3, 7, 1_000])
def test_pieces_together_are_the_clean_text(text: str, size: int) -> None:
    assert "".join(in_pieces(text, size)) == clean_text(text, max_chars=MANY)


@given(st.text(max_size=80), st.integers(1, 9))
def test_wherever_it_is_cut_nothing_hidden_passes(text: str, size: int) -> None:
    told = "".join(in_pieces(text, size))

    assert told == clean_text(text, max_chars=MANY)


def test_plain_text_is_passed_on_at_once() -> None:
    pieces = Pieces(max_chars=MANY)

    assert [pieces.push("The bridge"), pieces.push(" is open")] == ["The bridg", "e is ope"]
    assert pieces.finish() == "n"


def test_what_is_odd_for_long_is_passed_on_all_the_same() -> None:
    passed = in_pieces("\u0e01\u0e49" * MAX_HELD, 100)

    assert "".join(passed) == "\u0e01\u0e49" * MAX_HELD
    assert max(map(len, passed)) <= MAX_HELD + 102


def test_no_more_is_passed_on_than_is_wanted() -> None:
    assert "".join(in_pieces("word " * 100, 7, max_chars=12)) == "word word wo"
