"""The shape of rulings on sentences: asked for by schema, read with suspicion.

Import this module inside functions: pydantic takes its time.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from functools import partial

from pydantic import BaseModel, Field, ValidationError

from reports.domain.analysis import Ruling
from reports.gateways.claude import Form
from reports.gateways.claude_drafts import OffShape, complaint_of

# A ruling has some 15 tokens; the rest is for models that think before they answer.
MAX_JUDGING_TOKENS = 3_000


class DraftRuling(BaseModel):
    """A ruling, as the model gives it."""

    id: str = Field(description="The id of one sentence of this request, such as s3.")
    ruling: Ruling


class Draft(BaseModel):
    """A whole reply."""

    rulings: list[DraftRuling]


def form(ids: Collection[str]) -> Form[Mapping[str, Ruling]]:
    """Return the form of rulings on the sentences with these ids."""
    return Form(Draft, partial(rulings_of, ids=frozenset(ids)), MAX_JUDGING_TOKENS)


def rulings_of(reply: str, *, ids: Collection[str]) -> dict[str, Ruling]:
    """Return the rulings of a reply, by id. Raises OffShape.

    Ids that were not asked about are passed over; of two rulings on one sentence the harder one
    holds.
    """
    try:
        draft = Draft.model_validate_json(reply)
    except ValidationError as error:
        raise OffShape(complaint_of(error)) from error
    rulings: dict[str, Ruling] = {}
    for given in draft.rulings[: 4 * len(ids)]:
        name = given.id.strip()
        if name in ids:
            rulings[name] = max(rulings.get(name, given.ruling), given.ruling, key=_HARDEST.index)
    return rulings


_HARDEST = [Ruling.SUPPORTED, Ruling.NOT_STATED, Ruling.CONTRADICTED]
