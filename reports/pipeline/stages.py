"""The stages of a report, in order: a job starts when every lower stage is over."""

from __future__ import annotations

from enum import IntEnum


class Stage(IntEnum):
    """ANALYZE and GROUND are one stage, so that stories do not wait for each other."""

    SELECT = 1
    STORY = 2
    COMPOSE = 3
    PUBLISH = 4
