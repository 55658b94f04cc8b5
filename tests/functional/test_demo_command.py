"""The demonstration as a person or a script starts it."""

import json
import os
import re
import shutil
import signal
import socket
import time
from collections.abc import Iterator
from http.client import HTTPConnection  # noqa: TID251 (a visitor)
from pathlib import Path

import pytest

from tests.functional.launching import House, answers, wait_for

pytestmark = [pytest.mark.slow, pytest.mark.one_story]

COUNTS = [
    *("sources", "entries", "articles", "updated", "skipped", "stories"),
    *("sections", "claims", "evidence", "report"),
]
FEED = """<rss version="2.0"><channel><title>{name}</title><link>https://{name}.example/</link>
<item><title>Bridge over the Aare closed after flood</title><link>https://{name}.example/1</link>
<guid>{name}-1</guid><pubDate>Tue, 21 Apr 2020 08:00:00 GMT</pubDate>
<description>The bridge over the Aare in Thun was closed on Tuesday after the river rose by two
metres. Engineers will inspect the pillars before 400 pupils can cross it again.</description>
</item></channel></rss>"""


@pytest.fixture(scope="module")
def house() -> Iterator[House]:
    house = House()
    yield house
    house.run("down")
    shutil.rmtree(house.folder, ignore_errors=True)


@pytest.fixture
def feeds(tmp_path: Path) -> Path:
    for name in ("herald", "courier"):
        (tmp_path / f"{name}.xml").write_text(FEED.format(name=name))
    return tmp_path


def counts_of(stdout: str) -> dict[str, object]:
    return json.loads(stdout.splitlines()[-1])


def test_once_publishes_counts_and_leaves_nothing_running(house):
    """Of this house the first start was killed in the middle, the next one does all the same."""
    kill_a_demo(house, after=1.5)

    first = house.run("demo", "--once", "--json")
    assert first.returncode == 0, first.stderr

    counts = counts_of(first.stdout)

    assert list(counts)[: len(COUNTS)] == COUNTS
    assert counts["articles"] > 100
    assert counts["claims"] > 0
    assert counts["report"].startswith("/reports/")
    assert len(first.stdout.splitlines()) == 1
    assert house.processes() == []

    again = counts_of(house.run("demo", "--once", "--json").stdout)

    assert again["articles"] == 0
    assert again["report"] == counts["report"]


def kill_a_demo(house: House, *, after: float) -> None:
    """Kill a start so many seconds after its database answered; everybody ends with it."""
    killed = house.start("demo", "--once", "--json")
    killed.wait_until_it_says("Bringing the database up to date")
    time.sleep(after)
    killed.signal(signal.SIGKILL)
    killed.wait()
    wait_for(lambda: not house.processes(), within=60, what="everybody's end")


def test_a_folder_of_feeds_with_a_clock_of_its_own(house, feeds):
    done = house.run("demo", "--once", "--json", "--feeds", str(feeds), "--as-of", "2020-04-21T12")

    assert done.returncode == 0, done.stderr
    counts = counts_of(done.stdout)
    assert (counts["sources"], counts["entries"]) == (2, 2)
    assert counts["articles"] + sum(counts["skipped"].values()) == 2
    assert "/2020-04-21/" in counts["report"]


def test_a_folder_of_which_nothing_can_be_read_fails_and_says_why(house, tmp_path):
    (tmp_path / "herald.xml").write_text("<html><p>Please subscribe</p></html>", encoding="utf-8")

    done = house.run("demo", "--once", "--json", "--feeds", str(tmp_path))

    assert done.returncode == 1
    assert counts_of(done.stdout)["report"] is None
    assert "None of the 1 sources answered" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        pytest.param(["--as-of", "2020-04-21"], "give --feeds DIR", id="a clock without feeds"),
        pytest.param(
            ["--feeds", "{feeds}", "--as-of", "noon"], "--as-of is 'noon'", id="no moment"
        ),
        pytest.param(["--feeds", "{feeds}/none"], "There is no folder", id="no folder"),
        pytest.param(["--feeds", "{empty}"], "has no feed documents", id="no feeds"),
        pytest.param(["--feeds", "{feeds}/herald.xml"], "is a file", id="a file"),
    ],
)
def test_a_wrong_question_is_one_sentence(house, feeds, arguments, sentence):
    empty = feeds / "empty"
    empty.mkdir()
    places = {"feeds": feeds, "empty": empty}

    refused = house.run("demo", "--once", *(part.format(**places) for part in arguments))

    assert refused.returncode == 1
    assert sentence in refused.stderr
    assert refused.stderr.count("\n") == 1
    assert refused.stdout == ""


@pytest.mark.skipif(os.geteuid() == 0, reason="root can read everything")
def test_a_file_that_cannot_be_read_is_one_sentence(house, feeds):
    (feeds / "herald.xml").chmod(0)

    refused = house.run("demo", "--once", "--feeds", str(feeds))

    assert refused.returncode == 1
    assert "herald.xml cannot be read" in refused.stderr
    assert refused.stderr.count("\n") == 1


def test_a_taken_port_is_said_before_anything_is_read(house):
    with socket.socket() as stranger:
        stranger.bind(("127.0.0.1", 0))
        stranger.listen()

        refused = house.run("demo", "--port", str(stranger.getsockname()[1]))

    assert refused.returncode == 1
    assert "choose another one" in refused.stderr
    assert refused.stderr.count("\n") == 1


def signs_in(port: int, username: str, password: str) -> bool:
    """Tell whether the desk lets this person in."""
    visit = HTTPConnection("127.0.0.1", port, timeout=120)
    visit.request("GET", "/accounts/login/")
    page = visit.getresponse()
    cookie = re.search(r"csrftoken=\w+", page.getheader("Set-Cookie") or "")
    token = re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', page.read().decode())
    assert cookie
    assert token
    form = f"login={username}&password={password}&csrfmiddlewaretoken={token[1]}"
    headers = {"Cookie": cookie[0], "Content-Type": "application/x-www-form-urlencoded"}
    visit.request("POST", "/accounts/login/?next=/admin/", body=form, headers=headers)
    answer = visit.getresponse()
    answer.read()
    session = re.search(r"sessionid=\w+", answer.getheader("Set-Cookie") or "")
    if answer.status != 302 or answer.getheader("Location") != "/admin/" or not session:
        return False
    visit.request("GET", "/admin/", headers={"Cookie": session[0]})
    desk = visit.getresponse()
    visit.close()
    return desk.status == 200


def test_it_stays_to_be_looked_at_and_a_run_beside_it_does_not_disturb(house, feeds):
    demo = house.start("demo")
    try:
        demo.wait_until_it_runs()
        report = re.search(r"http://127\.0\.0\.1:\d+(/reports/\S+)", demo.said)
        sign_in = re.search(r"\(sign in as (\w+) with (\S+)\)", demo.said)
        assert report
        assert sign_in
        assert answers(house.port, report[1])
        assert signs_in(house.port, sign_in[1], sign_in[2])
        logs = "".join(log.read_text() for log in (house.folder / "data" / "logs").iterdir())
        assert sign_in[2] not in logs

        beside = house.run("demo", "--once", "--feeds", str(feeds), "--as-of", "2020-04-22T12:00Z")

        assert beside.returncode == 0, beside.stderr
        assert answers(house.port)
        demo.signal(signal.SIGTERM)
        assert demo.wait() == 0
        assert house.processes() == []
    finally:
        demo.end()


@pytest.mark.prove
@pytest.mark.parametrize("seconds", [None, 0.5, 2, 4, 6])
def test_killed_whenever_or_never_the_next_start_publishes_once(seconds):
    house = House()
    try:
        if seconds is not None:
            kill_a_demo(house, after=seconds)

        done = house.run("demo", "--once", "--json")

        assert done.returncode == 0, done.stderr
        counts = counts_of(done.stdout)
        assert counts["report"]
        assert counts["claims"] > 0
    finally:
        house.run("down")
        shutil.rmtree(house.folder, ignore_errors=True)
