"""Lists of feeds: what one says of each, folders as tags, and a list of our own as OPML 2.0."""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import chain
from xml.sax.saxutils import escape, quoteattr

from sources.domain.adding import address_key

MAX_TAG_CHARS = 40
MAX_TAGS = 20

_SCHEME = re.compile(r"[a-z][a-z0-9+.-]{0,20}:", re.IGNORECASE)
# How feed readers of old called an address that they were to open (draft-obasanjo-feed-uri).
_FEED_SCHEME = re.compile(r"(?:feeds?|rss|itpc|pcast|podcast)(:(?://)?)(?=[^/])", re.IGNORECASE)
_HOST_AND_PORT = re.compile(r"[\w.-]{1,253}:\d{1,5}(?:[/?#]|\Z)")
_AROUND = ' "“”„<>'
_BREAKS = re.compile(r"[\t\r\n]+")
_NOT_IN_SLUG = re.compile(r"[^a-z0-9_]+")
# XML 1.0 §2.2: no reference can stand for these either.
_NOT_IN_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")

# Letters that do not come apart into one of a to z and its mark, and how we spell them.
_LETTERS = (
    "æ ae œ oe ø o ł l đ d ð d þ th ı i "
    "а a б b в v г g ґ g д d ђ dj е e є ie ж zh з z и i і i ј j к k л l љ lj м m н n њ nj о o п p "
    "р r с s т t ћ c у u ф f х kh ц ts ч ch џ dz ш sh щ shch ы y э e ю yu я ya "
    "α a β v γ g δ d ε e ζ z η i θ th ι i κ k λ l μ m ν n ξ x ο o π p ρ r σ s τ t υ y φ f χ ch "
    "ψ ps ω o"
)
_PAIRS = iter(_LETTERS.split())
_SPELLED = str.maketrans(dict(zip(_PAIRS, _PAIRS, strict=True)) | {"ъ": "", "ь": ""})


@dataclass(frozen=True, slots=True)
class Outline:
    """A feed as a list names it; nothing of it need be true."""

    url: str
    name: str = ""
    site_url: str = ""
    language: str = ""
    folders: tuple[str, ...] = ()
    """In which it lies, the outermost first; names as people write them."""
    categories: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Outlines:
    """A list of feeds, read."""

    title: str = ""
    feeds: tuple[Outline, ...] = ()
    """In the order of the file, which may name one twice."""
    notes: tuple[str, ...] = ()
    """What was wrong with the file, in sentences."""


@dataclass(frozen=True, slots=True)
class OurFeed:
    """A feed of ours, as we hand it on."""

    url: str
    name: str
    site_url: str = ""
    language: str = ""
    tags: tuple[str, ...] = ()


# --- Addresses ----------------------------------------------------------------------
def asked_address(written: str) -> str:
    """Return the address that a list means by what it says, be it "feed://…" or "www.…"."""
    address = _BREAKS.sub("", written).strip(_AROUND)
    # Escaped once too often, as many are.
    address = address.replace("&amp;", "&")
    if inner := _FEED_SCHEME.match(address):
        rest = address[inner.end() :]
        address = (
            rest if _SCHEME.match(rest) and not _HOST_AND_PORT.match(rest) else f"http://{rest}"
        )
    if address.startswith("//"):
        return f"https:{address}"
    if _SCHEME.match(address) and not _HOST_AND_PORT.match(address):
        return address
    return f"https://{address}" if "." in address.partition("/")[0] else address


# --- Folders ------------------------------------------------------------------------
def tag_of(name: str) -> str:
    """Return a folder's name as a tag, "" for a name without any letter or digit.

    A name in a script that we cannot spell in a to z gets a tag made of its hash, always the
    same: its feeds stay together, and an editor gives them a better tag.
    """
    bare = _bare(name)
    if not _is_spelled(bare):
        return f"folder-{hashlib.sha256(bare.encode()).hexdigest()[:8]}"
    return _NOT_IN_SLUG.sub("-", bare)[:MAX_TAG_CHARS].strip("-_")


def _bare(name: str) -> str:
    """Return a name in small letters without marks, in a to z where we can."""
    apart = unicodedata.normalize("NFKD", name.casefold())
    bare = "".join(char for char in apart if not unicodedata.combining(char))
    return bare.casefold().translate(_SPELLED)


def _is_spelled(bare: str) -> bool:
    return not any(char.isalnum() and not char.isascii() for char in bare)


def tags_of(feed: Outline) -> tuple[str, ...]:
    """Return a feed's tags: its categories, then its folders, each once."""
    tags = map(tag_of, chain(feed.categories, feed.folders))
    return tuple(dict.fromkeys(filter(None, tags)))[:MAX_TAGS]


def unspelled(feeds: Iterable[Outline]) -> dict[str, str]:
    """Return the folders whose tags do not say what they were called, with these tags."""
    names = dict.fromkeys(name for feed in feeds for name in (*feed.categories, *feed.folders))
    return {
        name: tag_of(name) for name in names if not tag_of(name) or not _is_spelled(_bare(name))
    }


# --- The same feed twice ------------------------------------------------------------
def firsts(urls: Sequence[str]) -> list[int]:
    """Return, for each address, the place of the first one that is the same feed."""
    seen: dict[str, int] = {}
    return [
        seen.setdefault(address_key(url) or url.strip(), place) for place, url in enumerate(urls)
    ]


def merged(feeds: Sequence[Outline], first: Sequence[int]) -> list[Outline]:
    """Return the feeds, the first of several that are the same one with all their folders.

    first: what `firsts` says of them
    """
    folders: dict[int, list[tuple[str, ...]]] = {}
    categories: dict[int, list[tuple[str, ...]]] = {}
    for feed, place in zip(feeds, first, strict=True):
        folders.setdefault(place, []).append(feed.folders)
        categories.setdefault(place, []).append(feed.categories)
    return [
        replace(
            feed,
            folders=tuple(dict.fromkeys(chain(*folders[place]))),
            categories=tuple(dict.fromkeys(chain(*categories[place]))),
        )
        if place in folders
        else feed
        for place, feed in enumerate(feeds)
    ]


# --- Our own list -------------------------------------------------------------------
def written(feeds: Iterable[OurFeed], *, title: str) -> str:
    """Return our feeds as OPML 2.0.

    Each stands in the folder of its first tag, for readers that know folders alone, and names
    all its tags as categories: read again, it has the same ones in the same order.
    """
    shelves: dict[str, list[OurFeed]] = {}
    for feed in feeds:
        shelves.setdefault(feed.tags[0] if feed.tags else "", []).append(feed)
    lines = ['<?xml version="1.0" encoding="UTF-8"?>', '<opml version="2.0">', "  <head>"]
    lines += [f"    <title>{_escaped(title)}</title>", "  </head>", "  <body>"]
    for tag in sorted(shelves, key=lambda tag: (not tag, tag)):
        entries = [_line(feed) for feed in shelves[tag]]
        if tag:
            name = _quoted(tag)
            lines.append(f"    <outline text={name} title={name}>")
            lines += [f"      {entry}" for entry in entries]
            lines.append("    </outline>")
        else:
            lines += [f"    {entry}" for entry in entries]
    return "\n".join([*lines, "  </body>", "</opml>", ""])


def _line(feed: OurFeed) -> str:
    name = feed.name or feed.url
    attributes = {
        "type": "rss",
        "text": name,
        "title": name,
        "xmlUrl": feed.url,
        "htmlUrl": feed.site_url,
        "language": feed.language,
        "category": ",".join(feed.tags),
    }
    pairs = (f"{name}={_quoted(value)}" for name, value in attributes.items() if value)
    return f"<outline {' '.join(pairs)}/>"


def _quoted(text: str) -> str:
    return quoteattr(_NOT_IN_XML.sub("", text))


def _escaped(text: str) -> str:
    return escape(_NOT_IN_XML.sub("", text))
