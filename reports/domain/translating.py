"""Judge what code can of a sentence in another language than its quotations.

Its figures with their limits, its dates, names, signs and quoted strings stand in the quotations;
a denial or a reservation is neither added nor dropped; and it is no longer than what it
translates. Whether its words say the same, only somebody who knows both languages can tell.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from itertools import pairwise
from types import MappingProxyType

from reports.domain import gazetteer, lexicon
from reports.domain.background import common_terms
from reports.domain.compared import (
    is_acronym,
    plain_word,
    stem_of,
    stems_of,
    words_of,
)
from reports.domain.counting import DATED, check_figure_values, weekdays_told
from reports.domain.dating import weekdays_of
from reports.domain.lexicon import set_of
from reports.domain.marking import check_quoted_strings, check_signs, quoted_strings
from reports.domain.naming import is_oddly_cased
from reports.domain.numbers import FoundFigure, find_figures
from reports.domain.numerals import months_of
from reports.domain.quotations import UNSPACED
from reports.domain.reading import NotGroundedError, Reading, primary, shown
from reports.domain.turning import asks, without_month_of_may
from reports.domain.words import bare_word, names_as_written


def reads_as_translation(reading: Reading, *, into: str) -> bool:
    """Tell whether a sentence is in the language `into` rather than in its quotations' own.

    Its small words decide; a short one may do without them, if few of its other words are quoted.
    """
    if into not in lexicon.FUNCTION_WORDS or into == reading.language:
        return False
    words = [plain_word(word) for word in words_of(_own_words(reading.claim.text))]
    hits = {
        code: sum(word in small for word in words) for code, small in lexicon.FUNCTION_WORDS.items()
    }
    own = hits.pop(into)
    if any(other >= max(own, 1) for other in hits.values()):
        return False
    if own == 0 and len(words) > _SHORT:
        return False
    return not _repeats(reading, words, into)


def _own_words(text: str) -> str:
    """Return a claim without what it quotes, which stays in its own language."""
    for quoted in quoted_strings(text):
        text = text.replace(quoted, " ")
    return text


_SHORT = 8
"""Words: a headline, which may do without articles and pronouns."""


def _repeats(reading: Reading, words: Sequence[str], into: str) -> bool:
    """Tell whether a third of the claim's words in small letters stand in its quotations."""
    small = lexicon.words_of(lexicon.FUNCTION_WORDS, into)
    own = [w for w in words_of(_own_words(reading.claim.text)) if w.islower() and w not in small]
    known = stems_of(words_of(reading.quotes), reading.language)
    repeated = [word for word in own if stems_of([word], reading.language) <= known]
    return len(repeated) * 3 > max(len(own), 1)


def check_translation(reading: Reading, *, into: str) -> None:
    """Raise NotGroundedError for the first thing that the quotations of a translation lack."""
    check_quoted_strings(reading)
    check_signs(reading, figures_in=into)
    _check_length(reading)
    check_figure_values(reading, find_figures(reading.claim.text, into))
    _check_limits(reading, into)
    _check_names(reading, into)
    _check_polarity(reading, into)


# --- length ----------------------------------------------------------------------------------

_GROWTH = 1.8
"""Letters of a translation for one of its quotations: German runs a third longer than English."""
_UNSPACED_LETTERS = 4
_ROOM = 20


def _check_length(reading: Reading) -> None:
    quotes = reading.quotes
    unspaced = sum(len(run) for run in UNSPACED.findall(quotes))
    letters = sum(map(str.isalnum, quotes)) + (_UNSPACED_LETTERS - 1) * unspaced
    if sum(map(str.isalnum, reading.claim.text)) > _GROWTH * letters + _ROOM:
        raise NotGroundedError("The translation is much longer than what it quotes.")


# --- limits of figures -----------------------------------------------------------------------

_LIMITS: Mapping[str, Mapping[str, frozenset[str]]] = MappingProxyType(
    {
        "at least": {
            "en": set_of("least minimum"),
            "de": set_of("mindestens wenigstens minimum"),
            "fr": set_of("moins"),
            "es": set_of("menos mínimo"),
        },
        "more than": {
            "en": set_of("more over above beyond plus"),
            "de": set_of("mehr über"),
            "fr": set_of("plus"),
            "es": set_of("más"),
        },
        "less than": {
            "en": set_of("less fewer under below"),
            "de": set_of("weniger unter"),
            "fr": set_of("moins"),
            "es": set_of("menos"),
        },
        "at most": {
            "en": set_of("most up maximum"),
            "de": set_of("höchstens maximal bis"),
            "fr": set_of("plus jusqu'à jusqu'au jusqu'aux maximum"),
            "es": set_of("hasta máximo"),
        },
        "nearly": {
            "en": set_of("almost nearly barely"),
            "de": set_of("fast beinahe knapp"),
            "fr": set_of("presque quasi près"),
            "es": set_of("casi"),
        },
        "about": {
            "en": set_of("about around approximately roughly some circa"),
            "de": set_of("etwa rund ungefähr circa"),
            "fr": set_of("environ"),
            "es": set_of("cerca alrededor unos unas aproximadamente"),
        },
    }
)
_REACH = 80
_STOP = re.compile(r"[.!?;:,\n]")


def _check_limits(reading: Reading, into: str) -> None:
    """A figure keeps its limit: "mindestens 14" is "at least 14", neither "14" nor "up to 14"."""
    quoted: dict[object, list[frozenset[str]]] = {}
    texts = {passage.id: passage.text for passage in reading.story}
    for span in reading.spans:
        text = texts[span.passage_id]
        for found in find_figures(text, reading.language):
            if span.start <= found.start and found.end <= span.end:
                limits = _limits(text, found, reading.language)
                quoted.setdefault(found.figure, []).append(limits)
    for found in find_figures(reading.claim.text, into):
        own = _limits(reading.claim.text, found, into)
        if not any(_agree(own, theirs) for theirs in quoted.get(found.figure, [own])):
            written = reading.claim.text[found.start : found.end]
            raise NotGroundedError(f"The figure “{written}” has other limits in its quotations.")


def _agree(one: frozenset[str], other: frozenset[str]) -> bool:
    return bool(one & other) or one == other


def _limits(text: str, found: FoundFigure, language: str) -> frozenset[str]:
    """Return what may limit a figure: "moins" is "at least" or "less than", as "au" decides."""
    before = _STOP.split(text[max(0, found.start - _REACH) : found.start])[-1]
    behind = _STOP.split(text[found.end : found.end + _REACH])[0]
    near = [plain_word(word) for word in words_of(before)[-3:]]
    if found.figure.unit not in DATED:
        near += [w for w in map(plain_word, words_of(behind)[:2]) if w in lexicon.COMPARING]
    kinds = {kind for kind, words in _LIMITS.items() if words.get(language, set()) & set(near)}
    if language in {"fr", "es"} and {"at least", "less than"} <= kinds:
        kinds.discard("less than" if {"au", "al", "lo"} & set(near) else "at least")
    if language == "fr" and {"more than", "at most"} <= kinds:
        kinds.discard("more than" if "au" in near else "at most")
    return frozenset(kinds)


# --- names -----------------------------------------------------------------------------------


def _check_names(reading: Reading, into: str) -> None:
    """Names stand in the quotations, or are known to be names of the same.

    German nouns have capitals, too: there one capitalized word alone may be a noun, two side by
    side that nobody quotes may not. Elsewhere so may the first word, if it is a common one.
    """
    known = _known_names(reading, into)
    others = _names_of_others(reading)
    unknown: list[tuple[int, str]] = []
    words = _words_beside_figures(_without_known_names(reading, into), into)
    for place, word in enumerate(words):
        plain = plain_word(bare_word(word, into))
        if plain in known:
            continue
        if plain in others or is_oddly_cased(word) or (is_acronym(word) and into != "de"):
            raise _foreign_name(word)
        if word[0].isupper() and plain not in _small_words(into) | gazetteer.ROLES:
            unknown.append((place, word))
    for place, word in unknown:
        is_opening = place == 0 or into == "de"
        if not is_opening or is_acronym(word) or _is_known_name(word):
            raise _foreign_name(word)
        # The story is no help: published, a claim is verified again beside fewer passages.
        if into != "de" and stem_of(word, into) not in common_terms():
            raise NotGroundedError(
                f"Whether “{shown(word)}” is a name cannot be told: let another word come first."
            )
    for (place, one), (following, other) in pairwise(unknown):
        if following == place + 1:
            raise _foreign_name(f"{one} {other}")


def _words_beside_figures(text: str, language: str) -> tuple[str, ...]:
    """Return the words of a text, with a zero for each figure: what it parts are no neighbors."""
    kept, position = list[str](), 0
    for found in find_figures(text, language):
        kept += [text[position : found.start], " 0 "]
        position = found.end
    return words_of("".join([*kept, text[position:]]))


def _foreign_name(name: str) -> NotGroundedError:
    return NotGroundedError(f"The name “{shown(name)}” is not in its quotations.")


def _is_known_name(word: str) -> bool:
    key = gazetteer.key_of(word)
    return (
        key in gazetteer.PLACES
        or key in gazetteer.BODIES
        or key in gazetteer.FIRST_NAMES
        or key in gazetteer.DEMONYMS
    )


def _small_words(language: str) -> frozenset[str]:
    lists = (lexicon.FUNCTION_WORDS, lexicon.REPORTING_WORDS, lexicon.NEGATIONS, lexicon.BOUNDS)
    return frozenset[str]().union(*(lexicon.words_of(each, language) for each in lists))


def _known_names(reading: Reading, into: str) -> frozenset[str]:
    """Return the words that a translation may write with a capital, in small letters."""
    quoted = {plain_word(bare_word(word, reading.language)) for word in words_of(reading.quotes)}
    days = {weekdays_of(reading.language).get(word) for word in quoted} | weekdays_told(reading)
    known = {name for name, day in weekdays_of(into).items() if day in days}
    months = {name.lower(): number for name, number in months_of(reading.language).items()}
    said = {months.get(word) for word in quoted} - {None}
    known |= {name.lower() for name, number in months_of(into).items() if number in said}
    return frozenset(known | quoted | _demonyms_in(quoted, into))


def _names_of_others(reading: Reading) -> frozenset[str]:
    """Return what the story writes only as a name, and the quotations do not have at all."""
    texts = ". ".join(p.text for p in reading.story if primary(p.language) == reading.language)
    if reading.language == "de":
        # Every noun has a capital: only runs of two count.
        texts = " ".join(names_as_written(texts, "de").values())
    words = words_of(texts)
    small = {plain_word(word) for word in words if not word[0].isupper()}
    capital = {plain_word(bare_word(w, reading.language)) for w in words if w[0].isupper()}
    quoted = {plain_word(bare_word(word, reading.language)) for word in words_of(reading.quotes)}
    listed = frozenset[str]().union(*lexicon.FUNCTION_WORDS.values())
    return frozenset(capital - small - quoted - listed - gazetteer.ROLES)


def _without_known_names(reading: Reading, into: str) -> str:
    """Blank out places and bodies that the quotations name in their own language."""
    quoted = _listed_in(reading.quotes)
    text = reading.claim.text
    for run in _runs(text):
        if _shown_name(run) in quoted:
            text = text.replace(run, ";")
    return text


def _listed_in(text: str) -> frozenset[str]:
    return frozenset(name for name in map(_shown_name, _runs(text)) if name)


def _shown_name(run: str) -> str:
    key = gazetteer.key_of(run)
    if key in gazetteer.ACRONYMS and not run.replace(".", "").isupper():
        return ""
    return gazetteer.PLACES.get(key, "") or gazetteer.BODIES.get(key, "")


_LONGEST_RUN = 5
_WORD = re.compile(r"[^\W\d_](?:[^\W\d_]|[.'’-](?=[^\W\d_])){0,40}")


def _runs(text: str) -> list[str]:
    """Return all runs of up to five words that begin with a capital, the longest first."""
    places = [match.span() for match in _WORD.finditer(text)]
    found = [
        text[start : places[last][1]]
        for first, (start, _) in enumerate(places)
        if text[start].isupper()
        for last in range(first, min(first + _LONGEST_RUN, len(places)))
    ]
    return sorted(dict.fromkeys(found), key=len, reverse=True)


# Belonging to a country: English, German, French, Spanish stems; endings may follow.
_DEMONYMS = """
    american|us amerikanisch|us american|états-unien|us estadounidense|norteamerican
    british britisch|brit britanni británi
    german|germans deutsch allemand aleman|alemán
    french französisch|franzose|franzosen français|francais frances|francés
    spanish|spaniards spanisch|spanier espagnol español
    italian italienisch|italiener italien italian
    russian russisch|russe|russen russe ruso|rusa|rusos|rusas
    ukrainian ukrainisch|ukrainer ukrainien ucranian
    chinese chinesisch|chinese|chinesen chinois chino|china|chinos|chinas
    japanese japanisch|japaner japonais japones|japonés
    israeli israelisch|israeli israélien israelí
    palestinian palästinensisch|palästinenser palestinien palestino|palestina|palestinos|palestinas
    iranian iranisch|iraner iranien iraní
    turkish|turks türkisch|türke|türken turc|turque turco|turca|turcos|turcas
    polish|poles polnisch|pole|polen polonais polaco|polaca|polacos|polacas
    austrian österreichisch|österreicher autrichien austriac
    swiss schweizer|schweizerisch suisse suizo|suiza|suizos|suizas
    dutch niederländisch|niederländer néerlandais neerlandes|neerlandés|holandes|holandés
    greek griechisch|grieche|griechen grec|grecque griego|griega|griegos|griegas
    swedish schwedisch|schwede|schweden suédois suec
    european europäisch|europäer européen europe
"""
_LANGUAGES = ("en", "de", "fr", "es")
_ENDINGS = set_of("s e n en er es em in innen ne nes ien iens ienne iennes a o os as eo ea eos eas")


@lru_cache(maxsize=1)
def _demonyms() -> tuple[tuple[frozenset[str], ...], ...]:
    rows = (line.split() for line in _DEMONYMS.strip().splitlines())
    return tuple(tuple(frozenset(each.split("|")) for each in row) for row in rows)


def _demonyms_in(quoted: Iterable[str], into: str) -> frozenset[str]:
    """Return how the language `into` may name the peoples that the quotations name."""
    words = set(quoted)
    place = _LANGUAGES.index(into)
    return frozenset(
        stem + ending
        for row in _demonyms()
        if any(_with_endings(stems) & words for stems in row)
        for stem in row[place]
        for ending in ("", *_ENDINGS)
    )


@lru_cache(maxsize=256)
def _with_endings(stems: frozenset[str]) -> frozenset[str]:
    return frozenset(stem + ending for stem in stems for ending in ("", *_ENDINGS))


# --- what turns a sentence -------------------------------------------------------------------

# Futures and duties, which other languages write with words on no list.
_NOT_COMPARED = set_of(
    """
    will shall must should whether believed tried tries attempted attempts threatened threatens
    almost nearly fast beinahe presque casi plus stop stops stopped salvo
    """
)


def _check_polarity(reading: Reading, into: str) -> None:
    """What denies or doubts does so in both languages, or in neither.

    Where we have no lists for the language of the quotations, code cannot tell.
    """
    if asks(" ".join(reading.sentences)) and not asks(reading.claim.text):
        raise NotGroundedError("The passage asks what the sentence states.")
    if reading.language not in lexicon.NEGATIONS:
        return
    theirs = _turns(" ".join(reading.sentences), reading.language)
    quoted = " ".join(quoted_strings(reading.claim.text))
    own = _turns(_own_words(reading.claim.text), into) | _turns(quoted, reading.language)
    for kind in ("denies", "doubts"):
        if kind in theirs and kind not in own:
            raise NotGroundedError(f"The passage {kind} what the sentence states.")
        if kind in own and kind not in theirs:
            raise NotGroundedError(f"The sentence {kind} what the passage states.")


def _turns(text: str, language: str) -> frozenset[str]:
    words = {plain_word(word) for word in words_of(without_month_of_may(text))}
    words |= {piece for word in words for piece in word.split("'")}
    words -= _NOT_COMPARED
    denying = lexicon.words_of(lexicon.NEGATIONS, language)
    denying |= lexicon.words_of(lexicon.DENIALS, language)
    kinds = set()
    if words & denying:
        kinds.add("denies")
    if words & lexicon.words_of(lexicon.HEDGES, language):
        kinds.add("doubts")
    return frozenset(kinds)
