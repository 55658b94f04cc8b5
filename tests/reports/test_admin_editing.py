"""Editing drafts on the desk: one page, one save, and nobody's words are lost."""

from __future__ import annotations

from html import unescape

import pytest
from django.test import Client

from patriot.accounts.roles import Role
from reports.admin.edit_forms import fields_of
from reports.admin.making import revision_with_evidence
from reports.models import Claim, Report
from reports.pipeline.editing import thread_of
from tests.factories import a_draft_report, a_user_with

pytestmark = pytest.mark.django_db


@pytest.fixture
def report() -> Report:
    draft = a_draft_report(sections=2)
    Report.objects.filter(pk=draft.pk).update(state=Report.State.REVIEW)
    draft.refresh_from_db()
    return draft


@pytest.fixture
def desk(client: Client) -> Client:
    client.force_login(a_user_with(Role.EDITOR))
    return client


def address(report: Report) -> str:
    return f"/admin/reports/report/{report.pk}/edit/"


def as_sent(report: Report) -> dict[str, str]:
    """Return what the page sends if nothing is changed."""
    newest = revision_with_evidence(report)
    return {"base": str(newest.pk), "why": "", **fields_of(newest)}


def said(response) -> str:
    return unescape(" ".join(response.content.decode().split()))


def details(report: Report) -> list[Claim]:
    newest = report.revisions.order_by("-number").first()
    found = Claim.objects.filter(section__revision=newest).exclude(kind="headline")
    return list(found.order_by("section__position", "position"))


def test_the_page_has_a_field_for_every_sentence_and_says_what_is_green(desk, report):
    page = said(desk.get(address(report)))

    for claim in details(report):
        assert f'name="text-{claim.pk}"' in page
    assert "Every sentence stands on its quotations." in page


def test_saving_makes_the_next_text_and_stands_in_the_history(desk, report):
    dropped = details(report)[-1]
    form = as_sent(report) | {f"drop-{dropped.pk}": "on", "why": "Too thin."}

    answer = desk.post(address(report), form)

    assert answer.status_code == 302
    newest = report.revisions.order_by("-number").first()
    assert (newest.number, newest.edits) == (2, "Too thin. (1 dropped)")
    assert dropped.pk not in {claim.origin for claim in details(report)}
    assert "Edited: Too thin. (1 dropped)" in said(
        desk.get(f"/admin/reports/report/{report.pk}/change/")
    )


def test_a_sentence_that_does_not_hold_is_not_saved_and_stays_in_its_field(desk, report):
    claim = details(report)[0]
    form = as_sent(report) | {f"text-{claim.pk}": "The bridge cost 77 billion crowns."}

    answer = desk.post(address(report), form)

    assert answer.status_code == 422
    page = said(answer)
    assert "The bridge cost 77 billion crowns." in page
    assert "Nothing was saved: 1 sentence does not hold." in page
    assert report.revisions.count() == 1


def test_the_second_of_two_editors_sees_the_first_ones_work_and_loses_nothing(desk, report):
    mine, theirs = details(report)[0], details(report)[-1]
    first, second = as_sent(report), as_sent(report)
    desk.post(address(report), first | {f"drop-{theirs.pk}": "on"})

    quote = mine.evidence.first().quote
    answer = desk.post(address(report), second | {f"text-{mine.pk}": quote})

    assert answer.status_code == 409
    page = said(answer)
    assert "Somebody else changed this report meanwhile" in page
    assert quote in page
    assert f'name="text-{theirs.pk}"' not in page
    assert report.revisions.count() == 2
    again = as_sent(report) | {f"text-{mine.pk}": quote}
    assert desk.post(address(report), again).status_code == 302
    assert [claim.text for claim in details(report) if thread_of(claim) == mine.pk] == [quote]


def test_a_report_that_went_out_meanwhile_is_not_changed_behind_readers_backs(desk, report):
    form = as_sent(report) | {f"drop-{details(report)[-1].pk}": "on"}
    Report.objects.filter(pk=report.pk).update(state=Report.State.PRODUCING)

    answer = desk.post(address(report), form)

    assert answer.status_code == 409
    assert report.revisions.count() == 1


@pytest.mark.parametrize(
    "form",
    [
        pytest.param({}, id="empty"),
        pytest.param({"base": "x" * 5_000}, id="no number"),
        pytest.param({"base": "9" * 18}, id="no text"),
    ],
)
def test_odd_requests_change_nothing(desk, report, form):
    answer = desk.post(address(report), form)

    assert answer.status_code == 409
    assert report.revisions.count() == 1


def test_a_viewer_may_not_edit(client, report):
    client.force_login(a_user_with(Role.VIEWER))

    assert client.get(address(report)).status_code == 403
    assert client.post(address(report), {}).status_code == 403


def test_the_page_costs_the_same_whatever_its_length(desk, report, django_assert_max_num_queries):
    desk.get(address(report))

    with django_assert_max_num_queries(25):
        desk.get(address(report))
