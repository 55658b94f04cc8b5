"""Gather what an analyst may use for one section."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from datetime import datetime, timedelta

from django.db.models import Max, Q

from reports.domain.analysis import Material, SourcePassage
from reports.models import Membership, Report, Section
from reports.pipeline.window import window_of
from sources.models import Passage

MAX_ARTICLES = 40
MAX_PASSAGES_PER_ARTICLE = 30
# Earlier articles of the story: what is new can only be told from what was known.
BACKGROUND = timedelta(hours=72)


def material_of(section: Section, report: Report) -> Material:
    """Return the passages of the story that this report's sources brought, newest articles last.

    Articles of the window come first when there are too many; of each, its current version.
    """
    window = window_of(report)
    members = list(
        Membership.objects.filter(
            story=section.story_id,
            article__source__in=window.source_ids,
            article__published_at__gt=window.start - BACKGROUND,
            article__updated_at__lte=window.end,
        )
        .select_related("article__publisher")
        .order_by("-article__updated_at", "-article_id")[:MAX_ARTICLES]
    )
    members.sort(key=lambda member: (member.article.published_at, member.article_id))
    return Material(
        story_id=section.story_id,
        language=report.briefing.language,
        passages=tuple(_passages(members)),
        told_until=_told_until(section, report),
    )


def _passages(members: list[Membership]) -> Iterable[SourcePassage]:
    current = Q()
    for member in members:
        current |= Q(article=member.article_id, version=member.article.version)
    stored: dict[int, list[Passage]] = {}
    if members:
        rows = Passage.objects.filter(current, number__lte=MAX_PASSAGES_PER_ARTICLE)
        for passage in rows.order_by("article_id", "number"):
            stored.setdefault(passage.article_id, []).append(passage)
    for member in members:
        article = member.article
        for passage in stored.get(article.pk, []):
            yield SourcePassage(
                id=passage.pk,
                article_id=article.pk,
                number=passage.number,
                text=passage.text,
                language=article.language,
                family=article.publisher.family,
                outlet=article.publisher.name,
                published_at=article.published_at,
                is_copy=member.copy_of_id is not None,
            )


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
    said = [material.language, str(material.told_until)]
    said += [f"{passage.id}:{passage.is_copy}" for passage in material.passages]
    return hashlib.sha256(json.dumps(said).encode()).hexdigest()
