"""A house of its own for a benchmark: settings, a PostgreSQL that is removed at the end, meters.

Import it before anything that needs Django.
"""

# ruff: noqa: E402 (settings come from the environment)

from __future__ import annotations

import os
import resource
import shutil
import sys
import tempfile
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))
os.environ["PATRIOT_DATA"] = tempfile.mkdtemp(prefix="patriot-bench-")
Path(os.environ["PATRIOT_DATA"]).chmod(0o755)  # as root the server runs as another user
os.environ["PATRIOT_DOTENV"] = os.devnull
os.environ["PATRIOT_ENV"] = "test"
os.environ["DJANGO_SETTINGS_MODULE"] = "patriot.settings"
os.environ.pop("DATABASE_URL", None)

import django
import psutil

django.setup()

from django.conf import settings
from django.core.management import call_command
from django.db import connection

from patriot.lib.postgres import EmbeddedPostgres
from sources.models import Source

NOW = datetime(2026, 6, 9, 6, 30, tzinfo=UTC)
BATCH = 50


@contextmanager
def a_database() -> Iterator[None]:
    folder = Path(settings.PATRIOT_DATA)
    server = EmbeddedPostgres(folder)
    server.start()
    try:
        call_command("migrate", verbosity=0)
        yield
    finally:
        connection.close()
        server.halt()
        shutil.rmtree(folder, ignore_errors=True)


def add_sources(addresses: Iterable[str], *, first: int = 0) -> list[int]:
    """Store a source for each address, due at once; return their ids in this order.

    first: the number of the first one, where there are some already
    """
    made = Source.objects.bulk_create(
        Source(name=f"Outlet {number}", slug=f"outlet-{number}", url=url, not_before=NOW)
        for number, url in enumerate(addresses, start=first)
    )
    return [source.pk for source in made]


def batches(ids: list[int]) -> list[list[int]]:
    return [ids[first : first + BATCH] for first in range(0, len(ids), BATCH)]


@dataclass(frozen=True)
class Cost:
    """What something took: seconds of CPU of our processes and of PostgreSQL's, and wall time."""

    ours: float
    database: float
    wall: float

    @property
    def cpu(self) -> float:
        return self.ours + self.database

    def __sub__(self, other: Cost) -> Cost:
        return Cost(self.ours - other.ours, self.database - other.database, self.wall - other.wall)


def spent(*, children: Iterable[int | None] = ()) -> Cost:
    """Return what has been spent until now by us, these children of ours, and PostgreSQL."""
    ended = resource.getrusage(resource.RUSAGE_CHILDREN)
    ours = time.process_time() + ended.ru_utime + ended.ru_stime
    for pid in filter(None, children):
        with suppress(psutil.NoSuchProcess):
            times = psutil.Process(pid).cpu_times()
            ours += times.user + times.system
    return Cost(ours, _postgres_seconds(), time.perf_counter())


def _postgres_seconds() -> float:
    """Seconds of CPU of all of PostgreSQL's processes, those that ended too."""
    postmaster = _postmaster()
    times = postmaster.cpu_times()
    total = times.user + times.system + times.children_user + times.children_system
    for process in postmaster.children():
        with suppress(psutil.NoSuchProcess):
            times = process.cpu_times()
            total += times.user + times.system
    return float(total)


def _postmaster() -> psutil.Process:
    cluster = Path(settings.PATRIOT_DATA) / "postgres" / "cluster" / "postmaster.pid"
    return psutil.Process(int(cluster.read_text(encoding="ascii").split()[0]))


def megabytes(pid: int | None) -> tuple[float, float]:
    """Return the largest resident size that a process had, and its proportional size now."""
    with suppress(psutil.NoSuchProcess, OSError):
        memory = psutil.Process(pid).memory_full_info() if pid else None
        if memory is not None:
            status = Path(f"/proc/{pid}/status").read_text(encoding="ascii")
            peak = next(line.split()[1] for line in status.splitlines() if "VmHWM" in line)
            return int(peak) / 1_000, memory.pss / 1e6
    return 0.0, 0.0
