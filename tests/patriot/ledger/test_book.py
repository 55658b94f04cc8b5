import threading
from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import connection, transaction

from patriot.ledger import book
from patriot.ledger.book import CeilingReached, Ceilings, Crowded, Plan, Settlement
from patriot.ledger.models import Call, Price, Service
from patriot.ledger.prices import Usage
from tests.factories import NOW

FREE = Ceilings(daily=None)
A_CENT = Usage(output_tokens=1_000)


def plan(**fields):
    defaults = {
        "service": Service.CLAUDE,
        "purpose": "analyze",
        "model": "claude-sonnet-5-5",
        "subject": "report 1",
        "part": "story 5",
        "estimate": A_CENT,
        "payer": "briefing 3",
    }
    return Plan(**defaults | fields)


@pytest.mark.django_db
def test_a_call_in_flight_is_booked_at_its_estimate():
    call = book.reserve(plan(), ceilings=FREE, now=NOW)

    assert call.is_running
    assert call.cost_usd == call.estimated_usd == Decimal("0.01")
    assert Call.objects.of_day(NOW).spent() == Decimal("0.01")


@pytest.mark.django_db
def test_a_settled_call_costs_what_was_used():
    call = book.reserve(plan(), ceilings=FREE, now=NOW)
    ended = NOW + timedelta(seconds=7)

    book.settle(
        call,
        Settlement(Call.Outcome.ANSWERED, usage=Usage(input_tokens=500), request_id="req_1"),
        now=ended,
    )

    assert (call.outcome, call.input_tokens, call.cost_usd) == ("answered", 500, Decimal("0.001"))
    assert call.seconds == 7


@pytest.mark.django_db
def test_a_failure_that_the_service_did_not_count_costs_nothing():
    call = book.reserve(plan(), ceilings=FREE, now=NOW)

    book.settle(call, Settlement(Call.Outcome.UNAVAILABLE, error="Down.", status=500), now=NOW)

    assert (call.cost_usd, call.error, call.status) == (0, "Down.", 500)


@pytest.mark.django_db
def test_an_answer_that_was_never_heard_stays_booked_at_its_estimate():
    call = book.reserve(plan(), ceilings=FREE, now=NOW)

    book.settle(call, Settlement(Call.Outcome.UNAVAILABLE, may_be_paid=True), now=NOW)

    assert call.cost_usd == Decimal("0.01")


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("ceilings", "sentence"),
    [
        pytest.param(
            Ceilings(daily=Decimal("0.015")),
            "The ceiling of $0.015 for today would be crossed.",
            id="of the day",
        ),
        pytest.param(
            Ceilings(daily=Decimal(1), subject=Decimal("0.0199")),
            "The ceiling of $0.0199 for one report would be crossed.",
            id="of the report",
        ),
        pytest.param(
            Ceilings(daily=Decimal(0)),
            "The ceiling of $0.00 for today would be crossed.",
            id="nothing at all",
        ),
        pytest.param(
            Ceilings(daily=None, call=Decimal("0.0099")),
            "The ceiling of $0.0099 for one request would be crossed.",
            id="of the call",
        ),
        pytest.param(
            Ceilings(daily=None, call=Decimal(0)),
            "The ceiling of $0.00 for one request would be crossed.",
            id="no call at all",
        ),
        pytest.param(
            Ceilings(daily=None, monthly=Decimal("0.0199")),
            "The ceiling of $0.0199 for this month would be crossed.",
            id="of the month",
        ),
        pytest.param(
            Ceilings(daily=None, payer_monthly=Decimal("0.0199")),
            "The ceiling of $0.0199 for this briefing in a month would be crossed.",
            id="of the briefing in a month",
        ),
        pytest.param(
            Ceilings(daily=None, payer_monthly=Decimal(0)),
            "The ceiling of $0.00 for this briefing in a month would be crossed.",
            id="a briefing that may not",
        ),
    ],
)
def test_a_call_that_might_cross_a_ceiling_is_not_made(ceilings, sentence):
    book.reserve(plan(), ceilings=FREE, now=NOW)

    with pytest.raises(CeilingReached, match=sentence.replace("$", r"\$")):
        book.reserve(plan(), ceilings=ceilings, now=NOW)

    assert Call.objects.count() == 1


@pytest.mark.django_db
def test_a_ceiling_may_be_reached_exactly():
    book.reserve(plan(), ceilings=FREE, now=NOW)

    book.reserve(plan(), ceilings=Ceilings(daily=Decimal("0.02")), now=NOW)

    assert Call.objects.count() == 2


@pytest.mark.django_db
def test_yesterday_and_other_reports_do_not_count():
    yesterday = NOW - timedelta(days=1)
    book.reserve(plan(), ceilings=FREE, now=yesterday)
    book.reserve(plan(subject="report 2"), ceilings=FREE, now=NOW)

    tight = Ceilings(daily=Decimal("0.02"), subject=Decimal("0.02"))
    book.reserve(plan(), ceilings=tight, now=NOW)

    assert Call.objects.count() == 3


@pytest.mark.django_db
def test_last_month_and_other_briefings_do_not_count():
    last_month = NOW.replace(day=1) - timedelta(minutes=390, seconds=1)
    book.reserve(plan(), ceilings=FREE, now=last_month)
    book.reserve(plan(payer="briefing 4"), ceilings=FREE, now=NOW)
    book.reserve(plan(), ceilings=FREE, now=NOW.replace(day=1))

    tight = Ceilings(daily=None, monthly=Decimal("0.03"), payer_monthly=Decimal("0.02"))
    book.reserve(plan(), ceilings=tight, now=NOW)

    assert Call.objects.count() == 4


@pytest.mark.django_db
def test_what_is_left_is_the_least_that_any_ceiling_leaves():
    def left(**ceilings):
        bounds = Ceilings(**{"daily": None} | {k: Decimal(v) for k, v in ceilings.items()})
        found = book.left("report 1", payer="briefing 3", ceilings=bounds, now=NOW)
        return found and (found.usd, found.ceiling)

    book.reserve(plan(), ceilings=FREE, now=NOW)
    book.reserve(plan(subject="report 2"), ceilings=FREE, now=NOW.replace(day=2))

    assert left() is None
    assert left(daily="1", subject="0.05")[0] == Decimal("0.04")
    assert left(monthly="0.05", subject="0.05", payer_monthly="0.021") == (
        Decimal("0.001"),
        "the ceiling of $0.021 for this briefing in a month",
    )
    assert left(monthly="0.01")[0] == 0


@pytest.mark.django_db
def test_what_is_in_flight_crowds_and_what_is_spent_ends_it():
    tight = Ceilings(daily=Decimal("0.015"))
    flying = book.reserve(plan(), ceilings=tight, now=NOW)
    with pytest.raises(Crowded):
        book.reserve(plan(part="story 6"), ceilings=tight, now=NOW)

    book.settle(flying, Settlement(Call.Outcome.ANSWERED, usage=A_CENT), now=NOW)

    with pytest.raises(CeilingReached) as refused:
        book.reserve(plan(part="story 6"), ceilings=tight, now=NOW)
    assert not isinstance(refused.value, Crowded)


@pytest.mark.django_db
def test_what_others_were_promised_is_not_left_of_what_the_house_may_spend():
    ceilings = Ceilings(daily=Decimal(1), monthly=Decimal(9), payer_monthly=Decimal("0.8"))

    found = book.left(
        "report 1", payer="briefing 3", ceilings=ceilings, now=NOW, promised=Decimal("0.3")
    )

    assert found is not None
    assert found.usd == Decimal("0.7")
    assert found.ceiling == "the ceiling of $1.00 for today, less what others were promised,"


@pytest.mark.django_db
def test_a_model_without_a_price_is_booked_at_the_dearest():
    call = book.reserve(plan(model="claude-of-tomorrow"), ceilings=FREE, now=NOW)

    assert call.cost_usd == Decimal("0.5")
    assert not book.has_price(Service.CLAUDE, "claude-of-tomorrow", NOW)


@pytest.mark.django_db
def test_a_price_counts_from_its_day():
    Price.objects.create(
        service=Service.CLAUDE,
        model="claude-sonnet-5-5",
        valid_from=NOW.date() + timedelta(days=1),
        output_usd=Decimal(20),
    )

    today = book.reserve(plan(), ceilings=FREE, now=NOW)
    tomorrow = book.reserve(plan(), ceilings=FREE, now=NOW + timedelta(days=1))

    assert (today.cost_usd, tomorrow.cost_usd) == (Decimal("0.01"), Decimal("0.02"))


@pytest.mark.django_db
def test_what_its_worker_left_behind_stays_booked():
    lost = book.reserve(plan(), ceilings=FREE, now=NOW)
    other = book.reserve(plan(part="story 6"), ceilings=FREE, now=NOW)

    book.write_off_of("report 1", "story 5", "analyze", NOW)

    lost.refresh_from_db()
    other.refresh_from_db()
    assert (lost.outcome, lost.cost_usd) == (Call.Outcome.LOST, Decimal("0.01"))
    assert other.is_running


@pytest.mark.django_db
def test_nobody_waits_for_a_call_for_ever():
    old = book.reserve(plan(), ceilings=FREE, now=NOW - timedelta(minutes=6))
    young = book.reserve(plan(), ceilings=FREE, now=NOW)

    assert book.write_off(NOW) == 1

    old.refresh_from_db()
    young.refresh_from_db()
    assert (old.outcome, young.outcome) == (Call.Outcome.LOST, Call.Outcome.RUNNING)


@pytest.mark.django_db(transaction=True)
def test_many_at_once_do_not_cross_a_ceiling_together():
    ceilings = Ceilings(daily=Decimal("0.035"))
    refused = []

    def pay():
        try:
            with transaction.atomic():
                book.reserve(plan(), ceilings=ceilings, now=NOW)
        except CeilingReached as error:
            refused.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=pay) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert (Call.objects.count(), len(refused)) == (3, 5)


@pytest.mark.django_db(transaction=True)
def test_the_first_prices_are_there_and_staff_may_change_them():
    assert book.has_price(Service.CLAUDE, "claude-haiku-5-5", NOW)
    assert book.rates_of(Service.TAVILY, "basic", NOW).credit_usd == Decimal("0.008")
