"""Judge whether a claim's words, figures, names and signs rest on its quotations."""

from __future__ import annotations

from collections.abc import Iterable

from reports.domain import lexicon
from reports.domain.analysis import Kind
from reports.domain.compared import (
    Vocabulary,
    capitalized,
    plain_word,
    small_letters,
    words_of,
)
from reports.domain.counting import check_figures, check_weekdays, without_told_days
from reports.domain.marking import check_quoted_strings, check_signs
from reports.domain.naming import check_names, names_of
from reports.domain.numerals import numbers_in_words
from reports.domain.reading import (
    NotGroundedError,
    Reading,
    free_words,
    primary,
    sentences_of,
    shown,
    without_figures,
    words_of_story,
)
from reports.domain.turning import check_polarity, plain_negations
from reports.domain.words import bare_word

_FOREIGN = "It seems to be in another language than its quotations: this needs a judge."


def check_words(reading: Reading) -> None:
    """Raise NotGroundedError for the first thing that the claim says and nothing bears out."""
    check_quoted_strings(reading)
    check_signs(reading)
    check_figures(reading)
    check_weekdays(reading)
    plain = without_told_days(reading)
    try:
        check_names(plain)
        _check_content(plain)
    except NotGroundedError:
        words = (plain_word(word) for word in words_of(reading.claim.text))
        if lexicon.seems_other(words, reading.language):
            raise NotGroundedError(_FOREIGN) from None
        raise
    check_polarity(reading)


def _check_content(reading: Reading) -> None:
    """Every content word of the claim, in some form, stands in its quotations (or story).

    Words of figures count by their value alone: "1.2 million" lends nobody "millions".
    """
    code, quotes = reading.language, reading.quotes
    free = free_words(reading) | plain_negations(code)
    number_words = numbers_in_words(code)
    # "post-COVID-19" holds a figure: what is left of it beside the figure is known as well.
    beside = words_of(without_figures(quotes, code))
    whole = [word for word in words_of(quotes) if plain_word(word) not in number_words]
    known = Vocabulary([*beside, *whole], code)
    missing = [
        word
        for word in words_of(without_figures(reading.claim.text, code))
        if plain_word(word) not in free
        and plain_word(bare_word(word, code)) not in free
        and not known.has(word)
    ]
    if missing and reading.claim.kind is Kind.WHY:
        # The story lends its words, not its names: those of the quotations are known already.
        lent = Vocabulary(small_letters(_lent_by_story(reading)), code)
        missing = [word for word in missing if not lent.has(word)]
    if missing:
        raise NotGroundedError(f"“{shown(missing[0])}” is not in {_basis_in_words(reading)}.")


def _basis_in_words(reading: Reading) -> str:
    if reading.claim.kind is not Kind.WHY:
        return "its quotations"
    if names_of(reading):
        return "its quotations, nor in a sentence of the story with a name that it names"
    return "the story"


def _lent_by_story(reading: Reading) -> Iterable[str]:
    """Return the words that the story lends to an analysis.

    Where the analysis names somebody, only sentences in which one of its names stands: no deed
    passes from one of the story's people to another.
    """
    names = names_of(reading)
    if not names:
        return words_of_story(reading.story, reading.language)
    code = reading.language
    return [
        word
        for passage in reading.story
        if primary(passage.language) in {code, ""}
        if names & capitalized(words_of(passage.text), code)
        for sentence in sentences_of(passage.text, code)
        if names & capitalized(words_of(sentence.text), code)
        for word in words_of(sentence.text)
    ]
