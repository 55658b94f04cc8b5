"""In production nothing is assumed, and what is dangerous stops the start."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from django.urls import get_resolver

from patriot.settings import TAKEN_PATHS

ROOT = Path(__file__).resolve().parents[2]
KEY = "k3y-" + "0123456789abcdef" * 4
PASSWORD = "geheim-1789"

PRODUCTION = {
    "PATRIOT_ENV": "production",
    "PATRIOT_DOTENV": os.devnull,
    "SECRET_KEY": KEY,
    "API_KEY_PEPPER": f"{KEY}-pepper",
    "ALLOWED_HOSTS": "news.test",
    "DATABASE_URL": f"postgresql://patriot:{PASSWORD}@127.0.0.1:9/patriot",
    "CONTACT": "https://news.test/contact",
    "TRUSTED_PROXIES": "1",
}


def production(*command: str, **changes: str) -> subprocess.CompletedProcess[str]:
    """Run Python in an environment that holds nothing but production's settings."""
    return subprocess.run(
        [sys.executable, *command],
        cwd=ROOT,
        env={"PATH": os.environ["PATH"], **PRODUCTION, **changes},
        check=False,
        capture_output=True,
        text=True,
    )


def told(expression: str, **changes: str) -> str:
    """Return what an expression over the settings `s` is in production."""
    done = production("-c", f"import patriot.settings as s; print({expression})", **changes)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def test_djangos_and_our_deployment_checks_find_nothing():
    checked = production(
        *("-W", "error", "-W", "ignore:No directory at"),
        *("manage.py", "check", "--deploy", "--fail-level", "WARNING"),
    )

    assert checked.returncode == 0, checked.stderr
    assert "no issues (0 silenced)" in checked.stdout


def test_whoever_serves_is_stopped_by_our_own_checks():
    refused = production("manage.py", "serve", ALLOWED_HOSTS=".com")

    assert refused.returncode == 1
    assert "(patriot.E009) ALLOWED_HOSTS holds “.com”" in refused.stderr
    assert "HINT: " in refused.stderr


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        pytest.param({"SECRET_KEY": ""}, "SECRET_KEY: must be set", id="no key"),
        pytest.param(
            {"API_KEY_PEPPER": "short"}, "API_KEY_PEPPER: is too weak", id="a weak pepper"
        ),
        pytest.param(
            {"API_KEY_PEPPER": "", "API_KEYS_WITHOUT_PEPPER": "false"},
            "API_KEYS_WITHOUT_PEPPER: must not be off",
            id="no key would work",
        ),
        pytest.param({"SECRET_KEY": "short"}, "SECRET_KEY: is too weak", id="a short key"),
        pytest.param({"SECRET_KEY": "a" * 60}, "SECRET_KEY: is too weak", id="one letter"),
        pytest.param(
            {"SECRET_KEY": f"django-insecure-{KEY}"}, "SECRET_KEY: is too weak", id="Django's own"
        ),
        pytest.param({"ALLOWED_HOSTS": ""}, "ALLOWED_HOSTS: must name", id="no host"),
        pytest.param({"ALLOWED_HOSTS": "a.test,*"}, "ALLOWED_HOSTS: must name", id="any host"),
        pytest.param({"DATABASE_URL": ""}, "DATABASE_URL: must be set", id="no database"),
        pytest.param({"DATABASE_URL": "mysql://a@b/c"}, "DATABASE_URL: must be a", id="another"),
        pytest.param({"DEBUG": "true"}, "DEBUG: must be off", id="pages for developers"),
        pytest.param(
            {"DAILY_CEILING_USD": "10001"}, "DAILY_CEILING_USD: is '10001'", id="a dear day"
        ),
        pytest.param({"RETENTION_DAYS": "1"}, "RETENTION_DAYS: is 1", id="a year in a day"),
        pytest.param(
            {"FETCH_RETENTION_DAYS": "0"}, "FETCH_RETENTION_DAYS: is 0", id="no history at all"
        ),
        pytest.param({"SERVICES": "claude"}, "ANTHROPIC_API_KEY: must be set", id="Claude"),
        pytest.param({"SERVICES": "tavily"}, "TAVILY_API_KEY: must be set", id="Tavily"),
        pytest.param({"COMPLETE_MODEL": "a b"}, "COMPLETE_MODEL: must be", id="no model's name"),
        pytest.param({"CACHE_URL": "memcached://h"}, "CACHE_URL: must be redis", id="no Redis"),
        pytest.param({"ADMIN_PATH": "api"}, "ADMIN_PATH: must be", id="a desk upon the API"),
        pytest.param({"ADMIN_PATH": "a/b"}, "ADMIN_PATH: must be", id="a desk two floors down"),
        pytest.param({"TRUSTED_PROXIES": "-1"}, "TRUSTED_PROXIES: is -1", id="minus one proxy"),
        pytest.param(
            {"TAVILY_API_KEY_FILE": "/nowhere/key"}, "TAVILY_API_KEY_FILE: ", id="a lost file"
        ),
    ],
)
def test_what_is_missing_or_dangerous_stops_the_start_in_one_sentence(changes, sentence):
    refused = production("manage.py", "serve", **changes)

    assert refused.returncode == 1
    assert f"- {sentence}" in refused.stderr
    assert "Traceback" not in refused.stderr


@pytest.mark.parametrize(
    "address",
    [
        pytest.param(f"postgresql://patriot:{PASSWORD}/x@h/d", id="a slash in the password"),
        pytest.param(f"postgresql://patriot@h:{PASSWORD}/d", id="it stands where the port belongs"),
        pytest.param(f"mysql://patriot:{PASSWORD}@h/d", id="another database"),
        pytest.param(f"{PASSWORD}", id="the password alone"),
    ],
)
def test_a_database_address_is_refused_without_being_quoted(address):
    refused = production("manage.py", "serve", DATABASE_URL=address)

    assert "- DATABASE_URL: " in refused.stderr
    assert PASSWORD not in refused.stdout + refused.stderr


def test_a_database_that_does_not_answer_is_told_without_its_password():
    refused = production("manage.py", "prepare")

    assert refused.returncode == 1
    assert "does not answer" in refused.stderr
    assert PASSWORD not in refused.stdout + refused.stderr


@pytest.mark.parametrize(
    "arguments",
    [
        pytest.param(("fetch_sources",), id="our own"),
        pytest.param(("migrate",), id="Django's"),
    ],
)
def test_any_command_says_in_one_sentence_that_the_database_does_not_answer(arguments):
    refused = production("manage.py", *arguments)

    assert refused.returncode == 1
    assert refused.stderr.startswith("The database does not answer: ")
    assert "127.0.0.1" in refused.stderr
    assert refused.stderr.count("\n") == 1
    assert PASSWORD not in refused.stdout + refused.stderr


def test_a_traceback_that_was_asked_for_is_shown():
    refused = production("manage.py", "fetch_sources", "--traceback")

    assert refused.returncode == 1
    assert refused.stderr.startswith("Traceback")
    assert PASSWORD not in refused.stderr


def test_secrets_come_from_files(tmp_path):
    for name in ("SECRET_KEY", "DATABASE_URL"):
        (tmp_path / name).write_text(f"{PRODUCTION[name]}\n")
    (tmp_path / "ANTHROPIC_API_KEY").write_text("sk-of-a-file\n")
    (tmp_path / "TAVILY_API_KEY").write_text("\n")
    files = {f"{path.name}_FILE": str(path) for path in tmp_path.iterdir()}

    found = told(
        "(s.SECRET_KEY, s.DATABASES['default']['PASSWORD'], s.ANTHROPIC_API_KEY, s.SERVICES)",
        **files | {"SECRET_KEY": "", "DATABASE_URL": ""},
    )

    assert found == str((KEY, PASSWORD, "sk-of-a-file", ["claude"]))


def test_peppers_are_a_list():
    found = told("s.API_KEY_PEPPER_FALLBACKS", API_KEY_PEPPER_FALLBACKS="one, two,")

    assert found == str(["one", "two"])


@pytest.mark.parametrize(
    ("proxies", "header"),
    [
        pytest.param("0", None, id="nobody stands in front: nobody is believed"),
        pytest.param("1", ("HTTP_X_FORWARDED_PROTO", "https"), id="a proxy ends TLS"),
    ],
)
def test_only_a_trusted_proxy_tells_that_a_connection_is_safe(proxies, header):
    found = told("getattr(s, 'SECURE_PROXY_SSL_HEADER', None)", TRUSTED_PROXIES=proxies)

    assert found == str(header)


@pytest.mark.parametrize(
    ("worker", "seconds"), [pytest.param("0", "60", id="web"), pytest.param("1", "0", id="worker")]
)
def test_the_web_keeps_connections_and_the_worker_does_not(worker, seconds):
    assert told("s.DATABASES['default']['CONN_MAX_AGE']", PATRIOT_WORKER=worker) == seconds


@pytest.mark.parametrize(
    ("address", "backend"),
    [
        pytest.param("", "db.DatabaseCache", id="a table"),
        pytest.param("redis://cache.test:6379/0", "redis.RedisCache", id="a Redis"),
        pytest.param(f"rediss://p:{PASSWORD}@[::1]/2", "redis.RedisCache", id="with a password"),
    ],
)
def test_the_cache_is_a_table_unless_a_redis_is_named(address, backend):
    found = told("s.CACHES['default']['BACKEND']", CACHE_URL=address)

    assert found == f"django.core.cache.backends.{backend}"


def test_what_a_redis_needs_is_installed():
    ready = "from django.core.cache import cache; print(cache._class.__name__)"
    made = production(
        "-c",
        f"import django; django.setup(); {ready}",
        CACHE_URL="redis://cache.test/0",
        DJANGO_SETTINGS_MODULE="patriot.settings",
    )

    assert made.stdout.strip() == "RedisCacheClient", made.stderr


def test_the_desk_may_be_elsewhere():
    look = """
import django; django.setup()
from django.conf import settings
from django.urls import resolve, reverse
from patriot.accounts import second_factor
from patriot.operations import middleware
print(
    reverse("admin:index"), settings.LOGIN_REDIRECT_URL, second_factor.OPEN_PATHS[0],
    *middleware.UPLOADS, resolve("/newsdesk/login/").func.__module__,
)
"""
    found = production("-c", look, ADMIN_PATH="newsdesk", DJANGO_SETTINGS_MODULE="patriot.settings")

    assert found.stdout.split() == [
        "/newsdesk/",
        "/newsdesk/",
        "/newsdesk/login/",
        "/newsdesk/sources/import/add/",
        "patriot.accounts.views",
    ], found.stderr


def test_no_address_of_the_site_can_be_the_desks():
    paths = {str(found.pattern).partition("/")[0] for found in get_resolver().url_patterns}
    inner = get_resolver().url_patterns[:2]
    paths |= {str(one.pattern).partition("/")[0] for app in inner for one in app.url_patterns}

    words = {path for path in paths if path.isascii() and path.replace("-", "").isalpha()}
    assert words - {"admin"} <= TAKEN_PATHS
