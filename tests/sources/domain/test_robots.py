"""What a server's robots.txt means for us."""

from __future__ import annotations

from datetime import timedelta

import pytest

from sources.domain.robots import LONGEST_DELAY, Access, access, authority_of, bounded_delay


@pytest.mark.parametrize(
    ("status", "meaning"),
    [
        pytest.param(200, Access.BY_RULES, id="there"),
        pytest.param(404, Access.FREE, id="not there"),
        pytest.param(401, Access.FREE, id="not for us"),
        pytest.param(302, Access.FREE, id="redirected without end"),
        pytest.param(429, Access.CLOSED, id="too many requests"),
        pytest.param(503, Access.CLOSED, id="ill"),
        pytest.param(None, Access.CLOSED, id="silent"),
    ],
)
def test_the_status_says_what_may_be_read(status, meaning):
    assert access(status) is meaning


@pytest.mark.parametrize(
    ("asked", "made"),
    [
        pytest.param(None, timedelta(0), id="none"),
        pytest.param(0.5, timedelta(seconds=0.5), id="short"),
        pytest.param(3_600, LONGEST_DELAY, id="long"),
        pytest.param(1e300, LONGEST_DELAY, id="without end"),
        pytest.param(-5, timedelta(0), id="negative"),
        pytest.param(float("nan"), timedelta(0), id="no number"),
    ],
)
def test_pauses_are_made_within_bounds(asked, made):
    assert bounded_delay(asked) == made


def test_one_robots_txt_is_good_for_scheme_host_and_port():
    assert authority_of("https://a.example:8443/x?y#z") == "https://a.example:8443"
