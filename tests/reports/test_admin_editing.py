"""Editing drafts on the desk: one page, one save, and nobody's words are lost."""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext
from html import unescape

import pytest
from django.db import connection
from django.test import Client

from patriot.accounts.roles import Role
from reports.admin.edit_forms import fields_of
from reports.admin.making import revision_with_evidence
from reports.models import Claim, Report
from reports.pipeline.drafting import next_text
from reports.pipeline.editing import thread_of
from reports.pipeline.publish import publish_as_seen
from tests.factories import NOW, a_draft_report, a_user_with

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


def typed_by_an_editor(report: Report) -> tuple[dict[str, str], str]:
    """Return a form in which one sentence is reworded, and the new words."""
    claim = details(report)[0]
    words = claim.evidence.get().quote
    return as_sent(report) | {f"text-{claim.pk}": words, "why": "Plainer."}, words


@pytest.mark.parametrize("is_late", [False, True], ids=["before the page", "while it is saved"])
@pytest.mark.parametrize("has_newer", [False, True], ids=["the text I saw", "a newer text"])
def test_an_edit_that_loses_against_publication_says_so_and_keeps_the_words(
    desk, report, is_late, has_newer
):
    form, words = typed_by_an_editor(report)
    if has_newer:
        next_text(report.revisions.get(), editor=None, edits="Another's.", now=NOW)

    def publish_it() -> None:
        publish_as_seen(Report.objects.get(pk=report.pk), now=NOW)

    if is_late:
        form["base"] = str(report.revisions.order_by("number").last().pk)
    else:
        publish_it()
    texts = report.revisions.count()

    with before_the_first_savepoint(publish_it) if is_late else nullcontext():
        answer = desk.post(address(report), form)

    page = said(answer)
    assert answer.status_code == 409
    assert "Nothing of this was saved: the report was published while you wrote." in page
    assert "Saved as" not in page
    assert words in page
    assert "Plainer." in page
    assert report.revisions.count() == texts


def test_nor_does_going_back_to_a_text_change_what_readers_have(desk, report):
    first = report.revisions.get()
    next_text(first, editor=None, edits="Another's.", now=NOW)

    def publish_it() -> None:
        publish_as_seen(Report.objects.get(pk=report.pk), now=NOW)

    with before_the_first_savepoint(publish_it):
        page = desk.post(f"/admin/reports/report/{report.pk}/back/1/", {"newest": "2"}, follow=True)

    assert report.revisions.count() == 2
    assert "A report that is published cannot be edited." in said(page)


def before_the_first_savepoint(act) -> AbstractContextManager[None]:
    """Have somebody else be faster, between the look at the report and the transaction."""
    begun = []

    def after_the_other(execute, sql, params, many, context):
        if sql.startswith("SAVEPOINT") and not begun:
            begun.append(sql)
            act()
        return execute(sql, params, many, context)

    return connection.execute_wrapper(after_the_other)
