"""Say in our words what goes wrong with Claude: the errors of its gateway, which draws them.

The SDK is imported inside functions: it takes three seconds.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import timedelta
from email.utils import parsedate_to_datetime
from functools import cache
from typing import TYPE_CHECKING

from patriot.ledger.prices import Usage
from patriot.lib.outbound import Forbidden
from patriot.lib.text import one_line

if TYPE_CHECKING:
    import anthropic  # noqa: TID251 (behind the same door)

LONGEST_WAIT = timedelta(days=1)
MAX_DETAIL = 200
MAX_WORDS = 100
NOTHING = Usage()


class CallFailed(Exception):
    """No analysis came; the sentence is for an editor."""

    def __init__(
        self,
        sentence: str,
        *,
        usage: Usage = NOTHING,
        request_id: str = "",
        status: int | None = None,
        may_be_paid: bool = False,
    ) -> None:
        """may_be_paid: the service may have answered, and we never heard what that cost"""
        super().__init__(sentence)
        self.may_be_paid = may_be_paid
        self.usage = usage
        self.request_id = request_id
        self.status = status


class Unavailable(CallFailed):
    """Nobody answered, or not to the end: try again later."""


class RateLimited(CallFailed):
    """The service asks for patience: `asked` is how much, if it said."""

    asked: timedelta | None = None


class OutOfFunds(CallFailed):
    """The account has no credit, or reached a limit of its own."""


class Denied(CallFailed):
    """The service does not accept the request: an operator should look."""


class Refused(CallFailed):
    """The model does not want to answer."""


class CutOff(CallFailed):
    """The answer was longer than allowed, and ends somewhere."""


class Malformed(CallFailed):
    """The answer has no shape that we know."""


@cache
def failures() -> Mapping[type[Exception], type[CallFailed]]:
    """Return what each error of the SDK means to us; its subclasses mean the same."""
    import anthropic  # noqa: PLC0415, TID251

    return {
        anthropic.APIConnectionError: Unavailable,
        anthropic.APIResponseValidationError: Malformed,
        anthropic.InternalServerError: Unavailable,
        anthropic.RequestTimeoutError: Unavailable,
        anthropic.ConflictError: Unavailable,
        anthropic.ClientClosedRequestError: Unavailable,
        anthropic.RetryableError: Unavailable,
        anthropic.RateLimitError: RateLimited,
        anthropic.EnforcedSpendLimitReachedError: OutOfFunds,
        anthropic.ContractSpendLimitReachedError: OutOfFunds,
        anthropic.PaymentRequiredError: OutOfFunds,
        anthropic.BadRequestError: Denied,
        anthropic.AuthenticationError: Denied,
        anthropic.PermissionDeniedError: Denied,
        anthropic.NotFoundError: Denied,
        anthropic.PreconditionFailedError: Denied,
        anthropic.ContentTooLargeError: Denied,
        anthropic.UnprocessableEntityError: Denied,
        anthropic.RequestHeaderFieldsTooLargeError: Denied,
        anthropic.CredentialsError: Denied,
    }


def failure_of(error: anthropic.AnthropicError, *, model: str, secret: str) -> CallFailed:
    """Return in our words what the SDK raised.

    secret: never part of a sentence, whatever the service repeats
    """
    import anthropic  # noqa: PLC0415, TID251

    if isinstance(error, anthropic.APIConnectionError):
        cause = error.__cause__ or error
        return broken_off(cause, is_late=isinstance(error, anthropic.APITimeoutError))
    if not isinstance(error, anthropic.APIStatusError):
        kind = _kind(error, None)
        return kind(f"The SDK of Claude gave up: {_without(secret, str(error))}")
    status = error.status_code
    kind = OutOfFunds if _is_about_money(error) else _kind(error, status)
    detail = _without(secret, error.api_message or "")
    failure = kind(
        _sentence(kind, status, detail, model),
        request_id=words_of(error.request_id),
        status=status,
        # An error in the middle of an answer that had begun: what came before it was written.
        may_be_paid=status < 300,
    )
    if isinstance(failure, RateLimited):
        failure.asked = _asked(error.response.headers)
    return failure


def _kind(error: anthropic.AnthropicError, status: int | None) -> type[CallFailed]:
    """Return what an error means; where the SDK has no name for it, by its status.

    A status below 300 is an error in the middle of an answer that had begun well.
    """
    for known in type(error).__mro__:
        if known in failures():
            return failures()[known]
    return Unavailable if status is not None and (status >= 500 or status < 300) else Denied


def _is_about_money(error: anthropic.APIStatusError) -> bool:
    """Tell a 400 for want of credit from others: it has had no class of its own for years."""
    if error.status_code not in (400, 403):
        return False
    message = error.api_message if isinstance(error.api_message, str) else ""
    return error.type == "billing_error" or "credit balance" in message.lower()


def broken_off(cause: BaseException | None, *, is_late: bool = False) -> CallFailed:
    """Say why an exchange did not come to its end.

    cause: what the transport raised, if anything
    """
    from patriot.lib.transports import TooLarge, TooLate, was_sent  # noqa: PLC0415

    if isinstance(cause, Forbidden):
        return Denied(
            f"Claude may not be reached: {cause} "
            "Check ANTHROPIC_BASE_URL and PATRIOT_OUTBOUND_ALLOW."
        )
    if isinstance(cause, TooLarge):
        return Malformed(f"Claude's answer is too long to be read. {cause}", may_be_paid=True)
    if is_late or isinstance(cause, TooLate):
        sentence = f"Claude was too slow. {words_of(str(cause or ''))}".strip()
    else:
        sentence = f"The connection to Claude broke off: {words_of(str(cause or ''))}"
    return Unavailable(sentence, may_be_paid=was_sent(cause))


_HINTS: Mapping[int, str] = {
    400: "Claude does not accept the request: check the briefing's model and the prompt.",
    401: "Claude does not accept the key: check ANTHROPIC_API_KEY.",
    403: "The key may not be used for this: check ANTHROPIC_API_KEY and its workspace.",
    404: "Claude knows no model “{model}”, or ANTHROPIC_BASE_URL is wrong: it ends before /v1.",
    413: "The request is too large for Claude: shorten the prompt.",
}


def _sentence(kind: type[CallFailed], status: int, detail: str, model: str) -> str:
    if kind is Unavailable:
        opening = "Claude is overloaded" if status == 529 else "Claude is not available"
    elif kind is RateLimited:
        opening = "Claude asks for patience"
    elif kind is OutOfFunds:
        opening = "The account at Claude has no credit left or reached its limit"
    elif 300 <= status < 400:
        opening = "ANTHROPIC_BASE_URL redirects elsewhere: name the final address"
    else:
        hint = _HINTS.get(status, "Claude does not accept the request: check ANTHROPIC_BASE_URL.")
        opening = hint.format(model=words_of(model)).removesuffix(".")
    return f"{opening} ({status}). {detail}".strip()


def _without(secret: str, message: object) -> str:
    """Return a message of the service as a person may read it, without our key."""
    if not isinstance(message, str):
        return ""
    return one_line(message.replace(secret, "…"), max_chars=MAX_DETAIL)


def _asked(headers: Mapping[str, str]) -> timedelta | None:
    """Read Retry-After (RFC 9110 §10.2.3): seconds, or a date by the server's own clock."""
    value = headers.get("retry-after", "").strip()[:40]
    if re.fullmatch(r"[0-9]{1,9}(?:\.[0-9]{1,9})?", value):
        return min(timedelta(seconds=float(value)), LONGEST_WAIT)
    try:
        wait = parsedate_to_datetime(value) - parsedate_to_datetime(headers.get("date", "")[:40])
    except (ValueError, TypeError):
        return None
    return min(wait, LONGEST_WAIT) if wait > timedelta(0) else None


def words_of(value: object) -> str:
    """Return what the service says as short, clean text; nothing if it is no text."""
    return one_line(value, max_chars=MAX_WORDS) if isinstance(value, str) else ""
