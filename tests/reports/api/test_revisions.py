"""The API of a report's texts, as a client sees it."""

from __future__ import annotations

from datetime import timedelta

import pytest
import time_machine
from django.test import Client

from patriot.accounts.roles import Role
from reports.domain.record import sha256_of
from reports.models import Claim, Report, Revision
from reports.pipeline.correct import publish_correction
from reports.pipeline.drafting import next_text
from reports.pipeline.publish import publish_report, withdraw_report
from tests.factories import (
    NOW,
    a_draft_report,
    a_staff_user,
    a_user_with,
    an_api_key,
)

pytestmark = pytest.mark.django_db

LATER = NOW + timedelta(hours=1)


@pytest.fixture
def report() -> Report:
    """A report that was published, corrected once, and is being corrected again."""
    report = a_draft_report(sections=1)
    publish_report(report, now=NOW)
    report.refresh_from_db()
    text = next_text(report.current, editor=None, edits="", now=LATER)
    Claim.objects.filter(section__revision=text).order_by("pk").last().delete()
    publish_correction(
        report, text, kind="correction", reason="Not so.", author=a_staff_user(), now=LATER
    )
    report.refresh_from_db()
    editor = a_user_with(Role.EDITOR, username="erin")
    next_text(report.current, editor=editor, edits="A word.", now=LATER + timedelta(hours=1))
    report.refresh_from_db()
    return report


def key_of(role: Role, *scopes: str) -> dict[str, str]:
    _, token = an_api_key(a_user_with(role), *scopes)
    return {"Authorization": f"Bearer {token}"}


def numbers(answer) -> list[int]:
    return [text["number"] for text in answer.json()["results"]]


@pytest.fixture(autouse=True)
def clock():
    with time_machine.travel(NOW, tick=False):
        yield


def test_readers_see_what_was_published_and_why(client: Client, report: Report) -> None:
    address = f"/api/v1/reports/{report.pk}/revisions/"

    newest, first = client.get(address).json()["results"]

    page = f"http://testserver{report.get_revisions_url()}"
    assert newest == {
        "number": 2,
        "url": f"http://testserver{address}2/",
        "html_url": f"{page}#revision-2",
        "report_url": f"http://testserver/api/v1/reports/{report.pk}/",
        "title": report.current.title,
        "analyst": "local analyst",
        "created_at": "2026-06-09T07:30:00Z",
        "published_at": "2026-06-09T07:30:00Z",
        "sha256": report.current.sha256,
        "previous_sha256": first["sha256"],
        "counts": first["counts"] | {"claims": first["counts"]["claims"] - 1},
        "correction": {
            "kind": "correction",
            "reason": "Not so.",
            "created_at": "2026-06-09T07:30:00Z",
            "replaced_revision": 1,
        },
        "is_current": True,
        "desk": None,
    }
    assert (first["number"], first["is_current"], first["correction"]) == (1, False, None)


def test_one_text_is_whole_and_can_be_checked(client: Client, report: Report, settings) -> None:
    settings.KEPT_PAGE_SECONDS = 0
    whole = client.get(f"/api/v1/reports/{report.pk}/").json()

    newest = client.get(f"/api/v1/reports/{report.pk}/revisions/2/").json()
    first = client.get(f"/api/v1/reports/{report.pk}/revisions/1/").json()

    same = ("title", "analyst", "prompts", "budget", "coverage", "summary", "sections", "left_out")
    assert {name: newest[name] for name in same} == {name: whole[name] for name in same}
    claims = [claim for section in first["sections"] for claim in section["claims"]]
    assert len(claims) == first["counts"]["claims"] == newest["counts"]["claims"] + 1
    assert all(claim["evidence"] for claim in claims)
    made = first["provenance"]
    assert sha256_of(made["record"]) == made["sha256"]
    assert newest["provenance"]["previous_sha256"] == made["sha256"] == first["sha256"]
    few = client.get(f"/api/v1/reports/{report.pk}/revisions/1/?fields=number,title").json()
    assert few == {"number": 1, "title": first["title"]}


@pytest.mark.parametrize(
    ("role", "scopes", "seen"),
    [
        pytest.param(None, (), [2, 1], id="nobody"),
        pytest.param(Role.ADMINISTRATOR, ("jobs:read",), [2, 1], id="a key without the scope"),
        pytest.param(None, ("desk:read",), [2, 1], id="an owner who may not"),
        pytest.param(Role.VIEWER, ("desk:read",), [3, 2, 1], id="a viewer's key"),
    ],
)
def test_a_draft_is_there_only_for_the_desk(client, report, role, scopes, seen) -> None:
    headers = key_of(role, *scopes) if scopes else {}
    address = f"/api/v1/reports/{report.pk}/revisions/"

    listed = client.get(address, headers=headers)
    draft = client.get(f"{address}3/", headers=headers)
    nothing = client.get(f"{address}9/", headers=headers)

    assert numbers(listed) == seen
    assert (draft.status_code == 200) is (3 in seen)
    assert nothing.status_code == 404
    if draft.status_code == 404:
        said = "There is no revision {} of report {}."
        assert draft.json()["detail"] == said.format(3, report.pk)
        assert nothing.json()["detail"] == said.format(9, report.pk)
        assert listed.json()["results"][0]["desk"] is None
    else:
        told = listed.json()["results"][0]
        assert told["desk"] == {"editor": "erin", "edits": "A word.", "based_on": 2}
        assert (told["published_at"], told["html_url"], told["sha256"]) == (None, None, "")
        assert draft.json()["sections"]
        assert draft.json()["provenance"]["record"] is None
        assert "no-store" in draft["Cache-Control"]


def test_a_session_opens_no_draft(client: Client, report: Report) -> None:
    client.force_login(a_user_with(Role.ADMINISTRATOR))

    assert client.get(f"/api/v1/reports/{report.pk}/revisions/3/").status_code == 404


@pytest.mark.parametrize(
    ("state", "status", "said"),
    [
        pytest.param("draft", 404, "There is no report {}.", id="a draft"),
        pytest.param("held", 404, "There is no report {}.", id="held"),
        pytest.param("withdrawn", 410, "This report was withdrawn. Wrong.", id="withdrawn"),
    ],
)
def test_texts_of_what_is_not_public(client: Client, state, status, said) -> None:
    report = a_draft_report(sections=1)
    if state == "withdrawn":
        publish_report(report, now=NOW)
        report.refresh_from_db()
        withdraw_report(report, reason="Wrong.", now=LATER)
    Report.objects.filter(pk=report.pk).update(state=state, reason="Wrong.")

    for path in ("", "1/"):
        address = f"/api/v1/reports/{report.pk}/revisions/{path}"
        answer = client.get(address)
        of_desk = client.get(address, headers=key_of(Role.VIEWER, "desk:read"))

        assert (answer.status_code, answer.json()["detail"]) == (status, said.format(report.pk))
        assert of_desk.status_code == 200


def test_texts_since_a_moment_and_in_any_order(client: Client, report: Report) -> None:
    address = f"/api/v1/reports/{report.pk}/revisions/"

    assert numbers(client.get(f"{address}?since=2026-06-09T07:00:00Z")) == [2]
    assert numbers(client.get(f"{address}?until=2026-06-09T07:00:00Z")) == [1]
    assert numbers(client.get(f"{address}?ordering=oldest")) == [1, 2]
    page = client.get(f"{address}?page_size=1&fields=number").json()
    assert page["results"] == [{"number": 2}]
    assert numbers(client.get(page["next"])) == [1]
    for query in ("state=draft", "fields=secret", "cursor=x"):
        answer = client.get(f"{address}?{query}")
        assert (answer.status_code, answer.json()["errors"][0]["field"]) == (
            400,
            query.partition("=")[0],
        )


def test_a_list_and_a_text_take_few_queries(
    client: Client, report: Report, settings, django_assert_num_queries
) -> None:
    settings.KEPT_PAGE_SECONDS = 0
    address = f"/api/v1/reports/{report.pk}/revisions/"

    with django_assert_num_queries(3):  # the throttle's, the report, its texts
        client.get(address)
    with django_assert_num_queries(12):  # as above; the text is written, and kept
        client.get(f"{address}1/")
    with django_assert_num_queries(4):  # the throttle's, the report, the text, what is kept
        client.get(f"{address}1/")


def test_an_old_text_does_not_change_when_it_is_corrected_again(
    client: Client, report: Report, settings
) -> None:
    settings.KEPT_PAGE_SECONDS = 0
    address = f"/api/v1/reports/{report.pk}/revisions/2/"
    before = client.get(address).json()
    draft = Revision.objects.get(report=report, number=3)
    Claim.objects.filter(section__revision=draft).order_by("pk").last().delete()

    publish_correction(
        report, draft, kind="update", reason="More.", author=a_staff_user(), now=LATER
    )

    assert client.get(address).json() == before


def test_what_has_not_changed_is_not_sent_again(client: Client, report: Report) -> None:
    address = f"/api/v1/reports/{report.pk}/revisions/"

    for path in (address, f"{address}1/"):
        etag = client.get(path)["ETag"]
        again = client.get(path, headers={"If-None-Match": etag})

        assert (again.status_code, again.content) == (304, b"")
