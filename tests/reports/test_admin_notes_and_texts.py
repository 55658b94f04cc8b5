"""Notes between staff, the texts of a report and the time that is left, on the desk."""

from __future__ import annotations

from datetime import timedelta
from html import unescape

import pytest
from django.test import Client

from patriot.accounts.roles import Role
from reports.models import Claim, DeskNote, Report
from reports.pipeline.deadline import review_ends
from reports.pipeline.drafting import next_text
from reports.pipeline.gates import examine
from tests.factories import NOW, a_draft_report, a_published_report, a_user_with

pytestmark = pytest.mark.django_db


@pytest.fixture
def report() -> Report:
    return a_draft_report(sections=2)


@pytest.fixture
def desk(client: Client) -> Client:
    client.force_login(a_user_with(Role.EDITOR))
    return client


def at(report: Report, rest: str) -> str:
    return f"/admin/reports/report/{report.pk}/{rest}"


def said(response) -> str:
    return unescape(" ".join(response.content.decode().split()))


def with_second_text(report: Report):
    """Return the first text, and a second one that says less."""
    first = report.revisions.get()
    second = next_text(first, editor=None, edits="Shorter.", now=NOW)
    Claim.objects.filter(section__revision=second).order_by("-pk").first().delete()
    return first, second


def sentences(revision) -> list[str]:
    claims = Claim.objects.filter(section__revision=revision)
    return list(claims.order_by("section__position", "position").values_list("text", flat=True))


def notes_gate(report: Report) -> bool:
    gates = examine(report.revisions.order_by("-number").first()).gates
    return next(gate.is_green for gate in gates if gate.name == "notes")


def test_a_note_closes_a_gate_until_it_is_settled(desk, report):
    claim = Claim.objects.filter(section__revision__report=report).first()

    desk.post(at(report, "note/"), {"note": "Who said so? <b>", "note-about": str(claim.pk)})

    note = report.desk_notes.get()
    assert (note.text, note.origin) == ("Who said so? <b>", claim.pk)
    assert not notes_gate(report)
    page = desk.get(at(report, "change/")).content.decode()
    assert "Who said so? &lt;b&gt;" in page

    desk.post(at(report, f"settle/{note.pk}/"))

    assert notes_gate(report)
    page = said(desk.get(at(report, "change/")))
    assert "settled by" in page
    assert "Settled: Who said so?" in page


@pytest.mark.parametrize(
    ("form", "why"),
    [
        pytest.param({}, "A note needs words.", id="nothing"),
        pytest.param({"note": " \u202e\u200b "}, "A note needs words.", id="hidden"),
        pytest.param(
            {"note": "A", "note-about": "9" * 18}, "This report has no such sentence.", id="unknown"
        ),
    ],
)
def test_a_note_that_says_nothing_is_none(desk, report, form, why):
    answer = desk.post(at(report, "note/"), form, follow=True)

    assert why in said(answer)
    assert not DeskNote.objects.exists()


def test_a_note_of_another_report_is_not_settled_here(desk, report):
    other = DeskNote.objects.create(
        report=a_published_report(), author=a_user_with(Role.EDITOR), text="A", created_at=NOW
    )

    assert desk.post(at(report, f"settle/{other.pk}/")).status_code == 404


def test_any_two_texts_can_be_compared(desk, report, django_assert_max_num_queries):
    first, _ = with_second_text(report)

    with django_assert_max_num_queries(16):
        page = said(desk.get(at(report, "texts/")))

    assert "From text 1 to text 2" in page
    assert sentences(first)[-1] in page
    same = said(desk.get(at(report, "texts/"), {"before": "2", "after": "2"}))
    assert "They say the same." in same
    assert desk.get(at(report, "texts/"), {"before": "x" * 99, "after": "²"}).status_code == 200


def test_going_back_makes_the_earlier_text_the_next_one(desk, report):
    first, second = with_second_text(report)

    desk.post(at(report, "back/1/"), {"newest": "2"})

    third = report.revisions.get(number=3)
    assert sentences(third) == sentences(first) != sentences(second)
    assert (third.based_on, third.edits) == (first, "Went back to text 1.")
    assert "Went back to text 1." in said(desk.get(at(report, "change/")))


def test_going_back_does_not_undo_what_the_editor_never_saw(desk, report):
    with_second_text(report)

    answer = desk.post(at(report, "back/1/"), {"newest": "1"}, follow=True)

    assert "Somebody else changed this report meanwhile." in said(answer)
    assert report.revisions.count() == 2


def test_what_readers_see_is_not_undone(desk):
    report = a_published_report()

    answer = desk.post(at(report, "back/1/"), follow=True)

    assert "cannot be edited" in said(answer)
    assert report.revisions.count() == 1


def test_the_time_that_is_left_is_said_in_words(report):
    ends = report.slot_at - report.briefing.review_margin

    assert "in 1 hour and 5 minutes; then it is published at its slot if" in review_ends(
        report, ends - timedelta(minutes=65)
    )
    assert "in 1 minute;" in review_ends(report, ends - timedelta(seconds=3))
    assert review_ends(report, ends).startswith("Review ended at ")
