"""Run the main job once over a set of feed documents that are served over loopback."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import PurePosixPath
from typing import Any
from urllib.parse import quote, urlsplit

from django.db.models import Max, Model, QuerySet, Sum
from django.utils.text import slugify

from patriot import schedules
from patriot.demo.newsroom import Document
from patriot.work import belt
from patriot.work.models import Job
from reports.models import Briefing, Claim, Evidence, Membership, Report, Section
from reports.pipeline.slots import open_report_now
from sources import tasks as sources_tasks
from sources.gateways.parser import Parser
from sources.models import Article, Fetch, Source

NEWSROOM = "demonstration"
FOLDER = "folder"
OTHERS_FINISH_WITHIN = 120  # seconds

Progress = Callable[[str, int], None]


@dataclass(frozen=True, slots=True)
class Counts:
    """What one run of the main job did."""

    sources: int
    entries: int
    articles: int
    updated: int
    skipped: dict[str, int]
    stories: int
    sections: int
    claims: int
    evidence: int
    report: str | None
    """The path of the report's page; None when there was nothing to tell."""
    state: str
    """What became of the report, such as "published", "skipped" or "failed"."""
    reason: str
    """Why there is no report, or what its readers are told first; a sentence or empty."""
    ill: dict[str, str]
    """Sources that could not be read in this run, each with the sentence of why."""

    def as_dict(self) -> dict[str, Any]:
        return {name: getattr(self, name) for name in self.__slots__}


def run_newsroom(
    documents: Mapping[str, Document], *, address: str, now: datetime, on_progress: Progress
) -> Counts:
    """Run the main job on the demonstration newsroom.

    A new report is opened only if something is new: otherwise the last one still stands.
    """
    run = _Run(_newsroom_briefing(), documents, address=address, now=now, on_progress=on_progress)
    run.collect()
    newest = run.briefing.reports.published().newest_first().first()
    if newest is None or run.has_news_since(newest):
        return run.produce(open_report_now(run.briefing, now))
    return run.counts(newest)


def run_folder(
    documents: Mapping[str, Document], *, address: str, now: datetime, on_progress: Progress
) -> Counts:
    """Run the main job on any folder of feed documents, with the slot at `now`.

    A worker that runs beside it stands aside: its clock is another.
    """
    with belt.alone():
        run = _Run(_folder_briefing(), documents, address=address, now=now, on_progress=on_progress)
        run.collect()
        return run.produce(open_report_now(run.briefing, now))


def watch() -> None:
    """Have the worker watch the demonstration's sources, and report on them every morning."""
    _set_enabled(enabled=True)


def pause() -> None:
    """Stop watching the demonstration's sources: their server is gone."""
    _set_enabled(enabled=False)


def _set_enabled(*, enabled: bool) -> None:
    Source.objects.filter(newsroom=NEWSROOM).update(is_enabled=enabled)
    Briefing.objects.filter(newsroom=NEWSROOM).update(is_enabled=enabled)


def _newsroom_briefing() -> Briefing:
    return _briefing(
        NEWSROOM,
        title="The Morning Tide",
        description="What the press of an invented coast tells, every morning at seven.",
    )


def _folder_briefing() -> Briefing:
    return _briefing(
        FOLDER,
        title="The morning in these feeds",
        description="A report on a folder of feed documents, read as if they had just come in.",
    )


def _briefing(newsroom: str, *, title: str, description: str) -> Briefing:
    """Return the newsroom's briefing; its schedule is off unless its sources are being served."""
    briefing, _ = Briefing.objects.get_or_create(
        slug=newsroom,
        defaults={
            "title": title,
            "description": description,
            "newsroom": newsroom,
            "is_enabled": False,
            # What is invented, or of another day, nobody on the web confirms today.
            "second_source_searches": 0,
        },
    )
    return briefing


class _Run:
    """One run of the main job: the belt, scoped to one newsroom, with a clock of its own."""

    def __init__(
        self,
        briefing: Briefing,
        documents: Mapping[str, Document],
        *,
        address: str,
        now: datetime,
        on_progress: Progress,
    ) -> None:
        self.briefing = briefing
        self.now = now
        self.on_progress = on_progress
        self.before = _highest_ids()
        self.sources = _register(documents, briefing.newsroom, address=address, now=now)
        self.steps = schedules.timetable(
            web=sources_tasks.web(allow=[urlsplit(address).netloc]),
            parser=Parser.shared(),
            sources=self.sources,
        )

    def collect(self) -> None:
        """Read the feeds and place their articles in stories."""
        self._advance(self.now)

    def produce(self, report: Report) -> Counts:
        """Work on the report until it is published, skipped or failed.

        A step that failed and waits for its next attempt is not waited for: the clock is ours.
        What another worker holds is waited for.
        """
        clock, deadline = self.now, time.monotonic() + OTHERS_FINISH_WITHIN
        while self._is_open(report) and time.monotonic() < deadline:
            self._advance(clock)
            waiting = Job.objects.waiting().filter(subject=report.subject)
            held = waiting.filter(leased_until__gt=clock).exists()
            later = waiting.filter(not_before__gt=clock).order_by("not_before").first()
            if held:
                time.sleep(0.2)
            elif later:
                clock = later.not_before
        report.refresh_from_db()
        return self.counts(report)

    def has_news_since(self, report: Report) -> bool:
        """Whether an article came in after the report's window ended."""
        return Article.objects.filter(
            source__in=self.sources, updated_at__gt=report.window_end
        ).exists()

    def counts(self, report: Report) -> Counts:
        """Count what this run wrote, and what its report holds."""
        fetches = Fetch.objects.filter(source__in=self.sources, pk__gt=self.before[Fetch])
        totals = fetches.aggregate(
            entries=Sum("entry_count"), articles=Sum("new_count"), updated=Sum("updated_count")
        )
        skipped: Counter[str] = Counter()
        for reasons in fetches.values_list("skipped", flat=True):
            skipped.update(reasons)
        members = Membership.objects.filter(
            article__source__in=self.sources, pk__gt=self.before[Membership]
        )
        revision = report.current_id
        return Counts(
            sources=fetches.count(),
            entries=totals["entries"] or 0,
            articles=totals["articles"] or 0,
            updated=totals["updated"] or 0,
            skipped=dict(sorted(skipped.items())),
            stories=members.values("story").distinct().count(),
            sections=Section.objects.filter(revision=revision).count(),
            claims=Claim.objects.filter(section__revision=revision).count(),
            evidence=Evidence.objects.filter(claim__section__revision=revision).count(),
            report=report.get_absolute_url() if report.is_published else None,
            state=report.state,
            reason=report.reason,
            ill=dict(
                fetches.filter(outcome=Fetch.Outcome.FAILED).values_list("source__name", "error")
            ),
        )

    def _advance(self, clock: datetime) -> None:
        schedules.advance(
            clock,
            steps=self.steps,
            briefings=Briefing.objects.none(),
            on_progress=self.on_progress,
        )

    def _is_open(self, report: Report) -> bool:
        report.refresh_from_db()
        return report.state == Report.State.PRODUCING


def _highest_ids() -> dict[type[Model], int]:
    """Return the highest ids of what a run counts, so that it counts only its own."""
    return {
        model: model._default_manager.aggregate(top=Max("pk"))["top"] or 0
        for model in (Fetch, Membership)
    }


def _register(
    documents: Mapping[str, Document], newsroom: str, *, address: str, now: datetime
) -> QuerySet[Source]:
    """Make or update the sources, known by their file names; return those of this run."""
    slugs = _slugs(documents)
    for path, slug in slugs.items():
        # Read whole, also when nothing has changed: the run says what became of every entry.
        found = {
            "url": f"{address}/{quote(path)}",
            "not_before": now,
            "etag": "",
            "last_modified": "",
            "body_hash": "",
        }
        name = documents[path].name or slug
        Source.objects.update_or_create(
            newsroom=newsroom,
            slug=slug,
            defaults=found,
            create_defaults=found | {"name": name, "is_enabled": False},
        )
    sources = Source.objects.filter(newsroom=newsroom, slug__in=slugs.values())
    _give_leases_back(sources, newsroom)
    return sources


def _slugs(paths: Iterable[str]) -> dict[str, str]:
    """Return what each document's source is known by: its file's stem, else its whole name."""
    slugs: dict[str, str] = {}
    for path in paths:
        name = PurePosixPath(path)
        for candidate in (name.stem, name.name.replace(".", "-"), f"{name.stem}-{len(slugs)}"):
            slug = slugify(candidate)[:100] or f"feed-{len(slugs)}"
            if slug not in slugs.values():
                slugs[path] = slug
                break
    return slugs


def _give_leases_back(sources: QuerySet[Source], newsroom: str) -> None:
    """End the leases that a killed run left, with the attempts that it had counted.

    Whoever starts the demonstration again wants it to be tried again.
    """
    sources.update(leased_until=None, attempts=0)
    Article.objects.filter(source__in=sources, leased_until__isnull=False).update(
        leased_until=None, attempts=0
    )
    unfinished = Report.objects.filter(briefing__newsroom=newsroom, state=Report.State.PRODUCING)
    Job.objects.waiting().filter(subject__in=[report.subject for report in unfinished]).update(
        leased_until=None, attempts=0
    )
