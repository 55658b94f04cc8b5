"""Charts of weeks: a bar for each in its parts, and the same figures as a table."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from patriot.ledger.prices import rounded_dollars
from reports.domain.quality import Week, WeekQuality, share_in_words
from reports.pages.quality import Quality

WIDTH, HEIGHT, GAP = 400, 80, 0.25
NOTHING = "–"
GOOD, MIDDLING, BAD = "positive", "neutral", "negative"


@dataclass(frozen=True, slots=True)
class Piece:
    """One part of a bar."""

    key: str
    """Its color, as the style sheet calls it."""
    y: float
    height: float


@dataclass(frozen=True, slots=True)
class WeekBar:
    """One week: what is drawn, and its line in the table."""

    week: Week
    is_running: bool
    x: float
    pieces: tuple[Piece, ...]
    cells: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class WeekChart:
    """Some weeks next to each other."""

    key: str
    """Unique on the page."""
    title: str
    description: str
    labels: tuple[tuple[str, str], ...]
    """Color and words of each part."""
    columns: tuple[str, ...]
    """Headings of the table, without that of the week."""
    bars: tuple[WeekBar, ...]
    peak: str
    """The highest bar in words."""

    WIDTH = WIDTH
    HEIGHT = HEIGHT

    @property
    def bar_width(self) -> float:
        return round((1 - GAP) * WIDTH / len(self.bars), 2)


@dataclass(frozen=True, slots=True)
class Drawing:
    """What a chart takes of a week."""

    key: str
    title: str
    parts: Mapping[str, tuple[str, Callable[[WeekQuality], int | Decimal]]]
    """By color: the words, and the amount; the first stands at the bottom."""
    columns: Mapping[str, Callable[[WeekQuality], str]]
    unit: Callable[[int | Decimal], str] = str


def chart_of(drawing: Drawing, found: Quality, said: str) -> WeekChart | None:
    """Return the chart; None if there is nothing to draw in any week.

    said: what it shows, in a sentence
    """
    amounts = [[amount(week) for _, amount in drawing.parts.values()] for week in found.weeks]
    peak: Decimal = max(Decimal(sum(each)) for each in amounts)
    if not peak:
        return None
    return WeekChart(
        key=drawing.key,
        title=drawing.title,
        description=said,
        labels=tuple((color, words) for color, (words, _) in drawing.parts.items()),
        columns=tuple(drawing.columns),
        bars=tuple(
            WeekBar(
                week=week.week,
                is_running=week.week.end > found.at,
                x=round((place + GAP / 2) * WIDTH / len(amounts), 2),
                pieces=_pieces(list(drawing.parts), amounts[place], peak),
                cells=tuple(cell(week) for cell in drawing.columns.values()),
            )
            for place, week in enumerate(found.weeks)
        ),
        peak=drawing.unit(peak),
    )


def _pieces(
    colors: Sequence[str], amounts: Sequence[int | Decimal], peak: Decimal
) -> tuple[Piece, ...]:
    """Pile the parts up, the first at the bottom; what is nothing is not drawn."""
    pieces, top = [], Decimal(HEIGHT)
    for color, amount in zip(colors, amounts, strict=True):
        height = Decimal(amount) / peak * HEIGHT
        top -= height
        if amount:
            pieces.append(Piece(color, round(float(top), 1), round(float(height), 1)))
    return tuple(pieces)


# --- The five ---------------------------------------------------------------------
SENTENCES = Drawing(
    key="sentences",
    title="Proposed sentences by week",
    parts={
        GOOD: ("stood", lambda week: week.sentences.grounded),
        BAD: ("dropped", lambda week: week.sentences.dropped),
    },
    columns={
        "Proposed": lambda week: f"{week.sentences.proposed:,}",
        "Dropped": lambda week: f"{week.sentences.dropped:,}",
        "Stood": lambda week: (
            share_in_words(week.sentences.grounded, week.sentences.proposed)
            if week.sentences.proposed
            else NOTHING
        ),
    },
    unit=lambda peak: f"{peak:,} sentences",
)
CORRECTIONS = Drawing(
    key="corrections",
    title="Published corrections by week",
    parts={
        BAD: ("corrections", lambda week: week.corrected.corrections),
        MIDDLING: ("clarifications", lambda week: week.corrected.clarifications),
        GOOD: ("updates", lambda week: week.corrected.updates),
    },
    columns={
        "Corrections": lambda week: f"{week.corrected.corrections:,}",
        "Clarifications": lambda week: f"{week.corrected.clarifications:,}",
        "Updates": lambda week: f"{week.corrected.updates:,}",
        "Errors that readers reported": lambda week: f"{week.corrected.told:,}",
        "Reports": lambda week: f"{week.printed.reports:,}",
    },
    unit=lambda peak: f"{peak:,}",
)
STORIES = Drawing(
    key="independence",
    title="Stories in reports by week",
    parts={
        GOOD: ("told by several", lambda week: week.stories.told - week.stories.single),
        BAD: ("told by one voice alone", lambda week: week.stories.single),
    },
    columns={
        "Stories": lambda week: f"{week.stories.told:,}",
        "One voice": lambda week: f"{week.stories.single:,}",
        "Independent publishers of a story": lambda week: mean_in_words(week.stories.mean),
    },
    unit=lambda peak: f"{peak:,} stories",
)
SLOTS = Drawing(
    key="on-time",
    title="Promised reports by week",
    parts={
        GOOD: ("on time", lambda week: week.slots.on_time),
        MIDDLING: ("late", lambda week: week.slots.late),
        BAD: ("did not come", lambda week: week.slots.missing),
    },
    columns={
        "Promised": lambda week: f"{week.slots.promised:,}",
        "Late": lambda week: f"{week.slots.late:,}",
        "Did not come": lambda week: f"{week.slots.missing:,}",
        "On time": lambda week: (
            share_in_words(week.slots.on_time, week.slots.promised)
            if week.slots.promised
            else NOTHING
        ),
    },
    unit=lambda peak: f"{peak:,} reports",
)
COST = Drawing(
    key="cost",
    title="What reports cost by week",
    parts={GOOD: ("models and searches", lambda week: week.cost.usd)},
    columns={
        "Requests": lambda week: f"{week.cost.requests:,}",
        "Cost": lambda week: rounded_dollars(week.cost.usd),
        "A report": lambda week: (
            NOTHING if week.usd_per_report is None else rounded_dollars(week.usd_per_report)
        ),
    },
    unit=lambda peak: rounded_dollars(Decimal(peak)),
)


def mean_in_words(mean: float | None) -> str:
    """Return such as “3.4”."""
    return NOTHING if mean is None else f"{mean:.1f}"
