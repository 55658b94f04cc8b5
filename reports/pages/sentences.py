"""Sentences as a page shows them: their words, whose words they are, and their evidence."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from itertools import groupby

from reports.models import Claim, Evidence
from reports.pages.corrections import Was
from reports.pages.relative import names_a_relative_day
from reports.pipeline.writers import language_name

# Enough to see a quotation among its neighbors, little enough to stay a note.
CONTEXT_CHARS = 260
LONGEST_WORD = 40
OPENING_QUOTES = '“„«"”'


@dataclass(frozen=True, slots=True)
class Note:
    """One numbered quotation inside its passage, with where it comes from."""

    number: int
    before: str
    quote: str
    after: str
    outlet: str
    headline: str
    url: str
    language: str
    published_at: datetime
    is_headline: bool
    """The passage is the article's own headline."""
    was_found: bool
    """Our search for a second source found the article: it is of no source that we read."""
    in_language: str = ""
    """The name of its language, where it was translated."""
    sentence: int = 0
    """The number of the first sentence that stands on it, as in its permalink."""

    @property
    def anchor(self) -> str:
        return f"note-{self.number}"


@dataclass(frozen=True, slots=True)
class Part:
    """Words that stand on evidence: a whole sentence, or one of the quotations it is made of."""

    text: str
    language: str
    outlet: str
    """Whose words they are, when they are verbatim; else empty."""
    notes: tuple[Note, ...]
    published_at: datetime | None = None
    """When their article came out, when they are verbatim."""
    names_outlet: bool = True
    """The last of several sentences in a row by one outlet names it; the others need not."""
    names_moment: bool = False
    """They hold a word such as “tomorrow”, or end a run of sentences that do."""

    @property
    def is_verbatim(self) -> bool:
        return bool(self.outlet)

    @property
    def holds_quotation(self) -> bool:
        """Whether the words have double quotation marks of their own: single ones go around."""
        return any(mark in self.text for mark in OPENING_QUOTES)


@dataclass(frozen=True, slots=True)
class Sentence:
    """One claim, ready to be set."""

    anchor: str
    kind: str
    text: str
    language: str
    parts: tuple[Part, ...]
    is_translation: bool
    translated_from: str = ""
    """The name of the language of its quotations, if it is a translation and that is known."""
    was: tuple[Was, ...] = ()
    """What corrections did to it, the newest first."""
    is_edited: bool = False
    """An editor wrote it."""
    caveat: str = ""
    """What readers are told of an editor's sentence that no quotation supports."""

    @property
    def is_by_editor(self) -> bool:
        """Whether its words are an editor's own, and not a publisher's that he chose."""
        return self.is_edited and not any(part.is_verbatim for part in self.parts)

    @property
    def outlet(self) -> str:
        """Whose words it is, when it is one publisher's; else empty."""
        return self.parts[0].outlet if len(self.parts) == 1 else ""

    @property
    def number(self) -> str:
        """What the form for errors knows it by."""
        return self.anchor.removeprefix("claim-")

    @property
    def is_analysis(self) -> bool:
        return self.kind == Claim.Kind.WHY

    @property
    def names_moment(self) -> bool:
        return any(part.names_moment for part in self.parts)

    @property
    def notes(self) -> tuple[Note, ...]:
        return tuple(note for part in self.parts for note in part.notes)

    def with_notes_of(self, repeats: Iterable[Sentence]) -> Sentence:
        """Return this sentence with the evidence of those that say the same."""
        more = [note for sentence in repeats for note in sentence.notes]
        *others, last = self.parts
        last = replace(last, notes=tuple(dict.fromkeys([*last.notes, *more])))
        return replace(self, parts=(*others, last))

    @property
    def sets_quotations_side_by_side(self) -> bool:
        return len(self.parts) > 1


@dataclass(slots=True)
class Notes:
    """All evidence of a page, numbered in the order of reading; equal spans share a number."""

    by_span: dict[tuple[int, int, int], Note] = field(default_factory=dict)

    def of(self, evidence: Evidence, claim: Claim) -> Note:
        """Return the note of this evidence of a claim, with the next number if it is new."""
        span = (evidence.passage_id, evidence.start, evidence.end)
        if span not in self.by_span:
            in_language = _translated_from(claim, [evidence])
            note = _note(evidence, len(self.by_span) + 1, in_language=in_language)
            self.by_span[span] = replace(note, sentence=claim.origin or claim.pk)
        return self.by_span[span]

    def __iter__(self) -> Iterator[Note]:
        return iter(self.by_span.values())


def _note(evidence: Evidence, number: int, *, in_language: str) -> Note:
    passage = evidence.passage
    article = passage.article
    return Note(
        number=number,
        before=_end_of(passage.text[: evidence.start]),
        quote=evidence.quote,
        after=_beginning_of(passage.text[evidence.end :]),
        outlet=article.publisher.name,
        headline=article.title,
        url=article.url,
        language=article.language,
        published_at=article.published_at,
        is_headline=passage.number == 0,
        was_found=getattr(evidence, "for_story", None) is not None,
        in_language=in_language,
    )


def _end_of(text: str) -> str:
    """Return the last words of a text, with an ellipsis where it was cut."""
    if len(text) <= CONTEXT_CHARS:
        return text
    kept = text[-CONTEXT_CHARS:]
    broken, space, whole = kept.partition(" ")
    # Not every script parts its words: without a space nearby, any place is as good.
    return f"… {whole if space and len(broken) < LONGEST_WORD else kept}"


def _beginning_of(text: str) -> str:
    """Return the first words of a text, with an ellipsis where it was cut."""
    if len(text) <= CONTEXT_CHARS:
        return text
    kept = text[:CONTEXT_CHARS]
    whole, space, broken = kept.rpartition(" ")
    return f"{whole if space and len(broken) < LONGEST_WORD else kept} …"


def sentence_of(claim: Claim, notes: Notes, *, was: tuple[Was, ...] = ()) -> Sentence:
    """Return a claim as a sentence; its evidence, passages, articles and publishers are loaded.

    was: what corrections did to it
    """
    evidence = sorted(claim.evidence.all(), key=lambda item: item.position)
    return Sentence(
        anchor=claim.anchor,
        kind=claim.kind,
        text=claim.text,
        language=claim.language,
        parts=_parts(claim, evidence, notes),
        is_translation=_is_translation(claim, evidence),
        translated_from=_translated_from(claim, evidence),
        was=was,
        is_edited=claim.is_edited,
        caveat=claim.caveat,
    )


def _parts(claim: Claim, evidence: Sequence[Evidence], notes: Notes) -> tuple[Part, ...]:
    """Tell a publisher's own words from others, by comparing them with what was quoted."""
    if len(evidence) > 1 and _tidy(claim.text) == _side_by_side(evidence):
        return tuple(
            _verbatim(_tidy(item.quote), item, (notes.of(item, claim),)) for item in evidence
        )
    noted = tuple(dict.fromkeys(notes.of(item, claim) for item in evidence))
    quoted = next((item for item in evidence if _tidy(item.quote) == _tidy(claim.text)), None)
    if quoted is None:
        return (Part(claim.text, claim.language, outlet="", notes=noted),)
    return (replace(_verbatim(claim.text, quoted, noted), language=claim.language),)


def _verbatim(text: str, evidence: Evidence, notes: tuple[Note, ...]) -> Part:
    article = evidence.passage.article
    return Part(
        text=text,
        language=article.language,
        outlet=article.publisher.name,
        notes=notes,
        published_at=article.published_at,
        names_moment=names_a_relative_day(text, article.language),
    )


def _side_by_side(evidence: Sequence[Evidence]) -> str:
    """Return the claim that sets these quotations against each other and adds nothing."""
    return " — ".join(f"“{_tidy(item.quote)}”" for item in evidence)


def says_the_same(one: str, other: str) -> bool:
    """Return whether two sentences have the same words; a final full stop makes no difference."""
    return _tidy(one).rstrip(".").casefold() == _tidy(other).rstrip(".").casefold()


def _tidy(text: str) -> str:
    return " ".join(text.split())


def _language(evidence: Evidence) -> str:
    return evidence.passage.article.language


def _is_translation(claim: Claim, evidence: Sequence[Evidence]) -> bool:
    spoken = {_base(_language(item)) for item in evidence} - {""}
    is_foreign = bool(spoken and _base(claim.language) and _base(claim.language) not in spoken)
    return claim.is_translation or is_foreign


def _translated_from(claim: Claim, evidence: Sequence[Evidence]) -> str:
    """Return the languages of a translation's quotations, by name; empty if it is none."""
    if not _is_translation(claim, evidence):
        return ""
    spoken = dict.fromkeys(_base(_language(item)) for item in evidence)
    return ", ".join(language_name(code) for code in spoken if code)


def _base(language: str) -> str:
    return language.partition("-")[0].lower()


def as_paragraph(sentences: Iterable[Sentence]) -> tuple[Sentence, ...]:
    """Return the sentences with an outlet, and a moment, named once for each run of its words."""
    named: list[Sentence] = []
    for _, run in groupby(sentences, key=lambda sentence: sentence.outlet):
        for part_of_run in _by_moment(list(run)):
            named.extend(_named_at_the_end(part_of_run))
    return tuple(named)


def _by_moment(run: list[Sentence]) -> Iterable[list[Sentence]]:
    """Part a run by article if a moment is to be named: it is that of one article only."""
    if not any(sentence.names_moment for sentence in run):
        return [run]
    return [list(some) for _, some in groupby(run, key=lambda one: one.parts[0].published_at)]


def _named_at_the_end(run: Sequence[Sentence]) -> Iterable[Sentence]:
    if not run[0].outlet:
        return run
    *others, last = run
    names_moment = any(sentence.names_moment for sentence in run)
    return [
        *(_with_part(sentence, names_outlet=False, names_moment=False) for sentence in others),
        _with_part(last, names_outlet=True, names_moment=names_moment),
    ]


def _with_part(sentence: Sentence, *, names_outlet: bool, names_moment: bool) -> Sentence:
    part = replace(sentence.parts[0], names_outlet=names_outlet, names_moment=names_moment)
    return replace(sentence, parts=(part,))
