"""What a mail service tells us of letters that came back, and of recipients who complained."""

from __future__ import annotations

from typing import Any

import structlog
from anymail.signals import tracking
from django.dispatch import receiver
from django.utils import timezone

from patriot.lib.text import one_line
from reports.models import Subscription, Suppression
from reports.pipeline import subscribing

log = structlog.get_logger(__name__)

# A mailbox that is full today may have room tomorrow: only what is for ever counts.
# SparkPost's numbers of what may pass.
SOFT_CLASSES = frozenset({"20", "21", "22", "23", "24", "40", "60", "70"})
MAX_TOLD_CHARS = 400
FOR_EVER = frozenset({"bounced", "invalid", "spam", "unsubscribed"})


@receiver(tracking)
def take_note(sender: Any, event: Any, esp_name: str, **more: Any) -> None:
    """Write no more to who is not there, complained, or unsubscribed at the service."""
    # An address that the database could not even hold is none of ours.
    if not event.recipient or not event.recipient.isprintable():
        return
    now = timezone.now()  # noqa: TID251 (an interface)
    told = f"{event.description or event.reject_reason or event.event_type}"
    said = f"{esp_name}: {one_line(told, max_chars=MAX_TOLD_CHARS)}"
    if event.event_type == "complained":
        cause = Suppression.Cause.COMPLAINT
        subscribing.suppress(event.recipient, cause=cause, detail=said, now=now)
    elif _is_for_ever(event):
        cause = Suppression.Cause.BOUNCE
        subscribing.suppress(event.recipient, cause=cause, detail=said, now=now)
    elif event.event_type == "unsubscribed":
        address = subscribing.normalized(event.recipient)
        mine = Subscription.objects.filter(channel=Subscription.Channel.EMAIL, address=address)
        subscribing.end(mine, now)
    else:
        return
    log.info("mail_service_said", service=esp_name, what=event.event_type)


def _is_for_ever(event: Any) -> bool:
    """Tell whether nothing will ever reach the recipient; services call the rest “soft”."""
    if event.event_type not in ("bounced", "rejected") or event.reject_reason not in FOR_EVER:
        return False
    raw = event.esp_event if isinstance(event.esp_event, dict) else {}
    kinds = (str(raw.get(name, "")) for name in ("Type", "type", "event", "bounce_class"))
    return not any("soft" in kind.lower() or kind in SOFT_CLASSES for kind in kinds)
