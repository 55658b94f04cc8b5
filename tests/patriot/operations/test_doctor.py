"""The doctor: what it finds, and that it asks for nothing that costs."""

from __future__ import annotations

import io
import json
import time
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import Any
from unittest.mock import patch

import pytest
from django.core.management import call_command
from django.db import OperationalError

from patriot.ledger import breakers
from patriot.ledger.models import Call
from patriot.operations import backups, diagnosis, health, server
from patriot.work import beats
from patriot.work.models import Job
from reports.models import Briefing
from sources.models import Fetch
from tests import claude_server as say
from tests.claude_server import KEY, Behavior, ClaudeServer, Wire, a_model
from tests.factories import a_briefing, a_source

pytestmark = pytest.mark.django_db
HAIKU, SONNET = "claude-haiku-5-5", "claude-sonnet-5-5"


@pytest.fixture
def house(settings: Any, claude_server: ClaudeServer, now: Any) -> ClaudeServer:
    """A house that has a key, and one briefing with the usual models."""
    settings.SERVICES = ["claude"]
    settings.ANTHROPIC_API_KEY = KEY
    settings.ANTHROPIC_BASE_URL = claude_server.url
    settings.COMPLETE_MODEL = HAIKU
    a_briefing(slug="morning", analyst=Briefing.Analyst.CLAUDE)
    return claude_server


def examined() -> tuple[bool, list[tuple[str, str]], str]:
    """Return whether all is well, what about what, and all that was said."""
    out, is_well = io.StringIO(), True
    try:
        call_command("doctor", "--only", "claude", "--json", stdout=out)
    except SystemExit as end:
        is_well = not end.code
    told = json.loads(out.getvalue())
    assert told["is_well"] is is_well
    grades = [(finding["subject"], finding["grade"]) for finding in told["findings"]]
    return is_well, grades, " ".join(finding["sentence"] for finding in told["findings"])


def test_a_house_in_health_is_told_so_and_pays_nothing(house: ClaudeServer) -> None:
    is_well, grades, said = examined()

    assert is_well
    assert grades == [("key", "well"), ("counting", "well"), (HAIKU, "well"), (SONNET, "well")]
    assert "morning to analyze, morning to repair, completions" in said
    assert house.log == []
    assert not Call.objects.exists()


def test_people_get_a_line_for_each(house: ClaudeServer) -> None:
    out = io.StringIO()

    call_command("doctor", "--only", "claude", stdout=out)

    first, *_, last = out.getvalue().splitlines()
    assert first == "key: well. Claude accepts the key."
    assert last == f"{SONNET}: well. Active, large enough and priced. Named by: morning to compose."


def test_the_second_reader_is_examined_where_there_is_one(house: ClaudeServer) -> None:
    a_briefing(slug="judged", is_judged=True, judge_model="claude-opus-5-5")
    a_briefing(slug="local", analyst=Briefing.Analyst.LOCAL, analyze_model="claude-nobody")

    is_well, grades, said = examined()

    assert is_well
    assert ("claude-opus-5-5", "well") in grades
    assert "judged to judge" in said
    assert "nobody" not in said


def test_without_a_key_nothing_is_asked(settings: Any, house: ClaudeServer) -> None:
    settings.SERVICES = []

    is_well, grades, said = examined()

    assert (is_well, grades) == (False, [("key", "wrong")])
    assert "Set ANTHROPIC_API_KEY" in said


def test_a_wrong_key_is_told_once(settings: Any, house: ClaudeServer) -> None:
    settings.ANTHROPIC_API_KEY = "another"

    is_well, grades, said = examined()

    assert (is_well, grades) == (False, [("service", "wrong")])
    assert "check ANTHROPIC_API_KEY (401)" in said
    assert "another" not in said


@pytest.mark.parametrize(
    ("fields", "grade", "said"),
    [
        pytest.param({"lifecycle": "retired"}, "wrong", "It is retired", id="retired"),
        pytest.param(
            {"lifecycle": "deprecated", "retires_at": "2026-11-30T00:00:00Z"},
            "warning", "ends on 30 November 2026", id="deprecated",
        ),
        pytest.param({"lifecycle": "deprecated"}, "warning", "a day not yet told", id="some day"),
        pytest.param(
            {"lifecycle": "deprecated", "retires_at": "soon"},
            "warning", "a day not yet told", id="an odd day",
        ),
        pytest.param({"lifecycle": None}, "warning", "does not say how long", id="no lifecycle"),
        pytest.param({"max_input_tokens": 8_000}, "wrong", "reads 8,000 tokens", id="short window"),
        pytest.param({"max_tokens": 4_096}, "wrong", "writes 4,096 tokens", id="short answers"),
        pytest.param({"max_tokens": None, "max_input_tokens": "x"}, "well", "Active", id="silent"),
    ],
)  # fmt: skip
def test_what_is_wrong_with_a_model_is_told(
    house: ClaudeServer, fields: dict[str, Any], grade: str, said: str
) -> None:
    house.models[SONNET] = a_model(SONNET, **fields)

    is_well, grades, told = examined()

    assert is_well is (grade != "wrong")
    assert grades[-1] == (SONNET, grade)
    assert said in told


def test_a_model_that_there_is_not_does_not_hide_the_others(house: ClaudeServer) -> None:
    a_briefing(slug="evening", analyze_model="claude-nobody")

    is_well, grades, said = examined()

    assert not is_well
    assert ("claude-nobody", "wrong") in grades
    assert ("key", "well") in grades
    assert "knows no model “claude-nobody”" in said
    assert "Named by: evening to analyze." in said


def test_a_model_without_a_price_is_a_warning(house: ClaudeServer) -> None:
    house.models["claude-new"] = a_model("claude-new")
    a_briefing(slug="evening", analyze_model="claude-new")

    is_well, grades, said = examined()

    assert is_well
    assert ("claude-new", "warning") in grades
    assert "no price for today" in said


@pytest.mark.parametrize(
    ("behavior", "said"),
    [
        pytest.param(say.overloaded, "overloaded (529)", id="overloaded"),
        pytest.param(say.rate_limited(9), "patience (429)", id="patience"),
        pytest.param(say.html, "A page came", id="a page"),
        pytest.param(lambda _: Wire(200, b"{"), "is not JSON", id="no JSON"),
        pytest.param(lambda _: Wire(200, b"[]"), "cannot be read", id="a list"),
        pytest.param(lambda _: Wire(200, b"null"), "cannot be read", id="null"),
        pytest.param(lambda _: Wire(200, b'{"id": 7}'), "cannot be read", id="no model"),
    ],
)
def test_a_service_that_does_not_answer_is_told_once(
    house: ClaudeServer, behavior: Behavior, said: str
) -> None:
    house.describing = behavior

    is_well, grades, told = examined()

    assert (is_well, grades) == (False, [("service", "wrong")])
    assert said in told


def test_who_does_not_count_is_a_warning(house: ClaudeServer) -> None:
    house.counting = say.server_error(500)

    is_well, grades, said = examined()

    assert is_well
    assert ("counting", "warning") in grades
    assert "by the bytes alone" in said


# --- The house --------------------------------------------------------------------
def of_the_house() -> dict[str, tuple[str, str]]:
    """Return what is found of the house: grade and sentence of each subject's last finding."""
    out = io.StringIO()
    with suppress(SystemExit):
        call_command("doctor", "--only", "house", "--json", stdout=out)
    told = json.loads(out.getvalue())["findings"]
    return {one["subject"]: (one["grade"], one["sentence"]) for one in told}


def test_a_house_just_founded_is_told_what_it_lacks() -> None:
    found = of_the_house()

    assert found["database"][0] == found["clock"][0] == found["migrations"][0] == "well"
    assert found["room"][0] == "well"
    assert found["worker"] == ("wrong", "The worker has never ticked: is it running?")
    assert found["backup"][0] == "warning"
    assert "manage.py backup" in found["backup"][1]
    assert found["mail"] == (
        "warning",
        "No letter is sent, to readers or staff: set EMAIL_URL or EMAIL_PROVIDER.",
    )


def test_without_a_key_a_house_lacks_nothing(settings: Any) -> None:
    settings.SERVICES = []
    out = io.StringIO()

    with suppress(SystemExit):
        call_command("doctor", stdout=out)

    assert "claude: well. No key is set: the local analyst writes all reports." in out.getvalue()


@pytest.mark.parametrize(
    ("days", "grade"), [pytest.param(1, "well", id="fresh"), pytest.param(3, "warning", id="old")]
)
def test_a_backup_grows_old(days: int, grade: str) -> None:
    today = datetime.fromtimestamp(time.time(), tz=UTC)
    beats.beat(backups.BEAT, now=today - timedelta(days=days))

    assert of_the_house()["backup"][0] == grade


def test_a_mail_server_that_is_not_there_is_found(settings: Any) -> None:
    settings.MAIL_IS_ON = True
    settings.EMAIL_BACKEND = "patriot.lib.mail.Backend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", 9

    grade, said = of_the_house()["mail"]

    assert grade == "wrong"
    assert "does not take us" in said


def test_without_a_database_the_rest_is_told_all_the_same() -> None:
    with patch.object(health, "check_migrations", side_effect=OperationalError("no server")):
        found = of_the_house()

    assert found["database"] == (
        "wrong",
        "It does not answer: no server. Start it, or mend DATABASE_URL.",
    )
    assert "room" in found


@pytest.mark.parametrize(
    ("seconds", "grade"),
    [pytest.param(-6, "wrong", id="behind"), pytest.param(4, "well", id="near")],
)
def test_clocks_are_compared(seconds: int, grade: str) -> None:
    assert diagnosis._clock(timedelta(seconds=seconds)).grade == grade


def test_a_house_is_asked_for_its_rights_and_whether_it_is_cleaned_up() -> None:
    found = of_the_house()

    assert found["rights"] == ("well", "The role may do what upgrades and drills need.")
    assert found["connections"][0] == "well"
    # The tests' own server is spared both: it is thrown away.
    assert found["autovacuum"][0] == found["fsync"][0].replace("warning", "wrong") == "wrong"
    assert found["way out"] == ("well", "Nothing was fetched in the last six hours.")


SOUND = server.Traits(
    cleans_up=True, is_synced=True, most_connections=100, connections=9, may_make_tables=True,
    may_make_databases=True, has_trigrams=True, transactions=1_000, role="patriot",
)  # fmt: skip


@pytest.mark.parametrize(
    ("changed", "subject", "grade", "said"),
    [
        pytest.param({"cleans_up": False}, "autovacuum", "wrong", "ALTER SYSTEM", id="no vacuum"),
        pytest.param(
            {"transactions": 1_900_000_000}, "autovacuum", "wrong", "VACUUM FREEZE", id="old rows"
        ),
        pytest.param({"is_synced": False}, "fsync", "warning", "loss of power", id="unsafe"),
        pytest.param({"connections": 80}, "connections", "warning", "WEB_THREADS", id="crowded"),
        pytest.param({"may_make_tables": False}, "rights", "wrong", "GRANT CREATE", id="no tables"),
        pytest.param(
            {"may_make_databases": False}, "rights", "warning", "ALTER ROLE patriot CREATEDB",
            id="no drills",
        ),
        pytest.param({"has_trigrams": False}, "pg_trgm", "wrong", "CREATE EXTENSION", id="no trgm"),
    ],
)  # fmt: skip
def test_what_is_wrong_with_a_server_comes_with_what_mends_it(
    changed: dict[str, Any], subject: str, grade: str, said: str
) -> None:
    found = {one.subject: one for one in server.judged(SOUND._replace(**changed), [])}

    assert found[subject].grade == grade
    assert said in found[subject].sentence
    assert {one.grade.value for name, one in found.items() if name != subject} <= {"well"}


def test_a_table_that_nobody_cleans_up_is_named() -> None:
    *_, found = server.judged(SOUND, [("work_job", 1_234_567)])

    assert (found.subject, found.grade) == ("work_job", "warning")
    assert "1,234,567 dead rows" in found.sentence


@pytest.mark.parametrize(
    ("failed", "grade"),
    [
        pytest.param(1, "well", id="some fail always"),
        pytest.param(2, "warning", id="most"),
        pytest.param(3, "wrong", id="all"),
    ],
)
def test_a_way_out_that_is_closed_is_seen_by_what_came_back(failed: int, grade: str) -> None:
    source, lately = a_source(), datetime.fromtimestamp(time.time(), tz=UTC)
    outcomes = [Fetch.Outcome.FAILED] * failed + [Fetch.Outcome.READ] * (3 - failed)
    Fetch.objects.bulk_create(
        Fetch(source=source, started_at=lately, outcome=outcome) for outcome in outcomes
    )

    found = of_the_house()["way out"]

    assert found[0] == grade
    assert f"{failed} of the last 3" in found[1]


def test_what_refuses_us_and_what_died_is_named(now: Any) -> None:
    breakers.trip("claude", "", outcome=Call.Outcome.REJECTED, reason="No such key.", now=now)
    Job.objects.create(
        subject="report 1",
        kind="analyze",
        state=Job.State.DEAD,
        not_before=now,
        created_at=now,
        finished_at=now,
    )

    found = of_the_house()

    assert found["Claude"][0] == "wrong"
    assert "Is the key of Claude still good" in found["Claude"][1]
    assert found["jobs"][0] == "warning"


def test_a_folder_that_cannot_be_written_is_named(settings: Any, tmp_path: Any) -> None:
    settings.PATRIOT_DATA = tmp_path / "file" / "house"
    (tmp_path / "file").touch()

    grade, said = of_the_house()["room"]

    assert grade == "wrong"
    assert f"{tmp_path / 'file'} cannot be written" in said
