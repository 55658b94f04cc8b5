"""Whatever a model chooses, a report keeps every story once and says nothing new."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reports.domain.analysis import Kind
from reports.domain.composing import MOST_SHORT, SHORT_WORDS, Choice, Names, by_choice, by_rule
from reports.domain.fencing import fence_sections
from reports.domain.outline import BOX_CLAIMS, BOX_LENGTH, ClaimText, SectionText, Selected

KINDS = (Kind.HEADLINE, Kind.LEAD, Kind.DETAIL, Kind.WHY)
THREE = [
    SectionText(tuple(ClaimText(kind, f"{kind} of story {number}") for kind in KINDS))
    for number in range(3)
]
"""s1 to s4 are of t1, s5 to s8 of t2, s9 to s12 of t3."""


def a_choice(title="s5", order=("t2", "t3", "t1"), box=("s6", "s10", "s2"), short=("s6",)):
    return Choice(title, tuple(order), tuple(box), tuple(short))


def test_a_choice_that_fits_is_kept():
    made = by_choice(a_choice(), THREE)

    assert made.order == (1, 2, 0)
    assert made.title == Selected(1, 0)
    assert made.box == (Selected(1, 1), Selected(2, 1), Selected(0, 1))
    # The lead of those of which nothing was chosen.
    assert made.short == {Selected(1, 1), Selected(0, 1), Selected(2, 1)}


@pytest.mark.parametrize(
    ("choice", "order", "title"),
    [
        pytest.param(a_choice(order=()), (0, 1, 2), Selected(1, 0), id="no order"),
        pytest.param(a_choice(order=["t3"]), (2, 0, 1), Selected(1, 0), id="one named"),
        pytest.param(a_choice(order=["t3"] * 9), (2, 0, 1), Selected(1, 0), id="again and again"),
        pytest.param(a_choice(order=["t9", "x", ""]), (0, 1, 2), Selected(1, 0), id="forged"),
        pytest.param(a_choice(title="s6"), (1, 2, 0), Selected(1, 0), id="a lead as title"),
        pytest.param(a_choice(title=""), (1, 2, 0), Selected(1, 0), id="no title"),
        pytest.param(a_choice(title="s99"), (1, 2, 0), Selected(1, 0), id="a forged title"),
    ],
)
def test_what_does_not_fit_a_rule_decides(choice, order, title):
    made = by_choice(choice, THREE)

    assert (made.order, made.title) == (order, title)


def test_what_staff_pinned_comes_first():
    assert by_choice(a_choice(), THREE, pinned=[0]).order == (0, 1, 2)


@pytest.mark.parametrize(
    ("box", "expected"),
    [
        pytest.param(["s6", "s7", "s8"], {1: 1, 0: 1, 2: 1}, id="all of one story"),
        pytest.param(["s5", "s9", "s1"], {0: 1, 1: 1, 2: 1}, id="headlines"),
        pytest.param(["s8", "s12", "s4"], {0: 1, 1: 1, 2: 1}, id="analyses"),
        pytest.param(["s7", "s11", "s3"], {0: 2, 1: 2, 2: 2}, id="details"),
        pytest.param(["zebras"], {0: 1, 1: 1, 2: 1}, id="forged"),
    ],
)
def test_the_box_tells_of_different_stories(box, expected):
    made = by_choice(a_choice(box=box), THREE)

    assert {place.section: place.claim for place in made.box} == expected


def test_what_is_too_long_for_the_box_is_passed_over():
    long = SectionText((THREE[1].claims[0], ClaimText(Kind.LEAD, "x" * (BOX_LENGTH + 1))))

    made = by_choice(a_choice(box=["s6"]), [THREE[0], long, THREE[2], THREE[1]])

    assert {place.section for place in made.box} == {0, 2, 3}


def test_without_a_choice_the_order_is_that_of_rank():
    made = by_rule(THREE)

    assert made.order == (0, 1, 2)
    assert made.title == Selected(0, 0)
    assert made.short == {Selected(section, 1) for section in range(3)}


def words_in(short, sections):
    chosen = [sections[place.section].claims[place.claim].text for place in short]
    headlines = [section.claims[0].text for section in sections]
    return sum(len(text.split()) for text in (*headlines, *chosen))


def a_long_report(stories):
    """Sentences of fifty words; s1, s4, s7, … are headlines."""
    kinds = (Kind.HEADLINE, Kind.LEAD, Kind.DETAIL)
    return [
        SectionText(tuple(ClaimText(kind, f"{kind}{number} " + "word " * 49) for kind in kinds))
        for number in range(stories)
    ]


def test_the_short_version_of_a_long_report_takes_three_minutes():
    sections = a_long_report(12)
    everything = [f"s{number}" for number in range(1, 37)]

    for made in (by_rule(sections), by_choice(a_choice(short=everything), sections)):
        assert words_in(made.short, sections) <= SHORT_WORDS


def test_the_short_version_leaves_out_what_stands_last_and_second_sentences_first():
    sections = a_long_report(6)
    everything = [f"s{number}" for number in range(1, 19)]

    made = by_choice(a_choice(order=["t6"], short=everything), sections)

    assert {place.section for place in made.short if place.claim == 1} == set(range(6))
    assert {place.section for place in made.short if place.claim == 2} == {5}


def test_the_ids_are_those_that_the_message_shows():
    lines = fence_sections(THREE, delimiter="k1").split("\n")

    names = Names.of(THREE)
    assert "k1 story t2" in lines
    for name, place in names.sentences.items():
        claim = THREE[place.section].claims[place.claim]
        assert f"k1 {name} ({claim.kind}): {claim.text}" in lines


ids = st.sampled_from([f"{letter}{number}" for letter in "st" for number in range(15)])
choices = st.builds(Choice, ids, *[st.lists(ids, max_size=20).map(tuple) for _ in range(3)])


@given(choices, st.integers(1, 3))
def test_nothing_is_lost_and_nothing_is_new(choice, count):
    sections = THREE[:count]

    made = by_choice(choice, sections)

    assert sorted(made.order) == list(range(count))
    assert made.title is not None
    assert sections[made.title.section].claims[made.title.claim].kind is Kind.HEADLINE
    assert len({place.section for place in made.box}) == len(made.box) == min(count, BOX_CLAIMS)
    assert {place.section for place in made.short} == set(range(count))
    for section in range(count):
        told = [place for place in made.short if place.section == section]
        assert len(told) <= MOST_SHORT
        assert all(place.claim > 0 for place in told)
