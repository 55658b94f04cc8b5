"""Choose what is told below the lead: further facts, changes, what is not known."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from reports.domain.candidates import Candidate, is_loose, is_personal, is_question, is_speech
from reports.domain.leading import echoes, follows, has_loose_article
from reports.domain.numbers import Figure
from reports.domain.subject import Story, centrality, is_kin, is_whole, overlap, standing
from reports.domain.words import content_stems

MAX_DETAILS = 3
MAX_CHANGES = 2

_ENOUGH = 3.6
_NEW_WORDS = 3
_NEW_SHARE = 0.4
_SMALL_NUMBER = 2
_TOO_ALIKE = 0.45
# What changed or is not known is worth telling though it repeats more.
_SAME = 0.6


def choose_details(
    story: Story,
    told: Sequence[Candidate],
    lead: Candidate | None = None,
    disputed: Sequence[Candidate] = (),
) -> list[Candidate]:
    """Return up to three sentences that add facts, each of another article where there is one.

    They come in the order of time, but what follows on the lead stands right below it.

    disputed: sentences told as differing; a detail with a figure of theirs would take a side
    """
    figures = frozenset[Figure]().union(*(_facts(candidate) for candidate in disputed))
    story = replace(
        story, sentences=tuple(c for c in story.sentences if figures.isdisjoint(_facts(c)))
    )
    chosen: list[Candidate] = []
    for _ in range(MAX_DETAILS):
        best = _next_detail(story, [*told, *chosen], [lead, *chosen] if lead else chosen)
        if best is None:
            break
        chosen.append(best)
    goes_on = lead is not None and any(follows(candidate, lead) for candidate in chosen)
    first = lead.passage.article_id if lead and goes_on else None

    def place(candidate: Candidate) -> tuple[bool, datetime, int, int, int]:
        passage = candidate.passage
        is_later = passage.article_id != first
        return is_later, passage.published_at, passage.article_id, passage.id, candidate.start

    return sorted(chosen, key=place)


def _adds(candidate: Candidate, told: Sequence[Candidate]) -> bool:
    """Tell whether a sentence brings more than it repeats.

    It has words of its own; and where it tells figures once more, the new figures and names
    outnumber them. A figure costs as often as it has been told.
    """
    known = frozenset[str]().union(*(other.stems for other in told))
    new = candidate.stems - known
    if len(new) < _NEW_WORDS or len(new) < _NEW_SHARE * len(candidate.stems):
        return False
    figures = _facts(candidate)
    times = Counter(figure for other in told for figure in _facts(other))
    repeated = sum(times[figure] for figure in figures)
    if not repeated:
        return True
    names = {name for name in candidate.names if known.isdisjoint(_stems_of(name, candidate))}
    return len(names) + sum(not times[figure] for figure in figures) > repeated


def _facts(candidate: Candidate) -> frozenset[Figure]:
    """Return the figures that a reader would notice twice: not "one", not "the first two"."""
    return frozenset(f for f in candidate.figures if f.unit or abs(f.value) > _SMALL_NUMBER)


def _stems_of(name: str, candidate: Candidate) -> frozenset[str]:
    return frozenset(content_stems(name, candidate.passage.language))


def _has_footing(
    candidate: Candidate, told: Sequence[Candidate], above: Sequence[Candidate] = ()
) -> bool:
    """Tell whether a detail ties in with what stands above it.

    It shares a word with the headline, the lead or what else is told, and takes up nothing that
    the reader has not met; or it comes right behind the sentence that it leans on.

    above: the sentences among which a detail will stand
    """
    if not told or any(follows(candidate, other) for other in above):
        return True
    is_tied = any(candidate.stems & other.stems for other in told)
    return is_tied and not is_loose(candidate) and not _takes_up(candidate, told)


# "The driver has been injured", "The company pays": with nothing that says which one.
_TAKEN_UP = re.compile(
    r"The (?!city|government|police|state|country|world|army|council|court|province)[a-z-]+"
    r"(?:,| (?:is|are|was|were|has|have|had|will|would|can|could|did|does|[a-z]+ed"
    r"|says?|said|[a-z]{2,}[^s\W]s)\b)"
)


def _takes_up(candidate: Candidate, told: Sequence[Candidate]) -> bool:
    """Tell whether a bare "The driver" opens the sentence, and nothing told has a driver."""
    return bool(_TAKEN_UP.match(candidate.text)) and has_loose_article(candidate, told)


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
    story: Story, told: Sequence[Candidate], above: Sequence[Candidate]
) -> Candidate | None:
    """Maximal marginal relevance: what is central and unlike what is told.

    Source: Carbonell and Goldstein, The Use of MMR, SIGIR 1998.
    """
    voices = {candidate.passage.family for candidate in told}
    scored = []
    for candidate in story.sentences:
        if not _may_follow(candidate, told, story, alike=_TOO_ALIKE):
            continue
        if not (_has_footing(candidate, told, above) and _adds(candidate, told)):
            continue
        score = 3.0 * centrality(candidate, story.weights) + standing(candidate, story)
        score += 0.8 * (candidate.passage.family not in voices) + 0.4 * (candidate.order == 0)
        score -= 1.5 * max(overlap(candidate, other) for other in told) if told else 0.0
        score -= 0.25 * has_loose_article(candidate, told)
        score -= 1.0 * any(_facts(candidate) & _facts(other) for other in told)
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
    before = (p for p in story.passages if p.published_at <= told_until)
    for passage in (*before, *story.material.known):
        known.update(content_stems(passage.text, passage.language))
    if not known:
        return []
    chosen: list[Candidate] = []
    # A story that only headlines tell has no sentence; its newest headline says what changed.
    for candidates in (story.sentences, story.headlines):
        fresh = [c for c in candidates if c.passage.published_at > told_until]
        fresh.sort(key=lambda c: -(centrality(c, story.weights) + 0.3 * (c.order == 0)))
        for candidate in fresh:
            if len(chosen) < MAX_CHANGES and _is_change(candidate, known, [*told, *chosen], story):
                chosen.append(candidate)
        if chosen:
            break
    return sorted(chosen, key=lambda c: (c.passage.published_at, c.start))


def _is_change(
    candidate: Candidate, known: set[str], told: Sequence[Candidate], story: Story
) -> bool:
    """Tell whether a later sentence says enough that nobody said before, in this section either."""
    if not candidate.stems or len(candidate.stems - known) < _NEW_SHARE * len(candidate.stems):
        return False
    is_plain = not is_speech(candidate) and _has_footing(candidate, told)
    return is_plain and _may_follow(candidate, told, story, alike=_SAME)


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
