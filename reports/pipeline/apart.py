"""Which stories an editor set apart: grouping never makes them one."""

from __future__ import annotations

from collections.abc import Collection

from django.db import connection

# Of a story that was merged its heir is meant; UNION ends where merges go in a circle. Where both
# have the same heir, a later merge has lifted what parted them.
_APART = """
WITH RECURSIVE parted AS (
    SELECT decision.id, decision.story_id AS one, decision.other_id AS other
    FROM reports_decision decision JOIN reports_story story ON story.id = decision.story_id
    WHERE story.newsroom = %(newsroom)s AND decision.kind IN ('split', 'move')
        AND decision.undone_at IS NULL AND decision.other_id IS NOT NULL
), heir(story_id, at) AS (
    SELECT one, one FROM parted UNION SELECT other, other FROM parted
    UNION
    SELECT heir.story_id, story.merged_into_id
    FROM heir JOIN reports_story story ON story.id = heir.at
    WHERE story.merged_into_id IS NOT NULL
), living AS (
    SELECT heir.story_id, heir.at
    FROM heir JOIN reports_story story ON story.id = heir.at
    WHERE story.merged_into_id IS NULL
)
SELECT DISTINCT one.at, other.at
FROM parted
JOIN living one ON one.story_id = parted.one
JOIN living other ON other.story_id = parted.other
WHERE one.at <> other.at
    AND (%(ids)s::bigint[] IS NULL OR one.at = ANY(%(ids)s) OR other.at = ANY(%(ids)s))
"""


def kept_apart(newsroom: str, story_ids: Collection[int] | None = None) -> set[frozenset[int]]:
    """Return the pairs of stories that grouping must not make one.

    Between them an editor split a story or moved articles, and has neither undone it nor merged
    them since. One query.

    story_ids: where given, only pairs of which one is among these
    """
    ids = None if story_ids is None else sorted(story_ids)
    with connection.cursor() as cursor:
        cursor.execute(_APART, {"newsroom": newsroom, "ids": ids})
        return {frozenset(pair) for pair in cursor.fetchall()}
