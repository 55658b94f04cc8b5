"""Who may write a report: the local analyst always, Claude where the house and briefing have it."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal

from django.utils.translation import get_language_info

from patriot.ledger import book
from reports import prompts
from reports.gateways.claude import Claude
from reports.gateways.local_analyst import LocalAnalyst
from reports.models import Briefing, Prompt, Report, Revision

# A report that was begun late still has so long to be written by a model.
PATIENCE = timedelta(minutes=5)
EVERYBODY = "readers who want to know what happened"


@dataclass(frozen=True, slots=True)
class Writers:
    """The analysts at hand, and what may be spent on them."""

    claude: Claude | None = None
    """None where the service is off."""
    daily_ceiling: Decimal | None = None
    """USD for all calls of a day; None for as much as you like."""
    monthly_ceiling: Decimal | None = None
    """The same for a month."""
    call_ceiling: Decimal | None = None
    """USD that one request may cost at most."""
    local: LocalAnalyst = field(default_factory=LocalAnalyst)

    def model_for(self, briefing: Briefing) -> Claude | None:
        """Return the model's gateway if this briefing is written by a model."""
        return self.claude if briefing.analyst == Briefing.Analyst.CLAUDE else None


LOCAL_ONLY = Writers()
"""A house without a model."""


@dataclass(frozen=True, slots=True)
class Instruction:
    """What one purpose of a report is asked of: which model, in which words."""

    model: str
    prompt: str
    prompt_id: int


def instruction_for(purpose: Prompt.Purpose, revision: Revision) -> Instruction:
    """Return the instruction that was live when work on this revision began.

    Raises Prompt.DoesNotExist if no model was to be asked then.
    """
    briefing = revision.report.briefing
    prompt = revision.prompts.get(purpose=purpose)
    model = revision.budget.get("models", {}).get(purpose) or model_of(purpose, briefing)
    return Instruction(model, fill_for(prompt, briefing), prompt.pk)


def payer_of(briefing: Briefing) -> str:
    """Return on whose account the ledger books a briefing's calls."""
    return f"briefing {briefing.pk}"


def ceilings_for(briefing: Briefing, writers: Writers) -> book.Ceilings:
    """Return all that bounds what a report of a briefing may cost."""
    return book.Ceilings(
        daily=writers.daily_ceiling,
        monthly=writers.monthly_ceiling,
        call=writers.call_ceiling,
        subject=briefing.ceiling_usd,
        payer_monthly=briefing.monthly_ceiling_usd,
    )


def model_of(purpose: str, briefing: Briefing) -> str:
    """Return the model that a briefing has for a purpose."""
    return {
        Prompt.Purpose.ANALYZE: briefing.analyze_model,
        Prompt.Purpose.REPAIR: briefing.repair_model,
        Prompt.Purpose.JUDGE: briefing.judge_model,
        Prompt.Purpose.COMPOSE: briefing.compose_model,
    }[Prompt.Purpose(purpose)]


def fill_for(prompt: Prompt, briefing: Briefing) -> str:
    """Return a prompt's words as a briefing's reports send them."""
    language = language_name(briefing.language)
    rule = prompts.TRANSLATIONS if briefing.is_judged else prompts.NO_TRANSLATIONS
    return prompts.fill(
        prompt.text,
        {
            "briefing": briefing.title,
            "audience": briefing.description.strip() or EVERYBODY,
            "language": language,
            "translations": rule.replace("{language}", language),
        },
    )


def language_name(code: str) -> str:
    """Return such as “English” for “en”; a code that nobody knows stands for itself."""
    try:
        return str(get_language_info(code)["name"])
    except KeyError:
        return code


def deadline_of(report: Report) -> datetime:
    """Return until when a model may be waited for: the slot, or a while after a late start."""
    return max(report.slot_at, report.created_at + PATIENCE)
