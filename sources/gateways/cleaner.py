"""What is to read of untrusted HTML. Runs in the parser's child process."""

from __future__ import annotations

import math
import time
from collections.abc import Sequence
from functools import partial
from itertools import zip_longest

import nh3
import orjson

from patriot.lib.markup import KEPT_TAGS, read_markup
from patriot.lib.text import (
    MAX_HTML_CHARS,
    clean_text,
    html_of_text,
    paragraphs,
    single_spaces,
    undoubted_text,
)
from patriot.lib.tidy_markup import read_tidy
from sources.domain.entry import Cleaned
from sources.domain.page import MAX_TEXT_CHARS
from sources.domain.urls import web_url

MAX_STRUCTURE_CHARS = 400_000

# The reader of markup lets nothing else through already; this wall does not rely on that.
_sanitizer = nh3.Cleaner(
    tags=set(KEPT_TAGS),
    attributes={"a": {"href"}, "td": {"colspan", "rowspan"}, "th": {"colspan", "rowspan"}},
    url_schemes={"http", "https"},
    url_relative="deny",
    link_rel="noopener nofollow",
)


def serve(body: bytes, bases: Sequence[str] = (), seconds: float | None = None) -> list[Cleaned]:
    """Clean HTML texts, given as a JSON list of strings.

    bases:   where each came from, for relative links
    seconds: when they are over, of the rest what is beyond doubt is returned
    """
    until = time.monotonic() + (math.inf if seconds is None else seconds)
    pairs = zip_longest(orjson.loads(body), bases, fillvalue="")
    return [
        cleaned(html, base=base) if time.monotonic() < until else _plain(undoubted_text(html))
        for html, base in pairs
    ]


def cleaned(html: str, *, base: str = "") -> Cleaned:
    """Return what is to read of one HTML text; if it breaks the reader, what is beyond doubt."""
    try:
        return _cleaned(html[:MAX_HTML_CHARS], base)
    except MemoryError:
        raise
    except Exception:  # noqa: BLE001 (one text must not cost the others)
        return _plain(undoubted_text(html))


def _cleaned(html: str, base: str) -> Cleaned:
    tidy = read_tidy(html, link=partial(web_url, base=base))
    return _complete(tidy.text, tidy.html) if tidy else carefully_cleaned(html, base=base)


def carefully_cleaned(html: str, *, base: str = "") -> Cleaned:
    """Return what is to read of any HTML text, whatever is in it."""
    visible = read_markup(html, link=partial(web_url, base=base), max_chars=MAX_TEXT_CHARS)
    text = paragraphs(visible.text)[:MAX_TEXT_CHARS].rstrip()
    # Clean first: the sanitizer has the last word.
    structure = clean_text(visible.html, max_chars=MAX_STRUCTURE_CHARS)
    if "<pre>" not in structure:
        structure = single_spaces(structure)
    return _complete(text, _sanitizer.clean(structure) if "<" in structure else structure)


def _complete(text: str, structure: str) -> Cleaned:
    if not text:
        return Cleaned()
    return Cleaned(text, structure if "<" in structure else f"<p>{structure}</p>")


def _plain(text: str) -> Cleaned:
    """Return clean text as text and HTML."""
    text = text[:MAX_TEXT_CHARS].rstrip()
    return Cleaned(text, html_of_text(text))
