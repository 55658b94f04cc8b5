"""What the index keeps of a text."""

import struct
import sys
import unicodedata
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sources.domain import lexemes
from sources.domain.lexemes import (
    MAX_LEXEME_BYTES,
    MAX_TEXT_CHARS,
    Part,
    Unindexable,
    index_language,
    packed_vector_of_article,
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
    asked = frozenset({"東京", "京都"})

    assert spans("今日の東京都庁", "", asked, most=5) == [(3, 6)]


@given(st.text(max_size=300), st.sampled_from(["", "en", "de", "ar", "hi", "tr"]))
def test_any_text_has_a_vector_and_spans_within_it(text, language):
    vector_of_article(text, text, language)
    every = frozenset(lexeme for place in places(text, language) for lexeme in place)

    found = spans(text, language, every, most=50)

    assert all(0 <= start < end <= len(text) for start, end in found)
    assert all(before[1] < after[0] for before, after in pairwise(found))


def unpacked(vector):
    """Return the places of each lexeme of a vector in PostgreSQL's binary form."""
    count, at, found = int.from_bytes(vector[:4]), 4, {}
    for _ in range(count):
        end = vector.index(b"\0", at)
        (places,) = struct.unpack_from(">H", vector, end + 1)
        found[vector[at:end].decode()] = struct.unpack_from(f">{places}H", vector, end + 3)
        at = end + 3 + 2 * places
    assert at == len(vector)
    return found


def written(vector):
    """Return the same as text."""
    return " ".join(
        f"{quoted(lexeme)}:{','.join(str(p & 0x3FFF) + ('A' if p >> 14 else '') for p in at)}"
        for lexeme, at in unpacked(vector).items()
    )


@pytest.mark.parametrize(
    ("title", "text", "language"),
    [
        pytest.param(
            "The Old Bridges", "Bridges close, bridge-building (U.S.) ends.", "en", id="en"
        ),
        pytest.param("Économies d’été", "L’économie, à l’été:\n\néconomies", "fr", id="accents"),
        pytest.param(
            "WHO warns US", "who warns us\u00a0now 1\u202f200 or 1,200.50", "en", id="case"
        ),
        pytest.param("Мосты закрыты", "мост, мосты; мостов!", "ru", id="Cyrillic"),
        pytest.param("أغلق الجسر", "الجسر القديم، الجسور", "ar", id="Arabic"),
        pytest.param("東京都の橋", "東京で、the bridge東京", "ja", id="no spaces"),
        pytest.param("ภาษาไทย", "ที่ สะพาน\u0e31 ปิด", "th", id="marks"),
        pytest.param("हिन्दी में", "पुल बंद है।", "hi", id="more marks"),
        pytest.param("東京", "今日は東京", "en", id="no spaces, under a language"),
        pytest.param("", "", "", id="nothing"),
        pytest.param(" \n ", "— … !? 👩‍👩‍👧 \t\x0b", "en", id="no words"),
        pytest.param("a" * 5_000, "b" * 90_000, "de", id="words without end"),
        pytest.param("bridge " * 600, "close", "en", id="a title beyond the table"),
        pytest.param("x", " ".join(map(str, range(4_500))), "", id="a text beyond the table"),
        pytest.param("x", "bridge " * 300, "en", id="more places than are kept"),
        pytest.param("橋", "東京都" * 9_000, "ja", id="beyond the last place"),
    ],
)
def test_the_binary_form_says_the_same(title, text, language):
    packed = packed_vector_of_article(title, text, language)

    assert written(packed) == vector_of_article(title, text, language)


@given(st.text(max_size=60), st.text(max_size=300), st.sampled_from(["", "en", "fr", "ar", "tr"]))
def test_the_binary_form_of_any_text_says_the_same(title, text, language):
    packed = packed_vector_of_article(title, text, language)

    assert written(packed) == vector_of_article(title, text, language)


def test_what_is_remembered_of_chunks_is_bounded(monkeypatch):
    monkeypatch.setattr(lexemes, "_MOST_CHUNKS", 50)
    text = " ".join(f"bridge{chr(97 + n % 26)}{chr(97 + n // 26)}" for n in range(400))

    before = [packed_vector_of_article("", text, language) for language in ("en", "de", "")]
    after = [packed_vector_of_article("", text, language) for language in ("en", "de", "")]

    assert before == after
    assert sum(map(len, lexemes._chunks.values())) <= 50


def _expansion(character):
    return len(unicodedata.normalize("NFKD", character.casefold()).encode(errors="ignore"))


_EXPANDING = sorted(filter(str.isalnum, map(chr, range(sys.maxunicode))), key=_expansion)[-200:]


@given(
    st.lists(st.sampled_from(_EXPANDING), min_size=1, max_size=100).map("".join),
    st.sampled_from(["", "en", "ar", "ja"]),
)
def test_no_word_is_longer_than_an_index_takes(word, language):
    every = [lexeme for place in places(f"{word} \u0e01{word}", language) for lexeme in place]

    assert max(len(lexeme.encode()) for lexeme in every) <= MAX_LEXEME_BYTES
    assert written(packed_vector_of_article(word, word, language)) == vector_of_article(
        word, word, language
    )


@pytest.mark.parametrize("length", [1, 2, 3, 10, 64])
@pytest.mark.parametrize("first", ["", "\u0e01"], ids=["spaced", "unspaced"])
def test_a_vector_of_any_text_is_one_that_postgresql_takes(first, length):
    words = (
        first + "\ufdfa" * (length - 1) + chr(0x4E00 + n % 20_000) + chr(0x10330 + n % 26)
        for n in range(MAX_TEXT_CHARS // length)
    )
    text = " ".join(words)

    assert len(packed_vector_of_article(text, text, "ar")) < 1 << 20


def test_what_postgresql_would_refuse_is_an_error_before_it_is_asked(monkeypatch):
    monkeypatch.setattr(lexemes, "MAX_VECTOR_BYTES", 20)

    with pytest.raises(Unindexable, match="more words than the index takes"):
        packed_vector_of_article("", "one two three four five six", "en")
