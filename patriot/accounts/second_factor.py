"""The second factor: who needs one, which code fits, and how its secrets are kept."""

from __future__ import annotations

import base64
import secrets
from collections.abc import Callable
from datetime import datetime
from typing import Any, cast

from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.mfa.models import Authenticator
from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from django.conf import settings
from django.contrib.auth.models import AnonymousUser
from django.db import transaction
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import redirect
from django.utils.crypto import salted_hmac
from django.utils.functional import SimpleLazyObject

from patriot.accounts.models import User
from patriot.accounts.roles import Role
from patriot.accounts.totp import fitting_step, step_at

SALT = "patriot.accounts.second_factor"
NEEDS_ONE = (Role.PUBLISHER, Role.ADMINISTRATOR)
FACTORS = (Authenticator.Type.TOTP, Authenticator.Type.WEBAUTHN)
# What holds a secret of ours.
ENCRYPTED = (Authenticator.Type.TOTP, Authenticator.Type.RECOVERY_CODES)
# What holds a secret of ours.
ENCRYPTED = (Authenticator.Type.TOTP, Authenticator.Type.RECOVERY_CODES)
SET_IT_UP = "This house asks for a second factor: set one up under “Second factor” on the site."
# What somebody without a second factor still gets to: the way to set one up, and the way out.
DESK, ACCOUNT = f"/{settings.ADMIN_PATH}/", "/accounts/"
OPEN_PATHS = (f"{DESK}login/", f"{DESK}logout/")


# --- Who has and who needs one ----------------------------------------------------
def has_one(user: User) -> bool:
    """Tell whether somebody has set up a second factor."""
    return bool(Authenticator.objects.filter(user=user, type__in=FACTORS).exists())


def needs_one(user: User) -> bool:
    """Tell whether somebody has to have a second factor here."""
    return bool(settings.SECOND_FACTOR_REQUIRED) and (
        user.is_superuser or user.groups.filter(name__in=NEEDS_ONE).exists()
    )


def is_missing(user: User | AnonymousUser) -> bool:
    """Tell whether somebody must set up a second factor before doing anything at the desk."""
    return isinstance(user, User) and needs_one(user) and not has_one(user)


def in_words(user: User) -> str:
    """Return what somebody has, such as “authenticator app, 2 passkeys, 7 recovery codes”."""
    said, keys = [], 0
    for factor in Authenticator.objects.filter(user=user).order_by("type"):
        if factor.type == Authenticator.Type.TOTP:
            said.append("authenticator app")
        elif factor.type == Authenticator.Type.WEBAUTHN:
            keys += 1
        else:
            left = len(factor.wrap().get_unused_codes())
            said.append(f"{left} recovery code{'' if left == 1 else 's'} left")
    if keys:
        said.append("a passkey" if keys == 1 else f"{keys} passkeys")
    return ", ".join(sorted(said, key=lambda words: "recovery" in words)) or "none"


def take_away(user: User) -> int:
    """Forget all second factors of somebody who lost them, and sign them out everywhere.

    Returns how many there were. Whoever found the device is out at once.
    """
    with transaction.atomic():
        deleted, _ = Authenticator.objects.filter(user=user).delete()
        user.end_sessions()
    return int(deleted)


# --- Codes ------------------------------------------------------------------------
def used(user: User, code: str, *, now: datetime) -> Authenticator | None:
    """Use a code up: return the factor that it is of; None if it fits none, or was used.

    The rows are locked, so that of two who type the same code at the same time one gets in.
    """
    types = (Authenticator.Type.TOTP, Authenticator.Type.RECOVERY_CODES)
    plain = "".join(sign for sign in code if sign not in " -\u00a0")
    with transaction.atomic():
        factors = Authenticator.objects.select_for_update().filter(user=user, type__in=types)
        for factor in factors.order_by("-type"):
            if factor.type == Authenticator.Type.TOTP:
                fits = _use_code_of_app(factor, plain, now=now)
            else:
                fits = bool(factor.wrap().validate_code(plain))
            if fits:
                return cast("Authenticator", factor)
    return None


def _use_code_of_app(factor: Any, code: str, *, now: datetime) -> bool:
    secret = MFAAdapter().decrypt(factor.data["secret"])
    step = fitting_step(secret, code, now=now, after=factor.data.get("step", -1))
    if step is None:
        return False
    factor.data["step"] = step
    factor.save(update_fields=["data"])
    return True


def close_first_code(user: User, code: str, *, now: datetime) -> None:
    """Take care that the code by which an app was set up opens no door afterwards.

    The next one does, at once: what is closed is the step of that very code, also where the
    telephone's clock is ahead of ours.
    """
    for factor in Authenticator.objects.filter(user=user, type=Authenticator.Type.TOTP):
        secret = MFAAdapter().decrypt(factor.data["secret"])
        step = fitting_step(secret, code, now=now)
        factor.data.setdefault("step", step_at(now) if step is None else step)
        factor.save(update_fields=["data"])


# --- The door ---------------------------------------------------------------------
class SecondFactorMiddleware:
    """Knows those who need a second factor and have none only where they can set it up.

    Everywhere else they are nobody: no page has to remember to ask. At the desk they are led to
    the set-up.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        path = request.path_info
        if not settings.SECOND_FACTOR_REQUIRED or path.startswith(ACCOUNT) or path in OPEN_PATHS:
            return self.get_response(request)
        signed_in = request.user
        if path.startswith(DESK) and is_missing(_itself(signed_in)):
            return redirect("mfa_index")
        if not path.startswith("/api/"):  # it says itself what is missing

            def known() -> User | AnonymousUser:
                user = _itself(signed_in)
                return AnonymousUser() if is_missing(user) else user

            # Asked only where somebody asks: public pages ask for nobody.
            request.user = SimpleLazyObject(known)  # type: ignore[assignment]
        return self.get_response(request)


def _itself(user: Any) -> User | AnonymousUser:
    """Return who is behind Django's lazy user."""
    return user if user.is_authenticated else AnonymousUser()


# --- Secrets ----------------------------------------------------------------------
class MFAAdapter(DefaultMFAAdapter):  # type: ignore[misc] # allauth has no types
    """Keeps the shared secrets of authenticator apps encrypted: a leaked table opens no door."""

    def encrypt(self, text: str) -> str:
        return _box().encrypt(text.encode()).decode()

    def decrypt(self, encrypted_text: str) -> str:
        """Return the secret; a new random one if SECRET_KEY is another one by now.

        Never "": the codes of an empty secret are known to everybody.
        """
        try:
            return _box().decrypt(encrypted_text.encode()).decode()
        except InvalidToken:
            return base64.b32encode(secrets.token_bytes(20)).decode()

    def get_totp_label(self, user: Any) -> str:
        return str(user.get_username())

    def can_delete_authenticator(self, authenticator: Authenticator) -> bool:
        """Keep the last factor of those who must have one: another one comes first."""
        if authenticator.type not in FACTORS or not needs_one(authenticator.user):
            return True
        others = Authenticator.objects.filter(user=authenticator.user, type__in=FACTORS)
        return bool(others.exclude(pk=authenticator.pk).exists())

    def generate_authenticator_name(self, user: Any, type: Any) -> str:
        """Return such as “Passkey 2”."""
        there = Authenticator.objects.filter(user_id=user.pk, type=type).count()
        return f"Passkey {there + 1}"

    def get_public_key_credential_rp_entity(self) -> dict[str, str]:
        entity: dict[str, str] = super().get_public_key_credential_rp_entity()
        return entity | {"name": settings.SITE_NAME}


def write_anew() -> tuple[int, int]:
    """Encrypt all secrets with today's SECRET_KEY; return how many, and how many nobody can read.

    After that no fallback is needed for them.
    """
    box, written, unreadable = _box(), 0, 0
    for factor in Authenticator.objects.filter(type__in=ENCRYPTED).iterator():
        for name in ("secret", "seed"):
            if name not in factor.data:
                continue
            try:
                factor.data[name] = box.rotate(factor.data[name].encode()).decode()
            except InvalidToken:
                unreadable += 1
                continue
            factor.save(update_fields=["data"])
            written += 1
    return written, unreadable


def _box() -> MultiFernet:
    """Return what encrypts with SECRET_KEY, and still reads what its predecessors wrote."""
    keys = [settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS]
    digests = (salted_hmac(SALT, "box", secret=key, algorithm="sha256").digest() for key in keys)
    return MultiFernet([Fernet(base64.urlsafe_b64encode(digest)) for digest in digests])
