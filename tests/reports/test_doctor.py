"""The doctor: what it finds, and that it asks for nothing that costs."""

from __future__ import annotations

import io
import json
from typing import Any

import pytest
from django.core.management import call_command

from patriot.ledger.models import Call
from reports.models import Briefing
from tests import claude_server as say
from tests.claude_server import KEY, Behavior, ClaudeServer, Wire, a_model
from tests.factories import a_briefing

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
        call_command("doctor", "--json", stdout=out)
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

    call_command("doctor", stdout=out)

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
