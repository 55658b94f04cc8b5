"""Who wrote a report: models, the local analyst, or partly each; and why a model did not."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import chain
from typing import Self

from patriot.ledger.models import Service
from patriot.ledger.prices import rounded_dollars
from reports.domain.extraction import ANALYST
from reports.models import Prompt, Revision, Section

# More would bury the news; each story says its own.
MAX_REASONS = 3
MAX_REASON_CHARS = 300
# What every story is written with that no model wrote.
BY_CODE = "code chose the publishers’ own sentences"
CHECKED = "checked by code against the words it stands on"
# How reasons name the story that they are about.
ABOUT_IT = " about it."


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
    was_planned: bool
    """Whether a model was to write it when work on it began."""

    @classmethod
    def of(
        cls, revision: Revision, sections: Sequence[Section], *, prompts: Sequence[Prompt] = ()
    ) -> Self:
        """Read who wrote the sections; those of old revisions do not say, the revision does.

        prompts: those that were live when work on it began, if a model was to write
        """
        models = [models_in(section.analyst or revision.analyst) for section in sections]
        reasons = Counter(section.fallback.strip() for section in sections)
        del reasons[""]
        return cls(
            models=tuple(name for name, _ in Counter(chain.from_iterable(models)).most_common()),
            story_count=len(sections),
            by_models=sum(bool(names) for names in models),
            fallbacks=tuple(Fallback(reason, count) for reason, count in reasons.most_common()),
            was_planned=bool(prompts or reasons),
        )

    @property
    def by_code(self) -> int:
        return self.story_count - self.by_models

    @property
    def words(self) -> str:
        """Say who wrote it."""
        names = " and ".join(self.models)
        if not self.was_planned and not names:
            return f"No model was used: {BY_CODE} and put them in order."
        if not names:
            return (
                "A model was to write it, and nothing here is by one: "
                f"{BY_CODE} and put them in order."
            )
        if not self.by_code:
            return f"The sentences were proposed by {names}; each was then {CHECKED}."
        return (
            f"The sentences of {_stories(self.by_models)} were proposed by {names}; for the other "
            f"{self.by_code}, code chose the publishers’ own. Each was then {CHECKED}."
        )

    @property
    def notice(self) -> str:
        """Say how many stories were written without the model and why; empty if none was."""
        if not self.fallbacks:
            return ""
        if len(self.fallbacks) == 1:
            return f"{self._share_without()}: {_after_colon(self.fallbacks[0])}"
        named, others = self.fallbacks[:MAX_REASONS], self.fallbacks[MAX_REASONS:]
        reasons = [f"{_stories(some.stories)}: {_after_colon(some)}" for some in named]
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


@dataclass(frozen=True, slots=True)
class Asked:
    """How often models were asked for a report, what that cost, and whether it shows."""

    requests: int
    cost_usd: Decimal
    is_printed: bool
    """Whether anything of their answers is in the report."""

    @property
    def words(self) -> str:
        """Say what it cost; where nothing of it is printed, what for."""
        cost = rounded_dollars(self.cost_usd)
        if self.is_printed:
            return f"The report cost {cost}."
        if not self.requests:
            return "No request was sent to the model, so it cost nothing."
        times = "once" if self.requests == 1 else f"{self.requests:,} times"
        return f"The model was asked {times}, which cost {cost if self.cost_usd else 'nothing'}."

    @property
    def was_told(self) -> bool:
        """Whether a model was given its instructions."""
        return self.is_printed or self.requests > 0


def models_in(names: str) -> list[str]:
    """Return the models among the names of those who wrote, which are joined by ", "."""
    return [name for name in names.split(", ") if name and name != ANALYST]


def shortened(reason: str) -> str:
    """Return a reason in one line, and not too long a one."""
    line = " ".join(reason.split())
    return line if len(line) <= MAX_REASON_CHARS else f"{line[: MAX_REASON_CHARS - 1].rstrip()}…"


def after_colon(reason: str, *, stories: int = 1) -> str:
    """Return a reason as the end of a sentence; one that is too long is cut."""
    line = shortened(about_stories(reason, stories))
    is_name = line.startswith(tuple(Service.labels)) or line[1:2].isupper()
    return line if is_name else line[:1].lower() + line[1:]


def about_stories(reason: str, stories: int) -> str:
    """Name what a reason is about: alone it says only “it”."""
    return reason.replace(ABOUT_IT, f" about {'this story' if stories == 1 else 'these stories'}.")


def _after_colon(fallback: Fallback) -> str:
    return after_colon(fallback.reason, stories=fallback.stories)


def _stories(count: int) -> str:
    return f"{count} stor{'y' if count == 1 else 'ies'}"
