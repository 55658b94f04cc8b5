"""What a migration may do while web and worker of the release before still run (expand, contract).

A release first adds what it needs; what it no longer needs is taken away by a later one, when
nobody asks for it any more. Large tables are never locked for as long as it takes to read them.

What RunPython does is not looked into: it is read by people.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from django.contrib.postgres import operations as postgres
from django.db import connection, migrations
from django.db.migrations.operations.base import Operation
from django.db.migrations.state import ProjectState
from django.db.models import NOT_PROVIDED, Field, ManyToManyField

# Those of which a house has hundreds of thousands of rows, or more.
LARGE = frozenset(
    {
        *("sources.article", "sources.articleversion", "sources.articlewords", "sources.fetch"),
        *("sources.passage", "sources.tombstone", "reports.claim", "reports.evidence"),
        *("reports.membership", "reports.story", "reports.section", "reports.delivery"),
        *("reports.attempt", "reports.rendering", "ledger.call", "work.job"),
    }
)
# A migration that takes something away says here which release stopped asking for it.
SAID = "contracts"
NAME = r"(?:ONLY\s+)?(?:IF\s+(?:NOT\s+)?EXISTS\s+)?\S+"
DANGEROUS = re.compile(
    r"\b(DROP\s+(?:TABLE|COLUMN|SCHEMA)|LOCK\s+TABLE|TRUNCATE|VACUUM\s+FULL|CLUSTER"
    rf"|ALTER\s+TABLE\s+{NAME}\s+RENAME|RENAME\s+TO|REINDEX(?!.*\bCONCURRENTLY\b)"
    r"|ALTER\s+(?:COLUMN\s+)?\S+\s+(?:(?:SET\s+DATA\s+)?TYPE|SET\s+NOT\s+NULL))\b",
    re.IGNORECASE | re.DOTALL,
)
ADDED = re.compile(
    rf"\bADD\s+COLUMN\s+{NAME}\s(?=[^,;]*\bNOT\s+NULL\b)(?![^,;]*\bDEFAULT\b)", re.IGNORECASE
)
INDEXED = re.compile(
    rf"\bCREATE\s+(?:UNIQUE\s+)?INDEX\s+(?!CONCURRENTLY\b)(?:{NAME}\s+)?ON\s+(?:ONLY\s+)?"
    r"\"?(?P<table>\w+)",
    re.IGNORECASE,
)
CONSTRAINED = re.compile(
    r"\bALTER\s+TABLE\s+(?:ONLY\s+)?(?:IF\s+EXISTS\s+)?\"?(?P<table>\w+)\"?\s[^;]*?"
    r"\bADD\s+(?:CONSTRAINT|CHECK|FOREIGN\s+KEY|UNIQUE|PRIMARY\s+KEY|EXCLUDE)\b"
    r"(?![^;]*\b(?:NOT\s+VALID|USING\s+INDEX)\b)",
    re.IGNORECASE,
)


def complaints(migration: migrations.Migration, before: ProjectState) -> Iterator[str]:
    """Yield what is wrong with a migration, in sentences.

    before: the state of the tables that it starts from; changed to the one that it leads to
    """
    has_said = bool(getattr(migration, SAID, ""))
    for operation in migration.operations:
        for said in _about(operation, migration.app_label, before, is_atomic=migration.atomic):
            if not (has_said and said.startswith("takes away")):
                yield f"{migration.app_label}.{migration.name}: {said}"
        operation.state_forwards(migration.app_label, before)


def _about(
    operation: Operation, app: str, before: ProjectState, *, is_atomic: bool
) -> Iterator[str]:
    if isinstance(operation, migrations.SeparateDatabaseAndState):
        # What it says of the state alone touches no table.
        for one in operation.database_operations:
            yield from _about(one, app, before, is_atomic=is_atomic)
        return
    model = getattr(operation, "model_name", "") or getattr(operation, "name_lower", "")
    is_large = f"{app}.{str(model).lower()}" in LARGE
    match operation:
        case migrations.RemoveField() | migrations.DeleteModel():
            yield f"takes away {_named(operation)}: the release before still asks for it"
        case migrations.RenameField() | migrations.RenameModel() | migrations.AlterModelTable():
            yield f"renames {_named(operation)}: add the new one, copy, take the old one away later"
        case migrations.AddField():
            yield from _about_new(operation.field, _named(operation), is_large=is_large)
        case migrations.AlterField():
            old = before.models[app, operation.model_name_lower].fields[operation.name]
            yield from _about_changed(old, operation.field, _named(operation), is_large=is_large)
        case migrations.RunSQL():
            for statement in _statements(operation.sql):
                yield from _about_sql(statement)
        case _:
            yield from _about_locks(operation, str(model), is_large=is_large, is_atomic=is_atomic)


def _about_locks(
    operation: Operation, model: str, *, is_large: bool, is_atomic: bool
) -> Iterator[str]:
    match operation:
        case postgres.AddIndexConcurrently() | postgres.RemoveIndexConcurrently():
            if is_atomic:
                yield f"builds {_named(operation)} concurrently, which wants atomic = False"
        case migrations.AddIndex() if is_large:
            yield f"locks {model} while it builds an index: AddIndexConcurrently, atomic = False"
        case postgres.AddConstraintNotValid():
            pass
        case migrations.AddConstraint() if is_large:
            yield f"reads all of {model} under a lock: AddConstraintNotValid, ValidateConstraint"
        case migrations.AlterUniqueTogether() | migrations.AlterIndexTogether() if is_large:
            yield f"locks {model} while it builds an index: AddIndexConcurrently"


def _about_sql(statement: str) -> Iterator[str]:
    tables = {label.replace(".", "_") for label in LARGE}
    if found := DANGEROUS.search(statement):
        yield f"says {' '.join(found[0].split())!r} in SQL"
    if ADDED.search(statement):
        yield "adds a column without DEFAULT in SQL: the release before cannot add rows"
    for indexed in INDEXED.finditer(statement):
        if indexed["table"].lower() in tables:
            yield f"locks {indexed['table']} while it builds an index: CONCURRENTLY in SQL"
    for constrained in CONSTRAINED.finditer(statement):
        if constrained["table"].lower() in tables:
            yield f"reads all of {constrained['table']} under a lock: NOT VALID in SQL"


def _about_new(field: Field, name: str, *, is_large: bool) -> Iterator[str]:
    if isinstance(field, ManyToManyField):
        return
    if not field.null and field.db_default is NOT_PROVIDED:
        yield f"adds {name} without null=True or db_default: the release before cannot add rows"
    if is_large and (field.unique or field.db_index):
        yield f"builds an index on {name} under a lock: AddIndexConcurrently afterwards"


def _about_changed(old: Field, new: Field, name: str, *, is_large: bool) -> Iterator[str]:
    if old.null and not new.null:
        yield f"forbids null in {name}: the release before may still write it"
    if is_large and (new.unique or new.db_index) and not (old.unique or old.db_index):
        yield f"builds an index on {name} under a lock: AddIndexConcurrently"
    was, becomes = old.db_type(connection), new.db_type(connection)
    # Room for more characters changes the catalog only (PostgreSQL, ALTER TABLE, Notes).
    if was != becomes and is_large and not _is_only_wider(was, becomes):
        yield f"writes every row of {name} anew: from {was} to {becomes}"


def _is_only_wider(was: str | None, becomes: str | None) -> bool:
    lengths = [re.fullmatch(r"varchar\((\d+)\)", kind or "") for kind in (was, becomes)]
    if lengths[0] and becomes == "text":
        return True
    return bool(lengths[0] and lengths[1] and int(lengths[0][1]) <= int(lengths[1][1]))


def _named(operation: Operation) -> str:
    parts = (getattr(operation, "model_name", ""), getattr(operation, "name", ""))
    return ".".join(part for part in parts if part) or type(operation).__name__


def _statements(sql: object) -> Iterator[str]:
    if isinstance(sql, str):
        yield sql
    elif isinstance(sql, (list, tuple)):
        for one in sql:
            yield from _statements(one if isinstance(one, str) else one[0])
