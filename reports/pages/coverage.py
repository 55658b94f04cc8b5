"""How far the press was heard: the coverage line, and a story's coverage in time."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Self

from django.utils.dateparse import parse_datetime

from reports.domain.reasons import listed
from reports.models import Membership, Section

# A timeline is a picture, not a list: more dots than this would only hide each other.
MAX_DOTS = 80
MAX_SQUARES = 16

NOT_COMPARED = "(Articles in other languages are not compared yet.)"


@dataclass(frozen=True, slots=True)
class Coverage:
    """What a revision remembers of its sources, at selection."""

    watched: int
    answered: int
    articles: int
    newest_at: datetime | None

    @classmethod
    def of(cls, stored: Mapping[str, Any]) -> Self:
        """Read the revision's JSON; what is missing or odd counts as nothing."""
        return cls(
            watched=_count(stored.get("watched")),
            answered=_count(stored.get("answered")),
            articles=_count(stored.get("articles")),
            newest_at=_moment(stored.get("newest_article_at")),
        )

    @property
    def silent(self) -> int:
        return max(self.watched - self.answered, 0)


def _count(value: object) -> int:
    return value if isinstance(value, int) and value > 0 else 0


def _moment(value: object) -> datetime | None:
    try:
        at = parse_datetime(value) if isinstance(value, str) else None
    except ValueError:
        return None
    return at if at and at.tzinfo else None


@dataclass(frozen=True, slots=True)
class Dot:
    """One article on a timeline."""

    x: float
    is_copy: bool


@dataclass(frozen=True, slots=True)
class Timeline:
    """Articles along a line of WIDTH units, oldest at the left."""

    start: datetime
    end: datetime
    dots: tuple[Dot, ...]
    originals: int
    copies: int

    WIDTH = 240
    MARGIN = 5

    @classmethod
    def of(cls, members: Sequence[Membership], *, start: datetime, end: datetime) -> Self:
        """Place the articles of `members` between two moments; those outside stand at the edge."""
        copies = sum(member.copy_of_id is not None for member in members)
        return cls(
            start=start,
            end=end,
            dots=tuple(_thinned([_dot(cls, member, start, end) for member in members])),
            originals=len(members) - copies,
            copies=copies,
        )


def _dot(scale: type[Timeline], member: Membership, start: datetime, end: datetime) -> Dot:
    span = (end - start).total_seconds() or 1.0
    share = (member.article.published_at - start).total_seconds() / span
    room = scale.WIDTH - 2 * scale.MARGIN
    return Dot(
        x=round(scale.MARGIN + min(max(share, 0.0), 1.0) * room, 1),
        is_copy=member.copy_of_id is not None,
    )


def _thinned(dots: Sequence[Dot]) -> Iterable[Dot]:
    """Return at most MAX_DOTS of the dots, evenly chosen, copies first so that they lie below."""
    step = max(1, -(-len(dots) // MAX_DOTS))
    return sorted(dots[::step], key=lambda dot: not dot.is_copy)


@dataclass(frozen=True, slots=True)
class Square:
    """One outlet in the independence meter."""

    x: int
    is_independent: bool


def voice_of(members: Sequence[Membership]) -> str:
    """Return the publisher whose family alone tells the story; empty if there are more."""
    publishers = [member.article.publisher for member in members]
    one_house = len({publisher.family for publisher in publishers}) == 1
    return publishers[0].name if one_house else ""


@dataclass(frozen=True, slots=True)
class Meter:
    """How many outlets tell a story, and how many of them report it themselves.

    The only place that says so in words: for pages, feeds and the API.
    """

    outlets: int
    independent: int
    copies: int
    is_foreign: bool = False
    """Told in another language than most stories around it."""
    agencies: tuple[str, ...] = ()
    """Whose texts its articles credit."""
    voice: str = ""
    """The publisher whose family alone tells it, where that is known."""

    STEP = 14

    @classmethod
    def of_section(
        cls, section: Section, members: Sequence[Membership] = (), *, is_foreign: bool = False
    ) -> Self:
        """Return what a report said of its story; with its articles, one house is named."""
        return cls(
            outlets=section.outlet_count,
            independent=section.independent_count,
            copies=section.copy_count,
            is_foreign=is_foreign,
            agencies=tuple(section.agencies),
            voice=voice_of(members) if section.independent_count <= 1 else "",
        )

    @property
    def is_single(self) -> bool:
        return self.outlets <= 1 or bool(self.voice)

    @property
    def in_words(self) -> str:
        """Say how independent the story's outlets are, in a few words."""
        if self.voice:
            return f"Only {self.voice}"
        if self.is_single:
            return "One outlet"
        if self.independent >= self.outlets:
            return f"{self.outlets} outlets, each in its own words"
        reports = "report" if self.independent <= 1 else "reports"
        return f"{self.outlets} outlets, {max(self.independent, 1)} independent {reports}"

    @property
    def sentence(self) -> str:
        """Say the same with what a reader should make of it."""
        if self.is_single:
            return self._sentence_of_one()
        told = "; ".join(filter(None, (self.in_words, self._repeats())))
        return f"{told}."

    def _sentence_of_one(self) -> str:
        subject = self.voice or "One outlet"
        told = f"Only {subject} tells this" if self.voice else subject
        credited = f", crediting {listed(self.agencies)}" if self.agencies else ""
        found = "We matched no article of another outlet to it."
        return " ".join(
            filter(None, (f"{told}{credited}.", found, NOT_COMPARED if self.is_foreign else ""))
        )

    def _repeats(self) -> str:
        """Say what is folded: texts that were carried, whose they were, and one house's outlets."""
        if not self.copies:
            if self.agencies:
                noun = "agency is" if len(self.agencies) == 1 else "agencies are"
                return f"the credited {noun} {listed(self.agencies)}"
            # Nothing is copied, no agency is named: what is left are outlets of one house.
            return "outlets of one house count once" if self.independent < self.outlets else ""
        verb = "carries" if self.copies == 1 else "carry"
        if len(self.agencies) == 1:
            return f"{self.copies} {verb} the same text ({self.agencies[0]})"
        if self.agencies:
            return f"{self.copies} {verb} a text of another ({listed(self.agencies)})"
        return f"{self.copies} {verb} the text of another"

    @property
    def squares(self) -> tuple[Square, ...]:
        """One square an outlet; of very many outlets only the proportion."""
        shown = min(self.outlets, MAX_SQUARES)
        filled = round(self.independent * shown / self.outlets) if self.outlets else 0
        return tuple(
            Square(x=index * self.STEP, is_independent=index < max(filled, 1))
            for index in range(shown)
        )

    @property
    def width(self) -> int:
        return max(len(self.squares) * self.STEP, self.STEP)
