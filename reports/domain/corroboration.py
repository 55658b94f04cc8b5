"""Which stories deserve a search for a second source, what to ask, and whether one was found."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from itertools import islice

from patriot.lib.text import one_line
from reports.domain.words import content_words, fold, is_shouting, names_as_written, tokens

MAX_QUERY_CHARS = 100
MAX_QUERY_WORDS = 12
FEWEST_WORDS = 4
"""A headline that says less is helped out by the names of the text below it."""
MAX_WORD_CHARS = 30
IMPORTANT = 0.5
"""The share of a report, from its top, that is worth a paid search."""
MAX_EXCLUDED = 30
MAX_NAMED = 3
# What these mean to a search is no part of a story.
_OPERATORS = frozenset({"and", "or", "not", "near", "site", "intitle", "inurl", "filetype"})
# Words of headlines, not of events.
_OF_HEADLINES = frozenset(
    {"live", "updates", "update", "breaking", "news", "latest", "exclusive", "video", "watch"}
)
# A word, a decimal number, "U.S": nothing that looks like an address or an order.
_PLAIN = re.compile(r"(?:[^\W\d_]\.)+[^\W\d_]|[^\W_]+(?:['’&-][^\W_]+|[.,]\d+)*")
_DAY, _WEEK = timedelta(hours=18), timedelta(days=6)


class Outcome(StrEnum):
    """How the search for a second source of one section ended."""

    FOUND = "found"
    NOTHING = "nothing"
    FAILED = "failed"
    NOT_ASKED = "not_asked"


class Why(StrEnum):
    """Why a story deserves a search: a sentence for readers."""

    ALONE = "Only one of our sources tells this."
    ONE_VOICE = "Those of our sources that tell this all carry one text."
    CONTRADICTED = "Our sources give different figures."


@dataclass(frozen=True, slots=True)
class Chosen:
    """A story that a report tells."""

    story_id: int
    position: int
    """Its rank in the report, from 1."""
    outlets: int
    voices: int
    """Independent reports."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """A story for which a second source is to be looked for, and why."""

    story_id: int
    why: Why


@dataclass(frozen=True, slots=True)
class Voice:
    """Who stands behind one article of a story."""

    outlet: str
    family: str
    agency: str = ""
    is_copy: bool = False


def wanted(
    chosen: Iterable[Chosen],
    *,
    length: int,
    limit: int,
    is_contradicted: Callable[[int], bool],
) -> list[Wanted]:
    """Return the stories that deserve a search, the most important first.

    length:          how many sections the report has at most
    limit:           how many searches it may cost
    is_contradicted: tells of a story that several tell whether they disagree; asked only while
                     there are searches left
    """
    last = max(round(length * IMPORTANT + 0.01), 1)
    important = sorted(
        (one for one in chosen if one.position <= last), key=lambda one: one.position
    )
    return list(islice(_wanted(important, is_contradicted), limit))


def _wanted(
    important: Iterable[Chosen], is_contradicted: Callable[[int], bool]
) -> Iterator[Wanted]:
    for one in important:
        if one.outlets <= 1:
            yield Wanted(one.story_id, Why.ALONE)
        elif one.voices <= 1:
            yield Wanted(one.story_id, Why.ONE_VOICE)
        elif is_contradicted(one.story_id):
            yield Wanted(one.story_id, Why.CONTRADICTED)


def query_of(title: str, *, text: str = "", language: str = "") -> str:
    """Return what to search for: the words of a headline that name its event, and no others.

    At most MAX_QUERY_CHARS, only letters and digits, nothing that a search takes for an order.
    Names and figures come before other words where there is no room for all; the order is that
    of the headline. Of `text` only names are taken, and only where the headline says too little.
    Empty if nothing tells what to look for.
    """
    heading = one_line(title, max_chars=500)
    words = list(_plain_words(heading, language))
    if len(words) < FEWEST_WORDS:
        named = names_as_written(one_line(text, max_chars=1_000), language).values()
        words += [word for name in named for word in _plain_words(name, language)]
    words = list({fold(word): word for word in reversed(words)}.values())[::-1]
    named_words = {
        fold(word) for name in names_as_written(heading, language).values() for word in tokens(name)
    }
    weighed = sorted(words, key=lambda word: not _tells_much(word, named_words))
    kept = set(_fitting(weighed))
    return " ".join(word for word in words if word in kept)


def _plain_words(text: str, language: str) -> Iterator[str]:
    """Return the content words of a text as it writes them, each of letters and digits only."""
    shown = text.lower() if is_shouting(text) else text
    for _, token in content_words(shown, language):
        found = _PLAIN.fullmatch(token.strip("'’.-&/"))
        word = found.group() if found else ""
        is_order = fold(word) in _OPERATORS or fold(word) in _OF_HEADLINES
        if word and len(word) <= MAX_WORD_CHARS and not is_order:
            yield word


def _tells_much(word: str, names: Collection[str]) -> bool:
    return fold(word) in names or any(letter.isdigit() for letter in word)


def _fitting(words: Iterable[str]) -> Iterator[str]:
    room = MAX_QUERY_CHARS
    for word in islice(words, MAX_QUERY_WORDS):
        if len(word) <= room:
            yield word
            room -= len(word) + 1


def time_range_for(age: timedelta) -> str:
    """Return how far a search looks back for a story whose first article is so old."""
    if age <= _DAY:
        return "day"
    return "week" if age <= _WEEK else "month"


def second_sources(found: Iterable[Voice], *, known: Iterable[Voice]) -> list[Voice]:
    """Return those that tell the story in a voice of their own, each voice once.

    No copy, nobody of a family that tells it already, nobody who only carries the words of an
    agency that is heard already, and not the very agency whose words are known.
    """
    heard, second = list(known), []
    for voice in found:
        if not voice.is_copy and not any(_is_one_voice(voice, other) for other in heard):
            second.append(voice)
            heard.append(voice)
    return second


def _is_one_voice(one: Voice, other: Voice) -> bool:
    if one.family == other.family or (one.agency and one.agency == other.agency):
        return True
    return _is_agency(one, other.agency) or _is_agency(other, one.agency)


def _is_agency(voice: Voice, agency: str) -> bool:
    """Tell whether an outlet is the agency that another one's text credits."""
    label = voice.family.split(".")[0]
    return agency.casefold() in {voice.outlet.casefold(), label.casefold()} - {""}


# --- In words -----------------------------------------------------------------------


def sentence_of(outcome: Outcome, *, why: str, outlets: Sequence[str] = (), cause: str = "") -> str:
    """Return for readers what came of looking for a second source.

    Why it was looked for is said unless the count of outlets beside it has said so.

    why:     a value of Why
    outlets: the second sources, if any were found
    cause:   why the search failed or was not made
    """
    match outcome:
        case Outcome.FOUND:
            tell = "tells" if len(outlets) == 1 else "tell"
            said = f"We searched for a second source: {_listed(outlets)} {tell} it too."
        case Outcome.NOTHING:
            said = "We searched for a second source and found none."
        case Outcome.FAILED:
            said = f"We searched for a second source, but the search failed: {cause}"
        case Outcome.NOT_ASKED:
            said = f"We did not search for a second source: {cause}"
    is_news = outcome is Outcome.FOUND or why == Why.CONTRADICTED
    return f"{why} {said}" if is_news else said


def _listed(names: Sequence[str]) -> str:
    """Return such as “A, B and 4 more”."""
    shown = list(names[:MAX_NAMED])
    if more := len(names) - len(shown):
        shown.append(f"{more} more")
    if len(shown) == 1:
        return shown[0]
    return f"{', '.join(shown[:-1])} and {shown[-1]}"
