"""The embedded server is a real one here; where root is needed and missing, a test is skipped."""

import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import psutil
import psycopg
import pytest

from patriot.lib import postgres
from patriot.lib.postgres import EmbeddedPostgres, socket_folder

ROOT = Path(__file__).resolve().parents[3]
pytestmark = pytest.mark.slow
needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="needs root")


def passable_folder() -> Path:
    """Make a folder with a short path, which another user may pass through."""
    made = Path(tempfile.mkdtemp(prefix="pg-"))
    made.chmod(0o755)
    return made


@pytest.fixture
def empty() -> Iterator[Path]:
    """A data folder that does not exist yet."""
    made = passable_folder()
    yield made / "data"
    EmbeddedPostgres(made / "data").halt()
    shutil.rmtree(made)


@pytest.fixture(scope="module")
def template() -> Iterator[Path]:
    """A data folder whose cluster is made; its server is stopped."""
    made = passable_folder()
    server = EmbeddedPostgres(made / "data")
    server.start()
    server.stop()
    yield made / "data"
    shutil.rmtree(made)


@pytest.fixture
def folder(empty: Path, template: Path) -> Path:
    """A data folder with a cluster, which saves the second that making one takes."""
    subprocess.run(["cp", "-a", template, empty], check=True)  # noqa: S607
    return empty


@pytest.fixture
def server(folder: Path) -> Iterator[EmbeddedPostgres]:
    server = EmbeddedPostgres(folder)
    yield server
    server.stop()


@pytest.fixture
def new_server(empty: Path) -> Iterator[EmbeddedPostgres]:
    server = EmbeddedPostgres(empty)
    yield server
    server.stop()


def query(folder: Path, text: str, *, dbname: str = postgres.DATABASE_NAME) -> object:
    address = {"host": str(socket_folder(folder)), "user": postgres.DATABASE_USER}
    with psycopg.connect(**address, dbname=dbname, autocommit=True) as connection:
        cursor = connection.execute(text)
        return cursor.fetchone()[0] if cursor.description else None


def main_process(folder: Path) -> psutil.Process:
    pid_file = folder / "postgres" / "cluster" / "postmaster.pid"
    return psutil.Process(int(pid_file.read_text().split("\n")[0]))


def start_and_be_killed(folder: Path) -> int:
    """Start the server from another process that is then killed; return the server's number."""
    script = (
        "import os, sys; from pathlib import Path\n"
        "from patriot.lib.postgres import EmbeddedPostgres\n"
        "EmbeddedPostgres(Path(sys.argv[1])).start()\n"
        "os.kill(os.getpid(), 9)\n"
    )
    subprocess.run([sys.executable, "-c", script, folder], cwd=ROOT, check=False)
    return main_process(folder).pid


def test_a_first_start_makes_a_database_that_understands_every_alphabet(new_server, empty):
    assert new_server.start() is True

    assert query(empty, "SELECT current_database()") == "patriot"
    assert query(empty, "SHOW server_encoding") == "UTF8"
    query(empty, "CREATE EXTENSION pg_trgm")
    query(empty, "CREATE EXTENSION unaccent")
    assert query(empty, "SELECT lower('ÅЖ')") == "åж"
    assert query(empty, "SELECT cardinality(show_trgm('Жизнь'))") == 6
    assert query(empty, "SHOW fsync") == "on"


def test_nobody_else_can_enter_and_it_listens_on_no_network(new_server, empty):
    new_server.start()

    mode = socket_folder(empty).stat().st_mode & 0o777
    assert mode == 0o700
    assert query(empty, "SHOW listen_addresses") == ""


def test_a_second_start_joins_and_the_last_user_stops_it(server, folder):
    server.start()
    other = EmbeddedPostgres(folder)

    assert other.start() is False
    server.stop()
    assert other.is_running()
    other.stop()
    assert not other.is_running()


def test_two_first_starts_at_once_make_one_server(new_server, empty, monkeypatch):
    look = Path.exists

    def look_and_dawdle(path: Path, *args: object, **kwargs: object) -> bool:
        seen = look(path, *args, **kwargs)
        time.sleep(0.05)  # what was seen is old news by now
        return seen

    monkeypatch.setattr(Path, "exists", look_and_dawdle)
    other = EmbeddedPostgres(empty)
    with ThreadPoolExecutor() as pool:
        did_start = list(pool.map(EmbeddedPostgres.start, [new_server, other]))
    other.stop()

    assert sorted(did_start) == [False, True]


def test_halt_stops_it_whoever_uses_it(server, folder):
    server.start()

    assert EmbeddedPostgres(folder).halt() is True
    assert not server.is_running()
    assert EmbeddedPostgres(folder).halt() is False


def test_it_ends_soon_after_the_process_that_started_it_was_killed(folder):
    start_and_be_killed(folder)

    end = time.monotonic() + 60
    while EmbeddedPostgres(folder).is_running() and time.monotonic() < end:
        time.sleep(0.1)
    assert not EmbeddedPostgres(folder).is_running()


def test_it_lives_on_while_somebody_uses_it_though_its_starter_was_killed(server, folder):
    start_and_be_killed(folder)

    server.start()
    time.sleep(1.0)

    assert query(folder, "SELECT 1") == 1


def test_it_keeps_its_data_through_kill_9(server, folder):
    server.start()
    query(folder, "CREATE TABLE kept AS SELECT 42 AS answer")
    main_process(folder).send_signal(signal.SIGKILL)

    assert server.start() is True
    assert query(folder, "SELECT answer FROM kept") == 42


def test_a_pid_file_whose_number_somebody_else_has_is_stale(server, folder):
    pid_file = folder / "postgres" / "cluster" / "postmaster.pid"
    pid_file.write_text(f"{os.getpid()}\n/nowhere\n1\n5432\n\n\n")

    assert server.start() is True


def test_a_half_made_cluster_is_made_again(new_server, empty):
    half = empty / "postgres" / "cluster.new-killed"
    half.mkdir(parents=True)
    (half / "PG_VERSION").write_text("18\n")

    assert new_server.start() is True
    assert not half.exists()


def test_data_of_another_major_version_are_left_alone_and_named(server, folder):
    version = folder / "postgres" / "cluster" / "PG_VERSION"
    version.write_text("9\n")

    with pytest.raises(postgres.OtherVersion, match=r"written by PostgreSQL 9, .* only PostgreSQL"):
        EmbeddedPostgres(folder).start()
    assert version.read_text() == "9\n"


def test_a_folder_without_a_cluster_is_not_ours(new_server, empty):
    (empty / "postgres" / "cluster").mkdir(parents=True)

    with pytest.raises(postgres.NotOurs, match="holds no PostgreSQL data"):
        new_server.start()


def test_without_any_postgresql_the_sentence_says_what_to_install(new_server, monkeypatch):
    monkeypatch.setattr(postgres, "find_binaries", lambda: iter(()))

    with pytest.raises(postgres.NoBinaries, match=r"apt install postgresql.*DATABASE_URL"):
        new_server.start()


def test_a_server_that_ends_at_once_is_quoted(server, folder):
    with (folder / "postgres" / "cluster" / "postgresql.conf").open("a") as configuration:
        configuration.write("no_such_setting = 1\n")

    with pytest.raises(postgres.CannotStart, match="no_such_setting"):
        server.start()


def test_too_little_room_is_said_before_anything_is_written(new_server, empty, monkeypatch):
    monkeypatch.setattr(postgres, "NEEDED_BYTES", 10**18)

    with pytest.raises(postgres.NoSpace, match=r"no room for the database: .* MB"):
        new_server.start()
    assert not (empty / "postgres" / "cluster").exists()


@pytest.fixture
def small_disk() -> Iterator[Path]:
    """A disk of 30 MB, which is less than a fresh cluster."""
    disk = Path(tempfile.mkdtemp(prefix="pg-disk-"))
    disk.chmod(0o755)
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=30m,mode=755", "tmpfs", disk],  # noqa: S607
        check=False,
        capture_output=True,
    )
    if mounted.returncode != 0:
        disk.rmdir()
        pytest.skip("needs the right to mount a small disk")
    yield disk
    subprocess.run(["umount", "-l", disk], check=True)  # noqa: S607
    disk.rmdir()


@needs_root
def test_a_disk_that_fills_up_is_one_sentence_and_a_new_try_works(small_disk, monkeypatch):
    monkeypatch.setattr(postgres, "NEEDED_BYTES", 0)
    server = EmbeddedPostgres(small_disk / "data")

    with pytest.raises(postgres.NoSpace, match="is full"):
        server.start()

    subprocess.run(["mount", "-o", "remount,size=200m", small_disk], check=True)  # noqa: S607
    assert server.start() is True
    server.stop()


@needs_root
def test_a_full_disk_loses_nothing(small_disk):
    subprocess.run(["mount", "-o", "remount,size=200m", small_disk], check=True)  # noqa: S607
    folder = small_disk / "data"
    server = EmbeddedPostgres(folder)
    server.start()
    query(folder, "CREATE TABLE kept AS SELECT 42 AS answer")
    server.stop()
    filler = small_disk / "filler"
    subprocess.run(["dd", "if=/dev/zero", f"of={filler}", "bs=64k"], check=False, stderr=-3)  # noqa: S607

    with pytest.raises(postgres.NoSpace, match="is full"):
        server.start()

    filler.unlink()
    server.start()
    assert query(folder, "SELECT answer FROM kept") == 42
    server.stop()


def test_a_long_path_gets_a_short_socket(empty):
    deep = empty / ("a" * 60) / ("b" * 60)
    server = EmbeddedPostgres(deep)

    server.start()

    socket = socket_folder(deep)
    assert len(str(socket)) < 40
    assert socket.stat().st_mode & 0o777 == 0o700
    assert query(deep, "SELECT 1") == 1
    server.stop()
    socket.rmdir()


def test_somebody_elses_file_in_the_way_of_the_short_socket_is_refused(empty):
    deep = empty / ("a" * 60) / ("b" * 60)
    squatted = socket_folder(deep)
    squatted.symlink_to(empty.parent)

    with pytest.raises(postgres.NotOurs):
        EmbeddedPostgres(deep).start()
    squatted.unlink()


@needs_root
def test_root_runs_it_as_somebody_else(new_server, empty):
    new_server.start()

    assert main_process(empty).uids().effective != 0


@needs_root
def test_under_a_closed_home_it_moves_out_and_no_permission_changes(empty, monkeypatch):
    home = empty.parent / "home"
    home.mkdir(mode=0o700)
    monkeypatch.setattr(postgres, "OUTSIDE", empty.parent / "outside")
    found = next(postgres.find_binaries())
    trees = [shutil.copytree(tree, home / tree.name, symlinks=True) for tree in found.trees]
    inside = home / found.folder.relative_to(found.trees[0].parent)
    hidden = replace(found, folder=inside, trees=tuple(trees))
    monkeypatch.setattr(postgres, "find_binaries", lambda: iter([hidden]))
    server = EmbeddedPostgres(home / "data")

    assert server.start() is True

    assert home.stat().st_mode & 0o777 == 0o700
    assert socket_folder(home / "data").is_relative_to(empty.parent / "outside")
    assert query(home / "data", "SELECT 1") == 1
    server.stop()
    half = next((empty.parent / "outside").glob("*/binaries/*"))
    half.rename(half.with_name(f"{half.name}.new"))
    assert server.start() is True  # a copy that was cut short is made again
    server.stop()


def test_another_users_folder_is_refused_with_a_sentence(server, folder, monkeypatch):
    server.start()
    monkeypatch.setattr(os, "geteuid", lambda: 4242)

    with pytest.raises(postgres.NotOurs, match=r"another user ran Patriot here.*PATRIOT_DATA"):
        EmbeddedPostgres(folder).start()
