"""Settle stories: store what the second look moved."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict
from typing import Any

from django.db.models import Q

from patriot.lib.bulk import copy_rows, reserve_ids, update_rows
from reports.domain.regrouping import Bounds, Move, settle
from reports.models import Membership, Story
from reports.pipeline.apart import kept_apart
from reports.pipeline.open_stories import OpenStories, title_of
from sources.models import Article

# Ids that are reserved at a time: few stories begin by being split off.
RESERVED = 4


def settle_stories(opened: OpenStories, story_ids: Iterable[int]) -> set[int]:
    """Look again at stories and store the moves; return the stories that lost or won articles.

    Only within `changing_stories`. The caller counts the stories anew.
    """
    asked = sorted(story_ids)
    if not asked:
        return set()
    moves = settle(opened.index, asked, new_ids=_new_ids(), bounds=_bounds(opened))
    opened.unsettled -= set(asked)
    if not moves:
        return set()
    _begin(moves)
    _store(moves)
    _point_to_heirs(moves, opened)
    changed = {move.from_story for move in moves} | {move.to_story for move in moves}
    _mark_copies(opened, changed)
    return changed


def _bounds(opened: OpenStories) -> Bounds:
    """Return what editors decided about the stories of a newsroom."""
    marked = Story.objects.filter(newsroom=opened.newsroom).open_since(opened.since)
    lasting = marked.filter(Q(is_pinned=True) | Q(is_muted=True)).values_list("pk", flat=True)
    apart = kept_apart(opened.newsroom)
    return Bounds(fixed=opened.fixed, apart=apart, lasting=frozenset(lasting))


def _new_ids() -> Iterator[int]:
    while True:
        yield from reserve_ids(Story, RESERVED)


def _begin(moves: Sequence[Move]) -> None:
    """Store the stories that begin: each has the title of its earliest article."""
    targets = {move.to_story for move in moves}
    new = targets - set(Story.objects.filter(pk__in=targets).values_list("pk", flat=True))
    articles = (
        Article.objects.filter(pk__in=[move.item_id for move in moves if move.to_story in new])
        .select_related("source")
        .only("title", "text", "language", "published_at", "source__newsroom")
        .order_by("published_at", "pk")
    )
    first: dict[int, Article] = {}
    story_of = {move.item_id: move.to_story for move in moves}
    for article in articles:
        first.setdefault(story_of[article.pk], article)
    copy_rows(
        Story,
        ("id", "title", "newsroom", "language", "first_article_at", "last_article_at"),
        [_row(story_id, article) for story_id, article in sorted(first.items())],
    )


def _row(story_id: int, article: Article) -> tuple[Any, ...]:
    at = article.published_at
    return (story_id, title_of(article), article.source.newsroom, article.language, at, at)


def _store(moves: Sequence[Move]) -> None:
    update_rows(
        Membership,
        ("article_id", "story_id", "similarity", "why"),
        [(move.item_id, move.to_story, move.similarity, asdict(move.why)) for move in moves],
    )


def _point_to_heirs(moves: Sequence[Move], opened: OpenStories) -> None:
    """Let a story that lost all its articles say where most of them went."""
    heirs: dict[int, Counter[int]] = {}
    for move in moves:
        if move.from_story not in opened.index.groups:
            heirs.setdefault(move.from_story, Counter())[move.to_story] += 1
    for story_id, targets in heirs.items():
        heir, _ = min(targets.items(), key=lambda pair: (-pair[1], pair[0]))
        Story.objects.filter(pk=story_id).update(merged_into=heir)


def _mark_copies(opened: OpenStories, story_ids: set[int]) -> None:
    """Find anew, within these stories, which articles repeat an earlier one of another family."""
    known = opened.index.groups.keys() & story_ids
    found = {
        article_id: original
        for story_id in sorted(known)
        for article_id, original in opened.index.copies_in(story_id).items()
    }
    stored = dict(Membership.objects.filter(story__in=story_ids).values_list("article", "copy_of"))
    update_rows(
        Membership,
        ("article_id", "copy_of_id"),
        [
            (article_id, original)
            for article_id, original in found.items()
            if article_id in stored and stored[article_id] != original
        ],
    )
