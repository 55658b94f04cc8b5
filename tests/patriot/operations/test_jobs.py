"""Jobs by the API: found, canceled, run again."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.contrib.admin.models import LogEntry
from django.test import Client

from patriot.accounts.roles import Role
from patriot.work.leases import LostLease
from patriot.work.models import Job
from reports.models import Prompt, Report, Run
from reports.pipeline import jobs as work
from reports.pipeline import trials
from reports.pipeline.stages import Stage
from reports.pipeline.trial_inputs import Way
from tests import factories
from tests.factories import NOW

pytestmark = pytest.mark.django_db
JOBS = "/api/v1/jobs/"
DONE = {"state": "done", "finished_at": NOW}
DEAD = {"state": "dead", "finished_at": NOW, "attempts": 3}


@pytest.fixture(autouse=True)
def clock() -> Iterator[None]:
    with time_machine.travel(NOW, tick=False):
        yield


@pytest.fixture
def client() -> Client:
    owner = factories.a_user_with(Role.EDITOR, username="alice")
    token = factories.an_api_key(owner, "jobs:read", "jobs:write")[1]
    return Client(headers={"authorization": f"Bearer {token}"})


def a_job(report: Report, kind: str = "select", **fields: Any) -> Job:
    usual = {"stage": Stage.SELECT, "not_before": NOW, "created_at": NOW}
    return Job.objects.create(kind=kind, subject=report.subject, **usual | fields)


def act(client: Client, pk: int, deed: str, **sent: Any) -> Any:
    return client.post(f"{JOBS}{pk}/{deed}/", content_type="application/json", **sent)


# --- Looking ----------------------------------------------------------------------
def test_jobs_are_found_by_report_step_and_moment(client: Client) -> None:
    report = factories.a_report()
    old = a_job(report, "regroup", created_at=NOW - timedelta(hours=1), request_id="morning-run-1")
    new = a_job(report)

    def found(query: str) -> list[int]:
        return [job["id"] for job in client.get(f"{JOBS}?{query}").json()["results"]]

    assert found(f"report={report.pk}") == [new.pk, old.pk]
    assert found(f"report={report.pk + 1}") == []
    assert found("kind=regroup") == [old.pk]
    assert found("since=2026-06-09T06:00:00Z") == [new.pk]
    assert found("state=waiting&kind=select") == [new.pk]
    assert client.get(f"{JOBS}{old.pk}/").json()["request_id"] == "morning-run-1"


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("report=-1", "report"),
        ("report=9223372036854775808", "report"),
        ("report=1&subject=report 1", "report"),
        ("since=yesterday", "since"),
        ("kind=SELECT", "kind"),
    ],
)
def test_a_filter_that_is_none_is_named(client: Client, query: str, field: str) -> None:
    response = client.get(f"{JOBS}?{query}")

    assert response.status_code == 400
    assert [error["field"] for error in response.json()["errors"]] == [field]


# --- Canceling --------------------------------------------------------------------
def test_a_canceled_job_never_starts_and_its_report_says_why(client: Client) -> None:
    report = factories.a_report()
    job, later = a_job(report), a_job(report, "compose", stage=Stage.COMPOSE)

    response = act(client, job.pk, "cancel")

    report.refresh_from_db()
    later.refresh_from_db()
    assert response.status_code == 200
    assert response.json()["state"] == "canceled"
    assert work.work([job.pk, later.pk], now=NOW) == 0
    assert (report.state, later.state) == (Report.State.FAILED, Job.State.CANCELED)
    assert report.reason == "The step “select”: Canceled through the API before it was finished."
    notes = list(LogEntry.objects.values_list("change_message", flat=True))
    assert len(notes) == 2
    assert all("newsletter script" in note for note in notes)


def test_whoever_works_on_a_canceled_job_keeps_nothing(client: Client) -> None:
    job = a_job(factories.a_report())
    Job.objects.due(NOW).lease(NOW, until=NOW + timedelta(minutes=1), limit=1)
    held = Job.objects.get(pk=job.pk)

    response = act(client, job.pk, "cancel")

    assert response.status_code == 200
    for end in (held.finish, lambda now: held.put_back("no", not_before=now)):
        with pytest.raises(LostLease):
            end(NOW)
    job.refresh_from_db()
    assert (job.state, job.output) == (Job.State.CANCELED, None)


def test_a_report_goes_on_without_a_story_that_was_canceled(client: Client) -> None:
    report = factories.a_draft_report(sections=2)
    Report.objects.filter(pk=report.pk).update(state=Report.State.PRODUCING)
    section = report.revisions.get().sections.order_by("position").last()
    section.claims.all().delete()
    part = f"story {section.story_id}"
    job = a_job(report, "analyze", part=part, stage=Stage.STORY)
    compose = a_job(report, "compose", stage=Stage.COMPOSE)

    act(client, job.pk, "cancel")
    work.work([compose.pk], now=NOW)

    report.refresh_from_db()
    left = report.revisions.get().left_out[-1]
    assert report.state != Report.State.FAILED
    assert left["reason"] == "The work on it was canceled."


def test_a_canceled_run_of_the_lab_has_no_answer_and_says_why(client: Client) -> None:
    report = factories.a_published_report(sections=1)
    prompt = Prompt.objects.create(
        purpose="analyze", number=90, text="Write.", note="Why.", created_at=NOW
    )
    trial = trials.begin(
        candidate=prompt,
        candidate_model="",
        baseline=Way(None, ""),
        sections=[report.current.sections.get()],
        ceiling=0,
        author=None,
        now=NOW,
    )
    job = Job.objects.filter(subject=trial.subject).first()

    response = act(client, job.pk, "cancel")

    assert response.status_code == 200
    run = trial.runs.get(pk=int(job.part.removeprefix("run ")))
    assert (run.state, run.sentence) == (
        Run.State.FAILED,
        "Canceled through the API before it was finished.",
    )


@pytest.mark.parametrize("fields", [DONE, DEAD, {"state": "canceled", "finished_at": NOW}])
def test_what_is_over_cannot_be_canceled(client: Client, fields: dict[str, Any]) -> None:
    job = a_job(factories.a_report(), **fields)

    response = act(client, job.pk, "cancel")

    assert response.status_code == 409
    assert response.json()["code"] == "not_cancelable"
    assert f"is {fields['state']} since 2026-06-09 06:30 UTC" in response.json()["detail"]
    assert Job.objects.get().state == fields["state"]


# --- Running again ----------------------------------------------------------------
def test_a_dead_job_runs_again_once_with_its_report(client: Client) -> None:
    report = factories.a_report(state=Report.State.FAILED, reason="A step failed.")
    job = a_job(report, **DEAD)
    key = {"idempotency-key": "again-1"}

    first = act(client, job.pk, "run-again", headers=key)
    again = act(client, job.pk, "run-again", headers=key)
    other = act(client, job.pk, "run-again")

    report.refresh_from_db()
    assert [first.status_code, again.status_code, other.status_code] == [202, 202, 409]
    assert first["Location"] == again["Location"] == f"http://testserver{JOBS}{job.pk}/"
    assert again["Idempotent-Replayed"] == "true"
    assert first.json()["state"] == "waiting"
    assert other.json()["code"] == "not_dead"
    assert report.state == Report.State.PRODUCING


def test_what_its_report_went_on_without_is_left_alone(client: Client) -> None:
    report = factories.a_report()
    job = a_job(report, "analyze", part="story 7", stage=Stage.STORY, **DEAD)
    a_job(report, "compose", stage=Stage.COMPOSE, **DONE)

    response = act(client, job.pk, "run-again")

    assert response.status_code == 409
    assert "went on without it" in response.json()["detail"]


@pytest.mark.parametrize("deed", ["cancel", "run-again"])
def test_a_deed_needs_its_own_scope_a_job_and_no_words(client: Client, deed: str) -> None:
    job = a_job(factories.a_report())
    owner = factories.a_user_with(Role.EDITOR, username="bob")
    token = factories.an_api_key(owner, "jobs:read")[1]

    refused = Client().post(f"{JOBS}{job.pk}/{deed}/", headers={"authorization": f"Bearer {token}"})
    missing = act(client, job.pk + 1, deed)
    said = act(client, job.pk, deed, data={"why": "so"})

    assert [refused.status_code, missing.status_code, said.status_code] == [403, 404, 400]
    assert "jobs:write" in refused.json()["detail"]
    assert Job.objects.get().state == Job.State.WAITING


def test_canceling_costs_the_same_queries_however_many_jobs_there_are(
    client: Client, django_assert_max_num_queries: Any
) -> None:
    report = factories.a_report()
    stories = [
        a_job(report, "analyze", part=f"story {number}", stage=Stage.STORY) for number in range(20)
    ]

    with django_assert_max_num_queries(26):
        act(client, stories[0].pk, "cancel")
