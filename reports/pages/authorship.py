"""Who wrote a report: models, the local analyst, or partly each; and why a model did not."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Self

from reports.domain.extraction import ANALYST
from reports.models import Revision, Section

# More would bury the news; each story says its own.
MAX_REASONS = 3
MAX_REASON_CHARS = 300


@dataclass(frozen=True, slots=True)
class Fallback:
    """Why stories were written without the model that should have written them."""

    reason: str
    stories: int


@dataclass(frozen=True, slots=True)
class Authorship:
    """How much of a report was written by models, and why not more."""

    models: tuple[str, ...]
    """Most used first."""
    story_count: int
    by_models: int
    fallbacks: tuple[Fallback, ...]
    """Commonest first."""

    @classmethod
    def of(cls, revision: Revision, sections: Sequence[Section]) -> Self:
        """Read who wrote the sections; those of old revisions do not say, the revision does."""
        models = [models_in(section.analyst or revision.analyst) for section in sections]
        reasons = Counter(section.fallback.strip() for section in sections)
        del reasons[""]
        return cls(
            models=tuple(name for name, _ in Counter(chain.from_iterable(models)).most_common()),
            story_count=len(sections),
            by_models=sum(bool(names) for names in models),
            fallbacks=tuple(Fallback(reason, count) for reason, count in reasons.most_common()),
        )

    @property
    def by_code(self) -> int:
        return self.story_count - self.by_models

    @property
    def notice(self) -> str:
        """Say how many stories were written without the model and why; empty if none was."""
        if not self.fallbacks:
            return ""
        if len(self.fallbacks) == 1:
            return f"{self._share_without()}: {shortened(self.fallbacks[0].reason)}"
        named, others = self.fallbacks[:MAX_REASONS], self.fallbacks[MAX_REASONS:]
        reasons = [f"{_stories(some.stories)}: {shortened(some.reason)}" for some in named]
        if others:
            reasons.append(f"{_stories(sum(some.stories for some in others))}: for other reasons.")
        return f"{self._share_without()}. {' '.join(reasons)}"

    def _share_without(self) -> str:
        count = sum(fallback.stories for fallback in self.fallbacks)
        if self.story_count == 1:
            return "This report was written without the model"
        if count == self.story_count:
            return f"All {count} stories were written without the model"
        verb = "was" if count == 1 else "were"
        return f"{count} of the {self.story_count} stories {verb} written without the model"


def models_in(names: str) -> list[str]:
    """Return the models among the names of those who wrote, which are joined by ", "."""
    return [name for name in names.split(", ") if name and name != ANALYST]


def shortened(reason: str) -> str:
    """Return a reason in one line, and not too long a one."""
    line = " ".join(reason.split())
    return line if len(line) <= MAX_REASON_CHARS else f"{line[: MAX_REASON_CHARS - 1].rstrip()}…"


def _stories(count: int) -> str:
    return f"{count} stor{'y' if count == 1 else 'ies'}"
