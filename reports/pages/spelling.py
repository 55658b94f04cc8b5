"""Typo help: words that are really in titles, nearly as somebody typed them."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import timedelta
from difflib import get_close_matches

import psycopg
from django.db import OperationalError, connection, transaction

MIN_LETTERS = 4
MAX_WORDS = 4
MAX_TITLES = 300
PATIENCE = timedelta(milliseconds=120)
# How many of a word's trigrams a title must have (pg_trgm's word similarity), and how alike the
# words must then be (difflib's ratio): with two letters of five exchanged they are 0.33 and 0.8.
NEARLY = "0.3"
ALIKE = 0.74

_WORD = re.compile(r"[^\W\d_][\w'’]*")
_SETTINGS = """
    SELECT set_config('pg_trgm.word_similarity_threshold', %s, true),
           set_config('statement_timeout', %s, true), set_config('enable_seqscan', 'off', true),
           set_config('max_parallel_workers_per_gather', '0', true)
"""
# Each word's titles, in one statement: `%>` is what the index of titles answers.
_TITLES = """
    SELECT typed.word, near.title FROM unnest(%(words)s::text[]) AS typed (word)
    CROSS JOIN LATERAL (
        SELECT title FROM sources_articlewords
        WHERE title %%> typed.word AND newsroom = ANY(%(among)s) LIMIT %(most)s
    ) AS near
"""


def respelled(text: str, *, among: Sequence[str]) -> str:
    """Return a question with its mistyped words as titles spell them; "" if none are.

    among: the newsrooms whose articles can be found

    Whether the new question finds anything is for the caller to try. Takes PATIENCE at most.
    """
    typed = [word.lower() for word in _WORD.findall(text) if len(word) >= MIN_LETTERS]
    words = list(dict.fromkeys(typed))[:MAX_WORDS]
    titles = _titles(words, among) if words else {}
    meant = {word: _nearest(word, titles[word]) for word in titles}
    found = _WORD.sub(lambda match: meant.get(match[0].lower()) or match[0], text)
    return "" if found == text else found


def _titles(words: Sequence[str], among: Sequence[str]) -> dict[str, list[str]]:
    """Return titles that have nearly these words; none if it takes too long."""
    told: dict[str, list[str]] = {}
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(_SETTINGS, [NEARLY, f"{PATIENCE // timedelta(milliseconds=1)}ms"])
            cursor.execute(
                _TITLES, {"words": list(words), "among": list(among), "most": MAX_TITLES}
            )
            for word, title in cursor.fetchall():
                told.setdefault(word, []).append(title)
    except OperationalError as error:
        if not isinstance(error.__cause__, psycopg.errors.QueryCanceled):
            raise
    return told


def _nearest(word: str, titles: Iterable[str]) -> str:
    """Return the word of these titles that was meant; "" if it is theirs, or like none."""
    known = Counter(each for title in titles for each in set(_WORD.findall(title)))
    if word in known:
        return ""
    near = get_close_matches(word, known, n=3, cutoff=ALIKE)
    return max(near, key=lambda each: known[each], default="")
