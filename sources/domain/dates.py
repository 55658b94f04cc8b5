"""Dates as publishers really write them."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from email.utils import parsedate_tz

from dateutil import parser as dateutil_parser

MAX_RAW_CHARS = 100

# Earlier ones are empty fields ("0001-01-01", the epoch), not news.
_EARLIEST = datetime(1990, 1, 1, tzinfo=UTC)

# Hours east of Greenwich. Where a name is ambiguous, the one that feeds use: BST is London's,
# IST India's, CST and EST America's. Obsolete names stand in RFC 822 §5.
_ZONES = {
    "Z": 0, "UT": 0, "UTC": 0, "GMT": 0, "WET": 0, "BST": 1, "WEST": 1, "CET": 1, "MEZ": 1,
    "CEST": 2, "MESZ": 2, "MEST": 2, "EET": 2, "SAST": 2, "CAT": 2, "WAT": 1, "EAT": 3,
    "EEST": 3, "MSK": 3, "AST": -4, "ADT": -3, "NST": -3.5, "NDT": -2.5, "EST": -5, "EDT": -4,
    "CST": -6, "CDT": -5, "MST": -7, "MDT": -6, "PST": -8, "PDT": -7, "AKST": -9, "AKDT": -8,
    "HST": -10, "ET": -5, "CT": -6, "MT": -7, "PT": -8, "BRT": -3, "BRST": -2, "ART": -3,
    "CLT": -4, "CLST": -3, "PKT": 5, "IST": 5.5, "NPT": 5.75, "BDT": 6, "ICT": 7, "WIB": 7,
    "WITA": 8, "WIT": 9, "HKT": 8, "SGT": 8, "MYT": 8, "PHT": 8, "AWST": 8, "JST": 9, "KST": 9,
    "ACST": 9.5, "ACDT": 10.5, "AEST": 10, "AEDT": 11, "NZST": 12, "NZDT": 13, "GST": 4,
    "IRST": 3.5, "IDT": 3, "TRT": 3,
}  # fmt: skip


_MONTHS = {
    name: number
    for number, names in enumerate(
        (
            "jan january januar jänner janvier janv enero ene gennaio gen janeiro januari januára"
            " styczeń stycznia янв января январь ocak januar januára ianuarie tammikuu",
            "feb february februar feber février févr fev fév febrero febbraio fevereiro februari"
            " luty lutego фев февраля февраль şubat februarie helmikuu",
            "mar march märz maerz mrz mars marzo março marco maart mrt marzec marca мар марта март"
            " mart martie maaliskuu",
            "apr april avril avr abril abr aprile kwiecień kwietnia апр апреля апрель nisan aprilie"
            " huhtikuu",
            "may mai mayo maggio mag maio mei maj maja май мая mayıs toukokuu",
            "jun june juni juin junio giugno giu junho czerwiec czerwca июн июня июнь haziran iunie"
            " kesäkuu",
            "jul july juli juillet juil julio luglio lug julho lipiec lipca июл июля июль temmuz"
            " iulie heinäkuu",
            "aug august août aout agosto ago augustus augusti sierpień sierpnia авг августа август"
            " ağustos elokuu",
            "sep sept september septembre septiembre settembre set setembro wrzesień września сен"
            " сентября сентябрь eylül septembrie syyskuu",
            "oct october oktober okt octobre octubre ottobre ott outubro out październik"
            " października окт октября октябрь ekim octombrie lokakuu",
            "nov november novembre noviembre novembro listopad listopada ноя ноября ноябрь kasım"
            " noiembrie marraskuu",
            "dec december dezember dez décembre déc diciembre dic dicembre dezembro grudzień"
            " grudnia дек декабря декабрь aralık decembrie joulukuu",
        ),
        start=1,
    )
    for name in names.split()
}  # fmt: skip
_ENGLISH = "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split()  # noqa: SIM905 (a calendar)

_COMMENT = re.compile(r"\([^()]{0,40}\)")
_NAMED_OFFSET = re.compile(r"\b(?:GMT|UTC)\s?([+-])(\d{1,2})(?::?(\d{2}))?\s*\Z", re.IGNORECASE)
_ZONE_NAME = re.compile(r"(?<=[\d\s])([A-Za-z]{1,4})\s*\Z")
_MIDNIGHT = re.compile(r"(?<!\d)24:00(:00)?(?!\d)")
_LEAP_SECOND = re.compile(r"(:\d\d):60\b")
_IDEOGRAPHS = (
    (re.compile(r"[年月]"), "-"),
    (re.compile(r"[日]"), " "),
    (re.compile(r"[時时点]"), ":"),
)
_ANY_WORD = re.compile(r"[^\W\d_]+\.?")
_EPOCH = re.compile(r"\d{9,10}(?:\d{3})?(?:\.\d{1,6})?\Z")
_ISO = re.compile(r"\d{4}-\d\d-\d\d")
_WEEK_DATE = re.compile(r"\d{4}-?W\d")
_RFC_822 = re.compile(
    r"(?:[A-Za-z]{3,9},?\s*)?\d{1,2}[\s-]+[A-Za-z]{3,9}\.?[\s-]+\d{2,4}"
    r"(?:\s+\d{1,2}:\d\d(?::\d\d)?(?:\s*(?:[+-]\d{4}|[A-Za-z]{1,5}))?)?\Z"
)
_WEEKDAY = re.compile(r"[^\W\d_]+\.?,\s+(?=.*[^\W\d_]{3})")
_MERIDIEM = {"am", "pm"}


def parse_date(raw: str) -> datetime | None:
    """Return what a publisher's date means, in UTC, or None if nobody can tell.

    Without a zone it is taken as UTC, without a time as midnight.
    """
    text = " ".join(raw[:MAX_RAW_CHARS].split())
    if not text or _WEEK_DATE.match(text):
        return None
    for read in (_from_iso, _from_rfc_822, _from_epoch, _from_anything):
        try:
            moment = read(text)
        except (ValueError, OverflowError, ArithmeticError, TypeError):
            continue
        if moment:
            return _in_bounds(moment)
    return None


def _in_bounds(moment: datetime) -> datetime | None:
    try:
        moment = (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC)
    except (OverflowError, ValueError):  # the first and the last day of the calendar
        return None
    return moment if moment >= _EARLIEST else None


def _from_iso(text: str) -> datetime | None:
    """Read RFC 3339, and what Python takes for it."""
    return datetime.fromisoformat(text) if _ISO.match(text) else None


def _from_rfc_822(text: str) -> datetime | None:
    """Read RFC 822 and its successors, with two-digit years and zone names."""
    text = _with_offset(_COMMENT.sub("", text).rstrip())
    parts = parsedate_tz(text) if _RFC_822.match(text) else None
    if not parts:
        return None
    year, month, day, hour, minute, second = parts[:6]
    zone = timezone(timedelta(seconds=parts[9])) if parts[9] else UTC
    return datetime(year, month, day, hour, minute, min(second, 59), tzinfo=zone)


def _from_epoch(text: str) -> datetime | None:
    if not _EPOCH.match(text):
        return None
    seconds = float(text)
    return datetime.fromtimestamp(seconds / 1000 if seconds > 1e11 else seconds, tz=UTC)


def _from_anything(text: str) -> datetime | None:
    """Read what is left with dateutil, after translating what it does not know."""
    text = _WEEKDAY.sub("", _with_offset(_COMMENT.sub(" ", text).strip()), count=1)
    for pattern, replacement in _IDEOGRAPHS:
        text = pattern.sub(replacement, text)
    text = _ANY_WORD.sub(_translated, text).strip(" -:")
    days = timedelta(days=1 if _MIDNIGHT.search(text) else 0)
    text = _LEAP_SECOND.sub(r"\1:59", _MIDNIGHT.sub("00:00", text))
    moments = {
        dateutil_parser.parse(
            text,
            default=default,
            dayfirst="." in text.partition(" ")[0],
            tzinfos=_zone,
        )
        # What it does not find it takes from `default`: if that shows, the date is incomplete.
        for default in (datetime(2000, 1, 1), datetime(2004, 2, 2))  # noqa: DTZ001
    }
    return moments.pop() + days if len(moments) == 1 else None


def _with_offset(text: str) -> str:
    """Write a zone's name at the end as its offset."""
    named = _NAMED_OFFSET.search(text)
    if named:
        return f"{text[: named.start()]}{named[1]}{int(named[2]):02d}{named[3] or '00'}"
    found = _ZONE_NAME.search(text)
    if not found or found[1].upper() not in _ZONES:
        return text
    minutes = round(_ZONES[found[1].upper()] * 60)
    hours, minutes = divmod(abs(minutes), 60)
    sign = "-" if _ZONES[found[1].upper()] < 0 else "+"
    return f"{text[: found.start()].rstrip()} {sign}{hours:02d}{minutes:02d}"


def _translated(match: re.Match[str]) -> str:
    word = match[0].rstrip(".").lower()
    if word in _MONTHS:
        return f" {_ENGLISH[_MONTHS[word] - 1]} "
    if word in _MERIDIEM or word.upper() in _ZONES:
        return f" {word.upper()} "
    return "T" if word == "t" else " "  # a weekday, "at", "Uhr", "de", ...


def _zone(name: str | None, offset: int | None) -> tzinfo:
    if offset is not None:
        return timezone(timedelta(seconds=offset))
    return timezone(timedelta(hours=_ZONES.get((name or "").upper(), 0)))
