"""What the tests of sources share: a server on loopback, a parser in its child process."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from sources.gateways.feed_parser import FeedParser
from tests.sources.server import Server


@pytest.fixture
def server() -> Iterator[Server]:
    with Server() as running:
        yield running


@pytest.fixture(scope="session")
def parser() -> Iterator[FeedParser]:
    """One child process for all tests that do not break theirs."""
    shared = FeedParser()
    yield shared
    shared.close()
