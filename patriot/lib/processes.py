"""Long-running programs of ours: they start under a guardian, stop in order, leave nobody behind.

What lives on after a crash of everything, guardians included, is found again by the roster:
a file that remembers each process by its number *and* its start time and command line, so that
a number which the system has given to somebody else since is never taken for ours.

Errors:

* ProgramError     a program could not be started: the message quotes the end of its log
"""

from __future__ import annotations

import json
import os
import secrets
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext, suppress
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path

import psutil

GUARDIAN = Path(__file__).with_name("guardian.py")
# psutil computes a start time from clock ticks and the boot time, which NTP may move a little.
SAME_START = 2.0
# An older log goes to NAME.log.1 when a program starts.
MAX_LOG_BYTES = 10_000_000
LONGEST_BACKOFF = 60.0
# Who lived this long had recovered: the next death counts from one again.
RECOVERED_AFTER = 60.0
SLOW_TO_DIE = 10.0
SLOW_TO_EXEC = 0.5
READY_WITHIN = 60.0


class ProgramError(Exception):
    """A program of ours could not be started."""


def guarded(
    command: Sequence[str],
    *,
    stop_signal: signal.Signals = signal.SIGTERM,
    grace: float = 10.0,
    user: str | None = None,
    users: Path | None = None,
    status_fd: int | None = None,
) -> list[str]:
    """Return the command line that runs this command under a guardian.

    grace: seconds between the stop signal and the kill
    user:  run the command as this user; only root can
    users: it lives while somebody holds a lock on this file, not while this process does
    """
    # Isolated and without site-packages: 20 ms to start, and nothing of ours can break it.
    line = [sys.executable, "-I", "-S", str(GUARDIAN)]
    line += ["--users", str(users)] if users else ["--parent", str(os.getpid())]
    line += ["--signal", str(int(stop_signal)), "--grace", str(grace)]
    line += ["--user", user] if user else []
    line += ["--status-fd", str(status_fd)] if status_fd is not None else []
    return [*line, "--", *command]


# --- Programs and children -----------------------------------------------------


@dataclass(frozen=True, kw_only=True)
class Program:
    """What to run; `name` is the word for it in sentences and in the name of its log.

    log:        where it writes; None to where we write, as containers and systemd want it
    is_ready:   asked when all are started together: the next one waits for this one
    is_healthy: asked now and then while it runs, with its main pid; False: alive but of no use
    patience:   seconds after its start before is_healthy is asked
    """

    name: str
    command: tuple[str, ...]
    folder: Path
    log: Path | None
    environment: Mapping[str, str] = field(default_factory=dict)
    grace: float = 10.0
    is_ready: Callable[[], bool] | None = None
    is_healthy: Callable[[int], bool] | None = None
    patience: float = 120.0


class Child:
    """A running program: its guardian, which is our child, and its main process."""

    def __init__(self, program: Program) -> None:
        """Start the program; raises ProgramError if its command cannot be run at all."""
        self.program = program
        self.started_at = time.monotonic()
        reading, writing = os.pipe()
        try:
            with open_log(program.log) if program.log else nullcontext() as log:
                self._guardian = subprocess.Popen(
                    guarded(program.command, grace=program.grace, status_fd=writing),
                    cwd=program.folder,
                    env={**os.environ, **program.environment},
                    stdin=subprocess.DEVNULL,
                    stdout=log,
                    stderr=log,
                    start_new_session=True,
                    pass_fds=[writing],
                )
        finally:
            os.close(writing)
        with os.fdopen(reading) as status:
            said = status.read().strip()  # ends at once: the guardian writes and closes, or dies
        if not said:
            self._guardian.wait()
            raise ProgramError(f"The {program.name} cannot be started: {log_end(program.log)}")
        self.main_pid = int(said)

    @property
    def guardian_pid(self) -> int:
        return self._guardian.pid

    @property
    def age(self) -> float:
        return time.monotonic() - self.started_at

    def exit_code(self) -> int | None:
        """Return the exit code of the main process, or None while it lives."""
        return self._guardian.poll()

    def ask_to_stop(self) -> None:
        if self.exit_code() is None:
            self._guardian.terminate()

    def wait(self, seconds: float) -> bool:
        """Wait until it has ended; False if it still lives after so many seconds."""
        try:
            self._guardian.wait(seconds)
        except subprocess.TimeoutExpired:
            return False
        return True

    def kill(self) -> None:
        """End the whole session now; the guardian then ends by itself."""
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(self.main_pid, signal.SIGKILL)
        if not self.wait(SLOW_TO_DIE):
            self._guardian.kill()
            self._guardian.wait()


@contextmanager
def open_log(path: Path) -> Iterator[int]:
    """Open a log for appending, readable by its owner only; a long one starts afresh."""
    with suppress(FileNotFoundError):
        if path.stat().st_size > MAX_LOG_BYTES:
            path.replace(path.with_name(f"{path.name}.1"))
    log = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_NOFOLLOW, 0o600)
    try:
        yield log
    finally:
        os.close(log)


def log_lines(path: Path, *, since: int = 0) -> list[str]:
    """Return what a log says from an offset on, at most its last 8,000 bytes."""
    try:
        with path.open("rb") as log:
            log.seek(max(since, log.seek(0, os.SEEK_END) - 8000))
            text = log.read().decode("utf-8", errors="replace")
    except OSError:
        return []
    return [line.strip() for line in text.splitlines() if line.strip()]


def log_end(path: Path | None, *, lines: int = 3) -> str:
    """Return the last lines of a log as one line; "" if there are none."""
    return " / ".join(log_lines(path)[-lines:]) if path else ""


# --- The roster ----------------------------------------------------------------


@dataclass(frozen=True)
class Recorded:
    """A process as it was when it was written down."""

    name: str
    pid: int
    started_at: float
    command: list[str]

    @classmethod
    def of(cls, name: str, pid: int) -> Recorded | None:
        """Return the record of a living process, None if it has ended."""
        try:
            found = psutil.Process(pid)
            return cls(name, pid, found.create_time(), _command_of(found))
        except (psutil.NoSuchProcess, psutil.AccessDenied):
            return None

    def find(self) -> psutil.Process | None:
        """Return the very process that was recorded, if it still lives."""
        try:
            found = psutil.Process(self.pid)
            is_same = (
                abs(found.create_time() - self.started_at) <= SAME_START
                and found.cmdline() == self.command
                and found.status() != psutil.STATUS_ZOMBIE
            )
        except (psutil.NoSuchProcess, psutil.AccessDenied):
            return None
        return found if is_same else None


def _command_of(found: psutil.Process) -> list[str]:
    """Return a process's command line.

    In the middle of its exec it has none for a moment: recorded so, it would never be found.
    """
    end = time.monotonic() + SLOW_TO_EXEC
    while not (command := found.cmdline()) and time.monotonic() < end:
        time.sleep(0.01)
    return list(command)


class Roster:
    """The file of the processes that we started and have not seen end."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def read(self) -> list[Recorded]:
        """Return everybody on the file; a missing or broken file is an empty one."""
        try:
            return [Recorded(**entry) for entry in json.loads(self._path.read_text("utf-8"))]
        except (OSError, ValueError, TypeError):
            return []

    def write(self, records: Sequence[Recorded]) -> None:
        fresh = self._path.with_name(f"{self._path.name}.{secrets.token_hex(4)}")
        fresh.write_text(json.dumps([asdict(record) for record in records]), "utf-8")
        fresh.replace(self._path)

    def clear(self) -> None:
        self._path.unlink(missing_ok=True)

    def mark(self) -> dict[str, str]:
        """Return the environment by which a program's whole family is known as ours."""
        return {ROSTER_MARK: str(self._path)}

    def orphans(self, record: Recorded) -> list[psutil.Process]:
        """Return those of a dead main process's group that still live."""
        return [
            member
            for member in psutil.process_iter()
            if _group_of(member) == record.pid and self._is_marked(member)
        ]

    def _is_marked(self, member: psutil.Process) -> bool:
        with suppress(psutil.Error):
            return bool(member.environ().get(ROSTER_MARK) == str(self._path))
        return False


SUPERVISOR = "supervisor"
ROSTER_MARK = "PATRIOT_ROSTER"


def _group_of(member: psutil.Process) -> int | None:
    with suppress(ProcessLookupError, PermissionError):
        return os.getpgid(member.pid)
    return None


def stop_leftovers(roster: Roster, *, grace: float) -> list[str]:
    """Stop whoever is on the roster and still lives; return their names.

    First the supervisor, which stops its children in order; then whoever outlived it.
    """
    stopped: list[str] = []
    records = roster.read()
    for record in sorted(records, key=lambda record: record.name != SUPERVISOR):
        if record.pid == os.getpid():
            continue
        found = record.find()
        family = [found] if found is not None else roster.orphans(record)
        for member in family:
            _end(member, grace=grace)
            stopped.append(record.name)
    roster.clear()
    return stopped


def _end(found: psutil.Process, *, grace: float) -> None:
    """SIGTERM, wait, SIGKILL; to the whole session when it leads one."""
    group = _group_of(found)
    with suppress(psutil.NoSuchProcess):
        found.terminate()
        if not has_ended(found, within=grace):
            found.kill()
    if group is not None and group == found.pid != os.getpgid(0):
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(group, signal.SIGKILL)


def has_ended(found: psutil.Process, *, within: float) -> bool:
    """Wait for the end of a process; one whose parent has not noticed has ended, too."""
    end = time.monotonic() + within
    while time.monotonic() < end:
        try:
            if found.status() == psutil.STATUS_ZOMBIE:
                return True
        except psutil.NoSuchProcess:
            return True
        time.sleep(0.1)
    return False


# --- The supervisor ------------------------------------------------------------


@dataclass
class _Post:
    """A program's place: who fills it now, and when it may be filled again."""

    program: Program
    child: Child | None = None
    deaths: int = 0
    not_before: float = 0.0
    last_health_look: float = 0.0


class Supervisor:
    """Keeps programs running: a dead one is started again, later and later."""

    def __init__(
        self, programs: Sequence[Program], *, roster: Roster, say: Callable[[str], None]
    ) -> None:
        self._posts = [_Post(program) for program in programs]
        self._roster = roster
        self._say = say

    def start(self) -> None:
        """Start everybody, one after the other; raises ProgramError if one does not get ready."""
        for post in self._posts:
            post.child = self._child(post.program)
            self._record()
            _wait_until_ready(post.child)

    def look(self) -> None:
        """Start the dead again when their time has come. Call it about every second."""
        for post in self._posts:
            if post.child is None:
                if time.monotonic() >= post.not_before:
                    self._fill(post)
            elif (code := post.child.exit_code()) is not None:
                self._note_death(post, f"stopped ({_in_words(code)})")
            elif self._is_useless(post, post.child):
                post.child.kill()
                self._note_death(post, "gave no sign of life and was stopped")

    def stop(self) -> None:
        """Stop everybody in the reverse order of their start, each within its grace."""
        living = [post.child for post in reversed(self._posts) if post.child is not None]
        try:
            for child in living:
                child.ask_to_stop()
                child.wait(child.program.grace + SLOW_TO_DIE)
        finally:  # also when a second Ctrl-C ends the waiting
            for child in living:
                child.kill()
            for post in self._posts:
                post.child = None
            self._roster.clear()

    def _child(self, program: Program) -> Child:
        return Child(replace(program, environment={**program.environment, **self._roster.mark()}))

    def _fill(self, post: _Post) -> None:
        try:
            post.child = self._child(post.program)
        except ProgramError as error:
            self._note_death(post, f"could not be started: {error}")
        self._record()

    def _note_death(self, post: _Post, how: str) -> None:
        has_recovered = post.child is not None and post.child.age > RECOVERED_AFTER
        post.deaths = 1 if has_recovered else post.deaths + 1
        wait = min(2.0 ** (post.deaths - 1), LONGEST_BACKOFF)
        post.child, post.not_before = None, time.monotonic() + wait
        ending = log_end(post.program.log, lines=1) or "(nothing)"
        where = f" The end of {post.program.log}: {ending}" if post.program.log else ""
        self._say(f"The {post.program.name} {how}; starting it again in {wait:.0f} s.{where}")

    def _is_useless(self, post: _Post, child: Child) -> bool:
        asks_again_in = 10.0
        now = time.monotonic()
        if post.program.is_healthy is None or child.age < post.program.patience:
            return False
        if now - post.last_health_look < asks_again_in:
            return False
        post.last_health_look = now
        return not post.program.is_healthy(child.main_pid)

    def _record(self) -> None:
        pids = [(SUPERVISOR, os.getpid())]
        for post in self._posts:
            if post.child is not None:
                pids.append((post.program.name, post.child.guardian_pid))
                pids.append((post.program.name, post.child.main_pid))
        records = [Recorded.of(name, pid) for name, pid in pids]
        self._roster.write([record for record in records if record is not None])


def _wait_until_ready(child: Child) -> None:
    program = child.program
    while program.is_ready is not None and not program.is_ready():
        if child.exit_code() is not None or child.age > READY_WITHIN:
            raise ProgramError(
                f"The {program.name} does not start. The end of its log: {log_end(program.log)}"
            )
        time.sleep(0.1)


def _in_words(code: int) -> str:
    """Say an exit code as a person would: 137 is "killed by SIGKILL"."""
    if code > 128:  # as shells and our guardian tell a signal
        with suppress(ValueError):
            return f"ended by {signal.Signals(code - 128).name}"
    return f"exit code {code}"


@contextmanager
def interrupted_by_signals() -> Iterator[None]:
    """Let SIGTERM and SIGHUP interrupt like Ctrl-C, so that one `finally` serves all three."""
    numbers = (signal.SIGTERM, signal.SIGHUP)
    before = {number: signal.signal(number, signal.default_int_handler) for number in numbers}
    before[signal.SIGINT] = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
