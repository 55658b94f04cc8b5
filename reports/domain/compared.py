"""Words in the form in which claims and quotations are compared."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from functools import lru_cache

from reports.domain import lexicon
from reports.domain.inflection import is_form
from reports.domain.words import bare_word, stem, tokens_at_once

_PREFIXED = re.compile(
    rf"\b({'|'.join(sorted(lexicon.PREFIXES))})[-\u2010-\u2015](?=[^\W\d_])", re.IGNORECASE
)
_DASH = re.compile("[-\u2010-\u2015]")
_SHORT = 2_000


def words_of(text: str) -> tuple[str, ...]:
    """Return the words of a text as they stand, in order; "non-violent" is one word."""
    return _words_of_short(text) if len(text) <= _SHORT else _read(text)


# The claims of a section come back to the same quotations, sentences and passages.
@lru_cache(maxsize=2048)
def _words_of_short(text: str) -> tuple[str, ...]:
    return _read(text)


def _read(text: str) -> tuple[str, ...]:
    return tuple(tokens_at_once(joined(text)))


def joined(text: str) -> str:
    """Return a text in its compatible form, with prefixes joined to their words."""
    plain = text if text.isascii() else unicodedata.normalize("NFKC", text)
    return _PREFIXED.sub(r"\1", plain) if _DASH.search(plain) else plain


@lru_cache(maxsize=65_536)
def plain_word(word: str) -> str:
    """Return a word in small letters, with one apostrophe for all."""
    plain = unicodedata.normalize("NFKC", word).lower()
    return re.sub("[‘’ʼ]", "'", plain)


def small_words(words: Iterable[str]) -> frozenset[str]:
    """Return words in small letters, and the pieces that an apostrophe parts."""
    plain = {plain_word(word) for word in words}
    return frozenset(plain.union(*(word.split("'") for word in plain if "'" in word)))


def small_letters(words: Iterable[str]) -> frozenset[str]:
    """Return in small letters the words that have no capital."""
    return frozenset(plain_word(word) for word in set(words) if not word[0].isupper())


def capitalized(words: Iterable[str], language: str) -> frozenset[str]:
    """Return the words with a capital, as they are and in small letters."""
    bare = [bare_word(word, language) for word in set(words) if word[0].isupper()]
    return frozenset({*bare, *map(plain_word, bare)})


def is_acronym(word: str) -> bool:
    """Tell whether all letters of a word are capitals, and there are several."""
    letters = [character for character in word if character.isalpha()]
    return len(letters) > 1 and all(map(str.isupper, letters))


def stems_of(words: Iterable[str], language: str) -> frozenset[str]:
    """Return the stems of words."""
    return frozenset(stem_of(word, language) for word in words)


class Vocabulary:
    """Words of a text, to tell which others are forms of them."""

    def __init__(self, words: Iterable[str], language: str) -> None:
        self._language = language
        self._forms: dict[str, set[str]] = {}
        for word in set(words):
            plain = plain_word(bare_word(word, language))
            self._forms.setdefault(stem_of(word, language), set()).add(plain)

    def has(self, word: str) -> bool:
        """Tell whether a word, or a form of it, is among them. Accents count."""
        plain = plain_word(bare_word(word, self._language))
        forms = self._forms.get(stem_of(word, self._language), ())
        if plain in forms:
            return True
        small = lexicon.words_of(lexicon.FUNCTION_WORDS, self._language)
        return is_form(plain, [form for form in forms if form not in small], self._language)


@lru_cache(maxsize=65_536)
def stem_of(word: str, language: str) -> str:
    """Return the stem of a word without its possessive or elided article."""
    plain = plain_word(bare_word(word, language))
    return stem(plain, language) if plain.isalpha() else plain
