"""The health of sources as the database sees it: the same rule, said twice."""

from datetime import timedelta
from typing import Any

import pytest

from sources.domain.health import Condition
from sources.models import Source
from sources.models.health import by_condition, health_of, in_condition, with_last_fetch
from tests import factories
from tests.factories import NOW

pytestmark = pytest.mark.django_db


def feed(**fields: Any) -> None:
    factories.a_source(last_good_at=fields.pop("last_good_at", NOW), **fields)


def silent_for(days: float, articles_per_day: float | None, **fields: Any) -> None:
    newest = NOW - timedelta(days=days)
    feed(newest_entry_at=newest, articles_per_day=articles_per_day, **fields)


def test_the_database_and_the_domain_say_the_same_of_every_source() -> None:
    for days in (0, 2.9, 3.1, 5.9, 6.1, 13.9, 14.1, 47, 49, 900):
        for a_day in (None, 0, 1e-12, 0.125, 0.9, 1, 4.2, 50, 1e9):
            silent_for(days, a_day)
    feed(newest_entry_at=None, articles_per_day=3)
    silent_for(900, 4, is_enabled=False)
    silent_for(900, 4, gone_at=NOW)
    silent_for(900, 4, failures=2)
    feed(last_good_at=None)
    factories.a_search(last_good_at=NOW, newest_entry_at=NOW - timedelta(days=99))
    Source.objects.filter(kind="search").update(articles_per_day=4)

    found = {
        condition: set(in_condition(Source.objects.all(), condition).values_list("pk", flat=True))
        for condition in Condition
    }

    sources = list(with_last_fetch(Source.objects.all()))
    assert {
        condition: {source.pk for source in sources if health_of(source).condition == condition}
        for condition in Condition
    } == found
    assert all(found.values())
    assert by_condition(Source.objects.all()) == {name: len(ids) for name, ids in found.items()}
