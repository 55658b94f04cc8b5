"""Messages: a published text as webhooks and chats get it."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit, urlunsplit

import orjson
from django.conf import settings

from patriot.lib.moments import rfc3339
from reports.api.documents import report_document
from reports.channels.signing import signatures
from reports.models import Delivery, Revision, Subscription
from reports.pages.report import report_page

Kind, Channel = Delivery.Kind, Subscription.Channel
EVENTS = {
    Kind.REPORT: "report.published",
    Kind.CORRECTION: "report.corrected",
    Kind.WITHDRAWAL: "report.withdrawn",
}
# Discord's limit is the lowest of the four.
MAX_CHAT_CHARS = 1_900


@dataclass(frozen=True, slots=True)
class Message:
    """A request that delivers something."""

    url: str
    body: bytes
    headers: Mapping[str, str] = field(default_factory=dict)
    method: str = "POST"


# --- Webhooks ----------------------------------------------------------------------
def event_of(kind: str, revision: Revision, now: datetime) -> dict[str, Any]:
    """Return what a webhook is told: the event, when, and the report as the API says it."""
    report = revision.report
    if kind == Kind.WITHDRAWAL:
        told: dict[str, Any] = {
            "id": report.pk,
            "briefing": report.briefing.slug,
            "html_url": f"{settings.SITE_URL}{report.get_absolute_url()}",
            "reason": report.reason,
        }
    else:
        told = report_document(report)
    if kind == Kind.CORRECTION:
        correction = revision.correction
        told["correction"] = {"kind": correction.kind, "reason": correction.reason}
    at = rfc3339(now, timespec="seconds")
    return {"type": EVENTS[Kind(kind)], "timestamp": at, "data": told}


def webhook_message(delivery: Delivery, event: Mapping[str, Any], now: datetime) -> Message:
    """Return an event signed for one webhook.

    Source: Standard Webhooks; the id is the same at every try.
    """
    subscription = delivery.subscription
    body = orjson.dumps(event, default=str).decode()
    headers = {
        "Content-Type": "application/json",
        "webhook-id": f"msg_{delivery.message_id.hex}",
        "webhook-timestamp": str(int(now.timestamp())),
        "webhook-signature": signatures(
            subscription, message_id=delivery.message_id, at=now, body=body
        ),
    }
    return Message(subscription.address, body.encode(), headers)


# --- Chats -------------------------------------------------------------------------
def words_of(kind: str, revision: Revision, *, escape: Callable[[str], str]) -> str:
    """Return a report in a few lines: title, 30 seconds, address.

    escape: what makes a sentence harmless where it is shown
    """
    report = revision.report
    address = f"{settings.SITE_URL}{report.get_absolute_url()}"
    when = f"{escape(str(report.briefing))}, {report.local_date:%Y-%m-%d}"
    if kind == Kind.WITHDRAWAL:
        lines = [f"Withdrawn: {when}", escape(report.reason)]
    elif kind == Kind.CORRECTION:
        lines = [f"Corrected: {when}", escape(revision.correction.reason)]
    else:
        page = report_page(report, revision, is_short=True)
        points = [f"• {escape(point.sentence.text)}" for point in page.summary]
        lines = [escape(page.title), when, *points]
    text = "\n".join(lines)
    return f"{_shortened(text, MAX_CHAT_CHARS - len(address))}\n{address}"


def chat_message(delivery: Delivery, revision: Revision) -> Message:
    """Return a few lines for a chat, in the form that its service takes."""
    subscription = delivery.subscription
    form = CHATS[Channel(subscription.channel)]
    words = words_of(delivery.kind, revision, escape=form.escape)
    return form.message(subscription.address, words, delivery)


def _shortened(text: str, chars: int) -> str:
    return text if len(text) <= chars else f"{text[: chars - 1].rstrip()}…"


def _for_slack(text: str) -> str:
    # https://docs.slack.dev/messaging/formatting-message-text: these three, and no others.
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _for_discord(text: str) -> str:
    return "".join(f"\\{letter}" if letter in r"\*_~`|>[]()#@<" else letter for letter in text)


def _json(url: str, told: Mapping[str, Any], method: str = "POST") -> Message:
    body = json.dumps(told, ensure_ascii=False).encode()
    return Message(url, body, {"Content-Type": "application/json"}, method)


def _slack(url: str, words: str, delivery: Delivery) -> Message:
    return _json(url, {"text": words, "unfurl_links": False})


def _discord(url: str, words: str, delivery: Delivery) -> Message:
    # Nobody is called, whatever a sentence says.
    return _json(url, {"content": words, "allowed_mentions": {"parse": []}})


def _telegram(url: str, words: str, delivery: Delivery) -> Message:
    """Take the chat from the address: …/bot<token>/sendMessage?chat_id=<chat>."""
    parts = urlsplit(url)
    chat = parse_qs(parts.query).get("chat_id", [""])[0]
    address = urlunsplit(parts._replace(query=""))
    return _json(address, {"chat_id": chat, "text": words})


def _matrix(url: str, words: str, delivery: Delivery) -> Message:
    """Take the room from the address: …/rooms/<room>?access_token=<token>.

    The transaction's id is the message's own: a home server takes the same one only once.
    """
    parts = urlsplit(url)
    asked = {name: values[0] for name, values in parse_qs(parts.query).items()}
    path = f"{parts.path.rstrip('/')}/send/m.room.message/{delivery.message_id.hex}"
    token = asked.pop("access_token", "")
    address = urlunsplit(parts._replace(path=path, query=urlencode(asked)))
    message = _json(address, {"msgtype": "m.text", "body": words}, "PUT")
    return Message(
        message.url, message.body, {**message.headers, "Authorization": f"Bearer {token}"}, "PUT"
    )


@dataclass(frozen=True, slots=True)
class ChatForm:
    """How a chat service takes a message."""

    message: Callable[[str, str, Delivery], Message]
    escape: Callable[[str], str]


CHATS: Mapping[Subscription.Channel, ChatForm] = {
    Channel.SLACK: ChatForm(_slack, _for_slack),
    Channel.DISCORD: ChatForm(_discord, _for_discord),
    Channel.TELEGRAM: ChatForm(_telegram, str),
    Channel.MATRIX: ChatForm(_matrix, str),
}
