"""What must be green before a draft goes out without a person, and what happens if it is not."""

from __future__ import annotations

from dataclasses import replace

import pytest

from reports.domain.deadlines import Course, course_at_deadline, said_of_reduction, why_held
from reports.domain.gates import Facts, gates_of, red

GREEN = Facts(
    has_title=True,
    sections=3,
    fallen=(),
    doubtful=0,
    caveats=0,
    open_notes=0,
    watched=10,
    answered=9,
    stood_in=0,
    budget="",
)


def test_a_sound_draft_passes_every_gate():
    assert red(gates_of(GREEN)) == ()


@pytest.mark.parametrize(
    ("change", "name", "words"),
    [
        pytest.param({"has_title": False}, "text", "no title", id="no title"),
        pytest.param({"sections": 0}, "text", "no story", id="no story"),
        pytest.param({"fallen": ("“12” is not there.",)}, "evidence", "“12”", id="evidence"),
        pytest.param({"doubtful": 2}, "second reading", "2 sentences say", id="doubt"),
        pytest.param({"caveats": 1}, "caveats", "1 sentence has no quotation", id="caveat"),
        pytest.param({"open_notes": 1}, "notes", "1 note is", id="note"),
        pytest.param({"answered": 4}, "sources", "4 of 10", id="sources"),
        pytest.param({"watched": 0, "answered": 0}, "sources", "0 of 0", id="no sources"),
        pytest.param({"stood_in": 1}, "analyst", "without the model", id="stand-in"),
        pytest.param({"budget": "Too little."}, "budget", "Too little.", id="budget"),
    ],
)
def test_what_is_wrong_is_said_by_its_gate(change, name, words):
    (gate,) = red(gates_of(replace(GREEN, **change)))

    assert gate.name == name
    assert words in gate.sentence


@pytest.mark.parametrize(
    ("policy", "change", "course"),
    [
        pytest.param("publish", {}, Course.PUBLISH, id="green"),
        pytest.param("publish", {"doubtful": 1}, Course.HOLD, id="red is held"),
        pytest.param("reduced", {}, Course.PUBLISH, id="green under reduced"),
        pytest.param("reduced", {"doubtful": 1}, Course.REDUCE, id="red is reduced"),
        pytest.param("reduced", {"has_title": False}, Course.HOLD, id="no text to reduce"),
        pytest.param("hold", {}, Course.HOLD, id="hold whatever it is"),
    ],
)
def test_the_deadline_decides_as_the_briefing_says(policy, change, course):
    gates = gates_of(replace(GREEN, **change))

    assert course_at_deadline(policy, gates) is course


def test_a_hold_says_why():
    gates = gates_of(replace(GREEN, open_notes=1))

    assert why_held("publish", gates) == "Held at the deadline: 1 note is not settled."
    assert "nobody had published" in why_held("hold", gates)


def test_readers_are_told_what_is_missing():
    others = red(gates_of(replace(GREEN, answered=4)))

    assert said_of_reduction(2, 1, others) == (
        "This report is reduced: 2 sentences and 1 story left out that nobody approved in "
        "time. 4 of 10 sources answered."
    )
