"""Words of a text: tokens, stems, stop words, probable names and figures.

Every function is total, linear and bounded: hostile text costs no more than honest text of
`MAX_CHARACTERS`. Nothing here understands language; it only makes words comparable.
"""

from __future__ import annotations

import re
import sys
import threading
import unicodedata
from collections.abc import Callable, Sequence
from functools import lru_cache
from itertools import groupby, pairwise
from typing import Any

import Stemmer
import stopwordsiso

MAX_CHARACTERS = 100_000
"""No text is read beyond this; articles are far shorter, attacks are not."""

MAX_WORD = 64
"""Longer words are cut: no language needs them, and no store should keep them."""

MAX_NAME_WORDS = 6
"""A longer run of capitals is a shouted sentence, not a name."""

MAX_KNOWN = 16_384
"""Tokens of a language of which it is remembered what they contribute."""

HEADLINE_WORDS = 40
"""Whether a text is written as a headline shows in its first words."""

# Snowball's names for ISO 639-1 codes. A language that is not here keeps its words as they are.
_ALGORITHMS = {
    "ar": "arabic",
    "ca": "catalan",
    "cs": "czech",
    "da": "danish",
    "de": "german",
    "el": "greek",
    "en": "english",
    "eo": "esperanto",
    "es": "spanish",
    "et": "estonian",
    "eu": "basque",
    "fa": "persian",
    "fi": "finnish",
    "fr": "french",
    "ga": "irish",
    "hi": "hindi",
    "hu": "hungarian",
    "hy": "armenian",
    "id": "indonesian",
    "it": "italian",
    "lt": "lithuanian",
    "nb": "norwegian",
    "ne": "nepali",
    "nl": "dutch",
    "nn": "norwegian",
    "no": "norwegian",
    "pl": "polish",
    "pt": "portuguese",
    "ro": "romanian",
    "ru": "russian",
    "sr": "serbian",
    "sv": "swedish",
    "ta": "tamil",
    "tr": "turkish",
    "yi": "yiddish",
}


def _set_of(words: str) -> frozenset[str]:
    return frozenset(words.split())


# The ISO list for English has 1,298 entries, among them "Microsoft", "fire", "bill" and "case",
# which are what news is about. These are its function words alone.
_ENGLISH_STOP_WORDS = _set_of(
    """
    a about above after again against all almost also although always am amid among an and another
    any are aren't around as at be because been before being below between both but by can can't
    cannot could couldn't did didn't do does doesn't doing don't down during each either else even
    ever every few for from further get gets getting got had hadn't has hasn't have haven't having
    he he'd he'll he's her here here's hers herself him himself his how how's however i i'd i'll
    i'm i've if in into is isn't it it'd it'll it's its itself just let let's like many may maybe
    me might more most mr mrs ms much must my myself neither no nor not now of off often on once
    one only onto or other others ought our ours ourselves out over own per perhaps rather said
    same say saying says shall shan't she she'd she'll she's should shouldn't since so some still
    such than that that's the their theirs them themselves then there there's therefore these they
    they'd they'll they're they've this those though through thus to too toward towards under
    until up upon us very via was wasn't we we'd we'll we're we've were weren't what what's when
    when's where where's whether which while who who's whom whose why why's will with within
    without won't would wouldn't yet you you'd you'll you're you've your yours yourself yourselves
    """
)

_ACRONYMS_LIKE_STOP_WORDS = frozenset({"US", "WHO"})

_ELISIONS = _set_of("l d j m n s t c qu jusqu lorsqu puisqu un dell nell sull all dall")
"""What stands before an apostrophe in French, Italian and Catalan without being the word."""

# Lower-case words that may stand inside a name: "Bank of England", "Ursula von der Leyen".
_PARTICLES = _set_of("of de von van der den del della di da do dos du la le al el bin ibn y")

_NOUNS_ARE_CAPITALIZED = frozenset({"de", "lb"})

_APOSTROPHES = str.maketrans({"\u2018": "'", "\u2019": "'", "\u02bc": "'", "\uff07": "'"})


def _character_class(matches: Any) -> str:
    """Return the inside of a regex class for the characters of the BMP that match."""
    points = [point for point in range(0x300, 0x10000) if matches(chr(point))]
    runs = groupby(enumerate(points), lambda pair: pair[1] - pair[0])
    spans = [[point for _, point in run] for _, run in runs]
    return "".join(f"\\u{span[0]:04x}-\\u{span[-1]:04x}" for span in spans)


# Python's \w leaves out combining marks and would cut Hindi and Thai words apart.
_MARKS = _character_class(lambda character: unicodedata.category(character) in {"Mn", "Mc"})
_MARK = re.compile(f"[{_MARKS}]")


def _word_pattern(letter: str) -> re.Pattern[str]:
    return re.compile(
        r"(?:[^\W\d_]\.){2,8}"  # U.S.
        r"|\d+(?:[.,\u00a0\u202f]\d+)*(?![^\W_])"  # 1,200.50
        rf"|{letter}+(?:['\u2018\u2019\u02bc\uff07]{letter}+)*"  # don't, O'Brien
    )


_PLAIN_WORD = _word_pattern(r"[^\W_]")
_MARKED_WORD = _word_pattern(rf"(?:[^\W_][{_MARKS}]*)")  # three times as slow, seldom needed
_FIGURE = re.compile(r"(?<![\w.,-])\d+(?:[.,\u00a0\u202f]\d+)*(?![^\W_])")
_THOUSANDS = re.compile(r"\d{1,3}(?:[.,\u00a0\u202f]\d{3})+")
# Scripts that write without spaces: their words cannot be told, so pairs of letters stand in.
_UNSPACED = re.compile(
    "[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff]"
)
_REMOVED_MARKS = re.compile("[\u0300-\u036f\u0591-\u05c7\u064b-\u065f\u0670]")
_SENTENCE_END = re.compile(
    r"[.!?:;\u2026\u3002\uff01\uff1f\n\"\u201c\u201d|]|\s['\u2018-]|[\u2013\u2014]"
)


def tokens(text: str) -> list[str]:
    """Return the words and numbers of a text as they stand, in order."""
    return list(_words_of(text))


@lru_cache(maxsize=8)
def _words_of(text: str) -> tuple[str, ...]:
    return tuple([token for token, _ in located(text)])


def tokens_at_once(text: str) -> list[str]:
    """Return the same as `tokens`, for who reads a text once: three times as fast."""
    if text.isalpha():
        return [text[:MAX_WORD]]
    return [token[:MAX_WORD] for token in _pattern_for(text).findall(text[:MAX_CHARACTERS])]


# Names, stems and copies are looked for in the same text one after the other.
@lru_cache(maxsize=8)
def located(text: str) -> tuple[tuple[str, int], ...]:
    """Return the words of a text, each with where it starts."""
    found = _pattern_for(text).finditer(text[:MAX_CHARACTERS])
    return tuple([(match[0][:MAX_WORD], match.start()) for match in found])


def _pattern_for(text: str) -> re.Pattern[str]:
    return _PLAIN_WORD if text.isascii() or not _MARK.search(text) else _MARKED_WORD


def fold(word: str) -> str:
    """Return a word without case, accents and compatibility forms, for comparison only."""
    return word.lower() if word.isascii() else _fold_wide(word)


@lru_cache(maxsize=8_192)
def _fold_wide(word: str) -> str:
    decomposed = unicodedata.normalize("NFKD", word.casefold())
    folded = unicodedata.normalize("NFC", _REMOVED_MARKS.sub("", decomposed))
    # One character may have become eighteen.
    return folded[:MAX_WORD]


_stemmer_lock = threading.Lock()


def stem(word: str, language: str) -> str:
    """Return the stem of a lower-case word, or the word where we know no rules for its language.

    language: an ISO 639-1 code, with or without a region ("pt-BR"); may be empty.
    """
    stem_word = _stemming(language)
    if stem_word is None or not word.isalpha():
        return word
    # A Snowball stemmer keeps the word in itself while it works: one thread at a time.
    with _stemmer_lock:
        return stem_word(word)


@lru_cache(maxsize=128)
def _stemming(language: str) -> Callable[[str], str] | None:
    algorithm = _ALGORITHMS.get(primary(language))
    if algorithm is None:
        return None
    # Without its cache: those who stem many words keep more than stems.
    stem_word: Callable[[str], str] = Stemmer.Stemmer(algorithm, 0).stemWord
    return stem_word


@lru_cache(maxsize=128)
def stop_words(language: str) -> frozenset[str]:
    """Return the words of a language that carry no topic, lower-case, also without accents."""
    code = primary(language)
    if code == "en" or not code:
        return _ENGLISH_STOP_WORDS
    known = stopwordsiso.stopwords({"nb": "no", "nn": "no"}.get(code, code))
    return frozenset(known) | frozenset(fold(word) for word in known)


def content_stems(text: str, language: str) -> list[str]:
    """Return the stems of a text's content words, folded, in order, with repetitions.

    Numbers stay, without separators of thousands. "WHO" and "US", which look
    like stop words, stay too, unless the whole text shouts.
    """
    return [found for found, _ in content_words(text, language)]


def content_words(text: str, language: str) -> list[tuple[str, str]]:
    """Return the stems that `content_stems` finds, each with the word as the text writes it."""
    contents = _contents(primary(language), is_shouting(text))
    return [(found, token) for token in _words_of(text) for found in contents[token]]


class _Contents(dict[str, tuple[str, ...]]):
    """What tokens of one language contribute, worked out when it is first asked for.

    A dict that is asked without a call of Python's takes a third of the time of `lru_cache`, and
    every word of every article asks.
    """

    def __init__(self, language: str, *, shouts: bool) -> None:
        self._language, self._shouts = language, shouts

    def __missing__(self, token: str) -> tuple[str, ...]:
        if len(self) >= MAX_KNOWN:
            self.clear()
        found = self[token] = content_of.__wrapped__(token, self._language, self._shouts)
        return found


@lru_cache(maxsize=64)
def _contents(language: str, shouts: bool) -> _Contents:
    return _Contents(language, shouts=shouts)


@lru_cache(maxsize=65_536)
def content_of(token: str, language: str, shouts: bool) -> tuple[str, ...]:
    """Return what one token contributes: nothing, one stem, or the pairs of an unspaced run."""
    if token[0].isdigit() and _is_number(token):
        return (_canonical_number(token),)
    bare = bare_word(token, language)
    if not bare.isascii() and _UNSPACED.search(bare):
        run = _fold_wide.__wrapped__(bare)  # seldom seen twice
        return tuple([a + b for a, b in pairwise(run)]) or (run,)
    lowered = bare.lower()
    is_acronym = bare in _ACRONYMS_LIKE_STOP_WORDS and not shouts
    if not is_acronym and _is_stop_word(lowered, language):
        return ()
    if len(lowered) == 1 and not lowered.isdigit() and lowered.isascii():
        return ()
    folded = fold(lowered if is_acronym else stem(lowered, language))
    return (folded,) if folded else ()


def _is_stop_word(lowered: str, language: str) -> bool:
    stops = stop_words(language)
    return lowered in stops or (not lowered.isascii() and fold(lowered) in stops)


def bare_word(token: str, language: str) -> str:
    """Return a token without possessive, elided article and the points of an acronym."""
    if token.isascii() and token.isalpha():
        return token
    word = token.translate(_APOSTROPHES)
    if word.endswith("."):
        return word.replace(".", "")
    if "'" not in word:
        return word
    head, _, rest = word.partition("'")
    if primary(language) in {"fr", "it", "ca"} and head.lower() in _ELISIONS:
        return rest
    return word[:-2] if word.lower().endswith("'s") and _is_possessive(word) else word


def _is_possessive(word: str) -> bool:
    """Tell "Trump's" from "it's", which is a stop word as it stands."""
    return word.lower() not in _ENGLISH_STOP_WORDS


def is_shouting(text: str) -> bool:
    """Tell whether most letters of a text are capitals, so that case says nothing."""
    sample = text[:400]
    return sum(map(str.isupper, sample)) > sum(map(str.islower, sample))


def is_title_case(text: str, language: str) -> bool:
    """Tell whether a headline writes most of its content words with capitals."""
    heads = [
        token[0].isupper()
        for token in tokens(text)[1:HEADLINE_WORDS]
        if token[0].isalpha() and not _is_stop_word(token.lower(), primary(language))
    ]
    return len(heads) >= 3 and sum(heads) >= 0.7 * len(heads)


def names(text: str, language: str) -> tuple[str, ...]:
    """Return what are probably names, folded, each once, in order of appearance.

    A name is a run of capitalized words ("angela merkel", "bank of england") or an acronym
    ("nato"). The first word of a sentence counts only where the run goes on or the text has it
    with a capital elsewhere. In a title-case headline, in shouted text and for German nouns
    capitals say little: there only acronyms and, for German, runs of two words remain.
    Scripts without case have no names here.
    """
    return tuple(names_as_written(text, language))


def names_as_written(text: str, language: str) -> dict[str, str]:
    """Return what `names` finds, each with how the text first writes it."""
    text = text[:MAX_CHARACTERS]
    if is_shouting(text):
        return {}
    code = primary(language)
    runs = _capital_runs(text, code)
    if code not in _NOUNS_ARE_CAPITALIZED and is_title_case(text, code):
        return _by_folded([[word] for run, _ in runs for word in run if _is_acronym(word)])
    inside = {fold(word) for run, starts in runs for word in run[1 if starts else 0 :]}
    return _by_folded([run for run, starts in runs if _is_name(run, starts, inside, code)])


class _Runs:
    """Runs of capitalized words, each with whether it starts a sentence."""

    def __init__(self) -> None:
        self.found: list[tuple[list[str], bool]] = []
        self.words: list[str] = []
        self._particles: list[str] = []
        self._starts = False

    def extend(self, word: str, *, starts_sentence: bool) -> None:
        if not self.words:
            self._starts = starts_sentence
        if len(self.words) < MAX_NAME_WORDS:
            self.words += [*self._particles, word]
        self._particles.clear()

    def may_go_on(self, word: str) -> bool:
        """Tell whether the run may go on behind a lower-case word: "Bank of England"."""
        if word not in _PARTICLES or len(self._particles) >= 2:
            return False
        self._particles.append(word)
        return True

    def close(self) -> None:
        if self.words:
            self.found.append((self.words, self._starts))
        self.words, self._particles = [], []


def _capital_runs(text: str, language: str) -> list[tuple[list[str], bool]]:
    """Return runs of capitalized words, each with whether it starts a sentence."""
    runs, words, read = _Runs(), located(text), 0
    for place in [at for at, (token, _) in enumerate(words) if not token.islower()]:
        # Lower-case words matter only right behind a run: most are not looked at.
        while runs.words and read < place:
            _read_word(runs, text, words, read, language)
            read += 1
        _read_word(runs, text, words, place, language)
        read = place + 1
    runs.close()
    return runs.found


def _read_word(
    runs: _Runs, text: str, words: Sequence[tuple[str, int]], place: int, language: str
) -> None:
    """Let a word begin, extend or end a run."""
    token, start = words[place]
    before = words[place - 1][1] + len(words[place - 1][0]) if place else 0
    gap = text[before:start]
    starts_sentence = not place or _SENTENCE_END.search(gap) is not None
    if starts_sentence or "," in gap or "(" in gap:
        runs.close()
    word = bare_word(token, language)
    if word[:1].isupper() and not _opens_with_stop_word(word, runs.words, language):
        runs.extend(word, starts_sentence=starts_sentence)
    elif not runs.words or not runs.may_go_on(word):
        runs.close()
    if token.endswith(("'s", "\u2019s")):
        runs.close()


def _opens_with_stop_word(word: str, run: list[str], language: str) -> bool:
    """Tell "The" in "The White House" from the "The" inside a name; acronyms are no stop words."""
    return not run and not _is_acronym(word) and _is_stop_word(word.lower(), language)


def _is_name(run: list[str], starts: bool, inside: set[str], language: str) -> bool:
    if language in _NOUNS_ARE_CAPITALIZED and len(run) == 1:
        return _is_acronym(run[0])
    if not starts or len(run) > 1:
        return True
    return _is_acronym(run[0]) or fold(run[0]) in inside


def _is_acronym(word: str) -> bool:
    return len(word) > 1 and word.isupper() and word.isalpha()


def _by_folded(runs: list[list[str]]) -> dict[str, str]:
    found: dict[str, str] = {}
    for run in runs:
        found.setdefault(" ".join(fold(word) for word in run), " ".join(run))
    return found


def figures(text: str) -> tuple[str, ...]:
    """Return the numbers that may tell one event from another, each once, in order.

    Separators of thousands are removed and a decimal comma becomes a point. Left out, because
    they join what does not belong together: single digits, years, the 19 of COVID-19, 5G.
    """
    found = (_canonical_number(m.group()) for m in _FIGURE.finditer(text[:MAX_CHARACTERS]))
    return tuple(dict.fromkeys(number for number in found if _tells_events_apart(number)))


def _tells_events_apart(number: str) -> bool:
    return len(number) > 1 and not (len(number) == 4 and "1900" <= number <= "2100")


def _is_number(token: str) -> bool:
    return all(c.isdecimal() or c in ".,\u00a0\u202f" for c in token)


def _canonical_number(token: str) -> str:
    """Return a number in ASCII digits: "1,200" and "1.200" as 1200, "3,5" as 3.5."""
    digits = "".join(
        str(unicodedata.decimal(character)) if character.isdecimal() else character
        for character in token[:MAX_WORD]
    )
    if _THOUSANDS.fullmatch(digits):
        return "".join(character for character in digits if character.isdecimal())
    return digits.replace(",", ".").replace("\u00a0", "").replace("\u202f", "")


def has_stems(language: str) -> bool:
    """Tell whether we know how the words of a language are inflected."""
    return primary(language) in _ALGORITHMS


def primary(language: str) -> str:
    """Return the language of a code without its region, lower-case, one shared string."""
    return sys.intern(language[:12].partition("-")[0].partition("_")[0].lower())
