"""Enrich: passages and languages, and rows that spoil."""

from __future__ import annotations

import hashlib
from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django_q.models import OrmQ

from patriot.work.leases import MAX_ATTEMPTS
from sources.models import Article, Passage
from sources.pipeline import enrich as enrich_step
from sources.pipeline.enrich import bury_exhausted, enrich
from tests.factories import a_source

pytestmark = pytest.mark.django_db

LATER = timedelta(minutes=10)


@pytest.fixture
def a_new_article(now):
    source = a_source()

    def make(number: int = 1, **fields) -> Article:
        defaults = {
            "source": source,
            "publisher": source.publisher,
            "identity": hashlib.sha256(str(number).encode()).hexdigest(),
            "title": f"Bridge {number} to close",
            "text": "It closes on Friday.\n\nIt opens in June.",
            "published_at": now,
            "first_seen_at": now,
            "updated_at": now,
            "not_before": now,
            "content_hash": "x",
        }
        return Article.objects.create(**defaults | fields)

    return make


def test_an_article_is_cut_and_looked_at_next(a_new_article, now):
    article = a_new_article()

    assert enrich([article.pk], now=now) == 1

    passages = Passage.objects.filter(article=article, version=1).order_by("number")
    assert list(passages.values_list("number", "text")) == [
        (0, "Bridge 1 to close"),
        (1, "It closes on Friday."),
        (2, "It opens in June."),
    ]
    assert passages[0].sha256 == hashlib.sha256(b"Bridge 1 to close").hexdigest()
    article.refresh_from_db()
    assert (article.state, article.attempts, article.leased_until) == ("enriched", 0, None)
    task = OrmQ.objects.get().task
    assert (task["func"], task["args"]) == ("reports.tasks.cluster", ([article.pk],))


@pytest.mark.parametrize(
    ("declared", "text", "language"),
    [
        pytest.param(
            "fr", "The bridge will close for the whole summer, they said.", "en", id="a lie"
        ),
        pytest.param("fr", "Brr.", "fr", id="declared, and nothing to the contrary"),
        pytest.param("", "The bridge will close for the whole summer, they said.", "en", id="en"),
        pytest.param("", "Brr.", "", id="unsure"),
    ],
)
def test_the_words_count_before_the_declared_language(a_new_article, now, declared, text, language):
    article = a_new_article(language=declared, text=text, title="")

    enrich([article.pk], now=now)

    article.refresh_from_db()
    assert article.language == language


def test_a_changed_article_gets_new_passages_and_keeps_the_old_ones(a_new_article, now):
    article = a_new_article()
    enrich([article.pk], now=now)
    Article.objects.update(version=2, text="It does not close.", state=Article.State.NEW)

    enrich([article.pk], now=now)

    texts = Passage.objects.filter(article=article, number=1).order_by("version")
    assert list(texts.values_list("text", flat=True)) == [
        "It closes on Friday.",
        "It does not close.",
    ]


def test_an_article_that_changed_meanwhile_is_left_for_the_next_look(
    a_new_article, now, monkeypatch
):
    article = a_new_article()
    cut = enrich_step.cut

    def slow_cut(title, text):
        Article.objects.update(version=2, text="New.", attempts=0, leased_until=None)
        return cut(title, text)

    monkeypatch.setattr(enrich_step, "cut", slow_cut)
    assert enrich([article.pk], now=now) == 0
    monkeypatch.undo()

    assert enrich([article.pk], now=now) == 1
    assert set(Passage.objects.values_list("version", flat=True)) == {2}


def test_a_row_that_fails_does_not_hold_up_the_others(a_new_article, now, monkeypatch):
    bad, good = a_new_article(1), a_new_article(2)
    cut = enrich_step.cut

    def picky_cut(title, text):
        if title == bad.title:
            raise RuntimeError("no\x00 way")
        return cut(title, text)

    monkeypatch.setattr(enrich_step, "cut", picky_cut)
    for attempt in range(MAX_ATTEMPTS):
        enrich([bad.pk, good.pk], now=now + attempt * LATER)

    good.refresh_from_db()
    bad.refresh_from_db()
    assert good.state == Article.State.ENRICHED
    assert (bad.state, bad.last_error) == (Article.State.DEAD, "RuntimeError: no way")


def test_a_row_that_cannot_be_stored_is_parted_from_the_others(a_new_article, now):
    bad, good = a_new_article(1), a_new_article(2)
    Passage.objects.create(article=bad, version=1, number=1, text="In the way", sha256="")

    assert enrich([bad.pk, good.pk], now=now) == 1

    good.refresh_from_db()
    bad.refresh_from_db()
    assert good.state == Article.State.ENRICHED
    assert bad.state == Article.State.NEW
    assert "duplicate key" in bad.last_error
    assert bad.not_before > now


def test_what_ended_its_worker_is_tried_alone_and_then_given_up(a_new_article, now):
    suspect = a_new_article(1, attempts=1, leased_until=now - LATER)
    exhausted = a_new_article(2, attempts=MAX_ATTEMPTS, leased_until=now - LATER)

    assert enrich([suspect.pk, exhausted.pk], now=now) == 1
    assert bury_exhausted(now) == 1

    exhausted.refresh_from_db()
    assert exhausted.state == Article.State.DEAD
    assert "ended the worker 3 times" in exhausted.last_error


def test_what_another_worker_has_is_passed_over(a_new_article, now):
    article = a_new_article(leased_until=now + LATER)

    assert enrich([article.pk], now=now) == 0
    assert not Passage.objects.exists()


def test_the_number_of_queries_does_not_grow_with_the_articles(a_new_article, now):
    counts = []
    for size in (5, 40):
        ids = [a_new_article(100 * size + number).pk for number in range(size)]
        with CaptureQueriesContext(connection) as queries:
            enrich(ids, now=now)
        counts.append(len(queries))

    assert counts[0] == counts[1]
