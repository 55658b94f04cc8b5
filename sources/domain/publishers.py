"""Who stands behind a source: registrable domains and readable names."""

from __future__ import annotations

import ipaddress
import re
from collections import Counter
from collections.abc import Collection, Iterable
from functools import lru_cache
from urllib.parse import urlsplit

from publicsuffixlist import PublicSuffixList

MAX_NAME_CHARS = 200

SHARED_HOSTS = frozenset(
    {
        "feedburner.com",
        "feedproxy.google.com",
        "feeds.feedblitz.com",
        "feedpress.me",
        "rss.app",
    }
)
"""Hosts, and all below them, where anybody may open a feed: its links only claim whose it is."""

FEED_HOSTS = SHARED_HOSTS | {
    # Of one house each, whose sites have other names.
    "feeds.bbci.co.uk",
    "feeds.a.dj.com",
    "feeds.skynews.com",
}
"""Hosts, and all below them, that serve other sites' feeds: there the links say whose one is."""

# One newsroom under several names, by what their own pages say of themselves: sites that send
# readers to and fro by country, and names for short links. Owners are not families: two papers
# of one company are two voices until an editor says otherwise.
_FAMILIES = {
    "ap.org": "apnews.com",
    "bbc.com": "bbc.co.uk",
    "bbci.co.uk": "bbc.co.uk",
    "dailymail.com": "dailymail.co.uk",
    "dw.de": "dw.com",
    "guardian.co.uk": "theguardian.com",
    "nyt.com": "nytimes.com",
    "nyti.ms": "nytimes.com",
    "skynews.com": "sky.com",
    "the-independent.com": "independent.co.uk",
    "thetimes.com": "thetimes.co.uk",
    "wapo.st": "washingtonpost.com",
}

# Parts of a feed's title that say what the feed is, not whose it is.
_BOILERPLATE = re.compile(
    r"(?:(?:all|latest|top|main|breaking|recent|most|read|popular|current|world|home|front|page"
    r"|news|stories|story|headlines|headline|articles|article|posts|updates|rss|feed|feeds|atom"
    r"|xml|homepage|site|full|text|section|category|archive|archives|the|from|a|und|and|&|of)"
    r"(?:\s+|$))+\Z",
    re.IGNORECASE,
)
# A title often ends in what kind of feed it is, without any separator.
_TAIL = re.compile(
    r"(?:\s+(?:(?:top|latest|breaking)\s+(?:news|stories|headlines)|headlines"
    r"|(?:rss|news|atom)\s+feed|rss|feed))+\Z",
    re.IGNORECASE,
)
_SEPARATORS = re.compile(r"\s+[-–—|/>»›«:·•]+\s+|:\s+|\s*[|»›>]\s*")
_PLAIN_HOST = re.compile(r"https?://([a-z0-9-]+(?:\.[a-z0-9-]+)+)(?:/|\Z)")
_WORD = re.compile(r"[^\W_]+")


@lru_cache(maxsize=1)
def _suffixes() -> PublicSuffixList:
    return PublicSuffixList(only_icann=False)  # the list is shipped with the package


@lru_cache(maxsize=4096)
def _domain_of_host(host: str) -> str | None:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        domain: str | None = _suffixes().privatesuffix(host)
        return domain if domain and not _is_reserved(domain) else None
    return None


def _is_reserved(domain: str) -> bool:
    """Say whether a name can never be a publisher's (RFC 6761, RFC 6762)."""
    return domain.rpartition(".")[2] in {"localhost", "local", "internal", "invalid", "onion"}


@lru_cache(maxsize=4096)
def is_top_level(label: str) -> bool:
    """Tell whether names are registered under a label, in whatever case: "com", "UK", "рф"."""
    return _suffixes().publicsuffix(label.lower(), accept_unknown=False) is not None


def registrable_domain(url: str) -> str | None:
    """Return the domain that somebody registered, such as "bbc.co.uk".

    None for addresses, for names of this machine or network, and for what is no URL.
    """
    host = _host_of(url)
    return _domain_of_host(host) if host else None


def _host_of(url: str) -> str:
    # Most addresses come in their normal form, and urlsplit costs ten times as much.
    if plain := _PLAIN_HOST.match(url):
        return plain[1]
    try:
        host = urlsplit(url).hostname
    except ValueError:
        return ""
    return (host or "").lower().rstrip(".")


def commonest_domain(urls: Iterable[str]) -> str | None:
    """Return the registrable domain of most of the addresses, the first of equals."""
    domains = Counter(domain for url in urls if (domain := registrable_domain(url)))
    return max(domains, key=lambda domain: domains[domain], default=None)


def family_of(domain: str) -> str:
    """Return the family of a new publisher: its domain, or that by which its newsroom is known."""
    return _FAMILIES.get(domain, domain)


def is_feed_host(url: str) -> bool:
    """Tell whether an address is at one of the hosts that serve other sites' feeds."""
    return _is_at(url, FEED_HOSTS)


def is_shared_host(url: str) -> bool:
    """Tell whether an address is where anybody may open a feed and link to whom he likes."""
    return _is_at(url, SHARED_HOSTS)


def _is_at(url: str, hosts: Collection[str]) -> bool:
    labels = _host_of(url).split(".")
    return any(".".join(labels[first:]) in hosts for first in range(len(labels)))


def may_speak_for(domain: str, *, address: str, feeds: Iterable[str]) -> bool:
    """Tell whether a feed is taken for one of the site to which its links lead.

    At a shared host that is a mere claim. It is believed while nothing speaks against it; a
    publisher that has a feed under its own name is known by that, and only an editor says that
    the other is its feed too.

    address: of the feed
    feeds:   addresses of the feeds that the publisher has
    """
    has_own = any(registrable_domain(feed) == domain for feed in feeds if feed != address)
    return not (has_own and is_shared_host(address))


def is_of_this_house(url: str) -> bool:
    """Tell whether an address is on this machine or network, where nobody else can serve it."""
    host = _host_of(url)
    try:
        return not ipaddress.ip_address(host).is_global
    except ValueError:
        return bool(host) and ("." not in host or _is_reserved(host))


def leads_elsewhere(urls: Iterable[str], *, own: Collection[str]) -> str:
    """Return the site to which most go, if most addresses are of others than `own`; else ""."""
    domains = [domain for url in urls if (domain := registrable_domain(url))]
    others = Counter(domain for domain in domains if domain not in own)
    if 2 * others.total() <= len(domains):
        return ""
    return max(others, key=lambda domain: others[domain])


def publisher_name(feed_title: str, domain: str) -> str:
    """Return how readers know a publisher, from the title of one of its feeds.

    The part of the title that resembles the domain, without what only describes the feed; the
    domain itself where no part does ("Local news" of example.com is no name).
    """
    label = domain.partition(".")[0].replace("-", "").lower()
    for part in _parts(feed_title):
        exact = _spelled_out(part, label)
        if exact:
            return exact[:MAX_NAME_CHARS]
        if _resembles(part, label, domain):
            return _TAIL.sub("", part)[:MAX_NAME_CHARS]
    return domain[:MAX_NAME_CHARS]


def _parts(title: str) -> list[str]:
    parts = (part.strip(" -–—|/>»:") for part in _SEPARATORS.split(title))
    return [part for part in parts if part and not _BOILERPLATE.match(part)]


def _spelled_out(part: str, label: str) -> str:
    """Return the words of a title that, written together, are the domain's label.

    Two words at least: one alone may be half of a name ("BBC" of "BBC News").
    """
    found = list(_WORD.finditer(part))
    for first in range(len(found)):
        joined = ""
        for last in range(first, min(first + 8, len(found))):
            joined += found[last][0].lower()
            if joined == label and last > first:
                has_article = first > 0 and found[first - 1][0].lower() == "the"
                start = found[first - 1 if has_article else first].start()
                return part[start : found[last].end()]
    return ""


def _resembles(part: str, label: str, domain: str) -> bool:
    words = [word.lower() for word in _WORD.findall(part)]
    initials = "".join(word[0] for word in words)
    return (
        domain in part.lower()
        or (len(initials) >= 3 and (initials in label or label in initials))
        or any(len(word) >= 3 and (word in label or label in word) for word in words)
    )
