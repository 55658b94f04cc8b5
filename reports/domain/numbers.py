"""Read the figures of a text as values: numbers, amounts, percentages, dates, times.

"1.2 million", "1,200,000" and "1.2m" after a currency sign are one value; so are "twelve"
and "12", "50 %" and "fifty percent", "3 May 2020" and "2020-05-03". What cannot be read
with certainty is kept as it is written, so that it equals only itself.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from decimal import Context, Decimal
from functools import lru_cache

from reports.domain.numerals import (
    COMMA_IS_DECIMAL,
    CURRENCY_SIGNS,
    LETTER_SCALES,
    ORDINAL_SUFFIXES,
    SPACE_PARTS_THOUSANDS,
    UNIT_WORDS,
    months_of,
    numerals_of,
    ordinals_of,
    scales_of,
)

MAX_CHARACTERS = 100_000
"""No text is read beyond this."""


@dataclass(frozen=True, slots=True)
class Figure:
    """A value and what it counts: "" for a plain number, else a unit such as "percent".

    Units with a meaning of their own: "date" (value yyyymmdd), "day" (mmdd), "month"
    (yyyymm), "time" (minutes since midnight), "ordinal"; "covid-#" is the 19 of Covid-19.
    """

    value: Decimal
    unit: str = ""


@dataclass(frozen=True, slots=True)
class FoundFigure:
    """A figure and where it stands in the text, unit and scale included."""

    figure: Figure
    start: int
    end: int


def figures(text: str, language: str = "") -> frozenset[Figure]:
    """Return the figures of a text as values."""
    return frozenset(found.figure for found in find_figures(text, language))


def stated_figures(text: str, language: str = "") -> frozenset[Figure]:
    """Return the figures of a text and those that its dates imply: day, month and year."""
    stated = set()
    for figure in figures(text, language):
        stated.add(figure)
        stated.update(_implied(figure))
    return frozenset(stated)


def find_figures(text: str, language: str = "") -> tuple[FoundFigure, ...]:
    """Return the figures of a text in order, with their places."""
    code = language[:2].lower()
    return _found_in_short(text, code) if len(text) <= _SHORT else _found_in(text, code)


_SHORT = 2_000


# The claims of a section come back to the same quotations and passages.
@lru_cache(maxsize=2048)
def _found_in_short(text: str, code: str) -> tuple[FoundFigure, ...]:
    return _found_in(text, code)


def _found_in(text: str, code: str) -> tuple[FoundFigure, ...]:
    return tuple(_scan(_plain(text[:MAX_CHARACTERS]), _rules(code)))


@dataclass(frozen=True, slots=True)
class _Rules:
    """How one language writes its figures."""

    language: str
    is_comma_decimal: bool
    months: Mapping[str, int]
    words: Mapping[str, Figure]
    scales: Mapping[str, int]
    scanner: re.Pattern[str]
    day_month: re.Pattern[str]
    month_day: re.Pattern[str]
    word: re.Pattern[str]
    scale: re.Pattern[str]


_GROUP_SPACES = "\u00a0\u202f\u2009"
_FRACTION_SIGNS = "¼½¾⅐⅑⅒⅓⅔⅕⅖⅗⅘⅙⅚⅛⅜⅝⅞"
_ISO_DATE = re.compile(r"([12][0-9]{3})-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])(?![0-9])")
_DOTTED_DATE = re.compile(
    r"(0?[1-9]|[12][0-9]|3[01])\.\s?(0?[1-9]|1[0-2])\.\s?([12][0-9]{3})(?![0-9])"
)
_CLOCK = re.compile(
    r"([01]?[0-9]|2[0-4])"
    r"(?:(?P<colon>[:h])(?P<minutes>[0-5][0-9])|\.(?P<dotted>[0-5][0-9])(?=\s?(?:[ap]\.?m|Uhr)))?"
    r"(?:\s?(?P<half>[apAP])\.?\s?[mM]\b\.?|\s(?P<uhr>Uhr)\b|(?P<heure>\s?h\b))?"
)
_UNIT = re.compile(
    r"[\s-]{0,2}(?:"
    + "|".join(
        re.escape(word).replace(r"\ ", r"\s") + (r"\b" if word[-1].isalpha() else "")
        for word in sorted(UNIT_WORDS, key=len, reverse=True)
    )
    + ")",
    re.IGNORECASE,
)
_SUFFIX = re.compile(r"[^\W_]{1,20}")
_COUNTER = re.compile("[人名件명건]")
"""What East Asian languages set between a number and whom it counts."""
_UNSPACED_BEFORE = re.compile(
    "[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u9fff\uac00-\ud7a3]\\Z"
)
_SIGN_BEFORE = re.compile(
    r"(?:" + "|".join(re.escape(s) for s in sorted(CURRENCY_SIGNS, key=len, reverse=True)) + r")"
    r"\.?\s?\Z",
    re.IGNORECASE,
)
_NAME_BEFORE = re.compile(r"[^\W\d_]{1,20}[-\u2010\u2011]?\Z")
_EXACT = Context(prec=200)
_LONGEST_NUMBER = 40
_LOOK_BACK = 24


@lru_cache(maxsize=64)
def _rules(language: str) -> _Rules:
    months, scales = months_of(language), scales_of(language)
    words = {word: Figure(Decimal(value)) for word, value in numerals_of(language).items()}
    for ordinal, value in ordinals_of(language).items():
        words[ordinal] = Figure(Decimal(value), "ordinal")
    month = "|".join(re.escape(name) for name in sorted(months, key=len, reverse=True))
    word = "|".join(re.escape(name) for name in sorted(words, key=len, reverse=True))
    scale = "|".join(sorted(scales, key=len, reverse=True))
    spaces = _GROUP_SPACES + (" " if language in SPACE_PARTS_THOUSANDS else "")
    number = (
        rf"[0-9]{{1,3}}(?:[{spaces}'\u2019][0-9]{{3}}(?![0-9]))+(?:[.,][0-9]+)?"
        r"|[0-9]+(?:[.,][0-9]+)*"
    )
    return _Rules(
        language=language,
        is_comma_decimal=language in COMMA_IS_DECIMAL,
        months=months,
        words=words,
        scales=scales,
        scanner=re.compile(
            rf"(?P<digits>{number})|(?P<fraction>[{_FRACTION_SIGNS}])"
            rf"|\b(?P<month>{month})\b|\b(?=[{_initials(words)}])(?P<word>(?i:{word}))\b"
        ),
        day_month=re.compile(
            rf"(?P<day>[0-9]{{1,2}})(?:st|nd|rd|th|er|\.)?\s(?:of\s|de\s)?(?P<month>{month})\b\.?"
            r"(?:(?:,|\sde)?\s(?P<year>[12][0-9]{3})(?![0-9.,]\d|\d))?"
        ),
        month_day=re.compile(
            rf"(?P<month>{month})\b\.?\s(?:(?P<day>[0-9]{{1,2}})(?:st|nd|rd|th)?(?![\w:%]|[.,]\d)"
            r"(?:,?\s(?P<year>[12][0-9]{3})(?![0-9.,]\d|\d))?|(?:de\s)?(?P<only>[12][0-9]{3})\b)"
        ),
        word=re.compile(rf"(?:{word})\b", re.IGNORECASE),
        scale=re.compile(rf"(?P<gap>[\s-]?)(?P<scale>{scale})\b\.?", re.IGNORECASE),
    )


def _initials(words: Iterable[str]) -> str:
    """Return the letters that words begin with, so that most others are passed over at once."""
    return "".join(sorted({form for word in words for form in (word[0], word[0].upper())}))


# --- reading ---------------------------------------------------------------------------------


def _plain(text: str) -> str:
    """Write every decimal digit and full-width sign in ASCII, one character for one."""
    if text.isascii():
        return text
    return "".join(_plain_character(character) for character in text)


@lru_cache(maxsize=4096)
def _plain_character(character: str) -> str:
    if character.isdecimal():
        return str(unicodedata.decimal(character))
    if "\uff01" <= character <= "\uff5e" or character == "\uffe5":
        return unicodedata.normalize("NFKC", character)
    return "-" if character == "\u2212" else character


def _scan(text: str, rules: _Rules) -> Iterator[FoundFigure]:
    position = 0
    while match := rules.scanner.search(text, position):
        found = _read(text, match, rules)
        if found is not None:
            yield found
        position = max(match.end() if found is None else found.end, match.start() + 1)


def _read(text: str, match: re.Match[str], rules: _Rules) -> FoundFigure | None:
    if match["month"]:
        return _read_month_day(text, match.start(), rules)
    if match["word"]:
        return _read_words(text, match, rules)
    if match["fraction"]:
        return _finish(text, match.start(), match.end(), _fraction(match["fraction"]), rules)
    start = match.start()
    return (
        _read_date(text, start, rules)
        or _read_clock(text, start, match.end())
        or _read_slashed(text, start)
        or _read_number(text, match, rules)
    )


def _read_month_day(text: str, start: int, rules: _Rules) -> FoundFigure | None:
    match = rules.month_day.match(text, start)
    if match is None:
        return None
    month = rules.months[match["month"]]
    if match["only"]:
        value = Decimal(int(match["only"]) * 100 + month)
        return FoundFigure(Figure(value, "month"), start, match.end())
    return _dated(match, month, start)


def _read_date(text: str, start: int, rules: _Rules) -> FoundFigure | None:
    if _is_joined(text, start):
        return None
    if match := rules.day_month.match(text, start):
        return _dated(match, rules.months[match["month"]], start)
    if match := _ISO_DATE.match(text, start):
        year, month, day = (int(piece) for piece in match.groups())
    elif match := _DOTTED_DATE.match(text, start):
        day, month, year = (int(piece) for piece in match.groups())
    else:
        return None
    value = Decimal(year * 10_000 + month * 100 + day)
    return FoundFigure(Figure(value, "date"), start, match.end())


def _dated(match: re.Match[str], month: int, start: int) -> FoundFigure | None:
    day = int(match["day"])
    if not 1 <= day <= 31:
        return None
    month_and_day = month * 100 + day
    if match["year"]:
        figure = Figure(Decimal(int(match["year"]) * 10_000 + month_and_day), "date")
    else:
        figure = Figure(Decimal(month_and_day), "day")
    return FoundFigure(figure, start, match.end())


def _read_clock(text: str, start: int, digits_end: int) -> FoundFigure | None:
    """Read 7:30, 7.30pm, 5 p.m., 17 Uhr, 17h30; None if the digits are a mere number."""
    match = _CLOCK.match(text, start)
    if match is None or match.end() <= digits_end or _is_joined(text, start):
        return None
    if match["colon"] == ":" and text[match.end() : match.end() + 2].lstrip(":.")[:1].isdigit():
        return None  # a stopwatch (1:02:33) is kept as plain numbers
    hours = int(match.group(1))
    minutes = int(match["minutes"] or match["dotted"] or 0)
    if match["half"]:
        hours = hours % 12 + (12 if match["half"] in "pP" else 0)
    return FoundFigure(Figure(Decimal(hours * 60 + minutes), "time"), start, match.end())


def _is_joined(text: str, start: int) -> bool:
    """Tell whether digits hang on what stands before them: $5, A320, Covid-19, 1:02."""
    return start > 0 and (text[start - 1].isalnum() or text[start - 1] in "$€£¥₹₱:.,-")


_SLASHED = re.compile(r"[0-9]{1,9}(?:\s?[/\u2044\u2215]\s?[0-9]{1,9}){1,8}(?![0-9])")


def _read_slashed(text: str, start: int) -> FoundFigure | None:
    """Read 1/2, 9/11, 24/7, 3/5/2020: part, date or rate, it equals only itself."""
    match = _SLASHED.match(text, start)
    if match is None:
        return None
    written = re.sub(r"\s", "", match.group()).replace("\u2044", "/").replace("\u2215", "/")
    return FoundFigure(Figure(Decimal(0), f"as written: {written}"), start, match.end())


def _read_number(text: str, match: re.Match[str], rules: _Rules) -> FoundFigure:
    start, end = match.start(), match.end()
    value = _value(match["digits"], rules)
    if value is None:
        return FoundFigure(Figure(Decimal(0), f"as written: {match['digits']}"), start, end)
    if end < len(text) and text[end] in _FRACTION_SIGNS and value == value.to_integral_value():
        value, end = value + _fraction(text[end]), end + 1
    return _finish(text, start, end, value, rules)


def _fraction(sign: str) -> Decimal:
    above, below = unicodedata.normalize("NFKC", sign).split("\u2044")
    return _EXACT.divide(Decimal(above), Decimal(below))


def _value(digits: str, rules: _Rules) -> Decimal | None:
    """Return the value of written digits; None if the separators fit no format."""
    bare = re.sub(rf"[{_GROUP_SPACES} '\u2019]", "", digits)
    if len(bare) > _LONGEST_NUMBER:
        return None
    kinds = [character for character in bare if character in ".,"]
    if not kinds:
        return Decimal(bare)
    if len(set(kinds)) == 2:
        decimal = kinds[-1]
        whole, _, rest = bare.rpartition(decimal)
        if decimal in whole or not _is_grouped(re.split("[.,]", whole)):
            return None
        return Decimal(f"{re.sub('[.,]', '', whole)}.{rest}")
    return _one_separator(bare, kinds[0], rules)


def _one_separator(bare: str, separator: str, rules: _Rules) -> Decimal | None:
    pieces = bare.split(separator)
    if len(pieces) > 2:
        return Decimal("".join(pieces)) if _is_grouped(pieces) else None
    parts_thousands = separator == ("." if rules.is_comma_decimal else ",")
    if parts_thousands and _is_grouped(pieces) and pieces[0] != "0":
        return Decimal("".join(pieces))
    return Decimal(".".join(pieces))


def _is_grouped(pieces: list[str]) -> bool:
    """Groups of three, or the Indian 12,34,567."""
    if len(pieces) < 2 or not 1 <= len(pieces[0]) <= 3:
        return False
    inner = {len(piece) for piece in pieces[1:-1]}
    return len(pieces[-1]) == 3 and (inner <= {3} or (inner == {2} and len(pieces[0]) <= 2))


def _finish(text: str, start: int, end: int, value: Decimal, rules: _Rules) -> FoundFigure:
    """Add the scale, the unit and the sign around a number."""
    unit, start = _sign_before(text, start)
    value, start = _signed(text, start, value)
    value, end = _scaled(text, end, value, rules, is_money=bool(unit) and unit[-1] != "#")
    after = _UNIT.match(text, end)
    if after and not (unit and _unit_of(after) == "dollar"):
        unit, end = f"{unit} {_unit_of(after)}".strip() if unit else _unit_of(after), after.end()
    elif counter := _COUNTER.match(text, end):
        end = counter.end()
    elif suffix := _SUFFIX.match(text, end):
        unit, end = f"{unit} {_suffix_unit(suffix.group())}".strip(), suffix.end()
    return FoundFigure(Figure(value, unit), start, end)


_MINUS = re.compile(
    r"(?:(?<![\w.,%)\]-])[-\u2010-\u2015\u2212\ufe58\ufe63]|(?<!\w)minus\s|(?<!\w)moins\s)\Z",
    re.IGNORECASE,
)


def _signed(text: str, start: int, value: Decimal) -> tuple[Decimal, int]:
    """Read the sign before a number: -5, –5, minus five; not the dash of 3–5."""
    sign = _MINUS.search(text, max(0, start - 8), start)
    return (-value, sign.start()) if sign else (value, start)


def _unit_of(match: re.Match[str]) -> str:
    word = re.sub(r"\s", " ", match.group().lstrip(" \t\n\u00a0\u202f\u2009-")).lower()
    return UNIT_WORDS.get(word, word)


def _suffix_unit(suffix: str) -> str:
    return "ordinal" if suffix.lower() in ORDINAL_SUFFIXES else suffix.lower()


def _sign_before(text: str, start: int) -> tuple[str, int]:
    """Return the currency or the name that stands before digits, and where it starts."""
    left = text[max(0, start - _LOOK_BACK) : start]
    sign = _SIGN_BEFORE.search(left)
    if sign:
        offset = start - len(left) + sign.start()
        name = sign.group().strip(" \t\n\u00a0\u202f.").lower()
        is_word = name.isalpha()
        is_free = offset == 0 or not text[offset - 1].isalnum()
        if is_free and (not is_word or sign.group()[0].isupper()) and _fits(name, sign.group()):
            return CURRENCY_SIGNS[name], offset
        if not is_word and not is_free:
            return "dollar" if name.endswith("$") else CURRENCY_SIGNS[name], start - 1
    named = _NAME_BEFORE.search(left)
    if named and not _UNSPACED_BEFORE.search(left):
        return re.sub("[\u2010\u2011]", "-", named.group().lower()) + "#", start - len(
            named.group()
        )
    return "", start


def _fits(name: str, written: str) -> bool:
    """A single letter is a currency only when it touches the digits: P269."""
    return len(name) > 1 or not name.isalpha() or not written[-1].isspace()


def _scaled(
    text: str, end: int, value: Decimal, rules: _Rules, *, is_money: bool
) -> tuple[Decimal, int]:
    for _ in range(2):
        match = rules.scale.match(text, end)
        if match is None:
            break
        stop = match.end("scale")
        value = _EXACT.multiply(value, Decimal(rules.scales[match["scale"].lower()]))
        end = match.end() if match["scale"].lower() in {"mio", "mrd"} else stop
    letters = _SUFFIX.match(text, end) if is_money else None
    if letters and letters.group().lower() in LETTER_SCALES:
        value = _EXACT.multiply(value, Decimal(LETTER_SCALES[letters.group().lower()]))
        end = letters.end()
    return value, end


def _read_words(text: str, match: re.Match[str], rules: _Rules) -> FoundFigure:
    """Read "two hundred and fifty thousand", "vingt-deux", "third"."""
    first = rules.words[match["word"].lower()]
    if first.unit:
        return FoundFigure(first, match.start(), match.end())
    total, current, end = Decimal(0), first.value, match.end()
    for _ in range(8):
        step = _next_word(text, end, current, rules)
        if step is None:
            break
        factor, addend, end = step
        if factor >= 1000:
            total, current = total + current * factor, Decimal(0)
        else:
            current = current * factor + addend
    return _with_unit(text, match.start(), end, total + current)


def _next_word(
    text: str, end: int, current: Decimal, rules: _Rules
) -> tuple[Decimal, Decimal, int] | None:
    """Return (factor, addend, new end) of the next numeral word; None if there is none."""
    scale = rules.scale.match(text, end)
    if scale and scale["gap"] and current:
        return Decimal(rules.scales[scale["scale"].lower()]), Decimal(0), scale.end("scale")
    joint = re.compile(r"\s(?:and|y|et)\s|[\s-]").match(text, end)
    word = rules.word.match(text, joint.end()) if joint else None
    if word is None:
        return None
    figure = rules.words[word.group().lower()]
    if figure.unit or not _may_follow(current, figure.value):
        return None
    return Decimal(1), figure.value, word.end()


def _may_follow(current: Decimal, value: Decimal) -> bool:
    """After twenty, one to nine; after a hundred or a thousand, anything below it."""
    if current == 0 or current % 100 == 0:
        return 0 < value < 100
    return current % 100 >= 20 and current % 10 == 0 and 0 < value < 10


def _with_unit(text: str, start: int, end: int, value: Decimal) -> FoundFigure:
    after = _UNIT.match(text, end)
    unit = _unit_of(after) if after else ""
    value, start = _signed(text, start, value)
    return FoundFigure(Figure(value, unit), start, after.end() if after else end)


def _implied(figure: Figure) -> Iterator[Figure]:
    value = int(figure.value)
    if figure.unit == "date":
        yield Figure(Decimal(value % 10_000), "day")
        yield Figure(Decimal(value // 100), "month")
        yield Figure(Decimal(value // 10_000))
    if figure.unit == "month":
        yield Figure(Decimal(value // 100))
