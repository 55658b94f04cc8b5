"""Hosts on one machine: Linux network namespaces on a bridge, whose power and cables we hold.

Needs root and `ip` (iproute2). The world is the namespace of the tests themselves, at WORLD.
"""

from __future__ import annotations

import fcntl
import os
import random
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path

from tests.functional.launching import ROOT

PREFIX = "10.77.0"
WORLD = f"{PREFIX}.1"
BRIDGE = "patriot0"
# Every address in here is the world's: as many hosts of feeds as are wanted.
CITY = "10.78"


def ip(*arguments: str) -> None:
    subprocess.run(["ip", *arguments], check=True, capture_output=True)  # noqa: S607


def can_be_made() -> bool:
    """Tell whether this machine lets us make networks: root, and iproute2."""
    try:
        ip("netns", "add", "patriot-try")
        ip("netns", "delete", "patriot-try")
    except (OSError, subprocess.CalledProcessError):
        return False
    return True


@contextmanager
def a_network() -> Iterator[None]:
    """Have a bridge that all hosts are plugged into, and a city of addresses behind it."""
    # One at a time: there is one bridge of this name.
    with Path(tempfile.gettempdir(), f"{BRIDGE}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield from _a_network()


def _a_network() -> Iterator[None]:
    tear_down()
    ip("link", "add", BRIDGE, "type", "bridge")
    try:
        ip("address", "add", f"{WORLD}/24", "dev", BRIDGE)
        ip("link", "set", BRIDGE, "up")
        ip("route", "add", "local", f"{CITY}.0.0/16", "dev", "lo")
        yield
    finally:
        tear_down()


def tear_down() -> None:
    """Take away whatever an earlier run has left."""
    for space in Path("/run/netns").glob("patriot-*"):
        kill_everybody_in(space.name)
        with suppress(subprocess.CalledProcessError):
            ip("netns", "delete", space.name)
    for cable in Path("/sys/class/net").glob("pt-*"):
        with suppress(subprocess.CalledProcessError):
            ip("link", "delete", cable.name)
    with suppress(subprocess.CalledProcessError):
        ip("route", "delete", "local", f"{CITY}.0.0/16", "dev", "lo")
    with suppress(subprocess.CalledProcessError):
        ip("link", "delete", BRIDGE)


def pids_in(space: str) -> list[int]:
    asked = ["ip", "netns", "pids", space]
    told = subprocess.run(asked, check=False, capture_output=True, text=True)
    return [int(pid) for pid in told.stdout.split()]


def kill_everybody_in(space: str) -> None:
    for pid in pids_in(space):
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)


class Host:
    """A machine that runs one command, and starts it again when it ends, as systemd would."""

    def __init__(self, number: int, name: str, folder: Path) -> None:
        self.name, self.address = name, f"{PREFIX}.{number}"
        self.log = folder / f"{name}.log"
        self.folder = folder / name
        self.folder.mkdir(mode=0o755)
        self.starts = 0
        self._space, self._cable = f"patriot-{name}", f"pt-{name}"[:15]
        self._is_on, self._is_wanted = threading.Event(), True
        self._process: subprocess.Popen[bytes] | None = None
        ip("netns", "add", self._space)
        ip("link", "add", self._cable, "type", "veth", "peer", "name", "eth0", "netns", self._space)
        ip("link", "set", self._cable, "master", BRIDGE, "up")
        for arguments in (
            ("address", "add", f"{self.address}/24", "dev", "eth0"),
            ("link", "set", "eth0", "up"),
            ("link", "set", "lo", "up"),
            ("route", "add", "default", "via", WORLD),
        ):
            ip("-n", self._space, *arguments)

    def run(self, *command: str, **environment: str) -> None:
        """Switch the host on with this command of manage.py, or of Python for `-m` and `-c`."""
        program = command if command[0].startswith("-") else ("manage.py", *command)
        self._command = ["ip", "netns", "exec", self._space, sys.executable, *program]
        self._environment = {**environment, "PATRIOT_DATA": str(self.folder)}
        self._watch = threading.Thread(target=self._keep_running, daemon=True)
        self._is_on.set()
        self._watch.start()

    def _keep_running(self) -> None:
        while self._is_wanted:
            self._is_on.wait()
            if not self._is_wanted:
                return
            self.starts += 1
            with self.log.open("ab") as log:
                self._process = subprocess.Popen(
                    self._command,
                    cwd=ROOT,
                    env=self._environment,
                    stdin=subprocess.DEVNULL,
                    stdout=log,
                    stderr=log,
                    start_new_session=True,
                )
            self._process.wait()
            time.sleep(1)

    # --- What may happen to a host ---

    def cut_off(self) -> None:
        """Pull its cable: what it sends is lost, and nobody tells it."""
        ip("link", "set", self._cable, "down")

    def plug_in(self) -> None:
        ip("link", "set", self._cable, "up")

    def lose_power(self) -> None:
        """End everything on it at once, and let nobody hear of it."""
        self.cut_off()
        self._is_on.clear()
        self.kill_everything()

    def get_power(self) -> None:
        self.plug_in()
        self._is_on.set()

    def kill_everything(self) -> None:
        """Send SIGKILL to every process of the host."""
        kill_everybody_in(self._space)

    def lose_a_process(self, dice: random.Random) -> None:
        """Send SIGKILL to one of its processes: whichever, idle or not."""
        if pids := pids_in(self._space):
            with suppress(ProcessLookupError):
                os.kill(dice.choice(pids), signal.SIGKILL)

    def restart(self) -> None:
        """Ask the command to end in its own time; then it starts again."""
        if self._process is not None:
            self._process.terminate()

    def close(self) -> None:
        self._is_wanted = False
        self._is_on.set()
        while pids_in(self._space):
            self.kill_everything()
            time.sleep(0.2)
        with suppress(subprocess.CalledProcessError):
            ip("netns", "delete", self._space)


@contextmanager
def hosts(folder: Path, numbers: Mapping[str, int]) -> Iterator[dict[str, Host]]:
    """Have hosts of these names, with their last parts of the address; all off."""
    made: dict[str, Host] = {}
    with a_network():
        try:
            for name, number in numbers.items():
                made[name] = Host(number, name, folder)
            yield made
        finally:
            for host in made.values():
                host.close()
