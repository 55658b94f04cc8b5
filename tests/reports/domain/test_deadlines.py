"""The deadline of a draft, in words."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from reports.domain.deadlines import countdown_in_words, review_in_words

SLOT = datetime(2026, 6, 9, 5, tzinfo=UTC)
MARGIN = timedelta(minutes=5)


def said(*, left: timedelta, policy: str = "hold", zone: str = "Europe/Paris") -> str:
    """Return what is said so long before the deadline."""
    now = SLOT - MARGIN - left
    return review_in_words(SLOT, margin=MARGIN, policy=policy, zone=ZoneInfo(zone), now=now)


@pytest.mark.parametrize(
    ("zone", "at"),
    [
        pytest.param("Europe/Paris", "06:55 CEST on 9 June (04:55 UTC)", id="a zone"),
        pytest.param("UTC", "04:55 UTC on 9 June", id="UTC is said once"),
        pytest.param("Africa/Abidjan", "04:55 UTC on 9 June", id="a zone that is UTC"),
        pytest.param(
            "America/Los_Angeles", "21:55 PDT on 8 June (04:55 UTC on 9 June)", id="another day"
        ),
        pytest.param("Asia/Kathmandu", "10:40 +0545 on 9 June (04:55 UTC)", id="no name"),
    ],
)
def test_the_deadline_is_said_where_readers_are_and_in_utc(zone, at):
    assert said(left=timedelta(hours=1), zone=zone) == (
        f"Review ends at {at}, in 1 hour; then it is held."
    )


@pytest.mark.parametrize(
    ("left", "words"),
    [
        pytest.param(timedelta(seconds=1), "1 minute", id="the last second"),
        pytest.param(timedelta(minutes=25), "25 minutes", id="minutes"),
        pytest.param(timedelta(hours=1, seconds=1), "1 hour and 1 minute", id="rounded up"),
        pytest.param(timedelta(hours=24), "1 day", id="a day"),
        pytest.param(timedelta(hours=51, minutes=9), "2 days and 3 hours", id="no minutes of days"),
    ],
)
def test_what_is_left_is_counted_down_in_words(left, words):
    assert countdown_in_words(left) == words


@pytest.mark.parametrize(
    ("policy", "before", "at_deadline", "at_slot"),
    [
        pytest.param(
            "publish",
            "then it is published at its slot if every gate is green, else held",
            "it is published at its slot if every gate is green, else held",
            "it is published within a minute if every gate is green, else held",
            id="publish",
        ),
        pytest.param(
            "reduced",
            "then it is published at its slot, without what is not green",
            "it is published at its slot, without what is not green",
            "it is published within a minute, without what is not green",
            id="reduced",
        ),
        pytest.param(
            "hold",
            "then it is held",
            "it is held within a minute",
            "it is held within a minute",
            id="hold",
        ),
    ],
)
def test_what_happens_then_follows_the_policy(policy, before, at_deadline, at_slot):
    assert said(left=MARGIN, policy=policy).endswith(f"in 5 minutes; {before}.")
    assert said(left=timedelta(), policy=policy) == (
        f"Review ended at 06:55 CEST on 9 June (04:55 UTC); {at_deadline}."
    )
    assert said(left=-MARGIN, policy=policy).endswith(f"; {at_slot}.")
