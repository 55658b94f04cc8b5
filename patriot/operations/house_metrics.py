"""How the house is, read from the database when somebody scrapes: the same on every machine.

Imported only where METRICS_TOKEN is set. A number of queries that does not grow with the house,
and none that counts further than MAX_COUNTED rows of a queue.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Any

import structlog
from django.conf import settings
from django.db import DatabaseError, connection
from django.db.models import Count, Min, Model, QuerySet
from django_q.models import OrmQ
from prometheus_client.core import (
    CounterMetricFamily,
    GaugeMetricFamily,
    HistogramMetricFamily,
    Metric,
)
from prometheus_client.registry import Collector

from patriot.ledger.models import Breaker
from patriot.ledger.spending import spending
from patriot.schedules import steps
from patriot.work.models import Heartbeat, Job, Pace
from patriot.work.paces import BOUNDS_MS
from reports.models import Delivery, Report
from reports.pipeline import lateness
from sources.models import Source
from sources.models.health import by_condition

MAX_COUNTED = 10_000
# The moment since which a row of a step waits. Others have waited since nobody knows when.
MOMENTS = ("not_before", "tell_at")

log = structlog.get_logger(__name__)


class House(Collector):
    """Collects everything once, at one moment."""

    def __init__(self, now: datetime) -> None:
        self._now = now

    def describe(self) -> Iterable[Metric]:
        """Name nothing beforehand: a registry would else ask the database to register us."""
        return []

    def collect(self) -> Iterable[Metric]:
        """Return all, or only that the database does not answer."""
        up = GaugeMetricFamily("patriot_database_up", "Whether the database answers: 1 or 0.")
        try:
            found = list(self._all())
        except DatabaseError as error:
            log.warning("metrics_without_database", error=str(error))
            up.add_metric([], 0)
            return [up]
        up.add_metric([], 1)
        return [up, *found]

    def _all(self) -> Iterator[Metric]:
        yield from database_connections()
        yield from queues(self._now)
        yield from tasks()
        yield heartbeats(self._now)
        yield jobs()
        yield sources()
        yield from money(self._now)
        yield reports()
        yield report_lateness(self._now)
        yield from outbox(self._now)


def database_connections() -> Iterator[Metric]:
    used = GaugeMetricFamily(
        "patriot_database_connections", "Connections to our database.", labels=["state"]
    )
    limit = GaugeMetricFamily(
        "patriot_database_connections_limit", "How many the server takes, for all its databases."
    )
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT current_setting('max_connections')::int, coalesce(state, 'unknown'), count(*)"
            " FROM pg_stat_activity WHERE datname = current_database() GROUP BY 2 ORDER BY 2"
        )
        for most, state, total in cursor.fetchall():
            used.add_metric([state], total)
            limit.samples.clear()
            limit.add_metric([], most)
    yield used
    yield limit


def queues(now: datetime) -> Iterator[Metric]:
    """Return what is due at each step, up to MAX_COUNTED rows, and what the queue carries."""
    rows = GaugeMetricFamily(
        "patriot_step_due_rows", f"Rows due at a step, up to {MAX_COUNTED}.", labels=["step"]
    )
    age = GaugeMetricFamily(
        "patriot_step_oldest_due_seconds", "How long the oldest has been due.", labels=["step"]
    )
    for step in steps():
        total, since = _depth(step.due(now))
        rows.add_metric([step.name], total)
        age.add_metric([step.name], (now - since).total_seconds() if since else 0.0)
    looks = GaugeMetricFamily("patriot_queue_looks", "Looks that no worker has finished yet.")
    looks.add_metric([], OrmQ.objects.count())
    yield from (rows, age, looks)


def _depth(due: QuerySet[Any]) -> tuple[int, datetime | None]:
    """Return how many rows are due, and since when the one has been that waits longest."""
    moment = _moment_of(due.model)
    if not moment:
        return due.order_by().values("pk")[:MAX_COUNTED].count(), None
    picked = due.order_by(moment).values(moment)[:MAX_COUNTED]
    found = picked.aggregate(total=Count("*"), since=Min(moment))
    return found["total"], found["since"]


def _moment_of(model: type[Model]) -> str:
    names = {field.name for field in model._meta.get_fields()}
    return next((name for name in MOMENTS if name in names), "")


def tasks() -> Iterator[Metric]:
    """Return what the workers of all machines have counted, by step."""
    took = HistogramMetricFamily(
        "patriot_task_duration_seconds", "How long tasks took.", labels=["step", "outcome"]
    )
    waited = CounterMetricFamily(
        "patriot_task_wait_seconds", "How long tasks waited for a worker.", labels=["step"]
    )
    names = {step.task: step.name for step in steps()}
    counted: dict[tuple[str, str], list[Pace]] = defaultdict(list)
    waits: dict[str, float] = defaultdict(float)
    for pace in Pace.objects.order_by("task", "is_done"):
        step = names.get(pace.task) or pace.task.rpartition(".")[2]
        counted[step, "done" if pace.is_done else "failed"].append(pace)
        waits[step] += pace.waited_seconds
    for labels, paces in counted.items():
        took.add_metric(list(labels), _cumulated(paces), sum(pace.seconds for pace in paces))
    for step, seconds in waits.items():
        waited.add_metric([step], seconds)
    yield from (took, waited)


def _cumulated(paces: list[Pace]) -> list[tuple[str, float]]:
    """Return the buckets of a histogram: each counts all that ended within its bound."""
    within: dict[int, int] = defaultdict(int)
    for pace in paces:
        within[pace.within_ms] += pace.tasks
    buckets, total = [], 0
    for bound in BOUNDS_MS:
        total += within[bound]
        buckets.append((str(bound / 1000), float(total)))
    return [*buckets, ("+Inf", float(sum(within.values())))]


def heartbeats(now: datetime) -> Metric:
    age = GaugeMetricFamily(
        "patriot_heartbeat_age_seconds", "Since a part of the house was heard of.", labels=["name"]
    )
    for name, beat_at in Heartbeat.objects.order_by("name").values_list("name", "beat_at"):
        age.add_metric([name], max((now - beat_at).total_seconds(), 0.0))
    return age


def jobs() -> Metric:
    total = GaugeMetricFamily("patriot_jobs", "Jobs that are not done.", labels=["state"])
    # One by one: each has an index of its own, among all jobs that ever were.
    for state in (Job.State.WAITING, Job.State.DEAD):
        total.add_metric([state], Job.objects.filter(state=state).count())
    return total


def sources() -> Metric:
    total = GaugeMetricFamily("patriot_sources", "Sources by their health.", labels=["health"])
    for condition, count in by_condition(Source.objects.curated()).items():
        total.add_metric([condition], count)
    return total


def money(now: datetime) -> Iterator[Metric]:
    spent = GaugeMetricFamily("patriot_spend_usd", "What paid calls cost (UTC).", labels=["period"])
    most = GaugeMetricFamily(
        "patriot_spend_ceiling_usd", "What they may cost (UTC).", labels=["period"]
    )
    found = spending(now, ceiling=settings.DAILY_CEILING_USD, monthly=settings.MONTHLY_CEILING_USD)
    spent.add_metric(["day"], float(found.today))
    spent.add_metric(["month"], float(found.month))
    most.add_metric(["day"], float(settings.DAILY_CEILING_USD))
    most.add_metric(["month"], float(settings.MONTHLY_CEILING_USD))
    refused = GaugeMetricFamily(
        "patriot_services_refused", "Services or models that refuse us and are not asked."
    )
    refused.add_metric([], Breaker.objects.count())
    yield from (spent, most, refused)


def reports() -> Metric:
    total = GaugeMetricFamily(
        "patriot_reports_waiting", "Reports that are not out, by state.", labels=["state"]
    )
    states = (*lateness.UNFINISHED, *lateness.STUCK)
    found = Report.objects.filter(state__in=states).order_by().values_list("state")
    counted = dict(found.annotate(Count("pk")))
    for state in states:
        total.add_metric([state], counted.get(state, 0))
    return total


def report_lateness(now: datetime) -> Metric:
    late = GaugeMetricFamily(
        "patriot_report_late_seconds",
        "Since the slot of a briefing's newest report, once its grace is over; 0 if it is in time.",
        labels=["briefing"],
    )
    for slug, by in lateness.by_briefing(now).items():
        late.add_metric([slug], by.total_seconds())
    return late


def outbox(now: datetime) -> Iterator[Metric]:
    """Return what waits to be delivered, what was given up, and how long the oldest has waited."""
    total = GaugeMetricFamily(
        "patriot_outbox_deliveries", "Deliveries that nobody has got yet.", labels=["state"]
    )
    age = GaugeMetricFamily(
        "patriot_outbox_oldest_seconds", "How long the oldest has been waiting since its making."
    )
    # One by one: each has an index of its own, among all deliveries that ever were.
    waiting = Delivery.objects.waiting().aggregate(total=Count("pk"), since=Min("created_at"))
    total.add_metric([Delivery.State.WAITING], waiting["total"])
    total.add_metric([Delivery.State.DEAD], Delivery.objects.filter(state="dead").count())
    age.add_metric([], (now - waiting["since"]).total_seconds() if waiting["since"] else 0.0)
    yield from (total, age)
