"""The tasks: what a worker is asked to look at."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from sources import tasks
from sources.models import Article, Passage
from tests.sources.pipeline.feeds import a_new_source, many
from tests.sources.server import answering

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
