"""The shape of Claude's replies: asked for by schema, read with suspicion.

Import this module inside functions: pydantic takes its time.
"""

from __future__ import annotations

from collections.abc import Mapping

from pydantic import BaseModel, Field, ValidationError

from patriot.lib.text import one_line
from reports.domain.analysis import DraftClaim, Kind, Quote
from reports.domain.grounding import MAX_CLAIM, MAX_EVIDENCE
from reports.domain.quotations import MAX_QUOTE

MAX_CLAIMS = 24
"""The kinds allow fifteen; what comes after these is not read."""

NOWHERE = 0
"""The passage of a quotation with an id that was not in the request: keys begin at 1."""


class OffShape(ValueError):
    """The reply is not what the schema asks for; the sentence says where."""


class DraftQuote(BaseModel):
    """A quotation, as the model writes it."""

    passage: str = Field(description="The id of one passage of this request, such as p3.")
    text: str = Field(description="Words copied from that passage, unchanged and in one piece.")


class DraftSentence(BaseModel):
    """A claim, as the model writes it. Its quotations come first: what is quoted can be said."""

    kind: Kind
    quotes: list[DraftQuote]
    text: str = Field(description="One sentence that says nothing beyond its quotations.")


class Draft(BaseModel):
    """A whole reply."""

    claims: list[DraftSentence]


def claims_of(reply: str, *, passage_ids: Mapping[str, int]) -> tuple[DraftClaim, ...]:
    """Return the claims of a reply, in its order. Raises OffShape.

    The service enforces the schema, but neither lengths nor numbers. What is cut here stays one
    too long or one too many, so that the verifier refuses it: half a sentence may hold where the
    whole one does not.
    """
    try:
        draft = Draft.model_validate_json(reply)
    except ValidationError as error:
        raise OffShape(complaint_of(error)) from error
    return tuple(_claim(sentence, passage_ids) for sentence in draft.claims[:MAX_CLAIMS])


def complaint_of(error: ValidationError) -> str:
    """Return where a reply leaves its shape first, without a word of the reply."""
    first = error.errors(include_url=False, include_input=False, include_context=False)[0]
    place = ".".join(map(str, first["loc"])) or "the whole"
    return one_line(f"At {place}: {first['msg']}.", max_chars=200)


def _claim(sentence: DraftSentence, passage_ids: Mapping[str, int]) -> DraftClaim:
    evidence = tuple(
        Quote(passage_ids.get(quote.passage.strip(), NOWHERE), _bounded(quote.text, MAX_QUOTE))
        for quote in sentence.quotes[: MAX_EVIDENCE + 1]
    )
    return DraftClaim(sentence.kind, _bounded(sentence.text, MAX_CLAIM), evidence)


def _bounded(text: str, most: int) -> str:
    """Return clean text of at most `most` characters, plus one if it was longer."""
    plain = " ".join(text.split())
    if len(plain) > 4 * most:
        return "…" * (most + 1)
    return one_line(plain, max_chars=most + 1)
