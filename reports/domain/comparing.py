"""Set two ways of telling the same stories side by side: what held, how long, what differs."""

from __future__ import annotations

import difflib
import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal

from reports.domain.analysis import Kind

CONTEXT_LINES = 3
# Of a normal distribution: beyond it lies one value in twenty.
CHANCE = 1.96
LONGEST_COMPARED = 800
"""Words of one side under one heading; four long sentences have half of it."""


@dataclass(frozen=True, slots=True)
class Sentence:
    """A proposed sentence, and what code says of it."""

    kind: Kind
    text: str
    holds: bool
    is_told: bool
    """The section keeps it: it holds, and there is room for one more of its kind."""


@dataclass(frozen=True, slots=True)
class Telling:
    """One story told in one way."""

    sentences: tuple[Sentence, ...]
    is_tellable: bool
    """A headline and a lead held: the section can stand as it is."""
    cost_usd: Decimal = Decimal(0)
    seconds: float = 0.0

    @property
    def held(self) -> int:
        """How many of its sentences hold."""
        return sum(sentence.holds for sentence in self.sentences)

    @property
    def words(self) -> int:
        """How many words the section would have."""
        return sum(len(sentence.text.split()) for sentence in self.sentences if sentence.is_told)


@dataclass(frozen=True, slots=True)
class Measures:
    """Several stories told in one way, in figures."""

    stories: int
    tellable: int
    proposed: int
    held: int
    words: int
    cost_usd: Decimal
    seconds: float

    @property
    def dropped(self) -> int:
        return self.proposed - self.held

    @property
    def share(self) -> float | None:
        """What part of the proposed sentences holds, 0 to 1; None where none was proposed."""
        return self.held / self.proposed if self.proposed else None

    @property
    def words_each(self) -> float:
        """Words of a story, on average."""
        return self.words / self.stories if self.stories else 0.0


def measure(tellings: Iterable[Telling]) -> Measures:
    """Return what several tellings come to together."""
    told = tuple(tellings)
    return Measures(
        stories=len(told),
        tellable=sum(telling.is_tellable for telling in told),
        proposed=sum(len(telling.sentences) for telling in told),
        held=sum(telling.held for telling in told),
        words=sum(telling.words for telling in told),
        cost_usd=sum((telling.cost_usd for telling in told), start=Decimal(0)),
        seconds=sum(telling.seconds for telling in told),
    )


def may_be_chance(one: Measures, other: Measures) -> bool:
    """Tell whether shares so far apart are common where there is no difference at all.

    A test of two proportions at 5 %; sentences of one story are not quite independent, so that
    it errs toward seeing a difference.
    Source: Fleiss, Levin, Paik, Statistical Methods for Rates and Proportions, §3.1.
    """
    if one.share is None or other.share is None:
        return True
    pooled = (one.held + other.held) / (one.proposed + other.proposed)
    error = math.sqrt(pooled * (1 - pooled) * (1 / one.proposed + 1 / other.proposed))
    return not error or abs(one.share - other.share) < CHANCE * error


def in_words(candidate: Measures, baseline: Measures) -> str:
    """Return in a sentence or two which of the two holds better, as far as can be told."""
    if candidate.share is None or baseline.share is None:
        return "Nothing to compare yet: one of the two has proposed no sentence."
    said = (
        f"Of the candidate’s {_sentences(candidate.proposed)} {percent(candidate.share)} held, "
        f"of the other’s {_sentences(baseline.proposed)} {percent(baseline.share)}."
    )
    if candidate.share == baseline.share:
        return f"{said} That is the same."
    if may_be_chance(candidate, baseline):
        return f"{said} So small a difference may be chance."
    better = "The candidate" if candidate.share > baseline.share else "The other"
    return f"{said} {better} holds better."


def percent(share: float) -> str:
    """Return such as “93 %”; “100 %” and “0 %” only for all and for none."""
    rounded = round(100 * share)
    if rounded in (0, 100) and share not in (0.0, 1.0):
        return "over 99 %" if rounded else "under 1 %"
    return f"{rounded} %"


def _sentences(number: int) -> str:
    return f"{number:,} sentence" if number == 1 else f"{number:,} sentences"


# --- Texts ----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class DiffLine:
    """A line of a comparison: “+” for added, “−” for removed, “…” for lines passed over."""

    sign: str
    text: str

    @property
    def is_added(self) -> bool:
        return self.sign == "+"

    @property
    def is_removed(self) -> bool:
        return self.sign == "−"


def diff(before: str, after: str) -> list[DiffLine]:
    """Return what changed from one text to the next, with a few lines around it."""
    return list(_diff_lines(before.split("\n"), after.split("\n")))


def _diff_lines(before: list[str], after: list[str]) -> Iterator[DiffLine]:
    signs = {"+": "+", "-": "−", " ": " "}
    lines = difflib.unified_diff(before, after, lineterm="", n=CONTEXT_LINES)
    # The first two name the files.
    for number, line in enumerate(lines):
        if number >= 2:
            is_jump = line.startswith("@@")
            yield DiffLine("…", "") if is_jump else DiffLine(signs[line[0]], line[1:])


def difference(before: str, after: str) -> list[DiffLine]:
    """Return one text as it became another, word by word: pieces that stayed, went or came."""
    old, new = before.split()[:LONGEST_COMPARED], after.split()[:LONGEST_COMPARED]
    pieces = []
    # Words that come all the time are passed over in long texts: a text of nothing but "a" would
    # else take minutes.
    matcher = difflib.SequenceMatcher(None, old, new)
    for what, i1, i2, j1, j2 in matcher.get_opcodes():
        if what == "equal":
            pieces.append(DiffLine(" ", " ".join(old[i1:i2])))
            continue
        if i2 > i1:
            pieces.append(DiffLine("−", " ".join(old[i1:i2])))
        if j2 > j1:
            pieces.append(DiffLine("+", " ".join(new[j1:j2])))
    return pieces


def told_by_kind(sentences: Sequence[Sentence], kind: Kind) -> str:
    """Return what a section would say under one heading."""
    return " ".join(each.text for each in sentences if each.is_told and each.kind is kind)
