"""Place articles in stories."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime, timedelta

from django.db import connection, transaction
from django.db.models import Count, Max, Min, Q, QuerySet

from patriot.work.leases import MAX_ATTEMPTS
from reports.domain.clustering import Item, StoryIndex
from reports.models import Membership, Story
from sources.models import Article

# Longer than any step takes; short, because a killed worker delays its rows by as much.
LEASE = timedelta(seconds=90)
# A story takes new articles until this long after its last one.
OPEN_FOR = timedelta(hours=72)
# Enough for any lead; the index weighs the beginning of an article only.
TEXT_CHARS = 4_000
# Any number that nobody else uses as an advisory lock.
CLUSTER_LOCK = 0x5A7810


def cluster(article_ids: Sequence[int], *, now: datetime) -> int:
    """Give each of these articles its story; return how many were placed.

    One clusterer at a time: two of them would make two stories of one. The order is that of
    the ids, so that the same articles in the same order make the same stories.
    """
    due = Article.objects.filter(pk__in=article_ids).to_cluster(now)
    trusted = due.filter(attempts=0)
    placed = _place(trusted.lease(now, until=now + LEASE, limit=len(article_ids)), now)
    # One that ended its worker before comes alone, so that its neighbors do not suffer.
    for pk in list(due.filter(attempts__gt=0).order_by("pk").values_list("pk", flat=True)):
        placed += _place(due.filter(pk=pk).lease(now, until=now + LEASE, limit=1), now)
    return placed


def bury_exhausted(now: datetime) -> int:
    """Give up the articles that ended their worker MAX_ATTEMPTS times; return how many."""
    return (
        Article.objects.filter(state=Article.State.ENRICHED)
        .exhausted(now)
        .update(
            state=Article.State.DEAD,
            last_error=f"The worker died {MAX_ATTEMPTS} times while placing it in a story.",
        )
    )


def _place(article_ids: Sequence[int], now: datetime) -> int:
    """Place these articles, which are leased to us, in one transaction."""
    if not article_ids:
        return 0
    with transaction.atomic():
        lock_stories()
        # Whoever waited for the lock may have lost its lease meanwhile.
        articles = list(
            Article.objects.filter(
                pk__in=article_ids, state=Article.State.ENRICHED, leased_until__gte=now
            )
            .select_related("source", "publisher", "membership")
            .select_for_update(of=("self",))
            .order_by("pk")
        )
        touched: set[int] = set()
        for newsroom in sorted({article.source.newsroom for article in articles}):
            here = [article for article in articles if article.source.newsroom == newsroom]
            touched |= _place_in_newsroom(here, newsroom)
        count_articles(touched)
        Article.objects.filter(pk__in=[article.pk for article in articles]).update(
            state=Article.State.CLUSTERED, leased_until=None, attempts=0, last_error=""
        )
    return len(articles)


def _place_in_newsroom(articles: Sequence[Article], newsroom: str) -> set[int]:
    """Place the articles of one newsroom; return the stories that grew or changed."""
    touched = {article.membership.story_id for article in articles if _has_story(article)}
    homeless = [article for article in articles if not _has_story(article)]
    if not homeless:
        return touched
    oldest = min(article.published_at for article in homeless)
    index = _index_of(newsroom, since=oldest - OPEN_FOR)
    for article in homeless:
        item = item_of(article)
        placement = index.place(item)
        story_id = placement.story or begin_story(article, newsroom).pk
        index.add(item, story_id)
        Membership.objects.create(
            article=article,
            story_id=story_id,
            similarity=placement.similarity,
            why=asdict(placement.why),
            copy_of_id=placement.copy_of,
        )
        touched.add(story_id)
    return touched


def _has_story(article: Article) -> bool:
    return hasattr(article, "membership")


def lock_stories() -> None:
    """Be the only one who changes memberships, until the transaction ends."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [CLUSTER_LOCK])


def open_members(newsroom: str, *, since: datetime) -> QuerySet[Membership]:
    """Return the memberships of the stories that still take articles, in the order of ids."""
    return (
        Membership.objects.filter(
            story__in=Story.objects.filter(newsroom=newsroom).open_since(since)
        )
        .select_related("article__publisher")
        .order_by("article_id")
    )


def _index_of(newsroom: str, *, since: datetime) -> StoryIndex:
    """Rebuild the index of the stories that are still open."""
    index = StoryIndex()
    for member in open_members(newsroom, since=since):
        index.add(item_of(member.article), member.story_id)
    return index


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


def begin_story(article: Article, newsroom: str) -> Story:
    return Story.objects.create(
        title=article.title or article.text[:200],
        newsroom=newsroom,
        language=article.language,
        first_article_at=article.published_at,
        last_article_at=article.published_at,
    )


def count_articles(story_ids: set[int]) -> None:
    """Bring the counts of these stories up to date."""
    stories = Story.objects.in_bulk(story_ids)
    rows = (
        Membership.objects.filter(story__in=story_ids)
        .values("story")
        .annotate(
            articles=Count("pk"),
            outlets=Count("article__publisher", distinct=True),
            independent=Count("article__publisher__family", distinct=True, filter=Q(copy_of=None)),
            first=Min("article__published_at"),
            last=Max("article__published_at"),
        )
    )
    for row in rows:
        story = stories[row["story"]]
        story.article_count = row["articles"]
        story.outlet_count = row["outlets"]
        story.independent_count = max(row["independent"], 1)
        story.first_article_at = row["first"]
        story.last_article_at = row["last"]
    Story.objects.bulk_update(
        stories.values(),
        [
            "article_count",
            "outlet_count",
            "independent_count",
            "first_article_at",
            "last_article_at",
        ],
    )
