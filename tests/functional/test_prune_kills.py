"""A prune may be killed at any statement: what was dropped is buried, and nothing else is."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from patriot.retention import Limits, prune
from reports.models import Story
from sources.gateways.parser import Parser
from sources.models import Article, Passage, Tombstone
from sources.pipeline.collect import collect
from sources.pipeline.sorting import DROPPED
from tests.factories import NOW, a_story, an_article
from tests.functional.test_kills import run_mortal
from tests.sources.pipeline.feeds import a_new_source, many, web_for
from tests.sources.server import Server, answering

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow]

A_YEAR = timedelta(days=365)


def advance(_: str, clock: datetime) -> None:
    """Drop what is older than a year."""
    old = clock - A_YEAR
    prune(clock, before=Limits(articles=old, fetches=old, tombstones=old - A_YEAR))


@pytest.mark.parametrize("statements", [9, 15, 24])
def test_a_killed_prune_has_dropped_whole_batches(statements):
    for _ in range(3):
        a_story([an_article(hours_ago=24.0 * 400)])
    identities = set(Article.objects.values_list("identity", flat=True))

    died = run_mortal(statements, "", NOW, module=__name__)

    kept = set(Article.objects.values_list("identity", flat=True))
    assert died
    assert set(Tombstone.objects.values_list("identity", flat=True)) == identities - kept
    assert len(kept) in {0, 3}
    advance("", NOW)
    assert not Article.objects.exists()
    assert not Passage.objects.exists()
    assert not Story.objects.exists()
    assert Tombstone.objects.count() == 3


@pytest.fixture
def parser():
    reader = Parser()
    yield reader
    reader.close()


def test_what_was_dropped_does_not_come_back_with_its_feed(parser):
    with Server() as server:
        source = a_new_source(server.serve(answering(body=many(3))), NOW)
        collect([source.pk], web=web_for(server), parser=parser, now=NOW)
        later = NOW + A_YEAR + timedelta(days=1)
        advance("", later)

        server.serve(answering(body=many(4)), "/feed")
        [fetch] = collect([source.pk], web=web_for(server), parser=parser, now=later)

    assert (fetch.new_count, fetch.skipped) == (1, {DROPPED: 3})
    assert Article.objects.get().title == "Ferry number 3 leaves on time"
