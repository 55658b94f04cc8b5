"""Tell a briefing's watchdog that its report is out: who hears nothing, raises the alarm.

A watchdog outside of this house notices what nothing inside can: that the house stands still.
It is told of days without a report by plan too, else it would cry wolf on every holiday.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta

import structlog
from django.db.models import Q, QuerySet

from patriot.lib.text import one_line
from reports.gateways import webhook
from reports.models import Report

# Longer than a call may take.
LEASE = timedelta(minutes=1)
SHORTEST, LONGEST = timedelta(minutes=1), timedelta(hours=1)
# A watchdog that was not reached for a day has raised its alarm long ago.
GIVEN_UP = timedelta(days=1)
MAX_SAID_CHARS = 300

log = structlog.get_logger(__name__)


class NotPinged(Exception):
    """The watchdog did not take it; the text says why, in a sentence."""


def due(now: datetime) -> QuerySet[Report]:
    """Return the reports whose watchdog has yet to be told."""
    since = now - GIVEN_UP
    is_out = Q(state=Report.State.PUBLISHED, published_at__gt=since, published_at__lte=now)
    is_planned = Q(state=Report.State.SKIPPED, slot_at__gt=since, slot_at__lte=now)
    return (
        Report.objects.filter(is_out | is_planned & ~Q(occasion=Report.Occasion.MISSED))
        .filter(Q(ping_after=None) | Q(ping_after__lte=now), pinged_at=None)
        .exclude(briefing__ping_url="")
    )


def ping(ids: Sequence[int], *, allow: Collection[str], now: datetime) -> None:
    """Call the watchdogs of these reports, and write down what they said.

    At least once: a worker that is killed in between calls again, and a watchdog minds no more
    than a second call.
    """
    for report in due(now).filter(pk__in=ids).select_related("briefing").order_by("slot_at"):
        if not due(now).filter(pk=report.pk).update(ping_after=now + LEASE):
            continue
        try:
            call(report.briefing.ping_url, allow=allow)
        except NotPinged as error:
            log.warning("watchdog_not_reached", report=report.pk, why=str(error))
            Report.objects.filter(pk=report.pk).update(
                ping_said=str(error), ping_after=now + _wait(report, now)
            )
        else:
            Report.objects.filter(pk=report.pk).update(pinged_at=now, ping_said="")


def call(url: str, *, allow: Collection[str]) -> None:
    """Call a watchdog, under the one outbound policy. Raises NotPinged."""
    try:
        answer = webhook.post(url, b"", {}, allow=allow, method="GET")
    except webhook.NotReached as error:
        raise NotPinged(one_line(str(error), max_chars=MAX_SAID_CHARS)) from error
    if not 200 <= answer.status < 300:
        hint = " Redirects are not followed." if 300 <= answer.status < 400 else ""
        said = f" and said “{answer.said}”." if answer.said else "."
        text = f"The watchdog answered {answer.status}{said}{hint}"
        raise NotPinged(one_line(text, max_chars=MAX_SAID_CHARS))


def _wait(report: Report, now: datetime) -> timedelta:
    """Return how long to wait: as long as it is out by now, so that each wait doubles."""
    return min(max(now - (report.published_at or report.slot_at), SHORTEST), LONGEST)
