"""A report as readers see it."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from math import ceil
from zoneinfo import ZoneInfo

from django.db.models import Count, F, Prefetch, Q, QuerySet, Sum, prefetch_related_objects

from patriot.ledger.models import Call
from reports.models import (
    Briefing,
    Claim,
    Evidence,
    Membership,
    Prompt,
    Report,
    Revision,
    Section,
    Story,
)
from reports.pages.authorship import Asked, Authorship, after_colon
from reports.pages.corrections import (
    NO_NOTES,
    CorrectionNote,
    CorrectionNotes,
    Was,
    notes_of,
    notes_of_texts,
)
from reports.pages.coverage import Coverage, Meter, Timeline
from reports.pages.sentences import (
    Note,
    Notes,
    Sentence,
    as_paragraph,
    says_the_same,
    sentence_of,
)
from reports.pages.still import Still, still_in
from reports.pages.why_here import WhyHere, why_here

WORDS_A_MINUTE = 220
MAX_OUTLETS = 10

# The blocks of a section below its details, in the order of reading: kind, title, is analysis.
BLOCKS = (
    (Claim.Kind.CHANGED, "What changed", False),
    (Claim.Kind.DIFFERS, "Where sources differ", False),
    (Claim.Kind.UNKNOWN, "What is not known", False),
    (Claim.Kind.WHY, "Why it matters", True),
)


@dataclass(frozen=True, slots=True)
class Block:
    """A titled part of a section."""

    title: str
    is_analysis: bool
    sentences: tuple[Sentence, ...]


@dataclass(frozen=True, slots=True)
class Teller:
    """An outlet that tells a story."""

    name: str
    was_found: bool
    """Only our search for a second source found it: we do not read it."""


@dataclass(frozen=True, slots=True)
class SectionPage:
    """One story as the report tells it."""

    position: int
    anchor: str
    story_id: int
    storyline_id: int
    status: str
    status_in_words: str
    headline: Sentence | None
    fallback_headline: str
    in_headline: tuple[Sentence, ...]
    """Sentences that only repeat the headline: not printed again, but links to them still lead."""
    lead: tuple[Sentence, ...]
    detail: tuple[Sentence, ...]
    blocks: tuple[Block, ...]
    meter: Meter
    outlets: tuple[Teller, ...]
    more_outlets: int
    timeline: Timeline | None
    fallback: str
    """Why it was written without the model that should have, after a colon; else empty."""
    why: WhyHere | None
    """What its place in the report is made of; None in reports that did not keep it."""
    second_source: str
    """What came of looking for a second source, if that was done: a sentence or two."""
    more_sentences: int
    """What the short version leaves out."""
    dropped: tuple[Was, ...] = ()
    """What corrections took out of it, the newest first."""

    @property
    def title(self) -> str:
        return self.headline.text if self.headline else self.fallback_headline

    @property
    def language(self) -> str:
        return self.headline.language if self.headline else ""

    @property
    def notes(self) -> tuple[Note, ...]:
        """The evidence of all its sentences, by number."""
        told = [
            *self.lead,
            *self.detail,
            *(one for block in self.blocks for one in block.sentences),
        ]
        if self.headline:
            told.append(self.headline)
        notes = {note.number: note for sentence in told for note in sentence.notes}
        return tuple(notes[number] for number in sorted(notes))


@dataclass(frozen=True, slots=True)
class Point:
    """A sentence of the 30-second box, under the headline of its story."""

    sentence: Sentence
    headline: str
    """Empty if the sentence is the headline."""
    language: str
    section_anchor: str


@dataclass(frozen=True, slots=True)
class LeftOut:
    """A story that is not in the report."""

    title: str
    language: str
    outlets: int
    story_id: int | None


@dataclass(frozen=True, slots=True)
class LeftOutFor:
    """Stories that were left out for the same reason."""

    reason: str
    stories: tuple[LeftOut, ...]


@dataclass(frozen=True, slots=True)
class ReportPage:
    """A whole report, ready to be set."""

    report: Report
    briefing: Briefing
    revision: Revision
    title: str
    title_anchor: str
    """Where the sentence stands that the title is taken from."""
    title_language: str
    sections: tuple[SectionPage, ...]
    summary: tuple[Point, ...]
    notes: tuple[Note, ...]
    coverage: Coverage
    still: tuple[Still, ...]
    """Stories told before and without news."""
    left_out: tuple[LeftOutFor, ...]
    word_count: int
    used_count: int
    """Articles that the evidence is taken from."""
    publishers: tuple[str, ...]
    authorship: Authorship
    prompts: tuple[Prompt, ...]
    """Those that a model was given, or would have been."""
    is_short: bool
    """This is the short version."""
    short_word_count: int
    """0 where there is no short version, or none that is shorter."""
    full_word_count: int
    corrections: tuple[CorrectionNote, ...] = ()
    """What was put right since it was published, the newest first."""

    @property
    def short_minutes(self) -> int:
        return minutes_for(self.short_word_count)

    @property
    def full_minutes(self) -> int:
        return minutes_for(self.full_word_count)

    @property
    def zone(self) -> ZoneInfo:
        return self.briefing.zone

    @property
    def minutes(self) -> int:
        return minutes_for(self.word_count)

    @property
    def notices(self) -> tuple[str, ...]:
        """What a reader should know before reading: a sentence each."""
        return notices_of(self.report, self.revision, self.authorship)


def minutes_for(words: int) -> int:
    """Return how long a calm reader needs, at least a minute."""
    return max(1, ceil(words / WORDS_A_MINUTE))


def notices_of(report: Report, revision: Revision, authorship: Authorship) -> tuple[str, ...]:
    """Return why a published report is late or shorter, and what was written without a model."""
    reason = report.reason.strip() if report.is_published else ""
    budget = str(revision.budget.get("sentence", ""))
    notice = "" if authorship.notice in reason else authorship.notice
    return tuple(filter(None, [reason, budget, notice]))


def next_slot_at(briefing: Briefing, now: datetime) -> datetime | None:
    """Return when the briefing's next report is due; None while it is switched off."""
    slot = briefing.next_slot(now)
    return slot.at if slot else None


def with_evidence(claims: QuerySet[Claim]) -> QuerySet[Claim]:
    """Load for these claims all that a page shows of their evidence; two queries in all."""
    evidence = (
        Evidence.objects.select_related("passage__article__publisher")
        .annotate(for_story=F("passage__article__source__for_story"))
        .defer("passage__article__text", "passage__article__html")
    )
    return claims.prefetch_related(Prefetch("evidence", queryset=evidence))


def report_page(report: Report, revision: Revision, *, is_short: bool = False) -> ReportPage:
    """Return the page of one text of a report, in seven queries whatever its length.

    One more if it has lines on stories told before; up to three if it is not the first text.

    is_short: only what belongs to the short version
    """
    sections = _sections_of([revision])
    return _page(
        report,
        revision,
        sections,
        members=_members_of(sections, report),
        languages=_languages_of(revision.left_out),
        still=still_in([revision])[revision.pk],
        is_short=is_short,
        noted=notes_of(report, revision),
    )


def report_pages(reports: Sequence[Report]) -> list[ReportPage]:
    """Return the current texts of reports as a list of them needs: without coverage in time.

    Four queries, whatever their number and length, one for stories told before, and up to three
    for corrections; `current` and `briefing` are loaded.
    """
    revisions = [report.current for report in reports if report.current]
    prefetch_related_objects(revisions, "prompts")
    sections: dict[int, list[Section]] = defaultdict(list)
    for section in _sections_of(revisions):
        sections[section.revision_id].append(section)
    still = still_in(revisions)
    noted = notes_of_texts(revisions)
    return [
        _page(
            report,
            report.current,
            sections[report.current.pk],
            members={},
            languages={},
            still=still[report.current.pk],
            noted=noted[report.current.pk],
        )
        for report in reports
        if report.current
    ]


def sections_as_told(sections: QuerySet[Section]) -> list[tuple[Section, SectionPage]]:
    """Return sections, whatever reports they are from, each with the page of it; four queries.

    Their evidence is numbered within each.
    """
    return [
        (section, _section_page(section, (), Notes(), usual_language=""))
        for section in _with_claims(sections)
    ]


def _sections_of(revisions: Sequence[Revision]) -> list[Section]:
    """Return the sections of these texts, with all that is shown of their claims."""
    of_them = Section.objects.filter(revision__in=revisions)
    return list(_with_claims(of_them.order_by("revision_id", "position")))


def _with_claims(sections: QuerySet[Section]) -> QuerySet[Section]:
    claims = with_evidence(Claim.objects.order_by("position"))
    return sections.select_related("story").prefetch_related(Prefetch("claims", queryset=claims))


def _page(
    report: Report,
    revision: Revision,
    sections: Sequence[Section],
    *,
    members: Mapping[int, Sequence[Membership]],
    languages: Mapping[int, str],
    still: tuple[Still, ...],
    is_short: bool = False,
    noted: CorrectionNotes = NO_NOTES,
) -> ReportPage:
    told = [claim for section in sections for claim in section.claims.all()]
    short = [claim for claim in told if claim.is_short]
    is_short = is_short and bool(short)
    claims = short if is_short else told
    box = [claim for claim in told if claim.summary_position is not None]
    cited = set(_evidence_of([*claims, *box]))
    notes = Notes()
    summary = summary_of(sections, notes)
    usual = _usual_language(sections)
    pages = tuple(
        _section_page(
            section,
            members.get(section.story_id, ()),
            notes,
            usual_language=usual,
            is_short=is_short,
            noted=noted,
        )
        for section in sections
    )
    prompts = tuple(sorted(revision.prompts.all(), key=lambda prompt: prompt.purpose))
    title_claim = next((claim for claim in claims if claim.text == revision.title), None)
    return ReportPage(
        report=report,
        briefing=report.briefing,
        revision=revision,
        title=revision.title or (pages[0].title if pages else str(report.briefing)),
        title_anchor=title_claim.anchor if title_claim else "",
        title_language=title_claim.language if title_claim else "",
        sections=pages,
        summary=summary,
        notes=tuple(notes),
        coverage=Coverage.of(revision.coverage),
        still=still,
        left_out=tuple(_left_out(revision.left_out, languages)),
        word_count=_words_in(claims),
        is_short=is_short,
        short_word_count=_words_in(short) if len(short) < len(told) else 0,
        full_word_count=_words_in(told),
        used_count=len({item.passage.article_id for item in cited}),
        publishers=tuple(sorted({item.passage.article.publisher.name for item in cited})),
        authorship=Authorship.of(revision, sections, prompts=prompts),
        prompts=prompts,
        corrections=noted.corrections,
    )


def _words_in(claims: Iterable[Claim]) -> int:
    return sum(len(claim.text.split()) for claim in claims)


def spent_on(page: ReportPage) -> Asked | None:
    """Return what the report cost; None, without a query, if no model was to be asked."""
    if not page.prompts:
        return None
    calls = Call.objects.filter(subject=page.report.subject).order_by()
    total = calls.aggregate(requests=Count("pk"), cost_usd=Sum("cost_usd", default=Decimal(0)))
    return Asked(**total, is_printed=bool(page.authorship.models))


def summary_of(sections: Iterable[Section], notes: Notes) -> tuple[Point, ...]:
    """Return the sentences of the 30-second box, in its order."""
    chosen = [
        (claim.summary_position, section, claim)
        for section in sections
        for claim in section.claims.all()
        if claim.summary_position is not None
    ]
    chosen.sort(key=lambda item: item[0])
    return tuple(_point(section, sentence_of(claim, notes)) for _, section, claim in chosen)


def _point(section: Section, sentence: Sentence) -> Point:
    headline = headline_of(section)
    title = headline.text if headline else section.story.title
    return Point(
        sentence=sentence,
        headline="" if says_the_same(title, sentence.text) else title,
        language=headline.language if headline else section.story.language,
        section_anchor=section.anchor,
    )


def headline_of(section: Section) -> Claim | None:
    """Return the headline of a section among its loaded claims."""
    return next((c for c in section.claims.all() if c.kind == Claim.Kind.HEADLINE), None)


def _evidence_of(claims: Iterable[Claim]) -> Iterable[Evidence]:
    return (item for claim in claims for item in claim.evidence.all())


def _members_of(sections: Sequence[Section], report: Report) -> Mapping[int, Sequence[Membership]]:
    """Return what came in about each section's story in the report's window.

    That is what the section counts. Of an older article that only changed, all coverage until
    then is shown: what it said before is not known any more. What a search for a second source
    found came a moment later.
    """
    before: dict[int, list[Membership]] = defaultdict(list)
    members: dict[int, list[Membership]] = defaultdict(list)
    found = [pk for section in sections for pk in section.corroboration.get("articles", ())]
    rows = (
        Membership.objects.filter(
            Q(article__first_seen_at__lte=report.window_end) | Q(article__in=found),
            story__in=[section.story_id for section in sections],
        )
        .select_related("article__publisher")
        .annotate(for_story=F("article__source__for_story"))
        .only(
            "story_id",
            "copy_of_id",
            "article__published_at",
            "article__first_seen_at",
            "article__publisher__name",
            "article__publisher__family",
        )
        .order_by("article__published_at", "article_id")
    )
    for member in rows:
        is_fresh = member.article.first_seen_at > report.window_start
        (members if is_fresh else before)[member.story_id].append(member)
    return {
        section.story_id: members[section.story_id] or before[section.story_id]
        for section in sections
    }


def _usual_language(sections: Iterable[Section]) -> str:
    """Return the language that most of the stories are told in; empty if none is known."""
    known = Counter(_base_language(section) for section in sections)
    known.pop("", None)
    return known.most_common(1)[0][0] if known else ""


def _base_language(section: Section) -> str:
    return section.story.language.partition("-")[0].lower()


def _section_page(
    section: Section,
    members: Sequence[Membership],
    notes: Notes,
    *,
    usual_language: str,
    is_short: bool = False,
    noted: CorrectionNotes = NO_NOTES,
) -> SectionPage:
    told = section.claims.all()
    shown = [claim for claim in told if claim.is_short or not is_short]
    sentences: dict[str, list[Sentence]] = defaultdict(list)
    for claim in sorted(shown, key=_reading_order):
        was = noted.of_sentences.get(claim.anchor, ())
        sentences[claim.kind].append(sentence_of(claim, notes, was=was))
    outlets = _tellers(members)
    headline, repeats = _headline(sentences)
    lead, detail = (
        as_paragraph(sentence for sentence in sentences[kind] if sentence not in repeats)
        for kind in (Claim.Kind.LEAD, Claim.Kind.DETAIL)
    )
    return SectionPage(
        position=section.position,
        anchor=section.anchor,
        story_id=section.story_id,
        storyline_id=section.story.storyline_id,
        status=section.status,
        status_in_words=section.get_status_display(),
        headline=headline,
        fallback_headline=section.story.title,
        in_headline=repeats,
        lead=lead,
        detail=detail,
        blocks=tuple(
            Block(title, is_analysis, tuple(sentences[kind]))
            for kind, title, is_analysis in BLOCKS
            if sentences[kind]
        ),
        meter=Meter.of_section(
            section, members, is_foreign=_base_language(section) not in ("", usual_language)
        ),
        outlets=tuple(outlets[:MAX_OUTLETS]),
        more_outlets=max(len(outlets) - MAX_OUTLETS, 0),
        timeline=_timeline(members),
        fallback=after_colon(section.fallback),
        why=why_here(section.score),
        second_source=section.corroboration.get("sentence", ""),
        more_sentences=len(told) - len(shown),
        dropped=noted.dropped.get(section.story_id, ()),
    )


def _tellers(members: Sequence[Membership]) -> list[Teller]:
    """Return who tells a story, those first who told it first."""
    read = {m.article.publisher.name for m in members if getattr(m, "for_story", None) is None}
    names = dict.fromkeys(member.article.publisher.name for member in members)
    return [Teller(name, was_found=name not in read) for name in names]


def _headline(
    sentences: Mapping[str, Sequence[Sentence]],
) -> tuple[Sentence | None, tuple[Sentence, ...]]:
    """Return the headline with all evidence of its words, and the sentences that repeat it."""
    headline = next(iter(sentences[Claim.Kind.HEADLINE]), None)
    if headline is None:
        return None, ()
    told = [*sentences[Claim.Kind.LEAD], *sentences[Claim.Kind.DETAIL]]
    repeats = tuple(one for one in told if says_the_same(headline.text, one.text))
    return headline.with_notes_of(repeats), repeats


READING_ORDER = (
    Claim.Kind.HEADLINE,
    Claim.Kind.LEAD,
    Claim.Kind.DETAIL,
    *(k for k, _, _ in BLOCKS),
)


def _reading_order(claim: Claim) -> tuple[int, int]:
    """Notes are numbered as the eye meets them, whatever order the claims were stored in."""
    return READING_ORDER.index(Claim.Kind(claim.kind)), claim.position


def _timeline(members: Sequence[Membership]) -> Timeline | None:
    """Return a story's coverage from its first article to its last; None for a single one."""
    if len(members) < 2:
        return None
    moments = [member.article.published_at for member in members]
    return Timeline.of(members, start=min(moments), end=max(moments))


def _entries_of(stored: object) -> Sequence[Mapping[str, object]]:
    """Read the revision's JSON; an entry without a title is none."""
    return [entry for entry in (stored if isinstance(stored, list) else []) if _title_of(entry)]


def _languages_of(stored: object) -> Mapping[int, str]:
    """Return the languages of those stories left out that we still have."""
    stories = Story.objects.filter(pk__in=[_story_of(entry) for entry in _entries_of(stored)])
    return dict(stories.values_list("pk", "language"))


def _left_out(stored: object, languages: Mapping[int, str]) -> Iterable[LeftOutFor]:
    """Return what was left out, reason by reason."""
    stories: dict[str, list[LeftOut]] = defaultdict(list)
    for entry in _entries_of(stored):
        story_id, outlets = _story_of(entry), entry.get("outlets")
        stories[str(entry.get("reason") or "")].append(
            LeftOut(
                title=_title_of(entry),
                language=languages.get(story_id or 0, ""),
                outlets=outlets if isinstance(outlets, int) else 0,
                story_id=story_id if story_id in languages else None,
            )
        )
    return (LeftOutFor(reason, tuple(some)) for reason, some in stories.items())


def _title_of(entry: object) -> str:
    return str(entry.get("title") or "") if isinstance(entry, dict) else ""


def _story_of(entry: Mapping[str, object]) -> int | None:
    story = entry.get("story")
    return story if isinstance(story, int) else None
