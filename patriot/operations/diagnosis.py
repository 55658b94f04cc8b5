"""What an operator can get wrong outside of Claude: each finding says how to mend it."""

from __future__ import annotations

import shutil
import smtplib
import tempfile
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfoNotFoundError

from django.conf import settings
from django.core import checks
from django.core.mail import get_connection
from django.db import DatabaseError, connection
from django.db.models import Count, Q

from patriot.ledger import breakers
from patriot.ledger.models import Breaker
from patriot.lib.mail import PATIENCE
from patriot.operations import backups, health
from patriot.operations.server import look_at_server
from patriot.work.models import Heartbeat, Job
from reports.models import Briefing
from reports.pipeline.examining import Finding, Grade
from sources.domain.health import ago
from sources.models import Fetch

# A clock that differs by more has reports come at another moment than it says.
CLOCKS_DIFFER = timedelta(seconds=5)
BACKED_UP_WITHIN = timedelta(days=2)
LEAST_ROOM = 1_000_000_000
LEAST_SERVER = 150_000
# The last fetches that tell whether the way out is open.
LATELY, MANY = timedelta(hours=6), 200
GRADES = {checks.WARNING: Grade.WARNING, checks.ERROR: Grade.WRONG, checks.CRITICAL: Grade.WRONG}


def look(now: datetime) -> Iterator[Finding]:
    """Yield what is well and what is not; what needs a database is not asked without one."""
    yield from _settings()
    yield _room()
    yield _static_files()
    yield _mail()
    try:
        yield from _database(now)
    except DatabaseError as error:
        said = " ".join(str(error).split())[:300]
        yield Finding(
            "database", Grade.WRONG, f"It does not answer: {said}. Start it, or mend DATABASE_URL."
        )


def _settings() -> Iterator[Finding]:
    found = checks.run_checks(include_deployment_checks=settings.IS_PRODUCTION)
    for issue in found:
        hint = f" {issue.hint}" if issue.hint else ""
        grade = GRADES.get(issue.level, Grade.WARNING)
        yield Finding("settings", grade, f"{issue.msg}{hint} ({issue.id})")
    if not found:
        yield Finding("settings", Grade.WELL, "Nothing in the settings is missing or dangerous.")


def _settings_and_rows() -> Iterator[Finding]:
    """What is wrong only together with what the database holds."""
    for issue in checks.run_checks(tags=[checks.Tags.database], databases=["default"]):
        hint = f" {issue.hint}" if issue.hint else ""
        grade = GRADES.get(issue.level, Grade.WARNING)
        yield Finding("settings", grade, f"{issue.msg}{hint} ({issue.id})")


def _room() -> Finding:
    folder = Path(settings.PATRIOT_DATA)
    place = next(path for path in (folder, *folder.parents) if path.exists())
    try:
        with tempfile.TemporaryFile(dir=place):
            free = shutil.disk_usage(place).free
    except OSError as error:
        said = f"{place} cannot be written ({error.strerror}): make it ours, or set PATRIOT_DATA."
        return Finding("room", Grade.WRONG, said)
    said = f"{free / 1e9:.1f} GB are free where {folder} is."
    if free < LEAST_ROOM:
        return Finding("room", Grade.WRONG, f"{said} PostgreSQL stops writing when there is none.")
    return Finding("room", Grade.WELL, said)


def _static_files() -> Finding:
    if settings.DEBUG or (Path(settings.STATIC_ROOT) / "staticfiles.json").exists():
        return Finding("static files", Grade.WELL, "They are collected.")
    return Finding(
        "static files",
        Grade.WARNING,
        "They are not collected here: a host that serves pages wants manage.py collectstatic.",
    )


def _mail() -> Finding:
    if not settings.MAIL_IS_ON:
        said = "No letter is sent, to readers or staff: set EMAIL_URL or EMAIL_PROVIDER."
        return Finding("mail", Grade.WARNING, said)
    door = get_connection(timeout=PATIENCE.total_seconds())
    try:
        door.open()
    except (OSError, smtplib.SMTPException) as error:
        said = " ".join(str(error).split())[:300]
        return Finding("mail", Grade.WRONG, f"The mail server does not take us: {said}")
    finally:
        door.close()
    return Finding("mail", Grade.WELL, "The mail server lets us in.")


def _database(now: datetime) -> Iterator[Finding]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT clock_timestamp()")
        (its_clock,) = cursor.fetchone()
    yield _server()
    yield _clock(its_clock - now)
    yield from look_at_server()
    yield from _settings_and_rows()
    migrated = health.check_migrations()
    yield _of("migrations", migrated)
    if migrated.ok:
        yield _of("worker", health.check_heartbeat(now))
        yield _of("reports", health.check_reports(now))
        yield _backup(now)
        yield from _zones()
        yield _way_out(now)
        yield from _refusals()
        yield from _dead_jobs()


def _of(subject: str, check: health.Check) -> Finding:
    return Finding(subject, Grade.WELL if check.ok else Grade.WRONG, check.sentence)


def _server() -> Finding:
    version = connection.pg_version  # type: ignore[attr-defined]
    said = f"PostgreSQL {version // 10_000}.{version % 10_000} answers."
    if version < LEAST_SERVER:
        return Finding("database", Grade.WRONG, f"{said} Patriot wants 15 or later.")
    return Finding("database", Grade.WELL, said)


def _clock(difference: timedelta) -> Finding:
    seconds = difference.total_seconds()
    if abs(difference) > CLOCKS_DIFFER:
        said = f"The database's clock is {seconds:+.0f} s from ours: have both hosts set by NTP."
        return Finding("clock", Grade.WRONG, said)
    return Finding("clock", Grade.WELL, "Our clock and the database's agree.")


def _backup(now: datetime) -> Finding:
    beat = Heartbeat.objects.filter(name=backups.BEAT).first()
    if beat is None:
        said = "None was ever made with manage.py backup: do so every night, and try restore_drill."
        return Finding("backup", Grade.WARNING, said)
    said = f"The last good one was made {ago(beat.beat_at, now)}."
    if now - beat.beat_at > BACKED_UP_WITHIN:
        return Finding("backup", Grade.WARNING, f"{said} Look at what makes them.")
    return Finding("backup", Grade.WELL, said)


def _zones() -> Iterator[Finding]:
    for briefing in Briefing.objects.order_by("pk"):
        try:
            _ = briefing.zone
        except (ZoneInfoNotFoundError, ValueError):
            yield Finding(
                "time zones",
                Grade.WRONG,
                f"This host knows no zone “{briefing.timezone}”, which {briefing.slug} lives by: "
                "install tzdata.",
            )


def _way_out(now: datetime) -> Finding:
    recent = Fetch.objects.filter(started_at__gte=now - LATELY).order_by("-started_at")
    counts = Fetch.objects.filter(pk__in=recent.values("pk")[:MANY]).aggregate(
        all=Count("pk"), failed=Count("pk", filter=Q(outcome=Fetch.Outcome.FAILED))
    )
    if not counts["all"]:
        return Finding("way out", Grade.WELL, "Nothing was fetched in the last six hours.")
    said = f"{counts['failed']} of the last {counts['all']} fetches failed."
    if counts["failed"] == counts["all"]:
        mend = (
            "Let this host ask name servers and reach ports 80 and 443 outside; manage.py "
            "test_fetch ADDRESS shows what is in the way."
        )
        return Finding("way out", Grade.WRONG, f"{said} {mend}")
    if counts["failed"] * 2 > counts["all"]:
        return Finding("way out", Grade.WARNING, f"{said} The desk says why of each source.")
    return Finding("way out", Grade.WELL, said)


def _refusals() -> Iterator[Finding]:
    for breaker in Breaker.objects.order_by("pk"):
        name = " ".join(filter(None, [breaker.get_service_display(), breaker.model]))
        said = f"{breakers.in_words(breaker)} {breakers.advice(breaker)}"
        yield Finding(name, Grade.WRONG, said)


def _dead_jobs() -> Iterator[Finding]:
    if dead := Job.objects.filter(state=Job.State.DEAD).count():
        said = f"{dead:,} are dead: read why at the desk (Jobs), mend the cause, “Run again”."
        yield Finding("jobs", Grade.WARNING, said)
