"""Notes between staff about a report or one of its sentences; readers never see them."""

from __future__ import annotations

from datetime import datetime

from patriot.accounts.models import User
from patriot.lib.text import clean_text
from reports.models import Claim, DeskNote, Report

MAX_NOTE_CHARS = 2_000
MAX_OPEN = 100


class NotNoted(Exception):
    """There is no new note; the message says why, in a sentence."""


def note(report: Report, *, text: str, about: int | None, author: User, now: datetime) -> DeskNote:
    """Leave a note for colleagues: until it is settled, a gate is not green.

    about: the thread of the sentence that it is about; None for the whole report
    Raises NotNoted.
    """
    words = clean_text(text, max_chars=MAX_NOTE_CHARS).strip()
    if not words:
        raise NotNoted("A note needs words.")
    if about is not None and not _tells(report, about):
        raise NotNoted("This report has no such sentence.")
    if report.desk_notes.filter(settled_at=None).count() >= MAX_OPEN:
        raise NotNoted(f"{MAX_OPEN} notes are open: settle some first.")
    return DeskNote.objects.create(
        report=report, origin=about, author=author, text=words, created_at=now
    )


def settle(one: DeskNote, *, by: User, now: datetime) -> bool:
    """Mark a note as settled; False if somebody did so before."""
    still_open = DeskNote.objects.filter(pk=one.pk, settled_at=None)
    return bool(still_open.update(settled_at=now, settled_by=by))


def _tells(report: Report, thread: int) -> bool:
    claims = Claim.objects.filter(section__revision__report=report)
    return claims.filter(pk=thread).exists() or claims.filter(origin=thread).exists()
