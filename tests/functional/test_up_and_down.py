"""Starting, stopping, dying and starting again: nobody is left behind and nothing is lost."""

import os
import shutil
import signal
import socket
from collections.abc import Iterator

import pytest

from tests.functional.launching import House, Running, answers, free_port, is_alive, wait_for

pytestmark = [pytest.mark.slow]


@pytest.fixture(scope="module")
def house() -> Iterator[House]:
    """One installation for all tests of this file: the second start is the usual one."""
    house = House()
    yield house
    house.run("down")
    shutil.rmtree(house.folder, ignore_errors=True)


@pytest.fixture
def up(house: House) -> Iterator[Running]:
    running = house.start("up")
    yield running
    running.end()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_stops_everything_in_order(house, up, number):
    up.wait_until_it_runs()
    assert answers(house.port)
    assert f"http://127.0.0.1:{house.port}/" in up.said
    assert "createsuperuser" in up.said

    up.signal(number)

    assert up.wait() == 0
    assert "Stopping web and worker" in up.said
    assert house.processes() == []
    assert not (house.folder / "data" / "run" / "processes.json").exists()


def test_a_killed_parent_leaves_nobody_and_the_next_start_recovers(house, up):
    up.wait_until_it_runs()

    up.signal(signal.SIGKILL)
    up.wait()
    wait_for(lambda: not house.processes(), within=60, what="everybody's end")

    again = house.start("up")
    again.wait_until_it_runs()
    assert answers(house.port)
    again.end()


def test_what_dies_is_started_again(house, up):
    up.wait_until_it_runs()
    web, worker, database = house.main_pid("web"), house.main_pid("worker"), house.database_pid()

    for victim in (worker, web, database):
        os.kill(victim, signal.SIGKILL)
    up.wait_until_it_says("The web stopped (ended by SIGKILL)", within=120)
    up.wait_until_it_says("The worker stopped (ended by SIGKILL)", within=120)
    up.wait_until_it_says("The database stopped; starting it again", within=120)

    wait_for(lambda: answers(house.port), within=120, what="the site")
    wait_for(lambda: house.database_pid() != database, within=120, what="the database")
    assert not any(is_alive(pid) for pid in (web, worker, database))


def test_a_second_start_is_refused_and_disturbs_nobody(house, up):
    up.wait_until_it_runs()
    before = house.main_pid("web"), house.main_pid("worker"), house.database_pid()

    for command in ("up", "demo"):
        refused = house.run(command, "--port", str(free_port()))

        assert refused.returncode == 1
        assert refused.stderr == (
            f"Patriot already runs here (process {up.pid}, http://127.0.0.1:{house.port}). "
            "Stop it with `make stop` first.\n"
        )
    assert answers(house.port)
    assert before == (house.main_pid("web"), house.main_pid("worker"), house.database_pid())


def test_down_stops_whatever_runs(house, up):
    up.wait_until_it_runs()

    down = house.run("down")

    assert down.returncode == 0
    assert down.stdout.startswith("Stopped: ")
    assert house.processes() == []
    assert up.wait() == 0
    assert house.run("down").stdout == "Nothing was running.\n"


def test_a_port_that_somebody_else_has_is_one_sentence(house):
    with socket.socket() as stranger:
        stranger.bind(("127.0.0.1", 0))
        stranger.listen()
        port = stranger.getsockname()[1]

        refused = house.run("up", PORT=str(port))

    assert refused.returncode == 1
    assert refused.stderr.count("\n") == 1
    assert f"Port {port} cannot be used" in refused.stderr
    assert "PORT=8000" in refused.stderr
    assert house.processes() == []


@pytest.mark.parametrize(
    ("dotenv", "sentences"),
    [
        pytest.param("PORT=many\n", ["PORT"], id="not a number"),
        pytest.param(
            "WORKERS=two\nPATRIOT_ENV=staging\n", ["WORKERS", "PATRIOT_ENV"], id="two at once"
        ),
        pytest.param("this is no setting\n", ["line 1: expected NAME=value"], id="not a setting"),
    ],
)
def test_a_broken_env_file_is_told_whole_and_without_a_traceback(house, dotenv, sentences):
    path = house.folder / "broken.env"
    path.write_text(dotenv)

    refused = house.run("up", PATRIOT_DOTENV=str(path), without=("PORT", "PATRIOT_ENV"))

    assert refused.returncode == 1
    assert "Traceback" not in refused.stderr
    for sentence in sentences:
        assert sentence in refused.stderr


def test_a_database_that_does_not_answer_is_one_sentence(house):
    address = f"postgresql://patriot@127.0.0.1:{free_port()}/patriot"

    refused = house.run("up", DATABASE_URL=address)

    assert refused.returncode == 1
    assert refused.stderr.count("\n") == 1
    assert "does not answer" in refused.stderr
    assert "DATABASE_URL" in refused.stderr


def test_data_of_another_version_are_one_sentence_and_stay(house, up):
    up.wait_until_it_runs()
    house.run("down")
    version = house.folder / "data" / "postgres" / "cluster" / "PG_VERSION"
    before = version.read_text()
    version.write_text("9\n")

    refused = house.run("up")
    version.write_text(before)

    assert refused.returncode == 1
    assert refused.stderr.count("\n") == 1
    assert "written by PostgreSQL 9" in refused.stderr
