"""Say what a report will cost before its first request, and take the rung that it can pay."""

from __future__ import annotations

import math
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import ROUND_UP, Decimal
from functools import cached_property
from typing import Any

from django.db import transaction
from django.db.models import Avg, Count
from django.utils.text import capfirst

from patriot.ledger import book, breakers
from patriot.ledger.models import Call, Price, Service
from patriot.ledger.prices import BYTES_PER_TOKEN, Usage, cost, exact_dollars
from patriot.work.looks import enqueue
from patriot.work.models import Job
from reports.domain.analysis import Material
from reports.domain.budgeting import SLACK, ZERO, Cost, Offer, Plan, Rung, in_words, plan
from reports.gateways.claude import Claude
from reports.models import Prompt, Report, Revision, Section
from reports.pipeline.material import material_of
from reports.pipeline.stages import Stage
from reports.pipeline.writers import Writers, ceilings_for, fill_for, model_of, payer_of

CENT_OF_A_CENT = Decimal("0.0001")
NO_MONEY = "The budget of this report did not reach for it."
RESERVES = 4
# Counting is free, and no report waits longer for it: what is left is guessed.
COUNTING = timedelta(seconds=20)
# How many past calls tell how long answers are, and how few of them tell nothing.
REMEMBERED, TOO_FEW = 50, 5
# How long answers are, before there are any, in tokens: so many sentences of a story, each beside
# its quotation, in so much JSON; a few for thinking.
CLAIMS, CLAIM_TOKENS, RULING_TOKENS, THINKING = 7, 17, 10, 20
# For each story, composing reads so many sentences, with their ids, and writes so many tokens.
SENTENCES, ID_TOKENS, COMPOSE_WRITTEN = 6, 6, 4
COMPOSE_LEAST = 40
LONGEST_SENTENCE = 240
COMPOSE_AT_MOST = 2_000
# The shape of the answer and what stands around the sentences; what stands around one of them.
JUDGE_READ, JUDGE_TOKENS = 240, 10
# Shorter instructions than this are not remembered by the service.
LEAST_REMEMBERED = 1_024
# What bytes there are to a token of English; the ledger's own figure is for the most.
ENGLISH_BYTES_PER_TOKEN = 4


def budget(job: Job, report: Report, now: datetime, *, writers: Writers) -> None:
    """Open the stories' jobs; where a model writes, as many and as dear as can be paid."""
    revision = report.revisions.latest("number")
    sections = list(revision.sections.select_related("story").order_by("position"))
    claude = writers.model_for(report.briefing)
    offered: _Offered | None = None
    planned: _Planned | None = None
    model = model_of(Prompt.Purpose.ANALYZE, report.briefing)
    is_refused = breakers.open_for(Service.CLAUDE, model, now) is not None
    # Where nobody asks the service now, every story says so by itself, and nothing is counted.
    if claude is not None and not is_refused and revision.prompts.exists():
        # The service is asked to count before the transaction: it may take a while.
        offered = _Estimate(claude, report, revision, now).offered(sections)
    with transaction.atomic():
        if offered:
            # One report after the other: what one is promised, the next cannot count on.
            book.hold()
            planned = _planned(offered, report, writers, now)
        job.finish(now, output=planned.told if planned else {})
        if planned:
            revision.budget = planned.told
            sections = _kept(revision, sections, planned.plan)
            revision.save(update_fields=["budget", "left_out"])
        _open_jobs(report, [section.story_id for section in sections], now)


@dataclass(frozen=True, slots=True)
class _Offered:
    """What the stories of a report cost, by its own models and by the cheapest."""

    own: Offer
    cheap: Offer
    own_models: dict[str, str]
    cheap_models: dict[str, str]


@dataclass(frozen=True, slots=True)
class _Planned:
    """The rung that was taken, and what is kept of how it came about."""

    plan: Plan
    told: dict[str, Any]


def _planned(offered: _Offered, report: Report, writers: Writers, now: datetime) -> _Planned:
    """Take the rung that what is left reaches."""
    briefing = report.briefing
    ceilings = ceilings_for(briefing, writers)
    left = book.left(
        report.subject,
        payer=payer_of(briefing),
        ceilings=ceilings,
        now=now,
        promised=_promised_to_others(report),
    )
    available = left.usd if left else None
    taken = plan(offered.own, offered.cheap, available=available, for_one=ceilings.call)
    wanted = len(offered.own.stories)
    is_extractive = taken.rung is Rung.EXTRACTIVE
    told = {
        "expected_usd": f"{taken.expected:.6f}",
        "at_most_usd": f"{taken.at_most:.6f}",
        "available_usd": f"{left.usd:.6f}" if left else None,
        "rung": taken.rung.value,
        "models": offered.cheap_models if taken.rung is Rung.CHEAPER else offered.own_models,
        "max_sections": min(taken.stories, briefing.max_sections),
        "sentence": in_words(taken, wanted=wanted),
        "reason": _reason(left, ceilings.call, offered.cheap) if is_extractive else "",
    }
    return _Planned(taken, told)


def _promised_to_others(report: Report) -> Decimal:
    """Return what other reports that are being made will probably still spend."""
    others = Revision.objects.filter(report__state=Report.State.PRODUCING).exclude(report=report)
    promised = ZERO
    for other in others.select_related("report"):
        expected = Decimal(other.budget.get("expected_usd", 0)) * SLACK
        spent = Call.objects.filter(subject=other.report.subject).spent()
        promised += max(expected - spent, ZERO)
    return promised


@dataclass
class _Estimate:
    """What the requests of one report will cost."""

    claude: Claude
    report: Report
    revision: Revision
    now: datetime
    is_counting: bool = True
    """The service has answered so far: one that does not count is not asked for each story."""
    _began: float = field(default_factory=time.monotonic)

    def offered(self, sections: Sequence[Section]) -> _Offered:
        """Return what a report of these sections costs, best first; reserves cost nothing."""
        briefing = self.report.briefing
        chosen = sections[: briefing.max_sections]
        materials = [material_of(section, self.report) for section in chosen]
        read = [self._read(material) for material in materials]
        own_models = {p.purpose: model_of(p.purpose, briefing) for p in self.prompts}
        cheap_models = dict.fromkeys(own_models, self._cheapest(own_models["analyze"]))
        own, cheap = (self._offer(materials, read, models) for models in (own_models, cheap_models))
        return _Offered(own, cheap, own_models, cheap_models)

    @cached_property
    def prompts(self) -> list[Prompt]:
        """Those that this report asks with."""
        live = self.revision.prompts.order_by("purpose")
        skipped = {} if self.report.briefing.is_judged else {Prompt.Purpose.JUDGE}
        return [prompt for prompt in live if prompt.purpose not in skipped]

    def _prompt(self, purpose: str) -> str:
        found = next((p for p in self.prompts if p.purpose == purpose), None)
        return fill_for(found, self.report.briefing) if found else ""

    def _read(self, material: Material) -> int:
        """Return how many tokens the request for a story will be read as, instructions included."""
        prompt = self._prompt("analyze")
        counted = None
        if self.is_counting and material.passages:
            model = model_of("analyze", self.report.briefing)
            counted = self.claude.count_analysis(material, prompt=prompt, model=model)
            is_late = time.monotonic() - self._began > COUNTING.total_seconds()
            self.is_counting = counted is not None and not is_late
        if counted is not None:
            return counted
        most = self.claude.estimate_analysis(material, prompt=prompt).prompt_tokens
        return most * BYTES_PER_TOKEN // ENGLISH_BYTES_PER_TOKEN

    def _offer(
        self, materials: Sequence[Material], read: Sequence[int], models: dict[str, str]
    ) -> Offer:
        """Return what these models ask for the stories and for the report as a whole."""
        beside = self._beside(models, _Telling.of(materials))
        stories = [
            self._story(material, tokens, models["analyze"], beside)
            for material, tokens in zip(materials, read, strict=True)
        ]
        return Offer(stories, *self._composing(models, materials))

    def _story(self, material: Material, read: int, model: str, beside: Decimal) -> Cost:
        if not material.passages:
            return Cost(ZERO, ZERO)
        rates = book.rates_of(Service.CLAUDE, model, self.now)
        prompt = self._prompt("analyze")
        written = self._written("analyze", model) or _Telling.of([material]).written
        expected = _usage(read, prompt, written)
        most = self.claude.estimate_analysis(material, prompt=prompt)
        return Cost(cost(expected, rates) + beside, cost(most, rates))

    def _beside(self, models: dict[str, str], telling: _Telling) -> Decimal:
        """Return what a story costs beside its reading: mending as often as of late, judging."""
        beside = self._repairs() * self._past("repair", models.get("repair", ""))
        if "judge" in models:
            known = self._past("judge", models["judge"])
            prompt = self._prompt("judge")
            read = (
                JUDGE_READ
                + _tokens(prompt)
                + telling.claims * (2 * telling.sentence + JUDGE_TOKENS)
            )
            usage = _usage(read, prompt, telling.claims * RULING_TOKENS + THINKING)
            beside += known or cost(usage, book.rates_of("claude", models["judge"], self.now))
        return beside

    def _composing(
        self, models: dict[str, str], materials: Sequence[Material]
    ) -> tuple[Cost, Decimal]:
        """Return what composing costs by itself, and what each story adds to it."""
        if "compose" not in models:
            return Cost(ZERO, ZERO), ZERO
        rates = book.rates_of(Service.CLAUDE, models["compose"], self.now)
        prompt = self._prompt("compose")
        alone = _usage(_tokens(prompt) + 150, prompt, COMPOSE_LEAST)
        most = Usage(input_tokens=12_000, output_tokens=COMPOSE_AT_MOST)
        told = SENTENCES * (_Telling.of(materials).sentence + ID_TOKENS)
        each = Usage(input_tokens=told, output_tokens=COMPOSE_WRITTEN)
        return Cost(cost(alone, rates), cost(most, rates)), cost(each, rates)

    def _calls(self, purpose: str, model: str) -> Any:
        answered = Call.objects.filter(
            service=Service.CLAUDE, purpose=purpose, model=model, outcome=Call.Outcome.ANSWERED
        )
        return answered.order_by("-started_at")[:REMEMBERED]

    def _written(self, purpose: str, model: str) -> int:
        """Return how long answers are, by those of late; 0 where there were none to speak of."""
        past = self._calls(purpose, model).aggregate(mean=Avg("output_tokens"), count=Count("pk"))
        return round(past["mean"]) if past["count"] >= TOO_FEW else 0

    def _past(self, purpose: str, model: str) -> Decimal:
        """Return what a call of late cost; 0 where there were none to speak of."""
        past = self._calls(purpose, model).aggregate(mean=Avg("cost_usd"), count=Count("pk"))
        return Decimal(past["mean"]) if past["count"] >= TOO_FEW else ZERO

    def _repairs(self) -> Decimal:
        """Return how many stories of a hundred went back to be mended, of late, over a hundred."""
        of_late = Call.objects.filter(payer=payer_of(self.report.briefing)).order_by("-started_at")
        purposes = list(of_late.values_list("purpose", flat=True)[: 4 * REMEMBERED])
        read = purposes.count("analyze")
        return Decimal(purposes.count("repair")) / read if read >= TOO_FEW else ZERO

    def _cheapest(self, otherwise: str) -> str:
        """Return the model that costs least today, of those with a price."""
        prices: dict[str, Price] = {}
        for price in Price.objects.filter(service=Service.CLAUDE).valid_on(self.now.date()):
            prices.setdefault(price.model, price)
        ranked = sorted(prices.values(), key=lambda p: (8 * p.input_usd + p.output_usd, p.model))
        return ranked[0].model if ranked else otherwise


def _reason(left: book.Left | None, for_one: Decimal | None, cheap: Offer) -> str:
    """Say why no model was asked: for staff, and for readers of a story."""
    if for_one is not None and not cheap.reaches_for(None, for_one=for_one):
        return f"The ceiling of {exact_dollars(for_one)} for one request would be crossed."
    if left is None:
        return ""
    needed = cheap.needed(1).quantize(CENT_OF_A_CENT, rounding=ROUND_UP)
    return (
        f"{capfirst(left.ceiling)} leaves {exact_dollars(left.usd)}, and the cheapest model would "
        f"have needed {exact_dollars(needed)}."
    )


def _usage(read: int, prompt: str, written: int) -> Usage:
    """Return a usage in which instructions that are long enough are remembered."""
    told = _tokens(prompt)
    if told < LEAST_REMEMBERED or told > read:
        return Usage(input_tokens=read, output_tokens=written)
    return Usage(input_tokens=read - told, cache_read_tokens=told, output_tokens=written)


@dataclass(frozen=True, slots=True)
class _Telling:
    """How much a model will probably write of a story, before any has."""

    claims: int
    sentence: int
    """In tokens."""

    @classmethod
    def of(cls, materials: Sequence[Material]) -> _Telling:
        """Guess by the sentences of these articles: sentences and quotations are like them."""
        texts = [passage.text for material in materials for passage in material.passages]
        if not texts:
            return cls(0, 0)
        count = sum(max(1, text.count(". ") + text.endswith(".")) for text in texts)
        mean = min(sum(map(len, texts)) / count, LONGEST_SENTENCE)
        claims = min(CLAIMS, math.ceil(count / len(materials)))
        return cls(claims, round(mean / ENGLISH_BYTES_PER_TOKEN))

    @property
    def written(self) -> int:
        """How long the answer is that tells the story."""
        return self.claims * (2 * self.sentence + CLAIM_TOKENS) + THINKING


def _tokens(text: str) -> int:
    return len(text.encode()) // ENGLISH_BYTES_PER_TOKEN


def _kept(revision: Revision, sections: Sequence[Section], taken: Plan) -> list[Section]:
    """Return the sections that are told, and reserves; the others are left out, and it is said."""
    if taken.rung is Rung.EXTRACTIVE or taken.rung is Rung.FULL:
        return list(sections)
    kept, dropped = sections[: taken.stories + RESERVES], sections[taken.stories + RESERVES :]
    for section in dropped:
        revision.left_out.append(
            {
                "story": section.story_id,
                "title": section.story.title,
                "outlets": section.outlet_count,
                "reason": NO_MONEY,
            }
        )
        section.delete()
    return list(kept)


def _open_jobs(report: Report, story_ids: Sequence[int], now: datetime) -> None:
    jobs = Job.objects.bulk_create(
        Job(
            kind="analyze",
            subject=report.subject,
            part=f"story {story_id}",
            stage=Stage.STORY,
            not_before=now,
            created_at=now,
        )
        for story_id in story_ids
    )
    for job in jobs:
        # A look each: several workers may wait for a model at the same time.
        enqueue("reports.tasks.work", [job.pk])
