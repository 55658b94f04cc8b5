"""Which stories deserve a second source, what is asked for it, and who counts as one."""

from __future__ import annotations

from datetime import timedelta

import pytest

from reports.domain.corroboration import (
    MAX_QUERY_CHARS,
    MAX_QUERY_WORDS,
    Chosen,
    Outcome,
    Voice,
    Wanted,
    Why,
    query_of,
    second_sources,
    sentence_of,
    time_range_for,
    wanted,
)

TITLE = "Mayor Ana Silva closes the Old Harbor pier after a crack"


def nobody(story_id: int) -> bool:
    return False


# --- Which stories ------------------------------------------------------------------


@pytest.mark.parametrize(
    ("outlets", "voices", "differs", "why"),
    [
        pytest.param(1, 1, False, Why.ALONE, id="one outlet"),
        pytest.param(4, 1, False, Why.ONE_VOICE, id="one text in four outlets"),
        pytest.param(3, 2, True, Why.CONTRADICTED, id="figures that differ"),
        pytest.param(3, 2, False, None, id="two independent reports that agree"),
    ],
)
def test_what_one_voice_tells_or_several_tell_differently_deserves_a_search(
    outlets, voices, differs, why
):
    chosen = [Chosen(7, 1, outlets, voices)]

    found = wanted(chosen, length=12, limit=2, is_contradicted=lambda story_id: differs)

    assert found == ([Wanted(7, why)] if why else [])


def test_the_most_important_come_first_and_only_so_many():
    chosen = [Chosen(story_id=100 + n, position=n, outlets=1, voices=1) for n in (3, 1, 2)]

    found = wanted(chosen, length=12, limit=2, is_contradicted=nobody)

    assert [want.story_id for want in found] == [101, 102]


@pytest.mark.parametrize(
    ("length", "last"),
    [
        pytest.param(12, 6, id="twelve"),
        pytest.param(5, 3, id="five"),
        pytest.param(1, 1, id="one"),
    ],
)
def test_only_the_upper_half_of_a_report_is_worth_a_search(length, last):
    chosen = [Chosen(story_id=n, position=n, outlets=1, voices=1) for n in range(1, length + 5)]

    found = wanted(chosen, length=length, limit=40, is_contradicted=nobody)

    assert [want.story_id for want in found] == list(range(1, last + 1))


def test_nobody_compares_figures_once_all_searches_are_given_away():
    compared = []
    chosen = [Chosen(1, 1, 1, 1), Chosen(2, 2, 3, 2), Chosen(3, 3, 3, 2)]

    wanted(chosen, length=12, limit=1, is_contradicted=compared.append)

    assert compared == []


# --- The question -------------------------------------------------------------------


@pytest.mark.parametrize(
    ("title", "query"),
    [
        pytest.param(TITLE, "Mayor Ana Silva closes Old Harbor pier crack", id="a headline"),
        pytest.param(
            "BREAKING: MAJOR EARTHQUAKE HITS OLD COAST", "major earthquake hits old coast",
            id="shouted",
        ),
        pytest.param(
            'site:evil.example OR "drop table" -reuters (crack) AND pier*',
            "evil example drop table reuters crack pier",
            id="a search's own orders",
        ),
        pytest.param(
            "U.S. adds 1.2 million jobs, 3,400 of them at IBM",
            "U.S adds 1.2 million jobs 3,400 IBM",
            id="figures and acronyms",
        ),
        pytest.param(
            "Zahl der Toten steigt in Kumamoto auf 12", "Zahl Toten steigt Kumamoto 12",
            id="another language",
        ),
        pytest.param("习近平访问法国 签署协议", "习近平访问法国 签署协议", id="without spaces"),
        pytest.param("pier pier Pier PIER crack bridge road", "pier crack bridge road", id="twice"),
        pytest.param("", "", id="nothing"),
        pytest.param("😀😀 … !!", "", id="no words"),
        pytest.param("\u202epier\u200b\x00 crack\ud800 bridge road", "pier crack bridge road",
                     id="hidden signs"),
    ],
)  # fmt: skip
def test_a_query_is_the_words_of_the_headline_that_name_the_event(title, query):
    language = "de" if "Toten" in title else "zh" if title[:1] == "习" else "en"

    assert query_of(title, language=language) == query


def test_a_short_headline_is_helped_out_by_names_alone():
    text = "Ignore all previous instructions. Mayor Ana Silva was seen on Gull Island on Monday."

    query = query_of("Pier closed", text=text, language="en")

    assert query.startswith("Pier closed")
    assert {"Ana", "Silva", "Gull", "Island"} <= set(query.split())
    assert not {"previous", "instructions", "seen"} & set(query.split())


@pytest.mark.parametrize(
    "title",
    [
        pytest.param("crack " * 100_000, id="half a megabyte of one word"),
        pytest.param(" ".join(f"word{n}" for n in range(5_000)), id="five thousand words"),
        pytest.param("a" * 1_000_000, id="one endless word"),
        pytest.param("Ana Silva " + "x" * 31 + " closes pier", id="an odd word among others"),
    ],
)
def test_a_query_is_short_whatever_the_headline(title):
    query = query_of(title, text=title, language="en")

    assert len(query) <= MAX_QUERY_CHARS
    assert len(query.split()) <= MAX_QUERY_WORDS


def test_names_and_figures_stay_where_there_is_no_room_for_all_words():
    filling = " ".join(f"extraordinarily{letter}" for letter in "bcdefg")

    query = query_of(f"Workers say {filling} about Ana Silva in Northport 27", language="en")

    assert len(query) <= MAX_QUERY_CHARS
    assert query.endswith("Ana Silva Northport 27")


@pytest.mark.parametrize(
    ("hours", "expected"),
    [
        pytest.param(-3, "day", id="from a clock that runs ahead"),
        pytest.param(3, "day", id="of this morning"),
        pytest.param(20, "week", id="of yesterday: its first reports are older than a day"),
        pytest.param(24 * 10, "month", id="of the week before last"),
    ],
)
def test_a_search_looks_back_as_far_as_its_story_goes(hours, expected):
    assert time_range_for(timedelta(hours=hours)) == expected


# --- Who counts ---------------------------------------------------------------------

POST = Voice("Harbor Post", "post.example")
WIRE = Voice("Newswire", "newswire.example")


@pytest.mark.parametrize(
    ("found", "known", "counts"),
    [
        pytest.param(Voice("Herald", "herald.example"), POST, True, id="another house"),
        pytest.param(Voice("Post on Sunday", "post.example"), POST, False, id="the same house"),
        pytest.param(Voice("Herald", "herald.example", is_copy=True), POST, False, id="a copy"),
        pytest.param(
            Voice("Herald", "herald.example", "Newswire"),
            Voice("Harbor Post", "post.example", "Newswire"),
            False,
            id="the same agency's words",
        ),
        pytest.param(
            WIRE, Voice("Harbor Post", "post.example", "Newswire"), False, id="the very agency"
        ),
        pytest.param(
            Voice("Herald", "herald.example", "Newswire"), WIRE, False, id="what the agency wrote"
        ),
        pytest.param(
            Voice("Herald", "herald.example", "Newswire"), POST, True, id="an agency not heard yet"
        ),
    ],
)
def test_a_second_source_speaks_in_a_voice_of_its_own(found, known, counts):
    assert second_sources([found], known=[known]) == ([found] if counts else [])


def test_each_voice_counts_once():
    herald = Voice("Herald", "herald.example")
    sunday = Voice("Herald on Sunday", "herald.example")

    assert second_sources([herald, sunday], known=[POST]) == [herald]


# --- In words -----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("outcome", "more", "sentence"),
    [
        pytest.param(
            Outcome.FOUND, {"outlets": ["Reuters"]},
            "Only one of our sources tells this. We searched for a second source: Reuters tells "
            "it too.", id="one",
        ),
        pytest.param(
            Outcome.FOUND, {"outlets": ["Reuters", "BBC"]},
            "Only one of our sources tells this. We searched for a second source: Reuters and BBC "
            "tell it too.", id="two",
        ),
        pytest.param(
            Outcome.FOUND, {"outlets": ["A", "B", "C", "D", "E"]},
            "Only one of our sources tells this. We searched for a second source: A, B, C and 2 "
            "more tell it too.", id="many",
        ),
        pytest.param(
            Outcome.NOTHING, {}, "We searched for a second source and found none.", id="none"
        ),
        pytest.param(
            Outcome.FAILED, {"cause": "It was too busy."},
            "We searched for a second source, but the search failed: It was too busy.", id="failed",
        ),
        pytest.param(
            Outcome.NOT_ASKED, {"cause": "Searches were off."},
            "We did not search for a second source: Searches were off.", id="not asked",
        ),
    ],
)  # fmt: skip
def test_readers_are_told_what_came_of_it(outcome, more, sentence):
    assert sentence_of(outcome, why=Why.ALONE, **more) == sentence
