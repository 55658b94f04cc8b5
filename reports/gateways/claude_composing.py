"""The shape of a composition: ids only, asked for by schema, read with suspicion.

Import this module inside functions: pydantic takes its time.
"""

from __future__ import annotations

from pydantic import BaseModel, Field, ValidationError

from reports.domain.composing import Choice
from reports.gateways.claude import Form
from reports.gateways.claude_drafts import OffShape, complaint_of

# The ids of forty stories have some 600 tokens; the rest is for thinking.
MAX_COMPOSING_TOKENS = 2_000
# More ids than any report has.
MAX_IDS = 500


class Draft(BaseModel):
    """A whole reply."""

    title: str = Field(description="The id of a headline, such as s1.")
    order: list[str] = Field(description="The ids of all stories, such as t2, the first one first.")
    box: list[str] = Field(description="The ids of three sentences of different stories.")
    short: list[str] = Field(description="The ids of the sentences of the short version.")


def form() -> Form[Choice]:
    """Return the form of a composition."""
    return Form(Draft, choice_of, MAX_COMPOSING_TOKENS)


def choice_of(reply: str) -> Choice:
    """Return what a reply chooses, not yet held against the request. Raises OffShape."""
    try:
        draft = Draft.model_validate_json(reply)
    except ValidationError as error:
        raise OffShape(complaint_of(error)) from error
    lists = (draft.order, draft.box, draft.short)
    order, box, short = (tuple(name.strip() for name in names[:MAX_IDS]) for names in lists)
    return Choice(draft.title.strip(), order, box, short)
