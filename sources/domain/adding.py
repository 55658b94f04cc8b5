"""Feeds that somebody wants to add: what is known of them before they are sources."""

from __future__ import annotations

from collections.abc import Container
from dataclasses import dataclass
from datetime import timedelta
from urllib.parse import urlsplit

from sources.domain.urls import web_url

AT_ONCE = 50
"""So many new feeds are due at the same moment; more take their turn."""
APART = timedelta(seconds=1)
LONGEST_TURN = timedelta(minutes=15)


@dataclass(frozen=True, slots=True)
class NewFeed:
    """A feed to add, as a list or a page names it; nothing of it need be clean."""

    url: str
    name: str = ""
    site_url: str = ""
    tags: tuple[str, ...] = ()
    language: str = ""
    full_text: str = "never"


def feed_address(url: str) -> str:
    """Return the address that we would ask, or "" if it is not one: absolute, no fragment."""
    address = web_url(url).partition("#")[0]
    return address.removesuffix("?")


def address_key(url: str) -> str:
    """Return what two spellings of one feed address have in common, "" for no address.

    http and https are one, and so are the case of the host, a default port, an empty query and
    any fragment. The path and the query tell feeds apart, as they are.
    """
    address = feed_address(url)
    if not address:
        return ""
    parts = urlsplit(address)
    path = parts.path or "/"
    return f"{parts.netloc}{path}?{parts.query}" if parts.query else f"{parts.netloc}{path}"


def free_name(wanted: str, *, taken: Container[str], max_chars: int) -> str:
    """Return this short name, or with a number after it that nobody has: courier-2, courier-3."""
    wanted = wanted[:max_chars].strip("-")
    if wanted not in taken:
        return wanted

    def numbered(number: int) -> str:
        tail = f"-{number}"
        return wanted[: max_chars - len(tail)].rstrip("-") + tail

    # Doubled until one is free, then halved: a list of 20,000 feeds of one name asks for the
    # next number 20,000 times.
    low, high = 1, 2
    while numbered(high) in taken:
        low, high = high, 2 * high
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if numbered(middle) in taken else (low, middle)
    return numbered(high)


def first_look_after(place: int, *, of: int) -> timedelta:
    """Return how long a new feed waits for its first fetch.

    place: its place among those that are added together, from 0
    of:    how many these are

    A few are due at once. Of many, each a second after the one before it, and all within a
    quarter of an hour, so that a long list does not call everywhere in the same second.
    """
    if of <= AT_ONCE:
        return timedelta(0)
    return min(APART * of, LONGEST_TURN) * place / of
