"""What an editor points at as evidence on the page that edits a draft: boxes beside sentences.

A box is named for the sentence that it belongs to and for the exact place of its words, so that
the page's one form carries it through every answer, with or without a script.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from patriot.lib.text import one_line
from reports.domain.grounding import MAX_EVIDENCE
from reports.models import Section
from reports.pipeline.editing import Pick
from reports.pipeline.picking import MAX_LOOK_CHARS, offer_for, picked
from sources.models import Passage

# Of a sentence that is there, its thread; of one that is added, “new-” and its story.
_BOX = re.compile(r"pick-((?:new-)?[0-9]{1,18})-([0-9]{1,18})-([0-9]{1,6})-([0-9]{1,6})")


@dataclass(frozen=True, slots=True)
class PickLine:
    """Words with a box beside them."""

    name: str
    words: str
    passage: Passage


@dataclass(frozen=True, slots=True)
class PickPassage:
    """A passage with the boxes of its sentences."""

    passage: Passage
    lines: tuple[PickLine, ...]


@dataclass(frozen=True, slots=True)
class Picker:
    """What is shown to pick from for one sentence."""

    owner: str
    look: str
    """The words that were looked for; empty for those of the sentence itself."""
    passages: tuple[PickPassage, ...]
    total: int

    @property
    def more(self) -> int:
        """How many passages are not shown."""
        return self.total - len(self.passages)


def picks_in(sent: Iterable[str]) -> dict[str, tuple[Pick, ...]]:
    """Return what was picked, by owner: one more than a sentence may have, and no more."""
    found: dict[str, list[Pick]] = defaultdict(list)
    for name in sent:
        if box := _BOX.fullmatch(name):
            owner, *place = box.groups()
            if len(found[owner]) <= MAX_EVIDENCE:
                found[owner].append(Pick(*map(int, place)))
    return {owner: tuple(picks) for owner, picks in found.items()}


def lines_of(picks: Mapping[str, tuple[Pick, ...]]) -> dict[str, tuple[PickLine, ...]]:
    """Return what was picked as it is shown; in one query, none if nothing was."""
    found = picked(pick for several in picks.values() for pick in several)
    return {
        owner: tuple(
            _line(owner, pick, there.words, there.passage)
            for pick in several
            if (there := found.get(pick))
        )
        for owner, several in picks.items()
    }


def picker_for(
    section: Section, owner: str, *, look: str, words: str, chosen: Iterable[Pick]
) -> Picker:
    """Return what can be picked for a sentence of this section beside what is chosen.

    look:  what the editor looks for, if anything
    words: the sentence itself
    """
    look = one_line(look, max_chars=MAX_LOOK_CHARS)
    offer = offer_for(section, look or words)
    taken = frozenset(chosen)
    passages = tuple(
        PickPassage(
            each.passage,
            tuple(
                _line(owner, one.pick, one.words, each.passage)
                for one in each.sentences
                if one.pick not in taken
            ),
        )
        for each in offer.passages
    )
    return Picker(owner, look, passages, offer.total)


def _line(owner: str, pick: Pick, words: str, passage: Passage) -> PickLine:
    name = f"pick-{owner}-{pick.passage_id}-{pick.start}-{pick.end}"
    return PickLine(name, words, passage)
