"""Times in a place's own zone, hosts as they really are, languages where they matter."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, tzinfo
from typing import Protocol
from urllib.parse import urlsplit

from django import template
from django.utils.dateformat import format as format_date
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import get_language_info

from patriot.ledger.prices import rounded_dollars

register = template.Library()
register.filter("dollars", rounded_dollars)

OPEN_MARK, CLOSE_MARK = SafeString("<mark>"), SafeString("</mark>")
PAGE_LANGUAGE = "en"
RIGHT_TO_LEFT = frozenset({"ar", "dv", "fa", "he", "ku", "ps", "sd", "ug", "ur", "yi"})
FORMATS = {
    "time": "H:i",
    "day": "j F Y",
    "weekday": "l, j F Y",
    "moment": "j F Y, H:i",
    "short": "j M, H:i",
}

DOUBLE_MARKS = '“„«"”»'


class Piece(Protocol):
    """A stretch of text, whoever says what is marked in it."""

    @property
    def text(self) -> str: ...

    @property
    def is_marked(self) -> bool: ...


@register.simple_tag
def moment(at: datetime, zone: tzinfo, style: str = "moment") -> SafeString:
    """Return a <time> that reads as a clock in `zone` would; `style` is a key of FORMATS."""
    local = at.astimezone(zone)
    return format_html(
        '<time datetime="{}">{}</time>',
        local.isoformat(timespec="minutes"),
        format_date(local, FORMATS[style]),
    )


@register.simple_tag
def marked(pieces: Iterable[Piece]) -> SafeString:
    """Return text with what was asked for in <mark>; every piece is escaped."""
    return format_html_join("", "{}{}{}", (_between_marks(piece) for piece in pieces))


def _between_marks(piece: Piece) -> tuple[str, str, str]:
    return (OPEN_MARK, piece.text, CLOSE_MARK) if piece.is_marked else ("", piece.text, "")


@register.filter
def host(url: str) -> str:
    """Return the host of an address in ASCII, so that no letter can pose as another."""
    try:
        name = urlsplit(url).hostname or ""
        return name.encode("idna").decode("ascii").removeprefix("www.")
    except ValueError:
        return ""


@register.filter
def language_name(code: str) -> str:
    """Return the English name of a language, such as “German”; the code if it is not known."""
    try:
        return str(get_language_info(code.lower())["name"])
    except KeyError:
        return code


@register.filter
def quoted(words: str) -> str:
    """Return words in quotation marks: in single ones if they have double ones of their own."""
    inner = any(mark in words for mark in DOUBLE_MARKS)
    return f"‘{words}’" if inner else f"“{words}”"


@register.simple_tag
def lang(language: str) -> SafeString:
    """Return the attributes of an element in `language`; none if it is the page's own.

    A direction is given only where it differs: it also sets the words apart from those around
    them, and a line may then break before a mark.
    """
    base = language.partition("-")[0].lower()
    if base in ("", PAGE_LANGUAGE):
        return SafeString("")
    if base in RIGHT_TO_LEFT:
        return format_html(' lang="{}" dir="rtl"', language)
    return format_html(' lang="{}"', language)
