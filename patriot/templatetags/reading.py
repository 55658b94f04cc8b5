"""Times in a place's own zone, hosts as they really are, languages where they matter."""

from __future__ import annotations

from datetime import datetime, tzinfo
from decimal import Decimal
from urllib.parse import urlsplit

from django import template
from django.utils.dateformat import format as format_date
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import get_language_info

register = template.Library()

PAGE_LANGUAGE = "en"
ONE_CENT = Decimal("0.01")
RIGHT_TO_LEFT = frozenset({"ar", "dv", "fa", "he", "ku", "ps", "sd", "ug", "ur", "yi"})
FORMATS = {
    "time": "H:i",
    "day": "j F Y",
    "weekday": "l, j F Y",
    "moment": "j F Y, H:i",
    "short": "j M, H:i",
}


@register.simple_tag
def moment(at: datetime, zone: tzinfo, style: str = "moment") -> SafeString:
    """Return a <time> that reads as a clock in `zone` would; `style` is a key of FORMATS."""
    local = at.astimezone(zone)
    return format_html(
        '<time datetime="{}">{}</time>',
        local.isoformat(timespec="minutes"),
        format_date(local, FORMATS[style]),
    )


@register.filter
def host(url: str) -> str:
    """Return the host of an address in ASCII, so that no letter can pose as another."""
    try:
        name = urlsplit(url).hostname or ""
        return name.encode("idna").decode("ascii").removeprefix("www.")
    except ValueError:
        return ""


@register.filter
def dollars(amount: Decimal) -> str:
    """Return an amount in USD to the cent, such as “$0.24”; of less it says only that."""
    return "less than $0.01" if 0 < amount < ONE_CENT else f"${amount:,.2f}"


@register.filter
def language_name(code: str) -> str:
    """Return the English name of a language, such as “German”; the code if it is not known."""
    try:
        return str(get_language_info(code.lower())["name"])
    except KeyError:
        return code


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
