"""Moments as text."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest

from patriot.lib.moments import rfc3339

SUMMER = timezone(timedelta(hours=2))


@pytest.mark.parametrize(
    ("at", "timespec", "text"),
    [
        pytest.param(
            datetime(2026, 6, 9, 6, 30, tzinfo=UTC), "auto", "2026-06-09T06:30:00Z", id="plain"
        ),
        pytest.param(
            datetime(2026, 6, 9, 6, 30, 0, 281165, tzinfo=UTC),
            "auto",
            "2026-06-09T06:30:00.281165Z",
            id="exact",
        ),
        pytest.param(
            datetime(2026, 6, 9, 6, 30, 0, 281165, tzinfo=UTC),
            "seconds",
            "2026-06-09T06:30:00Z",
            id="to the second",
        ),
        pytest.param(
            datetime(2026, 6, 9, 0, 30, tzinfo=SUMMER),
            "auto",
            "2026-06-08T22:30:00Z",
            id="another zone",
        ),
    ],
)
def test_a_moment_is_written_in_utc(at: datetime, timespec: str, text: str) -> None:
    assert rfc3339(at, timespec=timespec) == text
