"""Codes of authenticator apps, as the standards' own examples have them."""

import base64
from datetime import UTC, datetime, timedelta

import pytest

from patriot.accounts.totp import code_of, fitting_step, step_at

SECRET = base64.b32encode(b"12345678901234567890").decode()
NOW = datetime(2026, 6, 9, 6, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    ("step", "code"),
    # RFC 4226, appendix D.
    [
        *[(0, "755224"), (1, "287082"), (2, "359152"), (3, "969429"), (4, "338314")],
        *[(5, "254676"), (6, "287922"), (7, "162583"), (8, "399871"), (9, "520489")],
    ],
)
def test_a_code_is_counted_as_hotp_has_it(step, code):
    assert code_of(SECRET, step) == code


@pytest.mark.parametrize(
    ("seconds", "code"),
    [
        # RFC 6238, appendix B: the last six of its eight digits.
        pytest.param(59, "287082", id="1970"),
        pytest.param(1_111_111_109, "081804", id="2005"),
        pytest.param(1_234_567_890, "005924", id="2009, with zeros in front"),
        pytest.param(20_000_000_000, "353130", id="2603"),
    ],
)
def test_the_clock_counts_half_minutes(seconds, code):
    at = datetime.fromtimestamp(seconds, tz=UTC)

    assert fitting_step(SECRET, code, now=at) == step_at(at) == seconds // 30


@pytest.mark.parametrize(
    ("late", "fits"),
    [(-2, False), (-1, True), (0, True), (1, True), (2, False)],
    ids=["a minute fast", "half a minute fast", "right", "half a minute slow", "a minute slow"],
)
def test_a_telephones_clock_may_be_half_a_minute_off(late, fits):
    shown = code_of(SECRET, step_at(NOW - late * timedelta(seconds=30)))

    assert (fitting_step(SECRET, shown, now=NOW) is not None) is fits


def test_a_code_fits_once_and_older_ones_no_more():
    present = step_at(NOW)
    codes = [code_of(SECRET, present + step) for step in (-1, 0, 1)]

    fits = [fitting_step(SECRET, code, now=NOW, after=present) for code in codes]

    assert fits == [None, None, present + 1]


@pytest.mark.parametrize(
    "code",
    [
        "",
        "12345",
        "1234567",
        "12345a",
        "１２３４５６",
        "²²²²²²",
        "-12345",
        "\x00" * 6,
        "6" * 10_000,
    ],
    ids=["empty", "short", "long", "letter", "wide", "raised", "sign", "NUL", "very long"],
)
def test_what_is_no_code_fits_nothing(code):
    assert fitting_step(SECRET, code, now=NOW) is None


@pytest.mark.parametrize("secret", ["", "1", "no secret!"], ids=["none", "not whole", "words"])
def test_nobody_can_count_the_codes_of_what_is_no_secret(secret):
    with pytest.raises(ValueError, match="secret"):
        code_of(secret, 1)
