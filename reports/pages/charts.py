"""Charts as values: what stands where; templates set them as SVG, each with its table.

No drawing holds text: letters that shrink with a picture cannot be read on a telephone. So the
words stand beside it in HTML, and every figure in the table.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Self

from reports.models import Membership

# More bars than this are hairs on a telephone.
MAX_BARS = 40
STEPS_IN_HOURS = (1, 2, 3, 6, 12, 24, 48, 96, 168, 336, 720)


@dataclass(frozen=True, slots=True)
class Bar:
    """The articles of one step in time: own texts below, texts of others on top."""

    start: datetime
    own: int
    copies: int
    x: float
    own_y: float
    own_height: float
    copies_y: float
    copies_height: float

    @property
    def articles(self) -> int:
        return self.own + self.copies


@dataclass(frozen=True, slots=True)
class CoverageChart:
    """How many articles came in each step of time."""

    bars: tuple[Bar, ...]
    """Those that have articles."""
    step: timedelta
    slots: int
    peak: int
    start: datetime
    end: datetime
    own: int
    copies: int

    WIDTH = 400
    HEIGHT = 80
    GAP = 0.2

    @classmethod
    def of(cls, members: Sequence[Membership]) -> Self | None:
        """Return the chart of these articles; None if there are too few for one."""
        if len(members) < 3:
            return None
        moments = [member.article.published_at.astimezone(UTC) for member in members]
        first, last = min(moments), max(moments)
        step = _step(last - first)
        start = _floor(first, step)
        slots = int((last - start) / step) + 1
        own: Counter[int] = Counter()
        copies: Counter[int] = Counter()
        for member, moment in zip(members, moments, strict=True):
            (own if member.copy_of_id is None else copies)[int((moment - start) / step)] += 1
        peak = max((own + copies).values())
        return cls(
            bars=tuple(
                cls._bar(
                    start + place * step,
                    place=place,
                    slots=slots,
                    own=own[place],
                    copies=copies[place],
                    peak=peak,
                )
                for place in sorted(own + copies)
            ),
            step=step,
            slots=slots,
            peak=peak,
            start=first,
            end=last,
            own=own.total(),
            copies=copies.total(),
        )

    @classmethod
    def _bar(
        cls, start: datetime, *, place: int, slots: int, own: int, copies: int, peak: int
    ) -> Bar:
        own_height = round(own / peak * cls.HEIGHT, 1)
        copies_height = round(copies / peak * cls.HEIGHT, 1)
        return Bar(
            start=start,
            own=own,
            copies=copies,
            x=round((place + cls.GAP / 2) * cls.WIDTH / slots, 2),
            own_y=round(cls.HEIGHT - own_height, 1),
            own_height=own_height,
            copies_y=round(max(cls.HEIGHT - own_height - copies_height, 0), 1),
            copies_height=copies_height,
        )

    @property
    def bar_width(self) -> float:
        return round((1 - self.GAP) * self.WIDTH / self.slots, 2)

    @property
    def step_in_words(self) -> str:
        hours = round(self.step / timedelta(hours=1))
        if hours % 24 == 0:
            return "day" if hours == 24 else f"{hours // 24} days"
        return "hour" if hours == 1 else f"{hours} hours"

    @property
    def description(self) -> str:
        """Say what the picture shows to those who do not see it."""
        most = max(self.bars, key=lambda bar: bar.articles)
        repeated = f", {self.copies} of them with the text of another" if self.copies else ""
        return (
            f"{self.own + self.copies} articles{repeated}. "
            f"The most within one {self.step_in_words}: {most.articles}."
        )


def _step(span: timedelta) -> timedelta:
    for hours in STEPS_IN_HOURS:
        if span / timedelta(hours=hours) < MAX_BARS:
            return timedelta(hours=hours)
    # Dates of feeds may be decades apart; the number of bars is bounded all the same.
    return timedelta(hours=STEPS_IN_HOURS[-1]) * (int(span.days * 24 / 720 / MAX_BARS) + 1)


def _floor(moment: datetime, step: timedelta) -> datetime:
    """Return the beginning of the step that holds a moment: the hour, or midnight UTC."""
    if step < timedelta(days=1):
        return moment.replace(minute=0, second=0, microsecond=0)
    return moment.replace(hour=0, minute=0, second=0, microsecond=0)


@dataclass(frozen=True, slots=True)
class Share:
    """One part of a whole, as a piece of a bar."""

    key: str
    label: str
    count: int
    x: float
    width: float


@dataclass(frozen=True, slots=True)
class ShareBar:
    """A whole in its parts."""

    shares: tuple[Share, ...]
    total: int

    WIDTH = 400

    @classmethod
    def of(cls, counts: Mapping[str, int], labels: Mapping[str, str]) -> Self | None:
        """Return the parts in the order of `labels`; None if there is nothing to part."""
        total = sum(counts.get(key, 0) for key in labels)
        if not total:
            return None
        return cls(tuple(cls._shares(counts, labels, total)), total)

    @classmethod
    def _shares(
        cls, counts: Mapping[str, int], labels: Mapping[str, str], total: int
    ) -> Iterable[Share]:
        x = 0.0
        for key, label in labels.items():
            width = counts.get(key, 0) / total * cls.WIDTH
            yield Share(key, label, counts.get(key, 0), round(x, 1), round(width, 1))
            x += width

    @property
    def in_words(self) -> str:
        return ", ".join(f"{share.count} {share.label}" for share in self.shares)


@dataclass(frozen=True, slots=True)
class Row:
    """One bar of several, with a way to what it counts."""

    key: str
    label: str
    count: int
    width: float
    url: str
    is_chosen: bool = False


ROW_WIDTH = 100


def rows(
    counts: Mapping[str, int],
    labels: Mapping[str, str],
    urls: Mapping[str, str],
    *,
    chosen: str = "",
) -> tuple[Row, ...]:
    """Return bars, the longest first; what has no count has none."""
    peak = max((count for key, count in counts.items() if key in labels), default=0)
    return tuple(
        Row(key, labels[key], count, round(count / peak * ROW_WIDTH, 1), urls[key], key == chosen)
        for key, count in sorted(counts.items(), key=lambda item: (-item[1], item[0]))
        if count and key in labels
    )
