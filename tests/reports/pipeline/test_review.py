"""What people do with a draft: each move is somebody's, and never two people's at once."""

from collections.abc import Callable
from functools import partial

import pytest
from django.db import connection

from reports.models import Claim, Report
from reports.pipeline import review
from reports.pipeline.publish import (
    NotMoved,
    NotPublishable,
    NotWithdrawable,
    Overtaken,
    publish_as_seen,
    readers_reason,
    withdraw_report,
)
from tests.factories import NOW, a_draft_report, a_published_report, a_report, a_withdrawn_report

pytestmark = pytest.mark.django_db

LATE = "This report is late: it was due at 07:00, and work on it began at 09:10."
MOVES: dict[str, Callable[[Report], None]] = {
    "submit": review.submit,
    "send_back": partial(review.send_back, reason="The lead is stale."),
    "end_hold": partial(review.end_hold, reason="The mayor is content."),
    "hold": partial(review.hold, reason="The mayor disputes it."),
    "publish": partial(publish_as_seen, now=NOW),
    "withdraw": partial(withdraw_report, reason="The toll was misread.", now=NOW),
}


def a_report_that_is(state: str, **fields: str) -> Report:
    if state == "published":
        return a_published_report(sections=1, **fields)
    if state == "withdrawn":
        return a_withdrawn_report(sections=1, reason="It was wrong.")
    if state in ("skipped", "failed"):
        return a_report(state=state, reason="Nothing came in.")
    if state == "producing":
        return a_report()
    return a_draft_report(sections=1, state=state, **{"reason": "Wait.\n"} | fields)


@pytest.mark.parametrize(
    ("before", "move", "after"),
    [
        pytest.param("draft", "submit", "review", id="a draft is handed in"),
        pytest.param("review", "send_back", "draft", id="and comes back"),
        pytest.param("draft", "hold", "held", id="a draft is held"),
        pytest.param("review", "hold", "held", id="what is in review is held"),
        pytest.param("held", "end_hold", "draft", id="a hold ends"),
        pytest.param("draft", "publish", "published", id="a draft is published"),
        pytest.param("review", "publish", "published", id="after review it is published"),
        pytest.param("held", "publish", "published", id="a held one is published after all"),
        pytest.param("published", "withdraw", "withdrawn", id="a published one is taken back"),
    ],
)
def test_a_move_leads_from_one_state_to_another(before, move, after):
    report = a_report_that_is(before)

    MOVES[move](report)

    assert report.state == after
    assert Report.objects.get(pk=report.pk).state == after


@pytest.mark.parametrize(
    ("move", "states", "error"),
    [
        pytest.param(
            "submit",
            ["producing", "review", "held", "published", "withdrawn", "skipped", "failed"],
            review.NotSubmittable,
            id="submit",
        ),
        pytest.param(
            "send_back",
            ["producing", "draft", "held", "published", "withdrawn", "skipped", "failed"],
            review.NotReturnable,
            id="send back",
        ),
        pytest.param(
            "hold",
            ["producing", "held", "published", "withdrawn", "skipped", "failed"],
            review.NotHoldable,
            id="hold",
        ),
        pytest.param(
            "end_hold",
            ["producing", "draft", "review", "published", "withdrawn", "skipped", "failed"],
            review.NotHeld,
            id="end a hold",
        ),
        pytest.param(
            "publish",
            ["producing", "published", "withdrawn", "skipped", "failed"],
            NotPublishable,
            id="publish",
        ),
        pytest.param(
            "withdraw",
            ["producing", "draft", "review", "held", "withdrawn", "skipped", "failed"],
            NotWithdrawable,
            id="withdraw",
        ),
    ],
)
def test_a_move_from_the_wrong_state_is_refused_in_a_sentence(move, states, error):
    for state in states:
        report = a_report_that_is(state)

        with pytest.raises(error, match=r"\.$"):
            MOVES[move](report)

        assert Report.objects.get(pk=report.pk).state == state


@pytest.mark.parametrize("second", MOVES)
@pytest.mark.parametrize("first", MOVES)
def test_of_two_editors_at_once_only_one_wins(first, second):
    state = {"send_back": "review", "end_hold": "held", "withdraw": "published"}
    before = state.get(first, "draft" if "submit" in (first, second) else "review")
    report = a_report_that_is(before)
    seen_by_the_other = Report.objects.get(pk=report.pk)
    MOVES[first](report)

    with pytest.raises(NotMoved):
        MOVES[second](seen_by_the_other)

    assert Report.objects.get(pk=report.pk).state == report.state


def test_whoever_was_slower_reads_what_the_report_is_now():
    report = a_report_that_is("review")
    seen_by_the_other = Report.objects.get(pk=report.pk)
    review.hold(report, reason="The mayor disputes it.")

    with pytest.raises(Overtaken) as refusal:
        publish_as_seen(seen_by_the_other, now=NOW)

    assert str(refusal.value) == "Somebody else was faster: the report is held now."
    assert not report.revisions.get().is_frozen


def test_a_hold_during_the_publication_keeps_the_report_from_readers():
    report = a_report_that_is("review")

    def held_while_its_evidence_is_read(execute, sql, parameters, many, context):
        if 'FROM "reports_evidence"' in sql:
            Report.objects.filter(pk=report.pk).update(state="held", reason="Wait.\n")
        return execute(sql, parameters, many, context)

    with (
        connection.execute_wrapper(held_while_its_evidence_is_read),
        pytest.raises(Overtaken, match="held now"),
    ):
        publish_as_seen(report, now=NOW)

    assert not report.revisions.get().is_frozen


@pytest.mark.parametrize("move", ["send_back", "end_hold", "hold", "withdraw"])
@pytest.mark.parametrize("reason", ["", " \n "])
def test_these_moves_need_a_reason(move, reason):
    report = a_report_that_is({"withdraw": "published"}.get(move, "review"))

    with pytest.raises(ValueError, match="reason"):
        MOVES[move](report, reason=reason)


def test_what_readers_were_to_be_told_outlasts_a_hold():
    report = a_report_that_is("draft", reason=LATE)

    review.hold(report, reason="The mayor\ndisputes it.")
    held = report.reason
    publish_as_seen(report, now=NOW)

    assert held == f"The mayor disputes it.\n{LATE}"
    assert report.reason == LATE


def test_a_hold_that_ends_leaves_only_what_readers_were_to_be_told():
    report = a_report_that_is("draft", reason=LATE)
    review.hold(report, reason="The mayor disputes it.")

    review.end_hold(report, reason="He does not any more.")

    assert (report.state, report.reason) == ("draft", LATE)


def test_readers_never_read_why_a_report_was_held():
    report = a_report_that_is("draft", reason="")
    review.hold(report, reason="The mayor disputes it.")

    while_held = readers_reason(report)
    publish_as_seen(report, now=NOW)

    assert while_held == report.reason == ""


def test_an_editor_publishes_nothing_that_does_not_hold():
    report = a_report_that_is("review")
    Claim.objects.filter(section__revision__report=report, kind="lead").update(text="Volcanoes!")

    with pytest.raises(NotPublishable, match="does not hold"):
        publish_as_seen(report, now=NOW)

    assert Report.objects.get(pk=report.pk).state == "review"


def test_a_draft_without_a_text_is_not_handed_in():
    report = a_report(state="draft")

    with pytest.raises(review.NotSubmittable, match="no finished draft"):
        review.submit(report)
