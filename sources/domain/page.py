"""An article's own page: when to read it, and what of it to keep."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, time

# What an editor chose for a source.
SHORT = "short"
ALWAYS = "always"

SHORT_CHARS = 600
"""A text with fewer visible characters is a teaser: about a hundred words."""
MAX_TEXT_CHARS = 100_000


@dataclass(frozen=True, slots=True)
class Page:
    """What an article's own page says, read."""

    text: str = ""
    """Clean text, paragraphs parted by blank lines; empty if there is no article on it."""
    html: str = ""
    """The same with its markup, sanitized."""
    title: str = ""
    author: str = ""
    language: str = ""
    """As declared, such as "en-gb"."""
    published_raw: str = ""
    """The date as the page's metadata have it."""
    published_at: datetime | None = None
    """What that means, if anybody can tell."""


def wants_page(policy: str, text: str) -> bool:
    """Say whether an article's own page is to be read, given the feed's text of it.

    policy: what the editor chose for the source: never, short or always
    """
    if policy == ALWAYS:
        return True
    return policy == SHORT and visible_length(text) < SHORT_CHARS


def visible_length(text: str) -> int:
    """Return how many characters of a text are not white space."""
    return len("".join(text.split()))


def is_fuller(page_text: str, feed_text: str) -> bool:
    """Say whether a page has at least as much text as the feed, and any at all.

    Less is a consent wall, a teaser or a wrong guess at what the article is.
    """
    length = visible_length(page_text)
    return length > 0 and length >= visible_length(feed_text)


def better_moment(
    published_at: datetime,
    *,
    raw: str,
    first_seen_at: datetime,
    on_page: datetime | None,
) -> datetime:
    """Return when an article was published, given the feed's date and the page's.

    raw:     the date as the feed wrote it; empty if it gave none
    on_page: what the page's metadata say, if anything

    The feed's date stands if it has a time of day. Without a date, the page's is taken, whatever
    it is; without a time, the page's if it has one and means that day, give or take a time zone.
    Never later than when we first saw the article.
    """
    if on_page is None or on_page > first_seen_at:
        return published_at
    if not raw:
        return on_page
    if has_time(published_at) or not has_time(on_page):
        return published_at
    hours_apart = (on_page - published_at).total_seconds() / 3600
    return on_page if -14 <= hours_apart <= 38 else published_at


def has_time(moment: datetime) -> bool:
    """Say whether a moment names a time of day; midnight (UTC) is what a bare date becomes."""
    return moment.timetz().replace(tzinfo=None) != time()
