"""Keep articles out of reports that make a model refuse, or write what does not hold."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime

import structlog

from reports.domain.analysis import GroundedClaim, Material, Rejected
from reports.domain.suspicion import (
    ENOUGH_FALLEN,
    at_fault,
    blamed_for_refusal,
    never_held,
    speakers,
)
from reports.models import Section
from reports.pipeline.material import material_of, source_passage
from sources.models import Article, Passage

log = structlog.get_logger(__name__)

REFUSED_ALONE = "The model refused to write about it, and its story has no other article."
REFUSED_ORDERS = "The model refused its story, and of its articles this one speaks to a machine."
NEVER_HELD = "{count} sentences that a model wrote of it could not be verified, and none could."


def quarantine(article_ids: Collection[int], *, reason: str, now: datetime) -> frozenset[int]:
    """Keep articles out of reports; return those that are out now and were not before.

    One that an editor released stays released until its publisher changes it.
    """
    articles = Article.objects.filter(pk__in=article_ids)
    unjudged = articles.exclude(pk__in=articles.released().values("pk"))
    kept_out = unjudged.keep_out(reason=reason, now=now)
    for pk in sorted(kept_out):
        log.warning("article_quarantined", article=pk, reason=reason)
    return kept_out


def release(article_ids: Collection[int]) -> frozenset[int]:
    """Let articles into reports again, as they stand now; return those that were kept out."""
    return Article.objects.filter(pk__in=article_ids).let_in()


def after_refusal(section: Section, material: Material, now: datetime) -> Material | None:
    """Keep out what made a model refuse a story; return what to ask it again with, once.

    None if nobody can tell on whose account it refused: the material stays as it is. Without
    passages if nothing is left: the story is left out, and a reserve takes its place.
    """
    blamed = blamed_for_refusal(material.passages)
    is_alone = len({passage.article_id for passage in material.passages}) == 1
    kept_out = quarantine(blamed, reason=REFUSED_ALONE if is_alone else REFUSED_ORDERS, now=now)
    return material_of(section, section.revision.report) if kept_out else None


def after_grounding(
    section: Section,
    grounded: Sequence[GroundedClaim],
    refused: Sequence[Rejected],
    now: datetime,
) -> frozenset[int]:
    """Keep out the articles of which nothing that a model wrote held; return which.

    grounded: everything that held, in the analysis and its repair
    refused:  everything that fell, in either

    Belongs into the transaction that stores the section. What the local analyst writes instead
    must do without these articles.
    """
    if len(refused) < ENOUGH_FALLEN:
        return frozenset()
    article_of = _articles_of(_quoted(grounded, refused))
    fallen = never_held(grounded, refused, article_of=article_of)
    if not fallen:
        return frozenset()
    shown = Passage.objects.filter(pk__in={*section.given, *article_of})
    rows = shown.select_related("article__publisher").order_by("article_id", "number")
    blamed = at_fault(fallen, speaking=speakers(map(source_passage, rows)))
    return frozenset().union(
        *(
            quarantine([article], reason=NEVER_HELD.format(count=fallen[article]), now=now)
            for article in sorted(blamed)
        )
    )


def _quoted(grounded: Iterable[GroundedClaim], refused: Iterable[Rejected]) -> set[int]:
    held = {span.passage_id for claim in grounded for span in claim.evidence}
    return held | {quote.passage_id for fallen in refused for quote in fallen.claim.evidence}


def _articles_of(passage_ids: Collection[int]) -> dict[int, int]:
    rows = Passage.objects.filter(pk__in=passage_ids)
    return dict(rows.values_list("pk", "article_id"))
