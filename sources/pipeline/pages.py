"""Pages: read the articles' own pages where the feed's text is not enough.

A page that cannot be read never loses its article: that goes on with the feed's text, and the
reason is kept.
"""

from __future__ import annotations

import logging
import time
from collections import defaultdict, deque
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from urllib.parse import urlsplit

from django.db import transaction
from django.db.models import QuerySet

from patriot.lib.outbound import Limits
from patriot.work.leases import MAX_ATTEMPTS, MAX_ERROR_CHARS
from patriot.work.looks import enqueue
from sources.domain.language import primary_language
from sources.domain.page import Page, better_moment, is_fuller
from sources.domain.robots import authority_of
from sources.gateways.parser import Parser
from sources.gateways.unreadable import Unreadable
from sources.gateways.web import ACCEPT_PAGE, Answer, Busy, FetchError, Request, Web
from sources.models import Article
from sources.pipeline.hosts import visiting
from sources.pipeline.permits import Doors, Permit, permits

# Longer than the worker lets any task run, so that only a dead worker loses a lease.
LEASE = timedelta(minutes=2)
# Then what is left goes back to the queue; the worker ends a task after 100 seconds.
BUDGET = timedelta(seconds=60)
RETRY_AFTER = timedelta(minutes=5)
# For what another worker is at, or what a server's pauses leave over.
SOON = timedelta(minutes=1)
LIMITS = Limits(raw_bytes=3_000_000, decoded_bytes=8_000_000, deadline=timedelta(seconds=20))

_logger = logging.getLogger(__name__)


def read_pages(
    article_ids: Sequence[int],
    *,
    web: Web,
    parser: Parser,
    now: datetime,
    budget: timedelta = BUDGET,
) -> int:
    """Read the pages of those of these articles that wait for it; return how many go on.

    What is not begun within `budget`, or whose server is in use, goes back untried.
    """
    due = Article.objects.filter(pk__in=article_ids).to_read(now)
    ends_at = time.monotonic() + budget.total_seconds()
    fresh = due.filter(attempts=0).lease(now, until=now + LEASE, limit=len(article_ids))
    done = _read_batch(fresh, web=web, parser=parser, now=now, ends_at=ends_at)
    # One that failed before comes alone: if it ends the worker, its neighbors do not suffer.
    suspects = due.filter(attempts__gt=0).order_by("pk").values_list("pk", flat=True)
    for pk in list(suspects):
        if time.monotonic() < ends_at:
            leased = due.filter(pk=pk).lease(now, until=now + LEASE, limit=1)
            done += _read_batch(leased, web=web, parser=parser, now=now, ends_at=ends_at)
    return done


def bury_exhausted(now: datetime) -> int:
    """Have articles go on whose pages ended their worker MAX_ATTEMPTS times; return how many.

    It is the page that is given up, not the article.
    """
    return int(
        Article.objects.filter(state=Article.State.UNREAD)
        .exhausted(now)
        .update(
            state=Article.State.NEW,
            attempts=0,
            leased_until=None,
            page_error=f"Reading its page ended the worker {MAX_ATTEMPTS} times.",
        )
    )


@dataclass(slots=True)
class _Desk:
    """The articles of one batch that are not done yet, and whom we ask about them."""

    doors: Doors
    now: datetime
    ends_at: float
    left: dict[int, Article]
    elsewhere: list[tuple[Article, Page, str]] = field(default_factory=list)
    """Pages that another server gave in the end, and where."""
    done: int = 0

    @property
    def has_time(self) -> bool:
        return time.monotonic() < self.ends_at


def _read_batch(
    ids: Sequence[int], *, web: Web, parser: Parser, now: datetime, ends_at: float
) -> int:
    """Read the pages of these articles, which are leased to us."""
    if not ids:
        return 0
    left = {article.pk: article for article in Article.objects.filter(pk__in=ids).order_by("pk")}
    with visiting({_host_of(article) for article in left.values()}) as may_visit:
        desk = _Desk(Doors(web, parser, may_visit), now, ends_at, left)
        allowed = permits({article.url for article in left.values()}, doors=desk.doors, now=now)
        for article in _turn_away(desk, allowed):
            _finish(desk, article, page=None, error=allowed[article.url].refusal)
        for articles in _rounds(desk, allowed):
            _read_round(desk, articles)
        _settle_elsewhere(desk)
    _give_back(desk.left.values(), now=now)
    return desk.done


def _turn_away(desk: _Desk, allowed: dict[str, Permit]) -> list[Article]:
    return [
        article
        for article in desk.left.values()
        if article.url in allowed and allowed[article.url].refusal
    ]


def _rounds(desk: _Desk, allowed: dict[str, Permit]) -> Iterator[list[Article]]:
    """Yield articles to read together: all of a server's, or one if it asks for pauses."""
    waiting: defaultdict[str, deque[Article]] = defaultdict(deque)
    ready_at: dict[str, float] = {}
    for article in desk.left.values():
        if article.url in allowed:
            waiting[_host_of(article)].append(article)
    while waiting and desk.has_time:
        turn = []
        for host in [host for host in waiting if ready_at.get(host, 0.0) <= time.monotonic()]:
            delay = max(allowed[article.url].delay for article in waiting[host])
            count = 1 if delay else len(waiting[host])
            turn += [waiting[host].popleft() for _ in range(count)]
            # From when it is asked; the exchange itself takes longer than that.
            ready_at[host] = time.monotonic() + delay.total_seconds()
            if not waiting[host]:
                del waiting[host]
        if turn:
            yield turn
        else:
            soonest = min(ready_at[host] for host in waiting)
            time.sleep(max(min(soonest, desk.ends_at) - time.monotonic(), 0.0))


def _read_round(desk: _Desk, articles: Sequence[Article]) -> None:
    """Fetch and read the pages of these articles."""
    by_url: defaultdict[str, list[Article]] = defaultdict(list)
    for article in articles:
        by_url[article.url].append(article)
    requests = [Request(url, accept=ACCEPT_PAGE, limits=LIMITS) for url in by_url]
    for request, result in desk.doors.web.fetch_all(requests, may_visit=desk.doors.may_visit):
        for article in by_url[request.url]:
            try:
                _read_one(desk, article, result)
            except Exception as error:
                _logger.exception("The page of article %s could not be read", article.pk)
                _put_back(desk, article, error)
        if not desk.has_time:
            return


def _read_one(desk: _Desk, article: Article, result: Answer | FetchError) -> None:
    if isinstance(result, Busy):
        return  # it goes back untried
    if isinstance(result, FetchError):
        _finish(desk, article, page=None, error=str(result))
        return
    try:
        page = desk.doors.parser.page(
            result.body, url=result.url, content_type=result.headers.get("content-type", "")
        )
    except Unreadable as error:
        _finish(desk, article, page=None, error=str(error))
        return
    if authority_of(result.url) == authority_of(article.url):
        _finish(desk, article, page=page)
    else:
        # Another server: it has rules of its own, and is asked for them when this one is free.
        desk.elsewhere.append((article, page, result.url))


def _settle_elsewhere(desk: _Desk) -> None:
    """Keep pages that other servers gave, where these allow it."""
    addresses = {url for _, _, url in desk.elsewhere}
    allowed = permits(addresses, doors=desk.doors, now=desk.now) if addresses else {}
    for article, page, url in desk.elsewhere:
        if url not in allowed:
            continue  # somebody is there just now
        refusal = allowed[url].refusal
        _finish(desk, article, page=None if refusal else page, error=refusal)


def _finish(desk: _Desk, article: Article, *, page: Page | None, error: str = "") -> None:
    """Write what came of a page, and have the article go on, if it is still ours."""
    refused: dict[str, object] = {"page_error": error[:MAX_ERROR_CHARS]}
    changes = _told_by(page, article) if page else refused
    with transaction.atomic():
        is_ours = _mine(article).update(
            state=Article.State.NEW, attempts=0, leased_until=None, last_error="", **changes
        )
        if is_ours:
            enqueue("sources.tasks.enrich", [article.pk])
    desk.left.pop(article.pk, None)
    desk.done += is_ours


def _told_by(page: Page, article: Article) -> dict[str, object]:
    """Return what a page changes of its article."""
    changes: dict[str, object] = {
        "published_at": better_moment(
            article.published_at,
            raw=article.published_raw,
            first_seen_at=article.first_seen_at,
            on_page=page.published_at,
        )
    }
    if not article.author and page.author:
        changes["author"] = page.author[:200]
    if not article.language and page.language:
        changes["language"] = primary_language(page.language)
    if not is_fuller(page.text, article.text):
        error = "Its page has less text than the feed."
        return changes | {"page_error": error}
    return changes | {
        "text": page.text,
        "html": page.html,
        "text_from": Article.TextFrom.PAGE,
        "page_error": "",
    }


def _put_back(desk: _Desk, article: Article, error: Exception) -> None:
    """Record a failed attempt; after the last one the article goes on without its page."""
    desk.left.pop(article.pk, None)
    sentence = f"{type(error).__name__}: {error}".replace("\x00", "")[:MAX_ERROR_CHARS]
    if article.attempts >= MAX_ATTEMPTS:
        _finish(desk, article, page=None, error=f"Its page broke the reader ({sentence}).")
        return
    _mine(article).update(last_error=sentence, not_before=desk.now + RETRY_AFTER, leased_until=None)


def _give_back(articles: Iterable[Article], *, now: datetime) -> None:
    """Give up leases that were not used; the attempts did not happen."""
    for article in articles:
        _mine(article).update(
            attempts=article.attempts - 1, leased_until=None, not_before=now + SOON
        )


def _mine(article: Article) -> QuerySet[Article]:
    return Article.objects.filter(
        pk=article.pk,
        version=article.version,
        state=Article.State.UNREAD,
        attempts=article.attempts,
        leased_until=article.leased_until,
    )


def _host_of(article: Article) -> str:
    return (urlsplit(article.url).hostname or "").lower()
