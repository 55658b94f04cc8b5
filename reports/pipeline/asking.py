"""Ask a model once, with the ledger: reserve before, settle after, and say what comes next.

Errors:

* NoAnswer      the model did not answer; the sentence is for readers
  · TryLater    it may, after `until`
  · DoWithout   it will not: the local analyst writes
    · Unwilling it refused to write about it
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Generic, TypeVar

from patriot.ledger import book
from patriot.ledger.models import Call, Service
from patriot.ledger.prices import Usage
from patriot.work.leases import MAX_ATTEMPTS
from patriot.work.models import Job
from reports.gateways import claude
from reports.gateways.claude import CallFailed, Told
from reports.gateways.claude_failures import LONGEST_WAIT
from reports.models import Report
from reports.pipeline.writers import (
    Instruction,
    Writers,
    ceilings_for,
    deadline_of,
    payer_of,
)

T = TypeVar("T")

# However patient the service asks us to be: one piece of work is not asked for more often.
MAX_CALLS = 4
BACK_OFF = timedelta(seconds=15)
# Until what is in flight may be settled.
A_MOMENT = timedelta(seconds=5)

OUTCOMES: dict[type[CallFailed], Call.Outcome] = {
    claude.Unavailable: Call.Outcome.UNAVAILABLE,
    claude.RateLimited: Call.Outcome.RATE_LIMITED,
    claude.OutOfFunds: Call.Outcome.OUT_OF_FUNDS,
    claude.Denied: Call.Outcome.REJECTED,
    claude.Refused: Call.Outcome.REFUSED,
    claude.CutOff: Call.Outcome.CUT_OFF,
    claude.Malformed: Call.Outcome.MALFORMED,
}
# What readers are told; what exactly happened is in the ledger, for staff.
FOR_READERS: dict[str, str] = {
    Call.Outcome.UNAVAILABLE: "The model could not be reached.",
    Call.Outcome.RATE_LIMITED: "The model's service had too many requests.",
    Call.Outcome.OUT_OF_FUNDS: "The account at the model's service had reached its limit.",
    Call.Outcome.REJECTED: "The model's service did not accept the request.",
    Call.Outcome.REFUSED: "The model would not write about it.",
    Call.Outcome.CUT_OFF: "The model's answer was cut off.",
    Call.Outcome.MALFORMED: "The model's answer could not be read.",
}
# Asked the same again, a model may answer better.
WORTH_ANOTHER = (claude.Unavailable, claude.CutOff, claude.Malformed)


class NoAnswer(Exception):
    """The model did not answer; the sentence says why."""


class TryLater(NoAnswer):
    """It may answer after `until`."""

    def __init__(self, sentence: str, *, until: datetime, is_attempt: bool) -> None:
        super().__init__(sentence)
        self.until = until
        self.is_attempt = is_attempt
        """Whether this try counts; waiting for one's turn does not."""


class DoWithout(NoAnswer):
    """It will not answer in time, or at all."""


class Unwilling(DoWithout):
    """It refused: perhaps because of one of the articles."""


@dataclass(frozen=True, slots=True)
class Errand:
    """On whose behalf a model is asked: a job that we hold."""

    job: Job
    report: Report
    writers: Writers
    now: datetime


@dataclass(frozen=True, slots=True)
class Question(Generic[T]):
    """One request to a model."""

    purpose: str
    instruction: Instruction
    estimate: Usage
    send: Callable[[], Told[T]]


@dataclass(frozen=True, slots=True)
class Answer(Generic[T]):
    """What the model told, and the call to settle in the transaction that keeps it."""

    told: Told[T]
    call: Call
    answered_at: datetime

    def settle(self) -> None:
        """Book the call as answered: a worker killed before this commits pays once more."""
        settlement = book.Settlement(
            Call.Outcome.ANSWERED,
            usage=self.told.usage,
            status=200,
            request_id=self.told.request_id,
            may_be_paid=not self.told.is_counted,
        )
        book.settle(self.call, settlement, now=self.answered_at)


def ask(question: Question[T], errand: Errand) -> Answer[T]:
    """Send one question. Raises TryLater or DoWithout.

    The call is in the ledger before it is sent. A failure is settled here; an answer by the
    caller, together with what he makes of it.
    """
    job, now = errand.job, errand.now
    about = Call.objects.filter(subject=job.subject, part=job.part, purpose=question.purpose)
    book.write_off_of(job.subject, job.part, question.purpose, now)
    if job.attempts >= MAX_ATTEMPTS:
        raise DoWithout(f"Work on it ended its worker {MAX_ATTEMPTS - 1} times.")
    if now >= deadline_of(errand.report):
        raise DoWithout("There was no time left to ask the model.")
    if about.count() >= MAX_CALLS:
        raise DoWithout(f"The model was asked {MAX_CALLS} times in vain.")
    _wait_for_our_turn(question.instruction.model, errand.report, now)
    call = _reserve(question, errand)
    began = time.monotonic()
    try:
        told = question.send()
    except CallFailed as failure:
        ended = now + timedelta(seconds=time.monotonic() - began)
        raise _settled(failure, call, errand, ended) from failure
    return Answer(told, call, now + timedelta(seconds=time.monotonic() - began))


def _wait_for_our_turn(model: str, report: Report, now: datetime) -> None:
    """Raise while the service wants a model left alone: it told one of us, so all of us know.

    What was told under a clock that ran ahead does not count.
    """
    until = asked_for_patience(model, now)
    if until is not None:
        sentence = FOR_READERS[Call.Outcome.RATE_LIMITED]
        raise _later(sentence, until, report, is_attempt=False)


def asked_for_patience(model: str, now: datetime) -> datetime | None:
    """Return until when the service wants a model left alone; None if anybody may ask."""
    limited = Call.objects.filter(
        service=Service.CLAUDE,
        model=model,
        started_at__lte=now,
        retry_at__gt=now,
        retry_at__lte=now + LONGEST_WAIT,
    )
    return limited.order_by("-retry_at").values_list("retry_at", flat=True).first()


def _reserve(question: Question[Any], errand: Errand) -> Call:
    plan = book.Plan(
        service=Service.CLAUDE,
        purpose=question.purpose,
        model=question.instruction.model,
        subject=errand.job.subject,
        part=errand.job.part,
        estimate=question.estimate,
        payer=payer_of(errand.report.briefing),
    )
    ceilings = ceilings_for(errand.report.briefing, errand.writers)
    try:
        return book.reserve(plan, ceilings=ceilings, now=errand.now)
    except book.BreakerOpen as error:
        raise DoWithout(FOR_READERS[error.outcome]) from error
    except book.Crowded as error:
        # What others asked is reserved at its most, and will cost a fraction of that.
        until = errand.now + A_MOMENT
        raise _later(str(error), until, errand.report, is_attempt=False) from error
    except book.CeilingReached as error:
        raise DoWithout(str(error)) from error


def _settled(failure: CallFailed, call: Call, errand: Errand, ended: datetime) -> NoAnswer:
    """Book a call that failed, and return what that means for the job."""
    retry_at = book_failure(failure, call, ended)
    sentence = FOR_READERS[OUTCOMES[type(failure)]]
    if retry_at is not None:
        return _later(sentence, retry_at, errand.report, is_attempt=False)
    is_last = errand.job.attempts >= MAX_ATTEMPTS - 1
    if isinstance(failure, WORTH_ANOTHER) and not is_last:
        return _later(sentence, ended + BACK_OFF, errand.report, is_attempt=True)
    return Unwilling(sentence) if isinstance(failure, claude.Refused) else DoWithout(sentence)


def book_failure(failure: CallFailed, call: Call, ended: datetime) -> datetime | None:
    """Book a call that failed; return until when the service wants to be left alone."""
    retry_at = None
    if isinstance(failure, claude.RateLimited):
        retry_at = ended + (failure.asked or BACK_OFF)
    settlement = book.Settlement(
        OUTCOMES[type(failure)],
        usage=failure.usage,
        error=str(failure),
        status=failure.status,
        request_id=failure.request_id,
        retry_at=retry_at,
        may_be_paid=failure.may_be_paid,
    )
    book.settle(call, settlement, now=ended)
    return retry_at


def _later(sentence: str, until: datetime, report: Report, *, is_attempt: bool) -> NoAnswer:
    """Return TryLater, or DoWithout if that would be too late for the report."""
    if until >= deadline_of(report):
        return DoWithout(sentence)
    return TryLater(sentence, until=until, is_attempt=is_attempt)
