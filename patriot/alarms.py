"""Alarms: tell staff by mail, once, that a paid service refuses us and is not asked any more."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from datetime import datetime, timedelta

from django.conf import settings
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone

from patriot.accounts.models import User
from patriot.ledger import breakers
from patriot.ledger.models import Breaker
from patriot.lib import mail
from patriot.lib.text import one_line

# Longer than the worker lets any task run.
LEASE = timedelta(minutes=2)
# After the mail server would not have it.
BACK_OFF = timedelta(minutes=10)
MAX_REASON_CHARS = 500
NOBODY = "Nobody who may close %s has an e-mail address: the desk shows it."

_logger = logging.getLogger(__name__)


def look(breaker_ids: list[int]) -> None:
    """Look at breakers that staff may have to be told of: what a worker is asked to do."""
    tell(breaker_ids, is_on=settings.MAIL_IS_ON, now=timezone.now())  # noqa: TID251 (an interface)


def tell(ids: Sequence[int], *, is_on: bool, now: datetime) -> None:
    """Tell staff of those of these breakers that they were not told of.

    At least once, with the same id: a worker that is killed between mailing and writing that down
    mails again.

    is_on: whether there is a mail server; without one the desk alone shows them
    """
    for breaker in Breaker.objects.filter(pk__in=ids).order_by("opened_at", "pk"):
        if not _take(breaker, now):
            continue
        try:
            if is_on:
                _mail(breaker)
        except mail.MailError as error:
            _logger.warning("Nobody was told of %s: %s", breaker, error)
            Breaker.objects.filter(pk=breaker.pk).update(tell_at=now + BACK_OFF)
        else:
            Breaker.objects.filter(pk=breaker.pk).update(told_at=now)


def readers() -> list[User]:
    """Return who is told: staff who may close breakers and have an address."""
    # Named, for whoever adds another backend: permissions are those of the database.
    backend = "django.contrib.auth.backends.ModelBackend"
    allowed = User.objects.with_perm("ledger.close_breaker", backend=backend)
    return list(allowed.filter(is_staff=True).exclude(email="").order_by("pk"))


def _take(breaker: Breaker, now: datetime) -> bool:
    """Take a breaker for one worker; False if somebody tells of it, or has told."""
    mine = Breaker.objects.filter(pk=breaker.pk).to_tell(now)
    return mine.update(tell_at=now + LEASE) == 1


def _mail(breaker: Breaker) -> None:
    """Mail it to everybody it is for. Raises MailError if nobody got it."""
    context = {
        "site_name": settings.SITE_NAME,
        "breaker": breaker,
        "reason": one_line(breaker.reason, max_chars=MAX_REASON_CHARS),
        "sentence": breakers.in_words(breaker),
        "advice": breakers.advice(breaker),
        "meanwhile": breakers.meanwhile(breaker),
        "desk_url": f"{settings.SITE_URL}{reverse('admin:index')}",
    }
    subject = " ".join(render_to_string("emails/breaker/subject.txt", context).split())
    text = f"{render_to_string('emails/breaker/body.txt', context).strip()}\n"
    letters = [
        mail.Letter(user.email, subject, text, f"breaker-{breaker.pk}.{user.pk}")
        for user in readers()
    ]
    if not letters:
        _logger.warning(NOBODY, breaker)
        return
    refusals = mail.send(letters)
    if len(refusals) == len(letters):
        raise refusals[0]
