"""Staff are told once of reports that are not out."""

from datetime import timedelta
from typing import Any

import pytest
from django.core import mail as outbox

from patriot import late_reports
from patriot.accounts.roles import Role
from patriot.lib import mail
from reports.models import Report
from reports.pipeline import lateness
from tests import factories
from tests.factories import NOW, TODAY

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)
State, Occasion = Report.State, Report.Occasion


@pytest.fixture(autouse=True)
def house(settings: Any) -> None:
    settings.SITE_NAME, settings.SITE_URL = "The Courier", "https://news.example.org"


@pytest.fixture
def paul() -> Any:
    return factories.a_user_with(Role.PUBLISHER, username="paul", email="paul@example.org")


def tell(now: Any = NOW, *, is_on: bool = True) -> None:
    ids = list(lateness.to_tell(now).values_list("pk", flat=True))
    late_reports.tell(ids, is_on=is_on, now=now)


@pytest.mark.parametrize(
    ("fields", "after_minutes", "is_told"),
    [
        pytest.param({"state": State.PRODUCING}, 14, False, id="within its grace"),
        pytest.param({"state": State.PRODUCING}, 15, True, id="late in production"),
        pytest.param({"state": State.DRAFT}, 15, True, id="a draft nobody published"),
        pytest.param({"state": State.REVIEW}, 15, True, id="in review"),
        pytest.param({"state": State.HELD, "reason": "So."}, -5, True, id="held before its slot"),
        pytest.param({"state": State.FAILED, "reason": "So."}, -5, True, id="failed already"),
        pytest.param(
            {"state": State.SKIPPED, "reason": "So.", "occasion": Occasion.MISSED},
            60,
            True,
            id="missed",
        ),
        pytest.param(
            {"state": State.SKIPPED, "reason": "So.", "occasion": Occasion.HOLIDAY},
            60,
            False,
            id="a holiday",
        ),
        pytest.param({"state": State.SKIPPED, "reason": "So."}, 60, False, id="nothing to tell"),
        pytest.param({"occasion": Occasion.ASKED}, 60, False, id="asked for out of turn"),
        pytest.param({}, 60 * 24 * 3, False, id="days ago"),
    ],
)
def test_what_is_told_and_when(fields, after_minutes, is_told):
    report = factories.a_report(**fields)

    found = lateness.to_tell(report.slot_at + timedelta(minutes=after_minutes))

    assert list(found) == ([report] if is_told else [])


def test_publishers_get_one_letter_about_all_of_them_once(paul):
    factories.a_user_with(Role.EDITOR, username="eve", email="eve@example.org")
    briefing = factories.a_briefing(title="The Morning")
    factories.a_report(briefing)
    held = factories.a_report(
        briefing, local_date=TODAY - DAY, state=State.HELD, reason="A note is open."
    )

    tell()
    tell(NOW + timedelta(minutes=1))

    [letter] = outbox.outbox
    assert letter.to == ["paul@example.org"]
    assert letter.subject == "The Courier: 2 reports are not out"
    assert "The Morning, due on Tue 9 June, 07:00 CEST\nIt is still in production." in letter.body
    assert "A note is open." in letter.body
    assert f"https://news.example.org/admin/reports/report/{held.pk}/change/" in letter.body


def test_what_the_mail_server_would_not_have_is_told_again(paul, monkeypatch):
    report = factories.a_report()
    monkeypatch.setattr(mail, "send", lambda letters: [mail.Unwelcome("No.") for _ in letters])

    tell()
    monkeypatch.undo()
    tell(NOW + timedelta(minutes=1))

    report.refresh_from_db()
    assert report.lateness_told_at == NOW + timedelta(minutes=1)
    assert [letter.subject for letter in outbox.outbox] == ["The Courier: The Morning is not out"]


def test_without_a_mail_server_the_desk_alone_shows_it(paul):
    factories.a_report()

    tell(is_on=False)

    assert outbox.outbox == []
    assert not lateness.to_tell(NOW).exists()
