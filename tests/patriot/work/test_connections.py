"""Who dies without a word is noticed at both ends of a connection."""

import subprocess
import sys

import psycopg
import pytest
from django.db import connection
from psycopg.conninfo import conninfo_to_dict

from patriot.work.connections import have_the_dead_noticed
from tests.patriot.test_settings import PRODUCTION, ROOT, told


@pytest.mark.django_db
def test_the_server_is_asked_to_notice_soon():
    have_the_dead_noticed(connection)

    with connection.cursor() as cursor:
        # Over the local socket nobody can vanish: the server keeps what it was told for TCP only.
        cursor.execute(
            "SELECT count(*) FROM pg_settings WHERE name LIKE 'tcp_%%' AND source = 'session'"
        )
        assert cursor.fetchone() == (4,)


@pytest.mark.parametrize(("worker", "listeners"), [("1", "1"), ("0", "0")])
def test_workers_alone_ask_for_it(worker, listeners):
    signal = "__import__('django.db.backends.signals', fromlist=['x']).connection_created"
    count = f"sum('work.connections' in receiver[0] for receiver in {signal}.receivers)"
    done = subprocess.run(
        [sys.executable, "-c", f"import django; django.setup(); print({count})"],
        cwd=ROOT,
        env=PRODUCTION | {"PATRIOT_WORKER": worker, "DJANGO_SETTINGS_MODULE": "patriot.settings"},
        check=True,
        capture_output=True,
        text=True,
    )

    assert done.stdout.strip() == listeners


def test_we_notice_soon_ourselves_and_an_address_may_say_otherwise():
    address = f"{PRODUCTION['DATABASE_URL']}?connect_timeout=3&sslmode=require"

    options = told("s.DATABASES['default']['OPTIONS']", DATABASE_URL=address)

    known = eval(options)  # noqa: S307 (our own settings, printed)
    assert (int(known["connect_timeout"]), known["sslmode"]) == (3, "require")
    assert known["tcp_user_timeout"] == 30_000
    assert conninfo_to_dict(psycopg.conninfo.make_conninfo(**known))
