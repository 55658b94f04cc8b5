"""What the first page of the desk says: today's reports, what waits, what is ill, what it costs."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.contrib.admin.models import LogEntry
from django.contrib.contenttypes.models import ContentType
from django.db.models import Count, Max, Q
from django.urls import reverse
from django_q.models import Failure

from patriot.ledger.models import Service
from patriot.ledger.spending import Spending, spending
from patriot.operations.health import Check, check_heartbeat
from patriot.operations.money import (
    BreakerLine,
    FailedCalls,
    ServiceLine,
    breaker_lines,
    failed_calls,
    open_breakers,
    service_lines,
)
from patriot.work.models import Job
from reports.domain import windows
from reports.domain.catching_up import planned_absence
from reports.domain.lead_time import minutes_in_words
from reports.models import Briefing, ErrorReport, Report
from reports.pipeline import lateness
from reports.pipeline.deadline import review_ends, waiting_by_deadline
from sources.models import Article, Digest, Source
from sources.models.health import health_of, with_last_fetch

DAY = timedelta(days=1)
ILL_SHOWN = 10
REVIEWS_SHOWN = 10
NEW_LINE = "\n"


@dataclass(frozen=True, slots=True)
class Step:
    """One thing to do before the first report is out."""

    sentence: str
    is_done: bool
    url: str
    label: str


@dataclass(frozen=True, slots=True)
class SlotLine:
    """A slot of today: past with its report, or still to come."""

    at: str
    """Local time, such as “Tue 07:00 CEST”."""
    briefing: str
    state: str
    sentence: str
    url: str
    late: str = ""
    """By how much it is late, if it is not out; such as “late by 20 minutes”."""


@dataclass(frozen=True, slots=True)
class IllSource:
    """A source whose last fetch failed."""

    name: str
    sentence: str
    url: str


@dataclass(frozen=True, slots=True)
class DeadWork:
    """Work that was given up, and where to run it again."""

    sentence: str
    url: str
    """Empty for those who may not look there."""


@dataclass(frozen=True, slots=True)
class Waiting:
    """Reports that wait for people."""

    sentence: str
    url: str


@dataclass(frozen=True, slots=True)
class ReviewLine:
    """A draft with the time that is left for it."""

    at: str
    """Local time of its slot, such as “Tue 07:00 CEST”."""
    briefing: str
    state: str
    """In words."""
    ends: str
    url: str


@dataclass(frozen=True, slots=True)
class Dashboard:
    """Everything, ready to print. An empty part is None or ()."""

    checklist: tuple[Step, ...]
    slots: tuple[SlotLine, ...]
    waiting: tuple[Waiting, ...]
    reviews: tuple[ReviewLine, ...]
    spending: Spending
    breakers: tuple[BreakerLine, ...]
    services: tuple[ServiceLine, ...]
    failed_calls: tuple[FailedCalls, ...]
    ill: tuple[IllSource, ...]
    ill_count: int
    ill_url: str
    dead: tuple[DeadWork, ...]
    heartbeat: Check
    articles_of_a_day: int


def dashboard(now: datetime, *, may: Callable[[str], bool]) -> Dashboard:
    """Read the state of the house, in a number of queries that does not grow with it.

    may: tells whether the reader has a permission
    """
    ill = Source.objects.ill().order_by("ill_since", "pk")
    spent = spending(now, ceiling=settings.DAILY_CEILING_USD, monthly=settings.MONTHLY_CEILING_USD)
    refusing = open_breakers()
    return Dashboard(
        checklist=checklist(),
        slots=tuple(slots_of_today(now)),
        waiting=(*waiting_reports(), *open_error_reports()),
        reviews=tuple(drafts_in_review(now)),
        spending=spent,
        breakers=tuple(breaker_lines(refusing, may_close=may("ledger.close_breaker"))),
        services=tuple(
            service_lines(
                now, spent, refusing=[each.service for each in refusing if not each.model]
            )
        ),
        failed_calls=tuple(failed_calls(now)),
        ill=tuple(_ill(source, now) for source in with_last_fetch(ill)[:ILL_SHOWN]),
        ill_count=ill.count(),
        ill_url=reverse("admin:sources_source_changelist") + "?health=ill",
        dead=(*dead_work(), *broken_work(now, may=may)),
        heartbeat=check_heartbeat(now),
        articles_of_a_day=Article.objects.filter(first_seen_at__gt=now - DAY).count(),
    )


def checklist() -> tuple[Step, ...]:
    """Return the steps to a first report; nothing once one has been published."""
    if Report.objects.public().exists():
        return ()
    return (
        Step(
            "Add sources: take our starter list, bring one of yours, or add feeds one by one.",
            Source.objects.exists(),
            reverse("admin:sources_import_add"),
            "Take or bring a list",
        ),
        Step(
            "Add a briefing: what is reported, and when.",
            Briefing.objects.exists(),
            reverse("admin:reports_briefing_add"),
            "Add a briefing",
        ),
        Step(_who_writes(), True, "", ""),
        Step(
            "Let articles come in: they do by themselves, or fetch now.",
            Article.objects.exists(),
            reverse("admin:sources_source_changelist"),
            "Sources",
        ),
        Step(
            "See the first report out: wait for its time, or produce it now.",
            False,
            reverse("admin:reports_briefing_changelist"),
            "Briefings",
        ),
    )


def _who_writes() -> str:
    if Service.CLAUDE in settings.SERVICES:
        return "Claude writes, within the ceilings."
    return "No key is needed: the local analyst writes."


WAITING_STATES = {
    Report.State.REVIEW: ("{} in review: a publisher publishes it.", "{} in review."),
    Report.State.DRAFT: ("{} draft: an editor looks at it.", "{} drafts."),
    Report.State.HELD: ("{} held.", "{} held."),
}


def waiting_reports() -> list[Waiting]:
    """Return how many reports wait for people, by state, in one query."""
    counted = (
        Report.objects.filter(state__in=WAITING_STATES)
        .order_by()
        .values_list("state")
        .annotate(total=Count("pk"))
    )
    totals = dict(counted.values_list("state", "total"))
    address = reverse("admin:reports_report_changelist")
    return [
        Waiting((one if total == 1 else many).format(total), f"{address}?state__exact={state}")
        for state, (one, many) in WAITING_STATES.items()
        if (total := totals.get(state, 0))
    ]


def drafts_in_review(now: datetime) -> list[ReviewLine]:
    """Return the drafts with the least time left, each with what becomes of it at its deadline."""
    return [
        ReviewLine(
            at=_clock(report.slot_at, report.briefing),
            briefing=report.briefing.title,
            state=report.get_state_display(),
            ends=review_ends(report, now),
            url=reverse("admin:reports_report_change", args=[report.pk]),
        )
        for report in waiting_by_deadline()[:REVIEWS_SHOWN]
    ]


def open_error_reports() -> list[Waiting]:
    """Return how many readers wait for an answer, in a line; nothing if nobody does."""
    total = ErrorReport.objects.filter(state=ErrorReport.State.OPEN).count()
    if not total:
        return []
    readers = "A reader reports an error" if total == 1 else f"{total} readers report errors"
    address = f"{reverse('admin:reports_errorreport_changelist')}?state__exact=open"
    return [Waiting(f"{readers}: somebody answers.", address)]


def slots_of_today(now: datetime) -> list[SlotLine]:
    """Return the reports of the last day and the slots of the next, in order of time."""
    reports = list(
        Report.objects.filter(
            Q(slot_at__gt=now - DAY, slot_at__lte=now + DAY) | Q(state=Report.State.PRODUCING)
        ).select_related("briefing")
    )
    steps, submitted = _current_steps(reports), _submissions(reports)
    lines = [
        (
            report.slot_at,
            _line(report, steps.get(report.subject, ""), submitted.get(report.pk), now),
        )
        for report in reports
    ]
    taken = {(report.briefing_id, report.slot_at) for report in reports}
    for briefing in Briefing.objects.enabled():
        for slot in windows.next_slots(
            briefing.times, briefing.weekdays, briefing.zone, now, len(briefing.times)
        ):
            if slot.at <= now + DAY and (briefing.pk, slot.at) not in taken:
                absence = planned_absence(slot, briefing.holidays, briefing.paused_until)
                lines.append((slot.at, _coming(briefing, slot.at, absence)))
    return [line for _, line in sorted(lines, key=lambda pair: pair[0])]


def _current_steps(reports: list[Report]) -> dict[str, str]:
    """Return which step each report in production is at."""
    subjects = [report.subject for report in reports if report.state == Report.State.PRODUCING]
    waiting = Job.objects.waiting().filter(subject__in=subjects).order_by("-stage")
    return dict(waiting.values_list("subject", "kind"))


def _submissions(reports: list[Report]) -> dict[int, datetime]:
    """Return when each report in review got there: with the last thing that people did to it."""
    ids = [str(report.pk) for report in reports if report.state == Report.State.REVIEW]
    acts = LogEntry.objects.filter(
        content_type=ContentType.objects.get_for_model(Report), object_id__in=ids
    )
    newest = acts.order_by().values_list("object_id").annotate(at=Max("action_time"))
    return {int(pk): at for pk, at in newest}


def _line(report: Report, step: str, submitted_at: datetime | None, now: datetime) -> SlotLine:
    return SlotLine(
        at=_clock(report.slot_at, report.briefing),
        briefing=report.briefing.title,
        state=report.state,
        sentence=_sentence(report, step, submitted_at),
        url=reverse("admin:reports_report_change", args=[report.pk]),
        late=_late(report, now),
    )


def _late(report: Report, now: datetime) -> str:
    """Return by how much a report is late that is not out; "" if it is not."""
    late = now - report.slot_at
    is_out = report.state not in (*lateness.UNFINISHED, *lateness.STUCK)
    if is_out or report.occasion == Report.Occasion.ASKED or late < report.briefing.grace:
        return ""
    return f"late by {minutes_in_words(late)}"


def _sentence(report: Report, step: str, submitted_at: datetime | None) -> str:
    match report.state:
        case Report.State.PRODUCING:
            return f"in production, at the step “{step}”" if step else "in production"
        case Report.State.DRAFT:
            return "a draft: an editor submits it, or a publisher publishes it"
        case Report.State.REVIEW:
            since = f" since {_clock(submitted_at, report.briefing)}" if submitted_at else ""
            return f"in review{since}: a publisher publishes it"
        case Report.State.HELD:
            # What follows is for readers, once it is published after all.
            return f"held: {report.reason.partition(NEW_LINE)[0]}"
        case Report.State.PUBLISHED if report.published_at:
            at = _clock(report.published_at, report.briefing)
            return " ".join(filter(None, [f"published at {at}.", report.reason]))
        case _:
            return f"{report.get_state_display()}: {report.reason}"


def _coming(briefing: Briefing, at: datetime, absence: str) -> SlotLine:
    return SlotLine(
        at=_clock(at, briefing),
        briefing=briefing.title,
        state="due",
        sentence=f"no report: a {absence}" if absence else "due",
        url=reverse("admin:reports_briefing_change", args=[briefing.pk]),
    )


def _clock(moment: datetime, briefing: Briefing) -> str:
    return f"{moment.astimezone(briefing.zone):%a %H:%M %Z}"


def _ill(source: Source, now: datetime) -> IllSource:
    return IllSource(
        name=source.name,
        sentence=health_of(source).in_words(now),
        url=reverse("admin:sources_source_change", args=[source.pk]),
    )


def dead_work() -> list[DeadWork]:
    """Return what was given up, with links to where it can be run again."""
    found = []
    for model, singular, plural in ((Job, "job", "jobs"), (Article, "article", "articles")):
        if count := model.objects.filter(state="dead").count():
            address = reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist")
            noun = singular if count == 1 else plural
            found.append(DeadWork(f"{count} dead {noun}", f"{address}?state__exact=dead"))
    if count := Digest.objects.unsent().count():
        address = reverse("admin:sources_digest_changelist")
        noun = "digest that was" if count == 1 else "digests that were"
        found.append(DeadWork(f"{count} {noun} not mailed", f"{address}?became=given-up"))
    return found


def broken_work(now: datetime, *, may: Callable[[str], bool]) -> list[DeadWork]:
    """Return how many looks at the queue ended within a day in an error that nobody foresaw."""
    count = Failure.objects.filter(stopped__gt=now - DAY).count()
    if not count:
        return []
    noun = "failed task" if count == 1 else "failed tasks"
    is_open = may("django_q.view_failure")
    address = reverse("admin:django_q_failure_changelist") if is_open else ""
    return [DeadWork(f"{count} {noun} within a day", address)]
