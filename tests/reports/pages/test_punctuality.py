"""The on-time record: what counts, what it says, and who can read it."""

from datetime import timedelta

import pytest
import time_machine

from reports.domain.lead_time import lead_of
from reports.domain.punctuality import Kept
from reports.models import Report
from reports.pages.punctuality import punctuality_of, record_between
from tests.factories import NOW, TODAY, a_briefing, a_published_report, a_report

DAY, MINUTE = timedelta(days=1), timedelta(minutes=1)


@pytest.fixture
def briefing(db):
    """A week and more of a briefing: each fate that a slot can have."""
    briefing = a_briefing(slug="dawn")
    # Days ago, and how many minutes after its slot it came out.
    for days, minutes in ((1, 0), (2, 15), (3, 16), (4, 90)):
        report = a_published_report(briefing, local_date=TODAY - days * DAY)
        at = report.slot_at + minutes * MINUTE
        Report.objects.filter(pk=report.pk).update(published_at=at)
    for days, fields in enumerate(
        (
            {"state": "failed"},
            {"state": "skipped", "occasion": "missed"},
            {"state": "skipped"},
            {"state": "skipped", "occasion": "holiday"},
            {"state": "skipped", "occasion": "pause"},
            {"occasion": "asked"},
        ),
        start=5,
    ):
        a_report(briefing, local_date=TODAY - days * DAY, reason="So.", **fields)
    # Still within its grace when the tests begin.
    a_report(briefing, slot_at=NOW - 10 * MINUTE)
    return briefing


def test_only_what_was_promised_counts(briefing, django_assert_num_queries):
    with django_assert_num_queries(1):
        page = punctuality_of(briefing, NOW)

    assert [slot.kept for slot in page.record.slots] == [
        Kept.ON_TIME,
        Kept.ON_TIME,
        Kept.LATE,
        Kept.LATE,
        Kept.MISSING,
        Kept.MISSING,
        Kept.NO_NEWS,
        Kept.HOLIDAY,
        Kept.PAUSE,
    ]
    assert page.record.in_words == (
        "2 of the last 6 reports came on time, 2 came late, 2 did not come."
    )
    assert page.record.share == pytest.approx(1 / 3)
    assert [bar.in_words for bar in page.rows][2:5] == [
        "late by 16 minutes",
        "late by 1 hour 30 minutes",
        "did not come",
    ]
    assert page.bars[-1].height < page.rows[2].height < page.rows[3].height < page.rows[4].height


def test_the_record_of_a_span_is_that_of_all_briefings(briefing):
    a_published_report(a_briefing(), local_date=TODAY - DAY)

    record = record_between(NOW - 3 * DAY, NOW - 15 * MINUTE)

    assert (record.on_time, record.late, record.missing) == (3, 0, 0)


@time_machine.travel(NOW, tick=False)
def test_readers_and_clients_see_it(briefing, client):
    page = client.get("/reports/dawn/").content.decode()
    told = client.get("/api/v1/briefings/dawn/").json()["punctuality"]

    assert "2 of the last 6 reports came on time" in page
    assert page.count("<rect class=") == 9
    assert (told["promised"], told["on_time"], told["late"], told["missing"]) == (6, 2, 2, 2)
    assert told["slots"][2]["kept"] == "late"


@pytest.mark.parametrize(
    ("took", "expected"),
    [
        pytest.param([], 10, id="nothing known"),
        pytest.param([40, 40], 10, id="too few"),
        pytest.param([4] * 10, 10, id="never below what is set"),
        pytest.param([20] * 10, 25, id="a quarter more"),
        pytest.param([*[20] * 9, 600], 25, id="one that hung moves nothing"),
        pytest.param([*[20] * 17, 600, 600, 600], 120, id="three do, within bounds"),
        pytest.param([-5, 0, 20, 20, 20], 25, id="a clock that stepped back is no measure"),
    ],
)
def test_the_lead_is_learnt_robustly_and_within_bounds(took, expected):
    lead = lead_of([n * MINUTE for n in took], at_least=10 * MINUTE, margin=timedelta(0))

    assert lead.time == expected * MINUTE
