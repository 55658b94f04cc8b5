"""Two ways of telling, in figures and in words."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reports.domain.analysis import Kind
from reports.domain.comparing import (
    Measures,
    Sentence,
    Telling,
    difference,
    in_words,
    may_be_chance,
    measure,
    percent,
    told_by_kind,
)


def a_sentence(text="The bridge is closed.", kind=Kind.LEAD, *, holds=True, is_told=True):
    return Sentence(kind, text, holds, is_told)


def measures(held: int, proposed: int) -> Measures:
    return Measures(3, 3, proposed, held, 100, Decimal(1), 2.0)


def test_several_tellings_are_measured_together():
    fallen = a_sentence("It is open.", holds=False, is_told=False)
    spare = a_sentence("No room for this.", is_told=False)
    one = Telling((a_sentence(), fallen), True, Decimal("0.002"), 3.0)
    other = Telling((a_sentence(), spare), False, Decimal("0.001"), 1.0)

    both = measure([one, other])

    assert (both.stories, both.tellable) == (2, 1)
    assert (both.proposed, both.held, both.dropped, both.share) == (4, 3, 1, 0.75)
    assert (both.words, both.words_each) == (8, 4.0)
    assert (both.cost_usd, both.seconds) == (Decimal("0.003"), 4.0)


def test_nothing_has_no_share():
    nothing = measure([])

    assert (nothing.share, nothing.words_each) == (None, 0.0)
    assert in_words(nothing, nothing).startswith("Nothing to compare yet")


@pytest.mark.parametrize(
    ("candidate", "baseline", "said"),
    [
        pytest.param((48, 50), (30, 50), "The candidate holds better.", id="plainly better"),
        pytest.param((30, 50), (48, 50), "The other holds better.", id="plainly worse"),
        pytest.param((9, 10), (8, 10), "So small a difference may be chance.", id="by chance"),
        pytest.param((10, 10), (20, 20), "That is the same.", id="the same"),
        pytest.param((0, 1), (0, 7), "That is the same.", id="nothing holds"),
        pytest.param((1, 1), (0, 1), "may be chance.", id="one sentence"),
    ],
)
def test_which_holds_better_is_said_only_if_it_is_likely(candidate, baseline, said):
    assert in_words(measures(*candidate), measures(*baseline)).endswith(said)


@pytest.mark.parametrize(
    ("share", "words"),
    [(1.0, "100 %"), (0.0, "0 %"), (0.999, "over 99 %"), (0.001, "under 1 %"), (0.926, "93 %")],
)
def test_all_and_none_are_said_of_all_and_none_alone(share, words):
    assert percent(share) == words


@given(st.integers(0, 60), st.integers(1, 60), st.integers(0, 60), st.integers(1, 60))
def test_chance_does_not_depend_on_which_comes_first(a, n, b, m):
    one, other = measures(min(a, n), n), measures(min(b, m), m)

    assert may_be_chance(one, other) is may_be_chance(other, one)


def test_words_that_differ_are_marked():
    pieces = difference("The old bridge will close.", "The bridge will close on Friday.")

    assert [(piece.sign, piece.text) for piece in pieces] == [
        (" ", "The"),
        ("−", "old"),
        (" ", "bridge will"),
        ("−", "close."),
        ("+", "close on Friday."),
    ]


@given(st.lists(st.sampled_from(["a", "b", "c"])), st.lists(st.sampled_from(["a", "b", "c"])))
def test_what_stayed_and_went_was_there_and_what_stayed_and_came_is_there(before, after):
    pieces = difference(" ".join(before), " ".join(after))

    said = " ".join(piece.text for piece in pieces if not piece.is_added)
    says = " ".join(piece.text for piece in pieces if not piece.is_removed)
    assert (said.split(), says.split()) == (before, after)


def test_a_heading_has_what_its_section_would_say():
    sentences = [
        a_sentence("First."),
        a_sentence("Fell.", holds=False, is_told=False),
        a_sentence("Why.", Kind.WHY),
        a_sentence("Second."),
    ]

    assert told_by_kind(sentences, Kind.LEAD) == "First. Second."
