"""The prompts that come with Patriot ask for what code checks, and for nothing else."""

from __future__ import annotations

import re

import pytest

from reports.domain import lexicon
from reports.domain.analysis import DraftClaim, GroundedClaim, Kind, Quote
from reports.domain.grounding import MAX_CLAIM, MAX_EVIDENCE, ground
from reports.domain.outline import BOX_LENGTH
from reports.domain.sections import MOST
from reports.prompts import default_text
from tests.reports.domain.materials import article, material

WRITTEN = ("none", "one", "two", "three", "four", "five", "six", "seven", "eight")


def rule(purpose: str, beginning: str) -> str:
    """The line of a prompt that begins so."""
    [line] = [
        line for line in default_text(purpose).splitlines() if line.startswith(f"- {beginning}")
    ]
    return line


def words_in(text: str) -> list[str]:
    return re.findall("“([a-z]+)”", text)


@pytest.mark.parametrize("purpose", ["analyze", "repair"])
def test_the_words_that_are_said_to_be_free_are_free(purpose):
    free = lexicon.FUNCTION_WORDS["en"] | lexicon.REPORTING_WORDS["en"]

    _, named = rule(purpose, "Every noun").split("Only small words")

    assert words_in(named)
    assert set(words_in(named)) <= free


@pytest.mark.parametrize("purpose", ["analyze", "repair"])
def test_the_words_of_reasoning_are_on_the_list(purpose):
    named = words_in(rule(purpose, "For why"))

    assert named
    assert set(named) <= lexicon.ANALYTIC_WORDS["en"]


@pytest.mark.parametrize("purpose", ["analyze", "repair"])
def test_the_words_that_must_stay_are_those_that_turn_a_statement(purpose):
    named = words_in(rule(purpose, "What turns"))

    assert len(named) > 8
    assert set(named) <= lexicon.turning_words("en")


@pytest.mark.parametrize("purpose", ["analyze", "repair"])
def test_the_numbers_are_those_of_the_verifier(purpose):
    text = default_text(purpose)

    assert f"one to {WRITTEN[MAX_EVIDENCE]} quotations" in text
    assert f"at most {MAX_CLAIM} characters" in text


def test_every_kind_is_asked_for_as_often_as_a_section_takes_it():
    text = default_text("analyze")

    for kind, most in MOST.items():
        assert re.search(rf"^- {kind}: [^.]*\b{WRITTEN[most]}\b", text, re.MULTILINE), kind
    assert f"at most {BOX_LENGTH} characters" in text


def test_what_the_prompt_calls_another_form_of_a_word_stands():
    story = material(article("Council closes bridge", "The council will close the Old Bridge."))
    [headline, body] = story.passages
    claim = DraftClaim(
        Kind.LEAD, "The Old Bridge will be closed by the council.", (Quote(body.id, body.text),)
    )

    judged = ground(claim, passages={p.id: p for p in (headline, body)}, language="en")

    assert isinstance(judged, GroundedClaim)
