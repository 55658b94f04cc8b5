"""Told stories told again in two ways: verified, counted, paid once, never in a report's way."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest

from patriot.ledger.models import Call
from patriot.work import jobs as all_jobs
from patriot.work.leases import MAX_ATTEMPTS
from patriot.work.models import Job
from reports.domain.comparing import measure
from reports.domain.extraction import ANALYST
from reports.gateways.claude import Claude
from reports.models import Claim, Prompt, Run
from reports.pipeline import jobs, trial_answers, trial_inputs, trials
from reports.pipeline.asking import FOR_READERS
from reports.pipeline.prompts import draft_prompt
from reports.pipeline.trial_answers import telling_of
from reports.pipeline.trial_inputs import Way
from reports.pipeline.trials import triable_sections
from reports.pipeline.writers import LOCAL_ONLY, Writers
from tests import claude_server as say
from tests.claude_server import ClaudeServer
from tests.factories import NOW, a_draft_report, a_published_report, a_report
from tests.reports.pipeline.producing import a_newsy_morning, finish, produce

pytestmark = pytest.mark.django_db
MODEL = "claude-haiku-5-5"


@pytest.fixture
def server():
    with ClaudeServer() as server:
        yield server


def writers(server):
    claude = Claude(api_key=say.KEY, base_url=server.url, deadline=timedelta(seconds=60))
    return Writers(claude=claude, daily_ceiling=Decimal(10))


def live(purpose="analyze"):
    return Prompt.objects.get(purpose=purpose, briefing=None, is_live=True)


def a_candidate(purpose="analyze", text="Say what happened, in {language}."):
    return draft_prompt(
        purpose=purpose, briefing=None, text=text, note="Shorter.", author=None, now=NOW
    )


def begin(sections, *, candidate=None, baseline=None, **fields):
    usual = {"candidate_model": "", "ceiling": Decimal(5), "author": None, "now": NOW}
    candidate = candidate or a_candidate()
    baseline = baseline or Way(live(candidate.purpose))
    return trials.begin(candidate=candidate, baseline=baseline, sections=sections, **usual | fields)


def sections_of(report):
    return list(report.current.sections.order_by("position"))


def runs_of(trial, side=Run.Side.CANDIDATE):
    return list(trial.runs.filter(side=side).order_by("pk"))


def sentences_of(trial):
    return {run.sentence for run in trial.runs.all()}


# --- Without a model ------------------------------------------------------------------
def test_without_a_model_the_local_analyst_tells_both_sides_and_says_so():
    report = a_published_report(sections=2)

    trial = begin(sections_of(report))
    finish(trial)

    runs = list(trial.runs.all())
    assert [run.state for run in runs] == ["done"] * 4
    assert {(run.analyst, run.sentence) for run in runs} == {(ANALYST, trials.NO_MODEL["analyze"])}
    assert all(telling_of(run).is_tellable for run in runs)
    assert not Call.objects.exists()


def test_a_trial_changes_nothing_that_readers_see():
    report = a_published_report(sections=1)
    before = list(Claim.objects.values_list("pk", "text"))

    finish(begin(sections_of(report)))

    assert list(Claim.objects.values_list("pk", "text")) == before
    assert live().number == 1


# --- With a model ---------------------------------------------------------------------
def test_a_model_is_asked_by_both_prompts_inside_the_ledger(server):
    [section] = sections_of(a_published_report(sections=1))

    trial = begin([section])
    finish(trial, writers=writers(server))

    [candidate], [baseline] = runs_of(trial), runs_of(trial, Run.Side.BASELINE)
    asked = {logged.asked.system for logged in server.log}
    calls = Call.objects.filter(subject=trial.subject)
    assert asked == {"Say what happened, in English.", server.log[1].asked.system}
    assert candidate.material_hash == baseline.material_hash != ""
    assert {call.part for call in calls} == {candidate.part, baseline.part}
    assert telling_of(candidate).cost_usd == calls.get(part=candidate.part).cost_usd > 0
    assert measure([telling_of(candidate)]).share == 1.0
    assert (candidate.analyst, candidate.sentence) == (MODEL, "")


def test_the_very_same_is_never_paid_twice(server):
    [section] = sections_of(a_published_report(sections=1))
    candidate = a_candidate()
    first = begin([section], candidate=candidate)
    finish(first, writers=writers(server))
    asked = len(server.log)

    again = begin([section], candidate=candidate)
    most = trials.at_most(again, writers=writers(server), now=NOW)
    finish(again, writers=writers(server))

    [run], [earlier] = runs_of(again), runs_of(first)
    assert (len(server.log), most) == (asked, 0)
    assert run.copied_from == earlier
    assert run.output == earlier.output
    assert run.sentence == trial_answers.AS_TRIED.format(trial=first.pk)


def test_code_says_of_each_sentence_why_it_falls(server):
    [section] = sections_of(a_published_report(sections=1))
    server.script = say.altered_quotes

    trial = begin([section])
    finish(trial, writers=writers(server))

    [run] = runs_of(trial)
    assert not telling_of(run).is_tellable
    assert telling_of(run).held == 0
    assert all("does not stand so" in each["reason"] for each in run.output["sentences"])


def test_two_models_can_be_set_against_each_other(server):
    [section] = sections_of(a_published_report(sections=1))

    trial = begin([section], candidate=live(), baseline=Way(live(), "claude-sonnet-5-5"))
    finish(trial, writers=writers(server))

    assert {logged.model for logged in server.log} == {MODEL, "claude-sonnet-5-5"}


def test_a_model_is_set_against_the_local_analyst(server):
    [section] = sections_of(a_published_report(sections=1))

    trial = begin([section], baseline=Way(None))
    finish(trial, writers=writers(server))

    [baseline] = runs_of(trial, Run.Side.BASELINE)
    assert (baseline.analyst, baseline.sentence) == (ANALYST, trials.WITHOUT)
    assert len(server.log) == 1


def test_what_a_report_was_written_with_is_not_asked_again_and_what_fell_is_mended(server):
    server.script = say.repairing
    report, clock = produce(a_newsy_morning(stories=2), writers=writers(server))
    told = triable_sections([report], "analyze")
    mended = triable_sections([report], "repair")
    server.log.clear()

    analyzing = begin(told, now=clock)
    finish(analyzing, writers=writers(server), clock=clock)
    asked = [logged.purpose for logged in server.log]
    mending = begin(mended, candidate=a_candidate("repair"), baseline=Way(None), now=clock)
    finish(mending, writers=writers(server), clock=clock)

    assert (len(told), len(mended), asked) == (2, 2, ["analyze"] * 2)
    for run in runs_of(analyzing, Run.Side.BASELINE):
        assert run.sentence == trial_answers.AS_REPORTED
        assert 0 < telling_of(run).held < len(telling_of(run).sentences)
        assert telling_of(run).cost_usd > 0
    for run in runs_of(mending):
        assert run.output["to_mend"] > 0
        assert telling_of(run).held > 0
        assert "48,151" not in str(run.output)
    for run in runs_of(mending, Run.Side.BASELINE):
        assert telling_of(run).sentences == ()


# --- When it does not answer ------------------------------------------------------------
def test_what_would_cross_the_trials_ceiling_is_not_asked(server):
    [section] = sections_of(a_published_report(sections=1))

    trial = begin([section], ceiling=Decimal(0))
    finish(trial, writers=writers(server))

    [run] = runs_of(trial)
    assert run.state == Run.State.FAILED
    assert "ceiling of $0.00 for one trial" in run.sentence
    assert server.log == []


def test_it_waits_as_long_as_the_service_asks_and_then_goes_on(server):
    [section] = sections_of(a_published_report(sections=1))
    server.script = [say.rate_limited(30), say.honest]

    trial = begin([section], baseline=Way(None))
    ended = finish(trial, writers=writers(server))

    [run] = runs_of(trial)
    assert run.state == Run.State.DONE
    assert ended >= NOW + timedelta(seconds=30)


def test_a_service_that_is_down_leaves_runs_without_an_answer(server):
    [section] = sections_of(a_published_report(sections=1))
    server.script = say.overloaded

    trial = begin([section], baseline=Way(None))
    finish(trial, writers=writers(server))

    [run], [other] = runs_of(trial), runs_of(trial, Run.Side.BASELINE)
    assert (run.state, run.sentence) == ("failed", FOR_READERS[Call.Outcome.UNAVAILABLE])
    assert other.state == "done"
    assert Job.objects.get(part=run.part).state == Job.State.DONE


# --- Coming second ------------------------------------------------------------------------
def test_reports_come_first():
    [section] = sections_of(a_published_report(sections=1))
    waiting = a_report()
    Job.objects.create(kind="select", subject=waiting.subject, not_before=NOW, created_at=NOW)

    trial = begin([section])
    mine = Job.objects.filter(subject=trial.subject)
    jobs.work(list(mine.values_list("pk", flat=True)), now=NOW)

    assert {job.not_before for job in mine} == {NOW + trials.GIVE_WAY}
    assert {job.attempts for job in mine} == {0}


def test_a_stopped_trial_asks_nothing_more(server):
    [section] = sections_of(a_published_report(sections=1))
    trial = begin([section])

    left = trials.stop(trial, NOW)
    finish(trial, writers=writers(server))

    assert (left, server.log) == (2, [])
    assert sentences_of(trial) == {trials.STOPPED}


def test_a_run_that_kills_its_worker_ends_and_may_be_run_again():
    [section] = sections_of(a_published_report(sections=1))
    trial = begin([section])
    Job.objects.update(attempts=MAX_ATTEMPTS, leased_until=NOW - timedelta(seconds=1))

    all_jobs.bury_exhausted(NOW)
    dead = sentences_of(trial)
    revived = [all_jobs.run_again(job, NOW) for job in Job.objects.filter(state=Job.State.DEAD)]
    finish(trial, writers=LOCAL_ONLY)

    assert dead == {"It failed 3 times: The worker died 3 times at this."}
    assert revived == [True, True]
    assert {run.state for run in trial.runs.all()} == {"done"}


def test_a_worker_that_died_while_it_asked_leaves_one_call_lost_and_one_answered(server):
    [section] = sections_of(a_published_report(sections=1))
    trial = begin([section], baseline=Way(None))
    [run] = runs_of(trial)
    usual = {"estimated_usd": 1, "cost_usd": 1, "started_at": NOW}
    Call.objects.create(
        service="claude",
        purpose="analyze",
        model=MODEL,
        subject=trial.subject,
        part=run.part,
        **usual,
    )
    Job.objects.filter(part=run.part).update(attempts=1, leased_until=NOW - timedelta(seconds=1))

    finish(trial, writers=writers(server))

    outcomes = Call.objects.filter(part=run.part).order_by("pk").values_list("outcome", flat=True)
    assert list(outcomes) == [Call.Outcome.LOST, Call.Outcome.ANSWERED]
    assert len(server.log) == 1


def test_articles_that_are_gone_leave_nothing_to_tell_from():
    report = a_draft_report(sections=1)
    section = report.revisions.get().sections.get()
    section.given = [10**9]
    section.save(update_fields=["given"])

    trial = begin([section])
    finish(trial)

    assert sentences_of(trial) == {trial_inputs.NOTHING_LEFT}
    assert triable_sections([report], "repair") == []
