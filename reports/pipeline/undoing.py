"""Undo an editor's decision: put back what it changed, as far as that still stands.

Decisions may be undone in any order. What a later one changed again is left to that one: when it
is undone too, everything is where it would be had neither been made.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from patriot.accounts.models import User
from patriot.lib.bulk import update_rows
from reports.models import Decision, Membership, Story
from reports.pipeline.deciding import NotDecided, called, deciding, has_headline
from reports.pipeline.rearranging import rearrange

MAX_NAMED = 3
SHOWN_CHARS = 80

FLAGS = {"is_pinned": "pinned", "is_muted": "muted"}


@dataclass(frozen=True, slots=True)
class Undone:
    """What became of a decision that was undone."""

    decision: Decision
    returned: int
    """Articles that were put back."""
    left: tuple[str, ...]
    """What was left as it is, and why: a sentence each."""


@dataclass(frozen=True, slots=True)
class _Place:
    """Where an article was, and how."""

    story_id: int
    decision_id: int | None
    why: dict[str, Any]
    similarity: float


def undo(decision_id: int, *, author: User, now: datetime) -> Undone:
    """Put back what a decision changed and still stands. Raises NotDecided."""
    with deciding():
        decision = _standing(decision_id)
        decision.undone_by, decision.undone_at = author, now
        decision.save(update_fields=["undone_by", "undone_at"])
        returned, left = _put_articles_back(decision)
        left += _put_fields_back(decision)
    return Undone(decision, returned, tuple(left))


def _standing(decision_id: int) -> Decision:
    decision = (
        Decision.objects.select_for_update(of=("self",))
        .select_related("undone_by")
        .filter(pk=decision_id)
        .first()
    )
    if decision is None:
        raise NotDecided("There is no such decision any more.")
    if decision.undone_at:
        who = decision.undone_by.get_username() if decision.undone_by else "somebody"
        raise NotDecided(f"{who} has undone this already, on {decision.undone_at:%-d %B %Y}.")
    return decision


# --- Articles -----------------------------------------------------------------------------------


def _put_articles_back(decision: Decision) -> tuple[int, list[str]]:
    """Return articles to where they were; tell how many, and of the others why not."""
    put = {int(pk): story for pk, story in decision.after.get("articles", {}).items()}
    members = _members(put)
    ours = [m for m in members if m.decision_id == decision.pk and m.story_id == put[m.article_id]]
    places = _places_before(decision, [member.article_id for member in ours])
    alive = set(
        Story.objects.filter(pk__in={place.story_id for place in places.values()}).values_list(
            "pk", flat=True
        )
    )
    homeless = [m for m in ours if places[m.article_id].story_id not in alive]
    back = [m for m in ours if places[m.article_id].story_id in alive]
    # An editor's word holds them no longer: grouping may decide on them.
    Membership.objects.filter(pk__in=[m.pk for m in homeless]).update(decision=None)
    _store(back, places)
    moved = [member for member in members if member not in ours]
    left = [
        *_named(moved, "{} was moved again since, and stays.", "{} were moved again, and stay."),
        *_named(homeless, "The story of {} is gone: it stays.", "The story of {} is gone."),
    ]
    if gone := len(put) - len(members):
        left.append("One article is gone." if gone == 1 else f"{gone} articles are gone.")
    return len(back), left


def _members(article_ids: Collection[int]) -> list[Membership]:
    return list(
        Membership.objects.filter(article__in=article_ids)
        .select_related("article")
        .only("story", "decision", "article", "article__title")
        .order_by("article_id")
    )


def _store(members: Sequence[Membership], places: Mapping[int, _Place]) -> None:
    rows = [
        (pk, place.story_id, place.decision_id, place.why, place.similarity)
        for pk, place in ((member.article_id, places[member.article_id]) for member in members)
    ]
    columns = ("article_id", "story_id", "decision_id", "why", "similarity")
    moved = {m.article_id: (m.story_id, places[m.article_id].story_id) for m in members}
    update_rows(Membership, columns, rows)
    rearrange(moved)


def _places_before(decision: Decision, article_ids: Sequence[int]) -> dict[int, _Place]:
    """Return where articles were before a decision, as if those undone had never been made."""
    known: dict[int, Decision | None] = {}
    places = {}
    for pk in article_ids:
        place = _place_before(decision, pk)
        while place.decision_id is not None:
            if place.decision_id not in known:
                known[place.decision_id] = Decision.objects.filter(pk=place.decision_id).first()
            earlier = known[place.decision_id]
            if earlier is None:
                # It went with its story, and holds nothing any longer.
                place = replace(place, decision_id=None)
            elif not earlier.undone_at:
                break
            else:
                place = _place_before(earlier, pk)
        places[pk] = place
    return places


def _place_before(decision: Decision, article_id: int) -> _Place:
    key = str(article_id)
    placed = decision.before["placed"][key]
    return _Place(
        story_id=decision.before["articles"][key],
        decision_id=placed["decision"],
        why=placed["why"],
        similarity=placed["similarity"],
    )


def _named(members: Sequence[Membership], one: str, several: str) -> list[str]:
    """Return a sentence on these articles, if there are any, that names the first of them."""
    if not members:
        return []
    titles = [f"“{m.article.title[:SHOWN_CHARS]}”" for m in members[:MAX_NAMED]]
    if len(members) > MAX_NAMED:
        titles.append(f"{len(members) - MAX_NAMED} more")
    listed = " and ".join(filter(None, [", ".join(titles[:-1]), titles[-1]]))
    return [(one if len(members) == 1 else several).format(listed)]


# --- Fields -------------------------------------------------------------------------------------


def _put_fields_back(decision: Decision) -> list[str]:
    """Return titles, pins and mutes to what they were; tell of those that were left."""
    left = []
    fields = decision.after.get("fields", {})
    stories = Story.objects.in_bulk([int(pk) for pk in fields])
    for pk, values in fields.items():
        story = stories.get(int(pk))
        if story is None:
            continue
        others = _others_on(story, decision)
        for name, value in values.items():
            left += _put_field_back(decision, story, name, value, others)
    return left


def _others_on(story: Story, decision: Decision) -> list[Decision]:
    """Return the other decisions that changed a story's fields, oldest first."""
    changed = Decision.objects.filter(after__fields__has_key=str(story.pk)).exclude(pk=decision.pk)
    return list(changed.order_by("pk"))


def _put_field_back(
    decision: Decision, story: Story, name: str, value: Any, others: Sequence[Decision]
) -> list[str]:
    key = str(story.pk)
    touching = [other for other in others if name in other.after["fields"][key]]
    later = [other for other in touching if other.pk > decision.pk and not other.undone_at]
    if later or getattr(story, name) != value:
        again = f"Whether {called(story)} is {FLAGS.get(name)} was decided again since."
        return [again] if name in FLAGS else []
    before = decision.before["fields"][key][name]
    for other in reversed([other for other in touching if other.pk < decision.pk]):
        if not other.undone_at:
            break
        before = other.before["fields"][key][name]
    if name == "title" and not _is_a_headline_of(story, before):
        return []
    setattr(story, name, before)
    story.save(update_fields=[name])
    return []


def _is_a_headline_of(story: Story, title: str) -> bool:
    """Tell whether one of a story's articles has this headline."""
    named = Story(title=title)
    members = Membership.objects.filter(story=story, article__title__startswith=title[:SHOWN_CHARS])
    members = members.select_related("article").only("article", "article__title")
    return any(has_headline(member.article, named) for member in members)
