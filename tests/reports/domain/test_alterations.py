"""A quotation or a claim with one character, digit or word altered never holds: every place tried.

What may differ is written down here: white space and kinds of marks in quotations; small words,
endings and punctuation in claims.
"""

import re
from datetime import UTC, datetime

import pytest

from reports.domain import lexicon
from reports.domain.analysis import DraftClaim, GroundedClaim, Kind, Quote, SourcePassage
from reports.domain.compared import plain_word
from reports.domain.grounding import ground
from reports.domain.quotations import find_span, normalize
from reports.domain.words import tokens

NOW = datetime(2026, 6, 9, 6, 30, tzinfo=UTC)
TOLD = {
    "english": (
        "en",
        "At least 17 of 1,250 passengers, 3.5% of them children, weren't hurt when the ferry "
        "“Petrel” struck a $1.2 million pier in Harbor City on 9 June 2026 at 5:30 p.m., Mayor "
        "Ana Ruiz said.",
    ),
    "german": (
        "de",
        "Bei dem Unglück der Fähre „Petrel“ wurden am 3. Mai mindestens 14 von 1.250 Menschen in "
        "Oldtown nicht verletzt, sagte Bürgermeisterin Ana Ruiz; der Pier kostete 1,2 Millionen "
        "Euro.",
    ),
    "french": (
        "fr",
        "Le bateau « Petrel » n'a pas coulé mardi à Oldtown, où au moins 14 personnes ont été "
        "blessées le 3 mai, a dit la maire Ana Ruiz.",
    ),
    "spanish": (
        "es",
        "El barco «Petrel» no se hundió el martes en Oldtown, donde al menos 14 personas "
        "resultaron heridas el 3 de mayo, dijo la alcaldesa Ana Ruiz.",
    ),
}
LANGUAGES = [pytest.param(*told, id=name) for name, told in TOLD.items()]


def passage(text, language):
    return SourcePassage(1, 1, 1, text, language, "courier", "The Courier", NOW)


def holds(told, text, language, *, kind=Kind.LEAD):
    claim = DraftClaim(kind, told, (Quote(1, text),))
    passages = {1: passage(text, language)}
    return isinstance(ground(claim, passages=passages, language=language), GroundedClaim)


def altered_in_one_character(text):
    for place in range(len(text)):
        for other in ("x", "7", "ı", ".", ""):
            yield f"{text[:place]}{other}{text[place + 1 :]}"
        yield f"{text[:place]}q{text[place:]}"
        yield f"{text[:place]}{text[place + 1 : place + 2]}{text[place]}{text[place + 2 :]}"


@pytest.mark.parametrize(("language", "text"), LANGUAGES)
def test_no_quotation_altered_in_one_character_is_found(language, text):
    before, behind = "Nobody else spoke. ", " Nobody else spoke."
    place = passage(f"{before}{text}{behind}", language)
    form = normalize(text).text

    found = [
        altered
        for altered in altered_in_one_character(text)
        if normalize(altered).text not in form and find_span(altered, place)
    ]

    assert find_span(text, place)
    assert found == []


@pytest.mark.parametrize(("language", "text"), LANGUAGES)
def test_no_quotation_is_found_cut_inside_a_word_or_figure(language, text):
    place = passage(text, language)

    for start, end in [match.span() for match in re.finditer(r"[^\W_]{2,}|\d[\d.,:]*\d", text)]:
        for cut in range(start + 1, end):
            assert find_span(text[:cut], place) is None
            assert find_span(text[cut:], place) is None


@pytest.mark.parametrize(("language", "text"), LANGUAGES)
def test_no_claim_with_another_digit_holds(language, text):
    digits = [match.start() for match in re.finditer("[0-9]", text)]

    assert holds(text, text, language)
    assert [
        (place, other)
        for place in digits
        for other in "0123456789"
        if other != text[place]
        if holds(f"{text[:place]}{other}{text[place + 1 :]}", text, language)
    ] == []


def content_words(text, language):
    """Yield the places of words that are on none of the lists of small words."""
    small = lexicon.words_of(lexicon.FUNCTION_WORDS, language)
    small |= lexicon.words_of(lexicon.REPORTING_WORDS, language)
    place = 0
    for word in tokens(text):
        place = text.index(word, place)
        if word.isalpha() and len(word) > 2 and plain_word(word) not in small:
            yield place, place + len(word)
        place += len(word)


@pytest.mark.parametrize(("language", "text"), LANGUAGES)
def test_no_claim_with_another_content_word_holds(language, text):
    others = ["gallows", "Xanthippe", "XYZ", "31", "2031", "50%", "§", "https://x.test", "<b>"]

    assert [
        (text[start:end], other)
        for start, end in content_words(text, language)
        for other in others
        if holds(f"{text[:start]}{other}{text[end:]}", text, language)
    ] == []


@pytest.mark.parametrize(("language", "text"), LANGUAGES)
def test_no_claim_with_a_letter_altered_in_a_content_word_holds(language, text):
    assert [
        f"{text[start:place]}q{text[place + 1 : end]}"
        for start, end in content_words(text, language)
        for place in range(start, end)
        if holds(f"{text[:place]}q{text[place + 1 :]}", text, language)
    ] == []


@pytest.mark.parametrize(("language", "text"), LANGUAGES)
def test_no_claim_with_a_denial_added_holds(language, text):
    gaps = [match.start() for match in re.finditer(" ", text)]
    negations = sorted(lexicon.words_of(lexicon.NEGATIONS, language) - {"plus", "ni", "non", "n"})

    held = [
        (negation, text[max(0, gap - 10) : gap])
        for gap in gaps
        for negation in negations
        if holds(f"{text[:gap]} {negation}{text[gap:]}", text, language)
    ]

    assert held == []


@pytest.mark.parametrize(("language", "text"), LANGUAGES)
def test_no_claim_with_a_denial_or_limit_dropped_holds(language, text):
    turning = lexicon.words_of(lexicon.NEGATIONS, language) | {"least", "mindestens"}
    words = text.split(" ")
    # "au moins" and "al menos" are two words of one limit.
    turning |= {"moins", "menos"}

    held = [
        word
        for place, word in enumerate(words)
        if word.strip(",.").lower() in turning
        if holds(" ".join([*words[:place], *words[place + 1 :]]), text, language)
    ]

    assert held == []
    assert not holds(text.replace("weren't", "were").replace("n'a pas", "a"), text, language) or (
        language in {"de", "es"}
    )


FACTS = "On 3 May 2020 the ferry met 14 people, and the $1.2 million pier was not safe."


@pytest.mark.parametrize(
    "told",
    [
        pytest.param("The ferry met 2020 people.", id="a year of a date as a number"),
        pytest.param("The ferry met millions.", id="a scale as a word"),
        pytest.param("The ferry “met 4 people”.", id="a piece of a number in marks"),
        pytest.param("The ferry was not not safe.", id="a second denial"),
        pytest.param("The pier was not safe and the ferry was not met.", id="a denial twice"),
        pytest.param("The ferry met $ 14 people.", id="a currency"),
        pytest.param("The % ferry met 14 people.", id="a sign beside no figure"),
        pytest.param("The fErry met 14 people.", id="a capital inside a word"),
        pytest.param("The ferry met “14 people", id="a mark that nothing closes"),
        pytest.param("The ferries’ pier was safely not safed, piered.", id="no ending of it"),
    ],
)
def test_pieces_of_what_is_quoted_do_not_make_a_claim(told):
    assert not holds(told, FACTS, "en")


def test_in_analysis_denials_are_the_story_s():
    text = "The pier is not safe."

    assert holds("This means the pier is not safe.", text, "en", kind=Kind.WHY)
    assert not holds("This means the pier is never safe.", text, "en", kind=Kind.WHY)
