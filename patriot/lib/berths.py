"""A folder that several processes write to: each has a number of its own while it lives.

A number is free again when its process has ended, however it ended: the system frees the lock. So
the files of a folder are as many as processes ever lived at the same time, and who takes a number
goes on with the files of whoever had it before. A folder that nobody has a number in is emptied by
the first who comes, and removed by whoever comes to the folder beside it.
"""

from __future__ import annotations

import fcntl
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

MAX_BERTHS = 1_000


class Berth:
    """The number of this process in a folder; after a fork the child takes one of its own."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._pid = 0
        self._lock = -1
        self._number = -1

    def __call__(self) -> int:
        """Return the number; cheap, because it is asked for with every count."""
        if self._pid != os.getpid():
            self._take()
        return self._number

    def _take(self) -> None:
        if self._lock >= 0:
            os.close(self._lock)  # a copy of our parent's, which keeps it
        with _at_the_door(self.folder):
            _remove_the_abandoned(self.folder.parent)
            self.folder.mkdir(exist_ok=True)
            self._number, self._lock = _first_free(self.folder)
            self._pid = os.getpid()
            _remove_gauges(self.folder, self._number)

    def leave(self) -> None:
        """Give the number back before the process ends."""
        os.close(self._lock)
        self._lock, self._pid = -1, 0

    def bury_the_dead(self) -> None:
        """Remove what processes that have ended said of their present; their counts stay."""
        with _at_the_door(self.folder):
            for path in self.folder.glob("*.berth"):
                if not _is_taken(path):
                    _remove_gauges(self.folder, int(path.stem))


@contextmanager
def _at_the_door(folder: Path) -> Iterator[None]:
    """Let one process at a time take or give away numbers."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    with (folder.parent / "door.lock").open("a") as door:
        fcntl.flock(door, fcntl.LOCK_EX)
        yield


def _remove_the_abandoned(parent: Path) -> None:
    for folder in parent.iterdir():
        if folder.is_dir() and not any(_is_taken(path) for path in folder.glob("*.berth")):
            shutil.rmtree(folder, ignore_errors=True)


def _first_free(folder: Path) -> tuple[int, int]:
    for number in range(MAX_BERTHS):
        lock = os.open(folder / f"{number}.berth", os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(lock)
        else:
            return number, lock
    raise RuntimeError(f"{MAX_BERTHS} processes use {folder}")


def _is_taken(path: Path) -> bool:
    with suppress(FileNotFoundError), path.open("r+b") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
    return False


def _remove_gauges(folder: Path, number: int) -> None:
    for path in folder.glob(f"gauge_*_{number}.db"):
        path.unlink(missing_ok=True)
