"""Look for a second source of important stories: ask once, wait a little, and say what came of it.

Selecting stores a search and a job for each such story, in its own transaction. Sources asks the
search once, like any other, within the day's ceiling; the clusterer gives its articles to that
story or to none. The job sleeps until both are over, or until its patience is, and writes down
how it ended. Until then the section says that the search had not ended: whatever dies, no report
claims more than was found.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import Q

from patriot.ledger.models import Call
from patriot.work.looks import enqueue
from patriot.work.models import Job
from patriot.work.waiting import KIND, part_of, wake
from reports.domain.corroboration import (
    MAX_EXCLUDED,
    Chosen,
    Outcome,
    Voice,
    Why,
    query_of,
    second_sources,
    sentence_of,
    time_range_for,
    wanted,
)
from reports.domain.extraction import is_contradicted
from reports.models import Membership, Report, Section
from reports.pipeline.analyze import section_of
from reports.pipeline.material import material_of
from reports.pipeline.stages import Stage
from reports.pipeline.writers import deadline_of
from sources.domain.search import why_not_asked
from sources.models import Article, Fetch, Publisher, Source

# From selecting on. A search may take half a minute; a report does not wait for a sick service.
PATIENCE = timedelta(seconds=75)
# Whoever has news wakes the job; this is for a call that nobody heard.
SLEEP = timedelta(seconds=5)
MAX_RESULTS = 5
MAX_NAME_CHARS = 200
# Where outlets disagree, they do so at their tops. To compare a story takes a fifth of a second
# while selecting: only the first ones are.
MAX_PASSAGES = 3
MAX_COMPARED = 36
LAST_COMPARED = 3

NOT_OVER = "It had not ended when the report was written."
TOO_LATE = "There was no time left."
NO_ANSWER = "There was no answer in time."
NOT_KEPT = "Its answer could not be kept."
FOR_READERS: Mapping[str, str] = {
    Call.Outcome.UNAVAILABLE: "The search service could not be reached.",
    Call.Outcome.RATE_LIMITED: "The search service had too many requests.",
    Call.Outcome.OUT_OF_FUNDS: "The account at the search service had reached its limit.",
    Call.Outcome.REJECTED: "The search service did not accept the question.",
    Call.Outcome.MALFORMED: "The search service’s answer could not be read.",
    Call.Outcome.RUNNING: NO_ANSWER,
    Call.Outcome.LOST: NO_ANSWER,
}


@dataclass(frozen=True, slots=True)
class Ending:
    """How the search for one section ended."""

    outcome: Outcome
    cause: str = ""
    """For readers: why it failed or was not made."""
    error: str = ""
    """The same for staff."""
    asked_at: datetime | None = None
    second: tuple[Voice, ...] = ()
    joined: tuple[Membership, ...] = ()
    """What it found and the story took in, copies too."""


# --- Opening ------------------------------------------------------------------------


def open_searches(report: Report, sections: Sequence[Section], now: datetime) -> list[Job]:
    """Store a search and a job for each section that deserves a second source.

    Inside the transaction that opens the sections. With searches off nothing is opened.
    """
    limit = report.briefing.second_source_searches
    if not limit or "tavily" not in settings.SERVICES:
        return []
    by_story = {section.story_id: section for section in sections}
    deserving = wanted(
        [_chosen(section) for section in sections],
        length=report.briefing.max_sections,
        limit=limit,
        is_contradicted=lambda story_id: _is_contradicted(by_story[story_id], report),
    )
    jobs = []
    for want in deserving:
        if job := _open(report, by_story[want.story_id], want.why, now):
            jobs.append(job)
    return jobs


def _chosen(section: Section) -> Chosen:
    return Chosen(
        section.story_id, section.position, section.outlet_count, section.independent_count
    )


def _is_contradicted(section: Section, report: Report) -> bool:
    if section.position > LAST_COMPARED:
        return False
    material = material_of(section, report)
    passages = [p for p in material.passages if p.number < MAX_PASSAGES and not p.is_copy]
    return is_contradicted(replace(material, passages=tuple(passages[-MAX_COMPARED:])))


def _open(report: Report, section: Section, why: Why, now: datetime) -> Job | None:
    """Store what looks for a second source of one section; None if there is nothing to ask."""
    query = _query_for(section)
    if not query:
        return None
    if now >= deadline_of(report):
        _write(section, query, why, Ending(Outcome.NOT_ASKED, TOO_LATE, TOO_LATE), source=None)
        return None
    source = _search_for(report, section, query, now)
    _write(section, query, why, Ending(Outcome.FAILED, NOT_OVER, NOT_OVER), source=source)
    job, _ = Job.objects.get_or_create(
        kind=KIND,
        subject=report.subject,
        part=part_of(section.story_id),
        defaults={"stage": Stage.CORROBORATE, "not_before": now, "created_at": now},
    )
    enqueue("sources.tasks.collect", [source.pk])
    return job


def _query_for(section: Section) -> str:
    story = section.story
    first = (
        Article.objects.filter(membership__story=story)
        .order_by("published_at", "pk")
        .values_list("text", flat=True)
        .first()
    )
    return query_of(story.title, text=first or "", language=story.language)


def _search_for(report: Report, section: Section, query: str, now: datetime) -> Source:
    """Return the one search for this section; never a second one, however often it is asked for."""
    story = section.story
    source, _ = Source.objects.get_or_create(
        newsroom=report.briefing.newsroom,
        slug=f"second-source-{report.pk}-{story.pk}",
        defaults={
            "kind": Source.Kind.SEARCH,
            "name": f"Second source for: {story.title}"[:MAX_NAME_CHARS],
            "query": query,
            "topic": Source.Topic.NEWS,
            "time_range": time_range_for(now - story.first_article_at),
            "max_results": MAX_RESULTS,
            "exclude_domains": _own_domains(story.pk),
            "interval": timedelta(days=1),
            "for_story": story.pk,
            "not_before": now,
        },
    )
    return source


def _own_domains(story_id: int) -> list[str]:
    """Return the domains of all publishers of the families that tell the story."""
    families = Membership.objects.filter(story=story_id).values("article__publisher__family")
    publishers = Publisher.objects.filter(family__in=families).order_by("pk")
    return [publisher.domain for publisher in publishers if publisher.is_known][:MAX_EXCLUDED]


# --- Waiting ------------------------------------------------------------------------


def corroborate(job: Job, report: Report, now: datetime) -> None:
    """Write down what the search for a second source found, once that is known or too late."""
    section = section_of(job, report)
    source = Source.objects.filter(pk=section.corroboration.get("source")).first()
    until = min(job.created_at + PATIENCE, deadline_of(report))
    if source and now < until and not _is_over(source):
        _sleep(job, source, now, until=until)
        return
    ending = _ending(section, source)
    with transaction.atomic():
        job.finish(now, output={"outcome": ending.outcome, "error": ending.error})
        if source:
            # Nobody waits for it any more: it is not to be paid for.
            Source.objects.filter(pk=source.pk).update(is_enabled=False)
        if ending.joined:
            _count(section, ending)
        said = section.corroboration
        _write(section, said.get("query", ""), Why(said["reason"]), ending, source=source)


def _sleep(job: Job, source: Source, now: datetime, *, until: datetime) -> None:
    with transaction.atomic():
        job.postpone(min(now + SLEEP, until))
        # An answer that came just now has looked at a job that was still ours.
        if _is_over(source):
            wake([source.for_story], now)


def _is_over(source: Source) -> bool:
    """Tell whether a search was answered, and its articles have found their story or none."""
    return _last_look(source) is not None and not _on_the_belt(source)


def _last_look(source: Source) -> Fetch | None:
    return Fetch.objects.filter(source=source).order_by("-started_at", "-pk").first()


def _on_the_belt(source: Source) -> bool:
    waiting = [Article.State.UNREAD, Article.State.NEW, Article.State.ENRICHED]
    return Article.objects.filter(source=source, state__in=waiting).exists()


# --- Ending -------------------------------------------------------------------------


def _ending(section: Section, source: Source | None) -> Ending:
    if source is None:
        return Ending(Outcome.FAILED, NOT_KEPT, "Its search was deleted.")
    look, call = _last_look(source), _call_of(source)
    if look is None:
        if call is None:
            return Ending(Outcome.NOT_ASKED, TOO_LATE, "Nobody asked it in time.")
        return Ending(Outcome.FAILED, NO_ANSWER, NO_ANSWER, call.started_at)
    if look.outcome == Fetch.Outcome.FAILED:
        if call is None:
            return Ending(Outcome.NOT_ASKED, why_not_asked(look.error), look.error)
        cause = FOR_READERS.get(call.outcome, NOT_KEPT)
        return Ending(Outcome.FAILED, cause, look.error, call.started_at)
    return _found(section, source, look.started_at)


def _call_of(source: Source) -> Call | None:
    return Call.objects.filter(subject=f"source {source.pk}").order_by("-pk").first()


def _found(section: Section, source: Source, asked_at: datetime) -> Ending:
    """Return what joined the story, and who of them tells it in a voice of their own."""
    story = section.story
    members = (
        Membership.objects.filter(Q(story=story) | Q(story=story.merged_into_id))
        .select_related("article__publisher")
        .defer("article__text", "article__html")
        .order_by("article__published_at", "article_id")
    )
    joined = tuple(m for m in members if m.article.source_id == source.pk)
    known = [_voice(m) for m in members if m.article.source_id != source.pk]
    second = second_sources([_voice(member) for member in joined], known=known)
    outcome = Outcome.FOUND if second else Outcome.NOTHING
    return Ending(outcome, asked_at=asked_at, second=tuple(second), joined=joined)


def _voice(member: Membership) -> Voice:
    publisher = member.article.publisher
    return Voice(
        publisher.name, publisher.family, member.agency, is_copy=member.copy_of_id is not None
    )


def _count(section: Section, ending: Ending) -> None:
    """Add what joined to what the section counts."""
    joined = ending.joined
    new = [member.article.pk for member in joined]
    before = Membership.objects.filter(story=joined[0].story_id).exclude(article__in=new)
    known = set(before.values_list("article__publisher__family", flat=True))
    section.article_count += len(joined)
    section.copy_count += sum(member.copy_of_id is not None for member in joined)
    section.outlet_count += len({m.article.publisher.family for m in joined} - known)
    section.independent_count += len(ending.second)
    credited = {member.agency for member in joined if member.agency}
    section.agencies = [*section.agencies, *sorted(credited - set(section.agencies))]


def _write(
    section: Section, query: str, why: Why, ending: Ending, *, source: Source | None
) -> None:
    outlets = [voice.outlet for voice in ending.second]
    section.corroboration = {
        "query": query,
        "reason": why,
        "asked_at": ending.asked_at and ending.asked_at.isoformat(),
        "outcome": ending.outcome,
        "sentence": sentence_of(ending.outcome, why=why, outlets=outlets, cause=ending.cause),
        "error": ending.error,
        "articles": [member.article_id for member in ending.joined],
        "publishers": outlets,
        "source": source and source.pk,
    }
    section.save(
        update_fields=[
            "corroboration",
            "article_count",
            "outlet_count",
            "independent_count",
            "copy_count",
            "agencies",
        ]
    )
