"""Prune: which articles the reports need, and stories that nobody needs any more."""

from __future__ import annotations

from datetime import datetime

from django.db.models import Exists, OuterRef, Q, QuerySet
from django.db.models.expressions import RawSQL

from reports.models import Evidence, Membership, Section, Story
from sources.models import Passage

BATCH = 1_000


def needed(*, since: datetime) -> Q:
    """Return what is true of an article that a report, of whatever state, stands on.

    Stories stay whole: one that a report tells or quotes keeps all its articles, and so does
    one that has won an article since.
    """
    story = Membership.objects.filter(article=OuterRef("pk"))
    told = Section.objects.filter(story=OuterRef("story"))
    return (
        Q(Exists(_given_or_quoted(article=OuterRef("pk"))))
        | Q(Exists(story.filter(story__last_article_at__gte=since)))
        | Q(Exists(story.filter(Exists(told))))
        | Q(Exists(story.filter(Exists(_given_or_quoted_in(OuterRef("story"))))))
    )


def _given_or_quoted(**which: object) -> QuerySet[Passage]:
    """Return the passages of these that evidence quotes, or that an analyst was given."""
    quoted = Exists(Evidence.objects.filter(passage=OuterRef("pk")))
    # Read once for all articles; as a condition on each passage it would be read for each.
    given = RawSQL("SELECT unnest(given) FROM reports_section", [])
    return Passage.objects.filter(quoted | Q(pk__in=given), **which)


def _given_or_quoted_in(story: OuterRef) -> QuerySet[Passage]:
    return _given_or_quoted(article__membership__story=story)


def empty_stories(*, older_than: datetime) -> QuerySet[Story]:
    """Return the stories of long ago that no article and no report has any more."""
    return Story.objects.filter(last_article_at__lt=older_than, memberships=None, sections=None)


def prune_stories(*, older_than: datetime, limit: int = BATCH) -> int:
    """Drop empty stories; return how many. The caller holds the lock on stories."""
    ids = list(empty_stories(older_than=older_than).values_list("pk", flat=True)[:limit])
    Story.objects.filter(pk__in=ids).delete()
    return len(ids)
