"""Claude's verdict on a text that a client sends, where the house has a key; else the lexicon's.

A verdict is asked for while somebody waits: once, with a short deadline, and whatever goes wrong,
the lexicon answers and says why.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING

from patriot.ledger import book
from patriot.ledger.models import Call, Service
from reports.domain.sentiment import MAX_TEXT, SentimentClassifier, Verdict
from reports.gateways.claude import CallFailed, Claude, Told
from reports.pipeline.asking import (
    FOR_READERS,
    OUTCOMES,
    DoWithout,
    asked_for_patience,
    book_failure,
)

if TYPE_CHECKING:
    from reports.gateways.claude_verdicts import Judgment

PURPOSE = "sentiment"
# The cheapest that we know a price of: one word of judgment needs no better.
MODEL = "claude-haiku-5-5"
DEADLINE = timedelta(seconds=10)
SHARE_OF_CEILING = Decimal("0.1")
"""Of what the house may spend in a day: clients with a key must not use up what reports need."""

FOR_CLIENTS: dict[str, str] = FOR_READERS | {
    Call.Outcome.REFUSED: "The model would not judge this text.",
}


@dataclass(frozen=True, slots=True)
class ClaudeClassifier:
    """Asks Claude on behalf of one client, and the lexicon where Claude does not answer."""

    claude: Claude
    client: str
    """Who asks, for the ledger: such as “API key 3”."""
    daily_ceiling: Decimal | None
    """USD for all calls of a day; None for as much as you like."""
    monthly_ceiling: Decimal | None
    """The same for a month."""
    call_ceiling: Decimal | None
    """USD that one call may cost at most."""
    otherwise: SentimentClassifier
    now: datetime

    def classify(self, text: str, language: str) -> Verdict:
        """Return the verdict on a text; never raises. See `SentimentClassifier`."""
        try:
            told = self._ask(text[:MAX_TEXT])
        except DoWithout as error:
            verdict = self.otherwise.classify(text, language)
            return replace(verdict, method=f"{verdict.method}; without Claude: {error}")
        judged = told.content
        return Verdict(judged.sentiment, judged.confidence, f"Claude ({told.model})")

    def _ask(self, text: str) -> Told[Judgment]:
        """Ask once, with the ledger. Raises DoWithout."""
        now = self.now
        if asked_for_patience(MODEL, now) is not None:
            raise DoWithout(FOR_CLIENTS[Call.Outcome.RATE_LIMITED])
        call = self._reserve(text, now)
        began = time.monotonic()
        try:
            told = self.claude.verdict(text, model=MODEL)
        except CallFailed as failure:
            book_failure(failure, call, _after(now, began))
            raise DoWithout(FOR_CLIENTS[OUTCOMES[type(failure)]]) from failure
        answered = book.Settlement(
            Call.Outcome.ANSWERED,
            usage=told.usage,
            status=200,
            request_id=told.request_id,
            may_be_paid=not told.is_counted,
        )
        book.settle(call, answered, now=_after(now, began))
        return told

    def _reserve(self, text: str, now: datetime) -> Call:
        plan = book.Plan(
            service=Service.CLAUDE,
            purpose=PURPOSE,
            model=MODEL,
            # All of a day: they share a ceiling.
            subject=f"predictions {now.astimezone(UTC):%Y-%m-%d}",
            part=self.client,
            payer=self.client,
            estimate=self.claude.estimate_verdict(text),
        )
        daily = self.daily_ceiling
        share = None if daily is None else daily * SHARE_OF_CEILING
        ceilings = book.Ceilings(
            daily=daily, monthly=self.monthly_ceiling, subject=share, call=self.call_ceiling
        )
        try:
            return book.reserve(plan, ceilings=ceilings, now=now)
        except book.BreakerOpen as error:
            raise DoWithout(FOR_CLIENTS[error.outcome]) from error
        except book.CeilingReached as error:
            raise DoWithout("What may be spent on verdicts today is spent.") from error


def _after(now: datetime, began: float) -> datetime:
    return now + timedelta(seconds=time.monotonic() - began)
