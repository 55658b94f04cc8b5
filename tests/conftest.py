"""One clock, one database cluster, no network: what every test stands on."""

import gc
import os
import shutil
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import settings as hypothesis_settings
from pytest_django import DjangoDbBlocker
from pytest_socket import socket_allow_hosts

from tests.claude_server import ClaudeServer
from tests.cluster import remove_data_folder, running_cluster
from tests.tavily_server import TavilyServer

LOOPBACK = ["127.0.0.1", "::1"]
BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")

# The same examples on every run: a failure is a failure for everybody. Slow machines are no bug.
hypothesis_settings.register_profile("patriot", derandomize=True, deadline=None)
hypothesis_settings.load_profile("patriot")


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_auto_num_workers() -> int:
    """Return two more than there are cores: much of the time is waiting, for processes mostly."""
    return (os.cpu_count() or 1) + 2


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Iterator[None]:
    """Collect without looking for garbage: there is none, and looking takes half of the time."""
    gc.disable()
    try:
        return (yield)
    finally:
        gc.freeze()
        gc.enable()


def pytest_unconfigure() -> None:
    remove_data_folder()


def pytest_runtest_setup() -> None:
    """Forbid every address but loopback; Unix sockets are PostgreSQL's and ours."""
    socket_allow_hosts(LOOPBACK, allow_unix_socket=True)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Skip browser tests where there is no Chromium, unless they are required."""
    if find_chromium() or os.environ.get("PATRIOT_REQUIRE_BROWSER") == "1":
        return
    skip = pytest.mark.skip(reason="needs Chromium: install it (apt install chromium) and rerun")
    for item in items:
        if "browser" in item.keywords or "chromium" in getattr(item, "fixturenames", ()):
            item.add_marker(skip)


@pytest.hookimpl(trylast=True, specname="pytest_collection_modifyitems")
def pytest_order_files(items: list[pytest.Item]) -> None:
    """Begin with the files that take minutes, so that no worker is left alone with one.

    The most patient time limits come first. All tests come in random order, but those of a file
    that is marked to be one story.
    """
    slow = {item.path for item in items if item.keywords.keys() & {"slow", "browser"}}
    limits = {item.path: mark.args[0] for item in items for mark in item.iter_markers("timeout")}
    items.sort(key=lambda item: (-limits.get(item.path, 0), item.path not in slow))
    for path in {item.path for item in items if "one_story" in item.keywords}:
        places = [index for index, item in enumerate(items) if item.path == path]
        told = sorted(
            (items[place] for place in places), key=lambda item: item.reportinfo()[1] or 0
        )
        for place, item in zip(places, told, strict=True):
            items[place] = item


def find_chromium() -> Path | None:
    """Return the browser of this machine, None if there is none."""
    found = (shutil.which(name) for name in BROWSERS)
    return next((Path(path) for path in found if path), None)


@pytest.fixture(scope="session")
def chromium() -> Path:
    """The path of Chromium; fails without one (where that may be, the test was skipped)."""
    found = find_chromium()
    assert found is not None, "PATRIOT_REQUIRE_BROWSER=1, but there is no Chromium on this machine"
    return found


@pytest.fixture(scope="session")
def django_db_modify_db_settings(
    django_db_modify_db_settings_parallel_suffix: None, django_db_blocker: DjangoDbBlocker
) -> Iterator[None]:
    """Have the database server run before the first test database is made."""
    with ExitStack() as stack:
        with django_db_blocker.unblock():
            stack.enter_context(running_cluster())
        yield


@pytest.fixture
def now() -> datetime:
    """The clock of all tests: a Tuesday morning, half an hour before the first report."""
    return datetime(2026, 6, 9, 6, 30, tzinfo=UTC)


@pytest.fixture
def claude_server() -> Iterator[ClaudeServer]:
    """A server on loopback that speaks Claude's API; honest until its script says otherwise."""
    with ClaudeServer() as running:
        yield running


@pytest.fixture
def tavily_server() -> Iterator[TavilyServer]:
    """A server on loopback that speaks Tavily's API."""
    with TavilyServer() as running:
        yield running
