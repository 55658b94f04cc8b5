"""Signed links: what a recipient may do without an account. Signing secrets of webhooks.

A link to confirm ends after some days. One to unsubscribe, or to one's preferences, never does: it
stands in mails that people keep. Each says for what it is, so that none serves for another.

A webhook's secret is derived, never stored: made of the house's own key, the subscription and a
number. So there is nothing in the database that could leak, it can be shown when it is made, and a
new number makes a new one.
"""

from __future__ import annotations

import base64
import uuid
from datetime import timedelta

from django.conf import settings
from django.core import signing
from django.utils.crypto import salted_hmac

CONFIRM_WITHIN = timedelta(days=3)
_SALT = "reports.subscription."
_PREFIX = "whsec_"


class BadToken(Exception):
    """The link is not one of ours, or ran out; the text says which, in a sentence."""


class Expired(BadToken):
    """It was one of ours: a new one can be asked for."""


def confirm_token(subscription: uuid.UUID) -> str:
    """Return what a link to confirm a subscription holds."""
    return signing.TimestampSigner(salt=f"{_SALT}confirm").sign(subscription.hex)


def confirmed(token: str) -> uuid.UUID:
    """Return the subscription that a link confirms. Raises BadToken."""
    signer = signing.TimestampSigner(salt=f"{_SALT}confirm")
    try:
        return uuid.UUID(hex=signer.unsign(token, max_age=CONFIRM_WITHIN))
    except signing.SignatureExpired as error:
        days = CONFIRM_WITHIN.days
        raise Expired(f"This link has run out: it was good for {days} days.") from error
    except (signing.BadSignature, ValueError) as error:
        raise BadToken("This link is not complete, or not one of ours.") from error


def recipient_token(subscription: uuid.UUID) -> str:
    """Return what the links of one recipient's mails hold."""
    return signing.Signer(salt=f"{_SALT}recipient").sign(subscription.hex)


def recipient(token: str) -> uuid.UUID:
    """Return the subscription that a recipient's link is about. Raises BadToken."""
    try:
        return uuid.UUID(hex=signing.Signer(salt=f"{_SALT}recipient").unsign(token))
    except (signing.BadSignature, ValueError) as error:
        raise BadToken("This link is not complete, or not one of ours.") from error


def secret_of(subscription: uuid.UUID, number: int) -> str:
    """Return a webhook's signing secret, as Standard Webhooks writes them."""
    return secrets_of(subscription, number)[0]


def secrets_of(subscription: uuid.UUID, number: int) -> list[str]:
    """Return the same secret as today's SECRET_KEY makes it, and as its predecessors did."""
    keys = [settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS]
    named = f"{subscription.hex}.{number}"
    digests = (
        salted_hmac("reports.webhook", named, secret=key, algorithm="sha256").digest()
        for key in keys
    )
    return [_PREFIX + base64.b64encode(digest).decode() for digest in digests]
