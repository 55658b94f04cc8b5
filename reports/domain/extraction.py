"""Tell a story in its publishers' own sentences: what the local analyst does."""

from __future__ import annotations

from collections.abc import Sequence

from reports.domain.analysis import Analysis, DraftClaim, GroundedClaim, Kind, Material
from reports.domain.candidates import Candidate, is_speech
from reports.domain.detailing import (
    MAX_DETAILS,
    choose_changes,
    choose_continuation,
    choose_details,
    choose_unknown,
)
from reports.domain.disagreement import disagreements
from reports.domain.grounding import ground
from reports.domain.headlining import choose_headline
from reports.domain.leading import choose_lead
from reports.domain.novelty import news_of
from reports.domain.outline import BOX_LENGTH
from reports.domain.subject import Story, claim_of, is_kin, is_whole, story_of

__all__ = ["ANALYST", "MAX_DETAILS", "extract"]

ANALYST = "local analyst"
MAX_DISAGREEMENTS = 2


def extract(material: Material) -> Analysis:
    """Return a section made of verbatim sentences, each of which passes `ground`.

    A headline, a lead that stands on its own, up to three further facts, what changed since the
    last report, what is not known, and where sources differ. A story of which nothing may be
    published has no claims. Where nothing but the headline can lead, the lead is the headline.
    """
    story = news_of(story_of(material))
    headline = choose_headline(story)
    lead = choose_lead(story, headline)
    told = [candidate for candidate in (headline, lead) if candidate]
    changes = choose_changes(story, told)
    told += changes
    differing = _differing(story)
    disputed = _quoted_in(differing, story)
    told += disputed
    unknown = choose_unknown(story, told)
    told += unknown
    details = choose_details(story, told, lead, disputed)
    if headline and lead in (None, headline) and not details:
        details = choose_continuation(story, headline)
    claims = [
        *([claim_of(Kind.HEADLINE, headline)] if headline else []),
        *([claim_of(Kind.LEAD, lead)] if lead else []),
        *(claim_of(Kind.DETAIL, candidate) for candidate in details),
        *(claim_of(Kind.CHANGED, candidate) for candidate in changes),
        *differing,
        *(claim_of(Kind.UNKNOWN, candidate) for candidate in unknown),
    ]
    return Analysis(ANALYST, _without_repeats(claims))


def is_contradicted(material: Material) -> bool:
    """Tell whether the sources of a story give different figures, so that a report would say it."""
    return bool(_differing(story_of(material)))


def _without_repeats(claims: Sequence[DraftClaim]) -> tuple[DraftClaim, ...]:
    """Leave out a claim whose very words stand above it; only a lead may repeat its headline."""
    kept: list[DraftClaim] = []
    seen: set[str] = set()
    for claim in claims:
        words = claim.text.casefold()
        if words not in seen or claim.kind is Kind.LEAD:
            kept.append(claim)
        seen.add(words)
    return tuple(kept)


def _differing(story: Story) -> list[DraftClaim]:
    passages = {passage.id: passage for passage in story.passages}
    language = story.material.language
    whole = [c for c in (*story.sentences, *story.told) if is_whole(c, story)]
    whole.sort(key=lambda c: (is_speech(c), len(c.text) > BOX_LENGTH, c.passage.id, c.start))
    known = set(story.told)

    def are_news(one: Candidate, other: Candidate) -> bool:
        """Two sentences on one event, of which the last report did not know both."""
        return not (one in known and other in known) and is_kin(one, other, story)

    claims = disagreements(whole, are_kin=are_news)
    held = (
        c
        for c in claims
        if isinstance(ground(c, passages=passages, language=language), GroundedClaim)
    )
    return list(held)[:MAX_DISAGREEMENTS]


def _quoted_in(claims: Sequence[DraftClaim], story: Story) -> list[Candidate]:
    """Return the sentences that claims quote, so that no detail takes a side."""
    quoted = {quote.text for claim in claims for quote in claim.evidence}
    return [candidate for candidate in story.sentences if candidate.text in quoted]
