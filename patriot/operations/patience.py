"""How long one statement of the web may keep the database: a reader waits no longer anyway."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.backends.signals import connection_created


def limit_statements() -> None:
    """Have the server stop what takes longer, on every connection that this process opens.

    Only the web asks for it: workers, migrations and backups take the time they take. It is said
    by a statement, not when connecting: a pool such as PgBouncer refuses parameters it does not
    know.
    """
    connection_created.connect(_limit, dispatch_uid="patience")


def _limit(*, connection: BaseDatabaseWrapper, **others: Any) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT set_config('statement_timeout', %s, false)",
            [f"{settings.STATEMENT_SECONDS * 1000}"],
        )
