"""A quotation is found if and only if its words stand in the passage."""

import unicodedata
from datetime import UTC, datetime

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from reports.domain.analysis import SourcePassage
from reports.domain.quotations import find_span, normalize

NOW = datetime(2026, 6, 9, 6, 30, tzinfo=UTC)


def passage(text, language="en"):
    return SourcePassage(7, 1, 1, text, language, "courier", "The Courier", NOW)


FERRY = (
    "HARBOR CITY (Wire) — Fourteen people were injured when the ferry “Petrel” struck a pier, "
    "the mayor’s office said. The pier cost $1.2 million in 1998; it isn't insured, and 3.5% "
    "of a non-binding vote…"
)


@pytest.mark.parametrize(
    "quote",
    [
        pytest.param("Fourteen people were injured", id="verbatim"),
        pytest.param("Fourteen  people\nwere\u00a0injured", id="white space"),
        pytest.param('the ferry "Petrel" struck', id="straight marks"),
        pytest.param("the ferry «Petrel» struck", id="other marks"),
        pytest.param("the ferry « Petrel » struck", id="marks with spaces"),
        pytest.param("the mayor's office", id="apostrophe"),
        pytest.param("(Wire) - Fourteen people", id="hyphen for a dash"),
        pytest.param("(Wire)—Fourteen people", id="dash without spaces"),
        pytest.param("non\u2011binding vote...", id="special hyphen and three dots"),
        pytest.param("it isn’t insured", id="curly apostrophe"),
        pytest.param("Ｆｏｕｒｔｅｅｎ people", id="full-width letters"),
    ],
)
def test_a_quote_that_differs_only_in_its_writing_is_found(quote):
    span = find_span(quote, passage(FERRY))

    assert span is not None
    assert FERRY[span.start : span.end] == span.quote


@pytest.mark.parametrize(
    "quote",
    [
        pytest.param("Fifteen people were injured", id="another number"),
        pytest.param("Fourteen people were killed", id="another word"),
        pytest.param("fourteen people were injured", id="another case"),
        pytest.param("Fourteen people injured", id="a word left out"),
        pytest.param("people were injured when ferry", id="an article left out"),
        pytest.param("its insured", id="no apostrophe"),
        pytest.param("teen people were injured", id="starts inside a word"),
        pytest.param("Fourteen peop", id="ends inside a word"),
        pytest.param("the pier it isn", id="two places joined"),
        pytest.param("and it isn", id="ends before the n't"),
        pytest.param("binding vote", id="starts after a hyphen"),
        pytest.param("1.2 million in", id="starts after a currency sign"),
        pytest.param("pier cost $1.2", id="ends before the scale"),
        pytest.param("pier cost $1", id="ends inside a decimal"),
        pytest.param("and 3.5", id="ends before the percent sign"),
        pytest.param("", id="nothing"),
        pytest.param(" \n ", id="white space"),
        pytest.param("x" * 3000, id="too long"),
    ],
)
def test_a_quote_that_is_not_there_is_not_found(quote):
    assert find_span(quote, passage(FERRY)) is None


@pytest.mark.parametrize("sign", "-–—‐﹣−")
def test_a_quote_does_not_start_behind_the_sign_of_a_number(sign):
    assert find_span("5 degrees", passage(f"It was {sign}5 degrees.")) is None


def test_a_quote_may_start_behind_a_dash_between_words():
    assert find_span("14 people were hurt", passage("The toll—14 people were hurt.")) is not None


def test_a_later_whole_occurrence_is_found_behind_a_cut_one():
    text = "The carpet lay there. My car pet is here, a car pet."

    span = find_span("car pet", passage(text))

    assert span is not None
    assert text[span.start : span.end] == "car pet"


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        pytest.param("a \t\n b", "a b", id="white space"),
        pytest.param("“a” «b» ‘c’ „d“", "'a'b'c'd'", id="marks and their spaces"),
        pytest.param("a—b – c", "a-b-c", id="dashes and their spaces"),
        pytest.param("a…", "a...", id="ellipsis"),
        pytest.param("e\u0301", "é", id="composed"),
        pytest.param("ﬁ", "fi", id="ligature"),
        pytest.param("co\u00adop\u200b", "coop", id="invisible"),
        pytest.param("Case", "Case", id="case stays"),
    ],
)
def test_texts_are_compared_in_one_form(raw, expected):
    assert normalize(raw).text == expected


letters = st.text(
    st.characters(codec="utf-8", categories=("L", "M", "N", "P", "S", "Z", "Cf")), max_size=120
)
PLAIN_WORDS = """
    the ferry Petrel struck a pier in Zürich naïve café “deep” — 14 1,200 said it’s
    non-stop élan Ångström 한글 Übung « oui » … end.
"""
words = st.lists(
    st.sampled_from(PLAIN_WORDS.split()),
    min_size=2,
    max_size=25,
)


@given(letters)
def test_normalizing_piece_by_piece_is_nfkc(text):
    """Marks and white space apart, the form is NFKC: cutting into clusters loses nothing."""
    plain = "".join(c for c in text if unicodedata.category(c)[0] in "LMN")

    expected = "".join(
        c for c in unicodedata.normalize("NFKC", plain) if unicodedata.category(c)[0] in "LMN"
    )
    found = "".join(c for c in normalize(plain).text if unicodedata.category(c)[0] in "LMN")

    assert found == expected


@given(letters)
def test_offsets_lie_inside_the_text_and_in_order(text):
    form = normalize(text)

    assert len(form.text) == len(form.starts) == len(form.ends)
    assert all(0 <= a < b <= len(text) for a, b in zip(form.starts, form.ends, strict=True))
    assert list(form.starts) == sorted(form.starts)


@given(letters, letters)
def test_a_span_is_the_passage_s_own_words_and_says_the_same(text, quote):
    span = find_span(quote, passage(text))

    if span is not None:
        assert text[span.start : span.end] == span.quote
        assert normalize(span.quote).text == normalize(quote).text
        assert normalize(quote).text in normalize(text).text


WRITINGS = {
    "spaces": lambda text: text.replace(" ", " \n\u00a0 "),
    "marks": lambda text: text.translate(str.maketrans("“”’«»", '""\'""')),
    "dashes": lambda text: text.replace("—", "-").replace("non-stop", "non\u2010stop"),
    "ellipsis": lambda text: text.replace("…", "..."),
    "decomposed": lambda text: unicodedata.normalize("NFD", text),
    "compatible": lambda text: unicodedata.normalize("NFKC", text),
}


@given(words, st.data(), st.sampled_from(sorted(WRITINGS)), st.sampled_from(sorted(WRITINGS)))
def test_another_writing_of_the_same_words_is_always_found(tokens, data, one, other):
    first = data.draw(st.integers(0, len(tokens) - 2))
    last = data.draw(st.integers(first + 2, len(tokens)))
    text, quote = " ".join(tokens), " ".join(tokens[first:last])
    assume(find_span(quote, passage(text)) is not None)

    written = WRITINGS[other](WRITINGS[one](quote))

    assert find_span(written, passage(text)) == find_span(quote, passage(text))
    assert find_span(quote, passage(WRITINGS[one](text))) is not None


@given(words, st.data())
def test_one_altered_word_or_letter_is_never_found(tokens, data):
    place = data.draw(st.integers(0, len(tokens) - 1))
    text = " ".join(tokens)
    altered = [*tokens[:place], "qux" + tokens[place], *tokens[place + 1 :]]
    letter = data.draw(st.integers(0, len(text) - 1))
    assume(text[letter].isalnum())
    changed = text[:letter] + ("0" if text[letter] != "0" else "9") + text[letter + 1 :]

    assert find_span(" ".join(altered), passage(text)) is None
    assert find_span(changed, passage(text)) is None
