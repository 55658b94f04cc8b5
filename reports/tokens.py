"""Signed links: what a recipient may do without an account.

A link to confirm ends after some days. One to unsubscribe, or to one's preferences, never does: it
stands in mails that people keep. Each says for what it is, so that none serves for another.
"""

from __future__ import annotations

import uuid
from datetime import timedelta

from django.core import signing

CONFIRM_WITHIN = timedelta(days=3)
_SALT = "reports.subscription."


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
