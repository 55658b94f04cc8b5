"""Why an article belongs to its story, in words: for readers and for editors alike."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any

MAX_SHARED = 6
# What was stored may be anything; a term is a word or three.
MAX_WORD_CHARS = 60
MAX_NOTE_CHARS = 300

BEGAN_IT = "With it we found the story."

DECIDED: Mapping[str, str] = MappingProxyType(
    {
        "merge": "An editor joined its story with this one.",
        "split": "An editor set it apart from another story.",
        "move": "An editor moved it here.",
    }
)
"""Why an article is where it is, by the kind of the decision that put it there."""


def why_in_words(why: Mapping[str, Any], *, is_first: bool) -> str:
    """Say in a sentence or two why an article belongs to its story; nothing if it is not known.

    why:      what a membership stores: names, figures and terms that the article shares with its
              story, the hours between them, and a note if anything was unusual
    is_first: whether the story began with it
    """
    note = why.get("note")
    said = [_shared_in_words(why), note[:MAX_NOTE_CHARS] if isinstance(note, str) else ""]
    return " ".join(filter(None, said)) or (BEGAN_IT if is_first else "")


def _shared_in_words(why: Mapping[str, Any]) -> str:
    shared = [
        f"the {noun}{'s' if len(words) > 1 else ''} {listed(words)}"
        for noun, words in (
            ("name", _strings(why.get("names"))),
            ("figure", _strings(why.get("figures"))),
            ("word", _strings(why.get("terms"))),
        )
        if words
    ]
    if not shared:
        return ""
    hours = why.get("hours_apart")
    # A day or more is said in days; what is less than half an hour goes without saying.
    apart = f", {_apart(hours)}" if isinstance(hours, int | float) and hours >= 0.5 else ""
    return f"Shares {listed(shared)}{apart}."


def _strings(value: object) -> list[str]:
    if not isinstance(value, list):
        return []
    return [str(word)[:MAX_WORD_CHARS] for word in value[:MAX_SHARED]]


def _apart(hours: float) -> str:
    if hours >= 36:
        return f"about {round(hours / 24):.0f} days apart" if hours < 1e6 else "long apart"
    rounded = round(hours)
    return "about an hour apart" if rounded <= 1 else f"about {rounded} hours apart"


def listed(words: Sequence[str]) -> str:
    """Return words as a sentence lists them: "fire, ferry and smoke"."""
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}"
