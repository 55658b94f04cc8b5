"""The parser's child process: reused, bounded, replaced."""

from __future__ import annotations

import os
import resource
import signal
import subprocess
import sys
import threading
import time
from contextlib import contextmanager
from pathlib import Path

import orjson
import psutil
import pytest

from sources.gateways.parser import Parser
from sources.gateways.parser_child import MAX_DOCUMENTS
from sources.gateways.unreadable import TooHard, WrongKind

RSS = b"<rss><channel><title>T</title><item><title>One</title></item></channel></rss>"
# Each of these texts takes a tenth of a second at the very least, half a second mostly.
TOO_MUCH = orjson.dumps(["<div>" * 200_000] * 12)

SLOW = orjson.dumps(["<div>" * 200_000] * 4)


@pytest.fixture
def own_parser():
    """A parser whose child may come to harm."""
    own = Parser(cpu_seconds=30, wall_seconds=120)
    yield own
    own.close()


@contextmanager
def impatient(parser):
    """Have a parser wait for a second only: starting the child may take longer than that."""
    before, parser._wall_seconds = parser._wall_seconds, 1
    yield
    parser._wall_seconds = before


def test_a_document_is_read_in_a_child_that_is_kept(own_parser):
    assert own_parser.child_pid is None

    feed = own_parser.parse(RSS, url="https://a.example/")
    first = own_parser.child_pid
    own_parser.parse(RSS)

    assert [entry.title for entry in feed.entries] == ["One"]
    assert first not in {None, os.getpid()}
    assert own_parser.child_pid == first


def test_what_is_no_feed_is_said_so(own_parser):
    with pytest.raises(WrongKind, match="is empty"):
        own_parser.parse(b"")


def test_a_document_that_takes_too_much_computing_ends_the_child_and_not_us():
    parser = Parser(cpu_seconds=1, wall_seconds=120)
    try:
        parser.parse(RSS)
        first = parser.child_pid

        with pytest.raises(TooHard, match="more than 1 seconds of computing"):
            parser.ask("clean", TOO_MUCH)

        assert parser.parse(RSS).entry_count == 1
        assert parser.child_pid != first
        assert not psutil.pid_exists(first)
    finally:
        parser.close()


def test_a_document_that_takes_too_long_is_broken_off():
    parser = Parser(cpu_seconds=30, wall_seconds=120)
    try:
        parser.parse(RSS)
        child = psutil.Process(parser.child_pid)

        with impatient(parser), pytest.raises(TooHard, match="more than 1 seconds"):
            parser.ask("clean", TOO_MUCH)

        assert not child.is_running()
    finally:
        parser.close()


def test_a_document_that_takes_too_much_memory_is_an_error():
    # The interpreter and lxml take some 40 MB; a tree of 100 MB does not fit.
    parser = Parser(memory_bytes=100_000_000, wall_seconds=120)
    try:
        body = b"<rss><channel>" + b"<a><b/></a>" * 500_000 + b"</channel></rss>"
        with pytest.raises(TooHard, match="memory"):
            parser.parse(body)
        assert parser.parse(RSS).entry_count == 1
    finally:
        parser.close()


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_the_child_knows_none_of_our_secrets(own_parser, monkeypatch):
    monkeypatch.setenv("ANTHROPIC_API_KEY", "sk-secret")

    own_parser.parse(RSS)

    environment = Path(f"/proc/{own_parser.child_pid}/environ").read_bytes()
    assert b"secret" not in environment
    assert b"DATABASE" not in environment


def test_a_killed_child_is_replaced_without_an_error(own_parser):
    own_parser.parse(RSS)
    first = own_parser.child_pid
    os.kill(first, signal.SIGKILL)
    psutil.Process(first).wait(60)

    assert own_parser.parse(RSS).entry_count == 1
    assert own_parser.child_pid != first


def kill_while_it_reads(parser, *, times):
    """Kill the child of a parser as soon as it has computed a little; then the next one."""

    def kill():
        for _ in range(times):
            child = next_child(parser, before=killed)
            computed = sum(child.cpu_times()[:2])
            while sum(child.cpu_times()[:2]) < computed + 0.1:
                time.sleep(0.01)
            child.kill()
            killed.add(child.pid)

    killed = set()
    threading.Thread(target=kill).start()


def next_child(parser, *, before):
    """Return the child of a parser, once it has one that is not among those before."""
    while (pid := parser.child_pid) is None or pid in before:
        time.sleep(0.01)
    return psutil.Process(pid)


@pytest.mark.parametrize("has_read_others", [True, False], ids=["after others", "its first"])
def test_a_document_is_not_to_blame_for_one_death_of_its_reader(has_read_others):
    parser = Parser(cpu_seconds=60, wall_seconds=300)
    try:
        if has_read_others:
            parser.parse(RSS)
        kill_while_it_reads(parser, times=1)

        reply = parser.ask("clean", SLOW)

        assert len(reply) == 4
    finally:
        parser.close()


def test_a_child_killed_twice_over_a_document_is_an_error_and_the_next_one_works():
    parser = Parser(cpu_seconds=60, wall_seconds=300)
    try:
        parser.parse(RSS)
        kill_while_it_reads(parser, times=2)

        with pytest.raises(TooHard, match="ended the reader"):
            parser.ask("clean", TOO_MUCH)

        assert parser.parse(RSS).entry_count == 1
    finally:
        parser.close()


@pytest.mark.skipif(sys.platform != "linux", reason="limits another process")
def test_a_document_is_not_to_blame_for_what_a_child_has_kept_of_others(own_parser):
    own_parser.parse(RSS)
    first = own_parser.child_pid
    size = psutil.Process(first).memory_info().vms + 2_000_000
    resource.prlimit(first, resource.RLIMIT_AS, (size, size))
    body = RSS.replace(b"One", b"One" * 2_000_000)

    feed = own_parser.parse(body)

    assert feed.entry_count == 1
    assert own_parser.child_pid != first


@pytest.mark.skipif(sys.platform != "linux", reason="counts what is left in a pipe")
def test_a_child_that_dies_before_it_looks_at_a_document_is_replaced_without_an_error(own_parser):
    own_parser.parse(RSS)
    first = own_parser.child_pid
    os.kill(first, signal.SIGSTOP)
    threading.Timer(0.3, os.kill, (first, signal.SIGKILL)).start()

    assert own_parser.parse(RSS).entry_count == 1
    assert own_parser.child_pid != first


@pytest.mark.skipif(sys.platform != "linux", reason="a stopped child does not read")
@pytest.mark.parametrize("size", [pytest.param(10, id="small"), pytest.param(9_000_000, id="big")])
def test_a_child_that_does_not_listen_is_broken_off_in_time(size):
    parser = Parser(wall_seconds=120)
    try:
        parser.parse(RSS)
        os.kill(parser.child_pid, signal.SIGSTOP)

        with impatient(parser), pytest.raises(TooHard, match="more than 1 seconds"):
            parser.parse(RSS + b" " * size)

        assert parser.parse(RSS).entry_count == 1
    finally:
        parser.close()


def test_a_child_does_not_grow_old(own_parser):
    own_parser.ask("clean", b"[]")
    first = own_parser.child_pid

    for _ in range(MAX_DOCUMENTS):
        own_parser.ask("clean", b"[]")

    assert own_parser.child_pid != first
    assert not psutil.pid_exists(first)


def test_what_is_read_may_be_long(own_parser):
    body = b"<p>" + b"A line of text.<br>" * 300_000

    [cleaned] = own_parser.clean([body.decode()])

    assert len(cleaned.text) > 90_000


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_a_child_that_has_read_a_feed_is_small(own_parser):
    own_parser.parse(RSS.replace(b"</item>", b"<link>https://a.example/1</link></item>"))

    assert psutil.Process(own_parser.child_pid).memory_info().rss < 40_000_000


def test_threads_share_one_child(own_parser):
    counts = []

    def work():
        counts.extend(own_parser.parse(RSS).entry_count for _ in range(5))

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert counts == [1] * 20


IN_ANOTHER_PROCESS = """
import os, sys, time
from sources.gateways.parser import Parser
parser = Parser()
rss = b"<rss><channel><title>T</title></channel></rss>"
parser.parse(rss)
ours = parser.child_pid
if os.fork() == 0:
    parser.parse(rss)
    theirs = parser.child_pid
    parser.parse(rss)
    print(ours, theirs, flush=True)
    time.sleep(60)
time.sleep(60)
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
def test_each_fork_has_its_own_child_and_children_die_with_their_parents():
    process = subprocess.Popen(
        [sys.executable, "-c", IN_ANOTHER_PROCESS],
        stdout=subprocess.PIPE,
        env={"PYTHONPATH": str(Path(__file__).parents[3])},
    )
    with process:
        ours, theirs = (psutil.Process(int(pid)) for pid in process.stdout.readline().split())
        fork = theirs.parent()
        assert ours.parent().pid == process.pid
        assert fork.pid != process.pid

        process.kill()
        psutil.wait_procs([ours], timeout=60)
        assert not ours.is_running() or ours.status() == psutil.STATUS_ZOMBIE
        assert theirs.is_running()

        fork.kill()
        psutil.wait_procs([theirs], timeout=60)
        assert not theirs.is_running() or theirs.status() == psutil.STATUS_ZOMBIE
