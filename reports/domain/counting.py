"""Judge whether a claim's figures stand in its quotations, under the same limits."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import date
from decimal import Decimal

from reports.domain import lexicon
from reports.domain.analysis import SourcePassage, Span
from reports.domain.compared import plain_word, words_of
from reports.domain.dating import find_days, near_day, weekdays_of
from reports.domain.numbers import Figure, FoundFigure, figures, find_figures, stated_figures
from reports.domain.quotations import normalize
from reports.domain.reading import NotGroundedError, Reading, sentences_of, shown
from reports.domain.sentences import Sentence


def check_figures(reading: Reading) -> None:
    """Every figure stands in the quotations, under the same limit: "fewer than 14" is not 14.

    For a claim in the language of its quotations.
    """
    limits = _limits_of(reading)
    text = reading.claim.text
    found_figures = find_figures(text, reading.language)
    check_figure_values(reading, found_figures)
    for found in found_figures:
        written = text[found.start : found.end]
        if _limit(text, found) not in limits.get(found.figure, [_limit(text, found)]):
            raise NotGroundedError(f"The figure “{written}” has other limits in its quotations.")


def check_figure_values(reading: Reading, found_figures: Iterable[FoundFigure]) -> None:
    """Raise NotGroundedError for the first of a claim's figures that no quotation states.

    A date may also be stated as a weekday; a year that only a date states must look like one.
    """
    stated, written = _stated_by(reading), _written_in(reading)
    for found in found_figures:
        figure = found.figure
        if figure in written:
            continue
        if figure in stated and (figure.unit or _may_be_year(reading.claim.text, found)):
            continue
        if figure.unit not in DATED or figure not in _days_as_figures(days_of(reading)):
            shown_figure = reading.claim.text[found.start : found.end]
            raise NotGroundedError(f"The figure “{shown_figure}” is not in its quotations.")


DATED = frozenset({"date", "day"})
"""Units of figures that are days."""


def _written_in(reading: Reading) -> frozenset[Figure]:
    """Return the figures that the quotations have as they are."""
    return frozenset[Figure]().union(
        *(figures(span.quote, reading.language) for span in reading.spans)
    )


def _stated_by(reading: Reading) -> frozenset[Figure]:
    """Return the figures of the quotations, and what their dates imply."""
    return frozenset[Figure]().union(
        *(stated_figures(span.quote, reading.language) for span in reading.spans)
    )


def _days_as_figures(days: Iterable[date]) -> frozenset[Figure]:
    return frozenset(
        figure
        for day in days
        for figure in (
            Figure(Decimal(f"{day:%Y%m%d}"), "date"),
            Figure(Decimal(day.month * 100 + day.day), "day"),
        )
    )


_BEFORE_YEAR = re.compile(
    r"(?:^|[\W_])(?:in|of|since|until|till|by|from|year|before|after|late|early|mid|jahre?|seit|bis|vor"
    r"|nach|von|en|de|depuis|avant|après|année|desde|hasta|año|del)[\s-]\Z|[(,]\s?\Z",
    re.IGNORECASE,
)


def _may_be_year(text: str, found: FoundFigure) -> bool:
    """Tell whether a number stands where a year would: behind "in", "since", "seit", "en"."""
    return _BEFORE_YEAR.search(text[max(0, found.start - 20) : found.start]) is not None


def _limits_of(reading: Reading) -> Mapping[Figure, list[frozenset[str]]]:
    """Return what limits each quoted figure, also where the quotation starts behind the limit."""
    limits: dict[Figure, list[frozenset[str]]] = {}
    for span, passage in reading.quoted:
        first = max(0, span.start - _LIMIT_REACH)
        around = passage.text[first : span.end + _LIMIT_REACH]
        for found in find_figures(around, reading.language):
            if span.start - first <= found.start and found.end <= span.end - first:
                limits.setdefault(found.figure, []).append(_limit(around, found))
    return limits


_LIMIT_REACH = 80
_STOP = re.compile(r"[.!?;:\n]")


def _limit(text: str, found: FoundFigure) -> frozenset[str]:
    """Return the words that limit a figure: "at least" before it, "or more" behind it."""
    before = _STOP.split(text[max(0, found.start - _LIMIT_REACH) : found.start])[-1]
    behind = _STOP.split(text[found.end : found.end + _LIMIT_REACH])[0]
    near = {plain_word(word) for word in words_of(before)[-3:]} & lexicon.ALL_BOUNDS
    if found.figure.unit not in DATED:
        near |= {plain_word(word) for word in words_of(behind)[:2]} & lexicon.COMPARING
    return frozenset(near)


# --- days ------------------------------------------------------------------------------------


def days_of(reading: Reading) -> frozenset[date]:
    """Return the days that the quotations tell, by weekday or by a date near their article's."""
    days = set[date]()
    for span, passage in reading.quoted:
        for found in find_figures(span.quote, reading.language):
            day = near_day(found.figure, passage.published_at)
            if day is not None:
                days.add(day)
        for sentence in sentences_of(passage.text, reading.language):
            if sentence.start < span.end and span.start < sentence.end:
                days.update(_told_in(sentence, span, passage, reading.language))
    return frozenset(days)


def _told_in(
    sentence: Sentence, span: Span, passage: SourcePassage, language: str
) -> Iterator[date]:
    """Yield the days that the quoted part of a sentence tells; the whole decides what they are."""
    for found in find_days(sentence.text, language=language, published_at=passage.published_at):
        start, end = sentence.start + found.start, sentence.start + found.end
        if span.start <= start and end <= span.end:
            yield found.day


def weekdays_told(reading: Reading) -> frozenset[int]:
    """Return the weekdays of the days that the quotations tell; Monday is 0."""
    return frozenset(day.weekday() for day in days_of(reading))


def without_told_days(reading: Reading) -> Reading:
    """Return a reading whose claim lacks the dates and weekdays that were compared as days.

    What stands literally in the quotations stays and is compared as it stands.
    """
    text = reading.claim.text
    stated = _stated_by(reading)
    places = [
        (found.start, found.end)
        for found in find_figures(text, reading.language)
        if found.figure.unit in DATED and found.figure not in stated
    ]
    quoted = {plain_word(word) for word in words_of(reading.quotes)}
    names = [name for name in _weekdays_in(text, reading.language) if name[0] not in quoted]
    told = weekdays_told(reading) if names else frozenset()
    places += [(start, end) for _, day, start, end in names if day in told]
    for start, end in sorted(places, reverse=True):
        text = f"{text[:start]};{text[end:]}"
    return replace(reading, claim=replace(reading.claim, text=text)) if places else reading


_WORD = re.compile(r"(?<![\w'’-])[^\W\d_]+(?:-feira)?(?![\w'’-])")


def _weekdays_in(text: str, language: str) -> Iterator[tuple[str, int, int, int]]:
    """Yield the names of weekdays in a text with their days and places."""
    days = weekdays_of(language)
    for match in _WORD.finditer(text) if days else ():
        name = plain_word(match.group())
        if name in days:
            yield name, days[name], *match.span()


def check_weekdays(reading: Reading) -> None:
    """A weekday beside a date is that date's, or both stand so in a quotation."""
    text = reading.claim.text
    names = list(_weekdays_in(text, reading.language))
    for found in find_figures(text, reading.language) if names else ():
        for _, weekday, name_start, name_end in names:
            first, second = sorted([(name_start, name_end), (found.start, found.end)])
            is_beside = _BESIDE.fullmatch(text, first[1], second[0]) is not None
            if is_beside and not _fit(weekday, found.figure, reading):
                phrase = normalize(text[first[0] : second[1]]).text
                if not any(phrase in normalize(span.quote).text for span in reading.spans):
                    raise NotGroundedError(f"No quotation says “{shown(phrase)}”.")


_BESIDE = re.compile(r",?\s(?:the\s|den\s|dem\s|le\s|el\s)?")


def _fit(weekday: int, figure: Figure, reading: Reading) -> bool:
    days = {near_day(figure, passage.published_at) for _, passage in reading.quoted}
    return figure.unit not in {"date", "day"} or {day and day.weekday() for day in days} == {
        weekday
    }
