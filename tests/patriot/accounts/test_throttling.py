"""Nobody may ask for more than the rate allows, however many processes answer."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
import time_machine
from django.db import connection
from django.http import HttpResponse
from django.test import Client, RequestFactory
from django.test.utils import CaptureQueriesContext

from patriot.accounts.models import Allowance
from patriot.accounts.throttling import forget, give_back, take, throttled
from patriot.lib.rates import Rate
from tests.factories import NOW

THREE = Rate.parse("3/min")


@pytest.mark.django_db
def test_the_amount_is_allowed_at_once_and_no_more():
    verdicts = [take("alice", rate=THREE, now=NOW) for _ in range(4)]

    assert [verdict.is_allowed for verdict in verdicts] == [True, True, True, False]
    assert [verdict.remaining for verdict in verdicts] == [2, 1, 0, 0]
    assert verdicts[-1].wait_seconds == 20


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("later", "is_allowed", "wait"),
    [
        pytest.param(19.0, False, 1, id="a second too early"),
        pytest.param(19.9, False, 1, id="never less than a second"),
        pytest.param(20.0, True, 1, id="after just as long as was said"),
    ],
)
def test_retry_after_is_exact(later, is_allowed, wait):
    for _ in range(3):
        take("alice", rate=THREE, now=NOW)

    verdict = take("alice", rate=THREE, now=NOW + timedelta(seconds=later))

    assert verdict.is_allowed is is_allowed
    assert verdict.wait_seconds == wait


@pytest.mark.django_db
def test_one_does_not_use_up_what_is_anothers():
    for _ in range(4):
        take("alice", rate=THREE, now=NOW)

    assert take("bob", rate=THREE, now=NOW).is_allowed


@pytest.mark.django_db
def test_what_should_not_have_counted_is_given_back():
    for _ in range(3):
        take("alice", rate=THREE, now=NOW)

    give_back("alice", rate=THREE)

    assert take("alice", rate=THREE, now=NOW).is_allowed
    assert not take("alice", rate=THREE, now=NOW).is_allowed


@pytest.mark.django_db
def test_a_clock_that_was_set_back_locks_nobody_out_for_longer_than_the_period():
    take("alice", rate=THREE, now=NOW + timedelta(days=2))

    refused = take("alice", rate=THREE, now=NOW)

    assert refused.wait_seconds <= 60
    assert take("alice", rate=THREE, now=NOW + timedelta(days=2)).is_allowed


@pytest.mark.django_db
@pytest.mark.parametrize("name", ["\x00", "\ud800", "a" * 100_000, "🗞", ""])
def test_any_name_can_be_counted(name):
    assert take(name, rate=THREE, now=NOW).is_allowed


@pytest.mark.django_db
@pytest.mark.parametrize("already", [0, 1, 3])
def test_it_takes_one_statement_whether_allowed_or_not(django_assert_num_queries, already):
    for _ in range(already):
        take("alice", rate=THREE, now=NOW)

    with django_assert_num_queries(1):
        take("alice", rate=THREE, now=NOW)


@pytest.mark.django_db
def test_what_is_whole_again_is_forgotten():
    take("alice", rate=THREE, now=NOW)
    take("bob", rate=THREE, now=NOW + timedelta(minutes=1))

    assert forget(NOW + timedelta(minutes=1)) == 1
    assert Allowance.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_connections_at_the_same_time_cannot_share_the_last_one():
    rate = Rate.parse("10/hour")

    def ask(number: int) -> int:
        try:
            return sum(take("alice", rate=rate, now=NOW).is_allowed for _ in range(5))
        finally:
            connection.close()

    with ThreadPoolExecutor(8) as pool:
        allowed = sum(pool.map(ask, range(8)))

    assert allowed == 10


@pytest.mark.django_db
def test_the_table_is_not_logged():
    with connection.cursor() as cursor:
        cursor.execute("SELECT relpersistence FROM pg_class WHERE relname = 'accounts_allowance'")
        assert cursor.fetchone() == ("u",)


# --- Pages ------------------------------------------------------------------------
@throttled("2/min")
def expensive(request, word):
    return HttpResponse(word)


@pytest.mark.django_db
def test_a_page_answers_429_in_our_clothes_with_how_long_to_wait():
    request = RequestFactory().get("/search/")

    with time_machine.travel(NOW, tick=False):
        answers = [expensive(request, word="found") for _ in range(3)]

    assert [answer.status_code for answer in answers] == [200, 200, 429]
    assert answers[2]["Retry-After"] == "30"
    assert answers[2]["Cache-Control"] == "no-store"
    assert b"Wait a minute" in answers[2].content


@pytest.mark.django_db
def test_a_page_is_counted_by_address(settings):
    settings.TRUSTED_PROXIES = 1

    def ask(address: str) -> int:
        request = RequestFactory().get("/", headers={"x-forwarded-for": f"1.1.1.1, {address}"})
        return expensive(request, word="found").status_code

    assert [ask("203.0.113.1") for _ in range(3)] == [200, 200, 429]
    assert ask("203.0.113.2") == 200


# --- API --------------------------------------------------------------------------
@pytest.fixture
def tight(settings):
    settings.API_RATE_ANONYMOUS = Rate.parse("2/min")
    settings.API_RATE_KEY = Rate.parse("3/min")
    with time_machine.travel(NOW, tick=False):
        yield


@pytest.mark.django_db
def test_the_api_says_what_is_left_and_then_429(client: Client, tight):
    first, second, third = (client.get("/api/v1/") for _ in range(3))

    assert [first.status_code, second.status_code, third.status_code] == [200, 200, 429]
    assert [first["RateLimit-Remaining"], second["RateLimit-Remaining"]] == ["1", "0"]
    assert [first["RateLimit-Limit"], first["RateLimit-Reset"]] == ["2", "30"]
    assert third["Retry-After"] == "30"
    assert third["Content-Type"] == "application/problem+json"
    assert third.json()["code"] == "throttled"


@pytest.mark.django_db
def test_what_the_api_does_not_know_uses_nothing_up(client: Client, tight):
    with CaptureQueriesContext(connection) as captured:
        answers = [client.get("/api/nothing/").status_code for _ in range(9)]

    assert set(answers) == {404}
    assert len(captured) == 0
