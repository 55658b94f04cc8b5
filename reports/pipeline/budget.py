"""Say what a report will cost before its first request, and take the rung that it can pay."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
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
from reports.domain.budgeting import ZERO, Cost, Offer, Plan, Rung, in_words, plan
from reports.gateways.claude import Claude
from reports.models import Prompt, Report, Revision, Section
from reports.pipeline.material import material_of
from reports.pipeline.stages import Stage
from reports.pipeline.writers import Writers, ceilings_for, fill_for, model_of, payer_of

CENT_OF_A_CENT = Decimal("0.0001")
NO_MONEY = "The budget of this report did not reach for it."
RESERVES = 4
# How many past calls tell how long answers are, and how few of them tell nothing.
REMEMBERED, TOO_FEW = 50, 5
# What an answer has, before there are any: tokens written, thinking included.
WRITTEN = {"analyze": 700, "repair": 300, "judge": 180, "compose": 40}
# For each story, composing reads so many sentences, with their ids, and writes so many tokens.
SENTENCES, ID_TOKENS, COMPOSE_WRITTEN = 6, 6, 4
LONGEST_SENTENCE = 240
COMPOSE_AT_MOST = 2_000
JUDGE_READ = 900
# Shorter instructions than this are not remembered by the service.
LEAST_REMEMBERED = 1_024
# What bytes there are to a token of English; the ledger's own figure is for the most.
ENGLISH_BYTES_PER_TOKEN = 4


def budget(job: Job, report: Report, now: datetime, *, writers: Writers) -> None:
    """Open the stories' jobs; where a model writes, as many and as dear as can be paid."""
    revision = report.revisions.latest("number")
    sections = list(revision.sections.select_related("story").order_by("position"))
    claude = writers.model_for(report.briefing)
    planned: _Planned | None = None
    model = model_of(Prompt.Purpose.ANALYZE, report.briefing)
    is_refused = breakers.open_for(Service.CLAUDE, model, now) is not None
    # Where nobody asks the service now, every story says so by itself, and nothing is counted.
    if claude is not None and not is_refused and revision.prompts.exists():
        # The service is asked to count before the transaction: it may take a while.
        planned = _Estimate(claude, report, revision, writers, now).planned(sections)
    with transaction.atomic():
        job.finish(now, output=planned.told if planned else {})
        if planned:
            revision.budget = planned.told
            sections = _kept(revision, sections, planned.plan)
            revision.save(update_fields=["budget", "left_out"])
        _open_jobs(report, [section.story_id for section in sections], now)


@dataclass(frozen=True, slots=True)
class _Planned:
    """The rung that was taken, and what is kept of how it came about."""

    plan: Plan
    told: dict[str, Any]


@dataclass
class _Estimate:
    """What the requests of one report will cost."""

    claude: Claude
    report: Report
    revision: Revision
    writers: Writers
    now: datetime
    is_counting: bool = True
    """The service has answered so far: one that does not count is not asked for each story."""

    def planned(self, sections: Sequence[Section]) -> _Planned:
        """Return the rung for a report of these sections, best first; reserves cost nothing."""
        briefing = self.report.briefing
        chosen = sections[: briefing.max_sections]
        materials = [material_of(section, self.report) for section in chosen]
        read = [self._read(material) for material in materials]
        own_models = {p.purpose: model_of(p.purpose, briefing) for p in self.prompts}
        cheap_models = dict.fromkeys(own_models, self._cheapest(own_models["analyze"]))
        ceilings = ceilings_for(briefing, self.writers)
        left = book.left(
            self.report.subject, payer=payer_of(briefing), ceilings=ceilings, now=self.now
        )
        own, cheap = (self._offer(materials, read, models) for models in (own_models, cheap_models))
        taken = plan(own, cheap, available=left.usd if left else None)
        told = {
            "expected_usd": f"{taken.expected:.6f}",
            "at_most_usd": f"{taken.at_most:.6f}",
            "available_usd": f"{left.usd:.6f}" if left else None,
            "rung": taken.rung.value,
            "models": cheap_models if taken.rung is Rung.CHEAPER else own_models,
            "max_sections": min(taken.stories, briefing.max_sections),
            "sentence": in_words(taken, wanted=len(chosen)),
            "reason": _reason(left, cheap) if left and taken.rung is Rung.EXTRACTIVE else "",
        }
        return _Planned(taken, told)

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
            self.is_counting = counted is not None
        if counted is not None:
            return counted
        most = self.claude.estimate_analysis(material, prompt=prompt).prompt_tokens
        return most * BYTES_PER_TOKEN // ENGLISH_BYTES_PER_TOKEN

    def _offer(
        self, materials: Sequence[Material], read: Sequence[int], models: dict[str, str]
    ) -> Offer:
        """Return what these models ask for the stories and for the report as a whole."""
        beside = self._beside(models)
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
        expected = _usage(read, prompt, self._written("analyze", model))
        most = self.claude.estimate_analysis(material, prompt=prompt)
        return Cost(cost(expected, rates) + beside, cost(most, rates))

    def _beside(self, models: dict[str, str]) -> Decimal:
        """Return what a story costs beside its reading: mending as often as of late, judging."""
        beside = self._repairs() * self._past("repair", models.get("repair", ""))
        if "judge" in models:
            known = self._past("judge", models["judge"])
            usage = _usage(
                JUDGE_READ + _tokens(self._prompt("judge")),
                self._prompt("judge"),
                self._written("judge", models["judge"]),
            )
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
        alone = _usage(_tokens(prompt) + 150, prompt, WRITTEN["compose"])
        most = Usage(input_tokens=12_000, output_tokens=COMPOSE_AT_MOST)
        told = SENTENCES * (_sentence_tokens(materials) + ID_TOKENS)
        each = Usage(input_tokens=told, output_tokens=COMPOSE_WRITTEN)
        return Cost(cost(alone, rates), cost(most, rates)), cost(each, rates)

    def _calls(self, purpose: str, model: str) -> Any:
        answered = Call.objects.filter(
            service=Service.CLAUDE, purpose=purpose, model=model, outcome=Call.Outcome.ANSWERED
        )
        return answered.order_by("-started_at")[:REMEMBERED]

    def _written(self, purpose: str, model: str) -> int:
        """Return how long answers are, by those of late."""
        past = self._calls(purpose, model).aggregate(mean=Avg("output_tokens"), count=Count("pk"))
        return round(past["mean"]) if past["count"] >= TOO_FEW else WRITTEN[purpose]

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


def _reason(left: book.Left, cheap: Offer) -> str:
    """Say why no model was asked: for staff, and for readers of a story."""
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


def _sentence_tokens(materials: Sequence[Material]) -> int:
    """Return how long a sentence of these articles is."""
    texts = [passage.text for material in materials for passage in material.passages]
    count = sum(max(1, text.count(". ") + text.endswith(".")) for text in texts)
    mean = sum(map(len, texts)) / count if count else 0
    return round(min(mean, LONGEST_SENTENCE) / ENGLISH_BYTES_PER_TOKEN)


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
