"""Whatever comes from outside is read, or refused by the error that is meant for it."""

from __future__ import annotations

import base64
import io
import json
import uuid
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

import pytest
from django.test import Client
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from rest_framework.exceptions import APIException

from patriot.accounts.idempotency import _key
from patriot.bounces import take_note
from patriot.lib import mail
from patriot.lib.addresses import client_address
from patriot.lib.pagination import Cursor
from patriot.lib.redaction import hide, without_secrets_of
from reports import tokens
from reports.domain.posting import MAX_SECONDS, wait_asked
from reports.forms import SubscribeForm
from reports.gateways.claude_composing import choice_of
from reports.gateways.claude_drafts import OffShape, claims_of
from reports.gateways.claude_failures import CallFailed, Malformed
from reports.gateways.claude_judging import rulings_of
from reports.gateways.claude_replies import Gathering, fields_in, received
from reports.gateways.claude_verdicts import judgment_of
from reports.pipeline.subscribing import folded, normalized
from sources.domain.dates import parse_date
from sources.domain.questions import Unanswerable, parse_question
from sources.domain.robots import bounded_delay
from sources.domain.search import Question
from sources.gateways import cleaner, documents, links, opml, page, robots, tavily
from sources.gateways.opml import WrongKind
from sources.gateways.unreadable import Unreadable

pytestmark = pytest.mark.django_db

FEW, MANY = 60, 3_000
TEXT = st.text(st.characters(exclude_categories=()), max_size=300)
ROBOTS = st.lists(
    st.sampled_from(["User-agent: *", "Disallow: /", "Allow: /*$", "Crawl-delay: nan", "\x00"])
    | TEXT,
    max_size=12,
).map("\n".join)
MARKUP = st.lists(
    st.sampled_from(
        ["<opml>", "<body>", "<outline xmlUrl='http://a.test/'", "/>", "<![CDATA[", "&x;"]
    )
    | TEXT,
    max_size=12,
).map("".join)
LINES = st.lists(st.sampled_from(["url,title\n", "http://a.test/,A\n", '"', ",", "\t"]) | TEXT).map(
    "".join
)
KEYS = st.sampled_from(["results", "url", "title", "content", "published_date", "usage", "credits"])
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | TEXT,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(KEYS | TEXT, inner, max_size=5),
    max_leaves=12,
)
EVENTS = st.fixed_dictionaries(
    {
        "type": st.sampled_from(
            ["message_start", "message_delta", "message_stop", "content_block_delta"]
        ),
    },
    optional=dict.fromkeys(("message", "delta", "index", "content_block", "usage"), JSON),
)
CURSORS = st.from_regex(r"-?[0-9]{1,20}\.[0-9]{1,20}", fullmatch=True).map(
    lambda parts: base64.urlsafe_b64encode(parts.encode()).decode().rstrip("=")
)
FORWARDED = st.lists(
    st.sampled_from(
        ["192.0.2.7", "[2001:db8::7]:443", "::ffff:192.0.2.7", "fe80::1%eth0", "unknown"]
    )
    | TEXT,
    max_size=6,
).map(", ".join)


# Near enough to what is asked for that some get past the first look.
SENTENCES = st.fixed_dictionaries(
    {
        "kind": st.sampled_from(["headline", "lead", "detail", ""]) | JSON,
        "quotes": st.lists(st.fixed_dictionaries({"passage": TEXT, "text": TEXT}), max_size=3),
        "text": TEXT,
    }
)
DRAFTS = st.fixed_dictionaries(
    {},
    optional={
        "claims": st.lists(SENTENCES | JSON, max_size=3),
        "title": TEXT | JSON,
        **dict.fromkeys(("order", "box", "short"), st.lists(TEXT, max_size=4) | JSON),
        "rulings": st.lists(
            st.fixed_dictionaries(
                {"id": st.sampled_from(["c1", "c2"]) | TEXT, "ruling": st.just("supported") | JSON}
            ),
            max_size=3,
        ),
        "sentiment": st.just("neutral") | JSON,
        "confidence": st.floats() | JSON,
    },
)
MESSAGES = st.fixed_dictionaries(
    {"stop_reason": st.sampled_from(["end_turn", "max_tokens", "refusal"]) | JSON},
    optional={
        "content": st.lists(
            st.fixed_dictionaries({"type": st.just("text") | JSON, "text": TEXT | JSON}), max_size=3
        )
        | JSON,
        "usage": st.dictionaries(
            st.sampled_from(["input_tokens", "output_tokens", "cache_read_input_tokens"]),
            st.integers() | JSON,
            max_size=3,
        )
        | JSON,
        "id": TEXT | JSON,
        "model": TEXT | JSON,
    },
)
# A page of words, so that some are long enough to be an article.
WORDS = (
    "<p>The old bridge over the Skarn was closed on Monday after a lorry struck a pillar.</p>" * 6
)
FEEDS = st.lists(
    st.sampled_from(
        [
            *('<?xml version="1.0" encoding="utf-16"?>', '<rss version="2.0"><channel>', "<item>"),
            *('<feed xmlns="http://www.w3.org/2005/Atom">', "<entry>", "<title>", "<![CDATA["),
            *(
                '{"version": "https://jsonfeed.org/version/1.1", "items": [',
                '{"id": ',
                "]}",
                "&#0;",
            ),
            *('<!DOCTYPE a [<!ENTITY b "c">]>', "</channel></rss>", "<link href='//a.test'/>"),
        ]
    )
    | TEXT,
    max_size=12,
).map(lambda parts: "".join(parts).encode(errors="surrogatepass")) | st.binary(max_size=300)
PAGES = st.lists(
    st.sampled_from(
        [
            *(
                WORDS,
                "<html><head>",
                "<p>",
                "</p>",
                "<div style='display:none'>",
                "<template>",
                "<!--",
            ),
            *("<a href='javascript:x'>", "<base href='//b.test'>", "<svg><style>", "</script>"),
            *("<link rel=alternate type=application/rss+xml href=/f>", "<meta charset=utf-7>"),
        ]
    )
    | TEXT,
    max_size=12,
).map(lambda parts: "".join(parts).encode(errors="surrogatepass")) | st.binary(max_size=300)
REPLIES = st.lists(
    st.sampled_from([b"250 ok\r\n", b"250-more\r\n", b"421 bye\r\n", b"-1 x\r\n", b"\xff", b"\n"])
    | st.binary(max_size=60),
    max_size=8,
).map(b"".join)


def forged(parts: tuple[int, str]) -> str:
    """Return a token of ours in which one sign is another one, or that ends too early."""
    at, sign = parts
    token = tokens.recipient_token(uuid.UUID(int=7))
    return f"{token[: at % len(token)]}{sign}{token[at % len(token) + 1 :] if sign else ''}"


FORGED = st.tuples(st.integers(0, 200), st.text(max_size=1)).map(forged)
DATES = TEXT | st.text("0123456789-:+TZ ,./JunTueGMT", max_size=40)
ADDRESSES = TEXT | st.text('aZ.+@-"[]<>() \u00e9\u202e', max_size=60)
# What goes over the wire in a header: any byte but the ends of lines.
VALUES = st.text(st.characters(max_codepoint=255, exclude_characters="\r\n\0"), max_size=80)
HEADS = st.dictionaries(
    st.sampled_from(
        [
            *("If-None-Match", "If-Match", "If-Modified-Since", "If-Unmodified-Since", "Range"),
            *("Accept", "Accept-Encoding", "Accept-Language", "Authorization", "Cookie", "Origin"),
            *("X-Request-ID", "X-Correlation-ID", "X-Forwarded-For", "X-Forwarded-Proto"),
            *("Content-Type", "Idempotency-Key", "Referer", "User-Agent", "traceparent"),
        ]
    ),
    VALUES
    | st.sampled_from(
        ['W/"a", *', "*;q=nan", "bytes=0-", "Tue, 99 Jun 2026 06:30:00 GMT", "Bearer patriot_a_b"]
    ),
    max_size=6,
)


def read_robots(text: str) -> None:
    told = robots.serve(text.encode(errors="replace"), urls=["http://a.test/b"], agent="Patriot")
    bounded_delay(told["delay"])


def read_token(text: str) -> None:
    with suppress(tokens.BadToken):
        raise AssertionError(f"{tokens.confirmed(text)} is confirmed by another link's token")
    # What is taken all the same says whom we meant: the changed sign was the same, or is not read.
    assert tokens.recipient(text) == uuid.UUID(int=7)


def read_cursor(text: str) -> None:
    cursor = Cursor.parse(text)

    assert Cursor.parse(str(cursor)) == cursor


def read_forwarded(text: str) -> None:
    for proxies in (0, 1, 3):
        meta = {"HTTP_X_FORWARDED_FOR": text, "REMOTE_ADDR": "192.0.2.1"}
        assert client_address(meta, trusted_proxies=proxies)


def read_found(reply: Any) -> None:
    # An answer without a list of results is refused before anybody reads it.
    if isinstance(reply, dict) and isinstance(reply.get("results"), list):
        tavily.usage_of(reply)
        tavily.feed_of(reply, Question("old bridge"))
    tavily.entry_of(reply, Question("old bridge"))


def hide_all(text: str) -> None:
    hide(text)
    without_secrets_of(f"https://a.test/{text}", text)


def read_stream(events: Any) -> None:
    gathering = Gathering()
    for event in events:
        gathering.take(as_object(event))
    gathering.testify(Malformed("It broke off."))
    gathering.received()


def as_object(value: Any) -> Any:
    """Return what an SDK makes of JSON it does not check: objects whose parts are anything."""
    if isinstance(value, dict):
        named = {name: as_object(part) for name, part in value.items()}
        return SimpleNamespace(**named)
    return [as_object(part) for part in value] if isinstance(value, list) else value


def note_bounce(parts: Any) -> None:
    recipient, description, kind, raw = parts
    bounced = SimpleNamespace(
        recipient=recipient,
        description=description,
        event_type=kind,
        reject_reason="bounced",
        esp_event=raw,
    )
    take_note(None, bounced, "test")


def read_draft(draft: Any) -> None:
    reply = draft if isinstance(draft, str) else json.dumps(draft)
    refused = 0
    for reader in (
        lambda: claims_of(reply, passage_ids={"p1": 1}),
        lambda: choice_of(reply),
        lambda: rulings_of(reply, ids=["c1"]),
        lambda: judgment_of(reply),
    ):
        try:
            reader()
        except OffShape:
            refused += 1
    if refused == 4:
        raise OffShape("None of them is served.")


def read_answer(answer: Any) -> None:
    received(as_object(fields_in(json.dumps(answer).encode())))


def read_feed(body: bytes) -> None:
    for kind in ("", "application/rss+xml; charset=utf-7"):
        documents.read_document(body, url="http://a.test/feed", content_type=kind)


def read_a_page(body: bytes) -> None:
    links.read_links(body, url="http://a.test/page", content_type="text/html")
    html = cleaner.cleaned(body.decode(errors="replace"), base="http://a.test/").html
    assert "<script" not in html.lower()
    page.read_page(body, url="http://a.test/page", content_type="text/html")


def read_date(text: str) -> None:
    found = parse_date(text)
    assert found is None or found.tzinfo is not None
    wait = wait_asked(text, now=datetime(2026, 6, 9, 6, 30, tzinfo=UTC))
    assert wait is None or 0 <= wait.total_seconds() <= MAX_SECONDS


def read_mail_address(text: str) -> None:
    assert folded(normalized(text)).count("@") >= 1
    SubscribeForm({"email": text, "briefing": text, "length": text}).is_valid()


def read_mail_reply(reply: bytes) -> None:
    said = mail.Backend().connection_class()
    said.file = mail.BoundedLines(io.BytesIO(reply))
    said.sock = io.BytesIO()
    with mail._translated(None):
        code, words = said.getreply()
        raise mail._answered(code, words)


def ask_with(head: dict[str, str]) -> None:
    sent = {f"HTTP_{name.upper().replace('-', '_')}": value for name, value in head.items()}
    sent |= {"CONTENT_TYPE": sent.pop("HTTP_CONTENT_TYPE", "text/plain")}
    for path in ("/", "/api/v1/reports/", "/healthz"):
        answer = Client().get(path, **sent)
        assert answer.status_code < 500, (path, answer.status_code)
        assert answer["X-Request-ID"].isascii()


DOORS: dict[str, tuple[Callable[[Any], object], Any, tuple[type[Exception], ...]]] = {
    "robots.txt": (read_robots, ROBOTS, ()),
    "OPML": (lambda text: opml.read_outlines(text.encode(errors="replace")), MARKUP, (WrongKind,)),
    "CSV": (lambda text: opml.read_outlines(text.encode(errors="replace")), LINES, (WrongKind,)),
    "cursors": (read_cursor, TEXT | CURSORS, (ValueError,)),
    "signed tokens": (read_token, st.one_of(TEXT, FORGED), (tokens.BadToken,)),
    "search queries": (parse_question, TEXT, (Unanswerable,)),
    "X-Forwarded-For": (read_forwarded, FORWARDED, ()),
    "Idempotency-Key": (_key, TEXT, (APIException,)),
    "Tavily's answers": (read_found, JSON, (tavily.SearchError,)),
    "model streams": (read_stream, st.lists(EVENTS | JSON, max_size=8), (CallFailed,)),
    "bounces": (
        note_bounce,
        st.tuples(TEXT, TEXT, st.sampled_from(["bounced", "complained", "unsubscribed", ""]), JSON),
        (),
    ),
    "model drafts": (read_draft, DRAFTS | TEXT, (OffShape,)),
    "model answers": (read_answer, MESSAGES | JSON, (CallFailed,)),
    "feeds": (read_feed, FEEDS, (Unreadable,)),
    "pages": (read_a_page, PAGES, (Unreadable,)),
    "dates": (read_date, DATES, ()),
    "e-mail addresses": (read_mail_address, ADDRESSES, ()),
    "mail servers": (read_mail_reply, REPLIES, (mail.MailError,)),
    "heads of requests": (ask_with, HEADS, ()),
    "what receivers say": (hide_all, TEXT, ()),
}


def fuzzed(door: str, *, examples: int) -> tuple[int, int]:
    """Try so many examples; return how many were tried and how many refused."""
    read, strategy, meant = DOORS[door]
    counts = {"tried": 0, "refused": 0}

    @settings(
        max_examples=examples,
        derandomize=True,
        deadline=None,
        database=None,
        suppress_health_check=list(HealthCheck),
    )
    @given(strategy)
    def tried(example: Any) -> None:
        counts["tried"] += 1
        try:
            read(example)
        except meant:
            counts["refused"] += 1

    tried()
    return counts["tried"], counts["refused"]


@pytest.mark.parametrize("door", DOORS)
def test_odd_input_is_read_or_refused(door: str) -> None:
    tried, _ = fuzzed(door, examples=FEW)

    assert tried >= FEW // 2


@pytest.mark.prove
@pytest.mark.timeout(900)
@pytest.mark.parametrize("door", DOORS)
def test_much_odd_input_is_read_or_refused(door: str) -> None:
    tried, refused = fuzzed(door, examples=MANY)

    print(f"{door}: {tried} tried, {refused} refused")  # noqa: T201 (the count)
