"""Describe stories: what they are about, whom they name, and how they speak of it.

A story is described anew whenever its articles change. Reading takes no lock; what was read is
stored under the lock on stories, and only where the story has not changed meanwhile.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import connection, transaction
from django.db.models import Count, F, Max, Window
from django.db.models.functions import Left, RowNumber

from patriot.work.leases import MAX_ATTEMPTS
from reports.domain.named import Named, names_of
from reports.domain.sentiment import MAX_READ, SentimentClassifier, Verdict, majority
from reports.domain.telling import MAX_LEAD, MAX_TITLE, Telling, cut, telling_of
from reports.domain.topics import topics_of
from reports.gateways.lexicon import LexiconClassifier
from reports.models import Membership, Story
from reports.pipeline.open_stories import lock_stories
from reports.pipeline.storylines import link

# Longer than any step takes; short, because a killed worker delays its rows by as much.
LEASE = timedelta(seconds=90)
BATCH = 50
"""Stories at a time: others wait for the lock on stories while these are stored."""
MAX_ARTICLES = 60
"""Of one story: originals first. More say the same again."""

LEXICON = LexiconClassifier()

# How a story is made up: the number of its articles, and of the newest change to them.
Make = tuple[int, int]


@dataclass(frozen=True, slots=True)
class _Member:
    """An article of a story, as far as it is read."""

    id: int
    voice: str
    """Who speaks: the agency that it names, or else its publisher's family."""
    is_copy: bool
    telling: Telling


@dataclass(frozen=True, slots=True)
class Description:
    """What was read of one story."""

    topics: tuple[str, ...]
    named: Named
    sentiment: str
    """Empty where nobody understood a word."""
    verdicts: Mapping[int, Verdict]
    """By membership."""


def describe(
    story_ids: Sequence[int], *, now: datetime, classifier: SentimentClassifier = LEXICON
) -> int:
    """Describe those of these stories that changed; return how many were."""
    until = now + LEASE
    described = 0
    for ids in _batches(story_ids):
        # Each is looked at once: one that always changes is for the next look.
        trusted = Story.objects.filter(pk__in=ids).to_describe(now).filter(attempts=0)
        leased = trusted.lease(now, until=until, limit=BATCH)
        described += _describe_all(leased, now, until, classifier)
    due = Story.objects.filter(pk__in=story_ids).to_describe(now)
    # One that ended its worker before comes alone, so that its neighbors do not suffer.
    for pk in list(due.filter(attempts__gt=0).order_by("pk").values_list("pk", flat=True)):
        alone = due.filter(pk=pk).lease(now, until=until, limit=1)
        described += _describe_all(alone, now, until, classifier)
    return described


def _batches(story_ids: Sequence[int]) -> Iterator[Sequence[int]]:
    """Yield these ids, so many at a time."""
    for start in range(0, len(story_ids), BATCH):
        yield story_ids[start : start + BATCH]


def bury_exhausted(now: datetime) -> int:
    """Give up the stories that ended their worker MAX_ATTEMPTS times; return how many.

    They keep what was known of them, and get another chance when their articles change.
    """
    exhausted = Story.objects.filter(is_described=False).exhausted(now)
    return exhausted.update(
        is_described=True,
        attempts=0,
        leased_until=None,
        last_error=f"The worker died {MAX_ATTEMPTS} times while reading what it is about.",
    )


def _describe_all(
    story_ids: Sequence[int], now: datetime, until: datetime, classifier: SentimentClassifier
) -> int:
    """Describe these stories, which are leased to us until then, and link them."""
    if not story_ids:
        return 0
    before = _makes_of(story_ids)
    members = _members_of(story_ids)
    descriptions = {pk: description_of(members[pk], classifier) for pk in story_ids}
    with transaction.atomic():
        lock_stories()
        after = _makes_of(story_ids)
        same = [pk for pk in story_ids if before.get(pk) == after.get(pk)]
        _release(set(story_ids) - set(same), until)
        stored = _store({pk: descriptions[pk] for pk in same}, until)
        link(stored, now=now)
    return len(stored)


def _makes_of(story_ids: Iterable[int]) -> dict[int, Make]:
    rows = (
        Membership.objects.filter(story__in=story_ids)
        .values_list("story")
        .annotate(articles=Count("pk"), newest=Max("change"))
        .order_by()
    )
    return {story: (articles, newest) for story, articles, newest in rows}


def _members_of(story_ids: Sequence[int]) -> dict[int, list[_Member]]:
    """Return the articles of each story in the order in which they came."""
    place = Window(
        RowNumber(),
        partition_by="story",
        order_by=[F("copy_of").asc(nulls_first=True), F("pk").asc()],
    )
    rows = (
        Membership.objects.filter(story__in=story_ids)
        .annotate(
            place=place,
            title=Left("article__title", MAX_TITLE + 1),
            # Its beginning may be the headline once more.
            beginning=Left("article__text", MAX_TITLE + MAX_LEAD + 10),
        )
        .filter(place__lte=MAX_ARTICLES)
        .order_by("pk")
        .values_list(
            "story",
            "pk",
            "agency",
            "copy_of",
            "title",
            "beginning",
            "article__language",
            "article__url",
            "article__publisher__family",
        )
    )
    found: dict[int, list[_Member]] = defaultdict(list)
    for story, pk, agency, copy_of, title, beginning, language, url, family in rows:
        telling = telling_of(title=title, text=beginning, language=language, url=url, outlet=family)
        voice = f"agency {agency}" if agency else family
        found[story].append(_Member(pk, voice, copy_of is not None, telling))
    return found


def description_of(members: Sequence[_Member], classifier: SentimentClassifier) -> Description:
    """Return what these articles say of their story."""
    tellings = [member.telling for member in members]
    verdicts = {member.id: _verdict_on(member.telling, classifier) for member in members}
    voices: dict[str, Verdict] = {}
    for member in members:
        if not member.is_copy:
            voices.setdefault(member.voice, verdicts[member.id])
    return Description(
        topics=tuple(topic.slug for topic in topics_of(tellings)),
        named=names_of(tellings),
        sentiment=majority(list(voices.values())) or "",
        verdicts=verdicts,
    )


def _verdict_on(telling: Telling, classifier: SentimentClassifier) -> Verdict:
    text = cut(f"{telling.title}. {telling.lead}", MAX_READ)
    return classifier.classify(text, telling.language)


def _release(story_ids: Iterable[int], until: datetime) -> None:
    """Leave stories that changed while they were read to whoever looks next: at once."""
    held = Story.objects.filter(pk__in=story_ids, leased_until=until)
    held.update(leased_until=None, attempts=0)


_STORE_STORIES = """
UPDATE reports_story AS story SET
    topics = said.topics,
    people = said.people,
    places = said.places,
    organizations = said.organizations,
    sentiment = said.sentiment,
    is_described = true,
    attempts = 0,
    leased_until = NULL,
    last_error = ''
FROM json_to_recordset(%s) AS said(
    id bigint, topics text[], people text[], places text[], organizations text[], sentiment text
)
WHERE story.id = said.id AND story.leased_until = %s AND NOT story.is_described
RETURNING story.id
"""
_STORE_VERDICTS = """
UPDATE reports_membership AS member SET
    sentiment = said.sentiment, sentiment_confidence = said.confidence
FROM json_to_recordset(%s) AS said(id bigint, sentiment text, confidence double precision)
WHERE member.id = said.id
"""


def _store(descriptions: Mapping[int, Description], until: datetime) -> list[int]:
    """Store what was read of the stories that are still ours; return their ids."""
    rows = [
        {
            "id": pk,
            "topics": said.topics,
            "people": said.named.people,
            "places": said.named.places,
            "organizations": said.named.organizations,
            "sentiment": said.sentiment,
        }
        for pk, said in descriptions.items()
    ]
    with connection.cursor() as cursor:
        cursor.execute(_STORE_STORIES, [json.dumps(rows), until])
        stored = sorted(pk for (pk,) in cursor.fetchall())
        verdicts = [
            {
                "id": member,
                "sentiment": verdict.sentiment if verdict.is_known else "",
                "confidence": verdict.confidence,
            }
            for pk in stored
            for member, verdict in descriptions[pk].verdicts.items()
        ]
        cursor.execute(_STORE_VERDICTS, [json.dumps(verdicts)])
    return stored
