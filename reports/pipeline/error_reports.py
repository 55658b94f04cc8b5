"""What readers report as wrong: taken once, answered once.

Errors:

* NotTaken   the report of an error was not kept; the message says why, to the reader
* Answered   somebody else answered it meanwhile
"""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.db.models import F, Q, QuerySet

from patriot.accounts.models import User
from patriot.lib.text import clean_text
from reports.models import Claim, Correction, ErrorReport, Report

MAX_CHARS = 2_000
MAX_OUTCOME_CHARS = 1_000
# So many open ones can be read; beyond that another one tells the desk nothing.
MAX_OPEN_OF_SENTENCE = 25
MAX_OPEN = 2_000

State = ErrorReport.State


class NotTaken(Exception):
    """It was not kept; the message says why, to the reader."""


class Answered(Exception):
    """Somebody else was faster."""


def sentence_of_readers(number: int) -> Claim | None:
    """Return the sentence of a permalink as readers saw it last; None if they never did.

    number: what follows “claim-” in the permalink
    """
    seen = Claim.objects.filter(
        Q(pk=number) | Q(origin=number), section__revision__published_at__isnull=False
    )
    loaded = seen.select_related("section__revision__report__briefing")
    return loaded.order_by("-section__revision__number").first()


def take_error_report(claim: Claim, *, text: str, now: datetime) -> ErrorReport:
    """Keep what a reader says is wrong with a sentence.

    The same words about the same sentence are one report, however often they are sent.
    Raises NotTaken.
    """
    words = clean_text(text, max_chars=MAX_CHARS)
    if not words:
        raise NotTaken("Please say what is wrong.")
    with transaction.atomic():
        # One at a time for each sentence, so that a second click finds the first one's row.
        Claim.objects.select_for_update().only("pk").get(pk=claim.pk)
        opened = ErrorReport.objects.filter(state=State.OPEN)
        if known := opened.filter(claim=claim, text=words).first():
            return known
        full = _why_full(opened, claim)
        if not full:
            return ErrorReport.objects.create(claim=claim, text=words, created_at=now)
        _count_turned_away(opened, claim)
    raise NotTaken(full)


def _why_full(opened: QuerySet[ErrorReport], claim: Claim) -> str:
    """Return why the desk takes no more, for the reader; "" while it does."""
    if opened.filter(claim=claim).count() >= MAX_OPEN_OF_SENTENCE:
        return "Many readers have reported this sentence; the editors look at it already."
    if opened.count() >= MAX_OPEN:
        return "The editors have more reports than they can read. Please try again later."
    return ""


def _count_turned_away(opened: QuerySet[ErrorReport], claim: Claim) -> None:
    """Let the editors see, at the newest of those they have, that more came."""
    newest = opened.filter(claim=claim).order_by("-created_at", "-pk").values("pk")[:1]
    ErrorReport.objects.filter(pk__in=newest).update(turned_away=F("turned_away") + 1)


def answer(
    error_report: ErrorReport,
    *,
    outcome: str,
    by: User,
    now: datetime,
    correction: Correction | None = None,
) -> None:
    """Tell the reader what came of it: a correction, or why nothing was changed.

    Raises Answered if it is not open any more, ValueError without words for the reader.
    """
    words = clean_text(outcome, max_chars=MAX_OUTCOME_CHARS)
    if not words:
        raise ValueError("The reader is to be told what came of it.")
    is_answered = ErrorReport.objects.filter(pk=error_report.pk, state=State.OPEN).update(
        state=State.CORRECTED if correction else State.DECLINED,
        outcome=words,
        correction=correction,
        decided_at=now,
        decided_by=by,
    )
    error_report.refresh_from_db()
    if not is_answered:
        raise Answered("Somebody else has answered this one.")


def open_of(report: Report) -> QuerySet[ErrorReport]:
    """Return what readers reported of any text of a report and nobody answered, oldest first."""
    opened = ErrorReport.objects.filter(
        state=State.OPEN, claim__section__revision__report_id=report.pk
    )
    return opened.select_related("claim").order_by("created_at", "pk")
