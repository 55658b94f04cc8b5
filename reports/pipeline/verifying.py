"""Verify what was published: every word, quotation and passage against the record, and the chain.

Nothing is believed that can be computed: hashes are made again from the stored words, quotations
are cut from their passages again, and the order of publication follows from the hashes alone.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import cast

from django.db.models import F, Func, Q, TextField
from django.db.models.fields.json import KT

from reports.domain.record import JSON, differences, sha256_of
from reports.models import Briefing, Evidence, Report, Revision
from reports.pipeline.recording import COMPARED, StoredHash, compared_parts

SHORT = 12
"""Digits of a hash that name a revision well enough for people."""


class Finding(StrEnum):
    """What verifying one published revision finds."""

    INTACT = "intact"
    CHANGED = "changed"
    UNRECORDED = "unrecorded"
    """It was published before there were records."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What was found of one published revision."""

    revision_id: int
    name: str
    sha256: str
    finding: Finding
    differences: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Link:
    """A published revision as a part of its briefing's chain."""

    revision_id: int
    sha256: str
    previous_sha256: str
    place: str | None
    """As it is stored: anybody may have written there."""
    published_at: datetime

    @property
    def number(self) -> int:
        """Its place, counted from 1; 0 if that is no number."""
        said = self.place or ""
        return int(said) if re.fullmatch("[0-9]{1,9}", said) else 0


def verify_report(report: Report) -> list[Verdict]:
    """Verify all that was ever published of one report, oldest first."""
    chain = chain_of(report.briefing)
    return [
        verify_revision(revision, problems=chain.get(revision.pk, ()))
        for revision in published_revisions(report)
    ]


def verify_briefing(briefing: Briefing) -> Iterator[Verdict]:
    """Verify all that a briefing ever published, by slot, one revision at a time."""
    chain = chain_of(briefing)
    reports = briefing.reports.filter(revisions__published_at__isnull=False).distinct()
    for report in reports.order_by("slot_at", "pk").iterator(chunk_size=100):
        report.briefing = briefing
        for revision in published_revisions(report):
            yield verify_revision(revision, problems=chain.get(revision.pk, ()))


def published_revisions(report: Report) -> list[Revision]:
    """Return what was published of a report, each knowing the report."""
    revisions = list(report.revisions.exclude(published_at=None).order_by("number"))
    for revision in revisions:
        revision.report = report
    return revisions


def problems_of_lists(briefing: Briefing) -> list[str]:
    """Return what is missing of a briefing as a whole: numbers, and texts that readers are to see.

    A report that is gone with everything after it leaves no trace here: only somebody who kept
    the hash of the last one can tell.
    """
    reports = {
        number or 0: (pk, current)
        for pk, number, current in briefing.reports.exclude(number=None).values_list(
            "pk", "number", "current"
        )
    }
    texts = Revision.objects.filter(report__briefing=briefing).exclude(published_at=None)
    shown = dict(texts.values_list("pk", "report"))
    said = []
    for number in range(1, max(reports, default=0) + 1):
        pk, current = reports.get(number, (None, None))
        if pk is None:
            said.append(f"{briefing.slug}: report no. {number} is missing.")
        elif current is None or shown.get(current) != pk:
            said.append(f"{briefing.slug}: the text of report no. {number} is missing.")
    return said


# --- One revision ---------------------------------------------------------------------------


def verify_revision(revision: Revision, *, problems: Iterable[str] = ()) -> Verdict:
    """Return what is found of one published revision.

    problems: what its place in the chain says of it
    """
    said = list(problems)
    if revision.sha256 or revision.record:
        said += _problems_of_record(revision)
        said += differences(*_parts(revision))
    said += _problems_of_quotations(revision)
    said += _problems_of_place(revision)
    unrecorded = not revision.sha256 and not said
    finding = Finding.CHANGED if said else Finding.UNRECORDED if unrecorded else Finding.INTACT
    return Verdict(revision.pk, name_of(revision), revision.sha256, finding, tuple(said))


def name_of(revision: Revision) -> str:
    """Return such as “morning/2026-06-09/0700, no. 12, revision 1”."""
    report = revision.report
    slot = f"{report.briefing.slug}/{report.local_date:%Y-%m-%d}/{report.slot:%H%M}"
    return f"{slot}, no. {report.number}, revision {revision.number}"


def _problems_of_record(revision: Revision) -> Iterator[str]:
    computed = sha256_of(revision.record)
    if computed != revision.sha256:
        yield f"The record: its hash is {computed}, recorded was {revision.sha256 or 'none'}."
    previous = revision.record.get("previous_sha256") if _is_object(revision.record) else None
    if previous != revision.previous_sha256:
        yield "The record names another revision before it than the column beside it."


def _parts(revision: Revision) -> tuple[JSON, JSON]:
    """Return what was recorded, and what the stored rows say now."""
    record = revision.record if _is_object(revision.record) else {}
    return {name: record.get(name) for name in COMPARED}, compared_parts(revision)


def _is_object(record: object) -> bool:
    return isinstance(record, Mapping)


def _problems_of_quotations(revision: Revision) -> Iterator[str]:
    """Cut every quotation from its passage again, and hash the passage again, in the database."""
    cut = Func(
        *("passage__text", F("start") + 1, F("end") - F("start")),
        function="substr",
        output_field=TextField(),
    )
    evidence = (
        Evidence.objects.filter(claim__section__revision=revision)
        .annotate(words=cut, stored_sha256=StoredHash("passage__text"))
        .order_by("claim__section__position", "claim__position", "position")
    )
    bad = evidence.filter(~Q(words=F("quote")) | ~Q(stored_sha256=F("passage__sha256")))
    for item in bad.select_related("claim__section", "passage").defer("passage__text"):
        where = f"Section {item.claim.section.position}, sentence {item.claim.position}"
        if item.words != item.quote:
            yield f"{where}: passage {item.passage_id} does not say its quotation {item.position}."
        if item.stored_sha256 != item.passage.sha256:
            yield f"{where}: the words of passage {item.passage_id} are not those of its hash."
    # An editor's sentence may stand without one: then readers are told so beside it.
    bare = revision.sections.filter(claims__isnull=False, claims__evidence=None, claims__caveat="")
    for position, sentence in bare.values_list("position", "claims__position").order_by(
        "position", "claims__position"
    ):
        yield f"Section {position}, sentence {sentence}: it has no quotation."


def _problems_of_place(revision: Revision) -> Iterator[str]:
    """Readers see the newest of the texts that were published."""
    report = revision.report
    newer = report.revisions.filter(number__gt=revision.number).exclude(published_at=None)
    if report.current_id == revision.pk and newer.exists():
        yield "Readers see it, although a newer revision of the report was published."


# --- The chain ------------------------------------------------------------------------------


def chain_of(briefing: Briefing) -> Mapping[int, tuple[str, ...]]:
    """Return what is wrong with the place of each published revision of a briefing."""
    rows = (
        Revision.objects.filter(report__briefing=briefing)
        .exclude(published_at=None)
        .annotate(place=KT("record__place"))
        .values_list("pk", "sha256", "previous_sha256", "place", "published_at")
    )
    links = [
        Link(pk, sha256, previous, place, cast("datetime", moment))
        for pk, sha256, previous, place, moment in rows
    ]
    recorded = [link for link in links if link.sha256]
    by_hash = {link.sha256: link for link in recorded}
    followers = Counter(link.previous_sha256 for link in recorded)
    began = min((link.published_at for link in recorded), default=None)
    found = {
        link.revision_id: tuple(_problems_of_link(link, by_hash, followers)) for link in recorded
    }
    found |= {
        link.revision_id: ("It has no record, although one published before it has.",)
        for link in links
        if not link.sha256 and began and link.published_at > began
    }
    return found


def _problems_of_link(
    link: Link, by_hash: Mapping[str, Link], followers: Mapping[str, int]
) -> Iterator[str]:
    before = by_hash.get(link.previous_sha256)
    name = link.previous_sha256[:SHORT]
    if link.previous_sha256 and before is None:
        yield f"The chain: the revision published before it is missing or changed ({name}…)."
    elif link.number != (before.number if before else 0) + 1:
        yield f"The chain: its place is {link.place}, which does not follow the one before it."
    if followers[link.previous_sha256] > 1:
        said = f"follow {name}…" if link.previous_sha256 else "begin it"
        yield f"The chain: {followers[link.previous_sha256]} revisions {said}."
