"""Stories on the desk: what editors can decide there, and who may."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from patriot.accounts.models import User
from patriot.accounts.roles import Role
from reports.models import Decision, Membership, Story
from reports.pipeline import deciding
from reports.pipeline.cluster import count_articles
from tests import factories
from tests.factories import NOW, a_source, a_story, an_article

pytestmark = pytest.mark.django_db
LIST, DECISIONS = "/admin/reports/story/", "/admin/reports/decision/"


@pytest.fixture
def desk(client: Client) -> Client:
    client.force_login(User.objects.create_superuser("chief"))
    return client


def a_story_of(count: int, *, about: str, **fields: Any) -> Story:
    articles = [
        an_article(
            a_source(f"Outlet {number}", newsroom=fields.get("newsroom", "")),
            title=f"{about}: report {number}",
            paragraphs=(f"The {about.lower()} was seen by reporter number {number} of the town.",),
            hours_ago=8 - number / 50,
        )
        for number in range(count)
    ]
    story = a_story(articles, **fields)
    count_articles([story.pk])
    story.refresh_from_db()
    return story


def articles_of(story: Story) -> list[int]:
    found = Membership.objects.filter(story=story).order_by("article__published_at")
    return list(found.values_list("article", flat=True))


def page_of(story: Story) -> str:
    return f"{LIST}{story.pk}/change/"


def decide(desk: Client, story: Story, act: str, **fields: Any) -> str:
    """Send a form of an act; return the page that follows."""
    answer = desk.post(f"{LIST}{story.pk}/decide/{act}/", fields, follow=True)
    assert answer.status_code == 200
    return answer.content.decode()


def queries(desk: Client, path: str) -> int:
    desk.get(path)
    with CaptureQueriesContext(connection) as captured:
        assert desk.get(path).status_code == 200
    return len(captured)


# --- One story ------------------------------------------------------------------------
def test_a_split_shows_before_and_after_and_changes_nothing_until_confirmed(desk: Client) -> None:
    story = a_story_of(5, about="Flood")
    chosen = articles_of(story)[:2]

    page = decide(desk, story, "split", article=chosen)

    assert "5 → 3" in page
    assert "0 → 2" in page
    assert "<strong>new</strong>" in page
    assert Story.objects.count() == 1
    assert not Decision.objects.exists()


def test_a_split_is_made_with_a_note_and_written_down(desk: Client) -> None:
    story = a_story_of(5, about="Flood")
    chosen = articles_of(story)[:2]

    page = decide(desk, story, "split", article=chosen, sure="yes", note="Two rivers.")

    decision = Decision.objects.get()
    assert f"split off as “Flood: report 0” (story {decision.other_id})" in page
    assert "Two rivers." in page
    assert (decision.kind, decision.note, decision.made_by.username) == (
        "split",
        "Two rivers.",
        "chief",
    )
    said = LogEntry.objects.filter(object_id=str(story.pk)).get().change_message
    assert "2 articles of “Flood: report 2”" in said
    assert "Why: Two rivers." in said
    assert LogEntry.objects.count() == 3


def test_without_articles_there_is_nothing_to_split(desk: Client) -> None:
    story = a_story_of(3, about="Flood")

    page = decide(desk, story, "split", sure="yes")

    assert "Choose the articles first." in page
    assert not Decision.objects.exists()


@pytest.mark.parametrize(
    "sent",
    [
        pytest.param({"article": ["x", "-1", "9" * 40, "١"]}, id="no numbers"),
        pytest.param({"article": ["999999"]}, id="no such article"),
        pytest.param({"article": "\x00"}, id="a NUL"),
    ],
)
def test_what_no_form_sends_is_refused_in_a_sentence(desk: Client, sent: dict[str, Any]) -> None:
    story = a_story_of(3, about="Flood")

    page = decide(desk, story, "split", sure="yes", **sent)

    assert "Choose the articles first." in page or "not in “Flood" in page
    assert not Decision.objects.exists()


def test_a_form_that_is_out_of_date_says_so(desk: Client) -> None:
    story, other = a_story_of(4, about="Flood"), a_story_of(3, about="Fire")
    chosen = articles_of(story)[:2]
    by = {"author": User.objects.get(), "now": NOW}
    deciding.move(chosen[:1], from_story=story.pk, to_story=other.pk, **by)

    page = decide(desk, story, "split", article=chosen, sure="yes")

    assert "One of these articles is not in" in page
    assert Decision.objects.count() == 1


def test_articles_move_to_a_story_that_was_searched_for(desk: Client) -> None:
    story, other = a_story_of(4, about="Flood"), a_story_of(3, about="Market fire")
    a_story_of(3, about="Market fire", newsroom="folder")
    chosen = articles_of(story)[:1]

    offered = decide(desk, story, "move", article=chosen, q="fire MARKET")
    shown = decide(desk, story, "move", article=chosen, target=other.pk)
    decide(desk, story, "move", article=chosen, target=other.pk, sure="yes")

    assert re.findall(r'name="target"\s+value="(\d+)"', offered) == [str(other.pk)]
    assert "3 → 4" in shown
    assert set(chosen) < set(articles_of(other))


@pytest.mark.parametrize("query", ["{pk}", "https://news.example/stories/{pk}/", "/stories/{pk}/"])
def test_a_story_is_found_by_number_and_by_address(desk: Client, query: str) -> None:
    story = a_story_of(2, about="Flood")
    other = a_story_of(2, about="Incendie", language="fr")

    page = decide(desk, story, "merge", q=query.format(pk=other.pk))

    assert f'value="{other.pk}"' in page


def test_similar_stories_come_first_with_what_they_share(desk: Client) -> None:
    story = a_story_of(2, about="Flood in Marsh End")
    for number in range(4):
        a_story_of(1, about=f"Budget talks {number} of the council")
    near = a_story_of(2, about="Marsh End under water")

    page = desk.get(f"{LIST}{story.pk}/decide/merge/").content.decode()

    assert re.findall(r'name="target"\s+value="(\d+)"', page)[0] == str(near.pk)
    assert re.search(r"shares [^<·]*Marsh", page)


def test_a_story_merges_into_another_whose_page_says_so(desk: Client) -> None:
    story, other = a_story_of(2, about="Flood"), a_story_of(3, about="High water")

    page = decide(desk, story, "merge", target=other.pk, sure="yes")

    assert f'merged into <a href="{page_of(other)}">story {other.pk}</a>' in page
    assert desk.get(f"/stories/{story.pk}/").url.endswith(f"/stories/{other.pk}/")


@pytest.mark.parametrize("act", ["pin", "mute"])
def test_a_mark_is_set_and_taken_back(desk: Client, act: str) -> None:
    story = a_story_of(2, about="Flood")
    field = {"pin": "is_pinned", "mute": "is_muted"}[act]

    decide(desk, story, act, sure="yes")
    story.refresh_from_db()
    is_set = getattr(story, field)
    page = decide(desk, story, f"un{act}", sure="yes")
    story.refresh_from_db()

    assert (is_set, getattr(story, field)) == (True, False)
    assert f"/decide/{act}/" in page
    assert f"/decide/un{act}/" not in page


def test_too_long_a_note_is_refused_with_the_page(desk: Client) -> None:
    story = a_story_of(2, about="Flood")

    page = decide(desk, story, "pin", sure="yes", note="x" * 301)

    assert "at most 300 characters" in page
    assert not Decision.objects.exists()


def test_what_is_least_like_the_others_comes_first_and_can_be_chosen(desk: Client) -> None:
    words = {
        "flood": "The river Aller rose over the dikes of Marsh End on Monday night.",
        "trial": "Judge Ilsa Brandt opened the fraud trial of banker Otto Kern in Averil.",
    }
    articles = [
        an_article(a_source(f"Outlet {n}"), title=f"{kind} {n}", paragraphs=(words[kind],))
        for n, kind in enumerate(["flood"] * 4 + ["trial"] * 2)
    ]
    story = a_story(articles)

    page = desk.get(f"{page_of(story)}?order=likeness&choose=apart").content.decode()

    ticked = re.findall(r'value="(\d+)"[^>]*checked', page)
    order = re.findall(r'name="article" value="(\d+)"', page)
    assert ticked == order[:2] == [str(article.pk) for article in articles[4:]]
    assert "2 of the articles stand somewhat apart" in page


# --- Undoing ----------------------------------------------------------------------------
def test_a_decision_is_undone_from_the_story_s_page(desk: Client) -> None:
    story = a_story_of(4, about="Flood")
    before = articles_of(story)
    decide(desk, story, "split", article=before[:2], sure="yes")
    decision = Decision.objects.get()

    answer = desk.post(f"{DECISIONS}{decision.pk}/undo/", {"back": page_of(story)}, follow=True)

    page = answer.content.decode()
    assert answer.redirect_chain == [(page_of(story), 302)]
    assert "Undone: 2 articles of" in page
    assert "undone by chief" in page
    assert articles_of(story) == before
    again = desk.post(f"{DECISIONS}{decision.pk}/undo/", follow=True).content.decode()
    assert "has undone this already" in again


def test_undoing_leads_nowhere_else(desk: Client) -> None:
    story = a_story_of(2, about="Flood")
    decide(desk, story, "pin", sure="yes")
    path = f"{DECISIONS}{Decision.objects.get().pk}/undo/"

    answer = desk.post(path, {"back": "https://evil.example/"})

    assert answer.url == DECISIONS


def test_decisions_are_undone_from_the_list_newest_first(desk: Client) -> None:
    one, other = a_story_of(3, about="Flood"), a_story_of(2, about="Fire")
    before = articles_of(one)
    decide(desk, one, "move", article=before[:1], target=other.pk, sure="yes")
    decide(desk, other, "merge", target=one.pk, sure="yes")

    ids = list(Decision.objects.values_list("pk", flat=True))
    desk.post(DECISIONS, {"action": "undo_chosen", "_selected_action": ids})

    assert articles_of(one) == before
    assert not Decision.objects.filter(undone_at=None).exists()
    assert "undone by chief" in desk.get(f"{DECISIONS}{ids[0]}/change/").content.decode()


# --- The list -----------------------------------------------------------------------------
def test_chosen_stories_merge_into_the_largest(desk: Client) -> None:
    small, large = a_story_of(2, about="Flood"), a_story_of(4, about="High water")
    form = {"action": "merge", "_selected_action": [small.pk, large.pk]}

    asked = desk.post(LIST, form).content.decode()
    desk.post(LIST, form | {"sure": "yes", "note": "One river."})

    assert "4 → 6" in asked
    small.refresh_from_db()
    assert small.merged_into == large
    assert Decision.objects.get().note == "One river."


def test_one_story_alone_cannot_merge(desk: Client) -> None:
    story = a_story_of(2, about="Flood")

    form = {"action": "merge", "_selected_action": [story.pk]}
    page = desk.post(LIST, form, follow=True).content.decode()

    assert "Choose two stories or more" in page


def test_marks_pass_over_stories_that_have_them(desk: Client) -> None:
    one, other = a_story_of(2, about="Flood"), a_story_of(2, about="Fire", is_muted=True)
    form = {"action": "mute", "_selected_action": [one.pk, other.pk], "sure": "yes"}

    desk.post(LIST, form)
    page = desk.post(LIST, form, follow=True).content.decode()

    assert [decision.story for decision in Decision.objects.all()] == [one]
    assert "Nothing to do" in page


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("mark=pinned", {"pinned"}),
        ("mark=muted", {"muted"}),
        ("mark=none", {"plain", "merged"}),
        ("topic=disaster", {"pinned"}),
        ("topic=none", {"muted", "plain", "merged"}),
        ("sentiment=negative", {"muted"}),
        ("independent=1", {"muted", "merged"}),
        ("independent=few", {"plain"}),
        ("independent=many", {"pinned"}),
        ("decided=yes", {"plain", "merged"}),
        ("decided=emptied", {"merged"}),
        ("mark=nonsense", set()),
    ],
)
def test_the_list_is_narrowed(desk: Client, query: str, found: set[str]) -> None:
    stories = {
        "pinned": a_story_of(2, about="A", is_pinned=True, topics=["disaster"]),
        "muted": a_story_of(2, about="B", is_muted=True, sentiment="negative"),
        "plain": a_story_of(2, about="C"),
        "merged": a_story_of(1, about="D"),
    }
    by = {"author": User.objects.get(), "now": NOW}
    deciding.merge(stories["plain"].pk, [stories["merged"].pk], **by)
    for name, count in (("pinned", 4), ("muted", 1), ("plain", 3), ("merged", 1)):
        Story.objects.filter(pk=stories[name].pk).update(independent_count=count)

    listed = desk.get(f"{LIST}?{query}").context["cl"].result_list

    names = {story.pk: name for name, story in stories.items()}
    assert {names[story.pk] for story in listed} == found


# --- Who may --------------------------------------------------------------------------------
ACTS = ("split", "move", "merge", "pin", "unpin", "mute", "unmute")


@pytest.mark.parametrize("act", ACTS)
def test_viewers_see_no_buttons_and_are_refused(client: Client, act: str) -> None:
    client.force_login(factories.a_user_with(Role.VIEWER))
    story = a_story_of(3, about="Flood")
    form = {"article": articles_of(story)[:1], "target": 1, "sure": "yes"}

    page = client.get(page_of(story)).content.decode()

    assert "/decide/" not in page
    assert 'name="article"' not in page
    assert client.get(f"{LIST}{story.pk}/decide/{act}/").status_code == 403
    assert client.post(f"{LIST}{story.pk}/decide/{act}/", form).status_code == 403
    assert not Decision.objects.exists()


def test_viewers_do_not_undo(client: Client) -> None:
    author = factories.a_user_with(Role.EDITOR)
    decision = deciding.pin(a_story_of(2, about="Flood").pk, author=author, now=NOW)
    client.force_login(factories.a_user_with(Role.VIEWER))

    page = client.get(f"{DECISIONS}{decision.pk}/change/").content.decode()

    assert "/undo/" not in page
    assert client.post(f"{DECISIONS}{decision.pk}/undo/").status_code == 403
    decision.refresh_from_db()
    assert decision.undone_at is None


def test_editors_decide_and_forms_from_elsewhere_do_not(desk: Client) -> None:
    editor = Client(enforce_csrf_checks=True)
    editor.force_login(factories.a_user_with(Role.EDITOR))
    story = a_story_of(2, about="Flood")
    path = f"{LIST}{story.pk}/decide/pin/"
    forged = editor.post(path, {"sure": "yes"})
    token = editor.get(path).context["csrf_token"]

    honest = editor.post(path, {"sure": "yes", "csrfmiddlewaretoken": str(token)})

    assert (forged.status_code, honest.status_code) == (403, 302)
    assert Decision.objects.count() == 1


def test_an_act_that_does_not_exist_is_not_found(desk: Client) -> None:
    story = a_story_of(2, about="Flood")

    assert desk.get(f"{LIST}{story.pk}/decide/burn/").status_code == 404
    assert desk.get(f"{LIST}999999/decide/pin/").status_code == 404


# --- Cost -------------------------------------------------------------------------------------
def test_a_story_costs_the_same_queries_for_2_and_100_articles(desk: Client) -> None:
    small, large = a_story_of(2, about="Fire"), a_story_of(100, about="Flood")
    for story in (small, large):
        decide(desk, story, "pin", sure="yes")
    decide(desk, large, "unpin", sure="yes")
    of_2 = queries(desk, page_of(small))

    assert queries(desk, page_of(large)) == of_2
    assert of_2 <= 9


def test_a_page_before_an_act_costs_the_same_queries_for_2_and_99_articles(desk: Client) -> None:
    story, other = a_story_of(101, about="Flood"), a_story_of(3, about="Fire")
    members = articles_of(story)

    def cost(chosen: list[int]) -> int:
        form = {"article": chosen, "target": other.pk}
        with CaptureQueriesContext(connection) as captured:
            page = decide(desk, story, "move", **form)
        assert "Before and after" in page
        return len(captured)

    assert cost(members[:2]) == cost(members[:99]) <= 40


def test_the_list_of_decisions_costs_the_same_queries_for_2_and_20(desk: Client) -> None:
    by = {"author": User.objects.get(), "now": NOW}
    for number in range(2):
        deciding.pin(a_story_of(1, about=f"Flood {number}").pk, **by)
    of_2 = queries(desk, DECISIONS)
    for number in range(18):
        deciding.pin(a_story_of(1, about=f"Fire {number}").pk, **by)

    assert queries(desk, DECISIONS) == of_2
