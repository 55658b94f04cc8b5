"""What an article offers to be recognized by: weighted terms, names, figures."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from reports.domain.copies import Sketch, sketch
from reports.domain.words import content_stems, content_words, figures, fold, names_as_written, stem

LEAD_CHARACTERS = 1_500
"""News tells what happened at its start; what follows is background that many events share."""

TITLE_CHARACTERS = 300
"""A longer title is a text in the wrong place."""

TITLE_WEIGHT = 2.0
"""A word in the title counts as often as this in the text: editors put there what is new."""

LABEL_WEIGHT = 0.5
"""A publisher's standing label ("Live:", "Opinion |") says where a text stands, not what it is."""

NAME_WEIGHT = 1.5
"""Names tell events apart better than other words of the same rarity."""

MAX_TERMS = 80
"""An article keeps its heaviest terms, so that memory stays bounded."""

MAX_LABEL_WORDS = 4


@dataclass(frozen=True, slots=True)
class Item:
    """An article as clustering sees it."""

    id: int
    title: str
    text: str
    """The lead or all of the text; only its start is read. May be empty."""
    language: str
    """ISO 639 code, or empty when unknown."""
    family: str
    """The publisher's family."""
    published_at: datetime
    url: str = ""


@dataclass(frozen=True, slots=True)
class Signature:
    """What an article is recognized by; its texts are left behind."""

    id: int
    language: str
    """Without region."""
    family: str
    published_at: datetime
    label: str
    terms: dict[str, float]
    """Weight of each stem before rarity, heaviest first."""
    names: dict[str, str]
    """Names, folded, each with how the article writes it."""
    name_of: dict[str, str]
    """The name that a term is part of, for the terms of names."""
    figures: tuple[str, ...]
    written: dict[str, str]
    """How the article writes each term."""
    sketch: Sketch


def sign(item: Item, *, is_label_standing: bool) -> Signature:
    """Return an article's signature.

    is_label_standing: the publisher puts this title's label (see `label_of`) before many titles
    """
    title, lead = item.title[:TITLE_CHARACTERS], item.text[:LEAD_CHARACTERS]
    language = item.language[:12].partition("-")[0].lower()
    label = label_of(title)
    in_title, in_lead = content_words(title, language), content_words(lead, language)
    names = {**names_as_written(title, language), **names_as_written(lead, language)}
    name_of = _name_of(names, language)
    return Signature(
        id=item.id,
        language=language,
        family=item.family,
        published_at=item.published_at,
        label=label,
        terms=_terms(
            Counter(term for term, _ in in_title),
            Counter(term for term, _ in in_lead),
            named=name_of.keys(),
            label=set(content_stems(label, language)) if is_label_standing else set(),
        ),
        names=names,
        name_of=name_of,
        figures=figures(f"{title}\n{lead}"),
        written={**dict(reversed(in_lead)), **dict(reversed(in_title))},
        sketch=sketch(title, lead),
    )


def _terms(
    in_title: Counter[str], in_lead: Counter[str], *, named: Collection[str], label: set[str]
) -> dict[str, float]:
    """Return the heaviest terms: repeated words grow slowly, names and the title count more."""
    counts: dict[str, float] = dict(in_lead)
    for term, count in in_title.items():
        factor = LABEL_WEIGHT if term in label else TITLE_WEIGHT
        counts[term] = counts.get(term, 0.0) + count * factor
    weights = {
        term: (1 + math.log(count) if count > 1 else count) * (NAME_WEIGHT if term in named else 1)
        for term, count in counts.items()
    }
    return dict(sorted(weights.items(), key=lambda pair: (-pair[1], pair[0]))[:MAX_TERMS])


def _name_of(names: Collection[str], language: str) -> dict[str, str]:
    """Return for each term of a name the longest name that has it, "trump" in "donald trump"."""
    found: dict[str, str] = {}
    for name in sorted(names, key=lambda name: (-len(name.split()), name)):
        for word in name.split():
            found.setdefault(fold(stem(word, language)), name)
    return found


_LABEL = re.compile(r"^([^:|]{2,40})(?::\s|\s\|\s)")


def label_of(title: str) -> str:
    """Return what stands before a title's first colon or bar, folded, or an empty string.

    "The Papers: Kit and vaccine" has the label "the papers". Whether it is a standing label is
    for the caller to know: it is one when the publisher uses it for many articles.
    """
    match = _LABEL.match(title[:TITLE_CHARACTERS])
    if match is None or len(match.group(1).split()) > MAX_LABEL_WORDS:
        return ""
    return fold(match.group(1).strip())
