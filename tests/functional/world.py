"""The world around a house: a city of feeds, a proxy in front, readers, relays to our servers."""

from __future__ import annotations

import asyncio
import json
import random
import threading
import time
from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from email.utils import format_datetime
from typing import Self

from tests.functional.hosts import CITY, WORLD

# As many as a host may serve; the last numbers of an address go from 1 to 250.
PER_BLOCK = 250
FIRST_ENTRIES = 2
SYLLABLES = [a + b for a in "bdfgklmnprstv" for b in ("a", "e", "i", "o", "u", "en", "or")]
UNANSWERED = 504


class Background:
    """Something that runs on an event loop in a thread of its own."""

    def __enter__(self) -> Self:
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()
        self.ask(self.begin())
        return self

    def __exit__(self, *_: object) -> None:
        async def end() -> None:
            others = asyncio.all_tasks() - {asyncio.current_task()}
            if self.server is not None:
                self.server.close()
            for task in others:
                task.cancel()
            await asyncio.gather(*others, return_exceptions=True)

        self.ask(end())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(30)
        self._loop.close()

    def ask(self, work: object) -> object:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(60)  # type: ignore[arg-type]

    server: asyncio.Server | None = None

    async def begin(self) -> None:
        """Start the server."""
        raise NotImplementedError


# --- Feeds -------------------------------------------------------------------------
def host_of(number: int) -> str:
    return f"{CITY}.{number // PER_BLOCK}.{number % PER_BLOCK + 1}"


def document(number: int, entries: int, *, began: datetime) -> bytes:
    """Return a feed's document: its newest entries first, all that it ever had."""
    items = "".join(_item(number, entry, began=began) for entry in range(entries, 0, -1))
    head = f"<title>Outlet {number}</title><link>http://outlet{number}.example/</link>"
    return (
        '<?xml version="1.0" encoding="utf-8"?><rss version="2.0"><channel>'
        f"{head}<description>News</description><language>en</language>{items}</channel></rss>"
    ).encode()


def _item(number: int, entry: int, *, began: datetime) -> str:
    # Three outlets each tell the same events.
    dice = random.Random(f"{number // 3} {entry}")
    names = ["".join(dice.choices(SYLLABLES, k=3)).capitalize() for _ in range(4)]
    words = " ".join("".join(dice.choices(SYLLABLES, k=2)) for _ in range(8))
    title = f"{names[0]} {names[1]} opens the {words.split()[0]} in {names[2]}"
    text = (
        f"The town of {names[2]} opened its {words} on Tuesday. "
        f"{names[0]} {names[1]} of {names[3]} paid {dice.randint(11, 999)} crowns for it. "
        f"Outlet {number} was there."
    )
    at = format_datetime(began - timedelta(minutes=30 - entry))
    link = f"http://outlet{number}.example/{entry}"
    return (
        f"<item><title>{title}</title><link>{link}</link><guid>{link}</guid>"
        f"<pubDate>{at}</pubDate><description>{text}</description></item>"
    )


class City(Background):
    """Serves `count` feeds, each at an address of its own; any of them may have more to say."""

    def __init__(self, count: int, *, began: datetime) -> None:
        self.began = began
        self.entries = [FIRST_ENTRIES] * count
        self.asked = 0

    async def begin(self) -> None:
        server = await asyncio.start_server(self._answer, "0.0.0.0", 0, backlog=1_000)  # noqa: S104
        self.port = server.sockets[0].getsockname()[1]
        self.server = server

    def say_more(self, number: int) -> None:
        self.entries[number] += 1

    def url(self, number: int) -> str:
        return f"http://{host_of(number)}:{self.port}/feed.xml"

    def authorities(self) -> list[str]:
        return [f"{host_of(number)}:{self.port}" for number in range(len(self.entries))]

    async def _answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(OSError, asyncio.IncompleteReadError, asyncio.LimitOverrunError):
            head = await reader.readuntil(b"\r\n\r\n")
            self.asked += 1
            _, _, block, last = map(int, writer.get_extra_info("sockname")[0].split("."))
            number = block * PER_BLOCK + last - 1
            tag = f'"{number}-{self.entries[number]}"'.encode()
            if b"If-None-Match: " + tag in head:
                status, body = b"304 Not Modified", b""
            else:
                status = b"200 OK"
                body = document(number, self.entries[number], began=self.began)
            writer.write(
                b"HTTP/1.1 %s\r\nETag: %s\r\nContent-Type: application/rss+xml\r\n"
                b"Content-Length: %d\r\nConnection: close\r\n\r\n%s"
                % (status, tag, len(body), body)
            )
            await writer.drain()
        writer.close()


# --- Relays and the proxy ----------------------------------------------------------
async def _pour(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with suppress(OSError):
        while piece := await reader.read(65_536):
            writer.write(piece)
            await writer.drain()
    with suppress(OSError):
        writer.write_eof()


class Relay(Background):
    """Lets other hosts reach a server that listens on loopback only."""

    def __init__(self, port: int) -> None:
        self._to = port

    async def begin(self) -> None:
        self.server = await asyncio.start_server(self._pass_on, WORLD, 0)
        self.port = self.server.sockets[0].getsockname()[1]

    async def _pass_on(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(OSError):
            there, back = await asyncio.open_connection("127.0.0.1", self._to)  # noqa: TID251
            await asyncio.gather(_pour(reader, back), _pour(there, writer))
            back.close()
        writer.close()


@dataclass
class Answered:
    """What one reader was given."""

    status: int
    body: bytes


class Proxy:
    """Asks one web host, and the other where that one fails: as any proxy is set up to."""

    PATIENCE = 60.0
    ONE_TRY = 15.0

    def __init__(self, hosts: Sequence[tuple[str, int]]) -> None:
        self._hosts = list(hosts)
        self._next = 0
        self.tries: Counter[str] = Counter()
        """By what came of them: a status, or the name of an error."""

    async def get(self, path: str) -> Answered:
        """Return what a host answers within a minute; 504 if none does."""
        until = time.monotonic() + self.PATIENCE
        while time.monotonic() < until:
            for _ in self._hosts:
                self._next += 1
                host, port = self._hosts[self._next % len(self._hosts)]
                try:
                    answered = await asyncio.wait_for(_asked(host, port, path), self.ONE_TRY)
                except (OSError, EOFError, TimeoutError, ValueError) as error:
                    self.tries[type(error).__name__] += 1
                    continue
                self.tries[str(answered.status)] += 1
                if answered.status not in (502, 503, 504):
                    return answered
            await asyncio.sleep(0.5)
        return Answered(UNANSWERED, b"")


async def _asked(host: str, port: int, path: str) -> Answered:
    connecting = asyncio.open_connection(host, port)  # noqa: TID251
    reader, writer = await asyncio.wait_for(connecting, 2)
    try:
        writer.write(f"GET {path} HTTP/1.1\r\nHost: {WORLD}\r\nConnection: close\r\n\r\n".encode())
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
        length = next(
            int(line.partition(":")[2])
            for line in head.lower().split("\r\n")
            if line.startswith("content-length:")
        )
        return Answered(int(head.split()[1]), await reader.readexactly(length))
    except StopIteration:
        raise ValueError("no length") from None
    finally:
        writer.close()


# --- Readers and clients ------------------------------------------------------------
@dataclass
class Visits:
    """What readers and clients were given."""

    answers: Counter[str] = field(default_factory=Counter)
    """By kind of address and status."""
    wrong: list[str] = field(default_factory=list)
    longest: float = 0.0


class Public(Background):
    """Readers and API clients, each asking again and again."""

    def __init__(self, proxy: Proxy, *, readers: int) -> None:
        self._proxy, self._readers = proxy, readers
        self.visits = Visits()
        self.is_over = False

    async def begin(self) -> None:
        self._tasks = [
            asyncio.create_task(self._visit(random.Random(number)))
            for number in range(self._readers)
        ]

    async def _visit(self, dice: random.Random) -> None:
        while not self.is_over:
            path, is_right = dice.choice(PAGES)
            began = time.monotonic()
            answered = await self._proxy.get(path)
            self.visits.longest = max(self.visits.longest, time.monotonic() - began)
            self.visits.answers[f"{path} {answered.status}"] += 1
            if answered.status != 200 or not is_right(answered.body):
                said = f"{path}: {answered.status} {answered.body[:120]!r}"
                self.visits.wrong.append(f"{time.strftime('%H:%M:%S')} {said}")
            await asyncio.sleep(dice.uniform(0.2, 1.0))


def _is_page(body: bytes) -> bool:
    return body.rstrip().endswith(b"</html>")


def _is_list(body: bytes) -> bool:
    return isinstance(json.loads(body)["results"], list)


def _is_feed(body: bytes) -> bool:
    return body.rstrip().endswith(b"</feed>")


PAGES: Sequence[tuple[str, Callable[[bytes], bool]]] = (
    ("/", _is_page),
    ("/reports/", _is_page),
    ("/stories/", _is_page),
    ("/reports/feed.atom", _is_feed),
    ("/api/v1/reports/", _is_list),
    ("/api/v1/articles/?page_size=50", _is_list),
)
