"""Storylines for clients: many at once, and what reports told of one, a line each."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Exists, F, OuterRef, Prefetch, Q, QuerySet, Subquery
from django.db.models.functions import Coalesce

from reports.domain.reasons import why_in_words
from reports.domain.storylines import status_of
from reports.models import Claim, Report, Section, Story
from reports.pages.storyline import MAX_STORIES, MAX_TELLINGS, tellings_of

SAID = (Claim.Kind.HEADLINE, Claim.Kind.CHANGED)


@dataclass(frozen=True, slots=True)
class Telling:
    """What one public report told of a storyline."""

    section: Section

    @property
    def report(self) -> Report:
        return self.section.revision.report

    @property
    def headline(self) -> Claim | None:
        return next(iter(self._said(Claim.Kind.HEADLINE)), None)

    @property
    def changed(self) -> list[Claim]:
        """What that report said is new."""
        return self._said(Claim.Kind.CHANGED)

    def _said(self, kind: Claim.Kind) -> list[Claim]:
        return [claim for claim in self.section.claims.all() if claim.kind == kind]


@dataclass(frozen=True, slots=True)
class Line:
    """A storyline: its stories in order, and who told it."""

    id: int
    stories: tuple[Story, ...]
    told: tuple[Telling, ...]
    """Newest first; in a list the newest only."""
    now: datetime

    @property
    def headline(self) -> Claim | None:
        """What the newest report calls it."""
        return self.told[0].headline if self.told else None

    @property
    def title(self) -> str:
        return self.headline.text if self.headline else self.stories[-1].title

    @property
    def language(self) -> str:
        return self.headline.language if self.headline else self.stories[-1].language

    @property
    def status(self) -> str:
        return status_of(
            began_at=self.first_article_at,
            last_at=self.last_article_at,
            parts=len(self.stories),
            told_until=self.told[0].report.window_end if self.told else None,
            now=self.now,
        ).value

    @property
    def article_count(self) -> int:
        return sum(story.article_count for story in self.stories)

    @property
    def first_article_at(self) -> datetime:
        return min(story.first_article_at for story in self.stories)

    @property
    def last_article_at(self) -> datetime:
        return max(story.last_article_at for story in self.stories)


def newest_stories() -> QuerySet[Any]:
    """Return the newest story of each storyline of more than one.

    So the index of all stories, newest first, gives a page of storylines however many there are.
    """
    live = Story.objects.filter(merged_into=None)
    here = Coalesce(OuterRef("beginning"), OuterRef("pk"))
    is_newer = Q(last_article_at__gt=OuterRef("last_article_at")) | Q(
        last_article_at=OuterRef("last_article_at"), pk__gt=OuterRef("pk")
    )
    # No Exists: PostgreSQL would gather all stories that continue others before it looks at one.
    later = Subquery(live.filter(beginning=OuterRef("pk")).values("pk")[:1])
    found: QuerySet[Any] = live.alias(later=later).filter(
        Q(beginning__isnull=False, beginning__merged_into=None) | Q(later__isnull=False),
        ~Exists(live.filter(is_newer, beginning=here)),
        ~Exists(live.filter(is_newer, pk=OuterRef("beginning"))),
    )
    return found


def lines_of(newest: Sequence[Story], *, now: datetime) -> list[Line]:
    """Return the storylines of these stories; three queries, however many."""
    ids = [story.storyline_id for story in newest]
    parts = _parts_of(ids)
    told = _told_last(ids)
    return [Line(pk, parts[pk], told.get(pk, ()), now) for pk in ids]


def line_of(beginning: Story, *, now: datetime) -> Line:
    """Return one storyline with all that told it; three queries."""
    sections = tellings_of(beginning).prefetch_related(_claims())[:MAX_TELLINGS]
    parts = _parts_of([beginning.pk])[beginning.pk] or (beginning,)
    return Line(beginning.pk, parts, tuple(map(Telling, sections)), now)


def why_of(story: Story) -> str:
    """Return why a story continues the one before, a sentence; empty for the first."""
    is_linked = story.continues_id is not None
    return why_in_words(story.continues_why, is_first=False) if is_linked else ""


def _parts_of(ids: Collection[int]) -> dict[int, tuple[Story, ...]]:
    """Return the stories of each storyline, the oldest first."""
    parts: dict[int, list[Story]] = defaultdict(list)
    stories = Story.objects.filter(Q(pk__in=ids) | Q(beginning__in=ids), merged_into=None)
    for story in stories.order_by("first_article_at", "pk"):
        parts[story.storyline_id].append(story)
    return {pk: tuple(parts[pk][:MAX_STORIES]) for pk in ids}


def _told_last(ids: Collection[int]) -> dict[int, tuple[Telling, ...]]:
    """Return the newest telling of each storyline."""
    sections = (
        Section.objects.filter(
            Q(story__in=ids)
            | Q(story__beginning__in=ids)
            | Q(story__merged_into__in=ids)
            | Q(story__merged_into__beginning__in=ids),
            revision=F("revision__report__current"),
            revision__report__state=Report.State.PUBLISHED,
        )
        .annotate(
            line=Coalesce(
                *("story__merged_into__beginning", "story__merged_into"),
                *("story__beginning", "story"),
            )
        )
        .select_related("revision__report__briefing")
        .defer("revision__record")
        .order_by("line", "-revision__report__slot_at", "-pk")
        .distinct("line")
        .prefetch_related(_claims())
    )
    return {section.line: (Telling(section),) for section in _annotated(sections)}


def _annotated(sections: Iterable[Any]) -> Iterable[Any]:
    """Return rows with attributes that their class does not know."""
    return sections


def _claims() -> Prefetch[Any]:
    return Prefetch("claims", Claim.objects.filter(kind__in=SAID).order_by("position"))
