"""Which language a text is in."""

from __future__ import annotations

import re
import struct
from functools import lru_cache
from heapq import nlargest
from itertools import repeat

import stopwordsiso

MAX_CHARS = 4_000

# Enough to tell Portuguese from Spanish; less is guessing.
_FEWEST_WORDS = 8
_FEWEST_FOUND = 3
_LOWEST_SHARE = 0.2
_LEAD = 1.1
# Languages in Latin, Cyrillic and Arabic letters are told apart by their words, the others by
# their letters. Malay is left out: its list cannot be told from Indonesian.
_BY_WORDS = (  # noqa: SIM905 (a list of one line each would hide it)
    "af ar bg ca cs da de en es et eu fa fi fr ga gl hr hu id it lt lv nl no pl pt ro ru sk sl so"
    " sv sw tl tr uk ur vi"
).split()
_SCRIPTS = (
    ("ja", r"\u3040-\u30ff"),
    ("ko", r"\uac00-\ud7af\u1100-\u11ff"),
    ("zh", r"\u3400-\u9fff"),
    ("th", r"\u0e00-\u0e7f"),
    ("he", r"\u0590-\u05ff"),
    ("el", r"\u0370-\u03ff"),
    ("hy", r"\u0530-\u058f"),
    ("ka", r"\u10a0-\u10ff"),
    ("hi", r"\u0900-\u097f"),
    ("bn", r"\u0980-\u09ff"),
    ("ta", r"\u0b80-\u0bff"),
    ("te", r"\u0c00-\u0c7f"),
    ("km", r"\u1780-\u17ff"),
    ("my", r"\u1000-\u109f"),
    ("am", r"\u1200-\u137f"),
)
_ANY_SCRIPT = re.compile("[" + "".join(letters for _, letters in _SCRIPTS) + "]")
_RUNS = [(language, re.compile(f"[{letters}]+")) for language, letters in _SCRIPTS]
_WORD = re.compile(r"[^\W\d_]+")
# The lanes of a tally: MAX_CHARS have fewer than 2^12 words, each weighing 2^24 at most.
_LANES = struct.Struct(f"<{len(_BY_WORDS)}Q")
_FULL_WEIGHT = 1 << 24
_WEIGHT_BITS = 40
_MOST_WEIGHT = (1 << _WEIGHT_BITS) - 1
_NONE = (0, 0, "")
_LETTERS_OR_SPACE = {code: chr(code).lower() if chr(code).isalpha() else " " for code in range(128)}

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
    if text.isascii() or not _ANY_SCRIPT.search(text):
        return ""
    letters = sum(map(len, _WORD.findall(text))) or 1
    for language, run in _RUNS:
        share = sum(map(len, run.findall(text))) / letters
        # A little kana among many Han characters is still Japanese.
        if share > (0.05 if language == "ja" else 0.3):
            return language
    return ""


def _by_words(text: str) -> str:
    words = _lower_words(text)
    if len(words) < _FEWEST_WORDS:
        return ""
    total = sum(map(_tallies().get, words, repeat(0)))
    ranked = (
        (lane & _MOST_WEIGHT, lane >> _WEIGHT_BITS, language)
        for lane, language in zip(
            _LANES.unpack(total.to_bytes(_LANES.size, "little")), _BY_WORDS, strict=True
        )
        if lane
    )
    (weight, hits, language), (second, _, _) = nlargest(2, (*ranked, _NONE, _NONE))
    if hits < max(_FEWEST_FOUND, _LOWEST_SHARE * len(words)) or weight < _LEAD * second:
        return ""
    return language


def _lower_words(text: str) -> list[str]:
    if text.isascii():
        return text.translate(_LETTERS_OR_SPACE).split()
    return [word.lower() for word in _WORD.findall(text)]


@lru_cache(maxsize=1)
def _tallies() -> dict[str, int]:
    """Return what each word says for each language, as one number.

    The number has a lane of 64 bits for each language, with a hit and its weight. Adding the
    numbers of all words of a text adds every lane, so that no language costs a step of its own.
    """
    languages: dict[str, tuple[int, ...]] = {}
    for lane, language in enumerate(_BY_WORDS):
        for word in stopwordsiso.stopwords(language):
            if len(word) > 1 or not word.isascii() or word in "aiyoeu":
                languages[word] = (*languages.get(word, ()), lane)
    # Words that stand in the same lists share one number.
    numbers = {lanes: _tally(lanes) for lanes in set(languages.values())}
    return {word: numbers[lanes] for word, lanes in languages.items()}


def _tally(lanes: tuple[int, ...]) -> int:
    """Return a hit in each lane, with its weight: a word that many share says little."""
    hit = 1 << _WEIGHT_BITS | round(_FULL_WEIGHT / len(lanes) ** 0.5)
    return sum(hit << 64 * lane for lane in lanes)
