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
@pytest.mark.parametrize(
    ("services", "model", "expected"),
    [
        pytest.param(["claude"], "claude-haiku-5-5", [], id="a price"),
        pytest.param(["claude"], "claude-nobody", ["patriot.W005"], id="no price"),
        pytest.param([], "claude-nobody", [], id="off"),
    ],
)
def test_texts_completed_without_a_price_are_a_warning(settings, services, model, expected):
    settings.SERVICES, settings.COMPLETE_MODEL = services, model

    found = checks.check_completions_have_a_price(databases=["default"])

    assert [message.id for message in found] == expected


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


@pytest.mark.parametrize(
    ("address", "allow", "expected"),
    [
        pytest.param("", [], [], id="the service's own"),
        pytest.param("https://proxy.example.org/claude", [], [], id="TLS"),
        pytest.param("HTTPS://proxy.example.org:8443", [], [], id="TLS on another port"),
        pytest.param("http://proxy.example.org", [], ["patriot.E008"], id="in the clear"),
        pytest.param("http://8.8.8.8:8080/", [], ["patriot.E008"], id="a public address"),
        pytest.param("http://proxy:8080", [], ["patriot.E008"], id="a name of some network"),
        pytest.param("http://proxy:8080", ["proxy:8080"], [], id="a name that is allowed"),
        pytest.param("http://proxy:8080", ["proxy:80"], ["patriot.E008"], id="another port is"),
        pytest.param("http://127.0.0.1:8080", [], [], id="this machine"),
        pytest.param("http://localhost:8080", [], [], id="this machine by name"),
        pytest.param("http://localhost.evil.org", [], ["patriot.E008"], id="only called like it"),
        pytest.param("http://[::1]:8080", [], [], id="this machine by IPv6"),
        pytest.param("http://10.1.2.3:8080", [], [], id="a private network"),
        pytest.param("https://me:secret@a.example", [], ["patriot.E007"], id="a password"),
        pytest.param("http://0x7f.1", [], ["patriot.E007"], id="an address spelt oddly"),
    ],
)
@pytest.mark.parametrize("name", ["ANTHROPIC_BASE_URL", "TAVILY_BASE_URL"])
def test_in_production_keys_leave_this_house_through_tls_only(
    settings, name, address, allow, expected
):
    settings.IS_PRODUCTION, settings.OUTBOUND_ALLOW = True, allow
    settings.SERVICES = ["claude", "tavily"]
    setattr(settings, name, address)

    found = checks.check_keys_travel_in_secret(None)

    assert [message.id for message in found] == expected
    assert all(name in message.msg and message.hint for message in found)


def test_a_service_that_is_off_sends_no_key(settings):
    settings.IS_PRODUCTION, settings.SERVICES = True, ["claude"]
    settings.TAVILY_BASE_URL = "http://proxy.example.org"

    assert checks.check_keys_travel_in_secret(None) == []


@pytest.mark.parametrize(
    ("host", "is_refused"),
    [
        pytest.param("news.example.org", False, id="a host"),
        pytest.param(".example.org", False, id="all hosts of a domain"),
        pytest.param(".news.co.uk", False, id="all hosts of a British one"),
        pytest.param("intranet", False, id="a host without a domain"),
        pytest.param(".corp", False, id="a network of one's own"),
        pytest.param("192.0.2.7", False, id="an address"),
        pytest.param("[2001:db8::7]", False, id="an address of IPv6"),
        pytest.param(".", True, id="a dot"),
        pytest.param("", True, id="nothing"),
        pytest.param("com", True, id="a suffix"),
        pytest.param(".COM", True, id="all hosts of a suffix"),
        pytest.param(".co.uk.", True, id="all hosts of a longer one"),
        pytest.param(".github.io", True, id="all hosts of what anybody rents"),
        pytest.param("*.com", True, id="with a star"),
    ],
)
def test_in_production_a_host_that_is_everybodys_is_refused(settings, host, is_refused):
    settings.IS_PRODUCTION, settings.ALLOWED_HOSTS = True, [host]

    found = checks.check_hosts_are_ours(None)

    assert [message.id for message in found] == (["patriot.E009"] if is_refused else [])


@pytest.mark.parametrize(
    ("origin", "is_refused"),
    [
        pytest.param("https://news.example.org", False, id="an origin"),
        pytest.param("https://*.example.org:8443", False, id="all of a domain"),
        pytest.param("http://[::1]:8000", False, id="this machine"),
        pytest.param("https://*.com", True, id="all of a suffix"),
        pytest.param("https://*.com:8443", True, id="all of a suffix on a port"),
        pytest.param("https://*", True, id="all"),
    ],
)
def test_in_production_an_origin_that_is_everybodys_is_refused(settings, origin, is_refused):
    settings.IS_PRODUCTION, settings.ALLOWED_HOSTS = True, []
    settings.CSRF_TRUSTED_ORIGINS = [origin]

    found = checks.check_hosts_are_ours(None)

    assert [message.id for message in found] == (["patriot.E009"] if is_refused else [])


def test_elsewhere_hosts_and_addresses_are_free(settings):
    settings.ALLOWED_HOSTS, settings.SERVICES = ["."], ["claude"]
    settings.ANTHROPIC_BASE_URL = "http://proxy.example.org"

    assert checks.check_hosts_are_ours(None) == []
    assert checks.check_keys_travel_in_secret(None) == []


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("is_on", "in_production", "expected"),
    [
        pytest.param(False, True, ["patriot.W004"], id="nobody is mailed"),
        pytest.param(True, True, [], id="somebody is"),
        pytest.param(False, False, [], id="a laptop"),
    ],
)
def test_where_nobody_hears_of_ill_sources_is_said(settings, is_on, in_production, expected):
    settings.MAIL_IS_ON, settings.IS_PRODUCTION = is_on, in_production
    none = checks.check_staff_are_told(databases=["default"])
    factories.a_source()

    assert none == []
    assert [found.id for found in checks.check_staff_are_told(databases=["default"])] == expected


@pytest.mark.parametrize(
    ("host", "uses_tls", "password", "expected"),
    [
        pytest.param("mail.test", False, "secret", ["patriot.E010"], id="in the clear"),
        pytest.param("mail.test", True, "secret", [], id="TLS"),
        pytest.param("mail.test", False, "", [], id="without a password"),
        pytest.param("localhost", False, "secret", [], id="in this house"),
    ],
)
def test_a_password_for_mail_leaves_this_house_through_tls_only(
    settings, host, uses_tls, password, expected
):
    settings.IS_PRODUCTION, settings.EMAIL_USE_SSL = True, False
    settings.EMAIL_HOST, settings.EMAIL_USE_TLS = host, uses_tls
    settings.EMAIL_HOST_PASSWORD = password

    assert [found.id for found in checks.check_mail_travels_in_secret(None)] == expected


@pytest.mark.parametrize(
    ("is_production", "pepper", "expected"),
    [
        pytest.param(True, "", ["patriot.W011"], id="none in production"),
        pytest.param(True, "p" * 50, [], id="one"),
        pytest.param(False, "", [], id="none on a laptop"),
    ],
)
def test_keys_without_a_pepper_are_a_warning_in_production(
    settings, is_production, pepper, expected
):
    settings.IS_PRODUCTION, settings.API_KEY_PEPPER = is_production, pepper

    found = checks.check_keys_have_a_pepper(None)

    assert [message.id for message in found] == expected
    assert all("API_KEY_PEPPER" in message.msg for message in found)
