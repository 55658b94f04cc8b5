"""Who wrote a report, in words."""

from collections.abc import Sequence
from decimal import Decimal

import pytest

from reports.models import Prompt, Revision, Section
from reports.pages.authorship import Asked, Authorship

CLAUDE = "claude-sonnet-5-5"
LOCAL = "local analyst"
CEILING = "The ceiling of $10.00 for today would be crossed."
LATE = "There was no time left to ask the model."
# The same, as the end of a sentence.
CEILING_REACHED, TOO_LATE = CEILING.replace("The", "the", 1), LATE.replace("There", "there")
REFUSED = "The model would not write about it."


def by(analyst: str, fallback: str = "") -> Section:
    return Section(analyst=analyst, fallback=fallback)


@pytest.mark.parametrize(
    ("sections", "said"),
    [
        pytest.param([by(CLAUDE)] * 3, "", id="all by a model"),
        pytest.param([by(LOCAL)] * 3, "", id="no model was to write"),
        pytest.param([], "", id="no stories"),
        pytest.param(
            [by(CLAUDE)] * 9 + [by(LOCAL, CEILING)] * 3,
            f"3 of the 12 stories were written without the model: {CEILING_REACHED}",
            id="some",
        ),
        pytest.param(
            [by(CLAUDE), by(LOCAL, LATE)],
            f"1 of the 2 stories was written without the model: {TOO_LATE}",
            id="one",
        ),
        pytest.param(
            [by(LOCAL, f" {LATE}\n")] * 4,
            f"All 4 stories were written without the model: {TOO_LATE}",
            id="all",
        ),
        pytest.param(
            [by(LOCAL, LATE)],
            f"This report was written without the model: {TOO_LATE}",
            id="the only",
        ),
        pytest.param(
            [by(LOCAL, LATE), by(LOCAL, CEILING), by(CLAUDE), by(LOCAL, CEILING)],
            f"3 of the 4 stories were written without the model. 2 stories: {CEILING_REACHED} "
            f"1 story: {TOO_LATE}",
            id="two reasons",
        ),
        pytest.param(
            [by(LOCAL, f"Reason {number}.") for number in range(5)],
            "All 5 stories were written without the model. 1 story: reason 0. "
            "1 story: reason 1. 1 story: reason 2. 2 stories: for other reasons.",
            id="many reasons",
        ),
        pytest.param(
            [by(LOCAL, REFUSED)],
            "This report was written without the model: the model would not write about this "
            "story.",
            id="about one story",
        ),
        pytest.param(
            [by(LOCAL, REFUSED)] * 2,
            "All 2 stories were written without the model: the model would not write about these "
            "stories.",
            id="about several",
        ),
        pytest.param(
            [by(LOCAL, "Claude was busy.")],
            "This report was written without the model: Claude was busy.",
            id="a name stays one",
        ),
        pytest.param(
            [by(LOCAL, "x" * 400)],
            f"This report was written without the model: {'x' * 299}…",
            id="a long reason",
        ),
    ],
)
def test_what_was_written_without_the_model_is_one_sentence(sections: Sequence[Section], said: str):
    assert Authorship.of(Revision(), sections).notice == said


@pytest.mark.parametrize(
    ("of_revision", "of_sections", "models", "by_models"),
    [
        pytest.param(LOCAL, ["", ""], (), 0, id="an old report without a model"),
        pytest.param(CLAUDE, ["", ""], (CLAUDE,), 2, id="an old report by a model"),
        pytest.param(LOCAL, [LOCAL, LOCAL], (), 0, id="local"),
        pytest.param("", [CLAUDE, LOCAL, CLAUDE], (CLAUDE,), 2, id="partly by each"),
        pytest.param("", ["a", "b", "b"], ("b", "a"), 3, id="most used first"),
    ],
)
def test_models_are_told_from_the_local_analyst(of_revision, of_sections, models, by_models):
    authorship = Authorship.of(Revision(analyst=of_revision), [by(name) for name in of_sections])

    assert authorship.models == models
    assert authorship.by_models == by_models
    assert authorship.by_code == len(of_sections) - by_models


@pytest.mark.parametrize(
    ("sections", "prompts", "said"),
    [
        pytest.param(
            [by(LOCAL)],
            [],
            "No model was used: code chose the publishers’ own sentences and put them in order.",
            id="no model was to write",
        ),
        pytest.param(
            [by(LOCAL, LATE)] * 2,
            [Prompt()],
            "A model was to write it, and nothing here is by one: code chose the publishers’ own "
            "sentences and put them in order.",
            id="it wrote nothing",
        ),
        pytest.param(
            [by(CLAUDE), by(LOCAL, LATE)],
            [Prompt()],
            f"The sentences of 1 story were proposed by {CLAUDE}; for the other 1, code chose the "
            "publishers’ own. Each was then checked by code against the words it stands on.",
            id="partly",
        ),
        pytest.param(
            [by(CLAUDE)],
            [Prompt()],
            f"The sentences were proposed by {CLAUDE}; each was then checked by code against the "
            "words it stands on.",
            id="all",
        ),
    ],
)
def test_who_wrote_it_is_said_as_it_was(sections, prompts, said):
    assert Authorship.of(Revision(), sections, prompts=prompts).words == said


@pytest.mark.parametrize(
    ("requests", "cost", "is_printed", "said", "was_told"),
    [
        pytest.param(3, "0.13", True, "The report cost $0.13.", True, id="printed"),
        pytest.param(
            0,
            "0",
            False,
            "No request was sent to the model, so it cost nothing.",
            False,
            id="not asked",
        ),
        pytest.param(
            1, "0", False, "The model was asked once, which cost nothing.", True, id="asked, free"
        ),
        pytest.param(
            5, "0.02", False, "The model was asked 5 times, which cost $0.02.", True, id="paid"
        ),
    ],
)
def test_what_a_model_was_asked_and_cost_is_said(requests, cost, is_printed, said, was_told):
    asked = Asked(requests, Decimal(cost), is_printed)

    assert asked.words == said
    assert asked.was_told is was_told
