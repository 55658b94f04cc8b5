"""A story: all its coverage in time and by publisher, and the reports that told it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo
from typing import Any

from django.db.models import F, Prefetch, Q

from reports.models import Claim, Membership, Report, Section, Story
from reports.pages.coverage import Meter, Timeline

# The longest stories of a year have some hundred articles; beyond this the page says it is cut.
MAX_MEMBERS = 300
MAX_SHARED = 6
MAX_HEIRS = 5


@dataclass(frozen=True, slots=True)
class Telling:
    """One article of the story, with the later ones that repeat it."""

    member: Membership
    why: str
    copies: tuple[Membership, ...]


@dataclass(frozen=True, slots=True)
class Outlet:
    """A publisher's coverage of the story."""

    name: str
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
class StoryPage:
    """A story, ready to be set."""

    story: Story
    zone: tzinfo
    tellings: tuple[Telling, ...]
    outlets: tuple[Outlet, ...]
    appearances: tuple[Appearance, ...]
    meter: Meter
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
        .select_related("article__publisher")
        .defer("article__text")
        .order_by("article__published_at", "article_id")[:MAX_MEMBERS]
    )
    appearances = tuple(_appearances(story))
    copies = sum(member.copy_of_id is not None for member in members)
    return StoryPage(
        story=story,
        zone=appearances[0].zone if appearances else UTC,
        tellings=tuple(_tellings(members)),
        outlets=tuple(_outlets(members)),
        appearances=appearances,
        meter=Meter(story.outlet_count, story.independent_count, copies),
        not_shown=max(story.article_count - len(members), 0) if len(members) == MAX_MEMBERS else 0,
        heirs=() if members else tuple(_heirs(story, appearances)),
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


def why_in_words(why: Mapping[str, Any], *, is_first: bool) -> str:
    """Say in a sentence or two why an article belongs to its story; nothing if it is not known."""
    note = why.get("note")
    said = [_shared_in_words(why), note if isinstance(note, str) else ""]
    return " ".join(filter(None, said)) or ("With it we found the story." if is_first else "")


def _shared_in_words(why: Mapping[str, Any]) -> str:
    shared = [
        f"the {noun}{'s' if len(words) > 1 else ''} {_listed(words)}"
        for noun, words in (
            ("name", _strings(why.get("names"))),
            ("figure", _strings(why.get("figures"))),
            ("word", _strings(why.get("terms"))),
        )
        if words
    ]
    if not shared:
        return ""
    hours = why.get("hours_apart")
    apart = f", {_hours(hours)}" if isinstance(hours, int | float) and hours >= 0.5 else ""
    return f"Shares {_listed(shared)}{apart}."


def _strings(value: object) -> list[str]:
    return [str(word) for word in value[:MAX_SHARED]] if isinstance(value, list) else []


def _hours(hours: float) -> str:
    rounded = round(hours)
    return "about an hour apart" if rounded <= 1 else f"about {rounded} hours apart"


def _listed(words: Sequence[str]) -> str:
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}"


def _outlets(members: Sequence[Membership]) -> Iterable[Outlet]:
    """Return each publisher's part, first to write first."""
    by_name: dict[str, list[Membership]] = defaultdict(list)
    for member in members:
        by_name[member.article.publisher.name].append(member)
    moments = [member.article.published_at for member in members]
    for name, own in by_name.items():
        timeline = Timeline.of(own, start=min(moments), end=max(moments))
        yield Outlet(
            name=name,
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
