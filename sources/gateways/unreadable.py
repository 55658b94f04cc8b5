"""Why a document gives nothing. Raised in the parser's child and again in its parent.

Errors:

* Unreadable       the document gives nothing
  · WrongKind      it is something else; the sentence says what, and what to try
  · TooHard        reading it broke a limit or the reader
"""

from __future__ import annotations


class Unreadable(Exception):
    """The document gives nothing; the sentence is for an editor."""


class WrongKind(Unreadable):
    """The document is something else."""


class TooHard(Unreadable):
    """Reading the document broke a limit, or the reader."""
