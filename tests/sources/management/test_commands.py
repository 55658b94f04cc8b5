"""The commands of sources."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest
from django.core.management import call_command

from sources.models import Source
from tests.sources.pipeline.feeds import a_new_source, many
from tests.sources.server import answering

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


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        pytest.param(("http://10.0.0.1/",), "not a public address", id="forbidden"),
        pytest.param(("http://10.0.0.1/", "--json"), '"outcome": "failed"', id="JSON"),
    ],
)
def test_test_fetch_ends_with_1_when_nothing_came(capsys, arguments, words):
    code, text = run(capsys, "test_fetch", *arguments)

    assert code == 1
    assert words in text


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
