"""How a report was made: who wrote what, after which prompts, at what cost, checked how."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from zoneinfo import ZoneInfo

from django.db.models import Count, F, Prefetch, Sum

from patriot.ledger.models import Call, Service
from patriot.work.models import Job
from reports.models import Claim, Prompt, Report, Revision, Section
from reports.pages.authorship import Asked, Authorship, about_stories, models_in
from reports.pages.coverage import Coverage
from reports.pages.report import headline_of


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
    """Return how a text was made, in six queries."""
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
    )


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
        refused=sum(_refused(output) for kind, output in outputs if kind == "ground"),
        mended=sum(_held(output) for kind, output in outputs if kind == "repair"),
    )


def _refused(output: object) -> int:
    rejected = output.get("rejected") if isinstance(output, Mapping) else None
    return len(rejected) if isinstance(rejected, list) else 0


def _held(output: object) -> int:
    grounded = output.get("grounded") if isinstance(output, Mapping) else None
    return grounded if isinstance(grounded, int) else 0
