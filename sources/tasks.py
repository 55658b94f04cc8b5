"""What a worker is asked to look at: sources and articles."""

from __future__ import annotations

from collections.abc import Collection

from django.conf import settings
from django.utils import timezone

from patriot.work import belt
from sources.gateways.feed_parser import FeedParser
from sources.gateways.web import Web
from sources.pipeline import collect as collect_step
from sources.pipeline import enrich as enrich_step


def web(*, allow: Collection[str] = ()) -> Web:
    """Return our HTTP client, as the settings say.

    allow: further "host:port" pairs that may be reached although they are not public
    """
    return Web(
        user_agent=f"Patriot/1.0 (+{settings.CONTACT})",
        allow=[*settings.OUTBOUND_ALLOW, *allow],
    )


def collect(source_ids: list[int]) -> None:
    """Look at sources that may be due."""
    with belt.together() as is_free:
        if is_free:
            now = timezone.now()  # noqa: TID251 (an interface)
            collect_step.collect(source_ids, web=web(), parser=FeedParser.shared(), now=now)


def enrich(article_ids: list[int]) -> None:
    """Look at articles that may want passages."""
    with belt.together() as is_free:
        if is_free:
            enrich_step.enrich(article_ids, now=timezone.now())  # noqa: TID251 (an interface)
