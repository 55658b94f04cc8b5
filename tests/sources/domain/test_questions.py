"""What may be typed into the search field, and what PostgreSQL is asked."""

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sources.domain.questions import MAX_CHARS, MAX_TERMS, Unanswerable, parse_question


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("bridges", "('en:bridg')", id="word"),
        pytest.param("old bridge", "('en:old' & 'en:bridg')", id="all words"),
        pytest.param("“old bridge”", "(('en:old' <1> 'en:bridg'))", id="phrase in any marks"),
        pytest.param('"bank of england', "(('en:bank' <2> 'en:england'))", id="gap"),
        pytest.param("covid-19", "(('en:covid' <1> 'en:19'))", id="hyphen"),
        pytest.param("bridge -old", "('en:bridg' & !'en:old')", id="minus"),
        pytest.param(
            'bridge -"old town"', "('en:bridg' & !('en:old' <1> 'en:town'))", id="minus phrase"
        ),
        pytest.param("bridge OR tunnel", "('en:bridg') | ('en:tunnel')", id="or"),
        pytest.param("or bridge or", "('en:bridg')", id="or at the ends"),
        pytest.param("bridge & ! | <-> ( :* tunnel", "('en:bridg' & 'en:tunnel')", id="signs"),
        pytest.param("économie", "('en:economi')", id="without accents"),
        pytest.param("the bridge", "('en:bridg')", id="stop word"),
        pytest.param("the", "", id="only a stop word"),
        pytest.param("the -bridge", "", id="a stop word without"),
    ],
)
def test_what_is_asked_in_one_language(text, expected):
    assert parse_question(text).exact(["en"]) == expected


def test_a_question_is_asked_in_each_language_by_its_own_rules():
    asked = parse_question("die brücke").exact(["de", "en"])

    assert "'de:bruck'" in asked
    assert "'de:die'" not in asked
    assert "'en:die'" in asked


def test_the_rough_question_has_no_places_and_lets_phrases_be_excluded_later():
    question = parse_question('"old bridge" -"new town" -tunnel')

    rough = question.rough(["en"])

    assert "<" not in rough
    assert "town" not in rough
    assert "!'en:tunnel'" in rough
    assert question.has_phrases


def test_what_is_excluded_is_not_marked():
    assert parse_question("bridge -tunnel").lexemes("en") == {"en:bridg"}


def test_the_same_words_with_or():
    question = parse_question('old "stone bridge" -tunnel')

    assert question.with_any_word == 'old or "stone bridge"'


@pytest.mark.parametrize(
    ("text", "said"),
    [
        pytest.param("", "at least one word", id="empty"),
        pytest.param('"', "at least one word", id="a mark"),
        pytest.param("- -- & | ! ()", "at least one word", id="operators"),
        pytest.param("or or", "at least one word", id="or alone"),
        pytest.param("-bridge -tunnel", "a minus alone", id="minus alone"),
        pytest.param("a" * (MAX_CHARS + 1), "at most 200 characters", id="too long"),
        pytest.param("a " * (MAX_TERMS + 1), "at most 20 words", id="too many"),
    ],
)
def test_what_cannot_be_answered_says_what_to_do(text, said):
    with pytest.raises(Unanswerable, match=said):
        parse_question(text)


@given(st.text(max_size=MAX_CHARS))
def test_every_text_is_a_question_or_a_sentence(text):
    with suppress(Unanswerable):
        question = parse_question(text)

        assert bool(question.rough(["en", ""])) == bool(question.exact(["en", ""]))
