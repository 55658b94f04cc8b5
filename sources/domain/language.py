"""Which language a text is in."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from functools import lru_cache

import stopwordsiso

MAX_CHARS = 4_000

# Enough to tell Portuguese from Spanish; less is guessing.
_FEWEST_WORDS = 8
_FEWEST_FOUND = 3
_LOWEST_SHARE = 0.2
_LEAD = 1.1
# Languages in Latin, Cyrillic and Arabic letters are told apart by their words, the others by
# their letters. Malay is left out: its list cannot be told from Indonesian.
_BY_WORDS = (
    "af ar bg ca cs da de en es et eu fa fi fr ga gl hr hu id it lt lv nl no pl pt ro ru sk sl so"
    " sv sw tl tr uk ur vi"
)
_SCRIPTS = (
    ("ja", re.compile(r"[\u3040-\u30ff]")),
    ("ko", re.compile(r"[\uac00-\ud7af\u1100-\u11ff]")),
    ("zh", re.compile(r"[\u3400-\u9fff]")),
    ("th", re.compile(r"[\u0e00-\u0e7f]")),
    ("he", re.compile(r"[\u0590-\u05ff]")),
    ("el", re.compile(r"[\u0370-\u03ff]")),
    ("hy", re.compile(r"[\u0530-\u058f]")),
    ("ka", re.compile(r"[\u10a0-\u10ff]")),
    ("hi", re.compile(r"[\u0900-\u097f]")),
    ("bn", re.compile(r"[\u0980-\u09ff]")),
    ("ta", re.compile(r"[\u0b80-\u0bff]")),
    ("te", re.compile(r"[\u0c00-\u0c7f]")),
    ("km", re.compile(r"[\u1780-\u17ff]")),
    ("my", re.compile(r"[\u1000-\u109f]")),
    ("am", re.compile(r"[\u1200-\u137f]")),
)
_WORD = re.compile(r"[^\W\d_]+")
_DECLARED = re.compile(r"([a-z]{2,3})(?:[-_]|\Z)")


def primary_language(declared: str) -> str:
    """Return the language of a declared tag: "en-gb" is "en"; "" for what is no tag."""
    found = _DECLARED.match(declared.strip().lower())
    return found[1] if found else ""


def detect_language(text: str) -> str:
    """Return the language of a text by its letters and most frequent words; "" when unsure."""
    text = text[:MAX_CHARS]
    return _by_script(text) or _by_words(text)


def _by_script(text: str) -> str:
    letters = sum(len(word) for word in _WORD.findall(text)) or 1
    for language, pattern in _SCRIPTS:
        share = len(pattern.findall(text)) / letters
        # A little kana among many Han characters is still Japanese.
        if share > (0.05 if language == "ja" else 0.3):
            return language
    return ""


def _by_words(text: str) -> str:
    words = [word.lower() for word in _WORD.findall(text)]
    if len(words) < _FEWEST_WORDS:
        return ""
    weights = _weights()
    found: defaultdict[str, float] = defaultdict(float)
    hits: Counter[str] = Counter()
    for word in words:
        for language in weights.get(word, ()):
            # A word that many languages share says little.
            found[language] += 1 / len(weights[word]) ** 0.5
            hits[language] += 1
    ranked = sorted(found.items(), key=lambda item: item[1], reverse=True)[:2]
    if not ranked or hits[ranked[0][0]] < max(_FEWEST_FOUND, _LOWEST_SHARE * len(words)):
        return ""
    if len(ranked) > 1 and ranked[0][1] < _LEAD * ranked[1][1]:
        return ""
    return ranked[0][0]


@lru_cache(maxsize=1)
def _weights() -> dict[str, tuple[str, ...]]:
    """Return the languages in whose list each word stands."""
    languages: dict[str, tuple[str, ...]] = {}
    for language in _BY_WORDS.split():
        for word in stopwordsiso.stopwords(language):
            if len(word) > 1 or not word.isascii() or word in "aiyoeu":
                languages[word] = (*languages.get(word, ()), language)
    return languages
