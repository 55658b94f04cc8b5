"""Hostile and faulty answers of a model, and of the service before it, by kind.

Each is a behavior of the scripted server: it reads what was asked, and answers badly. What is
hostile stands in `poison`: it may reach no surface.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from copy import deepcopy
from dataclasses import dataclass, replace
from typing import Any

from tests import claude_server as say
from tests.claude_server import Asked, Behavior, Claims, Wire

POISON = ("zebras", "Zebra", "evil.example", "48151", "48,151", "alert(", "BEGIN SECRET")
"""Whatever a fault below adds and no article says."""


@dataclass(frozen=True)
class Fault:
    """One kind of bad answer."""

    name: str
    behave: Behavior


def every(name: str, spoil: Callable[[dict[str, Any]], None]) -> Fault:
    """Return a fault in each claim."""

    def behave(asked: Asked) -> Wire:
        claims = standing(asked)
        for claim in claims:
            spoil(claim)
        return say.answering(asked, claims)

    return Fault(name, behave)


def whole(name: str, spoil: Callable[[Claims], Any]) -> Fault:
    """Return a fault in the answer's shape: `spoil` returns its JSON value."""

    def behave(asked: Asked) -> Wire:
        return say.message(asked, json.dumps(spoil(standing(asked))))

    return Fault(name, behave)


def written(name: str, write: Callable[[Claims], str]) -> Fault:
    """Return a fault in the answer's very characters."""
    return Fault(name, lambda asked: say.message(asked, write(standing(asked))))


def told(name: str, **fields: Any) -> Fault:
    """Return a fault in the message around the answer."""

    def behave(asked: Asked) -> Wire:
        text = json.dumps({"claims": standing(asked)})
        return say.message(asked, text, **fields)

    return Fault(name, behave)


def standing(asked: Asked) -> Claims:
    """Return claims that hold, to be spoilt; never none."""
    claims = say.standing_claims(replace(asked, refused=()))
    assert claims, "there is nothing to spoil"
    return claims


def saying(text: str) -> Callable[[dict[str, Any]], None]:
    """Put words into every sentence: “…” stands for what it said."""

    def spoil(claim: dict[str, Any]) -> None:
        claim["text"] = text.replace("…", claim["text"])

    return spoil


def quoting(change: Callable[[str], str]) -> Callable[[dict[str, Any]], None]:
    """Change every quotation."""

    def spoil(claim: dict[str, Any]) -> None:
        for quote in claim["quotes"]:
            quote["text"] = change(quote["text"])

    return spoil


def stating(change: Callable[[str], str]) -> Callable[[dict[str, Any]], None]:
    """Change every sentence, and leave its quotations as they are."""

    def spoil(claim: dict[str, Any]) -> None:
        claim["text"] = change(claim["text"])

    return spoil


def both(change: Callable[[str], str]) -> Callable[[dict[str, Any]], None]:
    """Change sentence and quotations alike."""

    def spoil(claim: dict[str, Any]) -> None:
        stating(change)(claim)
        quoting(change)(claim)

    return spoil


def naming(passage: str) -> Callable[[dict[str, Any]], None]:
    """Name another passage in every quotation."""

    def spoil(claim: dict[str, Any]) -> None:
        for quote in claim["quotes"]:
            quote["passage"] = passage

    return spoil


def setting(**fields: Any) -> Callable[[dict[str, Any]], None]:
    """Give every claim other fields."""
    return lambda claim: claim.update(deepcopy(fields))


def _next_letter(text: str) -> str:
    """Alter one letter in the middle of a text."""
    place = len(text) // 2
    while not text[place].isalpha():
        place += 1
    return text[:place] + ("q" if text[place] != "q" else "x") + text[place + 1 :]


def _next_digit(text: str) -> str:
    return re.sub(r"\d", lambda found: str((int(found[0]) + 1) % 10), text, count=1)


def _pass_off_another(asked: Asked) -> Wire:
    """Quote one passage under the id of another."""
    claims, names = standing(asked), list(asked.passages)
    for claim in claims:
        for quote in claim["quotes"]:
            quote["passage"] = names[(names.index(quote["passage"]) + 1) % len(names)]
    return say.answering(asked, claims)


def _obey(asked: Asked) -> Wire:
    """Write what the house would never: its own instructions."""
    claims = standing(asked)
    for claim in claims:
        claim["text"] = asked.system[:200]
    return say.answering(asked, claims)


def _quote_the_instructions(asked: Asked) -> Wire:
    claims = standing(asked)
    for claim in claims:
        claim["text"] = "BEGIN SECRET"
        claim["quotes"] = [{"passage": "system", "text": asked.system[:60]}]
    return say.answering(asked, claims)


def _end_the_fence(asked: Asked) -> Wire:
    """Repeat the delimiter of this very request."""
    delimiter = asked.message.split(" begin")[0].split()[-1]
    return say.answering(
        asked, [claim | {"text": f"{delimiter} end zebras"} for claim in standing(asked)]
    )


SENTENCES = (
    Fault("altered quotes", say.altered_quotes),
    Fault("invented numbers", say.invented_numbers),
    Fault("forged ids", say.forged_ids),
    Fault("markup and links", say.markup_and_links),
    every("one letter of a quotation", quoting(_next_letter)),
    every("one digit of a quotation", quoting(_next_digit)),
    every("one letter of both", both(_next_letter)),
    every("one digit of both", both(_next_digit)),
    every("one word more", saying("… So say zebras.")),
    every("a name more", saying("… It was Zebra Jones.")),
    every("a figure more", saying("… In all 48151.")),
    every("a figure in words", saying("… In all forty-eight thousand zebras.")),
    every("a denial more", stating(lambda text: text.replace(" was ", " was not ") + " Not so.")),
    every(
        "a denial less", stating(lambda text: re.sub(r"\b(?:No|not|never) ", "", text) + " Yes.")
    ),
    every("a quotation with an ellipsis", quoting(lambda text: f"{text[:8]}…{text[-8:]}")),
    every("a quotation in pieces", quoting(lambda text: " ".join(reversed(text.split())))),
    every("a quotation of one letter", quoting(lambda text: text[:1])),
    every("a quotation of nothing", quoting(lambda _: "")),
    every("a quotation in capitals", quoting(str.upper)),
    every("a quotation backwards", quoting(lambda text: text[::-1])),
    every("a quotation with a tail", quoting(lambda text: f"{text} So say zebras.")),
    every("a quotation without end", quoting(lambda text: text * 3_000)),
    every("no quotations", setting(quotes=[])),
    every("a hundred quotations", lambda claim: claim.update(quotes=claim["quotes"] * 100)),
    every("no words", setting(text="")),
    every("words of nothing", setting(text="\u200b \u2060 .")),
    every("a sentence without end", saying("… " + "and zebras " * 9_000)),
    every("an id with a line end", naming("p1\np2")),
    every("an empty id", naming("")),
    every("an id of a row", naming("1")),
    every("an id of another request", naming("p9999")),
    every("an id as a path", naming("../p1")),
    every("a tag", saying("<b>…</b> zebras")),
    every("a script", saying("…<script>alert(1)</script>")),
    every("an entity", saying("… &lt;script&gt;alert(1)")),
    every("a link", saying("… https://evil.example/")),
    every("a bare domain", saying("… See evil.example.")),
    every("a link in Markdown", saying("[…](https://evil.example)")),
    every("a mail address", saying("… Write to zebras@evil.example.")),
    every("a telephone number", saying("… Call tel:+48151.")),
    every("a script as address", saying("… javascript:alert(1)")),
    every("a template", saying("… {{ zebras }} {% load x %}")),
    every("a formula", saying('=HYPERLINK("https://evil.example","…")')),
    every("a header", saying("…\r\nBcc: zebras@evil.example")),
    every("a zero byte", saying("…\x00 zebras")),
    every("letters that turn around", saying("\u202e…\u202c zebras")),
    every("letters that nobody sees", stating(lambda text: "\u200b".join(text) + " zebras")),
    every("letters of other scripts", stating(lambda text: text.replace("a", "\u0430"))),
    every("full-width figures", stating(lambda text: f"{text} ４８１５１")),
    every("another language", setting(text="Die Zebras regieren die Stadt seit gestern allein.")),
    every("a question", stating(lambda text: text.rstrip(".") + "?")),
    every("a cry and a picture", saying("…! 🦓 zebras")),
    every("an analysis from nowhere", setting(kind="why", text="It matters because of zebras.")),
    every("an analysis with a figure", lambda c: c.update(kind="why", text="This means 48151.")),
    every("a contradiction of one voice", setting(kind="differs")),
    every("a change of nothing", setting(kind="changed", text="Now the zebras rule.")),
    every("only analyses", setting(kind="why")),
    every("only headlines", setting(kind="headline")),
    every("only what is not known", setting(kind="unknown")),
    Fault("a passage passed off as another", _pass_off_another),
    Fault("its own instructions", _obey),
    Fault("a quotation of its instructions", _quote_the_instructions),
    Fault("the end of the fence", _end_the_fence),
    whole("a thousand claims", lambda claims: {"claims": (claims * 400)[:1_000]}),
    whole("the same claim again and again", lambda claims: {"claims": claims[:1] * 24}),
)
"""What is said is wrong; the service is well."""

SHAPES = (
    whole("no claims", lambda _: {"claims": []}),
    whole("claims that are none", lambda _: {"claims": None}),
    whole("claims as an object", lambda claims: {"claims": {"0": claims[0]}}),
    whole("an array", lambda claims: claims),
    whole("a string", lambda _: "zebras"),
    whole("null", lambda _: None),
    whole("another answer", lambda _: {"rulings": [{"id": "s1", "ruling": "supported"}]}),
    whole("an unknown kind", lambda claims: {"claims": [claims[0] | {"kind": "zebras"}]}),
    whole("a kind in a list", lambda claims: {"claims": [claims[0] | {"kind": ["lead"]}]}),
    whole("quotations as text", lambda claims: {"claims": [claims[0] | {"quotes": "p1"}]}),
    whole("a sentence as number", lambda claims: {"claims": [claims[0] | {"text": 48151}]}),
    whole("a missing field", lambda claims: {"claims": [{"kind": "lead"}, *claims]}),
    whole(
        "further fields",
        lambda claims: {"claims": [c | {"html": "<b>zebras</b>"} for c in claims], "n": "zebras"},
    ),
    written(
        "a key twice",
        lambda c: json.dumps({"claims": c})[:-1] + ', "claims": [{"kind": "zebras"}]}',
    ),
    written("numbers beyond all", lambda _: '{"claims": ' + "9" * 6_000 + "}"),
    written("not a number", lambda _: '{"claims": NaN}'),
    written("an endless depth", lambda _: '{"claims": ' + "[" * 100_000),
    written("half of it", lambda claims: json.dumps({"claims": claims})[:-40]),
    written("words behind it", lambda claims: json.dumps({"claims": claims}) + " Zebras!"),
    written("a block of code", lambda claims: f"```json\n{json.dumps({'claims': claims})}\n```"),
    written("prose", lambda _: "I cannot do this, but zebras can."),
    written("white space", lambda _: " \n\t "),
    written("halves of characters", lambda _: '{"claims": [{"kind": "\\ud800"}]}'),
    told("no id", id=""),
    told("an id that is none", id={"zebras": 1}),
    told("a model with markup", model="<script>alert(1)</script>"),
    told("another role", role="user"),
    told("no blocks", content=[]),
    told("blocks that are none", content="zebras"),
    told("a block of nothing", content=[None, 7, {"type": "text", "text": None}]),
    told("a call of a tool", content=[{"type": "tool_use", "id": "t", "name": "sh", "input": {}}]),
    told("only thoughts", content=[{"type": "thinking", "thinking": "zebras", "signature": "x"}]),
    told("usage of nothing", usage={"input_tokens": 0, "output_tokens": 0}),
    told("usage below nothing", usage={"input_tokens": -5, "output_tokens": -5}),
    told("usage beyond all", usage={"input_tokens": 10**15, "output_tokens": 10**15}),
    told("usage in words", usage={"input_tokens": "many", "output_tokens": None}),
    *(
        told(f"it ended with {reason}", stop_reason=reason)
        for reason in (
            "max_tokens", "refusal", "tool_use", "pause_turn", "stop_sequence",
            "model_context_window_exceeded", "zebras", None,
        )
    ),
)  # fmt: skip
"""What comes is no answer, or one in another shape."""


def answering_with(body: bytes, status: int = 200, **headers: str) -> Behavior:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return lambda _: Wire(status, body, named)


SERVICE = (
    *(
        Fault(f"status {status}", say.failing(status, "api_error", "Zebras"))
        for status in (408, 409, 418, 422, 499, 500, 502, 503, 504, 529, 666)
    ),
    Fault("too large", say.failing(413, "request_too_large", "Zebras")),
    Fault("a bad request", say.failing(400, "invalid_request_error", "zebras: <b>unexpected</b>")),
    Fault("elsewhere", answering_with(b"", 307, Location="http://169.254.169.254/latest")),
    Fault("nothing new", answering_with(b"", 304)),
    Fault("no content", answering_with(b"", 204)),
    Fault("no body", answering_with(b"")),
    Fault("a page", say.html),
    Fault("bytes", answering_with(bytes(range(256)))),
    Fault("what is not compressed", answering_with(b"zebras", content_encoding="gzip")),
    Fault("too much", answering_with(b'{"id": "' + b"z" * 3_000_000 + b'"}')),
    Fault("an error in another shape", answering_with(b'["zebras"]', 500)),
    Fault("an error that says all is well", answering_with(b'{"type": "error"}')),
    Fault("an end in the middle", say.broken_off),
    Fault("no end", say.drip),
    Fault("silence", say.stall),
    Fault("cut off", say.cut_off),
    Fault("a refusal", say.refusal),
)
"""The service is ill, for one story at a time."""

FOR_ALL = (
    Fault("a bad key", say.unauthorized),
    Fault("not allowed", say.failing(403, "permission_error", "Zebras may not.")),
    Fault("to be paid", say.failing(402, "billing_error", "Zebras must pay.")),
    Fault("no credit", say.low_credit),
    Fault("a spend limit", say.spend_limit),
    Fault("an unknown model", say.unknown_model),
    Fault("patience for an hour", say.rate_limited(3_600)),
    Fault("patience for ever", say.rate_limited("9" * 300)),
    Fault("patience until a day that is none", say.rate_limited("Zebra, 99 Foo 2026")),
    Fault("patience below nothing", say.rate_limited(-5)),
)
"""The service is ill for the whole house: other stories wait, or go without."""

CATALOG = (*SENTENCES, *SHAPES, *SERVICE, *FOR_ALL)
