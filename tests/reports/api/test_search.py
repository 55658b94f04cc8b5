"""The search, as a client of the API sees it."""

import pytest
from django.test import Client

from reports.pipeline.index import index_report
from sources.models import Article
from sources.models import search as index
from sources.pipeline.index import index_articles
from tests import factories
from tests.factories import NOW

pytestmark = pytest.mark.django_db
SEARCH = "/api/v1/search/"


@pytest.fixture(autouse=True)
def _clock(time_machine):
    time_machine.move_to(NOW, tick=False)


def index_everything() -> None:
    index_articles([(article, article.language) for article in Article.objects.all()])


def test_a_section_of_a_report_is_found_with_the_sentence_that_fits(client: Client) -> None:
    report = factories.a_published_report(factories.a_briefing(slug="dawn"), sections=2)
    index_report(report)
    section = report.current.sections.get(position=1)

    body = client.get(SEARCH, {"q": "cracks piers"}).json()

    (hit,) = body["results"]
    assert (body["total"], body["next"], body["is_capped"]) == (1, None, False)
    assert hit["kind"] == "report"
    assert hit["url"] == f"http://testserver/api/v1/reports/{report.pk}/"
    assert hit["html_url"] == f"http://testserver{report.get_absolute_url()}#{section.anchor}"
    assert hit["briefing"] == "dawn"
    assert hit["publisher"] is None
    assert hit["at"] == "2026-06-09T05:00:00Z"
    marked = {hit["excerpt"][start:end] for start, end in hit["marks"]}
    assert marked == {"cracks", "piers"}


def test_an_article_is_found_with_its_publisher(client: Client) -> None:
    article = factories.an_article(title="Old Bridge to close")
    story = factories.a_story([article])
    index_everything()

    (hit,) = client.get(SEARCH, {"q": "bridges", "in": "articles"}).json()["results"]

    assert hit["kind"] == "article"
    assert hit["url"] == f"http://testserver/api/v1/articles/{article.pk}/"
    assert hit["html_url"] == f"http://testserver/stories/{story.pk}/"
    assert hit["link"] == article.url
    assert hit["publisher"]["name"] == article.publisher.name
    assert [hit["title"][start:end] for start, end in hit["title_marks"]] == ["Bridge"]


def test_the_pages_hold_every_match_once_and_the_best_first(client: Client) -> None:
    source = factories.a_source()
    for hours in range(1, 6):
        factories.an_article(source, title=f"Bridge {hours}", hours_ago=24 * hours)
    index_everything()
    titles, address = [], f"{SEARCH}?q=bridge&in=articles&page_size=2"

    while address:
        body = client.get(address).json()
        assert body["total"] == 5
        titles += [hit["title"] for hit in body["results"]]
        address = body["next"]

    assert titles == [f"Bridge {number}" for number in range(1, 6)]


def test_since_leaves_out_what_is_older(client: Client) -> None:
    source = factories.a_source()
    factories.an_article(source, title="Old bridge", hours_ago=100)
    new = factories.an_article(source, title="New bridge", hours_ago=1)
    index_everything()

    body = client.get(SEARCH, {"q": "bridge", "in": "articles", "since": "2026-06-08"}).json()

    assert [hit["title"] for hit in body["results"]] == [new.title]


def test_until_and_publisher_leave_out_the_others(client: Client) -> None:
    source, other = factories.a_source(), factories.a_source("Harbor Post")
    factories.an_article(source, title="New bridge", hours_ago=1)
    old = factories.an_article(source, title="Old bridge", hours_ago=100)
    factories.an_article(other, title="Other bridge", hours_ago=100)
    index_everything()
    asked = {"q": "bridge", "in": "articles", "until": "2026-06-08"}

    body = client.get(SEARCH, asked | {"publisher": source.publisher.domain}).json()

    assert [hit["title"] for hit in body["results"]] == [old.title]


@pytest.mark.parametrize(
    ("parameters", "field", "said"),
    [
        pytest.param({}, "q", "required", id="no question"),
        pytest.param({"q": " "}, "q", "blank", id="blank"),
        pytest.param({"q": "-bridge"}, "q", "a minus alone", id="minus alone"),
        pytest.param({"q": '"'}, "q", "at least one word", id="a mark"),
        pytest.param({"q": "the"}, "q", "almost every text", id="stop word"),
        pytest.param({"q": "x" * 201}, "q", "200", id="too long"),
        pytest.param({"q": "a\x00b"}, "q", "Null characters", id="NUL"),
        pytest.param({"q": "bridge", "in": "mail"}, "in", "not a valid choice", id="nowhere"),
        pytest.param({"q": "bridge", "until": "soon"}, "until", "Expected a date", id="no day"),
        pytest.param({"q": "bridge", "publisher": "x" * 254}, "publisher", "253", id="publisher"),
        pytest.param({"q": "bridge", "where": "x"}, "where", "no such parameter", id="unknown"),
        pytest.param({"q": "bridge", "cursor": "LTEuNQ"}, "cursor", "of a search", id="cursor"),
        pytest.param({"q": "bridge", "page_size": "0"}, "page_size", "greater", id="page size"),
    ],
)
def test_a_wrong_parameter_is_named(client: Client, parameters, field, said) -> None:
    factories.a_briefing()

    response = client.get(SEARCH, parameters)

    assert response.status_code == 400
    errors = {error["field"]: error["message"] for error in response.json()["errors"]}
    assert said in errors[field]


def test_a_search_that_takes_too_long_is_unavailable(client: Client, monkeypatch) -> None:
    factories.a_briefing()
    monkeypatch.setattr(index, "_SEARCH", "SELECT pg_sleep(5), 1, '{{}}'::int[] FROM {table}")
    monkeypatch.setattr(index, "PATIENCE", index.timedelta(milliseconds=40))
    index_report(factories.a_published_report(sections=1))

    response = client.get(SEARCH, {"q": "bridge"})

    assert response.status_code == 503
    assert "took too long" in response.json()["detail"]


def test_the_number_of_queries_does_not_depend_on_what_is_found(
    client: Client, django_assert_max_num_queries
) -> None:
    source = factories.a_source()
    for _ in range(12):
        factories.an_article(source, title="Bridge")
    index_everything()

    with django_assert_max_num_queries(9):
        body = client.get(SEARCH, {"q": "bridge", "in": "articles"}).json()

    assert len(body["results"]) == 12
