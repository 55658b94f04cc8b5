"""Claude on loopback: speaks the Messages API to the real SDK, and answers as it is told.

    with ClaudeServer(script=[rate_limited(5), honest]) as server:
        claude = Claude(api_key="k", base_url=server.url)

A behavior looks at what was asked and returns what goes over the wire. Those that answer as a
model read the passages out of the request, so that they work with any story.
"""

from __future__ import annotations

import json
import re
import socket
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self
from zlib import crc32

from patriot.ledger.prices import Usage
from reports.domain.analysis import DraftClaim, GroundedClaim, Kind, Quote, SourcePassage
from reports.domain.grounding import ground
from reports.domain.sentences import split_sentences

KEY = "sk-ant-test-key"
VERSION = "2026-10-21"
NOTHING = Usage()
EPOCH = datetime(2026, 6, 9, tzinfo=UTC)
# Longer than any deadline of a test, shorter than anybody's patience.
FOR_EVER = 120.0


@dataclass(frozen=True)
class Asked:
    """A request, as a model would understand it."""

    model: str
    system: str
    message: str
    passages: Mapping[str, SourcePassage]
    """By the ids of this request; the outlet stands for the family."""
    refused: tuple[Kind, ...]
    """The kinds of the sentences to mend; none when it is an analysis."""

    @property
    def purpose(self) -> str:
        return "repair" if self.refused else "analyze"


@dataclass(frozen=True)
class Wire:
    """What goes back."""

    status: int = 200
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)
    usage: Usage = NOTHING
    """What the answer says was used; nothing where it says nothing that can be read."""
    sent: int | None = None
    """How many bytes of the body are sent before the connection breaks; None for all."""
    pause: float = 0.0
    """Seconds before each byte of the body; the headers wait as long."""


@dataclass(frozen=True)
class Logged:
    """One request and how it was answered."""

    purpose: str
    model: str
    status: int
    request_id: str
    usage: Usage
    asked: Asked | None = None
    """None for what the API itself does not accept."""


Behavior = Callable[[Asked], Wire]
Claims = list[dict[str, Any]]


# --- Reading a request -----------------------------------------------------------------------

_FENCED = re.compile(r"^(\w+) begin$", re.MULTILINE)
_ARTICLE = re.compile(r"article (\d+): (.*)")
_PASSAGE = re.compile(r"(p\d+)( \(headline\))?: (.*)")
_REFUSED = re.compile(r"sentence \d+ \((\w+)\): ")


def read_request(body: Mapping[str, Any]) -> Asked:
    """Return what a request asks for."""
    [message] = body["messages"]
    text = message["content"]
    found = _FENCED.search(text)
    delimiter = found[1] if found else ""
    ours = [line.removeprefix(f"{delimiter} ") for line in text.split("\n") if delimiter in line]
    kinds = tuple(Kind(match[1]) for line in ours if (match := _REFUSED.match(line)))
    return Asked(body["model"], str(body.get("system", "")), text, dict(_passages(ours)), kinds)


def _passages(lines: Sequence[str]) -> Iterator[tuple[str, SourcePassage]]:
    article, outlet, language, is_copy = 0, "", "", False
    for line in lines:
        if match := _ARTICLE.match(line):
            article = int(match[1])
            outlet, *marks = match[2].split(" | ")
            language = next((m.split(" ")[1] for m in marks if m.startswith("language ")), "")
            is_copy = "copy of an earlier article" in marks
        elif match := _PASSAGE.match(line):
            number = int(match[1].removeprefix("p"))
            yield (
                match[1],
                SourcePassage(
                    id=number,
                    article_id=article,
                    number=0 if match[2] else number,
                    text=match[3],
                    language=language,
                    family=outlet,
                    outlet=outlet,
                    published_at=EPOCH,
                    is_copy=is_copy,
                ),
            )


# --- Answering as a model --------------------------------------------------------------------


def standing_claims(asked: Asked) -> Claims:
    """Return claims that hold: the publishers' own sentences, of one language."""
    by_id = {passage.id: passage for passage in asked.passages.values()}
    language = _language(asked)
    wanted = list(asked.refused) or [
        Kind.HEADLINE, Kind.LEAD, Kind.LEAD, Kind.DETAIL, Kind.DETAIL, Kind.DETAIL, Kind.WHY,
    ]  # fmt: skip
    claims: Claims = []
    for short, sentence in _sentences(asked, language):
        if not wanted:
            break
        text = f"What matters here: {sentence}" if wanted[0] is Kind.WHY else sentence
        draft = DraftClaim(wanted[0], text, (Quote(int(short.removeprefix("p")), sentence),))
        if isinstance(ground(draft, passages=by_id, language=language), GroundedClaim):
            claims.append(_claim(wanted.pop(0), text, (short, sentence)))
    return claims


def _language(asked: Asked) -> str:
    languages = [passage.language.split("-")[0] for passage in asked.passages.values()]
    return "en" if "en" in languages or not languages else languages[0] or "en"


def _sentences(asked: Asked, language: str) -> Iterator[tuple[str, str]]:
    """Yield the sentences of originals, headlines first, none twice."""
    passages = sorted(asked.passages.items(), key=lambda pair: pair[1].number != 0)
    seen = set()
    for short, passage in passages:
        if passage.is_copy or passage.language.split("-")[0] not in (language, ""):
            continue
        for sentence in split_sentences(passage.text, language):
            text = sentence.text.strip()
            if text not in seen and 3 <= len(text.split()) <= 60:
                seen.add(text)
                yield short, text


def _claim(kind: Kind, text: str, *quotes: tuple[str, str]) -> dict[str, Any]:
    listed = [{"passage": short, "text": quoted} for short, quoted in quotes]
    return {"kind": kind.value, "quotes": listed, "text": text}


def answering(asked: Asked, claims: Claims) -> Wire:
    """Answer with these claims."""
    return message(asked, json.dumps({"claims": claims}, ensure_ascii=False))


def honest(asked: Asked) -> Wire:
    """Answer with sentences that stand."""
    return answering(asked, standing_claims(asked))


def _spoilt(asked: Asked, spoil: Callable[[dict[str, Any]], None]) -> Wire:
    claims = standing_claims(replace(asked, refused=()))
    for claim in claims:
        spoil(claim)
    return answering(asked, claims)


def altered_quotes(asked: Asked) -> Wire:
    """Quote what nobody wrote: a word is exchanged in every quotation."""

    def spoil(claim: dict[str, Any]) -> None:
        for quote in claim["quotes"]:
            quote["text"] = re.sub(r"\S+$", "zebras.", quote["text"])

    return _spoilt(asked, spoil)


def invented_numbers(asked: Asked) -> Wire:
    """Add a figure to every sentence."""

    def spoil(claim: dict[str, Any]) -> None:
        claim["text"] = claim["text"].rstrip(".!?") + ", 48,151 in all."

    return _spoilt(asked, spoil)


def forged_ids(asked: Asked) -> Wire:
    """Name passages that were not in the request: ids that look real, and the keys of others."""
    forged = iter(["p9999", "1", "p0", "p-1", "P1", "p1; p2", "", "2", "0"] * 9)

    def spoil(claim: dict[str, Any]) -> None:
        for quote in claim["quotes"]:
            quote["passage"] = next(forged)

    return _spoilt(asked, spoil)


def markup_and_links(asked: Asked) -> Wire:
    """Put a link, a script or an address into every sentence."""
    links = iter(
        [
            '<a href="https://evil.example/">{}</a>',
            "[{}](https://evil.example/)",
            "{} Read more at evil.example.",
            "{} <script>alert(1)</script>",
            "![]({} javascript:alert(1))",
            "{} https://evil.example/?q=1",
        ]
        * 9
    )

    def spoil(claim: dict[str, Any]) -> None:
        claim["text"] = next(links).format(claim["text"])

    return _spoilt(asked, spoil)


def repairing(asked: Asked) -> Wire:
    """Answer badly at first, and well when asked to mend it: every second sentence falls."""
    if asked.refused:
        return honest(asked)
    claims = standing_claims(asked)
    for claim in claims[1::2]:
        claim["text"] = claim["text"].rstrip(".!?") + ", 48,151 in all."
    return answering(asked, claims)


# --- Answering as the service does on a bad day ----------------------------------------------


def message(asked: Asked, text: str, *, stop_reason: str | None = "end_turn", **more: Any) -> Wire:
    """Answer with a message that holds this text. `more` replaces its fields."""
    usage = Usage(
        input_tokens=len(asked.system + asked.message) // 4,
        output_tokens=len(text) // 4 + 20,
        thinking_tokens=20,
    )
    body = {
        "id": f"msg_{crc32(text.encode()):010d}",
        "type": "message",
        "role": "assistant",
        "model": asked.model,
        "content": [{"type": "text", "text": text}],
        "stop_reason": stop_reason,
        "stop_sequence": None,
        "usage": {
            "input_tokens": usage.input_tokens,
            "cache_creation_input_tokens": 0,
            "cache_read_input_tokens": 0,
            "cache_creation": {"ephemeral_5m_input_tokens": 0, "ephemeral_1h_input_tokens": 0},
            "output_tokens": usage.output_tokens,
            "output_tokens_details": {"thinking_tokens": usage.thinking_tokens},
            "service_tier": "standard",
        },
    } | more
    return Wire(body=json.dumps(body).encode(), usage=usage)


def failing(status: int, kind: str, text: str, *, code: str = "", **headers: str) -> Behavior:
    """Answer with an error, in the shape that all of the service's errors have."""
    error: dict[str, Any] = {"type": kind, "message": text}
    if code:
        error["details"] = {"error_code": code}
    body = json.dumps({"type": "error", "error": error}).encode()
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return lambda _: Wire(status, body, named)


def rate_limited(retry_after: float | str | None = None) -> Behavior:
    """Ask for patience: seconds, an HTTP date, or without saying how long."""
    headers = {} if retry_after is None else {"retry_after": str(retry_after)}
    text = "This request would exceed your organization's rate limit of 50 requests per minute."
    return failing(429, "rate_limit_error", text, **headers)


def server_error(status: int = 500) -> Behavior:
    return failing(status, "api_error", "Internal server error")


overloaded = failing(529, "overloaded_error", "Overloaded")
spend_limit = failing(
    429,
    "rate_limit_error",
    "You have reached your specified API usage limits.",
    code="enforced_spend_limit_reached",
)
low_credit = failing(
    400,
    "invalid_request_error",
    "Your credit balance is too low to access the Anthropic API. Please go to Plans & Billing.",
)
unauthorized = failing(401, "authentication_error", "invalid x-api-key")
unknown_model = failing(404, "not_found_error", "model: claude-nobody")


def stall(asked: Asked) -> Wire:
    """Say nothing."""
    return replace(honest(asked), usage=NOTHING, pause=FOR_EVER)


def drip(asked: Asked) -> Wire:
    """Send a byte ten times a second: every read succeeds, and the answer never ends."""
    return replace(honest(asked), usage=NOTHING, pause=0.1)


def broken_off(asked: Asked) -> Wire:
    """Drop the connection in the middle of the answer."""
    return replace(honest(asked), usage=NOTHING, sent=100)


def cut_off(asked: Asked) -> Wire:
    """Stop at the length limit, in the middle of the JSON."""
    text = json.dumps({"claims": standing_claims(asked)})
    return message(asked, text[: len(text) // 2], stop_reason="max_tokens")


def refusal(asked: Asked) -> Wire:
    return message(asked, "", stop_reason="refusal", content=[])


def malformed(asked: Asked) -> Wire:
    """Answer in prose where JSON was agreed upon."""
    return message(asked, "Here are the claims that you asked for: none.")


def empty(asked: Asked) -> Wire:
    return message(asked, "", content=[])


def html(_: Asked) -> Wire:
    """Answer as the sign-in page of somebody's network does."""
    body = b"<!doctype html><title>Welcome</title><p>Please sign in."
    return Wire(200, body, {"content-type": "text/html"})


# --- The server ------------------------------------------------------------------------------


class ClaudeServer:
    """Answers one request after the other by its script, and keeps a log of them.

    script: a behavior for all requests, or a list, of which the last one stays
    """

    def __init__(self, script: Behavior | Sequence[Behavior] = honest, *, key: str = KEY) -> None:
        self.script = script
        self.key = key
        self.log: list[Logged] = []
        self._lock = threading.Lock()
        self._closing = threading.Event()
        self._count = 0

    def __enter__(self) -> Self:
        self._server = _Listener(("127.0.0.1", 0), partial(_Exchange, self))
        threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._closing.set()
        self._server.shutdown()
        self._server.server_close()

    @property
    def authority(self) -> str:
        return f"127.0.0.1:{self._server.server_address[1]}"

    @property
    def url(self) -> str:
        """For ANTHROPIC_BASE_URL."""
        return f"http://{self.authority}"

    def answer(self, path: str, headers: Mapping[str, str], body: bytes) -> tuple[Wire, str]:
        """Return the answer to a request, and its id."""
        with self._lock:
            self._count += 1
            request_id = f"req_{self._count:04d}"
            asked, wire = self._answer(path, headers, body)
            purpose, model = (asked.purpose, asked.model) if asked else ("", "")
            entry = Logged(purpose, model, wire.status, request_id, wire.usage, asked)
            self.log.append(entry)
        return wire, request_id

    def _answer(
        self, path: str, headers: Mapping[str, str], body: bytes
    ) -> tuple[Asked | None, Wire]:
        if refusal := _not_accepted(path, headers, body, key=self.key):
            return None, refusal
        asked = read_request(json.loads(body))
        behavior = self.script
        if not callable(behavior):
            told = sum(entry.asked is not None for entry in self.log)
            behavior = behavior[min(told, len(behavior) - 1)]
        return asked, behavior(asked)

    def wait(self, seconds: float) -> bool:
        """Wait; True if the server closes meanwhile."""
        return self._closing.wait(seconds)


def _not_accepted(path: str, headers: Mapping[str, str], body: bytes, *, key: str) -> Wire | None:
    """Return the API's answer to what is no request for a message; None if it is one."""
    nobody = Asked("", "", "", {}, ())
    if path != "/v1/messages":
        return failing(404, "not_found_error", "Not found")(nobody)
    if headers.get("authorization") != f"Bearer {key}":
        return unauthorized(nobody)
    if complaint := _complaint(headers, body):
        return failing(400, "invalid_request_error", complaint)(nobody)
    return None


def _complaint(headers: Mapping[str, str], body: bytes) -> str:
    if headers.get("anthropic-version") != VERSION:
        return "anthropic-version: header is required"
    try:
        fields = json.loads(body)
    except ValueError:
        return "The request body is not valid JSON"
    if missing := {"model", "max_tokens", "messages"} - fields.keys():
        return f"{min(missing)}: Field required"
    if extra := {"temperature", "top_p", "top_k"} & fields.keys():
        return f"{min(extra)}: Extra inputs are not permitted"
    schema = fields.get("output_config", {}).get("format", {}).get("schema", {})
    if schema.get("additionalProperties") is not False:
        return "output_config.format.schema: additionalProperties must be false"
    return ""


class _Listener(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False
    request_queue_size = 64

    def handle_error(self, *_: Any) -> None:
        """The client had enough: nothing to say."""


class _Exchange(BaseHTTPRequestHandler):
    """One connection."""

    protocol_version = "HTTP/1.1"
    timeout = FOR_EVER

    def __init__(self, claude: ClaudeServer, *arguments: Any) -> None:
        self._claude = claude
        super().__init__(*arguments)

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("content-length", 0)))
        headers = {name.lower(): value for name, value in self.headers.items()}
        wire, request_id = self._claude.answer(self.path, headers, body)
        with suppress(OSError):
            if wire.pause and self._claude.wait(wire.pause):
                return
            self._head(wire, request_id)
            self._body(wire)
        self.close_connection = True

    def _head(self, wire: Wire, request_id: str) -> None:
        self.send_response_only(wire.status)
        named = {
            "date": self.date_time_string(),
            "content-type": "application/json",
            "content-length": str(len(wire.body)),
            "request-id": request_id,
            "connection": "close",
        }
        for name, value in (named | dict(wire.headers)).items():
            self.send_header(name, value)
        self.end_headers()

    def _body(self, wire: Wire) -> None:
        body = wire.body[: wire.sent]
        if not wire.pause:
            self.wfile.write(body)
        for position in range(len(body) if wire.pause else 0):
            self.wfile.write(body[position : position + 1])
            if self._claude.wait(wire.pause):
                return
        if wire.sent is not None:
            self.connection.shutdown(socket.SHUT_RDWR)

    def log_message(self, *_: object) -> None:
        """Say nothing on the terminal."""
