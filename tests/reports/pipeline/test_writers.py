"""Who writes, by which instruction, and how long a model is waited for."""

from datetime import timedelta

import pytest

from reports.models import Briefing, Prompt, Revision
from reports.pipeline.prompts import write_prompt
from reports.pipeline.writers import (
    LOCAL_ONLY,
    PATIENCE,
    Writers,
    deadline_of,
    instruction_for,
    language_name,
)
from tests.factories import NOW, a_briefing, a_report

pytestmark = pytest.mark.django_db


class SomeClaude:
    """Stands for the gateway where nobody talks to it."""


def a_prompt(text, *, purpose="analyze", briefing=None):
    return write_prompt(
        purpose=purpose, briefing=briefing, text=text, note="For a test.", author=None, now=NOW
    )


def a_revision(briefing):
    revision = Revision.objects.create(report=a_report(briefing), created_at=NOW)
    revision.prompts.set(Prompt.objects.live_for(briefing))
    return revision


@pytest.mark.parametrize(
    ("analyst", "is_asked"),
    [
        pytest.param(Briefing.Analyst.CLAUDE, True, id="the briefing wants it"),
        pytest.param(Briefing.Analyst.LOCAL, False, id="the briefing does not"),
    ],
)
def test_a_model_is_asked_where_the_briefing_wants_one(analyst, is_asked):
    claude = SomeClaude()

    model = Writers(claude=claude).model_for(a_briefing(analyst=analyst))

    assert model is (claude if is_asked else None)


def test_without_the_service_nobody_is_asked():
    assert LOCAL_ONLY.model_for(a_briefing()) is None


def test_an_instruction_is_filled_with_what_the_briefing_says():
    a_prompt("Write {briefing} in {language} for {audience}. {{Braces}} stay.")
    briefing = a_briefing(
        title="The {Morning}", description="People {who} read", language="de", analyze_model="m-1"
    )

    instruction = instruction_for(Prompt.Purpose.ANALYZE, a_revision(briefing))

    assert instruction.model == "m-1"
    assert instruction.prompt == (
        "Write The {Morning} in German for People {who} read. {Braces} stay."
    )


def test_a_briefings_own_prompt_comes_before_the_general_one():
    briefing = a_briefing()
    own = a_prompt("Our own words in {language}.", briefing=briefing)
    a_prompt("Newer words for all in {language}.")

    instruction = instruction_for(Prompt.Purpose.ANALYZE, a_revision(briefing))

    assert instruction.prompt_id == own.pk


def test_a_revision_keeps_the_prompt_that_was_live_when_work_on_it_began():
    briefing = a_briefing()
    revision = a_revision(briefing)
    before = instruction_for(Prompt.Purpose.REPAIR, revision)

    a_prompt("Other words in {language}.", purpose="repair")

    assert instruction_for(Prompt.Purpose.REPAIR, revision) == before


@pytest.mark.parametrize(
    ("code", "name"),
    [
        pytest.param("en", "English", id="known"),
        pytest.param("pt-br", "Brazilian Portuguese", id="with a region"),
        pytest.param("tlh", "tlh", id="unknown stands for itself"),
    ],
)
def test_a_language_has_a_name(code, name):
    assert language_name(code) == name


def test_a_model_is_waited_for_until_the_slot():
    report = a_report(created_at=NOW, slot_at=NOW + timedelta(minutes=30))

    assert deadline_of(report) == NOW + timedelta(minutes=30)


def test_a_report_begun_late_still_has_a_while():
    report = a_report(created_at=NOW, slot_at=NOW - timedelta(hours=2))

    assert deadline_of(report) == NOW + PATIENCE
