"""At the deadline a draft is published, reduced or held: never silence."""

from __future__ import annotations

from datetime import timedelta

import pytest

from reports.models import Briefing, Claim, DeskNote, Report
from reports.pipeline import deadline
from reports.pipeline.drafting import next_text
from tests import factories

pytestmark = pytest.mark.django_db

At = Briefing.AtDeadline
COVERAGE = {"watched": 10, "answered": 10}


def a_draft(policy: str, **fields: object) -> Report:
    briefing = factories.a_briefing(policy=Briefing.Policy.REVIEW, at_deadline=policy)
    report = factories.a_draft_report(briefing, sections=2)
    report.revisions.update(coverage=COVERAGE)
    Report.objects.filter(pk=report.pk).update(state=Report.State.REVIEW)
    report.refresh_from_db()
    return report


def note(report: Report) -> None:
    DeskNote.objects.create(
        report=report, author=factories.a_staff_user(), text="Is it so?", created_at=factories.NOW
    )


def test_before_the_deadline_nothing_happens():
    report = a_draft(At.HOLD)

    assert deadline.meet(report.slot_at - timedelta(minutes=6)) == 0

    report.refresh_from_db()
    assert report.state == Report.State.REVIEW


def test_a_green_draft_goes_out_at_its_slot_and_not_before():
    report = a_draft(At.PUBLISH)

    assert deadline.meet(report.slot_at - timedelta(minutes=5)) == 0
    assert deadline.meet(report.slot_at) == 1
    assert deadline.meet(report.slot_at) == 0

    report.refresh_from_db()
    assert report.is_published


def test_what_is_not_green_is_held_while_people_can_still_mend_it():
    report = a_draft(At.PUBLISH)
    note(report)

    assert deadline.meet(report.slot_at - timedelta(minutes=5)) == 1

    report.refresh_from_db()
    assert report.state == Report.State.HELD
    assert report.reason.startswith("Held at the deadline: 1 note is not settled.")


def test_a_reduced_report_leaves_out_what_is_doubted_and_says_so():
    report = a_draft(At.REDUCED)
    doubted = Claim.objects.filter(section__revision__report=report).exclude(kind="headline").last()
    Claim.objects.filter(pk=doubted.pk).update(ruling="not_stated")

    assert deadline.meet(report.slot_at) == 1

    report.refresh_from_db()
    assert report.is_published
    assert "reduced: 1 sentence left out" in report.reason
    threads = Claim.objects.filter(section__revision=report.current).values_list(
        "origin", flat=True
    )
    assert doubted.pk not in threads


def test_a_reduced_report_with_an_open_note_says_what_was_not_settled():
    report = a_draft(At.REDUCED)
    note(report)

    deadline.meet(report.slot_at)

    report.refresh_from_db()
    assert report.is_published
    assert report.reason == "This report was not reviewed. 1 note is not settled."


def test_a_draft_that_is_finished_late_is_decided_on_at_once():
    report = a_draft(At.HOLD)

    assert deadline.meet(report.slot_at + timedelta(hours=3)) == 1

    report.refresh_from_db()
    assert report.state == Report.State.HELD


def test_a_sentence_without_a_quotation_goes_out_only_by_a_persons_hand():
    report = a_draft(At.PUBLISH)
    bare = Claim.objects.filter(section__revision__report=report).exclude(kind="headline").last()
    Claim.objects.filter(pk=bare.pk).update(
        is_edited=True, caveat="By telephone.", is_short=False, summary_position=None
    )

    deadline.meet(report.slot_at)

    report.refresh_from_db()
    assert report.state == Report.State.HELD
    assert "1 sentence has no quotation" in report.reason


def test_what_was_asked_for_out_of_turn_waits_for_people():
    report = a_draft(At.PUBLISH)
    Report.objects.filter(pk=report.pk).update(occasion=Report.Occasion.ASKED)
    report.refresh_from_db()

    assert deadline.meet(report.slot_at + timedelta(hours=5)) == 0

    assert "waits until somebody publishes it" in deadline.review_ends(report, report.slot_at)


def test_a_text_that_is_saved_while_the_deadline_decides_is_not_published_unseen(monkeypatch):
    report = a_draft(At.PUBLISH)
    seen = report.revisions.get()
    usual = deadline.examine

    def examine_slowly(revision):
        found = usual(revision)
        next_text(revision, editor=None, edits="(1 reworded)", now=factories.NOW)
        return found

    monkeypatch.setattr(deadline, "examine", examine_slowly)
    assert deadline.meet(report.slot_at) == 0
    monkeypatch.setattr(deadline, "examine", usual)

    report.refresh_from_db()
    assert not report.is_published
    assert deadline.meet(report.slot_at) == 1
    report.refresh_from_db()
    assert report.current_id != seen.pk
