"""Titles that announce a round-up: many events in one article, or one writer's opinion of them.

A live page, a morning briefing or a gallery mentions whatever happened that day. As a member of a
story it would pull in the next day's other news, and no reader looks for it there; so it stays
alone. The rules read the title only, are few, and each has its counter-examples in the tests.
"""

from __future__ import annotations

import re

MAX_TITLE = 300

NOTE = "Its title announces a round-up or an opinion, which belongs to no single event."

_LABELS = (
    # What stands before a colon or a bar, from the title's start.
    r"live|live ?blog|live updates?|opinion|comment|commentary|column|editorial|analysis|letters?"
    r"|podcast|gallery|galleries|quiz|cartoon|in pictures|photos|pictures of the (?:day|week)"
    r"|the papers|on politics|explainer|watch live"
    r"|news briefing|morning briefing|evening briefing|daily briefing|briefing"
    r"|morning update|evening update|today|tonight|this week|week in review|the week"
    # German, French, Spanish, Italian.
    r"|kommentar|meinung|kolumne|leitartikel|liveticker|newsticker|newsblog|presseschau"
    r"|tribune|éditorial|chronique|en direct|direct|revue de presse"
    r"|opinión|editoriale|columna|en directo|en vivo|última hora"
    r"|opinione|commento|in diretta|diretta|rassegna stampa"
)

_PATTERNS = (
    rf"^(?:{_LABELS})\s?(?::|\||\s[–—-]\s)",
    # "Virus updates LIVE: …", "Trial LIVE Queensland updates: …", "Live Virus Updates".
    r"\blive(?: \w+){0,2} updates?\b",
    r"\bupdates live\b",
    r"^live (?:\w+ ){0,2}(?:news|updates?|coverage|blog)\b",
    r"\b(?:live ?blog|liveticker|newsticker|newsblog)\b",
    r"^[^:]{1,60}\b(?-i:LIVE):\s",
    r"^as it happened:",
    # "Your Wednesday Briefing", "Virus Briefing: What Happened Today".
    r"\byour (?:\w+ ){1,2}briefing\b",
    r"(?:^|: )(?:morning|evening|daily|nightly|weekend|weekly|news) (?:briefing|round-?up|digest)"
    r"(?::|$)",
    r"\bbriefing: what\b",
    r":\s(?:morning|evening) update\b",
    r"^(?:what happened|[^:]{1,40}: what happened) (?:today\b|this week\b|(?:\w+ ){1,4}on \d)",
    r"\b(?:all|everything|what|things) you need to know about today",
    r"\bfive things (?:to know|to do) today\b",
    r"^today on \w",
    r"\b(?:today|monday|tuesday|wednesday|thursday|friday|saturday|sunday)['’]s "
    r"(?:top stories|headlines|major developments|papers|gossip)\b",
    r"\bworld (?:news|updates):\s",
    r"\bglobal tracker\b",
    r"^here(?:['’]s| is| are) the latest\b|^this is the latest (?:list|tally)\b",
    # Programs, galleries, games.
    r"^what['’]s on (?:tv|television|tonight|this)\b",
    r"\bin pictures(?:$|:)",
    r"^the (?:best|week's best) (?:photos|pictures)\b",
    r"\bphotos of the (?:day|week)\b",
    r"\bpodcast(?::|$)",
    r"\b(?:news|weekly) quiz\b",
    r"^(?:daily |quick |cryptic )?(?:crossword|horoscopes?|sudoku)\b",
    r"\btips and preview\b",
    r"^letters to the editor\b",
    r"^(?:das war|was heute|was am) \w+.{0,20} (?:wichtig|geschah|passiert)",
    r"^der tag im (?:überblick|rückblick)\b|^nachrichten am (?:morgen|abend)\b",
)

_ROUND_UP = re.compile("|".join(_PATTERNS), re.IGNORECASE)


def is_round_up(title: str) -> bool:
    """Tell whether a title announces many events, or an opinion, instead of one event."""
    return _ROUND_UP.search(" ".join(title[:MAX_TITLE].split())) is not None
