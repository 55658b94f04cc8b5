"""Breakers: what refuses us for good is not asked, until it answers or somebody mends it."""

from datetime import timedelta
from decimal import Decimal

import pytest

from patriot.ledger import book, breakers
from patriot.ledger.book import BreakerOpen, Ceilings, Plan, Settlement
from patriot.ledger.models import Breaker, Call, Service
from patriot.ledger.prices import Usage
from tests.factories import NOW

pytestmark = pytest.mark.django_db
FREE = Ceilings(daily=None)
HAIKU, SONNET = "claude-haiku-5-5", "claude-sonnet-5-5"
MINUTE = timedelta(minutes=1)
Outcome = Call.Outcome


def reserve(*, at=NOW, **fields):
    usual = {
        "service": Service.CLAUDE,
        "purpose": "analyze",
        "model": HAIKU,
        "subject": "report 1",
        "part": "story 5",
        "estimate": Usage(output_tokens=1_000),
    }
    return book.reserve(Plan(**usual | fields), ceilings=FREE, now=at)


def end(call, outcome, *, status=None, error="No.", at=NOW):
    book.settle(call, Settlement(outcome, status=status, error=error), now=at)


def ask(outcome, *, status=None, error="No.", at=NOW, **fields):
    end(reserve(at=at, **fields), outcome, status=status, error=error, at=at)


@pytest.mark.parametrize(
    ("outcome", "status", "model"),
    [
        pytest.param(Outcome.OUT_OF_FUNDS, 400, "", id="no credit"),
        pytest.param(Outcome.OUT_OF_FUNDS, 429, "", id="the account's own limit"),
        pytest.param(Outcome.REJECTED, 401, "", id="a key that is not good"),
        pytest.param(Outcome.REJECTED, 402, "", id="a bill"),
        pytest.param(Outcome.REJECTED, 403, HAIKU, id="a key that may not"),
        pytest.param(Outcome.REJECTED, 404, HAIKU, id="a model that is gone"),
        pytest.param(Outcome.REJECTED, 302, "", id="an address that leads elsewhere"),
        pytest.param(Outcome.REJECTED, None, "", id="an address that is forbidden"),
    ],
)
def test_what_does_not_pass_by_itself_opens_one(outcome, status, model):
    ask(outcome, status=status, error="The service said so.")

    breaker = Breaker.objects.get()
    assert (breaker.service, breaker.model, breaker.reason) == (
        "claude",
        model,
        "The service said so.",
    )
    assert breaker.retry_at == NOW + 15 * MINUTE


@pytest.mark.parametrize(
    ("outcome", "status"),
    [
        pytest.param(Outcome.REJECTED, 400, id="a question that it does not understand"),
        pytest.param(Outcome.REJECTED, 413, id="a question that is too long"),
        pytest.param(Outcome.RATE_LIMITED, 429, id="too many questions"),
        pytest.param(Outcome.UNAVAILABLE, 529, id="too busy"),
        pytest.param(Outcome.UNAVAILABLE, None, id="no answer"),
        pytest.param(Outcome.MALFORMED, 200, id="nonsense"),
        pytest.param(Outcome.REFUSED, 200, id="unwilling"),
        pytest.param(Outcome.CUT_OFF, 200, id="too long an answer"),
    ],
)
def test_what_may_pass_or_is_about_one_question_opens_none(outcome, status):
    ask(outcome, status=status)

    assert not Breaker.objects.exists()


@pytest.mark.parametrize(
    ("ends", "is_open"),
    [
        pytest.param([("1", 400), ("2", 400)], False, id="two questions"),
        pytest.param([("1", 400), ("2", 400), ("3", 413)], True, id="three"),
        pytest.param([("1", 400), ("2", 400), ("2", 400)], False, id="two, one of them twice"),
        pytest.param([("1", 400), ("2", 200), ("3", 400), ("4", 400)], False, id="one is answered"),
    ],
)
def test_a_model_that_rejects_one_question_after_the_other_is_left_alone(ends, is_open):
    for part, status in ends:
        outcome = Outcome.ANSWERED if status == 200 else Outcome.REJECTED
        ask(outcome, status=status, part=f"story {part}")

    assert [breaker.model for breaker in Breaker.objects.all()] == [HAIKU] * is_open


def test_while_it_is_open_nobody_asks_the_service():
    ask(Outcome.REJECTED, status=401)

    with pytest.raises(BreakerOpen) as refused:
        reserve(at=NOW + 14 * MINUTE, model=SONNET)
    reserve(at=NOW + 14 * MINUTE, service=Service.TAVILY, model="basic")

    assert str(refused.value) == (
        "Claude has refused this house since 06:30 UTC; it is asked again after 06:45 UTC."
    )
    assert refused.value.retry_at == NOW + 15 * MINUTE
    assert refused.value.outcome == Outcome.REJECTED


def test_a_model_that_is_gone_leaves_the_others():
    ask(Outcome.REJECTED, status=404)

    with pytest.raises(BreakerOpen, match=f"refused the model “{HAIKU}” since"):
        reserve()

    assert reserve(model=SONNET).is_running


def test_in_vain_again_it_stays_closed_twice_as_long_up_to_six_hours():
    at, waits = NOW, []
    for _ in range(7):
        ask(Outcome.OUT_OF_FUNDS, at=at)
        breaker = Breaker.objects.get()
        waits.append((breaker.retry_at - at) // MINUTE)
        at = breaker.retry_at

    assert waits == [15, 30, 60, 120, 240, 360, 360]
    assert (breaker.failures, breaker.opened_at) == (7, NOW)


def test_requests_that_were_on_their_way_say_nothing_new():
    late = reserve()
    ask(Outcome.REJECTED, status=401)

    end(late, Outcome.REJECTED, status=401, at=NOW + MINUTE)

    breaker = Breaker.objects.get()
    assert (breaker.failures, breaker.retry_at) == (1, NOW + 15 * MINUTE)


@pytest.mark.parametrize("outcome", [Outcome.ANSWERED, Outcome.REFUSED, Outcome.CUT_OFF])
def test_an_answer_closes_it(outcome):
    ask(Outcome.REJECTED, status=401)
    ask(outcome, status=200, at=NOW + 15 * MINUTE)

    assert not Breaker.objects.exists()
    assert reserve(at=NOW + 16 * MINUTE).is_running


def test_an_answer_to_what_was_sent_before_does_not_close_it():
    before = reserve(at=NOW - MINUTE)
    ask(Outcome.OUT_OF_FUNDS)

    end(before, Outcome.ANSWERED, status=200, at=NOW + MINUTE)

    assert Breaker.objects.exists()


def test_an_answer_of_one_model_leaves_the_breaker_of_another():
    ask(Outcome.REJECTED, status=404)
    ask(Outcome.ANSWERED, status=200, model=SONNET)

    assert Breaker.objects.get().model == HAIKU


def test_staff_close_it_for_everybody():
    ask(Outcome.REJECTED, status=404)
    ask(Outcome.REJECTED, status=403, model=SONNET)

    assert breakers.close("claude", HAIKU)

    assert reserve().is_running
    assert not breakers.close("claude", HAIKU)


def test_what_opened_under_a_clock_that_ran_ahead_does_not_count():
    ask(Outcome.REJECTED, status=401, at=NOW + timedelta(days=30))

    assert reserve().is_running
    ask(Outcome.REJECTED, status=401)

    breaker = Breaker.objects.get()
    assert (breaker.opened_at, breaker.retry_at) == (NOW, NOW + 30 * MINUTE)


def test_whoever_tries_by_hand_is_not_held_back_and_closes_it():
    ask(Outcome.REJECTED, status=401)

    ask(Outcome.ANSWERED, status=200, at=NOW + MINUTE, is_trial=True)

    assert not Breaker.objects.exists()


def test_trying_by_hand_in_vain_does_not_make_the_wait_longer():
    ask(Outcome.REJECTED, status=401)

    ask(Outcome.REJECTED, status=401, at=NOW + MINUTE, is_trial=True)

    assert Breaker.objects.get().retry_at == NOW + 15 * MINUTE


def test_an_open_breaker_costs_nothing():
    ask(Outcome.REJECTED, status=401)
    with pytest.raises(BreakerOpen):
        reserve()

    assert (Call.objects.count(), Call.objects.all().spent()) == (1, Decimal(0))


def test_a_reason_without_end_is_kept_in_part():
    ask(Outcome.REJECTED, status=401, error="no " * 9_999)

    assert len(Breaker.objects.get().reason) == breakers.MAX_REASON_CHARS
