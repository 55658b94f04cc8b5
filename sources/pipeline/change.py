"""Change: what a look changes in its source, and the fetch that records it. Writes nothing."""

from __future__ import annotations

import random
from datetime import datetime, timedelta
from typing import Any

from patriot.lib.text import one_line
from patriot.work.leases import MAX_ERROR_CHARS
from sources.domain.cadence import LONGEST, SHORTEST, next_fetch_at, rhythm_of, wish_of
from sources.domain.entry import Feed
from sources.domain.moves import Move, move_after, note_on_move, note_on_twin, with_former
from sources.gateways.tavily import Found
from sources.models import Fetch, Source
from sources.pipeline.ingest import Ingested
from sources.pipeline.reading import Failure, Reading

MAX_ETAG_CHARS = 1_000
MAX_LAST_MODIFIED_CHARS = 200
GONE = 410
UNCHANGED = 304
# A source that fell silent is looked at less often, down to this share of its usual rhythm.
SLOWEST_SHARE = 0.25

FETCH_COLUMNS = (
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
ARRAYS = frozenset({"skip_hours", "skip_days", "former_urls"})


class Change:
    """What is to be written of one source. The source itself stays as it was leased."""

    def __init__(self, source: Source, *, now: datetime, twin: str = "") -> None:
        """Begin with nothing changed.

        twin: the name of another source of its newsroom that is where this one has moved to
        """
        self.source = source
        self._twin = twin
        self.now = now
        self.columns: dict[str, Any] = {"attempts": 0, "leased_until": None}
        """New values of the source's columns."""
        self.rare: dict[str, Any] = {}
        """The same for those that hardly ever change, or that staff may change meanwhile."""
        self._fetch: dict[str, Any] = {
            "source_id": source.pk,
            "started_at": now,
            "took": None,
            "outcome": Fetch.Outcome.READ,
            "status": None,
            "error": "",
            "byte_count": 0,
            "entry_count": 0,
            "new_count": 0,
            "updated_count": 0,
            "skipped": {},
        }
        self._notes: list[str] = []
        self._news: list[str] = []
        if source.is_for_one_story:
            # One look, whatever it brings.
            self.rare["is_enabled"] = False

    def note(self, sentence: str) -> None:
        """Say what is odd about the document; unchanged answers tell it again."""
        if sentence:
            self._notes.append(sentence)

    def take(self, result: Reading | Found | Failure, ingested: Ingested | None) -> None:
        """Take over what came of the look; `ingested` if it brought entries."""
        if isinstance(result, Failure):
            self._fail(result)
        elif isinstance(result, Found):
            self._fetch |= {"took": result.took, "status": 200}
            self._read(result.feed, ingested or Ingested())
            self._wait(asked=None)
        else:
            self._answered(result, ingested)

    def stale(self) -> dict[str, Any]:
        """Return those of the rare columns that are not as they should be."""
        return {
            name: value for name, value in self.rare.items() if getattr(self.source, name) != value
        }

    def fetch_row(self) -> tuple[Any, ...]:
        """Return the values of FETCH_COLUMNS."""
        return tuple(self._fetch.values())

    def fetch(self) -> Fetch:
        """Return the fetch; it has no id."""
        fetch = Fetch(**self._fetch)
        Fetch._meta.get_field("source").set_cached_value(fetch, self.source)
        return fetch

    # --- What came of it --------------------------------------------------------------------

    def _answered(self, reading: Reading, ingested: Ingested | None) -> None:
        answer, source = reading.answer, self.source
        self._fetch |= {"took": answer.took, "status": answer.status}
        self._move(reading)
        ttl = source.asked_interval
        if reading.feed is None:
            self._fetch["outcome"] = Fetch.Outcome.UNCHANGED
            # A 304 that we did not ask for (we do not, while a source is ill) heals nothing.
            if answer.status != UNCHANGED or not source.is_ill:
                self._is_well()
            self.note(source.notes)
        else:
            self._fetch["byte_count"] = len(answer.body)
            self._notes = [*reading.feed.notes, *self._notes]
            self._read(reading.feed, ingested or Ingested())
            self._remember(reading, reading.feed)
            ttl = reading.feed.ttl
        self._wait(asked=wish_of(answer.headers, now=self.now, ttl=ttl))
        self._fetch["error"] = " ".join([*self._notes, *self._news])

    def _is_well(self) -> None:
        self.columns["last_good_at"] = self.now
        if self.source.is_ill or self.source.gone_at or self.source.last_error:
            self.columns |= {"failures": 0, "ill_since": None, "gone_at": None, "last_error": ""}

    def _read(self, feed: Feed, ingested: Ingested) -> None:
        """Note a document that was read to its end."""
        self._is_well()
        self._date(feed)
        self._fetch |= {
            "entry_count": feed.entry_count,
            "new_count": len(ingested.new_ids),
            "updated_count": len(ingested.updated_ids),
            "skipped": dict(ingested.skipped),
            "error": " ".join(feed.notes),
        }

    def _date(self, feed: Feed) -> None:
        """Note when the newest entry is from, and how often there is one."""
        moments = [entry.published_at for entry in feed.entries if entry.published_at]
        if not moments:
            return
        newest = min(max(moments), self.now)
        self.columns["newest_entry_at"] = max(newest, self.source.newest_entry_at or newest)
        # As it was up to its newest entry: silence since then is not a new rhythm, and `_rhythm`
        # slows us down for it.
        rhythm = rhythm_of(moments, now=newest)
        if rhythm is not None:
            self.columns["articles_per_day"] = rhythm

    def _remember(self, reading: Reading, feed: Feed) -> None:
        """Note what tells that nothing has changed, and the publisher's wishes."""
        answer = reading.answer
        self.columns |= {
            "etag": _short(answer.etag, MAX_ETAG_CHARS),
            "last_modified": _short(answer.last_modified, MAX_LAST_MODIFIED_CHARS),
            "body_hash": reading.body_hash,
            "asked_interval": feed.ttl,
            "notes": " ".join(self._notes),
        }
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
        before = Move(source.moved_to, source.moves_seen)
        move = move_after(before, url=source.url, led_to=led_to)
        if move.is_confirmed and self._twin:
            self._news.append(note_on_twin(move, name=self._twin))
        elif move.is_confirmed:
            self._news.append(note_on_move(move, url=source.url))
            self.rare["url"] = move.moved_to
            self.rare["former_urls"] = with_former(source.former_urls, source.url)
            move = Move()
        if move != before:
            self.columns |= {"moved_to": move.moved_to, "moves_seen": move.moves_seen}

    def _fail(self, failure: Failure) -> None:
        source, sentence = self.source, one_line(failure.sentence, max_chars=MAX_ERROR_CHARS)
        self.columns["last_error"] = sentence
        failures = source.failures
        if failure.is_illness:
            failures += 1
            self.columns |= {"failures": failures, "ill_since": source.ill_since or self.now}
        if failure.status == GONE:
            self.columns["gone_at"] = source.gone_at or self.now
        if source.is_search and failure.asked and not failure.was_asked:
            # Held back for another's sake: it has not had its turn, and need not lose it.
            self.columns["not_before"] = self.now + max(failure.asked, SHORTEST)
        else:
            self._wait(asked=failure.asked, failures=failures if failure.was_asked else 0)
        self._fetch |= {
            "outcome": Fetch.Outcome.FAILED,
            "error": sentence,
            "status": failure.status,
            "took": failure.took,
            "byte_count": failure.byte_count,
        }

    def _wait(self, *, asked: timedelta | None, failures: int | None = None) -> None:
        """Say when to look again. A search costs money: never before its interval is over."""
        source = self.source
        usual = source.interval
        self.columns["not_before"] = next_fetch_at(
            self.now,
            usual=usual,
            per_day=self._rhythm(),
            asked=asked,
            failures=self._now("failures") if failures is None else failures,
            chance=random.random(),  # noqa: S311 (who comes when is no secret)
            skip_hours=self.rare.get("skip_hours", source.skip_hours),
            skip_days=self.rare.get("skip_days", source.skip_days),
            longest=max(LONGEST, usual) if source.is_search and usual else LONGEST,
        )

    def _rhythm(self) -> float | None:
        """Return how many entries a day to reckon with; silence since the newest slows it down."""
        per_day, newest = self._now("articles_per_day"), self._now("newest_entry_at")
        if per_day is None or newest is None:
            return None if per_day is None else float(per_day)
        days = max((self.now - newest) / timedelta(days=1), 1e-6)
        return float(min(per_day, max(per_day * SLOWEST_SHARE, 1 / days)))

    def _now(self, name: str) -> Any:
        """Return a column's value as it will be."""
        return self.columns[name] if name in self.columns else getattr(self.source, name)


def _short(value: str, limit: int) -> str:
    """Return a validator that we can send back byte for byte, or nothing."""
    return value if len(value) <= limit and value.isprintable() else ""
