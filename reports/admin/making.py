"""How a report was made: its text beside the evidence, what fell, what it cost, what was done."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.contrib.admin.models import LogEntry
from django.contrib.contenttypes.models import ContentType
from django.db.models import F, Prefetch
from django.urls import reverse

from patriot.ledger.models import Call
from patriot.ledger.prices import exact_dollars
from patriot.ledger.spending import READ_TOKENS
from patriot.work.models import Job
from reports.models import Claim, Evidence, Prompt, Report, Revision, Section
from reports.pages.authorship import after_colon
from reports.pages.why_here import WhyHere, why_here

# The steps that verify, and what a sentence that fell there went through.
VERIFYING = {
    "ground": "refused",
    "repair": "refused again",
    "judge": "second reading",
}
MAX_SHOWN_CHARS = 1_000
ACTS_SHOWN = 20


@dataclass(frozen=True, slots=True)
class Fallen:
    """A sentence that was not let through."""

    kind: str
    text: str
    reason: str
    when: str


@dataclass(frozen=True, slots=True)
class SearchLine:
    """What was asked to find a second source, why, and what came of it."""

    query: str
    reason: str
    sentence: str
    error: str
    cost: str
    url: str
    """Of the search among the sources; empty if it was not even stored, or is gone."""


@dataclass(frozen=True, slots=True)
class Told:
    """A section with what is missing from it."""

    section: Section
    fallen: tuple[Fallen, ...]
    search: SearchLine | None = None
    """The search for a second source, if there was one."""

    @property
    def fallback(self) -> str:
        """Why it was written without a model, after a colon; else empty."""
        return after_colon(self.section.fallback)

    @property
    def why(self) -> WhyHere | None:
        """What its place in the report is made of."""
        return why_here(self.section.score)


@dataclass(frozen=True, slots=True)
class CallLine:
    """A paid request, as a row of a table."""

    row: Call
    cost: str
    url: str


@dataclass(frozen=True, slots=True)
class Making:
    """Everything that the desk's page of a report shows, ready to print."""

    revision: Revision | None
    told: tuple[Told, ...]
    untold: tuple[Fallen, ...]
    """What fell of stories that are not in the report."""
    prompts: tuple[Prompt, ...]
    jobs: tuple[Job, ...]
    calls: tuple[CallLine, ...]
    cost: str
    """Of all its calls, such as “$0.12”."""
    acts: tuple[LogEntry, ...]
    """The last ones, newest first."""


def making_of(report: Report) -> Making:
    """Read it in a number of queries that does not grow with the report."""
    jobs = tuple(
        Job.objects.filter(subject=report.subject)
        .defer("output")
        .annotate(rejected=F("output__rejected"))
        .order_by("stage", "pk")
    )
    revision = revision_with_evidence(report)
    sections = tuple(revision.sections.all()) if revision else ()
    fallen = fallen_by_part(jobs)
    searches = [_search_of(section) for section in sections if section.corroboration]
    calls = tuple(
        Call.objects.filter(subject__in=[report.subject, *searches])
        .annotate(read_tokens=READ_TOKENS)
        .order_by("started_at", "pk")
    )
    told = tuple(
        Told(
            section,
            tuple(fallen.pop(f"story {section.story_id}", ())),
            _search_line(section, [call for call in calls if call.subject == _search_of(section)]),
        )
        for section in sections
    )
    used = revision.prompts.select_related("briefing").order_by("purpose") if revision else ()
    return Making(
        revision=revision,
        told=told,
        untold=tuple(each for part in fallen.values() for each in part),
        prompts=tuple(used),
        jobs=jobs,
        calls=tuple(_line(call) for call in calls),
        cost=exact_dollars(sum((call.cost_usd for call in calls), start=Decimal(0))),
        acts=last_acts(report),
    )


def _search_of(section: Section) -> str:
    """Return what the ledger calls the search for a second source of a section."""
    return f"source {section.corroboration.get('source')}"


def _search_line(section: Section, calls: Iterable[Call]) -> SearchLine | None:
    said = section.corroboration
    if not said:
        return None
    source = said.get("source")
    return SearchLine(
        query=str(said.get("query", "")),
        reason=str(said.get("reason", "")),
        sentence=str(said.get("sentence", "")),
        error=str(said.get("error", "")),
        cost=exact_dollars(sum((call.cost_usd for call in calls), start=Decimal(0))),
        url=reverse("admin:sources_source_change", args=[source]) if source else "",
    )


def _line(call: Call) -> CallLine:
    address = reverse("admin:ledger_call_change", args=[call.pk])
    return CallLine(call, exact_dollars(call.cost_usd), address)


def fallen_by_part(jobs: Iterable[Any]) -> dict[str, list[Fallen]]:
    """Return what the verifying steps rejected, by the part of the report."""
    found: dict[str, list[Fallen]] = defaultdict(list)
    for job in jobs:
        if job.kind in VERIFYING and isinstance(job.rejected, list):
            found[job.part] += [_fallen(each, VERIFYING[job.kind]) for each in job.rejected]
    return found


def _fallen(rejected: Mapping[str, Any], when: str) -> Fallen:
    kind = str(rejected.get("kind", ""))
    return Fallen(
        kind=str(Claim.Kind(kind).label) if kind in Claim.Kind.values else kind[:40],
        text=str(rejected.get("text", ""))[:MAX_SHOWN_CHARS],
        reason=str(rejected.get("reason", ""))[:MAX_SHOWN_CHARS],
        when=when,
    )


def last_acts(report: Report) -> tuple[LogEntry, ...]:
    """Return what people did to a report, newest first."""
    of_reports = ContentType.objects.get_for_model(Report)
    entries = (
        LogEntry.objects.filter(content_type=of_reports, object_id=str(report.pk))
        .select_related("user")
        .order_by("-action_time", "-pk")[:ACTS_SHOWN]
    )
    return tuple(entries)


def revision_with_evidence(report: Report, pk: int | None = None) -> Revision | None:
    """Return a text of the report, the newest unless it is named, with all that a page shows."""
    evidence = Evidence.objects.order_by("position").select_related("passage__article__publisher")
    claims = Claim.objects.order_by("position").prefetch_related(
        Prefetch("evidence", evidence.defer("passage__article__text"))
    )
    sections = (
        Section.objects.order_by("position")
        .select_related("story")
        .prefetch_related(Prefetch("claims", claims))
    )
    texts = report.revisions.order_by("-number")
    if pk is not None:
        texts = texts.filter(pk=pk)
    return texts.prefetch_related(Prefetch("sections", sections)).first()
