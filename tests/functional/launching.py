"""Start Patriot's commands as a person would, on a data folder and a port of their own."""

import json
import os
import secrets
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from http.client import HTTPConnection  # noqa: TID251 (a visitor)
from pathlib import Path

import psutil

ROOT = Path(__file__).resolve().parents[2]


def free_port() -> int:
    """Return a port that stays free until its server listens, a minute later perhaps.

    None of those that the system picks from: any outgoing connection, of this test or of one
    beside it, may be given the very port that we were told is free.
    """
    while True:
        port = 10_000 + secrets.randbelow(20_000)  # `random` is the same everywhere
        with socket.socket() as probe, suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return port


def wait_for(condition: Callable[[], object], *, within: float, what: str) -> None:
    end = time.monotonic() + within
    while not condition():
        assert time.monotonic() < end, f"waited {within} s in vain for {what}"
        time.sleep(0.1)


def is_alive(pid: int) -> bool:
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def answers(port: int, path: str = "/healthz") -> bool:
    return asked(port, path) is not None


def asked(port: int, path: str) -> bytes | None:
    """Return what is at an address; None if nobody answers, or is at a loss."""
    asking = HTTPConnection("127.0.0.1", port, timeout=30)
    try:
        asking.request("GET", path)
        answer = asking.getresponse()
        return answer.read() if answer.status < 500 else None
    except OSError:
        return None
    finally:
        asking.close()


class House:
    """One installation: a data folder, a port, and the commands run on them."""

    def __init__(self) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="patriot-house-"))
        # As root, the database server runs as another user, who must get through.
        self.folder.chmod(0o755)
        self.port = free_port()

    def environment(self, *, without: Sequence[str] = (), **more: str) -> dict[str, str]:
        ours = {
            "PATRIOT_DATA": str(self.folder / "data"),
            "PATRIOT_DOTENV": os.devnull,
            "PATRIOT_ENV": "test",
            "PORT": str(self.port),
            **more,
        }
        unset = {"DATABASE_URL", "DJANGO_SETTINGS_MODULE"} - more.keys() | set(without)
        everything = os.environ | ours
        return {name: text for name, text in everything.items() if name not in unset}

    def run(
        self, *arguments: str, without: Sequence[str] = (), **environment: str
    ) -> subprocess.CompletedProcess[str]:
        """Run a command to its end."""
        return subprocess.run(
            [sys.executable, "manage.py", *arguments],
            cwd=ROOT,
            env=self.environment(without=without, **environment),
            check=False,
            capture_output=True,
            text=True,
            timeout=500,
            stdin=subprocess.DEVNULL,
        )

    def start(self, *arguments: str, **environment: str) -> "Running":
        return Running(self, arguments, self.environment(**environment))

    def processes(self) -> list[int]:
        """Return everybody who is known by this data folder: on a command line or by its mark."""
        found = []
        for candidate in psutil.process_iter():
            try:
                told = [*candidate.cmdline(), candidate.environ().get("PATRIOT_DATA", "")]
            except psutil.Error:
                continue
            if candidate.pid != os.getpid() and any(str(self.folder) in part for part in told):
                found.append(candidate.pid)
        return [pid for pid in found if is_alive(pid)]

    def main_pid(self, name: str) -> int:
        """Return the main process of the web or the worker; its guardian is noted before it."""
        records = json.loads((self.folder / "data" / "run" / "processes.json").read_text())
        return int([record["pid"] for record in records if record["name"] == name][-1])

    def database_pid(self) -> int:
        pid_file = self.folder / "data" / "postgres" / "cluster" / "postmaster.pid"
        return int(pid_file.read_text().split("\n")[0])


class Running:
    """A command that runs until it is stopped, and what it has said so far."""

    def __init__(self, house: House, arguments: tuple[str, ...], environment: dict[str, str]):
        self._house = house
        self._process = subprocess.Popen(
            [sys.executable, "manage.py", *arguments],
            cwd=ROOT,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )
        self.said = ""
        self._listener = threading.Thread(target=self._listen, daemon=True)
        self._listener.start()

    @property
    def pid(self) -> int:
        return self._process.pid

    def _listen(self) -> None:
        assert self._process.stdout
        for line in self._process.stdout:
            self.said += line

    def wait_until_it_says(self, text: str, *, within: float = 300) -> None:
        wait_for(
            lambda: text in self.said or self._process.poll() is not None,
            within=within,
            what=f"{text!r}; so far: {self.said}",
        )
        assert text in self.said, self.said

    def wait_until_it_runs(self) -> None:
        self.wait_until_it_says("Ctrl-C stops everything")

    def signal(self, number: signal.Signals) -> None:
        self._process.send_signal(number)

    def wait(self, seconds: float = 300) -> int:
        code = self._process.wait(seconds)
        self._listener.join(60)
        assert self._process.stdout
        self._process.stdout.close()
        return code

    def end(self) -> None:
        """Whatever became of the test, leave nothing behind."""
        if self._process.poll() is None:
            self._process.kill()
        self.wait()
        wait_for(lambda: not self._house.processes(), within=120, what="everybody's end")
