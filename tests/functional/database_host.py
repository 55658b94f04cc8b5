"""A PostgreSQL for a whole network: `python -m tests.functional.database_host ADDRESS FOLDER`.

Starts, tells that it is ready by a file, and stays until it is killed.
"""

from __future__ import annotations

import signal
import sys
from pathlib import Path

import psycopg

from patriot.lib.postgres import DATABASE_NAME, DATABASE_USER, Binaries, EmbeddedPostgres

PORT = 5432


class NetworkPostgres(EmbeddedPostgres):
    """The embedded server's life cycle, on an address that other hosts reach."""

    def __init__(self, folder: Path, address: str) -> None:
        super().__init__(folder)
        self._address = address

    def _server_command(self, binaries: Binaries) -> list[str]:
        ours = {"listen_addresses=": f"listen_addresses={self._address}"}
        return [ours.get(part, part) for part in super()._server_command(binaries)]

    def let_the_network_in(self) -> None:
        rules = self._cluster / "pg_hba.conf"
        rules.write_text("local all all trust\nhost all all 10.77.0.0/24 trust\n")
        with self._connect() as connection:
            connection.execute("SELECT pg_reload_conf()")


def address_of(host: str) -> str:
    """Return what DATABASE_URL is on the other hosts."""
    return f"postgresql://{DATABASE_USER}@{host}:{PORT}/{DATABASE_NAME}"


def rows(address: str, query: str, *values: object) -> list[tuple[object, ...]]:
    """Return what a query finds, seen from outside."""
    with psycopg.connect(address, autocommit=True, connect_timeout=60) as connection:
        return connection.execute(query.encode(), values or None).fetchall()


if __name__ == "__main__":
    server = NetworkPostgres(Path(sys.argv[2]), sys.argv[1])
    server.start()
    server.let_the_network_in()
    signal.pause()
