"""Place articles in stories."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime, timedelta
from typing import Any

import structlog
from django.db import connection
from django.db.models import Case, F, TextField, Value, When

from patriot.lib.bulk import copy_rows, reserve_ids
from patriot.work.leases import MAX_ATTEMPTS, MAX_ERROR_CHARS
from patriot.work.waiting import wake
from reports.domain.agencies import agency_of
from reports.domain.clustering import Placement
from reports.domain.packing import pack
from reports.domain.regrouping import grew_enough
from reports.models import Membership, Story
from reports.pipeline.open_stories import (
    OpenStories,
    changing_stories,
    drop,
    item_of,
    lock_stories,
    open_stories,
    title_of,
)
from reports.pipeline.settling import settle_stories
from sources.models import Article

__all__ = ["begin_story", "bury_exhausted", "cluster", "count_articles", "lock_stories"]

log = structlog.get_logger(__name__)

# Longer than any step takes; short, because a killed worker delays its rows by as much.
LEASE = timedelta(seconds=90)


class _Gone(Exception):
    """A story or an article of the index is not in the database any more."""


@dataclass(slots=True)
class _Placed:
    """What is to be stored of one look: stories that begin, memberships, and who changed."""

    stories: list[tuple[Any, ...]] = field(default_factory=list)
    members: list[tuple[Any, ...]] = field(default_factory=list)
    changed: list[tuple[Any, ...]] = field(default_factory=list)
    """Articles that read differently now: id and packed signature."""
    grown: dict[int, int] = field(default_factory=dict)
    """Stories that grew or changed, with how many articles they had."""

    def note(self, story_id: int, opened: OpenStories) -> None:
        """Remember how large a story is before it changes."""
        group = opened.index.groups.get(story_id)
        self.grown.setdefault(story_id, len(group.articles) if group else 0)
        opened.unsettled.add(story_id)


def cluster(article_ids: Sequence[int], *, now: datetime) -> int:
    """Give each of these articles its story; return how many were looked at.

    One clusterer at a time: two of them would make two stories of one. The order is that of
    the ids, so that the same articles in the same order make the same stories.
    """
    due = Article.objects.filter(pk__in=article_ids).to_cluster(now)
    trusted = due.filter(attempts=0)
    placed = _attempt(trusted.lease(now, until=now + LEASE, limit=len(article_ids)), now)
    # One that ended its worker before comes alone, so that its neighbors do not suffer.
    for pk in list(due.filter(attempts__gt=0).order_by("pk").values_list("pk", flat=True)):
        placed += _attempt(due.filter(pk=pk).lease(now, until=now + LEASE, limit=1), now)
    return placed


def bury_exhausted(now: datetime) -> int:
    """Give up the articles that ended their worker MAX_ATTEMPTS times; return how many."""
    exhausted = Article.objects.filter(state=Article.State.ENRICHED).exhausted(now)
    died = f"The worker died {MAX_ATTEMPTS} times while placing it in a story."
    return exhausted.update(
        state=Article.State.DEAD,
        last_error=Case(
            When(last_error="", then=Value(died)),
            default=F("last_error"),
            output_field=TextField(),
        ),
    )


def _attempt(article_ids: Sequence[int], now: datetime) -> int:
    """Place these articles, which are leased to us; a failure is noted on them, and ends there."""
    try:
        return _place(article_ids, now)
    except Exception as error:
        log.exception("placing_failed", articles=article_ids)
        said = f"Placing it in a story failed: {type(error).__name__}: {error}"
        Article.objects.filter(pk__in=article_ids, state=Article.State.ENRICHED).update(
            leased_until=None, last_error=said[:MAX_ERROR_CHARS]
        )
        return 0


def _place(article_ids: Sequence[int], now: datetime) -> int:
    """Place these articles, which are leased to us, in one transaction."""
    if not article_ids:
        return 0
    with changing_stories():
        # Whoever waited for the lock may have lost its lease meanwhile.
        articles = list(
            Article.objects.filter(
                pk__in=article_ids, state=Article.State.ENRICHED, leased_until__gte=now
            )
            .defer("html")
            .select_related("source", "publisher", "membership")
            .select_for_update(of=("self",))
            .order_by("pk")
        )
        grown: set[int] = set()
        for newsroom in sorted({article.source.newsroom for article in articles}):
            here = [article for article in articles if article.source.newsroom == newsroom]
            grown |= _place_in_newsroom(here, newsroom, now)
        count_articles(grown)
        Article.objects.filter(pk__in=[article.pk for article in articles]).update(
            state=Article.State.CLUSTERED, leased_until=None, attempts=0, last_error=""
        )
        wake({article.source.for_story for article in articles}, now)
    return len(articles)


def _place_in_newsroom(articles: Sequence[Article], newsroom: str, now: datetime) -> set[int]:
    """Place the articles of one newsroom; return the stories that grew or changed."""
    try:
        opened = open_stories(newsroom, now=now)
        placed = _place_all(articles, opened)
    except _Gone:
        # Somebody deleted a story with its source.
        drop(newsroom)
        opened = open_stories(newsroom, now=now)
        placed = _place_all(articles, opened)
    _store(placed)
    groups = opened.index.groups
    due = [s for s, size in placed.grown.items() if grew_enough(size, len(groups[s].articles))]
    changed = settle_stories(opened, due)
    opened.note()
    return changed | placed.grown.keys()


def _place_all(articles: Sequence[Article], opened: OpenStories) -> _Placed:
    """Decide on each article in turn; later ones may join what earlier ones began."""
    homeless = [article for article in articles if not hasattr(article, "membership")]
    placed = _Placed()
    for article in articles:
        if hasattr(article, "membership"):
            _read_again(article, opened, placed)
    new_ids = reserve_ids(Story, len(homeless))
    wanted = _stories_wanted(homeless)
    for article, new_id in zip(homeless, new_ids, strict=True):
        _place_one(article, new_id, opened, placed, wanted)
    begun = {row[0] for row in placed.stories}
    _check_that_they_exist(Story, placed.grown.keys() - begun)
    originals = {row[4] for row in placed.members} - {None} - {article.pk for article in articles}
    _check_that_they_exist(Article, originals)
    return placed


def _place_one(
    article: Article, new_id: int, opened: OpenStories, placed: _Placed, wanted: dict[int, int]
) -> None:
    """Decide on one article, in the index at once and in `placed` for the database."""
    index, only = opened.index, article.source.for_story
    signature = index.sign(item_of(article))
    placement = index.place(signature, only=None if only is None else wanted.get(only, only))
    if placement.story is None and only is not None:
        return
    story_id = placement.story or new_id
    if placement.story is None:
        placed.stories.append(_begun(story_id, article))
    placed.note(story_id, opened)
    packed = pack(signature)
    index.add(signature, story_id, packed=packed)
    if only is not None:
        opened.fixed.add(article.pk)
    placed.members.append(_membership(article, story_id, placement, packed))


def _stories_wanted(articles: Iterable[Article]) -> dict[int, int]:
    """Return where the stories that searches were for are now: they may have been merged."""
    wanted = [a.source.for_story for a in articles if a.source.for_story is not None]
    merged = Story.objects.filter(pk__in=wanted, merged_into__isnull=False)
    return dict(merged.values_list("pk", "merged_into")) if wanted else {}


def _read_again(article: Article, opened: OpenStories, placed: _Placed) -> None:
    """Know a changed article by what it says now. It keeps its story: readers may know it there."""
    story_id = article.membership.story_id
    signature = opened.index.sign(item_of(article))
    packed = pack(signature)
    placed.note(story_id, opened)
    if opened.index.story_of(article.pk) is not None:
        opened.index.remove(article.pk)
    opened.index.add(signature, story_id, packed=packed)
    placed.changed.append((article.pk, packed))


def _begun(story_id: int, article: Article) -> tuple[Any, ...]:
    at = article.published_at
    return (story_id, title_of(article), article.source.newsroom, article.language, at, at)


def _membership(
    article: Article, story_id: int, placement: Placement, packed: bytes
) -> tuple[Any, ...]:
    similarity = placement.similarity if placement.story else 1.0
    agency = agency_of(article.title, article.text, article.author)
    why = asdict(placement.why)
    return (article.pk, story_id, similarity, why, placement.copy_of, agency, packed)


def _check_that_they_exist(model: type[Story] | type[Article], ids: Collection[int]) -> None:
    if ids and model.objects.filter(pk__in=ids).count() < len(ids):
        raise _Gone


def _store(placed: _Placed) -> None:
    copy_rows(
        Story,
        ("id", "title", "newsroom", "language", "first_article_at", "last_article_at"),
        placed.stories,
    )
    copy_rows(
        Membership,
        ("article_id", "story_id", "similarity", "why", "copy_of_id", "agency", "signature"),
        placed.members,
    )
    for article_id, packed in placed.changed:
        Membership.objects.filter(article=article_id).update(signature=packed)


def begin_story(article: Article, newsroom: str) -> Story:
    return Story.objects.create(
        title=title_of(article),
        newsroom=newsroom,
        language=article.language,
        first_article_at=article.published_at,
        last_article_at=article.published_at,
    )


def count_articles(story_ids: Iterable[int]) -> None:
    """Bring the counts of these stories up to date; what they are about is to be read anew.

    A voice is a family of publishers that wrote something of its own, or an agency: all who
    carry the same agency's words, however edited, are one voice.
    """
    with connection.cursor() as cursor:
        cursor.execute(_COUNT, [sorted(story_ids)])


_COUNT = """
UPDATE reports_story AS story SET
    article_count = counted.articles,
    outlet_count = counted.outlets,
    independent_count = CASE WHEN counted.articles = 0 THEN 0 ELSE greatest(counted.voices, 1) END,
    copy_count = counted.copies,
    first_article_at = coalesce(counted.first_at, story.first_article_at),
    last_article_at = coalesce(counted.last_at, story.last_article_at),
    is_described = false,
    attempts = 0
FROM (
    SELECT asked.id,
        count(member.id) AS articles,
        count(DISTINCT article.publisher_id) AS outlets,
        count(DISTINCT CASE WHEN member.agency <> '' THEN 'agency ' || member.agency
                            ELSE publisher.family END)
            FILTER (WHERE member.copy_of_id IS NULL) AS voices,
        count(member.copy_of_id) AS copies,
        min(article.published_at) AS first_at,
        max(article.published_at) AS last_at
    FROM unnest(%s::bigint[]) AS asked(id)
    LEFT JOIN reports_membership member ON member.story_id = asked.id
    LEFT JOIN sources_article article ON article.id = member.article_id
    LEFT JOIN sources_publisher publisher ON publisher.id = article.publisher_id
    GROUP BY asked.id
) AS counted
WHERE counted.id = story.id
"""
