"""Told before and without news: a line each for what stands still, and for what ended."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils.dateparse import parse_datetime

from reports.models import Claim, Report, Revision, Section

RESOLVED = Section.Status.RESOLVED.value
KNOWN = {Section.Status.UNCHANGED.value: "unchanged", RESOLVED: "resolved"}


@dataclass(frozen=True, slots=True)
class Still:
    """A story in one line: its headline as it was published last, and since when it stands."""

    story_id: int
    storyline_id: int
    status: str
    status_in_words: str
    headline: str
    language: str
    url: str
    """The sentence in the report that told it, where its evidence can be opened."""
    since: datetime

    @property
    def is_resolved(self) -> bool:
        return self.status == RESOLVED


def still_in(revisions: Sequence[Revision]) -> dict[int, tuple[Still, ...]]:
    """Return the lines of each revision; one query, none where there are no lines.

    A line whose report is public no longer is left out: nobody could check it.
    """
    entries = {revision.pk: list(_entries_of(revision.unchanged)) for revision in revisions}
    wanted = {entry["section"] for some in entries.values() for entry in some}
    headlines = _headlines(wanted) if wanted else {}
    return {
        pk: tuple(
            _still(entry, headlines[entry["section"]])
            for entry in some
            if entry["section"] in headlines
        )
        for pk, some in entries.items()
    }


def _entries_of(stored: object) -> Iterable[Mapping[str, Any]]:
    """Read the revision's JSON; an odd entry is none."""
    for entry in stored if isinstance(stored, list) else []:
        if not isinstance(entry, dict) or entry.get("status") not in KNOWN:
            continue
        since = _moment(entry.get("since"))
        if isinstance(entry.get("section"), int) and since:
            yield {**entry, "since": since}


def _moment(value: object) -> datetime | None:
    try:
        at = parse_datetime(value) if isinstance(value, str) else None
    except ValueError:
        return None
    return at if at and at.tzinfo else None


def _headlines(section_ids: Iterable[int]) -> dict[int, Claim]:
    claims = (
        Claim.objects.filter(
            section__in=section_ids,
            kind=Claim.Kind.HEADLINE,
            section__revision__report__state=Report.State.PUBLISHED,
        )
        .select_related("section__revision__report__briefing", "section__story__merged_into")
        .defer("section__revision__record")
    )
    return {claim.section_id: claim for claim in claims}


def _still(entry: Mapping[str, Any], claim: Claim) -> Still:
    section = claim.section
    report = section.revision.report
    # After a correction the sentence may be gone from the page; the story's section is there.
    anchor = claim.anchor if report.current_id == section.revision_id else section.anchor
    return Still(
        story_id=section.story_id,
        storyline_id=(section.story.merged_into or section.story).storyline_id,
        status=str(entry["status"]),
        status_in_words=KNOWN[str(entry["status"])],
        headline=claim.text,
        language=claim.language,
        url=f"{report.get_absolute_url()}#{anchor}",
        since=entry["since"],
    )
