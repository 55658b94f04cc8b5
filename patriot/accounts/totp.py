"""The codes of authenticator apps: HOTP (RFC 4226) counted by the clock, TOTP (RFC 6238)."""

from __future__ import annotations

import base64
import binascii
import hmac
from datetime import datetime

PERIOD_SECONDS = 30
DIGITS = 6
# Clocks of telephones: one step early or late (RFC 6238 §5.2).
TOLERANCE = 1


def step_at(now: datetime) -> int:
    """Return the number of the half minute that a moment is in."""
    return int(now.timestamp()) // PERIOD_SECONDS


def fitting_step(secret: str, code: str, *, now: datetime, after: int = -1) -> int | None:
    """Return the step whose code this is; None if it is none of now, or not later than `after`.

    after: the step whose code was used last, for a code opens one door only (RFC 6238 §5.2)
    """
    if not (code.isascii() and code.isdigit() and len(code) == DIGITS):
        return None
    present = step_at(now)
    for step in range(max(present - TOLERANCE, after + 1), present + TOLERANCE + 1):
        if hmac.compare_digest(code_of(secret, step), code):
            return step
    return None


def code_of(secret: str, step: int) -> str:
    """Return the six digits of a step. Raises ValueError for what is no secret in base 32."""
    try:
        key = base64.b32decode(secret, casefold=True)
    except binascii.Error as error:
        raise ValueError("A secret is text in base 32.") from error
    if not key:
        raise ValueError("There is no secret: everybody could count its codes.")
    digest = hmac.digest(key, step.to_bytes(8, "big"), "sha1")
    offset = digest[-1] & 0x0F
    number = int.from_bytes(digest[offset : offset + 4], "big") & 0x7FFF_FFFF
    return f"{number % 10**DIGITS:0{DIGITS}}"
