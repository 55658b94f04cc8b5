"""Record: what came of looking at sources is written, many at once, each all or nothing.

First the leases: whoever lost one writes nothing of that source. Then articles, the fetches, and
what the look changes in its source, all in one transaction of a constant number of queries. If
the database refuses it, each source is tried alone, so that one of them cannot hold up the rest.
"""

from __future__ import annotations

import logging
from collections import defaultdict
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from typing import Any

from django.db import DatabaseError, InterfaceError, OperationalError, connection, transaction

from patriot.lib.bulk import copy_rows, update_rows
from patriot.lib.text import one_line
from patriot.work.waiting import wake
from sources.domain.entry import Feed
from sources.domain.moves import Move, is_nearly_confirmed
from sources.gateways.parser import Parser
from sources.gateways.tavily import Found
from sources.gateways.unreadable import Unreadable
from sources.models import Fetch, Source
from sources.pipeline.change import ARRAYS, FETCH_COLUMNS, Change
from sources.pipeline.ingest import store
from sources.pipeline.publishers import (
    Byline,
    Served,
    byline_of,
    note_on_links,
    publishers_of,
)
from sources.pipeline.reading import Failure, Reading
from sources.pipeline.searching import Look
from sources.pipeline.sorting import SortedOut, sort_out

_logger = logging.getLogger(__name__)


@dataclass(slots=True)
class Attempt:
    """A look at a source that we hold, and what came of it."""

    source: Source
    outcome: Reading | Failure | Look
    sorted_out: SortedOut | None = None
    """What is new in what it brought."""

    @property
    def result(self) -> Reading | Found | Failure:
        return self.outcome.outcome if isinstance(self.outcome, Look) else self.outcome

    @property
    def feed(self) -> Feed | None:
        """What it brought; None if it failed or nothing has changed."""
        return None if isinstance(self.result, Failure) else self.result.feed


# Finds out what is new in documents.
_Sort = Callable[[Sequence[tuple[Source, Feed]]], list[SortedOut]]


def record(
    attempts: Sequence[Attempt], *, parser: Parser, allow: Collection[str] = (), now: datetime
) -> list[Fetch]:
    """Write what happened, and return the fetches of those sources that are still ours.

    allow: "host:port" pairs of pages that may be linked although they are not public

    The fetches come without their ids.
    """
    sort = partial(sort_out, parser=parser, allow=allow)
    _sort_out(attempts, sort)
    return _write_together(attempts, sort, now=now)


def _sort_out(attempts: Sequence[Attempt], sort: _Sort) -> None:
    """Find out what is new, before any transaction: it is long, and it may fail."""
    with_feed = [attempt for attempt in attempts if attempt.feed]
    pairs = [(attempt.source, attempt.feed) for attempt in with_feed if attempt.feed]
    try:
        for attempt, sorted_out in zip(with_feed, sort(pairs), strict=True):
            attempt.sorted_out = sorted_out
    except Unreadable as error:
        if len(with_feed) == 1:
            with_feed[0].outcome = _unreadable(with_feed[0], error)
            return
        for attempt in with_feed:
            _sort_out([attempt], sort)


def _unreadable(attempt: Attempt, error: Unreadable) -> Failure | Look:
    return _failed(attempt, Failure(str(error)))


def _failed(attempt: Attempt, failure: Failure) -> Failure | Look:
    """Return the outcome as a failure; a search keeps its call, which is to be paid."""
    if isinstance(attempt.outcome, Look):
        return replace(attempt.outcome, outcome=failure)
    return failure


def _write_together(attempts: Sequence[Attempt], sort: _Sort, *, now: datetime) -> list[Fetch]:
    try:
        with transaction.atomic():
            return _write(attempts, now=now)
    except (OperationalError, InterfaceError):
        raise  # the database itself is in trouble; the leases end by themselves
    except DatabaseError as error:
        if len(attempts) > 1:
            return [fetch for each in attempts for fetch in _write_alone(each, sort, now=now)]
        [attempt] = attempts
        if isinstance(attempt.result, Failure):
            raise
        _logger.exception("What came from source %s could not be stored", attempt.source.pk)
        refused = f"What it brought could not be stored: {one_line(str(error), max_chars=300)}"
        failed = Attempt(attempt.source, _failed(attempt, Failure(refused)))
        return _write_together([failed], sort, now=now)


def _write_alone(attempt: Attempt, sort: _Sort, *, now: datetime) -> list[Fetch]:
    # Sorted anew: the others' articles, which it was compared with, may not be there.
    again = Attempt(attempt.source, attempt.outcome)
    _sort_out([again], sort)
    return _write_together([again], sort, now=now)


def _write(attempts: Sequence[Attempt], *, now: datetime) -> list[Fetch]:
    mine = _still_mine(attempts)
    served = _served(mine)
    publishers = publishers_of(list(served.values()))
    ingested = store(
        [attempt.sorted_out for attempt in mine if attempt.sorted_out],
        bylines={pk: _always(publisher) for pk, publisher in publishers.items()}
        | {a.source.pk: byline_of(a.feed) for a in mine if a.feed and a.source.is_search},
        now=now,
    )
    changes = []
    readers = _readers_of_targets(mine)
    for attempt in mine:
        target = (attempt.source.newsroom, _led_to(attempt))
        change = Change(attempt.source, now=now, twin=readers.get(target, ""))
        if served_feed := served.get(attempt.source.pk):
            publisher = publishers[attempt.source.pk]
            change.note(note_on_links(served_feed, publisher=publisher))
            change.rare["publisher_id"] = publisher.pk
        change.take(attempt.result, ingested.get(attempt.source.pk))
        changes.append(change)
        if "url" in change.rare:  # another one of these may have moved there as well
            readers[target] = attempt.source.name
        if isinstance(attempt.outcome, Look):
            attempt.outcome.settle()
    _store_sources(changes)
    copy_rows(Fetch, FETCH_COLUMNS, [change.fetch_row() for change in changes])
    wake({attempt.source.for_story for attempt in mine}, now)
    return [change.fetch() for change in changes]


def _still_mine(attempts: Sequence[Attempt]) -> list[Attempt]:
    """Lock the sources and return the attempts of those whose lease we still have."""
    sources = [attempt.source for attempt in attempts]
    with connection.cursor() as cursor:
        # Both: attempts begin again at 1 after each record, and so does a lost lease's holder.
        cursor.execute(
            "SELECT source.id FROM sources_source AS source"
            " JOIN unnest(%s::bigint[], %s::int[], %s::timestamptz[])"
            " AS held(id, attempts, leased_until) USING (id)"
            " WHERE source.attempts = held.attempts"
            " AND source.leased_until = held.leased_until"
            " ORDER BY source.id FOR UPDATE OF source",
            [
                [source.pk for source in sources],
                [source.attempts for source in sources],
                [source.leased_until for source in sources],
            ],
        )
        ours = {pk for (pk,) in cursor.fetchall()}
    for source in sources:
        if source.pk not in ours:
            _logger.warning("Source %s was taken over by another worker", source.pk)
    return [attempt for attempt in attempts if attempt.source.pk in ours]


def _served(attempts: Sequence[Attempt]) -> dict[int, Served]:
    """Return the feeds among what was brought, by the source's id."""
    return {
        attempt.source.pk: Served(
            attempt.source,
            attempt.feed,
            attempt.outcome.answer.moved_permanently_to or attempt.source.url,
        )
        for attempt in attempts
        if attempt.feed and isinstance(attempt.outcome, Reading)
    }


def _led_to(attempt: Attempt) -> str:
    """Return where permanent redirects alone have led; empty if nowhere."""
    if not isinstance(attempt.outcome, Reading):
        return ""
    return attempt.outcome.answer.moved_permanently_to or ""


def _readers_of_targets(attempts: Sequence[Attempt]) -> dict[tuple[str, str], str]:
    """Return who reads already what feeds are about to adopt: names by newsroom and address."""
    targets = [
        led_to
        for attempt in attempts
        if (led_to := _led_to(attempt)) and is_nearly_confirmed(_move_of(attempt), led_to=led_to)
    ]
    if not targets:
        return {}
    there = Source.objects.filter(url__in=targets).order_by("-pk")
    return {(room, url): name for room, url, name in there.values_list("newsroom", "url", "name")}


def _move_of(attempt: Attempt) -> Move:
    return Move(attempt.source.moved_to, attempt.source.moves_seen)


def _always(publisher: Any) -> Byline:
    return lambda entry: publisher


def _store_sources(changes: Sequence[Change]) -> None:
    """Write what has changed in each source; those with the same columns together."""
    rows: dict[tuple[str, ...], list[tuple[Any, ...]]] = defaultdict(list)
    for change in changes:
        columns = change.columns | change.stale()
        # No array can be among many rows' values; publishers hardly ever change them.
        arrays = {name: columns.pop(name) for name in ARRAYS & columns.keys()}
        if arrays:
            Source.objects.filter(pk=change.source.pk).update(**arrays)
        rows[tuple(columns)].append((change.source.pk, *columns.values()))
    for names, values in rows.items():
        update_rows(Source, ("id", *names), values)
