"""Every POST of the API may be sent again: done once, answered the same."""

from __future__ import annotations

from typing import Any

import pytest
import time_machine
from django.test import Client
from django.urls import get_resolver
from django.urls.resolvers import URLPattern, URLResolver

from patriot.accounts.idempotency import HEADER, REPLAYED, Idempotent
from patriot.accounts.models import ApiKey, KeptAnswer
from patriot.accounts.roles import Role
from patriot.work.models import Job
from tests import factories
from tests.factories import NOW
from tests.published import Operation, a_house, address_of, operations

pytestmark = pytest.mark.django_db
POSTS = [operation for operation in operations() if operation.method == "post"]
# Where nothing can be done here: no model is switched on, no secret is there to be changed.
REFUSED_HERE = {"/api/v1/complete/": 503}


def views(patterns: list[URLPattern | URLResolver], above: str = "") -> dict[str, Any]:
    """Return the class behind each address."""
    found: dict[str, Any] = {}
    for pattern in patterns:
        address = above + str(pattern.pattern)
        if isinstance(pattern, URLPattern):
            found[address] = getattr(pattern.callback, "view_class", None)
        else:
            found |= views(pattern.url_patterns, address)
    return found


def test_every_post_in_the_table_of_addresses_takes_an_idempotency_key() -> None:
    every = views(get_resolver().url_patterns)

    posts = {
        address: view
        for address, view in every.items()
        if address.startswith("api/v1/") and hasattr(view, "post")
    }

    assert len(posts) >= len(POSTS) > 10
    assert [address for address, view in posts.items() if not issubclass(view, Idempotent)] == []
    assert [str(operation) for operation in POSTS if HEADER not in operation.headers] == []


@pytest.fixture
def client() -> Client:
    owner = factories.a_user_with(Role.ADMINISTRATOR, username="alice")
    return Client(
        headers={"authorization": f"Bearer {factories.an_api_key(owner, *ApiKey.Scope.values)[1]}"}
    )


def sent(client: Client, operation: Operation, house: dict[str, Any]) -> Any:
    body = operation.body | house["bodies"].get(operation.path, {})
    key = {"idempotency-key": f"key of {operation.path}".replace(" ", "-")}
    return client.post(
        address_of(operation, house), body, content_type="application/json", headers=key
    )


@time_machine.travel(NOW, tick=False)
def test_every_post_that_is_sent_again_is_done_once_and_answered_the_same(client: Client) -> None:
    house = a_house()
    dead = {"state": "dead", "finished_at": NOW}
    for operation in POSTS:
        if operation.path.endswith("/run-again/"):
            Job.objects.filter(pk=house["jobs"]).update(**dead)

        first, again = sent(client, operation, house), sent(client, operation, house)

        assert first.status_code == again.status_code, operation
        if first.status_code == REFUSED_HERE.get(operation.path):
            continue
        assert first.status_code < 300, f"{operation}: {first.content!r}"
        assert again.get(REPLAYED) == "true", operation
        assert again.json() == first.json(), operation
        assert again.get("Location") == first.get("Location"), operation
    assert KeptAnswer.objects.count() == len(POSTS) - len(REFUSED_HERE)
