"""Prompts are only ever added: the next number, and which number is live."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

from django.db import transaction
from django.db.models import Max
from django.utils import timezone

from reports import prompts
from reports.models import Briefing, Prompt

if TYPE_CHECKING:
    from patriot.accounts.models import User

SHIPPED = "Came with Patriot."


def write_prompt(
    *,
    purpose: str,
    briefing: Briefing | None,
    text: str,
    note: str,
    author: User | None,
    now: datetime,
) -> Prompt:
    """Add the next number of a prompt, and make it the live one.

    Raises prompts.UnfitPrompt if a placeholder is unknown or missing.
    """
    text = text.strip().replace("\r\n", "\n")
    prompts.check(text, purpose)
    with transaction.atomic():
        line = _line(purpose, briefing)
        newest = line.aggregate(newest=Max("number"))["newest"]
        prompt = Prompt.objects.create(
            purpose=purpose,
            briefing=briefing,
            number=(newest or 0) + 1,
            text=text,
            note=note,
            author=author,
            created_at=now,
        )
        promote(prompt)
    return prompt


def promote(prompt: Prompt) -> None:
    """Make this number the live one of its purpose and briefing: the next report uses it."""
    with transaction.atomic():
        line = _line(prompt.purpose, prompt.briefing)
        line.filter(is_live=True).exclude(pk=prompt.pk).update(is_live=False)
        line.filter(pk=prompt.pk).update(is_live=True)
    prompt.is_live = True


def retire(prompt: Prompt) -> None:
    """Let a briefing use the general prompt again. Raises ValueError for a general one."""
    if prompt.briefing is None:
        raise ValueError("Without a general prompt no briefing could be written.")
    Prompt.objects.filter(pk=prompt.pk).update(is_live=False)
    prompt.is_live = False


def _line(purpose: str, briefing: Briefing | None) -> Any:
    """Return all numbers of one prompt, locked: they are written one at a time."""
    line = Prompt.objects.filter(purpose=purpose, briefing=briefing)
    list(line.select_for_update().values_list("pk", flat=True))
    return line


def load_shipped_prompts(**signal: Any) -> None:
    """Add the texts that came with this release where they are new.

    They go live only where nobody has written a general prompt since.
    """
    now = timezone.now()  # noqa: TID251 (runs after migrations, without a caller's clock)
    for purpose in Prompt.Purpose.values:
        text = prompts.default_text(purpose)
        line = Prompt.objects.filter(purpose=purpose, briefing=None)
        if line.filter(author=None, text=text).exists():
            continue
        live = line.filter(is_live=True).first()
        written = write_prompt(
            purpose=purpose, briefing=None, text=text, note=SHIPPED, author=None, now=now
        )
        if live is not None and live.author_id is not None:
            promote(live)
            written.is_live = False
