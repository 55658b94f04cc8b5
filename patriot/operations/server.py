"""What an operator can get wrong at the database server: rights, connections, cleaning up."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

from django.db import connection

from reports.pipeline.examining import Finding, Grade

MANY_CONNECTIONS = 0.8
# Dead rows at which PostgreSQL should have cleaned up long ago: it does at a fifth of the living.
NEGLECTED_ROWS, NEGLECTED_SHARE = 50_000, 0.5
# At two billion a database that is never frozen stops; autovacuum begins at 200 million.
OLD_TRANSACTIONS = 1_000_000_000

TRAITS = """
SELECT current_setting('autovacuum')::bool AND current_setting('track_counts')::bool,
       current_setting('fsync')::bool,
       current_setting('max_connections')::int,
       (SELECT count(*)::int FROM pg_stat_activity WHERE backend_type = 'client backend'),
       has_schema_privilege('public', 'CREATE'),
       (SELECT rolcreatedb OR rolsuper FROM pg_roles WHERE rolname = current_user),
       EXISTS (SELECT 1 FROM pg_extension WHERE extname = 'pg_trgm'),
       (SELECT age(datfrozenxid) FROM pg_database WHERE datname = current_database()),
       current_user::text
"""
NEGLECTED = """
SELECT relname::text, n_dead_tup FROM pg_stat_user_tables
 WHERE n_dead_tup > %s AND n_dead_tup > %s * n_live_tup ORDER BY n_dead_tup DESC LIMIT 5
"""


class Traits(NamedTuple):
    """What the server says of itself."""

    cleans_up: bool
    is_synced: bool
    most_connections: int
    connections: int
    may_make_tables: bool
    may_make_databases: bool
    has_trigrams: bool
    transactions: int
    role: str


def look_at_server() -> Iterator[Finding]:
    """Yield what is well and what is not. Raises DatabaseError."""
    with connection.cursor() as cursor:
        cursor.execute(TRAITS)
        traits = Traits(*cursor.fetchone())
        cursor.execute(NEGLECTED, [NEGLECTED_ROWS, NEGLECTED_SHARE])
        neglected = cursor.fetchall()
    yield from judged(traits, neglected)


def judged(traits: Traits, neglected: list[Any]) -> Iterator[Finding]:
    """Yield what is well and what is not.

    neglected: names of tables with their dead rows
    """
    yield _rights(traits)
    yield _connections(traits)
    if not traits.has_trigrams:
        yield _wrong(
            "pg_trgm",
            "This module is off, which the search's help stands on: as an administrator of the "
            "server say CREATE EXTENSION pg_trgm in this database.",
        )
    if not traits.is_synced:
        yield _warning("fsync", "It is off: a loss of power may cost the database. Switch it on.")
    yield from _tidiness(traits, neglected)


def _rights(traits: Traits) -> Finding:
    if not traits.may_make_tables:
        return _wrong(
            "rights",
            "The role may make no tables, so the next upgrade will fail: as an administrator of "
            f"the server say GRANT CREATE ON SCHEMA public TO {traits.role} in this database.",
        )
    if not traits.may_make_databases:
        return _warning(
            "rights",
            "The role may make no database, so manage.py restore_drill cannot run: as an "
            f"administrator of the server say ALTER ROLE {traits.role} CREATEDB.",
        )
    return Finding("rights", Grade.WELL, "The role may do what upgrades and drills need.")


def _connections(traits: Traits) -> Finding:
    said = f"{traits.connections} of {traits.most_connections} are taken."
    if traits.connections >= traits.most_connections * MANY_CONNECTIONS:
        advice = "Raise max_connections, or lower WEB_WORKERS, WEB_THREADS and WORKERS."
        return _warning("connections", f"{said} {advice}")
    return Finding("connections", Grade.WELL, said)


def _tidiness(traits: Traits, neglected: list[Any]) -> Iterator[Finding]:
    is_old = traits.transactions > OLD_TRANSACTIONS
    if not traits.cleans_up:
        yield _wrong(
            "autovacuum",
            "It is off: tables grow for ever and are read in the wrong order. Switch autovacuum "
            "and track_counts on (ALTER SYSTEM SET …, then SELECT pg_reload_conf()).",
        )
    if is_old:
        yield _wrong(
            "autovacuum",
            f"Its oldest rows were not frozen for {traits.transactions:,} transactions, and at "
            "two billion PostgreSQL stops: end what holds it up (a transaction left open, a "
            "replication slot), then VACUUM FREEZE.",
        )
    for table, dead in neglected:
        yield _warning(
            table,
            f"{dead:,} dead rows wait to be cleaned up: end transactions that were left open "
            f"(pg_stat_activity, xact_start), then VACUUM (ANALYZE) {table}.",
        )
    if traits.cleans_up and not is_old and not neglected:
        yield Finding("autovacuum", Grade.WELL, "It keeps up.")


def _wrong(subject: str, sentence: str) -> Finding:
    return Finding(subject, Grade.WRONG, sentence)


def _warning(subject: str, sentence: str) -> Finding:
    return Finding(subject, Grade.WARNING, sentence)
