"""Acting on sources by the API: fetched, paused, imported."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.contrib.admin.models import LogEntry
from django.test import Client
from django_q.models import OrmQ

from patriot.accounts.roles import Role
from patriot.work.models import Job
from sources.models import Import, Source
from sources.pipeline import taking_in
from tests import factories
from tests.factories import NOW

pytestmark = pytest.mark.django_db
SOURCES, IMPORT = "/api/v1/sources/", "/api/v1/sources/import/"
SITE = "http://testserver"


@pytest.fixture(autouse=True)
def clock() -> Iterator[None]:
    with time_machine.travel(NOW, tick=False):
        yield


@pytest.fixture
def client() -> Client:
    owner = factories.a_user_with(Role.EDITOR, username="alice")
    token = factories.an_api_key(owner, "sources:fetch", "sources:write")[1]
    return Client(headers={"authorization": f"Bearer {token}"})


def post(client: Client, path: str, body: Any = None, **headers: str) -> Any:
    sent = {} if body is None else {"data": body}
    return client.post(path, content_type="application/json", headers=headers, **sent)


# --- Fetching ---------------------------------------------------------------------
def test_a_source_is_fetched_and_its_location_lists_the_fetch(client: Client) -> None:
    source = factories.a_source(not_before=NOW + timedelta(hours=1))
    factories.a_fetch(source, started_at=NOW - timedelta(hours=1))

    asked = post(client, f"{SOURCES}{source.pk}/fetch/")
    before = client.get(asked["Location"]).json()["results"]
    factories.a_fetch(source, started_at=NOW, new_count=3)
    after = client.get(asked["Location"]).json()["results"]

    source.refresh_from_db()
    assert asked.status_code == 202
    assert asked["Location"] == asked.json()["fetches_url"]
    assert asked.json()["is_worker_there"] is False
    assert (source.not_before, OrmQ.objects.count()) == (NOW, 1)
    assert before == []
    assert [(fetch["outcome"], fetch["new"]) for fetch in after] == [("read", 3)]
    assert "newsletter script" in LogEntry.objects.get().change_message


def test_a_fetch_that_was_asked_for_twice_with_one_key_is_one(client: Client) -> None:
    source = factories.a_source()
    key = {"idempotency-key": "fetch-1"}

    first, again = (post(client, f"{SOURCES}{source.pk}/fetch/", **key) for _ in range(2))

    assert (first.json(), first["Location"]) == (again.json(), again["Location"])
    assert again["Idempotent-Replayed"] == "true"
    assert OrmQ.objects.count() == 1


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        pytest.param({"is_enabled": False}, "source_paused", id="paused"),
        pytest.param({"leased_until": NOW + timedelta(minutes=1)}, "source_busy", id="busy"),
    ],
)
def test_a_source_that_is_left_alone_says_why(
    client: Client, fields: dict[str, Any], code: str
) -> None:
    source = factories.a_source(**fields)

    response = post(client, f"{SOURCES}{source.pk}/fetch/")

    assert (response.status_code, response.json()["code"]) == (409, code)
    assert not OrmQ.objects.exists()
    assert not LogEntry.objects.exists()


def test_a_source_is_paused_and_resumed(client: Client) -> None:
    source = factories.a_source()

    paused, again, resumed = (
        post(client, f"{SOURCES}{source.pk}/{deed}/") for deed in ("pause", "pause", "resume")
    )

    conditions = [answer.json()["health"]["condition"] for answer in (paused, again, resumed)]
    assert conditions[:2] == ["paused", "paused"]
    assert conditions[2] != "paused"
    assert LogEntry.objects.count() == 2


@pytest.mark.parametrize("deed", ["fetch", "pause", "resume"])
def test_a_deed_needs_its_scope_a_source_and_no_words(client: Client, deed: str) -> None:
    source = factories.a_source()
    other = factories.an_api_key(factories.a_user_with(Role.EDITOR, username="bob"))[1]

    path = f"{SOURCES}{source.pk}/{deed}/"
    refused = post(Client(headers={"authorization": f"Bearer {other}"}), path)
    missing = post(client, f"{SOURCES}{source.pk + 1}/{deed}/")
    said = post(client, path, {"when": "now"})

    assert [refused.status_code, missing.status_code, said.status_code] == [403, 404, 400]


def test_fetches_are_listed_page_by_page_in_few_queries(
    client: Client, django_assert_max_num_queries: Any
) -> None:
    source = factories.a_source()
    for hours in range(5):
        factories.a_fetch(source, started_at=NOW - timedelta(hours=hours))

    with django_assert_max_num_queries(9):
        first = client.get(f"{SOURCES}{source.pk}/fetches/?page_size=3").json()
    second = client.get(first["next"]).json()

    moments = [fetch["started_at"] for fetch in first["results"] + second["results"]]
    assert moments == sorted(moments, reverse=True)
    assert (len(moments), second["next"]) == (5, None)


# --- Lists of feeds ---------------------------------------------------------------
LIST = "https://courier.example/feed\nhttps://echo.example/rss\nhttps://echo.example/rss\n"


@pytest.fixture
def known() -> Source:
    return factories.a_source(url="https://courier.example/feed")


def test_a_list_is_taken_in_and_its_location_says_what_became_of_each_row(
    client: Client, known: Source
) -> None:
    body = {"list": LIST, "name": "valley.txt", "tags": ["The Valley"]}

    response = post(client, IMPORT, body)
    before = client.get(response["Location"]).json()
    job = Job.objects.get()
    taking_in.work([job.pk], now=NOW)

    told = client.get(response["Location"]).json()
    added = Source.objects.get(url="https://echo.example/rss")
    counts = {"known": 1, "twice": 1, "refused": 0}
    assert response.status_code == 202
    assert response.json()["counts"] == counts | {"new": 1, "added": 0}
    assert response.json()["jobs"] == [
        {"id": job.pk, "url": f"{SITE}/api/v1/jobs/{job.pk}/", "kind": "import"}
    ]
    assert [row["verdict"] for row in before["rows"]] == ["known", "new", "twice"]
    assert before["applied_at"] is None
    assert told["counts"] == counts | {"new": 0, "added": 1}
    assert [row["verdict"] for row in told["rows"]] == ["known", "added", "twice"]
    assert [row["source_id"] for row in told["rows"][:2]] == [known.pk, added.pk]
    assert (told["name"], told["applied_at"]) == ("valley.txt", "2026-06-09T06:30:00Z")
    assert added.tags == ["the-valley"]
    assert LogEntry.objects.count() == 2


def test_a_dry_run_adds_nothing(client: Client, known: Source) -> None:
    opml = '<opml version="2.0"><body><outline xmlUrl="https://echo.example/rss"/></body></opml>'

    response = post(client, IMPORT, {"list": opml, "is_dry_run": True})

    assert response.json()["counts"]["new"] == 1
    assert response.json()["applied_at"] is None
    assert response.json()["jobs"] == []
    assert list(Source.objects.all()) == [known]


def test_a_list_that_was_sent_again_with_its_key_is_taken_in_once(client: Client) -> None:
    key = {"idempotency-key": "list-1"}

    first, again = (post(client, IMPORT, {"list": LIST}, **key) for _ in range(2))

    assert (first.json(), first["Location"]) == (again.json(), again["Location"])
    assert (Import.objects.count(), Job.objects.count()) == (1, 1)


@pytest.mark.parametrize(
    ("body", "field"),
    [
        pytest.param({}, "list", id="none"),
        pytest.param({"list": ""}, "list", id="empty"),
        pytest.param({"list": "nothing that is a feed"}, "list", id="no list"),
        pytest.param({"list": "<opml"}, "list", id="half a list"),
        pytest.param({"list": "x" * 500_001}, "list", id="too long"),
        pytest.param({"list": LIST, "tags": "valley"}, "tags", id="tags that are no list"),
        pytest.param({"list": LIST, "is_dry_run": "yes"}, "is_dry_run", id="a word for yes"),
        pytest.param({"list": LIST, "name": "\x00"}, "name", id="a name of nothing"),
        pytest.param({"list": LIST, "apply": True}, "apply", id="an unknown field"),
    ],
)
def test_what_is_no_list_is_refused_by_name(
    client: Client, body: dict[str, Any], field: str
) -> None:
    response = post(client, IMPORT, body)

    assert response.status_code == 400
    assert [error["field"] for error in response.json()["errors"]] == [field]
    assert not Import.objects.exists()
