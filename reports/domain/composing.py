"""Put a report together out of its sentences, by what a model chose or by rule: no word is new.

Ids are those of one request: t1, t2, … for stories and s1, s2, … for sentences, in the order in
which they came. Whatever is chosen is held against them; what does not fit, a rule decides.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from reports.domain.analysis import Kind
from reports.domain.outline import BOX_CLAIMS, BOX_LENGTH, SectionText, Selected, compose

MOST_SHORT = 3
"""Sentences of one story in the short version, beside its headline."""


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
    leads = {
        Selected(section, next(p for p, c in enumerate(text.claims) if c.kind is Kind.LEAD))
        for section, text in enumerate(sections)
        if any(claim.kind is Kind.LEAD for claim in text.claims)
    }
    order = tuple(range(len(sections)))
    return Composition(order, outline.title, outline.box, frozenset(leads))


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
    composition = replace(rule, order=order, title=title, short=_short(choice, names, sections))
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


def _short(choice: Choice, names: Names, sections: Sequence[SectionText]) -> frozenset[Selected]:
    """Return the sentences that were chosen, few of each story; the lead where none was."""
    kept: dict[int, list[Selected]] = {section: [] for section in range(len(sections))}
    for name in dict.fromkeys(choice.short):
        place = names.sentences.get(name)
        if place is None or _kind(place, sections) is Kind.HEADLINE:
            continue
        if len(kept[place.section]) < MOST_SHORT:
            kept[place.section].append(place)
    rule = by_rule(sections).short
    for section, places in kept.items():
        if not places:
            places.extend(place for place in rule if place.section == section)
    return frozenset(place for places in kept.values() for place in places)


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
