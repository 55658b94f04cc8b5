"""Have the model complete a text for a client who waits: once, with the ledger.

What a client spends has three bounds: its own of a day, half of what the house may spend in a
day and in a month (reports come first), and what one call may cost. An answer that has begun is
read to its end, whether or not the client stays: it is paid, and a client that asks again with the
same key gets it.

Errors:

* NotCompleted   there is no completion; the sentence is for the client
  · Spent        a ceiling would be crossed: wait
  · Resting      the service refuses us, and is not asked for a while: wait
  · Failed       the model, or its service, did not answer; `outcome` is that of the call
"""

from __future__ import annotations

import time
from collections.abc import Callable, Generator, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal

from django.db import transaction

from patriot.ledger import book
from patriot.ledger.models import Call, Service
from patriot.ledger.prices import Usage
from patriot.lib.text import clean_text
from reports.domain.pieces import Pieces
from reports.gateways.claude import CallFailed, Claude, Told, Unavailable
from reports.gateways.claude_failures import NOTHING
from reports.pipeline.asking import OUTCOMES, asked_for_patience, book_failure

PURPOSE = "complete"
DEADLINE = timedelta(seconds=90)
SHARE_OF_CEILING = Decimal("0.5")
BACK_OFF = timedelta(seconds=15)
# As long as an answer may be.
MAX_TOKENS = 8_192
# More than the longest answer has, whatever it consists of.
MAX_CONTENT = 200_000

FOR_CLIENTS: dict[str, str] = {
    Call.Outcome.UNAVAILABLE: "The model could not be reached.",
    Call.Outcome.RATE_LIMITED: "The model's service has too many requests.",
    Call.Outcome.OUT_OF_FUNDS: "The house's account at the model's service has no credit left.",
    Call.Outcome.REJECTED: "The model's service did not accept the request: tell the operator.",
    Call.Outcome.REFUSED: "The model does not want to answer this.",
    Call.Outcome.CUT_OFF: "The text fills all that the model can read and write at once.",
    Call.Outcome.MALFORMED: "The model's answer could not be read.",
}
INTERRUPTED = "The model's answer did not come to its end in time."
PAID = "It may have been paid."


@dataclass(frozen=True, slots=True)
class Wish:
    """What a client wants completed."""

    message: str
    context: str
    max_tokens: int


@dataclass(frozen=True, slots=True)
class Completion:
    """What the model wrote, clean, and what it took."""

    content: str
    model: str
    usage: Usage
    cost_usd: Decimal


class NotCompleted(Exception):
    """There is no completion; the sentence says why."""

    def __init__(self, sentence: str, *, wait: timedelta | None = None) -> None:
        """wait: after which asking again may help; None if it will not"""
        super().__init__(sentence)
        self.wait = wait


class Spent(NotCompleted):
    """A ceiling would be crossed; nothing was sent."""


class Resting(NotCompleted):
    """The service has refused us for good, and nobody asks it for a while; nothing was sent."""


class Failed(NotCompleted):
    """The model, or its service, did not answer."""

    def __init__(
        self,
        sentence: str,
        outcome: Call.Outcome,
        *,
        wait: timedelta | None = None,
        may_be_paid: bool = False,
    ) -> None:
        super().__init__(sentence, wait=wait)
        self.outcome = outcome
        self.may_be_paid = may_be_paid


@dataclass(frozen=True, slots=True)
class Completer:
    """Asks Claude on behalf of one client."""

    claude: Claude
    model: str
    client: str
    """Who asks and pays, for the ledger: such as “API key 3”."""
    own_ceiling: Decimal
    """USD for all that this client has completed in a day."""
    daily_ceiling: Decimal | None
    """USD for all calls of the house in a day; None for as much as you like."""
    monthly_ceiling: Decimal | None
    """The same for a month."""
    call_ceiling: Decimal | None
    """USD that one call may cost at most."""
    now: datetime

    def complete(
        self, wish: Wish, *, begin: Callable[[], None], keep: Callable[[Completion], None]
    ) -> Completion:
        """Return the completion. Raises NotCompleted.

        begin: called in the transaction that reserves the money, before anything is sent;
               what it raises stops it
        keep:  called in the transaction that books the answer
        """
        call = self._reserve(wish, begin)
        began = time.monotonic()
        try:
            told = self.claude.complete(
                wish.message, context=wish.context, max_tokens=wish.max_tokens, model=self.model
            )
        except CallFailed as failure:
            raise _failed(failure, call, self._after(began)) from failure
        content = clean_text(told.content, max_chars=MAX_CONTENT)
        return _book(told, content, call, keep, self._after(began))

    def stream(
        self, wish: Wish, *, begin: Callable[[], None], keep: Callable[[Completion], None]
    ) -> Iterator[str | Completion]:
        """Yield pieces of the completion as they come and, when it is booked, the whole of it.

        Raises NotCompleted, also between pieces. Whoever stops listening must go on to the end.
        """
        call = self._reserve(wish, begin)
        began = time.monotonic()
        pieces = Pieces(max_chars=MAX_CONTENT)
        try:
            told = yield from self._told(wish, pieces)
        except CallFailed as failure:
            raise _failed(failure, call, self._after(began)) from failure
        rest = pieces.finish()
        completion = _book(told, pieces.content, call, keep, self._after(began))
        if rest:
            yield rest
        yield completion

    def _told(self, wish: Wish, pieces: Pieces) -> Generator[str, None, Told[str]]:
        """Yield what may be shown already; return what the service says at the end."""
        heard = self.claude.stream(
            wish.message, context=wish.context, max_tokens=wish.max_tokens, model=self.model
        )
        for piece in heard:
            if isinstance(piece, Told):
                return piece
            if shown := pieces.push(piece):
                yield shown
        raise Unavailable("Claude's answer has no end.", may_be_paid=True)

    def _reserve(self, wish: Wish, begin: Callable[[], None]) -> Call:
        """Book what it may cost at most. Raises NotCompleted."""
        until = asked_for_patience(self.model, self.now)
        if until is not None:
            limited = Call.Outcome.RATE_LIMITED
            raise Failed(FOR_CLIENTS[limited], limited, wait=until - self.now)
        day = f"{self.now.astimezone(UTC):%Y-%m-%d}"
        plan = book.Plan(
            service=Service.CLAUDE,
            purpose=PURPOSE,
            model=self.model,
            # All of a client and a day: they share a ceiling.
            subject=f"completions of {self.client}, {day}",
            part="",
            payer=self.client,
            estimate=self.claude.estimate_completion(
                wish.message, context=wish.context, max_tokens=wish.max_tokens
            ),
        )
        with transaction.atomic():
            call = self._reserved(plan)
            begin()
        return call

    def _reserved(self, plan: book.Plan) -> Call:
        ceilings = book.Ceilings(
            daily=_share_of(self.daily_ceiling),
            monthly=_share_of(self.monthly_ceiling),
            subject=self.own_ceiling,
            call=self.call_ceiling,
        )
        try:
            return book.reserve(plan, ceilings=ceilings, now=self.now)
        except book.BreakerOpen as error:
            raise Resting(str(error), wait=error.retry_at - self.now) from error
        except book.CeilingReached as error:
            raise Spent(str(error), wait=_until_midnight(self.now)) from error

    def _after(self, began: float) -> datetime:
        return self.now + timedelta(seconds=time.monotonic() - began)


def _share_of(ceiling: Decimal | None) -> Decimal | None:
    """Return which part of a ceiling of the house is for clients."""
    return None if ceiling is None else ceiling * SHARE_OF_CEILING


def _until_midnight(now: datetime) -> timedelta:
    """Return how long it takes until another day (UTC) begins, and with it another ceiling."""
    today = now.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    return today + timedelta(days=1) - now


def _book(
    told: Told[str],
    content: str,
    call: Call,
    keep: Callable[[Completion], None],
    ended: datetime,
) -> Completion:
    """Book an answer and have it kept, both or none: what was kept was paid, and the reverse."""
    answered = book.Settlement(
        Call.Outcome.ANSWERED,
        usage=told.usage,
        status=200,
        request_id=told.request_id,
        may_be_paid=not told.is_counted,
    )
    with transaction.atomic():
        book.settle(call, answered, now=ended)
        completion = Completion(content, told.model, told.usage, call.cost_usd)
        keep(completion)
    return completion


def _failed(failure: CallFailed, call: Call, ended: datetime) -> Failed:
    """Book a call that failed, and return what that means for the client."""
    retry_at = book_failure(failure, call, ended)
    outcome = OUTCOMES[type(failure)]
    may_be_paid = failure.may_be_paid or failure.usage != NOTHING
    sentence = FOR_CLIENTS[outcome]
    if outcome == Call.Outcome.UNAVAILABLE and may_be_paid:
        return Failed(INTERRUPTED, outcome, may_be_paid=True)
    wait = None
    if outcome == Call.Outcome.UNAVAILABLE:
        wait = BACK_OFF
    elif retry_at is not None:
        wait = retry_at - ended
    return Failed(sentence, outcome, wait=wait, may_be_paid=may_be_paid)
