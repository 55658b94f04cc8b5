"""Examine what reports need of Claude: the key, and each model that somebody named.

Everything that is asked here is free, and nothing is changed.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from patriot.ledger import book
from patriot.ledger.models import Service
from reports.domain.analysis import Material
from reports.gateways.claude import MAX_OUTPUT_TOKENS, CallFailed, Claude, ModelCard
from reports.models import Briefing, Prompt
from reports.pipeline.writers import model_of

# A section's passages are about 15,000 tokens, in other scripts twice as many; the rest is
# for the prompt, the schema and the answer.
LEAST_WINDOW = 50_000
COMPLETIONS = "completions"
NOT_FOUND = 404


class Grade(StrEnum):
    """How bad it is."""

    WELL = "well"
    WARNING = "warning"
    WRONG = "wrong"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at."""

    subject: str
    """The key, the service, or a model's name."""
    grade: Grade
    sentence: str
    """For an operator."""


@dataclass(frozen=True, slots=True)
class Needs:
    """Who names a model, and how much it must be able to write."""

    users: tuple[str, ...]
    max_output_tokens: int


def examine(
    claude: Claude | None, needed: Mapping[str, Needs], *, now: datetime
) -> Iterator[Finding]:
    """Yield what is well and what is not; the key first, then each model."""
    if claude is None:
        yield Finding(
            "key",
            Grade.WRONG,
            "Claude is off: the local analyst writes, and no text is completed. "
            "Set ANTHROPIC_API_KEY.",
        )
        return
    is_known = False
    for name, needs in needed.items():
        try:
            card = claude.card_of(name)
        except CallFailed as failure:
            if failure.status != NOT_FOUND:
                yield Finding("service", Grade.WRONG, str(failure))
                return
            yield Finding(name, Grade.WRONG, f"{failure} Named by: {_listed(needs.users)}.")
            continue
        if not is_known:
            is_known = True
            yield Finding("key", Grade.WELL, "Claude accepts the key.")
            yield _counting(claude, name)
        yield from _about(card, name, needs, now)


def models_needed(*, completes: str, max_completion_tokens: int) -> dict[str, Needs]:
    """Return by name the models of all briefings that Claude writes, and of completions."""
    users: dict[str, list[str]] = defaultdict(list)
    for briefing in Briefing.objects.filter(analyst=Briefing.Analyst.CLAUDE).order_by("slug"):
        for purpose in Prompt.Purpose:
            if purpose != Prompt.Purpose.JUDGE or briefing.is_judged:
                users[model_of(purpose, briefing)].append(f"{briefing.slug} to {purpose}")
    needed = {name: Needs(tuple(named), MAX_OUTPUT_TOKENS) for name, named in users.items()}
    own = needed.get(completes, Needs((), 0))
    most = max(own.max_output_tokens, max_completion_tokens)
    return needed | {completes: Needs((*own.users, COMPLETIONS), most)}


def _counting(claude: Claude, model: str) -> Finding:
    tokens = claude.count_analysis(
        Material(story_id=0, language="en", passages=()), prompt="", model=model
    )
    if tokens is None:
        sentence = "Claude does not count tokens for us: costs are estimated by the bytes alone."
        return Finding("counting", Grade.WARNING, sentence)
    return Finding("counting", Grade.WELL, "Claude counts tokens before they are paid.")


def _about(card: ModelCard, name: str, needs: Needs, now: datetime) -> Iterator[Finding]:
    """Yield all that is wrong with a model; that it is well if nothing is."""
    users = _listed(needs.users)
    complaints = [*_about_life(card), *_about_limits(card, needs), *_about_price(name, now)]
    for grade, complaint in complaints:
        yield Finding(name, grade, f"{complaint} Named by: {users}.")
    if not complaints:
        yield Finding(name, Grade.WELL, f"Active, large enough and priced. Named by: {users}.")


def _about_life(card: ModelCard) -> Iterator[tuple[Grade, str]]:
    if card.lifecycle == "retired":
        yield Grade.WRONG, "It is retired: requests fail. Name another."
    elif card.lifecycle == "deprecated":
        until = f"on {card.retires_at:%-d %B %Y}" if card.retires_at else "on a day not yet told"
        yield Grade.WARNING, f"It is deprecated, and ends {until}. Name another."
    elif card.lifecycle != "active":
        yield Grade.WARNING, "The service does not say how long it will be there."


def _about_limits(card: ModelCard, needs: Needs) -> Iterator[tuple[Grade, str]]:
    if card.max_input_tokens is not None and card.max_input_tokens < LEAST_WINDOW:
        yield (
            Grade.WRONG,
            f"It reads {card.max_input_tokens:,} tokens at most; a section may need "
            f"{LEAST_WINDOW:,}.",
        )
    if card.max_output_tokens is not None and card.max_output_tokens < needs.max_output_tokens:
        yield (
            Grade.WRONG,
            f"It writes {card.max_output_tokens:,} tokens at most; we ask for up to "
            f"{needs.max_output_tokens:,}.",
        )


def _about_price(name: str, now: datetime) -> Iterator[tuple[Grade, str]]:
    if not book.has_price(Service.CLAUDE, name, now):
        yield (
            Grade.WARNING,
            "It has no price for today: it is booked at the dearest. Add its price at the desk.",
        )


def _listed(users: tuple[str, ...]) -> str:
    return ", ".join(users)
