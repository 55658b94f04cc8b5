"""What a story is about, and how much each sentence tells of it."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from reports.domain.analysis import (
    DraftClaim,
    GroundedClaim,
    Kind,
    Material,
    Quote,
    SourcePassage,
)
from reports.domain.background import common_terms
from reports.domain.candidates import (
    Candidate,
    headlines,
    is_in_language,
    is_personal,
    is_question,
    is_speech,
    leans,
    sentences,
    without_orders,
)
from reports.domain.grounding import ground
from reports.domain.words import content_stems


@dataclass(frozen=True)
class _Topic:
    """What an article says at its top: enough to tell whether two are on one event."""

    stems: frozenset[str]
    names: frozenset[str]

    def is_kin(self, other: _Topic) -> bool:
        """Tell whether two articles tell one event.

        A story may have gathered an article that is merely on the same theme. Words that any
        month of news is full of count little; without a name in common, two tops must share much.
        """
        common = common_terms()
        shared = self.stems & other.stems
        kinship = sum(_COMMON_WEIGHT if stem in common else 1.0 for stem in shared)
        names = (self.names & other.names) - common
        is_named = bool(names) or not (self.names - common and other.names - common)
        return kinship >= (_KIN if is_named else _KIN_WITHOUT_NAMES)


_KIN, _KIN_WITHOUT_NAMES = 3.0, 5.0
_COMMON_WEIGHT = 0.34
_TOP_SENTENCES = 2


@dataclass(frozen=True)
class Story:
    """What all choices of one section look at."""

    material: Material
    passages: tuple[SourcePassage, ...]
    weights: dict[str, float]
    headlines: tuple[Candidate, ...]
    sentences: tuple[Candidate, ...]
    topics: dict[int, _Topic]
    """By article."""
    told: tuple[Candidate, ...] = ()
    """Sentences of articles that the last report knew, where there is news to tell instead."""


def story_of(material: Material) -> Story:
    """Read a material: only what may be published, and holds as a claim, is a candidate."""
    passages = without_orders(material.passages)
    titles = tuple(c for c in headlines(passages) if holds(c, Kind.HEADLINE, material))
    texts = tuple(c for c in sentences(passages) if holds(c, Kind.DETAIL, material))
    return Story(material, passages, _weights(passages), titles, texts, _topics(titles + texts))


def _topics(candidates: Iterable[Candidate]) -> dict[int, _Topic]:
    stems: dict[int, set[str]] = {}
    named: dict[int, set[str]] = {}
    for candidate in candidates:
        if candidate.order < _TOP_SENTENCES:
            article = candidate.passage.article_id
            stems.setdefault(article, set()).update(candidate.stems)
            named.setdefault(article, set()).update(*(name.split() for name in candidate.names))
    return {
        article: _Topic(frozenset(stems[article]), frozenset(named[article])) for article in stems
    }


def is_kin(candidate: Candidate, other: Candidate, story: Story) -> bool:
    """Tell whether two sentences are of one article or of two on one event."""
    one, two = candidate.passage.article_id, other.passage.article_id
    topics = story.topics
    return one == two or (one in topics and two in topics and topics[one].is_kin(topics[two]))


def _weights(passages: Sequence[SourcePassage]) -> dict[str, float]:
    """Weigh each stem by how many publishers use it early: what several say is the story.

    Copies count once. With one publisher, the words of the headline weigh most.
    """
    families: dict[str, set[str]] = {}
    in_headlines: Counter[str] = Counter()
    for passage in passages:
        if passage.number > 2 or passage.is_copy:
            continue
        for stem in set(content_stems(passage.text, passage.language)):
            families.setdefault(stem, set()).add(passage.family)
            in_headlines[stem] += passage.number == 0
    return {
        stem: math.log1p(len(told_by)) * (1.5 if in_headlines[stem] else 1.0)
        for stem, told_by in families.items()
    }


def centrality(candidate: Candidate, weights: dict[str, float]) -> float:
    """Return 0 to 1: the share of the story's weight that the sentence carries.

    Damped by length, so that a long sentence does not win by being long.
    """
    if not candidate.stems or not weights:
        return 0.0
    carried = sum(weights.get(stem, 0.0) for stem in candidate.stems)
    best = sum(sorted(weights.values(), reverse=True)[: len(candidate.stems)])
    size = min(1.0, len(candidate.stems) / 8)
    return carried / best * size if best else 0.0


def overlap(candidate: Candidate, other: Candidate) -> float:
    """Return the share of the candidate's stems that the other has, 0 to 1."""
    if not candidate.stems:
        return 1.0
    return len(candidate.stems & other.stems) / len(candidate.stems)


def recency(candidate: Candidate, story: Story) -> float:
    """Return a small bonus for the newest; a large one for what came after the last report."""
    told_until = story.material.told_until
    if told_until is not None:
        return 0.8 * (candidate.passage.published_at > told_until)
    moments = [passage.published_at for passage in story.passages]
    span = (max(moments) - min(moments)).total_seconds()
    age = (max(moments) - candidate.passage.published_at).total_seconds()
    return 0.2 * (1 - age / span) if span else 0.0


def is_whole(candidate: Candidate, story: Story) -> bool:
    """Tell whether a reader who sees nothing else understands the sentence."""
    is_bare = not leans(candidate) and not is_question(candidate) and not is_personal(candidate)
    return is_bare and is_in_language(candidate, story.material.language)


# What points at a picture, and what says how things ought to be.
_ASIDE = re.compile(r"\bpictured\b|\bfile photo\b|\b(?:needs? to|should|must|ought to)\b", re.I)


def standing(candidate: Candidate, story: Story) -> float:
    """Weigh how well a sentence stands on its own, whatever it says."""
    score = 3.0 * is_in_language(candidate, story.material.language)
    score -= 2.5 * leans(candidate) + 2.0 * is_question(candidate) + 1.2 * is_personal(candidate)
    score -= 1.2 * is_speech(candidate) + 0.3 * candidate.passage.is_copy
    score -= 0.6 * bool(_ASIDE.search(candidate.text))
    return score + 0.3 * bool(candidate.names) + 0.2 * bool(candidate.figures)


def top(candidates: Iterable[Candidate], score: Callable[[Candidate], float]) -> Candidate | None:
    """Return the best candidate, the earliest among equals; None if there is none."""
    return max(candidates, key=lambda c: (score(c), -c.passage.id, -c.start), default=None)


def is_near(candidate: Candidate, headline: Candidate, story: Story) -> bool:
    """Tell whether a lead belongs under a headline."""
    if candidate.passage.article_id == headline.passage.article_id:
        return True
    shared = len(candidate.stems & headline.stems)
    is_on_it = shared >= 3 or shared >= 0.5 * len(headline.stems)
    return is_on_it and is_kin(candidate, headline, story)


def claim_of(kind: Kind, candidate: Candidate) -> DraftClaim:
    """Return the sentence as a claim: its white space tidied, its quotation untouched."""
    text = " ".join(candidate.text.split())
    return DraftClaim(kind, text, (Quote(candidate.passage.id, candidate.text),))


def holds(candidate: Candidate, kind: Kind, material: Material) -> bool:
    """Tell whether the sentence passes the verifier as a claim."""
    passages = {candidate.passage.id: candidate.passage}
    claim = claim_of(kind, candidate)
    return isinstance(ground(claim, passages=passages, language=material.language), GroundedClaim)
