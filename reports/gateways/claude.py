"""The door to Claude: here, in `claude_replies` and in `claude_failures`, anthropic is imported
when somebody asks.

Errors:

* CallFailed      no answer came; carries what was used, the request's id and the status
  · Unavailable   5xx, overload, no connection, the deadline, a page for an answer: try again
  · RateLimited   429: wait as long as `asked`
  · OutOfFunds    the account's own limit or credit: asking again will not help
  · Denied        400, 401, 403, 404, 413 and the like: an operator should look
  · Refused       the model does not want to answer this
  · CutOff        the answer is longer than we allow
  · Malformed     an answer in no shape that we know

A request that nobody counted has no usage; an answer that is no good has its own.
"""

from __future__ import annotations

import json
import os
import re
import secrets
from collections.abc import Callable, Collection, Generator, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING, Any, Generic, TypeVar, cast

from patriot.ledger.prices import Usage, estimate
from patriot.lib.outbound import Forbidden, authority_of
from reports.domain.analysis import Analysis, DraftClaim, Material, Rejected
from reports.domain.fencing import Fenced, fence, fence_refused, fence_text
from reports.gateways.claude_failures import (
    CallFailed,
    CutOff,
    Denied,
    Malformed,
    OutOfFunds,
    RateLimited,
    Refused,
    Unavailable,
    broken_off,
    failure_of,
    words_of,
)
from reports.gateways.claude_replies import (
    MAX_TOKENS,
    Gathering,
    ModelCard,
    Received,
    Told,
    card_in,
    fields_in,
    received,
    told_in,
)

if TYPE_CHECKING:
    import anthropic  # noqa: TID251 (this is its door)
    from pydantic import BaseModel

    from reports.gateways.claude_verdicts import Judgment

T = TypeVar("T")

__all__ = [
    "CallFailed",
    "Claude",
    "CutOff",
    "Denied",
    "Form",
    "Malformed",
    "ModelCard",
    "OutOfFunds",
    "RateLimited",
    "Refused",
    "Told",
    "Unavailable",
]

ADDRESS = "https://api.anthropic.com"
# A section has some 2,000; the rest is for models that think before they write.
MAX_OUTPUT_TOKENS = 8_000
# A verdict has some 20; the rest as above.
MAX_VERDICT_TOKENS = 1_000
MAX_ANSWER_BYTES = 2_000_000
# An answer that may be longer comes as a stream: no proxy gives up on a silence of minutes.
LONGEST_UNSTREAMED = 4_096
# What is free is not worth waiting for longer.
FREE_DEADLINE = timedelta(seconds=10)


@dataclass(frozen=True, slots=True)
class Form(Generic[T]):
    """What shape of answer is asked for, and how long one."""

    schema: type[BaseModel]
    read: Callable[[str], T]
    """Returns what an answer says. Raises OffShape."""
    max_output_tokens: int


class Claude:
    """Asks Claude for the claims of one section, or a verdict. Safe to make before a fork."""

    def __init__(
        self,
        *,
        api_key: str,
        base_url: str = "",
        allow: Collection[str] = (),
        deadline: timedelta = timedelta(seconds=75),
    ) -> None:
        """base_url: without /v1; its own host and port may be private, the operator chose it
        allow:    further "host:port" pairs that need not be public
        deadline: for a whole request

        Raises ValueError for a missing key or an address that cannot be one.
        """
        # Without a key the SDK looks for other credentials on its own, on disk as well.
        if not re.fullmatch(r"[!-~]{1,500}", api_key):
            raise ValueError("Claude needs a key: check ANTHROPIC_API_KEY.")
        self._api_key = api_key
        self._base_url = base_url or ADDRESS
        own = [_authority(base_url)] if base_url else []
        self._allow = frozenset([*allow, *own])
        self._deadline = deadline
        self._sdks: dict[tuple[int, timedelta], anthropic.Anthropic] = {}

    def estimate_analysis(self, material: Material, *, prompt: str) -> Usage:
        """Return what `analyze` may use at most."""
        fenced = fence(material, delimiter=delimiter())
        return self.estimate(_analysis_form(fenced), fenced.text, prompt=prompt)

    def estimate_repair(
        self, material: Material, refused: Sequence[Rejected], *, prompt: str
    ) -> Usage:
        """Return what `repair` may use at most."""
        fenced = fence_refused(material, refused, delimiter=delimiter())
        return self.estimate(_analysis_form(fenced), fenced.text, prompt=prompt)

    def analyze(self, material: Material, *, prompt: str, model: str) -> Told[Analysis]:
        """Ask for the claims of a section. Raises CallFailed."""
        fenced = fence(material, delimiter=delimiter())
        return self._ask_for_claims(fenced, prompt=prompt, model=model)

    def repair(
        self, material: Material, refused: Sequence[Rejected], *, prompt: str, model: str
    ) -> Told[Analysis]:
        """Ask for better sentences in place of those that code refused. Raises CallFailed."""
        fenced = fence_refused(material, refused, delimiter=delimiter())
        return self._ask_for_claims(fenced, prompt=prompt, model=model)

    def _ask_for_claims(self, fenced: Fenced, *, prompt: str, model: str) -> Told[Analysis]:
        told = self.ask(_analysis_form(fenced), fenced.text, prompt=prompt, model=model)
        analysis = Analysis(told.model, told.content)
        return Told(analysis, told.model, told.usage, told.request_id, told.is_counted)

    def estimate_verdict(self, text: str) -> Usage:
        """Return what `verdict` may use at most."""
        from reports.gateways import claude_verdicts as verdicts  # noqa: PLC0415

        fenced = fence_text(text, delimiter=delimiter())
        return self.estimate(_verdict_form(), fenced, prompt=verdicts.PROMPT)

    def verdict(self, text: str, *, model: str) -> Told[Judgment]:
        """Ask for the sentiment of a text by anybody. Raises CallFailed."""
        from reports.gateways import claude_verdicts as verdicts  # noqa: PLC0415

        fenced = fence_text(text, delimiter=delimiter())
        return self.ask(_verdict_form(), fenced, prompt=verdicts.PROMPT, model=model)

    def estimate(self, form: Form[Any], text: str, *, prompt: str) -> Usage:
        """Return what `ask` may use at most."""
        sent = "\n".join([text, json.dumps(form.schema.model_json_schema())])
        return _at_most(sent, prompt=prompt, max_output_tokens=form.max_output_tokens)

    def count(self, form: Form[Any], text: str, *, prompt: str, model: str) -> int | None:
        """Return how many tokens `ask` would send, by the service's own count, which is free.

        None if the service does not say.
        """
        import anthropic  # noqa: PLC0415, TID251 (three seconds)

        request = _request(text, prompt=prompt, model=model, form=form)
        try:
            counted = self._client(FREE_DEADLINE).messages.count_tokens(**request)
        except (anthropic.AnthropicError, ValueError, RecursionError):
            return None
        tokens: object = getattr(counted, "input_tokens", None)
        return tokens if isinstance(tokens, int) and 0 < tokens < MAX_TOKENS else None

    def count_analysis(self, material: Material, *, prompt: str, model: str) -> int | None:
        """Return how many tokens `analyze` would send; None if the service does not say."""
        fenced = fence(material, delimiter=delimiter())
        return self.count(_analysis_form(fenced), fenced.text, prompt=prompt, model=model)

    def card_of(self, model: str) -> ModelCard:
        """Return what the service says of a model, which is free. Raises CallFailed."""
        import anthropic  # noqa: PLC0415, TID251

        try:
            return card_in(self._client(FREE_DEADLINE).models.retrieve(model))
        except anthropic.AnthropicError as error:
            raise failure_of(error, model=model, secret=self._api_key) from error
        except (ValueError, RecursionError) as error:
            raise Malformed("What Claude says of its models is not JSON.", status=200) from error

    def ask(self, form: Form[T], text: str, *, prompt: str, model: str) -> Told[T]:
        """Ask for an answer in a given shape.

        prompt: what to do with the text, the same for many texts
        text:   data by strangers, fenced

        Raises CallFailed.
        """
        most = form.max_output_tokens
        request = _request(text, prompt=prompt, model=model, form=form) | {"max_tokens": most}
        message = self._send(request) if most <= LONGEST_UNSTREAMED else self._streamed(request)
        return told_in(message, form.read, model=model, max_output_tokens=most)

    # --- Prose --------------------------------------------------------------------------

    def estimate_completion(self, message: str, *, context: str, max_tokens: int) -> Usage:
        """Return what `complete` and `stream` may use at most."""
        return _at_most(message, prompt=context, max_output_tokens=max_tokens)

    def complete(self, message: str, *, context: str, max_tokens: int, model: str) -> Told[str]:
        """Have a text completed, in prose that nobody verifies. Raises CallFailed."""
        request = _request(message, prompt=context, model=model) | {"max_tokens": max_tokens}
        ended = self._streamed(request)
        return told_in(ended, str, model=model, max_output_tokens=max_tokens, may_be_cut=True)

    def stream(
        self, message: str, *, context: str, max_tokens: int, model: str
    ) -> Iterator[str | Told[str]]:
        """The same, in pieces as they come; at last the whole of it. Raises CallFailed."""
        request = _request(message, prompt=context, model=model) | {"max_tokens": max_tokens}
        ended = yield from self._stream(request)
        yield told_in(ended, str, model=model, max_output_tokens=max_tokens, may_be_cut=True)

    # --- The wire -----------------------------------------------------------------------

    def _send(self, request: dict[str, Any]) -> Received:
        """Return an answer that comes in one piece. Raises CallFailed."""
        import anthropic  # noqa: PLC0415, TID251

        try:
            return received(self._client(self._deadline).messages.create(**request))
        except anthropic.AnthropicError as error:
            raise failure_of(error, model=request["model"], secret=self._api_key) from error
        except (ValueError, RecursionError) as error:
            raise Malformed("Claude's answer is not JSON.", status=200) from error

    def _streamed(self, request: dict[str, Any]) -> Received:
        """Return an answer that comes as a stream, when it is over. Raises CallFailed."""
        pieces = self._stream(request)
        while True:
            try:
                next(pieces)
            except StopIteration as end:
                return cast("Received", end.value)

    def _stream(self, request: dict[str, Any]) -> Generator[str, None, Received]:
        """Yield an answer's text as it comes, and return the whole. Raises CallFailed.

        Whatever breaks off once it has begun may be paid: only its end counts it.
        """
        gathering = Gathering()
        try:
            return (yield from self._pieces(request, gathering))
        except CallFailed as failure:
            gathering.testify(failure)
            raise
        except Exception as error:
            interrupted = self._interrupted(error, model=request["model"])
            gathering.testify(interrupted)
            raise interrupted from error

    def _interrupted(self, error: Exception, *, model: str) -> CallFailed:
        """Say why a stream ended before its end."""
        import anthropic  # noqa: PLC0415, TID251

        from patriot.lib.transports import BrokenOff  # noqa: PLC0415

        if isinstance(error, anthropic.AnthropicError):
            return failure_of(error, model=model, secret=self._api_key)
        if isinstance(error, BrokenOff):
            return broken_off(error)
        # What the SDK makes of events that it does not know: any error at all.
        sentence = "Claude's answer is no stream that we can read."
        return Malformed(sentence, status=200, may_be_paid=True)

    def _pieces(
        self, request: dict[str, Any], gathering: Gathering
    ) -> Generator[str, None, Received]:
        import anthropic  # noqa: PLC0415, TID251

        with self._client(self._deadline).messages.create(**request, stream=True) as events:
            headers = events.response.headers
            gathering.request_id = words_of(headers.get("request-id"))
            kind = headers.get("content-type", "")
            if "json" in kind:
                # Somebody between us and the service waited for its end.
                fields = fields_in(events.response.read())
                whole = anthropic.types.Message.construct(**fields)
                return received(whole, request_id=gathering.request_id)
            if "event-stream" not in kind:
                raise Unavailable("A page came instead of Claude's answer.", status=200)
            for event in events:
                if piece := gathering.take(event):
                    yield piece
            return gathering.received()

    def _client(self, deadline: timedelta) -> anthropic.Anthropic:
        """Return the SDK's client of this process: one from before a fork mixed up answers."""
        import anthropic  # noqa: PLC0415, TID251

        from patriot.lib import transports  # noqa: PLC0415

        key = (os.getpid(), deadline)
        if key not in self._sdks:
            http = transports.client(
                allow=self._allow, deadline=deadline, max_bytes=MAX_ANSWER_BYTES
            )
            # The SDK sleeps out any Retry-After, even an hour: trying again is our business.
            self._sdks[key] = anthropic.Anthropic(
                api_key=self._api_key,
                base_url=self._base_url,
                http_client=http,
                max_retries=0,
                timeout=deadline.total_seconds(),
            )
        return self._sdks[key]


def _authority(base_url: str) -> str:
    """Return host:port of an address that the operator set. Raises ValueError."""
    try:
        return authority_of(base_url)
    except Forbidden as error:
        raise ValueError(f"ANTHROPIC_BASE_URL is not an address: {error}") from error


def delimiter() -> str:
    """Return a word that no text can foresee."""
    return f"k{secrets.token_hex(4)}"


def _request(
    text: str, *, prompt: str, model: str, form: Form[Any] | None = None
) -> dict[str, Any]:
    """Return a request, what is the same for many texts first: the service may remember it."""
    import anthropic  # noqa: PLC0415, TID251

    request: dict[str, Any] = {"model": model, "messages": [{"role": "user", "content": text}]}
    if prompt:
        remembered = {"type": "ephemeral"}
        request["system"] = [{"type": "text", "text": prompt, "cache_control": remembered}]
    if form:
        schema = anthropic.transform_schema(form.schema)
        request["output_config"] = {"format": {"type": "json_schema", "schema": schema}}
    return request


def _at_most(text: str, *, prompt: str, max_output_tokens: int) -> Usage:
    """Return what a request may use: its prompt is written to the service's memory once more."""
    usage = estimate(text, max_output_tokens=max_output_tokens)
    written = estimate(prompt, max_output_tokens=0).input_tokens
    return replace(usage, cache_write_5m_tokens=written)


def _analysis_form(fenced: Fenced) -> Form[tuple[DraftClaim, ...]]:
    from reports.gateways.claude_drafts import Draft, claims_of  # noqa: PLC0415

    return Form(Draft, partial(claims_of, passage_ids=fenced.passage_ids), MAX_OUTPUT_TOKENS)


def _verdict_form() -> Form[Judgment]:
    from reports.gateways import claude_verdicts as verdicts  # noqa: PLC0415

    return Form(verdicts.Draft, verdicts.judgment_of, MAX_VERDICT_TOKENS)
