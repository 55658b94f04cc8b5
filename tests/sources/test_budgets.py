"""What pages cost with 100,000 articles: few queries, and none that reads all of them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.db import connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext

from patriot.accounts.models import User
from reports.models import Story
from sources.models import Article, Fetch, Publisher, Source, search
from tests import factories
from tests.factories import NOW

pytestmark = [pytest.mark.slow, pytest.mark.django_db, pytest.mark.timeout(600)]
ARTICLES, SOURCES, STORIES, FETCHES = 100_000, 250, 20_000, 100_000
LONG_TABLES = {"sources_article", "sources_articlewords", "sources_passage", "sources_fetch"}
LONG_TABLES |= {"reports_membership", "reports_story"}
# A page may read so many rows of a long table one after the other, and not a tenth of it.
MAX_ROWS_SCANNED = 10_000

# ruff: noqa: S608 (numbers of ours)
FILL = f"""
INSERT INTO sources_article (source_id, publisher_id, identity, url, url_hash, title, text, html,
    text_from, page_error, author, language, published_at, published_raw, first_seen_at, updated_at,
    version, entry_hash, content_hash, state, attempts, not_before, last_error)
SELECT s.id, s.publisher_id, md5(n::text), 'https://p.example/' || n, md5('u' || n),
    'Ferry ' || n || ' leaves harbor ' || n %% 97 || ' on time', repeat('The ferry left. ', 20), '',
    'feed', '', '', s.language, %(now)s - n * interval '15 seconds', '', %(now)s - n * interval
    '15 seconds', %(now)s, 1, '', md5('c' || n),
    CASE WHEN n %% 20000 = 7 THEN 'dead' WHEN n %% 5000 = 3 THEN 'new' ELSE 'clustered' END,
    0, %(now)s, ''
FROM generate_series(1, {ARTICLES}) n
JOIN (SELECT id, publisher_id, language, row_number() OVER (ORDER BY id) - 1 AS place
      FROM sources_source) s ON s.place = n %% {SOURCES};
INSERT INTO sources_passage (article_id, version, number, text, sha256)
SELECT id, 1, 0, title, md5(title) FROM sources_article;
INSERT INTO sources_articlewords (article_id, newsroom, language, published_at, vector)
SELECT id, '', language, published_at, to_tsvector('simple', title) FROM sources_article;
INSERT INTO reports_story (title, newsroom, language, first_article_at, last_article_at,
    article_count, outlet_count, independent_count, copy_count, is_described, topics, people,
    places, organizations, sentiment, continues_why, is_pinned, is_muted, attempts, not_before,
    last_error)
SELECT 'Story ' || n, '', 'en', %(now)s - n * interval '75 seconds',
    %(now)s - n * interval '75 seconds', {ARTICLES // STORIES}, 3, 2, 0, true,
    ARRAY['economy'], ARRAY['Elin Dahlgaard ' || n %% 999], ARRAY['Sorvik'], ARRAY['Coast Guard'],
    'neutral', '{{}}', false, false, 0, %(now)s, ''
FROM generate_series(1, {STORIES}) n;
INSERT INTO reports_membership (article_id, story_id, similarity, why, agency, sentiment, change)
SELECT a.id, s.id, 1, '{{}}', '', '', 0
FROM (SELECT id, row_number() OVER (ORDER BY published_at DESC) - 1 AS place FROM sources_article) a
JOIN (SELECT id, row_number() OVER (ORDER BY last_article_at DESC) - 1 AS place
      FROM reports_story) s ON s.place = a.place / {ARTICLES // STORIES};
INSERT INTO sources_fetch (source_id, started_at, outcome, status, error, byte_count, entry_count,
    new_count, updated_count, skipped)
SELECT s.id, %(now)s - n * interval '60 seconds', CASE WHEN n %% 9 = 0 THEN 'failed' ELSE
    'unchanged' END, 304, '', 0, 0, 0, 0, '{{}}'
FROM generate_series(1, {FETCHES}) n
JOIN (SELECT id, row_number() OVER (ORDER BY id) - 1 AS place FROM sources_source) s
    ON s.place = n %% {SOURCES};
"""


@pytest.fixture(scope="module")
def house(django_db_setup: Any, django_db_blocker: Any) -> Iterator[dict[str, int]]:
    """A house of years, once for all tests of this file."""
    with django_db_blocker.unblock(), time_machine.travel(NOW, tick=False), transaction.atomic():
        publishers = Publisher.objects.bulk_create(
            Publisher(domain=f"p{n}.example", name=f"P{n}", family=f"p{n // 2}.example")
            for n in range(SOURCES // 5)
        )
        Source.objects.bulk_create(
            Source(
                name=f"Source {n:03}",
                slug=f"source-{n}",
                url=f"https://p{n // 5}.example/{n}.xml",
                publisher=publishers[n // 5],
                language="de" if n % 10 == 0 else "nn" if n == 1 else "en",
                tags=[f"tag-{n % 7}"],
                not_before=NOW + timedelta(minutes=9),
                last_good_at=NOW,
                newest_entry_at=NOW,
                articles_per_day=20.0,
            )
            for n in range(SOURCES)
        )
        with connection.cursor() as cursor:
            for statement in FILL.split(";\n"):
                if statement.strip():
                    cursor.execute(statement, {"now": NOW})
            # Once and here, or each test would check all the keys again at its end.
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
            cursor.execute("SET CONSTRAINTS ALL DEFERRED")
            cursor.execute("ANALYZE")
        report = factories.a_published_report(sections=2)
        yield {
            "article": Article.objects.order_by("pk").values_list("pk", flat=True)[500],
            "source": Source.objects.order_by("pk").values_list("pk", flat=True)[3],
            "publisher": Publisher.objects.order_by("pk").values_list("pk", flat=True)[3],
            "fetch": Fetch.objects.order_by("pk").values_list("pk", flat=True)[3],
            "story": Story.objects.order_by("pk").values_list("pk", flat=True)[3],
            "report": report.get_absolute_url(),
            "chief": User.objects.create_superuser("the-chief").pk,
        }
        transaction.set_rollback(True)


@pytest.fixture(autouse=True)
def clock(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(search, "PATIENCE", timedelta(minutes=1))  # rows count here, not seconds
    with time_machine.travel(NOW, tick=False):
        yield


# The address, how many queries it may take, and which tables it reads in whole, with the reason.
PAGES = [
    pytest.param("/", 15, id="front"),
    pytest.param("/reports/", 12, id="archive"),
    pytest.param("{report}", 25, id="report"),
    pytest.param("/stories/{story}/", 12, id="story"),
    pytest.param("/stories/", 12, id="stories"),
    pytest.param("/stories/?topic=economy&least=2", 12, id="stories of a topic"),
    pytest.param("/api/v1/stories/?person=elin+dahlgaard+7", 4, id="API stories of a person"),
    pytest.param("/search/?q=ferry+harbor", 20, id="search"),
    pytest.param("/search/?q=%22on+time%22", 20, id="search for a phrase"),
    pytest.param("/sources/", 4, id="sources"),
    pytest.param("/sources/?language=de&page=1", 4, id="sources of a language"),
    pytest.param("/sitemap.xml", 10, id="sitemap"),
    pytest.param("/api/v1/articles/", 3, id="API articles"),
    pytest.param("/api/v1/articles/?language=nn", 3, id="API articles of a rare language"),
    pytest.param("/api/v1/articles/?source={source}", 3, id="API articles of a source"),
    pytest.param("/api/v1/articles/?story={story}", 3, id="API articles of a story"),
    pytest.param("/api/v1/articles/{article}/", 3, id="API article"),
    pytest.param("/api/v1/stories/", 3, id="API stories"),
    pytest.param("/api/v1/stories/{story}/", 5, id="API story"),
    pytest.param("/api/v1/sources/?page_size=100", 2, id="API sources"),
    pytest.param("/api/v1/sources/{source}/", 2, id="API source"),
    pytest.param("/api/v1/search/?q=ferry", 12, id="API search"),
    pytest.param("/admin/", 30, id="desk"),
    pytest.param("/admin/sources/source/", 14, id="desk sources"),
    pytest.param("/admin/sources/source/?health=silent", 14, id="desk silent sources"),
    pytest.param("/admin/sources/source/?o=5", 14, id="desk sources by articles"),
    pytest.param("/admin/sources/source/{source}/change/", 14, id="desk source"),
    pytest.param("/admin/sources/article/", 14, id="desk articles"),
    pytest.param("/admin/sources/article/?p=300", 14, id="desk articles, far back"),
    pytest.param("/admin/sources/article/?state__exact=dead", 14, id="desk dead articles"),
    pytest.param("/admin/sources/article/?state__exact=new", 14, id="desk new articles"),
    pytest.param("/admin/sources/article/?language=de", 14, id="desk articles of a language"),
    pytest.param("/admin/sources/article/?source__id__exact={source}", 14, id="desk of a source"),
    pytest.param("/admin/sources/article/?publisher__id__exact={publisher}", 14, id="desk of one"),
    pytest.param("/admin/sources/article/?q=ferry+97", 18, id="desk articles by words"),
    pytest.param("/admin/sources/article/{article}/change/", 10, id="desk article"),
    pytest.param("/admin/sources/publisher/", 12, id="desk publishers"),
    pytest.param("/admin/sources/publisher/{publisher}/change/", 8, id="desk publisher"),
    pytest.param("/admin/sources/fetch/", 12, id="desk fetches"),
    pytest.param("/admin/sources/fetch/?outcome__exact=failed", 12, id="desk failed fetches"),
    pytest.param("/admin/sources/fetch/?source__id__exact={source}", 12, id="desk fetches of one"),
    pytest.param("/admin/sources/fetch/{fetch}/change/", 8, id="desk fetch"),
    pytest.param("/admin/reports/story/", 12, id="desk stories"),
    pytest.param("/admin/reports/story/{story}/change/", 10, id="desk story"),
]


@pytest.mark.parametrize(("address", "budget"), PAGES)
def test_a_page_keeps_to_its_budget(
    client: Client, house: dict[str, int], address: str, budget: int
) -> None:
    path = address.format(**house)
    client.force_login(User.objects.get(pk=house["chief"]))
    client.get(path)  # what Django looks up once and keeps

    with CaptureQueriesContext(connection) as captured:
        answer = client.get(path)

    assert answer.status_code == 200
    statements = [query["sql"] for query in captured]
    assert len(statements) <= budget, "\n".join(statements)
    assert [scan for sql in statements for scan in long_scans(sql)] == []


def long_scans(sql: str) -> list[str]:
    """Return which long tables a statement reads row by row, and how many rows of each."""
    if not sql.lstrip("( \n").upper().startswith(("SELECT", "WITH")):
        return []
    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN (ANALYZE, TIMING OFF, FORMAT JSON) {sql}")
        (plan,) = cursor.fetchone()
    [top] = json.loads(plan) if isinstance(plan, str) else plan
    return [
        f"{node['Relation Name']}: {rows:.0f} rows in {sql[:300]}"
        for node in nodes(top["Plan"])
        if node["Node Type"].endswith("Seq Scan") and node["Relation Name"] in LONG_TABLES
        for rows in [rows_of(node)]
        if rows > MAX_ROWS_SCANNED
    ]


def rows_of(node: dict[str, Any]) -> float:
    """Return how many rows a scan has read: those that it found, and those it threw away."""
    once = node["Actual Rows"] + node.get("Rows Removed by Filter", 0)
    return float(once * node["Actual Loops"])


def nodes(plan: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield plan
    for below in plan.get("Plans", ()):
        yield from nodes(below)
