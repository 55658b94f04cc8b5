"""Collect: fetch due feeds, ask due searches, keep their articles, say when to look again.

One lease on the source covers all of it. The network comes before the transaction; the fetch,
the articles, the source's health and the look at what is new are written in one.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction

from patriot.lib.text import one_line
from patriot.work.leases import MAX_ATTEMPTS, MAX_ERROR_CHARS, LostLease
from sources.domain.cadence import LONGEST, next_fetch_at, wish_of
from sources.domain.entry import Feed
from sources.gateways.parser import Parser
from sources.gateways.tavily import Found
from sources.gateways.web import Answer, Request, Web
from sources.models import Fetch, Source
from sources.pipeline.ingest import (
    Ingested,
    ask_for_enrichment,
    byline_of,
    ingest,
    note_on_links,
    publisher_of,
    publishers_of,
)
from sources.pipeline.reading import Failure, Reading, read
from sources.pipeline.searching import Look, PaidSearch, forget, look

# Longer than the worker lets any task run, so that only a dead worker loses a lease.
LEASE = timedelta(minutes=2)
# Then what is left goes back to the queue; the worker ends a task after 100 seconds.
BUDGET = timedelta(seconds=60)
MAX_ETAG_CHARS = 1_000
MAX_LAST_MODIFIED_CHARS = 200

_logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class _Doors:
    """Whom we ask outside."""

    web: Web
    parser: Parser
    search: PaidSearch | None


def collect(
    source_ids: Sequence[int],
    *,
    web: Web,
    parser: Parser,
    search: PaidSearch | None = None,
    now: datetime,
    budget: timedelta = BUDGET,
) -> list[Fetch]:
    """Fetch those of these sources whose moment has come and which nobody else has.

    search: None while searches are off

    Paused ones too: whoever names a source wants it. A fetch that fails is a recorded outcome,
    not an exception. What is not begun within `budget` goes back untried.
    """
    due = Source.objects.filter(pk__in=source_ids)
    ends_at = time.monotonic() + budget.total_seconds()
    doors = _Doors(web, parser, search)
    fetches = _collect_batch(
        due.filter(attempts=0).free(now).lease(now, until=now + LEASE, limit=len(source_ids)),
        doors=doors,
        now=now,
        ends_at=ends_at,
    )
    # One that ended its worker comes alone, so that it does not take its neighbors along.
    suspects = due.filter(attempts__gt=0).free(now).order_by("pk").values_list("pk", flat=True)
    for pk in list(suspects):
        if time.monotonic() < ends_at:
            leased = due.filter(pk=pk).free(now).lease(now, until=now + LEASE, limit=1)
            fetches += _collect_batch(leased, doors=doors, now=now, ends_at=ends_at)
    return fetches


def ask_now(source_ids: Sequence[int], *, now: datetime) -> int:
    """Make sources due at once, whatever their interval; return how many."""
    return int(Source.objects.filter(pk__in=source_ids).update(not_before=now))


def _collect_batch(
    ids: Sequence[int], *, doors: _Doors, now: datetime, ends_at: float
) -> list[Fetch]:
    """Fetch and record these sources, which are leased to us."""
    sources = {
        source.pk: source
        for source in Source.objects.filter(pk__in=ids).select_related("publisher").order_by("pk")
    }
    fetches = []
    for source in list(sources.values()):
        if source.is_search:
            # What an earlier holder of the lease left in flight; nobody waits for it any more.
            forget(_subject(source), now)
        if source.attempts > MAX_ATTEMPTS:
            del sources[source.pk]
            fetches.append(_record(source, _poison(), now=now))
    fetches += _fetch_feeds(sources, doors=doors, now=now, ends_at=ends_at)
    fetches += _ask_searches(sources, search=doors.search, now=now, ends_at=ends_at)
    _give_back(sources.values())
    return [fetch for fetch in fetches if fetch is not None]


def _fetch_feeds(
    sources: dict[int, Source], *, doors: _Doors, now: datetime, ends_at: float
) -> Iterator[Fetch | None]:
    """Fetch and record the feeds among these, and take out those that are done."""
    feeds = [source for source in sources.values() if not source.is_search]
    requests = [(_request_for(source), source) for source in feeds]
    # Requests compare by value, and two sources may have the same address.
    by_request = {id(request): source for request, source in requests}
    for request, result in doors.web.fetch_all([request for request, _ in requests]):
        source = sources.pop(by_request[id(request)].pk)
        yield _record(source, read(result, parser=doors.parser), now=now)
        if time.monotonic() > ends_at:
            break


def _ask_searches(
    sources: dict[int, Source], *, search: PaidSearch | None, now: datetime, ends_at: float
) -> Iterator[Fetch | None]:
    """Ask and record the searches among these, and take out those that are done.

    One after the other: each has to fit into the day's ceiling before the next is sent.
    """
    for source in [source for source in sources.values() if source.is_search]:
        if time.monotonic() > ends_at:
            break
        del sources[source.pk]
        asked = look(source.question, search=search, subject=_subject(source), now=now)
        yield _record(source, asked, now=now)


def _subject(source: Source) -> str:
    return f"source {source.pk}"


def _request_for(source: Source) -> Request:
    """Ask whether anything changed; after a failure ask for everything, to see it readable."""
    if source.is_ill:
        return Request(source.url)
    return Request(source.url, source.etag, source.last_modified)


def _poison() -> Failure:
    return Failure(f"Reading it ended the worker {MAX_ATTEMPTS} times.", asked=LONGEST)


def _record(source: Source, outcome: Reading | Failure | Look, *, now: datetime) -> Fetch | None:
    """Write what happened, all or nothing; None if the source was taken over meanwhile."""
    try:
        with transaction.atomic():
            if isinstance(outcome, Look):
                return _record_look(source, outcome, now=now)
            if isinstance(outcome, Failure):
                return _record_failure(source, outcome, now=now)
            if outcome.feed is None:
                return _record_unchanged(source, outcome.answer, now=now)
            return _record_reading(source, outcome.answer, outcome.feed, now=now)
    except LostLease:
        _logger.warning("Source %s was taken over by another worker", source.pk)
        return None


def _record_look(source: Source, asked: Look, *, now: datetime) -> Fetch:
    """Write what a search brought; what it cost is booked with it or not at all."""
    if isinstance(asked.outcome, Failure):
        fetch = _record_failure(source, asked.outcome, now=now)
    else:
        fetch = _record_found(source, asked.outcome, now=now)
    asked.settle()
    return fetch


def _record_failure(source: Source, failure: Failure, *, now: datetime) -> Fetch:
    failures = source.failures + (1 if failure.is_illness else 0)
    sentence = one_line(failure.sentence, max_chars=MAX_ERROR_CHARS)
    _release(
        source,
        failures=failures,
        ill_since=source.ill_since or (now if failure.is_illness else None),
        last_error=sentence,
        not_before=_next_look(
            source, now, asked=failure.asked, failures=failures if failure.was_asked else 0
        ),
    )
    return Fetch.objects.create(
        source=source,
        started_at=now,
        took=failure.took,
        outcome=Fetch.Outcome.FAILED,
        status=failure.status,
        error=sentence,
        byte_count=failure.byte_count,
    )


def _record_unchanged(source: Source, answer: Answer, *, now: datetime) -> Fetch:
    # A 304 that we did not ask for (we do not, while a source is ill) heals nothing.
    healthy = {} if source.is_ill else {"last_good_at": now}
    wait = _next_look(source, now, asked=wish_of(answer.headers), failures=source.failures)
    _release(source, not_before=wait, **healthy)
    return Fetch.objects.create(
        source=source,
        started_at=now,
        took=answer.took,
        outcome=Fetch.Outcome.UNCHANGED,
        status=answer.status,
    )


def _record_reading(source: Source, answer: Answer, feed: Feed, *, now: datetime) -> Fetch:
    address = answer.moved_permanently_to or source.url
    publisher = publisher_of(source, feed, address=address)
    # First the source: whoever lost the lease must not touch its articles.
    _release(
        source,
        **_healthy(source, feed, now=now, asked=wish_of(answer.headers, ttl=feed.ttl)),
        publisher=publisher,
        site_url=feed.site_url,
        language=feed.language,
        etag=_short(answer.etag, MAX_ETAG_CHARS),
        last_modified=_short(answer.last_modified, MAX_LAST_MODIFIED_CHARS),
    )
    ingested = ingest(source, feed, byline=lambda entry: publisher, now=now)
    ask_for_enrichment(ingested)
    return _fetch_of(
        source,
        feed,
        ingested,
        now=now,
        notes=(*feed.notes, note_on_links(feed, publisher=publisher, address=address)),
        took=answer.took,
        status=answer.status,
        byte_count=len(answer.body),
    )


def _record_found(source: Source, found: Found, *, now: datetime) -> Fetch:
    _release(source, **_healthy(source, found.feed, now=now))
    publishers = publishers_of(found.feed)
    ingested = ingest(source, found.feed, byline=byline_of(publishers), now=now)
    ask_for_enrichment(ingested)
    return _fetch_of(
        source,
        found.feed,
        ingested,
        now=now,
        notes=found.feed.notes,
        took=found.took,
        status=200,
    )


def _healthy(
    source: Source, feed: Feed, *, now: datetime, asked: timedelta | None = None
) -> dict[str, Any]:
    """Return what a good reading changes in its source."""
    return {
        "failures": 0,
        "ill_since": None,
        "last_good_at": now,
        "last_error": "",
        "not_before": _next_look(source, now, asked=asked),
        "newest_entry_at": _newest_entry_at(source, feed, now=now),
    }


def _next_look(
    source: Source, now: datetime, *, asked: timedelta | None = None, failures: int = 0
) -> datetime:
    """Return when to look again. A search costs money: never before its interval is over."""
    usual = source.interval or timedelta(hours=1)
    longest = max(LONGEST, usual) if source.is_search else LONGEST
    return next_fetch_at(now, usual=usual, asked=asked, failures=failures, longest=longest)


def _fetch_of(
    source: Source,
    feed: Feed,
    ingested: Ingested,
    *,
    now: datetime,
    notes: Iterable[str],
    **wire: Any,
) -> Fetch:
    return Fetch.objects.create(
        source=source,
        started_at=now,
        outcome=Fetch.Outcome.READ,
        error=" ".join(filter(None, notes)),
        **wire,
        entry_count=feed.entry_count,
        new_count=len(ingested.new_ids),
        updated_count=len(ingested.updated_ids),
        skipped=dict(ingested.skipped),
    )


def _newest_entry_at(source: Source, feed: Feed, *, now: datetime) -> datetime | None:
    moments = [min(entry.published_at, now) for entry in feed.entries if entry.published_at]
    if source.newest_entry_at:
        moments.append(source.newest_entry_at)
    return max(moments, default=None)


def _short(value: str, limit: int) -> str:
    """Return a validator that we can send back byte for byte, or nothing."""
    return value if len(value) <= limit and value.isprintable() else ""


def _release(source: Source, **changes: Any) -> None:
    """Write to the source and give up the lease, if it is still ours; else raise LostLease."""
    # Both: attempts begin again at 1 after each record, and so does a lost lease's holder.
    mine = Source.objects.filter(
        pk=source.pk, attempts=source.attempts, leased_until=source.leased_until
    )
    if not mine.update(**changes, attempts=0, leased_until=None):
        raise LostLease(str(source))


def _give_back(sources: Iterable[Source]) -> None:
    """Give up leases that were not used; the attempts did not happen."""
    for source in sources:
        mine = Source.objects.filter(
            pk=source.pk, attempts=source.attempts, leased_until=source.leased_until
        )
        mine.update(attempts=source.attempts - 1, leased_until=None)
