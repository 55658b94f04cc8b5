"""Where the feeds of a site may be, and which of those that were found are worth most. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import IntEnum
from urllib.parse import urlsplit, urlunsplit

from sources.domain.adding import address_key, feed_address
from sources.domain.entry import Feed
from sources.domain.site_patterns import feeds_by_pattern
from sources.domain.urls import web_url

MAX_PASTED_CHARS = 5_000
MAX_HEADLINES = 3
MAX_TITLE_CHARS = 200

# What surrounds an address in a letter or a document.
_AROUND = "<>\"'`«»“”„‘’()[]{},;|*"
_SCHEME = re.compile(r"(?:(?:feed|https?):/{0,2})*(https?)(?::/{0,3}|//)", re.IGNORECASE)
_FEED_SCHEME = re.compile(r"(?:feed|rss|itpc|pcast|podcast):(?://)?", re.IGNORECASE)
_IN_TEXT = re.compile(r"(?:feed:(?://)?)?https?://[^\s<>\"“”«»]+", re.IGNORECASE)
_HOST_LIKE = re.compile(
    r"(?:[^\W_](?:[\w-]{0,61}[^\W_])?\.)+[^\W\d_](?:[\w-]{0,61}[^\W_])\.?(?::\d{1,5})?(?:[/?#].*)?\Z",
    re.DOTALL,
)
_LOCAL_LIKE = re.compile(
    r"(?:localhost|\d{1,3}(?:\.\d{1,3}){3}|\[[0-9a-f:.]+\])(?::\d{1,5})?(?:[/?#].*)?\Z",
    re.I | re.DOTALL,
)
_FEDIVERSE = re.compile(r"@?([\w.-]{1,100})@((?:[\w-]{1,63}\.)+[a-z]{2,63})\Z", re.IGNORECASE)
_BLUESKY = re.compile(r"@((?:[\w-]{1,63}\.)+[a-z]{2,63})\Z", re.IGNORECASE)
_SUBREDDIT = re.compile(r"/?(r|u|user)/([\w+-]{1,100})/?\Z")

# Below the page's own folder and at the root of its site, likeliest first. By how often sites
# and their software use them: WordPress, hand-made and static sites, Jekyll, Hugo, Atom, Ghost,
# Blogger, JSON Feed, old WordPress, Discourse, phpBB.
_USUAL = (
    "feed",
    "rss.xml",
    "feed.xml",
    "atom.xml",
    "index.xml",
    "rss",
    "feeds/posts/default",
    "feed.json",
    "?feed=rss2",
    "rss/index.xml",
    "index.rss",
    "feed.rss",
    "feed.atom",
    "feeds",
    "latest.rss",
    "blog/feed",
    "news/rss.xml",
    "feed.php",
)
_RECENT_CHANGES = "index.php?title=Special:RecentChanges&feed=atom"
# What comes first where the page says what it was made with: below the site's root, unless a
# leading "./" says below the page's own folder.
_BY_SOFTWARE = {
    "blogger": ("feeds/posts/default",),
    "discourse": ("latest.rss", "posts.rss"),
    "dokuwiki": ("feed.php",),
    "drupal": ("rss.xml",),
    "gatsby": ("rss.xml", "feed.xml"),
    "ghost": ("rss/",),
    "hexo": ("atom.xml", "rss2.xml"),
    "hugo": ("./index.xml", "index.xml"),
    "jekyll": ("feed.xml",),
    "joomla": ("./?format=feed&type=rss",),
    "mediawiki": (_RECENT_CHANGES, f"w/{_RECENT_CHANGES}"),
    "nodebb": ("recent.rss",),
    "peertube": ("feeds/videos.xml",),
    "phpbb": ("app.php/feed", "feed.php"),
    "plone": ("./RSS",),
    "publii": ("feed.xml",),
    "shopify": ("blogs/news.atom",),
    "squarespace": ("./?format=rss", "blog?format=rss"),
    "textpattern": ("rss/",),
    "vbulletin": ("external.php?type=RSS2",),
    "wix": ("blog-feed.xml",),
    "wordpress": ("./feed/", "feed/"),
    "writefreely": ("./feed/",),
    "xenforo": ("./index.rss", "forums/-/index.rss"),
    "zola": ("atom.xml", "rss.xml"),
}

_COMMENTS = re.compile(
    r"\b(?:comments? (?:for|on|to)|comments feed|all comments|kommentare?|commentaires|comentarios"
    r"|commenti|reacties|komentarze)\b",
    re.IGNORECASE,
)
_COMMENTS_ADDRESS = re.compile(
    r"/comments?(?:/|\.|\Z|\?)|[?&]feed=comments|/feeds/comments/", re.IGNORECASE
)
_LOOKS_LIKE_FEED = re.compile(
    r"(?:^|[/._?&=-])(?:rss|rdf|atom|feeds?|xml)(?:2(?:\.0)?|\d?)(?:$|[/._?&=-])|\bfeedburner\b"
    r"|feed\.json(?:$|\?)|format=(?:feed|rss|atom)",
    re.IGNORECASE,
)
_NO_FEED = re.compile(
    r"\.(?:avif|css|gif|ico|jpe?g|js|m4a|mov|mp[34]|pdf|png|svg|webp|woff2?|zip)(?:\?|\Z)"
    r"|/(?:sitemap|opensearch|osd|wlwmanifest|xmlrpc)[\w.-]*|[?&]rsd\b|/oembed\b|/wp-json/(?!feed)",
    re.IGNORECASE,
)
_XML_COMMENT = re.compile(rb"<!--.*?-->", re.DOTALL)
_HOST = re.compile(r"(?:https?:)?//([^/?#:]{1,253})", re.IGNORECASE)
_ADDERS = re.compile(
    r"(?:^|\.)(?:feedly\.com|inoreader\.com|netvibes\.com|newsblur\.com|theoldreader\.com"
    r"|add\.my\.yahoo\.com|fusion\.google\.com|bloglines\.com|follow\.it|subtome\.com)\Z"
)


@dataclass(frozen=True, slots=True)
class Link:
    """Where a page points, and what it calls it."""

    url: str
    title: str = ""


@dataclass(slots=True)
class PageLinks:
    """What a page says of feeds."""

    title: str = ""
    """Of the site, or else of the page."""
    software: str = ""
    """What the page was made with."""
    canonical: str = ""
    """The page's own name for itself, such as a channel's address."""
    refresh: str = ""
    """Where the page sends its reader on."""
    named: list[Link] = field(default_factory=list)
    """Feeds that the page declares, in its order."""
    linked: list[Link] = field(default_factory=list)
    """Links that look as if they led to feeds, likeliest first."""


class Origin(IntEnum):
    """How we came upon a feed, surest first."""

    ITSELF = 0
    NAMED = 1
    FRONT = 2
    PATTERN = 3
    LINKED = 4
    USUAL = 5


@dataclass(frozen=True, slots=True)
class Guess:
    """An address where a feed may be."""

    url: str
    origin: Origin
    site: str = ""
    """Whose known pattern it is."""

    @property
    def where(self) -> str:
        """Say where it was found, as a phrase for an editor."""
        phrases = {
            Origin.ITSELF: "it is a feed itself",
            Origin.NAMED: "named by the page",
            Origin.FRONT: "named by the site's front page",
            Origin.PATTERN: f"known pattern of {self.site}",
            Origin.LINKED: "linked from the page",
            Origin.USUAL: "usual path",
        }
        return phrases[self.origin]


@dataclass(frozen=True, slots=True)
class FoundFeed:
    """A feed that was asked for and read."""

    url: str
    guess: Guess
    feed: Feed
    format: str
    """Such as “Atom”, for people."""
    newest_at: datetime | None = None
    site: str = ""
    """What the page that led to it calls itself."""

    @property
    def where(self) -> str:
        return self.guess.where

    @property
    def title(self) -> str:
        return self.feed.title or self.site or urlsplit(self.url).hostname or ""

    @property
    def headlines(self) -> tuple[str, ...]:
        titles = (entry.title for entry in self.feed.entries)
        return tuple(title for title in titles if title)[:MAX_HEADLINES]

    @property
    def is_comments(self) -> bool:
        """Whether it holds what readers say and not what the site says."""
        return bool(_COMMENTS.search(self.feed.title) or _COMMENTS_ADDRESS.search(self.url))


# --- What people paste -----------------------------------------------------------------------


def addresses_of(pasted: str) -> tuple[str, ...]:
    """Return the addresses that a pasted text may mean, likeliest first; none if it names none.

    Without a scheme it is https, then http. What is written as http may have moved to https by
    now; what is written as https is never asked in the clear.
    """
    text = " ".join(pasted[:MAX_PASTED_CHARS].replace("\ufeff", "").replace("\u200b", "").split())
    in_text = _IN_TEXT.search(text)
    if in_text:
        return _checked(_written_out(_with_scheme(_trimmed(in_text[0]))))
    text = text.strip(_AROUND + " ").replace("&amp;", "&")
    for reading in (_by_name, _without_scheme):
        addresses = reading(text)
        if addresses:
            return _checked(addresses)
    # The address may stand among other words.
    words = (_trimmed(word) for word in text.split(" "))
    return _checked(next(filter(None, map(_without_scheme, words)), []))


def feed_link(href: str, *, base: str) -> str:
    """Return where a page's link leads, "" if to no address; “feed:” is taken for the web."""
    href = "".join(href.split("\n")).replace("\r", "").replace("\t", "").strip()
    # Escaped once too often, as many do.
    href = href.replace("&amp;", "&")
    if _FEED_SCHEME.match(href):
        rest = _FEED_SCHEME.sub("", href, count=1)
        href = _with_scheme(rest)
    return web_url(href, base=base).partition("#")[0]


def _trimmed(address: str) -> str:
    """Take off what belongs to the sentence around an address."""
    address = address.strip(_AROUND.replace(")", "").replace("]", ""))
    while address and address[-1] in ".,;:!?)]":
        opening = {")": "(", "]": "["}.get(address[-1], "")
        if opening and address.count(opening) >= address.count(address[-1]):
            break
        address = address[:-1]
    return address.replace("&amp;", "&")


def _with_scheme(address: str) -> str:
    """Return an address with http or https, whatever it began with."""
    found = _SCHEME.match(address)
    if found:
        return f"{found[1].lower()}://{address[found.end() :].lstrip('/')}"
    return f"https://{address}"


def _written_out(address: str) -> list[str]:
    scheme, _, rest = address.partition("://")
    return [address, f"https://{rest}"] if scheme == "http" else [address]


def _without_scheme(text: str) -> list[str]:
    text = _FEED_SCHEME.sub("", text, count=1).removeprefix("//")
    if _SCHEME.match(text):
        return _written_out(_with_scheme(text))
    if " " in text.partition("/")[0] or not (_HOST_LIKE.match(text) or _LOCAL_LIKE.match(text)):
        return []
    addresses = [f"https://{text}", f"http://{text}"]
    # Some names of two parts lead nowhere but with the old three letters.
    has_two_parts = re.split(r"[/?#:]", text, maxsplit=1)[0].count(".") == 1
    return [*addresses, f"https://www.{text}"] if has_two_parts else addresses


def _by_name(text: str) -> list[str]:
    """Return what the name of somebody or something on a known network means."""
    if found := _SUBREDDIT.match(text):
        return [f"https://www.reddit.com/{found[1]}/{found[2]}/"]
    if found := _FEDIVERSE.match(text.removeprefix("acct:")):
        return [f"https://{found[2]}/@{found[1]}"] if text.startswith(("@", "acct:")) else []
    if found := _BLUESKY.match(text):
        return [f"https://bsky.app/profile/{found[1]}"]
    return []


def _checked(addresses: Iterable[str]) -> tuple[str, ...]:
    return tuple(filter(None, map(feed_address, addresses)))


# --- Where feeds may be ----------------------------------------------------------------------


def known_patterns(url: str) -> list[Guess]:
    """Return where the site of such a page is known to keep its feeds, best first."""
    return [
        Guess(address, Origin.PATTERN, site)
        for feed, site in feeds_by_pattern(url)
        if (address := feed_address(feed))
    ]


def front_page(url: str) -> str:
    """Return the address of a site's front page, "" if this is it."""
    parts = urlsplit(url)
    return _root(url) if parts.path.strip("/") or parts.query else ""


def named_guesses(links: Sequence[Link], *, origin: Origin, limit: int) -> list[Guess]:
    """Return where a page's links lead, comments last, no more than `limit`."""
    in_order = sorted(
        links,
        key=lambda link: bool(_COMMENTS.search(link.title) or _COMMENTS_ADDRESS.search(link.url)),
    )
    return [Guess(link.url, origin) for link in in_order[:limit]]


def usual_paths(url: str, *, software: str = "") -> Iterator[Guess]:
    """Yield where feeds usually are on a site, likeliest first, each address once.

    software: what the page says that it was made with, such as "WordPress 6.5"
    """
    seen = {address_key(url).removesuffix("/")}
    for address in (*_paths_of(software, url), *_usual_below(url)):
        key = address_key(address).removesuffix("/")
        if key not in seen:
            seen.add(key)
            yield Guess(address, Origin.USUAL)


def _paths_of(software: str, url: str) -> Iterator[str]:
    name = software.lower()
    folder, root = _folder(url), _root(url)
    for known in (known for known in _BY_SOFTWARE if known in name):
        for path in _BY_SOFTWARE[known]:
            yield folder + path[2:] if path.startswith("./") else root + path


def _usual_below(url: str) -> Iterator[str]:
    """Yield the usual paths: at the root; the likeliest few below the page's own folder first."""
    root, folder = _root(url), _folder(url)
    if folder != root:
        for path in _USUAL[:5]:
            yield folder + path
    for path in _USUAL:
        yield root + path


def _root(url: str) -> str:
    parts = urlsplit(url)
    return urlunsplit((parts.scheme, parts.netloc, "/", "", ""))


def _folder(url: str) -> str:
    """Return the folder that a page is in; a last part without a dot is a folder itself."""
    parts = urlsplit(url)
    above, _, last = parts.path.rpartition("/")
    path = f"{above}/" if "." in last or not last else f"{parts.path}/"
    return urlunsplit((parts.scheme, parts.netloc, path, "", ""))


def may_be_feed(href: str) -> bool:
    """Tell whether anything could be at a link: not a picture, a map of the site or an API."""
    host = _HOST.match(href)
    return not (host and _ADDERS.search(host[1].lower())) and not _NO_FEED.search(href)


def looks_like_feed(href: str, words: str = "") -> bool:
    """Tell whether a link may lead to a feed, by its address and its words.

    Buttons that add the page to some reader do not, nor do pictures, maps of the site and the like.
    """
    if not may_be_feed(href):
        return False
    parts = urlsplit(href)
    path = f"{parts.hostname or ''}{parts.path}?{parts.query}"
    return bool(
        _LOOKS_LIKE_FEED.search(path)
        or _LOOKS_LIKE_FEED.search(words.strip()[:60].replace(" ", "/"))
    )


# --- What was found --------------------------------------------------------------------------


def format_of(body: bytes) -> str:
    """Return what a document that was read as a feed is, for people."""
    beginning = body[:4_000].lstrip(b"\xef\xbb\xbf \t\r\n")
    if beginning.startswith((b"{", b"[")):
        return "JSON Feed"
    lower = _XML_COMMENT.sub(b"", beginning.replace(b"\x00", b"").lower())
    places = {
        name: place
        for name, root in (("Atom", b"<feed"), ("RSS", b"<rss"), ("RSS 1.0", b"<rdf:rdf"))
        if (place := lower.find(root)) >= 0
    }
    return min(places, key=places.__getitem__, default="RSS" if b"<channel" in lower else "feed")


def ranked(found: Sequence[FoundFeed], *, page: str) -> list[FoundFeed]:
    """Return feeds best first, and of one feed under several addresses or formats the best.

    page: where the search began; feeds of its own host come first

    What a site says comes before what its readers say, an empty feed last; then by how we came
    upon it, in the order found. Only then by format: where a page names one feed in two, the
    order is the publisher's.
    """
    site = _site(page)
    places = {id(each): place for place, each in enumerate(found)}
    in_order = sorted(
        found,
        key=lambda each: (
            not each.feed.entries,
            each.is_comments,
            each.guess.origin is Origin.LINKED and _site(each.url) != site,
            each.guess.origin,
            places[id(each)],
        ),
    )
    kept: list[FoundFeed] = []
    for each in in_order:
        if not any(_is_same(each, other) for other in kept):
            kept.append(each)
    return kept


def _site(url: str) -> str:
    return (urlsplit(url).hostname or "").removeprefix("www.")


def _is_same(one: FoundFeed, other: FoundFeed) -> bool:
    """Tell whether two addresses bring one feed: the same one, or title, site and news alike.

    The title alone does not tell: many sites call all their feeds the same.
    """
    if address_key(one.url).removesuffix("/") == address_key(other.url).removesuffix("/"):
        return True
    if one.feed.title != other.feed.title or _site(one.feed.site_url) != _site(other.feed.site_url):
        return False
    mine, theirs = _news(one.feed), _news(other.feed)
    if not mine or not theirs:
        return not mine and not theirs
    return 2 * len(mine & theirs) > min(len(mine), len(theirs))


def _news(feed: Feed) -> set[str]:
    return {address_key(entry.url) or entry.title for entry in feed.entries}
