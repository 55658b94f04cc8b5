"""Taking rows."""

from datetime import timedelta

import pytest

from patriot.work.models import Job
from tests.factories import NOW

pytestmark = pytest.mark.django_db


def test_who_asks_for_no_row_gets_none():
    free = Job.objects.filter(pk__in=[])

    assert free.lease(NOW, until=NOW + timedelta(minutes=1), limit=5) == []
