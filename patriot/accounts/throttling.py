"""Throttles: how much one address, key or account may ask for, over all processes.

Each has an allowance that is used up by asking and comes back with time, at the pace of the
rate (a leaky bucket, kept as the one moment when it will be whole again: ITU-T I.371, GCRA).
One statement reads, decides and writes, so that no two processes can both take the last one.
"""

from __future__ import annotations

import hashlib
import math
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import wraps
from typing import TYPE_CHECKING, Any, Concatenate, ParamSpec

from django.conf import settings
from django.db import connection
from django.db.models import F
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.utils import timezone
from django.utils.cache import patch_cache_control
from rest_framework.exceptions import Throttled
from rest_framework.request import Request
from rest_framework.throttling import BaseThrottle

from patriot.accounts.models import Allowance, ApiKey
from patriot.lib.addresses import client_address, household, neighborhood
from patriot.lib.rates import Rate

if TYPE_CHECKING:  # it reads the throttle from the settings while it is imported
    from rest_framework.views import APIView

# Requests with a key that is none: each costs a look into the table of keys.
FAILED_KEYS = Rate.parse("20/min")

P = ParamSpec("P")

TAKE = """
WITH taken AS (
    INSERT INTO accounts_allowance AS mine (key, whole_at) VALUES (%(key)s, %(now)s + %(step)s)
    ON CONFLICT (key) DO UPDATE
        SET whole_at = GREATEST(LEAST(mine.whole_at, %(end)s), %(now)s) + %(step)s
        WHERE GREATEST(LEAST(mine.whole_at, %(end)s), %(now)s) + %(step)s <= %(end)s
    RETURNING whole_at
)
SELECT whole_at, TRUE FROM taken
UNION ALL
SELECT LEAST(whole_at, %(end)s), FALSE FROM accounts_allowance
WHERE key = %(key)s AND NOT EXISTS (SELECT FROM taken)
"""


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether one more was allowed, and what is left."""

    is_allowed: bool
    limit: int
    remaining: int
    whole_in: timedelta
    """Until the whole allowance is back."""
    wait: timedelta
    """Until one more is allowed; 0 when it is."""

    @property
    def wait_seconds(self) -> int:
        """For Retry-After: whole seconds, at least one."""
        return max(math.ceil(self.wait.total_seconds()), 1)


def take(name: str, *, rate: Rate, now: datetime) -> Verdict:
    """Use up one of what `rate` allows to whoever `name` names: one statement."""
    end = now + rate.period
    bounds: dict[str, Any] = {"key": key_of(name), "now": now, "step": rate.step, "end": end}
    with connection.cursor() as cursor:
        cursor.execute(TAKE, bounds)
        # No row: somebody else made it after our statement began, and took the last one.
        whole_at, is_allowed = cursor.fetchone() or (end, False)
    used = max(whole_at - now, timedelta(0))
    return Verdict(
        is_allowed=is_allowed,
        limit=rate.amount,
        remaining=(rate.period - used) // rate.step if is_allowed else 0,
        whole_in=used,
        wait=timedelta(0) if is_allowed else used + rate.step - rate.period,
    )


def give_back(name: str, *, rate: Rate) -> None:
    """Undo one `take`: it should not have counted."""
    Allowance.objects.filter(key=key_of(name)).update(whole_at=F("whole_at") - rate.step)


def forget(now: datetime) -> int:
    """Delete the allowances that have been whole since; return how many."""
    return Allowance.objects.filter(whole_at__lt=now).delete()[0]


def key_of(name: str) -> uuid.UUID:
    """Return a name as a key of fixed length, whatever is in it."""
    digest = hashlib.sha256(name.encode("utf-8", "backslashreplace")).digest()
    return uuid.UUID(bytes=digest[:16])


def address_of(request: HttpRequest) -> str:
    """Return what to count this request's sender under."""
    return household(client_address(request.META, trusted_proxies=settings.TRUSTED_PROXIES))


def neighborhood_of(request: HttpRequest) -> str:
    """Return what to count this request's sender and those beside it under."""
    return neighborhood(client_address(request.META, trusted_proxies=settings.TRUSTED_PROXIES))


# --- Pages ------------------------------------------------------------------------
def throttled(
    rate: str,
) -> Callable[
    [Callable[Concatenate[HttpRequest, P], HttpResponseBase]],
    Callable[Concatenate[HttpRequest, P], HttpResponseBase],
]:
    """Allow a view only so often to one address, such as "30/min"; beyond that it answers 429.

    Only for pages that cost much: each request costs one statement more.
    """
    allowed = Rate.parse(rate)

    def decorator(
        view: Callable[Concatenate[HttpRequest, P], HttpResponseBase],
    ) -> Callable[Concatenate[HttpRequest, P], HttpResponseBase]:
        name = f"page {view.__module__}.{view.__qualname__}"

        @wraps(view)
        def counted(request: HttpRequest, /, *args: P.args, **kw: P.kwargs) -> HttpResponseBase:
            now = timezone.now()  # noqa: TID251 (an interface)
            verdict = take(f"{name} {address_of(request)}", rate=allowed, now=now)
            if not verdict.is_allowed:
                return too_many_requests(request, verdict)
            return view(request, *args, **kw)

        return counted

    return decorator


def too_many_requests(request: HttpRequest, verdict: Verdict) -> HttpResponse:
    """Answer 429 in our clothes, with how long to wait."""
    minutes = math.ceil(verdict.wait_seconds / 60)
    response = render(request, "429.html", {"minutes": minutes}, status=429)
    response["Retry-After"] = str(verdict.wait_seconds)
    patch_cache_control(response, no_store=True)
    return response


# --- API --------------------------------------------------------------------------
class Throttle(BaseThrottle):
    """Anonymous clients by address, keys by key, people who signed in by account."""

    verdict: Verdict

    def allow_request(self, request: Request, view: APIView) -> bool:
        name, rate = self.counted_as(request)
        now = timezone.now()  # noqa: TID251 (an interface)
        self.verdict = verdict = take(name, rate=rate, now=now)
        view.headers |= headers_of(verdict)
        return verdict.is_allowed

    def counted_as(self, request: Request) -> tuple[str, Rate]:
        """Return whose allowance a request uses up, and what that is."""
        if isinstance(request.auth, ApiKey):
            return f"api key {request.auth.pk}", settings.API_RATE_KEY
        if request.user.is_authenticated:
            return f"api user {request.user.pk}", settings.API_RATE_KEY
        return address_name(request._request), settings.API_RATE_ANONYMOUS

    def wait(self) -> float:
        return self.verdict.wait_seconds


def address_name(request: HttpRequest) -> str:
    """Return what an anonymous client's requests are counted under."""
    return f"api address {address_of(request)}"


def headers_of(verdict: Verdict) -> dict[str, str]:
    """Return what a client is told of its allowance."""
    return {
        "RateLimit-Limit": str(verdict.limit),
        "RateLimit-Remaining": str(verdict.remaining),
        "RateLimit-Reset": str(math.ceil(verdict.whole_in.total_seconds())),
    }


def check_failed_key(request: HttpRequest, *, now: datetime) -> None:
    """Count a request with a key that is none. Raises Throttled when there were too many."""
    verdict = take(f"api failed key {address_of(request)}", rate=FAILED_KEYS, now=now)
    if not verdict.is_allowed:
        raise Throttled(wait=verdict.wait_seconds)
