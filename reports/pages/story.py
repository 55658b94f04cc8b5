"""A story: all its coverage in time and by publisher, and the reports that told it."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo
from urllib.parse import urlencode

from django.db.models import F, Prefetch, Q
from django.urls import reverse

from reports.domain.reasons import DECIDED, why_in_words
from reports.domain.topics import TOPICS
from reports.models import Claim, Membership, Report, Section, Sentiment, Story
from reports.pages.charts import CoverageChart, ShareBar
from reports.pages.coverage import Meter, Timeline, voice_of
from sources.domain.countries import country_name

# The longest stories of a year have some hundred articles; beyond this the page says it is cut.
MAX_MEMBERS = 300
MAX_HEIRS = 5
# Merges of merges: more than an editor ever makes, and an end to a circle.
MAX_MERGES = 10

SEARCHED = "Found by a search for a second source."


@dataclass(frozen=True, slots=True)
class Telling:
    """One article of the story, with the later ones that repeat it."""

    member: Membership
    why: str
    marks: tuple[str, ...]
    """What else readers should know of how it came here, a sentence each."""
    copies: tuple[Membership, ...]


@dataclass(frozen=True, slots=True)
class Outlet:
    """A house's coverage of the story: its publishers count as one."""

    name: str
    others: tuple[str, ...]
    """Further publishers of the same family."""
    country: str
    languages: tuple[str, ...]
    articles: int
    copies: int
    first_at: datetime
    timeline: Timeline


@dataclass(frozen=True, slots=True)
class Appearance:
    """A public report that told the story."""

    report: Report
    section_id: int
    zone: tzinfo
    title: str
    language: str
    url: str
    status: str
    status_in_words: str


@dataclass(frozen=True, slots=True)
class Way:
    """A word for what the story is about, with the way to other stories about it."""

    label: str
    url: str


@dataclass(frozen=True, slots=True)
class Subject:
    """What a story is about, in one respect."""

    title: str
    ways: tuple[Way, ...]


@dataclass(frozen=True, slots=True)
class Mood:
    """How the articles speak, as far as it was read."""

    bar: ShareBar
    unknown: int
    confidence: int | None
    """In percent, on average."""


@dataclass(frozen=True, slots=True)
class StoryPage:
    """A story, ready to be set."""

    story: Story
    zone: tzinfo
    tellings: tuple[Telling, ...]
    outlets: tuple[Outlet, ...]
    appearances: tuple[Appearance, ...]
    meter: Meter
    chart: CoverageChart | None
    subjects: tuple[Subject, ...]
    mood: Mood | None
    not_shown: int
    heirs: tuple[Story, ...]
    """Where the articles are now that its reports quoted; only if it has none itself."""

    @property
    def is_empty(self) -> bool:
        return not self.tellings


def story_page(story: Story) -> StoryPage:
    """Return the page of a story, in four queries whatever its coverage; an empty one takes five.

    A story is empty when its articles were found to belong to others after a report told it.
    """
    members = list(
        Membership.objects.filter(story=story)
        .select_related("article__publisher", "article__source", "decision")
        .defer("signature", "article__text", "article__html")
        .order_by("article__published_at", "article_id")[:MAX_MEMBERS]
    )
    appearances = tuple(_appearances(story))
    return StoryPage(
        story=story,
        zone=appearances[0].zone if appearances else UTC,
        tellings=tuple(_tellings(members)),
        outlets=tuple(_outlets(members)),
        appearances=appearances,
        meter=_meter(story, members),
        chart=CoverageChart.of(members),
        subjects=tuple(_subjects(story)),
        mood=_mood(members),
        not_shown=max(story.article_count - len(members), 0) if len(members) == MAX_MEMBERS else 0,
        heirs=() if members else tuple(_heirs(story, appearances)),
    )


def heir_of(story: Story) -> Story:
    """Return the story that took over this one's articles when an editor merged it; or itself."""
    for _ in range(MAX_MERGES):
        heir = story.merged_into
        if heir is None:
            break
        story = heir
    return story


def _meter(story: Story, members: Sequence[Membership]) -> Meter:
    agencies = Counter(member.agency for member in members if member.agency)
    return Meter(
        outlets=story.outlet_count,
        independent=story.independent_count,
        copies=sum(member.copy_of_id is not None for member in members),
        agencies=tuple(name for name, _ in agencies.most_common()),
        voice=voice_of(members) if len(members) < MAX_MEMBERS else "",
    )


def _subjects(story: Story) -> Iterable[Subject]:
    """Return what the story is about, each word leading to other stories about it."""
    topics = [(TOPICS[slug], slug) for slug in story.topics if slug in TOPICS]
    for title, key, named in (
        ("Topics", "topic", topics),
        ("People", "person", [(name, name) for name in story.people]),
        ("Places", "place", [(name, name) for name in story.places]),
        ("Organizations", "organization", [(name, name) for name in story.organizations]),
    ):
        if named:
            yield Subject(title, tuple(Way(label, ways_to(key, value)) for label, value in named))


def ways_to(key: str, value: str) -> str:
    """Return the address of the stories of which this is said."""
    return f"{reverse('reports:stories')}?{urlencode({key: value})}"


def _mood(members: Sequence[Membership]) -> Mood | None:
    """Return how the articles speak; None if no one has read that."""
    known = [member for member in members if member.sentiment]
    labels = {str(one): str(one.label) for one in Sentiment}
    bar = ShareBar.of(Counter(member.sentiment for member in known), labels)
    sure = [m.sentiment_confidence for m in known if m.sentiment_confidence is not None]
    if bar is None:
        return None
    return Mood(
        bar=bar,
        unknown=len(members) - bar.total,
        confidence=round(100 * sum(sure) / len(sure)) if sure else None,
    )


def _heirs(story: Story, appearances: Sequence[Appearance]) -> Iterable[Story]:
    """Return the stories that have the articles which public reports quoted for this one."""
    if not appearances:
        return ()
    quoted = Membership.objects.filter(
        article__passages__evidence__claim__section__in=[one.section_id for one in appearances]
    )
    return Story.objects.filter(memberships__in=quoted).distinct().order_by("pk")[:MAX_HEIRS]


def _tellings(members: Sequence[Membership]) -> Iterable[Telling]:
    """Fold each copy under the article whose text it repeats; a copy of a copy under the first."""
    original_of = {m.article_id: m.copy_of_id for m in members}
    copies: dict[int, list[Membership]] = defaultdict(list)
    heads = []
    for member in members:
        root = _root(member.article_id, original_of)
        if root == member.article_id:
            heads.append(member)
        else:
            copies[root].append(member)
    for member in heads:
        yield Telling(
            member=member,
            why=why_in_words(member.why, is_first=member.similarity == 1),
            marks=tuple(_marks(member)),
            copies=tuple(copies[member.article_id]),
        )


def _root(article_id: int, original_of: Mapping[int, int | None]) -> int:
    seen = {article_id}
    while (parent := original_of.get(article_id)) is not None:
        # The original may be beyond what was loaded; a circle would be a fault, not our end.
        if parent not in original_of or parent in seen:
            break
        seen.add(parent)
        article_id = parent
    return article_id


def _marks(member: Membership) -> Iterable[str]:
    """Say what readers should know beside why: that an editor or a search brought it here."""
    decided = _decided(member)
    # An editor's act says so itself in why.
    if decided and member.why.get("note") != decided:
        yield decided
    if member.article.source.for_story is not None:
        yield SEARCHED


def _decided(member: Membership) -> str:
    decision = member.decision
    return DECIDED.get(decision.kind, "") if decision and not decision.undone_at else ""


def _outlets(members: Sequence[Membership]) -> Iterable[Outlet]:
    """Return each house's part, first to write first; publishers of a family are one house."""
    by_family: dict[str, list[Membership]] = defaultdict(list)
    for member in members:
        by_family[member.article.publisher.family].append(member)
    moments = [member.article.published_at for member in members]
    for own in by_family.values():
        timeline = Timeline.of(own, start=min(moments), end=max(moments))
        name, *others = dict.fromkeys(member.article.publisher.name for member in own)
        country = next(filter(None, (m.article.publisher.country for m in own)), "")
        yield Outlet(
            name=name,
            others=tuple(others),
            country=country_name(country) if country else "",
            languages=tuple(dict.fromkeys(m.article.language for m in own if m.article.language)),
            articles=len(own),
            copies=timeline.copies,
            first_at=own[0].article.published_at,
            timeline=timeline,
        )


def _appearances(story: Story) -> Iterable[Appearance]:
    """Return the tellings that readers can read, newest first."""
    sections = (
        Section.objects.filter(
            Q(revision=F("revision__report__current")),
            story=story,
            revision__report__state=Report.State.PUBLISHED,
        )
        .select_related("revision__report__briefing")
        .defer("revision__record")
        .prefetch_related(
            Prefetch("claims", queryset=Claim.objects.filter(kind=Claim.Kind.HEADLINE))
        )
        .order_by("-revision__report__slot_at", "-pk")
    )
    for section in sections:
        headline = next(iter(section.claims.all()), None)
        report = section.revision.report
        yield Appearance(
            report=report,
            section_id=section.pk,
            zone=report.briefing.zone,
            title=headline.text if headline else story.title,
            language=headline.language if headline else story.language,
            url=f"{report.get_absolute_url()}#{section.anchor}",
            status=section.status,
            status_in_words=section.get_status_display(),
        )
