"""What is old goes, what a report stands on stays, and an entry that was dropped stays away."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest
import time_machine
from django.core.management import call_command
from django.db import IntegrityError, connection, transaction
from django.db.models import ProtectedError, Q

from patriot import retention, schedules
from patriot.retention import Limits, Pruned, prune
from patriot.work.models import Heartbeat
from reports.models import Membership, Revision, Story
from sources.models import (
    Article,
    ArticleVersion,
    ArticleWords,
    Digest,
    Fetch,
    Import,
    Passage,
    Tombstone,
)
from sources.pipeline import prune as sources_prune
from tests.factories import (
    NOW,
    a_claim,
    a_draft_report,
    a_fetch,
    a_report,
    a_section,
    a_source,
    a_story,
    an_article,
)

pytestmark = pytest.mark.django_db

DAY = timedelta(days=1)
BEFORE = Limits(articles=NOW - 365 * DAY, fetches=NOW - 90 * DAY, tombstones=NOW - 730 * DAY)
OLD = 24.0 * 366


@pytest.fixture
def source():
    return a_source()


def pruned(**patience) -> Pruned:
    counts, _ = prune(NOW, before=BEFORE, **patience)
    return counts


def test_an_old_article_goes_with_all_that_hangs_on_it(source):
    article = an_article(source, hours_ago=OLD)
    a_story([article])
    ArticleWords.objects.create(
        article=article, published_at=article.published_at, vector="bridg:1"
    )
    ArticleVersion.objects.create(
        article=article, number=1, content_hash="0" * 64, replaced_at=article.updated_at
    )

    counts = pruned()

    assert counts == Pruned(articles=1, stories=1)
    for model in (Article, ArticleVersion, ArticleWords, Passage, Membership, Story):
        assert not model.objects.exists()
    [tombstone] = Tombstone.objects.all()
    assert (tombstone.source, tombstone.identity) == (source, article.identity)
    assert tombstone.buried_at == NOW


@pytest.mark.parametrize(
    "fields",
    [
        pytest.param({"hours_ago": 24.0 * 364}, id="not old yet"),
        pytest.param({"hours_ago": OLD, "first_seen_at": NOW - DAY}, id="old when we found it"),
        pytest.param({"hours_ago": OLD, "updated_at": NOW - DAY}, id="changed since"),
        pytest.param({"hours_ago": OLD, "leased_until": NOW + DAY}, id="somebody is at it"),
    ],
)
def test_what_is_not_old_or_at_work_stays(source, fields):
    an_article(source, **fields)

    assert pruned() == Pruned()


@pytest.mark.parametrize("state", ["producing", "draft", "review", "held", "skipped", "failed"])
def test_the_story_of_a_report_in_whatever_state_stays_whole(source, state):
    told, beside = an_article(source, hours_ago=OLD), an_article(source, hours_ago=OLD)
    unneeded = an_article(source, hours_ago=OLD)
    report = a_report(state=state, reason="It was so.")
    revision = Revision.objects.create(report=report, created_at=NOW)
    section = a_section(revision, a_story([told, beside]), given=[])
    a_claim(section, quotes=["The Old Bridge will close on Friday evening."])
    pruned()

    assert set(Article.objects.all()) == {told, beside}
    assert Tombstone.objects.get().identity == unneeded.identity


def test_what_an_analyst_was_given_stays_although_it_moved_to_another_story(source):
    told, moved = an_article(source, hours_ago=OLD), an_article(source, hours_ago=OLD)
    revision = Revision.objects.create(report=a_report(), created_at=NOW)
    given = list(moved.passages.values_list("pk", flat=True))
    a_section(revision, a_story([told]), given=given)
    a_story([moved])

    assert pruned() == Pruned()


def test_an_old_article_of_a_story_that_goes_on_stays(source):
    a_story([an_article(source, hours_ago=OLD), an_article(source)])

    assert pruned() == Pruned()


def test_a_copy_stays_when_its_original_goes(source):
    original, copy = an_article(source, hours_ago=OLD), an_article(source)
    Membership.objects.filter(story=a_story([copy])).update(copy_of=original)
    a_story([original])

    pruned()

    assert Membership.objects.get().copy_of is None


def test_what_is_quoted_cannot_go_even_by_mistake(source):
    a_draft_report(sections=1)
    quoted = Passage.objects.exclude(evidence=None).first()

    with pytest.raises(ProtectedError):
        Article.objects.filter(pk=quoted.article_id).delete()
    with pytest.raises(IntegrityError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("DELETE FROM sources_passage WHERE id = %s", [quoted.pk])

    assert Passage.objects.filter(pk=quoted.pk).exists()


def test_a_report_keeps_its_evidence_whatever_its_age():
    report = a_draft_report(sections=3)
    Article.objects.update(
        published_at=NOW - 999 * DAY, first_seen_at=NOW - 999 * DAY, updated_at=NOW - 999 * DAY
    )
    Story.objects.update(last_article_at=NOW - 999 * DAY)
    articles = Article.objects.count()

    assert pruned() == Pruned()
    assert Article.objects.count() == articles
    assert report.revisions.get().sections.count() == 3


def test_fetches_go_but_the_last_twenty_of_each_source(source):
    busy, quiet, new = source, a_source(), a_source()
    for age in range(30):
        a_fetch(busy, started_at=NOW - (80 + age) * DAY)
    for age in range(25):
        a_fetch(quiet, started_at=NOW - (200 + age) * DAY)
    a_fetch(new, started_at=NOW - 400 * DAY)

    counts = pruned()

    assert counts == Pruned(fetches=10 + 5)
    assert [one.fetches.count() for one in (busy, quiet, new)] == [20, 20, 1]
    assert Fetch.objects.filter(source=quiet).earliest("started_at").started_at == NOW - 219 * DAY
    assert pruned() == Pruned()


def test_tombstones_go_after_two_years_and_records_with_the_fetches(source):
    for number, days in enumerate((731, 729)):
        Tombstone.objects.create(
            source=source, identity=f"{number:064}", buried_at=NOW - days * DAY
        )
    for days in (91, 89):
        Import.objects.create(name="feeds.opml", created_at=NOW - days * DAY)
        Digest.objects.create(on=(NOW - days * DAY).date(), not_before=NOW)

    assert pruned() == Pruned(tombstones=1, digests=1, imports=1)


def test_the_last_digest_stays_however_old(source):
    Digest.objects.create(on=(NOW - 400 * DAY).date(), not_before=NOW)

    assert pruned() == Pruned()


def test_a_batch_is_bounded_and_the_rest_comes_next(source):
    for _ in range(5):
        an_article(source, hours_ago=OLD)

    dropped = sources_prune.prune_articles(
        NOW, older_than=BEFORE.articles, needed=retention.reports.needed(since=NOW), limit=2
    )

    assert dropped == 2
    assert Article.objects.count() == 3
    assert Tombstone.objects.count() == 2


def test_patience_ends_the_work_between_two_batches(source):
    an_article(source, hours_ago=OLD)
    a_fetch(source, started_at=NOW - 99 * DAY)

    counts, is_all = prune(NOW, before=BEFORE, patience=timedelta(0))

    assert counts == Pruned(articles=1)
    assert not is_all


def test_an_article_that_was_dropped_once_more_has_one_tombstone(source):
    article = an_article(source, hours_ago=OLD)
    Tombstone.objects.create(source=source, identity=article.identity, buried_at=NOW - 400 * DAY)

    pruned()

    assert Tombstone.objects.get().buried_at == NOW


@pytest.mark.parametrize("count", [3, 40])
def test_it_costs_the_same_queries_however_many_it_drops(source, count, django_assert_num_queries):
    for _ in range(count):
        a_story([an_article(source, hours_ago=OLD)])

    with django_assert_num_queries(49):
        pruned()


def test_a_batch_is_dropped_and_buried_whole_or_not_at_all(source):
    a_draft_report(sections=1)
    an_article(source, hours_ago=OLD)
    articles = Article.objects.count()

    with pytest.raises(ProtectedError):
        sources_prune.prune_articles(NOW, older_than=NOW + DAY, needed=Q(pk=None))

    assert Article.objects.count() == articles
    assert not Tombstone.objects.exists()


def test_a_tick_prunes_once_a_day(source):
    an_article(source, hours_ago=OLD)
    with time_machine.travel(NOW, tick=False):
        schedules.tick()
        an_article(source, hours_ago=OLD)
        schedules.tick()

    assert Heartbeat.objects.get(name="prune").beat_at == NOW
    assert Article.objects.count() == 1

    with time_machine.travel(NOW + DAY, tick=False):
        schedules.tick()

    assert not Article.objects.exists()


@pytest.mark.parametrize("arguments", [[], ["--json"]])
def test_the_command_says_what_went(source, capsys, arguments):
    an_article(source, hours_ago=OLD)
    with time_machine.travel(NOW, tick=False):
        call_command("prune", "--dry-run", *arguments)
        before = capsys.readouterr().out
        still_there = Article.objects.count()
        call_command("prune", *arguments, verbosity=0)
    after = capsys.readouterr().out

    assert still_there == 1
    assert not Article.objects.exists()
    if arguments:
        assert json.loads(before) == json.loads(after) | {"dry_run": True}
        assert json.loads(after)["articles"] == 1
    else:
        assert "Old, and not needed: 1 articles, 0 stories" in before
        assert "Dropped 1 articles, 0 stories" in after
