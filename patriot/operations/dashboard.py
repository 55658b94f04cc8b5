"""What the first page of the desk says: today's reports, what is ill, what died."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Q
from django.urls import reverse
from django_q.models import Failure

from patriot.operations.health import Check, check_heartbeat
from patriot.work.models import Job
from reports.domain import windows
from reports.models import Briefing, Report
from sources.models import Article, Source
from sources.models.health import health_of, with_last_fetch

DAY = timedelta(days=1)
ILL_SHOWN = 10


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


@dataclass(frozen=True, slots=True)
class Dashboard:
    """Everything, ready to print. An empty part is None or ()."""

    checklist: tuple[Step, ...]
    slots: tuple[SlotLine, ...]
    ill: tuple[IllSource, ...]
    ill_count: int
    ill_url: str
    dead: tuple[DeadWork, ...]
    heartbeat: Check
    articles_of_a_day: int


def dashboard(now: datetime) -> Dashboard:
    """Read the state of the house, in a number of queries that does not grow with it."""
    ill = Source.objects.ill().order_by("ill_since", "pk")
    return Dashboard(
        checklist=checklist(),
        slots=tuple(slots_of_today(now)),
        ill=tuple(_ill(source, now) for source in with_last_fetch(ill)[:ILL_SHOWN]),
        ill_count=ill.count(),
        ill_url=reverse("admin:sources_source_changelist") + "?health=ill",
        dead=(*dead_work(), *broken_work(now)),
        heartbeat=check_heartbeat(now),
        articles_of_a_day=Article.objects.filter(first_seen_at__gt=now - DAY).count(),
    )


def checklist() -> tuple[Step, ...]:
    """Return the steps to a first report; nothing once one has been published."""
    if Report.objects.public().exists():
        return ()
    return (
        Step(
            "Add a source: a feed to read.",
            Source.objects.exists(),
            reverse("admin:sources_source_add"),
            "Add a source",
        ),
        Step(
            "Add a briefing: what is reported, and when.",
            Briefing.objects.exists(),
            reverse("admin:reports_briefing_add"),
            "Add a briefing",
        ),
        Step("No key is needed: the local analyst writes.", True, "", ""),
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


def slots_of_today(now: datetime) -> list[SlotLine]:
    """Return the reports of the last day and the slots of the next, in order of time."""
    reports = list(
        Report.objects.filter(
            Q(slot_at__gt=now - DAY, slot_at__lte=now + DAY) | Q(state=Report.State.PRODUCING)
        ).select_related("briefing")
    )
    steps = _current_steps(reports)
    lines = [(report.slot_at, _line(report, steps.get(report.subject, ""))) for report in reports]
    taken = {(report.briefing_id, report.slot_at) for report in reports}
    for briefing in Briefing.objects.enabled():
        for slot in windows.next_slots(
            briefing.times, briefing.weekdays, briefing.zone, now, len(briefing.times)
        ):
            if slot.at <= now + DAY and (briefing.pk, slot.at) not in taken:
                lines.append((slot.at, _coming(briefing, slot.at)))
    return [line for _, line in sorted(lines, key=lambda pair: pair[0])]


def _current_steps(reports: list[Report]) -> dict[str, str]:
    """Return which step each report in production is at."""
    subjects = [report.subject for report in reports if report.state == Report.State.PRODUCING]
    waiting = Job.objects.waiting().filter(subject__in=subjects).order_by("-stage")
    return dict(waiting.values_list("subject", "kind"))


def _line(report: Report, step: str) -> SlotLine:
    return SlotLine(
        at=_clock(report.slot_at, report.briefing),
        briefing=report.briefing.title,
        state=report.state,
        sentence=_sentence(report, step),
        url=reverse("admin:reports_report_change", args=[report.pk]),
    )


def _sentence(report: Report, step: str) -> str:
    match report.state:
        case Report.State.PRODUCING:
            return f"in production, at the step “{step}”" if step else "in production"
        case Report.State.DRAFT:
            return "a draft: an editor publishes it"
        case Report.State.PUBLISHED if report.published_at:
            at = _clock(report.published_at, report.briefing)
            return " ".join(filter(None, [f"published at {at}.", report.reason]))
        case _:
            return f"{report.get_state_display()}: {report.reason}"


def _coming(briefing: Briefing, at: datetime) -> SlotLine:
    return SlotLine(
        at=_clock(at, briefing),
        briefing=briefing.title,
        state="due",
        sentence="due",
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
    return found


def broken_work(now: datetime) -> list[DeadWork]:
    """Return how many looks at the queue ended within a day in an error that nobody foresaw."""
    count = Failure.objects.filter(stopped__gt=now - DAY).count()
    if not count:
        return []
    noun = "failed task" if count == 1 else "failed tasks"
    return [DeadWork(f"{count} {noun} within a day", reverse("admin:django_q_failure_changelist"))]
