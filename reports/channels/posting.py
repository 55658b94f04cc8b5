"""Posting: deliveries by webhook and to chats."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from reports.channels.messages import Message, chat_message, event_of, webhook_message
from reports.domain.delivering import Outcome, Refused, Unreachable
from reports.domain.posting import outcome_of
from reports.gateways import webhook
from reports.models import Delivery, Revision, Subscription
from reports.pipeline.outbox import text_of


@dataclass(slots=True)
class Posting:
    """Posts deliveries as they come.

    allow: "host:port" pairs that may be reached although they are not public
    """

    allow: Collection[str] = ()
    _events: dict[tuple[str, int], dict[str, Any]] = field(default_factory=dict)

    def send(
        self, deliveries: Iterable[Delivery], now: datetime
    ) -> Iterator[tuple[Delivery, Outcome]]:
        """Post these deliveries; yield each with its outcome."""
        for delivery in deliveries:
            yield delivery, self._post(self._message(delivery, now), now)

    def _message(self, delivery: Delivery, now: datetime) -> Message:
        revision = text_of(delivery)
        if delivery.subscription.channel != Subscription.Channel.WEBHOOK:
            return chat_message(delivery, revision)
        return webhook_message(delivery, self._event(delivery.kind, revision, now), now)

    def _event(self, kind: str, revision: Revision, now: datetime) -> dict[str, Any]:
        """Return what all webhooks of a revision are told; written once for one look."""
        key = (kind, revision.pk)
        if key not in self._events:
            self._events[key] = event_of(kind, revision, now)
        return self._events[key]

    def _post(self, message: Message, now: datetime) -> Outcome:
        try:
            answer = webhook.post(
                message.url,
                message.body,
                message.headers,
                allow=self.allow,
                method=message.method,
            )
        except webhook.NotAllowed as error:
            return Refused(str(error))
        except webhook.NotReached as error:
            return Unreachable(str(error))
        return outcome_of(
            answer.status,
            answer.said,
            retry_after=answer.retry_after,
            seconds=answer.seconds,
            now=now,
        )
