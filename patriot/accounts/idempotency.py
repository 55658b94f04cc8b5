"""Requests that may be sent again: one Idempotency-Key, one deed, one answer.

A client that did not hear the answer sends the request again with the same key
(draft-ietf-httpapi-idempotency-key-header-07). The request goes through three states, each
committed before the next:

* leased     somebody works on it; should he die, whoever asks after the lease does it anew
* begun      what cannot be undone, such as a payment, may have happened; should he die now,
             nobody does it again
* answered   whoever asks again gets that answer, for a day

Problems:

* KeyReused        422, the key came with another request before
* InProgress       409, somebody still works on it: ask again after Retry-After
* OutcomeUnknown   409, whoever worked on it died after it was begun
"""

from __future__ import annotations

import hashlib
import json
import re
import uuid
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from http import HTTPStatus
from types import TracebackType
from typing import Any, ClassVar, Self

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter
from rest_framework import serializers
from rest_framework.exceptions import APIException
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.utils.encoders import JSONEncoder

from patriot.accounts.models import ApiKey, KeptAnswer
from patriot.lib.problems import CONTENT_TYPE, as_api_exception, problem

HEADER = "Idempotency-Key"
REPLAYED = "Idempotent-Replayed"
# Longer than any request may take: whoever still holds a row after that has died.
LEASE = timedelta(minutes=3)
KEPT = timedelta(days=1)
# A structured header is a string in quotation marks (RFC 9651 §3.3.3); most clients leave them out.
WRITTEN = re.compile(r'"([ !#-\[\]-~]{1,255})"|([!#-~]{1,255})', re.ASCII)
ASK_AGAIN_IN = 2
"""Seconds after which somebody who works on it may be ready."""

PARAMETER = OpenApiParameter(
    HEADER,
    OpenApiTypes.STR,
    OpenApiParameter.HEADER,
    description="A name of your own for this request, 1 to 255 visible ASCII characters, such as "
    "a UUID. Sent again with the same key within a day, the request is not done twice: it gets "
    f"the same answer, marked with “{REPLAYED}: true”.",
)


class KeyReused(APIException):
    """The key belongs to another request."""

    status_code = 422
    default_code = "key_reused"
    default_detail = f"This {HEADER} was sent with another request before: use a new one."


class InProgress(APIException):
    """Somebody works on this very request."""

    status_code = 409
    default_code = "in_progress"
    default_detail = f"The request with this {HEADER} is still being worked on: ask again soon."
    wait = ASK_AGAIN_IN


class OutcomeUnknown(APIException):
    """The request was begun, and nobody is left who knows how it ended."""

    status_code = 409
    default_code = "outcome_unknown"
    default_detail = (
        f"The request with this {HEADER} broke off after it was begun: it may have been done and "
        "paid, and its answer is lost. Use a new key to have it done again."
    )


class Attempt:
    """One try to do what a request asks. Of a request without a key nothing is remembered.

    As a context manager: an error before `begin` leaves the key free; a problem after it is
    kept as the answer; any other error after it leaves the outcome unknown.
    """

    def __init__(self, request: Request, row: KeptAnswer | None) -> None:
        self.request = request
        self._row = row

    @property
    def status(self) -> int | None:
        """Return the status of the kept answer; None while there is none."""
        return self._row.status if self._row else None

    @property
    def is_answered(self) -> bool:
        """Tell whether somebody did it before: then there is nothing to do but `replay`."""
        return self.status is not None

    @property
    def answer(self) -> Any:
        """The data of the kept answer."""
        return json.loads(self._row.body) if self._row else None

    def replay(self) -> Response:
        """Return the kept answer."""
        status = self.status or HTTPStatus.OK
        return Response(
            self.answer,
            status=status,
            headers={REPLAYED: "true"},
            content_type=CONTENT_TYPE if status >= HTTPStatus.BAD_REQUEST else None,
        )

    def begin(self) -> None:
        """Say that what cannot be undone begins, in the transaction that notes it.

        Raises InProgress if somebody else has taken over, because we took too long.
        """
        if self._row is None:
            return
        if not self._mine().filter(is_begun=False).update(is_begun=True):
            raise InProgress
        self._row.is_begun = True

    def keep(self, data: Any, *, status: int = 200) -> None:
        """Keep the answer, in the transaction that keeps what was done."""
        if self._row is not None:
            body = json.dumps(data, cls=JSONEncoder)
            self._mine().update(is_begun=True, status=status, body=body)
            self._row = None

    def release(self) -> None:
        """Let the request be done anew: nothing of it has happened after all."""
        if self._row is not None:
            self._mine().filter(status=None).delete()
            self._row = None

    def failed(self, error: BaseException) -> None:
        """Keep, release or leave the row, by what became known before this error."""
        if self._row is None:
            return
        if not self._row.is_begun:
            self.release()
        elif isinstance(error, APIException):
            known = as_api_exception(error)
            self.keep(problem(self.request._request, known), status=known.status_code)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if error is not None:
            self.failed(error)

    def _mine(self) -> QuerySet[KeptAnswer]:
        """Return the row while it is ours."""
        if self._row is None:
            return KeptAnswer.objects.none()
        return KeptAnswer.objects.filter(pk=self._row.pk, attempt=self._row.attempt)


class Idempotent:
    """What a view needs whose POST may be sent again. Call `once` when the request is judged.

    It comes after the checks: a request that is refused has used up no key.
    """

    header_parameters: ClassVar[tuple[OpenApiParameter, ...]] = (PARAMETER,)
    located_by: ClassVar[str] = ""
    """The member of the answer that is its Location; none by default."""

    def done_once(
        self, request: Request, deed: Callable[[], Mapping[str, Any]], *, status: int
    ) -> Response:
        """Do what a request asks, in one transaction with its answer; or say the answer again.

        The deed returns the answer. It must not talk to the world: what it did is undone when it
        raises, and the key is free again.
        """
        attempt = self.once(request)
        if attempt.is_answered:
            return self.located(attempt.replay())
        with attempt, transaction.atomic():
            answer = deed()
            attempt.keep(answer, status=status)
        return self.located(Response(answer, status=status))

    def located(self, response: Response) -> Response:
        """Return the response, with the Location of what it tells of."""
        if self.located_by and response.status_code < HTTPStatus.BAD_REQUEST:
            # The serializer's own kind of string is none to a strict server (PEP 3333).
            response["Location"] = str(response.data[self.located_by])
        return response

    def once(self, request: Request) -> Attempt:
        """Return our try at a request, or the answer that it got before.

        Raises ValidationError, KeyReused, InProgress or OutcomeUnknown.
        """
        given = request.META.get("HTTP_IDEMPOTENCY_KEY")
        if given is None:
            return Attempt(request, None)
        now = timezone.now()  # noqa: TID251 (an interface)
        row = _lease(_owner(request), _key(given), fingerprint(request), now)
        return Attempt(request, row)


def _key(given: str) -> str:
    found = WRITTEN.fullmatch(given)
    if found is None:
        raise serializers.ValidationError(
            {HEADER: ["Expected 1 to 255 visible ASCII characters, such as a UUID."]}
        )
    return found[1] or found[2]


def client_of(request: Request) -> str:
    """Return who asks, such as “API key 5”; '' if nobody knows."""
    if isinstance(request.auth, ApiKey):
        return f"API key {request.auth.pk}"
    return f"user {request.user.pk}" if request.user.is_authenticated else ""


def _owner(request: Request) -> str:
    """Return whose key it is: two clients may choose the same."""
    owner = client_of(request)
    if not owner:
        raise serializers.ValidationError({HEADER: ["It needs an API key: we do not know you."]})
    return owner


def fingerprint(request: Request) -> str:
    """Return what tells this request from others: the method, the address and what is said."""
    said = [request.method, request.get_full_path(), request.data]
    return hashlib.sha256(json.dumps(said, sort_keys=True).encode("ascii")).hexdigest()


def _lease(owner: str, key: str, asked: str, now: datetime) -> KeptAnswer:
    """Return the row of a key: leased to us, or answered. Raises what is in the way."""
    mine = KeptAnswer(
        owner=owner,
        key=key,
        fingerprint=asked,
        attempt=uuid.uuid4(),
        leased_until=now + LEASE,
        created_at=now,
    )
    KeptAnswer.objects.bulk_create([mine], ignore_conflicts=True)
    row = KeptAnswer.objects.filter(owner=owner, key=key).first()
    if row is None:  # released in between: who did so failed, and we may try at once
        raise InProgress
    if row.attempt == mine.attempt:
        return row
    if row.created_at <= now - KEPT:
        return _take_over(row, mine)
    if row.fingerprint != asked:
        raise KeyReused
    if row.status is not None:
        return row
    if now < row.leased_until:
        raise InProgress
    if row.is_begun:
        raise OutcomeUnknown
    return _take_over(row, mine)


def _take_over(row: KeptAnswer, mine: KeptAnswer) -> KeptAnswer:
    """Make a row ours that nobody holds any more. Raises InProgress if somebody was faster."""
    mine.pk = row.pk
    unchanged = KeptAnswer.objects.filter(
        pk=row.pk, attempt=row.attempt, is_begun=row.is_begun, status=row.status
    )
    taken = unchanged.update(
        fingerprint=mine.fingerprint,
        attempt=mine.attempt,
        leased_until=mine.leased_until,
        is_begun=False,
        status=None,
        body="",
        created_at=mine.created_at,
    )
    if not taken:
        raise InProgress
    return mine


def forget(now: datetime) -> int:
    """Delete the answers that are kept no longer; return how many."""
    return KeptAnswer.objects.filter(created_at__lte=now - KEPT).delete()[0]
