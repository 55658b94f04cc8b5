"""What the launching commands share: one preparation at a time, and the command line of the web."""

import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from datetime import timedelta
from itertools import pairwise
from pathlib import Path

import psycopg
import pytest
import time_machine
from django.conf import settings
from django.core.management import CommandError, call_command
from django.db import DatabaseError, OperationalError, connection

from patriot.lib.processes import Recorded
from patriot.management.base import (
    NOT_RUNNING,
    absence_of_database,
    is_about_the_stopped_database,
)
from patriot.operations import launch
from patriot.work.models import Heartbeat
from tests.factories import NOW


def dsn() -> dict[str, str]:
    known = connection.settings_dict
    return {"host": known["HOST"], "dbname": known["NAME"], "user": known["USER"]}


@pytest.fixture
def somebody_else(transactional_db: None) -> Iterator[psycopg.Connection]:
    """Another machine that is just bringing the database up to date."""
    with psycopg.connect(**dsn(), autocommit=True) as other:
        other.execute("SELECT pg_advisory_lock(%s)", [launch.PREPARATION])
        yield other


def test_two_preparations_take_turns(somebody_else):
    said: list[str] = []

    def give_the_turn_back() -> None:
        said.append("the other is done")
        somebody_else.execute("SELECT pg_advisory_unlock_all()")

    def say(sentence: str) -> None:
        said.append(sentence)
        if sentence.startswith("Somebody else"):
            threading.Timer(0.2, give_the_turn_back).start()

    launch.prepare_database(say)

    assert said[0].startswith("Somebody else is bringing the database up to date")
    assert said[1:] == ["the other is done", "Bringing the database up to date"]


@pytest.mark.django_db(transaction=True)
def test_a_preparation_gives_its_turn_back():
    launch.prepare_database(lambda _: None)

    with psycopg.connect(**dsn(), autocommit=True) as other:
        found = other.execute("SELECT pg_try_advisory_lock(%s)", [launch.PREPARATION]).fetchone()
    assert found == (True,)


def test_nobody_but_the_trusted_proxies_tells_gunicorn_about_the_connection():
    command = launch.web_command("127.0.0.1:8000", workers=2, threads=4, grace=8)

    told = dict(pairwise(command))
    assert told["--forwarded-allow-ips"] == ""
    assert told["--worker-class"] == "gthread"
    assert "--no-control-socket" in command
    assert "--preload" not in command


def test_a_stopping_worker_may_end_its_longest_task(settings):
    assert settings.Q_CLUSTER["timeout"] < launch.PATIENT_WORKER_GRACE


# --- manage.py check_worker ----------------------------------------------------------


def beat(*, minutes_ago: float) -> None:
    Heartbeat.objects.create(name="tick", beat_at=NOW - timedelta(minutes=minutes_ago))


@pytest.mark.django_db
def test_a_worker_that_ticks_is_well(capsys):
    beat(minutes_ago=2)

    with time_machine.travel(NOW, tick=False):
        call_command("check_worker")

    assert capsys.readouterr().out == "The worker last ticked 120 seconds ago.\n"


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("minutes_ago", "options", "sentence"),
    [
        pytest.param(None, {}, "The worker has never ticked: is it running?", id="never"),
        pytest.param(6, {}, "The worker last ticked 6 minutes ago.", id="silent"),
        pytest.param(2, {"minutes": 1}, "The worker last ticked", id="silent for a strict one"),
    ],
)
def test_a_silent_worker_is_one_sentence(minutes_ago, options, sentence):
    if minutes_ago is not None:
        beat(minutes_ago=minutes_ago)

    with time_machine.travel(NOW, tick=False), pytest.raises(CommandError, match=sentence):
        call_command("check_worker", **options)


# --- The log -------------------------------------------------------------------------


def test_gunicorn_speaks_json_too(capsys):
    from gunicorn.config import Config  # noqa: PLC0415 (only here)

    from patriot.lib.web_log import JSONLogger  # noqa: PLC0415

    JSONLogger(Config()).error("It %s", "broke")

    said = json.loads(capsys.readouterr().err)
    assert (said["event"], said["level"]) == ("It broke", "error")


# --- One start at a time ---------------------------------------------------------------


def test_a_second_supervisor_is_refused_and_told_where_the_first_is(settings, tmp_path):
    settings.PATRIOT_DATA = tmp_path

    with (
        launch.alone(print, port=8123),
        pytest.raises(launch.LaunchError) as refused,
        launch.alone(print, port=9999),
    ):
        pytest.fail("there are two")

    assert str(refused.value) == (
        f"Patriot already runs here (process {os.getpid()}, http://127.0.0.1:8123). "
        "Stop it with `make stop` first."
    )


def test_the_next_supervisor_stops_what_a_dead_one_left(settings, tmp_path):
    settings.PATRIOT_DATA = tmp_path
    said: list[str] = []
    with launch.alone(print, port=8123):
        orphan = subprocess.Popen(["/bin/sleep", "60"], start_new_session=True)
        record = Recorded.of("web", orphan.pid)
        assert record
        launch.roster().write([record])

    with launch.alone(said.append, port=8123):
        assert orphan.wait(60) == -signal.SIGTERM

    assert said == ["Stopped what still ran from an earlier start"]


# --- A database that nobody started ------------------------------------------------------


COUNT_SOURCES = "from sources.models import Source; Source.objects.count()"


def manage(*arguments: str, folder: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "manage.py", *arguments],
        cwd=settings.BASE_DIR,
        env={
            "PATH": os.environ["PATH"],
            "PATRIOT_DATA": str(folder),
            "PATRIOT_DOTENV": os.devnull,
        },
        check=False,
        capture_output=True,
        text=True,
        stdin=subprocess.DEVNULL,
    )


@pytest.mark.parametrize(
    "arguments",
    [
        pytest.param(("fetch_sources",), id="our own"),
        pytest.param(("createsuperuser", "--noinput", "--username=a"), id="Django's"),
        pytest.param(("shell", "--no-imports", "-c", COUNT_SOURCES), id="a shell"),
        pytest.param(("check_worker",), id="a health check"),
    ],
)
def test_a_command_without_the_embedded_database_is_one_sentence(arguments, tmp_path):
    refused = manage(*arguments, folder=tmp_path)

    assert refused.returncode == 1
    assert refused.stderr.removeprefix("CommandError: ") == f"{NOT_RUNNING}\n"


def test_other_errors_of_a_command_keep_their_traceback(tmp_path):
    wrong = "from django.db import OperationalError; raise LookupError('lost')"

    failed = manage("shell", "--no-imports", "-c", wrong, folder=tmp_path)

    assert failed.returncode == 1
    assert failed.stderr.startswith("Traceback")
    assert failed.stderr.endswith("LookupError: lost\n")


@pytest.mark.django_db
@pytest.mark.parametrize(
    "statement",
    [
        pytest.param("SET LOCAL statement_timeout = 1; SELECT pg_sleep(1)", id="too slow"),
        pytest.param("SET LOCAL lock_timeout = 'x'", id="another mistake"),
    ],
)
def test_a_database_that_refuses_a_statement_is_there(statement):
    with pytest.raises(DatabaseError) as refused, connection.cursor() as cursor:
        cursor.execute(statement)

    assert absence_of_database(refused.value) == ""


def test_an_error_of_a_database_that_is_not_ours_is_not_its_absence(settings, tmp_path):
    settings.PATRIOT_DATA = tmp_path

    assert not is_about_the_stopped_database(OperationalError("deadlock detected"))
