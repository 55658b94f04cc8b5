"""A second look at stories, with all that is known now: split, merge, move.

The first pass decides on an article when it arrives; the second decides again with the whole
story at hand. Its result is a list of moves of articles, each with its reason, so that it can be
applied, shown and undone like any other placement.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, field, replace

from reports.domain.clustering import (
    Group,
    StoryIndex,
    Why,
    between,
    by_length,
    handles,
)
from reports.domain.copies import is_copy
from reports.domain.halving import halves, likeness
from reports.domain.rarity import Weighed
from reports.domain.signatures import Signature
from reports.domain.vectors import Vector, unit

HEADLINES_MERGE, TEXTS_MERGE = 0.2, 0.55
"""Random halves of one story of texts have a cosine of 0.6 and more, look-alike events seldom 0.5;
parts of a story of headlines share fewer words, and rarity alone must keep others out."""

FEWEST_TO_MERGE = 2
"""The larger of two stories that merge has this many articles: two single ones know too little."""

SPLIT_OF_FEW, SPLIT_OF_MANY = 0.74, 0.6
"""A story whose articles are less alike across its two halves, against those within, is two
stories. The more articles, the more ways to divide them and the more stages of one event, so the
less likeness is asked of them. Only texts tell: the headlines of one event share so few words that
every story of headlines has unlike halves."""

TERMS_TO_SPLIT = 25
"""So many different terms have the texts that tell, on average."""

FEW, MANY = 6, 16
"""So many articles are few, many; between them what is asked falls steadily."""

SPLIT_OF_YEARS = 0.85
"""The same, where most of one half names a year that the other does not know."""

YEAR_OF_MOST, YEAR_OF_FEW = 0.5, 0.1
"""The share of a half that names a year, and of the half that does not."""

_YEAR = re.compile(r"(?:19|20)[0-9]{2}")

LARGEST = 300
"""A story of more articles is only joined by others: all that tell an event so widely reported
agree on it, and to ask each again would take seconds."""

FEWEST_TO_SPLIT = 3
"""Each half must have so many articles; fewer are outliers, which are asked one by one."""

MOVE_GAIN = 1.25
"""An article leaves its story only for one this much nearer: what stands, stands for readers."""

ROUNDS = 6
"""Merging brings articles nearer to others; mostly nothing moves any more after three rounds."""


FIRST_LOOK = 3
"""Articles that a story has when it is looked at for the first time; before a report all are."""

GROWTH = 1.5
"""A story is looked at again whenever it has grown by this factor: its articles are asked a few
times in all, however many there will be."""


@dataclass(frozen=True, slots=True)
class Move:
    """That an article belongs to another story than it was in."""

    item_id: int
    from_story: int
    to_story: int
    similarity: float
    why: Why


@dataclass(frozen=True, slots=True)
class Bounds:
    """What editors decided, which stays."""

    fixed: Collection[int] = frozenset()
    """Articles that stay where they are."""
    apart: Collection[frozenset[int]] = frozenset()
    """Pairs of stories that are not made one, neither at once nor article by article."""
    lasting: Collection[int] = frozenset()
    """Stories that are not joined to another one: they were pinned or muted."""


@dataclass(slots=True)
class _Desk:
    """Some stories of an index while they are looked at again."""

    index: StoryIndex
    stories: set[int]
    """Those looked at; one that wins an article becomes one of them."""
    new_ids: Iterator[int]
    bounds: Bounds
    before: dict[int, int] = field(default_factory=dict)
    """The articles that were moved, each with its story at the beginning."""
    signatures: dict[int, Signature] = field(default_factory=dict)


def grew_enough(before: int, after: int) -> bool:
    """Tell whether a story of so many articles is to be looked at again.

    It depends on the two numbers alone, so every worker says the same.
    """
    step = 2.0
    while step <= before:
        step *= GROWTH
    return after >= max(step, FIRST_LOOK)


def settle(
    index: StoryIndex,
    story_ids: Iterable[int],
    *,
    new_ids: Iterator[int],
    bounds: Bounds | None = None,
) -> list[Move]:
    """Make stories agree with all that their articles say, in the index; return what moved.

    story_ids: the stories to look at; those that are like them are looked at too
    new_ids:   the ids of stories that begin
    """
    desk = _Desk(index, set(story_ids) & index.groups.keys(), new_ids, bounds or Bounds())
    _set_apart(desk)
    for _ in range(ROUNDS):
        # All three, in this order: a wrong story must be opened before its parts find theirs.
        changed = [_split(desk), _merge(desk), _review(desk)]
        if not any(changed):
            break
    return _moves(desk)


# --- Open ------------------------------------------------------------------------------------


def _set_apart(desk: _Desk) -> None:
    """Give each round-up that shares a story one of its own."""
    for story_id in sorted(desk.stories):
        for item_id in _members(desk, story_id):
            is_alone = len(desk.index.groups[story_id].articles) == 1
            if _signature(desk, item_id).is_round_up and not is_alone and _is_free(desk, item_id):
                _put(desk, item_id, next(desk.new_ids))


def _split(desk: _Desk) -> bool:
    """Open stories of texts whose halves are unlike. Tell if there were any."""
    parted = [_halve(desk, story_id) for story_id in sorted(desk.stories)]
    return any(parted)


def _halve(desk: _Desk, story_id: int) -> bool:
    members = _members(desk, story_id)
    if not _may_part(desk, members):
        return False
    texts = _by_text(desk, members)
    if len(texts) < 2 * FEWEST_TO_SPLIT:
        texts = {item_id: [item_id] for item_id in members}
    alike, sides = halves(_vectors(desk, texts), fewest=FEWEST_TO_SPLIT)
    some = [item_id for item_id, is_first in zip(texts, sides, strict=True) if is_first]
    others = [item_id for item_id, is_first in zip(texts, sides, strict=True) if not is_first]
    if not others or not _are_two(desk, alike, some, others):
        return False
    new_id = next(desk.new_ids)
    for original in min(some, others, key=len):
        for item_id in texts[original]:
            _put(desk, item_id, new_id)
    return True


def _may_part(desk: _Desk, members: list[int]) -> bool:
    """Tell whether a story is large enough to be two, of texts, and left alone by editors."""
    return (
        2 * FEWEST_TO_SPLIT <= len(members) <= LARGEST
        and _mean_volume(desk, members) >= TERMS_TO_SPLIT
        and all(_is_free(desk, item_id) for item_id in members)
    )


def _by_text(desk: _Desk, members: list[int]) -> dict[int, list[int]]:
    """Return the articles that repeat nothing, each with itself and those that repeat it.

    Three copies of one text say no more than one, and look like a story of their own.
    """
    found: dict[int, list[int]] = {}
    by_run: dict[int, int] = {}
    for item_id in members:
        sketch = _signature(desk, item_id).sketch
        near = dict.fromkeys(by_run[run] for run in handles(sketch) if run in by_run)
        copied = (i for i in near if is_copy(sketch, _signature(desk, i).sketch))
        original = next(copied, item_id)
        found.setdefault(original, []).append(item_id)
        for run in handles(sketch):
            by_run.setdefault(run, original)
    return found


def _are_two(desk: _Desk, alike: float, some: list[int], others: list[int]) -> bool:
    """Tell whether articles so little alike across two groups tell of two events."""
    if alike < between(len(some) + len(others), (FEW, SPLIT_OF_FEW), (MANY, SPLIT_OF_MANY)):
        return True
    return alike < SPLIT_OF_YEARS and _tell_years_apart(desk, some, others)


def _tell_years_apart(desk: _Desk, some: list[int], others: list[int]) -> bool:
    """Tell whether most of either half names a year that hardly any of the other does."""
    shares = [_years_of(desk, some), _years_of(desk, others)]
    return any(
        share >= YEAR_OF_MOST and there.get(year, 0.0) <= YEAR_OF_FEW
        for here, there in (shares, shares[::-1])
        for year, share in here.items()
    )


def _years_of(desk: _Desk, members: list[int]) -> dict[str, float]:
    """Return the latest years that articles name, each with the share of articles that do."""
    latest = (max(filter(_YEAR.fullmatch, _signature(desk, i).terms), default="") for i in members)
    named = Counter(filter(None, latest))
    return {year: uses / len(members) for year, uses in named.items()}


# --- Make one --------------------------------------------------------------------------------


def _merge(desk: _Desk) -> bool:
    """Join whole stories that are alike, the smaller into the larger. Tell if any were."""
    groups, changed = desk.index.groups, False
    for story_id in sorted(desk.stories, key=lambda s: (groups[s].size if s in groups else 0, s)):
        if story_id not in groups:
            continue
        for smaller, larger in _pairs(desk, story_id):
            if smaller in groups and larger in groups and _twin(desk, smaller) == larger:
                _join(desk, smaller, larger)
                changed = True
    return changed


def _pairs(desk: _Desk, story_id: int) -> list[tuple[int, int]]:
    """Return a story beside those like it: as the smaller one first, then as the larger."""
    size = desk.index.groups[story_id].size
    twin = _twin(desk, story_id)
    up = [(story_id, twin)] if twin is not None else []
    near = desk.index.candidates(_portrait(desk, story_id)) if size >= FEWEST_TO_MERGE else []
    smaller = (s for s in near if s not in desk.stories and desk.index.groups[s].size < size)
    return up + [(other, story_id) for other in smaller]


def _twin(desk: _Desk, story_id: int) -> int | None:
    """Return the story that this one is another beginning of, if there is one."""
    members = _members(desk, story_id)
    if story_id in desk.bounds.lasting or not all(_is_free(desk, item) for item in members):
        return None
    whole = _portrait(desk, story_id)
    best = None
    highest = by_length(whole.signature.volume, HEADLINES_MERGE, TEXTS_MERGE)
    for other_id in desk.index.candidates(whole):
        other = desk.index.groups[other_id]
        if other.size < max(len(members), FEWEST_TO_MERGE) or other_id == story_id:
            continue
        similarity = desk.index.similarity(whole, other)
        if similarity > highest and _may_be_one(desk, story_id, other_id):
            best, highest = other_id, similarity
    return best


def _may_be_one(desk: _Desk, story_id: int, other_id: int) -> bool:
    """Tell whether no editor parted two stories, and they would not be opened again as one."""
    if _are_apart(desk, story_id, other_id):
        return False
    some, others = _members(desk, story_id), _members(desk, other_id)
    sizes = sorted((len(some), len(others)))
    if sizes[0] < 2 or sizes[1] > LARGEST:
        return True
    if _mean_volume(desk, some + others) < TERMS_TO_SPLIT:
        return True
    here, there = (list(_by_text(desk, members)) for members in (some, others))
    alike = likeness(_vectors(desk, here), _vectors(desk, there))
    return not _are_two(desk, alike, here, there)


def _portrait(desk: _Desk, story_id: int) -> Weighed:
    """Return a story in the shape of one of its articles, with the terms of all."""
    members = _members(desk, story_id)[-LARGEST:]
    signatures = [_signature(desk, item_id) for item_id in members]
    name_of = {term: name for member in signatures for term, name in member.name_of.items()}
    sums = dict(desk.index.groups[story_id].sums)
    volume = round(_mean_volume(desk, members))
    whole = replace(signatures[-1], family="", terms=sums, name_of=name_of, volume=volume)
    return desk.index.rarity.weigh(whole)


def _join(desk: _Desk, smaller: int, larger: int) -> None:
    for item_id in _members(desk, smaller):
        _put(desk, item_id, larger)


# --- Ask each article ------------------------------------------------------------------------


def _review(desk: _Desk) -> bool:
    """Ask each article again where it belongs, without its own part in its story."""
    groups = desk.index.groups
    small = [s for s in desk.stories & groups.keys() if groups[s].size <= LARGEST]
    asked = sorted(i for s in small for i in groups[s].articles)
    changed = [_reconsider(desk, item_id) for item_id in asked]
    return any(changed)


def _reconsider(desk: _Desk, item_id: int) -> bool:
    index, signature = desk.index, _signature(desk, item_id)
    here = _story_of(desk, item_id)
    if index.groups[here].size < 2 or signature.is_round_up or not _is_free(desk, item_id):
        return False
    index.leave(signature)
    weighed = index.rarity.weigh(signature)
    own = index.similarity(weighed, index.groups[here])
    # Articles that went over one by one would undo what an editor parted.
    open_to_it = [s for s in index.candidates(weighed) if not _are_apart(desk, here, s)]
    there, similarity = index.nearest(weighed, open_to_it)
    target = here if there is None or similarity < own * MOVE_GAIN else there
    index.come_back(signature, target)
    if target != here:
        _note(desk, item_id, here, target)
    return target != here


# --- What they all need ----------------------------------------------------------------------


def _members(desk: _Desk, story_id: int) -> list[int]:
    group: Group | None = desk.index.groups.get(story_id)
    return sorted(group.articles) if group else []


def _story_of(desk: _Desk, item_id: int) -> int:
    return desk.index.home_of(item_id)


def _signature(desk: _Desk, item_id: int) -> Signature:
    known = desk.signatures.get(item_id)
    if known is None:
        known = desk.signatures[item_id] = desk.index.signature_of(item_id)
    return known


def _vectors(desk: _Desk, members: Iterable[int]) -> list[Vector]:
    weigh = desk.index.rarity.weigh
    return [unit(weigh(_signature(desk, item_id)).weights) for item_id in members]


def _mean_volume(desk: _Desk, members: list[int]) -> float:
    return sum(_signature(desk, item_id).volume for item_id in members) / len(members)


def _is_free(desk: _Desk, item_id: int) -> bool:
    return item_id not in desk.bounds.fixed


def _are_apart(desk: _Desk, story_id: int, other_id: int) -> bool:
    apart = desk.bounds.apart
    return bool(apart) and frozenset((story_id, other_id)) in apart


def _put(desk: _Desk, item_id: int, target: int) -> None:
    here = _story_of(desk, item_id)
    signature = _signature(desk, item_id)
    desk.index.leave(signature)
    desk.index.come_back(signature, target)
    _note(desk, item_id, here, target)


def _note(desk: _Desk, item_id: int, here: int, target: int) -> None:
    desk.before.setdefault(item_id, here)
    desk.stories.add(target)


def _moves(desk: _Desk) -> list[Move]:
    """Return what changed, in the order of the articles."""
    return [
        _move(desk, item_id, here)
        for item_id, here in sorted(desk.before.items())
        if _story_of(desk, item_id) != here
    ]


def _move(desk: _Desk, item_id: int, here: int) -> Move:
    index, now = desk.index, _story_of(desk, item_id)
    weighed = index.rarity.weigh(_signature(desk, item_id))
    group = index.groups[now]
    similarity = min(max(index.similarity(weighed, group), 0.0), 1.0)
    return Move(item_id, here, now, similarity, index.why(weighed, group))
