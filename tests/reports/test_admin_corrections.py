"""Corrections on the desk, and the queue of what readers reported."""

from __future__ import annotations

from datetime import timedelta
from html import unescape

import pytest
from django.contrib.admin.models import LogEntry
from django.test import Client

from patriot.accounts.roles import Role
from reports.models import Claim, Correction, ErrorReport, Report
from reports.pipeline.correct import next_after
from reports.pipeline.error_reports import take_error_report
from reports.pipeline.publish import publish_report
from tests.factories import NOW, a_draft_report, a_user_with

pytestmark = pytest.mark.django_db
QUEUE = "/admin/reports/errorreport/"


@pytest.fixture(autouse=True)
def _clock(time_machine):
    time_machine.move_to(NOW + timedelta(hours=1), tick=False)


@pytest.fixture
def report() -> Report:
    """A published report."""
    draft = a_draft_report(sections=1)
    publish_report(draft, now=NOW)
    draft.refresh_from_db()
    return draft


@pytest.fixture
def reported(report: Report) -> ErrorReport:
    """What a reader reported of its last sentence."""
    claim = Claim.objects.filter(section__revision=report.current).order_by("pk").last()
    return take_error_report(claim, text="No <b>goat</b> was there.", now=NOW)


@pytest.fixture
def desk(client: Client) -> Client:
    client.force_login(a_user_with(Role.PUBLISHER))
    return client


def address(report: Report) -> str:
    return f"/admin/reports/report/{report.pk}/correct/"


def said(response) -> str:
    return unescape(" ".join(response.content.decode().split()))


def begun(desk: Client, report: Report):
    """Begin a correction, and take out the last sentence."""
    desk.post(address(report), {"begin": "yes"})
    text = next_after(report)
    Claim.objects.filter(section__revision=text).order_by("pk").last().delete()
    return text


def test_a_report_is_corrected_and_the_reader_told(desk, report, reported):
    asked = said(desk.get(address(report)))
    text = begun(desk, report)
    shown = said(desk.get(address(report)))
    fields = {"text": text.pk, "kind": "correction", "reason": "There was no goat."}

    done = desk.post(address(report), fields | {"answers": [reported.pk]}, follow=True)

    assert "Begin a correction" in asked
    assert "No <b>goat</b> was there." in asked
    assert "Taken out" in shown
    assert reported.claim.text in shown
    assert "is corrected." in said(done)
    report.refresh_from_db()
    reported.refresh_from_db()
    correction = Correction.objects.get()
    assert (report.current, correction.reason) == (text, "There was no goat.")
    assert (reported.state, reported.correction) == ("corrected", correction)
    assert reported.outcome == "There was no goat."
    history = [entry.change_message for entry in LogEntry.objects.order_by("pk")]
    assert "Began a correction." in history
    assert any("revision 1 → 2. Reason: There was no goat." in words for words in history)


def test_a_correction_is_begun_once(desk, report):
    for _ in range(2):
        desk.post(address(report), {"begin": "yes"})

    assert report.revisions.count() == 2
    assert "Nothing yet: it says the same." in said(desk.get(address(report)))


def test_an_editor_prepares_what_a_publisher_publishes(client, report):
    client.force_login(a_user_with(Role.EDITOR))
    text = begun(client, report)
    fields = {"text": text.pk, "kind": "correction", "reason": "There was no goat."}

    page = said(client.get(address(report)))
    refused = client.post(address(report), fields)

    assert "A publisher publishes it." in page
    assert "Publish the correction" not in page
    assert refused.status_code == 403
    assert not Correction.objects.exists()


def test_a_correction_is_edited_where_drafts_are(desk, report):
    page = said(desk.post(address(report), {"begin": "yes"}, follow=True))

    assert "readers see none of it until it is published" in page
    assert Claim.objects.filter(section__revision=report.current).first().text in page


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        pytest.param({"reason": ""}, "This field is required.", id="no reason"),
        pytest.param({"reason": "\u200b"}, "needs a reason that readers can read", id="no words"),
        pytest.param({"reason": "x" * 1_001}, "at most 1000 characters", id="too long"),
        pytest.param({"kind": "excuse"}, "Select a valid choice", id="no such kind"),
        pytest.param({"text": "x"}, "There is no such text", id="no text"),
        pytest.param({"text": "9" * 40}, "There is no such text", id="no number"),
        pytest.param({"answers": ["9"]}, "Select a valid choice", id="nobody's report"),
    ],
)
def test_what_is_missing_is_said_and_nothing_is_published(desk, report, reported, fields, words):
    text = begun(desk, report)
    sent = {"text": text.pk, "kind": "correction", "reason": "There was no goat."} | fields

    response = desk.post(address(report), sent)

    assert words in said(response)
    assert not Correction.objects.exists()


def test_a_text_that_somebody_changed_meanwhile_is_looked_at_again(desk, report):
    begun(desk, report)
    fields = {"text": report.current.pk, "kind": "correction", "reason": "There was no goat."}

    response = desk.post(address(report), fields)

    assert "not the newest one any more" in said(response)
    assert not Correction.objects.exists()


def test_a_sentence_that_does_not_hold_stops_it_all(desk, report, reported):
    desk.post(address(report), {"begin": "yes"})
    text = next_after(report)
    claim = Claim.objects.filter(section__revision=text, kind="lead").first()
    Claim.objects.filter(pk=claim.pk).update(text="A volcano swallowed nine cows.")
    fields = {"text": text.pk, "kind": "correction", "reason": "Cows.", "answers": [reported.pk]}

    response = desk.post(address(report), fields)

    assert "does not hold" in said(response)
    reported.refresh_from_db()
    assert reported.state == "open"


def test_a_draft_is_not_corrected(desk):
    draft = a_draft_report(sections=1)

    response = desk.get(address(draft), follow=True)

    assert "Only a published report can be corrected." in said(response)


def test_the_queue_has_open_ones_first_and_the_dashboard_counts_them(
    desk, reported, django_assert_max_num_queries
):
    answered = take_error_report(reported.claim, text="An older one.", now=NOW - timedelta(days=1))
    ErrorReport.objects.filter(pk=answered.pk).update(
        state="declined", outcome="No.", decided_at=NOW
    )

    with django_assert_max_num_queries(12):
        queue = desk.get(QUEUE)
    dashboard = said(desk.get("/admin/"))

    rows = list(queue.context["cl"].result_list)
    assert rows == [reported, answered]
    assert "&lt;b&gt;goat" in queue.content.decode()
    assert "A reader reports an error: somebody answers." in dashboard


def test_a_reader_is_answered_once(desk, reported):
    page = said(desk.get(f"{QUEUE}{reported.pk}/change/"))
    sent = {"outcome": "The goat is in the Courier.", "correction": ""}

    first = desk.post(f"{QUEUE}{reported.pk}/answer/", sent, follow=True)
    second = desk.post(f"{QUEUE}{reported.pk}/answer/", {"outcome": "Oh, no."}, follow=True)

    assert reported.claim.evidence.first().quote in page
    assert "The reader's page says so now." in said(first)
    assert "Somebody else has answered this one." in said(second)
    reported.refresh_from_db()
    assert (reported.state, reported.outcome) == ("declined", "The goat is in the Courier.")
    assert LogEntry.objects.get().change_message == "Answered: The goat is in the Courier."
    after = said(desk.get(f"{QUEUE}{reported.pk}/change/"))
    assert "Answer the reader" not in after


@pytest.mark.parametrize(
    ("sent", "words"),
    [
        pytest.param({"outcome": ""}, "Answer: This field is required.", id="no words"),
        pytest.param({"outcome": "\u200b"}, "The reader is to be told", id="none to see"),
        pytest.param({"outcome": "So.", "correction": "7"}, "Correction: Select a", id="no such"),
    ],
)
def test_an_answer_needs_words(desk, reported, sent, words):
    response = desk.post(f"{QUEUE}{reported.pk}/answer/", sent, follow=True)

    assert words in said(response)
    reported.refresh_from_db()
    assert reported.state == "open"
