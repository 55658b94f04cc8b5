"""A storyline: what reports told of it, its stories in order, its coverage in time."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo

from django.db.models import F, Q, QuerySet

from reports.domain.reasons import why_in_words
from reports.domain.storylines import Status, status_of
from reports.models import Membership, Report, Section, Story
from reports.pages.charts import CoverageChart
from reports.pages.report import SectionPage, sections_as_told
from reports.pages.sentences import Sentence

# More parts than a storyline takes, as some were merged; more tellings than anybody reads.
MAX_STORIES = 80
MAX_TELLINGS = 60
MAX_MEMBERS = 2_000

IN_WORDS = {status: status.value for status in Status}


@dataclass(frozen=True, slots=True)
class Development:
    """What one public report told of the storyline."""

    report: Report
    section_id: int
    zone: tzinfo
    page: SectionPage

    @property
    def url(self) -> str:
        return f"{self.report.get_absolute_url()}#{self.page.anchor}"

    @property
    def headline_url(self) -> str:
        """The headline in the report, where its evidence can be opened."""
        anchor = self.page.headline.anchor if self.page.headline else self.page.anchor
        return f"{self.report.get_absolute_url()}#{anchor}"

    @property
    def changed(self) -> tuple[Sentence, ...]:
        """What that report said is new."""
        return next((b.sentences for b in self.page.blocks if b.title == "What changed"), ())


@dataclass(frozen=True, slots=True)
class Part:
    """One story of the storyline."""

    story: Story
    why: str
    """Why it continues the one before, a sentence; empty for the first."""


@dataclass(frozen=True, slots=True)
class StorylinePage:
    """A storyline, ready to be set."""

    id: int
    title: str
    language: str
    status: str
    status_in_words: str
    zone: tzinfo
    parts: tuple[Part, ...]
    developments: tuple[Development, ...]
    """Newest first."""
    chart: CoverageChart | None
    article_count: int
    first_at: datetime
    last_at: datetime
    updated_at: datetime
    """When it was told last; until then, when it began."""


def storyline_of(story: Story) -> int:
    """Return the storyline of a story, past stories that it was merged into."""
    seen = {story.pk}
    while story.merged_into is not None and story.merged_into.pk not in seen:
        story = story.merged_into
        seen.add(story.pk)
    return story.storyline_id


def storyline_page(beginning: Story, *, now: datetime) -> StorylinePage:
    """Return the page of the storyline that begins with a story, in six queries however long."""
    stories = list(
        Story.objects.filter(Q(pk=beginning.pk) | Q(beginning=beginning))
        .filter(merged_into=None)
        .order_by("first_article_at", "pk")[:MAX_STORIES]
    ) or [beginning]
    told = developments(beginning)
    newest = stories[-1]
    members = list(
        Membership.objects.filter(story__in=stories)
        .select_related("article")
        .only("copy_of_id", "article__published_at")
        .order_by("-article__published_at", "-pk")[:MAX_MEMBERS]
    )
    first_at = min(story.first_article_at for story in stories)
    last_at = max(story.last_article_at for story in stories)
    status = status_of(
        began_at=first_at,
        last_at=last_at,
        parts=len(stories),
        told_until=told[0].report.window_end if told else None,
        now=now,
    )
    return StorylinePage(
        id=beginning.pk,
        title=told[0].page.title if told else newest.title,
        language=told[0].page.language if told else newest.language,
        status=status.value,
        status_in_words=IN_WORDS[status],
        zone=told[0].zone if told else UTC,
        parts=tuple(_parts(stories)),
        developments=told,
        chart=CoverageChart.of(members),
        article_count=sum(story.article_count for story in stories),
        first_at=first_at,
        last_at=last_at,
        updated_at=_updated_at(told, beginning),
    )


def developments(beginning: Story) -> tuple[Development, ...]:
    """Return what public reports told of a storyline, newest first; three queries."""
    return tuple(
        Development(
            report=section.revision.report,
            section_id=section.pk,
            zone=section.revision.report.briefing.zone,
            page=page,
        )
        for section, page in sections_as_told(tellings_of(beginning)[:MAX_TELLINGS])
    )


def tellings_of(beginning: Story) -> QuerySet[Section]:
    """Return the sections of public reports that told a storyline, newest first."""
    return (
        Section.objects.filter(
            Q(story=beginning)
            | Q(story__beginning=beginning)
            | Q(story__merged_into=beginning)
            | Q(story__merged_into__beginning=beginning),
            revision=F("revision__report__current"),
            revision__report__state=Report.State.PUBLISHED,
        )
        .select_related("revision__report__briefing", "revision__report__current")
        .defer("revision__record", "revision__report__current__record")
        .order_by("-revision__report__slot_at", "-pk")
    )


def _updated_at(told: Sequence[Development], beginning: Story) -> datetime:
    moments = (one.report.current.published_at for one in told if one.report.current)
    return max(filter(None, moments), default=beginning.first_article_at)


def _parts(stories: Sequence[Story]) -> Iterable[Part]:
    for story in stories:
        is_linked = story.continues_id is not None
        yield Part(story, why_in_words(story.continues_why, is_first=False) if is_linked else "")
