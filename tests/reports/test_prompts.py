"""Which texts can be prompts, and how their placeholders are filled."""

import pytest

from reports import prompts
from reports.models import Prompt
from reports.prompts import MAX_CHARS, UnfitPrompt, check, default_text, fill

VALUES = {
    "briefing": "The Morning",
    "audience": "commuters",
    "language": "English",
    "translations": "Never.",
}


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        pytest.param("Write in {language}.", "", id="what is needed"),
        pytest.param("For {audience} of {briefing}, in {language}.", "", id="all there are"),
        pytest.param('In {language}, as {{"kind": "lead"}}.', "", id="braces that are meant"),
        pytest.param(
            "In {language} for {readers}.", "There is no placeholder {readers}", id="unknown"
        ),
        pytest.param("In {language} {}.", "There is no placeholder {}", id="without a name"),
        pytest.param("In {language.upper}.", "{language.upper}", id="an attribute"),
        pytest.param("In {language[0]}.", "{language[0]}", id="an item"),
        pytest.param("In {language!r}.", "only a name in braces", id="a conversion"),
        pytest.param("In {language:>20}.", "only a name in braces", id="a format"),
        pytest.param("In {language} as {.", "A brace is open and never closed", id="a lone brace"),
        pytest.param(
            "As { so in {language}.", "is open and never closed", id="open before another"
        ),
        pytest.param("In {language} as }.", "A brace has no partner", id="a lone closing brace"),
        pytest.param("{language}" + "x" * MAX_CHARS, "at most 20,000 characters", id="too long"),
    ],
)
@pytest.mark.parametrize("purpose", Prompt.Purpose.values)
def test_a_prompt_is_checked_before_it_is_kept(purpose, text, sentence):
    if not sentence:
        check(text, purpose)
        return

    with pytest.raises(UnfitPrompt) as refusal:
        check(text, purpose)

    assert sentence in str(refusal.value)


@pytest.mark.parametrize("purpose", ["analyze", "repair"])
def test_who_writes_sentences_is_told_the_language(purpose):
    with pytest.raises(UnfitPrompt, match=r"The placeholder {language} is missing\."):
        check("Write.", purpose)


@pytest.mark.parametrize("purpose", Prompt.Purpose.values)
def test_what_comes_with_patriot_passes_its_own_check(purpose):
    text = default_text(purpose)

    check(text, purpose)

    assert text
    assert fill(text, VALUES)


def test_every_purpose_says_what_it_requires():
    assert set(prompts.REQUIRED) == set(Prompt.Purpose.values)


def test_values_are_never_read_as_placeholders():
    hostile = VALUES | {"briefing": "{language} {{0.__class__}}"}

    filled = fill("{briefing} in {language}, {{so}}", hostile)

    assert filled == "{language} {{0.__class__}} in English, {so}"
