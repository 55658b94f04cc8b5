"""What is read of an article to describe its story: how one outlet tells it."""

from __future__ import annotations

from dataclasses import dataclass

MAX_TITLE = 300
MAX_LEAD = 600
"""News says what it is about first; what follows tells of other things too."""


@dataclass(frozen=True, slots=True)
class Telling:
    """An article's headline and the beginning of its text."""

    title: str
    lead: str
    language: str = ""
    url: str = ""
    outlet: str = ""
    """Its publisher's family: one voice, however many articles."""


def telling_of(*, title: str, text: str, language: str, url: str, outlet: str) -> Telling:
    """Return what is read of an article, cut between words; a headline is not read twice."""
    lead = cut(text.strip(), MAX_LEAD)
    if title and lead.startswith(title):
        lead = lead[len(title) :].lstrip(" \n.:-\u2013\u2014")
    return Telling(cut(title.strip(), MAX_TITLE), lead, language, url[:2_000], outlet)


def cut(text: str, length: int) -> str:
    """Return the beginning of a text without half a word at its end."""
    if len(text) <= length:
        return text
    head = text[:length]
    return head[: head.rfind(" ")] if " " in head else head
