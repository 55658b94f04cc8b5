"""What the tests of sources share: a server on loopback, a parser in its child process."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from sources.gateways.parser import Parser
from tests.sources.server import Server


@pytest.fixture
def server() -> Iterator[Server]:
    with Server() as running:
        yield running


@pytest.fixture(scope="session")
def parser() -> Iterator[Parser]:
    """One child process for all tests that do not break theirs."""
    shared = Parser(wall_seconds=60)  # a busy machine is no bad document
    yield shared
    shared.close()
