"""The API of completing: a client's text to the model, inside the ledger and the ceilings."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import timedelta
from functools import cache, lru_cache
from threading import BoundedSemaphore
from typing import Any, ClassVar, Self

import structlog
from django.conf import settings
from django.http import StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.utils import timezone
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiExample, extend_schema
from rest_framework import serializers
from rest_framework.exceptions import APIException
from rest_framework.renderers import BaseRenderer, JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response

from patriot.accounts.access import Restricted
from patriot.accounts.idempotency import REPLAYED, Attempt, Idempotent, client_of
from patriot.accounts.models import DAILY_CEILING, ApiKey
from patriot.accounts.throttling import Throttle
from patriot.ledger.models import Call
from patriot.lib.negotiation import JSONOnly, wishes
from patriot.lib.problems import problem_details
from patriot.lib.rates import Rate
from patriot.lib.text import clean_text
from reports.api.bodies import Body, TextField, WholeNumberField
from reports.gateways.claude import Claude
from reports.pipeline.completing import (
    DEADLINE,
    MAX_TOKENS,
    Completer,
    Completion,
    Failed,
    NotCompleted,
    Resting,
    Wish,
)

MAX_MESSAGE = 10_000
MAX_CONTEXT = 100_000
USUAL_TOKENS = 2_048
EVENTS = "text/event-stream"
BUSY_WAIT = timedelta(seconds=5)


# --- What is said -----------------------------------------------------------------
class WishSerializer(Body):
    """A text to be completed."""

    user_message = TextField(
        min_length=1, max_length=MAX_MESSAGE, help_text="What the model is to answer."
    )
    context = TextField(  # type: ignore[assignment] # a field here, not what surrounds it
        required=False,
        allow_blank=True,
        allow_null=True,
        max_length=MAX_CONTEXT,
        help_text="What it should know and heed for that.",
    )
    max_tokens = WholeNumberField(
        min_value=1, max_value=MAX_TOKENS, default=USUAL_TOKENS, help_text="The answer ends there."
    )

    def validate_user_message(self, text: str) -> str:
        """Return the text clean. Raises ValidationError if nothing that one can see remains."""
        cleaned = clean_text(text, max_chars=MAX_MESSAGE)
        if not cleaned:
            raise serializers.ValidationError("There is nothing in this text that one can see.")
        return cleaned

    def validate_context(self, text: str | None) -> str:
        return clean_text(text or "", max_chars=MAX_CONTEXT)


class UsageSerializer(serializers.Serializer[Any]):
    """What a completion took."""

    input_tokens = serializers.IntegerField(
        source="usage.prompt_tokens", help_text="All that the model read."
    )
    output_tokens = serializers.IntegerField(
        source="usage.output_tokens", help_text="All that it wrote, thinking included."
    )
    cost_usd = serializers.DecimalField(
        max_digits=14, decimal_places=6, help_text="What it cost, as the ledger has it."
    )


class CompletionSerializer(serializers.Serializer[Any]):
    """What the model wrote."""

    content = serializers.CharField(
        help_text="Nobody has verified it. Clean text, but it may hold markup: escape it."
    )
    model = serializers.CharField(help_text="Which model answered, by its own word.")
    usage = UsageSerializer(source="*")


# --- Problems ---------------------------------------------------------------------
class ModelProblem(APIException):
    """There is no completion; `wait` is for how many seconds, where that is known."""

    def __init__(
        self, status: int, code: str, sentence: str, wait: timedelta | None = None
    ) -> None:
        super().__init__(sentence)
        self.status_code = status
        self.default_code = code
        self.wait = None if wait is None else max(1, math.ceil(wait.total_seconds()))


CEILING_REACHED = (429, "ceiling_reached")
OFF = (503, "model_off")
BUSY = (503, "model_busy")
INTERRUPTED = (504, "model_interrupted")
BY_OUTCOME: Mapping[str, tuple[int, str]] = {
    Call.Outcome.UNAVAILABLE: (503, "model_unavailable"),
    Call.Outcome.RATE_LIMITED: BUSY,
    Call.Outcome.OUT_OF_FUNDS: (503, "model_out_of_funds"),
    Call.Outcome.REJECTED: (502, "model_rejected"),
    Call.Outcome.REFUSED: (422, "model_refused"),
    Call.Outcome.CUT_OFF: (422, "model_cut_off"),
    Call.Outcome.MALFORMED: (502, "model_malformed"),
}
PROBLEMS = tuple(code for _, code in (CEILING_REACHED, OFF, INTERRUPTED, *BY_OUTCOME.values()))


def problem_of(error: NotCompleted) -> ModelProblem:
    """Return what a client is told."""
    status, code = CEILING_REACHED
    if isinstance(error, Resting):
        status, code = BY_OUTCOME[Call.Outcome.UNAVAILABLE]
    if isinstance(error, Failed):
        is_interrupted = error.may_be_paid and error.outcome == Call.Outcome.UNAVAILABLE
        status, code = INTERRUPTED if is_interrupted else BY_OUTCOME[error.outcome]
    return ModelProblem(status, code, str(error), error.wait)


@contextmanager
def told_as_problems(attempt: Attempt) -> Iterator[None]:
    """Raise what a client is told in place of what the pipeline says.

    What was not paid may be asked again with the same key.
    """
    try:
        yield
    except NotCompleted as error:
        if not (isinstance(error, Failed) and error.may_be_paid):
            attempt.release()
        raise problem_of(error) from error


# --- How many at once -------------------------------------------------------------
@cache
def places() -> BoundedSemaphore:
    """Return how many completions this process works on at once: half of its threads.

    Each holds a thread for as long as the model writes; readers must find one that is free.
    """
    return BoundedSemaphore(max(1, settings.WEB_THREADS // 2))


def take_place() -> None:
    """Take one of the places. Raises ModelProblem when all are taken."""
    if not places().acquire(blocking=False):
        raise ModelProblem(*BUSY, "Too many texts are being completed. Ask again.", BUSY_WAIT)


# --- Streams ----------------------------------------------------------------------
class EventsRenderer(JSONRenderer):
    """Problems before the first event are JSON for whoever asked for events, too."""

    media_type = EVENTS


class JSONOrEvents(JSONOnly):
    """Choose events where the Accept header names them and does not name JSON."""

    def select_renderer(  # type: ignore[override] # as in JSONOnly
        self, request: Request, renderers: Sequence[BaseRenderer], format_suffix: str | None = None
    ) -> tuple[BaseRenderer, str]:
        named = wishes(self.get_accept_list(request))
        if named.get(EVENTS) and not named.get("application/json"):
            return renderers[1], EVENTS
        return super().select_renderer(request, renderers, format_suffix)


def event(name: str, value: Any) -> str:
    """Return one event of a stream (WHATWG HTML §9.2.6); JSON has no line end to end it early."""
    return f"event: {name}\ndata: {json.dumps(value)}\n\n"


def events_of(answer: Mapping[str, Any]) -> Iterator[str]:
    """Return a whole answer as a stream."""
    yield event("delta", {"content": answer["content"]})
    yield last_event(answer)


def last_event(answer: Mapping[str, Any]) -> str:
    return event("done", {name: value for name, value in answer.items() if name != "content"})


class Listening:
    """The events of a completion while it is written.

    A server closes it when the client has heard everything or left: then the rest is read
    unheard, so that the ledger knows what it cost and a kept answer is whole.
    """

    def __init__(
        self,
        first: str | Completion,
        rest: Iterator[str | Completion],
        *,
        on_error: Callable[[Exception], Any],
        on_close: Callable[[], None],
        request_id: str,
    ) -> None:
        """on_error: returns what a client is told of an error after the first event"""
        self._first: list[str | Completion] = [first]
        self._rest = rest
        self._on_error = on_error
        self._on_close = on_close
        self._request_id = request_id

    def __iter__(self) -> Self:
        return self

    def __next__(self) -> str:
        # The middleware's binding has ended when the first event goes out.
        with structlog.contextvars.bound_contextvars(request_id=self._request_id):
            try:
                told = self._first.pop() if self._first else next(self._rest)
            except StopIteration:
                raise
            except Exception as error:  # noqa: BLE001 (told the client, and logged with that)
                return event("error", self._on_error(error))
        if isinstance(told, Completion):
            return last_event(CompletionSerializer(told).data)
        return event("delta", {"content": told})

    def close(self) -> None:
        try:
            for _ in self:
                pass
        finally:
            self._on_close()


def stream_of(events: Iterator[str], **headers: str) -> StreamingHttpResponse:
    """Return a response that sends each event at once."""
    response = StreamingHttpResponse(events, content_type=EVENTS, headers=headers)
    # nginx would collect it otherwise.
    response["X-Accel-Buffering"] = "no"
    return response


# --- The address ------------------------------------------------------------------
class CompletionThrottle(Throttle):
    """An allowance of its own: a completion costs more than a look at a report."""

    def counted_as(self, request: Request) -> tuple[str, Rate]:
        name, _ = super().counted_as(request)
        return f"complete {name}", settings.API_RATE_COMPLETE


def completer_for(request: Request) -> Completer:
    """Return who asks Claude on behalf of this client. Raises ModelProblem."""
    if "claude" not in settings.SERVICES:
        raise ModelProblem(*OFF, "This house has no model: nothing can be completed here.")
    claude = _claude(
        settings.ANTHROPIC_API_KEY, settings.ANTHROPIC_BASE_URL, tuple(settings.OUTBOUND_ALLOW)
    )
    key = request.auth
    return Completer(
        claude=claude,
        model=settings.COMPLETE_MODEL,
        client=client_of(request),
        own_ceiling=key.daily_ceiling_usd if isinstance(key, ApiKey) else DAILY_CEILING,
        daily_ceiling=settings.DAILY_CEILING_USD,
        monthly_ceiling=settings.MONTHLY_CEILING_USD,
        call_ceiling=settings.CALL_CEILING_USD,
        now=timezone.now(),  # noqa: TID251 (an interface)
    )


@lru_cache(maxsize=1)
def _claude(api_key: str, base_url: str, allow: tuple[str, ...]) -> Claude:
    """Return the gateway of this process."""
    return Claude(api_key=api_key, base_url=base_url, allow=allow, deadline=DEADLINE)


class Complete(Idempotent, Restricted):
    """Have the model complete a text.

    It is asked once, at the house's cost: inside the key's own daily ceiling, and inside half of
    what the house may spend in a day. Nothing verifies what it writes. With “Accept:
    text/event-stream” the answer comes as it is written: events “delta” with a piece of
    `content`, then “done” with `model` and `usage`, or “error” with a problem. Neither text is
    stored, but for an answer with an Idempotency-Key, which is kept for a day.
    """

    serializer_class = CompletionSerializer
    scope = ApiKey.Scope.COMPLETE_TEXTS
    problem_codes = (
        *("permission_denied", "in_progress", "outcome_unknown", "too_large"),
        *("unsupported_media_type", "key_reused"),
        *PROBLEMS,
    )
    throttle_classes = (CompletionThrottle,)
    renderer_classes = (JSONRenderer, EventsRenderer)
    content_negotiation_class = JSONOrEvents
    also: ClassVar[Mapping[str, Any]] = {EVENTS: OpenApiTypes.STR}

    @extend_schema(
        request=WishSerializer,
        examples=[
            OpenApiExample(
                "A text",
                value={"user_message": "Name three rivers of Europe.", "max_tokens": 200},
                request_only=True,
            ),
        ],
    )
    def post(self, request: Request) -> HttpResponseBase:
        self.query = self.query_class.read(request)
        asked = WishSerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        wish = Wish(
            asked.validated_data["user_message"],
            asked.validated_data.get("context", ""),
            asked.validated_data["max_tokens"],
        )
        attempt = self.once(request)
        if attempt.is_answered:
            return self.again(attempt)
        with attempt, told_as_problems(attempt):
            completer = completer_for(request)
            answer = self.streamed if self.wants_events else self.whole
            take_place()
            return answer(completer, wish, attempt)

    @property
    def wants_events(self) -> bool:
        """Whether the client wants to hear the answer as it is written."""
        return bool(self.request.accepted_media_type == EVENTS)

    def again(self, attempt: Attempt) -> HttpResponseBase:
        """Answer what was answered before."""
        if self.wants_events and attempt.status == self.success:
            return stream_of(events_of(attempt.answer), **{REPLAYED: "true"})
        return attempt.replay()

    def whole(self, completer: Completer, wish: Wish, attempt: Attempt) -> HttpResponseBase:
        """Answer when the model is ready."""
        try:
            completion = completer.complete(wish, begin=attempt.begin, keep=keeping(attempt))
        finally:
            places().release()
        return Response(self.get_serializer(completion).data)

    def streamed(self, completer: Completer, wish: Wish, attempt: Attempt) -> HttpResponseBase:
        """Answer as the model writes; what goes wrong before the first word has a status."""
        events = completer.stream(wish, begin=attempt.begin, keep=keeping(attempt))
        try:
            first = next(events)
        except BaseException:
            places().release()
            raise
        request = self.request._request
        # The middleware that compresses would keep events until there are enough of them.
        request.META.pop("HTTP_ACCEPT_ENCODING", None)
        listening = Listening(
            first,
            events,
            on_error=lambda error: self.told_late(error, attempt),
            on_close=places().release,
            request_id=request.META.get("REQUEST_ID", ""),
        )
        return stream_of(listening)

    def told_late(self, error: Exception, attempt: Attempt) -> Any:
        """Return the problem that a client is told of when its answer has begun."""
        try:
            with attempt, told_as_problems(attempt):
                raise error
        except Exception as told:  # noqa: BLE001 (logged there, as every view's errors are)
            return problem_details(told, {"request": self.request, "view": self}).data


def keeping(attempt: Attempt) -> Callable[[Completion], None]:
    """Return what keeps a completion as the answer."""
    return lambda completion: attempt.keep(CompletionSerializer(completion).data)
