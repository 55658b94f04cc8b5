"""Editors decide on stories: merge, split, move articles, pin and mute; all of it can be undone.

Each act is one transaction under the lock on stories, and leaves a Decision that says what was
before and what is after. Grouping leaves articles where an editor put them.

Errors:

* NotDecided        the act cannot be done as things stand, and nothing changed: show the sentence
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import transaction

from patriot.accounts.models import User
from patriot.lib.bulk import update_rows
from patriot.lib.text import clean_text
from reports.domain.reasons import DECIDED
from reports.models import Decision, Membership, Story
from reports.pipeline.apart import kept_apart
from reports.pipeline.cluster import begin_story, lock_stories
from reports.pipeline.rearranging import rearrange_and_measure
from sources.models import Article

__all__ = [
    "MAX_ARTICLES",
    "NotDecided",
    "kept_apart",
    "merge",
    "move",
    "mute",
    "pin",
    "split",
    "unmute",
    "unpin",
]

MAX_ARTICLES = 500
"""So many articles change their story in one act, at most."""

MAX_NOTE_CHARS = 300
TITLE_CHARS = 200
SHOWN_CHARS = 80

Kind = Decision.Kind

ALREADY = {
    Kind.PIN: "is pinned already",
    Kind.UNPIN: "is not pinned",
    Kind.MUTE: "is muted already",
    Kind.UNMUTE: "is not muted",
}


class NotDecided(Exception):
    """The act cannot be done as things stand. The message says why; nothing changed."""


@dataclass(frozen=True, slots=True)
class _By:
    """Who decides, when and why."""

    author: User
    now: datetime
    note: str


# --- Acts on articles -------------------------------------------------------------------------


def merge(
    into: int, others: Sequence[int], *, author: User, now: datetime, note: str = ""
) -> list[Decision]:
    """Move all articles of other stories into one; return a decision for each of the others.

    The story that stays keeps its title, and gets a pin that one of the others had. The others
    are empty then and point to it. Raises NotDecided.
    """
    asked = list(dict.fromkeys(others))
    if not asked:
        raise NotDecided("Choose another story to merge with.")
    with deciding():
        stories = _standing([into, *asked])
        if into in asked:
            raise NotDecided("A story cannot be merged with itself.")
        members = {pk: _members(pk) for pk in asked}
        _check_number(sum(map(len, members.values())))
        decisions = []
        for pk in asked:
            decision = _decision(Kind.MERGE, stories[into], stories[pk], _By(author, now, note))
            _relocate(decision, members[pk], into)
            if stories[pk].is_pinned and not (stories[into].is_pinned or stories[into].is_muted):
                _set_fields(decision, stories[into], is_pinned=True)
            decision.save()
            decisions.append(decision)
        moved = [member for found in members.values() for member in found]
        rearrange_and_measure({m.article_id: (m.story_id, into) for m in moved})
    return decisions


def split(
    story_id: int, article_ids: Collection[int], *, author: User, now: datetime, note: str = ""
) -> Decision:
    """Make a story of its own of some of a story's articles; return the decision.

    The new story has the headline of its earliest article that repeats no other. Raises NotDecided.
    """
    with deciding():
        story = _standing([story_id])[story_id]
        chosen, staying = _chosen(story, article_ids)
        if not staying:
            raise NotDecided("These are all of its articles: leave at least one in the story.")
        new = _begin(chosen, story)
        decision = _decision(Kind.SPLIT, story, new, _By(author, now, note))
        _relocate(decision, chosen, new.pk)
        _retitle(decision, story, chosen, staying)
        decision.save()
        rearrange_and_measure({m.article_id: (story_id, new.pk) for m in chosen})
    return decision


def move(
    article_ids: Collection[int],
    *,
    from_story: int,
    to_story: int,
    author: User,
    now: datetime,
    note: str = "",
) -> Decision:
    """Move some of a story's articles to another one; return the decision. Raises NotDecided."""
    with deciding():
        if from_story == to_story:
            raise NotDecided("The articles are in this story already.")
        stories = _standing([from_story, to_story])
        story, target = stories[from_story], stories[to_story]
        chosen, staying = _chosen(story, article_ids)
        if not staying:
            raise NotDecided("These are all of its articles: merge the two stories instead.")
        decision = _decision(Kind.MOVE, target, story, _By(author, now, note))
        _relocate(decision, chosen, to_story)
        _retitle(decision, story, chosen, staying)
        decision.save()
        rearrange_and_measure({m.article_id: (from_story, to_story) for m in chosen})
    return decision


# --- Acts on stories --------------------------------------------------------------------------


def pin(story_id: int, *, author: User, now: datetime, note: str = "") -> Decision:
    """Have a story told before all others. Raises NotDecided."""
    return _mark(Kind.PIN, story_id, {"is_pinned": True}, _By(author, now, note))


def unpin(story_id: int, *, author: User, now: datetime, note: str = "") -> Decision:
    """Let a story be ranked like any other again. Raises NotDecided."""
    return _mark(Kind.UNPIN, story_id, {"is_pinned": False}, _By(author, now, note))


def mute(story_id: int, *, author: User, now: datetime, note: str = "") -> Decision:
    """Have a story told in no report. Raises NotDecided."""
    return _mark(Kind.MUTE, story_id, {"is_muted": True}, _By(author, now, note))


def unmute(story_id: int, *, author: User, now: datetime, note: str = "") -> Decision:
    """Let a story be told again. Raises NotDecided."""
    return _mark(Kind.UNMUTE, story_id, {"is_muted": False}, _By(author, now, note))


def _mark(kind: Decision.Kind, story_id: int, fields: Mapping[str, bool], by: _By) -> Decision:
    with deciding():
        story = _standing([story_id])[story_id]
        if all(getattr(story, name) == value for name, value in fields.items()):
            raise NotDecided(f"{called(story)} {ALREADY[kind]}.")
        decision = _decision(kind, story, None, by)
        _set_fields(decision, story, **fields)
        decision.save()
    return decision


# --- What they share ---------------------------------------------------------------------------


@contextmanager
def deciding() -> Iterator[None]:
    """Be the only one who changes stories, in a transaction of its own."""
    with transaction.atomic():
        lock_stories()
        yield


def called(story: Story) -> str:
    """Return what a sentence calls a story: its title, not too long, and its number."""
    title = story.title[:SHOWN_CHARS] + ("…" if len(story.title) > SHOWN_CHARS else "")
    return f"“{title}” (story {story.pk})"


def _standing(story_ids: Collection[int]) -> dict[int, Story]:
    """Return stories that have articles, all of one newsroom. Raises NotDecided."""
    found = Story.objects.select_for_update().in_bulk(story_ids)
    alive = set(Membership.objects.filter(story__in=found).values_list("story", flat=True))
    for pk in story_ids:
        if pk not in found:
            raise NotDecided(f"There is no story {pk} any more.")
        if pk not in alive:
            heir = found[pk].merged_into_id
            where = f" They are in story {heir} now." if heir else ""
            raise NotDecided(f"{called(found[pk])} has no articles any more.{where}")
    if len({story.newsroom for story in found.values()}) > 1:
        raise NotDecided("These stories are of different newsrooms, which share nothing.")
    return found


def _members(story_id: int) -> list[Membership]:
    """Return a story's memberships, oldest article first."""
    return list(
        Membership.objects.filter(story=story_id)
        .select_related("article__source")
        .defer("signature", "article__text", "article__html")
        .order_by("article__published_at", "article_id")
    )


def _chosen(
    story: Story, article_ids: Collection[int]
) -> tuple[list[Membership], list[Membership]]:
    """Return the chosen memberships of a story and the others. Raises NotDecided."""
    asked = set(article_ids)
    if not asked:
        raise NotDecided("Choose the articles first.")
    _check_number(len(asked))
    members = _members(story.pk)
    chosen = [member for member in members if member.article_id in asked]
    if gone := len(asked) - len(chosen):
        which = "One of these articles is" if gone == 1 else f"{gone} of these articles are"
        raise NotDecided(
            f"{which} not in {called(story)} any more. Nothing was changed: look at it again."
        )
    return chosen, [member for member in members if member.article_id not in asked]


def _check_number(articles: int) -> None:
    if articles > MAX_ARTICLES:
        raise NotDecided(f"These are {articles} articles; one act moves {MAX_ARTICLES} at most.")


def _decision(kind: Decision.Kind, story: Story, other: Story | None, by: _By) -> Decision:
    return Decision.objects.create(
        kind=kind,
        story=story,
        other=other,
        note=clean_text(by.note, max_chars=MAX_NOTE_CHARS),
        made_by=by.author,
        made_at=by.now,
    )


def _relocate(decision: Decision, members: Sequence[Membership], target: int) -> None:
    """Put articles into a story, and remember how they were in the one before."""
    decision.before["articles"] = {str(m.article_id): m.story_id for m in members}
    decision.before["placed"] = {
        str(m.article_id): {"why": m.why, "similarity": m.similarity, "decision": m.decision_id}
        for m in members
    }
    decision.after["articles"] = {str(m.article_id): target for m in members}
    why = {"note": DECIDED[decision.kind]}
    update_rows(
        Membership,
        ("article_id", "story_id", "decision_id", "why"),
        [(member.article_id, target, decision.pk, why) for member in members],
    )


def _set_fields(decision: Decision, story: Story, **fields: Any) -> None:
    """Change a story, and remember how it was."""
    before = {name: getattr(story, name) for name in fields}
    decision.before.setdefault("fields", {}).setdefault(str(story.pk), {}).update(before)
    decision.after.setdefault("fields", {}).setdefault(str(story.pk), {}).update(fields)
    for name, value in fields.items():
        setattr(story, name, value)
    story.save(update_fields=list(fields))


def _begin(members: Sequence[Membership], parent: Story) -> Story:
    """Begin a story with the earliest of these articles that repeats none of the others."""
    first = _first_of(members)
    return begin_story(first, parent.newsroom)


def _first_of(members: Sequence[Membership]) -> Article:
    here = {member.article_id for member in members}
    originals = [m for m in members if m.copy_of_id not in here]
    return (originals or members)[0].article


def _retitle(
    decision: Decision, story: Story, gone: Sequence[Membership], staying: Sequence[Membership]
) -> None:
    """Give a story another headline where the article that gave it one has left."""
    is_told = any(has_headline(m.article, story) for m in staying)
    if is_told or not any(has_headline(m.article, story) for m in gone):
        return
    if title := _first_of(staying).title:
        _set_fields(decision, story, title=title)


def has_headline(article: Article, story: Story) -> bool:
    """Tell whether a story has its title from an article."""
    return bool(article.title) and article.title[:TITLE_CHARS] == story.title[:TITLE_CHARS]
