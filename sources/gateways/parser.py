"""Reading what comes from outside where it cannot hurt: in a bounded child process.

The child is started when it is first needed and reused; one per process, also after a fork.
It has no environment, no secrets, and limits on CPU, memory and wall time; when it breaks one,
it is replaced, and the document is recorded as unreadable. A document is not to blame for what
a child has kept of those before it: a fresh child is asked once more. What it can do are the
services of `sources.gateways.parser_child`; each has a module of its own.
"""

from __future__ import annotations

import atexit
import os
import signal
import threading
import time
import weakref
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from functools import lru_cache
from itertools import zip_longest
from typing import Any

import orjson

from patriot.lib.text import html_of_text, undoubted_text
from sources.domain.entry import Cleaned, Feed
from sources.domain.page import MAX_TEXT_CHARS, Page
from sources.domain.robots import PRODUCT, Rules, bounded_delay
from sources.gateways.child import Child, Ended, Expired
from sources.gateways.frames import Message
from sources.gateways.packing import unpack
from sources.gateways.unreadable import TooHard, WrongKind

CPU_SECONDS = 5
WALL_SECONDS = 15.0
MAX_BATCH_CHARS = 1_000_000
"""Cleaned in one go: a second of computing at the very worst."""
CLEAN_SECONDS = 2.0
"""For all texts of one call, which are one document's: honest ones take a tenth of it."""
MEMORY_BYTES = 220_000_000
"""Of address space, for the child: its parent, the document and the reply come on top."""


class Parser:
    """Reads documents in a child process. May be shared by threads and survives forks."""

    def __init__(
        self,
        *,
        cpu_seconds: int = CPU_SECONDS,
        wall_seconds: float = WALL_SECONDS,
        memory_bytes: int = MEMORY_BYTES,
    ) -> None:
        self._cpu_seconds = cpu_seconds
        self._wall_seconds = wall_seconds
        self._memory_bytes = memory_bytes
        self._lock = threading.Lock()
        self._child: Child | None = None
        _parsers.add(self)

    @staticmethod
    def shared() -> Parser:
        """Return this process's own parser."""
        return _shared()

    def parse(self, body: bytes, *, url: str = "", content_type: str = "") -> Feed:
        """Read a feed. Raises WrongKind or TooHard.

        url:          where it came from, for relative links
        content_type: the HTTP header, for its charset
        """
        return unpack(self.ask("feed", body, url=url, content_type=content_type))

    def clean(self, bodies: Sequence[str], *, bases: Sequence[str] = ()) -> list[Cleaned]:
        """Return what is to read of each of these HTML texts.

        bases: where each came from, for relative links

        One that breaks the reader costs none of the others: what of it is beyond doubt is kept,
        and so of all that follow when CLEAN_SECONDS are over.
        """
        pairs = zip_longest(bodies, bases, fillvalue="")
        until = time.monotonic() + CLEAN_SECONDS
        return [each for batch in _batches(pairs) for each in self._clean(batch, until=until)]

    def _clean(self, batch: Sequence[tuple[str, str]], *, until: float) -> list[Cleaned]:
        bodies, bases = zip(*batch, strict=True)
        seconds = until - time.monotonic()
        if seconds <= 0:
            return [_undoubted(body) for body in bodies]
        try:
            # A lone surrogate is not UTF-8; nobody would see it.
            whole = orjson.dumps([body.encode(errors="ignore").decode() for body in bodies])
            more = {"bases": bases} if any(bases) else {}
            reply = self.ask("clean", whole, seconds=seconds, **more)
        except TooHard:
            if len(batch) > 1:
                return [each for pair in batch for each in self._clean([pair], until=until)]
            return [_undoubted(body) for body in bodies]
        return [Cleaned(**each) for each in reply]

    def page(self, body: bytes, *, url: str = "", content_type: str = "") -> Page:
        """Read an article's own page. Raises WrongKind or TooHard.

        url:          where it came from, for relative links
        content_type: the HTTP header, for its charset
        """
        return _page(self.ask("page", body, url=url, content_type=content_type))

    def rules(self, robots: str, urls: Sequence[str]) -> Rules:
        """Return what a robots.txt says to us about these addresses. Raises TooHard."""
        body = robots.encode(errors="replace")
        reply = self.ask("robots", body, urls=list(urls), agent=PRODUCT)
        return Rules(reply["is_allowed"], delay=bounded_delay(reply["delay"]))

    def ask(self, service: str, body: bytes, **particulars: Any) -> Any:
        """Have a service of the child read a document; return its reply as plain values.

        Raises WrongKind or TooHard.
        """
        request = orjson.dumps([service, particulars])
        with self._lock:
            reply = self._ask(request, body)
        if "wrong_kind" in reply:
            raise WrongKind(reply["wrong_kind"])
        if "error" in reply:
            raise TooHard(f"The document broke the reader ({reply['error']}).")
        return reply["result"]

    def close(self) -> None:
        """End the child; the next document starts another."""
        with self._lock:
            self._end_child()

    @property
    def child_pid(self) -> int | None:
        """The child's process id, for tests and metrics; None if there is none."""
        return self._child.pid if self._child else None

    def _ask(self, request: bytes, body: bytes, *, is_again: bool = False) -> dict[str, Any]:
        child = self._running_child()
        has_read_others = child.has_read
        try:
            message = child.ask(request, body, seconds=self._wall_seconds)
        except Expired:
            self._end_child(at_once=True)
            sentence = f"Reading the document took more than {self._wall_seconds:g} seconds."
            raise TooHard(sentence) from None
        except Ended as end:
            code = self._end_child()
            if _is_innocent(code, end, has_read_others=has_read_others, is_again=is_again):
                return self._ask(request, body, is_again=True)
            raise TooHard(self._why_it_ended(code)) from None
        reply = self._reply(message)
        if has_read_others and "needs_memory" in reply:
            return self._ask(request, body)
        return reply

    def _reply(self, message: Message) -> dict[str, Any]:
        if message.is_last:
            self._end_child()
        reply: dict[str, Any] = orjson.loads(message.head)
        return reply

    def _running_child(self) -> Child:
        if self._child is not None and not self._child.is_running:
            self._end_child()  # died while nobody was looking
        if self._child is None:
            self._child = Child(cpu_seconds=self._cpu_seconds, memory_bytes=self._memory_bytes)
        return self._child

    def _why_it_ended(self, code: int) -> str:
        """Say for an editor why the child could not go on."""
        if code == -signal.SIGXCPU:
            return f"Reading the document took more than {self._cpu_seconds} seconds of computing."
        return f"Reading the document ended the reader (code {code})."

    def _end_child(self, *, at_once: bool = False) -> int:
        """End the child if there is one, and return how it ended."""
        child, self._child = self._child, None
        if child is None:
            return 0
        return child.kill() if at_once else child.end()

    def _forget_child(self) -> None:
        """After a fork: the child is the parent's."""
        child, self._child = self._child, None
        self._lock = threading.Lock()
        if child is not None:
            child.forget()


_parsers: weakref.WeakSet[Parser] = weakref.WeakSet()


@lru_cache(maxsize=1)
def _shared() -> Parser:
    parser = Parser()
    atexit.register(parser.close)
    return parser


def _after_fork() -> None:
    for parser in list(_parsers):
        parser._forget_child()


os.register_at_fork(after_in_child=_after_fork)


def _is_innocent(code: int, end: Ended, *, has_read_others: bool, is_again: bool) -> bool:
    """Say whether a child may have ended for another reason than its document."""
    if code == -signal.SIGKILL and not is_again:
        return True  # somebody may have wanted its memory, or an operator its end
    return has_read_others and (not end.has_begun or code not in _VERDICTS)


# What a child that ended so has met in this very document: its computing ran out, or somebody
# ended it over it once more.
_VERDICTS = {-signal.SIGXCPU, -signal.SIGKILL}


def _batches(pairs: Iterable[tuple[str, str]]) -> Iterator[list[tuple[str, str]]]:
    """Divide texts so that the worst of their kind are still read in time."""
    batch: list[tuple[str, str]] = []
    size = 0
    for pair in pairs:
        if batch and size + len(pair[0]) > MAX_BATCH_CHARS:
            yield batch
            batch, size = [], 0
        batch.append(pair)
        size += len(pair[0])
    if batch:
        yield batch


def _undoubted(body: str) -> Cleaned:
    text = undoubted_text(body)[:MAX_TEXT_CHARS].rstrip()
    return Cleaned(text, html_of_text(text))


def _page(fields: dict[str, Any]) -> Page:
    published_at = fields.pop("published_at")
    return Page(
        **fields,
        published_at=None if published_at is None else datetime.fromisoformat(published_at),
    )
