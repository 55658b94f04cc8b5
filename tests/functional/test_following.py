"""A storyline through three mornings: told, told again by what changed, and let go."""

from datetime import timedelta

import pytest

from reports.models import Claim, Report, Section, Story
from reports.pipeline.storylines import followed, link
from sources.models import Article, Source
from sources.pipeline.index import index_articles
from tests.factories import NOW, a_briefing, a_fetch, a_source, a_story, an_article
from tests.reports.pipeline.producing import produce

pytestmark = pytest.mark.django_db

DAY = timedelta(days=1)
TRIAL = (
    "Trial of banker Otis Fenn opens in Port Averil",
    "The trial of the banker Otis Fenn opened in Port Averil on Monday before a full gallery.",
    "Prosecutors accuse Otis Fenn of hiding losses of the Averil Savings Bank for nine years.",
)
VERDICT = (
    "Otis Fenn guilty of fraud at Averil Savings Bank",
    "A jury in Port Averil found the banker Otis Fenn guilty of fraud on Tuesday afternoon.",
    "The judge set the sentence of Otis Fenn at seven years, longer than prosecutors asked for.",
    "Lawyers for Otis Fenn said the jury ignored letters from the Averil Savings Bank auditors.",
)


@pytest.fixture
def source() -> Source:
    made = a_source()
    a_fetch(made)
    return made


def an_arrival(source, words, *, at, story=None, **fields):
    """Have an article come in at a moment, in a story of its own or as part of one."""
    title, *paragraphs = words
    article = an_article(
        source, title=title, paragraphs=paragraphs, hours_ago=(NOW - at) / timedelta(hours=1)
    )
    index_articles([(article, article.language)])
    if story is None:
        return a_story([article], people=["Otis Fenn"], **fields)
    story.memberships.create(article=article, similarity=0.6)
    Article.objects.filter(pk=article.pk).update(state=Article.State.CLUSTERED)
    Story.objects.filter(pk=story.pk).update(last_article_at=at, article_count=2)
    return story


def next_report(briefing, *, at):
    """Produce a report at a moment at which all sources have answered."""
    Source.objects.update(not_before=at + timedelta(hours=1))
    report, _ = produce(briefing, clock=at)
    return report


def the_section(report: Report) -> Section:
    assert report.is_published, report.reason
    return report.current.sections.get()


def texts(section: Section, kind: Claim.Kind) -> list[str]:
    return list(section.claims.filter(kind=kind).values_list("text", flat=True))


def is_new(claim: Claim, since) -> bool:
    return all(item.passage.article.published_at > since for item in claim.evidence.all())


def test_a_story_that_grew_says_what_changed_from_new_passages(source):
    briefing = a_briefing()
    story = an_arrival(source, TRIAL, at=NOW - timedelta(hours=3))
    first, _ = produce(briefing)
    an_arrival(source, VERDICT, at=NOW + timedelta(hours=20), story=story)

    second = next_report(briefing, at=NOW + DAY)

    section = the_section(second)
    assert section.status == "developing"
    changed = section.claims.filter(kind=Claim.Kind.CHANGED)
    assert changed
    assert all(is_new(claim, first.window_end) for claim in changed)


def test_the_next_part_of_a_storyline_is_told_by_what_changed(source):
    briefing = a_briefing()
    an_arrival(source, TRIAL, at=NOW - timedelta(hours=3))
    first, _ = produce(briefing)
    verdict = an_arrival(source, VERDICT, at=NOW + 3 * DAY + timedelta(hours=20))
    assert link([verdict.pk], now=NOW + 4 * DAY) == 1

    second = next_report(briefing, at=NOW + 4 * DAY)

    section = the_section(second)
    assert section.story_id == verdict.pk
    changed = section.claims.filter(kind=Claim.Kind.CHANGED)
    assert changed
    assert all(is_new(claim, first.window_end) for claim in changed)
    assert texts(section, Claim.Kind.HEADLINE) == [VERDICT[0]]


def test_a_storyline_pauses_and_ends(source):
    briefing = a_briefing()
    trial = an_arrival(source, TRIAL, at=NOW - timedelta(hours=3))
    produce(briefing)
    show = "Farm show opens", "The farm show opened on the Green of Valmere with forty goats."
    for day in (1, 4):
        an_arrival(source, show, at=NOW + day * DAY - timedelta(hours=2))
        second = next_report(briefing, at=NOW + day * DAY)
        (one,) = [each for each in followed(second) if each.story_id == trial.pk]
        assert one.status == ("unchanged" if day == 1 else "resolved")
