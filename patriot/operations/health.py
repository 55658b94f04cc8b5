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

from patriot.operations import draining
from patriot.work import beats
from patriot.work.models import Heartbeat
from reports.pipeline import lateness
from sources.domain.health import ago

# The tick comes every minute: two may be missed.
HEARTBEAT_LIMIT = timedelta(minutes=3)


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that has to be right, and a sentence about it."""

    name: str
    ok: bool
    sentence: str


NO_DATABASE = Check("database", False, "The database does not answer.")


@require_safe
@never_cache
def healthz(request: HttpRequest) -> JsonResponse:
    """Answer that this process lives. Nothing else is asked, the database neither."""
    return JsonResponse({"status": "ok"})


@require_safe
@never_cache
def readyz(request: HttpRequest) -> JsonResponse:
    """Answer 200 when everything is right, else 503; name each check with its sentence."""
    return _answer(run_checks(timezone.now()))  # noqa: TID251 (an interface)


@require_safe
@never_cache
def readyz_web(request: HttpRequest) -> JsonResponse:
    """Answer whether this process can answer requests: for whoever sends them here.

    A late report is no reason to send readers away.
    """
    return _answer(run_checks_of_web())


def _answer(checks: list[Check]) -> JsonResponse:
    is_ready = all(check.ok for check in checks)
    return JsonResponse(
        {"status": "ok" if is_ready else "failing", "checks": [asdict(check) for check in checks]},
        status=200 if is_ready else 503,
    )


def run_checks(now: datetime) -> list[Check]:
    """Run the checks in order: what needs a broken thing is not tried."""
    checks = run_checks_of_web()
    if not all(check.ok for check in checks):
        return checks
    try:
        return [*checks, check_heartbeat(now), check_reports(now)]
    except DatabaseError:
        return [NO_DATABASE]


def run_checks_of_web() -> list[Check]:
    """Run those that tell whether this process can answer requests."""
    if draining.is_asked_to_stop():
        return [Check("process", False, "This process is asked to stop: ask another one.")]
    try:
        return [check_database(), check_migrations()]
    except DatabaseError:
        return [NO_DATABASE]


def check_database() -> Check:
    """Does the database answer? Raises DatabaseError."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
    return Check("database", True, "The database answers.")


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
    beat_at = Heartbeat.objects.filter(name=beats.TICK).values_list("beat_at", flat=True).first()
    if beat_at is None:
        return Check("heartbeat", False, "The worker has never ticked: is it running?")
    is_fresh = now - beat_at <= limit
    seconds = max(int((now - beat_at).total_seconds()), 0)
    when = f"{seconds} seconds ago" if is_fresh else ago(beat_at, now)
    return Check("heartbeat", is_fresh, f"The worker last ticked {when}.")


def check_reports(now: datetime) -> Check:
    """Is the newest due report of each briefing out, or does it say why not?"""
    late = [slug for slug, by in lateness.by_briefing(now).items() if by]
    if not late:
        return Check("reports", True, "No report is late.")
    return Check("reports", False, f"The newest report is late of: {', '.join(late)}.")
