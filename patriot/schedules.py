"""The timetable: what each step asks, in the order of the belt.

`advance` does what is due until nothing is. `tick` runs once a minute in the worker and
enqueues looks at the same rows: the safety net under the looks that finished work enqueues.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.conf import settings
from django.contrib.sessions.models import Session
from django.db.models import QuerySet
from django.utils import timezone
from django_q.models import OrmQ

from patriot import alarms, late_reports, retention
from patriot.accounts import idempotency, throttling
from patriot.ledger import book
from patriot.ledger.models import Breaker
from patriot.work import beats, belt
from patriot.work import jobs as all_jobs
from patriot.work.looks import enqueue
from patriot.work.models import Job
from reports import tasks as reports_tasks
from reports.models import Briefing, Delivery, Story
from reports.pipeline import cluster, deadline, deliver, describe, jobs, lateness, pinging, slots
from reports.pipeline.deliver import Send
from reports.pipeline.writers import LOCAL_ONLY, Writers
from sources import tasks as sources_tasks
from sources.gateways.parser import Parser
from sources.gateways.web import Web
from sources.models import Article, Digest, Source
from sources.pipeline import collect, digest, enrich, pages, taking_in
from sources.pipeline.searching import PaidSearch

BATCH = 50
# Looks that nobody has taken yet. Beyond this the worker is behind, and more do not help it.
MAX_QUEUED = 200


@dataclass(frozen=True, slots=True)
class Step:
    """One step of the belt: which rows are due, who does them, and the task that looks."""

    name: str
    due: Callable[[datetime], QuerySet[Any]]
    do: Callable[[Sequence[int], datetime], object]
    task: str


def timetable(
    *,
    web: Web,
    parser: Parser,
    search: PaidSearch | None = None,
    sources: QuerySet[Source] | None = None,
    writers: Writers = LOCAL_ONLY,
    senders: Mapping[str, Send] | None = None,
) -> tuple[Step, ...]:
    """Return the steps; given `sources`, only these are collected, paused or not.

    search: whom searches are asked of; None while they are off
    senders: how each channel delivers; what has none waits
    """
    return (
        Step(
            "collect",
            Source.objects.due if sources is None else sources.free,  # type: ignore[attr-defined]
            lambda ids, now: collect.collect(ids, web=web, parser=parser, search=search, now=now),
            "sources.tasks.collect",
        ),
        Step(
            "pages",
            Article.objects.to_read,
            lambda ids, now: pages.read_pages(ids, web=web, parser=parser, now=now),
            "sources.tasks.read_pages",
        ),
        Step(
            "enrich",
            Article.objects.to_enrich,
            lambda ids, now: enrich.enrich(ids, now=now),
            "sources.tasks.enrich",
        ),
        Step(
            "cluster",
            Article.objects.to_cluster,
            lambda ids, now: cluster.cluster(ids, now=now),
            "reports.tasks.cluster",
        ),
        Step(
            "describe",
            Story.objects.to_describe,
            lambda ids, now: describe.describe(ids, now=now),
            "reports.tasks.describe",
        ),
        Step(
            "import",
            lambda now: Job.objects.due(now).about(*taking_in.SUBJECTS),
            lambda ids, now: taking_in.work(ids, allow=settings.OUTBOUND_ALLOW, now=now),
            "sources.tasks.take_in",
        ),
        Step(
            "report",
            lambda now: Job.objects.due(now).about(*jobs.SUBJECTS),
            lambda ids, now: jobs.work(ids, now=now, writers=writers),
            "reports.tasks.work",
        ),
        Step(
            "deliver",
            lambda now: Delivery.objects.due(now).filter(subscription__channel__in=senders or {}),
            lambda ids, now: deliver.deliver(ids, senders=senders or {}, now=now),
            "reports.tasks.deliver",
        ),
        Step(
            "digest",
            Digest.objects.to_send,
            lambda ids, now: digest.send(ids, is_on=settings.MAIL_IS_ON, now=now),
            "sources.tasks.send_digests",
        ),
        Step(
            "alarms",
            Breaker.objects.to_tell,
            lambda ids, now: alarms.tell(ids, is_on=settings.MAIL_IS_ON, now=now),
            "patriot.alarms.look",
        ),
        Step(
            "late",
            lateness.to_tell,
            lambda ids, now: late_reports.tell(ids, is_on=settings.MAIL_IS_ON, now=now),
            "patriot.late_reports.look",
        ),
        Step(
            "ping",
            pinging.due,
            lambda ids, now: pinging.ping(ids, allow=settings.OUTBOUND_ALLOW, now=now),
            "reports.tasks.ping",
        ),
    )


def steps() -> tuple[Step, ...]:
    """Return the steps as the settings have them."""
    return timetable(
        web=sources_tasks.web(), parser=Parser.shared(), senders=reports_tasks.senders()
    )


def advance(
    now: datetime,
    *,
    steps: Sequence[Step],
    briefings: QuerySet[Briefing] | None = None,
    on_progress: Callable[[str, int], None] = lambda step, rows: None,
) -> None:
    """Do what is due at `now` until nothing is, in the order of the belt.

    on_progress: told each step's name and how many rows it just looked at
    """
    bury_exhausted(now)
    slots.open_due_reports(now, briefings=briefings)
    while any(_do_all(step, now, on_progress) for step in steps) or deadline.meet(now):
        pass


def _do_all(step: Step, now: datetime, on_progress: Callable[[str, int], None]) -> bool:
    """Do everything that is due for one step; False if there was nothing."""
    seen: set[int] = set()
    while ids := _ids(step.due(now), besides=seen):
        step.do(ids, now)
        on_progress(step.name, len(ids))
        # What another worker holds is not ours to wait for: look at each row once.
        seen.update(ids)
    return bool(seen)


def _ids(due: QuerySet[Any], *, besides: set[int]) -> list[int]:
    return list(due.exclude(pk__in=besides).order_by("pk").values_list("pk", flat=True)[:BATCH])


def tick() -> None:
    """Say that the worker is alive, open due slots, and have everything due looked at."""
    now = timezone.now()  # noqa: TID251 (the timetable is an interface)
    beats.beat(beats.TICK, now=now)
    with belt.together() as is_free:
        if is_free:
            _look_at_everything(now)
    tidy(now)


def tidy(now: datetime) -> None:
    """Drop what has run out: what is older than we keep it, whole allowances, ended sessions."""
    retention.prune_daily(now)
    throttling.forget(now)
    idempotency.forget(now)
    beats.forget(now)
    Session.objects.filter(expire_date__lt=now).delete()


def _look_at_everything(now: datetime) -> None:
    bury_exhausted(now)
    slots.open_due_reports(now)
    deadline.meet(now)
    digest.write(
        now,
        hour=settings.DIGEST_HOUR,
        zone=settings.DIGEST_ZONE,
        site_name=settings.SITE_NAME,
        site_url=settings.SITE_URL,
    )
    if OrmQ.objects.count() > MAX_QUEUED:
        return
    for step in steps():
        enqueue(step.task, list(step.due(now).order_by("pk").values_list("pk", flat=True)))


def bury_exhausted(now: datetime) -> None:
    """Give up what ended its worker too often, so that people see it."""
    pages.bury_exhausted(now)
    enrich.bury_exhausted(now)
    cluster.bury_exhausted(now)
    describe.bury_exhausted(now)
    all_jobs.bury_exhausted(now)
    deliver.bury_exhausted(now)
    book.write_off(now)
