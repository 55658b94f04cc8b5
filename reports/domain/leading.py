"""Choose the sentence that tells a story by itself."""

from __future__ import annotations

import re
from collections.abc import Iterable

from reports.domain.analysis import Kind
from reports.domain.candidates import Candidate, is_loose, is_personal, is_question, points_back
from reports.domain.headlining import headline_score, is_feature
from reports.domain.outline import BOX_LENGTH
from reports.domain.subject import (
    Story,
    centrality,
    holds,
    is_near,
    is_whole,
    overlap,
    recency,
    standing,
    top,
)
from reports.domain.words import content_stems

_SHORT_LEAD = 100
"""Characters: a lead below it has room for the sentence that follows."""

_LOOSE_COST = 6.0
"""More than all else weighs: such a sentence leads only where no other can."""


def choose_lead(story: Story, headline: Candidate | None) -> Candidate | None:
    """Return the sentence that tells the story best by itself.

    If none does: another outlet's headline. If that says the same: the headline itself, which at
    least stands on its own; pages show it once. A headline that only announces leads nothing.
    """
    whole = [candidate for candidate in story.sentences if is_whole(candidate, story)]
    near = [c for c in whole if headline is None or is_near(c, headline, story)]
    near = [c for c in near if headline is None or not echoes(c, headline)]
    near = [c for c in near if not points_back(c)]
    lead = top(near, lambda candidate: _lead_score(candidate, story, headline))
    if lead is not None:
        return _with_next(lead, story)
    if headline is None:
        return None
    others = [c for c in story.headlines if is_near(c, headline, story)]
    fresh = [c for c in others if overlap(c, headline) < 0.8 and not is_feature(c)]
    other = top(fresh, lambda candidate: headline_score(candidate, story))
    return other or (None if is_feature(headline) else headline)


def _lead_score(candidate: Candidate, story: Story, headline: Candidate | None) -> float:
    count = len(candidate.words)
    score = 4.0 * centrality(candidate, story.weights) + standing(candidate, story)
    score += {0: 1.2, 1: 0.5, 2: 0.2}.get(candidate.order, 0.0)
    score -= 0.3 * (candidate.text[-1].isalnum()) + 0.8 * (count < 8)
    score -= _LOOSE_COST * is_loose(candidate)
    score -= 0.6 * (len(candidate.text) > BOX_LENGTH) + 0.5 * (count > 45)
    if headline is not None:
        score += 0.8 * (candidate.passage.article_id == headline.passage.article_id)
        score -= 0.4 * _repeats(candidate, headline)
        score -= 1.0 * (not candidate.stems & headline.stems)
        score -= 0.5 * has_loose_article(candidate, [headline])
    return score + (recency(candidate, story) if story.material.told_until else 0.0)


def _repeats(candidate: Candidate, headline: Candidate) -> bool:
    """Tell whether a sentence says hardly more than the headline."""
    new = candidate.stems - headline.stems
    return overlap(candidate, headline) > 0.75 or len(new) < 3


def echoes(candidate: Candidate, headline: Candidate) -> bool:
    """Tell whether a sentence is the headline once more: nobody reads that twice."""
    return len(candidate.stems - headline.stems) <= 1


_LOOSE = re.compile(r"(?:The|Der|Die|Das|Le|La|Les|El|Los|Las) ([^\W\d_]+)")


def has_loose_article(candidate: Candidate, told: Iterable[Candidate]) -> bool:
    """Tell whether a sentence opens with "The" and a noun that nothing told so far has."""
    match = _LOOSE.match(candidate.text)
    if match is None or match.group(1)[0].isupper():
        return False
    noun = set(content_stems(match.group(1), candidate.passage.language))
    return not any(noun <= other.stems for other in told)


def _with_next(lead: Candidate, story: Story) -> Candidate:
    """Add the sentence that follows at once, where the lead is short and both fit the box."""
    follower = next((c for c in story.sentences if _follows(c, lead)), None)
    if follower is None or len(lead.text) > _SHORT_LEAD or is_question(follower):
        return lead
    if follower.end - lead.start > BOX_LENGTH or is_personal(follower):
        return lead
    text = lead.passage.text[lead.start : follower.end]
    both = Candidate(lead.passage, text, lead.start, follower.end, lead.order)
    return both if "\n" not in text and holds(both, Kind.LEAD, story.material) else lead


def _follows(candidate: Candidate, lead: Candidate) -> bool:
    if candidate.passage.id != lead.passage.id or candidate.start < lead.end:
        return False
    return not lead.passage.text[lead.end : candidate.start].strip()


def follows(candidate: Candidate, other: Candidate) -> bool:
    """Tell whether a sentence comes right behind another, in its paragraph or the next one."""
    one, two = other.passage, candidate.passage
    if one.article_id == two.article_id and one.number > 0 and two.number == one.number + 1:
        return not (one.text[other.end :].strip() or two.text[: candidate.start].strip())
    return _follows(candidate, other)
