"""Browsers that signed in before: what strangers do to an account does not keep them out."""

from __future__ import annotations

import unicodedata
from datetime import timedelta

from django.conf import settings
from django.http import HttpRequest, HttpResponseBase
from django.urls import reverse
from django.utils.crypto import constant_time_compare

from patriot.accounts.throttling import key_of

COOKIE = "known_browser"
SALT = "patriot.accounts.browsers"
KNOWN_FOR = timedelta(days=180)


def spelled(username: str) -> str:
    """Return the one spelling under which a name is counted."""
    return unicodedata.normalize("NFKC", username).casefold().strip()


def remember(response: HttpResponseBase, username: str) -> None:
    """Have the browser tell the sign-in, and no other page, that this account used it."""
    response.set_signed_cookie(
        COOKIE,
        _mark(username),
        salt=SALT,
        max_age=KNOWN_FOR,
        path=reverse("account_login"),
        secure=settings.SESSION_COOKIE_SECURE,
        httponly=True,
        samesite="Strict",
    )


def is_known(request: HttpRequest, username: str) -> bool:
    """Tell whether this account signed in with this browser lately. It asks no database.

    The answer opens nothing: it only decides which failures an attempt is counted with.
    """
    mark = request.get_signed_cookie(COOKIE, default="", salt=SALT, max_age=KNOWN_FOR)
    return constant_time_compare(mark or "", _mark(username))


def _mark(username: str) -> str:
    """Return the account's name as a cookie can hold it."""
    return str(key_of(f"known browser {spelled(username)}"))
