"""Record: what came of looking at sources is written, many at once, each all or nothing.

First the leases: whoever lost one writes nothing of that source. Then articles, the fetches, and
what the look changes in its source, all in one transaction of a constant number of queries. If
the database refuses it, each source is tried alone, so that one of them cannot hold up the rest.
"""

from __future__ import annotations

import logging
import random
from collections.abc import Sequence
from copy import copy
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from django.db import DatabaseError, InterfaceError, OperationalError, connection, transaction

from patriot.lib.bulk import copy_rows, update_rows
from patriot.lib.text import one_line
from patriot.work.leases import MAX_ERROR_CHARS
from sources.domain.cadence import LONGEST, SHORTEST, next_fetch_at, rhythm_of, wish_of
from sources.domain.entry import Feed
from sources.domain.moves import Move, move_after, note_on_move
from sources.gateways.parser import Parser
from sources.gateways.tavily import Found
from sources.gateways.unreadable import Unreadable
from sources.models import Fetch, Source
from sources.pipeline.ingest import Ingested, SortedOut, sort_out, store
from sources.pipeline.publishers import (
    Byline,
    Served,
    byline_of,
    note_on_links,
    publishers_of,
)
from sources.pipeline.reading import Failure, Reading
from sources.pipeline.searching import Look

MAX_ETAG_CHARS = 1_000
MAX_LAST_MODIFIED_CHARS = 200
GONE = 410
UNCHANGED = 304

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


def record(attempts: Sequence[Attempt], *, parser: Parser, now: datetime) -> list[Fetch]:
    """Write what happened, and return the fetches of those sources that are still ours.

    The fetches come without their ids.
    """
    _sort_out(attempts, parser)
    return _write_together(attempts, parser, now=now)


def _sort_out(attempts: Sequence[Attempt], parser: Parser) -> None:
    """Find out what is new, before any transaction: it is long, and it may fail."""
    with_feed = [attempt for attempt in attempts if attempt.feed]
    pairs = [(attempt.source, attempt.feed) for attempt in with_feed if attempt.feed]
    try:
        for attempt, sorted_out in zip(with_feed, sort_out(pairs, parser=parser), strict=True):
            attempt.sorted_out = sorted_out
    except Unreadable as error:
        if len(with_feed) == 1:
            with_feed[0].outcome = _unreadable(with_feed[0], error)
            return
        for attempt in with_feed:
            _sort_out([attempt], parser)


def _unreadable(attempt: Attempt, error: Unreadable) -> Failure | Look:
    return _failed(attempt, Failure(str(error)))


def _failed(attempt: Attempt, failure: Failure) -> Failure | Look:
    """Return the outcome as a failure; a search keeps its call, which is to be paid."""
    if isinstance(attempt.outcome, Look):
        return replace(attempt.outcome, outcome=failure)
    return failure


def _write_together(attempts: Sequence[Attempt], parser: Parser, *, now: datetime) -> list[Fetch]:
    try:
        with transaction.atomic():
            return _write(attempts, now=now)
    except (OperationalError, InterfaceError):
        raise  # the database itself is in trouble; the leases end by themselves
    except DatabaseError as error:
        if len(attempts) > 1:
            return [fetch for each in attempts for fetch in _write_alone(each, parser, now=now)]
        [attempt] = attempts
        if isinstance(attempt.result, Failure):
            raise
        _logger.exception("What came from source %s could not be stored", attempt.source.pk)
        refused = f"What it brought could not be stored: {one_line(str(error), max_chars=300)}"
        failed = Attempt(attempt.source, _failed(attempt, Failure(refused)))
        return _write_together([failed], parser, now=now)


def _write_alone(attempt: Attempt, parser: Parser, *, now: datetime) -> list[Fetch]:
    # Sorted anew: the others' articles, which it was compared with, may not be there.
    again = Attempt(attempt.source, attempt.outcome)
    _sort_out([again], parser)
    return _write_together([again], parser, now=now)


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
    written = []
    for attempt in mine:
        each = _Written(attempt.source, now=now)
        if served_feed := served.get(attempt.source.pk):
            publisher = publishers[attempt.source.pk]
            each.note(note_on_links(served_feed, publisher=publisher))
            each.rare["publisher_id"] = publisher.pk
        each.take(attempt, ingested.get(attempt.source.pk))
        written.append(each)
        if isinstance(attempt.outcome, Look):
            attempt.outcome.settle()
    _store_sources(written)
    copy_rows(Fetch, _FETCH_COLUMNS, [_fetch_row(each.fetch) for each in written])
    return [each.fetch for each in written]


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


def _always(publisher: Any) -> Byline:
    return lambda entry: publisher


# --- What a look changes in its source ----------------------------------------------------------


class _Written:
    """What is to be written of one source: its columns, and its fetch."""

    def __init__(self, source: Source, *, now: datetime) -> None:
        # A copy: should the transaction fail, nothing of it has happened.
        self.source = copy(source)
        self.now = now
        self.rare: dict[str, Any] = {}
        """Columns that hardly ever change, or that staff may change meanwhile."""
        self.fetch = Fetch(source=self.source, started_at=now)
        self._notes: list[str] = []

    def note(self, sentence: str) -> None:
        if sentence:
            self._notes.append(sentence)

    def take(self, attempt: Attempt, ingested: Ingested | None) -> None:
        """Take over what came of the look."""
        result = attempt.result
        if isinstance(result, Failure):
            self._fail(result)
        elif isinstance(result, Found):
            self._read(result.feed, ingested or Ingested())
            self.fetch.took, self.fetch.status = result.took, 200
            self._wait(asked=None)
        else:
            self._answered(result, ingested)
        self.source.attempts, self.source.leased_until = 0, None

    def _answered(self, reading: Reading, ingested: Ingested | None) -> None:
        answer = reading.answer
        self.fetch.took, self.fetch.status = answer.took, answer.status
        self._move(reading)
        if reading.feed is None:
            self.fetch.outcome = Fetch.Outcome.UNCHANGED
            # A 304 that we did not ask for (we do not, while a source is ill) heals nothing.
            if answer.status != UNCHANGED or not self.source.is_ill:
                self._is_well()
        else:
            self.fetch.byte_count = len(answer.body)
            self._read(reading.feed, ingested or Ingested())
            self._remember(reading)
        self._wait(asked=wish_of(answer.headers, now=self.now, ttl=self.source.asked_interval))
        self.fetch.error = " ".join(self._notes)

    def _is_well(self) -> None:
        source = self.source
        source.failures, source.ill_since, source.gone_at = 0, None, None
        source.last_good_at, source.last_error = self.now, ""

    def _read(self, feed: Feed, ingested: Ingested) -> None:
        """Note a document that was read to its end."""
        self._is_well()
        moments = [entry.published_at for entry in feed.entries if entry.published_at]
        newest = [min(moment, self.now) for moment in moments]
        if self.source.newest_entry_at:
            newest.append(self.source.newest_entry_at)
        self.source.newest_entry_at = max(newest, default=None)
        # As it was up to its newest entry: silence since then is not a new rhythm, and `_rhythm`
        # slows us down for it.
        rhythm = rhythm_of(moments, now=min(max(moments, default=self.now), self.now))
        if rhythm is not None:
            self.source.articles_per_day = rhythm
        self.fetch.outcome = Fetch.Outcome.READ
        self.fetch.entry_count = feed.entry_count
        self.fetch.new_count = len(ingested.new_ids)
        self.fetch.updated_count = len(ingested.updated_ids)
        self.fetch.skipped = dict(ingested.skipped)
        self._notes = [*feed.notes, *self._notes]
        self.fetch.error = " ".join(self._notes)

    def _remember(self, reading: Reading) -> None:
        """Note what the document said of itself and its publisher's wishes."""
        feed, answer, source = reading.feed or Feed(), reading.answer, self.source
        source.etag = _short(answer.etag, MAX_ETAG_CHARS)
        source.last_modified = _short(answer.last_modified, MAX_LAST_MODIFIED_CHARS)
        source.body_hash = reading.body_hash
        source.asked_interval = feed.ttl
        self.rare |= {
            "site_url": feed.site_url,
            "language": feed.language,
            "skip_hours": list(feed.skip_hours),
            "skip_days": list(feed.skip_days),
        }

    def _move(self, reading: Reading) -> None:
        """Adopt a new address when it was confirmed often enough."""
        if reading.feed is not None and not reading.feed.entries:
            return  # an empty shell is no proof that the feed lives there
        source = self.source
        led_to = reading.answer.moved_permanently_to or None
        move = move_after(Move(source.moved_to, source.moves_seen), url=source.url, led_to=led_to)
        if move.is_confirmed:
            self.note(note_on_move(move, url=source.url))
            self.rare["url"] = move.moved_to
            move = Move()
        source.moved_to, source.moves_seen = move.moved_to, move.moves_seen

    def _fail(self, failure: Failure) -> None:
        source, sentence = self.source, one_line(failure.sentence, max_chars=MAX_ERROR_CHARS)
        if failure.is_illness:
            source.failures += 1
            source.ill_since = source.ill_since or self.now
        if failure.status == GONE:
            source.gone_at = source.gone_at or self.now
        source.last_error = sentence
        if source.is_search and failure.asked and not failure.was_asked:
            # Held back for another's sake: it has not had its turn, and need not lose it.
            source.not_before = self.now + max(failure.asked, SHORTEST)
        else:
            self._wait(asked=failure.asked, failures=source.failures if failure.was_asked else 0)
        fetch = self.fetch
        fetch.outcome, fetch.error, fetch.status = Fetch.Outcome.FAILED, sentence, failure.status
        fetch.took, fetch.byte_count = failure.took, failure.byte_count

    def _wait(self, *, asked: timedelta | None, failures: int | None = None) -> None:
        """Say when to look again. A search costs money: never before its interval is over."""
        source = self.source
        usual = source.interval
        source.not_before = next_fetch_at(
            self.now,
            usual=usual,
            per_day=_rhythm(source, now=self.now),
            asked=asked,
            failures=source.failures if failures is None else failures,
            chance=random.random(),  # noqa: S311 (who comes when is no secret)
            skip_hours=self.rare.get("skip_hours", source.skip_hours),
            skip_days=self.rare.get("skip_days", source.skip_days),
            longest=max(LONGEST, usual) if source.is_search and usual else LONGEST,
        )


def _rhythm(source: Source, *, now: datetime) -> float | None:
    """Return how many entries a day a source brings; silence since its newest slows it down."""
    if source.articles_per_day is None or source.newest_entry_at is None:
        return source.articles_per_day
    silence = max((now - source.newest_entry_at) / timedelta(days=1), 1e-6)
    return min(source.articles_per_day, max(source.articles_per_day * 0.25, 1 / silence))


def _short(value: str, limit: int) -> str:
    """Return a validator that we can send back byte for byte, or nothing."""
    return value if len(value) <= limit and value.isprintable() else ""


_SOURCE_COLUMNS = (
    "id",
    "attempts",
    "leased_until",
    "not_before",
    "failures",
    "ill_since",
    "gone_at",
    "last_error",
    "last_good_at",
    "newest_entry_at",
    "articles_per_day",
    "asked_interval",
    "moved_to",
    "moves_seen",
    "body_hash",
    "etag",
    "last_modified",
)
_FETCH_COLUMNS = (
    "source_id",
    "started_at",
    "took",
    "outcome",
    "status",
    "error",
    "byte_count",
    "entry_count",
    "new_count",
    "updated_count",
    "skipped",
)


def _store_sources(written: Sequence[_Written]) -> None:
    update_rows(
        Source,
        _SOURCE_COLUMNS,
        [tuple(getattr(each.source, name) for name in _SOURCE_COLUMNS) for each in written],
    )
    for each in written:
        stale = {
            name: value for name, value in each.rare.items() if getattr(each.source, name) != value
        }
        if stale:
            Source.objects.filter(pk=each.source.pk).update(**stale)
            for name, value in stale.items():
                setattr(each.source, name, value)


def _fetch_row(fetch: Fetch) -> tuple[Any, ...]:
    return tuple(getattr(fetch, name) for name in _FETCH_COLUMNS)
