"""Whatever part of an idle worker is killed, work goes on in three minutes and no orphan stays.

An idle child of the queue holds the lock of its pipe while it waits: whoever kills it makes all
others wait for ever, and django-q2 does not notice (its sentinel replaces the child only).
"""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable, Iterator

import psutil
import psycopg
import pytest

from patriot.lib.postgres import DATABASE_NAME, DATABASE_USER, socket_folder
from tests.functional.launching import House, is_alive, wait_for

pytestmark = [pytest.mark.slow, pytest.mark.prove, pytest.mark.timeout(1_800)]

# The goal; the clock begins when the signal was sent.
WITHIN = 180.0


@pytest.fixture
def house() -> Iterator[House]:
    house = House()
    yield house
    house.run("down")
    shutil.rmtree(house.folder, ignore_errors=True)


def sentinel(main: psutil.Process) -> psutil.Process:
    """Return the only child of the queue's main process that has children itself."""
    (found,) = (child for child in main.children() if child.children())
    return found


def child(number: int) -> Callable[[psutil.Process], psutil.Process]:
    """Return what finds one of the sentinel's children, in the order in which they were made."""
    return lambda main: sorted(sentinel(main).children(), key=lambda one: one.pid)[number]


VICTIMS: dict[str, Callable[[psutil.Process], psutil.Process]] = {
    "a worker": child(0),
    "another worker": child(1),
    "the monitor": child(2),
    "the pusher": child(3),
    "the sentinel": sentinel,
    "the main process": lambda main: main,
}


def ticks_after(house: House, moment: float) -> bool:
    """Tell whether a task has run since: the tick is one, and says when it ran."""
    with psycopg.connect(
        host=str(socket_folder(house.folder / "data")), user=DATABASE_USER, dbname=DATABASE_NAME
    ) as database:
        row = database.execute(
            "SELECT extract(epoch FROM beat_at) FROM work_heartbeat WHERE name = 'tick'"
        ).fetchone()
    return row is not None and float(row[0]) > moment


def whole_tree(house: House) -> psutil.Process:
    """Return the worker's main process, once all of its children are there."""
    main = None

    def is_whole() -> bool:
        nonlocal main
        try:
            main = psutil.Process(house.main_pid("worker"))
            return len(sentinel(main).children()) >= 4
        except (psutil.Error, ValueError, OSError, IndexError):
            return False

    wait_for(is_whole, within=120, what="the whole worker")
    assert main is not None
    return main


def test_work_goes_on_within_three_minutes_whoever_is_killed(house: House) -> None:
    took: dict[str, float] = {}
    up = house.start("up")
    try:
        up.wait_until_it_runs()
        wait_for(lambda: ticks_after(house, 0), within=150, what="the first tick")
        for name, find in VICTIMS.items():
            main = whole_tree(house)
            time.sleep(2)  # nothing is under way then: the tick took a moment, a minute ago
            family = [main, *main.children(recursive=True)]
            victim = find(main)
            victim.kill()
            killed = time.time()
            wait_for(lambda at=killed: ticks_after(house, at), within=WITHIN, what=f"{name}'s work")
            took[name] = time.time() - killed
            now_alive = {house.main_pid("worker")}
            if main.pid not in now_alive:
                wait_for(
                    lambda old=family: not any(is_alive(one.pid) for one in old),
                    within=60,
                    what=f"the end of those that {name} left",
                )
        print({name: f"{seconds:.0f} s" for name, seconds in took.items()})  # noqa: T201
    finally:
        up.end()

    assert took.keys() == VICTIMS.keys()
    assert house.processes() == []
