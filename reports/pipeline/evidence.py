"""Ground stored claims anew: what an earlier step said of them is not taken on trust."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import chain

from reports.domain.analysis import (
    DraftClaim,
    GroundedClaim,
    Kind,
    Quote,
    Rejected,
    SourcePassage,
)
from reports.domain.grounding import ground
from reports.models import Claim, Revision, Section
from reports.pipeline.material import source_passage
from sources.models import Passage

Examined = tuple[Claim, GroundedClaim | Rejected | None]
"""A claim, and what grounding says of it; nothing of an editor's sentence that has a caveat."""


def examined(revision: Revision) -> list[Examined]:
    """Return every claim of a revision with what its stored evidence makes of it."""
    claims = (
        Claim.objects.filter(section__revision=revision)
        .select_related("section")
        .prefetch_related("evidence__passage__article__publisher")
        .order_by("section__position", "position")
    )
    given = _given(revision)
    return [(claim, None if claim.caveat else _grounded(claim, given)) for claim in claims]


def _grounded(claim: Claim, given: dict[int, SourcePassage]) -> GroundedClaim | Rejected:
    evidence = claim.evidence.all()
    own = {item.passage_id: source_passage(item.passage) for item in evidence}
    draft = DraftClaim(
        kind=Kind(claim.kind),
        text=claim.text,
        evidence=tuple(Quote(item.passage_id, item.quote) for item in evidence),
    )
    story = {pk: given[pk] for pk in claim.section.given if pk in given}
    # A translation stands because a second reading supports it: the database asks for that.
    into = claim.language if claim.is_translation else ""
    return ground(draft, passages=story | own, language=claim.language, into=into)


def _given(revision: Revision) -> dict[int, SourcePassage]:
    """Return the passages that the analyst of an analysis had: it may use their words.

    Those of that very request, whatever their articles say by now.
    """
    analyzed = revision.sections.filter(claims__kind=Claim.Kind.WHY).values_list("given", flat=True)
    return passages_of(chain.from_iterable(analyzed))


def quotable(section: Section, claims: Iterable[Claim]) -> Iterator[int]:
    """Yield the passages that a sentence of a section may quote: given to it, or quoted already.

    claims: those of the section, with their evidence
    """
    yield from section.given
    for claim in claims:
        yield from (item.passage_id for item in claim.evidence.all())


def passages_of(ids: Iterable[int]) -> dict[int, SourcePassage]:
    """Return stored passages as the verifier sees them, by id."""
    rows = Passage.objects.filter(pk__in=set(ids)).select_related("article__publisher")
    return {passage.pk: source_passage(passage) for passage in rows}
