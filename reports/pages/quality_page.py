"""The page of the quality figures: five charts, each with its sentence and its table."""

from __future__ import annotations

from dataclasses import dataclass

from patriot.ledger.prices import rounded_dollars
from reports.domain.quality import share_in_words
from reports.pages import week_charts
from reports.pages.charts import ROW_WIDTH
from reports.pages.quality import Quality, Shelf
from reports.pages.week_charts import WeekChart, chart_of, mean_in_words


@dataclass(frozen=True, slots=True)
class Part:
    """One thing that is measured."""

    heading: str
    said: str
    meaning: str
    """What the figure counts, and what it does not."""
    chart: WeekChart | None


@dataclass(frozen=True, slots=True)
class ShelfRow:
    """A country or a language as a bar."""

    shelf: Shelf
    width: float


@dataclass(frozen=True, slots=True)
class QualityPage:
    """What the page shows."""

    found: Quality
    parts: tuple[Part, ...]
    countries: tuple[ShelfRow, ...]
    languages: tuple[ShelfRow, ...]


def quality_page(found: Quality) -> QualityPage:
    """Set the figures as a page."""
    return QualityPage(
        found=found,
        parts=(
            _sentences(found),
            _corrections(found),
            _independence(found),
            _punctuality(found),
            _cost(found),
        ),
        countries=_rows(found.countries),
        languages=_rows(found.languages),
    )


def _sentences(found: Quality) -> Part:
    sums, printed = found.sentences, found.printed
    said = "No report of these weeks tells what was proposed for it."
    if sums.proposed:
        stood = share_in_words(sums.grounded, sums.proposed)
        said = (
            f"{counted(sums.proposed, 'sentence was', 'sentences were')} proposed; {stood} stood."
        )
        said += f" {_dropped(sums.dropped, sums.mended, sums.contradicted)}"
    if sums.proposed and printed.recorded < printed.reports:
        left = printed.reports - printed.recorded
        said += (
            f" {counted(left, 'report without a record is', 'reports without one are')} left out."
        )
    if printed.edited:
        said += f" Editors wrote {counted(printed.edited, 'sentence', 'sentences')}"
        bare = f", {printed.caveats:,} of them without a quotation, and marked so"
        said += f"{bare if printed.caveats else ''}."
    meaning = (
        "A sentence stands if code found its quotations, letter by letter, in stored articles. "
        "One that is refused goes back to its model once; what is refused again is dropped. "
        "What no code can see, such as a wrong publisher, is not in this figure."
    )
    return _part("Sentences that stood", said, meaning, week_charts.SENTENCES, found)


def _dropped(dropped: int, mended: int, contradicted: int) -> str:
    said = f"{dropped:,} were dropped" if dropped != 1 else "1 was dropped"
    said += f", {contradicted:,} of them after a second reading" if contradicted else ""
    return f"{said}; {mended:,} mended." if mended else f"{said}."


def _corrections(found: Quality) -> Part:
    sums, printed = found.corrected, found.printed
    said = f"{counted(sums.total, 'correction', 'corrections') if sums.total else 'None'} in "
    said += f"{counted(printed.reports, 'published report', 'published reports')}."
    if printed.withdrawn:
        said += f" {counted(printed.withdrawn, 'report was', 'reports were')} withdrawn."
    if sums.told:
        said += f" Readers reported {counted(sums.told, 'error', 'errors')}; "
        said += f"{sums.open:,} not answered yet." if sums.open else "all are answered."
    meaning = (
        "Few corrections may mean few errors, or few that were found: every sentence has a way "
        "to report one. A correction counts in the week in which it was published."
    )
    return _part("Corrections", said, meaning, week_charts.CORRECTIONS, found)


def _independence(found: Quality) -> Part:
    sums = found.stories
    said = "No story was told."
    if sums.told:
        said = f"{counted(sums.told, 'story', 'stories')} in reports, on average with "
        said += f"{mean_in_words(sums.mean)} independent publishers. "
        alone = share_in_words(sums.single, sums.told)
        said += f"One voice alone told {alone if sums.single else 'none of them'}."
    meaning = (
        "Outlets of one house, and all that carry the text of one agency, count once. "
        "A story counts in every report that tells it, as it was known then."
    )
    return _part("Independent publishers", said, meaning, week_charts.STORIES, found)


def _punctuality(found: Quality) -> Part:
    slots = found.slots
    said = "No report was due."
    if slots.promised:
        said = f"{counted(slots.promised, 'report was', 'reports were')} due; "
        said += f"{share_in_words(slots.on_time, slots.promised)} came on time"
        said += f", {slots.late:,} late" if slots.late else ""
        said += f", {slots.missing:,} not at all." if slots.missing else "."
    meaning = (
        "On time is within the grace that the briefing states. A slot without news, a holiday "
        "or a pause is no fault and not counted; each briefing’s own record is on its page."
    )
    return _part("On time", said, meaning, week_charts.SLOTS, found)


def _cost(found: Quality) -> Part:
    sums, reports = found.cost, found.printed.reports
    said = "Nothing was paid for reports: no model and no search was used."
    if sums.requests:
        said = f"{rounded_dollars(sums.usd)} for "
        said += f"{counted(sums.requests, 'request', 'requests')} to models and searches"
        each = f", {rounded_dollars(sums.usd / reports)} a report" if reports else ""
        said += f"{each}."
    meaning = (
        "As the ledger has it, by the prices of the day. Work for reports that never came out "
        "is in it; machines and people are not."
    )
    return _part("Cost", said, meaning, week_charts.COST, found)


def _part(
    heading: str, said: str, meaning: str, drawing: week_charts.Drawing, found: Quality
) -> Part:
    return Part(heading, said, meaning, chart_of(drawing, found, said))


def _rows(shelves: tuple[Shelf, ...]) -> tuple[ShelfRow, ...]:
    peak = max((shelf.sources for shelf in shelves), default=1)
    return tuple(ShelfRow(shelf, round(shelf.sources / peak * ROW_WIDTH, 1)) for shelf in shelves)


def counted(number: int, one: str, many: str) -> str:
    """Return such as “1 report” or “1,204 reports”."""
    return f"{number:,} {one if number == 1 else many}"
