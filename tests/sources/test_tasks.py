"""The tasks: what a worker is asked to look at."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal

import pytest

from sources import tasks
from sources.models import Article, Fetch, Passage
from tests.factories import a_search
from tests.sources.pipeline.feeds import a_new_source, many
from tests.sources.server import answering
from tests.tavily_server import KEY, result, results

# The tasks ask the real clock.
LONG_AGO = datetime(2000, 1, 1, tzinfo=UTC)


@pytest.mark.django_db
def test_a_source_is_collected_and_its_articles_enriched(server, settings):
    settings.OUTBOUND_ALLOW = [server.authority]
    source = a_new_source(server.serve(answering(body=many(2))), LONG_AGO)

    assert tasks.collect([source.pk]) is None
    assert tasks.enrich(list(Article.objects.values_list("pk", flat=True))) is None

    assert Passage.objects.count() == 4
    assert "User-Agent: Patriot/" in server.requests[0]
    assert settings.CONTACT in server.requests[0]


@pytest.mark.django_db
def test_rows_that_are_gone_are_passed_over():
    assert tasks.collect([999_999]) is None
    assert tasks.enrich([999_999]) is None


# --- Searches ---------------------------------------------------------------------------------


@pytest.mark.django_db
def test_a_search_is_asked_as_the_settings_say(tavily_server, settings):
    settings.SERVICES = ["tavily"]
    settings.TAVILY_API_KEY = KEY
    settings.TAVILY_BASE_URL = f"{tavily_server.address}/"
    settings.OUTBOUND_ALLOW = [tavily_server.authority]
    settings.DAILY_CEILING_USD = Decimal("0.010")
    tavily_server.answer(results(result(1)))
    searches = [a_search(not_before=LONG_AGO), a_search("ferries", not_before=LONG_AGO)]

    tasks.collect([search.pk for search in searches])

    assert Article.objects.count() == tavily_server.credits == 1
    assert settings.CONTACT in tavily_server.asked[0].headers["user-agent"]
    assert "ceiling of $0.01 for today" in Fetch.objects.latest("pk").error


@pytest.mark.parametrize("services", [[], ["claude"]])
def test_without_tavily_there_is_nobody_to_ask(settings, services):
    settings.SERVICES = services
    settings.TAVILY_API_KEY = KEY

    assert tasks.search() is None
