"""The public quality figures: what became of sentences, slots, errors and money, by week."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from django.core.cache import cache
from django.db.models import Count, F, Max, Q, QuerySet, Sum
from django.db.models.functions import TruncWeek

from patriot.ledger.models import Call
from patriot.templatetags.reading import language_name
from reports.domain.punctuality import Record, SlotKept, record_of
from reports.domain.quality import (
    Corrected,
    Cost,
    Printed,
    Sentences,
    Stories,
    Week,
    WeekQuality,
    last_weeks,
    sentences_of,
    summed,
)
from reports.models import Briefing, Claim, Correction, ErrorReport, Report, Section
from reports.pages.punctuality import record_between
from sources.domain.countries import country_name
from sources.models import Source

WEEKS = 12
KEPT_FOR = timedelta(seconds=60)
# Another one when what is kept has another shape.
KEY = "quality-1"
SHELVES = 15
"""Countries or languages that have a line of their own."""
UNKNOWN, OTHERS = "not known", "others"


@dataclass(frozen=True, slots=True)
class Shelf:
    """How many sources are of one country, or in one language."""

    code: str
    """ISO; empty for those not known, and for the small ones together."""
    name: str
    sources: int


@dataclass(frozen=True, slots=True)
class Quality:
    """The last weeks, the oldest first, and who is read now."""

    at: datetime
    weeks: tuple[WeekQuality, ...]
    countries: tuple[Shelf, ...]
    languages: tuple[Shelf, ...]
    sources: int

    @property
    def printed(self) -> Printed:
        return summed((week.printed for week in self.weeks), Printed())

    @property
    def sentences(self) -> Sentences:
        return summed((week.sentences for week in self.weeks), Sentences())

    @property
    def corrected(self) -> Corrected:
        return summed((week.corrected for week in self.weeks), Corrected())

    @property
    def stories(self) -> Stories:
        return summed((week.stories for week in self.weeks), Stories())

    @property
    def cost(self) -> Cost:
        return summed((week.cost for week in self.weeks), Cost())

    @property
    def slots(self) -> Record:
        return record_of(slot for week in self.weeks for slot in week.slots.slots)


def kept_quality(now: datetime) -> Quality:
    """Return the figures, at most a minute old: they read every report of a quarter."""
    found = cache.get(KEY)
    if isinstance(found, Quality) and timedelta(0) <= now - found.at < KEPT_FOR:
        return found
    made = quality(now)
    cache.set(KEY, made, KEPT_FOR.total_seconds())
    return made


def quality(now: datetime) -> Quality:
    """Count the last weeks anew, that of `now` as far as it has come."""
    weeks = last_weeks(now, WEEKS)
    since = weeks[0].start
    printed, sentences = _printed(since, now)
    corrected, stories = _corrected(since, now), _stories(since, now)
    slots, cost = _slots(since, now), _cost(since, now)
    countries, languages, total = _shelves()
    return Quality(
        at=now,
        weeks=tuple(
            WeekQuality(
                week=week,
                printed=printed.get(week, Printed()),
                sentences=sentences.get(week, Sentences()),
                corrected=corrected.get(week, Corrected()),
                stories=stories.get(week, Stories()),
                slots=slots.get(week, Record(())),
                cost=cost.get(week, Cost()),
            )
            for week in weeks
        ),
        countries=countries,
        languages=languages,
        sources=total,
    )


# --- What was printed -------------------------------------------------------------
def _printed(
    since: datetime, now: datetime
) -> tuple[Mapping[Week, Printed], Mapping[Week, Sentences]]:
    """Return what readers got, and what its records say was proposed for it. Two queries."""
    public = Report.objects.public().filter(published_at__gte=since, published_at__lte=now)
    rows = public.values_list("published_at", "state", "current__record__checks")
    printed: dict[Week, Printed] = defaultdict(Printed)
    proposed: dict[Week, Sentences] = defaultdict(Sentences)
    for at, state, checks in rows:
        if at is None:  # the database refuses it; the type does not know
            continue
        week, found = Week.of(at), sentences_of(checks)
        printed[week] += Printed(
            reports=1,
            recorded=int(found is not None),
            withdrawn=int(state == Report.State.WITHDRAWN),
        )
        proposed[week] += found or Sentences()
    for week, counts in _sentences_printed(since, now):
        printed[week] += counts
    return printed, proposed


def _sentences_printed(since: datetime, now: datetime) -> Iterable[tuple[Week, Printed]]:
    claims = Claim.objects.filter(
        section__revision__report__state=Report.State.PUBLISHED,
        section__revision__report__published_at__range=(since, now),
        section__revision=F("section__revision__report__current"),
    )
    rows = _by_week(claims, "section__revision__report__published_at").annotate(
        sentences=Count("pk"),
        edited=Count("pk", filter=Q(is_edited=True)),
        caveats=Count("pk", filter=~Q(caveat="")),
    )
    for row in rows:
        week = Week.of(row.pop("week"))
        yield week, Printed(**row)


def _stories(since: datetime, now: datetime) -> Mapping[Week, Stories]:
    told = Section.objects.filter(
        revision__report__state=Report.State.PUBLISHED,
        revision__report__published_at__range=(since, now),
        revision=F("revision__report__current"),
    )
    rows = _by_week(told, "revision__report__published_at").annotate(
        told=Count("pk"),
        publishers=Sum("independent_count"),
        single=Count("pk", filter=Q(independent_count__lte=1)),
    )
    return {Week.of(row.pop("week")): Stories(**row) for row in rows}


# --- What was put right, what was late, what it cost ------------------------------
def _corrected(since: datetime, now: datetime) -> Mapping[Week, Corrected]:
    """Return corrections by when they were published, and errors by when they were told."""
    found: dict[Week, Corrected] = defaultdict(Corrected)
    made = Correction.objects.filter(created_at__range=(since, now))
    kinds = Correction.Kind
    for row in _by_week(made, "created_at").annotate(
        corrections=Count("pk", filter=Q(kind=kinds.CORRECTION)),
        clarifications=Count("pk", filter=Q(kind=kinds.CLARIFICATION)),
        updates=Count("pk", filter=Q(kind=kinds.UPDATE)),
    ):
        found[Week.of(row.pop("week"))] += Corrected(**row)
    told = ErrorReport.objects.filter(created_at__range=(since, now))
    is_open = Q(state=ErrorReport.State.OPEN)
    for row in _by_week(told, "created_at").annotate(
        told=Count("pk"), open=Count("pk", filter=is_open)
    ):
        found[Week.of(row.pop("week"))] += Corrected(**row)
    return found


def _slots(since: datetime, now: datetime) -> Mapping[Week, Record]:
    """Return what became of the slots of all briefings whose grace is over."""
    grace = Briefing.objects.aggregate(longest=Max("grace"))["longest"] or timedelta(0)
    by_week: dict[Week, list[SlotKept]] = defaultdict(list)
    for slot in record_between(since, now - grace).slots:
        by_week[Week.of(slot.slot_at)].append(slot)
    return {week: record_of(slots) for week, slots in by_week.items()}


def _cost(since: datetime, now: datetime) -> Mapping[Week, Cost]:
    """Return what was paid for reports; what clients have completed is theirs."""
    paid = Call.objects.filter(started_at__range=(since, now), subject__startswith="report ")
    rows = _by_week(paid, "started_at").annotate(usd=Sum("cost_usd"), requests=Count("pk"))
    return {Week.of(row.pop("week")): Cost(**row) for row in rows}


def _by_week(rows: QuerySet[Any], moment: str) -> Any:
    """Group rows by their week; nothing else orders or parts them."""
    return rows.order_by().annotate(week=TruncWeek(moment, tzinfo=UTC)).values("week")


# --- Who is read ------------------------------------------------------------------
def _shelves() -> tuple[tuple[Shelf, ...], tuple[Shelf, ...], int]:
    """Return the feeds that are read, by country and by language. One query."""
    read = Source.objects.curated().filter(kind=Source.Kind.FEED, is_enabled=True)
    rows = read.order_by().values_list("publisher__country", "language", "publisher__language")
    countries: Counter[str] = Counter()
    languages: Counter[str] = Counter()
    for country, language, usual, count in rows.annotate(count=Count("pk")):
        countries[(country or "").upper()] += count
        languages[(language or usual or "").partition("-")[0].lower()] += count
    return (
        _longest(countries, country_name),
        _longest(languages, language_name),
        countries.total(),
    )


def _longest(counts: Mapping[str, int], name_of: Callable[[str], str]) -> tuple[Shelf, ...]:
    """Return the largest first; then the small ones together, and those not known."""
    known = sorted((code for code in counts if code), key=lambda code: (-counts[code], code))
    # One small one alone is told by its name.
    cut = SHELVES if len(known) > SHELVES + 1 else len(known)
    shelves = [Shelf(code, name_of(code) or code, counts[code]) for code in known[:cut]]
    if rest := sum(counts[code] for code in known[cut:]):
        shelves.append(Shelf("", OTHERS, rest))
    if unknown := counts.get("", 0):
        shelves.append(Shelf("", UNKNOWN, unknown))
    return tuple(shelves)
