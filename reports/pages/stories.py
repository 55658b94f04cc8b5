"""The list of stories: what the press tells now, filtered, newest or best supported first.

A page is found by where the last one ended, not by counting rows: page 500 costs as much as the
first, and nothing is shown twice because something new came in.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta, tzinfo
from typing import TypeVar
from urllib.parse import urlencode

from django.contrib.postgres.aggregates import ArrayAgg
from django.db.models import Count, Min, Q, TextChoices
from django.urls import reverse
from django.utils import timezone

from patriot.lib.text import one_line
from reports.domain.topics import TOPICS
from reports.models import Briefing, Membership, Sentiment, Story
from reports.models.story import BaseLanguage, StoryQuerySet
from reports.pages.charts import Row, rows
from reports.pages.coverage import Meter

STORIES_A_PAGE = 30
MAX_NAME_CHARS = 120
MAX_ID = 10**18
LEAST = (2, 3, 5, 10)
# Topics are counted over at most so many stories of a day: within some hundredths of a second.
MAX_COUNTED = 3_000
DAY = timedelta(days=1)
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class Age(TextChoices):
    """How long ago a story may have grown last."""

    DAY = "day", "in the last day"
    OPEN = "", "in the last three days"
    ALL = "all", "at any time"


class Order(TextChoices):
    """What comes first."""

    NEWEST = "", "newest first"
    BIGGEST = "biggest", "most independent reports first"


Choice = TypeVar("Choice", bound=TextChoices)
SPANS: Mapping[Age, timedelta] = {Age.DAY: DAY, Age.OPEN: timedelta(days=3)}


@dataclass(frozen=True, slots=True)
class Place:
    """Where a page ended."""

    independent: int
    at: datetime
    story: int

    @classmethod
    def of(cls, words: str) -> Place | None:
        """Read what `in_words` wrote; None if it is anything else."""
        parts = words.split(".")
        if len(parts) != 3 or not all(part.isdecimal() and len(part) <= 18 for part in parts):
            return None
        independent, micros, story = map(int, parts)
        try:
            return cls(min(independent, 10**6), EPOCH + timedelta(microseconds=micros), story)
        except OverflowError:
            return None

    @classmethod
    def after(cls, story: Story) -> Place:
        return cls(story.independent_count, story.last_article_at, story.pk)

    @property
    def in_words(self) -> str:
        micros = (self.at - EPOCH) // timedelta(microseconds=1)
        return f"{self.independent}.{max(micros, 0)}.{self.story}"


@dataclass(frozen=True, slots=True)
class Wish:
    """What a reader wants to see."""

    topic: str = ""
    sentiment: str = ""
    person: str = ""
    place: str = ""
    organization: str = ""
    language: str = ""
    least: int = 0
    """So many independent reports at least; 0: any number."""
    age: Age = Age.OPEN
    order: Order = Order.NEWEST
    after: Place | None = None

    @classmethod
    def of(cls, parameters: Mapping[str, str]) -> Wish:
        """Read a query string; what cannot be meant is left out."""

        def said(key: str) -> str:
            return one_line(parameters.get(key, ""), max_chars=MAX_NAME_CHARS)

        language, least = said("language").lower(), said("least")
        return cls(
            topic=said("topic") if said("topic") in TOPICS else "",
            sentiment=said("sentiment") if said("sentiment") in Sentiment else "",
            person=said("person"),
            place=said("place"),
            organization=said("organization"),
            language=language if language.isascii() and language.isalpha() else "",
            least=int(least) if least.isdecimal() and len(least) < 4 else 0,
            age=_choice(Age, said("age")),
            order=_choice(Order, said("order")),
            after=Place.of(said("after")),
        )

    @property
    def url(self) -> str:
        asked = {
            "topic": self.topic,
            "sentiment": self.sentiment,
            "person": self.person,
            "place": self.place,
            "organization": self.organization,
            "language": self.language,
            "least": self.least or "",
            "age": str(self.age),
            "order": str(self.order),
            "after": self.after.in_words if self.after else "",
        }
        query = urlencode({key: value for key, value in asked.items() if value})
        return f"{reverse('reports:stories')}{'?' if query else ''}{query}"

    @property
    def is_plain(self) -> bool:
        """Whether nothing is asked for: the page that search engines may list."""
        return self == Wish()

    @property
    def names(self) -> Mapping[str, str]:
        """The names asked for, by what they are names of."""
        named = {"person": self.person, "place": self.place, "organization": self.organization}
        return {key: name for key, name in named.items() if name}


def _choice(kind: type[Choice], value: str) -> Choice:
    """Return what a query string asks for; else the usual, whose value is empty."""
    return kind(value) if value in kind else kind("")


@dataclass(frozen=True, slots=True)
class Entry:
    """A story of the list."""

    story: Story
    meter: Meter
    topics: tuple[tuple[str, str], ...]
    """Words, and the way to other stories of the topic."""


@dataclass(frozen=True, slots=True)
class Filter:
    """One thing that was asked for, in words, and the page without it."""

    words: str
    url_without: str


@dataclass(frozen=True, slots=True)
class Overview:
    """What the last day's stories are about."""

    topics: tuple[Row, ...]
    stories: int
    languages: tuple[str, ...]

    @property
    def is_capped(self) -> bool:
        return self.stories >= MAX_COUNTED


@dataclass(frozen=True, slots=True)
class StoriesPage:
    """A page of stories, ready to be set."""

    wish: Wish
    zone: tzinfo
    entries: tuple[Entry, ...]
    overview: Overview
    next_url: str

    topics = tuple(TOPICS.items())
    sentiments = tuple(Sentiment.choices)
    ages = tuple(Age)
    orders = tuple(Order)
    leasts = LEAST

    @property
    def first_url(self) -> str:
        """The way back from a later page; empty on the first."""
        return replace(self.wish, after=None).url if self.wish.after else ""

    @property
    def any_time_url(self) -> str:
        """The same at any time; empty if that is asked for already."""
        return "" if self.wish.age is Age.ALL else replace(self.wish, age=Age.ALL, after=None).url

    @property
    def filters(self) -> tuple[Filter, ...]:
        return tuple(_filters(self.wish))

    @property
    def languages(self) -> tuple[str, ...]:
        asked = {self.wish.language} - {""}
        return tuple(sorted({*self.overview.languages, *asked}))


def stories_page(wish: Wish, *, now: datetime) -> StoriesPage:
    """Return a page of stories in four queries, however many there are."""
    briefings = list(Briefing.objects.only("newsroom", "timezone").order_by("pk"))
    # As everywhere: our own newsroom, and those that a briefing reads.
    public = Story.objects.filter(
        newsroom__in=sorted({"", *(briefing.newsroom for briefing in briefings)}),
        article_count__gt=0,
        is_muted=False,
        merged_into=None,
    )
    found = list(_ordered(_asked(public, wish, now), wish)[: STORIES_A_PAGE + 1])
    shown = found[:STORIES_A_PAGE]
    meters = meters_of(shown)
    more = replace(wish, after=Place.after(shown[-1])).url if len(found) > len(shown) else ""
    return StoriesPage(
        wish=wish,
        zone=briefings[0].zone if briefings else timezone.get_default_timezone(),
        entries=tuple(Entry(story, meters[story.pk], _topics(story)) for story in shown),
        overview=_overview(public, wish, now),
        next_url=more,
    )


def _asked(stories: StoryQuerySet, wish: Wish, now: datetime) -> StoryQuerySet:
    if span := SPANS.get(wish.age):
        stories = stories.filter(last_article_at__gte=now - span)
    stories = stories.about(
        topic=wish.topic, person=wish.person, place=wish.place, organization=wish.organization
    )
    if wish.sentiment:
        stories = stories.filter(sentiment=wish.sentiment)
    if wish.language:
        stories = stories.alias(base_language=BaseLanguage("language"))
        stories = stories.filter(base_language=wish.language)
    if wish.least:
        stories = stories.filter(independent_count__gte=wish.least)
    return stories


def _ordered(stories: StoryQuerySet, wish: Wish) -> StoryQuerySet:
    """Put stories in order, from where the last page ended."""
    place = wish.after
    later = (
        Q(last_article_at__lt=place.at) | Q(last_article_at=place.at, pk__lt=place.story)
        if place
        else Q()
    )
    if wish.order is Order.NEWEST:
        # The first condition says what the second implies, in the words of the index.
        within = Q(last_article_at__lte=place.at) if place else Q()
        return stories.filter(within, later).order_by("-last_article_at", "-pk")
    if place:
        equal = Q(independent_count=place.independent) & later
        stories = stories.filter(
            Q(independent_count__lt=place.independent) | equal,
            independent_count__lte=place.independent,
        )
    return stories.order_by("-independent_count", "-last_article_at", "-pk")


def meters_of(stories: Sequence[Story]) -> Mapping[int, Meter]:
    """Return how independently each of these stories is told, in one query."""
    told = {
        row["story"]: row
        for row in Membership.objects.filter(story__in=[story.pk for story in stories])
        .order_by()
        .values("story")
        .annotate(
            agencies=ArrayAgg("agency", distinct=True, filter=~Q(agency=""), default=[]),
            families=Count("article__publisher__family", distinct=True),
            name=Min("article__publisher__name"),
        )
    }
    return {story.pk: _meter(story, told.get(story.pk, {})) for story in stories}


def _meter(story: Story, told: Mapping[str, object]) -> Meter:
    agencies = told.get("agencies")
    return Meter(
        outlets=story.outlet_count,
        independent=story.independent_count,
        copies=story.copy_count,
        agencies=tuple(agencies) if isinstance(agencies, list) else (),
        voice=str(told.get("name")) if told.get("families") == 1 else "",
    )


def _topics(story: Story) -> tuple[tuple[str, str], ...]:
    known = [topic for topic in story.topics if topic in TOPICS]
    return tuple((TOPICS[topic], Wish(topic=topic).url) for topic in known)


def _overview(public: StoryQuerySet, wish: Wish, now: datetime) -> Overview:
    """Count the topics of the last day's stories; a story may have several."""
    newest = (
        public.filter(last_article_at__gte=now - DAY)
        .order_by("-last_article_at", "-pk")
        .values_list("topics", "language")[:MAX_COUNTED]
    )
    counts: Counter[str] = Counter()
    languages: set[str] = set()
    seen = 0
    for topics, language in newest:
        counts.update(set(topics))
        languages.add(language.partition("-")[0].lower())
        seen += 1
    urls = {topic: Wish(topic=topic, age=Age.DAY).url for topic in TOPICS}
    return Overview(
        topics=rows(counts, TOPICS, urls, chosen=wish.topic),
        stories=seen,
        languages=tuple(sorted(languages - {""})),
    )


def _filters(wish: Wish) -> Iterable[Filter]:
    """Return each thing that was asked for, with the page that does not ask it."""
    first = replace(wish, after=None)
    if wish.topic:
        yield Filter(f"about {TOPICS[wish.topic].lower()}", replace(first, topic="").url)
    if wish.person:
        yield Filter(f"naming {wish.person}", replace(first, person="").url)
    if wish.place:
        yield Filter(f"in or about {wish.place}", replace(first, place="").url)
    if wish.organization:
        yield Filter(f"naming {wish.organization}", replace(first, organization="").url)
    if wish.sentiment:
        yield Filter(f"mostly {wish.sentiment} in tone", replace(first, sentiment="").url)
    if wish.language:
        yield Filter(f"in the language “{wish.language}”", replace(first, language="").url)
    if wish.least:
        yield Filter(f"with {wish.least} independent reports or more", replace(first, least=0).url)
