"""The search page."""

from html import unescape
from urllib.parse import urlencode

import pytest

from reports.models import Evidence, SectionWords
from reports.pages import search as pages
from reports.pages import spelling
from reports.pipeline.index import index_report
from reports.pipeline.publish import withdraw_report
from sources.models import Article
from sources.models import search as index
from sources.pipeline.index import index_articles
from tests.factories import (
    NOW,
    TODAY,
    a_briefing,
    a_published_report,
    a_publisher,
    a_source,
    a_story,
    an_article,
)

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _clock(time_machine, now):
    time_machine.move_to(now, tick=False)


@pytest.fixture
def report():
    published = a_published_report(a_briefing(slug="the-morning"), sections=3)
    index_report(published)
    return published


def index_everything() -> None:
    index_articles([(article, article.language) for article in Article.objects.all()])


def text_of(client, url: str, *, status: int = 200) -> str:
    response = client.get(url)
    assert response.status_code == status
    return unescape(" ".join(response.content.decode().split()))


@pytest.mark.parametrize(
    ("query", "is_indexed"),
    [("", True), ("?q=cracks+piers", True), ("?q=casino", False)],
)
def test_engines_may_know_the_page_as_one_and_nothing_that_was_not_found(
    client, report, query, is_indexed
):
    response = client.get(f"/search/{query}")

    page = response.content.decode()
    canonical = '<link rel="canonical" href="http://testserver/search/">'
    assert (canonical in page) is is_indexed
    assert ('<meta name="robots" content="noindex">' in page) is not is_indexed
    assert (response.get("X-Robots-Tag") == "noindex") is not is_indexed


def test_without_a_question_the_page_asks_for_one(client):
    page = text_of(client, "/search/")

    assert '<label for="q">' in page
    assert "can be found here" in page


def test_a_report_is_found_with_its_best_sentence_and_leads_to_its_section(client, report):
    page = text_of(client, "/search/?q=cracks+piers")

    section = report.current.sections.get(position=1)
    assert f'href="{report.get_absolute_url()}#{section.anchor}"' in page
    assert "<mark>cracks</mark>" in page
    assert "<mark>piers</mark>" in page
    assert "1 story" in page


def test_an_article_is_found_with_outlet_date_and_a_link_to_its_publisher(client):
    article = an_article(title="Alte Brücke gesperrt", paragraphs=("Die Pfeiler.",), language="de")
    story = a_story([article])
    index_everything()

    page = text_of(client, "/search/?q=brucke")

    assert f'href="{article.url}" rel="noopener noreferrer nofollow" lang="de"' in page
    assert "Alte <mark>Brücke</mark> gesperrt" in page
    assert article.publisher.name in page
    assert f'href="/stories/{story.pk}/"' in page


def test_nothing_of_an_article_is_markup(client):
    an_article(title="<script>alert(1)</script> bridge", paragraphs=('"><img src=x> bridge',))
    index_everything()

    page = client.get("/search/?q=bridge").content.decode()

    assert "<script>alert" not in page
    assert "<img" not in page
    assert "&lt;script&gt;alert(1)&lt;/script&gt; <mark>bridge</mark>" in page


def test_what_is_typed_comes_back_as_text(client):
    page = client.get("/search/", {"q": '"><script>x</script>'}).content.decode()

    assert "<script>" not in page
    assert 'value="&quot;&gt;&lt;script&gt;x&lt;/script&gt;"' in page


@pytest.mark.parametrize(
    ("query", "said"),
    [
        pytest.param("airport", "Nothing was found", id="nothing"),
        pytest.param("airport bridge", "look for any of these words", id="several words"),
        pytest.param("-bridge", "a minus alone says what to leave out", id="minus alone"),
        pytest.param('"', "Please type at least one word", id="a mark"),
        pytest.param("the", "almost every text has them", id="stop word"),
        pytest.param("x" * 300, "at most 200 characters", id="too long"),
        pytest.param("a " * 40, "at most 20 words", id="too many"),
        pytest.param("a\x00b", "Nothing was found", id="NUL"),
        pytest.param("\ud800 \u202e", "at least one word", id="nothing visible"),
        pytest.param("'; DROP TABLE x; --", "Nothing was found", id="SQL"),
        pytest.param("%s %(x)s {} {key}", "Nothing was found", id="placeholders"),
        pytest.param("foo:* & !bar | (baz", "Nothing was found", id="operators of PostgreSQL"),
    ],
)
def test_every_question_gets_a_sentence(client, query, said):
    a_briefing()

    page = client.get("/search/", {"q": query.encode("utf-8", "surrogatepass")})

    assert page.status_code == 200
    assert said in page.content.decode()


@pytest.mark.parametrize(
    "rest",
    [
        "in=nowhere",
        "page=0",
        "page=-1",
        "page=99999999999",
        "page=²",
        "page=x",
        "briefing=nobody",
        "briefing=%00",
        "age=century",
        "in=articles&page=10",
        "in=reports&age=week&briefing=the-morning",
    ],
)
def test_a_parameter_that_makes_no_sense_counts_as_not_given(client, report, rest):
    assert "bridge" in text_of(client, f"/search/?q=bridge&{rest}")


def test_a_search_that_takes_too_long_says_so_politely(client, report, monkeypatch):
    monkeypatch.setattr(index, "_SEARCH", "SELECT pg_sleep(5), 1, '{{}}'::int[] FROM {table}")
    monkeypatch.setattr(index, "PATIENCE", index.timedelta(milliseconds=40))

    page = text_of(client, "/search/?q=bridge", status=503)

    assert "This search took too long" in page


def test_results_come_page_by_page(client, monkeypatch):
    monkeypatch.setattr(pages, "HITS_A_PAGE", 2)
    source = a_source()
    for hours in range(5):
        an_article(source, title=f"Bridge number {hours}", hours_ago=hours + 1)
    index_everything()

    first = text_of(client, "/search/?q=bridge&in=articles")
    last = text_of(client, "/search/?q=bridge&in=articles&page=3")
    beyond = text_of(client, "/search/?q=bridge&in=articles&page=4")

    assert "Page 1 of 3" in first
    assert 'href="/search/?q=bridge&in=articles&page=2"' in first
    assert last.count('class="hit"') == 1
    assert 'start="5"' in last
    assert "There are not so many pages" in beyond


def test_a_capped_search_says_that_only_the_newest_were_ranked(client, monkeypatch):
    monkeypatch.setattr(index, "MAX_CANDIDATES", 1)
    source = a_source()
    for hours in (1, 2):
        an_article(source, title="Stone bridge", paragraphs=("Text.",), hours_ago=hours)
    index_everything()

    assert "only the newest 1 were put in order" in text_of(client, "/search/?q=bridge")
    assert "only the newest 1 were read to the letter" in text_of(
        client, '/search/?q="stone bridge"'
    )


def test_reports_are_narrowed_to_a_briefing(client, report):
    a_briefing(slug="evening", title="The Evening")

    all_of_them = text_of(client, "/search/?q=bridge")
    evening = text_of(client, "/search/?q=bridge&in=reports&briefing=evening")

    assert '<option value="evening">The Evening</option>' in all_of_them
    assert "Nothing was found" in evening
    assert "look everywhere and at any time" in evening


@pytest.mark.parametrize(
    ("filters", "found"),
    [
        pytest.param("", {"Early", "Late", "Rival"}, id="none"),
        pytest.param("&from=2026-06-08", {"Late", "Rival"}, id="from a day on"),
        pytest.param("&to=2026-06-07", {"Early"}, id="to the end of a day"),
        pytest.param("&from=2026-06-07&to=2026-06-07", {"Early"}, id="one day"),
        pytest.param("&to=2026-06-06", set(), id="too early"),
        pytest.param("&publisher=courier.example", {"Early", "Late"}, id="publisher"),
        pytest.param("&publisher=WWW.Rival.example", {"Rival"}, id="as somebody types it"),
        pytest.param("&publisher=rival.example&to=2026-06-07", set(), id="both"),
        pytest.param("&from=2026-13-40&to=soon", {"Early", "Late", "Rival"}, id="no days"),
        pytest.param("&to=9999-12-31", {"Early", "Late", "Rival"}, id="the end of time"),
    ],
)
def test_articles_are_narrowed_to_days_and_publishers(client, filters, found):
    courier = a_source(publisher=a_publisher("Courier", domain="courier.example"))
    rival = a_source(publisher=a_publisher("Rival", domain="rival.example"))
    an_article(courier, title="Early bridge", hours_ago=36)
    an_article(courier, title="Late bridge")
    an_article(rival, title="Rival bridge")
    index_everything()

    page = text_of(client, f"/search/?q=bridge&in=articles{filters}")

    assert {name for name in ("Early", "Late", "Rival") if f"{name} <mark>" in page} == found


def test_of_a_publisher_those_reports_are_found_that_quote_it(client, report):
    quoted = Evidence.objects.first().passage.article.publisher.domain
    a_publisher("Elsewhere", domain="elsewhere.example")

    quoting = text_of(client, f"/search/?q=bridge&in=reports&publisher={quoted}")
    silent = text_of(client, "/search/?q=bridge&in=reports&publisher=elsewhere.example")
    unknown = text_of(client, "/search/?q=bridge&publisher=nobody.example")

    assert 'class="hit"' in quoting
    assert "Nothing was found" in silent
    assert "We read no publisher at" not in silent
    assert "We read no publisher at <strong>nobody.example</strong>" in unknown


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        pytest.param("brigde", "bridge", id="two letters exchanged"),
        pytest.param("parliamment", "parliament", id="one twice"),
        pytest.param("parlament", "parliament", id="one left out"),
        pytest.param("Stnoe brigde", "stone bridge", id="two words"),
        pytest.param('"stone brigde" -ferry', '"stone bridge" -ferry', id="phrase and minus"),
        pytest.param("brücek", "brücke", id="another alphabet"),
    ],
)
def test_who_mistypes_is_asked_what_was_meant(client, typed, meant):
    for title in ("Stone bridge to close", "Parliament met", "Neue Brücke gesperrt"):
        an_article(title=title)
    index_everything()

    page = text_of(client, f"/search/?{urlencode({'q': typed})}")

    assert f'Did you mean <a href="/search/?{urlencode({"q": meant})}">{meant}</a>?' in page


@pytest.mark.parametrize(
    ("query", "why"),
    [
        pytest.param("q=bridge", "it was found", id="found"),
        pytest.param("q=zeppelin", "no title has such a word", id="unlike all"),
        pytest.param("q=brg", "too short", id="short"),
        pytest.param("q=brigde&to=2020-01-01", "the right word finds nothing either", id="vain"),
        pytest.param("q=hiddne", "only tried out", id="hidden"),
        pytest.param("q=stone+ferry", "both are words of titles", id="known"),
    ],
)
def test_nobody_is_asked_in_vain(client, query, why):
    an_article(title="Stone bridge to close")
    an_article(title="Ferry late")
    an_article(a_source(newsroom="folder"), title="Hidden")
    a_briefing()
    index_everything()

    assert "Did you mean" not in text_of(client, f"/search/?{query}"), why


def test_help_that_takes_too_long_is_left_out(client, monkeypatch):
    an_article(title="Stone bridge to close")
    index_everything()
    monkeypatch.setattr(spelling, "_TITLES", "SELECT 'brigde', pg_sleep(5)::text")
    monkeypatch.setattr(spelling, "PATIENCE", spelling.timedelta(milliseconds=30))

    page = text_of(client, "/search/?q=brigde")

    assert "Nothing was found" in page
    assert "Did you mean" not in page


def test_help_for_those_who_mistype_costs_a_search_more(client, report, django_assert_num_queries):
    index_everything()

    with django_assert_num_queries(20):
        page = text_of(client, "/search/?q=brigde")

    assert "Did you mean" in page


def test_articles_that_were_only_tried_out_are_not_found(client):
    an_article(a_source(newsroom="folder"), title="Hidden bridge")
    an_article(a_source(newsroom="demonstration"), title="Shown bridge")
    a_briefing(newsroom="demonstration")
    index_everything()

    page = text_of(client, "/search/?q=bridge")

    assert "Shown <mark>bridge</mark>" in page
    assert "Hidden" not in page


def test_a_withdrawn_report_is_found_no_more(client, report):
    withdraw_report(report, reason="It named a wrong town.", now=NOW)

    assert "Nothing was found" in text_of(client, "/search/?q=piers")
    assert not SectionWords.objects.exists()


def test_a_report_that_was_withdrawn_behind_our_back_is_not_shown(client, report):
    report.state, report.reason = "withdrawn", "It named a wrong town."
    report.save(update_fields=["state", "reason"])

    assert "piers.</" not in text_of(client, "/search/?q=piers&in=reports")


def test_the_number_of_queries_depends_on_nothing(client, report, django_assert_num_queries):
    a_published_report(a_briefing(), sections=2, local_date=TODAY)
    index_everything()

    with django_assert_num_queries(14):
        few = text_of(client, "/search/?q=cracks")
    with django_assert_num_queries(14):
        many = text_of(client, "/search/?q=bridge+or+harbor+or+river+or+town+or+council+-zzz")

    assert few.count('class="hit"') < many.count('class="hit"')


def test_who_searches_too_often_waits(client):
    statuses = [client.get("/search/?q=bridge").status_code for _ in range(31)]

    assert statuses[:30] == [200] * 30
    assert statuses[30] == 429


def test_the_field_is_on_every_page_but_once(client):
    assert text_field_count(client, "/") == 1
    assert text_field_count(client, "/search/") == 1


def text_field_count(client, url: str) -> int:
    return client.get(url).content.decode().count('type="search"')
