"""A day in minutes on five hosts, of which one after another dies, is cut off or loses its power.

Two web hosts behind a proxy, two worker hosts, one database; a city of feeds, readers and API
clients, a scripted Claude, a mail server that counts, three briefings. The seed is printed.
"""

from __future__ import annotations

import json
import os
import random
import secrets
import shutil
import subprocess
import sys
import tempfile
import time
from collections import Counter
from contextlib import ExitStack, suppress
from datetime import UTC, datetime, timedelta
from http.client import HTTPConnection  # noqa: TID251 (a scraper)
from pathlib import Path

import psycopg
import pytest
from pytest_socket import socket_allow_hosts

from tests.claude_server import KEY, ClaudeServer
from tests.conftest import LOOPBACK
from tests.functional import hosts
from tests.functional.database_host import address_of, rows
from tests.functional.hosts import WORLD, Host
from tests.functional.launching import ROOT, wait_for
from tests.functional.world import City, Proxy, Public, Relay
from tests.mail_server import MailServer

pytestmark = [pytest.mark.prove, pytest.mark.timeout(3_000)]

NUMBERS = {"db": 10, "web1": 11, "web2": 12, "worker1": 21, "worker2": 22}
DATABASE = address_of(f"{hosts.PREFIX}.{NUMBERS['db']}")
PORT = 8000
SUBSCRIBERS = 15
# A briefing's own, by default.
GRACE = timedelta(minutes=15)
DB_TROUBLES = ("is killed", "is cut off", "loses its power")
TROUBLES = (*DB_TROUBLES, "is restarted", "loses a process")
TOKEN = "metrics-" + "0123456789abcdef"

FOUND_A_HOUSE = """
import json
from datetime import timedelta
from django.utils import timezone
from reports.models import Briefing, Subscription
from sources.models import Source
now = timezone.now()
told = json.loads({told!r})
Source.objects.bulk_create(
    Source(name=f"Outlet {{n}}", slug=f"outlet-{{n}}", url=url, not_before=now,
           interval=timedelta(seconds=60))
    for n, url in enumerate(told["feeds"]))
for number, ahead in enumerate(told["slots"]):
    slot = (now + timedelta(seconds=ahead)).replace(second=0, microsecond=0)
    briefing = Briefing.objects.create(
        slug=f"briefing-{{number}}", title=f"Briefing {{number}}", timezone="UTC",
        times=[slot.time()], lead=timedelta(seconds=told["lead"]), schedule_from=now,
        second_source_searches=0)
    Subscription.objects.bulk_create(
        Subscription(briefing=briefing, channel="email", state="active", created_at=now,
                     confirmed_at=now, address=f"reader{{n}}@mail{{number}}.test")
        for n in range(told["subscribers"]))
"""


class Day:
    """The house, the world around it, and what happened to it."""

    def __init__(self, stack: ExitStack, *, feeds: int, seconds: int, seed: int) -> None:
        self.seconds, self.dice = seconds, random.Random(seed)
        self.happened: Counter[str] = Counter()
        self.troubles: list[str] = []
        folder = Path(tempfile.mkdtemp(prefix="patriot-chaos-"))
        folder.chmod(0o755)
        stack.callback(shutil.rmtree, folder, ignore_errors=True)
        self.hosts = stack.enter_context(hosts.hosts(folder, NUMBERS))
        began = datetime.fromtimestamp(time.time(), tz=UTC)
        self.city = stack.enter_context(City(feeds, began=began))
        self.claude = stack.enter_context(ClaudeServer())
        self.mail = stack.enter_context(MailServer())
        claude = stack.enter_context(Relay(int(self.claude.url.rpartition(":")[2])))
        mail = stack.enter_context(Relay(self.mail.port))
        webs = [self.hosts[name] for name in ("web1", "web2")]
        self.proxy = Proxy([(host.address, PORT) for host in webs])
        self.environment = {
            "PATH": os.environ["PATH"],
            "PATRIOT_ENV": "local",
            "PATRIOT_DOTENV": os.devnull,
            "SECRET_KEY": secrets.token_urlsafe(50),
            "ALLOWED_HOSTS": ",".join([WORLD, *(host.address for host in webs)]),
            "DATABASE_URL": DATABASE,
            "SITE_URL": f"http://{WORLD}",
            "BIND": "0.0.0.0",  # noqa: S104 (of a network of our own)
            "PORT": str(PORT),
            "WEB_WORKERS": "1",
            "API_RATE_ANONYMOUS": "900000/min",
            "METRICS_TOKEN": TOKEN,
            "ANTHROPIC_API_KEY": KEY,
            "ANTHROPIC_BASE_URL": f"http://{WORLD}:{claude.port}",
            "EMAIL_URL": f"smtp://{WORLD}:{mail.port}",
            "MAIL_FROM": "desk@patriot.test",
            "PATRIOT_OUTBOUND_ALLOW": ",".join(
                [*self.city.authorities(), f"{WORLD}:{claude.port}", f"{WORLD}:{mail.port}"]
            ),
        }

    # --- Its morning ---

    def begin(self) -> None:
        """Switch everything on, and wait until the first page is there."""
        database = self.hosts["db"]
        folder = str(database.folder)
        database.run("-m", "tests.functional.database_host", database.address, folder, **os.environ)
        wait_for(self.database_answers, within=120, what="the database")
        self.manage("prepare")
        told = {
            "feeds": [self.city.url(number) for number in range(len(self.city.entries))],
            "slots": [self.seconds * share for share in (0.4, 0.6, 0.8)],
            "subscribers": SUBSCRIBERS,
            "lead": self.seconds / 3,
        }
        found = FOUND_A_HOUSE.format(told=json.dumps(told))
        self.manage("shell", "--no-imports", "-c", found)
        for name in ("web1", "web2"):
            self.manage("collectstatic", "--noinput", PATRIOT_DATA=str(self.hosts[name].folder))
            self.hosts[name].run("serve", **self.environment)
        for name in ("worker1", "worker2"):
            self.hosts[name].run("work", **self.environment)
        wait_for(lambda: self.city.asked > 20, within=120, what="the first feeds")

    def manage(self, *command: str, **environment: str) -> None:
        # From the world, where the database can be reached, too; not by its own address.
        elsewhere = {"PATRIOT_DATA": str(self.hosts["db"].folder.parent / "world")}
        done = subprocess.run(
            [sys.executable, "manage.py", *command],
            cwd=ROOT,
            env=self.environment | elsewhere | environment,
            check=False,
            capture_output=True,
            text=True,
        )
        assert done.returncode == 0, done.stderr

    def database_answers(self) -> bool:
        try:
            return bool(rows(DATABASE, "SELECT 1"))
        except psycopg.OperationalError:
            return False

    # --- Its troubles ---

    def trouble(self) -> None:
        """Do something to one host, and make it good again."""
        name = self.dice.choice(list(self.hosts))
        host = self.hosts[name]
        kind = self.dice.choice(DB_TROUBLES if name == "db" else TROUBLES)
        self.happened[f"{name} {kind}"] += 1
        began = time.strftime("%H:%M:%S")
        self.befall(host, kind)
        self.troubles.append(f"{began} to {time.strftime('%H:%M:%S')} {name} {kind}")

    def befall(self, host: Host, kind: str) -> None:
        wait = self.dice.uniform(5, 20)
        if kind == "is killed":
            host.kill_everything()
        elif kind == "is restarted":
            host.restart()
        elif kind == "loses a process":
            host.lose_a_process(self.dice)
        elif kind == "is cut off":
            host.cut_off()
            time.sleep(wait)
            host.plug_in()
        else:
            host.lose_power()
            time.sleep(wait + 25)
            host.get_power()

    def pass_by(self) -> None:
        """Let the day go by: news in the city, one trouble after another."""
        ends_at = time.monotonic() + self.seconds
        while time.monotonic() < ends_at:
            for _ in range(20):
                self.city.say_more(self.dice.randrange(len(self.city.entries)))
            # A feed is usually asked every quarter of an hour: here a third of them each time.
            with suppress(psycopg.OperationalError):
                rows(
                    DATABASE,
                    "UPDATE sources_source SET not_before = now()"
                    " WHERE random() < 0.3 AND leased_until IS NULL RETURNING 1",
                )
            self.trouble()
            time.sleep(self.dice.uniform(4, 12))

    # --- Its evening ---

    def have_everything_read(self) -> None:
        """Ask every feed once more, now that all is well, and wait for the last article."""
        wait_for(self.database_answers, within=120, what="the database")
        rows(DATABASE, "UPDATE sources_source SET not_before = now() RETURNING 1")
        wait_for(lambda: self.missing_articles() == {}, within=600, what="every article")

    def missing_articles(self) -> dict[int, tuple[int, int]]:
        """Return for each feed whose articles are not all there how many are, and should be."""
        found = rows(
            DATABASE,
            "SELECT substr(slug, 8)::int, count(a.id) FROM sources_source s"
            " LEFT JOIN sources_article a ON a.source_id = s.id GROUP BY s.id",
        )
        stored = {int(str(number)): int(str(count)) for number, count in found}
        wanted = dict(enumerate(self.city.entries))
        return {
            number: (stored.get(number, 0), count)
            for number, count in wanted.items()
            if stored.get(number, 0) != count
        }

    def reports(self) -> list[tuple[object, ...]]:
        return rows(
            DATABASE,
            "SELECT b.slug, r.state, r.slot_at, r.published_at, r.reason,"
            " (SELECT count(*) FROM reports_revision v WHERE v.report_id = r.id"
            "  AND v.published_at IS NOT NULL)"
            " FROM reports_report r JOIN reports_briefing b ON b.id = r.briefing_id ORDER BY 1",
        )

    def metrics(self) -> tuple[Counter[str], dict[str, float]]:
        """Return how many answers the web hosts counted by status, and the ages of heartbeats."""
        counted: Counter[str] = Counter()
        ages: dict[str, float] = {}
        for name in ("web1", "web2"):
            asking = HTTPConnection(self.hosts[name].address, PORT, timeout=30)
            asking.request("GET", "/metrics", headers={"Authorization": f"Bearer {TOKEN}"})
            told = asking.getresponse().read().decode()
            asking.close()
            for line in told.splitlines():
                value = line.rpartition(" ")[2]
                if line.startswith("patriot_http_requests_total{"):
                    counted[line.partition('status="')[2][:3]] += int(float(value))
                if line.startswith("patriot_heartbeat_age_seconds{"):
                    ages[line.partition('name="')[2].partition('"')[0]] = float(value)
        return counted, ages


@pytest.mark.parametrize(
    ("feeds", "seconds"),
    [
        pytest.param(100, 200, id="a short day"),
        pytest.param(1_000, 600, id="a day in ten minutes"),
    ],
)
def test_whatever_dies_or_is_cut_off_nothing_is_lost_and_nothing_comes_twice(
    feeds: int, seconds: int
) -> None:
    if not hosts.can_be_made():
        pytest.skip("needs root and iproute2's network namespaces")
    every = [*LOOPBACK, *(f"{hosts.PREFIX}.{number}" for number in NUMBERS.values())]
    socket_allow_hosts(every, allow_unix_socket=True)
    seed = int(os.environ.get("PATRIOT_CHAOS_SEED", "20260609"))
    with ExitStack() as stack:
        day = Day(stack, feeds=feeds, seconds=seconds, seed=seed)
        day.begin()
        public = stack.enter_context(Public(day.proxy, readers=12))
        day.pass_by()
        day.have_everything_read()
        wait_for(
            lambda: [row[1] for row in day.reports()] == ["published"] * 3,
            within=600,
            what="three reports",
        )
        wait_for(
            lambda: (
                rows(DATABASE, "SELECT state FROM reports_delivery WHERE state <> 'sent'") == []
            ),
            within=600,
            what="every letter",
        )
        public.is_over = True
        tell(day, public, seed=seed)
        check(day, public)


def letters(day: Day) -> Counter[tuple[str, str]]:
    """Return how often each letter came, by whom it was for and its id."""
    return Counter((str(letter["To"]), str(letter["Message-ID"])) for letter in day.mail.letters)


def calls(day: Day) -> dict[str, int]:
    found = rows(DATABASE, "SELECT outcome, count(*) FROM ledger_call GROUP BY 1 ORDER BY 1")
    return {str(outcome): int(str(count)) for outcome, count in found}


def tell(day: Day, public: Public, *, seed: int) -> None:
    """Print the counts."""
    came = letters(day)
    counted, ages = day.metrics()
    said = {
        "seed": seed,
        "what happened": dict(day.happened),
        "starts": {name: host.starts for name, host in day.hosts.items()},
        "feeds": len(day.city.entries),
        "questions to feeds": day.city.asked,
        "articles": sum(day.city.entries),
        "missing articles": day.missing_articles(),
        "reports": [tuple(map(str, row)) for row in day.reports()],
        "letters": len(came),
        "that came twice": sum(times > 1 for times in came.values()),
        "calls": calls(day),
        "requests at Claude": len(day.claude.log),
        "answers to the public": sum(public.visits.answers.values()),
        "the longest wait": round(public.visits.longest, 1),
        "tries of the proxy": dict(day.proxy.tries),
        "wrong answers": public.visits.wrong[:10],
        "counted by the hosts": dict(counted),
        "heartbeats": ages,
        "troubles": day.troubles,
    }
    print(json.dumps(said, indent=1, ensure_ascii=False))  # noqa: T201 (`make prove` shows it)


def check(day: Day, public: Public) -> None:
    """Hold what happened against what was promised."""
    assert sum(day.happened.values()) >= 5
    assert day.missing_articles() == {}
    for _, state, slot_at, published_at, reason, texts in day.reports():
        assert (state, texts) == ("published", 1)
        assert isinstance(published_at, datetime)
        assert isinstance(slot_at, datetime)
        # Whoever is late says why.
        assert published_at - slot_at < GRACE or reason
    came = letters(day)
    recipients = Counter(to for to, _ in came)
    assert len(recipients) == 3 * SUBSCRIBERS
    assert set(recipients.values()) == {1}
    assert all(times <= 2 for times in came.values())
    assert sum(times > 1 for times in came.values()) <= sum(day.happened.values())
    ledger = calls(day)
    ids = {
        str(row[0])
        for row in rows(DATABASE, "SELECT request_id FROM ledger_call WHERE outcome = 'answered'")
    }
    assert len(ids) == ledger.get("answered", 0)
    assert ids <= {asked.request_id for asked in day.claude.log}
    assert len(day.claude.log) - len(ids) <= sum(ledger.values()) - len(ids)
    assert rows(DATABASE, "SELECT 1 FROM ledger_call WHERE outcome = 'running'") == []
    assert rows(DATABASE, "SELECT 1 FROM work_job WHERE state <> 'done'") == []
    # What went wrong is in the metrics, as far as the hosts that died had written it down.
    counted, ages = day.metrics()
    assert ("503" in counted) is ("503" in day.proxy.tries)
    assert counted["500"] == 0
    assert ages["tick"] < 180
    # Both that work, and perhaps one that died a moment ago.
    assert sum(age < 180 for name, age in ages.items() if name.startswith("worker ")) >= 2
    assert public.visits.wrong == []
    assert sum(public.visits.answers.values()) > 2 * day.seconds
    assert (
        rows(
            DATABASE,
            "SELECT 1 FROM reports_claim c WHERE NOT EXISTS"
            " (SELECT FROM reports_evidence e WHERE e.claim_id = c.id)",
        )
        == []
    )
