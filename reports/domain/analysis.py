"""The values that pass between select, analyse, ground and compose."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class Kind(StrEnum):
    """What a claim is for. WHY is analysis; all others report."""

    HEADLINE = "headline"
    LEAD = "lead"
    DETAIL = "detail"
    CHANGED = "changed"
    DIFFERS = "differs"
    UNKNOWN = "unknown"
    WHY = "why"


class Ruling(StrEnum):
    """What a second reading says of a claim against its quotations."""

    SUPPORTED = "supported"
    CONTRADICTED = "contradicted"
    NOT_STATED = "not_stated"


@dataclass(frozen=True, slots=True)
class SourcePassage:
    """A stored passage as the analyst and the verifier see it."""

    id: int
    article_id: int
    number: int
    """0 is the article's headline."""
    text: str
    language: str
    """ISO 639 code, or empty when unknown."""
    family: str
    """The publisher's family: who counts as one voice."""
    outlet: str
    """The publisher's name, as readers know it."""
    published_at: datetime
    is_copy: bool = False
    """The article repeats an earlier one of the story."""


@dataclass(frozen=True, slots=True)
class Material:
    """All that an analyst may use for one section."""

    story_id: int
    language: str
    """The briefing's language, preferred where there is a choice."""
    passages: tuple[SourcePassage, ...]
    """By article, oldest first, then by number."""
    told_until: datetime | None = None
    """The end of the last report that told this story; articles after it are what changed."""
    news_since: datetime | None = None
    """Where the report's window begins; articles before it are the background of its stories."""
    known: tuple[SourcePassage, ...] = ()
    """What earlier parts of its storyline said until `told_until`: nobody may quote it here, but
    what it says is not new."""


@dataclass(frozen=True, slots=True)
class Quote:
    """Words that an analyst says stand in a passage."""

    passage_id: int
    text: str


@dataclass(frozen=True, slots=True)
class DraftClaim:
    """A sentence that an analyst proposes, with what it stands on. Not yet verified."""

    kind: Kind
    text: str
    evidence: tuple[Quote, ...]


@dataclass(frozen=True, slots=True)
class Analysis:
    """An analyst's reply for one section."""

    analyst: str
    claims: tuple[DraftClaim, ...]


@dataclass(frozen=True, slots=True)
class Span:
    """Where a quotation stands: the passage's own words from start to end (code points)."""

    passage_id: int
    start: int
    end: int
    quote: str


@dataclass(frozen=True, slots=True)
class GroundedClaim:
    """A claim whose every quotation code has found."""

    kind: Kind
    text: str
    language: str
    evidence: tuple[Span, ...]
    is_translation: bool = False
    """It is in another language than its quotations: it may stand only if a ruling supports it."""
    is_quotation: bool = False
    """It is a publisher's own sentence in place of one that fell: pages say whose words it is."""
    ruling: Ruling | None = None
    """None where nobody judged it."""

    @property
    def as_draft(self) -> DraftClaim:
        """The same as a proposal."""
        quotes = tuple(Quote(span.passage_id, span.quote) for span in self.evidence)
        return DraftClaim(self.kind, self.text, quotes)


@dataclass(frozen=True, slots=True)
class Rejected:
    """A claim that did not hold, and why, in words an editor understands."""

    claim: DraftClaim
    reason: str
