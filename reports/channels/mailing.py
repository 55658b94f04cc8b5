"""Mailing: deliveries by e-mail, over one connection."""

from __future__ import annotations

import re
import time
from collections.abc import Iterable, Iterator
from datetime import datetime

from patriot.lib import mail
from reports.channels import letters
from reports.domain.delivering import Deferred, Outcome, Refused, Sent, Unreachable
from reports.models import Delivery, Revision
from reports.pages.letter import SetText
from reports.pipeline.outbox import text_id, text_of

Kind = Delivery.Kind
Key = tuple[str, int, str]
"""Kind, revision, length: what letters have in common."""


def send(deliveries: Iterable[Delivery], now: datetime) -> Iterator[tuple[Delivery, Outcome]]:
    """Mail these deliveries as they come; stop when the mail server takes nothing from us now.

    A text is set once, whoever gets it.
    """
    known: dict[Key, SetText] = {}
    with mail.Postbox() as box:
        for delivery in deliveries:
            outcome = _post(box, delivery, known, now)
            yield delivery, outcome
            if isinstance(outcome, Unreachable) and outcome.concerns_all:
                return


def _post(
    box: mail.Postbox, delivery: Delivery, known: dict[Key, SetText], now: datetime
) -> Outcome:
    letter = letters.letter_to(delivery, _text_for(delivery, known), now=now)
    began = time.monotonic()
    try:
        box.post(letter)
    except mail.MailError as error:
        said = _without(delivery.subscription.address, str(error))
        return _outcome(error, said, time.monotonic() - began)
    return Sent(seconds=time.monotonic() - began)


def _without(address: str, said: str) -> str:
    """Return what was said without the reader's address: not everybody at the desk may see it."""
    return re.sub(re.escape(address), "the recipient", said, flags=re.IGNORECASE)


def _outcome(error: mail.MailError, said: str, seconds: float) -> Outcome:
    """Return what an error means for the delivery.

    A refusal that concerns all is a matter of our own account: for an administrator to mend, and
    no reason to give a recipient up.
    """
    if error.concerns_all:
        return Unreachable(said, error.status, seconds, concerns_all=True)
    if isinstance(error, mail.Refused):
        return Refused(said, error.status, seconds)
    if error.status:
        return Deferred(said, error.status, seconds)
    return Unreachable(said, seconds=seconds)


def _text_for(delivery: Delivery, known: dict[Key, SetText]) -> SetText:
    """Return the text of a delivery: of a report as it is now, for all who want that length."""
    if delivery.kind == Kind.CONFIRMATION:
        return letters.confirmation_letter(delivery.subscription)
    key = (delivery.kind, text_id(delivery), delivery.subscription.length)
    if key not in known:
        known[key] = _set(delivery.kind, text_of(delivery), delivery.subscription.length)
    return known[key]


def _set(kind: str, revision: Revision, length: str) -> SetText:
    if kind == Kind.WITHDRAWAL:
        return letters.withdrawal_letter(revision)
    if kind == Kind.CORRECTION:
        return letters.correction_letter(revision)
    return letters.report_letter(revision, length=length)
