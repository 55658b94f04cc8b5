"""A web server on loopback that answers as it is told: byte by byte, and badly where wanted."""

from __future__ import annotations

import socket
import ssl
import struct
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import Self

Behavior = Callable[[socket.socket], None]


@dataclass
class Server:
    """Answers each path with its behavior; remembers what it was asked."""

    host: str = "127.0.0.1"
    pages: dict[str, Behavior] = field(default_factory=dict)
    requests: list[str] = field(default_factory=list)
    most_at_once: int = 0
    context: ssl.SSLContext | None = None
    """Speaks TLS if set."""
    greeting: Behavior | None = None
    """What it does instead of listening, if set."""
    _at_once: int = 0

    def __enter__(self) -> Self:
        self._socket = socket.create_server((self.host, 0))
        self._lock = threading.Lock()
        self._is_open = True
        threading.Thread(target=self._serve, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._is_open = False
        with suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)  # wakes up who accepts
        self._socket.close()

    @property
    def port(self) -> int:
        return int(self._socket.getsockname()[1])

    @property
    def authority(self) -> str:
        return f"{self.host}:{self.port}"

    def url(self, path: str = "/feed") -> str:
        return f"http://{self.authority}{path}"

    def serve(self, behavior: Behavior, path: str = "/feed") -> str:
        """Answer `path` with `behavior` from now on; return its address."""
        self.pages[path] = behavior
        return self.url(path)

    def _serve(self) -> None:
        while self._is_open:
            try:
                connection, _ = self._socket.accept()
            except OSError:
                return
            threading.Thread(target=self._answer, args=(connection,), daemon=True).start()

    def _secured(self, connection: socket.socket) -> socket.socket:
        connection.settimeout(60)
        if self.context is None:
            return connection
        return self.context.wrap_socket(connection, server_side=True)

    def _answer(self, accepted: socket.socket) -> None:
        try:
            if self.greeting is not None:
                with accepted:
                    self.greeting(accepted)
                return
            with accepted, self._secured(accepted) as connection:
                with self._counted():
                    request = b""
                    while b"\r\n\r\n" not in request:
                        piece = connection.recv(65_536)
                        if not piece:
                            return
                        request += piece
                    # Long enough for a second connection to show itself.
                    time.sleep(0.02)
                text = request.decode("latin-1")
                self.requests.append(text)
                path = text.split(" ", 2)[1]
                self.pages.get(path, answering(404))(connection)
        except OSError:
            return  # the client had enough

    @contextmanager
    def _counted(self) -> Iterator[None]:
        """Count a connection while it waits for its answer.

        Not until its end: the client may begin the next one before we have noticed.
        """
        with self._lock:
            self._at_once += 1
            self.most_at_once = max(self.most_at_once, self._at_once)
        try:
            yield
        finally:
            with self._lock:
                self._at_once -= 1


def answering(status: int = 200, body: bytes = b"", **headers: str) -> Behavior:
    """Answer properly. Header names are written with underscores."""

    def behave(connection: socket.socket) -> None:
        lines = [f"HTTP/1.1 {status} Because", f"Content-Length: {len(body)}", "Connection: close"]
        lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
        connection.sendall("\r\n".join(lines).encode("latin-1") + b"\r\n\r\n" + body)

    return behave


def sending(*pieces: bytes, every: float = 0.0) -> Behavior:
    """Send these bytes, whatever they are, with a pause after each."""

    def behave(connection: socket.socket) -> None:
        for piece in pieces:
            connection.sendall(piece)
            time.sleep(every)

    return behave


def silent(beginning: bytes = b"") -> Behavior:
    """Send `beginning`, then nothing more until the client hangs up, or for a minute."""

    def behave(connection: socket.socket) -> None:
        connection.sendall(beginning)
        connection.settimeout(60)
        while connection.recv(65_536):
            pass

    return behave


def never_ending(beginning: bytes, piece: bytes, *, every: float = 0.0) -> Behavior:
    """Send `beginning`, then `piece` for as long as anybody listens."""

    def behave(connection: socket.socket) -> None:
        connection.sendall(beginning)
        while True:
            connection.sendall(piece)
            time.sleep(every)

    return behave


def resetting(beginning: bytes = b"") -> Behavior:
    """Send `beginning` and break the connection off without a farewell."""

    def behave(connection: socket.socket) -> None:
        connection.sendall(beginning)
        time.sleep(0.05)
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))

    return behave
