"""The client guide says what is so: each of its commands is sent, each of its programs run."""

from __future__ import annotations

import json
import re
import shlex
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx2  # noqa: TID251 (as a client)
import pytest
from django.utils import timezone

from patriot.accounts.models import ApiKey
from patriot.accounts.roles import Role
from reports.models import Claim, Report
from tests import claude_server as say
from tests import factories
from tests.claude_server import ClaudeServer
from tests.published import a_house

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow]

GUIDE = Path(__file__).parents[2] / "docs" / "api.md"
HERE = "http://127.0.0.1:8000"
CONSOLE = re.compile(r"^```console\n(.*?)^```", re.MULTILINE | re.DOTALL)
PYTHON = re.compile(r"^```python\n(.*?)^```", re.MULTILINE | re.DOTALL)
MEMBER = re.compile(r'"(\w+)": ')
# What the guide means to go wrong.
WRONG = {"since=yesterday": 400}


@dataclass(frozen=True)
class Sample:
    """A command of the guide, and what it says that comes back."""

    command: str
    answer: str

    @property
    def members(self) -> set[str]:
        return set(MEMBER.findall(self.answer))


def samples() -> list[Sample]:
    """Return the commands of the guide: everything after a `$` up to what it answers."""
    found = []
    for block in CONSOLE.findall(GUIDE.read_text(encoding="utf-8")):
        for told in re.split(r"^\$ ", block, flags=re.MULTILINE)[1:]:
            whole = told.replace("\\\n", " ")
            command, _, answer = whole.partition("\n")
            found.append(Sample(command, answer))
    return found


def sent(sample: Sample, address: str, token: str, house: dict[str, Any]) -> httpx2.Response:
    """Send what curl would."""
    before, _, curl = sample.command.rpartition("curl ")
    words = shlex.split(curl.replace("$PATRIOT_KEY", token).replace("$(uuidgen)", str(uuid4())))
    method, headers, body, url = "GET", {}, None, ""
    while words:
        match words.pop(0):
            case "-s" | "-i":
                pass
            case "-X":
                method = words.pop(0)
            case "-H":
                name, _, value = words.pop(0).partition(": ")
                headers[name] = value
            case "-d":
                body = words.pop(0)
            case "--json":
                assert words.pop(0) == "@-"
                assert before.startswith("jq ")
                wish = {"list": "https://courier.example.org/feed", "is_dry_run": True}
                method, body = "POST", json.dumps(wish)
                headers["Content-Type"] = "application/json"
            case word:
                assert word.startswith(HERE), f"{word} in {sample.command}"
                url = word
    for collection in ("users", "reports", "sources", "jobs"):
        url = re.sub(rf"/{collection}/\d+/", f"/{collection}/{house[collection]}/", url)
    if body:
        body = body.replace('"morning"', json.dumps(house["briefings"]))
    url = url.replace(HERE, address).replace("/morning/", f"/{house['briefings']}/")
    return httpx2.request(method, url, headers=headers, content=body, timeout=120)


@pytest.fixture
def house(settings, claude_server: ClaudeServer) -> dict[str, Any]:
    """What there is to ask about, in a house with a model."""
    settings.SERVICES = ["claude"]
    settings.ANTHROPIC_API_KEY = say.KEY
    settings.ANTHROPIC_BASE_URL = claude_server.url
    settings.DAILY_CEILING_USD = Decimal(1_000)
    claude_server.script = lambda asked: say.message(asked, "The Danube.")
    return a_house()


@pytest.fixture
def token() -> str:
    owner = factories.a_user_with(Role.ADMINISTRATOR)
    now = timezone.now()  # noqa: TID251 (the clock of the site that is asked)
    return factories.an_api_key(owner, *ApiKey.Scope.values, made_at=now)[1]


def test_every_command_of_the_guide_is_answered_as_it_says(live_server, house, token) -> None:
    tried = 0
    for sample in samples():
        answer = sent(sample, live_server.url, token, house)

        expected = next((WRONG[part] for part in WRONG if part in sample.command), None)
        assert answer.status_code == expected if expected else answer.is_success, (
            sample,
            answer.text,
        )
        known = set(MEMBER.findall(json.dumps(answer.json())))
        assert sample.members <= known, (sample.command, sample.members - known)
        if sample.answer.startswith("HTTP/1.1 "):
            assert sample.answer.startswith(f"HTTP/1.1 {answer.status_code} {answer.reason_phrase}")
            assert "Location" in answer.headers
        tried += 1

    assert tried >= 10


def test_the_program_of_the_guide_checks_every_sentence(live_server, house, capsys) -> None:
    (program,) = [
        each for each in PYTHON.findall(GUIDE.read_text(encoding="utf-8")) if "urlopen" in each
    ]

    exec(compile(program.replace(HERE, live_server.url), str(GUIDE), "exec"), {})  # noqa: S102

    told = capsys.readouterr().out
    report = Report.objects.get(pk=house["reports"])
    texts = Claim.objects.filter(section__revision=report.current).values_list("text", flat=True)
    assert texts
    assert [text for text in texts if text not in told] == []
