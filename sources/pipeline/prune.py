"""Prune: drop what nobody needs any more, a bounded batch and a transaction at a time.

A dropped article leaves its tombstone in the same transaction, so that its entry, which the feed
may list for years, does not come back as news. What is killed midway has dropped whole batches.
"""

from __future__ import annotations

from datetime import datetime

from django.db import connection, transaction
from django.db.models import Max, Q, QuerySet

from patriot.work.models import Job
from sources.models import Article, Digest, Import, Source, Tombstone
from sources.pipeline.taking_in import KIND as IMPORT

BATCH = 1_000
# The history of a source that is seldom looked at should not be empty.
KEPT_FETCHES = 20

_OLD_FETCHES = """
    SELECT old.id FROM sources_source AS source CROSS JOIN LATERAL (
        SELECT id FROM sources_fetch
        WHERE source_id = source.id AND started_at < least(%(older_than)s, coalesce((
            SELECT started_at FROM sources_fetch WHERE source_id = source.id
            ORDER BY started_at DESC OFFSET %(kept)s LIMIT 1
        ), '-infinity'))
    ) AS old
"""


def old_articles(*, older_than: datetime, needed: Q) -> QuerySet[Article]:
    """Return the articles that were published, seen and changed before, and that nobody needs."""
    # published_at is never after the others, and has the index.
    return Article.objects.filter(
        ~needed,
        published_at__lt=older_than,
        first_seen_at__lt=older_than,
        updated_at__lt=older_than,
    )


def prune_articles(now: datetime, *, older_than: datetime, needed: Q, limit: int = BATCH) -> int:
    """Drop old articles with all that hangs on them, and bury their identities; return how many.

    needed: true of the articles that must stay
    """
    free = Q(leased_until=None) | Q(leased_until__lt=now)
    with transaction.atomic():
        # Whoever works on an article keeps it: passed over now, it is still old tomorrow.
        doomed = list(
            old_articles(older_than=older_than, needed=needed)
            .filter(free)
            .order_by("published_at")
            .select_for_update(skip_locked=True, of=("self",))
            .values_list("pk", "source_id", "identity")[:limit]
        )
        Tombstone.objects.bulk_create(
            [
                Tombstone(source_id=source_id, identity=identity, buried_at=now)
                for _, source_id, identity in doomed
            ],
            update_conflicts=True,
            unique_fields=["source", "identity"],
            update_fields=["buried_at"],
        )
        Article.objects.filter(pk__in=[pk for pk, _, _ in doomed]).delete()
    return len(doomed)


def old_searches(*, older_than: datetime) -> QuerySet[Source]:
    """Return the searches for one story of long ago of which no article is left."""
    return Source.objects.filter(
        for_story__isnull=False, is_enabled=False, created_at__lt=older_than, articles=None
    )


def count_old_fetches(*, older_than: datetime) -> int:
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT count(*) FROM ({_OLD_FETCHES}) AS every",  # noqa: S608 (our own words)
            {"older_than": older_than, "kept": KEPT_FETCHES - 1},
        )
        (count,) = cursor.fetchone()
        return int(count)


def prune_fetches(*, older_than: datetime, limit: int = BATCH) -> int:
    """Drop old fetches, but never the last ones of a source; return how many."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"DELETE FROM sources_fetch WHERE id IN ({_OLD_FETCHES} LIMIT %(limit)s)",  # noqa: S608
            {"older_than": older_than, "kept": KEPT_FETCHES - 1, "limit": limit},
        )
        return int(cursor.rowcount)


def old_tombstones(*, older_than: datetime) -> QuerySet[Tombstone]:
    return Tombstone.objects.filter(buried_at__lt=older_than)


def prune_tombstones(*, older_than: datetime, limit: int = BATCH) -> int:
    """Drop old tombstones; return how many.

    The price: an entry that its feed still lists then comes back as an article, with its old date.
    """
    # They were dug in the order of their ids: if the first are not old, none is.
    first = list(Tombstone.objects.order_by("pk").values_list("pk", flat=True)[:limit])
    dropped, _ = old_tombstones(older_than=older_than).filter(pk__in=first).delete()
    return dropped


def old_digests(*, older_than: datetime) -> QuerySet[Digest]:
    """Return the digests of long ago; never the last one, which says what staff know already."""
    last = Digest.objects.aggregate(on=Max("on"))["on"]
    return Digest.objects.filter(on__lt=older_than.date()).exclude(on=last)


def old_imports(*, older_than: datetime) -> QuerySet[Import]:
    return Import.objects.filter(created_at__lt=older_than)


def prune_imports(*, older_than: datetime) -> int:
    """Drop old lists with the jobs that took them in; return how many lists that were."""
    with transaction.atomic():
        Job.objects.about(IMPORT).filter(created_at__lt=older_than).delete()
        return old_imports(older_than=older_than).delete()[0]
