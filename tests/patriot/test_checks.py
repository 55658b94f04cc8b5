"""What can be set wrongly is a named system check."""

import pytest

from patriot import checks


@pytest.mark.django_db
def test_the_database_of_the_tests_knows_letters_beyond_ascii():
    assert checks.check_database_locale(databases=["default"]) == []


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
        pytest.param({"workers": 1}, ["patriot.E004"], id="too few workers for the queue"),
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
