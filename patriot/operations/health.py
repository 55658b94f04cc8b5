"""Health: whether the process lives (/healthz), and whether all is well (/readyz).

A supervisor asks the first to know when to restart, a load balancer the second to know when
to send requests; a person reads the sentences of the second to know what to mend.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import datetime, timedelta

from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor
from django.http import HttpRequest, JsonResponse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from patriot.work.models import Heartbeat
from reports.domain import windows
from reports.models import Briefing, Report
from sources.domain.health import ago

TICK = "tick"
# The tick comes every minute: two may be missed.
HEARTBEAT_LIMIT = timedelta(minutes=3)
# How late a report may be before we say so.
SLOT_GRACE = timedelta(minutes=10)
# Slots are looked for this far back, as far as `windows.latest_slot` looks.
LOOK_BACK = timedelta(days=15)


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that has to be right, and a sentence about it."""

    name: str
    ok: bool
    sentence: str


@require_safe
@never_cache
def healthz(request: HttpRequest) -> JsonResponse:
    """Answer that this process lives. Nothing else is asked, the database neither."""
    return JsonResponse({"status": "ok"})


@require_safe
@never_cache
def readyz(request: HttpRequest) -> JsonResponse:
    """Answer 200 when everything is right, else 503; name each check with its sentence."""
    checks = run_checks(timezone.now())  # noqa: TID251 (an interface)
    is_ready = all(check.ok for check in checks)
    return JsonResponse(
        {"status": "ok" if is_ready else "failing", "checks": [asdict(check) for check in checks]},
        status=200 if is_ready else 503,
    )


def run_checks(now: datetime) -> list[Check]:
    """Run the checks in order: what needs a broken thing is not tried."""
    try:
        return [check_database(), *_checks_of_rows(now)]
    except DatabaseError:
        return [Check("database", False, "The database does not answer.")]


def check_database() -> Check:
    """Does the database answer? Raises DatabaseError."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
    return Check("database", True, "The database answers.")


def _checks_of_rows(now: datetime) -> list[Check]:
    migrations = check_migrations()
    if not migrations.ok:
        return [migrations]
    return [migrations, check_heartbeat(now), check_reports(now)]


def check_migrations() -> Check:
    """Has every migration of this version of the code been applied?"""
    executor = MigrationExecutor(connection)
    missing = executor.migration_plan(executor.loader.graph.leaf_nodes())
    if not missing:
        return Check("migrations", True, "All migrations are applied.")
    return Check(
        "migrations",
        False,
        f"{len(missing)} migrations are not applied (first: {missing[0][0]}): "
        "run manage.py migrate.",
    )


def check_heartbeat(now: datetime, *, limit: timedelta = HEARTBEAT_LIMIT) -> Check:
    """Has the worker's tick come lately?"""
    beat_at = Heartbeat.objects.filter(name=TICK).values_list("beat_at", flat=True).first()
    if beat_at is None:
        return Check("heartbeat", False, "The worker has never ticked: is it running?")
    is_fresh = now - beat_at <= limit
    seconds = max(int((now - beat_at).total_seconds()), 0)
    when = f"{seconds} seconds ago" if is_fresh else ago(beat_at, now)
    return Check("heartbeat", is_fresh, f"The worker last ticked {when}.")


def check_reports(now: datetime) -> Check:
    """Is there, for each briefing's newest due slot, a report or a row that says why not?"""
    late = late_briefings(now)
    if not late:
        return Check("reports", True, "No report is late.")
    return Check("reports", False, f"The newest report is late of: {', '.join(late)}.")


def late_briefings(now: datetime) -> list[str]:
    """Return the slugs of the briefings whose newest due slot is missing or still unfinished.

    A slot counts as due SLOT_GRACE after its moment, and only if it was promised then.
    """
    finished = set(
        Report.objects.exclude(state=Report.State.PRODUCING)
        .filter(slot_at__gt=now - LOOK_BACK)
        .values_list("briefing_id", "local_date", "slot")
    )
    late = []
    for briefing in Briefing.objects.enabled().order_by("slug"):
        slot = windows.latest_slot(
            briefing.times, briefing.weekdays, briefing.zone, now - SLOT_GRACE
        )
        if slot is None or slot.at <= briefing.promised_since:
            continue
        if (briefing.pk, slot.local_date, slot.time) not in finished:
            late.append(briefing.slug)
    return late
