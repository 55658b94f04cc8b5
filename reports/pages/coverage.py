"""How far the press was heard: the coverage line, and a story's coverage in time."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Self

from django.utils.dateparse import parse_datetime

from reports.models import Membership

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


@dataclass(frozen=True, slots=True)
class Meter:
    """How many outlets tell a story, and how many of them in words of their own."""

    outlets: int
    independent: int
    copies: int
    is_foreign: bool = False
    """Told in another language than most stories around it."""

    STEP = 14

    @property
    def is_single(self) -> bool:
        return self.outlets == 1

    @property
    def in_words(self) -> str:
        """Say how independent the story's outlets are, in a few words."""
        if self.is_single:
            return "One outlet"
        if self.independent >= self.outlets:
            return f"{self.outlets} outlets, each in its own words"
        if self.independent <= 1:
            return f"{self.outlets} outlets, all with one text"
        return f"{self.outlets} outlets, {self.independent} independent"

    @property
    def sentence(self) -> str:
        """Say the same with what a reader should make of it."""
        if self.is_single:
            said = f"{self.in_words}. We matched no article of another outlet to it."
            return f"{said} {NOT_COMPARED}" if self.is_foreign else said
        if not self.copies:
            return f"{self.in_words}."
        repeat = "1 article repeats" if self.copies == 1 else f"{self.copies} articles repeat"
        return f"{self.in_words}; {repeat} the text of another."

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
