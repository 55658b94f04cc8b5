"""Articles find their stories, and stories know who tells them."""

import pytest

from reports.models import Membership, Story
from reports.pipeline.cluster import bury_exhausted, cluster, count_articles
from sources.models import Article
from tests.factories import NOW, a_source, a_story, an_article

pytestmark = pytest.mark.django_db


def test_an_article_begins_a_story_and_leaves_the_belt():
    article = an_article()

    placed = cluster([article.pk], now=NOW)

    article.refresh_from_db()
    assert placed == 1
    assert (article.state, article.leased_until, article.attempts) == ("clustered", None, 0)
    assert Membership.objects.get().story.title == article.title


def test_the_same_text_of_another_outlet_joins_as_a_copy():
    words = (
        "A crane has toppled at the docks in Port Averil, blocking the main quay for a week.",
        "The port authority reported no injuries; for hours ships queued off the breakwater.",
    )
    first = an_article(a_source("Harbor Courier"), title="Crane topples", paragraphs=words)
    again = an_article(a_source("Valley Gazette"), title="Crane topples", paragraphs=words)

    cluster([first.pk, again.pk], now=NOW)

    story = Story.objects.get()
    assert (story.article_count, story.outlet_count, story.independent_count) == (2, 2, 1)
    assert Membership.objects.get(article=again).copy_of == first


@pytest.mark.parametrize(
    ("originals", "copies", "expected"),
    [
        pytest.param(["A"], ["B", "C"], (3, 1), id="one agency text"),
        pytest.param(["A", "B"], ["B"], (2, 2), id="a copy and own words"),
        pytest.param(["A", "A"], [], (1, 1), id="one outlet twice"),
    ],
)
def test_who_only_copies_is_no_voice(originals, copies, expected):
    story = a_story(
        [an_article(a_source(name)) for name in originals],
        copies=[an_article(a_source(name)) for name in copies],
    )

    count_articles({story.pk})

    story.refresh_from_db()
    assert (story.outlet_count, story.independent_count) == expected


def test_newsrooms_never_share_a_story():
    ours = an_article(a_source("Harbor Courier"))
    theirs = an_article(a_source("Valley Gazette", newsroom="demonstration"))

    cluster([ours.pk, theirs.pk], now=NOW)

    assert set(Story.objects.values_list("newsroom", flat=True)) == {"", "demonstration"}


def test_a_changed_article_keeps_its_story():
    article = an_article()
    story = a_story([article])
    Article.objects.update(state=Article.State.ENRICHED)

    cluster([article.pk], now=NOW)

    article.refresh_from_db()
    assert article.membership.story == story
    assert article.state == Article.State.CLUSTERED


def test_an_article_that_kills_its_workers_is_given_up_with_its_reason():
    an_article(attempts=3)

    assert bury_exhausted(NOW) == 1
    assert Article.objects.get().state == Article.State.DEAD
    assert "3 times" in Article.objects.get().last_error
