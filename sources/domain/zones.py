"""Time zones as publishers name them."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

# Hours east of Greenwich. Where a name is ambiguous, the one that feeds use: BST is London's,
# IST India's, CST and EST America's. Obsolete names stand in RFC 822 §5.
_ZONES = {
    "UT": 0, "UTC": 0, "GMT": 0, "WET": 0, "BST": 1, "WEST": 1, "CET": 1, "MET": 1, "MEZ": 1,
    "CEST": 2, "MESZ": 2, "MEST": 2, "EET": 2, "SAST": 2, "CAT": 2, "WAT": 1, "EAT": 3,
    "EEST": 3, "MSK": 3, "AST": -4, "ADT": -3, "AT": -4, "NST": -3.5, "NDT": -2.5, "EST": -5,
    "EDT": -4, "CST": -6, "CDT": -5, "MST": -7, "MDT": -6, "PST": -8, "PDT": -7, "AKST": -9,
    "AKDT": -8, "HST": -10, "ET": -5, "CT": -6, "MT": -7, "PT": -8, "BRT": -3, "BRST": -2,
    "ART": -3, "CLT": -4, "CLST": -3, "COT": -5, "PET": -5, "PKT": 5, "IST": 5.5, "NPT": 5.75,
    "BDT": 6, "ICT": 7, "WIB": 7, "WITA": 8, "WIT": 9, "HKT": 8, "SGT": 8, "MYT": 8, "PHT": 8,
    "AWST": 8, "JST": 9, "KST": 9, "ACST": 9.5, "ACDT": 10.5, "AEST": 10, "AEDT": 11,
    "NZST": 12, "NZDT": 13, "GST": 4, "IRST": 3.5, "IDT": 3, "TRT": 3, "Z": 0,
    # Military letters, with the signs of RFC 822, though the military has them the other way.
    "A": -1, "B": -2, "C": -3, "D": -4, "E": -5, "F": -6, "G": -7, "H": -8, "I": -9, "K": -10,
    "L": -11, "M": -12, "N": 1, "O": 2, "P": 3, "Q": 4, "R": 5, "S": 6, "T": 7, "U": 8, "V": 9,
    "W": 10, "X": 11, "Y": 12,
}  # fmt: skip
_OFFSET = re.compile(r"(?:GMT|UTC|UT|Z)?\s?([+-])[+-]?(\d{1,2})(?:[:.]?(\d{2}))?(?::?\d{2})?\Z")
_SHORT_OFFSET = re.compile(r"([+-])(\d)(\d{2})\Z")
_PLACE = re.compile(
    r"(?:Africa|America|Antarctica|Asia|Atlantic|Australia|Europe|Indian|Pacific|US|Etc)"
    r"/[A-Za-z_]{2,30}\Z|[A-Z]{3}\d[A-Z]{3}\Z"
)
NAMES = frozenset(_ZONES)


def offset_of(zone: str, *, at: datetime) -> timedelta:
    """Return how far east of Greenwich a zone is, nothing if nobody knows it.

    at: local time, for places with summer time
    """
    name = zone.strip()
    hours = _ZONES.get(name.upper())
    if hours is not None:
        return timedelta(hours=hours)
    found = _SHORT_OFFSET.match(name) or _OFFSET.match(name.upper())
    if found:
        offset = timedelta(hours=int(found[2]), minutes=int(found[3] or 0))
        offset = offset if offset < timedelta(hours=24) else timedelta()
        return -offset if found[1] == "-" else offset
    return _offset_of_place(name, at)


def _offset_of_place(name: str, at: datetime) -> timedelta:
    if not _PLACE.match(name):
        return timedelta()
    try:
        return at.replace(tzinfo=ZoneInfo(name)).utcoffset() or timedelta()
    except (ValueError, OSError, KeyError, OverflowError):  # no such place
        return timedelta()
