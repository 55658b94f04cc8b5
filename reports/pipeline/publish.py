"""Publish a report, or take it back."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.db.models import F, Max

from patriot.work.models import Job
from reports.domain.analysis import DraftClaim, Kind, Quote, Rejected, SourcePassage
from reports.domain.grounding import ground
from reports.models import Briefing, Claim, Report, Revision
from reports.pipeline.material import MAX_PASSAGES_PER_ARTICLE
from sources.models import Passage


class NotPublishable(Exception):
    """The report may not be published; the message says why, in a sentence."""


def publish(job: Job, report: Report, now: datetime) -> None:
    """Publish a report whose slot has come."""
    with transaction.atomic():
        job.finish(now)
        publish_report(report, now=now)


def publish_report(report: Report, *, now: datetime) -> None:
    """Freeze the newest revision and show it to readers.

    Every claim is verified once more against the stored passages: what an earlier step said
    is not taken on trust. Raises NotPublishable.
    """
    with transaction.atomic():
        # One publication of a briefing at a time: reports are numbered without gaps.
        Briefing.objects.select_for_update().get(pk=report.briefing_id)
        report.refresh_from_db()
        if report.is_published:
            return
        if report.state not in PUBLISHABLE:
            raise NotPublishable(f"A report that is {report.get_state_display()} has no draft.")
        revision = report.revisions.order_by("number").last()
        if revision is None or not revision.title:
            raise NotPublishable("The report has no finished draft yet.")
        verify(revision)
        revision.published_at = now
        revision.save(update_fields=["published_at"])
        newest = report.briefing.reports.aggregate(newest=Max("number"))["newest"]
        report.state = Report.State.PUBLISHED
        report.number = report.number or (newest or 0) + 1
        report.current = revision
        report.published_at = now
        report.save(update_fields=["state", "number", "current", "published_at"])


PUBLISHABLE = frozenset({Report.State.PRODUCING, Report.State.DRAFT, Report.State.HELD})


def withdraw_report(report: Report, *, reason: str, now: datetime) -> None:
    """Take a published report back; its page stays and gives the reason.

    Raises NotPublishable if it is not published, ValueError without a reason.
    """
    if not reason.strip():
        raise ValueError("A withdrawal needs a reason that readers can read.")
    withdrawn = Report.objects.published().filter(pk=report.pk)
    if not withdrawn.update(state=Report.State.WITHDRAWN, reason=reason.strip()):
        raise NotPublishable("Only a published report can be withdrawn.")
    report.refresh_from_db()


def verify(revision: Revision) -> None:
    """Ground every claim of a revision anew from stored rows. Raises NotPublishable.

    The title must be the words of one of them.
    """
    claims = (
        Claim.objects.filter(section__revision=revision)
        .select_related("section")
        .prefetch_related("evidence__passage__article__publisher")
    )
    if revision.title not in {claim.text for claim in claims}:
        raise NotPublishable("The title of the report is none of its claims.")
    stories = _passages_by_story(revision)
    for claim in claims:
        evidence = claim.evidence.all()
        # What was quoted may since have been replaced by a newer version of its article.
        own = {item.passage_id: _passage(item.passage) for item in evidence}
        draft = DraftClaim(
            kind=Kind(claim.kind),
            text=claim.text,
            evidence=tuple(Quote(item.passage_id, item.quote) for item in evidence),
        )
        passages = stories.get(claim.section.story_id, {}) | own
        result = ground(draft, passages=passages, language=claim.language)
        if isinstance(result, Rejected):
            raise NotPublishable(f"Claim {claim.pk} does not hold: {result.reason}")


def _passages_by_story(revision: Revision) -> dict[int, dict[int, SourcePassage]]:
    """Return the current passages of each story's articles: an analysis may use their words."""
    stored = (
        Passage.objects.filter(
            article__membership__story__sections__revision=revision,
            version=F("article__version"),
            number__lte=MAX_PASSAGES_PER_ARTICLE,
        )
        .annotate(story=F("article__membership__story"))
        .select_related("article__publisher")
        .order_by("article_id", "number")
    )
    passages: dict[int, dict[int, SourcePassage]] = {}
    for passage in stored:
        passages.setdefault(passage.story, {})[passage.pk] = _passage(passage)
    return passages


def _passage(passage: Passage) -> SourcePassage:
    article = passage.article
    return SourcePassage(
        id=passage.pk,
        article_id=article.pk,
        number=passage.number,
        text=passage.text,
        language=article.language,
        family=article.publisher.family,
        outlet=article.publisher.name,
        published_at=article.published_at,
    )
