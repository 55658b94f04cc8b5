"""The commands of sources."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest
from django.core.management import CommandError, call_command

from patriot.ledger.models import Call
from sources.models import Source
from tests.factories import a_search
from tests.sources.pipeline.feeds import a_new_source, many
from tests.sources.server import answering
from tests.tavily_server import KEY, result, results

# The commands ask the real clock.
LONG_AGO = datetime(2000, 1, 1, tzinfo=UTC)
LATER = datetime(3000, 1, 1, tzinfo=UTC)


@pytest.fixture(autouse=True)
def _the_server_may_be_reached(server, settings):
    settings.OUTBOUND_ALLOW = [server.authority]


def run(capsys, *arguments: str) -> tuple[int, str]:
    """Run a command; return its exit code and what it printed."""
    code = 0
    try:
        call_command(*arguments)
    except SystemExit as stop:
        code = int(stop.code or 0)
    return code, capsys.readouterr().out


def test_test_fetch_prints_what_an_address_would_bring(server, capsys):
    url = server.serve(answering(body=many(30)))

    code, text = run(capsys, "test_fetch", url)

    assert code == 0
    assert "The Courier - Latest News" in text
    assert "30 entries" in text
    assert "Ferry number 0 leaves on time" in text
    assert "and 10 more" in text


def test_test_fetch_prints_json(server, capsys):
    url = server.serve(answering(body=many(2)))

    code, text = run(capsys, "test_fetch", url, "--json")

    found = json.loads(text)
    assert (code, found["outcome"], found["status"]) == (0, "read", 200)
    assert [entry["url"] for entry in found["entries"]] == [
        "https://courier.example/news/0",
        "https://courier.example/news/1",
    ]


def test_test_fetch_prints_all_that_an_entry_says(server, capsys):
    body = b"""<rss version="2.0"><channel><title>The Courier</title><ttl>60</ttl>
      <link>https://courier.example/</link><description>News &amp;amp; more</description>
      <item><title>Bridge &amp;amp; ferry</title><link>/news/1</link><guid>urn:1</guid>
      <author>desk@courier.example (Ada Lindqvist)</author><category>Harbor</category>
      <comments>/news/1#talk</comments><pubDate>Tue, 09 Jun 2026 06:00:00 GMT</pubDate>
      <enclosure url="/a.mp3" type="audio/mpeg" length="7"/>
      <description>&lt;p onclick="x()"&gt;It opens. &lt;a href="map"&gt;Map&lt;/a&gt;&lt;script&gt;
      alert(1)&lt;/script&gt;&lt;/p&gt;</description></item></channel></rss>"""
    url = server.serve(answering(body=body))

    code, text = run(capsys, "test_fetch", url, "--json")

    found = json.loads(text)
    [entry] = found.pop("entries")
    assert (code, found["bytes"], found["url"], found["error"]) == (0, len(body), url, "")
    assert (found["title"], found["description"], found["ttl"]) == (
        "The Courier",
        "News & more",
        3600,
    )
    assert "onclick" not in entry["html"]
    assert 'href="https://courier.example/news/map"' in entry.pop("html")
    assert entry == {
        "id": "urn:1",
        "url": "https://courier.example/news/1",
        "title": "Bridge & ferry",
        "author": "Ada Lindqvist",
        "language": "",
        "published": "2026-06-09T06:00:00+00:00",
        "published_raw": "Tue, 09 Jun 2026 06:00:00 GMT",
        "updated": None,
        "updated_raw": "",
        "text": "It opens. Map",
        "summary": "It opens. Map",
        "categories": ["Harbor"],
        "enclosures": [{"url": "https://courier.example/a.mp3", "type": "audio/mpeg", "length": 7}],
        "comments": "https://courier.example/news/1#talk",
        "image": "",
    }


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        pytest.param(("http://10.0.0.1/",), "not a public address", id="forbidden"),
        pytest.param(("http://10.0.0.1/", "--json"), '"outcome": "failed"', id="JSON"),
    ],
)
def test_test_fetch_ends_with_1_when_nothing_came(capsys, arguments, words):
    code = 0
    try:
        call_command("test_fetch", *arguments)
    except SystemExit as stop:
        code = int(stop.code or 0)
    printed = capsys.readouterr()

    assert code == 1
    assert words in (printed.out if "--json" in arguments else printed.err)
    assert "failed: " in printed.err


@pytest.mark.django_db
def test_fetch_sources_collects_what_is_due(server, capsys):
    a_new_source(server.serve(answering(body=many(3))), LONG_AGO)

    code, text = run(capsys, "fetch_sources")

    assert code == 0
    assert "Courier: 3 new, 0 updated of 3" in text
    assert "0 fetched" in run(capsys, "fetch_sources")[1]


@pytest.mark.django_db
def test_fetch_sources_fetches_named_ones_even_if_paused_and_fails_loudly(server, capsys):
    a_new_source(server.url("/gone"), LATER, slug="gone", is_enabled=False)
    a_new_source(server.serve(answering(body=many(3))), LATER, slug="well")

    code, text = run(capsys, "fetch_sources", "gone", "--json")

    assert code == 1
    [fetch] = [json.loads(line) for line in text.splitlines()]
    assert (fetch["source"], fetch["status"]) == ("gone", 404)
    assert Source.objects.get(slug="well").last_good_at is None


@pytest.mark.django_db
def test_fetch_sources_all_does_not_wait_until_they_are_due(server, capsys):
    a_new_source(server.serve(answering(body=many(3))), LATER)

    assert "1 fetched" in run(capsys, "fetch_sources", "--all")[1]


@pytest.mark.django_db
def test_fetch_sources_all_leaves_alone_what_is_gone_until_it_is_named(server, capsys):
    a_new_source(server.serve(answering(body=many(3))), LONG_AGO, gone_at=LONG_AGO)

    assert "0 fetched" in run(capsys, "fetch_sources", "--all")[1]
    assert "1 fetched" in run(capsys, "fetch_sources", "courier")[1]


@pytest.mark.django_db
def test_fetch_sources_names_the_slugs_that_nobody_has(server):
    a_new_source(server.serve(answering(body=many(3))), LONG_AGO)

    with pytest.raises(CommandError, match=r"^No source is called nosuch, other\.$"):
        call_command("fetch_sources", "nosuch", "courier", "other", "nosuch")

    assert server.requests == []


# --- Searches ---------------------------------------------------------------------------------


@pytest.fixture
def tavily(tavily_server, settings):
    """Tavily is on, and is the server of the tests."""
    settings.SERVICES = ["tavily"]
    settings.TAVILY_API_KEY = KEY
    settings.TAVILY_BASE_URL = tavily_server.address
    settings.OUTBOUND_ALLOW = [tavily_server.authority]
    tavily_server.answer(results(result(1)))
    return tavily_server


@pytest.mark.django_db
def test_test_fetch_of_a_search_costs_a_credit_and_keeps_nothing(tavily, capsys):
    code, text = run(
        capsys, "test_fetch", "--query", "ferries", "--topic", "general", "--max-results", "3"
    )

    assert code == 0
    assert "1 results; credits: 1" in text
    assert "Ferry number 1 leaves on time" in text
    assert tavily.asked[0].question["topic"] == "general"
    assert Call.objects.get().part == "test"


@pytest.mark.django_db
def test_test_fetch_of_a_search_prints_json(tavily, capsys):
    code, text = run(capsys, "test_fetch", "--query", "ferries", "--json")

    found = json.loads(text)
    assert (code, found["credits"], found["title"]) == (0, 1, "Search: ferries")
    assert found["entries"][0]["url"] == "https://courier.example/news/1"


@pytest.mark.parametrize(
    "arguments",
    [
        pytest.param((), id="nothing"),
        pytest.param(("http://courier.example/", "--query", "ferries"), id="both"),
    ],
)
def test_test_fetch_wants_an_address_or_a_query(arguments):
    with pytest.raises(CommandError, match="either an address or --query"):
        call_command("test_fetch", *arguments)


@pytest.mark.django_db
def test_fetch_sources_asks_searches(tavily, capsys):
    a_search(not_before=LONG_AGO)

    code, text = run(capsys, "fetch_sources")

    assert (code, tavily.credits) == (0, 1)
    assert "Search for old bridge: 1 new, 0 updated of 1" in text


@pytest.mark.django_db
def test_fetch_sources_without_a_key_names_the_setting(settings, capsys):
    settings.SERVICES = []
    a_search(not_before=LONG_AGO)

    code, text = run(capsys, "fetch_sources")

    assert code == 1
    assert "TAVILY_API_KEY is not set" in text


@pytest.mark.django_db
def test_fetch_sources_tells_what_another_worker_has(server, capsys):
    a_new_source(server.serve(answering(body=many(1))), LONG_AGO, leased_until=LATER)

    call_command("fetch_sources", "courier")

    told = capsys.readouterr()
    assert "0 fetched" in told.out
    assert "1 left alone: another worker has them" in told.err
