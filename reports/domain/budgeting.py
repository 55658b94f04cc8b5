"""What a report may cost: how far down the ladder its budget sends it. Pure.

The ladder: all stories by the briefing's models; fewer stories; the cheapest models, and as many
stories as they reach for; no model at all. Code decides before the first request is sent.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from itertools import takewhile

ZERO = Decimal(0)
SLACK = Decimal("1.15")
"""Answers are longer than expected now and then."""
LEAST_TO_COMPOSE = 2
"""Of fewer stories there is nothing to choose: nobody is asked to compose them."""
LEAST_SHARE = 3
"""A third of the stories; before a report gets shorter than that, cheaper models write it."""


class Rung(StrEnum):
    """How a report is written within its budget."""

    FULL = "full"
    FEWER = "fewer"
    CHEAPER = "cheaper"
    EXTRACTIVE = "extractive"


@dataclass(frozen=True, slots=True)
class Cost:
    """USD for one thing: what it will probably cost, and what a request may at most."""

    expected: Decimal
    at_most: Decimal


@dataclass(frozen=True, slots=True)
class Offer:
    """What one set of models asks for a report."""

    stories: Sequence[Cost]
    """In the order of rank: reading, and mending and judging as far as they are to be expected."""
    whole: Cost
    """For the report as a whole, however few stories it tells."""
    each: Decimal
    """What each story adds to that."""

    def expected(self, count: int) -> Decimal:
        """Return what the first `count` stories will probably cost."""
        told = sum((story.expected for story in self.stories[:count]), ZERO)
        if count < LEAST_TO_COMPOSE:
            return told
        return told + self.whole.expected + self.each * count

    def needed(self, count: int) -> Decimal:
        """Return what must be left for them: the dearest request is reserved at its most."""
        if not count:
            return ZERO
        requests = [*self.stories[:count]]
        if count >= LEAST_TO_COMPOSE:
            requests.append(self.whole)
        reserve = max(request.at_most - request.expected for request in requests)
        return self.expected(count) * SLACK + max(reserve, ZERO)

    def reaches_for(self, available: Decimal | None, *, for_one: Decimal | None = None) -> int:
        """Return how many stories can be told, the first of all first; None bounds nothing.

        for_one: what one request may cost at most
        """
        allowed = takewhile(lambda story: for_one is None or story.at_most <= for_one, self.stories)
        count = len(list(allowed))
        while count and available is not None and self.needed(count) > available:
            count -= 1
        return count


@dataclass(frozen=True, slots=True)
class Plan:
    """How a report is written, and what that will probably cost."""

    rung: Rung
    stories: int
    """How many of them; all of them where no model writes."""
    expected: Decimal
    at_most: Decimal
    """What must be left so that no request is refused."""


def plan(
    own: Offer, cheap: Offer, *, available: Decimal | None, for_one: Decimal | None = None
) -> Plan:
    """Return the highest rung that the money reaches.

    own:       what the briefing's own models ask
    cheap:     what the cheapest models ask, for the same stories
    available: USD that may still be spent; None for as much as you like
    for_one:   USD that one request may cost at most; None as well
    """
    wanted = len(own.stories)
    count = own.reaches_for(available, for_one=for_one)
    least = min(wanted, max(1, math.ceil(wanted / LEAST_SHARE)))
    if wanted and count == wanted:
        return _plan(Rung.FULL, own, count)
    if count >= least and count:
        return _plan(Rung.FEWER, own, count)
    cheaply = cheap.reaches_for(available, for_one=for_one)
    if cheaply > count:
        return _plan(Rung.CHEAPER, cheap, cheaply)
    if count:
        return _plan(Rung.FEWER, own, count)
    return Plan(Rung.EXTRACTIVE, wanted, ZERO, ZERO)


def _plan(rung: Rung, offer: Offer, count: int) -> Plan:
    return Plan(rung, count, offer.expected(count), offer.needed(count))


def in_words(plan: Plan, *, wanted: int) -> str:
    """Tell readers what the budget meant for a report; empty where it meant nothing."""
    share = f"{plan.stories} of the {wanted} stories that were chosen"
    if plan.rung is Rung.FEWER:
        return f"To stay within its budget, this report tells {share}."
    if plan.rung is Rung.CHEAPER:
        tells = f" and tells {share}" if plan.stories < wanted else ""
        return f"To stay within its budget, this report was written by a cheaper model{tells}."
    if plan.rung is Rung.EXTRACTIVE:
        return (
            "Its budget did not reach for a model: this report tells its stories in the "
            "publishers’ own sentences."
        )
    return ""
