"""Look at the open stories once more, with all that is known now, before a report tells them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime, timedelta

from django.db.models import Q, QuerySet

from patriot.work.models import Job
from reports.domain import copies
from reports.domain.clustering import WINDOW
from reports.domain.regrouping import Move
from reports.domain.regrouping import regroup as moves_among
from reports.models import Membership, Report, Story
from reports.pipeline.cluster import begin_story, count_articles
from reports.pipeline.open_stories import changing_stories, item_of
from reports.pipeline.window import sources_of
from sources.models import Article

# How long a report waits for the belt: less than a briefing's usual lead.
PATIENCE = timedelta(minutes=8)
A_MOMENT = timedelta(seconds=5)


def regroup(job: Job, report: Report, now: datetime) -> None:
    """Move articles to the stories where they belong, all things considered.

    First the belt must have caught up: after an outage everything is due at once, and a report
    on what was there before would tell nothing. The wait is bounded by PATIENCE.
    """
    if now < report.created_at + PATIENCE and _is_belt_behind(report, now):
        job.postpone(now + A_MOMENT)
        return
    newsroom = report.briefing.newsroom
    with changing_stories():
        members = _open_members(newsroom, since=report.window_end - WINDOW)
        moves = moves_among([(item_of(member.article), member.story_id) for member in members])
        touched = _apply(moves, newsroom)
        _mark_copies(touched)
        count_articles(touched)
        job.finish(now, output={"moves": len(moves)})


def _open_members(newsroom: str, *, since: datetime) -> QuerySet[Membership]:
    """Return the memberships of the stories that still take articles, in the order of ids."""
    return (
        Membership.objects.filter(
            story__in=Story.objects.filter(newsroom=newsroom).open_since(since)
        )
        .select_related("article__publisher")
        .order_by("article_id")
    )


def _is_belt_behind(report: Report, now: datetime) -> bool:
    """Whether sources of this report wait to be read, or articles of theirs to be placed."""
    sources = sources_of(report)
    unread = Q(leased_until__gt=now) | Q(is_enabled=True, not_before__lte=now)
    on_the_belt = Article.objects.filter(
        source__in=sources, state__in=[Article.State.NEW, Article.State.ENRICHED]
    )
    return sources.filter(unread).exists() or on_the_belt.exists()


def _apply(moves: Sequence[Move], newsroom: str) -> set[int]:
    """Move the articles; return the stories that lost or won one and still have any."""
    begun: dict[int, int] = {}
    for move in moves:
        member = Membership.objects.select_related("article").get(article=move.item_id)
        if move.to_story < 0 and move.to_story not in begun:
            begun[move.to_story] = begin_story(member.article, newsroom).pk
        member.story_id = begun.get(move.to_story, move.to_story)
        member.similarity = min(max(move.similarity, 0.0), 1.0)
        member.why = asdict(move.why)
        member.save(update_fields=["story", "similarity", "why"])
    touched = {move.from_story for move in moves}
    touched |= {begun.get(move.to_story, move.to_story) for move in moves}
    empty = Story.objects.filter(pk__in=touched, memberships=None)
    gone = set(empty.values_list("pk", flat=True))
    # A story that a report has told stays, so that its links lead somewhere.
    empty.filter(sections=None).delete()
    return touched - gone


def _mark_copies(story_ids: set[int]) -> None:
    """Find anew, within these stories, which articles repeat an earlier one of another family."""
    members = (
        Membership.objects.filter(story__in=story_ids)
        .select_related("article__publisher")
        .order_by("story", "article__published_at", "article")
    )
    earlier: dict[int, list[tuple[Membership, copies.Sketch]]] = {}
    changed = []
    for member in members:
        sketch = copies.sketch(member.article.title, item_of(member.article).text)
        family = member.article.publisher.family
        original = next(
            (
                other.article_id
                for other, known in earlier.get(member.story_id, [])
                if other.article.publisher.family != family and copies.is_copy(sketch, known)
            ),
            None,
        )
        if original != member.copy_of_id:
            member.copy_of_id = original
            changed.append(member)
        earlier.setdefault(member.story_id, []).append((member, sketch))
    Membership.objects.bulk_update(changed, ["copy_of"])
