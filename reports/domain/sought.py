"""What a section of a report is found by."""

from __future__ import annotations

from collections.abc import Iterable

from reports.domain.analysis import Kind
from sources.domain.lexemes import TEXT, TITLE, Part, vector_of


def vector_of_section(claims: Iterable[tuple[str, str, str]]) -> str:
    """Return the vector of a section from the kind, text and language of its claims."""
    return vector_of(
        Part(text, language, weight=TITLE if kind == Kind.HEADLINE else TEXT)
        for kind, text, language in claims
    )
