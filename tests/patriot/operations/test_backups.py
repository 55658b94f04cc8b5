"""A backup is whole or not there; what is restored is counted, and its reports are verified."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import timedelta
from io import StringIO
from pathlib import Path
from threading import Timer

import psycopg
import pytest
from django.core.management import call_command
from django.db import connection
from psycopg import sql

from patriot.operations import backups
from patriot.operations.backups import BackupError, Place
from patriot.operations.drills import proven
from patriot.work.models import Heartbeat
from reports.models import Report
from reports.pipeline.publish import publish_report
from reports.pipeline.verifying import Finding
from tests.factories import NOW, TODAY, a_briefing, a_draft_report

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow]


@pytest.fixture
def reports() -> list[Report]:
    """Two published reports, recorded and chained."""
    briefing = a_briefing()
    made = [
        a_draft_report(briefing, sections=1, local_date=TODAY - timedelta(days=day))
        for day in (1, 0)
    ]
    for report in made:
        publish_report(report, now=NOW)
    return made


@pytest.fixture
def elsewhere() -> Iterator[Place]:
    """An empty database."""
    with backups.scratch_database() as scratch:
        yield scratch


def run(command: str, *arguments: str, **options: object) -> tuple[int, str, str]:
    """Return how a command ends, what it prints, and what it says meanwhile."""
    out, said = StringIO(), StringIO()
    try:
        call_command(command, *arguments, stdout=out, stderr=said, **options)
    except SystemExit as ended:
        return int(ended.code or 0), out.getvalue(), said.getvalue()
    return 0, out.getvalue(), said.getvalue()


def databases() -> set[str]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT datname FROM pg_database")
        return {name for (name,) in cursor.fetchall()}


def test_the_drill_restores_counts_verifies_and_leaves_nothing(reports) -> None:
    before = databases()

    code, told, said = run("restore_drill")

    assert code == 0, said
    assert "2 published texts verified: 2 as published, 0 changed" in told
    assert databases() == before
    assert connection.settings_dict["NAME"] in before
    assert Report.objects.count() == 2


def test_the_drill_finds_a_sentence_that_was_changed_behind_our_backs(reports) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SET session_replication_role = replica")
        cursor.execute("UPDATE reports_claim SET text = 'A goat did it.' WHERE kind = 'headline'")
        cursor.execute("SET session_replication_role = DEFAULT")

    code, told, said = run("restore_drill")

    assert code == 1
    assert "2 changed" in told
    assert "A goat did it." in said


def test_the_drill_takes_the_newest_backup_of_a_folder(reports, tmp_path) -> None:
    (tmp_path / "patriot-20200101T000000Z.dump").write_text("an older one, and broken")
    code, told, said = run("backup", str(tmp_path))
    assert code == 0, said

    code, told, said = run("restore_drill", str(tmp_path))

    assert code == 0, said
    assert "2 published texts verified: 2 as published, 0 changed" in told


def test_the_drill_says_that_a_folder_holds_no_backup(tmp_path) -> None:
    code, _, said = run("restore_drill", str(tmp_path))

    assert code == 1
    assert f"No backup lies in {tmp_path}" in said


def test_a_backup_comes_back_elsewhere_as_it_was(reports, elsewhere, tmp_path) -> None:
    archive = tmp_path / "house.dump"
    code, told, said = run("backup", str(archive))
    assert code == 0, said
    assert told.startswith(f"{archive}: ")
    assert archive.stat().st_mode & 0o777 == 0o600
    assert Heartbeat.objects.filter(name=backups.BEAT).exists()

    manifest = backups.restore(archive, elsewhere)
    proof = proven(manifest, elsewhere)

    assert manifest.rows["reports_report"] == 2
    assert proof.verified == {Finding.INTACT: 2}
    with Place.ours().connected() as here, elsewhere.connected() as there:
        assert backups.counted(there) == backups.counted(here)

    with pytest.raises(BackupError, match="is not empty: nothing was changed"):
        backups.restore(archive, elsewhere)
    with elsewhere.connected(), pytest.raises(BackupError, match="1 other connections use"):
        backups.restore(archive, elsewhere, replace=True)
    assert backups.restore(archive, elsewhere, replace=True) == manifest


def test_what_is_no_whole_backup_of_ours_is_refused_and_said(elsewhere, tmp_path) -> None:
    archive = tmp_path / "house.dump"
    backups.back_up(archive, now=NOW)
    paper = backups.manifest_of(archive)
    stated = json.loads(paper.read_text())

    with pytest.raises(BackupError, match="is there already: nothing was written"):
        backups.back_up(archive, now=NOW)
    for change, refusal in (
        ({"sha256": "0" * 64}, "its hash differs"),
        ({"migrations": [*stated["migrations"], "reports.9999_x"]}, "made by a newer Patriot"),
        ({"rows": None}, "cannot be read as a manifest"),
    ):
        paper.write_text(json.dumps(stated | change))
        with pytest.raises(BackupError, match=refusal):
            backups.restore(archive, elsewhere)
    paper.unlink()
    with pytest.raises(BackupError, match="lies beside each archive"):
        backups.restore(archive, elsewhere)

    wrong = stated | {"rows": stated["rows"] | {"reports_report": 7}}
    paper.write_text(json.dumps(wrong))
    with pytest.raises(BackupError, match="reports_report 0 instead of 7"):
        backups.restore(archive, elsewhere)


def test_a_failed_backup_leaves_nothing_behind(tmp_path, monkeypatch) -> None:
    programs, folder = tmp_path / "bin", tmp_path / "backups"
    programs.mkdir()
    folder.mkdir()
    dying = programs / "pg_dump"
    dying.write_text(
        f"""#!/bin/sh
case "$*" in
    --version) echo "pg_dump (PostgreSQL) {connection.pg_version // 10_000}.0" ;;
    *) for last; do :; done; echo half > "${{last#--file=}}"; echo "the disk is gone" >&2; exit 1 ;;
esac
""",
        encoding="utf-8",
    )
    dying.chmod(0o755)
    monkeypatch.setenv("PATH", str(programs), prepend=":")

    code, _, said = run("backup", str(folder))

    assert code == 1
    assert "pg_dump failed: the disk is gone" in said
    assert list(folder.iterdir()) == []
    assert not Heartbeat.objects.filter(name=backups.BEAT).exists()


def test_a_folder_that_is_not_there_is_one_sentence(tmp_path) -> None:
    code, _, said = run("backup", str(tmp_path / "nowhere" / "house.dump"))

    assert code == 1
    assert "is no folder" in said


def test_a_folder_keeps_the_newest(tmp_path) -> None:
    for hour in (1, 2, 3):
        name = backups.NAME.format(NOW.replace(hour=hour))
        (tmp_path / name).touch()
        backups.manifest_of(tmp_path / name).touch()
    (tmp_path / "notes.txt").touch()

    code, told, said = run("backup", str(tmp_path), "--keep", "2")

    assert code == 0, said
    left = sorted(path.name for path in tmp_path.glob("*.dump"))
    assert len(left) == 2
    assert backups.NAME.format(NOW.replace(hour=3)) in left
    assert Path(told.partition(": ")[0]).name in left
    assert (tmp_path / "notes.txt").exists()
    assert len(list(tmp_path.glob("*.json"))) == 2


def test_a_house_moves_to_another_server_with_one_command(reports, elsewhere, tmp_path) -> None:
    there = elsewhere.parameters
    address = tmp_path / "address"
    address.write_text(
        f"postgresql://{there['user']}@/{elsewhere.name}?host={there['host']}\n", encoding="utf-8"
    )

    code, told, said = run("move_database", str(address))

    assert code == 0, said
    assert "2 published texts verified: 2 as published" in told
    assert "Now set DATABASE_URL" in said
    with psycopg.connect(**there) as moved:
        count = sql.SQL("SELECT count(*) FROM reports_report")
        assert moved.execute(count).fetchone() == (2,)
    assert Report.objects.count() == 2


def test_who_is_just_leaving_does_not_stop_a_move() -> None:
    ours = Place.ours()
    leaving = psycopg.connect(**ours.parameters)
    parting = Timer(0.3, leaving.close)
    parting.start()

    with ours.connected(autocommit=True) as reached:
        backups.refuse_company(reached, ours)

    assert leaving.closed
    parting.join()


@pytest.mark.parametrize(
    ("to", "sentence"),
    [
        pytest.param("mysql://h/d", "This is no address of a PostgreSQL", id="another database"),
        pytest.param("/nowhere/address", "/nowhere/address cannot be read", id="a lost file"),
        pytest.param(
            "postgresql://u:geheim@127.0.0.1:9/d", "The database d does not answer", id="nobody"
        ),
    ],
)
def test_an_address_that_is_none_is_one_sentence(to: str, sentence: str) -> None:
    code, _, said = run("move_database", to)

    assert code == 1
    assert sentence in said
    assert "geheim" not in said
