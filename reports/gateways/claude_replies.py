"""Read Claude's messages with suspicion: what was used first, then whether they say anything.

The SDK checks no types: what calls itself a list of blocks may be anything. Streams are put
together here and not by the SDK, which fails in many ways on events that it does not expect.
"""

from __future__ import annotations

import json
import re
from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Generic, TypeVar

from patriot.ledger.prices import Usage
from reports.gateways.claude_failures import (
    CallFailed,
    CutOff,
    Malformed,
    Refused,
    Unavailable,
    words_of,
)

T = TypeVar("T")

# Of one kind in one answer; beyond it somebody does not count.
MAX_TOKENS = 10_000_000
# Of one answer: an event may name any place.
MAX_BLOCKS = 100


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
class ModelCard:
    """What the service says of a model."""

    lifecycle: str
    """“active”, “deprecated” or “retired”; empty if it does not say."""
    retires_at: datetime | None
    max_input_tokens: int | None
    max_output_tokens: int | None


def card_in(answer: object) -> ModelCard:
    """Read what the SDK made of a model's description. Raises Unavailable and Malformed."""
    if isinstance(answer, str):
        raise Unavailable("A page came instead of Claude's answer.", status=200)
    if not _words(answer, "id"):
        raise Malformed("What Claude says of the model cannot be read.", status=200)
    ends: object = getattr(answer, "retires_at", None)
    return ModelCard(
        lifecycle=_words(answer, "lifecycle"),
        retires_at=ends if isinstance(ends, datetime) else None,
        max_input_tokens=_count(answer, "max_input_tokens") or None,
        max_output_tokens=_count(answer, "max_tokens") or None,
    )


@dataclass(frozen=True, slots=True)
class Received:
    """A message, however it came, as far as it can be read."""

    id: str
    model: str
    ending: str
    """Why it ended; empty if it does not say."""
    text: str
    """What the model wrote, thinking aside."""
    has_content: bool
    usage: Usage
    is_stated: bool
    """It says what was read and written."""
    request_id: str

    @property
    def is_counted(self) -> bool:
        """Whether the usage can be true: something was read, and written if it speaks."""
        said = self.has_content and self.ending != "refusal"
        is_spent = self.usage.output_tokens > 0 or not said
        return self.is_stated and self.usage.prompt_tokens > 0 and is_spent


def fields_in(body: bytes) -> dict[str, Any]:
    """Return the fields of an answer in one piece. Raises Malformed."""
    try:
        fields = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise Malformed("Claude's answer is not JSON.", status=200, may_be_paid=True) from error
    if not isinstance(fields, dict):
        raise Malformed("Claude's answer is not a message.", status=200, may_be_paid=True)
    return fields


def received(message: object, *, request_id: str = "") -> Received:
    """Read what the SDK made of an answer. Raises Unavailable and Malformed."""
    if isinstance(message, str):
        raise Unavailable("A page came instead of Claude's answer.", status=200)
    if not hasattr(message, "stop_reason"):
        raise Malformed("Claude's answer is not a message.", status=200)
    content: object = getattr(message, "content", None)
    blocks = content if isinstance(content, list) else []
    told: object = getattr(message, "usage", None)
    return Received(
        id=_words(message, "id"),
        model=_words(message, "model"),
        ending=_words(message, "stop_reason"),
        text="".join(_text_of(block) for block in blocks if _words(block, "type") == "text"),
        has_content=bool(content),
        usage=usage_of(told, told),
        is_stated=_is_stated(told, "input_tokens") and _is_stated(told, "output_tokens"),
        request_id=request_id or _words(message, "_request_id"),
    )


@dataclass
class Gathering:
    """Puts a message together from the events of a stream."""

    begun: object = None
    """The message as it was opened."""
    ended: object = None
    """The event that says why it ended, and what was written."""
    is_over: bool = False
    request_id: str = ""
    texts: dict[int, list[str]] = field(default_factory=lambda: defaultdict(list))

    def take(self, event: object) -> str:
        """Read one event; return the piece of text that it brings."""
        kind = _words(event, "type")
        if kind == "message_start" and self.begun is None:
            self.begun = getattr(event, "message", None)
        elif kind == "message_delta":
            self.ended = event
        elif kind == "message_stop":
            self.is_over = True
        elif kind in ("content_block_start", "content_block_delta"):
            return self._piece(event)
        return ""

    def _piece(self, event: object) -> str:
        index = getattr(event, "index", None)
        block = getattr(event, "content_block", None) or getattr(event, "delta", None)
        is_text = _words(block, "type") in ("text", "text_delta")
        if not is_text or not isinstance(index, int) or not 0 <= index < MAX_BLOCKS:
            return ""
        piece = _text_of(block)
        self.texts[index].append(piece)
        return piece

    def testify(self, failure: CallFailed) -> None:
        """Add to a failure what is known of an answer that came in part."""
        failure.request_id = failure.request_id or self.request_id
        if self.begun is not None and failure.usage == Usage():
            first = getattr(self.begun, "usage", None)
            failure.usage = usage_of(first, getattr(self.ended, "usage", first))
            failure.may_be_paid = True

    def received(self) -> Received:
        """Return the whole message. Raises Unavailable if it did not come to its end."""
        if self.begun is None or self.ended is None or not self.is_over:
            raise Unavailable(
                "The connection to Claude ended in the middle of its answer.",
                status=200,
                may_be_paid=True,
            )
        first, last = getattr(self.begun, "usage", None), getattr(self.ended, "usage", None)
        text = "".join(piece for index in sorted(self.texts) for piece in self.texts[index])
        return Received(
            id=_words(self.begun, "id"),
            model=_words(self.begun, "model"),
            ending=_words(getattr(self.ended, "delta", None), "stop_reason"),
            text=text,
            has_content=bool(text),
            usage=usage_of(first, last),
            is_stated=_is_stated(first, "input_tokens") and _is_stated(last, "output_tokens"),
            request_id=self.request_id,
        )


def told_in(
    message: Received,
    read: Callable[[str], T],
    *,
    model: str,
    max_output_tokens: int,
    may_be_cut: bool = False,
) -> Told[T]:
    """Return what a message holds. Raises CallFailed, with what was used: it was paid.

    read:       returns what its text says; raises OffShape
    may_be_cut: a text that ends at the limit is of use all the same
    """
    from reports.gateways.claude_drafts import OffShape  # noqa: PLC0415

    try:
        _check_ending(message, max_output_tokens, may_be_cut=may_be_cut)
        content = read(message.text)
    except OffShape as error:
        failure = Malformed(f"Claude's answer is not in the agreed shape. {error}")
        raise _paid(failure, message) from error
    except CallFailed as failure:
        raise _paid(failure, message) from None
    name = message.model if _NAME.fullmatch(message.model) else model
    return Told(content, name, message.usage, message.request_id, message.is_counted)


# A model's name as readers will see it.
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,59}")

# How an answer may end that is not the end.
_ENDINGS: Mapping[str, tuple[type[CallFailed], str]] = {
    "refusal": (Refused, "Claude did not want to answer this request."),
    "max_tokens": (CutOff, "Claude's answer was cut off after {most:,} tokens."),
    "model_context_window_exceeded": (CutOff, "The request filled the model's whole window."),
}


def _check_ending(message: Received, most: int, *, may_be_cut: bool) -> None:
    """Raise why a message is of no use, if it is none."""
    if not message.id:
        raise Malformed("Claude's answer has no id.")
    if message.ending != "end_turn" and not (may_be_cut and message.ending == "max_tokens"):
        kind, sentence = _ENDINGS.get(
            message.ending,
            (Malformed, f"Claude's answer ended with “{message.ending or 'nothing'}”."),
        )
        raise kind(sentence.replace("{most:,}", f"{most:,}"))
    if not message.text.strip():
        raise Malformed("Claude's answer is empty.")


def _paid(failure: CallFailed, message: Received) -> CallFailed:
    """Return a failure with what the answer took all the same."""
    failure.usage, failure.request_id, failure.status = message.usage, message.request_id, 200
    failure.may_be_paid = not message.is_counted
    return failure


def usage_of(first: object, last: object) -> Usage:
    """Return what an answer used, by kinds that have different prices.

    first: what it said when it began; last: when it ended. Of what both count the latter holds;
    the former alone tells for how long something was written to a cache.
    """
    by_age = getattr(first, "cache_creation", None)
    hour = _count(by_age, "ephemeral_1h_input_tokens")
    written = _later(first, last, "cache_creation_input_tokens")
    return Usage(
        input_tokens=_later(first, last, "input_tokens"),
        # What was written to a cache without saying for how long has the default age.
        cache_write_5m_tokens=max(_count(by_age, "ephemeral_5m_input_tokens"), written - hour),
        cache_write_1h_tokens=hour,
        cache_read_tokens=_later(first, last, "cache_read_input_tokens"),
        output_tokens=_count(last, "output_tokens"),
        thinking_tokens=_count(getattr(last, "output_tokens_details", None), "thinking_tokens"),
    )


def _later(first: object, last: object, name: str) -> int:
    return _count(last if _is_stated(last, name) else first, name)


def _is_stated(counted: object, name: str) -> bool:
    value = getattr(counted, name, None)
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value < MAX_TOKENS


def _count(counted: object, name: str) -> int:
    """Return a number of tokens; 0 for what is missing or cannot be one."""
    return int(getattr(counted, name)) if _is_stated(counted, name) else 0


def _words(thing: object, name: str) -> str:
    return words_of(getattr(thing, name, ""))


def _text_of(block: object) -> str:
    text = getattr(block, "text", "")
    return text if isinstance(text, str) else ""
