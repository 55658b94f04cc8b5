"""The prompt lab by the API: begun, followed, stopped."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
import time_machine
from django.test import Client

from patriot.accounts.roles import Role
from patriot.work.models import Job
from reports.models import Prompt, Report, Trial
from reports.pipeline import jobs
from reports.pipeline.prompts import draft_prompt
from tests import factories
from tests.factories import NOW

pytestmark = pytest.mark.django_db
TRIALS = "/api/v1/trials/"


@pytest.fixture(autouse=True)
def clock() -> Iterator[None]:
    with time_machine.travel(NOW, tick=False):
        yield


@pytest.fixture
def client() -> Client:
    owner = factories.a_user_with(Role.EDITOR, username="alice")
    token = factories.an_api_key(owner, "prompts:try", "jobs:read")[1]
    return Client(headers={"authorization": f"Bearer {token}"})


@pytest.fixture
def report() -> Report:
    return factories.a_published_report(sections=2)


@pytest.fixture
def candidate() -> Prompt:
    return draft_prompt(
        purpose="analyze",
        briefing=None,
        text="Say what happened, in {language}.",
        note="Short.",
        author=None,
        now=NOW,
    )


def live() -> Prompt:
    return Prompt.objects.get(purpose="analyze", briefing=None, is_live=True)


def begin(client: Client, body: dict[str, Any], **headers: str) -> Any:
    return client.post(TRIALS, body, content_type="application/json", headers=headers)


def test_a_trial_is_begun_followed_and_read(
    client: Client, report: Report, candidate: Prompt, django_assert_max_num_queries: Any
) -> None:
    wish = {"prompt": candidate.pk, "against": None, "reports": [report.pk], "stories_of_each": 2}
    key = {"idempotency-key": "trial-1"}

    first, again = begin(client, wish, **key), begin(client, wish, **key)
    before = client.get(first["Location"]).json()
    jobs.work([job["id"] for job in first.json()["jobs"]], now=NOW)
    with django_assert_max_num_queries(11):
        after = client.get(first["Location"]).json()

    assert [first.status_code, again.status_code, Trial.objects.count()] == [202, 202, 1]
    assert first["Location"] == again["Location"] == first.json()["url"]
    assert len(first.json()["jobs"]) == 4
    assert client.get(first.json()["jobs"][0]["url"]).json()["kind"] == "try"
    assert (before["waiting"], before["in_words"]) == (4, "")
    assert (after["waiting"], after["unanswered"]) == (0, 0)
    assert after["candidate"]["stories"] == after["baseline"]["stories"] == 2
    assert after["in_words"]
    assert {run["state"] for run in after["runs"]} == {"done"}
    assert all(run["sentences"] for run in after["runs"])
    assert after["cost_usd"] == "0.000000"


def test_a_trial_that_was_stopped_asks_nothing_more(
    client: Client, report: Report, candidate: Prompt
) -> None:
    wish = {"prompt": candidate.pk, "against": live().pk, "reports": [report.pk]}
    address = begin(client, wish)["Location"]

    stopped = client.post(f"{address}stop/", content_type="application/json")

    outcome = client.get(address).json()
    assert stopped.json()["stopped_at"] == "2026-06-09T06:30:00Z"
    assert (outcome["waiting"], outcome["unanswered"]) == (0, 4)


def test_prompts_that_can_be_tried_are_listed(
    client: Client, candidate: Prompt, django_assert_max_num_queries: Any
) -> None:
    with django_assert_max_num_queries(8):
        listed = client.get("/api/v1/prompts/").json()["results"]

    assert listed[0]["id"] == candidate.pk
    assert listed[0]["briefing"] is None
    assert {prompt["purpose"] for prompt in listed} == {"analyze", "repair"}
    assert not any("text" in prompt for prompt in listed)


@pytest.mark.parametrize(
    ("change", "field"),
    [
        pytest.param({"prompt": 999_999}, "prompt", id="no such prompt"),
        pytest.param({"prompt": True}, "prompt", id="true for a number"),
        pytest.param({"against": 999_999}, "against", id="nothing to compare with"),
        pytest.param({"against": "same"}, "against", id="with itself"),
        pytest.param({"candidate_model": "gpt-9"}, "candidate_model", id="a model without a price"),
        pytest.param({"reports": []}, "reports", id="no report"),
        pytest.param({"reports": [999_999]}, "reports", id="no such report"),
        pytest.param({"reports": ["1"]}, "reports", id="a word for a report"),
        pytest.param({"stories_of_each": 25}, "stories_of_each", id="too many stories"),
        pytest.param({"ceiling_usd": "NaN"}, "ceiling_usd", id="no amount"),
        pytest.param({"ceiling_usd": 101}, "ceiling_usd", id="too much"),
        pytest.param({"prompts": 1}, "prompts", id="an unknown field"),
    ],
)
def test_what_cannot_be_tried_is_named(
    client: Client, report: Report, candidate: Prompt, change: dict[str, Any], field: str
) -> None:
    if change.get("against") == "same":
        change = {"against": candidate.pk}
    wish = {"prompt": candidate.pk, "against": None, "reports": [report.pk]} | change

    response = begin(client, wish)

    assert response.status_code == 400
    assert [error["field"].split(".")[0] for error in response.json()["errors"]] == [field]
    assert not Job.objects.filter(kind="try").exists()
