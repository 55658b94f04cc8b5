"""Real processes: small shell and Python programs under real guardians."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest

from patriot.lib import processes
from patriot.lib.processes import (
    SUPERVISOR,
    Child,
    Program,
    ProgramError,
    Recorded,
    Roster,
    Supervisor,
    stop_leftovers,
)

ROOT = Path(__file__).resolve().parents[3]
# A family: the main process and a worker in its group, which outlives it.
FAMILY = "sleep 300 & echo worker $! >> pids; echo main $$ >> pids; wait"
STUBBORN = "trap '' TERM; echo main $$ >> pids; while :; do sleep 0.1; done"


def wait_for(condition: Callable[[], object], *, within: float = 60.0) -> None:
    end = time.monotonic() + within
    while not condition():
        assert time.monotonic() < end, "waited in vain"
        time.sleep(0.05)


def is_alive(pid: int) -> bool:
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def pids(folder: Path) -> list[int]:
    try:
        return [int(line.split()[1]) for line in (folder / "pids").read_text().splitlines()]
    except FileNotFoundError:
        return []


def shell(folder: Path, script: str, *, name: str = "worker", grace: float = 60.0) -> Program:
    command = ("/bin/sh", "-c", script)
    return Program(name=name, command=command, folder=folder, log=folder / "log", grace=grace)


@pytest.fixture
def roster(tmp_path: Path) -> Roster:
    return Roster(tmp_path / "processes.json")


def test_a_child_leads_a_session_of_its_own(tmp_path):
    child = Child(shell(tmp_path, FAMILY))

    assert os.getsid(child.main_pid) == child.main_pid
    assert os.getsid(child.guardian_pid) != os.getsid(0)
    child.kill()


def test_an_ordered_stop_ends_the_whole_group(tmp_path):
    child = Child(shell(tmp_path, FAMILY))
    wait_for(lambda: len(pids(tmp_path)) == 2)

    child.ask_to_stop()

    assert child.wait(60)
    wait_for(lambda: not any(is_alive(pid) for pid in pids(tmp_path)))


def test_only_the_main_process_hears_the_stop_signal(tmp_path):
    worker = "trap 'echo heard >> heard' TERM; while :; do sleep 0.1; done"
    child = Child(shell(tmp_path, f"({worker}) & echo worker $! >> pids; sleep 300 & wait"))
    wait_for(lambda: pids(tmp_path))

    child.ask_to_stop()

    assert child.wait(60)
    assert not (tmp_path / "heard").exists()


def test_who_does_not_listen_is_killed_after_the_grace(tmp_path):
    child = Child(shell(tmp_path, STUBBORN, grace=0.5))
    wait_for(lambda: pids(tmp_path))

    child.ask_to_stop()

    assert child.wait(60)
    assert child.exit_code() == 128 + signal.SIGKILL


def test_the_workers_of_a_killed_main_process_end_with_it(tmp_path):
    child = Child(shell(tmp_path, FAMILY))
    wait_for(lambda: len(pids(tmp_path)) == 2)

    os.kill(child.main_pid, signal.SIGKILL)

    assert child.wait(60)
    wait_for(lambda: not any(is_alive(pid) for pid in pids(tmp_path)))


def test_a_killed_guardian_takes_its_program_along(tmp_path):
    if sys.platform != "linux":
        pytest.skip("only Linux tells a child of its parent's death")
    child = Child(shell(tmp_path, FAMILY))
    wait_for(lambda: len(pids(tmp_path)) == 2)

    os.kill(child.guardian_pid, signal.SIGKILL)

    wait_for(lambda: not is_alive(child.main_pid))
    child.kill()


@pytest.mark.parametrize("script", [FAMILY, STUBBORN], ids=["obedient", "stubborn"])
def test_everybody_ends_when_the_parent_is_killed(tmp_path, script):
    parent = (
        "import os, sys, time; from pathlib import Path\n"
        "from patriot.lib.processes import Child, Program\n"
        "folder = Path(sys.argv[1])\n"
        "Child(Program(name='worker', command=('/bin/sh', '-c', sys.argv[2]), folder=folder,\n"
        "              log=folder / 'log'))\n"
        "while not (folder / 'pids').exists(): time.sleep(0.05)\n"
        "os.kill(os.getpid(), 9)\n"
    )

    subprocess.run([sys.executable, "-c", parent, tmp_path, script], cwd=ROOT, check=False)

    wait_for(lambda: not any(is_alive(pid) for pid in pids(tmp_path)))


def test_a_command_that_cannot_be_run_is_an_error_with_its_reason(tmp_path):
    nowhere = Program(
        name="web", command=("/no/such/command",), folder=tmp_path, log=tmp_path / "log"
    )

    with pytest.raises(ProgramError, match=r"web cannot be started.*No such file"):
        Child(nowhere)


def test_a_dead_program_is_started_again_later_and_later(tmp_path, roster):
    said: list[str] = []
    dying = shell(tmp_path, "echo main $$ >> pids; echo alas; exit 3")
    supervisor = Supervisor([dying], roster=roster, say=said.append)
    supervisor.start()

    wait_for(lambda: supervisor.look() or len(pids(tmp_path)) == 3)
    wait_for(lambda: supervisor.look() or len(said) == 3)
    supervisor.stop()

    assert "The worker stopped (exit code 3); starting it again in 1 s." in said[0]
    assert "alas" in said[0]
    assert [sentence.split(" in ")[1][:3] for sentence in said] == ["1 s", "2 s", "4 s"]


def test_the_next_program_waits_until_the_one_before_is_ready(tmp_path, roster):
    first = Program(
        name="web",
        command=("/bin/sh", "-c", "sleep 0.5; touch ready; sleep 300"),
        folder=tmp_path,
        log=tmp_path / "log",
        is_ready=(tmp_path / "ready").exists,
    )
    second = shell(tmp_path, "test -e ready && echo main $$ >> pids; sleep 300")
    supervisor = Supervisor([first, second], roster=roster, say=lambda sentence: None)

    supervisor.start()

    wait_for(lambda: pids(tmp_path))
    supervisor.stop()


def test_a_program_that_ends_instead_of_getting_ready_is_quoted(tmp_path, roster):
    program = Program(
        name="web",
        command=("/bin/sh", "-c", "echo alas; exit 3"),
        folder=tmp_path,
        log=tmp_path / "log",
        is_ready=lambda: False,
    )
    supervisor = Supervisor([program], roster=roster, say=lambda sentence: None)

    with pytest.raises(ProgramError, match=r"web does not start.*alas"):
        supervisor.start()
    supervisor.stop()


def test_a_program_without_a_sign_of_life_is_replaced(tmp_path, roster):
    said: list[str] = []
    useless = Program(
        name="worker",
        command=("sleep", "300"),
        folder=tmp_path,
        log=tmp_path / "log",
        is_healthy=lambda pid: False,
        patience=0,
    )
    supervisor = Supervisor([useless], roster=roster, say=said.append)
    supervisor.start()

    supervisor.look()
    supervisor.stop()

    assert "gave no sign of life" in said[0]


def test_the_supervisor_stops_in_the_reverse_order(tmp_path, roster):
    script = (
        "trap 'echo {0} >> order; exit 0' TERM; echo main $$ >> pids; while :; do sleep 0.05; done"
    )
    first = shell(tmp_path, script.format("first"), name="first")
    second = shell(tmp_path, script.format("second"), name="second")
    supervisor = Supervisor([first, second], roster=roster, say=lambda sentence: None)
    supervisor.start()
    wait_for(lambda: len(pids(tmp_path)) == 2)

    supervisor.stop()

    assert (tmp_path / "order").read_text().split() == ["second", "first"]
    assert roster.read() == []


def test_leftovers_of_a_dead_supervisor_are_found_and_stopped(tmp_path, roster):
    supervisor = Supervisor([shell(tmp_path, FAMILY)], roster=roster, say=lambda sentence: None)
    supervisor.start()
    wait_for(lambda: len(pids(tmp_path)) == 2)

    stopped = stop_leftovers(roster, grace=60)

    assert "worker" in stopped
    wait_for(lambda: not any(is_alive(pid) for pid in pids(tmp_path)))
    supervisor.stop()


def test_workers_whose_main_process_and_guardian_are_gone_are_found(tmp_path, roster):
    supervisor = Supervisor([shell(tmp_path, FAMILY)], roster=roster, say=lambda sentence: None)
    supervisor.start()
    wait_for(lambda: len(pids(tmp_path)) == 2)
    worker = pids(tmp_path)[0]
    for record in roster.read():
        if record.name != SUPERVISOR:
            os.kill(record.pid, signal.SIGKILL)
    assert is_alive(worker)

    stop_leftovers(roster, grace=60)

    wait_for(lambda: not is_alive(worker))
    supervisor.stop()


def test_a_process_in_the_middle_of_its_exec_is_recorded_by_the_command_it_will_have(monkeypatch):
    told = psutil.Process.cmdline
    looks = []

    def cmdline(process: psutil.Process) -> list[str]:
        looks.append(process.pid)
        return [] if len(looks) < 3 else told(process)

    monkeypatch.setattr(psutil.Process, "cmdline", cmdline)

    record = Recorded.of("web", os.getpid())

    assert record
    assert record.command == told(psutil.Process())


def test_somebody_elses_process_with_the_same_number_is_left_alone(roster):
    with subprocess.Popen(["sleep", "300"]) as stranger:  # noqa: S607
        record = Recorded.of("web", stranger.pid)
        assert record is not None
        before = record.started_at - 60
        roster.write([Recorded("web", stranger.pid, before, record.command)])

        assert stop_leftovers(roster, grace=1) == []
        assert stranger.poll() is None
        stranger.kill()


def test_a_broken_roster_is_an_empty_one(tmp_path):
    path = tmp_path / "processes.json"
    path.write_text('[{"name": "web"')

    assert Roster(path).read() == []


def test_a_long_log_starts_afresh(tmp_path, monkeypatch):
    monkeypatch.setattr(processes, "MAX_LOG_BYTES", 10)
    log = tmp_path / "log"
    log.write_text("a long story\n")

    with processes.open_log(log) as number:
        os.write(number, b"new\n")

    assert log.read_text() == "new\n"
    assert (tmp_path / "log.1").read_text() == "a long story\n"
    assert log.stat().st_mode & 0o077 == 0
