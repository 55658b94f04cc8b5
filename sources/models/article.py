"""Article: an entry that we keep, and its earlier versions."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Self

from django.contrib.postgres.indexes import BrinIndex
from django.db import models, transaction
from django.db.models import F

from patriot.work.leases import Leased, LeasedQuerySet
from sources.models.publisher import Publisher
from sources.models.source import Source


class ArticleQuerySet(LeasedQuerySet):
    def to_read(self, now: datetime) -> Self:
        """Articles whose own page is to be read."""
        return self.filter(state=Article.State.UNREAD).startable(now)

    def to_enrich(self, now: datetime) -> Self:
        """Articles whose current version has no passages yet."""
        return self.filter(state=Article.State.NEW).startable(now)

    def to_cluster(self, now: datetime) -> Self:
        """Articles that have passages and no story yet."""
        return self.filter(state=Article.State.ENRICHED).startable(now)

    def usable(self) -> Self:
        """Articles that reports may use."""
        return self.filter(quarantined_at=None)

    def released(self) -> Self:
        """Articles that an editor let into reports again, and that are as they were then."""
        return self.filter(released_version=F("version"))

    def keep_out(self, *, reason: str, now: datetime) -> frozenset[int]:
        """Keep these out of reports; return those that are out now and were not before."""
        return self.usable()._change_together(
            quarantined_at=now, quarantine_reason=reason, released_version=None
        )

    def let_in(self) -> frozenset[int]:
        """Let these into reports again, as they read now; return those that were kept out."""
        return self.filter(quarantined_at__isnull=False)._change_together(
            quarantined_at=None, quarantine_reason="", released_version=F("version")
        )

    def _change_together(self, **changes: Any) -> frozenset[int]:
        with transaction.atomic():
            # In the order of their ids: two who lock several cannot wait for each other.
            locked = self.order_by("pk").select_for_update(of=("self",))
            ids = frozenset(locked.values_list("pk", flat=True))
            self.model._base_manager.filter(pk__in=ids).update(**changes)
        return ids


class Article(Leased):
    """One article of one source: canonical address, clean text, current version."""

    class State(models.TextChoices):
        """What has been done with it; what comes next follows from it."""

        UNREAD = "unread"
        """Its own page is to be read first."""
        NEW = "new"
        ENRICHED = "enriched"
        CLUSTERED = "clustered"
        DEAD = "dead"

    class TextFrom(models.TextChoices):
        FEED = "feed", "the feed"
        PAGE = "page", "the article's page"

    source = models.ForeignKey(Source, models.CASCADE, related_name="articles")
    publisher = models.ForeignKey(Publisher, models.PROTECT, related_name="articles")
    identity = models.CharField(max_length=64, help_text="SHA-256 of the publisher's own id.")
    url = models.TextField(blank=True, help_text="Canonical; http or https, or empty.")
    url_hash = models.CharField(max_length=64, blank=True)
    title = models.TextField(blank=True)
    text = models.TextField(blank=True, help_text="Clean text, paragraphs parted by blank lines.")
    html = models.TextField(blank=True, help_text="The same with its markup, sanitized.")
    text_from = models.CharField(
        max_length=10, choices=TextFrom, default=TextFrom.FEED, verbose_name="text from"
    )
    page_error = models.TextField(blank=True, help_text="Why its page gave no text.")
    author = models.CharField(max_length=200, blank=True)
    language = models.CharField(max_length=10, blank=True)
    published_at = models.DateTimeField(help_text="As published, clamped to when we first saw it.")
    published_raw = models.CharField(max_length=100, blank=True)
    first_seen_at = models.DateTimeField()
    updated_at = models.DateTimeField()
    version = models.PositiveSmallIntegerField(default=1)
    entry_hash = models.CharField(
        max_length=64, blank=True, help_text="SHA-256 of its entry as it came; equal: unchanged."
    )
    content_hash = models.CharField(
        max_length=64, help_text="SHA-256 of title and text, as the entry had them."
    )
    state = models.CharField(max_length=10, choices=State, default=State.NEW)
    quarantined_at = models.DateTimeField(
        null=True, blank=True, help_text="Since when no report may use it."
    )
    quarantine_reason = models.TextField(
        blank=True, default="", db_default="", help_text="Why, in a sentence."
    )
    released_version = models.PositiveSmallIntegerField(
        null=True, blank=True, help_text="The version that an editor let into reports again."
    )

    objects = ArticleQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["source", "identity"], name="article_once"),
        ]
        indexes = [
            # one article per canonical address across the feeds of a publisher
            models.Index(
                fields=["publisher", "url_hash"],
                name="article_url",
                condition=~models.Q(url_hash=""),
            ),
            # to_read, to_enrich and to_cluster: the few that are on the belt
            models.Index(
                fields=["state", "not_before"],
                name="article_on_the_belt",
                condition=models.Q(state__in=["unread", "new", "enriched"]),
            ),
            # those that were given up: few, and looked for on the first page of the desk
            models.Index(
                fields=["-published_at"],
                name="article_dead",
                condition=models.Q(state="dead"),
            ),
            # those that no report may use: few
            models.Index(
                fields=["-quarantined_at"],
                name="article_quarantined",
                condition=models.Q(quarantined_at__isnull=False),
            ),
            # what came in within a day; rows lie in the order in which they came
            BrinIndex(fields=["first_seen_at"], name="article_arrivals", autosummarize=True),
            # windows, and lists newest first
            models.Index(fields=["-published_at", "-id"], name="article_newest"),
            models.Index(fields=["source", "-published_at"], name="article_of_source"),
        ]
        permissions = [("release_article", "Can keep articles out of reports, and let them in")]

    def __str__(self) -> str:
        return f"{self.title or self.url or self.identity} (article {self.pk})"


class ArticleVersion(models.Model):
    """How an article read before its publisher changed it."""

    article = models.ForeignKey(Article, models.CASCADE, related_name="versions")
    number = models.PositiveSmallIntegerField()
    title = models.TextField(blank=True)
    text = models.TextField(blank=True)
    content_hash = models.CharField(max_length=64)
    replaced_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["article", "number"], name="article_version_once"),
        ]

    def __str__(self) -> str:
        return f"article {self.article_id}, version {self.number}"


class Tombstone(models.Model):
    """The identity of an article that we dropped: its entry does not come back as a new one."""

    source = models.ForeignKey(Source, models.CASCADE, related_name="tombstones")
    identity = models.CharField(max_length=64)
    buried_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["source", "identity"], name="tombstone_once"),
        ]

    def __str__(self) -> str:
        return f"tombstone of {self.identity} of source {self.source_id}"
