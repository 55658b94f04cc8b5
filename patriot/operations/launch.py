"""What `up` and `demo` share: the database, the preparation, web and worker.

Errors:

* LaunchError     something that a person must change before it can start; one sentence
"""

from __future__ import annotations

import errno
import fcntl
import hashlib
import os
import socket
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from http.client import (  # noqa: TID251 (asks our own web on loopback)
    INTERNAL_SERVER_ERROR,
    HTTPConnection,
    HTTPException,
)
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TextIO

import psutil
from django.conf import settings
from django.contrib.staticfiles import finders
from django.core.management import call_command
from django.db import OperationalError, close_old_connections, connection, connections
from django.db.backends.utils import CursorWrapper
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
from patriot.work import beats

HOST = "127.0.0.1"
# A killed worker's rows are leased again by the next one, so nobody waits for the longest task.
WORKER_GRACE = 20.0
WEB_GRACE = 10.0
REPLACED_WITHIN = WORKER_GRACE + WEB_GRACE + 30.0
# In a container or under systemd nobody waits at a terminal: requests and tasks may end.
PATIENT_WEB_GRACE = 20.0
LONGEST_TASK: int = settings.Q_CLUSTER["timeout"]  # type: ignore[assignment]
PATIENT_WORKER_GRACE = LONGEST_TASK + 10.0
PAUSE = 0.5
# The number of the database's lock for migrations: any, as long as nobody else has it.
PREPARATION = 7_283_741

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
        prepare_database(say)
        _collect_static_files(say)


def prepare_database(say: Say) -> None:
    """Bring the tables up to date; of several machines that do it at once, one does it first."""
    with _turn_at_the_database(say):
        say("Bringing the database up to date")
        call_command("migrate", verbosity=0, interactive=False)
        call_command("createcachetable", verbosity=0)


@contextmanager
def _turn_at_the_database(say: Say) -> Iterator[None]:
    """Hold the database's lock for migrations; the server frees it however we end.

    We ask again and again instead of waiting inside the server: a statement that waits there
    would itself be waited for by a migration that builds an index concurrently.
    """
    has_told = False
    with connection.cursor() as cursor:
        while not _is_ours(cursor, "SELECT pg_try_advisory_lock(%s)"):
            if not has_told:
                say("Somebody else is bringing the database up to date: waiting for them")
            has_told = True
            time.sleep(PAUSE)
    try:
        yield
    finally:
        with connection.cursor() as cursor:
            _is_ours(cursor, "SELECT pg_advisory_unlock(%s)")


def _is_ours(cursor: CursorWrapper, asking: str) -> bool:
    cursor.execute(asking, [PREPARATION])
    return bool(cursor.fetchone()[0])


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
def alone(say: Say, *, port: int) -> Iterator[None]:
    """Be the only supervisor on this data folder, or raise LaunchError; stop what a dead one left.

    port: where we are about to serve, for the sentence that the next start is refused with
    """
    with (_run_folder() / "supervisor.lock").open("a+") as lock:
        try:
            # The system frees it with its holder, however that one dies.
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise LaunchError(_who_runs_here(lock)) from error
        lock.truncate(0)
        lock.write(f"{os.getpid()} {port}")
        lock.flush()
        if stop_leftovers(roster(), grace=REPLACED_WITHIN):
            say("Stopped what still ran from an earlier start")
        us = Recorded.of(SUPERVISOR, os.getpid())
        roster().write([us] if us else [])
        yield


def _who_runs_here(lock: TextIO) -> str:
    lock.seek(0)
    pid, _, port = lock.read().partition(" ")
    who = f" (process {pid}, http://{HOST}:{port})" if port else ""
    return f"Patriot already runs here{who}. Stop it with `make stop` first."


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
            command=web_command(f"{HOST}:{port}", workers=2, threads=4, grace=WEB_GRACE - 2),
            folder=settings.BASE_DIR,
            log=logs / "web.log",
            is_ready=lambda: _answers(port),
            grace=WEB_GRACE,
        ),
        worker_program(log=logs / "worker.log", grace=WORKER_GRACE, allowed=allowed),
    ]


def web_command(address: str, *, workers: int, threads: int, grace: float) -> tuple[str, ...]:
    """Return gunicorn's command line.

    address: where it listens, as host:port
    grace:   seconds that a request may still take once we are asked to stop
    """
    return (
        *(sys.executable, "-m", "gunicorn", "patriot.wsgi", "--bind", address),
        *("--worker-class", "gthread", "--workers", f"{workers}", "--threads", f"{threads}"),
        *("--graceful-timeout", f"{grace:.0f}", "--no-control-socket"),
        # As much as it takes: what is longer than its usual 4 KB is refused by us, in a sentence.
        *("--limit-request-line", "8190"),
        # Whatever a library leaks goes with its process, and not all go in the same minute.
        *("--max-requests", "5000", "--max-requests-jitter", "500"),
        # Who may tell us about the reader's connection is said once: TRUSTED_PROXIES.
        *("--forwarded-allow-ips", ""),
        *("--log-level", "warning", "--logger-class", "patriot.lib.web_log.JSONLogger"),
    )


def worker_program(*, log: Path | None, grace: float, allowed: str) -> Program:
    """Return the queue's worker, which is replaced when it does nothing any more.

    allowed: what it may fetch from although the address is not public, as OUTBOUND_ALLOW
    """
    return Program(
        name="worker",
        command=(sys.executable, "manage.py", "qcluster"),
        folder=settings.BASE_DIR,
        log=log,
        environment={
            "PATRIOT_WORKER": "1",
            "PATRIOT_OUTBOUND_ALLOW": allowed,
            beats.VARIABLE: beats.name_of_ours(),
        },
        grace=grace,
        is_healthy=_worker_is_of_use,
    )


def _worker_is_of_use(pid: int) -> bool:
    """Tell whether our worker does what there is to do; a silent database is not its fault."""
    close_old_connections()
    now = timezone.now()  # noqa: TID251 (supervising is an interface)
    try:
        return beats.is_of_use(beats.name_of_ours(), pid, now=now)
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


def _wait_for_database(say: Say) -> None:
    """Wait until it answers: a worker that starts without one only fills the log."""
    has_told = False
    while True:
        try:
            connection.ensure_connection()
        except OperationalError as error:
            if not has_told:
                say(_about_the_database(error))
            has_told = True
            time.sleep(PAUSE)
        else:
            connection.close()
            return


@contextmanager
def working(*, say: Say) -> Iterator[Supervisor]:
    """Have one worker run, which writes where we write; any number of them share a database."""
    with ExitStack() as stack:
        # A guardian ends the worker with us, so nobody needs to find it by a file afterwards.
        folder = Path(stack.enter_context(TemporaryDirectory(prefix="patriot-work-")))
        worker = worker_program(
            log=None, grace=PATIENT_WORKER_GRACE, allowed=",".join(settings.OUTBOUND_ALLOW)
        )
        _wait_for_database(say)
        supervisor = Supervisor([worker], roster=Roster(folder / "processes.json"), say=say)
        stack.callback(supervisor.stop)
        supervisor.start()
        yield supervisor


def _stop(supervisor: Supervisor, say: Say) -> None:
    say("Stopping web and worker (Ctrl-C again: at once)")
    supervisor.stop()


def _answers(port: int) -> bool:
    asking = HTTPConnection(HOST, port, timeout=10)
    try:
        asking.request("GET", "/healthz")
        return asking.getresponse().status < INTERNAL_SERVER_ERROR
    except (OSError, HTTPException):
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
