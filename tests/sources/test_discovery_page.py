"""The desk's page “Add by address”."""

from __future__ import annotations

import re
from typing import Any

import pytest
import time_machine
from django.contrib.admin.models import ADDITION, LogEntry
from django.contrib.contenttypes.models import ContentType
from django.test import Client

from patriot.accounts.models import User
from patriot.accounts.roles import Role
from sources.models import Source
from tests import factories
from tests.factories import NOW
from tests.sources.pipeline.feeds import item, many, rss
from tests.sources.server import Server, answering

pytestmark = pytest.mark.django_db
PAGE = "/admin/sources/source/discover/"
HOSTILE = "<script>alert(1)</script>\"'"


@pytest.fixture(autouse=True)
def _the_server_may_be_reached(server: Server, settings: Any) -> None:
    settings.OUTBOUND_ALLOW = [server.authority]


@pytest.fixture
def desk(client: Client) -> Client:
    client.force_login(User.objects.create_superuser("chief"))
    return client


@pytest.fixture
def site(server: Server) -> str:
    """A page that names two feeds."""
    server.serve(answering(body=many(5)), "/news.xml")
    server.serve(answering(body=rss(item(9), title="Comments for The Courier")), "/c.xml")
    links = "".join(
        f'<link rel=alternate type="application/rss+xml" href="/{name}.xml">'
        for name in ("news", "c")
    )
    return server.serve(answering(body=f"<html><head>{links}</head></html>".encode()), "/")


def fields(page: str) -> dict[str, str]:
    """Return what the form with the feeds would send as it stands, ticked boxes included."""
    sent = {}
    for tag in re.findall(r"<input [^>]*>", page):
        attributes = dict(re.findall(r'([\w-]+)="([^"]*)"', tag))
        is_ticked = attributes.get("type") != "checkbox" or "checked" in tag
        if "name" in attributes and is_ticked and attributes["type"] != "submit":
            sent[attributes["name"]] = attributes.get("value", "on")
    return sent


def find(desk: Client, address: str) -> str:
    answer = desk.post(PAGE, {"address": address})
    assert answer.status_code == 200
    return answer.content.decode()


def test_the_list_of_sources_leads_to_it(desk):
    assert f'href="{PAGE}"' in desk.get("/admin/sources/source/").content.decode()


def test_it_asks_for_an_address(desk, server):
    page = desk.get(PAGE).content.decode()

    assert "Paste any address" in page
    assert server.requests == []


def test_what_was_found_is_shown_and_nothing_is_saved(desk, site):
    page = find(desk, site)

    assert "2 feeds found" in page
    assert "The Courier - Latest News" in page
    assert "Ferry number 0 leaves on time" in page
    assert "RSS, 5 entries" in page
    assert "named by the page" in page
    assert "readers’ comments" in page
    assert not Source.objects.exists()


def test_the_best_feed_is_ticked(desk, site):
    sent = fields(find(desk, site))

    assert "feeds-0-chosen" in sent
    assert "feeds-1-chosen" not in sent


@time_machine.travel(NOW, tick=False)
def test_chosen_feeds_become_sources_with_a_history(desk, site, server):
    sent = fields(find(desk, site))
    sent |= {
        "feeds-1-chosen": "on",
        "feeds-1-name": "Letters",
        "tags": "Harbor, local",
        "_add": "1",
    }

    page = desk.post(PAGE, sent, follow=True).content.decode()

    assert "2 sources added; the first fetch is due now." in page
    news, letters = Source.objects.order_by("pk")
    assert (news.name, news.slug) == ("The Courier - Latest News", "the-courier-latest-news")
    assert (news.url, news.language) == (server.url("/news.xml"), "en-gb")
    assert (letters.name, letters.tags) == ("Letters", ["harbor", "local"])
    assert news.not_before == letters.not_before == NOW
    entries = LogEntry.objects.filter(object_id__in=[news.pk, letters.pk])
    assert [entry.action_flag for entry in entries] == [ADDITION, ADDITION]
    assert entries[0].get_change_message() == "Added by address."


def test_a_watched_feed_is_marked_and_not_offered(desk, site, server):
    source = factories.a_source("Old Post", url=server.url("/news.xml") + "?#x")

    page = find(desk, site)

    assert "Watched already:" in page
    assert f"/admin/sources/source/{source.pk}/change/" in page
    assert "feeds-1-url" not in page


def test_a_feed_that_was_added_meanwhile_is_left_alone(desk, site, server):
    sent = fields(find(desk, site)) | {"_add": "1"}
    factories.a_source("Old Post", url=server.url("/news.xml"))

    page = desk.post(PAGE, sent, follow=True).content.decode()

    assert "1 source left alone: watched already." in page
    assert Source.objects.count() == 1


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        pytest.param({"feeds-0-chosen": ""}, "no feed was chosen", id="none chosen"),
        pytest.param(
            {"feeds-0-url": "http://10.0.0.1/"}, "look for the feeds once more", id="forbidden"
        ),
        pytest.param(
            {"feeds-0-url": "javascript:1"}, "look for the feeds once more", id="no address"
        ),
        pytest.param({"feeds-TOTAL_FORMS": "9999"}, "look for the feeds once more", id="too many"),
        pytest.param({"feeds-TOTAL_FORMS": "x"}, "look for the feeds once more", id="no number"),
    ],
)
def test_what_was_tampered_with_adds_nothing(desk, site, changes, words):
    sent = fields(find(desk, site)) | {"_add": "1"} | changes
    sent = {name: value for name, value in sent.items() if value or not name.endswith("chosen")}

    page = desk.post(PAGE, sent, follow=True).content.decode()

    assert words in page
    assert not Source.objects.exists()


@pytest.mark.parametrize(
    ("address", "words"),
    [
        pytest.param("", "This field is required.", id="nothing"),
        pytest.param("good morning", "This holds no address.", id="words"),
        pytest.param("http://10.0.0.1/", "not a public address", id="a private place"),
        pytest.param(HOSTILE, "This holds no address.", id="markup"),
        pytest.param("a" * 6_000, "at most 5000 characters", id="too long"),
    ],
)
def test_why_nothing_was_found_is_said(desk, address, words):
    page = find(desk, address)

    assert words in page
    assert "<script>alert" not in page


def test_what_a_feed_says_is_never_markup(desk, server):
    hostile = rss(
        item(1, title="&lt;script&gt;alert(1)&lt;/script&gt;"),
        title="&lt;img src=x onerror=alert(1)&gt; News",
    )
    page = find(desk, server.serve(answering(body=hostile)))

    assert "1 feed found" in page
    assert "onerror=alert" not in page.replace("&lt;img src=x onerror=alert", "")
    assert "<script>alert" not in page


def test_those_who_may_not_add_sources_may_not_look_either(client, site, server):
    client.force_login(factories.a_user_with(Role.VIEWER))

    assert client.get(PAGE).status_code == 403
    assert client.post(PAGE, {"address": site}).status_code == 403
    assert client.post(PAGE, {"_add": "1"}).status_code == 403
    assert server.requests == []
    assert PAGE not in client.get("/admin/sources/source/").content.decode()


def test_to_find_and_to_add_take_few_queries(desk, site, django_assert_num_queries):
    for number in range(30):
        factories.a_source(f"Paper {number}")

    with django_assert_num_queries(3):  # the session, who it is, what is watched
        page = find(desk, site)
    sent = fields(page) | {"feeds-1-chosen": "on", "_add": "1"}
    ContentType.objects.get_for_model(Source)  # which is asked once per process

    # Session and user; lock, who is there, slugs and INSERT in a transaction; the history.
    with django_assert_num_queries(12):
        desk.post(PAGE, sent)
