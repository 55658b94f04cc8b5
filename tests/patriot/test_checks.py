"""What can be set wrongly is a named system check."""

import pytest
from django.db import connection

from patriot import checks
from tests import factories


@pytest.mark.django_db
def test_the_database_of_the_tests_knows_letters_beyond_ascii():
    assert checks.check_database_locale(databases=["default"]) == []


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("services", "searches", "expected"),
    [
        pytest.param([], [{}], ["patriot.W003"], id="off"),
        pytest.param(["claude"], [{}], ["patriot.W003"], id="only Claude is on"),
        pytest.param(["tavily"], [{}], [], id="on"),
        pytest.param([], [{"is_enabled": False}], [], id="paused"),
        pytest.param([], [], [], id="no search"),
    ],
)
def test_a_search_without_a_key_is_a_warning(settings, services, searches, expected):
    settings.SERVICES = services
    factories.a_source()
    for fields in searches:
        factories.a_search(**fields)

    found = checks.check_searches_have_a_key(databases=["default"])

    assert [message.id for message in found] == expected


@pytest.mark.django_db
def test_a_briefing_without_a_key_for_claude_is_none(settings):
    settings.SERVICES = []
    factories.a_briefing(analyst="claude")

    assert checks.check_searches_have_a_key(databases=["default"]) == []


@pytest.mark.django_db
def test_before_the_first_migration_there_is_nothing_to_warn_of(settings):
    settings.SERVICES = []
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE sources_source RENAME COLUMN kind TO sort")

    assert checks.check_searches_have_a_key(databases=["default"]) == []


def test_a_cache_that_processes_do_not_share_is_an_error(settings):
    settings.CACHES = {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}}

    found = checks.check_cache_is_shared(None)

    assert [message.id for message in found] == ["patriot.E003"]


def test_the_cache_as_set_is_shared():
    assert checks.check_cache_is_shared(None) == []


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        pytest.param({}, [], id="as set"),
        pytest.param({"retry": 400}, ["patriot.E004"], id="retry too short"),
        pytest.param({"workers": 1}, [], id="one worker"),
        pytest.param(
            {"workers": 1, "queue_limit": 6}, ["patriot.E004"], id="too few workers for the queue"
        ),
        pytest.param({"max_attempts": 0}, ["patriot.E006"], id="retries without end"),
        pytest.param({"ack_failures": False}, ["patriot.E006"], id="failures come again"),
    ],
)
def test_the_queues_numbers_must_fit_together(settings, change, expected):
    settings.Q_CLUSTER = settings.Q_CLUSTER | {"workers": 2} | change

    found = checks.check_queue_numbers(None)

    assert [message.id for message in found] == expected


def test_in_production_publishers_must_be_able_to_reach_us(settings):
    settings.IS_PRODUCTION = True

    found = checks.check_contact(None)

    assert [message.id for message in found] == ["patriot.W001"]
