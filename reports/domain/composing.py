"""Put a report together out of its sentences, by what a model chose or by rule: no word is new.

Ids are those of one request: t1, t2, … for stories and s1, s2, … for sentences, in the order in
which they came. Whatever is chosen is held against them; what does not fit, a rule decides.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from reports.domain.analysis import Kind
from reports.domain.outline import (
    BOX_CLAIMS,
    BOX_LENGTH,
    WORDS_A_MINUTE,
    SectionText,
    Selected,
    compose,
)

MOST_SHORT = 3
"""Sentences of one story in the short version, beside its headline."""
SHORT_WORDS = 3 * WORDS_A_MINUTE
"""The short version with its headlines: what there is no room for stands in the full one."""


@dataclass(frozen=True, slots=True)
class Choice:
    """What a model chose, as it said it."""

    title: str
    order: tuple[str, ...]
    box: tuple[str, ...]
    short: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Composition:
    """Which claims stand where; sections and claims by their places in the request, from 0."""

    order: tuple[int, ...]
    """All sections, in the order of the page."""
    title: Selected | None
    box: tuple[Selected, ...]
    """The 30-second box: claims of different sections, in the order of the page."""
    short: frozenset[Selected]
    """The short version, headlines aside: they always belong to it."""


@dataclass(frozen=True, slots=True)
class Names:
    """What the ids of a request stand for."""

    stories: tuple[str, ...]
    sentences: dict[str, Selected]

    @classmethod
    def of(cls, sections: Sequence[SectionText]) -> Names:
        """Number stories and sentences as `fencing.fence_sections` shows them."""
        places = [
            Selected(section, claim)
            for section, text in enumerate(sections)
            for claim in range(len(text.claims))
        ]
        return cls(
            tuple(f"t{number}" for number in range(1, len(sections) + 1)),
            {f"s{number}": place for number, place in enumerate(places, start=1)},
        )


def by_rule(sections: Sequence[SectionText]) -> Composition:
    """Keep the order of rank; the best leads that are short enough make box and short version."""
    outline = compose(sections)
    order = tuple(range(len(sections)))
    short = _fitting({place.section: [place] for place in _leads(sections)}, order, sections)
    return Composition(order, outline.title, outline.box, short)


def by_choice(
    choice: Choice, sections: Sequence[SectionText], *, pinned: Iterable[int] = ()
) -> Composition:
    """Return what of a choice fits; the rule fills in the rest.

    pinned: sections that staff want to come first, whatever is chosen
    """
    names, rule = Names.of(sections), by_rule(sections)
    order = _order(choice, names, pinned=tuple(pinned))
    title = names.sentences.get(choice.title)
    if title is None or _kind(title, sections) is not Kind.HEADLINE:
        title = _first_headline(order, sections) or rule.title
    short = _fitting(_short(choice, names, sections), order, sections)
    composition = replace(rule, order=order, title=title, short=short)
    return replace(composition, box=_box(choice, names, sections, composition, rule))


def _order(choice: Choice, names: Names, *, pinned: tuple[int, ...]) -> tuple[int, ...]:
    """Return every section once: pinned ones, those that were named, the others by rank."""
    places = {name: place for place, name in enumerate(names.stories)}
    chosen = [places[name] for name in choice.order if name in places]
    return tuple(dict.fromkeys([*pinned, *chosen, *range(len(names.stories))]))


def _box(
    choice: Choice,
    names: Names,
    sections: Sequence[SectionText],
    composition: Composition,
    rule: Composition,
) -> tuple[Selected, ...]:
    """Return sentences of different stories that are short enough, filled up by the rule."""
    chosen = [names.sentences[name] for name in choice.box if name in names.sentences]
    fitting = [place for place in chosen if _is_for_box(place, sections)]
    by_section: dict[int, Selected] = {}
    for place in (*fitting, *rule.box):
        if len(by_section) < BOX_CLAIMS:
            by_section.setdefault(place.section, place)
    rank = {section: position for position, section in enumerate(composition.order)}
    return tuple(sorted(by_section.values(), key=lambda place: rank[place.section]))


def _short(
    choice: Choice, names: Names, sections: Sequence[SectionText]
) -> dict[int, list[Selected]]:
    """Return the sentences that were chosen, few of each story; the lead where none was."""
    kept: dict[int, list[Selected]] = {section: [] for section in range(len(sections))}
    for name in dict.fromkeys(choice.short):
        place = names.sentences.get(name)
        if place is None or _kind(place, sections) is Kind.HEADLINE:
            continue
        if len(kept[place.section]) < MOST_SHORT:
            kept[place.section].append(place)
    for lead in _leads(sections):
        kept[lead.section] = kept[lead.section] or [lead]
    return kept


def _leads(sections: Sequence[SectionText]) -> list[Selected]:
    """Return the first sentence of each story's lead."""
    firsts = [
        [claim for claim, text in enumerate(section.claims) if text.kind is Kind.LEAD][:1]
        for section in sections
    ]
    return [Selected(section, claim) for section, lead in enumerate(firsts) for claim in lead]


def _fitting(
    chosen: Mapping[int, Sequence[Selected]], order: Sequence[int], sections: Sequence[SectionText]
) -> frozenset[Selected]:
    """Return what can be read in time: one sentence of each story, from the top; then the others.

    Headlines are read, too; where nothing else fits, they tell the story.
    """
    room = SHORT_WORDS - sum(
        _length(Selected(section, claim), sections)
        for section, text in enumerate(sections)
        for claim, told in enumerate(text.claims)
        if told.kind is Kind.HEADLINE
    )
    kept: set[Selected] = set()
    for turn in range(MOST_SHORT):
        for section in order:
            for place in chosen.get(section, ())[turn : turn + 1]:
                length = _length(place, sections)
                if length <= room:
                    room -= length
                    kept.add(place)
    return frozenset(kept)


def _length(place: Selected, sections: Sequence[SectionText]) -> int:
    return len(sections[place.section].claims[place.claim].text.split())


def _is_for_box(place: Selected, sections: Sequence[SectionText]) -> bool:
    """Tell whether a sentence reports and is short enough: no headline, no analysis."""
    is_telling = _kind(place, sections) in (Kind.LEAD, Kind.DETAIL, Kind.CHANGED)
    return is_telling and len(sections[place.section].claims[place.claim].text) <= BOX_LENGTH


def _kind(place: Selected, sections: Sequence[SectionText]) -> Kind:
    return sections[place.section].claims[place.claim].kind


def _first_headline(order: Iterable[int], sections: Sequence[SectionText]) -> Selected | None:
    for section in order:
        for claim, text in enumerate(sections[section].claims):
            if text.kind is Kind.HEADLINE:
                return Selected(section, claim)
    return None
