"""Two clusters with a scheduler each, killed at random: a slot has one report, and it has it."""

import json
import os
import random
import shutil
import signal
import subprocess
import sys
import time
from contextlib import suppress
from datetime import UTC, datetime

import psutil
import psycopg
import pytest
from django.apps import apps
from psycopg import sql

from patriot.demo import newsroom
from patriot.demo.server import FeedServer
from patriot.lib.postgres import DATABASE_NAME, DATABASE_USER, socket_folder
from patriot.work.leases import Leased
from tests.functional.launching import ROOT, House, asked, wait_for

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]

PREPARE = """
from datetime import timedelta
from django.utils import timezone
from patriot.demo import newsroom, production
from reports.models import Briefing
now = timezone.now()
documents = newsroom.documents(newsroom.load(), anchor=now)
few = dict(sorted(documents.items())[:6])
briefing = production._newsroom_briefing()
production._register(few, briefing.newsroom, address={address!r}, now=now)
soon = (now + timedelta(seconds={ahead})).replace(second=0, microsecond=0)
# Yesterday's slot was never promised: it would be recorded as missed.
Briefing.objects.update(times=[soon.time()], lead=timedelta(minutes=2), schedule_from=now)
production.watch()
"""

LOOK = """
import json
from django.db.models import Count
from patriot.work.models import Job
from reports.models import Claim, Membership, Report
from sources.models import Article
repeated = Claim.objects.values("section", "kind", "text").annotate(n=Count("pk")).filter(n__gt=1)
print(json.dumps({
    "reports": list(Report.objects.values_list("state", flat=True)),
    "revisions": Report.objects.filter(revisions__published_at__isnull=False).count(),
    "articles": Article.objects.count(),
    "placed": Membership.objects.count(),
    "bare": Claim.objects.filter(evidence=None).count(),
    "repeated": repeated.count(),
    "dead": Job.objects.filter(state="dead").count(),
}))
"""


@pytest.fixture
def house():
    house = House()
    yield house
    house.run("down")
    shutil.rmtree(house.folder, ignore_errors=True)


def look(house: House) -> dict:
    done = house.run("shell", "--no-imports", "-c", LOOK)
    return json.loads(done.stdout.splitlines()[-1]) if done.returncode == 0 else {}


def published(house: House) -> list:
    """Ask the web, which nobody kills: looking into the database starts a process each time."""
    answer = asked(house.port, "/reports/feed.json")
    return json.loads(answer)["items"] if answer else []


def a_second_cluster(house: House, allow: str) -> subprocess.Popen:
    return subprocess.Popen(
        [sys.executable, "manage.py", "qcluster"],
        cwd=ROOT,
        env=house.environment(PATRIOT_WORKER="1", PATRIOT_OUTBOUND_ALLOW=allow),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )


def kill_one_of_the_workers(house: House, chance: random.Random) -> None:
    """Send SIGKILL to the main process of the worker, its sentinel, or one of their children."""
    main = psutil.Process(house.main_pid("worker"))
    victim = chance.choice([main, *main.children(recursive=True)])
    victim.kill()


def kill_all_and_end_their_leases(house: House, second: subprocess.Popen) -> None:
    """Leave nobody at work; what the dead held is free, as it were some minutes later."""
    database = psycopg.connect(
        host=str(socket_folder(house.folder / "data")), user=DATABASE_USER, dbname=DATABASE_NAME
    )
    with database:
        # Whoever comes after them needs a second to begin: only the dead hold leases yet.
        os.killpg(second.pid, signal.SIGKILL)
        main = psutil.Process(house.main_pid("worker"))
        for victim in (main, *main.children(recursive=True)):
            with suppress(psutil.NoSuchProcess):
                victim.kill()
        for model in apps.get_models():
            if issubclass(model, Leased):
                lease = sql.SQL("UPDATE {} SET leased_until = NULL")
                database.execute(lease.format(sql.Identifier(model._meta.db_table)))
    second.wait()


@pytest.mark.parametrize(
    ("ahead", "storm", "pauses", "waits"),
    [
        pytest.param(75, 30, (3, 6), False, id="a short storm"),
        pytest.param(120, 90, (5, 12), True, id="a long storm", marks=pytest.mark.prove),
    ],
)
def test_a_slot_has_one_report_though_its_workers_die(house, ahead, storm, pauses, waits):
    """The slot is less than `ahead` seconds away; for `storm` seconds workers are killed.

    waits: whether to wait for the end of the leases that the killed have left
    """
    documents = newsroom.documents(
        newsroom.load(), anchor=datetime.fromtimestamp(time.time(), tz=UTC)
    )
    chance = random.Random(20260609)
    kills = 0

    with FeedServer(documents) as server:
        allow = server.address.removeprefix("http://")
        up = house.start("up", PATRIOT_OUTBOUND_ALLOW=allow)
        second = None
        try:
            up.wait_until_it_runs()
            second = a_second_cluster(house, allow)
            prepare = PREPARE.format(address=server.address, ahead=ahead)
            prepared = house.run("shell", "--no-imports", "-c", prepare)
            assert prepared.returncode == 0, prepared.stderr
            # From before the slot is opened until its report is out, and a little longer.
            end = time.monotonic() + storm
            while time.monotonic() < end or kills < 5:
                time.sleep(chance.uniform(*pauses))
                try:
                    kill_one_of_the_workers(house, chance)
                    kills += 1
                except (psutil.Error, OSError, IndexError, ValueError):
                    continue
            if not waits:
                kill_all_and_end_their_leases(house, second)
                second = a_second_cluster(house, allow)
            wait_for(lambda: published(house), within=500, what="the report")
            seen = look(house)
        finally:
            if second is not None:
                os.killpg(second.pid, signal.SIGKILL)
                second.wait()
            up.end()

    print(f"{kills} workers were killed:", seen)  # noqa: T201 (`make prove` shows it)
    assert kills >= 5
    assert seen["reports"] == ["published"]
    assert seen["revisions"] == 1
    assert seen["articles"] == seen["placed"] > 40
    assert (seen["bare"], seen["repeated"], seen["dead"]) == (0, 0, 0)
