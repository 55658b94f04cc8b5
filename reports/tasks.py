"""What a worker is asked to look at: reports."""

from __future__ import annotations

from django.conf import settings
from django.utils import timezone

from patriot.work import belt
from reports.channels import mailing
from reports.channels.posting import Posting
from reports.gateways.claude import Claude
from reports.models import Subscription
from reports.pipeline import cluster as cluster_step
from reports.pipeline import deliver as deliver_step
from reports.pipeline import describe as describe_step
from reports.pipeline import jobs, pinging
from reports.pipeline.deliver import Send
from reports.pipeline.writers import Writers

POSTED = frozenset(Subscription.Channel) - {Subscription.Channel.EMAIL}


def writers() -> Writers:
    """Return the analysts, as the settings say."""
    claude = None
    if "claude" in settings.SERVICES:
        claude = Claude(
            api_key=settings.ANTHROPIC_API_KEY,
            base_url=settings.ANTHROPIC_BASE_URL,
            allow=settings.OUTBOUND_ALLOW,
        )
    return Writers(
        claude=claude,
        daily_ceiling=settings.DAILY_CEILING_USD,
        monthly_ceiling=settings.MONTHLY_CEILING_USD,
        call_ceiling=settings.CALL_CEILING_USD,
    )


def cluster(article_ids: list[int]) -> None:
    """Look at articles that may want a story."""
    with belt.together() as is_free:
        if is_free:
            cluster_step.cluster(article_ids, now=timezone.now())  # noqa: TID251 (an interface)


def describe(story_ids: list[int]) -> None:
    """Look at stories that may have changed since they were described."""
    with belt.together() as is_free:
        if is_free:
            describe_step.describe(story_ids, now=timezone.now())  # noqa: TID251 (an interface)


def work(job_ids: list[int]) -> None:
    """Look at jobs of reports."""
    with belt.together() as is_free:
        if is_free:
            now = timezone.now()  # noqa: TID251 (an interface)
            jobs.work(job_ids, now=now, writers=writers())


def senders() -> dict[str, Send]:
    """Return how each channel sends, as the settings say; what has no sender waits."""
    found: dict[str, Send] = dict.fromkeys(POSTED, Posting(allow=settings.OUTBOUND_ALLOW).send)
    if settings.MAIL_IS_ON:
        found[Subscription.Channel.EMAIL] = mailing.send
    return found


def deliver(delivery_ids: list[int]) -> None:
    """Look at deliveries that are due."""
    now = timezone.now()  # noqa: TID251 (an interface)
    deliver_step.deliver(delivery_ids, senders=senders(), now=now)


def ping(report_ids: list[int]) -> None:
    """Look at reports whose watchdogs may have to be called."""
    now = timezone.now()  # noqa: TID251 (an interface)
    pinging.ping(report_ids, allow=settings.OUTBOUND_ALLOW, now=now)
