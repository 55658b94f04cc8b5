"""manage.py discover."""

from __future__ import annotations

import json

import pytest
from django.core.management import call_command

from tests.sources.pipeline.feeds import many
from tests.sources.server import answering

ADDRESS = f"/{'a-long-way/' * 12}news.xml?a[b]=1"


@pytest.fixture(autouse=True)
def _the_server_may_be_reached(server, settings):
    settings.OUTBOUND_ALLOW = [server.authority]


def run(capsys, *arguments: str) -> tuple[int, str, str]:
    """Run the command; return its exit code and what it printed on both streams."""
    code = 0
    try:
        call_command("discover", *arguments)
    except SystemExit as stop:
        code = int(stop.code or 0)
    printed = capsys.readouterr()
    return code, printed.out, printed.err


@pytest.fixture
def site(server) -> str:
    server.serve(answering(body=many(5)), ADDRESS)
    link = f'<link rel="alternate" type="application/rss+xml" href="{ADDRESS}">'.encode()
    return server.serve(answering(body=b"<html><head>" + link + b"</head></html>"), "/")


def test_it_lists_the_feeds_and_says_what_to_do_next(site, server, capsys):
    url = server.url(ADDRESS)

    code, text, _ = run(capsys, site)

    assert code == 0
    assert "The Courier - Latest News" in text
    assert "named by the page" in text
    assert any(line.split("  ")[0].strip() == url for line in text.splitlines())
    assert f"manage.py test_fetch '{url}'" in text


def test_it_prints_one_json_object_and_nothing_else(site, server, capsys):
    code, text, errors = run(capsys, site, "--json")

    found = json.loads(text)
    assert (code, found["outcome"], found["error"], errors) == (0, "found", "", "")
    [feed] = found["feeds"]
    assert (feed["url"], feed["format"], feed["entries"]) == (
        server.url(ADDRESS),
        "RSS",
        5,
    )
    assert feed["headlines"][0] == "Ferry number 0 leaves on time"


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        pytest.param(("http://10.0.0.1/",), "not a public address", id="forbidden"),
        pytest.param(("good morning",), "This holds no address.", id="no address"),
        pytest.param(("http://10.0.0.1/", "--json"), '"outcome": "failed"', id="JSON"),
    ],
)
def test_it_ends_with_1_when_nothing_was_found(capsys, arguments, words):
    code, text, _ = run(capsys, *arguments)

    assert code == 1
    assert words in text
