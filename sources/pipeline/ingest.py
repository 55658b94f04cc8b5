"""Ingest: a feed's entries become articles, new or changed, or are counted as skipped.

A constant number of queries per feed: known articles are looked up first, so that the bulk of
every fetch, entries that we have, writes nothing.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db.models import QuerySet
from django.db.models.functions import Length

from patriot.lib.text import clean_text, one_line, text_of_html
from patriot.work.looks import enqueue
from sources.domain.entry import Entry, Feed
from sources.domain.identity import content_hash, identity_of
from sources.domain.language import primary_language
from sources.domain.publishers import (
    commonest_domain,
    is_feed_host,
    is_of_this_house,
    leads_elsewhere,
    publisher_name,
    registrable_domain,
)
from sources.domain.urls import canonical_url, names_a_page, url_hash
from sources.models import Article, ArticleVersion, Publisher, Source

MAX_TEXT_CHARS = 100_000
# A page that shows the time in every copy would fill the table with versions.
MAX_VERSIONS = 50

KNOWN = "known"
TWICE = "duplicate in the document"
NO_TITLE_AND_NO_TEXT = "no title and no text"
CHANGES_TOO_OFTEN = "changed too often"

_CONTENT_FIELDS = (
    "title",
    "text",
    "url",
    "url_hash",
    "author",
    "content_hash",
    "version",
    "updated_at",
    "state",
    "attempts",
    "leased_until",
    "not_before",
    "last_error",
)


@dataclass(slots=True)
class Ingested:
    """What became of a feed's entries: each is counted once."""

    new_ids: list[int] = field(default_factory=list)
    updated_ids: list[int] = field(default_factory=list)
    skipped: Counter[str] = field(default_factory=Counter)


# Who stands behind an entry: of a feed always the same one, of a search each result's own.
Byline = Callable[[Entry], Publisher]


@dataclass(frozen=True, slots=True)
class _Candidate:
    """An entry, cleaned: what an article of it would hold."""

    entry: Entry
    publisher: Publisher
    identity: str
    url: str
    url_hash: str
    text: str
    content_hash: str


def ingest(source: Source, feed: Feed, *, byline: Byline, now: datetime) -> Ingested:
    """Keep a feed's new and changed entries. Inside the caller's transaction."""
    result = Ingested(skipped=Counter(feed.skipped))
    candidates = _candidates(feed, byline, result.skipped)
    known = {article.identity: article for article in _known(source, candidates)}
    fresh = [each for identity, each in candidates.items() if identity not in known]
    fresh = _not_elsewhere(fresh, source, result.skipped)
    changed = _changed(candidates, known, source, result.skipped)
    result.new_ids = _create(fresh, source, language=feed.language, now=now)
    result.updated_ids = _update(changed, now=now)
    return result


def ask_for_enrichment(ingested: Ingested) -> None:
    """Have a worker look at what is new or changed, if this transaction commits."""
    enqueue("sources.tasks.enrich", ingested.new_ids + ingested.updated_ids)


def publisher_of(source: Source, feed: Feed, *, address: str) -> Publisher:
    """Return who stands behind a source, locked: feeds of one publisher are ingested in turn.

    address: where the feed is for good: its own or where permanent redirects led

    Whoever serves a feed has written it, whatever it links to. Its publisher is the address's
    registrable domain, unless an editor chose another or the address serves others' feeds; else
    a publisher of its own, until we know more. Never an address or this machine.
    """
    publisher = source.publisher
    if publisher is None or publisher.domain.endswith(".invalid"):
        domain = _domain_behind(source, feed, address)
        if domain:
            publisher = _publisher(domain, publisher_name(feed.title, domain))
        elif publisher is None:
            publisher = _publisher(f"{source.slug}.invalid", source.name)
    return Publisher.objects.select_for_update().get(pk=publisher.pk)


def _domain_behind(source: Source, feed: Feed, address: str) -> str | None:
    """Return whose a feed is. Links say it only where others cannot serve what they like."""
    is_folder = bool(source.newsroom) and is_of_this_house(address)
    if not (is_folder or is_feed_host(address)):
        return registrable_domain(address)
    links = (entry.url for entry in feed.entries)
    return commonest_domain(links) or registrable_domain(feed.site_url)


def note_on_links(feed: Feed, *, publisher: Publisher, address: str) -> str:
    """Return a sentence for an editor if most of a feed's links lead to others; else ""."""
    own = {publisher.domain, registrable_domain(address) or ""}
    elsewhere = leads_elsewhere((entry.url for entry in feed.entries), own=own)
    if not elsewhere:
        return ""
    return (
        f"Most of its links lead to other sites, such as {elsewhere}; its articles count as "
        f"those of {publisher.name}."
    )


def publishers_of(feed: Feed) -> dict[str, Publisher]:
    """Return who stands behind each of a search's results, by registrable domain, locked.

    A result tells its publisher's domain and not its name: until one of the publisher's feeds
    does, the domain is the name.
    """
    domains = sorted({domain for entry in feed.entries if (domain := _domain_of(entry))})
    # In one order, first the new ones and then the locks, so that none waits in a circle.
    Publisher.objects.bulk_create(
        [Publisher(domain=domain, name=domain, family=domain) for domain in domains],
        ignore_conflicts=True,
    )
    locked = Publisher.objects.filter(domain__in=domains).order_by("pk").select_for_update()
    return {publisher.domain: publisher for publisher in locked}


def byline_of(publishers: dict[str, Publisher]) -> Byline:
    """Return who stands behind a result of a search; all its results have a domain."""
    return lambda entry: publishers[_domain_of(entry)]


def _domain_of(entry: Entry) -> str:
    return registrable_domain(entry.url) or ""


def _publisher(domain: str, name: str) -> Publisher:
    publisher, is_new = Publisher.objects.get_or_create(
        domain=domain, defaults={"name": name, "family": domain}
    )
    if not is_new and publisher.name == domain != name:
        # Met in a search before, which does not tell names.
        publisher.name = name
        publisher.save(update_fields=["name"])
    return publisher


def _candidates(feed: Feed, byline: Byline, skipped: Counter[str]) -> dict[str, _Candidate]:
    """Return the entries by identity, in the document's order; the first of equals wins."""
    candidates: dict[str, _Candidate] = {}
    for entry in feed.entries:
        candidate = _candidate(entry, byline)
        if candidate.identity in candidates:
            skipped[TWICE] += 1
        elif not entry.title and not candidate.text:
            skipped[NO_TITLE_AND_NO_TEXT] += 1
        else:
            candidates[candidate.identity] = candidate
    return candidates


def _candidate(entry: Entry, byline: Byline) -> _Candidate:
    text = clean_text(text_of_html(entry.html), max_chars=MAX_TEXT_CHARS)
    url = canonical_url(entry.url)
    return _Candidate(
        entry=entry,
        publisher=byline(entry),
        identity=identity_of(entry),
        url=url,
        url_hash=url_hash(url),
        text=text,
        content_hash=content_hash(entry.title, text),
    )


def _known(source: Source, candidates: dict[str, _Candidate]) -> QuerySet[Article]:
    """Return the articles that we have of these, with what tells whether they changed."""
    articles = Article.objects.filter(source=source, identity__in=candidates).only(
        "pk", "identity", "content_hash", "version"
    )
    return articles.annotate(text_length=Length("text")) if source.is_search else articles


def _not_elsewhere(
    fresh: list[_Candidate], source: Source, skipped: Counter[str]
) -> list[_Candidate]:
    """Leave out what another source brought already from the same publisher.

    By canonical address, unless the address is a front page or several entries share it: then
    it names no article. The headline must be the same too, or a feed could push out another's
    article by linking to its address; not for a search, which writes headlines in its own way.
    """
    uses = Counter(each.url_hash for each in fresh)
    telling = [
        each.url_hash for each in fresh if uses[each.url_hash] == 1 and names_a_page(each.url)
    ]
    headline = _no_headline if source.is_search else str.casefold
    elsewhere = {
        (publisher_id, address, headline(title)): name
        for publisher_id, address, title, name in Article.objects.filter(
            publisher__in={each.publisher.pk for each in fresh},
            url_hash__in=telling,
            source__newsroom=source.newsroom,
        )
        .exclude(source=source)
        .values_list("publisher_id", "url_hash", "title", "source__name")
    }
    kept = []
    for each in fresh:
        name = elsewhere.get((each.publisher.pk, each.url_hash, headline(each.entry.title)))
        if name is None:
            kept.append(each)
        else:
            skipped[f"already known from {name}"] += 1
    return kept


def _no_headline(title: str) -> str:
    return ""


def _changed(
    candidates: dict[str, _Candidate],
    known: dict[str, Article],
    source: Source,
    skipped: Counter[str],
) -> dict[int, _Candidate]:
    """Return the changed ones by the article's id; count the others."""
    changed: dict[int, _Candidate] = {}
    for identity, article in known.items():
        if not _is_changed(candidates[identity], article, source):
            skipped[KNOWN] += 1
        elif article.version >= MAX_VERSIONS:
            skipped[CHANGES_TOO_OFTEN] += 1
        else:
            changed[article.pk] = candidates[identity]
    return changed


def _is_changed(candidate: _Candidate, article: Article, source: Source) -> bool:
    """Tell whether an entry says something else than the article that we have of it.

    A search reads a page a little differently at each look, with its clock and its banners:
    there it counts only when it has the page of which it had a snippet.
    """
    if candidate.content_hash == article.content_hash:
        return False
    if not source.is_search:
        return True
    had: int = article.text_length  # type: ignore[attr-defined] # annotated
    return len(candidate.text) > 2 * had


def _create(fresh: list[_Candidate], source: Source, *, language: str, now: datetime) -> list[int]:
    # Documents list the newest first; oldest first, newer articles get higher ids.
    articles = [
        Article(
            source=source,
            publisher=each.publisher,
            identity=each.identity,
            language=primary_language(each.entry.language or language),
            published_at=min(each.entry.published_at or now, now),
            published_raw=each.entry.published_raw,
            first_seen_at=now,
            **_content(each, now=now),
        )
        for each in reversed(fresh)
    ]
    Article.objects.bulk_create(articles, ignore_conflicts=True)
    # With ignore_conflicts PostgreSQL does not tell the ids.
    identities = [each.identity for each in fresh]
    return list(
        Article.objects.filter(source=source, identity__in=identities)
        .order_by("pk")
        .values_list("pk", flat=True)
    )


def _update(changed: dict[int, _Candidate], *, now: datetime) -> list[int]:
    """Give changed articles their new text, and keep the old one as a version."""
    # Locked in the order in which every step locks articles, so that none waits in a circle.
    articles = list(Article.objects.filter(pk__in=changed).order_by("pk").select_for_update())
    ArticleVersion.objects.bulk_create(
        ArticleVersion(
            article=article,
            number=article.version,
            title=article.title,
            text=article.text,
            content_hash=article.content_hash,
            replaced_at=now,
        )
        for article in articles
    )
    for article in articles:
        for name, value in _content(changed[article.pk], now=now).items():
            setattr(article, name, value)
        article.version += 1
        article.attempts, article.leased_until, article.last_error = 0, None, ""
    Article.objects.bulk_update(articles, _CONTENT_FIELDS)
    return [article.pk for article in articles]


def _content(candidate: _Candidate, *, now: datetime) -> dict[str, Any]:
    return {
        "title": candidate.entry.title,
        "text": candidate.text,
        "url": candidate.url,
        "url_hash": candidate.url_hash,
        "author": one_line(candidate.entry.author, max_chars=200),
        "content_hash": candidate.content_hash,
        "updated_at": now,
        "state": Article.State.NEW,
        "not_before": now,
    }
