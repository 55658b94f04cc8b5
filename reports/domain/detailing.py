"""Choose what is told below the lead: further facts, changes, what is not known."""

from __future__ import annotations

import re
from collections.abc import Sequence

from reports.domain.candidates import Candidate, is_personal, is_question, is_speech
from reports.domain.leading import echoes, has_loose_article
from reports.domain.numbers import Figure
from reports.domain.subject import Story, centrality, is_kin, is_whole, overlap, standing
from reports.domain.words import content_stems

MAX_DETAILS = 3
MAX_CHANGES = 2

_ENOUGH = 3.6
_TOO_ALIKE = 0.45
# What changed or is not known is worth telling though it repeats more.
_SAME = 0.6


def choose_details(story: Story, told: Sequence[Candidate]) -> list[Candidate]:
    """Return up to three sentences that add facts, each of another article where there is one."""
    chosen: list[Candidate] = []
    for _ in range(MAX_DETAILS):
        best = _next_detail(story, [*told, *chosen], chosen)
        if best is None:
            break
        chosen.append(best)
    return sorted(chosen, key=lambda c: (c.passage.published_at, c.passage.article_id, c.start))


def _repeats_figures(candidate: Candidate, told: Sequence[Candidate]) -> bool:
    """Tell whether a reader has already met every figure of the sentence."""
    known = frozenset[Figure]().union(*(other.figures for other in told))
    return bool(candidate.figures) and candidate.figures <= known


def choose_continuation(story: Story, headline: Candidate) -> list[Candidate]:
    """Return the first sentence of the headline's own article, though it leans on the headline."""
    article = headline.passage.article_id
    return [
        candidate
        for candidate in story.sentences
        if candidate.passage.article_id == article
        and candidate.order == 0
        and not is_question(candidate)
        and not is_personal(candidate)
        and not echoes(candidate, headline)
    ][:1]


def _next_detail(
    story: Story, told: Sequence[Candidate], chosen: Sequence[Candidate]
) -> Candidate | None:
    """Maximal marginal relevance: what is central and unlike what is told.

    Source: Carbonell and Goldstein, The Use of MMR, SIGIR 1998.
    """
    voices = {candidate.passage.family for candidate in told}
    scored = []
    for candidate in story.sentences:
        if not _may_follow(candidate, told, story, alike=_TOO_ALIKE):
            continue
        score = 3.0 * centrality(candidate, story.weights) + standing(candidate, story)
        score += 0.8 * (candidate.passage.family not in voices) + 0.4 * (candidate.order == 0)
        score -= 1.5 * max(overlap(candidate, other) for other in told) if told else 0.0
        score -= 0.8 * _repeats_figures(candidate, told)
        score -= 0.25 * has_loose_article(candidate, told)
        scored.append((score, -candidate.passage.id, -candidate.start, candidate))
    best = max(scored, default=None, key=lambda entry: entry[:3])
    return best[3] if best and best[0] >= _ENOUGH else None


def _may_follow(
    candidate: Candidate, told: Sequence[Candidate], story: Story, *, alike: float
) -> bool:
    """A detail is on the story, new, whole by itself, and in the report's language."""
    if not is_whole(candidate, story):
        return False
    if any(overlap(candidate, other) > alike for other in told):
        return False
    return not told or is_kin(candidate, told[0], story)


def choose_changes(story: Story, told: Sequence[Candidate]) -> list[Candidate]:
    """Return up to two sentences that came after the last report and say what none said before."""
    told_until = story.material.told_until
    if told_until is None:
        return []
    known: set[str] = set()
    for passage in story.passages:
        if passage.published_at <= told_until:
            known.update(content_stems(passage.text, passage.language))
    if not known:
        return []
    chosen: list[Candidate] = []
    fresh = [c for c in story.sentences if c.passage.published_at > told_until]
    fresh.sort(key=lambda c: -(centrality(c, story.weights) + 0.3 * (c.order == 0)))
    for candidate in fresh:
        news = len(candidate.stems - known) / len(candidate.stems)
        if (
            news >= 0.4
            and not is_speech(candidate)
            and _may_follow(candidate, [*told, *chosen], story, alike=_SAME)
        ):
            chosen.append(candidate)
        if len(chosen) == MAX_CHANGES:
            break
    return sorted(chosen, key=lambda c: (c.passage.published_at, c.start))


_NOT_KNOWN = re.compile(
    r"\bit (?:is|was|remains) (?:not (?:immediately |yet )?(?:known|clear)|unclear|unknown)\b"
    r"|\b(?:was|were|is|are) not (?:immediately|yet) (?:known|clear)\b|\bremains? (?:unknown"
    r"|unclear)\b"
    r"|\b(?:ist|war|bleibt|blieb) (?:noch |zunächst |weiter )?(?:unklar|unbekannt)\b",
    re.I,
)


def choose_unknown(story: Story, told: Sequence[Candidate]) -> list[Candidate]:
    """Return the one sentence in which a publisher says what is not known."""
    for candidate in story.sentences:
        if _NOT_KNOWN.search(candidate.text) and _may_follow(candidate, told, story, alike=_SAME):
            return [candidate]
    return []
