"""Whatever is asked of a list of the desk, it answers."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import pytest
from django.contrib import admin
from django.contrib.admin.views.main import ChangeList
from django.test import Client, RequestFactory
from django.urls import reverse

from patriot.accounts.models import User
from tests import factories

pytestmark = pytest.mark.django_db

# Percent-encoded as they go over the wire: Django's own test client would refuse some of them.
ODD = {
    "NUL": "%00",
    "text and NUL": "a%00b",
    "lone surrogate": "%ED%A0%80",
    "half a character": "%FF",
    "beyond bigint": "9" * 30,
    "below bigint": "-" + "9" * 30,
    "huge number": "9" * 5_000,
    "exponent": "1e400",
    "not a number": "NaN",
    "text": "Zürich’s",
    "another digit": "%D9%A3",
    "raised digit": "%C2%B2",
    "very long": "x" * 7_000,
    "nothing": "",
    "year 0": "0000-00-00",
    "year 9999": "9999-12-31 23:59:59.999999+14:00",
    "list": "1,2,,x,%00",
    "markup": "%3Cscript%3E%27%22%5C%25",
}


def names_of(desk: admin.ModelAdmin[Any], chief: User) -> list[str]:
    """Return every parameter that this list knows by itself."""
    request = RequestFactory().get("/")
    request.user = chief
    changes: ChangeList = desk.get_changelist_instance(request)
    names = [name for spec in changes.filter_specs for name in spec.expected_parameters()]
    if changes.search_fields:
        names.append("q")
    if changes.date_hierarchy:
        names += [f"{changes.date_hierarchy}__{part}" for part in ("year", "month", "day")]
    own = ["pk__in", "id__gte", "no_such__exact", "o", "p", "all", "e", "_to_field", "_popup"]
    return list(dict.fromkeys([*names, *own]))


@pytest.fixture
def chief(client: Client) -> User:
    client.raise_request_exception = False
    chief = User.objects.create_superuser("chief")
    client.force_login(chief)
    return chief


def walked(client: Client, chief: User, *, kinds: Iterable[str]) -> tuple[int, list[str]]:
    """Ask every list for these values of all that it knows; return how often, and what broke."""
    asked, broken = 0, []
    for model, desk in admin.site._registry.items():
        at = reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist")
        for name in names_of(desk, chief):
            for kind in kinds:
                # Repeated, too: of two the last one counts, for some readers of it.
                query = f"{name}={ODD[kind]}&{name}={ODD[kind]}"
                asked += 1
                if client.get(f"{at}?{query}").status_code >= 500:
                    broken.append(f"{at}?{name}={kind}")
    return asked, broken


def test_no_value_breaks_a_list(client: Client, chief: User) -> None:
    asked, broken = walked(client, chief, kinds=["NUL"])

    assert asked > 200
    assert not broken


@pytest.mark.parametrize(
    "query",
    [
        "started_at__year=" + "9" * 30,
        "started_at__year=0",
        "started_at__year=9999",
        "started_at__year=2026&started_at__month=x",
        "started_at__year=2026&started_at__month=99",
        "started_at__year=2026&started_at__month=2&started_at__day=31",
        "service__exact=%ED%A0%80&service__exact=%FF",
        "id=" + "9" * 30,
        "id__in=a,b",
        "o=" + "9" * 5_000,
        "p=" + "9" * 5_000,
        "q=%00",
    ],
    ids=lambda query: query[:60],
)
def test_no_day_and_no_number_breaks_the_ledger(client: Client, chief: User, query: str) -> None:
    assert client.get(f"/admin/ledger/call/?{query}").status_code < 500


@pytest.mark.prove
@pytest.mark.timeout(900)
def test_no_value_at_all_breaks_a_list(client: Client, chief: User) -> None:
    factories.a_published_report(sections=1)

    asked, broken = walked(client, chief, kinds=ODD)

    print(f"{asked} odd questions to {len(admin.site._registry)} lists, {len(broken)} broke")  # noqa: T201 (the count)
    assert not broken
