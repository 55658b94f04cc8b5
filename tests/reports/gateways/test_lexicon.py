"""The lexicon's verdicts, and how sure they are."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reports.domain.sentiment import NEGATIVE, NEUTRAL, POSITIVE
from reports.gateways.lexicon import (
    FELT,
    METHOD,
    NEWS_FELT,
    NEWS_IDLE,
    NOT_FELT,
    LexiconClassifier,
    confidence_at,
)


def verdict(text: str, language: str = "en"):
    return LexiconClassifier().classify(text, language)


@pytest.mark.parametrize(
    ("text", "sentiment"),
    [
        pytest.param("A wonderful victory for the town", POSITIVE, id="good news"),
        pytest.param("Three people were killed in an attack", NEGATIVE, id="bad news"),
        pytest.param("The committee met on Tuesday", NEUTRAL, id="no news"),
        pytest.param("This is not good at all", NEGATIVE, id="negation"),
        pytest.param("He couldn’t be happier, it’s a joy", POSITIVE, id="curly apostrophes"),
        pytest.param("Council shares care package and security plan", NEUTRAL, id="idle words"),
        pytest.param("Deaths rise as outbreak spreads", NEGATIVE, id="words of the news"),
        pytest.param("I love this!", POSITIVE, id="short"),
        pytest.param("😀", POSITIVE, id="emoji"),
    ],
)
def test_english_is_understood(text, sentiment):
    found = verdict(text)

    assert found.sentiment == sentiment
    assert found.confidence > 0
    assert found.method == METHOD


@pytest.mark.parametrize(
    ("text", "language", "reason"),
    [
        pytest.param("Ein wunderbarer Sieg", "de", "“de”", id="German"),
        pytest.param("A wonderful victory", "fr-CA", "“fr”", id="as declared"),
        pytest.param("qwrtz", "", "unknown language", id="unknown"),
        pytest.param("!!! 123", "en", "no words", id="no words"),
        pytest.param("", "en", "no words", id="empty"),
    ],
)
def test_what_is_not_understood_is_neutral_and_worth_nothing(text, language, reason):
    found = verdict(text, language)

    assert (found.sentiment, found.confidence) == (NEUTRAL, 0.0)
    assert reason in found.method


def test_an_unknown_language_is_read_as_english_where_that_says_something():
    found = verdict("A wonderful victory", "")

    assert found.sentiment == POSITIVE
    assert "read as English" in found.method


def test_a_stronger_feeling_is_never_less_sure():
    mild, strong, strongest = map(
        verdict, ["It is good.", "It is a great success.", "Great, wonderful, excellent success!"]
    )

    assert mild.confidence < strong.confidence < strongest.confidence


@given(st.floats(0, 1), st.floats(0, 1))
def test_confidence_rises_with_the_feeling_and_falls_with_doubt(a, b):
    weak, strong = sorted((a, b))

    assert confidence_at(weak, FELT) <= confidence_at(strong, FELT)
    assert confidence_at(weak, NOT_FELT) >= confidence_at(strong, NOT_FELT)
    assert all(0 < confidence_at(a, points) <= 1 for points in (FELT, NOT_FELT))


def test_the_points_of_the_lines_stand_in_order():
    for points in (FELT, NOT_FELT):
        assert all(left < right for (left, _), (right, _) in pairwise(points))
    assert not NEWS_IDLE & NEWS_FELT.keys()


@given(st.text(), st.sampled_from(["en", "", "de", "\x00", "xx-YY"]))
def test_any_text_gets_a_verdict(text, language):
    found = verdict(text, language)

    assert found.sentiment in {POSITIVE, NEUTRAL, NEGATIVE}
    assert 0 <= found.confidence <= 1
    assert 0 < len(found.method) < 100


def test_long_and_shouted_texts_cost_little():
    for text in ("good but " * 100_000, "A" * 1_000_000, "!?" * 100_000, "NOT " * 50_000):
        assert verdict(text).sentiment
