"""Meters, timelines and the coverage line."""

from datetime import timedelta

import pytest

from reports.models import Membership
from reports.pages.coverage import MAX_DOTS, MAX_SQUARES, Coverage, Meter, Timeline
from sources.models import Article
from tests.factories import NOW


def members(*hours: float, copies: frozenset[float] = frozenset()) -> list[Membership]:
    return [
        Membership(
            article=Article(published_at=NOW + timedelta(hours=at)),
            copy_of_id=1 if at in copies else None,
        )
        for at in hours
    ]


@pytest.mark.parametrize(
    ("meter", "expected"),
    [
        pytest.param(
            Meter(1, 1, 0), "One outlet. We matched no article of another outlet to it.", id="one"
        ),
        pytest.param(
            Meter(1, 1, 0, is_foreign=True),
            "One outlet. We matched no article of another outlet to it. "
            "(Articles in other languages are not compared yet.)",
            id="one in another language",
        ),
        pytest.param(
            Meter(2, 2, 0, is_foreign=True), "2 outlets, each in its own words.", id="two foreign"
        ),
        pytest.param(Meter(3, 3, 0), "3 outlets, each in its own words.", id="all independent"),
        pytest.param(
            Meter(5, 1, 4),
            "5 outlets, 1 independent report; 4 carry the text of another.",
            id="one text",
        ),
        pytest.param(
            Meter(9, 3, 1),
            "9 outlets, 3 independent reports; 1 carries the text of another.",
            id="some",
        ),
        pytest.param(
            Meter(9, 3, 6, agencies=("Reuters",)),
            "9 outlets, 3 independent reports; 6 carry the same text (Reuters).",
            id="an agency's text",
        ),
        pytest.param(
            Meter(9, 3, 6, agencies=("AFP", "Reuters", "dpa")),
            "9 outlets, 3 independent reports; 6 carry a text of another (AFP, Reuters and dpa).",
            id="several agencies",
        ),
        pytest.param(
            Meter(4, 1, 0, agencies=("Reuters",)),
            "4 outlets, 1 independent report; the credited agency is Reuters.",
            id="an agency's text, each edited",
        ),
        pytest.param(
            Meter(3, 3, 0, agencies=("AP", "Reuters")),
            "3 outlets, each in its own words; the credited agencies are AP and Reuters.",
            id="agencies beside each other",
        ),
        pytest.param(
            Meter(3, 2, 0),
            "3 outlets, 2 independent reports; outlets of one house count once.",
            id="a family among them",
        ),
        pytest.param(
            Meter(3, 1, 0, voice="the Courier"),
            "Only the Courier tells this. We matched no article of another outlet to it.",
            id="one family",
        ),
        pytest.param(
            Meter(1, 1, 0, agencies=("AFP",), voice="the Courier"),
            "Only the Courier tells this, crediting AFP. "
            "We matched no article of another outlet to it.",
            id="one outlet with an agency's text",
        ),
        pytest.param(
            Meter(2, 0, 2),
            "2 outlets, 1 independent report; 2 carry the text of another.",
            id="the original is gone",
        ),
    ],
)
def test_independence_is_said_in_words(meter, expected):
    assert meter.sentence == expected


@pytest.mark.parametrize(
    ("outlets", "independent", "filled", "shown"),
    [
        pytest.param(4, 2, 2, 4, id="one square an outlet"),
        pytest.param(160, 40, 4, MAX_SQUARES, id="very many: the proportion"),
        pytest.param(160, 1, 1, MAX_SQUARES, id="never none"),
        pytest.param(0, 0, 0, 0, id="no outlet"),
    ],
)
def test_a_meter_fills_a_square_for_each_independent_outlet(outlets, independent, filled, shown):
    squares = Meter(outlets, independent, 0).squares

    assert len(squares) == shown
    assert sum(square.is_independent for square in squares) == filled


def test_a_timeline_places_articles_between_its_ends():
    articles = members(0, 5, 10, 99, copies=frozenset({5}))

    timeline = Timeline.of(articles, start=NOW, end=NOW + timedelta(hours=10))

    by_place = sorted(timeline.dots, key=lambda dot: dot.x)
    assert [dot.x for dot in by_place] == [5, 120, 235, 235]
    assert [dot.is_copy for dot in by_place] == [False, True, False, False]
    assert (timeline.originals, timeline.copies) == (3, 1)


def test_articles_of_one_moment_stand_at_the_beginning():
    timeline = Timeline.of(members(0, 0), start=NOW, end=NOW)

    assert [dot.x for dot in timeline.dots] == [5, 5]


def test_a_long_timeline_is_thinned():
    timeline = Timeline.of(members(*range(1000)), start=NOW, end=NOW + timedelta(hours=1000))

    assert 0 < len(timeline.dots) <= MAX_DOTS
    assert timeline.originals == 1000


@pytest.mark.parametrize(
    "stored",
    [
        pytest.param({}, id="nothing"),
        pytest.param({"watched": "9", "answered": None, "articles": 1.5}, id="odd types"),
        pytest.param({"watched": -1, "newest_article_at": "2026-06-09T06:30:00"}, id="no zone"),
        pytest.param({"newest_article_at": "2026-99-99T00:00:00Z"}, id="no such day"),
    ],
)
def test_coverage_that_cannot_be_read_counts_as_nothing(stored):
    assert Coverage.of(stored) == Coverage(watched=0, answered=0, articles=0, newest_at=None)


def test_sources_that_did_not_answer_are_counted():
    coverage = Coverage.of({"watched": 118, "answered": 112, "newest_article_at": NOW.isoformat()})

    assert coverage.silent == 6
    assert coverage.newest_at == NOW
