"""Rows for the tests, made through the models: sources, articles, stories and reports.

Every function has sensible defaults and takes the model's fields as keyword arguments.
Time stands at NOW. Evidence is an exact span of its passage, as the database demands.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta
from itertools import count
from typing import Any
from zoneinfo import ZoneInfo

from django.contrib.auth.models import Permission
from django.utils.text import slugify

from patriot.accounts.models import ApiKey, User
from patriot.accounts.roles import Role, give
from reports.models import (
    Briefing,
    Claim,
    Evidence,
    Membership,
    Report,
    Revision,
    Section,
    Story,
    Subscription,
)
from sources.models import Article, Fetch, Passage, Publisher, Source
from tests.cast import COURIER, EVENTS, OUTLETS, Event, Sentence, Telling, said

NOW = datetime(2026, 6, 9, 6, 30, tzinfo=UTC)
TODAY = date(2026, 6, 9)
SEVEN = time(7)
READER = "ada@readers.example"

_numbers = count(1)


# --- Sources ----------------------------------------------------------------------


def a_publisher(name: str = COURIER, **fields: Any) -> Publisher:
    """Return the publisher of this name; made if there is none yet."""
    domain = fields.pop("domain", None) or OUTLETS.get(name, (f"{slugify(name)}.example", ""))[0]
    defaults = {"name": name, "family": domain} | fields
    publisher, _ = Publisher.objects.get_or_create(domain=domain, defaults=defaults)
    return publisher


def a_source(name: str = COURIER, **fields: Any) -> Source:
    """Return a healthy feed that was read a quarter of an hour ago."""
    source = an_unsaved_source(name, **fields)
    source.save()
    return source


def an_unsaved_source(name: str = COURIER, **fields: Any) -> Source:
    """Return the row of a healthy feed; its publisher is made if there is none yet."""
    publisher = fields.pop("publisher", None) or a_publisher(name)
    defaults: dict[str, Any] = {
        "name": name,
        "slug": f"{slugify(name)}-{next(_numbers)}",
        "url": f"https://{publisher.domain}/feed.xml",
        "site_url": f"https://{publisher.domain}/",
        "publisher": publisher,
        "language": OUTLETS.get(name, ("", "en"))[1],
        "not_before": NOW + timedelta(minutes=45),
        "last_good_at": NOW - timedelta(minutes=15),
        "newest_entry_at": NOW - timedelta(hours=1),
    }
    return Source(**defaults | fields)


def a_search(query: str = "old bridge", **fields: Any) -> Source:
    """Return a saved search that was never asked and is due."""
    defaults: dict[str, Any] = {
        "kind": Source.Kind.SEARCH,
        "name": f"Search for {query}",
        "slug": f"{slugify(query)}-{next(_numbers)}",
        "query": query,
        "interval": timedelta(hours=1),
        "not_before": NOW,
    }
    return Source.objects.create(**defaults | fields)


def an_ill_source(name: str = COURIER, *, error: str, **fields: Any) -> Source:
    """Return a feed whose last three fetches failed, with the last one's record."""
    source = a_source(
        name,
        **{"failures": 3, "ill_since": NOW - timedelta(hours=9), "last_error": error} | fields,
    )
    a_fetch(source, outcome=Fetch.Outcome.FAILED, status=500, error=error)
    return source


def a_fetch(source: Source, **fields: Any) -> Fetch:
    """Return the record of a fetch that brought three entries."""
    defaults: dict[str, Any] = {
        "started_at": NOW - timedelta(minutes=15),
        "took": timedelta(milliseconds=180),
        "outcome": Fetch.Outcome.READ,
        "status": 200,
        "entry_count": 3,
    }
    return Fetch.objects.create(source=source, **defaults | fields)


def an_article(
    source: Source | None = None,
    *,
    title: str = "Old Bridge to close for eleven weeks",
    paragraphs: Sequence[str] = ("The Old Bridge will close on Friday evening.",),
    hours_ago: float = 2,
    **fields: Any,
) -> Article:
    """Return an enriched article with its passages: number 0 is the title, then the paragraphs."""
    source = source or a_source()
    article = an_unsaved_article(source, title, paragraphs, hours_ago=hours_ago, **fields)
    article.save()
    Passage.objects.bulk_create(passages_of(article, paragraphs))
    return article


def an_unsaved_article(
    source: Source, title: str, paragraphs: Sequence[str], *, hours_ago: float, **fields: Any
) -> Article:
    """Return the row of an article that was cut into these paragraphs."""
    moment = NOW - timedelta(hours=hours_ago)
    text = "\n\n".join(paragraphs)
    number = next(_numbers)
    url = fields.pop("url", f"https://{source.publisher.domain}/news/{slugify(title)}-{number}")
    defaults: dict[str, Any] = {
        "publisher": source.publisher,
        "identity": sha256(f"article {number}"),
        "url": url,
        "url_hash": sha256(url) if url else "",
        "title": title,
        "text": text,
        "language": source.language,
        "published_at": moment,
        "first_seen_at": moment,
        "updated_at": moment,
        "not_before": moment,
        "content_hash": sha256(f"{title}\n{text}"),
        "state": Article.State.ENRICHED,
    }
    return Article(source=source, **defaults | fields)


def passages_of(article: Article, paragraphs: Sequence[str]) -> list[Passage]:
    """Return, unsaved, what an article is cut into."""
    return [
        Passage(
            article=article, version=article.version, number=n, text=words, sha256=sha256(words)
        )
        for n, words in enumerate([article.title, *paragraphs])
        if words
    ]


def a_staff_user(*permissions: str, **fields: Any) -> User:
    """Return somebody who may sign in to the desk, with permissions such as "view_report"."""
    defaults = {"username": f"editor-{next(_numbers)}", "is_staff": True}
    user = User.objects.create(**defaults | fields)
    user.user_permissions.set(Permission.objects.filter(codename__in=permissions))
    return user


def a_user_with(role: Role | None, **fields: Any) -> User:
    """Return somebody with this role, who may therefore sign in to the desk."""
    user = User.objects.create(**{"username": f"{role or 'nobody'}-{next(_numbers)}"} | fields)
    give(user, role)
    return user


def an_api_key(
    owner: User, *scopes: str, life: timedelta = timedelta(days=90), **fields: Any
) -> tuple[ApiKey, str]:
    """Return a key with the token that a client sends."""
    key = ApiKey(name="newsletter script", scopes=list(scopes))
    token = key.make(owner=owner, now=fields.pop("made_at", NOW), life=life)
    for name, value in fields.items():
        setattr(key, name, value)
    key.save()
    return key, token.reveal()


# --- Stories ----------------------------------------------------------------------


def a_story(
    articles: Iterable[Article] = (),
    *,
    copies: Sequence[Article] | Mapping[Article, Article] = (),
    **fields: Any,
) -> Story:
    """Return a story of these articles.

    copies: articles that repeat the text of the oldest one, or each with the one it repeats
    """
    originals = sorted(articles, key=lambda article: article.published_at) or [an_article()]
    copied = copies if isinstance(copies, Mapping) else dict.fromkeys(copies, originals[0])
    everything = [*originals, *copied]
    moments = [article.published_at for article in everything]
    defaults: dict[str, Any] = {
        "title": originals[0].title,
        "language": originals[0].language,
        "newsroom": originals[0].source.newsroom,
        "first_article_at": min(moments),
        "last_article_at": max(moments),
        "article_count": len(everything),
        "outlet_count": len({article.publisher_id for article in everything}),
        "independent_count": len({article.publisher.family for article in originals}),
    }
    story = Story.objects.create(**defaults | fields)
    Membership.objects.bulk_create(
        a_membership(story, article, first=originals[0], copy_of=copied.get(article))
        for article in everything
    )
    Article.objects.filter(membership__story=story).update(state=Article.State.CLUSTERED)
    return story


def a_membership(
    story: Story, article: Article, *, first: Article, copy_of: Article | None = None
) -> Membership:
    """Return, unsaved, why `article` belongs to the story that `first` began."""
    apart = abs(article.published_at - first.published_at) / timedelta(hours=1)
    why = {
        "terms": ["bridge", "repair"],
        "names": ["Old Bridge"],
        "figures": ["23,000"],
        "hours_apart": round(apart, 1),
    }
    is_first = article == first
    return Membership(
        story=story,
        article=article,
        similarity=1 if is_first else 0.62,
        why={} if is_first else why,
        copy_of=copy_of,
    )


def a_story_of(event: Event, *, newsroom: str = "") -> Story:
    """Return the story of one of the cast's events, with every outlet's article."""
    sources = the_sources(newsroom)
    pairs: list[tuple[Article, Article | None]] = []
    passages: list[Passage] = []
    for telling in event.tellings:
        original = an_article_of(telling, sources[telling.outlet])
        late = [telling.hours_ago - number * 0.4 for number in range(1, len(telling.copies) + 1)]
        carried = [
            an_article_of(telling, sources[outlet], hours_ago=hours)
            for outlet, hours in zip(telling.copies, late, strict=True)
        ]
        pairs += [(original, None), *((copy, original) for copy in carried)]
        for article in (original, *carried):
            passages += passages_of(article, telling.paragraphs)
    # One statement for all of them: most tests begin here.
    Article.objects.bulk_create(article for article, _ in pairs)
    Passage.objects.bulk_create(passages)
    originals = [article for article, original in pairs if original is None]
    copies = {article: original for article, original in pairs if original is not None}
    return a_story(originals, copies=copies)


def the_sources(newsroom: str = "") -> dict[str, Source]:
    """Return one source for each outlet of the cast in this newsroom; those missing are made."""
    known = Source.objects.filter(newsroom=newsroom, name__in=OUTLETS).select_related("publisher")
    sources = {source.name: source for source in known}
    missing = sorted(OUTLETS.keys() - sources.keys())
    if missing:
        publishers = the_publishers(missing)
        added = [
            an_unsaved_source(
                outlet, publisher=publishers[outlet], slug=slugify(outlet), newsroom=newsroom
            )
            for outlet in missing
        ]
        sources |= {source.name: source for source in Source.objects.bulk_create(added)}
    return sources


def the_publishers(outlets: Iterable[str]) -> dict[str, Publisher]:
    """Return the publisher of each of these outlets of the cast; those missing are made."""
    domains = {OUTLETS[outlet][0]: outlet for outlet in outlets}
    Publisher.objects.bulk_create(
        (
            Publisher(name=outlet, domain=domain, family=domain)
            for domain, outlet in domains.items()
        ),
        ignore_conflicts=True,
    )
    known = Publisher.objects.filter(domain__in=domains)
    return {domains[publisher.domain]: publisher for publisher in known}


def an_article_of(telling: Telling, source: Source, *, hours_ago: float | None = None) -> Article:
    """Return, unsaved, a source's article with the words of `telling`."""
    return an_unsaved_article(
        source,
        telling.title,
        telling.paragraphs,
        hours_ago=telling.hours_ago if hours_ago is None else hours_ago,
        language=OUTLETS[telling.outlet][1],
    )


# --- Reports ----------------------------------------------------------------------


def a_briefing(**fields: Any) -> Briefing:
    """Return a briefing for every day at seven, Berlin time (five o'clock UTC in June)."""
    number = next(_numbers)
    defaults: dict[str, Any] = {
        "slug": f"morning-{number}",
        "title": "The Morning",
        "description": "What the region needs to know before the first coffee.",
        "timezone": "Europe/Berlin",
        # After yesterday's slot: else the month before would be full of missed ones.
        "schedule_from": NOW - timedelta(hours=25),
    }
    briefing = Briefing.objects.create(**defaults | fields)
    # The column fills itself, and not by the clock of the tests.
    briefing.created_at = NOW - timedelta(days=30)
    briefing.save(update_fields=["created_at"])
    return briefing


def a_report(briefing: Briefing | None = None, **fields: Any) -> Report:
    """Return the row of a slot, by default today's at seven and in production, without a text."""
    briefing = briefing or a_briefing()
    local_date, slot = fields.get("local_date", TODAY), fields.get("slot", SEVEN)
    slot_at = datetime.combine(local_date, slot, ZoneInfo(briefing.timezone)).astimezone(UTC)
    defaults: dict[str, Any] = {
        "local_date": local_date,
        "slot": slot,
        "slot_at": slot_at,
        "window_start": slot_at - timedelta(hours=24),
        "window_end": slot_at,
        "created_at": slot_at - timedelta(minutes=10),
    }
    return Report.objects.create(briefing=briefing, **defaults | fields)


def a_section(revision: Revision, story: Story, *, position: int = 1, **fields: Any) -> Section:
    """Return a section without sentences; its counts are the story's."""
    copies = story.memberships.exclude(copy_of=None).count()
    passages = Passage.objects.filter(article__membership__story=story)
    defaults: dict[str, Any] = {
        "article_count": story.article_count,
        "outlet_count": story.outlet_count,
        "independent_count": story.independent_count,
        "copy_count": copies,
        "given": list(passages.values_list("pk", flat=True)),
    }
    return Section.objects.create(
        revision=revision, story=story, position=position, **defaults | fields
    )


def a_claim(section: Section, *, quotes: Sequence[str], text: str = "", **fields: Any) -> Claim:
    """Return a sentence with its evidence; verbatim (the first quote) when it has no text.

    The quotes must stand in passages of the section's story.
    """
    position = section.claims.count() + 1
    sentence = said(fields.pop("kind", Claim.Kind.DETAIL), *quotes, text=text)
    (claim,) = the_claims(section, [sentence], **{"position": position} | fields)
    return claim


def the_claims(section: Section, sentences: Sequence[Sentence], **fields: Any) -> list[Claim]:
    """Return the cast's sentences as claims of a section, each with its evidence."""
    passages = list(
        Passage.objects.filter(article__membership__story=section.story_id)
        .select_related("article")
        .order_by("article__published_at", "article_id", "number")
    )
    spans = [[span_of(passages, quote) for quote in item.quotes] for item in sentences]
    claims = Claim.objects.bulk_create(
        a_claim_of(section, item, spans=spans[index], **{"position": index + 1} | fields)
        for index, item in enumerate(sentences)
    )
    for claim, evidence in zip(claims, spans, strict=True):
        for position, span in enumerate(evidence, start=1):
            span.claim, span.position = claim, position
    Evidence.objects.bulk_create(span for evidence in spans for span in evidence)
    return claims


def a_claim_of(
    section: Section, sentence: Sentence, *, spans: Sequence[Evidence], **fields: Any
) -> Claim:
    """Return, unsaved, a sentence as a claim; verbatim, it speaks its evidence's language."""
    defaults: dict[str, Any] = {
        "kind": sentence.kind,
        "text": sentence.text or sentence.quotes[0],
        "language": "en" if sentence.text else spans[0].passage.article.language,
        "summary_position": section.position if sentence.in_summary else None,
    }
    return Claim(section=section, **defaults | fields)


def span_of(passages: Iterable[Passage], quote: str) -> Evidence:
    """Return, unsaved, where a quote stands: in the first of the passages that has it."""
    passage = next((passage for passage in passages if quote in passage.text), None)
    assert passage is not None, f"No passage says “{quote}”"
    start = passage.text.index(quote)
    return Evidence(passage=passage, start=start, end=start + len(quote), quote=quote)


def a_section_of(revision: Revision, event: Event, *, position: int) -> Section:
    """Return a whole section that tells one of the cast's events."""
    story = a_story_of(event, newsroom=revision.report.briefing.newsroom)
    section = a_section(revision, story, position=position, status=event.status)
    the_claims(section, event.sentences)
    return section


def a_draft_report(
    briefing: Briefing | None = None,
    *,
    sections: int = 3,
    revision: dict[str, Any] | None = None,
    **fields: Any,
) -> Report:
    """Return a draft with this many sections of the cast's events, and its unpublished revision."""
    report = a_report(briefing, **{"state": Report.State.DRAFT} | fields)
    defaults: dict[str, Any] = {
        "title": EVENTS[0].tellings[0].title,
        "analyst": "local analyst",
        "coverage": {
            "watched": 9,
            "answered": 8,
            "articles": 64,
            "newest_article_at": (NOW - timedelta(hours=2)).isoformat(),
        },
        "left_out": [
            {
                "title": "Farm show opens with record number of goats",
                "outlets": 2,
                "reason": "the report was full",
            },
            {
                "title": "Rumor of a new airport resurfaces",
                "outlets": 1,
                "reason": "a single outlet, and nothing in it could be quoted as fact",
            },
        ],
        "created_at": report.created_at,
    }
    text = Revision.objects.create(report=report, **defaults | (revision or {}))
    for index in range(sections):
        a_section_of(text, EVENTS[index % len(EVENTS)], position=index + 1)
    return report


def a_published_report(briefing: Briefing | None = None, **fields: Any) -> Report:
    """Return a report that readers can read; takes what `a_draft_report` takes."""
    return publish(a_draft_report(briefing, **fields))


def a_withdrawn_report(briefing: Briefing | None = None, *, reason: str, **fields: Any) -> Report:
    """Return a report that was published and then taken back."""
    report = a_published_report(briefing, **fields)
    report.state, report.reason = Report.State.WITHDRAWN, reason
    report.save(update_fields=["state", "reason"])
    return report


def publish(report: Report) -> Report:
    """Publish the report's newest revision at its slot; from then on the database freezes it."""
    revision = report.revisions.order_by("-number").first()
    assert revision is not None, "There is nothing to publish"
    revision.published_at = report.slot_at
    revision.save(update_fields=["published_at"])
    report.current, report.published_at = revision, report.slot_at
    report.state = Report.State.PUBLISHED
    report.number = (
        report.number or 1 + Report.objects.filter(briefing=report.briefing).public().count()
    )
    report.save(update_fields=["current", "published_at", "state", "number"])
    return report


def sha256(text: str) -> str:
    """Return the hash of a text, as hexadecimal digits."""
    return hashlib.sha256(text.encode()).hexdigest()


# --- Recipients -------------------------------------------------------------------


def a_subscription(briefing: Briefing, address: str = READER, **fields: Any) -> Subscription:
    """A reader's subscription by e-mail that was confirmed, unless the fields say otherwise."""
    given = {
        "channel": Subscription.Channel.EMAIL,
        "state": Subscription.State.ACTIVE,
        "created_at": NOW,
        "confirmed_at": NOW,
    }
    return Subscription.objects.create(briefing=briefing, address=address, **given | fields)
