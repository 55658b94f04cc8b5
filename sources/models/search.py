"""Words: what the search finds articles by, in a table of its own.

Not on the article itself: every step updates its row, and each update would write all its words
into the index again. Other tables of words (those of reports) stand on the same base.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, ClassVar

import psycopg
from django.contrib.postgres.indexes import GinIndex
from django.contrib.postgres.search import SearchVectorField
from django.db import OperationalError, connections, models, transaction

from sources.domain.questions import Question
from sources.models.article import Article

MAX_CANDIDATES = 400
"""Of more matches only the newest are ranked: a rank is read from the text's whole vector."""

MAX_RANKED = 200
PATIENCE = timedelta(seconds=2)
HALF_AS_GOOD_AFTER = timedelta(days=30)

# One statement for all three, inside the transaction of the search.
# Sequential scans: the planner takes one for a frequent word, and does not know that it would
# then read every vector from where long values are kept (seconds instead of milliseconds).
# Compiling (jit) and parallel workers cost more than the whole search.
_SETTINGS = """
    SELECT set_config('statement_timeout', %s, true), set_config('enable_seqscan', 'off', true),
           set_config('jit', 'off', true), set_config('max_parallel_workers_per_gather', '0', true)
"""
# Materialized, or the planner would walk the articles newest first until enough have matched:
# for a rare word that is all of them. OFFSET 0, or it would look up a phrase in the index again,
# which cannot tell, and read every text that has its words.
_SEARCH = """
    WITH matching AS MATERIALIZED (
        SELECT {key} AS id, published_at FROM {table}
        WHERE vector @@ %(rough)s::tsquery AND {scope} = ANY(%(among)s)
            AND published_at >= coalesce(%(since)s::timestamptz, '-infinity')
            AND published_at < coalesce(%(until)s::timestamptz, 'infinity') {narrowed}
    ), newest AS MATERIALIZED (
        SELECT id FROM matching ORDER BY published_at DESC, id DESC LIMIT %(candidates)s
    ), ranked AS MATERIALIZED (
        SELECT id, ts_rank(vector, %(exact)s::tsquery, 1)
            / (1 + greatest(extract(epoch FROM %(now)s - published_at), 0) / %(half)s) AS score
        FROM newest CROSS JOIN LATERAL (
            SELECT published_at, vector FROM {table} WHERE {key} = newest.id OFFSET 0
        ) AS text {exactly}
    )
    SELECT (SELECT count(*) FROM matching), (SELECT count(*) FROM ranked),
           array(SELECT id FROM ranked ORDER BY score DESC, id DESC LIMIT %(ranked)s)
"""


class TooSlow(Exception):
    """The search did not end within PATIENCE."""


@dataclass(frozen=True, slots=True)
class Found:
    """The best matches, best first.

    total:      how many there are; if they are sampled, how many among the candidates
    is_capped:  there were more than MAX_CANDIDATES, so only the newest were looked at closer
    is_sampled: and of the others nobody knows whether they have the phrase
    """

    ids: tuple[int, ...] = ()
    total: int = 0
    is_capped: bool = False
    is_sampled: bool = False

    @property
    def candidates(self) -> int:
        return MAX_CANDIDATES


class WordsQuerySet(models.QuerySet["Words"]):
    def languages(self) -> list[str]:
        """Return the languages that texts are indexed under, by leaps through their index."""
        table = connections[self.db].ops.quote_name(self.model._meta.db_table)
        # https://wiki.postgresql.org/wiki/Loose_indexscan
        leaps = f"""
            WITH RECURSIVE known AS (
                (SELECT language FROM {table} ORDER BY language LIMIT 1)
                UNION ALL
                SELECT (SELECT language FROM {table} WHERE language > known.language
                        ORDER BY language LIMIT 1)
                FROM known WHERE known.language IS NOT NULL
            )
            SELECT language FROM known WHERE language IS NOT NULL
        """  # noqa: S608 (a name of ours)
        with connections[self.db].cursor() as cursor:
            cursor.execute(leaps)
            return [language for (language,) in cursor.fetchall()]

    def search(
        self,
        question: Question,
        *,
        languages: Sequence[str],
        among: Sequence[str] | Sequence[int],
        now: datetime,
        since: datetime | None = None,
        until: datetime | None = None,
        publisher: int | None = None,
    ) -> Found:
        """Return what answers the question best: by words, by title before text, by freshness.

        languages: those of the texts; a question is asked in each of them
        among:     values of the model's `scope`; other rows are not looked at
        until:     the first moment that is too late
        publisher: whose articles alone, or what quotes them

        Raises TooSlow.
        """
        rough, exact = question.rough(languages), question.exact(languages)
        if not rough:
            return Found()
        values = {
            "rough": rough,
            "exact": exact,
            "among": list(among),
            "since": since,
            "until": until,
            "publisher": publisher,
            "candidates": MAX_CANDIDATES,
            "ranked": MAX_RANKED,
            "half": HALF_AS_GOOD_AFTER.total_seconds(),
            "now": now,
        }
        checks = question.has_phrases
        try:
            matching, ranked, ids = self._row(
                self._sql(checks=checks, narrows=publisher is not None), values
            )
        except OperationalError as error:
            if isinstance(error.__cause__, psycopg.errors.QueryCanceled):
                raise TooSlow from error
            raise
        is_capped = matching > MAX_CANDIDATES
        return Found(
            ids=tuple(ids),
            total=ranked if checks else matching,
            is_capped=is_capped,
            is_sampled=is_capped and checks,
        )

    def _row(self, sql: str, values: dict[str, Any]) -> tuple[int, int, list[int]]:
        patience = f"{PATIENCE // timedelta(milliseconds=1)}ms"
        with transaction.atomic(using=self.db), connections[self.db].cursor() as cursor:
            cursor.execute(_SETTINGS, [patience])
            cursor.execute(sql, values)
            row: tuple[int, int, list[int]] = cursor.fetchone()
            return row

    def _sql(self, *, checks: bool, narrows: bool) -> str:
        quote, model = connections[self.db].ops.quote_name, self.model
        return _SEARCH.format(
            table=quote(model._meta.db_table),
            key=quote(model._meta.pk.attname),
            scope=quote(model.scope),
            narrowed=self.model.of_publisher if narrows else "",
            exactly="WHERE vector @@ %(exact)s::tsquery" if checks else "",
        )


class Words(models.Model):
    """What a text is found by. `scope` names the column by which searches are narrowed."""

    scope: ClassVar[str]
    of_publisher: ClassVar[str]
    """SQL that narrows a search to the texts of `%(publisher)s`, or those that quote it."""

    language = models.CharField(
        max_length=12, blank=True, help_text="Whose inflection its words follow; may be empty."
    )
    published_at = models.DateTimeField()
    vector = SearchVectorField()

    objects = WordsQuerySet.as_manager()

    class Meta:
        abstract = True
        indexes = [
            # search; what was just written waits in the index's own list, which every search
            # reads (1 ms per 4 MB), until that is full. With 2 MB it costs a sixth to a third less
            # for each article than with 512 kB, and less than with more; without a list twice.
            GinIndex(fields=["vector"], name="%(class)s_vector", gin_pending_list_limit=2048),
            # languages
            models.Index(fields=["language"], name="%(class)s_language"),
        ]

    def __str__(self) -> str:
        return f"words of {self.pk}"


class ArticleWords(Words):
    """The words of an article's current version, title before text."""

    scope = "newsroom"
    of_publisher = (
        "AND EXISTS (SELECT FROM sources_article AS told"
        " WHERE told.id = article_id AND told.publisher_id = %(publisher)s)"
    )

    article = models.OneToOneField(Article, models.CASCADE, primary_key=True, related_name="words")
    newsroom = models.CharField(max_length=40, blank=True)
    title = models.TextField(blank=True, db_default="", help_text="The title in small letters.")

    class Meta(Words.Meta):
        verbose_name_plural = "article words"
        indexes = [
            *Words.Meta.indexes,
            # those who mistype: titles that have words nearly as they were typed
            GinIndex(fields=["title"], opclasses=["gin_trgm_ops"], name="article_title_trigrams"),
        ]
