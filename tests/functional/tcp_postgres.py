"""A PostgreSQL that listens by TCP and wants passwords: the kind that production brings."""

from pathlib import Path

import psycopg
from psycopg import sql

from patriot.lib.postgres import DATABASE_NAME, DATABASE_USER, Binaries, EmbeddedPostgres
from tests.functional.launching import free_port

ROLE = "newsroom"


class TCPPostgres(EmbeddedPostgres):
    """The embedded server's life cycle on a port of its own, with a role and its password."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.port = free_port()

    def _server_command(self, binaries: Binaries) -> list[str]:
        ours = {"listen_addresses=": "listen_addresses=127.0.0.1", "port=5432": f"port={self.port}"}
        return [ours.get(part, part) for part in super()._server_command(binaries)]

    def _connect(self) -> psycopg.Connection[tuple[object, ...]]:
        return psycopg.connect(
            host=str(self._socket),
            port=self.port,
            user=DATABASE_USER,
            dbname="postgres",
            connect_timeout=60,
            autocommit=True,
        )

    def let_in(self, password: str) -> str:
        """Make the role that owns the database; return the address to give to Patriot."""
        rules = self._cluster / "pg_hba.conf"
        rules.write_text("local all all trust\nhost all all 127.0.0.1/32 scram-sha-256\n")
        make = sql.SQL("CREATE ROLE {} LOGIN PASSWORD {}")
        with self._connect() as connection:
            connection.execute("SELECT pg_reload_conf()")
            connection.execute(make.format(sql.Identifier(ROLE), sql.Literal(password)))
        self.give_away(DATABASE_NAME)
        return f"postgresql://{ROLE}:{password}@127.0.0.1:{self.port}/{DATABASE_NAME}"

    def change_password(self, password: str) -> None:
        """Give the role another password; who is connected stays so."""
        alter = sql.SQL("ALTER ROLE {} PASSWORD {}")
        with self._connect() as connection:
            connection.execute(alter.format(sql.Identifier(ROLE), sql.Literal(password)))

    def give_away(self, name: str) -> None:
        """Make the role the owner of a database."""
        alter = sql.SQL("ALTER DATABASE {} OWNER TO {}")
        with self._connect() as connection:
            connection.execute(alter.format(sql.Identifier(name), sql.Identifier(ROLE)))


def rows(address: str, query: str) -> list[tuple[object, ...]]:
    """Return what a query finds, seen from outside."""
    with psycopg.connect(address, autocommit=True) as connection:
        return connection.execute(query).fetchall()
