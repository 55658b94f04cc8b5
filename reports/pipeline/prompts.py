"""Prompts are only ever added: the next number, and which number is live."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

from django.db import connection, transaction
from django.db.models import Max, QuerySet
from django.utils import timezone

from reports import prompts
from reports.models import Briefing, Prompt

if TYPE_CHECKING:
    from patriot.accounts.models import User

SHIPPED = "Came with Patriot."
# Any number that nobody else uses as an advisory lock.
PROMPTS_LOCK = 0x5A7813


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
    with transaction.atomic():
        prompt = draft_prompt(
            purpose=purpose, briefing=briefing, text=text, note=note, author=author, now=now
        )
        promote(prompt)
    return prompt


def draft_prompt(
    *,
    purpose: str,
    briefing: Briefing | None,
    text: str,
    note: str,
    author: User | None,
    now: datetime,
) -> Prompt:
    """Add the next number of a prompt; which one is live stays as it is.

    Raises prompts.UnfitPrompt if a placeholder is unknown or missing.
    """
    text = text.strip().replace("\r\n", "\n")
    prompts.check(text, purpose)
    with transaction.atomic():
        _take_turns()
        newest = _line(purpose, briefing).aggregate(newest=Max("number"))["newest"]
        return Prompt.objects.create(
            purpose=purpose,
            briefing=briefing,
            number=(newest or 0) + 1,
            text=text,
            note=note,
            author=author,
            created_at=now,
        )


def promote(prompt: Prompt) -> None:
    """Make this number the live one of its purpose and briefing: the next report uses it."""
    with transaction.atomic():
        _take_turns()
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


def _line(purpose: str, briefing: Briefing | None) -> QuerySet[Prompt]:
    """Return all numbers of one prompt."""
    return Prompt.objects.filter(purpose=purpose, briefing=briefing)


def _take_turns() -> None:
    """Wait until nobody else writes a prompt: a line that is still empty has no row to lock."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [PROMPTS_LOCK])


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
        write = draft_prompt if live and live.author_id else write_prompt
        write(purpose=purpose, briefing=None, text=text, note=SHIPPED, author=None, now=now)
