"""The tick asks every step what is due; the belt does it."""

from datetime import timedelta
from importlib import import_module

import pytest
import time_machine
from django.apps import apps
from django.contrib.sessions.models import Session
from django_q.models import OrmQ, Schedule

from patriot import schedules
from patriot.accounts import throttling
from patriot.accounts.models import Allowance
from patriot.lib.rates import Rate
from patriot.work.looks import MAX_IDS, enqueue
from patriot.work.models import Heartbeat, Job
from reports.models import Report
from sources.models import Article, Digest, Source
from tests.factories import NOW, a_briefing, a_report, a_source, an_article, an_ill_source

pytestmark = pytest.mark.django_db


def looks() -> dict[str, list[int]]:
    """What the queue carries, by task."""
    return {look.func(): look.task["args"][0] for look in OrmQ.objects.all()}


@pytest.fixture
def _at_half_past_six():
    with time_machine.travel(NOW, tick=False):
        yield


@pytest.mark.usefixtures("_at_half_past_six")
def test_a_tick_beats_the_heart_and_has_everything_due_looked_at():
    source = a_source(not_before=NOW)
    unread = an_article(state=Article.State.UNREAD)
    article = an_article(state=Article.State.NEW)
    placed = an_article(state=Article.State.ENRICHED)
    job = Job.objects.create(kind="select", subject="report 0", not_before=NOW, created_at=NOW)

    schedules.tick()

    assert Heartbeat.objects.get(name="tick").beat_at == NOW
    assert looks() == {
        "sources.tasks.collect": [source.pk],
        "sources.tasks.read_pages": [unread.pk],
        "sources.tasks.enrich": [article.pk],
        "reports.tasks.cluster": [placed.pk],
        "reports.tasks.work": [job.pk],
    }


@pytest.mark.usefixtures("_at_half_past_six")
def test_a_tick_writes_the_digest_of_the_day_once_and_has_it_mailed():
    an_ill_source(error="Nobody answers.")

    schedules.tick()
    schedules.tick()

    digest = Digest.objects.get()
    assert (digest.on, digest.sent_at) == (NOW.date(), None)
    assert "Nobody answers." in digest.text
    assert looks()["sources.tasks.send_digests"] == [digest.pk]


@pytest.mark.usefixtures("_at_half_past_six")
def test_a_tick_opens_due_slots():
    a_briefing()

    schedules.tick()

    assert Report.objects.count() == 1


@pytest.mark.usefixtures("_at_half_past_six")
def test_a_tick_gives_up_what_ended_its_worker_too_often():
    job = Job.objects.create(
        kind="select", subject=a_report().subject, not_before=NOW, created_at=NOW, attempts=3
    )

    schedules.tick()

    job.refresh_from_db()
    assert job.state == Job.State.DEAD


@pytest.mark.usefixtures("_at_half_past_six")
def test_a_tick_drops_what_has_run_out():
    throttling.take("somebody", rate=Rate.parse("60/min"), now=NOW - timedelta(hours=1))
    throttling.take("somebody else", rate=Rate.parse("60/min"), now=NOW)
    for number, hours in enumerate((-1, 1)):
        Session.objects.create(session_key=f"s{number}", expire_date=NOW + timedelta(hours=hours))

    schedules.tick()

    assert Allowance.objects.count() == 1
    assert [session.session_key for session in Session.objects.all()] == ["s1"]


def test_a_worker_that_is_behind_is_not_asked_for_more(monkeypatch):
    monkeypatch.setattr(schedules, "MAX_QUEUED", 0)
    enqueue("sources.tasks.collect", [1])
    a_source(not_before=NOW)

    schedules.tick()

    assert OrmQ.objects.count() == 1


def test_a_look_holds_no_more_than_fifty_rows():
    enqueue("sources.tasks.collect", list(range(120)))

    sizes = sorted(len(look.task["args"][0]) for look in OrmQ.objects.all())
    assert sizes == [20, MAX_IDS, MAX_IDS]


def test_the_migration_adds_the_one_schedule_which_ticks_every_minute():
    # Other tests empty all tables, and with them what migrations put there.
    Schedule.objects.all().delete()
    import_module("patriot.work.migrations.0002_tick").add_tick(apps, None)

    schedule = Schedule.objects.get()

    assert (schedule.func, schedule.schedule_type, schedule.minutes, schedule.repeats) == (
        "patriot.schedules.tick",
        "I",
        1,
        -1,
    )


def test_a_source_that_is_not_due_is_not_looked_at():
    a_source(not_before=NOW + timedelta(seconds=1))

    assert not Source.objects.due(NOW).exists()
