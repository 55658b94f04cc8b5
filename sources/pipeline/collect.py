"""Collect: fetch due feeds, ask due searches, and have written what came of it.

One lease on the source covers all of it, and one worker at a time asks a host. The network comes
before the transaction; what is ready is recorded together (`record`), as soon as a handful is.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

from patriot.work.leases import MAX_ATTEMPTS
from sources.domain.cadence import LONGEST
from sources.gateways.parser import Parser
from sources.gateways.web import Answer, Busy, FetchError, Request, Web
from sources.models import Fetch, Source
from sources.pipeline.hosts import visiting
from sources.pipeline.reading import Failure, read
from sources.pipeline.record import Attempt, record
from sources.pipeline.searching import LOST, PaidSearch, forget, look, was_asked

# Longer than the worker lets any task run, so that only a dead worker loses a lease.
LEASE = timedelta(minutes=2)
# Then what is left goes back to the queue; the worker ends a task after 100 seconds.
BUDGET = timedelta(seconds=60)
# When to ask again a host at which another worker is.
SOON = timedelta(seconds=30)
# A document of so many bytes may take seconds to read, and waits until the others are written;
# no more of them wait than fit in memory, and the rest of these comes a moment later.
LARGE = 1_000_000
ASIDE = 40_000_000
# What is ready is written together: so many at most, and nothing waits longer than this.
HANDFUL = 50
PATIENCE = 0.5


@dataclass(frozen=True, slots=True)
class _Doors:
    """Whom we ask outside."""

    web: Web
    parser: Parser
    search: PaidSearch | None


@dataclass(slots=True)
class _Ready:
    """What came in and is not written yet."""

    doors: _Doors
    now: datetime
    fetches: list[Fetch] = field(default_factory=list)
    _attempts: list[Attempt] = field(default_factory=list)
    _since: float = 0.0

    def add(self, attempt: Attempt) -> None:
        if not self._attempts:
            self._since = time.monotonic()
        self._attempts.append(attempt)
        self.write_if_due()

    def write_if_due(self) -> None:
        waited = time.monotonic() - self._since
        if len(self._attempts) >= HANDFUL or (self._attempts and waited > PATIENCE):
            self.write()

    def write(self) -> None:
        attempts, self._attempts = self._attempts, []
        if attempts:
            parser, allow = self.doors.parser, self.doors.web.allow
            self.fetches += record(attempts, parser=parser, allow=allow, now=self.now)


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
    not an exception. What is not begun within `budget` goes back untried; a source at whose host
    another worker is waits a moment.
    """
    due = Source.objects.filter(pk__in=source_ids).unanswered()
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
    if not ids:
        return []
    sources = {source.pk: source for source in Source.objects.filter(pk__in=ids).order_by("pk")}
    for source in sources.values():
        if source.is_search:
            # What an earlier holder of the lease left in flight; nobody waits for it any more.
            forget(_subject(source), now)
    ready = _Ready(doors, now)
    for attempt in _poison(sources):
        ready.add(attempt)
    for attempt in _fetch_feeds(sources, doors=doors, ready=ready, ends_at=ends_at):
        ready.add(attempt)
    ready.write()
    for attempt in _ask_searches(sources, search=doors.search, now=now, ends_at=ends_at):
        # Each with what it cost: booked with what it brought or not at all.
        ready.add(attempt)
        ready.write()
    _give_back(sources.values())
    return ready.fetches


def _poison(sources: dict[int, Source]) -> Iterator[Attempt]:
    """Give up those that ended their worker too often, and take them out."""
    for source in list(sources.values()):
        if source.attempts > MAX_ATTEMPTS:
            del sources[source.pk]
            sentence = f"Reading it ended the worker {MAX_ATTEMPTS} times."
            yield Attempt(source, Failure(sentence, asked=LONGEST))


def _fetch_feeds(
    sources: dict[int, Source], *, doors: _Doors, ready: _Ready, ends_at: float
) -> Iterator[Attempt]:
    """Fetch and read the feeds among these, and take out those that are done."""
    feeds = [source for source in sources.values() if not source.is_search]
    requests = [(_request_for(source), source) for source in feeds]
    # Requests compare by value, and two sources may have the same address.
    by_request = {id(request): source for request, source in requests}
    aside: list[tuple[Source, Answer | FetchError]] = []
    waiting = 0  # bytes
    with visiting(_host_of(source) for source in feeds) as may_visit:
        results = doors.web.fetch_all(
            [request for request, _ in requests], may_visit=may_visit, on_idle=ready.write_if_due
        )
        for request, result in results:
            source = by_request[id(request)]
            if isinstance(result, Busy):
                _give_back([sources.pop(source.pk)], not_before=ready.now + SOON)
            elif _size_of(result) > LARGE:
                waiting += _size_of(result)
                if waiting > ASIDE:
                    _give_back([sources.pop(source.pk)], not_before=ready.now + SOON)
                else:
                    aside.append((source, result))
            else:
                yield _read(sources.pop(source.pk), result, doors)
            if time.monotonic() > ends_at:
                break
    # What may take seconds to read comes last, one by one: the others are written by then.
    for source, result in aside:
        ready.write()
        if time.monotonic() > ends_at:
            break
        yield _read(sources.pop(source.pk), result, doors)


def _read(source: Source, result: Answer | FetchError, doors: _Doors) -> Attempt:
    return Attempt(source, read(result, parser=doors.parser, known=source.body_hash))


def _size_of(result: Answer | FetchError) -> int:
    return len(result.body) if isinstance(result, Answer) else 0


def _ask_searches(
    sources: dict[int, Source], *, search: PaidSearch | None, now: datetime, ends_at: float
) -> Iterator[Attempt]:
    """Ask the searches among these, and take out those that are done.

    One after the other: each has to fit into the day's ceiling before the next is sent.
    """
    for source in [source for source in sources.values() if source.is_search]:
        if time.monotonic() > ends_at:
            break
        del sources[source.pk]
        subject = _subject(source)
        if source.is_for_one_story and was_asked(subject):
            yield Attempt(source, Failure(LOST))
        else:
            yield Attempt(source, look(source.question, search=search, subject=subject, now=now))


def _subject(source: Source) -> str:
    return f"source {source.pk}"


def _host_of(source: Source) -> str:
    return (urlsplit(source.url).hostname or "").lower()


def _request_for(source: Source) -> Request:
    """Ask whether anything changed; after a failure ask for everything, to see it readable."""
    if source.is_ill:
        return Request(source.url)
    return Request(source.url, source.etag, source.last_modified)


def _give_back(sources: Iterable[Source], **changes: Any) -> None:
    """Give up leases that were not used; the attempts did not happen."""
    for source in sources:
        mine = Source.objects.filter(
            pk=source.pk, attempts=source.attempts, leased_until=source.leased_until
        )
        mine.update(attempts=source.attempts - 1, leased_until=None, **changes)
