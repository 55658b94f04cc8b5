"""Whether a story continues an earlier one: the verdict after the trial, a second round of talks.

A wrong link lies to readers, a missing one only costs them a click: so the evidence must be rare
and twofold. What a word tells follows from how many stories of these days use it, so in a month
in which everything is about one pandemic its name ties nothing together, and a president's name
never does. A name of several words is one piece of evidence: two stories from Khoo Hospital share
a place, not an affair.

A storyline does not drift: what continues a later part must also speak of how it all began.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum

from reports.domain.background import common_terms
from reports.domain.signatures import Signature
from reports.domain.words import content_stems

REACH = timedelta(days=30)
"""So long after its last article a story may still be continued."""

NEXT_DAY = timedelta(hours=12)
"""What begins earlier than this after the other is the same morning's news beside it."""

MAX_PARTS = 60
"""A storyline with more parts is a topic; its next story begins a new one."""

MAX_ARTICLES = 5
"""Of a story so many articles are read: those most like it."""

IN_TITLE, IN_LEAD = 1.0, 0.45
"""How firmly a story stands on a word that stands in a title, or only in a lead."""

FIRM = 0.5
"""Above this a word stands in titles, not only in leads."""

PRIOR_STORIES, PRIOR_USES, PRIOR_COMMON_USES = 1_000.0, 3.0, 80.0
"""As if 1,000 stories were known before, each word in 3 of them, a common one in 80."""

FREQUENT = 3.0
"""A word in every twentieth story tells nothing: its weight, the logarithm of 20."""

ANCHOR = 1.1
"""So much a word or name must tell to be a piece of evidence by itself."""

ENOUGH, ENOUGH_LATE = 3.4, 6.0
"""So much must be shared the day after, and at the end of the reach."""

ALIKE = 0.15
"""How alike the two must be besides."""

FIGURE, WORD, FULL_NAME = 1.5, 0.8, 1.3
"""What a shared figure tells; what a word counts against a name; and a name of several words."""

ENOUGH_WITH_BEGINNING = 2.0
"""So much must be shared with the beginning of the storyline."""

MAX_SHOWN = 5

QUIET = timedelta(hours=72)
"""After so long without an article a story is resolved, as far as the press is concerned."""

TOLD_LATELY = timedelta(days=3)
"""A story told in this time is not called resolved yet: readers still wonder."""

YOUNG = timedelta(hours=24)


class Status(StrEnum):
    """How a storyline stands, for its readers."""

    NEW = "new"
    DEVELOPING = "developing"
    UNCHANGED = "unchanged"
    RESOLVED = "resolved"


@dataclass(frozen=True, slots=True)
class Usage:
    """How many of the newsroom's newest stories use each word in their title."""

    stories: int
    uses: Mapping[str, int]

    @classmethod
    def of(cls, titles: Iterable[str], *, language: str) -> Usage:
        """Count in how many of these titles each word stands."""
        counts: Counter[str] = Counter()
        total = 0
        for title in titles:
            total += 1
            counts.update(set(content_stems(title, language)))
        return cls(total, counts)

    def tells(self, term: str) -> float:
        """Return how much it tells that two stories share a word: 0 for a frequent one, to 5."""
        prior = PRIOR_COMMON_USES if term in common_terms() else PRIOR_USES
        share = (self.uses.get(term, 0) + prior) / (self.stories + PRIOR_STORIES)
        return max(0.0, -math.log(share) - FREQUENT)


@dataclass(frozen=True, slots=True)
class Part:
    """A story as storylines see it."""

    story_id: int
    began_at: datetime
    last_at: datetime
    language: str
    firmness: Mapping[str, float]
    """For each word how firmly the story stands on it, to 1: in the title of every article."""
    name_of: Mapping[str, str] = field(default_factory=dict)
    """The name that a word is part of, folded."""
    figures: frozenset[str] = frozenset()
    written: Mapping[str, str] = field(default_factory=dict)
    """How it writes its words and names."""


@dataclass(frozen=True, slots=True)
class Continuation:
    """That a story continues another, and why."""

    story_id: int
    """The earlier one."""
    evidence: float
    names: tuple[str, ...]
    terms: tuple[str, ...]
    figures: tuple[str, ...]
    days_apart: float
    """From the last article of the earlier one to the first of the later; 0 if they overlap."""


def part_of(
    story_id: int,
    articles: Sequence[tuple[str, Signature]],
    *,
    began_at: datetime,
    last_at: datetime,
) -> Part:
    """Return a story as storylines see it.

    articles: titles and signatures of its most typical articles
    """
    firmness: dict[str, float] = {}
    name_of: dict[str, str] = {}
    figures: set[str] = set()
    written: dict[str, str] = {}
    for title, signature in articles:
        in_title = set(content_stems(title, signature.language))
        for term in signature.terms:
            each = IN_TITLE if term in in_title else IN_LEAD
            firmness[term] = firmness.get(term, 0.0) + each / len(articles)
        for term, name in signature.name_of.items():
            if len(name) > len(name_of.get(term, "")):
                name_of[term] = name
        figures.update(signature.figures)
        written = signature.written | signature.names | written
    language = articles[0][1].language if articles else ""
    return Part(
        story_id, began_at, last_at, language, firmness, name_of, frozenset(figures), written
    )


def continuation(
    story: Part, earlier: Part, *, usage: Usage, beginning: Part | None = None
) -> Continuation | None:
    """Return why `story` continues `earlier`; None if it does not, or not surely.

    beginning: the story that the earlier one's storyline began with, if it is another
    """
    apart = story.began_at - earlier.last_at
    if story.began_at - earlier.began_at < NEXT_DAY or apart > REACH:
        return None
    shared = shared_evidence(story, earlier, usage)
    figures = _telling_figures(story, earlier)
    late = min(max(apart / REACH, 0.0), 1.0)
    if not _is_enough(shared, figures, ENOUGH + (ENOUGH_LATE - ENOUGH) * late):
        return None
    if likeness(story, earlier, usage) < ALIKE:
        return None
    if beginning is not None and not _is_of_one_affair(story, beginning, usage):
        return None
    return _explained(story, earlier, shared, figures, apart)


def _is_enough(shared: Sequence[Piece], figures: Sequence[str], wanted: float) -> bool:
    """Tell whether the pieces suffice: a rare name and something else, and enough in all."""
    names = [piece for piece in shared if piece.name and piece.is_firm and piece.tells >= ANCHOR]
    anchors = [piece for piece in shared if piece.tells >= ANCHOR]
    return bool(names) and len(anchors) + bool(figures) > 1 and _sum(shared, figures) >= wanted


def likeness(story: Part, earlier: Part, usage: Usage) -> float:
    """Return how much of what the two tell they share, 0 to 1: the cosine of what their words tell.

    A name that both mention while telling of something else is evidence, but of nothing.
    """
    one, two = _told_by(story, usage), _told_by(earlier, usage)
    both = sum(one[term] * two[term] for term in sorted(one.keys() & two.keys()))
    sizes = math.sqrt(sum(v * v for v in one.values()) * sum(v * v for v in two.values()))
    return both / sizes if sizes else 0.0


def _told_by(part: Part, usage: Usage) -> dict[str, float]:
    return {term: usage.tells(term) * firm for term, firm in part.firmness.items()}


def _sum(shared: Sequence[Piece], figures: Sequence[str]) -> float:
    return sum(piece.tells for piece in shared) + FIGURE * min(len(figures), 2)


def best_continuation(
    story: Part,
    candidates: Iterable[Part],
    *,
    usage: Usage,
    beginnings: Mapping[int, Part],
    lengths: Mapping[int, int],
) -> Continuation | None:
    """Return which of the candidates a story continues, the newest among equals; perhaps none.

    beginnings: for candidates that continue another, the first story of their storyline
    lengths:    for candidates, how many stories their storyline has
    """
    found = [
        (link.evidence, earlier.last_at, -earlier.story_id, link)
        for earlier in candidates
        if lengths.get(earlier.story_id, 1) < MAX_PARTS
        and (
            link := continuation(
                story, earlier, usage=usage, beginning=beginnings.get(earlier.story_id)
            )
        )
    ]
    return max(found, key=lambda entry: entry[:3])[3] if found else None


@dataclass(frozen=True, slots=True)
class Piece:
    """A word or a name that two stories share."""

    terms: frozenset[str]
    name: str
    """Folded; empty if it is no name."""
    tells: float
    is_firm: bool
    """Both have it in titles."""


def shared_evidence(story: Part, earlier: Part, usage: Usage) -> list[Piece]:
    """Return what two stories share, what tells most first. A name is one piece."""
    shared = {t for t in story.firmness if t in earlier.firmness and not t[0].isdigit()}
    pieces = [_piece(terms, story, earlier, usage) for terms in _by_name(shared, story, earlier)]
    return sorted(pieces, key=lambda piece: (-piece.tells, sorted(piece.terms)))


def _by_name(shared: set[str], story: Part, earlier: Part) -> list[frozenset[str]]:
    """Put shared words together that either story has in one name."""
    groups: dict[str, set[str]] = {term: {term} for term in shared}
    for part in (story, earlier):
        first: dict[str, str] = {}
        for term in sorted(shared & part.name_of.keys()):
            other = first.setdefault(part.name_of[term], term)
            if groups[term] is not groups[other]:
                groups[other] |= groups[term]
                for each in groups[other]:
                    groups[each] = groups[other]
    return list({frozenset(group) for group in groups.values()})


def _piece(terms: frozenset[str], story: Part, earlier: Part, usage: Usage) -> Piece:
    tells = max(usage.tells(t) * _firmness(t, story, earlier) for t in terms)
    name = _shared_name(terms, story, earlier)
    if name and len(terms & {t for t in terms if usage.tells(t) >= ANCHOR}) > 1:
        tells *= FULL_NAME
    is_firm = any(min(story.firmness[t], earlier.firmness[t]) >= FIRM for t in terms)
    return Piece(terms, name, tells if name else tells * WORD, is_firm)


def _firmness(term: str, story: Part, earlier: Part) -> float:
    return math.sqrt(min(story.firmness[term], 1.0) * min(earlier.firmness[term], 1.0))


def _shared_name(terms: frozenset[str], story: Part, earlier: Part) -> str:
    """Return the name that both have in full, as one of them writes it; else nothing.

    "Immigration" alone is neither the Bureau of Immigration nor Immigration and Customs.
    """
    named = [terms & part.name_of.keys() for part in (story, earlier)]
    if not any(named):
        return ""
    found: set[str] = set()
    for part, known in zip((story, earlier), named, strict=True):
        whole = {part.name_of[term] for term in known if _is_whole(part.name_of[term], terms, part)}
        # The first word of a sentence is no name by its capital alone; beside a name it is.
        if not whole and (known or not all(_is_capitalized(term, part) for term in terms)):
            return ""
        found |= whole
    return max(found, key=lambda name: (len(name), name), default="")


def _is_whole(name: str, terms: frozenset[str], part: Part) -> bool:
    """Tell whether a name has no other word than these, but for common ones: "Ventura County"."""
    stems = content_stems(name, part.language)
    return all(stem in terms or stem in common_terms() for stem in stems)


def _telling_figures(story: Part, earlier: Part) -> list[str]:
    """Return the shared figures of three digits and more: 1,016 cases, not 19 or 24 hours."""
    shared = story.figures & earlier.figures
    return sorted(f for f in shared if sum(c.isdigit() for c in f) >= 3 and not f.endswith("00"))


def _is_capitalized(term: str, part: Part) -> bool:
    return part.written.get(term, "")[:1].isupper()


def _is_of_one_affair(story: Part, beginning: Part, usage: Usage) -> bool:
    """Tell whether a story still speaks of how its storyline began: by a rare name at least."""
    shared = shared_evidence(story, beginning, usage)
    is_named = any(piece.name and piece.tells >= ANCHOR for piece in shared)
    return is_named and _sum(shared, ()) >= ENOUGH_WITH_BEGINNING


def _explained(
    story: Part,
    earlier: Part,
    shared: Sequence[Piece],
    figures: Sequence[str],
    apart: timedelta,
) -> Continuation:
    written = dict(earlier.written) | dict(story.written)
    telling = [piece for piece in shared if piece.tells > 0]
    words = [min(piece.terms) for piece in telling if not piece.name]
    return Continuation(
        story_id=earlier.story_id,
        evidence=round(_sum(shared, figures), 3),
        names=tuple(written.get(p.name, p.name) for p in telling if p.name)[:MAX_SHOWN],
        terms=tuple(written.get(word, word) for word in words)[:MAX_SHOWN],
        figures=tuple(figures[:MAX_SHOWN]),
        days_apart=round(max(apart / timedelta(days=1), 0.0), 1),
    )


def status_of(
    *, began_at: datetime, last_at: datetime, parts: int, told_until: datetime | None, now: datetime
) -> Status:
    """Return how a storyline stands: what readers know of it against what has come in.

    parts:      how many stories it has
    told_until: the end of the last report that told it, if any did
    """
    if now - last_at > QUIET:
        return Status.RESOLVED
    if told_until is not None and last_at <= told_until:
        return Status.UNCHANGED
    if told_until is None and parts == 1 and now - began_at <= YOUNG:
        return Status.NEW
    return Status.DEVELOPING


def standing_of(*, last_at: datetime, told_at: datetime, now: datetime) -> Status:
    """Return whether a told story without news only pauses, or has ended: UNCHANGED or RESOLVED."""
    is_over = now - last_at > QUIET and now - told_at > TOLD_LATELY
    return Status.RESOLVED if is_over else Status.UNCHANGED
