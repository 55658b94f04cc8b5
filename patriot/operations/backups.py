"""Backups: an archive that pg_dump writes, a manifest of what must be in it, and the way back.

A backup is two files: the archive, and beside it `ARCHIVE.json`, which says when it was made, by
which state of the tables, how many rows each had in the very snapshot that was dumped, and the
archive's hash. What is restored is counted against it.

Errors:

* BackupError     why it was not made or not restored, in a sentence, with what to do
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psycopg
from django.db import connection
from django.db.migrations.loader import MigrationLoader
from psycopg import pq, sql
from psycopg.conninfo import make_conninfo

from patriot.lib.postgres import find_binaries
from patriot.lib.text import one_line
from patriot.operations.launch import LaunchError
from patriot.work import beats

BEAT = "backup"
"""The heartbeat of the last good backup."""
NAME = "patriot-{:%Y%m%dT%H%M%SZ}.dump"
NAMED = "patriot-*T*Z.dump"
MAX_SAID_CHARS = 400

KNOWN_TO_LIBPQ = frozenset(
    option.keyword.decode() for option in pq.Conninfo.get_defaults() if option.keyword
)
TABLES = """
SELECT quote_ident(relname) FROM pg_class
WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p') AND NOT relispartition
ORDER BY 1
"""
OTHERS = """
SELECT count(*) FROM pg_stat_activity
WHERE datname = current_database() AND pid <> pg_backend_pid() AND backend_type = 'client backend'
"""
LEAVES_WITHIN = 2.0
"""Seconds."""
# Their rows come and go all the time, and nobody misses one: they are no proof.
FLEETING = frozenset({"patriot_cache", "work_heartbeat"})


class BackupError(LaunchError):
    """It was not made or not restored; the message says why, and what to do."""


@dataclass(frozen=True, slots=True)
class Manifest:
    """What an archive holds.

    made_at:    in UTC
    server:     version of PostgreSQL, such as "18.6"
    migrations: of the tables, such as "reports.0024_…"
    rows:       of each table
    sha256:     of the archive, as hexadecimal digits
    """

    made_at: datetime
    server: str
    migrations: Sequence[str]
    rows: Mapping[str, int]
    sha256: str
    bytes: int

    def written(self) -> str:
        """Return the manifest as JSON."""
        return json.dumps(asdict(self) | {"made_at": self.made_at.isoformat()}, indent=1)

    @classmethod
    def read(cls, archive: Path) -> Manifest:
        """Return the manifest of an archive. Raises BackupError."""
        path = manifest_of(archive)
        try:
            said = json.loads(path.read_text(encoding="utf-8"))
            return cls(
                made_at=datetime.fromisoformat(said["made_at"]),
                server=str(said["server"]),
                migrations=tuple(map(str, said["migrations"])),
                rows={str(table): int(rows) for table, rows in said["rows"].items()},
                sha256=str(said["sha256"]),
                bytes=int(said["bytes"]),
            )
        except FileNotFoundError:
            raise BackupError(
                f"{path} is missing: it lies beside each archive that `manage.py backup` makes. "
                "Others are restored with pg_restore itself."
            ) from None
        except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
            raise BackupError(f"{path} cannot be read as a manifest of ours: {error}") from error


# --- Where -------------------------------------------------------------------------
@dataclass(frozen=True, slots=True)
class Place:
    """A database, by what libpq wants to know of it."""

    parameters: Mapping[str, Any]

    @classmethod
    def ours(cls) -> Place:
        """Return the database that Django uses."""
        return cls.of(connection.get_connection_params())

    @classmethod
    def of(cls, parameters: Mapping[str, Any]) -> Place:
        known = {name: said for name, said in parameters.items() if name in KNOWN_TO_LIBPQ}
        return cls({name: said for name, said in known.items() if said not in (None, "")})

    @property
    def name(self) -> str:
        """Of the database."""
        return str(self.parameters.get("dbname", ""))

    def named(self, database: str) -> Place:
        """Return another database of the same server."""
        return Place({**self.parameters, "dbname": database})

    @contextmanager
    def connected(self, *, autocommit: bool = False) -> Iterator[psycopg.Connection[Any]]:
        """Connect. Raises BackupError where nobody answers, or who answers fails."""
        try:
            opened = psycopg.connect(
                **{"connect_timeout": 10, **self.parameters}, autocommit=autocommit
            )
        except psycopg.Error as error:
            said = self._without_password(str(error))
            raise BackupError(f"The database {self.name} does not answer: {said}") from None
        with opened:
            try:
                yield opened
            except psycopg.Error as error:
                said = self._without_password(str(error))
                raise BackupError(f"The database {self.name} refused or failed: {said}") from None

    def run(self, program: Path, *arguments: str) -> None:
        """Run one of PostgreSQL's programs on this database. Raises BackupError."""
        public = {name: said for name, said in self.parameters.items() if name != "password"}
        secret = self.parameters.get("password")
        done = subprocess.run(
            [program, f"--dbname={make_conninfo(**public)}", *arguments],
            env=os.environ | ({"PGPASSWORD": str(secret)} if secret else {}),
            check=False,
            capture_output=True,
            text=True,
            errors="replace",
        )
        if done.returncode:
            said = self._without_password(done.stderr)
            raise BackupError(f"{program.name} failed: {said or 'it said nothing'}")

    def _without_password(self, said: str) -> str:
        secret = str(self.parameters.get("password") or "")
        short = one_line(said, max_chars=MAX_SAID_CHARS)
        return short.replace(secret, "…") if secret else short


# --- Making one --------------------------------------------------------------------
def back_up(archive: Path, *, now: datetime) -> Manifest:
    """Write an archive of our database and its manifest; both are whole or not there.

    Raises BackupError, LaunchError for a full disk.
    """
    if archive.exists():
        raise BackupError(f"{archive} is there already: nothing was written.")
    if not archive.parent.is_dir():
        raise BackupError(f"{archive.parent} is no folder: make it first.")
    place = Place.ours()
    unfinished = archive.with_name(f".{archive.name}.unfinished")
    unfinished.unlink(missing_ok=True)
    try:
        with place.connected() as reader:
            manifest = _dumped(place, reader, unfinished, now=now)
        written = unfinished.with_suffix(".json")
        _write_safely(written, manifest.written())
        written.replace(manifest_of(archive))
        unfinished.replace(archive)
    finally:
        unfinished.unlink(missing_ok=True)
    beats.beat(BEAT, now=now)
    return manifest


def _dumped(
    place: Place, reader: psycopg.Connection[Any], archive: Path, *, now: datetime
) -> Manifest:
    """Dump what one snapshot shows, and count its rows."""
    reader.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
    reader.read_only = True
    snapshot = _value(reader, "SELECT pg_export_snapshot()")
    program = _program("pg_dump", for_major=reader.info.server_version // 10_000)
    archive.touch(mode=0o600)
    place.run(program, "--format=custom", f"--snapshot={snapshot}", f"--file={archive}")
    with archive.open("rb") as written:
        os.fsync(written.fileno())
    return Manifest(
        made_at=now.astimezone(UTC),
        server=str(reader.info.parameter_status("server_version")),
        migrations=_migrations(reader),
        rows=counted(reader),
        sha256=_sha256(archive),
        bytes=archive.stat().st_size,
    )


def counted(reader: psycopg.Connection[Any]) -> dict[str, int]:
    """Return how many rows each table of ours has."""
    tables = [row[0] for row in reader.execute(TABLES).fetchall()]
    return {
        table: int(_value(reader, f"SELECT count(*) FROM public.{table}"))  # noqa: S608 (quoted)
        for table in tables
        if table not in FLEETING
    }


def drop_older(folder: Path, *, keep: int) -> list[Path]:
    """Delete all archives of a folder but the newest `keep`; return those deleted."""
    older = sorted(folder.glob(NAMED), reverse=True)[keep:]
    for archive in older:
        archive.unlink(missing_ok=True)
        manifest_of(archive).unlink(missing_ok=True)
    return older


def newest_of(path: Path) -> Path:
    """Return the archive at a path, of a folder the newest. Raises BackupError."""
    if not path.is_dir():
        return path
    archives = sorted(path.glob(NAMED))
    if not archives:
        raise BackupError(f"No backup lies in {path}: look at what makes them.")
    return archives[-1]


def manifest_of(archive: Path) -> Path:
    """Return where the manifest of an archive is."""
    return archive.with_name(f"{archive.name}.json")


# --- Restoring ---------------------------------------------------------------------
def restore(archive: Path, place: Place, *, replace: bool = False) -> Manifest:
    """Put an archive into an empty database, all or nothing, and count what came.

    replace: throw away what is in it
    Raises BackupError: nothing was changed then, or (said so) the counts differ.
    """
    manifest = Manifest.read(archive)
    _check(archive, manifest)
    with place.connected(autocommit=True) as reached:
        _have_it_empty(reached, place, replace=replace)
        program = _program("pg_restore", for_major=reached.info.server_version // 10_000)
    place.run(
        program,
        *("--no-owner", "--no-privileges", "--no-comments"),
        *("--exit-on-error", "--single-transaction", str(archive)),
    )
    with place.connected() as reader:
        compare(manifest.rows, counted(reader))
        reader.execute("ANALYZE")
    return manifest


def _check(archive: Path, manifest: Manifest) -> None:
    """Raise BackupError if it is not the archive of this manifest, or too new for us."""
    if not archive.exists():
        raise BackupError(f"{archive} is missing.")
    if _sha256(archive) != manifest.sha256:
        raise BackupError(
            f"{archive} is not what was written: its hash differs from {manifest_of(archive)}. "
            "Take another copy of it."
        )
    loader = MigrationLoader(None, ignore_no_migrations=True)
    known = {f"{app}.{name}" for app, name in loader.disk_migrations or ()}
    if unknown := sorted(set(manifest.migrations) - known):
        raise BackupError(
            f"The backup was made by a newer Patriot ({unknown[-1]} is unknown here): "
            "restore it with that version."
        )


def _have_it_empty(reached: psycopg.Connection[Any], place: Place, *, replace: bool) -> None:
    if not reached.execute(TABLES).fetchall():
        return
    if not replace:
        raise BackupError(
            f"The database {place.name} is not empty: nothing was changed. Name an empty one, or "
            "say --replace to throw away what is in it."
        )
    refuse_company(reached, place)
    with reached.transaction():
        reached.execute("DROP SCHEMA public CASCADE")
        reached.execute("CREATE SCHEMA public")


def refuse_company(reached: psycopg.Connection[Any], place: Place) -> None:
    """Raise BackupError while others are connected: they would work on, or be cut off.

    Those who are just leaving are waited for: the server sees a connection for a moment after
    its owner closed it.

    reached: in autocommit, for who is connected is told anew to each transaction only
    """
    connection.close()  # Django's own
    end = time.monotonic() + LEAVES_WITHIN
    while (others := int(_value(reached, OTHERS))) and time.monotonic() < end:
        time.sleep(LEAVES_WITHIN / 50)
    if others:
        raise BackupError(
            f"{others} other connections use the database {place.name}: stop web and worker "
            "(`manage.py down`, `docker compose stop web worker`), then start this again."
        )


def compare(wanted: Mapping[str, int], found: Mapping[str, int]) -> None:
    """Raise BackupError if tables hold other numbers of rows than they should."""
    wrong = [
        f"{table} {found.get(table, 0):,} instead of {wanted.get(table, 0):,}"
        for table in sorted(wanted.keys() | found.keys())
        if found.get(table, 0) != wanted.get(table, 0)
    ]
    if wrong:
        raise BackupError(f"Not everything came back: {'; '.join(wrong[:5])} rows.")


# --- Trying it ---------------------------------------------------------------------
@contextmanager
def scratch_database() -> Iterator[Place]:
    """Have an empty database beside ours for a while. Raises BackupError."""
    ours = Place.ours()
    scratch = ours.named(f"patriot_drill_{os.getpid()}")
    name = sql.Identifier(scratch.name)
    with ours.connected(autocommit=True) as reached:
        alike = reached.execute(
            "SELECT datcollate, datctype FROM pg_database WHERE datname = current_database()"
        ).fetchone() or ("C", "C.UTF-8")
        try:
            reached.execute(
                sql.SQL(
                    "CREATE DATABASE {} TEMPLATE template0 ENCODING 'UTF8'"
                    " LC_COLLATE {} LC_CTYPE {}"
                ).format(name, *map(sql.Literal, alike))
            )
        except psycopg.errors.InsufficientPrivilege:
            raise BackupError(
                f"The role {reached.info.user} may not create a database to try it in: as an "
                f"administrator of the server say ALTER ROLE {reached.info.user} CREATEDB."
            ) from None
    try:
        yield scratch
    finally:
        with ours.connected(autocommit=True) as reached:
            reached.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(name))


@contextmanager
def working_in(place: Place) -> Iterator[None]:
    """Have Django work in another database."""
    usual = connection.settings_dict
    names = {"host": "HOST", "port": "PORT", "user": "USER", "password": "PASSWORD"}
    changed = {ours: str(place.parameters.get(name, "")) for name, ours in names.items()}
    others = {
        name: said
        for name, said in place.parameters.items()
        if name not in {*names, "dbname", "client_encoding"}
    }
    kept = {key: value for key, value in usual["OPTIONS"].items() if key not in KNOWN_TO_LIBPQ}
    connection.close()
    connection.settings_dict = {
        **usual,
        **changed,
        "NAME": place.name,
        "OPTIONS": {**kept, **others},
    }
    try:
        yield
    finally:
        connection.close()
        connection.settings_dict = usual


@contextmanager
def archive_of_now(now: datetime) -> Iterator[Path]:
    """Have a fresh archive for a while, where only we can read it."""
    with tempfile.TemporaryDirectory(prefix="patriot-backup-") as folder:
        archive = Path(folder) / NAME.format(now)
        back_up(archive, now=now)
        yield archive


# --- PostgreSQL's programs -----------------------------------------------------------
def _program(name: str, *, for_major: int) -> Path:
    """Return pg_dump or pg_restore that understands this server. Raises BackupError."""
    on_path = shutil.which(name)
    folders = [Path(on_path).parent] if on_path else []
    folders += [binaries.folder for binaries in find_binaries()]
    known = [(_major_of(folder / name), folder / name) for folder in folders]
    good = [(major, program) for major, program in known if major >= for_major]
    if not good:
        raise BackupError(
            f"No {name} of PostgreSQL {for_major} or later is on this machine: install it "
            f"(`apt install postgresql-client-{for_major}`), or run {name} where the database is "
            "(`docker compose exec -T database …`, docs/operations.md)."
        )
    # The nearest: a later one writes for the later server.
    return min(good, key=lambda found: found[0])[1]


def _major_of(program: Path) -> int:
    try:
        said = subprocess.run(
            [program, "--version"], check=False, capture_output=True, text=True, timeout=20
        ).stdout
    except (OSError, subprocess.SubprocessError):
        return 0
    found = re.search(r"\(PostgreSQL\) (\d{1,3})", said)
    return int(found[1]) if found else 0


def _migrations(reader: psycopg.Connection[Any]) -> tuple[str, ...]:
    rows = reader.execute("SELECT app || '.' || name FROM django_migrations ORDER BY 1")
    return tuple(row[0] for row in rows.fetchall())


def _value(reader: psycopg.Connection[Any], statement: str) -> Any:
    row = reader.execute(statement.encode()).fetchone()
    return row[0] if row else None


def _sha256(path: Path) -> str:
    with path.open("rb") as written:
        return hashlib.file_digest(written, "sha256").hexdigest()


def _write_safely(path: Path, text: str) -> None:
    """Write a file that only we can read, down to the disk."""
    path.unlink(missing_ok=True)
    path.touch(mode=0o600)
    with path.open("w", encoding="utf-8") as written:
        written.write(text)
        written.flush()
        os.fsync(written.fileno())
