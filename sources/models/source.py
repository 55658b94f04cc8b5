"""Source: a feed or a saved search that we watch."""

from __future__ import annotations

from datetime import datetime
from typing import Self
from urllib.parse import urlsplit

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.core.validators import MaxValueValidator, MinValueValidator, URLValidator
from django.db import models

from patriot.work.leases import Leased, LeasedQuerySet
from sources.domain.health import for_readers
from sources.domain.search import Question
from sources.models.publisher import Publisher


class SourceQuerySet(LeasedQuerySet):
    def enabled(self) -> Self:
        return self.filter(is_enabled=True)

    def curated(self) -> Self:
        """Sources that staff keep, without the searches that were made for one story."""
        return self.filter(for_story=None)

    def unanswered(self) -> Self:
        """All but the searches for one story that had their one look."""
        return self.exclude(for_story__isnull=False, is_enabled=False)

    def due(self, now: datetime) -> Self:
        """Sources to look at now."""
        return self.enabled().filter(gone_at=None).free(now)

    def ill(self) -> Self:
        """Sources whose last fetch failed."""
        return self.curated().enabled().filter(failures__gt=0)


class Source(Leased):
    """A feed or a saved search, how often we look at it, and how it is.

    `not_before` is when to look again. A source never goes dead: its attempts since the last
    recorded fetch are counted, and one that kills its workers is recorded as failed.
    """

    class Kind(models.TextChoices):
        FEED = "feed", "feed"
        SEARCH = "search", "search"

    class Topic(models.TextChoices):
        """What Tavily calls the kinds of its search."""

        NEWS = "news", "news"
        GENERAL = "general", "anything"
        FINANCE = "finance", "finance"

    class FullText(models.TextChoices):
        """When the article's own page is read too."""

        NEVER = "never", "never"
        SHORT = "short", "when the feed's text is short"
        ALWAYS = "always", "always"

    class TimeRange(models.TextChoices):
        DAY = "day", "the last day"
        WEEK = "week", "the last week"
        MONTH = "month", "the last month"
        YEAR = "year", "the last year"

    kind = models.CharField(max_length=10, choices=Kind, default=Kind.FEED)
    name = models.CharField(max_length=200)
    slug = models.SlugField(
        max_length=100, help_text="What it is known by, whatever becomes of its address."
    )
    newsroom = models.SlugField(
        max_length=40,
        blank=True,
        help_text="Empty for our own. Articles of different newsrooms never meet in a story.",
    )
    url = models.CharField(
        max_length=2000,
        blank=True,
        verbose_name="feed address",
        validators=[URLValidator(schemes=["http", "https"])],
    )
    query = models.CharField(
        max_length=400, blank=True, help_text="What to search for, in a few words."
    )
    topic = models.CharField(max_length=10, choices=Topic, default=Topic.NEWS)
    time_range = models.CharField(max_length=10, choices=TimeRange, default=TimeRange.DAY)
    max_results = models.PositiveSmallIntegerField(
        default=10,
        verbose_name="maximum results",
        validators=[MinValueValidator(1), MaxValueValidator(20)],
    )
    include_domains = ArrayField(
        models.CharField(max_length=253),
        default=list,
        blank=True,
        help_text="Only from these domains, divided by commas; empty for all.",
    )
    exclude_domains = ArrayField(
        models.CharField(max_length=253),
        default=list,
        blank=True,
        help_text="Never from these domains, divided by commas.",
    )
    site_url = models.CharField(max_length=2000, blank=True, editable=False)
    publisher = models.ForeignKey(
        Publisher, models.PROTECT, null=True, blank=True, related_name="sources"
    )
    language = models.CharField(max_length=10, blank=True, help_text="As the feed declares it.")
    tags = ArrayField(models.SlugField(max_length=40), default=list, blank=True)
    weight = models.FloatField(default=1.0, help_text="How much its choice of news counts.")
    for_story = models.BigIntegerField(
        null=True,
        blank=True,
        editable=False,
        help_text="The story for which this search looks for a second source, once.",
    )
    is_enabled = models.BooleanField(default=True)
    interval = models.DurationField(
        null=True,
        blank=True,
        help_text="How often to look, as hours:minutes:seconds. Empty: as often as it brings "
        "something, from every quarter of an hour to four times a day.",
    )
    full_text = models.CharField(
        max_length=10,
        choices=FullText,
        default=FullText.NEVER,
        help_text="Whether to read the articles' own pages, where their robots.txt allows it.",
    )

    # Health: what the last fetches said.
    failures = models.PositiveIntegerField(default=0, editable=False)
    ill_since = models.DateTimeField(null=True, blank=True, editable=False)
    last_good_at = models.DateTimeField(null=True, blank=True, editable=False)
    newest_entry_at = models.DateTimeField(null=True, blank=True, editable=False)
    gone_at = models.DateTimeField(
        null=True, blank=True, editable=False, help_text="Since when it says that it is gone (410)."
    )
    articles_per_day = models.FloatField(
        null=True, editable=False, help_text="Its usual rhythm, by the dates of its entries."
    )

    # What the publisher asked for in the last document.
    asked_interval = models.DurationField(null=True, editable=False)
    skip_hours = ArrayField(models.PositiveSmallIntegerField(), default=list, editable=False)
    skip_days = ArrayField(
        models.PositiveSmallIntegerField(), default=list, editable=False, help_text="0 is Monday."
    )

    notes = models.TextField(
        blank=True, editable=False, help_text="What was wrong with the last good document."
    )
    former_urls = ArrayField(
        models.CharField(max_length=2000),
        default=list,
        blank=True,
        editable=False,
        help_text="Where it was before it moved for good, the last few.",
    )

    # Where it says that it has moved for good, and how often in a row it said so.
    moved_to = models.CharField(max_length=2000, blank=True, editable=False)
    moves_seen = models.PositiveSmallIntegerField(default=0, editable=False)

    # What tells that nothing has changed.
    body_hash = models.CharField(
        max_length=64, blank=True, editable=False, help_text="SHA-256 of the last good document."
    )
    etag = models.CharField(max_length=1000, blank=True, editable=False)
    last_modified = models.CharField(max_length=200, blank=True, editable=False)
    created_at = models.DateTimeField(auto_now_add=True)

    objects = SourceQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["newsroom", "slug"], name="source_slug_once"),
            models.CheckConstraint(
                condition=models.Q(weight__gte=0), name="source_weight_positive"
            ),
            models.CheckConstraint(
                condition=(models.Q(kind="feed", query="") & ~models.Q(url=""))
                | (models.Q(kind="search", url="") & ~models.Q(query="")),
                name="source_address_or_query",
            ),
            models.CheckConstraint(
                condition=~models.Q(kind="search", interval=None), name="source_search_interval"
            ),
            models.CheckConstraint(
                condition=models.Q(max_results__gte=1, max_results__lte=20),
                name="source_max_results_1_to_20",
            ),
        ]
        indexes = [
            # SourceQuerySet.due
            models.Index(
                fields=["not_before"],
                name="source_due",
                condition=models.Q(is_enabled=True, gone_at=None),
            ),
            # briefings choose their sources by tag
            GinIndex(fields=["tags"], name="source_tags"),
        ]
        permissions = [("fetch_source", "Can have sources looked at now")]

    def __str__(self) -> str:
        return self.name

    @property
    def is_ill(self) -> bool:
        return self.failures > 0

    @property
    def is_search(self) -> bool:
        return self.kind == self.Kind.SEARCH

    @property
    def is_for_one_story(self) -> bool:
        """Whether it was asked once, for a second source of one story."""
        return self.for_story is not None

    def told_readers(self, error: str) -> str:
        """Return why its fetch failed, for those who know neither our settings nor addresses."""
        if self.is_search:
            return "The search service has given no answer."
        return for_readers(error, host=urlsplit(self.url).hostname or "", outlet=self.name)

    @property
    def question(self) -> Question:
        """What a search asks."""
        return Question(
            query=self.query,
            topic=self.topic,
            time_range=self.time_range,
            max_results=self.max_results,
            include_domains=tuple(self.include_domains),
            exclude_domains=tuple(self.exclude_domains),
        )

    @property
    def in_words(self) -> str:
        """Return what it watches: its address, or such as “ferries” in news of the last day."""
        if not self.is_search:
            return self.url
        return f"“{self.query}” in {self.get_topic_display()} of {self.get_time_range_display()}"
