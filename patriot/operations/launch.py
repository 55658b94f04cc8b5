"""What `up` and `demo` share: the database, the preparation, web and worker.

Errors:

* LaunchError     something that a person must change before it can start; one sentence
"""

from __future__ import annotations

import errno
import fcntl
import hashlib
import http.client
import os
import socket
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from datetime import timedelta
from pathlib import Path

import psutil
from django.conf import settings
from django.contrib.staticfiles import finders
from django.core.management import call_command
from django.db import OperationalError, close_old_connections, connection, connections
from django.db.utils import Error as DatabaseError
from django.utils import timezone
from psycopg.errors import DiskFull

from patriot.lib.postgres import EmbeddedPostgres, PostgresError, socket_folder
from patriot.lib.processes import (
    SUPERVISOR,
    Program,
    ProgramError,
    Recorded,
    Roster,
    Supervisor,
    stop_leftovers,
)
from patriot.work.models import Heartbeat

HOST = "127.0.0.1"
# The tick comes every minute, after whatever the worker is busy with: a task ends within 100 s.
# A worker whose queue lock died with one of its children is silent for ever: replace it.
LONGEST_SILENCE = timedelta(seconds=165)
# A killed worker's rows are leased again by the next one, so nobody waits for the longest task.
WORKER_GRACE = 20.0
WEB_GRACE = 10.0
REPLACED_WITHIN = WORKER_GRACE + WEB_GRACE + 30.0
PAUSE = 0.5

Say = Callable[[str], None]


class LaunchError(Exception):
    """Something must be changed before Patriot can start; the message says what."""


@contextmanager
def in_one_sentence() -> Iterator[None]:
    """Translate every failure that a person can mend into a LaunchError."""
    try:
        yield
    except (PostgresError, ProgramError) as error:
        raise LaunchError(str(error)) from error
    except DatabaseError as error:
        raise LaunchError(_about_the_database(error)) from error
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise LaunchError(_FULL.format(settings.PATRIOT_DATA)) from error
        if isinstance(error, PermissionError) and error.filename:
            raise LaunchError(
                f"{error.filename} cannot be used ({error.strerror}): run Patriot as the owner of "
                f"{settings.PATRIOT_DATA}, or set PATRIOT_DATA to a folder of your own."
            ) from error
        raise


_FULL = "The disk of {} is full: free some space and start again; nothing is lost."


def _about_the_database(error: DatabaseError) -> str:
    if isinstance(error.__cause__, DiskFull) or "No space left on device" in str(error):
        return _FULL.format("the database")
    said = " ".join(str(error).split())
    if isinstance(error, OperationalError):
        where = f"{settings.DATABASES['default'].get('HOST') or 'the local socket'}"
        return (
            f"The database at {where} does not answer ({said}): start it, or mend DATABASE_URL."
            if not is_embedded()
            else f"The database stopped answering ({said}): start Patriot again; nothing is lost."
        )
    return f"The database refused ({said})."


# --- The database ----------------------------------------------------------------


def is_embedded() -> bool:
    """Tell whether the settings point at the embedded database."""
    folder = str(socket_folder(settings.PATRIOT_DATA))
    return bool(settings.DATABASES["default"].get("HOST") == folder)


@contextmanager
def running_database() -> Iterator[EmbeddedPostgres | None]:
    """Have the database answer; the embedded one, which is yielded, is started if needed."""
    if not is_embedded():
        connection.ensure_connection()
        yield None
        return
    database = EmbeddedPostgres(settings.PATRIOT_DATA)
    database.start()
    try:
        yield database
    finally:
        connections.close_all()
        database.stop()


def prepare(say: Say) -> None:
    """Bring tables and static files up to date; two starts at once take turns."""
    with _only_one("prepare.lock"):
        say("Bringing the database up to date")
        call_command("migrate", verbosity=0, interactive=False)
        call_command("createcachetable", verbosity=0)
        _collect_static_files(say)


def _collect_static_files(say: Say) -> None:
    stamp = settings.STATIC_ROOT / ".collected"
    wanted = _fingerprint_of_static_files()
    if stamp.exists() and stamp.read_text("ascii") == wanted:
        return
    say("Collecting the static files")
    call_command("collectstatic", verbosity=0, interactive=False, clear=True)
    stamp.write_text(wanted, "ascii")


def _fingerprint_of_static_files() -> str:
    """Return a digest of their paths, sizes and times: reading them takes seconds."""
    digest = hashlib.sha256()
    for finder in finders.get_finders():
        for path, storage in finder.list([]):
            found = Path(storage.path(path)).stat()
            digest.update(f"{path} {found.st_size} {found.st_mtime_ns}\n".encode())
    return digest.hexdigest()


# --- One start at a time ------------------------------------------------------------


def roster() -> Roster:
    return Roster(_run_folder() / "processes.json")


def _run_folder() -> Path:
    folder: Path = settings.PATRIOT_DATA / "run"
    folder.mkdir(parents=True, exist_ok=True)
    return folder


@contextmanager
def _only_one(name: str) -> Iterator[None]:
    with (_run_folder() / name).open("a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


@contextmanager
def alone(say: Say) -> Iterator[None]:
    """Be the only supervisor on this data folder: stop what an earlier start left running."""
    with (_run_folder() / "supervisor.lock").open("a") as lock:
        if stop_leftovers(roster(), grace=REPLACED_WITHIN):
            say("Stopped what still ran from an earlier start")
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise LaunchError(
                f"Another start of Patriot on {settings.PATRIOT_DATA} is just under way: "
                "wait for it, or stop it with `manage.py down`."
            ) from error
        us = Recorded.of(SUPERVISOR, os.getpid())
        roster().write([us] if us else [])
        yield


# --- Web and worker ---------------------------------------------------------------------


def check_port(port: int) -> None:
    """Raise LaunchError if we cannot serve on this port."""
    if not 0 < port < 65536:
        raise LaunchError(f"PORT is {port}: choose a number from 1 to 65535.")
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError as error:
            raise LaunchError(
                f"Port {port} cannot be used ({_holder(port) or error.strerror}): choose another "
                f"one, such as PORT={8000 if port != 8000 else 8001}."
            ) from error


def _holder(port: int) -> str:
    """Return who listens on a port, as far as we may know it."""
    with suppress(psutil.Error, OSError):
        for found in psutil.net_connections("tcp"):
            if found.status == psutil.CONN_LISTEN and found.laddr.port == port and found.pid:
                return f"{psutil.Process(found.pid).name()}, process {found.pid}, has it"
    return ""


def programs(port: int, *, allow: str = "") -> list[Program]:
    """Return the web server and the worker, in the order of their start.

    allow: an address on this machine that the worker may fetch from, as host:port
    """
    logs: Path = settings.PATRIOT_DATA / "logs"
    logs.mkdir(parents=True, exist_ok=True)
    allowed = ",".join([*settings.OUTBOUND_ALLOW, allow] if allow else settings.OUTBOUND_ALLOW)
    return [
        Program(
            name="web",
            command=(
                *(sys.executable, "-m", "gunicorn", "patriot.wsgi", "--bind", f"{HOST}:{port}"),
                *("--worker-class", "gthread", "--workers", "2", "--threads", "4"),
                *("--graceful-timeout", f"{WEB_GRACE - 2:.0f}", "--no-control-socket"),
                *("--log-level", "warning"),
            ),
            folder=settings.BASE_DIR,
            log=logs / "web.log",
            is_ready=lambda: _answers(port),
            grace=WEB_GRACE,
        ),
        Program(
            name="worker",
            command=(sys.executable, "manage.py", "qcluster"),
            folder=settings.BASE_DIR,
            log=logs / "worker.log",
            environment={"PATRIOT_WORKER": "1", "PATRIOT_OUTBOUND_ALLOW": allowed},
            grace=WORKER_GRACE,
            is_healthy=_worker_is_alive,
        ),
    ]


def _worker_is_alive() -> bool:
    """Tell whether the worker gave a sign of life lately; a silent database is not its fault."""
    # `down` must work when the pipeline cannot even be imported.
    from patriot.schedules import TICK  # noqa: PLC0415

    close_old_connections()
    since = timezone.now() - LONGEST_SILENCE  # noqa: TID251 (supervising is an interface)
    try:
        return Heartbeat.objects.filter(name=TICK, beat_at__gte=since).exists()
    except DatabaseError:
        return True


@contextmanager
def served(port: int, *, say: Say, allow: str = "") -> Iterator[Supervisor]:
    """Have web and worker run; when this is entered, the site answers."""
    check_port(port)
    supervisor = Supervisor(programs(port, allow=allow), roster=roster(), say=say)
    with ExitStack() as stack:
        stack.callback(_stop, supervisor, say)
        supervisor.start()
        yield supervisor


def _stop(supervisor: Supervisor, say: Say) -> None:
    say("Stopping web and worker (Ctrl-C again: at once)")
    supervisor.stop()


def _answers(port: int) -> bool:
    asking = http.client.HTTPConnection(HOST, port, timeout=10)
    try:
        asking.request("GET", "/healthz")
        return asking.getresponse().status < http.client.INTERNAL_SERVER_ERROR
    except (OSError, http.client.HTTPException):
        return False
    finally:
        asking.close()


def supervise(supervisor: Supervisor, database: EmbeddedPostgres | None, *, say: Say) -> None:
    """Keep everything running until a signal comes."""
    while True:
        supervisor.look()
        if database is not None and not database.is_running():
            say("The database stopped; starting it again")
            try:
                database.start()
            except PostgresError as error:
                say(str(error))
                time.sleep(10)
        time.sleep(PAUSE)
