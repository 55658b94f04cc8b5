"""Dates as publishers really write them."""

from __future__ import annotations

import re
import unicodedata
from datetime import UTC, datetime, timedelta, timezone, tzinfo

from dateutil import parser as dateutil_parser

from sources.domain.months import MONTHS
from sources.domain.zones import NAMES, offset_of

MAX_RAW_CHARS = 100

# Earlier ones are empty fields ("0001-01-01", the epoch in any zone), not news.
_EARLIEST = datetime(1970, 1, 3, tzinfo=UTC)
_ENGLISH = "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split()  # noqa: SIM905 (a calendar)
_NUMBERS = {name: number for number, name in enumerate(_ENGLISH, start=1)}

# Of a zone, whatever may stand at the end of a date.
_ZONE = (
    r"(?:[A-Za-z]{1,5}\s?[+-]\d{1,2}:?(?:\d{2})?|[+-]{1,2}\d[\d:.]{0,6}|0000|[A-Za-z]+/\w+|\w{1,8})"
)
# RFC 822 as nearly all write it.
_USUAL = re.compile(
    r"(?:[A-Z][a-z]{2}, )?(\d{1,2}) ([A-Z][a-z]{2}) ([12]\d{3}) (\d\d):(\d\d):(\d\d) "
    r"(?:GMT|UTC|Z|([+-])([01]\d)([0-5]\d))\Z",
    re.ASCII,
)
_STRICT_ISO = re.compile(
    r"\d{4}-\d\d-\d\d(?:[T ]\d\d:\d\d(?::\d\d(?:\.\d{1,6})?)?(?:Z|[+-]\d\d:?\d\d)?)?\Z"
)
_ISO = re.compile(
    r"(\d{4})([-/.])(\d{1,2})\2(\d{1,2})\.?"
    r"(?:[T_,\s]{1,2}(\d{1,2})(?::?(\d{1,2})(?::?(\d{1,2}))?)?(?:[.,]\d{0,12})?"
    rf"\s?(Z?[+-]?|{_ZONE})?)?\Z",
    re.IGNORECASE,
)
_BASIC_ISO = re.compile(
    rf"(\d{{4}})(\d\d)(\d\d)(?:T?(\d\d)(\d\d)(\d\d)?(?:[.,]\d{{0,12}})?({_ZONE})?)?\Z",
    re.IGNORECASE,
)
_WEEK_DATE = re.compile(r"\d{4}-?W\d\d(?:-?[1-7])?\Z")
_ORDINAL = re.compile(r"(\d{4}|\d\d)-?(\d{3})\Z")
_SHORT_ISO = re.compile(r"-?(\d\d)-?(\d\d)(?:-?(\d\d))?\Z")
_YEAR = re.compile(r"(19[789]\d|20\d\d)(?:-(\d{1,2}))?\Z")
_RFC_822 = re.compile(
    r"(?:[^\W\d_]{2,12}\.?\s?,?\s?)?(\d{1,2})(?:st|nd|rd|th|\.)?[\s-]([^\W\d_]{3,12})\.?,?[\s-]"
    r"(\d{2,4}),?(?:\s(\d{1,2})[:.](\d{1,2})(?:[:.](\d{1,2})(?:\.\d{1,9})?)?"
    rf"(?:\s?(?![AaPp]\.?[Mm]\b)({_ZONE})(?:\s(?:GMT|UTC))?)?)?\Z"
)
_EPOCH = re.compile(r"\d{9,10}(?:\d{3})?(?:\.\d{1,6})?\Z")
_NET_EPOCH = re.compile(r"\\?/Date\((\d{9,13})(?:[+-]\d{4})?\)\\?/\Z")

_COMMENT = re.compile(r"\s?(?:\([^()]{0,40}\)|\[[^\[\]]{0,40}\])")
_NAMED_OFFSET = re.compile(r"\b(?:GMT|UTC)\s?([+-])(\d{1,2})(?::?(\d{2}))?\s*\Z", re.IGNORECASE)
_ZONE_NAME = re.compile(r"(?<=[\d\s])([A-Za-z]{1,4}|[A-Z][a-z]+/[A-Z]\w+)\s*\Z")
_MIDNIGHT = re.compile(r"(?<!\d)24:00(:00)?(?!\d)")
_LEAP_SECOND = re.compile(r"(:\d\d):60\b")
_HOURS_AND_MINUTES = re.compile(r"\b(\d{1,2})h(\d{2})\b")
_YEAR_MONTH_DAY = re.compile(r"(\d{4})[.\s-]{1,3}([^\W\d_]{3,12})[.\s-]{1,3}(\d{1,2})(?=\D|\Z)\.?")
_EAST_ASIAN = re.compile(r"[年月日時时点分秒년월일시분초上下午前後后오전후]")
_HALF_OF_DAY = re.compile(r"(오전|오후|上午|下午|午前|午後|午后)\s?(\d{1,2}:\d{2}(?::\d{2})?)")
_EAST_ASIAN_PARTS = (
    (re.compile(r"\s?[年월月년]\s?"), "-"),
    (re.compile(r"[日일]\s?"), " "),
    (re.compile(r"[時时点시]\s?(?=\d)"), ":"),
    (re.compile(r"[時时点시]"), ":00"),
    (re.compile(r"[分분]\s?(?=\d)"), ":"),
    (re.compile(r"[分분秒초]"), " "),
)
_ANY_WORD = re.compile(r"[^\W\d_](?:[^\W\d_]|[\u0300-\u036f\u0900-\u0963])*\.?")
_WEEKDAY = re.compile(r"[^\W\d_]+\.?,\s+(?=.*[^\W\d_]{3})")
_MERIDIEM = {"am", "pm"}
_KOREA = timezone(timedelta(hours=9))


def parse_date(raw: str) -> datetime | None:
    """Return what a publisher's date means, in UTC, or None if nobody can tell.

    Without a zone it is taken as UTC, without a time as midnight, without a day as the first.
    """
    usual = _from_usual(raw)
    if usual:
        return _in_bounds(usual)
    text = " ".join(raw[:MAX_RAW_CHARS].split()).strip("\"'")
    for read in (
        _from_strict_iso,
        _from_rfc_822,
        _from_iso,
        _from_rare_iso,
        _from_epoch,
        _from_words,
    ):
        try:
            moment = read(text)
        except (ValueError, OverflowError, ArithmeticError, TypeError):
            continue
        if moment:
            return _in_bounds(moment)
    return None


def _in_bounds(moment: datetime) -> datetime | None:
    try:
        if moment.tzinfo is not UTC:
            moment = (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC)
    except (OverflowError, ValueError):  # the first and the last day of the calendar
        return None
    return moment if moment >= _EARLIEST else None


def _from_usual(raw: str) -> datetime | None:
    """Read RFC 822 and RFC 3339 at their plainest, as nearly all write them."""
    found = _USUAL.match(raw)
    try:
        if found is None:
            return _from_strict_iso(raw)
        day, month, year, hour, minute, second, sign, hours, minutes = found.groups()
        moment = datetime(
            int(year), _NUMBERS[month], int(day), int(hour), int(minute), int(second), tzinfo=UTC
        )
        if sign is None:
            return moment
        east = timedelta(hours=int(hours), minutes=int(minutes))
        return moment + east if sign == "-" else moment - east
    except (ValueError, KeyError, OverflowError):  # the hour 24, a month of another language
        return None


def _moment(day: datetime, hours: str, minutes: str, seconds: str, zone: str) -> datetime:
    """Return a moment of a day. The hour 24, the second 60 and the like are those of the next.

    day: written as if local time were UTC
    """
    time = timedelta(hours=int(hours or 0), minutes=int(minutes or 0), seconds=int(seconds or 0))
    local = day + time
    return local - offset_of(zone, at=local) if zone else local


def _from_strict_iso(text: str) -> datetime | None:
    """Read RFC 3339 as most write it."""
    return datetime.fromisoformat(text) if _STRICT_ISO.match(text) else None


def _from_iso(text: str) -> datetime | None:
    """Read ISO 8601 with other signs, missing zeros, and all kinds of zones."""
    text = _COMMENT.sub("", text)
    found = _ISO.match(text)
    if found:
        year, _, month, day, *time = found.groups("")
    else:
        found = _BASIC_ISO.match(text)
        if not found:
            return None
        year, month, day, *time = found.groups("")
    zone = time[3].strip()
    if zone.upper() in {"AM", "PM"}:
        return None
    # "Z+01:00" is said twice; the letter is right.
    return _moment(
        datetime(int(year), int(month), int(day), tzinfo=UTC),
        time[0],
        time[1],
        time[2],
        "" if zone.upper().startswith("Z") else zone.rstrip("+-") and zone,
    )


def _from_rare_iso(text: str) -> datetime | None:
    """Read weeks, days of the year, and dates without a day, a century or a time."""
    if _WEEK_DATE.match(text):
        return datetime.fromisoformat(text)
    found = _YEAR.match(text)
    if found:
        return datetime(int(found[1]), int(found[2] or 1), 1, tzinfo=UTC)
    found = _ORDINAL.match(text)
    if found:
        first = datetime(_year(found[1]), 1, 1, tzinfo=UTC)
        day = first + timedelta(days=int(found[2]) - 1)
        return day if day.year == first.year else None
    found = _SHORT_ISO.match(text)
    if found:
        # A day of 32 or a month of 13 is another order of the parts.
        return datetime(_year(found[1]), int(found[2]), int(found[3] or 1), tzinfo=UTC)
    return None


def _from_rfc_822(text: str) -> datetime | None:
    """Read RFC 822 and its successors, in any language, with odd years and zones."""
    found = _RFC_822.match(text)
    if not found and "(" in text:
        found = _RFC_822.match(_COMMENT.sub("", text))
    month = MONTHS.get(found[2].lower()) if found else None
    if found is None or month is None:
        return None
    day = datetime(_year(found[3]), month, int(found[1]), tzinfo=UTC)
    return _moment(day, found[4], found[5], found[6], found[7] or "")


def _year(written: str) -> int:
    """Return a year; "110" is what counts from 1900 become when nobody looks."""
    year = int(written)
    if year >= 200:
        return year
    return year + (2000 if year < 69 else 1900)


def _from_epoch(text: str) -> datetime | None:
    found = _NET_EPOCH.match(text)
    text = found[1] if found else text
    if not _EPOCH.match(text):
        return None
    seconds = float(text)
    return datetime.fromtimestamp(seconds / 1000 if seconds > 1e11 else seconds, tz=UTC)


def _from_words(text: str) -> datetime | None:
    """Read what is left with dateutil, after translating what it does not know."""
    zone: tzinfo | None = None
    if not text.isascii():
        text, zone = _without_foreign_signs(text)
    text = _HOURS_AND_MINUTES.sub(r"\1:\2", _COMMENT.sub(" ", text))
    text = _YEAR_MONTH_DAY.sub(_with_number, text)
    iso = _from_iso(text.strip()) if _YEAR_MONTH_DAY_FOUND.match(text) else None
    if iso and not _MERIDIEM & set(text.lower().split()):
        return iso.replace(tzinfo=zone) if zone and ":" in text else iso
    text = _WEEKDAY.sub("", _with_offset(text.strip()), count=1)
    text = _ANY_WORD.sub(_translated, text).strip(" -:,")
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
    if len(moments) != 1:
        return None
    moment = moments.pop() + days
    return moment if moment.tzinfo or zone is None else moment.replace(tzinfo=zone)


_YEAR_MONTH_DAY_FOUND = re.compile(r"\s*\d{4}-\d{1,2}-\d{1,2}(?!\d)")


def _with_number(match: re.Match[str]) -> str:
    month = MONTHS.get(match[2].lower())
    return f"{match[1]}-{month}-{match[3]}" if month else match[0]


def _without_foreign_signs(text: str) -> tuple[str, tzinfo | None]:
    """Write East Asian dates and all digits as the rest of the world has them.

    Also return the zone that is meant where none is named, if that is beyond doubt.
    """
    text = unicodedata.normalize("NFKC", text)
    text = "".join(str(unicodedata.decimal(c)) if c.isdecimal() else c for c in text)
    if not _EAST_ASIAN.search(text):
        return text, None
    zone = _KOREA if re.search("[년월일오]", text) and ":" in text else None
    text = _COMMENT.sub(" ", text)
    for pattern, replacement in _EAST_ASIAN_PARTS:
        text = pattern.sub(replacement, text)
    return _HALF_OF_DAY.sub(_as_meridiem, text), zone


def _as_meridiem(match: re.Match[str]) -> str:
    half = "PM" if match[1] in {"오후", "下午", "午後", "午后"} else "AM"
    return f"{match[2]} {half}"


def _with_offset(text: str) -> str:
    """Write a zone's name at the end as its offset."""
    named = _NAMED_OFFSET.search(text)
    if named:
        return f"{text[: named.start()]}{named[1]}{int(named[2]):02d}{named[3] or '00'}"
    found = _ZONE_NAME.search(text)
    name = found[1] if found else ""
    if not found or name.lower() in _MERIDIEM or not (name.upper() in NAMES or "/" in name):
        return text
    east = offset_of(name, at=datetime(2000, 1, 1))  # noqa: DTZ001
    hours, minutes = divmod(int(abs(east).total_seconds()) // 60, 60)
    sign = "-" if east < timedelta() else "+"
    return f"{text[: found.start()].rstrip()} {sign}{hours:02d}{minutes:02d}"


def _translated(match: re.Match[str]) -> str:
    word = match[0].rstrip(".").lower()
    if word in MONTHS:
        return f" {_ENGLISH[MONTHS[word] - 1]} "
    if word in _MERIDIEM or (len(word) > 1 and word.upper() in NAMES and word != "at"):
        return f" {word.upper()} "
    return "T" if word == "t" else " "  # a weekday, "at", "Uhr", "de", ...


def _zone(name: str | None, offset: int | None) -> tzinfo | None:
    if offset is not None:
        return timezone(timedelta(seconds=offset))
    if not name:
        return None
    return timezone(offset_of(name or "", at=datetime(2000, 1, 1)))  # noqa: DTZ001
