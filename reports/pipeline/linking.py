"""Link stories into storylines: which story each of them continues, if any.

Candidates come from two indexes, by the rare names and the rare words of a story; they are
compared in the domain. A link stays once it is made. Where a story was merged into another, or is
gone, the links that led to it follow. The number of queries does not depend on that of stories.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import connection
from django.db.models import Count, Exists, OuterRef, Q

from patriot.lib.bulk import update_rows
from reports.domain.background import common_terms
from reports.domain.packing import OtherForm, unpack
from reports.domain.signatures import LEAD_CHARACTERS, Item, Signature, sign
from reports.domain.storylines import (
    ANCHOR,
    MAX_ARTICLES,
    NEXT_DAY,
    REACH,
    Continuation,
    Part,
    Usage,
    best_continuation,
    part_of,
)
from reports.domain.words import content_stems, fold
from reports.models import Story
from sources.domain.lexemes import index_language, quoted
from sources.domain.words import primary

MAX_NAMES, MAX_WORDS = 8, 6
"""By so many names and words of a story its candidates are looked for, the rarest first."""

MAX_FOUND, MAX_CANDIDATES = 60, 12
"""So many stories are found by one name or word, newest first; so many are compared."""

TITLES, TITLES_SINCE = 2_000, timedelta(days=3)
"""From so many of the newest titles of a newsroom and language we know what is rare in them."""


def link(story_ids: Sequence[int], *, now: datetime) -> int:
    """Link those of these stories that continue another and do not say so yet; return how many.

    The caller holds the lock on stories: what is linked here is not merged meanwhile.
    """
    _follow_merges(story_ids)
    stories = _unlinked(story_ids)
    if not stories:
        return 0
    usages = _usages(stories, now)
    found = _candidates(stories, usages)
    lines = _lines(found)
    parts = _parts({*(one.pk for one in stories), *lines, *_beginnings(lines).values()})
    links = {
        story.pk: made
        for story in stories
        if (made := _link_of(story, found, lines, parts, usages))
    }
    _store(links, lines)
    return len(links)


def _unlinked(story_ids: Sequence[int]) -> list[Story]:
    """Return those that continue nothing and that nothing continues: a beginning stays one."""
    continued = Story.objects.filter(continues=OuterRef("pk"))
    return list(
        Story.objects.filter(
            ~Exists(continued),
            pk__in=story_ids,
            continues=None,
            merged_into=None,
            article_count__gt=0,
        ).order_by("pk")
    )


# --- What is rare -------------------------------------------------------------------

_TITLES = """
SELECT asked.newsroom, asked.language, newest.title
FROM unnest(%(newsrooms)s::text[], %(languages)s::text[]) AS asked(newsroom, language)
CROSS JOIN LATERAL (
    SELECT title FROM reports_story
    WHERE newsroom = asked.newsroom AND last_article_at >= %(since)s
        AND split_part(lower(language), '-', 1) = asked.language
    ORDER BY last_article_at DESC, id DESC LIMIT %(limit)s
) AS newest
"""

_Room = tuple[str, str]
"""A newsroom and a language, without region: no storyline leads out of them."""


def _usages(stories: Sequence[Story], now: datetime) -> dict[_Room, Usage]:
    rooms = sorted({_room(story) for story in stories})
    titles: dict[_Room, list[str]] = defaultdict(list)
    with connection.cursor() as cursor:
        cursor.execute(
            _TITLES,
            {
                "newsrooms": [newsroom for newsroom, _ in rooms],
                "languages": [language for _, language in rooms],
                "since": now - TITLES_SINCE,
                "limit": TITLES,
            },
        )
        for newsroom, language, title in cursor.fetchall():
            titles[newsroom, language].append(title)
    return {room: Usage.of(titles[room], language=room[1]) for room in rooms}


def _room(story: Story) -> _Room:
    return story.newsroom, primary(story.language)


# --- Candidates ---------------------------------------------------------------------

# Each name and word asks its index once, for the newest stories that have it; OFFSET 0 keeps the
# planner from walking all stories by time in the hope of meeting one with a rare name.
_FOUND = """
SELECT asked.id, found.id
FROM unnest(%(named)s::bigint[], %(names)s::text[]) AS asked(id, name)
JOIN reports_story new ON new.id = asked.id
CROSS JOIN LATERAL (
    SELECT known.id FROM (
        SELECT id, newsroom, language, first_article_at, last_article_at, merged_into_id
        FROM reports_story
        WHERE reports_lower(people) @> ARRAY[lower(asked.name)]
            OR reports_lower(places) @> ARRAY[lower(asked.name)]
            OR reports_lower(organizations) @> ARRAY[lower(asked.name)]
        OFFSET 0
    ) AS known
    WHERE known.newsroom = new.newsroom
        AND split_part(lower(known.language), '-', 1) = split_part(lower(new.language), '-', 1)
        AND known.merged_into_id IS NULL
        AND known.first_article_at <= new.first_article_at - %(next_day)s
        AND known.last_article_at >= new.first_article_at - %(reach)s
    ORDER BY known.last_article_at DESC, known.id DESC LIMIT %(limit)s
) AS found
UNION ALL
SELECT asked.id, found.id
FROM unnest(%(worded)s::bigint[], %(words)s::text[]) AS asked(id, word)
JOIN reports_story new ON new.id = asked.id
CROSS JOIN LATERAL (
    SELECT DISTINCT known.id FROM (
        SELECT article_id FROM sources_articlewords
        WHERE vector @@ asked.word::tsquery AND newsroom = new.newsroom
            AND published_at >= new.first_article_at - %(reach)s
            AND published_at <= new.last_article_at
        ORDER BY published_at DESC, article_id DESC LIMIT %(limit)s
    ) AS words
    JOIN reports_membership member ON member.article_id = words.article_id
    JOIN reports_story known ON known.id = member.story_id
    WHERE split_part(lower(known.language), '-', 1) = split_part(lower(new.language), '-', 1)
        AND known.merged_into_id IS NULL
        AND known.first_article_at <= new.first_article_at - %(next_day)s
) AS found
"""


def _candidates(stories: Sequence[Story], usages: Mapping[_Room, Usage]) -> dict[int, list[int]]:
    """Return for each story the earlier ones that share most rare names and words with it."""
    names = [(s.pk, name) for s in stories for name in _rare_names(s, usages[_room(s)])]
    words = [(s.pk, word) for s in stories for word in _rare_words(s, usages[_room(s)])]
    values: dict[str, Any] = {
        "named": [pk for pk, _ in names],
        "names": [name for _, name in names],
        "worded": [pk for pk, _ in words],
        "words": [word for _, word in words],
        "next_day": NEXT_DAY,
        "reach": REACH,
        "limit": MAX_FOUND,
    }
    with connection.cursor() as cursor:
        cursor.execute(_FOUND, values)
        rows = cursor.fetchall()
    shared: dict[int, dict[int, int]] = defaultdict(lambda: defaultdict(int))
    for story_id, candidate_id in rows:
        shared[story_id][candidate_id] += 1
    return {
        story_id: sorted(counts, key=lambda pk: (-counts[pk], -pk))[:MAX_CANDIDATES]
        for story_id, counts in shared.items()
    }


def _rare_names(story: Story, usage: Usage) -> list[str]:
    names = [*story.people, *story.organizations, *story.places]
    tells = {name: _tells(name, story.language, usage) for name in dict.fromkeys(names)}
    # "London" is in so many stories that to find them costs more than all other names.
    rare = [name for name in tells if tells[name] >= ANCHOR]
    return sorted(rare, key=lambda name: (-tells[name], name))[:MAX_NAMES]


def _tells(name: str, language: str, usage: Usage) -> float:
    return max((usage.tells(term) for term in content_stems(name, language)), default=0.0)


def _rare_words(story: Story, usage: Usage) -> list[str]:
    """Return the rarest words of the title and the names, as the search index has them."""
    text = " ".join([story.title, *story.people, *story.organizations, *story.places])
    common = common_terms()
    terms = {term for term in content_stems(text, story.language) if term not in common}
    telling = [term for term in terms if not term[0].isdigit() and usage.tells(term) >= ANCHOR]
    telling.sort(key=lambda term: (-usage.tells(term), term))
    prefix = index_language(story.language)
    return [quoted(f"{prefix}:{term}" if prefix else fold(term)) for term in telling[:MAX_WORDS]]


# --- Their storylines -----------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Line:
    """To which storyline a candidate belongs."""

    beginning: int
    length: int


def _lines(found: Mapping[int, Collection[int]]) -> dict[int, _Line]:
    """Return the storyline of each candidate; two queries."""
    ids = {pk for candidates in found.values() for pk in candidates}
    beginnings = {
        pk: beginning or pk
        for pk, beginning in Story.objects.filter(pk__in=ids).values_list("pk", "beginning")
    }
    rows = Story.objects.filter(beginning__in=set(beginnings.values())).values_list("beginning")
    lengths = dict(rows.annotate(n=Count("pk")).order_by())
    return {pk: _Line(first, 1 + lengths.get(first, 0)) for pk, first in beginnings.items()}


def _beginnings(lines: Mapping[int, _Line]) -> dict[int, int]:
    return {pk: line.beginning for pk, line in lines.items() if line.beginning != pk}


_ARTICLES = """
SELECT story.id, story.first_article_at, story.last_article_at, typical.*
FROM reports_story story
CROSS JOIN LATERAL (
    SELECT member.article_id, article.title, member.signature, article.language,
        article.published_at,
        CASE WHEN member.signature IS NULL THEN left(article.text, %(lead)s) ELSE '' END AS lead
    FROM reports_membership member JOIN sources_article article ON article.id = member.article_id
    WHERE member.story_id = story.id
    ORDER BY (member.copy_of_id IS NOT NULL), member.similarity DESC, member.article_id
    LIMIT %(limit)s
) AS typical
WHERE story.id = ANY(%(ids)s)
ORDER BY story.id, typical.article_id
"""


def _parts(story_ids: Collection[int]) -> dict[int, Part]:
    """Read these stories as the domain compares them; one query."""
    spans: dict[int, tuple[datetime, datetime]] = {}
    articles: dict[int, list[tuple[str, Signature]]] = defaultdict(list)
    with connection.cursor() as cursor:
        cursor.execute(
            _ARTICLES,
            {"ids": sorted(story_ids), "lead": LEAD_CHARACTERS, "limit": MAX_ARTICLES},
        )
        for pk, began_at, last_at, *article in cursor.fetchall():
            spans[pk] = began_at, last_at
            row = _Row(*article)
            if not (signature := _signature(row)).is_round_up:
                articles[pk].append((row.title, signature))
    return {
        pk: part_of(pk, some, began_at=spans[pk][0], last_at=spans[pk][1])
        for pk, some in articles.items()
    }


@dataclass(frozen=True, slots=True)
class _Row:
    """An article as _ARTICLES reads it."""

    id: int
    title: str
    signature: bytes | None
    language: str
    published_at: datetime
    lead: str


def _signature(row: _Row) -> Signature:
    """Return an article's signature: the stored one, or one made of what there is."""
    try:
        return unpack(bytes(row.signature or b""))
    except OtherForm:
        return sign(Item(row.id, row.title, row.lead, row.language, "", row.published_at))


def _link_of(
    story: Story,
    found: Mapping[int, Sequence[int]],
    lines: Mapping[int, _Line],
    parts: Mapping[int, Part],
    usages: Mapping[_Room, Usage],
) -> Continuation | None:
    if story.pk not in parts:
        return None
    candidates = [pk for pk in found.get(story.pk, ()) if pk in lines]
    beginnings = _beginnings({pk: lines[pk] for pk in candidates})
    return best_continuation(
        parts[story.pk],
        [parts[pk] for pk in candidates if pk in parts],
        usage=usages[_room(story)],
        beginnings={pk: parts[first] for pk, first in beginnings.items() if first in parts},
        lengths={pk: lines[pk].length for pk in candidates},
    )


def _store(links: Mapping[int, Continuation], lines: Mapping[int, _Line]) -> None:
    """Store the links; of stories linked together, what begins later follows to the beginning."""
    beginnings = {pk: lines[made.story_id].beginning for pk, made in links.items()}
    for pk in links:
        seen = {pk}
        while (first := beginnings[pk]) in links and first not in seen:
            seen.add(first)
            beginnings[pk] = beginnings[first]
    rows = [(pk, made.story_id, beginnings[pk], _why(made)) for pk, made in sorted(links.items())]
    update_rows(Story, ("id", "continues", "beginning", "continues_why"), rows)


def _why(made: Continuation) -> dict[str, object]:
    why = asdict(made)
    del why["story_id"]
    # As a membership says it, so that both are put into words in one place.
    return why | {"hours_apart": round(made.days_apart * 24, 1)}


# --- Merged and vanished stories ------------------------------------------------------


def _follow_merges(story_ids: Sequence[int]) -> None:
    """Lead links of and to these stories past what was merged, and name each line's beginning.

    A link to a story that begins no earlier any more leads nowhere: it is taken away, and a new
    one is looked for when the story is described next.
    """
    with connection.cursor() as cursor:
        cursor.execute(_PAST_MERGED, {"ids": list(story_ids)})
        cursor.execute(_WITHOUT_CIRCLES, {"ids": list(story_ids)})
    _name_beginnings(story_ids)


_PAST_MERGED = """
UPDATE reports_story AS story SET continues_id = nullif(old.merged_into_id, story.id)
FROM reports_story old
WHERE old.id = story.continues_id AND old.merged_into_id IS NOT NULL
    AND story.id IN (
        SELECT unnest(%(ids)s::bigint[]) UNION
        SELECT child.id FROM reports_story child
        JOIN reports_story merged ON merged.id = child.continues_id
        WHERE merged.merged_into_id = ANY(%(ids)s)
    )
"""

_WITHOUT_CIRCLES = """
UPDATE reports_story AS story SET continues_id = NULL, beginning_id = NULL, continues_why = '{}'
FROM reports_story earlier
WHERE earlier.id = story.continues_id
    AND (earlier.first_article_at, earlier.id) >= (story.first_article_at, story.id)
    AND story.id IN (
        SELECT unnest(%(ids)s::bigint[]) UNION
        SELECT id FROM reports_story WHERE continues_id = ANY(%(ids)s)
    )
"""


def _name_beginnings(story_ids: Sequence[int]) -> None:
    """Correct `beginning` in the storylines of these stories, where it is wrong."""
    near = Story.objects.filter(pk__in=story_ids)
    lines = near.values("continues", "beginning", "continues__beginning")
    firsts = {pk for line in lines for pk in line.values() if pk is not None} | set(story_ids)
    firsts |= set(Story.objects.filter(merged_into__in=story_ids).values_list("pk", flat=True))
    rows = Story.objects.filter(
        Q(pk__in=firsts) | Q(beginning__in=firsts) | Q(continues__in=firsts)
    ).values_list("pk", "continues", "beginning")
    known = {pk: (continues, beginning) for pk, continues, beginning in rows}
    wrong = [
        (pk, first)
        for pk, (_, beginning) in sorted(known.items())
        if (first := _first_of(pk, known)) != beginning
    ]
    update_rows(Story, ("id", "beginning"), wrong)


def _first_of(pk: int, known: Mapping[int, tuple[int | None, int | None]]) -> int | None:
    """Walk back to where a storyline begins; None for a story that continues nothing."""
    seen, at = {pk}, pk
    while (earlier := known[at][0]) is not None and earlier not in seen:
        if earlier not in known:
            # Beyond what was read: it is known by the beginning that the link has.
            return known[pk][1] or earlier
        seen.add(earlier)
        at = earlier
    return None if at == pk else at
