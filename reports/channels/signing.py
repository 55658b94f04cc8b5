"""Signatures of webhooks, as Standard Webhooks has them."""

from __future__ import annotations

import uuid
from datetime import datetime

from standardwebhooks.webhooks import Webhook

from reports.models import Subscription
from reports.pipeline.subscribing import BOTH_FOR
from reports.tokens import secrets_of


def signatures(
    subscription: Subscription, *, message_id: uuid.UUID, at: datetime, body: str
) -> str:
    """Return the value of webhook-signature: v1 and the HMAC of id, time and body.

    For a day after a change both secrets sign, so that a receiver can change his when he likes;
    those that earlier keys of the house made sign as long as SECRET_KEY_FALLBACKS names them.
    """
    numbers = [subscription.secret_number]
    changed_at = subscription.secret_changed_at
    if changed_at is not None and at < changed_at + BOTH_FOR:
        numbers.append(subscription.secret_number - 1)
    name = f"msg_{message_id.hex}"
    return " ".join(
        Webhook(secret).sign(name, at, body)
        for number in numbers
        for secret in secrets_of(subscription.public_id, number)
    )
