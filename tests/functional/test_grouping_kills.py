"""Workers that place articles at the same time, and die at it, make each story once."""

from __future__ import annotations

import random
from datetime import datetime

import pytest

from reports.models import Membership, Story
from reports.pipeline.cluster import cluster
from sources.models import Article
from tests.flood import flood, store, stories_by_event
from tests.functional.test_kills import LEASES_END, start_mortal

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow]

EVENTS, OUTLETS, WORKERS = 30, 5, 3
LOOK = 10


def advance(address: str, clock: datetime) -> None:
    """Place all that is due, in an order of this worker's own."""
    due = list(Article.objects.to_cluster(clock).values_list("pk", flat=True))
    random.Random(address).shuffle(due)
    for start in range(0, len(due), LOOK):
        cluster(due[start : start + LOOK], now=clock)


def assert_each_event_is_one_story(events: dict[int, int]) -> None:
    assert Membership.objects.count() == len(events)
    assert not Article.objects.exclude(state=Article.State.CLUSTERED).exists()
    assert all(len(stories) == 1 for stories in stories_by_event(events).values())
    assert Story.objects.count() == EVENTS
    assert set(Story.objects.values_list("article_count", flat=True)) == {OUTLETS}


def test_workers_at_the_same_time_make_one_story_of_one_event(now):
    events = store(flood(EVENTS, outlets=OUTLETS))

    workers = [start_mortal(10**9, f"{n}", now, module=__name__) for n in range(WORKERS)]
    codes = [worker.wait(300) for worker in workers]

    assert codes == [0] * WORKERS
    assert_each_event_is_one_story(events)


def test_workers_that_die_at_it_lose_no_article_and_make_no_story_twice(now):
    events = store(flood(EVENTS, outlets=OUTLETS))
    clock, lives, deaths = now, [25, 60, 110], 0

    # The lease of a dead worker must run out, and no article may use up its attempts.
    for _ in range(2):
        workers = [start_mortal(n, f"{n}", clock, module=__name__) for n in lives]
        deaths += sum(worker.wait(300) != 0 for worker in workers)
        clock += LEASES_END
    advance("the last", clock)

    assert deaths >= 3
    assert_each_event_is_one_story(events)
