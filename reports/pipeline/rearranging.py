"""Make stories agree with articles that were just moved between them: counts, copies, heirs."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from itertools import islice

from django.db.models import Exists, OuterRef

from patriot.lib.bulk import update_rows
from patriot.work.looks import enqueue
from reports.domain.clustering import StoryIndex
from reports.domain.packing import OtherForm, unpack
from reports.models import Membership, Story
from reports.pipeline.cluster import count_articles
from reports.pipeline.open_stories import item_of

# A larger story keeps its marks of copies: to compare all of it takes an editor's request too long.
MAX_COMPARED = 1_500


Moved = Mapping[int, tuple[int, int]]
"""Articles, each with the story that it left and the one that it is in."""


def rearrange(moved: Moved) -> None:
    """Bring stories up to date after articles went back to where they had been.

    The caller holds the lock on stories.
    """
    if moved:
        _settle(moved)


def rearrange_and_measure(moved: Moved) -> None:
    """Bring stories up to date after articles were moved, and say how alike these are to them."""
    if moved:
        _measure(_settle(moved), moved)


def _settle(moved: Moved) -> StoryIndex:
    story_ids = {story_id for pair in moved.values() for story_id in pair}
    index = index_of(story_ids)
    _mark_copies(index, story_ids)
    count_articles(story_ids)
    _name_heirs(story_ids, moved)
    enqueue("reports.tasks.describe", sorted(story_ids))
    return index


def index_of(story_ids: Collection[int]) -> StoryIndex:
    """Return an index that knows these stories alone."""
    index = StoryIndex()
    members = (
        Membership.objects.filter(story__in=story_ids)
        .order_by("article__published_at", "article_id")
        .values_list("article_id", "story_id", "signature")
    )
    unreadable = {}
    for article_id, story_id, stored in islice(members.iterator(), MAX_COMPARED):
        packed = bytes(stored or b"")
        try:
            index.add(unpack(packed), story_id, packed=packed)
        except OtherForm:
            unreadable[article_id] = story_id
    _sign_anew(index, unreadable)
    return index


def _sign_anew(index: StoryIndex, unreadable: Mapping[int, int]) -> None:
    members = (
        Membership.objects.filter(article__in=unreadable)
        .select_related("article__publisher")
        .defer("article__html")
        .order_by("article__published_at", "article_id")
    )
    for member in members:
        index.add(index.sign(item_of(member.article)), unreadable[member.article_id])


def _mark_copies(index: StoryIndex, story_ids: Collection[int]) -> None:
    """Find anew, within these stories, which articles repeat an earlier one of another family."""
    found = {
        article_id: original
        for story_id in sorted(index.groups.keys() & story_ids)
        for article_id, original in index.copies_in(story_id).items()
    }
    stored = Membership.objects.filter(article__in=found).values_list("article", "copy_of")
    changed = [(pk, found[pk]) for pk, original in stored if found[pk] != original]
    update_rows(Membership, ("article_id", "copy_of_id"), changed)


def _measure(index: StoryIndex, moved: Iterable[int]) -> None:
    """Store how alike each moved article and the others of its story are; 1 where it is alone."""
    rows = []
    for article_id in moved:
        story_id = index.story_of(article_id)
        if story_id is None:
            continue
        signature = index.signature_of(article_id)
        index.leave(signature)
        others = index.groups.get(story_id)
        alike = index.similarity(index.rarity.weigh(signature), others) if others else 1.0
        index.come_back(signature, story_id)
        rows.append((article_id, min(max(alike, 0.0), 1.0)))
    update_rows(Membership, ("article_id", "similarity"), rows)


def _name_heirs(story_ids: Collection[int], moved: Moved) -> None:
    """Let stories that were emptied say where most of their articles went, and no other."""
    alive = Exists(Membership.objects.filter(story=OuterRef("pk")))
    stories = Story.objects.filter(pk__in=story_ids)
    stories.filter(alive, merged_into__isnull=False).update(merged_into=None)
    for story_id in stories.filter(~alive).values_list("pk", flat=True):
        went = Counter(to for left, to in moved.values() if left == story_id)
        if went:
            heir, _ = min(went.items(), key=lambda pair: (-pair[1], pair[0]))
            Story.objects.filter(pk=story_id).update(merged_into=heir)
