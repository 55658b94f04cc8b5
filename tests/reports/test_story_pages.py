"""The list of stories, and what a story's page says of its articles."""

import gzip
from datetime import timedelta
from html import unescape
from pathlib import Path

import pytest
from django.conf import settings
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from reports.models import Decision, Membership, Story
from reports.pages import stories
from reports.pages.stories import Place, Wish
from tests.cast import COURIER, ECHO, POST
from tests.factories import (
    NOW,
    a_briefing,
    a_publisher,
    a_search,
    a_source,
    a_story,
    an_article,
)

pytestmark = pytest.mark.django_db


TEN_THOUSAND = """
INSERT INTO reports_story (title, newsroom, language, first_article_at, last_article_at,
    article_count, outlet_count, independent_count, copy_count, is_described, topics, people,
    places, organizations, sentiment, continues_why, is_pinned, is_muted, not_before, attempts,
    last_error)
SELECT 'Story ' || n, '', 'en', %(now)s, %(now)s - n * interval '20 seconds',
    1, 1, 1 + n %% 5, 0, true, array['sport']::varchar[], array['Person ' || n]::varchar[],
    '{}', '{}', 'neutral', '{}', false, false, %(now)s, 0, ''
FROM generate_series(1, 10000) AS n
"""


@pytest.fixture(autouse=True)
def _clock(time_machine, now):
    time_machine.move_to(now, tick=False)


def text_of(client, url: str) -> str:
    response = client.get(url)
    assert response.status_code == 200, response.status_code
    return unescape(" ".join(response.content.decode().split()))


def told(title: str, *outlets: str, hours_ago: float = 2, **fields) -> Story:
    """Return a story that each of these outlets tells in its own words."""
    names = outlets or (COURIER,)
    articles = [
        an_article(a_source(name), title=title, hours_ago=hours_ago + n)
        for n, name in enumerate(names)
    ]
    return a_story(articles, title=title, **fields)


def titles(client, query: str) -> list[str]:
    page = client.get(f"/stories/{query}").context["page"]
    return [entry.story.title for entry in page.entries]


# --- The list ---------------------------------------------------------------------


def test_stories_are_listed_newest_first_with_who_reported_them(client):
    told("Old Bridge closes", COURIER, ECHO, hours_ago=5, topics=["politics"])
    told("Ferry burns", POST, hours_ago=1)

    page = text_of(client, "/stories/")

    assert page.index("Ferry burns") < page.index("Old Bridge closes")
    assert f"Only {POST}" in page
    assert "2 outlets, each in its own words" in page
    assert "Topics of the last day" in page
    assert 'href="/stories/?topic=politics&age=day"' in page


def test_the_best_supported_can_come_first(client):
    told("One", COURIER, hours_ago=1)
    told("Three", COURIER, ECHO, POST, hours_ago=9)

    assert titles(client, "?order=biggest") == ["Three", "One"]


@pytest.mark.parametrize(
    ("query", "found"),
    [
        pytest.param("", ["Bridge", "Goats"], id="everything that is open"),
        pytest.param("?topic=politics", ["Bridge"], id="topic"),
        pytest.param("?topic=dragons", ["Bridge", "Goats"], id="no such topic"),
        pytest.param("?person=ada%20byron", ["Bridge"], id="a person, in any case"),
        pytest.param("?place=Valmere", ["Bridge"], id="a place"),
        pytest.param("?organization=Harbor+Council", ["Goats"], id="an organization"),
        pytest.param("?sentiment=negative", ["Goats"], id="tone"),
        pytest.param("?language=de", ["Goats"], id="a dialect of a language"),
        pytest.param("?least=2", ["Bridge"], id="independent reports"),
        pytest.param("?age=day", ["Bridge"], id="the last day"),
        pytest.param("?age=all", ["Bridge", "Goats", "Long ago"], id="any time"),
        pytest.param("?person=Nobody", [], id="a name that nobody has"),
        pytest.param("?least=x&age=y&order=z&after=1.2&person=%00", ["Bridge", "Goats"], id="odd"),
        pytest.param("?after=9.999999999999999999.1", ["Bridge", "Goats"], id="after all time"),
    ],
)
def test_stories_are_found_by_what_is_said_of_them(client, query, found):
    about = {"topics": ["politics"], "people": ["Ada Byron"], "places": ["Valmere"]}
    told("Bridge", COURIER, ECHO, **about)
    told(
        "Goats",
        hours_ago=50,
        language="de-at",
        sentiment="negative",
        organizations=["Harbor Council"],
    )
    told("Long ago", hours_ago=500)

    assert titles(client, query) == found


def test_what_editors_muted_or_merged_and_what_was_only_tried_out_is_not_listed(client):
    heir = told("Heir")
    told("Muted", is_muted=True)
    told("Merged", merged_into=heir)
    told("Emptied", article_count=0)
    told("Tried out", newsroom="laboratory")
    a_briefing(newsroom="demo")
    told("Read by a briefing", newsroom="demo", hours_ago=1)

    assert titles(client, "") == ["Read by a briefing", "Heir"]


@pytest.mark.parametrize("order", ["", "biggest"])
def test_following_the_pages_shows_every_story_once(client, monkeypatch, order):
    monkeypatch.setattr(stories, "STORIES_A_PAGE", 3)
    for number in range(8):
        names = [COURIER, ECHO, POST][: 1 + number % 3]
        told(f"Story {number}", *names, hours_ago=2 + number // 2)
    url, seen = f"/stories/?order={order}", []

    while url:
        page = client.get(url).context["page"]
        seen += [entry.story.title for entry in page.entries]
        url = page.next_url

    assert sorted(seen) == [f"Story {number}" for number in range(8)]


def test_a_list_without_stories_says_what_to_try_next(client):
    page = text_of(client, "/stories/?person=Nobody&topic=labor")

    assert "No story that grew in the last three days is like this." in page
    assert 'href="/stories/?topic=labor&person=Nobody&age=all"' in page
    assert 'href="/stories/?topic=labor"' in page
    assert 'href="/search/"' in page


def test_only_the_plain_list_is_for_search_engines(client):
    assert "noindex" not in text_of(client, "/stories/")
    assert "noindex" in text_of(client, "/stories/?topic=sport")


def test_no_list_reads_every_story_there_is(client):
    """Ten thousand stories, of which few are in a list: an index has to find them."""
    with connection.cursor() as cursor:
        cursor.execute(TEN_THOUSAND, {"now": NOW})
        cursor.execute("ANALYZE reports_story")
    asked = ("", "order=biggest", "topic=religion", "sentiment=positive", "language=de")
    asked += ("person=nobody", "least=9", "after=3.1780000000000000.9")

    for query in asked:
        with CaptureQueriesContext(connection) as captured:
            client.get(f"/stories/?age=all&{query}")
        for sql in (one["sql"] for one in captured if 'FROM "reports_story"' in one["sql"]):
            with connection.cursor() as cursor:
                cursor.execute(f"EXPLAIN {sql}")
                plan = "\n".join(row[0] for row in cursor.fetchall())
            assert "Seq Scan on reports_story" not in plan, query


@pytest.mark.parametrize("count", [1, 12])
def test_the_list_takes_four_queries_whatever_it_shows(client, django_assert_num_queries, count):
    for number in range(count):
        told(f"Story {number}", COURIER, ECHO, topics=["sport"])

    with django_assert_num_queries(4):
        client.get("/stories/?topic=sport")


def test_a_place_survives_its_way_through_an_address():
    story = Story(pk=7, independent_count=3, last_article_at=NOW + timedelta(microseconds=1))

    assert Place.of(Place.after(story).in_words) == Place(3, story.last_article_at, 7)


def test_a_wish_survives_its_way_through_an_address():
    asked = {"topic": "sport", "person": "Ada", "least": "3", "age": "day", "order": "biggest"}

    wish = Wish.of(asked)

    assert wish.url == "/stories/?topic=sport&person=Ada&least=3&age=day&order=biggest"


# --- A story's page ---------------------------------------------------------------


def test_a_merged_story_leads_to_the_one_that_has_its_articles(client):
    heir = told("Heir")
    middle = told("Middle", merged_into=heir)
    merged = told("Merged", merged_into=middle)

    answer = client.get(f"/stories/{merged.pk}/")

    assert (answer.status_code, answer["Location"]) == (301, f"/stories/{heir.pk}/")
    assert "max-age=300" in answer["Cache-Control"]


def test_stories_merged_in_a_circle_end_somewhere(client):
    one, other = told("One"), told("Other")
    Story.objects.filter(pk=one.pk).update(merged_into=other)
    Story.objects.filter(pk=other.pk).update(merged_into=one)

    assert client.get(f"/stories/{one.pk}/").status_code == 200


def test_outlets_of_one_house_are_one_voice(client):
    for name in (COURIER, ECHO):
        a_publisher(name, family="house.example")
    story = told("Bridge", COURIER, ECHO)

    page = text_of(client, f"/stories/{story.pk}/")

    assert f"Only {ECHO} tells this." in page
    assert f"with {COURIER}, of the same house" in page


def test_an_agency_is_named_where_its_text_is_carried(client):
    first, copy = an_article(a_source(COURIER), hours_ago=3), an_article(a_source(ECHO))
    story = a_story([first], copies=[copy], copy_count=1)
    Membership.objects.filter(story=story).update(agency="Reuters")

    page = text_of(client, f"/stories/{story.pk}/")

    assert "2 outlets, 1 independent report; 1 carries the same text (Reuters)." in page
    assert "Credits Reuters." in page
    assert "credits Reuters" in text_of(client, f"/stories/{story.pk}/")


def test_coverage_and_tone_are_drawn_and_told(client):
    story = told("Bridge", COURIER, ECHO, POST)
    tones = zip(("negative", "negative", ""), Membership.objects.all(), strict=True)
    for tone, member in tones:
        member.sentiment, member.sentiment_confidence = tone, 0.7 if tone else None
        member.save(update_fields=["sentiment", "sentiment_confidence"])

    page = text_of(client, f"/stories/{story.pk}/")

    assert '<title id="coverage-title">Articles in time, by hour</title>' in page
    assert "3 articles. The most within one hour: 1." in page
    assert "0 positive, 0 neutral, 2 negative" in page
    assert "on average 70 percent sure of itself" in page
    assert "1 article could not be read so." in page


def test_tone_that_nobody_read_is_not_drawn(client):
    story = told("Bridge", COURIER, ECHO, POST)

    assert "How the articles speak" not in text_of(client, f"/stories/{story.pk}/")


@pytest.mark.parametrize(
    ("kind", "said"),
    [
        pytest.param("move", "An editor moved it here.", id="moved"),
        pytest.param("split", "An editor set it apart from another story.", id="split"),
        pytest.param("merge", "An editor joined its story with this one.", id="merged"),
    ],
)
def test_what_an_editor_decided_is_said_until_it_is_undone(client, kind, said):
    story = told("Bridge", COURIER, ECHO)
    decision = Decision.objects.create(kind=kind, story=story, made_at=NOW)
    Membership.objects.filter(article__source__name=ECHO).update(decision=decision)

    before = text_of(client, f"/stories/{story.pk}/")
    Decision.objects.update(undone_at=timezone.now())  # noqa: TID251 (the frozen clock)
    after = text_of(client, f"/stories/{story.pk}/")

    assert said in before
    assert said not in after


def test_what_a_search_for_a_second_source_found_is_said(client):
    first = an_article(a_source(COURIER), hours_ago=3)
    search = a_search(publisher=a_publisher(ECHO), for_story=1)
    story = a_story([first, an_article(search, publisher=a_publisher(ECHO), url="")])

    page = text_of(client, f"/stories/{story.pk}/")

    assert "Found by a search for a second source." in page


def test_what_a_story_is_about_leads_to_others(client):
    story = told("Bridge", topics=["politics", "odd"], people=["Ada & <b>"], places=["Valmere"])

    response = client.get(f"/stories/{story.pk}/").content.decode()

    assert 'href="/stories/?topic=politics"' in response
    assert 'href="/stories/?person=Ada+%26+%3Cb%3E"' in response
    assert "Ada &amp; &lt;b&gt;" in response
    assert "odd" not in response.partition("<dl")[2].partition("</dl>")[0]


def test_a_later_part_leads_to_its_storyline(client):
    first = told("Bridge closes")
    later = told("Bridge opens", continues=first, beginning=first)

    assert f'href="/storylines/{first.pk}/"' in text_of(client, f"/stories/{later.pk}/")
    assert "/storylines/" not in text_of(client, f"/stories/{first.pk}/").partition("<footer")[0]


def test_a_story_with_all_that_it_can_show_is_light(client):
    articles = [an_article(a_source(COURIER), title=f"Part {n}", hours_ago=n) for n in range(60)]
    story = a_story(articles, topics=["politics"], people=["Ada Byron"])
    folder = Path(settings.BASE_DIR) / "patriot" / "static" / "patriot"
    styles = [(folder / name).read_bytes() for name in ("tokens.css", "base.css", "report.css")]

    for url in (f"/stories/{story.pk}/", "/stories/"):
        parts = [client.get(url).content, *styles]
        assert sum(len(gzip.compress(part, 6)) for part in parts) < 60_000
