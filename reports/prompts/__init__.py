"""The prompts that come with Patriot, and which words in braces a prompt may hold."""

from __future__ import annotations

import string
from collections.abc import Mapping
from functools import cache
from pathlib import Path

FOLDER = Path(__file__).parent

PLACEHOLDERS: Mapping[str, str] = {
    "briefing": "the briefing's title",
    "audience": "the briefing's description: for whom, about what",
    "language": "the briefing's language, such as English",
    "translations": "whether other languages may be translated: only with a second reading",
}
"""What each stands for."""

REQUIRED: Mapping[str, frozenset[str]] = {
    "analyze": frozenset({"language"}),
    "repair": frozenset({"language"}),
    "judge": frozenset(),
    "compose": frozenset(),
}
"""By purpose: without these a prompt is not fit for use."""

MAX_CHARS = 20_000

NO_TRANSLATIONS = (
    "Never translate: a sentence and all its quotations are in one language. Only for what no "
    "other passage says, use one in another language, and write that sentence in its language."
)
TRANSLATIONS = (
    "For what only passages in another language say, write the sentence in {language} and quote "
    "the passage in its own language: all quotations of a sentence are in one language. Translate "
    "faithfully; begin with an article or another small word; keep names, figures and dates as "
    "they are written. A second reader compares it with its quotations."
)
"""What a briefing without and with a second reading says of other languages."""


class UnfitPrompt(ValueError):
    """The text cannot be a prompt; the sentence says why."""


@cache
def default_text(purpose: str) -> str:
    """Return the text that came with Patriot."""
    return (FOLDER / f"{purpose}.md").read_text(encoding="utf-8").strip()


def check(text: str, purpose: str) -> None:
    """Raise UnfitPrompt unless `text` can be filled for this purpose."""
    if len(text) > MAX_CHARS:
        raise UnfitPrompt(f"A prompt is at most {MAX_CHARS:,} characters long.")
    found = _placeholders(text)
    if unknown := sorted(found - PLACEHOLDERS.keys()):
        known = ", ".join(f"{{{name}}}" for name in sorted(PLACEHOLDERS))
        raise UnfitPrompt(
            f"There is no placeholder {{{unknown[0]}}}; there are {known}. "
            "Write a brace that is meant as such twice."
        )
    if missing := sorted(REQUIRED[purpose] - found):
        raise UnfitPrompt(f"The placeholder {{{missing[0]}}} is missing.")


def _placeholders(text: str) -> set[str]:
    try:
        fields = list(string.Formatter().parse(text))
    except ValueError as error:
        raise UnfitPrompt(_lone_brace(text)) from error
    if any(specification or conversion for _, _, specification, conversion in fields):
        raise UnfitPrompt("A placeholder is only a name in braces, such as {language}.")
    return {name for _, name, _, _ in fields if name is not None}


def _lone_brace(text: str) -> str:
    """Say which brace of an unreadable text is alone; those written twice are meant as such."""
    rest = text.replace("{{", "").replace("}}", "")
    if rest.count("{") > rest.count("}"):
        return "A brace is open and never closed: close it, or write it twice if it is meant."
    return "A brace has no partner: write it twice if it is meant as such."


def fill(text: str, values: Mapping[str, str]) -> str:
    """Return a checked prompt with its placeholders filled; values are never read as braces."""
    return "".join(
        literal + ("" if name is None else values[name])
        for literal, name, _, _ in string.Formatter().parse(text)
    )
