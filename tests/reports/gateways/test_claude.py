"""The door to Claude, with the real SDK against a server on loopback."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import time
from dataclasses import replace
from datetime import timedelta

import anthropic  # noqa: TID251
import pytest

from patriot.ledger.prices import Usage
from reports.domain.analysis import DraftClaim, GroundedClaim, Kind, Quote, Rejected
from reports.domain.grounding import MAX_CLAIM, MAX_EVIDENCE, ground_all
from reports.domain.quotations import MAX_QUOTE
from reports.gateways.claude import (
    MAX_ANSWER_BYTES,
    MAX_OUTPUT_TOKENS,
    CallFailed,
    Claude,
    CutOff,
    Denied,
    Malformed,
    OutOfFunds,
    RateLimited,
    Refused,
    Unavailable,
)
from reports.gateways.claude_drafts import MAX_CLAIMS, NOWHERE
from reports.gateways.claude_failures import failures
from tests import claude_server as say
from tests.claude_server import KEY, ClaudeServer, Wire
from tests.reports.domain.materials import article, ferry_fire, material

MODEL = "claude-haiku-5-5"
STORY = material(article("Ferry burns", "A fire broke out on the ferry.", outlet="courier"))
FELL = Rejected(DraftClaim(Kind.LEAD, "It sank.", (Quote(2, "A fire"),)), "“sank” is not there.")


def claude_at(server: ClaudeServer, **options) -> Claude:
    defaults = {"api_key": KEY, "base_url": server.url, "deadline": timedelta(seconds=60)}
    return Claude(**defaults | options)


def analyzed(server: ClaudeServer, story=STORY, **options):
    return claude_at(server, **options).analyze(story, prompt="Write.", model=MODEL)


def failure(server: ClaudeServer, **options) -> CallFailed:
    with pytest.raises(CallFailed) as caught:
        analyzed(server, **options)
    return caught.value


def replying(*claims, **more):
    """A behavior that answers with these claims as they are."""
    return lambda asked: say.message(asked, json.dumps({"claims": claims}), **more)


def a_claim(text="A fire broke out.", *quotes, kind="lead"):
    listed = [{"passage": passage, "text": quoted} for passage, quoted in quotes]
    return {"kind": kind, "quotes": listed, "text": text}


# --- What is asked -------------------------------------------------------------------


def test_a_request_holds_the_prompt_the_passages_and_the_schema(claude_server):
    bodies = []

    def remember(asked):
        bodies.append(asked)
        return say.honest(asked)

    claude_server.script = remember

    analyzed(claude_server)

    [asked] = bodies
    assert (asked.model, asked.system, asked.purpose) == (MODEL, "Write.", "analyze")
    assert [passage.text for passage in asked.passages.values()] == [
        "Ferry burns", "A fire broke out on the ferry.",
    ]  # fmt: skip


def test_every_request_has_a_fence_of_its_own(claude_server):
    analyzed(claude_server)
    analyzed(claude_server)

    first, second = (entry.asked.message for entry in claude_server.log)
    assert first != second
    assert len(first) == len(second)


def test_a_repair_shows_what_fell_and_why(claude_server):
    reply = claude_at(claude_server).repair(STORY, [FELL], prompt="Mend.", model=MODEL)

    [entry] = claude_server.log
    assert (entry.purpose, entry.asked.system) == ("repair", "Mend.")
    assert "“sank” is not there." in entry.asked.message
    assert [claim.kind for claim in reply.content.claims] == [Kind.LEAD]


@pytest.mark.parametrize("key", ["", " ", "a b", "schlüssel", "a\nb"])
def test_without_a_key_there_is_no_gateway(key):
    with pytest.raises(ValueError, match="ANTHROPIC_API_KEY"):
        Claude(api_key=key)


@pytest.mark.parametrize(
    "address",
    [
        pytest.param("claude.example", id="no scheme"),
        pytest.param("ftp://claude.example", id="ftp"),
        pytest.param("http://user:word@claude.example", id="password"),
        pytest.param("http://", id="no host"),
        pytest.param("http://claude.example:99999", id="port"),
        pytest.param("http://[::1", id="brackets"),
    ],
)
def test_an_address_that_cannot_be_one_is_refused_at_once(address):
    with pytest.raises(ValueError, match="ANTHROPIC_BASE_URL"):
        Claude(api_key=KEY, base_url=address)


def test_the_environment_has_no_say(claude_server, monkeypatch):
    monkeypatch.setenv("ANTHROPIC_BASE_URL", "http://127.0.0.1:1")
    monkeypatch.setenv("ANTHROPIC_API_KEY", "another")
    monkeypatch.setenv("ANTHROPIC_AUTH_TOKEN", "another")
    monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:1")

    assert analyzed(claude_server).content.claims


def test_importing_the_gateway_does_not_import_the_sdk():
    code = "import sys, reports.gateways.claude as c; c.Claude(api_key='k'); print(*sys.modules)"
    told = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)

    loaded = set(told.stdout.split())
    assert not loaded & {"anthropic", "httpx2", "pydantic"}


def test_each_process_has_a_client_of_its_own(claude_server, monkeypatch):
    claude = claude_at(claude_server)
    claude.analyze(STORY, prompt="Write.", model=MODEL)
    before = claude._client(timedelta(seconds=1))

    monkeypatch.setattr(os, "getpid", lambda: 1)

    assert claude._client(timedelta(seconds=1)) is not before
    assert claude._client(timedelta(seconds=1)) is claude._client(timedelta(seconds=1))


# --- What a good answer becomes ------------------------------------------------------


def test_honest_sentences_stand(claude_server):
    story = ferry_fire()

    reply = analyzed(claude_server, story)

    passages = {passage.id: passage for passage in story.passages}
    held, fallen = ground_all(reply.content.claims, passages=passages, language="en")
    assert reply.content.analyst == MODEL
    assert reply.request_id == claude_server.log[0].request_id
    assert reply.usage == claude_server.log[0].usage
    assert [type(claim) for claim in held] == [GroundedClaim] * len(held)
    assert (len(held) >= 5, fallen) == (True, ())


@pytest.mark.parametrize(
    "behavior",
    [say.altered_quotes, say.invented_numbers, say.forged_ids, say.markup_and_links],
    ids=lambda behavior: behavior.__name__,
)
def test_nothing_that_a_dishonest_model_says_stands(claude_server, behavior):
    story = ferry_fire()
    claude_server.script = behavior

    reply = analyzed(claude_server, story)

    passages = {passage.id: passage for passage in story.passages}
    held, fallen = ground_all(reply.content.claims, passages=passages, language="en")
    assert (held, len(fallen) >= 5) == ((), True)


def test_short_ids_become_passages_and_unknown_ones_none(claude_server):
    quotes = [("p2", "A fire"), ("p1", "Ferry"), ("p3", "x"), ("2", "x"), ("", "x"), (" p2 ", "x")]
    claude_server.script = replying(a_claim("One.", *quotes))

    [claim] = analyzed(claude_server).content.claims

    assert [quote.passage_id for quote in claim.evidence] == [2, 1, NOWHERE, NOWHERE, NOWHERE, 2]


def test_claims_keep_their_order_and_kinds(claude_server):
    kinds = ["why", "headline", "lead", "detail", "changed", "differs", "unknown"]
    claude_server.script = replying(*(a_claim(kind, kind=kind) for kind in kinds))

    claims = analyzed(claude_server).content.claims

    assert [(claim.kind.value, claim.text) for claim in claims] == [(k, k) for k in kinds]


def test_hidden_characters_and_line_ends_do_not_come_in(claude_server):
    claude_server.script = replying(
        a_claim("A\u202e fire\x00\nbroke\u200b out.", ("p2", " A\nfire\x00 "))
    )

    [claim] = analyzed(claude_server).content.claims

    assert claim.text == "A fire broke out."
    assert claim.evidence[0].text == "A fire"


@pytest.mark.parametrize("length", [1, 2, 9, 400])
def test_what_is_too_long_stays_too_long(claude_server, length):
    claude_server.script = replying(
        a_claim(
            "word " * (MAX_CLAIM // 5) * length + "word", ("p2", "y" * (MAX_QUOTE * length + 1))
        )
    )

    [claim] = analyzed(claude_server).content.claims

    assert len(claim.text) == MAX_CLAIM + 1
    assert len(claim.evidence[0].text) == MAX_QUOTE + 1


def test_the_numbers_of_claims_and_quotations_are_bounded(claude_server):
    claude_server.script = replying(*[a_claim("One.", *[("p1", "Ferry burns")] * 99)] * 99)

    claims = analyzed(claude_server).content.claims

    assert len(claims) == MAX_CLAIMS
    assert {len(claim.evidence) for claim in claims} == {MAX_EVIDENCE + 1}


def test_an_answer_may_hold_thinking_and_several_blocks(claude_server):
    text = json.dumps({"claims": [a_claim()]})
    content = [
        {"type": "thinking", "thinking": "Hm.", "signature": "x"},
        {"type": "text", "text": text[:10]},
        {"type": "text", "text": text[10:]},
    ]
    claude_server.script = lambda asked: say.message(asked, text, content=content)

    [claim] = analyzed(claude_server).content.claims

    assert claim.text == "A fire broke out."


@pytest.mark.parametrize(
    ("named", "analyst"),
    [
        pytest.param("claude-haiku-5-5-20260901", "claude-haiku-5-5-20260901", id="dated"),
        pytest.param("a\u202e\nb" + "x" * 900, MODEL, id="hostile"),
        pytest.param("Claude. Read https://evil.example/ now", MODEL, id="an advertisement"),
        pytest.param("<b>claude</b>", MODEL, id="markup"),
        pytest.param("evil.example", MODEL, id="an address"),
        pytest.param("c" * 61, MODEL, id="too long"),
        pytest.param("", MODEL, id="nothing"),
        pytest.param(None, MODEL, id="null"),
        pytest.param(7, MODEL, id="no text"),
    ],
)
def test_the_analyst_is_the_model_that_answered(claude_server, named, analyst):
    claude_server.script = replying(a_claim(), model=named)

    assert analyzed(claude_server).content.analyst == analyst


# --- What it cost --------------------------------------------------------------------


@pytest.mark.parametrize(
    "counted",
    [
        pytest.param(None, id="nothing"),
        pytest.param({}, id="empty"),
        pytest.param("x", id="text"),
        pytest.param({"input_tokens": "some", "output_tokens": 20}, id="a number in words"),
        pytest.param({"input_tokens": 1.5, "output_tokens": 20}, id="a half"),
        pytest.param({"input_tokens": -5, "output_tokens": 20}, id="negative"),
        pytest.param({"input_tokens": 10**12, "output_tokens": 20}, id="beyond belief"),
        pytest.param({"input_tokens": 0, "output_tokens": 0}, id="zeros"),
        pytest.param({"input_tokens": 100, "output_tokens": 0}, id="words out of nothing"),
    ],
)
def test_an_answer_that_cannot_be_counted_says_so(claude_server, counted):
    claude_server.script = replying(a_claim(), usage=counted)

    assert not analyzed(claude_server).is_counted


@pytest.mark.parametrize(
    ("counted", "usage"),
    [
        pytest.param(
            {
                "input_tokens": 100, "output_tokens": 50, "cache_read_input_tokens": 7,
                "cache_creation_input_tokens": 30,
                "cache_creation": {
                    "ephemeral_5m_input_tokens": 10, "ephemeral_1h_input_tokens": 20,
                },
                "output_tokens_details": {"thinking_tokens": 40},
            },
            Usage(100, 10, 20, 7, 50, 40),
            id="every kind",
        ),
        pytest.param(
            {"input_tokens": 1, "output_tokens": 2, "cache_creation_input_tokens": 30},
            Usage(1, 30, 0, 0, 2),
            id="a cache of no stated age",
        ),
        pytest.param(
            {
                "input_tokens": 1, "output_tokens": 2, "cache_creation": None,
                "cache_creation_input_tokens": None, "cache_read_input_tokens": None,
                "output_tokens_details": None,
            },
            Usage(1, output_tokens=2),
            id="nulls",
        ),
        pytest.param({"input_tokens": -1, "output_tokens": "few"}, Usage(), id="nonsense"),
        pytest.param({"input_tokens": 10**12, "output_tokens": 1.5}, Usage(), id="too many"),
        pytest.param(None, Usage(), id="nothing"),
        pytest.param("many", Usage(), id="no object"),
        pytest.param([], Usage(), id="a list"),
    ],
)  # fmt: skip
def test_usage_is_read_by_kind(claude_server, counted, usage):
    claude_server.script = replying(a_claim(), usage=counted)

    assert analyzed(claude_server).usage == usage


@pytest.mark.parametrize(
    "behavior",
    [say.cut_off, say.refusal, say.malformed, say.empty],
    ids=lambda behavior: behavior.__name__,
)
def test_an_answer_that_is_no_good_was_paid_all_the_same(claude_server, behavior):
    claude_server.script = behavior

    failed = failure(claude_server)

    [entry] = claude_server.log
    assert failed.usage == entry.usage != Usage()
    assert (failed.request_id, failed.status) == (entry.request_id, 200)


def test_an_estimate_is_not_exceeded(claude_server):
    story = ferry_fire()
    claude = claude_at(claude_server)
    claude_server.script = say.repairing

    analysis = claude.estimate_analysis(story, prompt="Write.")
    repair = claude.estimate_repair(story, [FELL], prompt="Write.")

    used = claude.analyze(story, prompt="Write.", model=MODEL).usage
    assert used.input_tokens < analysis.input_tokens < repair.input_tokens
    assert analysis.output_tokens == repair.output_tokens == MAX_OUTPUT_TOKENS


def test_what_stays_the_same_comes_first_and_is_remembered(claude_server):
    claude = claude_at(claude_server)
    prompt = "Write what the passages say. " * 200

    first = claude.analyze(STORY, prompt=prompt, model=MODEL).usage
    second = claude.analyze(STORY, prompt=prompt, model=MODEL).usage

    assert (first.cache_write_5m_tokens > 1_000, first.cache_read_tokens) == (True, 0)
    assert second.cache_read_tokens == first.cache_write_5m_tokens
    assert second.cache_write_5m_tokens == 0
    estimated = claude.estimate_analysis(STORY, prompt=prompt)
    assert estimated.prompt_tokens >= first.prompt_tokens


def test_a_count_before_the_call_is_what_is_read(claude_server):
    claude = claude_at(claude_server)

    counted = claude.count_analysis(STORY, prompt="Write.", model=MODEL)

    assert claude_server.log == []
    assert counted == claude.analyze(STORY, prompt="Write.", model=MODEL).usage.prompt_tokens


@pytest.mark.parametrize(
    "behavior",
    [
        pytest.param(say.server_error(500), id="ill"),
        pytest.param(say.rate_limited(60), id="limited"),
        pytest.param(say.html, id="a page"),
        pytest.param(lambda _: Wire(200, b'{"input_tokens": "many"}'), id="words"),
        pytest.param(lambda _: Wire(200, b'{"input_tokens": -1}'), id="less than nothing"),
        pytest.param(lambda _: Wire(200, b"[" * 9_000), id="malformed"),
    ],
)
def test_who_does_not_count_costs_only_the_count(claude_server, behavior):
    claude_server.counting = behavior

    assert claude_at(claude_server).count_analysis(STORY, prompt="Write.", model=MODEL) is None


# --- Prose ---------------------------------------------------------------------------


def test_a_text_is_completed_in_pieces_and_as_a_whole(claude_server):
    claude, told = claude_at(claude_server), "Say this. " * 200

    *pieces, last = claude.stream(told, context="Be brief.", max_tokens=900, model=MODEL)
    whole = claude.complete(told, context="Be brief.", max_tokens=900, model=MODEL)

    assert len(pieces) > 2
    assert "".join(pieces) == last.content == whole.content == f"You said: {told}"
    asked = claude_server.log[0].asked
    assert (asked.system, asked.message, asked.purpose) == ("Be brief.", told, "complete")
    assert last.usage == claude_server.log[0].usage
    most = claude.estimate_completion(told, context="Be brief.", max_tokens=900)
    assert most.prompt_tokens >= last.usage.prompt_tokens
    assert most.output_tokens == 900


def test_a_completion_that_is_cut_at_its_limit_is_of_use(claude_server):
    claude_server.script = lambda asked: say.message(asked, "Once upon", stop_reason="max_tokens")

    told = claude_at(claude_server).complete("Go on.", context="", max_tokens=3, model=MODEL)

    assert told.content == "Once upon"


# --- Streams -------------------------------------------------------------------------

BEGUN = {"id": "m", "model": MODEL, "content": [], "stop_reason": None}
START = say.event(
    "message_start",
    {
        "type": "message_start",
        "message": BEGUN | {"usage": {"input_tokens": 9, "output_tokens": 1}},
    },
)
END = say.event(
    "message_delta",
    {
        "type": "message_delta",
        "delta": {"stop_reason": "end_turn"},
        "usage": {"output_tokens": 5},
    },
)
STOP = say.event("message_stop", {"type": "message_stop"})


def a_delta(text, index=0, **fields):
    delta = {"type": "text_delta", "text": text}
    told = {"type": "content_block_delta", "index": index, "delta": delta}
    return say.event("content_block_delta", told | fields)


def streaming(*events):
    return lambda _: Wire(200, b"".join(events), say.EVENT_STREAM)


ERROR = say.event(
    "error", {"type": "error", "error": {"type": "overloaded_error", "message": "Overloaded"}}
)


@pytest.mark.parametrize(
    ("events", "kind", "is_paid"),
    [
        pytest.param([], Unavailable, True, id="nothing"),
        pytest.param([STOP], Unavailable, True, id="only its end"),
        pytest.param([START], Unavailable, True, id="only its beginning"),
        pytest.param([START, a_delta('{"cl')], Unavailable, True, id="cut"),
        pytest.param([START, a_delta("{}"), END], Unavailable, True, id="no last event"),
        pytest.param([START, a_delta('{"cl'), ERROR], Unavailable, True, id="an error midway"),
        pytest.param([START, END, STOP], Malformed, False, id="no text"),
        pytest.param([START, say.event("x", "{"), STOP], Malformed, True, id="no JSON"),
        pytest.param([START, say.event("ping", "[]"), STOP], Unavailable, True, id="a list"),
        pytest.param([START, a_delta("{}", index="x"), END, STOP], Malformed, False, id="no place"),
        pytest.param([START, a_delta("{}", index=-1), END, STOP], Malformed, False, id="below"),
        pytest.param([START, a_delta("{}", index=10**9), END, STOP], Malformed, False, id="far"),
        pytest.param([START, a_delta({"a": 1}), END, STOP], Malformed, False, id="no words"),
        pytest.param([START, a_delta("{}", delta=None), END, STOP], Malformed, False, id="null"),
        pytest.param([START, a_delta("zebras"), END, STOP], Malformed, False, id="prose"),
    ],
)
def test_a_stream_that_is_none_is_told_and_may_be_paid(claude_server, events, kind, is_paid):
    claude_server.script = streaming(*events)

    failed = failure(claude_server)

    assert type(failed) is kind
    assert failed.may_be_paid is is_paid


@pytest.mark.parametrize(
    "events",
    [
        pytest.param([START, a_delta("{")], id="an end"),
        pytest.param([START, a_delta("{"), ERROR], id="an error"),
        pytest.param([START, say.event("x", "{")], id="no JSON"),
    ],
)
def test_of_half_an_answer_what_was_read_is_known(claude_server, events):
    claude_server.script = streaming(*events)

    failed = failure(claude_server)

    assert (failed.usage.input_tokens, failed.may_be_paid) == (9, True)
    assert failed.request_id == claude_server.log[0].request_id


def test_who_stops_listening_ends_the_exchange(claude_server):
    pieces = claude_at(claude_server).stream("Go on. " * 900, context="", max_tokens=9, model=MODEL)
    next(pieces)

    pieces.close()

    assert list(pieces) == []


def test_an_answer_to_a_stream_may_come_in_one_piece(claude_server):
    claude_server.script = lambda asked: say.message(replace(asked, is_streamed=False), "Once.")

    told = claude_at(claude_server).complete("Go on.", context="", max_tokens=9, model=MODEL)

    assert told.content == "Once."
    assert told.usage == claude_server.log[0].usage
    assert told.request_id == claude_server.log[0].request_id


def test_what_a_stream_brings_besides_is_passed_over(claude_server):
    thought = say.event(
        "content_block_delta",
        {
            "type": "content_block_delta",
            "index": 0,
            "delta": {"type": "thinking_delta", "thinking": "Hm."},
        },
    )
    claude_server.script = streaming(
        say.event("ping", {"type": "ping"}), START, START, thought,
        say.event("news", {"type": "news", "index": 3}), a_delta('{"clai', index=1),
        say.event("ping", {"type": "ping"}), a_delta('ms": []}', index=1), END, STOP,
    )  # fmt: skip

    told = analyzed(claude_server)

    assert told.content.claims == ()
    assert (told.usage.input_tokens, told.usage.output_tokens) == (9, 5)


# --- What may go wrong ---------------------------------------------------------------


@pytest.mark.parametrize(
    ("behavior", "kind", "said"),
    [
        pytest.param(say.server_error(500), Unavailable, "not available (500)", id="500"),
        pytest.param(say.server_error(501), Unavailable, "not available (501)", id="501"),
        pytest.param(say.server_error(502), Unavailable, "not available (502)", id="502"),
        pytest.param(say.server_error(599), Unavailable, "not available (599)", id="599"),
        pytest.param(say.overloaded, Unavailable, "overloaded (529)", id="529"),
        pytest.param(say.failing(408, "timeout_error", "x"), Unavailable, "(408)", id="408"),
        pytest.param(say.failing(409, "conflict_error", "x"), Unavailable, "(409)", id="409"),
        pytest.param(say.rate_limited(), RateLimited, "asks for patience (429)", id="429"),
        pytest.param(say.spend_limit, OutOfFunds, "reached its limit (429)", id="spend limit"),
        pytest.param(
            say.failing(429, "rate_limit_error", "x", code="contract_spend_limit_reached"),
            OutOfFunds, "reached its limit (429)", id="contract",
        ),
        pytest.param(say.low_credit, OutOfFunds, "no credit left", id="credit"),
        pytest.param(say.failing(402, "billing_error", "x"), OutOfFunds, "(402)", id="402"),
        pytest.param(say.failing(403, "billing_error", "x"), OutOfFunds, "(403)", id="billing"),
        pytest.param(
            say.failing(400, "invalid_request_error", "bad"), Denied,
            "check the briefing's model and the prompt (400). bad", id="400",
        ),
        pytest.param(say.unauthorized, Denied, "check ANTHROPIC_API_KEY (401)", id="401"),
        pytest.param(say.failing(403, "permission_error", "x"), Denied, "workspace", id="403"),
        pytest.param(say.unknown_model, Denied, f"no model “{MODEL}”", id="404"),
        pytest.param(say.failing(413, "x", "y"), Denied, "shorten the prompt (413)", id="413"),
        pytest.param(say.failing(418, "x", "y"), Denied, "ANTHROPIC_BASE_URL (418)", id="418"),
        pytest.param(say.failing(422, "x", "y"), Denied, "(422)", id="422"),
        pytest.param(
            say.failing(302, "x", "y", location="http://127.0.0.1:1/"), Denied,
            "name the final address (302)", id="redirect",
        ),
        pytest.param(say.stall, Unavailable, "No answer within 1 seconds", id="stall"),
        pytest.param(say.drip, Unavailable, "No answer within 1 seconds", id="drip"),
        pytest.param(say.broken_off, Unavailable, "broke off", id="broken off"),
        pytest.param(say.html, Unavailable, "A page came", id="page"),
        pytest.param(
            lambda _: Wire(503, b"<p>down", {"content-type": "text/html"}), Unavailable,
            "(503)", id="page with 503",
        ),
        pytest.param(say.refusal, Refused, "did not want", id="refusal"),
        pytest.param(say.cut_off, CutOff, "cut off after 8,000 tokens", id="cut off"),
        pytest.param(
            replying(stop_reason="model_context_window_exceeded"), CutOff, "window", id="window"
        ),
        pytest.param(replying(stop_reason="tool_use"), Malformed, "“tool_use”", id="tool use"),
        pytest.param(replying(stop_reason=None), Malformed, "“nothing”", id="no stop reason"),
        pytest.param(replying(stop_reason=[1]), Malformed, "“nothing”", id="odd stop reason"),
        pytest.param(replying(id=None), Malformed, "has no id", id="no id"),
        pytest.param(say.empty, Malformed, "is empty", id="empty"),
        pytest.param(replying(content=None), Malformed, "is empty", id="null for content"),
        pytest.param(replying(content="x"), Malformed, "is empty", id="text for content"),
        pytest.param(replying(content=[None, 1, {}]), Malformed, "is empty", id="odd blocks"),
        pytest.param(
            replying(content=[{"type": "text", "text": None}]), Malformed, "is empty", id="no text"
        ),
        pytest.param(say.malformed, Malformed, "Invalid JSON", id="prose"),
        pytest.param(replying({"kind": "lead"}), Malformed, "claims.0.quotes", id="off schema"),
        pytest.param(replying(a_claim(kind="rumor")), Malformed, "claims.0.kind", id="odd kind"),
        pytest.param(
            lambda asked: say.message(asked, '{"claims": [{"text": "\\ud800"}]}'), Malformed,
            "not in the agreed shape", id="half a character",
        ),
        pytest.param(
            lambda asked: say.message(asked, '{"claims":' + "[" * 9_999), Malformed,
            "not in the agreed shape", id="deep",
        ),
    ],
)  # fmt: skip
def test_each_failure_says_what_to_do(claude_server, behavior, kind, said):
    claude_server.script = behavior

    is_late = "seconds" in said
    failed = failure(claude_server, deadline=timedelta(seconds=1 if is_late else 60))

    assert type(failed) is kind
    assert said in str(failed)


@pytest.mark.parametrize(
    "body",
    [
        b"", b"{", b"null", b"[]", b"{}", b'"text"', b"7", b"\xff\xfe", b'{"id": {}}',
        b'{"type": "error", "error": {"type": "overloaded_error"}}', b"[" * 100_000,
    ],
)  # fmt: skip
@pytest.mark.parametrize("status", [200, 400, 500])
def test_no_answer_however_odd_gets_past_the_door(claude_server, body, status):
    claude_server.script = lambda _: Wire(status, body)

    failed = failure(claude_server)

    expected = {200: (Malformed, Unavailable), 400: (Denied,), 500: (Unavailable,)}
    assert isinstance(failed, expected[status])


def test_an_answer_without_an_end_is_not_read(claude_server):
    endless = b": still here\n\n" * (MAX_ANSWER_BYTES // 10)
    claude_server.script = lambda _: Wire(200, endless, say.EVENT_STREAM)

    assert "too long to be read" in str(failure(claude_server))


def test_a_private_address_that_nobody_chose_is_not_reached(monkeypatch):
    found = [(2, 1, 6, "", ("10.0.0.1", 443))]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: found)

    with pytest.raises(Denied, match=r"leads to 10\.0\.0\.1.*ANTHROPIC_BASE_URL"):
        Claude(api_key=KEY).analyze(STORY, prompt="Write.", model=MODEL)


def test_nobody_there_is_unavailable(claude_server):
    with socket.create_server(("127.0.0.1", 0)) as closed:
        address = f"http://127.0.0.1:{closed.getsockname()[1]}"

    failed = failure(claude_server, base_url=address)

    assert isinstance(failed, Unavailable)
    assert "refused" in str(failed)
    assert not failed.may_be_paid


@pytest.mark.parametrize(
    "behavior",
    [
        pytest.param(say.stall, id="stalled"),
        pytest.param(say.drip, id="dripping"),
        pytest.param(say.broken_off, id="broken off"),
    ],
)
def test_what_was_sent_and_never_heard_may_be_paid(claude_server, behavior):
    claude_server.script = behavior

    failed = failure(claude_server, deadline=timedelta(seconds=2))

    assert failed.may_be_paid


@pytest.mark.parametrize(
    ("told", "asked"),
    [
        pytest.param(None, None, id="nothing"),
        pytest.param("7", timedelta(seconds=7), id="seconds"),
        pytest.param("1.5", timedelta(seconds=1.5), id="halves"),
        pytest.param("0", timedelta(0), id="at once"),
        pytest.param("999999999", timedelta(days=1), id="for years"),
        pytest.param("9" * 4_000, None, id="a book of nines"),
        pytest.param("-5", None, id="negative"),
        pytest.param("nan", None, id="nan"),
        pytest.param("٧", None, id="other digits"),
        pytest.param("soon", None, id="a word"),
        pytest.param("Tue, 09 Jun 2026 06:31:30 GMT", timedelta(seconds=90), id="date"),
        pytest.param("Tue, 09 Jun 2026 06:29:00 GMT", None, id="the past"),
        pytest.param("Fri, 09 Jun 2028 06:31:30 GMT", timedelta(days=1), id="years ahead"),
    ],
)
def test_retry_after_is_read_and_capped(claude_server, told, asked):
    headers = {"date": "Tue, 09 Jun 2026 06:30:00 GMT"}
    if told is not None:
        headers["retry-after"] = told.encode().decode("latin-1")
    claude_server.script = lambda _: Wire(429, b"{}", headers)

    failed = failure(claude_server)

    assert isinstance(failed, RateLimited)
    assert failed.asked == asked


def test_the_sdk_neither_waits_nor_tries_again(claude_server):
    claude_server.script = say.rate_limited(3600)
    began = time.monotonic()

    failed = failure(claude_server)

    assert failed.request_id == claude_server.log[0].request_id
    assert len(claude_server.log) == 1
    assert time.monotonic() - began < 30


def test_the_key_never_stands_in_a_sentence(claude_server):
    claude_server.script = say.failing(401, "authentication_error", f"invalid key {KEY}\n<b>")

    failed = failure(claude_server)

    assert KEY not in str(failed)
    assert "invalid key …" in str(failed)


def test_a_wrong_key_is_told(claude_server):
    assert "ANTHROPIC_API_KEY" in str(failure(claude_server, api_key="another"))


# What belongs to features of the SDK that we do not use, and nothing that a request can raise.
UNUSED = {
    "APIWebhookValidationError", "StreamAlreadyConsumed", "WorkloadIdentityError",
    "ToolsetUsageError", "MissingDependencyError", "MutuallyExclusiveAuthError",
}  # fmt: skip
BASES = {anthropic.AnthropicError, anthropic.APIError, anthropic.APIStatusError}


def subclasses(error: type[Exception]) -> set[type[Exception]]:
    below = (subclasses(each) for each in error.__subclasses__())
    return {error}.union(*below)


def test_every_error_of_the_sdk_has_a_meaning():
    anthropic.Anthropic(api_key=KEY).messages  # noqa: B018 (imports what it needs)
    unmapped = {
        error.__name__
        for error in subclasses(anthropic.AnthropicError) - BASES
        if error.__module__.startswith("anthropic")
        and not set(error.__mro__) & set(failures())
        and not {each.__name__ for each in error.__mro__} & UNUSED
    }

    assert unmapped == set()


@pytest.mark.parametrize(
    "error",
    [anthropic.EnforcedSpendLimitReachedError, anthropic.ContractSpendLimitReachedError],
)
def test_limits_of_the_account_are_no_rate_limits(error):
    assert failures()[error] is OutOfFunds
    assert failures()[anthropic.RateLimitError] is RateLimited
