"""Migrations after the first release keep to the rules, and carry a house with them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from django.contrib.postgres.operations import AddConstraintNotValid, AddIndexConcurrently
from django.core.management import call_command
from django.db import connection, migrations, models
from django.db.migrations.executor import MigrationExecutor
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.state import ProjectState
from django.test import Client

from patriot.operations import backups
from patriot.operations.backups import Manifest, Place
from patriot.operations.drills import proven
from reports.models import Report
from reports.pipeline.publish import publish_report
from reports.pipeline.verifying import Finding
from sources.models import Article
from tests import factories
from tests.migration_rules import complaints

PINNED = Path(__file__).parent / "data" / "first_release.json"
OURS = ("accounts", "work", "ledger", "sources", "reports")
# Some migrations before the newest: what a house of that day looks like is made by going back.
AN_EARLIER_DAY = {
    "accounts": "0006",
    "work": "0006",
    "sources": "0011",
    "reports": "0023",
}


def first_release() -> set[tuple[str, str]]:
    named = json.loads(PINNED.read_text())["migrations"]
    return {(app, name) for app, _, name in (one.partition(".") for one in named)}


# --- The rules --------------------------------------------------------------------
def test_what_was_released_is_still_there() -> None:
    loader = MigrationLoader(None, ignore_no_migrations=True)

    assert first_release() <= set(loader.disk_migrations)


def test_every_later_migration_lets_the_release_before_go_on() -> None:
    loader = MigrationLoader(None, ignore_no_migrations=True)
    plan = [
        key
        for app in OURS
        for leaf in loader.graph.leaf_nodes(app)
        for key in loader.graph.forwards_plan(leaf)
    ]
    released = first_release()

    said = []
    for key in dict.fromkeys(plan):
        if key[0] in OURS and key not in released:
            migration = loader.graph.nodes[key]
            before = loader.project_state(migration.dependencies)
            said += complaints(migration, before)

    assert said == []


ARTICLE = "article"


def judged(*operations: migrations.operations.base.Operation, **said: object) -> list[str]:
    """Return what is said of a migration that does this to a small house."""
    before = ProjectState()
    for name, app in ((ARTICLE, "sources"), ("note", "sources")):
        migrations.CreateModel(
            name=name.capitalize(),
            fields=[
                ("id", models.BigAutoField(primary_key=True)),
                ("title", models.CharField(max_length=100, null=True)),
            ],
        ).state_forwards(app, before)
    made = migrations.Migration("0099_later", "sources")
    made.operations = list(operations)
    for name, value in said.items():
        setattr(made, name, value)
    return list(complaints(made, before))


NAMED = models.Index(fields=["title"], name="by_title")
HARMLESS = (
    "CREATE FUNCTION f() RETURNS int LANGUAGE sql AS 'SELECT 1'",
    "CREATE INDEX CONCURRENTLY i ON sources_article (title)",
    "CREATE INDEX i ON a_small_one (title)",
    "ALTER TABLE x ADD COLUMN y int NOT NULL DEFAULT 0",
    "ALTER TABLE x ADD COLUMN y int, ALTER z SET DEFAULT 3",
    "ALTER TABLE reports_claim ADD CONSTRAINT c CHECK (text <> '') NOT VALID",
    "ALTER TABLE reports_claim VALIDATE CONSTRAINT c",
)
SHORT = models.CheckConstraint(condition=models.Q(title__lt="z"), name="short")


@pytest.mark.parametrize(
    ("operation", "complaint"),
    [
        pytest.param(migrations.RemoveField(ARTICLE, "title"), "takes away article.title", id="a"),
        pytest.param(migrations.DeleteModel("Note"), "takes away Note", id="a table"),
        pytest.param(migrations.RenameField(ARTICLE, "title", "name"), "renames", id="a name"),
        pytest.param(migrations.RenameModel("Note", "Memo"), "renames", id="a table's name"),
        pytest.param(
            migrations.AddField("note", "text", models.TextField(default="")),
            "without null=True or db_default",
            id="a column that the release before cannot fill",
        ),
        pytest.param(
            migrations.AddField(
                ARTICLE, "hash", models.CharField(max_length=9, null=True, db_index=True)
            ),
            "builds an index on article.hash under a lock",
            id="a column with an index",
        ),
        pytest.param(migrations.AddIndex(ARTICLE, NAMED), "locks article", id="an index"),
        pytest.param(
            AddIndexConcurrently(ARTICLE, NAMED), "wants atomic = False", id="half concurrently"
        ),
        pytest.param(migrations.AddConstraint(ARTICLE, SHORT), "reads all of article", id="a rule"),
        pytest.param(
            migrations.AlterField(ARTICLE, "title", models.CharField(max_length=100)),
            "forbids null in article.title",
            id="no nulls any more",
        ),
        pytest.param(
            migrations.AlterField(ARTICLE, "title", models.IntegerField(null=True)),
            "writes every row of article.title anew",
            id="another type",
        ),
        pytest.param(
            migrations.AlterField(
                ARTICLE, "title", models.CharField(max_length=100, null=True, unique=True)
            ),
            "builds an index on article.title under a lock",
            id="an old column's index",
        ),
        pytest.param(
            migrations.AlterUniqueTogether(ARTICLE, {("id", "title")}),
            "locks article while it builds an index",
            id="two columns' index",
        ),
        pytest.param(
            migrations.SeparateDatabaseAndState(
                database_operations=[migrations.RemoveField(ARTICLE, "title")]
            ),
            "takes away article.title",
            id="under another name",
        ),
        *(
            pytest.param(migrations.RunSQL(sql), complaint, id=sql)
            for sql, complaint in (
                ("ALTER TABLE x DROP COLUMN y", "says 'DROP COLUMN' in SQL"),
                ("ALTER TABLE x RENAME y TO z", "says 'ALTER TABLE x RENAME' in SQL"),
                ("ALTER TABLE ONLY x RENAME TO z", "says 'ALTER TABLE ONLY x RENAME' in SQL"),
                ("ALTER TABLE x ALTER y TYPE bigint", "says 'ALTER y TYPE' in SQL"),
                ("ALTER TABLE x ALTER COLUMN y SET DATA TYPE int", "SET DATA TYPE' in SQL"),
                ("ALTER TABLE x ALTER y SET NOT NULL", "says 'ALTER y SET NOT NULL' in SQL"),
                ("ALTER TABLE x ADD COLUMN y int NOT NULL", "adds a column without DEFAULT"),
                ("CREATE INDEX i ON sources_article (title)", "locks sources_article"),
                ('CREATE UNIQUE INDEX ON "work_job" (kind)', "locks work_job"),
                (
                    "ALTER TABLE reports_claim ADD CONSTRAINT c CHECK (text <> '')",
                    "reads all of reports_claim under a lock",
                ),
            )
        ),
    ],
)
def test_what_would_stop_the_release_before_is_refused(operation, complaint: str) -> None:
    (said,) = judged(operation)

    assert said.startswith("sources.0099_later: ")
    assert complaint in said


def test_what_lets_it_go_on_passes() -> None:
    text = models.TextField(db_default="")
    wider = models.CharField(max_length=200, null=True)

    assert (
        judged(
            migrations.AddField("note", "text", text),
            migrations.AddField(ARTICLE, "lead", models.TextField(null=True)),
            migrations.AlterField(ARTICLE, "title", wider),
            migrations.AddIndex("note", models.Index(fields=["title"], name="notes")),
            AddConstraintNotValid(ARTICLE, SHORT),
            migrations.SeparateDatabaseAndState(
                state_operations=[migrations.RemoveField("note", "title")]
            ),
            *map(migrations.RunSQL, HARMLESS),
        )
        == []
    )
    assert judged(AddIndexConcurrently(ARTICLE, NAMED), atomic=False) == []
    assert judged(migrations.RemoveField(ARTICLE, "title"), contracts="1.2 reads it no more") == []


# --- The drill --------------------------------------------------------------------
def a_house() -> dict[str, int]:
    """Fill a database with a bit of everything; return how many rows each table has."""
    briefing = factories.a_briefing()
    report = factories.a_draft_report(briefing, sections=2)
    publish_report(report, now=factories.NOW)
    factories.a_subscription(briefing)
    factories.an_api_key(factories.a_staff_user(), "reports:produce")
    factories.a_report(factories.a_briefing(slug="second"), state="failed", reason="A step failed.")
    with Place.ours().connected() as reader:
        return backups.counted(reader)


def moved_to(day: dict[str, str]) -> None:
    """Bring the tables to the state of that day, forwards or back."""
    loader = MigrationExecutor(connection).loader
    targets = [
        next(key for key in loader.graph.nodes if key[0] == app and key[1].startswith(name))
        for app, name in day.items()
    ]
    MigrationExecutor(connection).migrate(targets)


@pytest.mark.django_db(transaction=True)
def test_an_upgrade_carries_a_house_with_all_that_it_published() -> None:
    with backups.scratch_database() as scratch, backups.working_in(scratch):
        call_command("migrate", verbosity=0, interactive=False)
        rows = a_house()
        moved_to(AN_EARLIER_DAY)
        with Place.ours().connected() as reader:
            assert ("title",) not in reader.execute(
                "SELECT attname FROM pg_attribute WHERE attrelid = 'sources_articlewords'::regclass"
            ).fetchall()

        call_command("migrate", verbosity=0, interactive=False)

        with Place.ours().connected() as reader:
            found = backups.counted(reader)
        manifest = Manifest(factories.NOW, "", (), rows, "", 0)
        proof = proven(manifest, scratch)
        assert {name: count for name, count in found.items() if name != "django_migrations"} == {
            name: count for name, count in rows.items() if name != "django_migrations"
        }
        assert proof.verified == {Finding.INTACT: 1}, proof.problems
        assert Article.objects.exists()
        report = Report.objects.get(state="published")
        assert Client().get(report.get_absolute_url()).status_code == 200
