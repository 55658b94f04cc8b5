"""What a prompt can be tried on, compared with and told by."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from patriot.ledger.models import Price, Service
from reports.models import Prompt, Report, Section
from reports.pipeline.trials import triable_sections

REPORTS_OFFERED = 20
NUMBERS_OFFERED = 50
USUAL_CEILING = Decimal("0.50")
HIGHEST_CEILING = Decimal(100)


@dataclass(frozen=True, slots=True)
class Offer:
    """What a prompt can be tried on: sections of published reports, newest report first."""

    reports: tuple[Report, ...]
    sections: tuple[Section, ...]

    def of_report(self, report: Report) -> list[Section]:
        """Return what a report has to offer, in the order of its page."""
        return [each for each in self.sections if each.revision_id == report.current_id]


def offer_for(prompt: Prompt, *, reports: int) -> Offer:
    """Return the newest reports that readers could see, and what can be tried of them."""
    public = Report.objects.public().select_related("briefing").newest_first()
    if prompt.briefing_id is not None:
        public = public.filter(briefing=prompt.briefing_id)
    newest = tuple(public[:reports])
    return Offer(newest, tuple(triable_sections(newest, prompt.purpose)))


def prompts_beside(candidate: Prompt) -> list[Prompt]:
    """Return what a prompt can be compared with: its own line and the general one, newest first."""
    lines = Prompt.objects.filter(purpose=candidate.purpose)
    own = lines.filter(briefing=candidate.briefing_id)
    general = lines.filter(briefing=None)
    found = (own | general).select_related("briefing").order_by("-number", "-pk")
    # Its own line first.
    return sorted(
        found[:NUMBERS_OFFERED], key=lambda prompt: prompt.briefing_id != candidate.briefing_id
    )


def models_with_a_price(now: datetime) -> list[str]:
    """Return the models whose calls can be counted."""
    priced = Price.objects.filter(service=Service.CLAUDE, valid_from__lte=now.date())
    return list(priced.order_by("model").values_list("model", flat=True).distinct())
