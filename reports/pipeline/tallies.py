"""What came in about each story in a window, counted in one pass over plain rows.

Twenty thousand articles are twenty thousand tuples, read in the order of their sources and let
go; no text of theirs is loaded, and what is kept is a few numbers and names for each story.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from itertools import groupby
from typing import NamedTuple

from django.db.models import BigIntegerField, BooleanField, ExpressionWrapper, F, Func, Q
from django.db.models.functions import Left

from reports.domain.ranking import HEAVIEST, LIGHTEST, Candidate
from reports.domain.roundups import MAX_TITLE
from reports.pipeline.window import Window, articles_in

# Moments are counted in microseconds: a driver takes longer to read a date than all else here.
MICROSECOND = timedelta(microseconds=1)
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
CHUNK = 2_000
# A place among few says little: only in so many is the first quite the first.
FULL_BATCH = 10
# Of so many outlets the place is asked: another one can only add to it.
PLACED_OUTLETS = 3
MAX_TITLES = 40
"""Of one story: with so many articles it is nobody's round-up."""


class Row(NamedTuple):
    """An article of the window, without its text; moments in microseconds since 1970."""

    source_id: int
    seen: int
    article_id: int
    published: int
    family: str
    weight: float
    for_story: int | None
    story_id: int
    copy_of: int | None
    agency: str
    title: str
    has_text: bool

    @property
    def voice(self) -> str:
        """Who speaks: the agency that its text credits, else its publisher's family."""
        return f"agency {self.agency}" if self.agency else self.family


@dataclass(slots=True)
class Tally:
    """What the articles of the window say of one story, by numbers.

    What a search for a second source found is counted, and never a reason to tell a story.
    """

    articles: int = 0
    copies: int = 0
    first: int = 0
    newest: int = 0
    news: int = 0
    """When the newest article that is no copy was published."""
    has_text: bool = False
    titles: list[str] = field(default_factory=list)
    places: dict[str, float] = field(default_factory=dict)
    """The best place in each family's feeds."""
    voices: dict[str, float] = field(default_factory=dict)
    """Whoever told it in words of its own, with the weight of its choice."""
    copied: dict[str, float] = field(default_factory=dict)
    agencies: Counter[str] = field(default_factory=Counter)
    found: int = 0
    found_outlets: set[str] = field(default_factory=set)
    found_voices: set[str] = field(default_factory=set)

    def add(self, row: Row, place: float) -> None:
        """Count an article of a source that the briefing reads."""
        self.first = min(self.first, row.published) if self.articles else row.published
        self.newest = max(self.newest, row.published)
        self.articles += 1
        self.has_text = self.has_text or row.has_text
        if len(self.titles) < MAX_TITLES:
            self.titles.append(row.title)
        self.places[row.family] = max(self.places.get(row.family, 0.0), place)
        weight = min(max(row.weight, LIGHTEST), HEAVIEST)
        if row.copy_of is None:
            self.news = max(self.news, row.published)
            self.voices[row.voice] = max(self.voices.get(row.voice, 0.0), weight)
        else:
            self.copies += 1
            self.copied[row.voice] = max(self.copied.get(row.voice, 0.0), weight)
        self._credit(row)

    def add_found(self, row: Row) -> None:
        """Count an article that a search for a second source brought."""
        self.found += 1
        self.found_outlets.add(row.family)
        if row.copy_of is None:
            self.found_voices.add(row.voice)
        else:
            self.copies += 1
        self._credit(row)

    def _credit(self, row: Row) -> None:
        if row.agency:
            self.agencies[row.agency] += 1

    @property
    def article_count(self) -> int:
        return self.articles + self.found

    @property
    def outlet_count(self) -> int:
        return len(self.places.keys() | self.found_outlets)

    @property
    def independent_count(self) -> int:
        """How many of its outlets did more than repeat a text; at least one told it first."""
        voices = self.voices.keys() | self.found_voices
        return max(min(len(voices), self.outlet_count), 1)

    def agencies_told(self) -> list[str]:
        """Return the agencies that its texts credit, the most credited first."""
        return sorted(self.agencies, key=lambda agency: (-self.agencies[agency], agency))

    def as_candidate(
        self,
        story_id: int,
        *,
        told_until: datetime | None,
        topics: tuple[str, ...],
        storyline: int,
        is_pinned: bool,
        is_muted: bool,
    ) -> Candidate:
        """Return the story as it competes with others: by what the briefing's sources brought."""
        # Where all repeat what was told before the window, they are one voice.
        weights = sorted(self.voices.values() or [max(self.copied.values())], reverse=True)
        weights = weights[: len(self.places)]
        best = sorted(self.places.values(), reverse=True)[:PLACED_OUTLETS]
        only_copies = not self.voices
        return Candidate(
            story_id=story_id,
            outlets=frozenset(self.places),
            independent=len(weights),
            article_count=self.articles,
            first_at=EPOCH + self.first * MICROSECOND,
            last_at=EPOCH + (self.newest if only_copies else self.news) * MICROSECOND,
            weight=sum(weights),
            prominence=sum(best) / PLACED_OUTLETS,
            told_until=told_until,
            has_text=self.has_text,
            titles=tuple(self.titles) if self.articles <= MAX_TITLES else (),
            only_copies=only_copies,
            topics=topics,
            storyline=storyline,
            is_pinned=is_pinned,
            is_muted=is_muted,
        )


def tallies_of(window: Window, *, searches: Sequence[int] = ()) -> dict[int, Tally]:
    """Return what came in about each story of the window, in one query.

    searches: sources that looked for a second source: what they brought belongs to the stories of
              the window, and makes none of its own
    """
    tallies: dict[int, Tally] = {}
    found: list[Row] = []
    rows = _rows(replace(window, source_ids=(*window.source_ids, *searches)))
    # What a feed brought at once came in its order: what it holds important or new first.
    for _, same in groupby(rows, key=lambda row: (row.source_id, row.seen)):
        batch = list(same)
        if batch[0].for_story is not None:
            found += batch
            continue
        for row, place in zip(batch, places(len(batch)), strict=True):
            tally = tallies.get(row.story_id)
            if tally is None:
                tally = tallies[row.story_id] = Tally()
            tally.add(row, place)
    for row in found:
        if row.story_id in tallies:
            tallies[row.story_id].add_found(row)
    return tallies


def places(count: int) -> Iterable[float]:
    """Return how high so many articles stood that came at once: from the end to the top.

    Articles are stored from the end of a feed to its top, so the place follows from the ids.
    From 0 to 1 where there are enough to tell; a single one stands in the middle.
    """
    if count == 1:
        return (0.5,)
    sureness = min((count - 1) / (FULL_BATCH - 1), 1.0)
    return (0.5 + (index / (count - 1) - 0.5) * sureness for index in range(count))


def _rows(window: Window) -> Iterator[Row]:
    rows = (
        articles_in(window)
        .filter(membership__isnull=False)
        .order_by("source_id", "pk")
        .values_list(
            "source_id",
            _microseconds("first_seen_at"),
            "pk",
            _microseconds("published_at"),
            "publisher__family",
            "source__weight",
            "source__for_story",
            F("membership__story"),
            F("membership__copy_of"),
            "membership__agency",
            Left("title", MAX_TITLE),
            # Equality looks at lengths first: no long text is fetched to be compared.
            ExpressionWrapper(~Q(text=""), BooleanField()),
        )
    )
    return (Row(*row) for row in rows.iterator(chunk_size=CHUNK))


def _microseconds(name: str) -> Func:
    return Func(
        F(name),
        template="(EXTRACT(EPOCH FROM %(expressions)s) * 1000000)::bigint",
        output_field=BigIntegerField(),
    )
