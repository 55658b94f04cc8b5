"""The stages of a report, in order: a job starts when every lower stage is over."""

from __future__ import annotations

from enum import IntEnum


class Stage(IntEnum):
    """Analyzing and grounding are one stage, so that stories do not wait for each other.

    The numbers of what comes after selecting never change: stored jobs of a report that is in
    production while the house is renewed stand beside new ones.
    """

    REGROUP = 0
    SELECT = 1
    CORROBORATE = 2
    STORY = 3
    COMPOSE = 4
    PUBLISH = 5
