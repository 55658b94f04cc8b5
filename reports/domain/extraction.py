"""Tell a story in its publishers' own sentences: what the local analyst does."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from reports.domain.analysis import (
    Analysis,
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
from reports.domain.disagreement import disagreements
from reports.domain.grounding import ground
from reports.domain.lexicon import set_of
from reports.domain.numbers import Figure
from reports.domain.words import content_stems, is_shouting

ANALYST = "local analyst"
MAX_DETAILS = 3
MAX_CHANGES = 2
MAX_DISAGREEMENTS = 2
BOX_LENGTH = 240
"""Characters that a lead should not exceed: it may stand in the 30-second box."""


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
class _Story:
    """What all choices of one section look at."""

    material: Material
    passages: tuple[SourcePassage, ...]
    weights: dict[str, float]
    headlines: tuple[Candidate, ...]
    sentences: tuple[Candidate, ...]
    topics: dict[int, _Topic]
    """By article."""


def extract(material: Material) -> Analysis:
    """Return a section made of verbatim sentences, each of which passes `ground`.

    A headline, a lead that stands on its own, up to three further facts, what changed since the
    last report, what is not known, and where sources differ. A story of which nothing may be
    published has no claims. Where nothing but the headline can lead, the lead is the headline.
    """
    story = _story(material)
    headline = _best_headline(story)
    lead = _best_lead(story, headline)
    told = [candidate for candidate in (headline, lead) if candidate]
    changes = _changes(story, told)
    told += changes
    differing = _differing(story)
    told += _quoted_in(differing, story)
    unknown = _unknown(story, told)
    told += unknown
    details = _details(story, told)
    if headline and lead in (None, headline) and not details:
        details = _continuation(story, headline)
    claims = [
        *([_claim(Kind.HEADLINE, headline)] if headline else []),
        *([_claim(Kind.LEAD, lead)] if lead else []),
        *(_claim(Kind.DETAIL, candidate) for candidate in details),
        *(_claim(Kind.CHANGED, candidate) for candidate in changes),
        *differing,
        *(_claim(Kind.UNKNOWN, candidate) for candidate in unknown),
    ]
    return Analysis(ANALYST, _without_repeats(claims))


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


def _story(material: Material) -> _Story:
    passages = without_orders(material.passages)
    titles = tuple(c for c in headlines(passages) if _holds(c, Kind.HEADLINE, material))
    texts = tuple(c for c in sentences(passages) if _holds(c, Kind.DETAIL, material))
    return _Story(material, passages, _weights(passages), titles, texts, _topics(titles + texts))


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


def _is_kin(candidate: Candidate, other: Candidate, story: _Story) -> bool:
    """Tell whether two sentences are of one article or of two on one event."""
    one, two = candidate.passage.article_id, other.passage.article_id
    topics = story.topics
    return one == two or (one in topics and two in topics and topics[one].is_kin(topics[two]))


def _claim(kind: Kind, candidate: Candidate) -> DraftClaim:
    """Return the sentence as a claim: its white space tidied, its quotation untouched."""
    text = " ".join(candidate.text.split())
    return DraftClaim(kind, text, (Quote(candidate.passage.id, candidate.text),))


def _holds(candidate: Candidate, kind: Kind, material: Material) -> bool:
    passages = {candidate.passage.id: candidate.passage}
    claim = _claim(kind, candidate)
    return isinstance(ground(claim, passages=passages, language=material.language), GroundedClaim)


# --- what the story is about -----------------------------------------------------------------


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


def _centrality(candidate: Candidate, weights: dict[str, float]) -> float:
    """Return 0 to 1: the share of the story's weight that the sentence carries.

    Damped by length, so that a long sentence does not win by being long.
    """
    if not candidate.stems or not weights:
        return 0.0
    carried = sum(weights.get(stem, 0.0) for stem in candidate.stems)
    best = sum(sorted(weights.values(), reverse=True)[: len(candidate.stems)])
    size = min(1.0, len(candidate.stems) / 8)
    return carried / best * size if best else 0.0


def _overlap(candidate: Candidate, other: Candidate) -> float:
    """Return the share of the candidate's stems that the other has, 0 to 1."""
    if not candidate.stems:
        return 1.0
    return len(candidate.stems & other.stems) / len(candidate.stems)


# --- the headline ----------------------------------------------------------------------------

_LABELED = re.compile(
    r"(?:opinion|comment|editorial|analysis|column|review|podcast|video|watch|listen|photos?"
    r"|gallery|in pictures|pictured|quiz|live|newsletter|explainer|fact check|letters?|letter to"
    r"|obituary|sponsored|kommentar|meinung|analyse|vidéo|opinión|editorial)\b\s?[:|-]",
    re.I,
)
_UPDATES = re.compile(
    r"\b(?:live|updates?|as it happened|what happened|liveticker|newsblog|briefing|in brief"
    r"|round-?up|first photos?|watch)\b",
    re.I,
)
_BAIT = re.compile(
    r"\b(?:you|your|you'll|here(?:'s| is| are)|th(?:is|ese) (?:is|are)|what (?:we|you|to)"
    r"|need to know|why|how"
    r"|won't believe|shocking|amazing|incredible|heartbreaking|revealed|stuns?|slams?|hammers?"
    r"|fury|blasts?|goes viral|the one thing|secrets?|the truth about|wild|insane)\b",
    re.I,
)
_CRIED = set_of(
    """
    all any are back before best both can dead die does even ever every first four five free from
    half has have he his huge is just kill last lost massive more most must never new no none not
    now off one only out over own she still stop ten that they this three too top two under up was
    will with without won hours days
    """
)
_SPOKEN_START = re.compile(r"(?:^|: )[\"'“‘«„]")


def _best_headline(story: _Story) -> Candidate | None:
    return max(
        story.headlines,
        key=lambda candidate: (_headline_score(candidate, story), -candidate.passage.id),
        default=None,
    )


def _headline_score(candidate: Candidate, story: _Story) -> float:
    text, count = candidate.text, len(candidate.words)
    score = 3.0 * _centrality(candidate, story.weights)
    score += 3.0 * is_in_language(candidate, story.material.language)
    score -= 1.5 * is_question(candidate) + 1.5 * is_shouting(text)
    score -= 2.0 * bool(_LABELED.match(text)) + 1.5 * bool(_UPDATES.search(text))
    score -= 1.0 * bool(_BAIT.search(text)) + 0.6 * is_personal(candidate)
    score -= 0.6 * bool(_SPOKEN_START.search(text)) + 0.3 * candidate.passage.is_copy
    score -= 1.0 * (count < 5) + 0.5 * (count > 18) + 0.4 * ("!" in text)
    score -= 0.5 * _has_cries(candidate)
    score += 1.5 * any(
        _is_whole(sentence, story) and sentence.order == 0
        for sentence in story.sentences
        if sentence.passage.article_id == candidate.passage.article_id
    )
    return (
        score
        + 0.3 * bool(candidate.names)
        + 0.2 * bool(candidate.figures)
        + _recency(candidate, story)
    )


def _has_cries(candidate: Candidate) -> bool:
    """Tell whether the headline shouts a plain word: "only HALF the kit"."""
    return any(
        len(word) > 1 and word.isupper() and word.lower() in _CRIED for word in candidate.words
    )


def _recency(candidate: Candidate, story: _Story) -> float:
    """Return a small bonus for the newest; a large one for what came after the last report."""
    told_until = story.material.told_until
    if told_until is not None:
        return 0.8 * (candidate.passage.published_at > told_until)
    moments = [passage.published_at for passage in story.passages]
    span = (max(moments) - min(moments)).total_seconds()
    age = (max(moments) - candidate.passage.published_at).total_seconds()
    return 0.2 * (1 - age / span) if span else 0.0


# --- the lead --------------------------------------------------------------------------------


def _best_lead(story: _Story, headline: Candidate | None) -> Candidate | None:
    """Return the sentence that tells the story best by itself.

    If none does: another outlet's headline. If that says the same: the headline itself, which at
    least stands on its own; pages show it once. A headline that only announces leads nothing.
    """
    whole = [candidate for candidate in story.sentences if _is_whole(candidate, story)]
    near = [c for c in whole if headline is None or _is_near(c, headline, story)]
    near = [c for c in near if headline is None or not _echoes(c, headline)]
    lead = _top(near, lambda candidate: _lead_score(candidate, story, headline))
    if lead is not None:
        return _with_next(lead, story)
    if headline is None:
        return None
    others = [c for c in story.headlines if _is_near(c, headline, story)]
    fresh = [c for c in others if _overlap(c, headline) < 0.8 and not _is_feature(c)]
    other = _top(fresh, lambda candidate: _headline_score(candidate, story))
    return other or (None if _is_feature(headline) else headline)


def _is_whole(candidate: Candidate, story: _Story) -> bool:
    """Tell whether a reader who sees nothing else understands the sentence."""
    is_bare = not leans(candidate) and not is_question(candidate) and not is_personal(candidate)
    return is_bare and is_in_language(candidate, story.material.language)


def _is_near(candidate: Candidate, headline: Candidate, story: _Story) -> bool:
    """Tell whether a lead belongs under a headline."""
    if candidate.passage.article_id == headline.passage.article_id:
        return True
    shared = len(candidate.stems & headline.stems)
    is_on_it = shared >= 3 or shared >= 0.5 * len(headline.stems)
    return is_on_it and _is_kin(candidate, headline, story)


def _is_feature(headline: Candidate) -> bool:
    """Tell whether a headline announces something to look at rather than something that is so."""
    text = headline.text
    return is_question(headline) or bool(
        _LABELED.match(text) or _UPDATES.search(text) or _BAIT.search(text)
    )


def _top(candidates: Iterable[Candidate], score: Callable[[Candidate], float]) -> Candidate | None:
    return max(candidates, key=lambda c: (score(c), -c.passage.id, -c.start), default=None)


def _lead_score(candidate: Candidate, story: _Story, headline: Candidate | None) -> float:
    count = len(candidate.words)
    score = 4.0 * _centrality(candidate, story.weights) + _standing(candidate, story)
    score += {0: 1.2, 1: 0.5, 2: 0.2}.get(candidate.order, 0.0)
    score -= 0.3 * (candidate.text[-1].isalnum()) + 0.8 * (count < 8)
    score -= 0.6 * (len(candidate.text) > BOX_LENGTH) + 0.5 * (count > 45)
    if headline is not None:
        score += 0.8 * (candidate.passage.article_id == headline.passage.article_id)
        score -= 0.4 * _repeats(candidate, headline)
        score -= 1.0 * (not candidate.stems & headline.stems)
        score -= 0.5 * _has_loose_article(candidate, headline)
    return score + (_recency(candidate, story) if story.material.told_until else 0.0)


# What points at a picture, and what says how things ought to be.
_ASIDE = re.compile(r"\bpictured\b|\bfile photo\b|\b(?:needs? to|should|must|ought to)\b", re.I)


def _standing(candidate: Candidate, story: _Story) -> float:
    """Weigh how well a sentence stands on its own, whatever it says."""
    score = 3.0 * is_in_language(candidate, story.material.language)
    score -= 2.5 * leans(candidate) + 2.0 * is_question(candidate) + 1.2 * is_personal(candidate)
    score -= 1.2 * is_speech(candidate) + 0.3 * candidate.passage.is_copy
    score -= 0.6 * bool(_ASIDE.search(candidate.text))
    return score + 0.3 * bool(candidate.names) + 0.2 * bool(candidate.figures)


def _repeats(candidate: Candidate, headline: Candidate) -> bool:
    """Tell whether a sentence says hardly more than the headline."""
    new = candidate.stems - headline.stems
    return _overlap(candidate, headline) > 0.75 or len(new) < 3


def _echoes(candidate: Candidate, headline: Candidate) -> bool:
    """Tell whether a sentence is the headline once more: nobody reads that twice."""
    return len(candidate.stems - headline.stems) <= 1


_LOOSE = re.compile(r"(?:The|Der|Die|Das|Le|La|Les|El|Los|Las) ([^\W\d_]+)")


def _has_loose_article(candidate: Candidate, headline: Candidate) -> bool:
    """ "The delayed flight …" under a headline without a flight leaves a reader asking which."""
    match = _LOOSE.match(candidate.text)
    if match is None or match.group(1)[0].isupper():
        return False
    noun = set(content_stems(match.group(1), candidate.passage.language))
    return not noun <= headline.stems


def _with_next(lead: Candidate, story: _Story) -> Candidate:
    """Add the sentence that follows, where the lead is short and both fit the box."""
    follower = next(
        (
            c
            for c in story.sentences
            if c.passage.id == lead.passage.id and c.order == lead.order + 1
        ),
        None,
    )
    if follower is None or len(lead.text) > 100 or is_question(follower):
        return lead
    if follower.end - lead.start > BOX_LENGTH or is_personal(follower):
        return lead
    text = lead.passage.text[lead.start : follower.end]
    both = Candidate(lead.passage, text, lead.start, follower.end, lead.order)
    return both if "\n" not in text and _holds(both, Kind.LEAD, story.material) else lead


# --- further facts ---------------------------------------------------------------------------

_ENOUGH = 3.6
_TOO_ALIKE = 0.55


def _details(story: _Story, told: Sequence[Candidate]) -> list[Candidate]:
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


def _continuation(story: _Story, headline: Candidate) -> list[Candidate]:
    """Return the first sentence of the headline's own article, though it leans on the headline."""
    article = headline.passage.article_id
    return [
        candidate
        for candidate in story.sentences
        if candidate.passage.article_id == article
        and candidate.order == 0
        and not is_question(candidate)
        and not is_personal(candidate)
        and not _echoes(candidate, headline)
    ][:1]


def _next_detail(
    story: _Story, told: Sequence[Candidate], chosen: Sequence[Candidate]
) -> Candidate | None:
    """Maximal marginal relevance: what is central and unlike what is told.

    Source: Carbonell and Goldstein, The Use of MMR, SIGIR 1998.
    """
    voices = {candidate.passage.family for candidate in told}
    scored = []
    for candidate in story.sentences:
        if not _may_follow(candidate, told, story):
            continue
        score = 3.0 * _centrality(candidate, story.weights) + _standing(candidate, story)
        score += 0.8 * (candidate.passage.family not in voices) + 0.4 * (candidate.order == 0)
        score -= 1.5 * max(_overlap(candidate, other) for other in told) if told else 0.0
        score -= 0.8 * _repeats_figures(candidate, told)
        scored.append((score, -candidate.passage.id, -candidate.start, candidate))
    best = max(scored, default=None, key=lambda entry: entry[:3])
    return best[3] if best and best[0] >= _ENOUGH else None


def _may_follow(candidate: Candidate, told: Sequence[Candidate], story: _Story) -> bool:
    """A detail is on the story, new, whole by itself, and in the report's language."""
    if leans(candidate) or is_question(candidate) or is_personal(candidate):
        return False
    if not is_in_language(candidate, story.material.language):
        return False
    if any(_overlap(candidate, other) > _TOO_ALIKE for other in told):
        return False
    return not told or _is_kin(candidate, told[0], story)


# --- what changed, what is not known, where sources differ ------------------------------------


def _changes(story: _Story, told: Sequence[Candidate]) -> list[Candidate]:
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
    fresh.sort(key=lambda c: -(_centrality(c, story.weights) + 0.3 * (c.order == 0)))
    for candidate in fresh:
        news = len(candidate.stems - known) / len(candidate.stems)
        if (
            news >= 0.4
            and not is_speech(candidate)
            and _may_follow(candidate, [*told, *chosen], story)
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


def _unknown(story: _Story, told: Sequence[Candidate]) -> list[Candidate]:
    """Return the one sentence in which a publisher says what is not known."""
    for candidate in story.sentences:
        if _NOT_KNOWN.search(candidate.text) and _may_follow(candidate, told, story):
            return [candidate]
    return []


def _differing(story: _Story) -> list[DraftClaim]:
    passages = {passage.id: passage for passage in story.passages}
    language = story.material.language
    whole = [candidate for candidate in story.sentences if _is_whole(candidate, story)]
    whole.sort(key=lambda c: (is_speech(c), len(c.text) > BOX_LENGTH, c.passage.id, c.start))
    claims = disagreements(whole, are_kin=lambda one, other: _is_kin(one, other, story))
    held = (
        c
        for c in claims
        if isinstance(ground(c, passages=passages, language=language), GroundedClaim)
    )
    return list(held)[:MAX_DISAGREEMENTS]


def _quoted_in(claims: Sequence[DraftClaim], story: _Story) -> list[Candidate]:
    """Return the sentences that claims quote, so that no detail takes a side by repeating one."""
    quoted = {quote.text for claim in claims for quote in claim.evidence}
    return [candidate for candidate in story.sentences if candidate.text in quoted]
