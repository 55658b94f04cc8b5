"""What the index keeps of a text."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sources.domain.lexemes import (
    Part,
    index_language,
    places,
    quoted,
    spans,
    vector_of,
    vector_of_article,
)


def test_a_vector_has_stems_under_their_language_with_places_and_weights():
    vector = vector_of_article("The Old Bridges", "Bridges close.", "en")

    assert vector == "'en:old':2A 'en:bridg':3A,24 'en:close':25"


def test_no_phrase_reaches_from_the_title_into_the_text():
    vector = vector_of([Part("bridge", "en", weight="A"), Part("closes", "en")])

    assert vector == "'en:bridg':1A 'en:close':22"


@pytest.mark.parametrize(
    ("text", "language", "expected"),
    [
        pytest.param("Brücken", "de", [("de:bruck",)], id="umlaut"),
        pytest.param("économies", "fr", [("fr:econom",)], id="accent"),
        pytest.param("economía", "es", [("es:econom", "es:economi")], id="and without it"),
        pytest.param("東京都", "", [("東京",), ("京都",)], id="pairs of an unspaced script"),
        pytest.param("the", "en", [()], id="a stop word leaves a gap"),
        pytest.param("1,200", "", [("1200",)], id="a number is one place"),
        pytest.param("O’Brien’s", "en", [("en:o'brien",)], id="possessive"),
        pytest.param("", "en", [], id="nothing"),
    ],
)
def test_places(text, language, expected):
    assert list(places(text, language)) == expected


@pytest.mark.parametrize(
    ("language", "expected"),
    [("en", "en"), ("pt-BR", "pt"), ("de_AT", "de"), ("xx", ""), ("zh", ""), ("", "")],
)
def test_languages_without_rules_share_one_name(language, expected):
    assert index_language(language) == expected


def test_quotes_and_backslashes_are_doubled():
    assert quoted("o'b\\r") == "'o''b\\\\r'"


def test_pairs_that_touch_are_one_span():
    lexemes = frozenset({"東京", "京都"})

    assert spans("今日の東京都庁", "", lexemes, most=5) == [(3, 6)]


@given(st.text(max_size=300), st.sampled_from(["", "en", "de", "ar", "hi", "tr"]))
def test_any_text_has_a_vector_and_spans_within_it(text, language):
    vector_of_article(text, text, language)
    lexemes = frozenset(lexeme for place in places(text, language) for lexeme in place)

    found = spans(text, language, lexemes, most=50)

    assert all(0 <= start < end <= len(text) for start, end in found)
    assert all(before[1] < after[0] for before, after in pairwise(found))
