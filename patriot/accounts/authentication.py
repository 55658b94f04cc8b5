"""Who asks the API: a key in the Authorization header, or somebody who signed in to the desk."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.utils import timezone
from drf_spectacular.extensions import OpenApiAuthenticationExtension
from rest_framework import authentication
from rest_framework.exceptions import AuthenticationFailed, PermissionDenied
from rest_framework.request import Request

from patriot.accounts.models import ApiKey, User
from patriot.accounts.second_factor import SET_IT_UP, is_missing
from patriot.accounts.throttling import check_failed_key
from patriot.accounts.tokens import Token
from patriot.lib.addresses import client_address

SCHEME = "bearer"
REALM = 'Bearer realm="Patriot API"'
# One sentence for all of them, so that nobody learns which keys there are.
UNKNOWN = "This is no API key of ours: Authorization must be “Bearer patriot_…”, as it was shown."
NEEDS_CSRF = (
    "Whoever signed in to the desk must send the header “X-CSRFToken” too, with the token of a "
    "page of the desk and from there. Programs send an API key instead."
)
# Compared with when there is no such prefix: an unknown key takes as long as a wrong one.
NO_KEY = ApiKey(hash="0" * 64)


class KeyAuthentication(authentication.BaseAuthentication):
    """Knows a client by its API key; raises AuthenticationFailed with a sentence, or Throttled."""

    def authenticate(self, request: Request) -> tuple[User, ApiKey] | None:
        """Return the key with its owner; None when the request shows no bearer token."""
        scheme, _, credentials = request.META.get("HTTP_AUTHORIZATION", "").partition(" ")
        if scheme.lower() != SCHEME:
            return None
        now = timezone.now()  # noqa: TID251 (an interface)
        try:
            key, token = known_key(credentials.strip())
            refuse_unusable(key, now)
            refuse_elsewhere(key, request)
        except AuthenticationFailed:
            check_failed_key(request._request, now=now)
            raise
        key.keep_under_new_pepper(token)
        key.note_use(now)
        return key.owner, key

    def authenticate_header(self, request: Request) -> str:
        """Return the challenge of a 401 (RFC 6750 §3)."""
        is_wrong = "HTTP_AUTHORIZATION" in request.META
        return f'{REALM}, error="invalid_token"' if is_wrong else REALM


def known_key(text: str) -> tuple[ApiKey, Token]:
    """Return the key of what was shown, and that as a token. Raises AuthenticationFailed."""
    token = Token.parse(text)
    if token is None:
        raise AuthenticationFailed(UNKNOWN)
    key = ApiKey.objects.select_related("owner").filter(prefix=token.prefix).first()
    if not (key or NO_KEY).belongs_to(token) or key is None:
        raise AuthenticationFailed(UNKNOWN)
    return key, token


def refuse_unusable(key: ApiKey, now: Any) -> None:
    """Raise AuthenticationFailed for a key that was good once: its holder may know why."""
    if key.revoked_at is not None:
        raise AuthenticationFailed("This API key was revoked.")
    if not key.is_usable(now):
        raise AuthenticationFailed("This API key has expired: make a new one at the desk.")
    if not key.owner.is_active:
        raise AuthenticationFailed("The owner of this API key is no longer active.")


def refuse_elsewhere(key: ApiKey, request: Request) -> None:
    """Raise AuthenticationFailed if the key may not be used from where the request comes."""
    address = client_address(request.META, trusted_proxies=settings.TRUSTED_PROXIES)
    if not key.is_usable_from(address):
        raise AuthenticationFailed(
            "This API key works from other addresses only; "
            f"this request came from {address or 'none'}."
        )


class SessionAuthentication(authentication.SessionAuthentication):
    """Knows people by their session; whatever changes something needs the CSRF token too."""

    def authenticate(self, request: Any) -> Any:
        """Return who signed in. Raises PermissionDenied while a second factor is missing."""
        found = super().authenticate(request)
        if found is not None and is_missing(found[0]):
            raise PermissionDenied(SET_IT_UP)
        return found

    def enforce_csrf(self, request: Any) -> None:
        """Raise PermissionDenied, with what to do, when the token is missing or wrong."""
        try:
            super().enforce_csrf(request)
        except PermissionDenied:
            raise PermissionDenied(NEEDS_CSRF) from None


class KeyScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
    """Describes the key."""

    target_class = KeyAuthentication
    name = "bearer"

    def get_security_definition(self, auto_schema: Any) -> dict[str, str]:
        return {
            "type": "http",
            "scheme": "bearer",
            "bearerFormat": "patriot_<prefix>_<secret>",
            "description": "An API key, made at the desk under “API keys”.",
        }


class SessionScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
    """Describes the session."""

    target_class = SessionAuthentication
    name = "session"

    def get_security_definition(self, auto_schema: Any) -> dict[str, str]:
        return {
            "type": "apiKey",
            "in": "cookie",
            "name": "sessionid",
            "description": "Somebody signed in to the desk; what changes something also needs "
            "the X-CSRFToken header.",
        }
