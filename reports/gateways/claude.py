"""The door to Claude: here, and in `claude_failures`, anthropic is imported when somebody asks.

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
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING, Any, Generic, TypeVar

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
    failure_of,
    words_of,
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
# Of one kind in one answer; beyond it somebody does not count.
MAX_TOKENS = 10_000_000


@dataclass(frozen=True, slots=True)
class Told(Generic[T]):
    """An answer in the shape that was asked for, and what it took. Nothing is verified yet."""

    content: T
    model: str
    """Which model answered, by its own word if it gave one."""
    usage: Usage
    request_id: str
    is_counted: bool = True
    """The usage can be true. Where it cannot, nobody knows what the answer cost."""


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
        self._sdk: tuple[int, anthropic.Anthropic] | None = None

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
        sent = [prompt, text, json.dumps(form.schema.model_json_schema())]
        return estimate("\n".join(sent), max_output_tokens=form.max_output_tokens)

    def ask(self, form: Form[T], text: str, *, prompt: str, model: str) -> Told[T]:
        """Ask for an answer in a given shape.

        prompt: what to do with the text, the same for many texts
        text:   data by strangers, fenced

        Raises CallFailed.
        """
        import anthropic  # noqa: PLC0415, TID251 (three seconds)

        try:
            message = self._send(form, text, prompt=prompt, model=model)
        except anthropic.AnthropicError as error:
            raise failure_of(error, model=model, secret=self._api_key) from error
        except (ValueError, RecursionError) as error:
            raise Malformed("Claude's answer is not JSON.", status=200) from error
        return _told(message, form, model=model)

    def _send(self, form: Form[T], text: str, *, prompt: str, model: str) -> object:
        """Send a request and return what the SDK makes of the answer: not always a message."""
        import anthropic  # noqa: PLC0415, TID251

        schema = anthropic.transform_schema(form.schema)
        return self._client().messages.create(
            model=model,
            max_tokens=form.max_output_tokens,
            system=prompt,
            messages=[{"role": "user", "content": text}],
            output_config={"format": {"type": "json_schema", "schema": schema}},
        )

    def _client(self) -> anthropic.Anthropic:
        """Return the SDK's client of this process: one from before a fork mixed up answers."""
        import anthropic  # noqa: PLC0415, TID251

        from patriot.lib import transports  # noqa: PLC0415

        if self._sdk is None or self._sdk[0] != os.getpid():
            http = transports.client(
                allow=self._allow, deadline=self._deadline, max_bytes=MAX_ANSWER_BYTES
            )
            # The SDK sleeps out any Retry-After, even an hour: trying again is our business.
            client = anthropic.Anthropic(
                api_key=self._api_key,
                base_url=self._base_url,
                http_client=http,
                max_retries=0,
                timeout=self._deadline.total_seconds(),
            )
            self._sdk = (os.getpid(), client)
        return self._sdk[1]


def _authority(base_url: str) -> str:
    """Return host:port of an address that the operator set. Raises ValueError."""
    try:
        return authority_of(base_url)
    except Forbidden as error:
        raise ValueError(f"ANTHROPIC_BASE_URL is not an address: {error}") from error


def delimiter() -> str:
    """Return a word that no text can foresee."""
    return f"k{secrets.token_hex(4)}"


def _analysis_form(fenced: Fenced) -> Form[tuple[DraftClaim, ...]]:
    from reports.gateways.claude_drafts import Draft, claims_of  # noqa: PLC0415

    return Form(Draft, partial(claims_of, passage_ids=fenced.passage_ids), MAX_OUTPUT_TOKENS)


def _verdict_form() -> Form[Judgment]:
    from reports.gateways import claude_verdicts as verdicts  # noqa: PLC0415

    return Form(verdicts.Draft, verdicts.judgment_of, MAX_VERDICT_TOKENS)


# --- An answer -------------------------------------------------------------------------------

# How an answer may end that is not the end.
_ENDINGS: Mapping[str, tuple[type[CallFailed], str]] = {
    "refusal": (Refused, "Claude did not want to answer this request."),
    "max_tokens": (CutOff, "Claude's answer was cut off after {most:,} tokens."),
    "model_context_window_exceeded": (CutOff, "The request filled the model's whole window."),
}


def _told(message: object, form: Form[T], *, model: str) -> Told[T]:
    """Return what a message holds, or raise what is wrong with it.

    The usage is read before anything else: whatever came, it was paid.
    """
    import anthropic  # noqa: PLC0415, TID251

    from reports.gateways.claude_drafts import OffShape  # noqa: PLC0415

    if isinstance(message, str):
        raise Unavailable("A page came instead of Claude's answer.", status=200)
    if not isinstance(message, anthropic.types.Message):
        raise Malformed("Claude's answer is not a message.", status=200)
    usage, request_id = usage_of(message), words_of(getattr(message, "_request_id", None))
    is_counted = is_plausible(message, usage)
    try:
        content = form.read(_text(message, form.max_output_tokens))
    except OffShape as error:
        sentence = f"Claude's answer is not in the agreed shape. {error}"
        raise Malformed(
            sentence,
            usage=usage,
            request_id=request_id,
            status=200,
            may_be_paid=not is_counted,
        ) from error
    except CallFailed as failure:
        failure.usage, failure.request_id, failure.status = usage, request_id, 200
        failure.may_be_paid = not is_counted
        raise
    return Told(content, _name(message.model) or model, usage, request_id, is_counted)


def _name(told: object) -> str:
    """Return a model's name as readers will see it; empty for what is not the name of one."""
    name = words_of(told)
    return name if re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9_-]{0,59}", name) else ""


def _text(message: anthropic.types.Message, most: int) -> str:
    """Return what the model wrote, thinking aside, or raise why that is of no use."""
    if not words_of(message.id):
        raise Malformed("Claude's answer has no id.")
    ending = words_of(message.stop_reason)
    if ending != "end_turn":
        kind, sentence = _ENDINGS.get(
            ending, (Malformed, f"Claude's answer ended with “{ending or 'nothing'}”.")
        )
        raise kind(sentence.replace("{most:,}", f"{most:,}"))
    # The SDK checks no types: what calls itself a list of blocks may be anything.
    blocks = message.content if isinstance(message.content, list) else []
    written = [getattr(block, "text", "") for block in blocks if _type(block) == "text"]
    text = "".join(piece for piece in written if isinstance(piece, str))
    if not text.strip():
        raise Malformed("Claude's answer is empty.")
    return text


def _type(block: object) -> str:
    return words_of(getattr(block, "type", ""))


def usage_of(message: anthropic.types.Message) -> Usage:
    """Return what an answer used, by kinds that have different prices."""
    told: object = message.usage
    by_age: object = getattr(told, "cache_creation", None)
    hour = _count(by_age, "ephemeral_1h_input_tokens")
    written = _count(told, "cache_creation_input_tokens")
    return Usage(
        input_tokens=_count(told, "input_tokens"),
        # What was written to a cache without saying for how long has the default age.
        cache_write_5m_tokens=max(_count(by_age, "ephemeral_5m_input_tokens"), written - hour),
        cache_write_1h_tokens=hour,
        cache_read_tokens=_count(told, "cache_read_input_tokens"),
        output_tokens=_count(told, "output_tokens"),
        thinking_tokens=_count(getattr(told, "output_tokens_details", None), "thinking_tokens"),
    )


def is_plausible(message: anthropic.types.Message, usage: Usage) -> bool:
    """Tell whether an answer's usage can be true: something was read, and written if it speaks."""
    counts = [getattr(message.usage, name, None) for name in ("input_tokens", "output_tokens")]
    said = bool(message.content) and words_of(message.stop_reason) != "refusal"
    return (
        all(isinstance(count, int) and 0 <= count < MAX_TOKENS for count in counts)
        and usage.prompt_tokens > 0
        and (usage.output_tokens > 0 or not said)
    )


def _count(counted: object, name: str) -> int:
    """Return a number of tokens; 0 for what is missing or cannot be one."""
    value = getattr(counted, name, None)
    return value if isinstance(value, int) and 0 <= value < MAX_TOKENS else 0
