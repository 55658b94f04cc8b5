"""Publishers: who stands behind what a feed or a search brought."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

from sources.domain.entry import Entry, Feed
from sources.domain.language import primary_language
from sources.domain.publishers import (
    commonest_domain,
    family_of,
    is_feed_host,
    is_of_this_house,
    is_shared_host,
    leads_elsewhere,
    may_speak_for,
    publisher_name,
    registrable_domain,
)
from sources.models import Publisher, Source

# Who stands behind an entry: of a feed always the same one, of a search each result's own.
Byline = Callable[[Entry], Publisher]


@dataclass(frozen=True, slots=True)
class Served:
    """A feed that a source brought, and the address where it is for good."""

    source: Source
    feed: Feed
    address: str
    """Its own, or where permanent redirects led."""


def publishers_of(served: Sequence[Served]) -> dict[int, Publisher]:
    """Return who stands behind each source, by its id; locked, and made if it is new.

    Locked: feeds of one publisher are ingested in turn. In few queries, however many.

    Whoever serves a feed has written it, whatever it links to. Its publisher is the address's
    registrable domain, unless an editor chose another or the address serves others' feeds; else
    a publisher of its own, until we know more. Never an address or this machine.
    """
    known = Publisher.objects.in_bulk([each.source.publisher_id for each in served])
    domains = {
        each.source.pk: _domain_of(each, known.get(each.source.publisher_id)) for each in served
    }
    for each in _impostors(served, domains=domains, known=known):
        publisher = known.get(each.source.publisher_id)
        domains[each.source.pk] = _domain_of_nobody(each, publisher)
    wanted: dict[str, Publisher] = {}
    for each in served:
        domain = domains[each.source.pk]
        if domain not in wanted:
            wanted[domain] = _described(domain, each)
    locked = _locked(wanted.values())
    return {pk: locked[domain] for pk, domain in domains.items()}


def byline_of(feed: Feed) -> Byline:
    """Return who stands behind each of a search's results, by registrable domain; locked.

    A result tells its publisher's domain and not its name: until one of the publisher's feeds
    does, the domain is the name.
    """
    domains = {domain for entry in feed.entries if (domain := _domain_of_entry(entry))}
    locked = _locked(Publisher(domain=each, name=each, family=family_of(each)) for each in domains)
    return lambda entry: locked[_domain_of_entry(entry)]


def note_on_links(served: Served, *, publisher: Publisher) -> str:
    """Return a sentence for an editor if most of a feed's links lead to others; else ""."""
    own = {publisher.domain, registrable_domain(served.address) or ""}
    elsewhere = leads_elsewhere((entry.url for entry in served.feed.entries), own=own)
    if not elsewhere:
        return ""
    return (
        f"Most of its links lead to other sites, such as {elsewhere}; its articles count as "
        f"those of {publisher.name}."
    )


def _domain_of(served: Served, publisher: Publisher | None) -> str:
    """Return the domain of the publisher that a source has, or is found to have."""
    if publisher is not None and not publisher.domain.endswith(".invalid"):
        return publisher.domain
    return _domain_behind(served) or _domain_of_nobody(served, publisher)


def _domain_of_nobody(served: Served, publisher: Publisher | None) -> str:
    return publisher.domain if publisher is not None else f"{served.source.slug}.invalid"


def _impostors(
    served: Sequence[Served], *, domains: Mapping[int, str], known: Mapping[int | None, Publisher]
) -> list[Served]:
    """Return the feeds that only claim to be of a publisher whose own voice we know."""
    claims = [each for each in served if is_shared_host(each.address)]
    # What an editor chose, or what was believed before there was another voice, stands.
    claims = [
        each
        for each in claims
        if (publisher := known.get(each.source.publisher_id)) is None
        or publisher.domain != domains[each.source.pk]
    ]
    if not claims:
        return []
    feeds = _feeds_of({domains[each.source.pk] for each in claims})
    return [
        each
        for each in claims
        if not may_speak_for(
            domain := domains[each.source.pk], address=each.address, feeds=feeds[domain]
        )
    ]


def _feeds_of(domains: Collection[str]) -> dict[str, list[str]]:
    """Return the addresses of the feeds that these publishers have."""
    feeds: dict[str, list[str]] = defaultdict(list)
    sources = Source.objects.filter(kind=Source.Kind.FEED, publisher__domain__in=domains)
    for domain, url in sources.values_list("publisher__domain", "url"):
        feeds[domain].append(url)
    return feeds


def _domain_behind(served: Served) -> str | None:
    """Return whose a feed is. Links say it only where others cannot serve what they like."""
    is_folder = bool(served.source.newsroom) and is_of_this_house(served.address)
    if not (is_folder or is_feed_host(served.address)):
        return registrable_domain(served.address)
    links = (entry.url for entry in served.feed.entries)
    return commonest_domain(links) or registrable_domain(served.feed.site_url)


def _described(domain: str, served: Served) -> Publisher:
    if domain.endswith(".invalid"):
        return Publisher(domain=domain, name=served.source.name, family=domain)
    return Publisher(
        domain=domain,
        name=publisher_name(served.feed.title, domain),
        family=family_of(domain),
        language=primary_language(served.feed.language),
    )


def _domain_of_entry(entry: Entry) -> str:
    return registrable_domain(entry.url) or ""


def _locked(described: Iterable[Publisher]) -> dict[str, Publisher]:
    """Return the publishers of these domains; those that are missing are made as described."""
    by_domain = {publisher.domain: publisher for publisher in described}
    locked = _lock(by_domain)
    if missing := [by_domain[domain] for domain in sorted(by_domain.keys() - locked.keys())]:
        Publisher.objects.bulk_create(missing, ignore_conflicts=True)
        # Let go of nothing: what was locked stays so, the new ones come last.
        locked |= _lock([publisher.domain for publisher in missing])
    for domain, publisher in locked.items():
        _name(publisher, by_domain[domain].name)
    return locked


def _lock(domains: Iterable[str]) -> dict[str, Publisher]:
    # In one order, so that no two workers wait for each other.
    rows = Publisher.objects.filter(domain__in=list(domains)).order_by("pk").select_for_update()
    return {publisher.domain: publisher for publisher in rows}


def _name(publisher: Publisher, name: str) -> None:
    """Give a name to a publisher met in a search before, which does not tell names."""
    if publisher.name == publisher.domain != name:
        publisher.name = name
        publisher.save(update_fields=["name"])
