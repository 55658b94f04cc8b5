"""Workers share the belt; a run with a clock of its own has it alone."""

import pytest
from django.db import connection

from patriot.work import belt
from reports import tasks as reports_tasks
from sources import tasks as sources_tasks
from sources.models import Article
from tests.factories import an_article

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def _somebody_elses_run():
    other = connection.copy()
    with other.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_lock(%s)", [belt.BELT_LOCK])
    yield
    other.close()


def test_workers_work_side_by_side():
    other = connection.copy()
    with other.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_lock_shared(%s)", [belt.BELT_LOCK])

    with belt.together() as is_free:
        assert is_free

    other.close()


@pytest.mark.usefixtures("_somebody_elses_run")
def test_workers_stand_aside_while_a_run_has_the_belt_alone():
    new = an_article(state=Article.State.NEW)
    enriched = an_article(state=Article.State.ENRICHED)

    sources_tasks.enrich([new.pk])
    reports_tasks.cluster([enriched.pk])

    states = Article.objects.order_by("pk").values_list("state", flat=True)
    assert list(states) == ["new", "enriched"]


def test_the_belt_is_free_again_after_a_run():
    with belt.alone():
        pass

    with belt.together() as is_free:
        assert is_free
