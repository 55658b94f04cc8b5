"""Grouping respects what editors decided: splits, moves and merges stay until they are undone."""

from datetime import timedelta

import pytest

from patriot.accounts.models import User
from reports.models import Membership, Story
from reports.pipeline.cluster import cluster, count_articles
from reports.pipeline.deciding import merge, move, split
from reports.pipeline.open_stories import changing_stories, open_stories
from reports.pipeline.settling import settle_stories
from reports.pipeline.undoing import undo
from sources.models import Article
from tests import factories
from tests.factories import NOW, a_source, an_article

pytestmark = pytest.mark.django_db

LATER = NOW + timedelta(minutes=5)
CRANE = (
    "Crane topples at the docks of Port Averil",
    "A crane toppled at the docks of Port Averil, blocking the main quay, harbor master Ilsa "
    "Brandt said. Forty ships queue off the breakwater of Port Averil.",
)
TRIAL = (
    "Banker Otto Kern goes on trial in Marsh End",
    "Judge Vera Lund opened the fraud trial of banker Otto Kern in Marsh End, where savers "
    "filled the gallery. Prosecutors want eight years for the loss of 23 million.",
)


@pytest.fixture
def alice() -> User:
    return factories.a_staff_user(username="alice")


def articles_about(event: tuple[str, str], count: int, *, first: int = 0) -> list[int]:
    """Return so many articles about an event, each of an outlet of its own, not yet placed."""
    title, text = event
    return [
        an_article(
            a_source(f"Outlet {first + number}"),
            title=title,
            paragraphs=(f"{text} Reporter {first + number} was there.",),
        ).pk
        for number in range(count)
    ]


def placed(event: tuple[str, str], count: int) -> tuple[Story, list[int]]:
    """Return a story of so many articles as grouping made it, and the articles."""
    ids = articles_about(event, count)
    cluster(ids, now=NOW)
    [story_id] = {story_of(pk) for pk in ids}
    return Story.objects.get(pk=story_id), ids


def story_of(article_id: int) -> int:
    return Membership.objects.get(article=article_id).story_id


def where(article_ids: list[int]) -> set[int]:
    return {story_of(pk) for pk in article_ids}


def look_again(*, now=NOW) -> None:
    """Let grouping look at all stories with all that it knows."""
    with changing_stories():
        opened = open_stories("", now=now)
        count_articles(settle_stories(opened, list(opened.index.groups)))
        opened.note()


@pytest.mark.parametrize("count", [1, 2, 3, 4, 5])
def test_a_split_stays_however_alike_its_halves_are(count: int, alice: User):
    story, ids = placed(CRANE, 6)

    new = split(story.pk, ids[:count], author=alice, now=NOW).other_id
    look_again()

    assert where(ids[:count]) == {new}
    assert where(ids[count:]) == {story.pk}


def test_a_split_that_is_undone_lets_grouping_have_its_way(alice: User):
    story, ids = placed(CRANE, 6)
    decision = split(story.pk, ids[:3], author=alice, now=NOW)
    look_again()

    undo(decision.pk, author=alice, now=LATER)
    look_again(now=LATER)

    assert where(ids) == {story.pk}
    assert not Membership.objects.exclude(decision=None).exists()


def test_a_moved_article_stays_until_that_is_undone(alice: User):
    crane, cranes = placed(CRANE, 4)
    trial, _ = placed(TRIAL, 4)

    decision = move(cranes[:1], from_story=crane.pk, to_story=trial.pk, author=alice, now=NOW)
    look_again()
    moved = story_of(cranes[0])
    undo(decision.pk, author=alice, now=LATER)
    look_again(now=LATER)

    assert moved == trial.pk
    assert where(cranes) == {crane.pk}


def test_a_merge_of_unlike_stories_stays_until_that_is_undone(alice: User):
    crane, cranes = placed(CRANE, 4)
    trial, trials = placed(TRIAL, 4)

    [decision] = merge(crane.pk, [trial.pk], author=alice, now=NOW)
    look_again()
    merged = where(cranes + trials)
    undo(decision.pk, author=alice, now=LATER)
    look_again(now=LATER)

    assert merged == {crane.pk}
    assert (where(cranes), where(trials)) == ({crane.pk}, {trial.pk})


def test_a_split_outlives_the_merge_of_a_half_with_a_third_story(alice: User):
    story, ids = placed(CRANE, 6)
    trial, _ = placed(TRIAL, 3)
    new = split(story.pk, ids[:3], author=alice, now=NOW).other_id

    merge(trial.pk, [new], author=alice, now=NOW)
    look_again()

    assert where(ids[:3]) == {trial.pk}
    assert where(ids[3:]) == {story.pk}


def test_a_merge_of_what_was_split_lifts_the_split(alice: User):
    story, ids = placed(CRANE, 6)
    new = split(story.pk, ids[:3], author=alice, now=NOW).other_id

    merge(story.pk, [new], author=alice, now=LATER)
    look_again(now=LATER)

    assert where(ids) == {story.pk}


def test_new_articles_join_a_story_that_was_split(alice: User):
    story, ids = placed(CRANE, 6)
    new = split(story.pk, ids[:3], author=alice, now=NOW).other_id

    late = articles_about(CRANE, 2, first=10)
    cluster(late, now=LATER)
    look_again(now=LATER)

    assert where(late) <= {story.pk, new}
    assert Article.objects.filter(pk__in=late, state=Article.State.CLUSTERED).count() == 2
    assert where(ids[:3]) == {new}
    assert where(ids[3:]) == {story.pk}
