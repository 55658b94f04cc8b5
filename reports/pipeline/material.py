"""Gather what an analyst may use for one section."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from datetime import timedelta

from django.db.models import Q, QuerySet

from reports.domain.analysis import Material, SourcePassage
from reports.models import Membership, Report, Section
from reports.pipeline.storylines import Told, told_before
from reports.pipeline.window import window_of
from sources.models import Article, Passage

MAX_ARTICLES = 40
MAX_PASSAGES_PER_ARTICLE = 30
MAX_KNOWN_ARTICLES = 8
# Earlier articles of the story: what is new can only be told from what was known.
BACKGROUND = timedelta(hours=72)


def material_of(section: Section, report: Report) -> Material:
    """Return the passages of the story that this report's sources brought, newest articles last.

    Articles of the window come first when there are too many; of each, its current version.
    What a search for a second source brought belongs to it, although it came after selecting;
    an article in quarantine never does.
    """
    window = window_of(report)
    members = list(
        Membership.objects.filter(
            Q(article__source__in=window.source_ids, article__updated_at__lte=window.end)
            | Q(article__in=section.corroboration.get("articles", [])),
            story=section.story_id,
            article__published_at__gt=window.start - BACKGROUND,
            article__quarantined_at=None,
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
    told = told_before(report, [section.story_id]).get(section.story_id)
    rows = passages.select_related("article__publisher", "article__membership").order_by(
        "article__published_at", "article_id", "version", "number"
    )
    return Material(
        story_id=section.story_id,
        language=report.briefing.language,
        passages=tuple(
            source_passage(passage, is_copy=_is_copy(passage.article)) for passage in rows
        ),
        told_until=told.until if told else None,
        news_since=report.window_start,
        known=_known(section, told),
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


def _known(section: Section, told: Told | None) -> tuple[SourcePassage, ...]:
    """Return what earlier parts of the storyline said until it was told last, newest articles."""
    if told is None or section.story.beginning_id is None:
        return ()
    line = section.story.storyline_id
    members = Membership.objects.filter(
        Q(story=line) | Q(story__beginning=line),
        article__published_at__lte=told.until,
        article__quarantined_at=None,
        copy_of=None,
    ).exclude(story=section.story_id)
    articles = list(
        members.order_by("-article__published_at", "-article_id").values_list(
            "article", "article__version"
        )[:MAX_KNOWN_ARTICLES]
    )
    current = Q(pk__in=[])
    for article_id, version in articles:
        current |= Q(article=article_id, version=version)
    rows = Passage.objects.filter(current, number__lte=MAX_PASSAGES_PER_ARTICLE)
    return tuple(
        source_passage(passage)
        for passage in rows.select_related("article__publisher").order_by("article_id", "number")
    )


def hash_of(material: Material) -> str:
    """Return the SHA-256 under which this input's output is stored."""
    said = [material.language, str(material.told_until), str(material.news_since)]
    said += [f"{passage.id}:{passage.is_copy}" for passage in material.passages]
    said += [f"known {passage.id}" for passage in material.known]
    return hashlib.sha256(json.dumps(said).encode()).hexdigest()
