"""When to look again."""

from __future__ import annotations

from datetime import timedelta

import pytest

from sources.domain.cadence import next_fetch_at, wish_of

MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)


@pytest.mark.parametrize(
    ("given", "wait"),
    [
        pytest.param({"usual": HOUR}, HOUR, id="the editor's interval"),
        pytest.param({"usual": MINUTE}, 15 * MINUTE, id="never sooner than a quarter of an hour"),
        pytest.param({"usual": timedelta(0)}, 15 * MINUTE, id="zero"),
        pytest.param({"usual": 9 * DAY}, DAY, id="never later than a day"),
        pytest.param({"usual": 9 * DAY, "longest": 9 * DAY}, 9 * DAY, id="where looks cost money"),
        pytest.param({"usual": HOUR, "asked": 3 * HOUR}, 3 * HOUR, id="slowed down"),
        pytest.param({"usual": HOUR, "asked": MINUTE}, HOUR, id="not sped up"),
        pytest.param({"usual": HOUR, "asked": 99 * DAY}, DAY, id="asked for months"),
        pytest.param({"usual": HOUR, "failures": 1}, 2 * HOUR, id="one failure"),
        pytest.param({"usual": HOUR, "failures": 3}, 8 * HOUR, id="three failures"),
        pytest.param({"usual": HOUR, "failures": 10**9}, DAY, id="very many failures"),
        pytest.param(
            {"usual": timedelta.max, "asked": timedelta.max, "failures": 10}, DAY, id="overflow"
        ),
        pytest.param(
            {"usual": HOUR, "asked": 2 * HOUR, "failures": 1}, 4 * HOUR, id="asked, and failed"
        ),
    ],
)
def test_the_wait(now, given, wait):
    assert next_fetch_at(now, **given) == now + wait


@pytest.mark.parametrize(
    ("headers", "ttl", "wish"),
    [
        pytest.param({}, None, None, id="nothing said"),
        pytest.param({"cache-control": "public, max-age=7200"}, None, 2 * HOUR, id="max-age"),
        pytest.param({"cache-control": 'Max-Age = "60"'}, None, MINUTE, id="oddly written"),
        pytest.param({"cache-control": "no-cache, max-age=7200"}, None, None, id="not kept"),
        pytest.param({"cache-control": "no-store"}, None, None, id="not stored"),
        pytest.param({"cache-control": "max-age=abc"}, None, None, id="nonsense"),
        pytest.param({"cache-control": "x-max-age=60"}, None, None, id="another name"),
        pytest.param({}, HOUR, HOUR, id="ttl"),
        pytest.param({"cache-control": "max-age=60"}, HOUR, HOUR, id="the longer one"),
    ],
)
def test_what_a_publisher_wishes(headers, ttl, wish):
    assert wish_of(headers, ttl=ttl) == wish
