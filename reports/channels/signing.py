"""Signing secrets of webhooks: derived, never stored.

A secret is made of the house's own key, the subscription and a number. So there is nothing in the
database that could leak, it can be shown when it is made, and a new number makes a new one.
"""

from __future__ import annotations

import base64
import uuid
from datetime import datetime

from django.utils.crypto import salted_hmac
from standardwebhooks.webhooks import Webhook

PREFIX = "whsec_"


def secret_of(subscription: uuid.UUID, number: int) -> str:
    """Return a webhook's signing secret, as Standard Webhooks writes them."""
    digest = salted_hmac(
        "reports.webhook", f"{subscription.hex}.{number}", algorithm="sha256"
    ).digest()
    return PREFIX + base64.b64encode(digest).decode()


def signature(secret: str, *, message_id: uuid.UUID, at: datetime, body: str) -> str:
    """Return the value of webhook-signature: v1 and the HMAC of id, time and body."""
    return Webhook(secret.removeprefix(PREFIX)).sign(f"msg_{message_id.hex}", at, body)
