"""Who we read, and how they are."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import groupby
from typing import Any
from urllib.parse import urlencode

from django.contrib.postgres.aggregates import ArrayAgg
from django.core.paginator import Paginator
from django.db.models import (
    BooleanField,
    Case,
    CharField,
    Count,
    ExpressionWrapper,
    F,
    Func,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
    Value,
    When,
)
from django.db.models.functions import Coalesce, Left, Lower, Upper
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from patriot.templatetags.reading import language_name
from sources.domain.countries import country_name
from sources.domain.health import Condition, Health, rhythm_in_words
from sources.domain.publishers import is_of_this_house
from sources.models import Article, Publisher, Source
from sources.models.health import by_condition, health_for_readers, with_last_fetch
from sources.models.publisher import INVENTED

SOURCES_A_PAGE = 150
# So few are seen at a glance: nobody needs to choose among them.
FEW = 30
WEEK = timedelta(days=7)
OTHER = "#"
# The feeds of `read_feeds`, in a condition for counting.
HANDED_ON = Q(kind=Source.Kind.FEED, is_enabled=True, gone_at=None, newsroom="")
# Beginnings of addresses that may be of this machine or network: numbers, names without a dot,
# and names that are nobody's.
PERHAPS_OURS = (
    r"^https?://(\[|[0-9]|[^./:?#]+([:/?#]|$)"
    r"|[^/:?#]+\.(localhost|local|internal|invalid|onion)\.?([:/?#]|$))"
)


@dataclass(frozen=True, slots=True)
class Line:
    """A source, and how it is as readers are told."""

    source: Source
    health: Health
    articles_of_a_week: int

    @property
    def condition(self) -> str:
        return self.health.condition.value

    @property
    def is_unwell(self) -> bool:
        return self.health.condition in (Condition.ILL, Condition.GONE, Condition.SILENT)

    @property
    def silent_days(self) -> int:
        return (self.health.silence or timedelta()).days

    @property
    def rhythm(self) -> str:
        return rhythm_in_words(self.health.articles_per_day)


@dataclass(frozen=True, slots=True)
class Shelf:
    """Sources that stand together: those of a publisher, or the searches."""

    heading: str
    publisher: Publisher | None
    lines: tuple[Line, ...]

    @property
    def country(self) -> str:
        """The publisher's country in words; empty if it is not known."""
        code = self.publisher.country if self.publisher else ""
        return country_name(code) if code else ""


@dataclass(frozen=True, slots=True)
class Choice:
    """A letter or a language to look at alone."""

    words: str
    count: int
    query: str
    """Of its address."""
    is_chosen: bool


@require_safe
def sources(request: HttpRequest) -> HttpResponse:
    """List all sources by publisher, with their health in plain words."""
    now = timezone.now()  # noqa: TID251 (an interface)
    totals, left_out = _totals()
    chosen = _chosen(request.GET, totals)
    page = Paginator(_listed(chosen, now), SOURCES_A_PAGE).get_page(request.GET.get("page"))
    conditions = by_condition(Source.objects.curated())
    is_long = sum(totals.values()) > FEW
    context = {
        "page": page,
        "kept": f"{urlencode(chosen)}&" if chosen else "",
        "shelves": _shelves(page.object_list),
        "chosen": chosen,
        "languages": _choices(totals, "language", chosen) if is_long else [],
        "letters": _choices(totals, "letter", chosen) if is_long else [],
        "enabled_count": sum(conditions.values()) - conditions[Condition.PAUSED],
        "ill_count": conditions[Condition.ILL],
        "gone_count": conditions[Condition.GONE],
        "left_out_count": left_out,
        "silent_count": conditions[Condition.SILENT],
        "utc": UTC,
        "here": "sources",
    }
    return render(request, "sources/sources.html", context)


# --- Choosing -----------------------------------------------------------------------
def _placed() -> QuerySet[Any]:
    """Return the sources with the letter and the language they are found under."""
    shelf = Coalesce("publisher__name", "name", output_field=CharField())
    language = Func(
        F("language"), Value("-"), Value(1), function="split_part", output_field=CharField()
    )
    placed: QuerySet[Any] = Source.objects.curated().annotate(
        under_letter=Upper(Left(shelf, 1)), under_language=Lower(language)
    )
    return placed


def _totals() -> tuple[Counter[tuple[str, str]], int]:
    """Return how many sources there are of each letter and language, and how many feeds are not
    in the OPML that we hand on; in one query."""
    pairs = _placed().order_by().values("under_letter", "under_language")
    counted = pairs.annotate(
        total=Count("pk"),
        left_out=Count("pk", filter=Q(kind=Source.Kind.FEED) & ~HANDED_ON),
        # Whether an address is of our own network, Python tells better than SQL.
        doubtful=ArrayAgg("url", filter=HANDED_ON & Q(url__iregex=PERHAPS_OURS), default=[]),
    )
    totals: Counter[tuple[str, str]] = Counter()
    left_out = 0
    for letter, language, total, known, doubtful in counted.values_list(
        "under_letter", "under_language", "total", "left_out", "doubtful"
    ):
        totals[letter, language] = total
        left_out += known + sum(map(is_of_this_house, doubtful))
    return totals, left_out


def _chosen(asked: Mapping[str, str], totals: Counter[tuple[str, str]]) -> dict[str, str]:
    """Return what the address asks for, as far as there is such a thing."""
    known = {
        "letter": {_letter(letter) for letter, _ in totals},
        "language": {language for _, language in totals if language},
    }
    return {name: asked[name] for name in known if asked.get(name) in known[name]}


def _choices(
    totals: Counter[tuple[str, str]], name: str, chosen: Mapping[str, str]
) -> list[Choice]:
    """Return the letters, or the languages, each with its sources among what else is chosen."""
    counts: Counter[str] = Counter()
    for (letter, language), total in totals.items():
        values = {"letter": _letter(letter), "language": language}
        if values[name] and all(
            values[other] == value for other, value in chosen.items() if other != name
        ):
            counts[values[name]] += total
    choices = [
        Choice(
            language_name(value) if name == "language" else value,
            count,
            urlencode({**chosen, name: value}),
            chosen.get(name) == value,
        )
        for value, count in counts.items()
    ]
    return sorted(choices, key=lambda choice: (choice.words == OTHER, choice.words))


def _letter(first: str) -> str:
    return first if first.isalpha() else OTHER


# --- Listing ------------------------------------------------------------------------
def _shelves(listed: Iterable[Source]) -> list[Shelf]:
    shelves = []
    for (is_search, publisher), group in groupby(listed, key=_shelf_of):
        sources = tuple(group)
        heading = publisher.name if publisher else "Publisher not known yet"
        lines = tuple(
            Line(source, health_for_readers(source), getattr(source, "week_count", 0))
            for source in sources
        )
        shelves.append(Shelf("Searches" if is_search else heading, publisher, lines))
    return shelves


def _shelf_of(source: Source) -> tuple[bool, Publisher | None]:
    """Return what those share that stand together; publishers that nobody knows are one."""
    publisher = source.publisher
    is_told = publisher is not None and publisher.is_known and not source.is_search
    return source.is_search, publisher if is_told else None


def _listed(chosen: Mapping[str, str], now: datetime) -> QuerySet[Any]:
    """Return the sources with what the page says of them: feeds by publisher, then searches."""
    placed = _placed()
    if letter := chosen.get("letter"):
        placed = (
            placed.exclude(under_letter__regex=r"^[[:alpha:]]")
            if letter == OTHER
            else placed.filter(under_letter=letter)
        )
    if language := chosen.get("language"):
        placed = placed.filter(under_language=language)
    # Of a week, and one source after the other: the index has them side by side.
    articles = Article.objects.filter(source=OuterRef("pk"), published_at__gt=now - WEEK)
    counts = articles.order_by().values("source").annotate(total=Count("pk")).values("total")
    listed: QuerySet[Any] = (
        with_last_fetch(placed.select_related("publisher"))
        .annotate(
            week_count=Coalesce(Subquery(counts), 0),
            # Last of the feeds, and together.
            is_nobodys=ExpressionWrapper(
                Q(publisher=None) | Q(publisher__domain__endswith=INVENTED),
                output_field=BooleanField(),
            ),
            shelf=Case(When(is_nobodys=True, then=Value("")), default=Lower("publisher__name")),
            by=Case(When(is_nobodys=False, then=F("publisher_id"))),
        )
        .order_by("kind", "is_nobodys", "shelf", "by", Lower("name"), "pk")
    )
    return listed
