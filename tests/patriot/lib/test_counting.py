"""Counting rows without reading all of them."""

import pytest
from django.core.paginator import Paginator
from django.db import connection
from django.test.utils import CaptureQueriesContext

from patriot.lib.counting import EstimatingPaginator, about
from sources.models import Fetch
from tests import factories

pytestmark = pytest.mark.django_db


@pytest.fixture
def fetches():
    source = factories.a_source()
    Fetch.objects.bulk_create(
        Fetch(source=source, started_at=factories.NOW, outcome="read") for _ in range(300)
    )
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE sources_fetch")
    return Fetch.objects.order_by("-pk")


def test_few_rows_are_counted(fetches):
    assert about(fetches) == 300
    assert about(fetches.filter(outcome="failed")) == 0


def test_of_many_rows_the_planner_is_asked_alone(fetches):
    with CaptureQueriesContext(connection) as captured:
        found = about(fetches, counted=100)

    assert found == 300
    assert [query["sql"].split()[0] for query in captured] == ["EXPLAIN"]


def test_what_cannot_match_costs_nothing(fetches):
    with CaptureQueriesContext(connection) as captured:
        assert about(fetches.none()) == about(fetches.filter(pk__in=[])) == 0

    assert not captured.captured_queries


def test_pages_are_those_of_the_stock_paginator(fetches):
    ours, stock = EstimatingPaginator(fetches, 50), Paginator(fetches, 50)

    assert (ours.count, ours.num_pages) == (stock.count, stock.num_pages)
    assert list(ours.page(6)) == list(stock.page(6))
    assert EstimatingPaginator([1, 2, 3], 2).count == 3
