"""A worker that does nothing is told from one that has nothing to do."""

import os
import socket
from datetime import timedelta
from types import SimpleNamespace

import pytest
from django.core.cache import cache
from django_q import signals
from django_q.brokers import get_broker
from django_q.conf import Conf
from django_q.signing import SignedPackage

from patriot.work import beats
from patriot.work.models import Heartbeat
from tests.factories import NOW

pytestmark = pytest.mark.django_db

OURS, PID = "worker here-7", 4711
FRESH, STALE = NOW - timedelta(seconds=100), NOW - timedelta(seconds=140)


def a_cluster(*, pid: int = PID, waiting: int = 0, host: str = "") -> None:
    """Have a cluster tell how many tasks it holds that none of its processes has taken."""
    stat = SimpleNamespace(pid=pid, host=host or socket.gethostname(), task_q_size=waiting)
    get_broker().set_stat(f"{Conf.Q_STAT}:{pid}", SignedPackage.dumps(stat, True), 60)


@pytest.fixture(autouse=True)
def no_clusters():
    cache.clear()


@pytest.mark.parametrize(
    ("ours", "tick", "waiting", "is_of_use"),
    [
        pytest.param(FRESH, FRESH, 0, True, id="it works"),
        pytest.param(FRESH, STALE, 3, True, id="it begins things, whoever ticks"),
        pytest.param(STALE, FRESH, 0, True, id="others work, it was idle"),
        pytest.param(STALE, FRESH, 2, False, id="others work, it sits on tasks"),
        pytest.param(STALE, STALE, 0, False, id="nobody works"),
        pytest.param(None, None, 0, False, id="nobody ever did"),
    ],
)
def test_who_is_of_use(ours, tick, waiting, is_of_use):
    for name, at in ((OURS, ours), (beats.TICK, tick)):
        if at is not None:
            beats.beat(name, now=at)
    a_cluster(waiting=waiting)
    a_cluster(pid=PID + 1, waiting=5)
    a_cluster(pid=PID, waiting=5, host="elsewhere") if not waiting else None

    assert beats.is_of_use(OURS, PID, now=NOW) is is_of_use


def test_a_supervised_worker_says_that_it_begins_something(monkeypatch):
    monkeypatch.setenv(beats.VARIABLE, OURS)
    monkeypatch.setattr(beats, "_said_at", -beats.EVERY)
    beats.connect()
    try:
        signals.pre_execute.send(sender="django_q", task={"func": "x", "id": "1"})
        signals.pre_execute.send(sender="django_q", task={"func": "x", "id": "1"})
    finally:
        signals.pre_execute.disconnect(dispatch_uid="patriot.work.beats")

    assert Heartbeat.objects.filter(name=OURS).count() == 1


def test_a_name_fits_its_column():
    name = beats.name_of_ours()

    assert len(name) <= 30
    assert name.endswith(f"-{os.getpid()}")


def test_workers_that_are_long_gone_are_forgotten():
    beats.beat(OURS, now=NOW - timedelta(days=2))
    beats.beat("worker there-8", now=NOW)
    beats.beat(beats.TICK, now=NOW - timedelta(days=2))

    assert beats.forget(NOW) == 1
    assert set(Heartbeat.objects.values_list("name", flat=True)) == {beats.TICK, "worker there-8"}
