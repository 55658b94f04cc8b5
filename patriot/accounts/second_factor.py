"""The second factor: who needs one, and how its secrets are kept."""

from __future__ import annotations

import base64
from collections.abc import Callable

from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.mfa.models import Authenticator
from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from django.conf import settings
from django.contrib.auth.models import AnonymousUser
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import redirect
from django.utils.crypto import salted_hmac

from patriot.accounts.models import User
from patriot.accounts.roles import Role

SALT = "patriot.accounts.second_factor"
NEEDS_ONE = (Role.PUBLISHER, Role.ADMINISTRATOR)
FACTORS = (Authenticator.Type.TOTP, Authenticator.Type.WEBAUTHN)
SET_IT_UP = "This house asks for a second factor: set one up under “Second factor” on the site."
# What somebody without a second factor still gets to: the way to set one up, and the way out.
OPEN_PATHS = ("/admin/login/", "/admin/logout/", "/admin/jsi18n/")


def has_one(user: User) -> bool:
    """Tell whether somebody has set up a second factor."""
    return bool(Authenticator.objects.filter(user=user, type__in=FACTORS).exists())


def is_missing(user: User | AnonymousUser) -> bool:
    """Tell whether somebody must set up a second factor before doing anything at the desk."""
    if not settings.SECOND_FACTOR_REQUIRED or not isinstance(user, User):
        return False
    needs = user.is_superuser or user.groups.filter(name__in=NEEDS_ONE).exists()
    return needs and not has_one(user)


def take_away(user: User) -> int:
    """Forget all second factors of somebody who lost them; return how many there were."""
    deleted, _ = Authenticator.objects.filter(user=user).delete()
    return int(deleted)


class SecondFactorMiddleware:
    """Leads from the desk to the set-up those who need a second factor and have none."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        if (
            settings.SECOND_FACTOR_REQUIRED
            and request.path.startswith("/admin/")
            and request.path not in OPEN_PATHS
            and is_missing(request.user)
        ):
            return redirect("mfa_index")
        return self.get_response(request)


class MFAAdapter(DefaultMFAAdapter):  # type: ignore[misc] # allauth has no types
    """Keeps the shared secrets of authenticator apps encrypted: a leaked table opens no door."""

    def encrypt(self, text: str) -> str:
        return _box().encrypt(text.encode()).decode()

    def decrypt(self, encrypted_text: str) -> str:
        """Return the secret; nothing that ever matches if SECRET_KEY is another one by now."""
        try:
            return _box().decrypt(encrypted_text.encode()).decode()
        except InvalidToken:
            return ""


def _box() -> MultiFernet:
    """Return what encrypts with SECRET_KEY, and still reads what its predecessors wrote."""
    keys = [settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS]
    digests = (salted_hmac(SALT, "box", secret=key, algorithm="sha256").digest() for key in keys)
    return MultiFernet([Fernet(base64.urlsafe_b64encode(digest)) for digest in digests])
