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
# What is neither paid nor logged.
COUNTING, MODEL_PATH = "/v1/messages/count_tokens", "/v1/models/"
EVENT_STREAM = {"content-type": "text/event-stream"}
# How many characters one event of a stream brings.
PIECE = 400
# Instructions shorter than this many tokens are not remembered.
LEAST_REMEMBERED = 1_024
MODELS = ("claude-haiku-5-5", "claude-sonnet-5-5", "claude-opus-5-5")
# By what only the answers to them have.
PURPOSES = {"rulings": "judge", "order": "compose", "sentiment": "verdict"}
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
    schema: Mapping[str, Any] = field(default_factory=dict)
    """What shape of answer is agreed upon; empty for prose."""
    is_streamed: bool = False
    is_cacheable: bool = False
    """The instructions may be remembered."""
    is_remembered: bool = False
    """The service read the instructions a moment ago."""
    sentences: Mapping[str, str] = field(default_factory=dict)
    """By id: those to judge, or to compose, with their kinds before them: “(lead) …”."""
    stories: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """By id: the ids of the sentences of each story to compose."""

    @property
    def purpose(self) -> str:
        asked_for = set(self.schema.get("properties", ()))
        for name, purpose in PURPOSES.items():
            if name in asked_for:
                return purpose
        if not asked_for:
            return "complete"
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
_STORY = re.compile(r"story (t\d+)\b")
_SENTENCE = re.compile(r"(s\d+) (\(\w+\): .*)")
_REFUSED = re.compile(r"sentence \d+ \((\w+)\): ")


def read_request(body: Mapping[str, Any]) -> Asked:
    """Return what a request asks for."""
    [message] = body["messages"]
    text = message["content"]
    found = _FENCED.search(text)
    delimiter = found[1] if found else ""
    ours = [line.removeprefix(f"{delimiter} ") for line in text.split("\n") if delimiter in line]
    kinds = tuple(Kind(match[1]) for line in ours if (match := _REFUSED.match(line)))
    sentences, stories = _sentences_in(ours)
    return Asked(
        model=body["model"],
        system=_system_of(body),
        message=text,
        passages=dict(_passages(ours)),
        refused=kinds,
        schema=body.get("output_config", {}).get("format", {}).get("schema", {}),
        is_streamed=body.get("stream") is True,
        is_cacheable="cache_control" in json.dumps(body.get("system", "")),
        sentences=sentences,
        stories=stories,
    )


def _system_of(body: Mapping[str, Any]) -> str:
    """Return the instructions, which are one text or several blocks."""
    system = body.get("system", "")
    return system if isinstance(system, str) else "".join(block["text"] for block in system)


def _sentences_in(lines: Sequence[str]) -> tuple[dict[str, str], dict[str, tuple[str, ...]]]:
    """Return the sentences that are to be judged or composed, and which story has which."""
    sentences: dict[str, str] = {}
    stories: dict[str, tuple[str, ...]] = {}
    for line in lines:
        if match := _STORY.match(line):
            stories[match[1]] = ()
        elif match := _SENTENCE.match(line):
            sentences[match[1]] = match[2]
            if stories:
                stories[[*stories][-1]] += (match[1],)
    return sentences, stories


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
    """Answer well, whatever is asked."""
    if asked.purpose in ("analyze", "repair"):
        return answering(asked, standing_claims(asked))
    if asked.purpose == "complete":
        return message(asked, f"You said: {asked.message}")
    return message(asked, json.dumps(_WELL[asked.purpose](asked)))


def _rulings(asked: Asked) -> dict[str, Any]:
    return {"rulings": [{"id": name, "ruling": "supported"} for name in asked.sentences]}


def _composition(asked: Asked) -> dict[str, Any]:
    """Keep the order; take the first headline and the first leads."""
    headlines = _of_kind("headline", asked)
    leads = _of_kind("lead", asked)
    first = [next((s for s in told if s in leads), None) for told in asked.stories.values()]
    chosen = [name for name in first if name]
    return {
        "title": headlines[0] if headlines else "",
        "order": list(asked.stories),
        "box": chosen[:3],
        "short": chosen,
    }


def _of_kind(kind: str, asked: Asked) -> list[str]:
    return [name for name, text in asked.sentences.items() if text.startswith(f"({kind})")]


_WELL: Mapping[str, Callable[[Asked], dict[str, Any]]] = {
    "judge": _rulings,
    "compose": _composition,
    "verdict": lambda _: {"sentiment": "neutral", "confidence": 0.9},
}


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
    if asked.purpose != "analyze":
        return honest(asked)
    claims = standing_claims(asked)
    for claim in claims[1::2]:
        claim["text"] = claim["text"].rstrip(".!?") + ", 48,151 in all."
    return answering(asked, claims)


# --- Answering as the service does on a bad day ----------------------------------------------


def message(asked: Asked, text: str, *, stop_reason: str | None = "end_turn", **more: Any) -> Wire:
    """Answer with a message that holds this text. `more` replaces its fields."""
    read = reading_of(asked)
    usage = replace(read, output_tokens=tokens_of(text) + 20, thinking_tokens=20)
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
            "cache_creation_input_tokens": usage.cache_write_5m_tokens,
            "cache_read_input_tokens": usage.cache_read_tokens,
            "cache_creation": {
                "ephemeral_5m_input_tokens": usage.cache_write_5m_tokens,
                "ephemeral_1h_input_tokens": 0,
            },
            "output_tokens": usage.output_tokens,
            "output_tokens_details": {"thinking_tokens": usage.thinking_tokens},
            "service_tier": "standard",
        },
    } | more
    if asked.is_streamed:
        return Wire(body=as_events(body), headers=EVENT_STREAM, usage=usage)
    return Wire(body=json.dumps(body).encode(), usage=usage)


def reading_of(asked: Asked) -> Usage:
    """Return what reading a request takes; instructions that are long enough are remembered."""
    told = tokens_of(asked.message + (json.dumps(asked.schema) if asked.schema else ""))
    system = tokens_of(asked.system)
    if not asked.is_cacheable or system < LEAST_REMEMBERED:
        return Usage(input_tokens=told + system)
    if asked.is_remembered:
        return Usage(input_tokens=told, cache_read_tokens=system)
    return Usage(input_tokens=told, cache_write_5m_tokens=system)


def as_events(message: Mapping[str, Any]) -> bytes:
    """Return a message as the service streams it: begun, a piece at a time, ended."""
    return b"".join(event(name, fields) for name, fields in _events(message))


def event(name: str, fields: Any) -> bytes:
    """Return one event of a stream."""
    written = fields if isinstance(fields, str) else json.dumps(fields)
    return f"event: {name}\ndata: {written}\n\n".encode()


def _events(message: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    blocks = message["content"] if isinstance(message["content"], list) else []
    opened = {"content": [] if blocks else message["content"], "stop_reason": None}
    if isinstance(message["usage"], dict):
        opened["usage"] = {**message["usage"], "output_tokens": 1}
    yield "message_start", {"type": "message_start", "message": {**message, **opened}}
    yield "ping", {"type": "ping"}
    for index, block in enumerate(blocks):
        place = {"index": index}
        text = block.get("text") if isinstance(block, dict) else None
        empty = block | {"text": ""} if isinstance(text, str) else block
        yield "content_block_start", _typed("content_block_start", place, content_block=empty)
        for start in range(0, len(text) if isinstance(text, str) else 0, PIECE):
            delta = {"type": "text_delta", "text": text[start : start + PIECE]}
            yield "content_block_delta", _typed("content_block_delta", place, delta=delta)
        yield "content_block_stop", _typed("content_block_stop", place)
    ended = {"stop_reason": message["stop_reason"], "stop_sequence": None}
    yield "message_delta", _typed("message_delta", delta=ended, usage=message["usage"])
    yield "message_stop", {"type": "message_stop"}


def _typed(name: str, *places: Mapping[str, Any], **fields: Any) -> dict[str, Any]:
    typed: dict[str, Any] = {"type": name}
    for place in places:
        typed |= place
    return typed | fields


def tokens_of(text: str) -> int:
    """Return how many tokens a text has: about four bytes each."""
    return len(text.encode()) // 4


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
        self._remembered: set[tuple[str, str]] = set()
        self.counting: Behavior = counted
        self.counts: list[Asked] = []
        """What was to be counted before it was sent; counting is free."""
        self.describing: Behavior | None = None
        """In place of what `models` say."""
        self.models: dict[str, dict[str, Any]] = {name: a_model(name) for name in MODELS}

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
            if path.startswith((COUNTING, MODEL_PATH)):
                return self._answer_besides(path, headers, body), request_id
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
        known = (asked.model, asked.system)
        asked = replace(asked, is_remembered=known in self._remembered)
        self._remembered.add(known)
        behavior = self.script
        if not callable(behavior):
            told = sum(entry.asked is not None for entry in self.log)
            behavior = behavior[min(told, len(behavior) - 1)]
        return asked, behavior(asked)

    def _answer_besides(self, path: str, headers: Mapping[str, str], body: bytes) -> Wire:
        """Answer what is free: counting, and what there is to know of models."""
        nobody = Asked("", "", "", {}, ())
        if refusal := _not_authorized(headers, key=self.key):
            return refusal
        if path == COUNTING:
            asked = read_request(json.loads(body))
            self.counts.append(asked)
            return self.counting(asked)
        if self.describing:
            return self.describing(nobody)
        model = path.removeprefix(MODEL_PATH)
        if model in self.models:
            return Wire(body=json.dumps(self.models[model]).encode())
        return failing(404, "not_found_error", f"model: {model}")(nobody)

    def wait(self, seconds: float) -> bool:
        """Wait; True if the server closes meanwhile."""
        return self._closing.wait(seconds)


def _not_accepted(path: str, headers: Mapping[str, str], body: bytes, *, key: str) -> Wire | None:
    """Return the API's answer to what is no request for a message; None if it is one."""
    nobody = Asked("", "", "", {}, ())
    if path != "/v1/messages":
        return failing(404, "not_found_error", "Not found")(nobody)
    if refusal := _not_authorized(headers, key=key):
        return refusal
    if complaint := _complaint(headers, body):
        return failing(400, "invalid_request_error", complaint)(nobody)
    return None


def _not_authorized(headers: Mapping[str, str], *, key: str) -> Wire | None:
    if headers.get("authorization") == f"Bearer {key}":
        return None
    return unauthorized(Asked("", "", "", {}, ()))


def counted(asked: Asked) -> Wire:
    """Count what a request would read."""
    return Wire(body=json.dumps({"input_tokens": reading_of(asked).prompt_tokens}).encode())


def a_model(name: str, **fields: Any) -> dict[str, Any]:
    """Return what the service says of a model."""
    return {
        "type": "model",
        "id": name,
        "display_name": name.replace("-", " ").title(),
        "created_at": "2026-05-01T00:00:00Z",
        "lifecycle": "active",
        "deprecated_at": None,
        "retires_at": None,
        "max_input_tokens": 200_000,
        "max_tokens": 64_000,
    } | fields


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
    schema = fields.get("output_config", {}).get("format", {}).get("schema")
    if schema is not None and schema.get("additionalProperties") is not False:
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

    def do_GET(self) -> None:
        self.do_POST()

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
