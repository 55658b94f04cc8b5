"""The names of a feed's elements, whatever their namespaces are spelled like."""

from __future__ import annotations

import re
from typing import Any

_FAMILIES = {
    "": (
        "purl.org/rss/1.0 purl.org/net/rss1.1 my.netscape.com/rdf/simple/0.9"
        " channel.netscape.com/rdf/simple/0.9 my.netscape.com/publish/formats/rss-0.91.dtd"
        " backend.userland.com/rss backend.userland.com/rss2"
        " backend.userland.com/blogchannelmodule"
        " blogs.law.harvard.edu/tech/rss cyber.law.harvard.edu/rss rssboard.org/rss-specification"
    ),
    "atom:": (
        "www.w3.org/2005/atom purl.org/atom/ns purl.org/atom example.com/newformat purl.org/echo"
        " example.com/necho purl.org/pie w3.org/2005/atom"
    ),
    "content:": "purl.org/rss/1.0/modules/content",
    "dc:": "purl.org/dc/elements/1.1 purl.org/dc/elements/1.0 purl.org/dc",
    "dcterms:": "purl.org/dc/terms",
    "slash:": "purl.org/rss/1.0/modules/slash",
    "sy:": "purl.org/rss/1.0/modules/syndication",
    "media:": (
        "search.yahoo.com/mrss video.search.yahoo.com/mrss tools.search.yahoo.com/mrss"
        " www.rssboard.org/media-rss api.maven.com/mrss search.yahoo.com/searchmonkey/media"
    ),
    "itunes:": "www.itunes.com/dtds/podcast-1.0.dtd example.com/dtds/podcast-1.0.dtd",
    "feedburner:": "rssnamespace.org/feedburner/ext/1.0",
    "pheedo:": "www.pheedo.com/namespace/pheedo",
    "xhtml:": "www.w3.org/1999/xhtml www.w3.org/1999/xhtm",
    "rdf:": "www.w3.org/1999/02/22-rdf-syntax-ns",
}
_FAMILY_OF = {name: family for family, names in _FAMILIES.items() for name in names.split()}
_SCHEME_AND_END = re.compile(r"\A\s*https?:/{0,3}|[/#?\s]+\Z")
_PREFIXES = {family.rstrip(":"): family for family in _FAMILIES if family} | {
    "rss": "",
    "atom10": "atom:",
    "atom03": "atom:",
    "a10": "atom:",
    "dcterm": "dcterms:",
}
_FOREIGN = "?"
MAX_NAMES = 5_000


class Names(dict[str, str]):
    """Short names of one document's tags: a family's usual prefix and the name, in lower case.

    Elements in no namespace, or in one that nobody knows, count as RSS's, in a feed as Atom's.
    """

    def __init__(self, *, bare: str) -> None:
        super().__init__()
        self._bare = bare

    def of(self, element: Any) -> str:
        """Return an element's short name; a foreign one begins with "?"."""
        tag = element.tag
        name = self.get(tag)
        if name is None:
            name = _short_name(tag, element.prefix, bare=self._bare)
            if len(self) < MAX_NAMES:
                self[tag] = name
        return name


def names_in(root: Any) -> Names:
    """Return the names for the document of this root."""
    name = _short_name(root.tag, root.prefix, bare="")
    is_atom = name in {"feed", "entry", "atom:feed", "atom:entry"}
    return Names(bare="atom:" if is_atom else "")


def _short_name(tag: str, prefix: str | None, *, bare: str) -> str:
    namespace, _, local = tag[1:].partition("}") if tag.startswith("{") else ("", "", tag)
    local = local.lower()
    if not namespace:
        # A prefix that is declared nowhere is still in the name.
        prefix, _, local = local.rpartition(":")
        return _by_prefix(prefix, bare=bare) + local
    family = _FAMILY_OF.get(_SCHEME_AND_END.sub("", namespace[:200]).lower())
    if family is None:
        family = _by_prefix((prefix or "").lower(), bare=bare)
    return family + local


def _by_prefix(prefix: str, *, bare: str) -> str:
    return _PREFIXES.get(prefix, _FOREIGN) if prefix else bare
