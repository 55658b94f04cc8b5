"""Cutting an article into passages: what Claude sees and what quotations are checked against."""

from __future__ import annotations

import re

MAX_CHARS = 1_200
MAX_PASSAGES = 500

_PARAGRAPH_ENDS = re.compile(r"\n{2,}")
# The white space after a sentence; CJK sentences end without one.
_SENTENCE_ENDS = re.compile(r"(?<=[.!?…])\s+|(?<=[.!?…][\"'”’»)\]])\s+|(?<=[。！？])|(?<=[।؟۔])\s*")


def cut(title: str, text: str) -> list[tuple[int, str]]:
    """Return the numbered passages of an article: 0 is the headline, then its paragraphs.

    A paragraph of more than MAX_CHARS is parted at sentence ends, else between words. The same
    article is always cut the same way. Without a headline the numbers start at 1.
    """
    headline = [(0, title.strip())] if title.strip() else []
    pieces = [
        piece
        for paragraph in _PARAGRAPH_ENDS.split(text)
        for piece in _split(paragraph.strip())
        if piece
    ]
    return headline + list(enumerate(pieces[:MAX_PASSAGES], start=1))


def _split(paragraph: str) -> list[str]:
    if len(paragraph) <= MAX_CHARS:
        return [paragraph]
    pieces: list[str] = []
    start = 0
    while len(paragraph) - start > MAX_CHARS:
        end = _best_end(paragraph, start)
        pieces.append(paragraph[start:end].strip())
        start = end
    pieces.append(paragraph[start:].strip())
    return pieces


def _best_end(paragraph: str, start: int) -> int:
    """Return where the piece that begins at `start` ends: at most MAX_CHARS further."""
    limit = start + MAX_CHARS
    ends = [match.end() for match in _SENTENCE_ENDS.finditer(paragraph, start + 1, limit)]
    if ends and ends[-1] > start:
        return ends[-1]
    space = paragraph.rfind(" ", start + 1, limit)
    return space + 1 if space > start else limit
