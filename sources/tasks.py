"""What a worker is asked to look at: sources and articles."""

from __future__ import annotations

from collections.abc import Collection

from django.conf import settings
from django.utils import timezone

from patriot.work import belt
from sources.gateways.parser import Parser
from sources.gateways.tavily import Search
from sources.gateways.web import Web
from sources.pipeline import collect as collect_step
from sources.pipeline import digest as digest_step
from sources.pipeline import enrich as enrich_step
from sources.pipeline import pages as pages_step
from sources.pipeline import taking_in
from sources.pipeline.searching import PaidSearch


def web(*, allow: Collection[str] = ()) -> Web:
    """Return our HTTP client, as the settings say.

    allow: further "host:port" pairs that may be reached although they are not public
    """
    return Web(user_agent=_user_agent(), allow=[*settings.OUTBOUND_ALLOW, *allow])


def search() -> PaidSearch | None:
    """Return whom searches are asked of, as the settings say; None while they are off."""
    if "tavily" not in settings.SERVICES:
        return None
    gateway = Search(
        api_key=settings.TAVILY_API_KEY,
        base_url=settings.TAVILY_BASE_URL,
        allow=settings.OUTBOUND_ALLOW,
        user_agent=_user_agent(),
    )
    return PaidSearch(
        gateway,
        daily_ceiling=settings.DAILY_CEILING_USD,
        monthly_ceiling=settings.MONTHLY_CEILING_USD,
        call_ceiling=settings.CALL_CEILING_USD,
    )


def _user_agent() -> str:
    return f"Patriot/1.0 (+{settings.CONTACT})"


def collect(source_ids: list[int]) -> None:
    """Look at sources that may be due."""
    with belt.together() as is_free:
        if is_free:
            now = timezone.now()  # noqa: TID251 (an interface)
            collect_step.collect(
                source_ids, web=web(), parser=Parser.shared(), search=search(), now=now
            )


def read_pages(article_ids: list[int]) -> None:
    """Look at articles whose own pages may have to be read."""
    with belt.together() as is_free:
        if is_free:
            now = timezone.now()  # noqa: TID251 (an interface)
            pages_step.read_pages(article_ids, web=web(), parser=Parser.shared(), now=now)


def enrich(article_ids: list[int]) -> None:
    """Look at articles that may want passages."""
    with belt.together() as is_free:
        if is_free:
            enrich_step.enrich(article_ids, now=timezone.now())  # noqa: TID251 (an interface)


def take_in(job_ids: list[int]) -> None:
    """Look at lists of feeds that are to be taken in."""
    with belt.together() as is_free:
        if is_free:
            now = timezone.now()  # noqa: TID251 (an interface)
            taking_in.work(job_ids, allow=settings.OUTBOUND_ALLOW, now=now)


def send_digests(digest_ids: list[int]) -> None:
    """Look at digests that may be waiting to be mailed."""
    digest_step.send(
        digest_ids,
        is_on=settings.MAIL_IS_ON,
        now=timezone.now(),  # noqa: TID251 (an interface)
    )
