"""What is to read of untrusted HTML. Runs in the parser's child process."""

from __future__ import annotations

import orjson

from patriot.lib.text import clean_text, text_of_html
from sources.domain.entry import Cleaned

MAX_TEXT_CHARS = 100_000


def serve(body: bytes) -> list[Cleaned]:
    """Clean HTML texts, given as a JSON list of strings."""
    return [_clean(html) for html in orjson.loads(body)]


def _clean(html: str) -> Cleaned:
    return Cleaned(text=clean_text(text_of_html(html), max_chars=MAX_TEXT_CHARS))
