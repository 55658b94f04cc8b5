"""What editors can decide about stories on the desk, each act in the words of its pages."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from django import forms
from django.db import transaction

from patriot.accounts.models import User
from reports.models import Decision, Story
from reports.pipeline import deciding
from reports.pipeline.deciding import NotDecided, called

Decide = Callable[[str], Sequence[Decision]]
"""Does an act, with the editor's note. Raises NotDecided."""


@dataclass(frozen=True, slots=True)
class Act:
    """One thing that an editor can decide."""

    name: str
    """Part of its address, and of the action of the list."""
    label: str
    means: str
    """What follows from it, above the question whether to do it."""


SPLIT = Act(
    "split",
    "Split into a new story",
    "The chosen articles become a story of their own. Grouping leaves them there, and does not "
    "make the two stories one again; new articles join whichever they are like.",
)
MOVE = Act(
    "move",
    "Move to another story",
    "Grouping leaves the chosen articles where you put them, and does not make the two stories "
    "one.",
)
MERGE = Act(
    "merge",
    "Merge stories",
    "All articles come together in the story that stays. The others are empty then, and their "
    "pages lead to it. Grouping does not take the articles out again.",
)
PIN = Act(
    "pin",
    "Pin",
    "It is told before all others as long as there is news in it, and grouping leaves it whole.",
)
UNPIN = Act("unpin", "Unpin", "It is ranked like any other again.")
MUTE = Act("mute", "Mute", "No report tells it, whatever comes. Its page stays.")
UNMUTE = Act("unmute", "Unmute", "Reports may tell it again.")

ACTS = {act.name: act for act in (SPLIT, MOVE, MERGE, PIN, UNPIN, MUTE, UNMUTE)}
MARKS = {
    "pin": (deciding.pin, "is_pinned", True),
    "unpin": (deciding.unpin, "is_pinned", False),
    "mute": (deciding.mute, "is_muted", True),
    "unmute": (deciding.unmute, "is_muted", False),
}
"""Acts on a whole story: how it is done, and what it makes of which field."""


class NoteForm(forms.Form):
    """Why, if the editor wants to say."""

    note = forms.CharField(
        required=False,
        max_length=deciding.MAX_NOTE_CHARS,
        label="Why (for other editors)",
        widget=forms.TextInput(attrs={"size": 60}),
    )


def marks_now(story: Story) -> list[Act]:
    """Return which acts would change what a story is marked as."""
    return [ACTS[name] for name, (_, field, to) in MARKS.items() if getattr(story, field) is not to]


def mark_all(act: Act, story_ids: Sequence[int], *, author: User, now: datetime) -> Decide:
    """Return an act on several stories, of which those are passed over that are so already."""
    do, field, to = MARKS[act.name]

    def decide(note: str) -> Sequence[Decision]:
        found = Story.objects.filter(pk__in=story_ids).exclude(**{field: to}).order_by("pk")
        due = list(found.values_list("pk", flat=True))
        if not due:
            raise NotDecided(f"Nothing to do: {act.label.lower()} changes nothing about these.")
        return [do(pk, author=author, now=now, note=note) for pk in due]

    return decide


# --- Before and after ----------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Figures:
    """A story as one line of a table."""

    title: str
    marks: str
    articles: int
    outlets: int
    independent: int

    @classmethod
    def of(cls, story: Story) -> Figures:
        """Return a story's."""
        return cls(
            title=story.title,
            marks=marks_of(story),
            articles=story.article_count,
            outlets=story.outlet_count,
            independent=story.independent_count,
        )


@dataclass(frozen=True, slots=True)
class Change:
    """A story before and after an act; None where it is not there yet."""

    story_id: int
    before: Figures | None
    after: Figures


def rehearse(decide: Decide) -> list[Change]:
    """Do an act, look what it changed, and take it back. Raises NotDecided."""
    with transaction.atomic():
        decisions = decide("")
        ids = {pk for one in decisions for pk in (one.story_id, one.other_id) if pk}
        after = {pk: Figures.of(story) for pk, story in Story.objects.in_bulk(ids).items()}
        transaction.set_rollback(True)
    before = {pk: Figures.of(story) for pk, story in Story.objects.in_bulk(ids).items()}
    return [Change(pk, before.get(pk), after[pk]) for pk in sorted(after)]


def marks_of(story: Story) -> str:
    """Return such as “pinned, muted”."""
    marks = {"pinned": story.is_pinned, "muted": story.is_muted}
    return ", ".join(mark for mark, is_so in marks.items() if is_so)


# --- In words -------------------------------------------------------------------------------------


def in_words(decision: Decision) -> str:
    """Say what a decision did: “2 articles of “Flood” (story 4) split off as “Fire” (story 9)”."""
    number = len(decision.after.get("articles", {}))
    articles = f"{number} article{'' if number == 1 else 's'}"
    story = called(decision.story)
    other = called(decision.other) if decision.other else "a story that is gone"
    match decision.kind:
        case Decision.Kind.MERGE:
            return f"{other} merged into {story}: {articles}"
        case Decision.Kind.SPLIT:
            return f"{articles} of {story} split off as {other}"
        case Decision.Kind.MOVE:
            return f"{articles} moved from {other} to {story}"
        case _:
            return f"{story} {decision.get_kind_display()}"
