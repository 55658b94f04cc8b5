"""Signing secrets of webhooks: derived, never stored.

A secret is made of the house's own key, the subscription and a number. So there is nothing in the
database that could leak, it can be shown when it is made, and a new number makes a new one.
"""

from __future__ import annotations

import base64
import uuid
from datetime import datetime, timedelta

from django.utils.crypto import salted_hmac
from standardwebhooks.webhooks import Webhook

from reports.models import Subscription

PREFIX = "whsec_"
BOTH_FOR = timedelta(days=1)


def secret_of(subscription: uuid.UUID, number: int) -> str:
    """Return a webhook's signing secret, as Standard Webhooks writes them."""
    digest = salted_hmac(
        "reports.webhook", f"{subscription.hex}.{number}", algorithm="sha256"
    ).digest()
    return PREFIX + base64.b64encode(digest).decode()


def signatures(
    subscription: Subscription, *, message_id: uuid.UUID, at: datetime, body: str
) -> str:
    """Return the value of webhook-signature: v1 and the HMAC of id, time and body.

    For a day after a change both secrets sign, so that a receiver can change his when he likes.
    """
    numbers = [subscription.secret_number]
    changed_at = subscription.secret_changed_at
    if changed_at is not None and at < changed_at + BOTH_FOR:
        numbers.append(subscription.secret_number - 1)
    name = f"msg_{message_id.hex}"
    return " ".join(
        Webhook(secret_of(subscription.public_id, number)).sign(name, at, body)
        for number in numbers
    )
