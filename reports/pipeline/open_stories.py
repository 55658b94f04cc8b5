"""The open stories as a worker keeps them in memory, brought up to date before each use.

To read them all from the database for every handful of articles would cost more than to place
the articles. So each process keeps an index per newsroom and reads, under the lock on stories,
only the memberships that changed since. What the database says is what holds: an index that
cannot be brought up to date is built anew.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.db import connection, transaction
from django.db.models import QuerySet

from reports.domain.clustering import WINDOW, Item, StoryIndex
from reports.domain.packing import OtherForm, unpack
from reports.models import Membership
from sources.models import Article

# Enough for any lead; grouping weighs the beginning of an article only.
TEXT_CHARS = 4_000
TITLE_CHARS = 300
UNTITLED = "(without a title)"
# A worker that serves many newsrooms keeps the ones that it needed last.
MAX_NEWSROOMS = 4
# A clock that was set back by less is a clock that was corrected.
STEP_BACK = timedelta(hours=1)
# Rows read at a time while an index is built.
CHUNK = 1_000
# What keeps an article where it is: an editor's decision, the story that its search was for.
_FIXED_BY = ("decision_id", "article__source__for_story")
# Any number that nobody else uses as an advisory lock.
STORIES_LOCK = 0x5A7810


@dataclass(slots=True)
class OpenStories:
    """The open stories of one newsroom, and up to which change they are known."""

    newsroom: str
    since: datetime
    """Stories that ended before are closed, and not in the index."""
    index: StoryIndex = field(default_factory=StoryIndex)
    change: int = 0
    """The number of the newest change that the index knows."""
    article_id: int | None = None
    """The article of that change."""
    fixed: set[int] = field(default_factory=set)
    """Articles that an editor placed, or that a search for their story found: they stay."""
    unsettled: set[int] = field(default_factory=set)
    """Stories that changed since this worker looked at them with all that is known."""

    def catch_up(self) -> None:
        """Take in what changed since. The caller holds the lock on stories."""
        changes = self._changes().filter(change__gt=self.change)
        for change, article_id, *rest in changes:
            self._take(article_id, *rest)
            self.change, self.article_id = change, article_id

    def note(self) -> None:
        """Know the changes that the caller made, in the index and in the database alike."""
        newest = Membership.objects.order_by("-change").values_list("change", "article").first()
        if newest:
            self.change, self.article_id = newest

    def is_current(self) -> bool:
        """Tell whether the newest change that the index knows is still part of the past.

        A transaction that was rolled back, or an article that was deleted, takes it away.
        """
        if self.article_id is None:
            return False
        known = Membership.objects.filter(article=self.article_id, change__gte=self.change)
        return known.exists()

    def _changes(self) -> QuerySet[Membership, tuple[Any, ...]]:
        return (
            Membership.objects.filter(story__newsroom=self.newsroom)
            .order_by("change")
            .values_list("change", "article_id", "story_id", "signature", *_FIXED_BY)
        )

    def build(self) -> None:
        """Read all open stories, oldest change first."""
        members = self._changes().filter(story__last_article_at__gte=self.since)
        for _, article_id, *rest in members.iterator(chunk_size=CHUNK):
            self._take(article_id, *rest)
        self.note()

    def _take(
        self, article_id: int, story_id: int, packed: bytes | None, *fixed_by: int | None
    ) -> None:
        """Make the index agree with one membership."""
        is_fixed = any(each is not None for each in fixed_by)
        if self.index.story_of(article_id) is not None:
            self.index.remove(article_id)
        self._add(article_id, story_id, bytes(packed or b""))
        (self.fixed.add if is_fixed else self.fixed.discard)(article_id)
        self.unsettled.add(story_id)

    def _add(self, article_id: int, story_id: int, packed: bytes) -> None:
        try:
            self.index.add(unpack(packed), story_id, packed=packed)
        except OtherForm:
            article = Article.objects.select_related("publisher").get(pk=article_id)
            self.index.add(self.index.sign(item_of(article)), story_id)


_kept: OrderedDict[str, OpenStories] = OrderedDict()


@contextmanager
def changing_stories() -> Iterator[None]:
    """Be the only one who changes memberships, in a transaction of its own.

    Where it fails, what was put into an index may not be in the database: all are forgotten.
    """
    try:
        with transaction.atomic():
            lock_stories()
            yield
    except BaseException:
        _kept.clear()
        raise


def lock_stories() -> None:
    """Be the only one who changes memberships, until the transaction ends."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [STORIES_LOCK])


def open_stories(newsroom: str, *, now: datetime) -> OpenStories:
    """Return the open stories of a newsroom as the database has them now.

    Only within `changing_stories`.
    """
    since = now - WINDOW
    kept = _kept.pop(newsroom, None)
    if kept is None or kept.since > since + STEP_BACK or not kept.is_current():
        kept = OpenStories(newsroom, since)
        kept.build()
    else:
        kept.since = since
        kept.index.forget(since)
        kept.catch_up()
    _kept[newsroom] = kept
    while len(_kept) > MAX_NEWSROOMS:
        _kept.popitem(last=False)
    return kept


def drop(newsroom: str) -> None:
    """Forget a newsroom's open stories; whoever needs them next reads them anew."""
    _kept.pop(newsroom, None)


def item_of(article: Article) -> Item:
    return Item(
        id=article.pk,
        title=article.title,
        text=article.text[:TEXT_CHARS],
        language=article.language,
        family=article.publisher.family,
        published_at=article.published_at,
        url=article.url,
    )


def title_of(article: Article) -> str:
    """Return what a story is called that begins with an article; never nothing."""
    return (article.title or article.text).strip()[:TITLE_CHARS] or UNTITLED
