"""A second look at the open stories, with all that is known now: merge, move, split.

The first pass decides on an article when it arrives; the second decides again with the whole
story at hand. Its result is a list of moves of articles, each with its reason, so that it can be
applied, shown and undone like any other placement.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from reports.domain.clustering import (
    TEXT_TERMS,
    Item,
    StoryIndex,
    Why,
    between,
)
from reports.domain.halving import halves
from reports.domain.signatures import Signature
from reports.domain.vectors import unit

HEADLINES_MERGE, TEXTS_MERGE = 0.3, 0.55
"""Random halves of one story of texts have a cosine of 0.6 and more, look-alike events seldom 0.5;
parts of a story of headlines share fewer words, and rarity alone must keep others out."""

FEWEST_TO_MERGE = 3
"""The larger of two stories that merge has this many articles: two pairs know too little."""

SPLIT = 0.5
"""A story whose two halves are less alike is two stories. Only texts tell: the headlines of one
event share so few words that every story of headlines has unlike halves."""

FEWEST_TO_SPLIT = 3
"""Each half must have so many articles; fewer are outliers, which are asked one by one."""

MOVE_GAIN = 1.5
"""An article leaves its story only for one this much nearer: what stands, stands for readers."""

ROUNDS = 3
"""Merging brings articles nearer to others; after three rounds hardly anything moves."""


@dataclass(frozen=True, slots=True)
class Move:
    """That an article belongs to another story than it is in."""

    item_id: int
    from_story: int
    to_story: int
    """Negative: a new story; the same number, the same new story."""
    similarity: float
    why: Why


def regroup(members: Iterable[tuple[Item, int]]) -> list[Move]:
    """Return the moves that make stories agree with all that their articles say.

    members: the open articles, each with its story, in the order of their ids
    """
    desk = _Desk(members)
    desk.set_apart()
    for _ in range(ROUNDS):
        # All three, in this order: a wrong story must be opened before its parts find theirs.
        changed = [desk.split(), desk.merge(), desk.review()]
        if not any(changed):
            break
    return desk.moves()


class _Desk:
    """The open articles while they are looked at again."""

    def __init__(self, members: Iterable[tuple[Item, int]]) -> None:
        self._index = StoryIndex()
        self._signatures: dict[int, Signature] = {}
        self._before: dict[int, int] = {}
        self._now: dict[int, int] = {}
        for item, story_id in members:
            signature = self._index.rarity.sign(item)
            self._index.rarity.learn(signature)
            self._signatures[item.id] = signature
            self._before[item.id] = self._now[item.id] = story_id
        self._newest = min([0, *self._before.values()])
        self._places: dict[int, set[int]] = {}
        for item_id, signature in self._signatures.items():
            self._index.join(signature, self._now[item_id])
            self._places.setdefault(self._now[item_id], set()).add(item_id)

    def set_apart(self) -> None:
        """Give each round-up that shares a story one of its own."""
        for item_id, signature in self._signatures.items():
            if signature.is_round_up and len(self._places[self._now[item_id]]) > 1:
                self._newest -= 1
                self._put(item_id, self._newest)

    def split(self) -> bool:
        """Open stories of texts whose halves are unlike. Tell if there were any."""
        parted = [self._halve(story_id) for story_id in sorted(self._index.groups)]
        return any(parted)

    def _halve(self, story_id: int) -> bool:
        members = self._members(story_id)
        if len(members) < 2 * FEWEST_TO_SPLIT or self._mean_terms(members) < TEXT_TERMS:
            return False
        vectors = [unit(self._index.rarity.weights(self._signatures[i])) for i in members]
        similarity, sides = halves(vectors)
        larger = sum(sides) * 2 >= len(sides)
        leaving = [i for i, side in zip(members, sides, strict=True) if side is not larger]
        if similarity >= SPLIT or len(leaving) < FEWEST_TO_SPLIT:
            return False
        self._newest -= 1
        for item_id in leaving:
            self._put(item_id, self._newest)
        return True

    def merge(self) -> bool:
        """Join whole stories that are alike, the smaller into the larger. Tell if any were."""
        changed = False
        groups = self._index.groups
        for story_id in sorted(groups, key=lambda s: (groups[s].size, s)):
            members = self._members(story_id)
            target = self._twin(story_id, members) if members else None
            if target is not None:
                for item_id in members:
                    self._put(item_id, target)
                changed = True
        return changed

    def _twin(self, story_id: int, members: list[int]) -> int | None:
        """Return the story that this one is another beginning of, if there is one."""
        whole = self._portrait(story_id, members)
        weights = {term: w * self._index.rarity.of(term) for term, w in whole.terms.items()}
        best = None
        highest = between(self._mean_terms(members), HEADLINES_MERGE, TEXTS_MERGE)
        for other_id in self._index.candidates(whole, weights):
            other = self._index.groups[other_id]
            if other_id == story_id or other.size < max(len(members), FEWEST_TO_MERGE):
                continue
            similarity = self._index.similarity(whole, weights, other)
            if similarity > highest:
                best, highest = other_id, similarity
        return best

    def _portrait(self, story_id: int, members: list[int]) -> Signature:
        """Return a story in the shape of one of its articles, with the terms of all."""
        signatures = [self._signatures[i] for i in members]
        name_of = {term: name for member in signatures for term, name in member.name_of.items()}
        sums = self._index.groups[story_id].sums
        volume = round(self._mean_terms(members))
        return replace(signatures[-1], family="", terms=sums, name_of=name_of, volume=volume)

    def _members(self, story_id: int) -> list[int]:
        return sorted(self._places.get(story_id, ()))

    def _mean_terms(self, members: list[int]) -> float:
        return sum(self._signatures[i].volume for i in members) / len(members)

    def review(self) -> bool:
        """Ask each article again where it belongs, without its own part in its story."""
        changed = False
        for item_id, signature in self._signatures.items():
            here = self._now[item_id]
            if signature.is_round_up:
                continue
            if self._index.groups[here].size > 1 and self._reconsider(item_id, signature, here):
                changed = True
        return changed

    def _reconsider(self, item_id: int, signature: Signature, here: int) -> bool:
        weights = self._index.rarity.weights(signature)
        self._index.leave(signature, here)
        own = self._index.similarity(signature, weights, self._index.groups[here])
        there, similarity = self._index.nearest(signature, weights)
        target = here if there is None or similarity < own * MOVE_GAIN else there
        self._index.join(signature, target)
        self._note(item_id, target)
        return target != here

    def _put(self, item_id: int, target: int) -> None:
        self._index.leave(self._signatures[item_id], self._now[item_id])
        self._index.join(self._signatures[item_id], target)
        self._note(item_id, target)

    def _note(self, item_id: int, target: int) -> None:
        self._places[self._now[item_id]].discard(item_id)
        self._places.setdefault(target, set()).add(item_id)
        self._now[item_id] = target

    def moves(self) -> list[Move]:
        """Return what changed, in the order of the articles."""
        return [
            self._move(item_id, before)
            for item_id, before in self._before.items()
            if self._now[item_id] != before
        ]

    def _move(self, item_id: int, before: int) -> Move:
        signature, now = self._signatures[item_id], self._now[item_id]
        weights = self._index.rarity.weights(signature)
        group = self._index.groups[now]
        similarity = self._index.similarity(signature, weights, group)
        return Move(item_id, before, now, similarity, self._index.why(signature, weights, group))
