"""What the page that edits a draft sends, read into changes; and the page filled in again."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import TypeVar

from patriot.lib.text import clean_text
from reports.admin.picks import Picker, PickLine, lines_of, picker_for, picks_in
from reports.domain.analysis import Kind
from reports.domain.grounding import MAX_CLAIM
from reports.models import Claim, Revision, Section
from reports.pipeline.editing import (
    MAX_CAVEAT_CHARS,
    MAX_QUOTE_CHARS,
    Changes,
    NewSentence,
    Wording,
    thread_of,
)

MAX_PLACE = 999
ADDABLE = tuple(kind for kind in Claim.Kind if kind != Claim.Kind.HEADLINE)


@dataclass(frozen=True, slots=True)
class SentenceLine:
    """A sentence of the page: as it stands, and as the editor wants it."""

    claim: Claim
    thread: int
    text: str
    quotes: str
    """One a line."""
    caveat: str
    place: int
    is_dropped: bool
    is_title: bool
    summary: str
    is_short: bool
    problem: str
    doubt: str
    """Why it does not hold, or is doubted, as it is stored; empty if it is green."""
    owner: str
    """What its picked words are named for."""
    picks: tuple[PickLine, ...] = ()
    picker: Picker | None = None
    """What can be picked, if that was asked for."""

    @property
    def is_open(self) -> bool:
        """Whether its fields are shown at once: something is wrong with them, or being done."""
        return bool(self.problem or self.picks or self.picker)

    @property
    def anchor(self) -> str:
        """Where the page is opened again when something was asked about it."""
        return self.claim.anchor


@dataclass(frozen=True, slots=True)
class NewLine:
    """The empty sentence below each story, or what was typed there."""

    kind: str
    text: str
    quotes: str
    caveat: str
    problem: str
    owner: str
    picks: tuple[PickLine, ...] = ()
    picker: Picker | None = None

    @property
    def is_open(self) -> bool:
        """Whether its fields are shown at once."""
        return bool(self.text or self.picks or self.picker)

    @property
    def anchor(self) -> str:
        """Where the page is opened again when something was asked about it."""
        return f"pick-{self.owner}"


@dataclass(frozen=True, slots=True)
class StoryLine:
    """A story of the page."""

    section: Section
    place: int
    is_dropped: bool
    into: int | None
    sentences: tuple[SentenceLine, ...]
    new: NewLine


Line = TypeVar("Line", SentenceLine, NewLine)


class Sent:
    """The page as it is stored, under what was sent, if something was."""

    def __init__(self, revision: Revision, sent: Mapping[str, str] | None) -> None:
        self.revision = revision
        self._sent = sent
        self._picks = picks_in(sent or ())
        self.sections = list(revision.sections.all())
        self.claims = {
            thread_of(claim): claim for section in self.sections for claim in section.claims.all()
        }

    # --- Reading ----------------------------------------------------------------------
    def changes(self) -> Changes:
        """Return what is wanted beyond what is there."""
        sent = self._sent or {}
        summary = self._summary()
        short = frozenset(t for t in self.claims if f"short-{t}" in sent)
        title = _number(sent.get("title", ""))
        return Changes(
            wordings={t: w for t, w in self._wordings() if f"drop-{t}" not in sent},
            dropped=frozenset(t for t in self.claims if f"drop-{t}" in sent),
            places=self._places(),
            dropped_stories=frozenset(
                s.story_id for s in self.sections if f"story-drop-{s.story_id}" in sent
            ),
            story_places=self._story_places(),
            merged=dict(self._merged()),
            added=tuple(self._added()),
            title=title if title != self._title() else None,
            summary=summary if summary != self._summary_now() else None,
            short=short if short != {t for t, c in self.claims.items() if c.is_short} else None,
        )

    def _wordings(self) -> Iterator[tuple[int, Wording]]:
        for thread, claim in self.claims.items():
            if f"text-{thread}" not in (self._sent or {}):
                continue
            wanted = Wording(
                text=" ".join(self._text(f"text-{thread}", MAX_CLAIM * 2).split()),
                quotes=tuple(_lines(self._text(f"quotes-{thread}", MAX_QUOTE_CHARS * 9))),
                caveat=self._text(f"caveat-{thread}", MAX_CAVEAT_CHARS),
                picks=self._picks.get(str(thread), ()),
            )
            there = Wording(" ".join(claim.text.split()), tuple(_quotes(claim)), claim.caveat)
            if wanted != there:
                yield thread, wanted

    def _places(self) -> dict[int, int]:
        wanted = {t: self._place(f"place-{t}", c.position) for t, c in self.claims.items()}
        return {t: place for t, place in wanted.items() if place != self.claims[t].position}

    def _story_places(self) -> dict[int, int]:
        wanted = {
            s.story_id: self._place(f"story-place-{s.story_id}", s.position) for s in self.sections
        }
        there = {s.story_id: s.position for s in self.sections}
        return {story: place for story, place in wanted.items() if place != there[story]}

    def _merged(self) -> Iterator[tuple[int, int]]:
        for section in self.sections:
            into = _number((self._sent or {}).get(f"story-into-{section.story_id}", ""))
            if into is not None:
                yield section.story_id, into

    def _added(self) -> Iterator[NewSentence]:
        for section in self.sections:
            new = self._new(section, {})
            if new.text.strip():
                kind = new.kind if new.kind in ADDABLE else Claim.Kind.DETAIL
                wording = Wording(
                    text=" ".join(new.text.split()),
                    quotes=tuple(_lines(new.quotes)),
                    caveat=new.caveat,
                    picks=self._picks.get(new.owner, ()),
                )
                yield NewSentence(section.story_id, Kind(kind), wording)

    def _summary(self) -> list[int]:
        asked = {t: _number((self._sent or {}).get(f"summary-{t}", "")) for t in self.claims}
        chosen = [(place, t) for t, place in asked.items() if place is not None]
        return [thread for _, thread in sorted(chosen)]

    def _summary_now(self) -> list[int]:
        chosen = [(c.summary_position or 0, t) for t, c in self.claims.items()]
        return [t for place, t in sorted(chosen) if self.claims[t].summary_position is not None]

    def _title(self) -> int | None:
        """Return the sentence that the title is taken from."""
        same = (t for t, claim in self.claims.items() if claim.text == self.revision.title)
        return next(same, None)

    def _text(self, name: str, chars: int) -> str:
        return clean_text((self._sent or {}).get(name, ""), max_chars=chars).strip()

    def _place(self, name: str, there: int) -> int:
        asked = _number((self._sent or {}).get(name, ""))
        return there if asked is None else min(asked, MAX_PLACE)

    # --- Showing ----------------------------------------------------------------------
    def stories(
        self, problems: Mapping[int, str], doubts: Mapping[int, str]
    ) -> tuple[StoryLine, ...]:
        """Return the page's stories, with what is wrong.

        problems: of what was sent, by thread; of added ones by minus their number
        doubts:   of what is stored, by the claim's id
        """
        sent, merged = self._sent or {}, dict(self._merged())
        added = [one.story for one in self._added()]
        by_story = {story: problems.get(-number, "") for number, story in enumerate(added, start=1)}
        return tuple(
            StoryLine(
                section=section,
                place=self._place(f"story-place-{section.story_id}", section.position),
                is_dropped=f"story-drop-{section.story_id}" in sent,
                into=merged.get(section.story_id),
                sentences=self._lines_of(section, problems, doubts),
                new=self._new(section, by_story),
            )
            for section in self.sections
        )

    def _lines_of(
        self, section: Section, problems: Mapping[int, str], doubts: Mapping[int, str]
    ) -> tuple[SentenceLine, ...]:
        """Return a story's sentences in the order that is wanted."""
        lines = [self._line(claim, problems, doubts) for claim in section.claims.all()]
        return tuple(sorted(lines, key=lambda line: line.place))

    def _line(
        self, claim: Claim, problems: Mapping[int, str], doubts: Mapping[int, str]
    ) -> SentenceLine:
        thread, sent = thread_of(claim), self._sent
        typed = sent is not None and f"text-{thread}" in sent
        place = "" if claim.summary_position is None else str(claim.summary_position)
        return SentenceLine(
            claim=claim,
            thread=thread,
            text=self._text(f"text-{thread}", MAX_CLAIM * 2) if typed else claim.text,
            quotes=self._text(f"quotes-{thread}", MAX_QUOTE_CHARS * 9)
            if typed
            else "\n".join(_quotes(claim)),
            caveat=self._text(f"caveat-{thread}", MAX_CAVEAT_CHARS) if typed else claim.caveat,
            place=self._place(f"place-{thread}", claim.position),
            is_dropped=sent is not None and f"drop-{thread}" in sent,
            is_title=(_number(sent.get("title", "")) if sent else self._title()) == thread,
            summary=sent.get(f"summary-{thread}", "")[:3] if sent is not None else place,
            is_short=f"short-{thread}" in sent if sent is not None else claim.is_short,
            problem=problems.get(thread, ""),
            doubt=doubts.get(claim.pk, ""),
            owner=str(thread),
        )

    def _new(self, section: Section, problems: Mapping[int, str]) -> NewLine:
        story = section.story_id
        return NewLine(
            kind=(self._sent or {}).get(f"new-kind-{story}", Claim.Kind.DETAIL),
            text=self._text(f"new-text-{story}", MAX_CLAIM * 2),
            quotes=self._text(f"new-quotes-{story}", MAX_QUOTE_CHARS * 9),
            caveat=self._text(f"new-caveat-{story}", MAX_CAVEAT_CHARS),
            problem=problems.get(story, ""),
            owner=f"new-{story}",
        )

    # --- Evidence that is picked --------------------------------------------------------
    def owner_named(self, name: str) -> str:
        """Return the owner of this name, as a button sends it; "" if there is none."""
        stories = {f"new-{section.story_id}" for section in self.sections}
        return name if name in stories | {str(thread) for thread in self.claims} else ""

    def with_picks(self, stories: Iterable[StoryLine], *, picking: str) -> tuple[StoryLine, ...]:
        """Add what was picked, and what there is to pick from for one sentence.

        picking: the owner of that sentence; empty for none
        """
        lines = lines_of(self._picks)
        return tuple(
            replace(
                story,
                sentences=tuple(
                    self._with_picks(line, story.section, lines, picking)
                    for line in story.sentences
                ),
                new=self._with_picks(story.new, story.section, lines, picking),
            )
            for story in stories
        )

    def _with_picks(
        self,
        line: Line,
        section: Section,
        lines: Mapping[str, tuple[PickLine, ...]],
        picking: str,
    ) -> Line:
        picks, picker = lines.get(line.owner, ()), None
        if line.owner == picking:
            picker = picker_for(
                section,
                picking,
                look=(self._sent or {}).get(f"look-{picking}", ""),
                words=line.text,
                chosen=self._picks.get(picking, ()),
            )
        return replace(line, picks=picks, picker=picker) if picks or picker else line


# --- Two editors at once ----------------------------------------------------------------
def fields_of(revision: Revision) -> dict[str, str]:
    """Return what the page of a text sends if nothing is changed."""
    page = Sent(revision, None)
    found: dict[str, str] = {}
    for story in page.stories({}, {}):
        found[f"story-place-{story.section.story_id}"] = str(story.place)
        found[f"story-into-{story.section.story_id}"] = ""
        for line in story.sentences:
            found |= _fields_of(line)
    return found


def _fields_of(line: SentenceLine) -> dict[str, str]:
    found = {
        f"text-{line.thread}": line.text,
        f"quotes-{line.thread}": line.quotes,
        f"caveat-{line.thread}": line.caveat,
        f"place-{line.thread}": str(line.place),
        f"summary-{line.thread}": line.summary,
    }
    if line.is_title:
        found["title"] = str(line.thread)
    if line.is_short:
        found[f"short-{line.thread}"] = "on"
    return found


def rebased(sent: Mapping[str, str], *, base: Revision, newest: Revision) -> dict[str, str]:
    """Return what an editor changed of `base`, laid over what the newest text says now.

    Fields that he left alone show what somebody else made of them.
    """
    before, merged = fields_of(base), fields_of(newest)
    for name in {*before, *sent}:
        typed, there = _same_ends(sent.get(name)), before.get(name)
        if typed == there:
            continue
        if typed is None:
            merged.pop(name, None)
        else:
            merged[name] = typed
    return merged


def _same_ends(value: str | None) -> str | None:
    """Return a field's value with the line ends that pages are made with."""
    return None if value is None else value.replace("\r\n", "\n")


def _quotes(claim: Claim) -> Iterable[str]:
    return (" ".join(item.quote.split()) for item in claim.evidence.all())


def _lines(text: str) -> Iterator[str]:
    return (" ".join(line.split()) for line in text.splitlines() if line.strip())


def _number(text: str) -> int | None:
    """Return a whole number as forms send them; None for anything else."""
    text = text.strip()
    return int(text) if text.isascii() and text.isdigit() and len(text) < 19 else None
