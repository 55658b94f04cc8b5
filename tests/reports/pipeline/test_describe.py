"""Stories learn what they are about, whom they name and how they are told."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from reports import tasks
from reports.domain.sentiment import NEGATIVE, POSITIVE, Verdict
from reports.models import Membership, Story
from reports.pipeline import describe as step
from reports.pipeline.cluster import count_articles
from reports.pipeline.describe import LEASE, MAX_ARTICLES, bury_exhausted, describe
from sources.models import Article
from tests.factories import NOW, a_source, a_story, an_article

pytestmark = pytest.mark.django_db

SHOOTING = "Three people were killed in a shooting in Port Averil, Texas, police said."


class Scripted:
    """Says of a text what the script has for a word in it; else nothing."""

    def __init__(self, script: dict[str, Verdict]) -> None:
        self.script = script

    def classify(self, text: str, language: str) -> Verdict:
        found = (verdict for word, verdict in self.script.items() if word in text)
        return next(found, Verdict("neutral", 0.0, "nobody"))


def a_crime(**fields: Any) -> Story:
    return a_story(
        [
            an_article(
                a_source("Harbor Courier"),
                title="Three killed in shooting, says Mayor Ingrid Solberg",
                paragraphs=(SHOOTING, "Police arrested a suspect. Mayor Ingrid Solberg mourned."),
            ),
            an_article(
                a_source("Valley Gazette"),
                title="Gunman kills three in Texas",
                paragraphs=("Solberg said the police had arrested a man in Texas.",),
            ),
        ],
        **fields,
    )


def test_a_story_learns_what_it_is_about_and_whom_it_names():
    story = a_crime()

    done = describe([story.pk], now=NOW)

    story.refresh_from_db()
    assert done == 1
    assert story.is_described
    assert story.topics[0] == "crime"
    assert story.people == ["Ingrid Solberg"]
    assert "Texas" in story.places
    assert story.sentiment == "negative"
    assert (story.attempts, story.leased_until, story.last_error) == (0, None, "")
    for member in Membership.objects.all():
        assert member.sentiment == "negative"
        assert 0 < member.sentiment_confidence < 1


def test_copies_have_no_voice_in_the_sentiment_of_a_story():
    original = an_article(a_source("A"), title="gloom at the quay")
    other = an_article(a_source("B"), title="joy at the quay", hours_ago=1)
    copies = [an_article(a_source(name), title="joy at the quay once more") for name in "CD"]
    story = a_story([original, other], copies=dict.fromkeys(copies, other))
    classifier = Scripted({"gloom": Verdict(NEGATIVE, 0.8, ""), "joy": Verdict(POSITIVE, 0.6, "")})

    describe([story.pk], now=NOW, classifier=classifier)

    story.refresh_from_db()
    assert story.sentiment == "negative"
    assert Membership.objects.filter(sentiment="positive").count() == 3


def test_an_agency_has_one_voice_whoever_edits_it():
    articles = [an_article(a_source(name), title="joy at the quay") for name in "ABC"]
    gloom = [an_article(a_source(name), title="gloom at the quay") for name in "DE"]
    story = a_story([*articles, *gloom])
    Membership.objects.filter(article__in=articles).update(agency="Reuters")
    classifier = Scripted({"gloom": Verdict(NEGATIVE, 0.6, ""), "joy": Verdict(POSITIVE, 0.6, "")})

    describe([story.pk], now=NOW, classifier=classifier)

    story.refresh_from_db()
    assert story.sentiment == "negative"


def test_what_nobody_understands_has_no_sentiment():
    story = a_story([an_article(title="De brug gaat dicht", language="nl")])

    describe([story.pk], now=NOW)

    story.refresh_from_db()
    member = Membership.objects.get()
    assert story.is_described
    assert (story.sentiment, member.sentiment, member.sentiment_confidence) == ("", "", 0)


def test_a_story_without_articles_is_about_nothing():
    story = a_crime(topics=["crime"], people=["Ingrid Solberg"])
    Membership.objects.all().delete()

    describe([story.pk], now=NOW)

    story.refresh_from_db()
    assert story.is_described
    assert (story.topics, story.people, story.sentiment) == ([], [], "")


def test_a_story_is_described_once_and_again_when_it_grows():
    story = a_crime()
    describe([story.pk], now=NOW)

    again = describe([story.pk], now=NOW)
    count_articles({story.pk})
    after_growing = describe([story.pk], now=NOW)

    assert (again, after_growing) == (0, 1)


def test_a_story_that_changed_while_it_was_read_is_read_again():
    story = a_crime()

    class Late(Scripted):
        def classify(self, text: str, language: str) -> Verdict:
            # Another worker adds an article while we read.
            late = an_article(a_source("Late Post"), state=Article.State.CLUSTERED)
            Membership.objects.create(article=late, story=story, similarity=0.5)
            return super().classify(text, language)

    done = describe([story.pk], now=NOW, classifier=Late({}))

    story.refresh_from_db()
    assert done == 0
    assert not story.is_described
    assert list(Story.objects.to_describe(NOW)) == [story]


def test_a_worker_that_lost_its_lease_writes_nothing():
    story = a_crime()

    class Slow(Scripted):
        def classify(self, text: str, language: str) -> Verdict:
            Story.objects.update(leased_until=NOW + 2 * LEASE)
            return super().classify(text, language)

    done = describe([story.pk], now=NOW, classifier=Slow({}))

    story.refresh_from_db()
    assert done == 0
    assert not story.is_described
    assert story.leased_until == NOW + 2 * LEASE


def test_a_killed_worker_loses_nothing():
    story = a_crime()
    Story.objects.to_describe(NOW).lease(NOW, until=NOW + LEASE, limit=1)

    at_once = describe([story.pk], now=NOW)
    later = describe([story.pk], now=NOW + LEASE + timedelta(seconds=1))

    assert (at_once, later) == (0, 1)


def test_what_kills_its_worker_comes_alone_the_next_time(monkeypatch):
    poison, fine = a_crime(), a_story([an_article()])
    Story.objects.filter(pk=poison.pk).update(attempts=1)
    batches: list[list[int]] = []
    whole = step._describe_all
    monkeypatch.setattr(
        step, "_describe_all", lambda ids, *rest: batches.append(list(ids)) or whole(ids, *rest)
    )

    describe([poison.pk, fine.pk], now=NOW)

    assert batches == [[fine.pk], [poison.pk]]


def test_poison_is_buried_and_gets_another_chance_when_it_changes():
    story = a_crime(attempts=3, topics=["crime"])

    buried = bury_exhausted(NOW)

    story.refresh_from_db()
    assert buried == 1
    assert story.is_described
    assert "3 times" in story.last_error
    assert story.topics == ["crime"]
    assert not Story.objects.to_describe(NOW).exists()
    count_articles({story.pk})
    assert describe([story.pk], now=NOW) == 1


def test_two_and_twelve_stories_take_the_same_queries():
    few, many = ([a_crime().pk for _ in range(number)] for number in (2, 12))

    of_2, of_12 = map(queries_to_describe, (few, many))

    # Lease, those that failed before, makes, members, lock, makes, stories, memberships: 9 with
    # the savepoint of the lease; as many and a few more to link them.
    assert of_2 == of_12 <= 24


def queries_to_describe(story_ids: list[int]) -> int:
    with CaptureQueriesContext(connection) as queries:
        assert describe(story_ids, now=NOW) == len(story_ids)
    return len(queries)


def test_of_a_huge_story_only_so_much_is_read():
    source = a_source()
    story = a_story([an_article(source, title=f"Report {n}") for n in range(MAX_ARTICLES + 5)])

    describe([story.pk], now=NOW)

    read = Membership.objects.exclude(sentiment_confidence=None).count()
    assert read == MAX_ARTICLES


def test_odd_texts_are_described_too():
    odd = "\u202e😀\u0301\u0301 ＦＵＬＬ ﷽ {}<b>%s\\ ' \" " * 40
    articles = [
        an_article(a_source("A"), title=odd, paragraphs=(odd,)),
        an_article(a_source("B"), title="", paragraphs=("",), url=""),
        an_article(a_source("C"), title="x" * 100_000, paragraphs=("y" * 100_000,)),
    ]
    story = a_story(articles)

    assert describe([story.pk], now=NOW) == 1


def test_the_task_looks_by_the_real_clock():
    story = a_crime()

    tasks.describe([story.pk])

    story.refresh_from_db()
    assert story.is_described
