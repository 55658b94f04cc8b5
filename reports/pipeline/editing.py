"""Editing: an editor's changes to a draft, as the next text of the report.

What an editor writes is checked like what a model writes: every quotation is found in the passages
of its story, every sentence is grounded on them. A sentence that nothing supports stands only with
a caveat that readers see. Either all changes are made or none.

Errors:

* NotEdited    nothing was changed; `problems` says why, by the sentence's thread
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from django.db import transaction

from patriot.accounts.models import User
from patriot.lib.text import clean_text, one_line
from reports.domain.analysis import (
    DraftClaim,
    GroundedClaim,
    Kind,
    Quote,
    Rejected,
    SourcePassage,
)
from reports.domain.grounding import MAX_CLAIM, MAX_EVIDENCE, check_shape, find_span, ground
from reports.domain.reading import NotGroundedError
from reports.models import Claim, Evidence, Membership, Revision, Section
from reports.pipeline.drafting import next_text, take_pen
from reports.pipeline.evidence import passages_of, quotable

MAX_CAVEAT_CHARS = 300
MAX_WHY_CHARS = 300
MAX_QUOTE_CHARS = 2_000
WHOLE = 0
"""The thread under which a problem stands that is none of one sentence."""


class NotEdited(Exception):
    """Nothing was changed; each problem is a sentence."""

    def __init__(self, problems: Mapping[int, str]) -> None:
        super().__init__(" ".join(problems.values()))
        self.problems = dict(problems)


@dataclass(frozen=True, slots=True)
class Pick:
    """Words of a passage, by their place in it."""

    passage_id: int
    start: int
    end: int

    def words_in(self, passage: str) -> str:
        """Return the words; "" if the passage has no such place."""
        return passage[self.start : self.end] if self.start < self.end <= len(passage) else ""


@dataclass(frozen=True, slots=True)
class Wording:
    """What a sentence shall say, and the words that it shall stand on."""

    text: str
    quotes: tuple[str, ...]
    """Words of the story's passages; the code finds where they stand."""
    caveat: str = ""
    picks: tuple[Pick, ...] = ()
    """Words that were pointed at, beside those that were written down."""


@dataclass(frozen=True, slots=True)
class NewSentence:
    """A sentence that an editor adds to a story."""

    story: int
    kind: Kind
    wording: Wording


@dataclass(frozen=True, slots=True)
class Changes:
    """What an editor wants of a text. Sentences are named by their thread, sections by story."""

    wordings: Mapping[int, Wording] = field(default_factory=dict)
    dropped: frozenset[int] = frozenset()
    places: Mapping[int, int] = field(default_factory=dict)
    """Where sentences shall stand among those of their section; lower is earlier."""
    dropped_stories: frozenset[int] = frozenset()
    story_places: Mapping[int, int] = field(default_factory=dict)
    merged: Mapping[int, int] = field(default_factory=dict)
    """Stories whose sentences go into another one's section."""
    added: Sequence[NewSentence] = ()
    title: int | None = None
    """The sentence whose words are the title; None leaves it."""
    summary: Sequence[int] | None = None
    """The 30 seconds, in order; None leaves them."""
    short: frozenset[int] | None = None
    """The short version; None leaves it."""

    @property
    def in_words(self) -> str:
        """What is changed, for the desk's history."""
        counted = (
            (len(self.wordings), "reworded"),
            (len(self.added), "added"),
            (len(self.dropped), "dropped"),
            (len(self.dropped_stories), "stories dropped"),
            (len(self.merged), "stories merged"),
        )
        said = [f"{number} {what}" for number, what in counted if number]
        if self.places or self.story_places:
            said.append("order changed")
        if self.title is not None or self.summary is not None or self.short is not None:
            said.append("title or short versions chosen")
        return ", ".join(said) or "nothing changed"


def thread_of(claim: Claim) -> int:
    """Return what names a sentence in every text of its report."""
    return claim.origin or claim.pk


def edit(
    base: Revision, changes: Changes, *, editor: User | None, now: datetime, why: str = ""
) -> Revision:
    """Make the next text of a report with these changes in it.

    why: what the editor says about it, beside what code sees
    Raises NotEdited with all that is wrong, ChangedMeanwhile if `base` is not the newest, and
    GoneOut if readers have it by now.
    """
    checked = _Checked(base, changes)
    checked.refuse_what_is_wrong()
    said = one_line(why, max_chars=MAX_WHY_CHARS)
    edits = " ".join(filter(None, [said, f"({changes.in_words})"]))
    with transaction.atomic():
        take_pen(base.report)
        copy = next_text(base, editor=editor, edits=edits, now=now)
        _apply(copy, changes, checked)
        _compose(copy, changes)
    copy.refresh_from_db()
    return copy


# --- Checking -------------------------------------------------------------------------
class _Checked:
    """The changes beside the text they are for: grounded, and what is wrong with them."""

    def __init__(self, base: Revision, changes: Changes) -> None:
        self.changes = changes
        self.problems: dict[int, str] = {}
        self.sections = {section.story_id: section for section in base.sections.all()}
        claims = Claim.objects.filter(section__revision=base).prefetch_related("evidence")
        self.claims = {thread_of(claim): claim for claim in claims}
        self._story_of = {pk: story for story, s in self.sections.items() for pk in [s.pk]}
        self._ids = {
            section.pk: tuple(quotable(section, self._claims_of(section)))
            for section in self.sections.values()
        }
        self._passages = passages_of(pk for ids in self._ids.values() for pk in ids)
        self.grounded: dict[int, GroundedClaim | None] = {}
        self.added: list[tuple[NewSentence, GroundedClaim | None]] = []

    def refuse_what_is_wrong(self) -> None:
        """Check everything; raise NotEdited with all problems at once."""
        self._check_names()
        if not self.problems:
            for thread, wording in self.changes.wordings.items():
                self._check_wording(thread, wording)
            for number, sentence in enumerate(self.changes.added, start=1):
                self._check_added(-number, sentence)
            self._check_what_is_left()
        if self.problems:
            raise NotEdited(self.problems)

    def _claims_of(self, section: Section) -> Iterable[Claim]:
        return (claim for claim in self.claims.values() if claim.section_id == section.pk)

    def passages_for(
        self, section: Section, claim: Claim | None = None
    ) -> dict[int, SourcePassage]:
        """Return what a sentence of this section may quote; first what it quotes already.

        Copies say the same words: whoever rewords a sentence keeps the outlet that it stands on.
        """
        own = [item.passage_id for item in claim.evidence.all()] if claim else []
        ids = [*own, *self._ids[section.pk]]
        return {pk: self._passages[pk] for pk in ids if pk in self._passages}

    def _check_names(self) -> None:
        changes = self.changes
        threads = {*changes.wordings, *changes.dropped, *changes.places, *(changes.summary or ())}
        threads |= {*(changes.short or ())} | ({changes.title} if changes.title else set())
        stories = {*changes.dropped_stories, *changes.story_places, *changes.merged}
        stories |= {*changes.merged.values()} | {one.story for one in changes.added}
        if threads - self.claims.keys() or stories - self.sections.keys():
            self.problems[WHOLE] = "This text has no such sentence or story (any more)."
        for story, into in changes.merged.items():
            if story == into or into in changes.merged or into in changes.dropped_stories:
                self.problems[WHOLE] = "A story can only be merged into one that stays."

    def _check_wording(self, thread: int, wording: Wording) -> None:
        if thread in self.changes.dropped:
            return
        claim = self.claims[thread]
        section = self.sections[self._story_of[claim.section_id]]
        passages = self.passages_for(section, claim)
        self.grounded[thread] = self._checked(
            thread, Kind(claim.kind), wording, section.story.language, passages
        )

    def _check_added(self, key: int, sentence: NewSentence) -> None:
        if sentence.kind is Kind.HEADLINE:
            self.problems[key] = "A story has its headline already: reword it."
            return
        section = self.sections[sentence.story]
        found = self._checked(
            key,
            sentence.kind,
            sentence.wording,
            section.story.language,
            self.passages_for(section),
        )
        self.added.append((sentence, found))

    def _checked(
        self,
        key: int,
        kind: Kind,
        wording: Wording,
        language: str,
        passages: Mapping[int, SourcePassage],
    ) -> GroundedClaim | None:
        """Return the sentence as it is grounded; None if it stands by its caveat alone."""
        result = _grounded(kind, wording, language, passages)
        if isinstance(result, GroundedClaim):
            return result
        if wording.caveat.strip() and kind is not Kind.HEADLINE:
            result = shape_of(wording)
        if result:
            self.problems[key] = result
        return None

    def _check_what_is_left(self) -> None:
        """A text keeps a story, a story its headline and a sentence to tell."""
        changes = self.changes
        gone = changes.dropped_stories
        if not set(self.sections) - gone - set(changes.merged):
            self.problems[WHOLE] = "A report needs at least one story. Hold it instead."
        for thread in changes.dropped:
            claim = self.claims[thread]
            story = self._story_of[claim.section_id]
            if claim.kind == Kind.HEADLINE and story not in gone and story not in changes.merged:
                self.problems[thread] = "A story keeps its headline: reword it, or drop the story."
        caveats = {
            thread
            for thread, claim in self.claims.items()
            if (thread in self.grounded and self.grounded[thread] is None)
            or (claim.caveat and thread not in self.grounded)
        }
        alone = {*(changes.summary or ()), *(changes.short or ())}
        alone |= {changes.title} if changes.title else set()
        for thread in alone & caveats:
            self.problems[thread] = "A sentence with a caveat may not stand alone: not here."
        for thread in alone & changes.dropped:
            self.problems[thread] = "It is dropped and chosen at once."


def _grounded(
    kind: Kind, wording: Wording, language: str, passages: Mapping[int, SourcePassage]
) -> GroundedClaim | str:
    """Return the grounded sentence, or what is wrong with it.

    language: the story's, for a sentence without a quotation
    """
    if wrong := shape_of(wording):
        return wrong
    quotes = list[Quote]()
    for words in wording.quotes[: MAX_EVIDENCE + 1]:
        found = list(_found(words, passages.values()))
        if not found:
            shown = one_line(words, max_chars=80)
            return f"These words stand in none of the story's passages: “{shown}”."
        # Two outlets may say the same: each line is another one's.
        quotes += [quote for quote in found if quote not in quotes][:1]
    for pick in wording.picks[: MAX_EVIDENCE + 1]:
        passage = passages.get(pick.passage_id)
        picked = Quote(pick.passage_id, pick.words_in(passage.text) if passage else "")
        if not picked.text:
            return "The words that were picked stand in none of the story's passages."
        if picked not in quotes:
            quotes.append(picked)
    text = one_line(wording.text, max_chars=MAX_CLAIM)
    draft = DraftClaim(kind=kind, text=text, evidence=tuple(quotes))
    spoken = next((passages[quote.passage_id].language for quote in quotes), language)
    result = ground(draft, passages=passages, language=spoken or "en")
    return result.reason if isinstance(result, Rejected) else result


def shape_of(wording: Wording) -> str:
    """Return what is wrong with a sentence or its caveat whatever supports it; "" if nothing is."""
    parts = (
        (wording.text, MAX_CLAIM, "A sentence"),
        (wording.caveat, MAX_CAVEAT_CHARS, "A caveat"),
    )
    for words, chars, name in parts:
        if one_line(words, max_chars=chars) != " ".join(words.split()):
            return f"{name} has at most {chars} characters, and none that hide."
        if words.strip() or name == "A sentence":
            try:
                check_shape(words)
            except NotGroundedError as error:
                return f"{name}: {error}"
    return ""


def _found(words: str, passages: Iterable[SourcePassage]) -> Iterable[Quote]:
    """Yield where words stand, for each passage that has them."""
    sought = clean_text(words, max_chars=MAX_QUOTE_CHARS).strip()
    for passage in passages if sought else ():
        span = find_span(sought, passage)
        if span is not None:
            yield Quote(passage.id, span.quote)


# --- Applying -------------------------------------------------------------------------
def _apply(copy: Revision, changes: Changes, checked: _Checked) -> None:
    sections = {section.story_id: section for section in copy.sections.all()}
    claims = {thread_of(claim): claim for claim in Claim.objects.filter(section__revision=copy)}
    Claim.objects.filter(pk__in=[claims[thread].pk for thread in changes.dropped]).delete()
    for thread, grounded in checked.grounded.items():
        _reword(claims[thread], changes.wordings[thread], grounded)
    for sentence, grounded in checked.added:
        _add(sections[sentence.story], sentence, grounded)
    for story, into in changes.merged.items():
        _merge(sections[story], sections[into])
    gone = [sections[story].pk for story in {*changes.dropped_stories, *changes.merged}]
    Section.objects.filter(pk__in=gone).delete()
    # A story of which every sentence but its headline was dropped tells nothing.
    _arrange(copy, changes)


def _reword(claim: Claim, wording: Wording, grounded: GroundedClaim | None) -> None:
    text = grounded.text if grounded else one_line(wording.text, max_chars=MAX_CLAIM)
    # What a second reading said of these very words holds, whatever sign was added.
    has_same_words = _words(text) == _words(claim.text)
    claim.text = text
    claim.caveat = "" if grounded else one_line(wording.caveat, max_chars=MAX_CAVEAT_CHARS)
    claim.language = grounded.language if grounded else claim.language
    claim.is_edited, claim.is_quotation, claim.is_translation = True, False, False
    if claim.caveat or not has_same_words:
        claim.ruling = ""
    if claim.caveat:
        claim.is_short, claim.summary_position = False, None
    claim.save()
    claim.evidence.all().delete()
    _stand_on(claim, grounded)


def _words(text: str) -> list[str]:
    return re.findall(r"\w+", text.casefold())


def _add(section: Section, sentence: NewSentence, grounded: GroundedClaim | None) -> None:
    wording = sentence.wording
    last = section.claims.order_by("-position").values_list("position", flat=True).first()
    claim = Claim.objects.create(
        section=section,
        position=(last or 0) + 1,
        kind=sentence.kind,
        text=grounded.text if grounded else one_line(wording.text, max_chars=MAX_CLAIM),
        language=grounded.language if grounded else section.story.language,
        is_edited=True,
        caveat="" if grounded else one_line(wording.caveat, max_chars=MAX_CAVEAT_CHARS),
    )
    _stand_on(claim, grounded)


def _stand_on(claim: Claim, grounded: GroundedClaim | None) -> None:
    Evidence.objects.bulk_create(
        Evidence(
            claim=claim,
            position=position,
            passage_id=span.passage_id,
            start=span.start,
            end=span.end,
            quote=span.quote,
        )
        for position, span in enumerate(grounded.evidence if grounded else (), start=1)
    )


def _merge(source: Section, into: Section) -> None:
    """Move a section's sentences, but for its headline, behind those of another one.

    What is counted is never overstated: outlets are counted anew, and of independent voices there
    are at least as many as either story had.
    """
    last = into.claims.order_by("-position").values_list("position", flat=True).first() or 0
    for claim in source.claims.exclude(kind=Claim.Kind.HEADLINE).order_by("position"):
        last += 1
        Claim.objects.filter(pk=claim.pk).update(section=into, position=last)
    told = Membership.objects.filter(story__in=[source.story_id, into.story_id])
    outlets = told.values("article__publisher").distinct().count()
    into.given = sorted({*into.given, *source.given})
    into.article_count += source.article_count
    into.copy_count += source.copy_count
    into.outlet_count = min(outlets, into.outlet_count + source.outlet_count)
    into.independent_count = max(into.independent_count, source.independent_count)
    into.agencies = sorted({*into.agencies, *source.agencies})
    into.save()


def _arrange(copy: Revision, changes: Changes) -> None:
    """Number sections and sentences from 1, in the order that is wanted."""
    sections = sorted(
        copy.sections.all(),
        key=lambda s: _in_order(s.position, changes.story_places.get(s.story_id)),
    )
    for position, section in enumerate(sections, start=1):
        Section.objects.filter(pk=section.pk).update(position=position)
        claims = sorted(
            section.claims.all(),
            key=lambda c: _in_order(c.position, changes.places.get(thread_of(c))),
        )
        # Out of each other's way first: a place is taken once.
        for claim in claims:
            Claim.objects.filter(pk=claim.pk).update(position=claim.position + 10_000)
        for place, claim in enumerate(claims, start=1):
            Claim.objects.filter(pk=claim.pk).update(position=place)


def _in_order(position: int, wanted: int | None) -> tuple[int, int, int]:
    """Return a key to sort by: who moves up comes before the one that is there, down after it."""
    if wanted is None or wanted == position:
        return position, 0, position
    return wanted, -1 if wanted < position else 1, position


def _compose(copy: Revision, changes: Changes) -> None:
    """Choose title, 30 seconds and short version among the sentences that stand."""
    claims = {
        thread_of(claim): claim
        for claim in Claim.objects.filter(section__revision=copy).order_by(
            "section__position", "position"
        )
    }
    if changes.summary is not None:
        _mark(claims, {thread: place for place, thread in enumerate(changes.summary, start=1)})
    if changes.short is not None:
        pks = [claims[thread].pk for thread in changes.short if thread in claims]
        Claim.objects.filter(section__revision=copy).update(is_short=False)
        Claim.objects.filter(pk__in=pks).update(is_short=True)
    copy.title = _title(copy, claims, changes)
    copy.save(update_fields=["title"])


def _mark(claims: Mapping[int, Claim], places: Mapping[int, int]) -> None:
    for thread, claim in claims.items():
        Claim.objects.filter(pk=claim.pk).update(summary_position=places.get(thread))


def _title(copy: Revision, claims: Mapping[int, Claim], changes: Changes) -> str:
    """Return the chosen title, else the old one as it reads now, else the first headline."""
    if changes.title in claims:
        return claims[changes.title].text  # type: ignore[index]
    base = copy.based_on
    if base is not None:
        carrier = Claim.objects.filter(section__revision=base, text=base.title).first()
        if carrier is not None and thread_of(carrier) in claims:
            return claims[thread_of(carrier)].text
    headlines = [claim for claim in claims.values() if claim.kind == Claim.Kind.HEADLINE]
    return headlines[0].text if headlines else copy.title
