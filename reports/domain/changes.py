"""What differs between two texts of a report: sentence by sentence, and word by word.

Sentences are told apart by their origin, which stays with a sentence through all texts, so a
rewritten sentence is one that changed and not one that went and one that came.
"""

from __future__ import annotations

import unicodedata
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property
from itertools import groupby

MAX_WORDS = 400
"""Of each side, between what both have in common at the ends; longer ones are shown whole."""

WIDE_SCRIPTS = ("CJK", "HIRAGANA", "KATAKANA", "BOPOMOFO", "YI")
"""Scripts that set no spaces between words: each letter counts as one."""


class Side(StrEnum):
    """To which of two texts words belong."""

    BOTH = "both"
    BEFORE = "before"
    AFTER = "after"


@dataclass(frozen=True, slots=True)
class Span:
    """Words in a row that one of the texts has, or both."""

    side: Side
    text: str

    @property
    def is_shared(self) -> bool:
        return self.side is Side.BOTH


@dataclass(frozen=True, slots=True)
class Line:
    """One sentence of a text, in its place."""

    origin: int
    """The same in every text of the report."""
    story: int
    """Under which story it stands."""
    kind: str
    text: str
    language: str = ""
    quotes: tuple[str, ...] = ()
    """What it stands on, whatever their order."""
    note: str = ""
    """What readers are told beside it, such as an editor's caveat."""
    summary_position: int | None = None
    is_short: bool = False


NOWHERE = Line(0, 0, "", "")


class Kind(StrEnum):
    """What became of a sentence."""

    CHANGED = "changed"
    ADDED = "added"
    DROPPED = "dropped"
    MOVED = "moved"
    SUPPORT = "support"
    """Its words are the same; what it stands on, or what is said beside it, is not."""

    @property
    def in_words(self) -> str:
        return IN_WORDS[self]


IN_WORDS = {
    Kind.CHANGED: "Changed",
    Kind.ADDED: "Added",
    Kind.DROPPED: "Taken out",
    Kind.MOVED: "Moved",
    Kind.SUPPORT: "Other evidence",
}


@dataclass(frozen=True)
class Change:
    """What became of one sentence."""

    kind: Kind
    before: Line | None
    after: Line | None

    @property
    def line(self) -> Line:
        """The sentence as it is now; as it was if it is gone."""
        return self.after or self.before or NOWHERE

    @property
    def anchor(self) -> str:
        """The fragment of the sentence's permalink."""
        return f"claim-{self.line.origin}"

    @property
    def spans_before(self) -> tuple[Span, ...]:
        """The sentence as it was."""
        return tuple(span for span in self.spans if span.side is not Side.AFTER)

    @property
    def spans_after(self) -> tuple[Span, ...]:
        """The sentence as it is now."""
        return tuple(span for span in self.spans if span.side is not Side.BEFORE)

    @cached_property
    def spans(self) -> tuple[Span, ...]:
        """The words of both sides in the order of reading."""
        return compare_words(
            self.before.text if self.before else "", self.after.text if self.after else ""
        )


@dataclass(frozen=True)
class Changes:
    """All that differs between two texts, in the order of the later one."""

    title: tuple[Span, ...]
    """Empty if the title is the same."""
    sentences: tuple[Change, ...]
    moved_stories: tuple[int, ...]
    is_summary_changed: bool
    """Other sentences, or another order, in the 30 seconds."""
    is_short_changed: bool
    """Other sentences in the short version."""

    @property
    def are_any(self) -> bool:
        """Whether anything differs that readers could see."""
        return bool(
            self.title
            or self.sentences
            or self.moved_stories
            or self.is_summary_changed
            or self.is_short_changed
        )

    def count(self, kind: Kind) -> int:
        return sum(change.kind == kind for change in self.sentences)


def compare(
    before: Sequence[Line], after: Sequence[Line], *, titles: tuple[str, str] = ("", "")
) -> Changes:
    """Return what differs between two texts, each in its order of reading.

    titles: of the earlier and of the later one
    """
    old, new = _by_origin(before), _by_origin(after)
    return Changes(
        title=compare_words(*titles) if titles[0] != titles[1] else (),
        sentences=tuple(_changes(old, new)),
        moved_stories=tuple(_moved_stories(before, after)),
        is_summary_changed=_summary(before) != _summary(after),
        is_short_changed=_short(old, new),
    )


def _by_origin(lines: Iterable[Line]) -> dict[int, Line]:
    found: dict[int, Line] = {}
    for line in lines:
        found.setdefault(line.origin, line)
    return found


def _changes(old: Mapping[int, Line], new: Mapping[int, Line]) -> Iterator[Change]:
    """Go through the later text; what was dropped comes after what stood before it."""
    moved = _moved_sentences(old, new)
    gone = _gone_after(old, new)
    yield from (Change(Kind.DROPPED, line, None) for line in gone.get(None, ()))
    for origin, line in new.items():
        kind = _kind_of(old.get(origin), line, is_moved=origin in moved)
        if kind is not None:
            yield Change(kind, old.get(origin), line)
        yield from (Change(Kind.DROPPED, one, None) for one in gone.get(origin, ()))


def _kind_of(before: Line | None, after: Line, *, is_moved: bool) -> Kind | None:
    if before is None:
        return Kind.ADDED
    if before.text != after.text:
        return Kind.CHANGED
    if sorted(before.quotes) != sorted(after.quotes) or before.note != after.note:
        return Kind.SUPPORT
    if is_moved or before.story != after.story or before.kind != after.kind:
        return Kind.MOVED
    return None


def _gone_after(
    old: Mapping[int, Line], new: Mapping[int, Line]
) -> Mapping[int | None, Sequence[Line]]:
    """Return what was dropped, by the last sentence before it that is still there."""
    gone: dict[int | None, list[Line]] = {}
    last: int | None = None
    for origin, line in old.items():
        if origin in new:
            last = origin
        else:
            gone.setdefault(last, []).append(line)
    return gone


def _moved_sentences(old: Mapping[int, Line], new: Mapping[int, Line]) -> frozenset[int]:
    """Return which sentences stand elsewhere among those of their story: as few as explain it."""
    places = {origin: place for place, origin in enumerate(old)}
    stayed = [
        line for origin, line in new.items() if origin in old and old[origin].story == line.story
    ]
    moved: set[int] = set()
    for _, lines in groupby(sorted(stayed, key=lambda line: line.story), lambda line: line.story):
        origins = [line.origin for line in lines]
        moved |= set(_out_of_order(origins, [places[origin] for origin in origins]))
    return frozenset(moved)


def _moved_stories(before: Sequence[Line], after: Sequence[Line]) -> Sequence[int]:
    places = {story: place for place, story in enumerate(dict.fromkeys(x.story for x in before))}
    stories = [story for story in dict.fromkeys(x.story for x in after) if story in places]
    return _out_of_order(stories, [places[story] for story in stories])


def _out_of_order(items: Sequence[int], places: Sequence[int]) -> Sequence[int]:
    """Return the fewest items without which the others are in the order of their places.

    The others are a longest increasing subsequence (patience sorting: Fredman 1975).
    """
    tails: list[int] = []
    tops: list[int] = []
    below: list[int] = []
    for index, place in enumerate(places):
        pile = bisect_left(tails, place)
        below.append(tops[pile - 1] if pile else -1)
        if pile == len(tails):
            tails.append(place)
            tops.append(index)
        else:
            tails[pile], tops[pile] = place, index
    kept: set[int] = set()
    index = tops[-1] if tops else -1
    while index >= 0:
        kept.add(index)
        index = below[index]
    return [item for index, item in enumerate(items) if index not in kept]


def _summary(lines: Iterable[Line]) -> Sequence[int]:
    chosen = [line for line in lines if line.summary_position is not None]
    chosen.sort(key=lambda line: line.summary_position or 0)
    return [line.origin for line in chosen]


def _short(old: Mapping[int, Line], new: Mapping[int, Line]) -> bool:
    """Tell whether a sentence that both texts have is short in one of them only."""
    return any(old[origin].is_short != new[origin].is_short for origin in old.keys() & new.keys())


# --- Words ------------------------------------------------------------------------


def compare_words(before: str, after: str) -> tuple[Span, ...]:
    """Return both texts as one: what they share, what only the one or the other has.

    The spans of BOTH and BEFORE together are `before`, those of BOTH and AFTER are `after`.
    """
    old, new = _words(before), _words(after)
    head = _common(old, new)
    tail = min(_common(old[::-1], new[::-1]), len(old) - head, len(new) - head)
    end_old, end_new = len(old) - tail, len(new) - tail
    pieces = [
        *((Side.BOTH, word) for word in old[:head]),
        *_between(old[head:end_old], new[head:end_new]),
        *((Side.BOTH, word) for word in old[end_old:]),
    ]
    return tuple(
        Span(side, "".join(word for _, word in run))
        for side, run in groupby(_readable(pieces), key=lambda piece: piece[0])
    )


def _readable(pieces: list[tuple[Side, str]]) -> list[tuple[Side, str]]:
    """Join changes that only a space parts, and put what was before what is."""
    found: list[tuple[Side, str]] = []
    old: list[str] = []
    new: list[str] = []
    for place, (side, word) in enumerate(pieces):
        follows = pieces[place + 1][0] if place + 1 < len(pieces) else Side.BOTH
        if side is Side.BOTH and not ((old or new) and word.isspace() and follows is not side):
            found += _flushed(old, new)
            found.append((side, word))
            continue
        if side is not Side.AFTER:
            old.append(word)
        if side is not Side.BEFORE:
            new.append(word)
    return found + _flushed(old, new)


def _flushed(old: list[str], new: list[str]) -> list[tuple[Side, str]]:
    """Empty both lists into pieces."""
    pieces = [(Side.BEFORE, word) for word in old] + [(Side.AFTER, word) for word in new]
    old.clear()
    new.clear()
    return pieces


def _common(one: Sequence[str], other: Sequence[str]) -> int:
    """Return how many words both begin with."""
    pairs = zip(one, other, strict=False)
    return next((i for i, (a, b) in enumerate(pairs) if a != b), min(len(one), len(other)))


def _between(old: Sequence[str], new: Sequence[str]) -> Iterator[tuple[Side, str]]:
    """Follow a longest common subsequence; quadratic, so of bounded length."""
    if len(old) > MAX_WORDS or len(new) > MAX_WORDS:
        yield from ((Side.BEFORE, word) for word in old)
        yield from ((Side.AFTER, word) for word in new)
        return
    lengths = _lengths(old, new)
    i = j = 0
    while i < len(old) or j < len(new):
        if i < len(old) and j < len(new) and old[i] == new[j]:
            yield Side.BOTH, old[i]
            i, j = i + 1, j + 1
        elif j == len(new) or (i < len(old) and lengths[i + 1][j] >= lengths[i][j + 1]):
            yield Side.BEFORE, old[i]
            i += 1
        else:
            yield Side.AFTER, new[j]
            j += 1


def _lengths(old: Sequence[str], new: Sequence[str]) -> list[list[int]]:
    """Return how long a common subsequence is from each pair of places on (Hirschberg 1975)."""
    rows = [[0] * (len(new) + 1) for _ in range(len(old) + 1)]
    for i in range(len(old) - 1, -1, -1):
        row, below = rows[i], rows[i + 1]
        for j in range(len(new) - 1, -1, -1):
            row[j] = below[j + 1] + 1 if old[i] == new[j] else max(below[j], row[j + 1])
    return rows


def _words(text: str) -> list[str]:
    """Cut a text into words, spaces and signs; together they are the text."""
    words: list[str] = []
    last = ""
    for letter in text:
        kind = _class(letter)
        # A mark belongs to its letter, in whatever script.
        if words and (kind == "mark" or (kind == last and kind in ("word", "space"))):
            words[-1] += letter
        else:
            words.append(letter)
            last = kind
    return words


def _class(letter: str) -> str:
    if letter.isspace():
        return "space"
    # M: marks; Cf: joiners, which make one sign of several.
    if unicodedata.category(letter) in ("Mn", "Mc", "Me", "Cf"):
        return "mark"
    if letter.isalnum():
        return "wide" if unicodedata.name(letter, "").startswith(WIDE_SCRIPTS) else "word"
    return "sign"
