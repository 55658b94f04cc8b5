"""Write down how a text was made, as it is published: what can be proved of it ever after.

A record has two kinds of parts. Those of COMPARED are read from rows that the database freezes:
whoever verifies a report reads them again. The others say how things stood at that moment, and
only the hash keeps them. It covers all parts, and the hash of the revision that the briefing
published before: to change one text unseen, all later ones would have to be changed as well.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple, cast

from django.db.models import Count, Exists, Func, OuterRef, Prefetch, Sum, TextField
from django.db.models.expressions import RawSQL

from patriot.ledger.models import Call
from patriot.work.models import Job
from reports.domain.record import JSON, plain, sha256_of_list
from reports.models import Claim, Correction, Evidence, Membership, Prompt, Revision, Section
from sources.models import Passage

FORMAT = 1
"""Another number means that parts were added, or mean something else."""

COMPARED = (
    *("report", "text", "instructions", "coverage", "left_out", "unchanged", "budget"),
    "correction",
)

_SECTION = (
    *("position", "story_id", "status", "analyst", "fallback", "article_count", "outlet_count"),
    *("independent_count", "copy_count", "agencies", "score", "corroboration"),
)
_SENTENCE = (
    *("id", "position", "kind", "text", "language", "is_translation", "is_quotation"),
    *("summary_position", "is_short"),
)
_ONLY_WHERE_SET = ("origin", "is_edited", "caveat")
"""What few sentences have; records from before there was any of it stay comparable."""
_TOKENS = (
    *("input_tokens", "cache_write_5m_tokens", "cache_write_1h_tokens", "cache_read_tokens"),
    *("output_tokens", "thinking_tokens"),
)


class StoredHash(Func):
    """The SHA-256 of a column's words as they are stored now, whatever is written beside them."""

    template = "encode(sha256(convert_to(%(expressions)s, 'UTF8')), 'hex')"
    output_field = TextField()


def record_of(revision: Revision) -> dict[str, JSON]:
    """Return the record of a revision that is being published: its number and moment are set.

    Expects that nobody else publishes for this briefing meanwhile.
    """
    last = last_recorded(revision)
    return compared_parts(revision) | {
        "format": FORMAT,
        "place": place_of(last.record) + 1 if last else 1,
        "previous_sha256": last.sha256 if last else "",
        "briefing": revision.report.briefing.slug,
        "window": plain([revision.report.window_start, revision.report.window_end]),
        "parameters": _parameters(revision),
        "requests": _requests(revision),
        "checks": _checks(revision),
        "articles": _articles(revision),
        "quarantined": _quarantined(revision),
    }


def last_recorded(revision: Revision) -> Revision | None:
    """Return the end of the chain: what this briefing published last; None if nothing yet.

    By what follows what, never by a clock.
    """
    published = Revision.objects.filter(report__briefing=revision.report.briefing_id)
    recorded = published.exclude(sha256="").exclude(pk=revision.pk)
    followed = recorded.filter(previous_sha256=OuterRef("sha256"))
    return recorded.filter(~Exists(followed)).order_by("published_at", "pk").last()


def place_of(record: object) -> int:
    """Return a record's place in its briefing's chain, from 1; 0 if it does not tell."""
    place = record.get("place") if isinstance(record, Mapping) else None
    return place if isinstance(place, int) else 0


# --- What is read again by whoever verifies -------------------------------------------------


def compared_parts(revision: Revision) -> dict[str, JSON]:
    """Return the parts of a record that stored rows still tell, in six queries."""
    report = revision.report
    return {
        "report": plain(
            {
                "id": report.pk,
                "number": report.number,
                "local_date": report.local_date,
                "slot": report.slot,
                "slot_at": report.slot_at,
                "revision": revision.number,
                "published_at": revision.published_at,
            }
        ),
        "text": {
            "title": revision.title,
            "analyst": revision.analyst,
            "sections": _sections(revision),
        },
        "instructions": _instructions(revision),
        "coverage": plain(revision.coverage),
        "left_out": plain(revision.left_out),
        "unchanged": plain(revision.unchanged),
        "budget": plain(revision.budget),
        "correction": _correction(revision),
    }


def _correction(revision: Revision) -> JSON:
    """Return why the text follows one that readers saw; None if it is the first of them."""
    if revision.number == 1:
        return None
    found = Correction.objects.filter(revision=revision).select_related("replaced")
    correction = found.defer("replaced__record").first()
    if correction is None:
        return None
    return {
        "kind": correction.kind,
        "reason": correction.reason,
        "at": plain(correction.created_at),
        "replaced_revision": correction.replaced.number,
        "replaced_sha256": correction.replaced.sha256,
    }


class StoredPassage(NamedTuple):
    """A passage without its words, and their hash as they are stored now."""

    id: int
    article: int
    version: int
    number: int
    sha256: str


Passages = Mapping[int, StoredPassage]


def _sections(revision: Revision) -> list[JSON]:
    claims = Claim.objects.order_by("position").prefetch_related(
        Prefetch("evidence", queryset=Evidence.objects.order_by("position"))
    )
    sections = list(
        revision.sections.order_by("position").prefetch_related(Prefetch("claims", queryset=claims))
    )
    passages = _passages_of(sections)
    return [_section(section, passages) for section in sections]


def _passages_of(sections: Iterable[Section]) -> Passages:
    """Return the passages that were given or are quoted, as far as they are there."""
    ids = {pk for section in sections for pk in section.given} | {
        item.passage_id
        for section in sections
        for claim in section.claims.all()
        for item in claim.evidence.all()
    }
    # One array: thousands of parameters would take longer to write than to answer.
    wanted = RawSQL("SELECT unnest(%s::bigint[])", [sorted(ids)])
    rows = Passage.objects.filter(pk__in=wanted).annotate(stored_sha256=StoredHash("text"))
    found = rows.values_list("pk", "article_id", "version", "number", "stored_sha256")
    return {row[0]: StoredPassage(*row) for row in found}


def _stored(passages: Passages, pk: int) -> StoredPassage:
    """Return a passage; one that is gone has no article and no hash."""
    return passages.get(pk, StoredPassage(pk, 0, 0, 0, ""))


def _section(section: Section, passages: Passages) -> JSON:
    fields = {name.removesuffix("_id"): getattr(section, name) for name in _SECTION}
    return _object(fields) | {
        "rulings": plain(Counter(claim.ruling for claim in section.claims.all() if claim.ruling)),
        "given": _given([_stored(passages, pk) for pk in section.given]),
        "sentences": [_sentence(claim, passages) for claim in section.claims.all()],
    }


def _given(passages: Iterable[StoredPassage]) -> JSON:
    """Say which articles an analyst had: of each its version, and one hash of its passages.

    That hash is of the passages' own hashes, one a line, in the order in which they were given.
    """
    hashes: dict[tuple[int, int], list[str]] = defaultdict(list)
    for passage in passages:
        hashes[passage.article, passage.version].append(passage.sha256)
    return [
        {
            "article": article,
            "version": version,
            "passages": len(own),
            "sha256": sha256_of_list(own),
        }
        for (article, version), own in hashes.items()
    ]


def _sentence(claim: Claim, passages: Passages) -> JSON:
    fields = {name: getattr(claim, name) for name in _SENTENCE}
    fields |= {name: value for name in _ONLY_WHERE_SET if (value := getattr(claim, name))}
    return _object(fields) | {
        "evidence": [_evidence(item, passages) for item in claim.evidence.all()]
    }


def _evidence(item: Evidence, passages: Passages) -> JSON:
    passage = _stored(passages, item.passage_id)
    return {
        "passage": passage.id,
        "article": passage.article,
        "version": passage.version,
        "number": passage.number,
        "sha256": passage.sha256,
        "start": item.start,
        "end": item.end,
        "quote": item.quote,
    }


def _object(fields: Mapping[str, Any]) -> dict[str, JSON]:
    return cast("dict[str, JSON]", plain(fields))


def _instructions(revision: Revision) -> JSON:
    rows = revision.prompts.annotate(stored_sha256=StoredHash("text")).order_by("purpose", "pk")
    return [
        {
            "id": prompt.pk,
            "purpose": prompt.purpose,
            "number": prompt.number,
            "is_of_this_briefing": prompt.briefing_id is not None,
            "sha256": cast("Any", prompt).stored_sha256,
        }
        for prompt in rows.defer("text")
    ]


# --- How things stood at that moment --------------------------------------------------------


def _parameters(revision: Revision) -> JSON:
    """Return what the briefing asked for."""
    briefing = revision.report.briefing
    return plain(
        {
            "language": briefing.language,
            "max_sections": briefing.max_sections,
            "analyst": briefing.analyst,
            "is_judged": briefing.is_judged,
            "models": {
                purpose: getattr(briefing, f"{purpose}_model") for purpose in Prompt.Purpose.values
            },
            "ceiling_usd": briefing.ceiling_usd,
            "monthly_ceiling_usd": briefing.monthly_ceiling_usd,
        }
    )


def _requests(revision: Revision) -> JSON:
    """Return what the ledger has of the report: paid requests, their tokens and their cost."""
    rows = (
        Call.objects.filter(subject=revision.report.subject)
        .values("service", "purpose", "model", "outcome")
        .annotate(requests=Count("pk"), **{name: Sum(name) for name in _TOKENS})
        .annotate(credits_spent=Sum("credits"), usd_spent=Sum("cost_usd"))
        .order_by("service", "purpose", "model", "outcome")
    )
    return plain(list(rows))


def _checks(revision: Revision) -> JSON:
    """Return what became of the sentences that were proposed, by the step that verified them."""
    steps: dict[str, Counter[str]] = defaultdict(Counter)
    done = Job.objects.filter(
        subject=revision.report.subject, state=Job.State.DONE, output__has_key="rejected"
    )
    for kind, output in done.values_list("kind", "output"):
        steps[kind] += Counter(held=held_in(output), refused=refused_in(output))
    return {
        kind: {"held": counts["held"], "refused": counts["refused"]}
        for kind, counts in steps.items()
    }


def refused_in(output: object) -> int:
    """Return how many sentences a step refused, as its job's output tells."""
    rejected = output.get("rejected") if isinstance(output, Mapping) else None
    return len(rejected) if isinstance(rejected, list) else 0


def held_in(output: object) -> int:
    """Return how many sentences a step found to hold, as its job's output tells."""
    grounded = output.get("grounded") if isinstance(output, Mapping) else None
    return grounded if isinstance(grounded, int) else 0


def _articles(revision: Revision) -> JSON:
    """Say of the articles that are quoted whose they are and where they were found."""
    quoted = (
        Evidence.objects.filter(claim__section__revision=revision)
        .order_by("passage__article")
        .distinct()
        .values_list(
            "passage__article",
            "passage__article__publisher__name",
            "passage__article__url",
            "passage__article__published_at",
        )
    )
    return [
        {"id": pk, "outlet": outlet, "url": url, "published_at": plain(moment)}
        for pk, outlet, url, moment in quoted
    ]


def _quarantined(revision: Revision) -> JSON:
    """Name the articles of its stories that were kept out."""
    stories = revision.sections.values("story")
    kept_out = Membership.objects.filter(story__in=stories).exclude(article__quarantined_at=None)
    rows = kept_out.order_by("article").values_list("article", "article__quarantine_reason")
    return [{"article": pk, "reason": reason} for pk, reason in rows]
