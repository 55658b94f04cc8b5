"""Previews on the desk: any text as its readers would get it, seen by staff alone."""

from __future__ import annotations

from html import unescape

import pytest
from django.core import mail
from django.test import Client

from patriot.accounts.roles import Role
from reports.channels.letters import report_letter
from reports.models import Claim, Report
from reports.pages.letter import PREFERENCES, UNSUBSCRIBE
from reports.pipeline.publish import publish_report
from tests import factories
from tests.factories import a_draft_report, a_user_with

pytestmark = pytest.mark.django_db

FORMS = ("page", "email", "email-frame", "feed", "feed-frame")
MARK = "Readers see nothing of it: only staff see this preview."


@pytest.fixture
def report() -> Report:
    return a_draft_report(sections=2, state=Report.State.REVIEW)


@pytest.fixture
def desk(client: Client) -> Client:
    client.force_login(a_user_with(Role.VIEWER))
    return client


def address(report: Report, form: str, number: int = 1) -> str:
    return f"/admin/reports/report/{report.pk}/preview/{number}/{form}/"


def test_each_form_shows_the_text_says_that_it_is_a_draft_and_is_kept_nowhere(desk, report):
    lead = Claim.objects.filter(section__revision__report=report, kind="lead").first()

    for form in FORMS:
        answer = desk.get(address(report, form))
        said = unescape(answer.content.decode())

        assert answer.status_code == 200, form
        assert MARK in said, form
        assert "no-store" in answer["Cache-Control"], form
        assert answer["X-Robots-Tag"] == "noindex, nofollow", form
        if form != "email":
            assert lead.text in said, form
    assert mail.outbox == []


def test_a_frame_runs_nothing_loads_nothing_and_stands_in_the_desk_alone(desk, report):
    for form in ("email-frame", "feed-frame"):
        answer = desk.get(address(report, form))
        policy = answer["Content-Security-Policy"]

        assert "default-src 'none'" in policy
        assert "script-src" not in policy
        assert "sandbox allow-popups" in policy
        assert "allow-scripts" not in policy
        assert "frame-ancestors 'self'" in policy
        assert answer["X-Frame-Options"] == "SAMEORIGIN"
    page = desk.get(address(report, "email"))
    assert "frame-src 'self'" in page["Content-Security-Policy"]
    assert "unsafe" not in page["Content-Security-Policy"]
    assert page["X-Frame-Options"] == "DENY"


def test_the_letter_is_the_one_that_is_sent_but_for_its_marks(desk, report, now):
    draft = desk.get(address(report, "email")).context
    frame = desk.get(address(report, "email-frame")).content.decode()

    publish_report(report, now=now)
    report.refresh_from_db()
    sent = report_letter(report.current, length="full")

    assert draft["letter"].subject == sent.subject
    assert draft["text"] == sent.text.replace(UNSUBSCRIBE, "#").replace(PREFERENCES, "#")
    body = sent.html.replace(UNSUBSCRIBE, "#").replace(PREFERENCES, "#")
    before, mark, after = frame.partition(frame[frame.index("<p role") : frame.index("</p>") + 4])
    unmarked = (before + after).replace('<base target="_blank">', "")
    # A draft has no number yet.
    assert unmarked == body.replace(" · No. 1 ·", " ·")
    assert MARK in mark


def test_an_entry_is_the_feeds_own(desk, report, now):
    previewed = desk.get(address(report, "feed")).context["entry"]

    publish_report(report, now=now)
    atom = unescape(desk.get("/reports/feed.atom").content.decode())

    assert f"<id>{previewed.id}</id>" in atom
    assert previewed.title in atom
    assert previewed.html.partition("<h2>")[2] in atom


def test_an_earlier_text_and_one_that_readers_saw_can_be_looked_at(desk, report, now):
    publish_report(report, now=now)

    said = desk.get(address(report, "page")).content.decode()

    assert "Readers see this text." in said
    assert "<strong>Text 1.</strong>" in said


def test_what_is_hostile_in_a_text_stays_words(desk, report):
    report.revisions.update(title="</title><script>alert(1)</script>")

    for form in FORMS:
        assert "<script>alert" not in desk.get(address(report, form)).content.decode()


def test_the_short_version_is_offered_where_there_is_one(desk, report):
    page = address(report, "email")
    without = desk.get(page).content.decode()
    lead = Claim.objects.filter(section__revision__report=report, kind="lead").first()
    Claim.objects.filter(pk=lead.pk).update(is_short=True)

    assert "Short e-mail" not in without
    assert "Short e-mail" in desk.get(page).content.decode()
    short = desk.get(f"{page}?length=short").context["text"]
    assert len(short) < len(desk.get(page).context["text"])


@pytest.mark.parametrize(
    ("form", "number"),
    [
        pytest.param("telegram", 1, id="no such form"),
        pytest.param("page", 9, id="no such text"),
        pytest.param("page", 10**30, id="no number of a row"),
    ],
)
def test_what_is_not_there_is_not_found(desk, report, form, number):
    assert desk.get(address(report, form, number)).status_code == 404


def test_nobody_without_the_right_sees_a_draft(client, report):
    assert client.get(address(report, "email-frame")).status_code == 302
    client.force_login(factories.a_staff_user())

    for form in FORMS:
        assert client.get(address(report, form)).status_code == 403


def test_a_preview_costs_the_same_whatever_its_length(desk, report, django_assert_max_num_queries):
    for form in FORMS:
        desk.get(address(report, form))
        with django_assert_max_num_queries(21):
            desk.get(address(report, form))
