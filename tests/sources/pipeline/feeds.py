"""Feed documents for the tests of the pipeline, and a newsroom to collect them."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from patriot.lib.outbound import Limits
from sources.gateways.web import Web
from sources.models import Source
from tests.sources.server import Server

SITE = "https://courier.example"


def item(number: int, *, title: str = "", text: str = "", link: str = "", extra: str = "") -> str:
    title = title or f"Ferry number {number} leaves on time"
    text = text or f"<p>Ferry {number} left the old harbor at noon.</p>"
    link = link or f"{SITE}/news/{number}"
    return (
        f"<item><guid>courier-{number}</guid><title>{title}</title><link>{link}</link>"
        f"<description><![CDATA[{text}]]></description>{extra}</item>"
    )


def rss(*items: str, title: str = "The Courier - Latest News", channel: str = "") -> bytes:
    return (
        f"<rss version='2.0'><channel><title>{title}</title><link>{SITE}/</link>"
        f"<language>en-gb</language>{channel}{''.join(items)}</channel></rss>"
    ).encode()


def many(count: int) -> bytes:
    return rss(*(item(number) for number in range(count)))


def a_new_source(url: str, now: datetime, *, slug: str = "courier", **fields: Any) -> Source:
    """Return a source that was never looked at and is due.

    Of a newsroom whose feeds are served from this machine: their links say who publishes them.
    """
    defaults: dict[str, Any] = {"name": slug.title(), "slug": slug, "url": url, "not_before": now}
    defaults |= {"newsroom": "harbor", "interval": timedelta(hours=1)}
    return Source.objects.create(**defaults | fields)


def web_for(*servers: Server, limits: Limits | None = None) -> Web:
    return Web(user_agent="Test/1", allow=[server.authority for server in servers], limits=limits)


def ids(rows: Iterable[Any]) -> list[int]:
    return [row.pk for row in rows]
