"""Evidence is picked on the page that edits a draft, and checked like what is written down."""

from __future__ import annotations

import re
from html import unescape

import pytest
from django.test import Client

from patriot.accounts.roles import Role
from reports.admin.edit_forms import fields_of
from reports.admin.making import revision_with_evidence
from reports.admin.picks import picks_in
from reports.models import Claim, Evidence, Report, Section
from sources.models import Passage
from tests.factories import a_draft_report, a_user_with

pytestmark = pytest.mark.django_db


@pytest.fixture
def report() -> Report:
    return a_draft_report(sections=2, state=Report.State.REVIEW)


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


def a_lead(report: Report) -> Claim:
    found = Claim.objects.filter(section__revision__report=report, kind="lead")
    return found.order_by("section__position", "position").first()


def boxes(page: str, owner: str) -> list[str]:
    """Return the boxes that are offered for a sentence and not ticked."""
    return re.findall(rf'name="(pick-{owner}-[0-9-]+)">', page)


def place_of(box: str) -> tuple[int, int, int]:
    passage, start, end = map(int, box.split("-")[-3:])
    return passage, start, end


def test_what_the_story_was_given_is_offered_and_nothing_is_saved(desk, report):
    lead = a_lead(report)
    typed = as_sent(report) | {f"text-{lead.pk}": "Half a thought", "pick": str(lead.pk)}

    answer = desk.post(address(report), typed)

    page = said(answer)
    given = set(Section.objects.get(pk=lead.section_id).given)
    assert answer.status_code == 200
    assert "Half a thought" in page
    assert {place_of(box)[0] for box in boxes(page, str(lead.pk))} <= given
    article = lead.evidence.first().passage.article
    assert article.publisher.name in page
    assert article.title in page
    assert report.revisions.count() == 1


def test_the_words_that_are_looked_for_come_first(desk, report):
    lead = a_lead(report)
    form = as_sent(report) | {"pick": str(lead.pk), f"look-{lead.pk}": "buses Mill Bridge"}

    page = said(desk.post(address(report), form))

    first = Passage.objects.get(pk=place_of(boxes(page, str(lead.pk))[0])[0])
    assert "buses" in first.text.lower()


def test_a_picked_sentence_is_the_evidence_at_the_very_place(desk, report):
    lead = a_lead(report)
    old = lead.evidence.first().quote
    form = as_sent(report) | {f"quotes-{lead.pk}": "", "pick": str(lead.pk)}
    page = said(desk.post(address(report), form | {f"look-{lead.pk}": old}))
    box = next(
        box
        for box in boxes(page, str(lead.pk))
        if (place := place_of(box))
        and Passage.objects.get(pk=place[0]).text[place[1] : place[2]] == old
    )
    form = form | {f"text-{lead.pk}": old, box: "on"}

    again = said(desk.post(address(report), form))
    form.pop("pick")
    saved = desk.post(address(report), form)

    assert "Picked, for when you save" in again
    assert f'name="{box}" checked' in again
    assert saved.status_code == 302
    text = report.revisions.latest("number")
    edited = Claim.objects.get(section__revision=text, origin=lead.pk)
    item = Evidence.objects.get(claim=edited)
    assert (edited.text, edited.caveat) == (old, "")
    assert (item.passage_id, item.start, item.end) == place_of(box)


def test_a_sentence_is_added_on_what_was_picked(desk, report):
    story = a_lead(report).section.story_id
    form = as_sent(report) | {"pick": f"new-{story}"}
    page = said(desk.post(address(report), form))
    passage, start, end = place_of(box := boxes(page, f"new-{story}")[3])
    words = Passage.objects.get(pk=passage).text[start:end]
    form = as_sent(report) | {f"new-text-{story}": words, f"new-kind-{story}": "detail", box: "on"}

    assert desk.post(address(report), form).status_code == 302

    added = Claim.objects.get(section__revision__number=2, is_edited=True)
    assert added.text == words
    assert added.evidence.get().quote in words


@pytest.mark.parametrize(
    "of_another_story",
    [pytest.param(True, id="another story's"), pytest.param(False, id="beyond the end")],
)
def test_a_pick_that_this_story_was_not_given_is_refused(desk, report, of_another_story):
    lead = a_lead(report)
    other = report.revisions.get().sections.get(position=2).given[0]
    own = lead.evidence.first().passage_id
    pick = f"{other}-0-9" if of_another_story else f"{own}-3-99999"
    form = as_sent(report) | {f"pick-{lead.pk}-{pick}": "on"}

    answer = desk.post(address(report), form)

    assert answer.status_code == 422
    assert "The words that were picked stand in none of the story's passages." in said(answer)
    assert report.revisions.count() == 1


def test_a_pick_that_does_not_say_so_supports_nothing(desk, report):
    lead = a_lead(report)
    passage = lead.evidence.first().passage
    form = as_sent(report) | {
        f"text-{lead.pk}": "The bridge cost 77 billion crowns.",
        f"quotes-{lead.pk}": "",
        f"pick-{lead.pk}-{passage.pk}-0-{len(passage.text)}": "on",
    }

    answer = desk.post(address(report), form)

    assert answer.status_code == 422
    assert "is not in its quotations." in said(answer)


def test_a_picked_box_survives_the_other_editors_save(desk, report):
    lead = a_lead(report)
    item = lead.evidence.first()
    mine = as_sent(report) | {f"pick-{lead.pk}-{item.passage_id}-{item.start}-{item.end}": "on"}
    dropped = Claim.objects.filter(section__revision__report=report).latest("pk")
    desk.post(address(report), as_sent(report) | {f"drop-{dropped.pk}": "on"})

    answer = desk.post(address(report), mine)

    assert answer.status_code == 409
    assert f'-{item.start}-{item.end}" checked' in said(answer)


@pytest.mark.parametrize(
    "name",
    [
        pytest.param("pick-1-2-3", id="too few"),
        pytest.param("pick-1-2-3-4-5", id="too many"),
        pytest.param("pick-x-2-3-4", id="no number"),
        pytest.param("pick-1-2-3-٤", id="a digit of another script"),
        pytest.param(f"pick-1-{'9' * 40}-3-4", id="too long"),
    ],
)
def test_what_is_no_box_is_no_pick(name):
    assert picks_in([name]) == {}


def test_of_too_many_picks_one_more_is_read_than_a_sentence_may_have():
    picks = picks_in(f"pick-1-2-{start}-99" for start in range(50))

    assert len(picks["1"]) == 9


def test_asking_for_what_is_not_there_shows_the_page(desk, report):
    answer = desk.post(address(report), as_sent(report) | {"pick": "<script>"})

    assert answer.status_code == 200
    assert "<script>" not in answer.content.decode().partition("<form")[2]


def test_picking_costs_the_same_whatever_the_story_was_given(
    desk, report, django_assert_max_num_queries
):
    form = as_sent(report) | {"pick": str(a_lead(report).pk)}
    desk.post(address(report), form)

    with django_assert_max_num_queries(27):
        desk.post(address(report), form)
