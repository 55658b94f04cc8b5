"""Choose the headline under which a story is told."""

from __future__ import annotations

import re

from reports.domain.candidates import Candidate, is_in_language, is_personal, is_question
from reports.domain.lexicon import set_of
from reports.domain.subject import (
    Story,
    centrality,
    is_kin,
    is_near,
    is_whole,
    recency,
    top,
)
from reports.domain.words import is_shouting

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


def choose_headline(story: Story) -> Candidate | None:
    """Return the headline that says most, most plainly; None if there is none to publish."""
    best = top(story.headlines, lambda candidate: headline_score(candidate, story))
    if best is None or not (is_feature(best) or shouts(best, story)):
        return best
    plain = [c for c in story.headlines if _is_usable_instead(c, best, story)]
    return top(plain, lambda candidate: headline_score(candidate, story)) or best


def _is_usable_instead(candidate: Candidate, best: Candidate, story: Story) -> bool:
    """Tell whether a plain headline of the same event may stand for one that shouts or teases."""
    is_plain = not (is_feature(candidate) or shouts(candidate, story))
    is_told = is_in_language(candidate, story.material.language) and len(candidate.words) >= 4
    return is_plain and is_told and is_kin(candidate, best, story)


def headline_score(candidate: Candidate, story: Story) -> float:
    """Weigh a headline: central, in the report's language, specific; no bait, no cry, no label."""
    text, count = candidate.text, len(candidate.words)
    score = 3.0 * centrality(candidate, story.weights)
    score += 3.0 * is_in_language(candidate, story.material.language)
    score -= 1.5 * is_question(candidate) + 1.5 * is_shouting(text)
    score -= 2.0 * bool(_LABELED.match(text)) + 1.5 * bool(_UPDATES.search(text))
    score -= 1.0 * bool(_BAIT.search(text)) + 0.6 * is_personal(candidate)
    score -= 0.6 * bool(_SPOKEN_START.search(text)) + 0.3 * candidate.passage.is_copy
    score -= 1.0 * (count < 5) + 0.5 * (count > 18) + 0.4 * ("!" in text)
    score -= 0.5 * shouts(candidate, story)
    score += 0.3 * bool(candidate.names) + 0.2 * bool(candidate.figures)
    return score + 1.5 * _can_be_followed(candidate, story) + recency(candidate, story)


def _can_be_followed(headline: Candidate, story: Story) -> bool:
    """Tell whether some article's first sentence could lead under this headline."""
    return any(
        sentence.order == 0 and is_whole(sentence, story) and is_near(sentence, headline, story)
        for sentence in story.sentences
    )


_ACRONYMS = set_of("who us it aids ice un eu uk am pm bt mps nice act cia fed sat dup")


def shouts(candidate: Candidate, story: Story) -> bool:
    """Tell whether the headline shouts a plain word: "only HALF the kit".

    A word is plain if it is a listed one or if the story's prose writes it small.
    """
    cried = {word.lower() for word in candidate.words if len(word) > 1 and word.isupper()}
    if is_shouting(candidate.text) or cried & _CRIED:
        return True
    plain = {word for word in cried - _ACRONYMS if len(word) > 3 and word.isalpha()}
    return bool(plain) and any(
        word in plain for sentence in story.sentences for word in sentence.words
    )


def is_feature(headline: Candidate) -> bool:
    """Tell whether a headline announces something to look at rather than something that is so."""
    text = headline.text
    return is_question(headline) or bool(
        _LABELED.match(text) or _UPDATES.search(text) or _BAIT.search(text)
    )
