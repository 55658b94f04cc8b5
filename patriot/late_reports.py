"""Tell staff by mail, once, of reports that are late, held, failed or missed."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from datetime import datetime

from django.conf import settings
from django.db import connection, transaction
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone

from patriot.accounts.models import User
from patriot.lib import mail
from patriot.lib.text import one_line
from reports.models import Report
from reports.pipeline import lateness

# Any number that nobody else uses as an advisory lock.
TELLING_LOCK = 0x1A7E
MAX_TOLD = 20
MAX_SENTENCE_CHARS = 500

_logger = logging.getLogger(__name__)


def look(report_ids: list[int]) -> None:
    """Look at reports that staff may have to be told of: what a worker is asked to do."""
    tell(report_ids, is_on=settings.MAIL_IS_ON, now=timezone.now())  # noqa: TID251 (an interface)


def tell(ids: Sequence[int], *, is_on: bool, now: datetime) -> None:
    """Tell staff of those of these reports that they were not told of, in one letter.

    At least once, with the same id: a worker that is killed between mailing and writing that down
    mails again. Only one worker tells at a time: the lock goes with its transaction, and holds up
    nobody who works on the reports.

    is_on: whether there is a mail server; without one the desk alone shows them
    """
    with transaction.atomic():
        if not _is_alone():
            return
        reports = list(
            lateness.to_tell(now)
            .filter(pk__in=ids)
            .select_related("briefing")
            .order_by("slot_at", "pk")[:MAX_TOLD]
        )
        try:
            if is_on and reports:
                _mail(reports)
        except mail.MailError as error:
            # The next tick tries again.
            _logger.warning("Nobody was told of late reports: %s", error)
        else:
            told = [report.pk for report in reports]
            Report.objects.filter(pk__in=told).update(lateness_told_at=now)


def _is_alone() -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s)", [TELLING_LOCK])
        return bool(cursor.fetchone()[0])


def readers() -> list[User]:
    """Return who is told: staff who may publish reports and have an address."""
    # Named, for whoever adds another backend: permissions are those of the database.
    backend = "django.contrib.auth.backends.ModelBackend"
    allowed = User.objects.with_perm("reports.publish_report", backend=backend)
    return list(allowed.filter(is_staff=True).exclude(email="").order_by("pk"))


def _mail(reports: Sequence[Report]) -> None:
    """Mail it to everybody it is for. Raises MailError if nobody got it."""
    lines = [
        {
            "report": report,
            "due": f"{report.slot_at.astimezone(report.briefing.zone):%a %-d %B, %H:%M %Z}",
            "sentence": one_line(lateness.in_words(report), max_chars=MAX_SENTENCE_CHARS),
            "url": settings.SITE_URL + reverse("admin:reports_report_change", args=[report.pk]),
        }
        for report in reports
    ]
    context = {"site_name": settings.SITE_NAME, "lines": lines}
    subject = " ".join(render_to_string("emails/late/subject.txt", context).split())
    text = f"{render_to_string('emails/late/body.txt', context).strip()}\n"
    name = f"late-{reports[0].pk}-{reports[-1].pk}"
    letters = [mail.Letter(user.email, subject, text, f"{name}.{user.pk}") for user in readers()]
    if not letters:
        _logger.warning("Nobody who may publish has an e-mail address: the desk shows it.")
        return
    refusals = mail.send(letters)
    if len(refusals) == len(letters):
        raise refusals[0]
