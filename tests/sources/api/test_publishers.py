"""The API of publishers, of filtered sources, and of a source's health as the desk sees it."""

from datetime import timedelta

import pytest
import time_machine
from django.test import Client

from patriot.accounts.roles import Role
from tests import factories
from tests.factories import NOW

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def clock(settings):
    settings.KEPT_PAGE_SECONDS = 0
    with time_machine.travel(NOW, tick=False):
        yield


@pytest.fixture
def press() -> dict:
    """A publisher with an ill, a healthy and a paused feed; one without any; one nobody knows."""
    courier = factories.a_publisher("Courier", country="DE", language="de")
    nobody = factories.a_publisher("Aster", domain="aster.invalid")
    quiet = factories.a_publisher("Quiet Echo", family=courier.family)
    at = NOW - timedelta(minutes=5)
    feeds = [
        factories.a_source(
            "One", publisher=courier, last_good_at=at, language="de", tags=["local"]
        ),
        factories.a_source("Two", publisher=courier, failures=2, ill_since=at),
        factories.a_source("Three", publisher=courier, is_enabled=False),
    ]
    factories.a_source("Four", publisher=nobody, last_good_at=None)
    factories.a_search()
    return {"courier": courier, "quiet": quiet, "nobody": nobody, "feeds": feeds}


def test_a_publisher_tells_how_its_sources_are(client: Client, press) -> None:
    courier = press["courier"]

    listed = client.get("/api/v1/publishers/").json()["results"]
    alone = client.get(f"/api/v1/publishers/{courier.pk}/").json()

    assert alone == {
        "id": courier.pk,
        "url": f"http://testserver/api/v1/publishers/{courier.pk}/",
        "name": "Courier",
        "domain": courier.domain,
        "family": courier.family,
        "country": "DE",
        "language": "de",
        "source_count": 3,
        "conditions": {
            "healthy": 1,
            "silent": 0,
            "ill": 1,
            "gone": 0,
            "unchecked": 0,
            "paused": 1,
        },
        "sources_url": f"http://testserver/api/v1/sources/?publisher={courier.pk}",
    }
    assert listed[0] == alone
    assert [(each["name"], each["source_count"]) for each in listed] == [
        ("Courier", 3),
        ("Quiet Echo", 0),
    ]


def test_who_is_not_known_has_no_address(client: Client, press) -> None:
    answer = client.get(f"/api/v1/publishers/{press['nobody'].pk}/")
    sources = client.get("/api/v1/sources/").json()["results"]

    assert answer.status_code == 404
    told = {source["name"]: source["publisher_url"] for source in sources}
    known = f"http://testserver/api/v1/publishers/{press['courier'].pk}/"
    assert (told["One"], told["Four"], told["Search for old bridge"]) == (known, None, None)


@pytest.mark.parametrize(
    ("path", "query", "names"),
    [
        pytest.param("publishers", "country=DE", ["Courier"], id="country"),
        pytest.param("publishers", "language=de", ["Courier"], id="language"),
        pytest.param("publishers", "family={family}", ["Courier", "Quiet Echo"], id="family"),
        pytest.param("sources", "publisher={courier}", ["One", "Two", "Three"], id="publisher"),
        pytest.param("sources", "kind=search", ["Search for old bridge"], id="kind"),
        pytest.param("sources", "condition=ill", ["Two"], id="ill"),
        pytest.param("sources", "condition=healthy", ["One"], id="healthy"),
        pytest.param("sources", "condition=paused&publisher=999999", [], id="of nobody"),
        pytest.param("sources", "tag=local&language=de", ["One"], id="tag and language"),
    ],
)
def test_lists_are_filtered(client: Client, press, path, query, names) -> None:
    asked = query.format(courier=press["courier"].pk, family=press["courier"].family)

    results = client.get(f"/api/v1/{path}/?{asked}").json()["results"]

    assert [each["name"] for each in results] == names


@pytest.mark.parametrize(
    ("path", "query", "field"),
    [
        pytest.param("publishers", "country=de", "country", id="no country"),
        pytest.param("publishers", "language=x", "language", id="no language"),
        pytest.param("publishers", "family=" + "x" * 254, "family", id="too long"),
        pytest.param("publishers", "name=Courier", "name", id="unknown"),
        pytest.param("sources", "condition=fine", "condition", id="no condition"),
        pytest.param("sources", "publisher=0", "publisher", id="no id"),
        pytest.param("sources", "tag=a%00b", "tag", id="a NUL"),
    ],
)
def test_what_is_no_filter_is_named(client: Client, path, query, field) -> None:
    answer = client.get(f"/api/v1/{path}/?{query}")

    assert answer.status_code == 400
    assert {error["field"] for error in answer.json()["errors"]} == {field}


def test_publishers_cost_three_queries(client: Client, press, django_assert_num_queries) -> None:
    # The throttle's, the page, their sources counted.
    with django_assert_num_queries(3):
        client.get("/api/v1/publishers/")
    with django_assert_num_queries(3):
        client.get(f"/api/v1/publishers/{press['courier'].pk}/")
    with django_assert_num_queries(2):
        client.get("/api/v1/sources/?condition=ill")


# --- The desk's view --------------------------------------------------------------
def key_of(role: Role | None, *scopes: str) -> dict[str, str]:
    _, token = factories.an_api_key(factories.a_user_with(role), *scopes)
    return {"Authorization": f"Bearer {token}"}


def test_the_desk_sees_what_ails_a_source(client: Client, press, django_assert_num_queries) -> None:
    ill = press["feeds"][1]
    error = "127.0.0.1:8080 refused the connection."
    factories.a_fetch(ill, started_at=NOW - timedelta(hours=1), status=200, new_count=3)
    factories.a_fetch(
        ill, outcome="failed", error=error, status=None, took=timedelta(seconds=2), started_at=NOW
    )
    headers = key_of(Role.VIEWER, "desk:read")

    # The key and who owns it, what he may, the key's use, the throttle's, the source, its fetches.
    with django_assert_num_queries(7):
        answer = client.get(f"/api/v1/sources/{ill.pk}/health/", headers=headers)

    body = answer.json()
    assert "no-store" in answer["Cache-Control"]
    assert (body["condition"], body["failures"]) == ("ill", 2)
    assert error in body["in_words"]
    assert [(fetch["outcome"], fetch["new"]) for fetch in body["fetches"]] == [
        ("failed", 0),
        ("read", 3),
    ]
    assert (body["fetches"][0]["error"], body["fetches"][0]["seconds"]) == (error, 2.0)
    assert "127.0.0.1" not in client.get(f"/api/v1/sources/{ill.pk}/").text


@pytest.mark.parametrize(
    ("role", "scopes", "status"),
    [
        pytest.param(Role.VIEWER, (), 403, id="a key without the scope"),
        pytest.param(None, ("desk:read",), 403, id="an owner who may not"),
        pytest.param(Role.VIEWER, ("desk:read",), 200, id="both"),
    ],
)
def test_it_takes_a_scope_to_see_that(client: Client, press, role, scopes, status) -> None:
    address = f"/api/v1/sources/{press['feeds'][0].pk}/health/"

    assert client.get(address, headers=key_of(role, *scopes)).status_code == status
    assert client.get(address).status_code == 401
