"""What an article offers to be recognized by: weighted terms, names, figures."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from operator import itemgetter

from reports.domain.copies import Sketch, sketch
from reports.domain.roundups import is_round_up
from reports.domain.words import (
    content_stems,
    content_words,
    figures,
    fold,
    names_as_written,
    stem,
    tokens,
)

LEAD_CHARACTERS = 2_500
"""News tells what happened at its start; what follows is background that many events share."""

PREFIX_CHARACTERS = 300
"""So far it is looked for what stands before the text itself."""

TITLE_CHARACTERS = 300
"""A longer title is a text in the wrong place."""

TITLE_WEIGHT = 2.0
"""A word in the title counts as often as this in the text: editors put there what is new."""

OPENING_WORDS, OPENING_WEIGHT = 36, 2.0
"""The first paragraph says who did what where; its content words count as often as this."""

STANDING_WEIGHT = 0.5
"""A standing label ("Live:", "Opinion |") or title says where a text stands, not what it is."""

NAME_WEIGHT = 1.5
"""Names tell events apart better than other words of the same rarity."""

MAX_TERMS = 60
"""An article keeps its heaviest terms, so that memory stays bounded."""

TEASER_TERMS = 18
"""The shortest teaser says what its headline leaves open, so as much is asked of it as of these."""

MAX_LABEL_WORDS = 4


@dataclass(frozen=True, slots=True)
class Item:
    """An article as clustering sees it."""

    id: int
    title: str
    text: str
    """The lead or all of the text; only its start is read. May be empty."""
    language: str
    """ISO 639 code, or empty when unknown."""
    family: str
    """The publisher's family."""
    published_at: datetime
    url: str = ""


@dataclass(frozen=True, slots=True)
class Signature:
    """What an article is recognized by; its texts are left behind."""

    id: int
    language: str
    """Without region."""
    family: str
    published_at: datetime
    label: str
    """What stands before the title's colon: see `label_of`."""
    title_key: str
    """The title without what changes from day to day: see `title_key_of`."""
    terms: dict[str, float]
    """Weight of each stem before rarity, heaviest first."""
    names: dict[str, str]
    """Names, folded, each with how the article writes it."""
    name_of: dict[str, str]
    """The name that a term is part of, for the terms of names."""
    figures: tuple[str, ...]
    written: dict[str, str]
    """How the article writes each term."""
    sketch: Sketch
    has_text: bool
    is_round_up: bool
    """It tells of many events, or what somebody thinks of them: it stays alone."""
    volume: int
    """How much there is to compare: different terms, at least `TEASER_TERMS` with a text."""


def sign(item: Item, *, standing: str = "") -> Signature:
    """Return an article's signature.

    standing: the part of the title that its publisher uses again and again, perhaps all of it
    """
    title, lead = item.title[:TITLE_CHARACTERS], lead_of(item.text)
    language = item.language[:12].partition("-")[0].lower()
    in_title, in_lead = content_words(title, language), content_words(lead, language)
    names = {**names_as_written(title, language), **names_as_written(lead, language)}
    name_of = _name_of(names, lead, language)
    terms = _terms(
        Counter(term for term, _ in in_title),
        _counts([term for term, _ in in_lead]),
        named=name_of.keys(),
        standing=set(content_stems(standing, language)),
    )
    return Signature(
        id=item.id,
        language=language,
        family=item.family,
        published_at=item.published_at,
        label=label_of(title),
        title_key=title_key_of(title),
        terms=terms,
        names=names,
        name_of=name_of,
        figures=figures(f"{title}\n{lead}"),
        written={t: word for t, word in reversed([*in_title, *in_lead]) if t in terms},
        sketch=sketch(title, lead),
        has_text=bool(in_lead),
        is_round_up=is_round_up(title),
        volume=max(len(terms), TEASER_TERMS if in_lead else 0),
    )


_STAMP = re.compile(
    r"\s*(?:[A-Z][a-z]{2,8}\.? \d{1,2}, \d{4}|\d{1,2} [A-Z][a-z]{2,8}\.? \d{4}),?"
    r" (?:at )?\d{1,2}[:.]\d{2}(?: ?[AaPp]\.?[Mm]\.?)?(?: [A-Z]{2,4}\b)?[\s,.:|–—-]*"
)
_SHOUT = re.compile(
    # Several shouted sentences, up to the first word that is not: "As …", "A nurse …", "I'm …".
    r"\s*(?:[A-Z0-9'’&-]+[ ,:.!]+){4,40}[A-Z0-9'’&-]{2,}[.!:]?\s(?=[A-Z](?:[a-z]|['’ ][A-Za-z]))"
)


def lead_of(text: str) -> str:
    """Return the beginning of a text, without what stands before every text of its publisher.

    A stamp with date and hour would be figures that all articles of the hour share; a shouted
    line ("SIGN UP TO OUR NEWSLETTER") is no news.
    """
    start = 0
    for prefix in (_SHOUT, _STAMP):
        if match := prefix.match(text, start, start + PREFIX_CHARACTERS):
            start = match.end()
    return text[start : start + LEAD_CHARACTERS]


def _counts(in_lead: Sequence[str]) -> dict[str, float]:
    """Return how often a text has its terms, more for those of its first paragraph."""
    counts: dict[str, float] = dict(Counter(in_lead))
    for term in in_lead[:OPENING_WORDS]:
        counts[term] += OPENING_WEIGHT - 1
    return counts


def _terms(
    in_title: Counter[str], in_lead: dict[str, float], *, named: Collection[str], standing: set[str]
) -> dict[str, float]:
    """Return the heaviest terms: repeated words grow slowly, names and the title count more."""
    counts: dict[str, float] = dict(in_lead)
    for term, count in in_title.items():
        factor = STANDING_WEIGHT if term in standing else TITLE_WEIGHT
        counts[term] = counts.get(term, 0.0) + count * factor
    weights = {
        term: round(
            (1 + math.log(count) if count > 1 else count) * (NAME_WEIGHT if term in named else 1),
            3,
        )
        for term, count in counts.items()
    }
    # Equals stay in the order in which the article has them.
    return dict(sorted(weights.items(), key=itemgetter(1), reverse=True)[:MAX_TERMS])


def _name_of(names: Collection[str], lead: str, language: str) -> dict[str, str]:
    """Return for each term of a name the longest name that has it, "trump" in "donald trump".

    A word that the text also writes small is none of the name: "Banker Otis Fenn", the banker.
    """
    ordinary = set(tokens(lead))
    if not lead.isascii():
        ordinary = {fold(token) for token in ordinary if token.islower()}
    found: dict[str, str] = {}
    for name in sorted(names, key=lambda name: (-len(name.split()), name)):
        for word in name.split():
            if word not in ordinary:
                found.setdefault(fold(stem(word, language)), name)
    return found


_LABEL = re.compile(r"^([^:|]{2,40})(?::\s|\s\|\s)")


def label_of(title: str) -> str:
    """Return what stands before a title's first colon or bar, folded, or an empty string.

    "The Papers: Kit and vaccine" has the label "the papers". Whether it is a standing label is
    for the caller to know: it is one when the publisher uses it for many articles.
    """
    match = _LABEL.match(title[:TITLE_CHARACTERS])
    if match is None or len(match.group(1).split()) > MAX_LABEL_WORDS:
        return ""
    return fold(match.group(1).strip())


_CHANGING = frozenset(
    content_stems(
        "january february march april may june july august september october november december "
        "jan feb mar apr jun jul aug sep sept oct nov dec monday tuesday wednesday thursday friday "
        "saturday sunday",
        "en",
    )
)


def title_key_of(title: str) -> str:
    """Return a title without numbers, months and weekdays, folded, to compare it with others.

    A publisher that uses one again and again has a template: "Markets on Monday, 4 May".
    """
    stems = content_stems(title[:TITLE_CHARACTERS], "en")
    return " ".join(term for term in stems if term not in _CHANGING and not term[0].isdigit())
