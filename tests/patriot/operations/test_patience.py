"""What the web asks of the database takes only so long."""

import subprocess
import sys
from contextlib import AbstractContextManager
from typing import Any

import pytest
from django.db import connection
from django.db.backends.signals import connection_created
from django.test import Client

from patriot.operations import patience
from tests.patriot.test_settings import PRODUCTION, ROOT

COUNT_ASKERS = (
    "import {module}; "
    "from django.db.backends.signals import connection_created as made; "
    "print(sum('patience' in str(receiver[0]) for receiver in made.receivers))"
)


def slow() -> AbstractContextManager[None]:
    """Have whatever is asked next take the server nine seconds."""

    def sleep(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        return execute("SELECT pg_sleep(9)", None, False, context)

    return connection.execute_wrapper(sleep)


def allowed_now() -> str:
    with connection.cursor() as cursor:
        cursor.execute("SHOW statement_timeout")
        return str(cursor.fetchone()[0])


@pytest.fixture
def impatient(db: None) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT set_config('statement_timeout', '40', true)")


@pytest.mark.parametrize("path", ["/reports/", "/sources/", "/search/?q=bridge"])
@pytest.mark.usefixtures("impatient")
def test_a_page_that_takes_the_database_too_long_says_so(path: str, settings) -> None:
    settings.KEPT_PAGE_SECONDS = 0

    with slow():
        response = Client(raise_request_exception=False).get(path)

    assert response.status_code == 503
    assert response["Retry-After"] == "5"
    assert "This took too long" in response.text


@pytest.mark.parametrize("path", ["/api/v1/reports/", "/api/v1/sources/?health=fine"])
@pytest.mark.usefixtures("impatient")
def test_a_client_is_told_the_same(path: str) -> None:
    with slow():
        response = Client(raise_request_exception=False).get(path)

    problem = response.json()
    assert (response.status_code, problem["code"]) == (503, "unavailable")
    assert response["Retry-After"] == "10"
    assert "took our database too long" in problem["detail"]


@pytest.mark.django_db
def test_every_connection_is_told_how_long(settings) -> None:
    settings.STATEMENT_SECONDS = 7

    patience._limit(connection=connection)

    assert allowed_now() == "7s"


@pytest.mark.django_db
def test_nought_is_as_long_as_it_takes(settings) -> None:
    settings.STATEMENT_SECONDS = 0

    patience._limit(connection=connection)

    assert allowed_now() == "0"


@pytest.mark.django_db(transaction=True)
def test_a_connection_keeps_it_over_requests_and_a_new_one_gets_it(settings) -> None:
    settings.STATEMENT_SECONDS = 7
    patience.limit_statements()
    patience.limit_statements()
    try:
        connection.close()

        first = allowed_now()
        Client().get("/api/v1/reports/")
        kept = allowed_now()
        connection.close()
        anew = allowed_now()
    finally:
        connection_created.disconnect(dispatch_uid="patience")
        connection.close()

    assert [first, kept, anew] == ["7s", "7s", "7s"]


@pytest.mark.parametrize(
    ("module", "askers"),
    [
        pytest.param("patriot.wsgi", "1", id="the web"),
        pytest.param("django; django.setup()", "0", id="workers, migrations, backups"),
    ],
)
def test_only_the_web_is_bounded(module: str, askers: str) -> None:
    told = subprocess.run(
        [sys.executable, "-c", COUNT_ASKERS.format(module=module)],
        cwd=ROOT,
        env={**PRODUCTION, "DJANGO_SETTINGS_MODULE": "patriot.settings"},
        check=True,
        capture_output=True,
        text=True,
    )

    assert told.stdout.strip() == askers
