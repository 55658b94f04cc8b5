"""The API against its published schema: thousands of requests made from it, none breaks it.

Schemathesis reads the schema as any client does and asks what it allows, what it does not, and
one address after another as answers lead.
"""

import re
import subprocess
import sys
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import pytest

from patriot.accounts import throttling
from patriot.accounts.models import ApiKey
from patriot.accounts.roles import Role
from patriot.lib.rates import Rate
from tests import claude_server as say
from tests.claude_server import ClaudeServer
from tests.factories import a_published_report, a_subscription, a_user_with, an_api_key

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow]

# All but two: a cursor or an id that the schema allows need not exist here, and a server error
# is what is looked for in any case.
CHECKS = (
    "not_a_server_error",
    "status_code_conformance",
    "content_type_conformance",
    "response_headers_conformance",
    "response_schema_conformance",
    "negative_data_rejection",
    "missing_required_header",
    "unsupported_method",
    "allow_header_conformance",
    "ignored_auth",
)
# A body that is too large is refused by its length, before anybody reads what is in it.
REFUSALS = ("400", "401", "403", "404", "405", "406", "409", "410", "413", "415", "422", "429")
CONFIGURATION = f"""
[checks.negative_data_rejection]
expected-statuses = [{", ".join(f'"{status}"' for status in REFUSALS)}]
"""
MANY = 5_000


@pytest.fixture
def house(settings, claude_server: ClaudeServer, monkeypatch):
    """Return the settings of a house whose model answers, and where nobody asks too often."""
    settings.SERVICES = ["claude"]
    settings.ANTHROPIC_API_KEY = say.KEY
    settings.ANTHROPIC_BASE_URL = claude_server.url
    settings.DAILY_CEILING_USD = Decimal(1_000)
    claude_server.script = lambda asked: say.message(asked, "The Danube.")
    lifted = Rate.parse("999999/s")
    monkeypatch.setattr(throttling, "FAILED_KEYS", lifted)
    settings.API_RATE_ANONYMOUS = settings.API_RATE_KEY = settings.API_RATE_COMPLETE = lifted
    return settings


def ask(address: str, *options: str, folder: Path) -> int:
    """Return how many requests were made from the schema; fails if one of them broke a rule."""
    command = (sys.executable, "-m", "schemathesis.cli", "run", f"{address}/api/schema/")
    given = ("--continue-on-failure", "--no-color", "--checks", ",".join(CHECKS), *options)
    (folder / "schemathesis.toml").write_text(CONFIGURATION, encoding="utf-8")
    done = subprocess.run(
        (*command, *given), cwd=folder, capture_output=True, text=True, check=False
    )
    counted = re.search(r"(\d+) generated", done.stdout)
    assert counted, done.stdout + done.stderr
    print(f"{counted[0]}: {' '.join(options[:2])}")  # noqa: T201 (`make prove` shows it)
    assert done.returncode == 0, done.stdout[-6_000:]
    return int(counted[1])


def a_header() -> tuple[str, str]:
    """Return the header of a key that may do whatever keys may."""
    owner = a_user_with(Role.ADMINISTRATOR)
    now = datetime.now(UTC)  # noqa: TID251 (the clock of the site that is asked)
    _, token = an_api_key(owner, *ApiKey.Scope.values, made_at=now)
    return "--header", f"Authorization: Bearer {token}"


def test_a_few_requests_to_each_address(live_server, house, tmp_path):
    a_published_report(sections=1)
    # The same on every run: a failure is one for everybody.
    few = ("--phases", "examples,fuzzing", "--max-examples", "4", "--seed", "7")

    made = ask(live_server.url, *few, folder=tmp_path)

    assert made >= 60


@pytest.mark.prove
@pytest.mark.timeout(3_000)
@pytest.mark.parametrize("who", ["anybody", "a key"])
def test_thousands_of_requests_in_all_phases(live_server, house, tmp_path, who):
    report = a_published_report(sections=2)
    a_subscription(report.briefing, "https://hooks.example/x", channel="webhook")
    header = () if who == "anybody" else a_header()

    made = ask(live_server.url, "--max-examples", "150", *header, folder=tmp_path)

    assert made >= MANY
