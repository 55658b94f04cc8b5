"""A mail server on loopback: takes letters, or answers as it is told to."""

from __future__ import annotations

import email
import socket
import socketserver
import threading
from email.message import Message
from typing import Any

REPLIES = {"HELO": "250 hello", "EHLO": "250 hello", "MAIL": "250 ok", "RCPT": "250 ok"}
REPLIES |= {"RSET": "250 ok", "QUIT": "221 bye", "DATA": "354 go on", ".": "250 taken"}


class _Session(socketserver.StreamRequestHandler):
    server: Any

    def handle(self) -> None:
        owner: MailServer = self.server.owner
        if owner.greeting == "hang":
            owner.leave.wait()
            return
        self.say(owner.greeting)
        for line in self.rfile:
            words = line.decode().strip()
            command = words.partition(" ")[0].upper()
            owner.said.append(words)
            reply = next(
                (
                    told
                    for start, told in owner.script.items()
                    if words.lower().startswith(start.lower())
                ),
                REPLIES.get(command, "502 what?"),
            )
            if reply == "hang up":
                return
            if reply == "hang":
                owner.leave.wait()
                return
            self.say(reply)
            if command == "QUIT":
                return
            if reply.startswith("354"):
                self.take(owner)

    def take(self, owner: MailServer) -> None:
        lines = []
        for line in self.rfile:
            if line == b".\r\n":
                break
            # A dot in front of a dot is the wire's (RFC 5321, 4.5.2).
            lines.append(line.removeprefix(b".") if line.startswith(b"..") else line)
        reply = owner.script.get(".", REPLIES["."])
        if reply == "hang up":
            self.connection.shutdown(socket.SHUT_RDWR)
            return
        if reply == "hang":
            owner.leave.wait()
            return
        if reply.startswith("250"):
            owner.wire.append(b"".join(lines))
            owner.letters.append(email.message_from_bytes(owner.wire[-1]))
        self.say(reply)

    def say(self, reply: str) -> None:
        self.wfile.write(f"{reply}\r\n".encode())


class MailServer:
    """Speaks as much SMTP as Django asks for; honest until its script says otherwise."""

    def __init__(self) -> None:
        self.letters: list[Message] = []
        self.wire: list[bytes] = []
        """The same letters, as they came."""
        self.said: list[str] = []
        self.greeting = "220 mail.test"
        self.script: dict[str, str] = {}
        """What to answer to lines that begin so; “.” is the end of a letter.

        "hang up" closes the connection, "hang" says nothing more until the server ends.
        """
        self.leave = threading.Event()

    def __enter__(self) -> MailServer:
        self._server = socketserver.ThreadingTCPServer(("127.0.0.1", 0), _Session)
        self._server.daemon_threads = True
        self._server.owner = self  # type: ignore[attr-defined]
        self.port = self._server.server_address[1]
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,))
        self._thread.start()
        return self

    def __exit__(self, *error: object) -> None:
        self.leave.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()
