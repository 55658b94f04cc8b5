"""How a report was made: who wrote what, after which prompts, at what cost, checked how."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from django.db.models import Count, F, Prefetch, Sum

from patriot.ledger.models import Call, Service
from patriot.work.models import Job
from reports.models import Claim, Prompt, Report, Revision, Section
from reports.pages.authorship import Asked, Authorship, about_stories, models_in
from reports.pages.coverage import Coverage
from reports.pages.report import headline_of
from reports.pipeline.recording import held_in, refused_in

CHECK = (
    "The SHA-256 of “record”, written as canonical JSON (RFC 8785: keys in order, no spaces, "
    "UTF-8), is “sha256”: jq -cjS .record | sha256sum"
)


@dataclass(frozen=True, slots=True)
class Writing:
    """One story, and who wrote it."""

    position: int
    anchor: str
    title: str
    language: str
    models: tuple[str, ...]
    """Empty if it was written without any."""
    fallback: str


@dataclass(frozen=True, slots=True)
class Spending:
    """All requests to one model that ended the same way."""

    model: str
    outcome: str
    requests: int
    input_tokens: int
    output_tokens: int
    cost_usd: Decimal


@dataclass(frozen=True, slots=True)
class Checks:
    """What came of the sentences that were proposed."""

    sentences: int
    quotations: int
    articles: int
    refused: int
    """Proposed, and refused by code at first."""
    mended: int
    """Of these, put right by the model when it was asked once more."""

    @property
    def dropped(self) -> int:
        return max(self.refused - self.mended, 0)


@dataclass(frozen=True, slots=True)
class ProvenancePage:
    """How one text of a report was made, ready to be set."""

    report: Report
    revision: Revision
    authorship: Authorship
    writings: tuple[Writing, ...]
    prompts: tuple[Prompt, ...]
    spending: tuple[Spending, ...]
    checks: Checks
    coverage: Coverage
    kept_out: int
    """How many articles of its stories were in quarantine when it was published."""
    previous: Report | None
    """What the briefing published before it, if readers still see that very text."""

    @property
    def zone(self) -> ZoneInfo:
        return self.report.briefing.zone

    @property
    def is_mixed(self) -> bool:
        """Whether it takes a list to say who wrote what."""
        ways = {(writing.models, writing.fallback) for writing in self.writings}
        return len(ways) > 1

    @property
    def cost_usd(self) -> Decimal:
        return sum((row.cost_usd for row in self.spending), Decimal(0))

    @property
    def asked(self) -> Asked:
        """How often models were asked, and what came of it."""
        requests = sum(row.requests for row in self.spending)
        return Asked(requests, self.cost_usd, is_printed=bool(self.authorship.models))


def provenance_page(report: Report, revision: Revision) -> ProvenancePage:
    """Return how a text was made, in eight queries at most."""
    headlines = Claim.objects.filter(kind=Claim.Kind.HEADLINE)
    sections = list(
        revision.sections.order_by("position")
        .select_related("story")
        .prefetch_related(Prefetch("claims", queryset=headlines))
    )
    prompts = tuple(revision.prompts.order_by("purpose"))
    return ProvenancePage(
        report=report,
        revision=revision,
        authorship=Authorship.of(revision, sections, prompts=prompts),
        writings=tuple(_writing(section, revision) for section in sections),
        prompts=prompts,
        spending=tuple(_spending(report)),
        checks=_checks(report, revision),
        coverage=Coverage.of(revision.coverage),
        kept_out=len(revision.record.get("quarantined", ())),
        previous=_previous(revision),
    )


def _previous(revision: Revision) -> Report | None:
    if not revision.previous_sha256:
        return None
    before = Report.objects.public().filter(current__sha256=revision.previous_sha256)
    return before.select_related("briefing").first()


def record_document(report: Report, revision: Revision) -> dict[str, Any]:
    """Return for machines the record of a public report, and the words of its prompts.

    The text of a withdrawn report is gone; its hash stays, or the chain could not be followed.
    """
    is_shown = bool(revision.sha256) and not report.is_withdrawn
    note = CHECK if is_shown else "It was published before there were records."
    if report.is_withdrawn:
        note = f"This report was withdrawn. {report.reason}"
    prompts = revision.prompts.order_by("purpose") if is_shown else ()
    return {
        "sha256": revision.sha256,
        "previous_sha256": revision.previous_sha256,
        "note": note,
        "record": revision.record if is_shown else None,
        "instructions": [
            {"purpose": prompt.purpose, "number": prompt.number, "text": prompt.text}
            for prompt in prompts
        ],
    }


def _writing(section: Section, revision: Revision) -> Writing:
    headline = headline_of(section)
    return Writing(
        position=section.position,
        anchor=section.anchor,
        title=headline.text if headline else section.story.title,
        language=headline.language if headline else section.story.language,
        models=tuple(models_in(section.analyst or revision.analyst)),
        fallback=about_stories(section.fallback.strip(), 1),
    )


def _spending(report: Report) -> Iterable[Spending]:
    """Sum the ledger per model and outcome, dearest first."""
    read = F("input_tokens") + F("cache_read_tokens")
    written = F("cache_write_5m_tokens") + F("cache_write_1h_tokens")
    rows = (
        Call.objects.filter(subject=report.subject)
        .values("service", "model", "outcome")
        .annotate(requests=Count("pk"), read=Sum(read + written), told=Sum("output_tokens"))
        .annotate(cost=Sum("cost_usd"))
        .order_by("-cost", "service", "model", "outcome")
    )
    for row in rows:
        service = Service(row["service"])
        yield Spending(
            model=row["model"] if service == Service.CLAUDE else f"{service.label}, {row['model']}",
            outcome=Call.Outcome(row["outcome"]).label,
            requests=row["requests"],
            input_tokens=row["read"],
            output_tokens=row["told"],
            cost_usd=row["cost"],
        )


def _checks(report: Report, revision: Revision) -> Checks:
    kept = Claim.objects.filter(section__revision=revision).aggregate(
        sentences=Count("pk", distinct=True),
        quotations=Count("evidence"),
        articles=Count("evidence__passage__article", distinct=True),
    )
    done = Job.objects.filter(
        subject=report.subject, kind__in=["ground", "repair"], state=Job.State.DONE
    )
    outputs = list(done.values_list("kind", "output"))
    return Checks(
        **kept,
        refused=sum(refused_in(output) for kind, output in outputs if kind == "ground"),
        mended=sum(held_in(output) for kind, output in outputs if kind == "repair"),
    )
