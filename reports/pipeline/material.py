"""Gather what an analyst may use for one section."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from datetime import datetime, timedelta

from django.db.models import Max, Q, QuerySet

from reports.domain.analysis import Material, SourcePassage
from reports.models import Membership, Report, Section
from reports.pipeline.window import window_of
from sources.models import Article, Passage

MAX_ARTICLES = 40
MAX_PASSAGES_PER_ARTICLE = 30
# Earlier articles of the story: what is new can only be told from what was known.
BACKGROUND = timedelta(hours=72)


def material_of(section: Section, report: Report) -> Material:
    """Return the passages of the story that this report's sources brought, newest articles last.

    Articles of the window come first when there are too many; of each, its current version.
    What a search for a second source brought belongs to it, although it came after selecting.
    """
    window = window_of(report)
    members = list(
        Membership.objects.filter(
            Q(article__source__in=window.source_ids, article__updated_at__lte=window.end)
            | Q(article__in=section.corroboration.get("articles", [])),
            story=section.story_id,
            article__published_at__gt=window.start - BACKGROUND,
        )
        .select_related("article")
        .order_by("-article__updated_at", "-article_id")[:MAX_ARTICLES]
    )
    current = Q(pk__in=[])
    for member in members:
        current |= Q(article=member.article_id, version=member.article.version)
    passages = Passage.objects.filter(current, number__lte=MAX_PASSAGES_PER_ARTICLE)
    return _material(section, report, passages)


def material_again(section: Section, report: Report, *, passage_ids: Sequence[int]) -> Material:
    """Return the passages of an earlier request, whatever became of their articles since."""
    return _material(section, report, Passage.objects.filter(pk__in=passage_ids))


def _material(section: Section, report: Report, passages: QuerySet[Passage]) -> Material:
    rows = passages.select_related("article__publisher", "article__membership").order_by(
        "article__published_at", "article_id", "version", "number"
    )
    return Material(
        story_id=section.story_id,
        language=report.briefing.language,
        passages=tuple(
            source_passage(passage, is_copy=_is_copy(passage.article)) for passage in rows
        ),
        told_until=_told_until(section, report),
        news_since=report.window_start,
    )


def source_passage(passage: Passage, *, is_copy: bool = False) -> SourcePassage:
    """Return a stored passage as the analyst and the verifier see it."""
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
        is_copy=is_copy,
    )


def _is_copy(article: Article) -> bool:
    """An article may have left every story since."""
    try:
        return article.membership.copy_of_id is not None
    except Membership.DoesNotExist:
        return False


def _told_until(section: Section, report: Report) -> datetime | None:
    told: datetime | None = Section.objects.filter(
        story=section.story_id,
        revision__report__briefing=report.briefing,
        revision__report__state=Report.State.PUBLISHED,
        revision__report__slot_at__lt=report.slot_at,
    ).aggregate(until=Max("revision__report__window_end"))["until"]
    return told


def hash_of(material: Material) -> str:
    """Return the SHA-256 under which this input's output is stored."""
    said = [material.language, str(material.told_until), str(material.news_since)]
    said += [f"{passage.id}:{passage.is_copy}" for passage in material.passages]
    return hashlib.sha256(json.dumps(said).encode()).hexdigest()
