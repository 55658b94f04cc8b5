"""What differs between two texts of a report, read from their rows."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence

from reports.domain.changes import Changes, Line, compare
from reports.models import Claim, Evidence, Revision


def changes_between(before: Revision, after: Revision) -> Changes:
    """Return what differs between two texts; two queries."""
    lines = lines_of([before.pk, after.pk])
    return compare(lines[before.pk], lines[after.pk], titles=(before.title, after.title))


def lines_of(revisions: Iterable[int]) -> Mapping[int, Sequence[Line]]:
    """Return the sentences of texts by their ids, each in its order; two queries for all."""
    wanted = list(revisions)
    support: dict[int, list[str]] = defaultdict(list)
    spans = Evidence.objects.filter(claim__section__revision__in=wanted)
    for pk, passage, start, end in spans.values_list("claim", "passage", "start", "end"):
        support[pk].append(f"{passage}:{start}-{end}")
    lines: dict[int, list[Line]] = defaultdict(list)
    claims = Claim.objects.filter(section__revision__in=wanted).select_related("section")
    for claim in claims.order_by("section__position", "position"):
        lines[claim.section.revision_id].append(_line(claim, support[claim.pk]))
    return lines


def _line(claim: Claim, support: Sequence[str]) -> Line:
    return Line(
        origin=claim.origin or claim.pk,
        story=claim.section.story_id,
        kind=claim.kind,
        text=claim.text,
        language=claim.language,
        quotes=tuple(support),
        note=claim.caveat,
        summary_position=claim.summary_position,
        is_short=claim.is_short,
    )
