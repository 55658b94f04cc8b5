"""The stages of a report, in order: a job starts when every lower stage is over."""

from __future__ import annotations

from enum import IntEnum


class Stage(IntEnum):
    """Analyzing and grounding are one stage, so that stories do not wait for each other."""

    REGROUP = 1
    SELECT = 2
    STORY = 3
    COMPOSE = 4
    PUBLISH = 5
