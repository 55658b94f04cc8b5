"""What a story is about: the closed list of topics, and how its words say which.

Every article of a story is read for itself: each keyword of its headline and lead counts once, in
the headline twice, and the section that its address names counts like a keyword or two. Articles
of one outlet are one voice; the story's topics are those that its outlets speak of on average.
Nothing is learned: whoever wonders about a topic finds the words that decided in `why`.

Read by a person on 195 stories of three mornings of twelve outlets: nine of ten topics are right;
one story in eight has none. Two of the word lists were changed after the last 70 of these stories
had been read, so that no figure here is of stories that the lists had never seen.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from types import MappingProxyType

from reports.domain.telling import Telling
from reports.domain.topic_words import LEXICONS, SECTIONS
from sources.domain.words import content_of, content_words, primary, tokens

TOPICS: Mapping[str, str] = MappingProxyType(
    {
        "politics": "Politics",
        "conflict": "War and conflict",
        "economy": "Economy",
        "crime": "Crime and justice",
        "disaster": "Disasters and accidents",
        "health": "Health",
        "science": "Science and technology",
        "environment": "Environment",
        "society": "Society",
        "education": "Education",
        "labor": "Work",
        "sport": "Sport",
        "culture": "Culture",
        "lifestyle": "Lifestyle",
        "religion": "Religion",
        "weather": "Weather",
    }
)
"""Every topic, by its slug, as readers are told."""

SOFT = frozenset({"sport", "culture", "lifestyle"})
"""What one can do without on a busy morning."""

MAX_TOPICS = 3
MAX_TELLINGS = 60
MAX_WHY = 6
MAX_WORDS_CHARS = 80
STRONG, WEAK = 2.0, 0.8
IN_TITLE, IN_LEAD = 2.0, 1.0
MAX_FROM_LEAD = 6.0
"""A long lead must not outweigh the headline by its length."""

OF_SECTION = 3.0
OF_SOFT_SECTION = 5.0
"""A sports page is about sport, whatever else its words speak of."""

ENOUGH = 2.4
"""A weak word of the headline with one of the lead, or a strong one of either and a weak one."""
SHARE_OF_FIRST = 0.5
"""Of the first topic's weight: below it a story only mentions a topic."""

# English is what unknown languages borrow from most.
_FALLBACK = "en"
_MIN_SUFFIX, _MIN_PREFIX = 4, 4
_NUMBER_AT_END = re.compile(r"-\d+$")


@dataclass(frozen=True, slots=True)
class Topic:
    """A topic of a story."""

    slug: str
    weight: float
    why: tuple[str, ...]
    """The words that decided, as the articles write them; sections as “/sport/”."""


@dataclass(frozen=True, slots=True)
class _Keyword:
    topic: str
    weight: float
    rest: tuple[str, ...]
    """The stems that follow in a phrase."""
    exact: str
    """The word as it must be written; empty for any form."""


def topics_of(tellings: Sequence[Telling]) -> tuple[Topic, ...]:
    """Return what a story is about, first what it is most about: none to MAX_TOPICS topics."""
    voices: dict[str, list[dict[str, float]]] = defaultdict(list)
    words: dict[str, dict[str, int]] = defaultdict(dict)
    for number, telling in enumerate(tellings[:MAX_TELLINGS]):
        voices[telling.outlet or str(number)].append(_read(telling, words))
    weights: dict[str, float] = defaultdict(float)
    for articles in voices.values():
        for article in articles:
            for topic, weight in article.items():
                weights[topic] += weight / len(articles) / len(voices)
    return _chosen(weights, words)


def _chosen(
    weights: Mapping[str, float], words: Mapping[str, Mapping[str, int]]
) -> tuple[Topic, ...]:
    ranked = sorted(weights.items(), key=lambda pair: (-pair[1], pair[0]))
    if not ranked or ranked[0][1] < ENOUGH:
        return ()
    least = max(ENOUGH, SHARE_OF_FIRST * ranked[0][1])
    return tuple(
        Topic(slug, round(weight, 2), _most_said(words[slug]))
        for slug, weight in ranked[:MAX_TOPICS]
        if weight >= least
    )


def _most_said(counts: Mapping[str, int]) -> tuple[str, ...]:
    ranked = sorted(counts, key=lambda word: (-counts[word], word))
    return tuple(ranked[:MAX_WHY])


def _read(telling: Telling, words: dict[str, dict[str, int]]) -> dict[str, float]:
    """Return the weight of each topic in one article, and note its words."""
    weights: dict[str, float] = defaultdict(float)
    from_lead: dict[str, float] = defaultdict(float)
    seen: set[tuple[str, str]] = set()
    for text, factor, sums in (
        (telling.title, IN_TITLE, weights),
        (telling.lead, IN_LEAD, from_lead),
    ):
        for keyword, stem, written in _keywords_in(text, telling.language):
            if (keyword.topic, stem) not in seen:
                seen.add((keyword.topic, stem))
                sums[keyword.topic] += factor * keyword.weight
                _note(words, keyword.topic, written)
    for topic, weight in from_lead.items():
        weights[topic] += min(weight, MAX_FROM_LEAD)
    for topic, section in sections_of(telling.url).items():
        weights[topic] += OF_SOFT_SECTION if topic in SOFT else OF_SECTION
        _note(words, topic, f"/{section}/")
    return weights


def _note(words: dict[str, dict[str, int]], topic: str, word: str) -> None:
    words[topic][word] = words[topic].get(word, 0) + 1


def _keywords_in(text: str, language: str) -> Iterator[tuple[_Keyword, str, str]]:
    """Yield each keyword of a text with the stem that it begins with, and as written."""
    code = primary(language)
    lexicon = _lexicon(code if code in LEXICONS else _FALLBACK)
    found = content_words(text, language)
    read_until: dict[str, int] = defaultdict(int)
    for place, (stem, _) in enumerate(found):
        keywords = lexicon.get(stem) or (_by_suffix(stem, lexicon) if code == "de" else ())
        for keyword in _longest(keywords, found, place):
            if place < read_until[keyword.topic]:
                continue  # "court" of "supreme court"
            end = read_until[keyword.topic] = place + 1 + len(keyword.rest)
            phrase = " ".join(word for _, word in found[place:end])
            yield keyword, stem, phrase.lower()[:MAX_WORDS_CHARS]


def _longest(
    keywords: Sequence[_Keyword], found: Sequence[tuple[str, str]], place: int
) -> Iterator[_Keyword]:
    """Yield the keywords that stand at this place, of each topic the longest."""
    topics: set[str] = set()
    for keyword in keywords:
        following = found[place + 1 : place + 1 + len(keyword.rest)]
        if (
            keyword.topic not in topics
            and tuple(stem for stem, _ in following) == keyword.rest
            and keyword.exact in {"", found[place][1].lower()}
        ):
            topics.add(keyword.topic)
            yield keyword


def _by_suffix(stem: str, lexicon: Mapping[str, tuple[_Keyword, ...]]) -> tuple[_Keyword, ...]:
    """Return what the last part of a German compound says: “Bundestagswahl” is a “Wahl”."""
    for start in range(_MIN_PREFIX, min(len(stem) - _MIN_SUFFIX, 24) + 1):
        keywords = lexicon.get(stem[start:])
        if keywords:
            return tuple(keyword for keyword in keywords if not keyword.rest)
    return ()


@lru_cache(maxsize=len(LEXICONS))
def _lexicon(language: str) -> Mapping[str, tuple[_Keyword, ...]]:
    """Return the keywords of a language by the stem that they begin with."""
    found: dict[str, list[_Keyword]] = defaultdict(list)
    for topic, text in LEXICONS[language].items():
        strong, _, weak = text.partition("|")
        for weight, entries in ((STRONG, strong), (WEAK, weak)):
            for entry in entries.split():
                stems = stems_of_keyword(entry, language)
                if stems:
                    exact = entry[1:] if entry.startswith("=") else ""
                    found[stems[0]].append(_Keyword(topic, weight, stems[1:], exact))
    return {
        stem: tuple(sorted(keywords, key=lambda keyword: (-len(keyword.rest), -keyword.weight)))
        for stem, keywords in found.items()
    }


def stems_of_keyword(entry: str, language: str) -> tuple[str, ...]:
    """Return the stems of a keyword of the lists; none if a stop word would be lost from it."""
    words = tokens(entry.lstrip("=").replace("-", " "))
    stems = [content_of(word, language, False) for word in words]
    return tuple(stem for found in stems for stem in found) if all(stems) else ()


def sections_of(url: str) -> dict[str, str]:
    """Return the topics that an address names, each with the section that says so.

    The last part of a path is the article's own name; only “business-52364055” is a section.
    """
    _, _, rest = url[:500].lower().partition("://")
    host, _, path = rest.partition("?")[0].partition("#")[0].partition("/")
    *folders, last = path.split("/")
    parts = [host.partition(".")[0], *folders[:5]]
    if _NUMBER_AT_END.search(last):
        parts.append(_NUMBER_AT_END.sub("", last))
    return {topic: name for part in parts for topic, name in _topics_of_section(part)}


def _topics_of_section(part: str) -> Iterable[tuple[str, str]]:
    name = _NUMBER_AT_END.sub("", part)
    if name in SECTIONS:
        return [(SECTIONS[name], name)]
    words = name.split("-")
    # “science-environment”, “uk-politics”
    return [(SECTIONS[word], name) for word in words if word in SECTIONS] if len(words) == 2 else []
