"""Public answers of the API stand ready for a moment, and are counted all the same."""

import pytest

from patriot.lib.rates import Rate
from tests.factories import a_briefing, a_staff_user

pytestmark = pytest.mark.django_db

LIST = "/api/v1/briefings/"


@pytest.fixture(autouse=True)
def _kept(settings):
    settings.KEPT_PAGE_SECONDS = 3600


def test_what_was_answered_a_moment_ago_costs_one_statement(client, django_assert_num_queries):
    a_briefing(title="The Morning")
    first = client.get(LIST)

    with django_assert_num_queries(1):
        second = client.get(LIST)

    assert second.content == first.content
    assert second["X-Request-ID"] != first["X-Request-ID"]


def test_who_has_it_already_gets_it_not_again(client):
    first = client.get(LIST)

    second = client.get(LIST, headers={"If-None-Match": first["ETag"]})

    assert (second.status_code, second.content) == (304, b"")
    assert second["RateLimit-Remaining"] == str(int(first["RateLimit-Remaining"]) - 1)


def test_what_stands_ready_is_counted_too(client, settings):
    settings.API_RATE_ANONYMOUS = Rate.parse("3/min")

    answers = [client.get(LIST) for _ in range(4)]

    assert [answer.status_code for answer in answers] == [200, 200, 200, 429]
    assert [answer["RateLimit-Remaining"] for answer in answers] == ["2", "1", "0", "0"]
    assert answers[3]["Retry-After"]


def test_each_client_is_told_of_its_own_allowance(client):
    client.get(LIST)

    other = client.get(LIST, REMOTE_ADDR="203.0.113.7")

    assert other["RateLimit-Remaining"] == str(int(other["RateLimit-Limit"]) - 1)


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        pytest.param({"Accept": "text/html"}, 406, id="something else than JSON"),
        pytest.param({"Authorization": "Bearer patriot_wrong"}, 401, id="a key that is none"),
        pytest.param({"Accept": "application/json"}, 200, id="JSON"),
    ],
)
def test_a_request_of_its_own_kind_is_answered_as_ever(client, headers, status):
    client.get(LIST)

    assert client.get(LIST, headers=headers).status_code == status
    assert client.get(LIST).status_code == 200


def test_what_only_some_may_see_is_not_kept(client):
    admin = a_staff_user(is_superuser=True)
    client.force_login(admin)
    assert client.get("/api/v1/me/").status_code == 200
    client.logout()

    assert client.get("/api/v1/me/").status_code == 401


def test_addresses_differ_by_their_parameters(client):
    a_briefing()
    a_briefing()

    assert len(client.get(f"{LIST}?page_size=1").json()["results"]) == 1
    assert len(client.get(f"{LIST}?page_size=2").json()["results"]) == 2
    assert client.get(f"{LIST}?page_size=nonsense").status_code == 400


def test_head_says_what_get_says(client):
    client.get(LIST)

    answer = client.head(LIST)

    assert (answer.status_code, answer.content) == (200, b"")
    assert int(answer["Content-Length"]) > 0
