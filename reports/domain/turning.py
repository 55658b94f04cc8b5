"""Judge what turns a sentence round or weakens it: negations, reservations, denials."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from functools import lru_cache

from reports.domain import lexicon
from reports.domain.analysis import Kind
from reports.domain.compared import plain_word, small_words, words_of
from reports.domain.reading import NotGroundedError, Reading, words_of_story
from reports.domain.words import stem


def check_polarity(reading: Reading) -> None:
    """A negation may be neither added nor dropped; a reservation not dropped."""
    code = reading.language
    is_analysis = reading.claim.kind is Kind.WHY
    added = _negations(words_of(reading.claim.text), code)
    added -= _negations(words_of(reading.quotes), code)
    if added and is_analysis:
        added -= _negations(words_of_story(reading.story, code), code)
    for word in sorted(added):
        raise NotGroundedError(f"The quotations do not say “{word}”.")
    said = _turning(reading.claim.text, code)
    if not is_analysis:
        for word in sorted(_denials(said, code) - _turning(reading.quotes, code)):
            raise NotGroundedError(f"The quotations say “{word}” less often than the sentence.")
    for sentence in reading.sentences:
        for word in sorted(_turning(sentence, code) - said):
            written = _written(word, sentence, code)
            raise NotGroundedError(f"The passage says “{written}”, which the sentence leaves out.")
        if asks(sentence) and not asks(reading.claim.text):
            raise NotGroundedError("The passage asks what the sentence states.")


_ASKS = re.compile("[?‽؟⁇⁈⁉⸮\u037e՞፧？]")


def asks(text: str) -> bool:
    """Tell whether a text holds a sign that asks, in any script."""
    return _ASKS.search(text) is not None


def _written(turned: str, text: str, language: str) -> str:
    """Return a turning word as a text writes it, for a reason that an editor can read."""
    for word in sorted(small_words(words_of(text))):
        if _turned(word, language) == turned:
            return word
    return turned


def _turning(text: str, language: str) -> Counter[str]:
    """Count the negations, reservations and denials of a text; "denies" is "denied"."""
    words = [plain_word(word) for word in words_of(without_month_of_may(text))]
    listed = lexicon.turning_words(language, is_foreign=lexicon.leans_to_other(words, language))
    counts: Counter[str] = Counter()
    for word in words:
        for piece in (word,) if word in listed else word.split("'"):
            if piece in listed:
                counts[_turned(piece, language)] += 1
    return counts


def _denials(turning: Counter[str], language: str) -> Counter[str]:
    """Return the negations among what turns a sentence: reservations may be said twice."""
    listed = {_turned(word, language) for word in lexicon.ALL_NEGATIONS}
    return Counter({word: count for word, count in turning.items() if word in listed})


_MONTH_OF_MAY = re.compile(
    r"\b(?:in|since|until|by|late|early|mid|last|this|next|from|of|\d{1,2}(?:st|nd|rd|th)?)[\s-]May\b"
    r"|\bMay\s(?=\d)"
)


def without_month_of_may(text: str) -> str:
    """Return an English text without the month that looks like a reservation."""
    return _MONTH_OF_MAY.sub(" ", text)


def _turned(word: str, language: str) -> str:
    if _CONTRACTED.search(word) and word in lexicon.NEGATIONS["en"]:
        return "not"
    return word if word in lexicon.words_of(lexicon.NEGATIONS, language) else stem(word, language)


def _negations(words: Iterable[str], language: str) -> frozenset[str]:
    """Return the negations among words; "isn't" and "cannot" are "not"."""
    listed = small_words(words) & lexicon.words_of(lexicon.NEGATIONS, language)
    return frozenset("not" if _CONTRACTED.search(word) else word for word in listed)


@lru_cache(maxsize=64)
def plain_negations(language: str) -> frozenset[str]:
    """Return the negations that polarity judges; "can't" also says "can", so it is a word."""
    small = lexicon.words_of(lexicon.FUNCTION_WORDS, language)
    listed = lexicon.words_of(lexicon.NEGATIONS, language)
    return frozenset(
        word
        for word in listed
        if not _CONTRACTED.search(word) or _CONTRACTED.sub("", word) in small | {""}
    )


_CONTRACTED = re.compile(r"(?:n't|not|nt)\Z")
