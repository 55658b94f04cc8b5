"""Which edition of the demonstration newsroom is out: the second one comes a night later."""

from __future__ import annotations

import json
from contextlib import suppress
from datetime import datetime, timedelta
from pathlib import Path

NIGHT = timedelta(hours=12)


def current_edition(memory: Path, now: datetime) -> tuple[datetime, int]:
    """Return the anchor and number of the edition at `now`, and remember them in a file.

    A second start on the same day finds the very same documents, and so nothing new to report.
    """
    anchor, number = _remembered(memory) or (now, 1)
    if not timedelta() <= now - anchor < NIGHT:
        anchor, number = now, 2
    memory.write_text(json.dumps([anchor.isoformat(), number]), encoding="ascii")
    return anchor, number


def _remembered(memory: Path) -> tuple[datetime, int] | None:
    with suppress(OSError, ValueError, TypeError):
        anchor, number = json.loads(memory.read_text(encoding="ascii"))
        return datetime.fromisoformat(anchor), int(number)
    return None
