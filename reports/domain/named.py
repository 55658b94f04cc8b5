"""Who and what a story names: people, places and organizations.

A capitalized run of words is a name; which kind of name, evidence must say: a role in front of it
("President X"), a first name that we know, an age, an honorific elsewhere ("Mr X"); an ending such
as "Ministry" or an acronym that the text explains; a gazetteer, or "in X, Texas". What has no
evidence is left out: a missing name is a gap, a wrong one is a lie.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from reports.domain.gazetteer import (
    ACRONYMS,
    BODIES,
    DEMONYMS,
    DIRECTIONS,
    FIRST_NAMES,
    LOCATIVES,
    NOT_NAMES,
    NOT_NAMES_TOGETHER,
    ORGANIZATION_HEADS,
    ORGANIZATION_WORDS,
    PLACE_ENDINGS,
    PLACE_HEADS,
    PLACES,
    ROLE_QUALIFIERS,
    ROLES,
    SPEECH,
    STATES,
    key_of,
)
from reports.domain.telling import Telling
from sources.domain.words import (
    bare_word,
    fold,
    is_shouting,
    is_title_case,
    located,
    names_as_written,
    primary,
)

MAX_NAMES = 8
MAX_NAME_CHARS = 80
MAX_TELLINGS = 60
MAX_PLACE_WORDS = 4
# Such a role is part of how one is called: "Pope Francis", "Prince Charles".
_CALLED_BY_ROLE = frozenset({"pope", "prince", "princess", "king", "queen", "papst", "pape"})
_PARTICLES = frozenset(
    {
        "of",
        "de",
        "von",
        "van",
        "der",
        "den",
        "del",
        "della",
        "di",
        "da",
        "do",
        "dos",
        "du",
        "la",
        "le",
        "al",
        "el",
        "bin",
        "ibn",
        "y",
    }
)
_NO_PART_OF_PERSONS = frozenset({"of", "at", "in", "on", "and", "the", "for", "to", "with"})
# What only the second half of a body's name ends with: "Department of Health and Human Services".
_SECOND_HALF_ENDS = """
    affairs agriculture arts consumption control culture customs development employers energy
    engineers families firefighters fisheries food forestry housing industry infrastructure
    innovation leaders managers medicine nurses obstetricians officers physicians prevention
    protection research science sciences security services sport sports surgeons teachers
    technology tourism trade trades training transport welfare workers youth
    """
_SECOND_HALVES = frozenset(_SECOND_HALF_ENDS.split())
# Such are called by one place or purpose: what follows "University of Oxford and" is another name.
_HEADS_OF_ONE = frozenset({"bank", "church", "college", "court", "museum", "university"})
MAX_HALF_WORDS = 4
_AGE = re.compile(r"\s?[,(]\s?(?:aged )?[1-9][0-9]\b")
_ENDS_SENTENCE = re.compile(r"[^\W\d_][.!?\u2026][\"'\u201d\u2019)]?\s*\Z")
_OPENS_BRACKET = re.compile(r"\s?\(\s?")
_TRUE_NAME = re.compile(r"[^\W\d_]")


@dataclass(frozen=True, slots=True)
class Named:
    """The names of a story, each kind with what most outlets name first."""

    people: tuple[str, ...] = ()
    places: tuple[str, ...] = ()
    organizations: tuple[str, ...] = ()


def names_of(tellings: Sequence[Telling]) -> Named:
    """Return whom and what a story names, at most MAX_NAMES of each kind."""
    found = _Found()
    for number, telling in enumerate(tellings[:MAX_TELLINGS]):
        outlet = telling.outlet or str(number)
        headline = names_as_written(telling.title, telling.language)
        _read(telling.title, headline.values(), telling.language, outlet, found)
        lead = _names_in_sentences(telling.lead, telling.language)
        _read(telling.lead, lead.values(), telling.language, outlet, found)
    return found.summed_up()


@dataclass(slots=True)
class _Found:
    """What the texts of a story have shown so far."""

    people: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    """Outlets by full name."""
    surnames: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    """Outlets by single name behind a role: “President Trump”."""
    places: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    organizations: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    unknown: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    """Outlets by name without evidence of its kind: it may come from another text."""
    honored: set[str] = field(default_factory=set)
    """Keys of single names that only people have: “Mr Bridges”, “Bridges said”."""
    words: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    """Folded capitalized words by outlet: where else somebody is named."""
    short: dict[str, str] = field(default_factory=dict)
    """Keys of acronyms that a text explains, with the name in full."""
    acronyms: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))

    def summed_up(self) -> Named:
        for key, name in self.short.items():
            self.organizations[name] |= self.acronyms.get(key, set())
        organizations = _one_spelling(self.organizations)
        return Named(
            people=_most_named(self._people()),
            places=_most_named(_one_spelling(self.places)),
            organizations=_most_named(organizations),
        )

    def _people(self) -> dict[str, set[str]]:
        """Return people by their full names, with everybody who names them in any way."""
        people = defaultdict(set, {name: set(by) for name, by in self.people.items()})
        evident = {_last(name) for name in people}
        for name, outlets in self.unknown.items():
            # "Give Newsom" is not somebody else than Gavin Newsom.
            if _last(name) in self.honored - evident and _may_be_person(name.split()):
                people[name] |= outlets
        people = defaultdict(set, _without_middle_names(_one_spelling(people)))
        by_surname = Counter(_last(name) for name in people)
        for name in list(people):
            if by_surname[_last(name)] == 1:
                people[name] |= {by for by, words in self.words.items() if _last(name) in words}
        known = {key for name in people for key in key_of(name).split()}
        for name, outlets in _one_spelling(self.surnames).items():
            if key_of(name) not in known:
                people[name] |= outlets
        return people


def _last(name: str) -> str:
    """Return the key of a name's last word; of a double name, of its last part."""
    return fold(re.split("[ -]", name)[-1])


def _without_middle_names(people: Mapping[str, set[str]]) -> dict[str, set[str]]:
    """Fold “Angela Dorothea Merkel” into “Angela Merkel”, and “Kim Jong” into “Kim Jong Un”."""
    shown: dict[str, str] = {}
    by_length = sorted(people, key=lambda name: (len(name.split()), name))
    for name in by_length:
        words = key_of(name).split()
        same = next((other for other in shown if _is_middle_left_out(other, words)), name)
        shown[name] = shown.get(same, name)
    for name in by_length:
        longer = [other for other in by_length if key_of(other).startswith(f"{key_of(name)} ")]
        if longer and shown[name] == name:
            shown[name] = shown[longer[0]]
    folded: dict[str, set[str]] = defaultdict(set)
    for name, outlets in people.items():
        folded[shown[name]] |= outlets
    return folded


def _is_middle_left_out(short: str, words: Sequence[str]) -> bool:
    keys = key_of(short).split()
    return len(keys) < len(words) and (keys[0], keys[-1]) == (words[0], words[-1])


def _one_spelling(names: Mapping[str, set[str]]) -> dict[str, set[str]]:
    """Join the outlets of names that differ in case and accents only, under the first one."""
    shown: dict[str, str] = {}
    joined: dict[str, set[str]] = defaultdict(set)
    for name, outlets in names.items():
        joined[shown.setdefault(key_of(name), name)] |= outlets
    return joined


def _most_named(names: Mapping[str, set[str]]) -> tuple[str, ...]:
    """Return the names that most outlets have; of equals, what was read first."""
    fit = [name for name in names if _TRUE_NAME.search(name) and len(name) <= MAX_NAME_CHARS]
    return tuple(sorted(fit, key=lambda name: -len(names[name]))[:MAX_NAMES])


# --- One text ---------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Text:
    """A text cut in words, to look around a name."""

    text: str
    language: str
    words: tuple[tuple[str, int], ...]
    folded: tuple[str, ...]

    def gap(self, place: int) -> str:
        """Return what stands between a word and the next one."""
        word, start = self.words[place]
        end = self.words[place + 1][1] if place + 1 < len(self.words) else len(self.text)
        return self.text[start + len(word) : end]

    def at(self, place: int) -> str:
        """Return a word, folded; empty beyond the text."""
        return self.folded[place] if 0 <= place < len(self.folded) else ""

    def is_capital(self, place: int) -> bool:
        """Tell whether a word begins with a capital; none beyond the text does."""
        return 0 <= place < len(self.words) and self.words[place][0][:1].isupper()

    def written(self, place: int, run: Sequence[str]) -> str:
        """Return a run with the hyphens that the text has: “James Abbott-Thompson”."""
        gaps = [self.gap(place + number) for number in range(len(run) - 1)]
        pairs = zip(run, [*gaps, ""], strict=True)
        return "".join(word + ("-" if gap == "-" else " ") for word, gap in pairs).strip()

    def find(self, run: Sequence[str]) -> int | None:
        """Return where these folded words stand first."""
        for place, word in enumerate(self.folded):
            if word == run[0] and self.folded[place : place + len(run)] == tuple(run):
                return place
        return None


def _names_in_sentences(text: str, language: str) -> dict[str, str]:
    """Return the names of a text; one that ends like a sentence is no headline in title case.

    “President Ada Okonjo met Prime Minister Emma Field in London.” has mostly capitals, too.
    """
    if _ENDS_SENTENCE.search(text) and is_title_case(text, language):
        text += "\n" + " lower" * len(text.split())
    return names_as_written(text, language)


def _read(text: str, names: Iterable[str], language: str, outlet: str, found: _Found) -> None:
    """Sort out the names of one text."""
    words = located(text)
    if not words:
        return
    code = primary(language)
    folded = tuple(fold(bare_word(word, code)) for word, _ in words)
    found.words[outlet].update(
        key for key, (word, _) in zip(folded, words, strict=True) if word[:1].isupper()
    )
    if is_shouting(text):
        return
    whole = _Text(text, code, words, folded)
    _note_honored(whole, found)
    for run in _whole_names(names, whole):
        _sort_out(run, whole, outlet, found)
    if code == "de" or is_title_case(text, code):
        # Runs of capitals say nothing there; what we know by name does.
        for kind, name in _known_in(whole):
            (found.places if kind == "place" else found.organizations)[name].add(outlet)


def _whole_names(names: Iterable[str], text: _Text) -> Iterator[list[str]]:
    """Yield names as runs of words, those of bodies with what follows an “and”.

    Elsewhere “and” stands between two names: “the University of Oxford and Goldman Sachs”.
    """
    runs, halves = [written.split() for written in names], set[str]()
    for number, run in enumerate(runs):
        half = _second_half(run, text)
        if half:
            runs[number] = [*run, "and", *half]
            halves.add(key_of(" ".join(half)))
    yield from (run for run in runs if key_of(" ".join(run)) not in halves)


def _second_half(run: Sequence[str], text: _Text) -> list[str]:
    """Return the words after “and” that belong to a body's name as well; none for others."""
    keys = [fold(word) for word in run]
    if "of" not in keys[1:] or keys[keys.index("of", 1) - 1] in _HEADS_OF_ONE:
        return []
    place = text.find(keys) if _is_organization(keys) else None
    if place is None or text.at(place + len(run)) != "and":
        return []
    begin = end = place + len(run) + 1
    while end - begin < MAX_HALF_WORDS and text.is_capital(end) and text.gap(end - 1) == " ":
        end += 1
    half = [word for word, _ in text.words[begin:end]]
    return half if half and fold(half[-1]) in _SECOND_HALVES else []


def _note_honored(text: _Text, found: _Found) -> None:
    for place, word in enumerate(text.folded):
        if word in {"mr", "mrs", "ms"} and text.at(place + 1):
            found.honored.add(text.at(place + 1))
        elif word in SPEECH and text.is_capital(place - 1) and not text.is_capital(place - 2):
            # "Bridges said", not "Goldman Sachs said"
            found.honored.add(text.at(place - 1))


def _known_in(text: _Text) -> Iterator[tuple[str, str]]:
    """Yield the places and bodies that we know by name, the longest first."""
    place = 0
    while place < len(text.folded):
        length, kind, name = _known_at(text, place)
        if length:
            yield kind, name
        place += length or 1


def _known_at(text: _Text, place: int) -> tuple[int, str, str]:
    if not text.words[place][0][:1].isupper():
        return 0, "", ""
    for length in range(min(MAX_PLACE_WORDS, len(text.folded) - place), 0, -1):
        written = [word for word, _ in text.words[place : place + length]]
        kind, name = _known(written)
        next_word = text.words[place + length][0] if place + length < len(text.words) else ""
        is_first_name = length == 1 and text.at(place) in FIRST_NAMES and next_word[:1].isupper()
        if name and not is_first_name:
            return length, kind, name
    return 0, "", ""


def _known(run: Sequence[str]) -> tuple[str, str]:
    """Return the kind and shown name of what the lists have; two empty texts for others."""
    written = " ".join(run)
    key = key_of(written)
    if key in ACRONYMS and not written.replace(".", "").isupper():
        return "", ""
    if key in PLACES:
        return "place", PLACES[key]
    if key in BODIES:
        return "organization", BODIES[key]
    return "", ""


# --- One name ---------------------------------------------------------------------


def _sort_out(run: list[str], text: _Text, outlet: str, found: _Found) -> None:
    """Put a name where evidence says that it belongs, or under the unknown."""
    run = _trimmed(run)
    if not run:
        return
    kind, name = _known(run)
    if kind:
        (found.places if kind == "place" else found.organizations)[name].add(outlet)
        return
    keys = [fold(word) for word in run]
    place = text.find(keys)
    after = None if place is None else place + len(run)
    written = " ".join(run) if place is None else text.written(place, run)
    if _is_organization(keys) and " ".join(keys) not in NOT_NAMES_TOGETHER:
        found.organizations[written].add(outlet)
        _note_acronym(run, text, after, found)
    elif _is_place(keys):
        found.places[written].add(outlet)
    elif (role := _last_role(keys)) is not None:
        _sort_out_role(run, role, outlet, found)
    elif len(run) == 1 and run[0].isupper():
        found.acronyms[keys[0]].add(outlet)
    elif place is not None and _stands_for_place(text, place, len(run)):
        found.places[written].add(outlet)
    elif _is_person(run, keys, text, place):
        found.people[written].add(outlet)
    elif not _note_acronym(run, text, after, found) and len(run) > 1:
        found.unknown[written].add(outlet)


def _trimmed(run: list[str]) -> list[str]:
    """Return a run without what belongs to no name: “Friday”, “German”, a particle at its end."""
    start, end = 0, len(run)
    while start < end and _is_idle(run[start]):
        # "South African" is one, "South Africa" is none.
        start += 1
    while start < end and (_is_idle(run[end - 1]) or run[end - 1] in _PARTICLES):
        end -= 1
    return run[start:end]


def _is_idle(word: str) -> bool:
    key = fold(word)
    return key in NOT_NAMES or (key in DEMONYMS and key not in BODIES) or word.isdigit()


def _is_organization(keys: Sequence[str]) -> bool:
    if len(keys) < 2:
        return False
    is_headed = keys[0] in ORGANIZATION_HEADS and keys[1] == "of" and len(keys) > 2
    return is_headed or keys[-1] in ORGANIZATION_WORDS or _has_head_inside(keys)


def _has_head_inside(keys: Sequence[str]) -> bool:
    """Tell “Royal Society of Medicine”, “Los Angeles Department of Health”."""
    return "of" in keys[2:-1] and keys[keys.index("of", 2) - 1] in ORGANIZATION_HEADS


def _is_place(keys: Sequence[str]) -> bool:
    if len(keys) < 2:
        return False
    if keys[-1] in PLACE_ENDINGS or keys[0] in PLACE_HEADS:
        return True
    return keys[0] in DIRECTIONS and " ".join(keys[1:]) in PLACES


def _stands_for_place(text: _Text, place: int, length: int) -> bool:
    """Tell “in Westport, Conn.”: a preposition in front, a place that we know behind."""
    if text.at(place - 1) not in LOCATIVES.get(text.language, LOCATIVES["en"]) or length > 3:
        return False
    end = place + length
    if end >= len(text.words) or text.gap(end - 1).strip() != ",":
        return False
    if text.at(end) in STATES:
        return True
    return _known_at(text, end)[1] == "place"


def _last_role(keys: Sequence[str]) -> int | None:
    """Return where the last role of a run stands: 2 in “US Prime Minister Boris Johnson”."""
    places = [place for place, key in enumerate(keys) if key in ROLES]
    return places[-1] if places else None


def _sort_out_role(run: list[str], role: int, outlet: str, found: _Found) -> None:
    """Take a run apart at its role: “Florida Governor Ron DeSantis”."""
    before, name = run[:role], run[role + 1 :]
    while name and fold(name[0]) in ROLE_QUALIFIERS:
        name = name[1:]
    for length in range(min(len(before), MAX_PLACE_WORDS), 0, -1):
        kind, known = _known(before[:length])
        if kind:
            (found.places if kind == "place" else found.organizations)[known].add(outlet)
            break
    if not name or not _may_be_person(name) or _known(name)[0]:
        return
    if len(name) > 1:
        found.people[" ".join(name)].add(outlet)
    elif fold(run[role]) in _CALLED_BY_ROLE:
        found.people[f"{run[role]} {name[0]}"].add(outlet)
    elif len(name[0]) > 2 and not name[0].isupper():
        found.surnames[name[0]].add(outlet)
        found.honored.add(fold(name[0]))


def _is_person(run: list[str], keys: Sequence[str], text: _Text, place: int | None) -> bool:
    if not 2 <= len(run) <= 5 or not _may_be_person(run):
        return False
    if keys[0] in FIRST_NAMES and len(run) <= 4:
        return True
    if place is None:
        return False
    if text.at(place - 1) in ROLES and text.gap(place - 1).strip() in {"", "."}:
        return True
    return _AGE.match(text.gap(place + len(run) - 1) + text.at(place + len(run))) is not None


def _may_be_person(run: Sequence[str]) -> bool:
    """Tell whether nothing in a run speaks against a person."""
    keys = [fold(word) for word in run]
    return (
        len(run) <= 5
        and run[0][:1].isupper()
        and run[-1][:1].isupper()
        and len(run[-1]) > 1
        and not any(word.isdigit() or (len(word) > 3 and word.isupper()) for word in run)
        and not any(
            key in ORGANIZATION_WORDS
            or key in PLACE_ENDINGS
            or key in NOT_NAMES
            or key in DEMONYMS
            or key in ROLE_QUALIFIERS
            or key in _NO_PART_OF_PERSONS
            for key in keys
        )
    )


def _note_acronym(run: Sequence[str], text: _Text, after: int | None, found: _Found) -> bool:
    """Note “Department of Health (DOH)”; True if the acronym is that of the run."""
    if after is None or after >= len(text.words):
        return False
    acronym = text.words[after][0]
    if not 2 <= len(acronym) <= 8 or not acronym.isupper() or not acronym.isalpha():
        return False
    if not _OPENS_BRACKET.fullmatch(text.gap(after - 1)):
        return False
    initials = "".join(word[0] for word in run if word[0].isupper())
    if fold(initials) != fold(acronym):
        return False
    found.short[fold(acronym)] = " ".join(run)
    found.acronyms[fold(acronym)].add("")
    return True
