"""The ledger on the desk: what was paid, for what, and what things cost from when."""

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
import time_machine
from django.contrib.admin.models import LogEntry
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from patriot.accounts.models import User
from patriot.accounts.roles import Role
from patriot.ledger.admin import unpriced_models
from patriot.ledger.costs import address_of
from patriot.ledger.models import Breaker, Call, Price
from tests import factories
from tests.factories import NOW, TODAY

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("clock")]
CALLS, PRICES, BREAKERS = (f"/admin/ledger/{name}/" for name in ("call", "price", "breaker"))
COSTS = f"{CALLS}costs/"


@pytest.fixture
def clock() -> Any:
    with time_machine.travel(NOW, tick=False):
        yield


@pytest.fixture
def desk(client: Client) -> Client:
    client.force_login(User.objects.create_superuser("chief"))
    return client


def a_call(**fields: Any) -> Call:
    usual: dict[str, Any] = {
        "service": "claude",
        "purpose": "analyze",
        "model": "claude-sonnet-5-5",
        "subject": "report 1",
        "part": "story 5",
        "outcome": "answered",
        "estimated_usd": Decimal(1),
        "cost_usd": Decimal("0.015"),
        "input_tokens": 1000,
        "cache_read_tokens": 500,
        "output_tokens": 200,
        "started_at": NOW,
        "finished_at": NOW + timedelta(seconds=4.2),
    }
    return Call.objects.create(**usual | fields)


# --- Calls --------------------------------------------------------------------------
def test_a_call_says_what_it_was_for_and_what_it_cost(desk: Client) -> None:
    report = factories.a_report()
    call = a_call(subject=report.subject, request_id="req_1", error="It was <i>odd</i>.")

    row = desk.get(CALLS).content.decode()
    page = desk.get(f"{CALLS}{call.pk}/change/").content.decode()

    assert "Claude, analyze" in row
    assert "1,500, 200" in row
    assert "$0.015" in row
    assert ">4.2<" in row
    link = f'<a href="/admin/reports/report/{report.pk}/change/">report {report.pk} · story 5</a>'
    assert link in row
    assert link in page
    assert "req_1" in page
    assert "It was &lt;i&gt;odd&lt;/i&gt;." in page


def test_a_call_in_flight_and_a_search_say_so(desk: Client) -> None:
    a_call(outcome="running", finished_at=None)
    a_call(service="tavily", model="basic", credits=Decimal("2.000"), subject="source 3")

    page = desk.get(CALLS).content.decode()

    assert "in flight" in page
    assert "2 credits" in page
    assert 'href="/admin/sources/source/3/change/"' in page


@pytest.mark.parametrize(
    ("subject", "address"),
    [
        pytest.param("report 12", "/admin/reports/report/12/change/", id="a report"),
        pytest.param("source 7", "/admin/sources/source/7/change/", id="a source"),
        pytest.param("dream 7", "", id="nothing we know"),
        pytest.param("report x", "", id="no number"),
        pytest.param("report 12/../..", "", id="a path"),
        pytest.param("", "", id="empty"),
    ],
)
def test_only_what_has_a_page_is_linked(subject: str, address: str) -> None:
    assert address_of(subject) == address


@pytest.mark.parametrize(
    ("query", "words"),
    [
        pytest.param("", "3 calls, $2.52: 3,500 tokens in, 600 out.", id="all"),
        pytest.param("outcome__exact=refused", "1 call, $2.00: 1,500", id="an outcome"),
        pytest.param("purpose=repair", "1 call, $0.50: 500", id="a purpose"),
        pytest.param("service__exact=tavily", "0 calls, $0.00: 0", id="a service"),
        pytest.param("q=report+2", "1 call, $0.50", id="a search"),
        pytest.param(
            "started_at__day=8&started_at__month=6&started_at__year=2026", "1 call", id="day"
        ),
    ],
)
def test_the_sum_is_of_those_that_are_shown(desk: Client, query: str, words: str) -> None:
    a_call()
    a_call(outcome="refused", cost_usd=Decimal(2))
    a_call(
        purpose="repair",
        subject="report 2",
        cost_usd=Decimal("0.5"),
        input_tokens=0,
        started_at=NOW - timedelta(days=1),
    )

    assert words in desk.get(f"{CALLS}?{query}").content.decode()


def test_a_chart_shows_thirty_days_and_says_them(desk: Client) -> None:
    a_call(cost_usd=Decimal(1))
    a_call(cost_usd=Decimal(4), started_at=NOW - timedelta(days=3))
    a_call(cost_usd=Decimal(9), started_at=NOW - timedelta(days=30))

    page = desk.get(CALLS)

    chart = page.context["chart"]
    assert len(chart.bars) == 30
    assert [bar.height for bar in chart.bars if bar.calls] == [120, 30]
    assert chart.words == "In 30 days $5.00 were spent, most on 6 June: $4.00."
    text = page.content.decode()
    assert '<title id="chart-title">' in text
    assert chart.words in text
    assert "<td>6 Jun 2026</td>" in text


def test_the_chart_of_an_empty_book_is_flat(desk: Client) -> None:
    chart = desk.get(CALLS).context["chart"]

    assert {bar.height for bar in chart.bars} == {0}
    assert chart.words == "In 30 days $0.00 were spent."


def test_nobody_changes_the_book(desk: Client) -> None:
    call = a_call()
    path = f"{CALLS}{call.pk}"

    answers = [
        desk.post(f"{path}/change/", {"cost_usd": "0"}),
        desk.post(f"{path}/delete/", {"post": "yes"}),
        desk.get(f"{CALLS}add/"),
    ]

    assert [answer.status_code for answer in answers] == [403, 403, 403]
    assert Call.objects.get() == call


def test_the_ledger_takes_a_permission_to_look_at(client: Client) -> None:
    client.force_login(factories.a_staff_user("view_report"))
    refused = client.get(CALLS)
    client.force_login(factories.a_staff_user("view_call"))

    assert refused.status_code == 403
    assert client.get(CALLS).status_code == 200


# --- Costs --------------------------------------------------------------------------
def test_costs_are_told_by_account_report_and_model(desk: Client) -> None:
    briefing = factories.a_briefing(title="The Evening <i>")
    report = factories.a_report(briefing)
    payer = f"briefing {briefing.pk}"
    a_call(subject=report.subject, payer=payer, cost_usd=Decimal(3))
    a_call(subject=report.subject, payer=payer, cost_usd=Decimal(1), outcome="malformed")
    a_call(subject="report 999999", payer="lab", cost_usd=Decimal("0.002"), purpose="judge")
    a_call(cost_usd=Decimal(9), started_at=NOW - timedelta(days=30))

    answer = desk.get(COSTS)

    text, tables = answer.content.decode(), answer.context["page"].tables
    payers, reports, others, models = (
        [(line.label, line.share.cost, line.share.calls) for line in table.lines]
        for table in tables
    )
    assert payers == [("The Evening <i>", "$4.00", 2), ("lab", "$0.0020", 1)]
    assert [label for label, *_ in reports] == [str(report), "report 999999"]
    assert others == []
    assert models == [
        ("analyze · claude-sonnet-5-5", "$4.00", 2),
        ("judge · claude-sonnet-5-5", "$0.0020", 1),
    ]
    assert [line.share.failed for line in tables[0].lines] == [1, 0]
    assert [line.share.percent for line in tables[0].lines] == [100, 1]
    assert "Most was spent on The Evening &lt;i&gt;: $4.00." in text
    assert f'href="/admin/reports/briefing/{briefing.pk}/change/"' in text
    assert "/admin/reports/report/999999/" not in text
    assert "No call was made." in text


@pytest.mark.parametrize(
    ("days", "total"),
    [
        pytest.param("1", "$1.00", id="today"),
        pytest.param("7", "$3.00", id="a week"),
        pytest.param("", "$7.00", id="30 days"),
        pytest.param("90", "$15.00", id="90 days"),
        pytest.param("9" * 99, "$7.00", id="no choice"),
    ],
)
def test_costs_go_as_far_back_as_is_asked(desk: Client, days: str, total: str) -> None:
    for back, cost in ((0, 1), (6, 2), (29, 4), (89, 8), (90, 16)):
        a_call(cost_usd=Decimal(cost), started_at=NOW - timedelta(days=back))

    page = desk.get(COSTS, {"days": days}).context["page"]

    assert page.tables[0].lines[0].share.cost == total


def test_what_is_not_shown_is_summed(desk: Client) -> None:
    for number in range(1, 16):
        a_call(subject=f"report {number}", cost_usd=Decimal(number))

    table = desk.get(COSTS).context["page"].tables[1]

    assert (len(table.lines), table.lines[0].share.cost) == (12, "$15.00")
    assert (table.rest.values, table.rest.cost) == (("3 others",), "$6.00")


def test_spending_is_shown_beside_both_ceilings(desk: Client, settings: Any) -> None:
    settings.DAILY_CEILING_USD, settings.MONTHLY_CEILING_USD = Decimal(2), Decimal(8)
    a_call(cost_usd=Decimal(1))
    a_call(cost_usd=Decimal(5), started_at=NOW - timedelta(days=3))

    page = desk.get(COSTS).content.decode()

    assert "$1.00 of $2.00 spent today (50 %)." in page
    assert "$6.00 of $8.00 spent this month (75 %)." in page
    assert '<rect class="part" width="75" height="4">' in page


def test_the_page_of_costs_takes_as_many_queries_for_few_and_many(desk: Client) -> None:
    def grow(count: int) -> int:
        for _ in range(count):
            report = factories.a_report(factories.a_briefing(slug=f"b{Call.objects.count()}"))
            a_call(subject=report.subject, payer=f"briefing {report.briefing_id}")
        return queries(desk, COSTS)

    assert grow(2) == grow(9) == 10


# --- Services that refuse us ----------------------------------------------------------
def a_breaker(**fields: Any) -> Breaker:
    usual = {"service": "claude", "outcome": "rejected", "reason": "No <b>such</b> key."}
    moments = {"opened_at": NOW, "retry_at": NOW + timedelta(minutes=15), "tell_at": NOW}
    return Breaker.objects.create(**usual | moments | fields)


def test_the_first_page_says_who_refuses_us_and_the_button_ends_it(
    desk: Client, settings: Any
) -> None:
    settings.SERVICES = ["claude"]
    breaker = a_breaker(failures=3)

    shown = desk.get("/admin/").content.decode()
    after = desk.post(f"{BREAKERS}{breaker.pk}/close/", follow=True).content.decode()
    again = desk.post(f"{BREAKERS}{breaker.pk}/close/", follow=True).content.decode()

    assert "Claude has refused this house since 06:30 UTC" in shown
    assert "No &lt;b&gt;such&lt;/b&gt; key." in shown
    assert "It was tried 3 times." in shown
    assert "Is the key of Claude still good" in shown
    assert "Claude is not asked: it refuses us." in shown
    assert f'action="{BREAKERS}{breaker.pk}/close/"' in shown
    assert "Claude is asked again from now on." in after
    assert "Claude is on." in after
    assert "It is asked again already." in again
    assert not Breaker.objects.exists()
    assert "Had it asked again" in LogEntry.objects.get().get_change_message()


def test_a_model_that_is_refused_leaves_the_service_on(desk: Client, settings: Any) -> None:
    settings.SERVICES = ["claude"]
    breaker = a_breaker(model="claude-of-old")

    first = desk.get("/admin/").content.decode()
    page = desk.get(f"{BREAKERS}{breaker.pk}/change/").content.decode()

    assert "refused the model “claude-of-old”" in first
    assert "Claude is on." in first
    assert "Ask again now" in page
    assert "Claude · claude-of-old" in desk.get(BREAKERS).content.decode()


def test_only_administrators_have_a_service_asked_again(client: Client) -> None:
    breaker = a_breaker()
    client.force_login(factories.a_user_with(Role.PUBLISHER))

    page = client.get("/admin/").content.decode()
    answer = client.post(f"{BREAKERS}{breaker.pk}/close/")

    assert "An administrator may have it asked again now." in page
    assert (
        "Ask again now" not in page + client.get(f"{BREAKERS}{breaker.pk}/change/").content.decode()
    )
    assert (answer.status_code, Breaker.objects.count()) == (403, 1)


# --- Prices -------------------------------------------------------------------------
PRICE = {
    "service": "claude",
    "model": "claude-sonnet-5-5",
    "valid_from": "2026-06-10",
    "input_usd": "3",
    "output_usd": "15",
    "cache_write_5m_usd": "3.75",
    "cache_write_1h_usd": "6",
    "cache_read_usd": "0.3",
    "credit_usd": "0",
}


def a_price(valid_from: date, **fields: Any) -> Price:
    usual = {"service": "claude", "model": "claude-sonnet-5-5", "input_usd": Decimal(3)}
    return Price.objects.create(valid_from=valid_from, **usual | fields)


def test_a_new_price_is_a_new_row(desk: Client) -> None:
    old = Price.objects.get(model="claude-sonnet-5-5")

    page = desk.post(f"{PRICES}add/", PRICE, follow=True).content.decode()

    new = Price.objects.get(model="claude-sonnet-5-5", valid_from=date(2026, 6, 10))
    assert (new.input_usd, new.output_usd) == (3, 15)
    assert Price.objects.filter(pk=old.pk, input_usd=old.input_usd).exists()
    assert "is it spelled right" not in page


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        pytest.param({"valid_from": "2026-06-08"}, "valid_from", id="a day that is over"),
        pytest.param({"valid_from": "soon"}, "valid_from", id="no day"),
        pytest.param({"input_usd": "-1"}, "input_usd", id="below nothing"),
        pytest.param({"input_usd": "0"}, "input_usd", id="nothing for input"),
        pytest.param({"output_usd": "0"}, "output_usd", id="nothing for output"),
        pytest.param({"service": "tavily"}, "credit_usd", id="nothing for a search"),
    ],
)
def test_a_price_that_cannot_be_is_refused(
    desk: Client, fields: dict[str, str], field: str
) -> None:
    answer = desk.post(f"{PRICES}add/", PRICE | fields)

    assert field in answer.context["adminform"].form.errors


def test_a_search_is_paid_by_its_credits_alone(desk: Client) -> None:
    price = {"service": "tavily", "model": "deep", "valid_from": "2026-06-10", "credit_usd": "0.01"}

    desk.post(f"{PRICES}add/", PRICE | {"input_usd": "0", "output_usd": "0"} | price)

    assert Price.objects.get(model="deep").credit_usd == Decimal("0.01")


def test_two_prices_of_a_model_on_one_day_are_refused(desk: Client) -> None:
    a_price(date(2026, 6, 10))

    answer = desk.post(f"{PRICES}add/", PRICE)

    assert answer.status_code == 200
    assert Price.objects.filter(valid_from=date(2026, 6, 10)).count() == 1


def test_a_model_that_nobody_has_heard_of_is_warned_of(desk: Client) -> None:
    page = desk.post(f"{PRICES}add/", PRICE | {"model": "claude-sonet"}, follow=True)

    assert "No other price and no call names the model “claude-sonet”" in page.content.decode()


@pytest.mark.parametrize(
    ("days", "status"),
    [
        pytest.param(-1, 403, id="it has begun"),
        pytest.param(0, 403, id="it begins today"),
        pytest.param(1, 302, id="it begins tomorrow"),
    ],
)
def test_only_a_price_that_is_yet_to_begin_is_changed_or_deleted(
    desk: Client, days: int, status: int
) -> None:
    price = a_price(TODAY + timedelta(days=days))

    changed = desk.post(f"{PRICES}{price.pk}/change/", PRICE | {"input_usd": "4"})
    deleted = desk.post(f"{PRICES}{price.pk}/delete/", {"post": "yes"})

    assert (changed.status_code, deleted.status_code) == (status, status)
    assert Price.objects.filter(pk=price.pk).exists() == (status == 403)


def test_prices_that_have_begun_do_not_go_by_an_action_either(desk: Client) -> None:
    price = a_price(TODAY - timedelta(days=1))

    desk.post(PRICES, {"action": "delete_selected", "_selected_action": [price.pk], "post": "yes"})

    assert Price.objects.filter(pk=price.pk).exists()


def test_models_that_are_paid_for_without_a_price_are_named(desk: Client) -> None:
    a_call(model="claude-next")
    a_call(model="claude-old", started_at=NOW - timedelta(days=40))
    a_call()

    page = desk.get(PRICES).content.decode()

    assert unpriced_models(NOW) == ["claude-next"]
    assert "No price is known for “claude-next”" in page


# --- Cost ---------------------------------------------------------------------------
def test_the_lists_cost_the_same_queries_for_few_and_many(desk: Client) -> None:
    def grow(times: int) -> tuple[int, int]:
        for number in range(times):
            a_call(started_at=NOW - timedelta(days=number))
            a_price(TODAY + timedelta(days=Price.objects.count()))
        return queries(desk, CALLS), queries(desk, PRICES)

    assert grow(3) == grow(20) == (11, 5)


def test_a_call_costs_few_queries(desk: Client) -> None:
    assert queries(desk, f"{CALLS}{a_call().pk}/change/") == 3


def queries(desk: Client, path: str) -> int:
    desk.get(path)  # Django looks its content types up once and keeps them
    with CaptureQueriesContext(connection) as captured:
        assert desk.get(path).status_code == 200
    return len(captured)
