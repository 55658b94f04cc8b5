"""Who wrote a report, in words."""

from collections.abc import Sequence

import pytest

from reports.models import Revision, Section
from reports.pages.authorship import Authorship

CLAUDE = "claude-sonnet-5-5"
LOCAL = "local analyst"
CEILING = "The ceiling of $10.00 for today would be crossed."
LATE = "There was no time left to ask the model."


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
            f"3 of the 12 stories were written without the model: {CEILING}",
            id="some",
        ),
        pytest.param(
            [by(CLAUDE), by(LOCAL, LATE)],
            f"1 of the 2 stories was written without the model: {LATE}",
            id="one",
        ),
        pytest.param(
            [by(LOCAL, f" {LATE}\n")] * 4,
            f"All 4 stories were written without the model: {LATE}",
            id="all",
        ),
        pytest.param(
            [by(LOCAL, LATE)], f"This report was written without the model: {LATE}", id="the only"
        ),
        pytest.param(
            [by(LOCAL, LATE), by(LOCAL, CEILING), by(CLAUDE), by(LOCAL, CEILING)],
            f"3 of the 4 stories were written without the model. 2 stories: {CEILING} "
            f"1 story: {LATE}",
            id="two reasons",
        ),
        pytest.param(
            [by(LOCAL, f"Reason {number}.") for number in range(5)],
            "All 5 stories were written without the model. 1 story: Reason 0. "
            "1 story: Reason 1. 1 story: Reason 2. 2 stories: for other reasons.",
            id="many reasons",
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
