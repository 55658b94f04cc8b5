"""What a briefing wants of each topic, and what it would tell: on the desk."""

import pytest
import time_machine
from django.contrib.admin.models import LogEntry
from django.core.exceptions import ValidationError
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from patriot.accounts.models import User
from patriot.accounts.roles import Role
from reports.domain.topics import TOPICS
from reports.models import Briefing, Report, Revision
from tests import factories
from tests.factories import NOW
from tests.reports.test_admin import BRIEFING

pytestmark = pytest.mark.django_db
BRIEFINGS = "/admin/reports/briefing/"


@pytest.fixture(autouse=True)
def clock():
    with time_machine.travel(NOW, tick=False):
        yield


@pytest.fixture
def desk(client: Client) -> Client:
    client.force_login(User.objects.create_superuser("chief"))
    return client


def page_of(desk: Client, address: str) -> str:
    answer = desk.get(address)
    assert answer.status_code == 200
    return answer.content.decode()


# --- Weights ----------------------------------------------------------------------
def test_topics_are_weighed_by_choosing_words(desk):
    desk.post(f"{BRIEFINGS}add/", BRIEFING | {"topic_weights_sport": "-2"})
    briefing = Briefing.objects.get()
    before = briefing.topic_weights

    change = BRIEFING | {"topic_weights_economy": "3", "topic_weights_sport": "0"}
    desk.post(f"{BRIEFINGS}{briefing.pk}/change/", change)

    briefing.refresh_from_db()
    assert (before, briefing.topic_weights) == ({"sport": -2}, {"economy": 3, "sport": 0})


def test_the_history_says_which_weights_were_changed(desk):
    briefing = factories.a_briefing(topic_weights={"sport": -2})

    desk.post(f"{BRIEFINGS}{briefing.pk}/change/", BRIEFING | {"topic_weights_sport": "-1"})

    words = LogEntry.objects.latest("pk").change_message
    assert "topics: “sport -2” → “sport -1”" in words


def test_every_topic_has_a_select_with_its_name_and_its_level(desk):
    briefing = factories.a_briefing(topic_weights={"health": 2, "sport": 0})

    page = page_of(desk, f"{BRIEFINGS}{briefing.pk}/change/")

    for number, (topic, label) in enumerate(TOPICS.items()):
        assert f'<label for="id_topic_weights_{number}">{label}</label>' in page
        assert f'<select name="topic_weights_{topic}" id="id_topic_weights_{number}">' in page
    assert '<option value="2" selected>+2, much more</option>' in page
    assert '<option value="0" selected>0, like other news</option>' in page
    assert page.count("later, as usual") == 3


@pytest.mark.parametrize(
    "odd",
    [
        pytest.param({"topic_weights_sport": "4"}, id="too much"),
        pytest.param({"topic_weights_economy": "0"}, id="no choice"),
        pytest.param({"topic_weights_economy": "a lot"}, id="words"),
        pytest.param({"second_source_searches": "11"}, id="too many searches"),
    ],
)
def test_an_odd_choice_is_refused(desk, odd):
    answer = desk.post(f"{BRIEFINGS}add/", BRIEFING | odd)

    assert answer.status_code == 200
    assert not Briefing.objects.exists()


@pytest.mark.parametrize(
    "weights",
    [
        pytest.param({"celebrities": 1}, id="unknown topic"),
        pytest.param({"sport": 4}, id="too high"),
        pytest.param({"sport": 1.5}, id="no whole level"),
        pytest.param({"sport": True}, id="a bool"),
        pytest.param(["sport"], id="a list"),
        pytest.param({"x" * 500: 1}, id="a long name"),
    ],
)
def test_the_model_refuses_what_is_no_level_of_a_topic(weights):
    briefing = factories.a_briefing(topic_weights=weights)

    with pytest.raises(ValidationError) as refused:
        briefing.full_clean()

    assert list(refused.value.message_dict) == ["topic_weights"]
    assert len(refused.value.message_dict["topic_weights"][0]) < 200


def test_who_may_only_look_sees_the_weights(client):
    client.force_login(factories.a_user_with(Role.VIEWER))
    briefing = factories.a_briefing(topic_weights={"sport": -3})

    assert "sport" in page_of(client, f"{BRIEFINGS}{briefing.pk}/change/").lower()


# --- The preview ------------------------------------------------------------------
def a_morning(count: int = 3) -> Briefing:
    for number in range(count):
        articles = [
            factories.an_article(factories.a_source(f"{name} {number}"), title=f"Event {number}")
            for name in ("Bay Post", "Hill Tribune")
        ]
        factories.a_story(articles, topics=["sport" if number % 2 else "economy"])
    return factories.a_briefing(max_sections=2, topic_weights={"sport": 3, "crime": -1})


def test_the_preview_says_what_would_be_told_and_why(desk):
    briefing = a_morning(8)

    page = page_of(desk, f"{BRIEFINGS}{briefing.pk}/selection/")

    assert "Told: 2 of at most 2" in page
    assert "Standing by" in page
    assert "Left out: the first 2" in page
    assert "Sport +3, Crime and justice −1" in page
    assert "Weight of its topic" in page
    assert "16 articles" in page.replace("\n      ", " ")
    assert not Report.objects.exists()
    assert not Revision.objects.exists()


def test_a_calm_morning_has_a_preview_too(desk):
    briefing = factories.a_briefing()

    page = page_of(desk, f"{BRIEFINGS}{briefing.pk}/selection/")

    assert "no story of its sources has news" in page


def test_the_briefing_leads_to_its_preview(desk):
    briefing = factories.a_briefing()

    page = page_of(desk, f"{BRIEFINGS}{briefing.pk}/change/")

    assert f'href="{BRIEFINGS}{briefing.pk}/selection/"' in page


def test_a_briefing_that_is_not_there_has_no_preview(desk):
    assert desk.get(f"{BRIEFINGS}999/selection/").status_code == 404


def test_hostile_titles_are_words_on_the_preview(desk):
    source = factories.a_source()
    factories.a_story([factories.an_article(source, title="<script>alert(1)</script>")])

    page = page_of(desk, f"{BRIEFINGS}{factories.a_briefing().pk}/selection/")

    assert "<script>alert" not in page
    assert "&lt;script&gt;alert(1)" in page


def test_the_preview_asks_as_often_for_many_stories_as_for_few(desk):
    briefing = a_morning(2)
    address = f"{BRIEFINGS}{briefing.pk}/selection/"
    page_of(desk, address)
    with CaptureQueriesContext(connection) as few:
        page_of(desk, address)
    a_morning_more = [factories.a_source(f"More {number}") for number in range(9)]
    for source in a_morning_more:
        factories.a_story([factories.an_article(source)])

    with CaptureQueriesContext(connection) as many:
        page_of(desk, address)

    assert len(many) == len(few) <= 15


# --- On the report's page ---------------------------------------------------------
def test_the_desk_shows_what_a_section_scored(desk):
    report = factories.a_draft_report(sections=1)
    report.revisions.get().sections.update(score={"independent reports": 158, "soft news": -50})

    page = page_of(desk, f"/admin/reports/report/{report.pk}/change/")

    assert "Why it is here: 108 points" in page
    assert "−50" in page
