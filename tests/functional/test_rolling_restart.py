"""Web processes are restarted one after the other under load, and no request is lost."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Iterator

import pytest

from tests.functional.hosts import WORLD
from tests.functional.launching import ROOT, House, answers, free_port, wait_for
from tests.functional.world import Proxy, Public

pytestmark = [pytest.mark.slow, pytest.mark.prove, pytest.mark.timeout(900)]

ROUNDS = 3


@pytest.fixture
def house() -> Iterator[House]:
    house = House()
    yield house
    house.run("down")
    shutil.rmtree(house.folder, ignore_errors=True)


def a_web(house: House, port: int) -> subprocess.Popen[bytes]:
    """Start one more web of the house, and wait until it can be asked."""
    web = subprocess.Popen(
        [sys.executable, "manage.py", "serve", "--bind", f"127.0.0.1:{port}"],
        cwd=ROOT,
        env=house.environment(ALLOWED_HOSTS=f"{WORLD},127.0.0.1", API_RATE_ANONYMOUS="999999/s"),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
    )
    wait_for(lambda: answers(port, "/readyz/web"), within=120, what="a web")
    return web


def test_a_rolling_restart_loses_no_request(house: House) -> None:
    ports = [free_port(), free_port()]
    up = house.start("up")
    webs: dict[int, subprocess.Popen[bytes]] = {}
    codes: list[int] = []
    try:
        up.wait_until_it_runs()
        webs = {port: a_web(house, port) for port in ports}
        proxy = Proxy([("127.0.0.1", port) for port in ports])
        with Public(proxy, readers=16) as public:
            for port in ports * ROUNDS:
                webs[port].terminate()
                codes.append(webs[port].wait(60))
                webs[port] = a_web(house, port)
            public.is_over = True
    finally:
        for web in webs.values():
            web.kill()
            web.wait()
        up.end()

    told = {
        "restarts": len(codes),
        "answers": sum(public.visits.answers.values()),
        "tries": dict(proxy.tries),
        "the longest wait": round(public.visits.longest, 2),
        "wrong": public.visits.wrong[:5],
    }
    print(json.dumps(told))  # noqa: T201 (`make prove` shows it)
    assert codes == [0] * len(codes)
    assert public.visits.wrong == []
    assert told["answers"] > 100
