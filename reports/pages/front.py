"""The front page: what each briefing says this morning, and whether all is well."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, cast

from django.db.models import (
    Exists,
    F,
    Func,
    IntegerField,
    OuterRef,
    Prefetch,
    Q,
    QuerySet,
    Sum,
)

from reports.domain import windows
from reports.models import Briefing, Claim, Report, Section
from reports.pages.authorship import Authorship
from reports.pages.coverage import Coverage, Meter
from reports.pages.report import (
    Point,
    headline_of,
    minutes_for,
    next_slot_at,
    notices_of,
    summary_of,
    with_evidence,
)
from reports.pages.sentences import Notes

LEADING_STORIES = 6
# A report that is this much behind its slot is called late.
PATIENCE = timedelta(minutes=5)


@dataclass(frozen=True, slots=True)
class LeadingStory:
    """One story of a report, as a line."""

    title: str
    language: str
    anchor: str
    status: str
    status_in_words: str
    meter: Meter


@dataclass(frozen=True, slots=True)
class Notice:
    """What a reader should know before reading: something is late, missing, or simply calm."""

    kind: str
    """"calm": nothing is wrong; "late" or "failed": something is."""
    due_at: datetime
    reason: str = ""
    """A sentence that was written for readers; empty when the kind says it all."""


@dataclass(frozen=True, slots=True)
class BriefingPage:
    """One briefing on the front page."""

    briefing: Briefing
    report: Report | None
    stories: tuple[LeadingStory, ...]
    story_count: int
    word_count: int
    summary: tuple[Point, ...]
    coverage: Coverage | None
    notice: Notice | None
    notices: tuple[str, ...]
    """What its report says of itself: why it is late or shorter, or written without a model."""
    next_at: datetime | None
    had_report: bool
    """Whether a report was ever public, even if none can be read now."""

    @property
    def minutes(self) -> int:
        return minutes_for(self.word_count)

    @property
    def more_stories(self) -> int:
        return self.story_count - len(self.stories)


def front_page(now: datetime) -> list[BriefingPage]:
    """Return every enabled briefing with its newest report, in seven queries at most."""
    briefings = _briefings()
    newest = _newest_of_each(
        Report.objects.published().select_related("briefing", "current").defer("current__record"),
        briefings,
    )
    # What staff asked for out of turn was promised to nobody: only what came of it is told.
    in_vain = Q(occasion=Report.Occasion.ASKED) & ~Q(state__in=PUBLIC)
    latest = _newest_of_each(Report.objects.filter(slot_at__lte=now).exclude(in_vain), briefings)
    revision_ids = [report.current_id for report in newest.values()]
    sections = _sections(revision_ids)
    words = _word_counts(revision_ids)
    pages = []
    for briefing in briefings:
        report = newest.get(briefing.pk)
        revision_id = report.current_id if report else None
        pages.append(
            _briefing_page(
                briefing,
                report,
                sections=[section for section in sections if section.revision_id == revision_id],
                word_count=words.get(revision_id, 0),
                notice=_notice(briefing, latest.get(briefing.pk), now),
                had_report=cast("Any", briefing).had_report,
                now=now,
            )
        )
    return sorted(pages, key=_by_freshness)


def _briefings() -> list[Briefing]:
    """Return the enabled briefings; where there are none, those that were once published."""
    public = Report.objects.public().filter(briefing=OuterRef("pk"))
    ordered = Briefing.objects.annotate(had_report=Exists(public)).order_by("title", "pk")
    return list(ordered.enabled()) or list(
        ordered.filter(reports__state=Report.State.PUBLISHED).distinct()
    )


def _by_freshness(page: BriefingPage) -> float:
    """Newest report first; a briefing that still waits for its first one comes last."""
    return -page.report.slot_at.timestamp() if page.report else 0.0


def _newest_of_each(reports: QuerySet[Report], briefings: Sequence[Briefing]) -> dict[int, Report]:
    rows = (
        reports.filter(briefing__in=briefings)
        .order_by("briefing_id", "-slot_at", "-pk")
        .distinct("briefing_id")
    )
    return {report.briefing_id: report for report in rows}


def _sections(revision_ids: Sequence[int | None]) -> list[Section]:
    shown = Claim.objects.filter(
        Q(kind=Claim.Kind.HEADLINE) | Q(summary_position__isnull=False)
    ).order_by("position")
    return list(
        Section.objects.filter(revision__in=revision_ids)
        .select_related("story")
        .order_by("revision_id", "position")
        .prefetch_related(Prefetch("claims", queryset=with_evidence(shown)))
    )


def _word_counts(revision_ids: Sequence[int | None]) -> Mapping[int | None, int]:
    words = Func(
        F("text"),
        template="array_length(regexp_split_to_array(btrim(%(expressions)s), '\\s+'), 1)",
        output_field=IntegerField(),
    )
    rows = (
        Claim.objects.filter(section__revision__in=revision_ids)
        .values_list("section__revision")
        .annotate(words=Sum(words))
    )
    return dict(rows)


def _briefing_page(
    briefing: Briefing,
    report: Report | None,
    *,
    sections: Sequence[Section],
    word_count: int,
    notice: Notice | None,
    had_report: bool,
    now: datetime,
) -> BriefingPage:
    revision = report.current if report else None
    return BriefingPage(
        briefing=briefing,
        report=report,
        stories=tuple(_leading(sections[:LEADING_STORIES])),
        story_count=len(sections),
        word_count=word_count,
        summary=summary_of(sections, Notes()),
        coverage=Coverage.of(revision.coverage) if revision else None,
        notice=notice,
        notices=notices_of(report, revision, Authorship.of(revision, sections))
        if report and revision
        else (),
        next_at=next_slot_at(briefing, now),
        had_report=had_report,
    )


def _leading(sections: Iterable[Section]) -> Iterable[LeadingStory]:
    for section in sections:
        headline = headline_of(section)
        yield LeadingStory(
            title=headline.text if headline else section.story.title,
            language=headline.language if headline else section.story.language,
            anchor=section.anchor,
            status=section.status,
            status_in_words=section.get_status_display(),
            meter=Meter.of_section(section),
        )


def _notice(briefing: Briefing, latest: Report | None, now: datetime) -> Notice | None:
    """Say what became of the briefing's latest slot, unless it is simply published.

    A briefing that is switched off promises nothing.

    The reason of a failure is written for editors and may name what readers need not know:
    it stays inside.
    """
    promised = windows.latest_slot(briefing.times, briefing.weekdays, briefing.zone, now - PATIENCE)
    was_promised = (
        promised is not None and briefing.is_enabled and promised.at > briefing.promised_since
    )
    if promised and was_promised and (latest is None or latest.slot_at < promised.at):
        return Notice("late", promised.at)
    if latest is None:
        return None
    return _notice_of(latest, now)


PUBLIC = (Report.State.PUBLISHED, Report.State.WITHDRAWN)
UNFINISHED = frozenset(
    {Report.State.PRODUCING, Report.State.DRAFT, Report.State.REVIEW, Report.State.HELD}
)


def _notice_of(report: Report, now: datetime) -> Notice | None:
    if report.state == Report.State.SKIPPED:
        return Notice("calm", report.slot_at, report.reason)
    if report.state == Report.State.FAILED:
        return Notice("failed", report.slot_at)
    if report.state == Report.State.WITHDRAWN:
        return Notice("withdrawn", report.slot_at, report.reason)
    if report.state in UNFINISHED and report.slot_at + PATIENCE < now:
        return Notice("late", report.slot_at)
    return None
