"""The next text of a report: a copy of the newest one, to be changed before readers see it.

Every save on the desk is a revision of its own. So undoing, comparing and two editors at once
need nothing of their own: of two who change the same text only one gets the next number.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import Model

from patriot.accounts.models import User
from reports.models import Claim, Evidence, Report, Revision, Section
from reports.pipeline.correct import next_after
from reports.pipeline.publish import PUBLISHABLE, take_turns

# Of a revision's own fields, those that an edited text takes over as they are.
KEPT = ("title", "analyst", "coverage", "left_out", "unchanged", "budget")


class ChangedMeanwhile(Exception):
    """Somebody else changed the report since this text was looked at."""

    def __init__(self, newest: Revision) -> None:
        self.newest = newest
        super().__init__("Somebody else changed this report meanwhile.")


class GoneOut(Exception):
    """Readers have the report by now: only a correction, once it is begun, has a next text."""

    def __init__(self) -> None:
        super().__init__("The report went out meanwhile.")


def take_pen(report: Report) -> None:
    """Keep the report from being published until the transaction ends; refresh it.

    Raises GoneOut if it is public by now, and no correction of it is begun.
    """
    take_turns(report)
    if report.state not in PUBLISHABLE and next_after(report) is None:
        raise GoneOut


def next_text(
    base: Revision,
    *,
    editor: User | None,
    edits: str,
    now: datetime,
    after: Revision | None = None,
) -> Revision:
    """Copy a report's newest text, with all its sections, claims and evidence.

    edits: what the editor changes in it, for the desk
    after: the newest text, where an earlier one is copied
    Claims keep their `origin`, so that links to a sentence lead to it in every revision.
    Raises ChangedMeanwhile if `base` is not the newest text any more, nor is `after`.
    """
    try:
        with transaction.atomic():
            copy = _header(base, after=after or base, editor=editor, edits=edits, now=now)
    except IntegrityError as error:
        newest = base.report.revisions.order_by("number").last()
        raise ChangedMeanwhile(newest or base) from error
    copy.prompts.set(base.prompts.all())
    _copy_sections(base, copy)
    return copy


def _header(
    base: Revision, *, after: Revision, editor: User | None, edits: str, now: datetime
) -> Revision:
    kept = {name: getattr(base, name) for name in KEPT}
    return Revision.objects.create(
        report_id=base.report_id,
        number=after.number + 1,
        based_on=base,
        editor=editor,
        edits=edits,
        created_at=now,
        **kept,
    )


def _copy_sections(base: Revision, copy: Revision) -> None:
    """Copy everything below a revision; three queries to read and three to write."""
    sections = list(base.sections.order_by("position"))
    claims = list(Claim.objects.filter(section__revision=base).order_by("pk"))
    evidence = list(Evidence.objects.filter(claim__section__revision=base).order_by("pk"))
    section_of = dict(
        zip(
            [section.pk for section in sections],
            Section.objects.bulk_create(_anew(section, revision=copy) for section in sections),
            strict=True,
        )
    )
    claim_of = dict(
        zip(
            [claim.pk for claim in claims],
            Claim.objects.bulk_create(
                _anew(claim, section=section_of[claim.section_id], origin=claim.origin or claim.pk)
                for claim in claims
            ),
            strict=True,
        )
    )
    Evidence.objects.bulk_create(_anew(one, claim=claim_of[one.claim_id]) for one in evidence)


def _anew(row: Model, **changes: Any) -> Any:
    """Return an unsaved copy of a row with other values in some fields."""
    fields = {
        field.attname: getattr(row, field.attname)
        for field in row._meta.concrete_fields
        if not field.primary_key
    }
    for name, value in changes.items():
        fields.pop(f"{name}_id", None)
        fields[name] = value
    return type(row)(**fields)
