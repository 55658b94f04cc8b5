"""Choose the stories of a report and open its revision."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from statistics import fmean

from django.db import models, transaction
from django.db.models import Exists, Max, OuterRef, Q, QuerySet

from patriot.work.looks import enqueue
from patriot.work.models import Job
from reports.domain.ranking import Candidate, LeftOut, Ranked, rank
from reports.domain.roundups import is_round_up
from reports.models import Membership, Prompt, Report, Revision, Section, Story
from reports.pipeline.stages import Stage
from reports.pipeline.window import Window, articles_in, sources_of, window_of
from reports.pipeline.writers import Writers
from sources.models import Article, Fetch

MAX_LEFT_OUT = 20
# Sections beyond the report's length, for those of which nothing can be told after all.
RESERVES = 4


def select(job: Job, report: Report, now: datetime, *, writers: Writers) -> None:
    """Rank the stories of the window, open a revision with a section for each chosen one.

    A window without a story ends the report: skipped on a calm day, failed on a broken one.
    """
    report.window_end = max(report.window_end, now)
    window = window_of(report)
    candidates = _candidates(report, window)
    chosen, left_out = rank(
        candidates,
        now=report.window_end,
        max_sections=report.briefing.max_sections + RESERVES,
    )
    coverage = coverage_of(report, window)
    with transaction.atomic():
        job.finish(now, output={"stories": [ranked.candidate.story_id for ranked in chosen]})
        report.save(update_fields=["window_end"])
        if not chosen:
            _end_without_sections(report, coverage)
            return
        revision = Revision.objects.create(
            report=report,
            number=_next_number(report),
            coverage=coverage,
            left_out=_left_out_in_words(left_out, candidates),
            created_at=now,
        )
        if writers.model_for(report.briefing):
            # A prompt that is edited from now on is for the next report.
            revision.prompts.set(Prompt.objects.live_for(report.briefing))
        _open_sections(revision, chosen, window)
        _open_jobs(report, [ranked.candidate.story_id for ranked in chosen], now)


def _next_number(report: Report) -> int:
    newest = report.revisions.aggregate(newest=Max("number"))["newest"]
    return (newest or 0) + 1


def _end_without_sections(report: Report, coverage: dict[str, object]) -> None:
    """Say that there was nothing to tell, or that nobody could be heard: these differ."""
    answered, watched = coverage["answered"], coverage["watched"]
    since = report.window_start.astimezone(report.briefing.zone)
    if answered:
        report.state = Report.State.SKIPPED
        report.reason = (
            f"Nothing new to tell: {answered} of {watched} sources answered, and nothing that "
            f"they published since {since:%A, %H:%M} "
            "is a story that was not told before."
        )
    else:
        report.state = Report.State.FAILED
        report.reason = (
            f"None of the {watched} sources answered, so there was nothing to report from. "
            "The list of sources says why."
        )
    report.save(update_fields=["state", "reason"])


def _candidates(report: Report, window: Window) -> list[Candidate]:
    articles = articles_in(window)
    story_ids = set(articles.values_list("membership__story", flat=True)) - {None}
    told = _told_until(report, story_ids)
    fresh: dict[int, list[Membership]] = {}
    members = (
        Membership.objects.filter(article__in=articles, story__in=story_ids)
        .select_related("article__source", "article__publisher", "story")
        .order_by("article_id")
    )
    for member in members:
        fresh.setdefault(member.story_id, []).append(member)
    places = _places(articles)
    return [_candidate(fresh[story_id], told.get(story_id), places) for story_id in sorted(fresh)]


def _places(articles: QuerySet[Article]) -> dict[int, float]:
    """Return how high each article stood in its feed, 1 at the top, 0 at the end.

    Feeds put first what their editors hold important or new. Articles are stored from the end
    of a feed to its top, so the place follows from the ids.
    """
    by_source: dict[int, list[int]] = {}
    for source_id, pk in articles.order_by("source_id", "pk").values_list("source_id", "pk"):
        by_source.setdefault(source_id, []).append(pk)
    return {
        pk: index / (len(ids) - 1) if len(ids) > 1 else 0.5
        for ids in by_source.values()
        for index, pk in enumerate(ids)
    }


def _candidate(
    members: Sequence[Membership], told_until: datetime | None, places: Mapping[int, float]
) -> Candidate:
    """Describe a story by its articles of the window, oldest first."""
    articles = [member.article for member in members]
    best: dict[str, float] = {}
    for article in articles:
        family = article.publisher.family
        best[family] = max(best.get(family, 0.0), places[article.pk])
    originals = [member.article for member in members if member.copy_of_id is None]
    return Candidate(
        story_id=members[0].story_id,
        outlets=frozenset(article.publisher.family for article in articles),
        independent=len({article.publisher.family for article in originals}),
        article_count=len(articles),
        first_at=min(article.published_at for article in articles),
        last_at=max(article.published_at for article in articles),
        weight=fmean(article.source.weight for article in articles),
        prominence=fmean(best.values()),
        told_until=told_until,
        is_round_up=all(is_round_up(article.title) for article in articles),
        has_text=any(article.text for article in articles),
    )


def _told_until(report: Report, story_ids: set[int]) -> dict[int, datetime]:
    """Return, for stories that this briefing has told before, the end of the last telling."""
    rows = (
        Section.objects.filter(
            story__in=story_ids,
            revision__report__briefing=report.briefing,
            revision__report__state=Report.State.PUBLISHED,
        )
        .values_list("story")
        .annotate(until=Max("revision__report__window_end"))
    )
    return dict(rows)


def _left_out_in_words(
    left_out: Sequence[LeftOut], candidates: Sequence[Candidate]
) -> list[dict[str, object]]:
    kept = left_out[:MAX_LEFT_OUT]
    titles = dict(
        Story.objects.filter(pk__in=[left.story_id for left in kept]).values_list("pk", "title")
    )
    outlets = {candidate.story_id: len(candidate.outlets) for candidate in candidates}
    return [
        {
            "story": left.story_id,
            "title": titles[left.story_id],
            "outlets": outlets[left.story_id],
            "reason": left.reason,
        }
        for left in kept
    ]


def _open_sections(revision: Revision, chosen: Sequence[Ranked], window: Window) -> None:
    members = Membership.objects.filter(
        story__in=[ranked.candidate.story_id for ranked in chosen],
        article__source__in=window.source_ids,
    )
    copies = dict(
        members.filter(copy_of__isnull=False).values_list("story").annotate(n=models.Count("pk"))
    )
    Section.objects.bulk_create(
        Section(
            revision=revision,
            story_id=ranked.candidate.story_id,
            position=position,
            status=ranked.status,
            article_count=ranked.candidate.article_count,
            outlet_count=len(ranked.candidate.outlets),
            independent_count=ranked.candidate.independent,
            copy_count=copies.get(ranked.candidate.story_id, 0),
            score=ranked.parts,
        )
        for position, ranked in enumerate(chosen, start=1)
    )


def _open_jobs(report: Report, story_ids: Sequence[int], now: datetime) -> None:
    stories = [
        Job(
            kind="analyze",
            subject=report.subject,
            part=f"story {story_id}",
            stage=Stage.STORY,
            not_before=now,
            created_at=now,
        )
        for story_id in story_ids
    ]
    compose = Job(
        kind="compose",
        subject=report.subject,
        stage=Stage.COMPOSE,
        not_before=now,
        created_at=now,
    )
    for job in Job.objects.bulk_create([*stories, compose]):
        # A look each: several workers may wait for a model at the same time.
        enqueue("reports.tasks.work", [job.pk])


def coverage_of(report: Report, window: Window) -> dict[str, object]:
    """Say how far the sources were heard in this window, as the page will print it.

    A source was heard if it answered in the window, or before it and is not due again yet.
    """
    fetches = Fetch.objects.filter(source=OuterRef("pk"), started_at__lte=window.end)
    within = fetches.filter(started_at__gt=window.start)
    answers = [Fetch.Outcome.READ, Fetch.Outcome.UNCHANGED]
    last = fetches.order_by("-started_at")
    sources = sources_of(report).annotate(
        was_tried=Exists(within),
        has_answered=Exists(within.filter(outcome__in=answers)),
        last_outcome=models.Subquery(last.values("outcome")[:1]),
    )
    is_not_due = Q(last_outcome__in=answers, is_enabled=True, not_before__gt=window.end)
    counts = sources.aggregate(
        watched=models.Count("pk", filter=Q(is_enabled=True) | Q(was_tried=True)),
        answered=models.Count("pk", filter=Q(has_answered=True) | is_not_due),
    )
    articles = articles_in(window).aggregate(newest=Max("published_at"), read=models.Count("pk"))
    return {
        "watched": counts["watched"],
        "answered": counts["answered"],
        "articles": articles["read"],
        "newest_article_at": articles["newest"] and articles["newest"].isoformat(),
    }
