"""A worker's connections: the server, too, notices soon when our host has died."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.backends.signals import connection_created

# In seconds, but the last: milliseconds. Set by a statement and not at the start of a connection,
# where connection pools take offence.
SOON = """
SELECT set_config('tcp_keepalives_idle', '15', false),
       set_config('tcp_keepalives_interval', '5', false),
       set_config('tcp_keepalives_count', '3', false),
       set_config('tcp_user_timeout', '30000', false)
"""


def connect() -> None:
    """Have it so in workers."""
    if settings.IS_WORKER:
        connection_created.connect(have_the_dead_noticed, dispatch_uid="work.connections")


def have_the_dead_noticed(connection: BaseDatabaseWrapper, **_: Any) -> None:
    """Have the server end this connection half a minute after our host went silent.

    A worker's locks live as long as its connection, as the server sees it: with the server's own
    defaults nobody would ask a dead worker's feeds for two hours.
    """
    with connection.cursor() as cursor:
        cursor.execute(SOON)
