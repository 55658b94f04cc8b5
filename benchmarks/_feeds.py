"""Invented feeds, and a server in a process of its own that serves them from loopback addresses.

Feed number n lives at 127.1.x.y, a host of its own. Everything is drawn from a seed: two runs
serve the same bytes.
"""

# ruff: noqa: S311 (the draws need no secrecy)

from __future__ import annotations

import asyncio
import multiprocessing
import random
import resource
import socket
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from functools import cache
from typing import Self

NOON = datetime(2026, 6, 9, 5, 0, tzinfo=UTC)
ENTRIES = 30
CHANGED = 20  # every so manyth feed has a new version in the second round
MOST_FEEDS = 250 * 250
_COMMON = (
    "the",
    "of",
    "and",
    "to",
    "in",
    "a",
    "is",
    "that",
    "for",
    "it",
    "as",
    "was",
    "with",
    "on",
)

# What a server does when it is asked.
CONDITIONAL, AGAIN = 0, 1


def host(number: int) -> str:
    return f"127.1.{number // 250}.{number % 250 + 1}"


@cache
def _words() -> list[str]:
    """Some thousand invented words, the frequent ones short."""
    rng = random.Random("words of the feeds")
    syllables = [a + b for a in "bcdfghklmnprstvw" for b in ("a", "e", "i", "o", "u", "en", "er")]
    made = {"".join(rng.choices(syllables, k=1 + rank % 4)): None for rank in range(6_000)}
    return [*_COMMON, *sorted(made, key=len)]


@cache
def _weights() -> list[float]:
    total, weights = 0.0, []
    for rank in range(len(_words())):
        total += 1 / (rank + 2.7)
        weights.append(total)
    return weights


def _text(rng: random.Random, count: int) -> str:
    """Sentences of invented words."""
    words = rng.choices(_words(), cum_weights=_weights(), k=count)
    sentences = [words[at : at + 14] for at in range(0, count, 14)]
    return " ".join(" ".join(sentence).capitalize() + "." for sentence in sentences)


def document(number: int, version: int = 1, *, entries: int = ENTRIES) -> bytes:
    """Return a feed: 30 entries of 60 to 120 words; each further version has two new ones."""
    newest = ENTRIES + 2 * (version - 1)
    items = [_item(number, entry) for entry in range(newest, newest - entries, -1)]
    head = f"<title>Outlet {number}</title><link>http://outlet{number}.example/</link>"
    about = "<description>Invented news</description><language>en</language>"
    feed = f'<?xml version="1.0" encoding="utf-8"?>\n<rss version="2.0"><channel>{head}{about}'
    return (feed + "\n".join(items) + "</channel></rss>").encode()


def _item(number: int, entry: int) -> str:
    rng = random.Random(f"feed {number} entry {entry}")
    count = rng.randint(60, 120)
    title, first, second = _text(rng, 9), _text(rng, count // 2), _text(rng, count - count // 2)
    at = format_datetime(NOON - timedelta(hours=ENTRIES - entry, seconds=number % 3_600))
    link = f"http://outlet{number}.example/2026/06/story-{entry}"
    return (
        f"<item><title>{title}</title><link>{link}</link><guid>{link}</guid>"
        f"<pubDate>{at}</pubDate>"
        f"<description><![CDATA[<p>{first}</p><p>{second}</p>]]></description></item>"
    )


class FeedServer:
    """Serves `count` feeds in a process of its own; counts what each was asked."""

    def __init__(
        self, count: int, *, delay: float = 0.0, entries: int = ENTRIES, body: bytes | None = None
    ) -> None:
        """
        delay:   seconds before each answer
        entries: how many each feed has
        body:    what every feed says, else its document
        """
        assert count <= MOST_FEEDS
        context = multiprocessing.get_context("fork")
        self.count = count
        self.delay = delay
        self._entries = entries
        self._body = body
        self._round = context.Value("i", 1)
        self._behavior = context.Value("i", CONDITIONAL)
        self.asked = context.Array("i", count, lock=False)
        self._socket = socket.socket()
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self._socket.bind(("0.0.0.0", 0))  # noqa: S104 (strangers are turned away)
        self._socket.listen(4_096)
        self.port = int(self._socket.getsockname()[1])
        self._process = context.Process(target=self._serve, daemon=True)

    def __enter__(self) -> Self:
        self._process.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._process.terminate()
        self._process.join()
        self._socket.close()

    @property
    def pid(self) -> int:
        return self._process.pid or 0

    def authorities(self) -> list[str]:
        return [f"{host(number)}:{self.port}" for number in range(self.count)]

    def url(self, number: int) -> str:
        return f"http://{host(number)}:{self.port}/feed.xml"

    def change(self) -> None:
        """Have every twentieth feed say something new."""
        self._round.value += 1

    def forget(self) -> None:
        """Begin to count again."""
        for number in range(self.count):
            self.asked[number] = 0

    def repeat(self) -> None:
        """Answer with the whole document from now on, whether or not it changed."""
        self._behavior.value = AGAIN

    def version(self, number: int) -> int:
        return self._round.value if number % CHANGED == 0 else 1

    def document(self, number: int, version: int) -> bytes:
        """Return what a feed says; drawn when it is first asked for."""
        return (
            self._body
            if self._body is not None
            else document(number, version, entries=self._entries)
        )

    # --- In the other process ----------------------------------------------------------------

    def _serve(self) -> None:
        with suppress(ValueError, OSError):
            _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
            resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
        self._kept: dict[tuple[int, int], bytes] = {}
        asyncio.run(self._listen())

    async def _listen(self) -> None:
        loop = asyncio.get_running_loop()
        await loop.create_server(lambda: _Conversation(self), sock=self._socket)
        await asyncio.Event().wait()

    def reply(self, number: int, request: bytes) -> bytes:
        self.asked[number] += 1
        version = self.version(number)
        etag = b'"%d-%d"' % (number, version)
        head = b"ETag: %s\r\nLast-Modified: Tue, 09 Jun 2026 06:00:00 GMT\r\n" % etag
        if self._behavior.value == CONDITIONAL and b"If-None-Match: " + etag in request:
            return b"HTTP/1.1 304 Not Modified\r\n" + head + b"\r\n"
        body = self._kept.get((number, version))
        if body is None:
            body = self._kept[number, version] = self.document(number, version)
        head += b"Content-Type: application/rss+xml\r\nContent-Length: %d\r\n\r\n" % len(body)
        return b"HTTP/1.1 200 OK\r\n" + head + body


class _Conversation(asyncio.Protocol):
    """One connection; requests one after the other."""

    def __init__(self, server: FeedServer) -> None:
        self._server = server
        self._heard = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        address = transport.get_extra_info("sockname")[0]
        _, one, high, low = map(int, address.split("."))
        self._number = high * 250 + low - 1
        if (one, address[:4]) != (1, "127.") or self._number >= self._server.count:
            transport.abort()

    def data_received(self, heard: bytes) -> None:
        self._heard += heard
        while b"\r\n\r\n" in self._heard:
            request, _, self._heard = self._heard.partition(b"\r\n\r\n")
            reply = self._server.reply(self._number, request)
            if self._server.delay:
                asyncio.get_running_loop().call_later(self._server.delay, self._write, reply)
            else:
                self._write(reply)

    def _write(self, reply: bytes) -> None:
        if not self._transport.is_closing():
            self._transport.write(reply)
