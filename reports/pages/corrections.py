"""Corrections as readers see them: on the report, on a page of all, and text against text."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from django.core.paginator import Page, Paginator
from django.db.models import Prefetch, QuerySet

from reports.domain.changes import Change, Changes, Kind, compare
from reports.models import Correction, Report, Revision
from reports.pipeline.changed import lines_of

CORRECTIONS_A_PAGE = 10
MAX_WITHDRAWN = 20
MAX_CHANGES = 12
"""Of one correction in a list; its own page has all."""
SHOWN_IN_PLACE = frozenset({Kind.CHANGED, Kind.ADDED, Kind.DROPPED, Kind.SUPPORT})


@dataclass(frozen=True, slots=True)
class Was:
    """What one correction did to one sentence, for a note beside it."""

    correction: Correction
    change: Change

    @property
    def at(self) -> datetime:
        return self.correction.created_at

    @property
    def kind(self) -> str:
        """What became of the sentence, such as “changed”."""
        return self.change.kind.value


@dataclass(frozen=True, slots=True)
class CorrectionNote:
    """One correction, at the top of the report that it corrected."""

    correction: Correction
    changes: Changes
    replaced_number: int

    @property
    def at(self) -> datetime:
        return self.correction.created_at

    @property
    def label(self) -> str:
        return self.correction.get_kind_display().capitalize()

    @property
    def reason(self) -> str:
        return self.correction.reason

    @property
    def anchors(self) -> tuple[str, ...]:
        """Where the sentences stand that changed and are still there."""
        return tuple(
            change.anchor
            for change in self.changes.sentences
            if change.after and change.kind in SHOWN_IN_PLACE
        )[:MAX_CHANGES]


@dataclass(frozen=True, slots=True)
class CorrectionNotes:
    """All that is told of corrections on one text of a report."""

    corrections: tuple[CorrectionNote, ...]
    """Newest first."""
    of_sentences: Mapping[str, tuple[Was, ...]]
    """By the sentence's anchor, newest first."""
    dropped: Mapping[int, tuple[Was, ...]]
    """What was taken out, by the story under which it stood."""


NO_NOTES = CorrectionNotes((), {}, {})


def notes_of(report: Report, revision: Revision | None = None) -> CorrectionNotes:
    """Return what is told of the corrections up to a text, by default the one that readers see.

    Without a query for a first text; else one, and two more if there is a correction.
    """
    text = revision or report.current
    return notes_of_texts([text])[text.pk] if text else NO_NOTES


def notes_of_texts(revisions: Iterable[Revision]) -> Mapping[int, CorrectionNotes]:
    """Return the same for several texts by their ids, with as many queries as for one."""
    texts = list(revisions)
    later = [text for text in texts if text.number > 1]
    if not later:
        return {text.pk: NO_NOTES for text in texts}
    of_them = _listed().filter(revision__report__in={text.report_id for text in later})
    rows = list(of_them)
    changes = changes_of(rows)
    of_report: dict[int, list[CorrectionNote]] = defaultdict(list)
    for row in rows:
        note = CorrectionNote(row, changes[row.pk], row.replaced.number)
        of_report[row.revision.report_id].append(note)
    return {
        text.pk: _notes(
            [
                note
                for note in of_report[text.report_id]
                if note.correction.revision.number <= text.number
            ]
        )
        for text in texts
    }


def _listed() -> QuerySet[Correction]:
    """Return all corrections, newest first, with the numbers of their texts."""
    corrections = Correction.objects.select_related("revision", "replaced")
    long = ("record", "coverage", "left_out", "unchanged", "budget")
    deferred = [f"{text}__{name}" for text in ("revision", "replaced") for name in long]
    return corrections.defer(*deferred).order_by("-created_at", "-pk")


def changes_of(corrections: Sequence[Correction]) -> Mapping[int, Changes]:
    """Return what each correction changed, by its id; two queries for all."""
    if not corrections:
        return {}
    lines = lines_of({pk for one in corrections for pk in (one.replaced_id, one.revision_id)})
    return {
        one.pk: compare(
            lines.get(one.replaced_id, ()),
            lines.get(one.revision_id, ()),
            titles=(one.replaced.title, one.revision.title),
        )
        for one in corrections
    }


def _notes(corrections: Sequence[CorrectionNote]) -> CorrectionNotes:
    sentences: dict[str, list[Was]] = defaultdict(list)
    dropped: dict[int, list[Was]] = defaultdict(list)
    for note in corrections:
        for change in note.changes.sentences:
            was = Was(note.correction, change)
            if change.kind is Kind.DROPPED:
                dropped[change.line.story].append(was)
            elif change.kind in SHOWN_IN_PLACE:
                sentences[change.anchor].append(was)
    return CorrectionNotes(
        corrections=tuple(corrections),
        of_sentences={anchor: tuple(some) for anchor, some in sentences.items()},
        dropped={story: tuple(some) for story, some in dropped.items()},
    )


# --- All corrections --------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Entry:
    """One correction in a list."""

    correction: Correction
    report: Report
    changes: Changes | None
    """None where the report was withdrawn since: its words are not shown any more."""

    @property
    def label(self) -> str:
        return self.correction.get_kind_display().capitalize()

    @property
    def zone(self) -> ZoneInfo:
        return self.report.briefing.zone

    @property
    def shown(self) -> tuple[Change, ...]:
        return self.changes.sentences[:MAX_CHANGES] if self.changes else ()

    @property
    def more(self) -> int:
        """How many changes are not shown."""
        return len(self.changes.sentences) - len(self.shown) if self.changes else 0


@dataclass(frozen=True, slots=True)
class CorrectionsPage:
    """A page of corrections, newest first."""

    entries: tuple[Entry, ...]
    page: Page[Correction]
    withdrawn: tuple[Report, ...]
    """The newest reports that were taken back; on the first page only."""

    @property
    def total(self) -> int:
        return self.page.paginator.count


def corrections_page(*, page: str) -> CorrectionsPage:
    """Return a page of all corrections, in five queries.

    page: anything odd means the first or the last
    """
    rows = Paginator(all_corrections(), CORRECTIONS_A_PAGE).get_page(page)
    return CorrectionsPage(
        entries=tuple(entries_of(list(rows))),
        page=rows,
        withdrawn=tuple(_withdrawn()) if rows.number == 1 else (),
    )


def newest_corrections(limit: int) -> list[Correction]:
    """Return the newest corrections with all that tells whether a list of them is the same."""
    return list(all_corrections()[:limit])


def all_corrections() -> QuerySet[Correction]:
    """Return all corrections, newest first, each with its report."""
    return _listed().select_related("revision__report__briefing")


def entries_of(corrections: Sequence[Correction]) -> Iterator[Entry]:
    """Return corrections with what they changed; two queries for all."""
    changes = changes_of([one for one in corrections if one.revision.report.is_published])
    for one in corrections:
        yield Entry(one, one.revision.report, changes.get(one.pk))


def _withdrawn() -> QuerySet[Report]:
    withdrawn = Report.objects.filter(state=Report.State.WITHDRAWN)
    return withdrawn.select_related("briefing").newest_first()[:MAX_WITHDRAWN]


# --- Text against text ------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Text:
    """One text that readers saw."""

    revision: Revision
    correction: Correction | None
    """Why it followed the one before; None for the first."""
    changes: Changes | None

    @property
    def label(self) -> str:
        return self.correction.get_kind_display().capitalize() if self.correction else ""

    @property
    def anchor(self) -> str:
        return f"revision-{self.revision.number}"


@dataclass(frozen=True, slots=True)
class RevisionsPage:
    """All texts of a report that readers saw, newest first."""

    report: Report
    texts: tuple[Text, ...]

    @property
    def zone(self) -> ZoneInfo:
        return self.report.briefing.zone


def revisions_page(report: Report) -> RevisionsPage:
    """Return what readers saw of a report, and how each text differs from the one before it.

    Four queries, two if it was never corrected.
    """
    published = report.revisions.exclude(published_at=None).order_by("-number")
    corrections = Prefetch("correction", queryset=Correction.objects.select_related("replaced"))
    texts = list(published.defer("record").prefetch_related(corrections))
    found = {text.pk: getattr(text, "correction", None) for text in texts}
    changes = changes_of([one for one in found.values() if one])
    return RevisionsPage(
        report=report,
        texts=tuple(
            Text(text, correction, changes[correction.pk] if correction else None)
            for text in texts
            for correction in [found[text.pk]]
        ),
    )
