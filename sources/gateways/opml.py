"""Lists of feeds as people really keep them. Runs in the parser's child process.

OPML of every age, bookmarks, CSV, or one address on each line. Many an OPML file is no XML:
bare ampersands, quotation marks that never close, a wrong encoding, an end that is missing.
So its tags are scanned, not parsed: in one pass, with no entity ever expanded but the character
it stands for, and no depth that costs anything. What the scan could not place, a search for
`xmlUrl=` still finds.

Errors:

* WrongKind   the document is no list of feeds; the sentence says what it is
"""

from __future__ import annotations

import codecs
import csv
import re
from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field
from html import unescape

from patriot.lib.text import one_line, title_of_html
from sources.domain.outlines import Outline, Outlines, asked_address
from sources.gateways.unreadable import WrongKind

MAX_FEEDS = 20_000
MAX_URL_CHARS = 4_001
"""One more than the outbound policy allows: what is longer is refused there, not cut."""
MAX_SITE_CHARS = 2_000
MAX_NAME_CHARS = 200
MAX_FOLDERS = 10
MAX_FOLDER_CHARS = 100
MAX_CATEGORIES = 20
COLUMNS_TOLD = 10

# --- What a list may look like ------------------------------------------------------
_OUTLINE = re.compile(r"<(/?)(?:[\w.-]{1,40}:)?(outline|body)(?=[\s/>\"'])", re.IGNORECASE)
_ATTRIBUTE = re.compile(r"\s*+([^\s=<>/\"']++)\s*+=\s*+(?:\"([^\"]*+)\"|'([^']*+)'|([^\s<>\"']++))")
_JUNK = re.compile(r"\s++|[^\s=<>/\"']++|.", re.DOTALL)
_REFERENCE = re.compile(r"&(?:#\d{1,7}|#[xX][0-9a-fA-F]{1,6}|[A-Za-z][A-Za-z0-9]{1,31});")
_LOST = re.compile(
    r"\bxml_?url\s{0,9}=\s{0,9}(?:\"([^\"<>]{1,4000})\"|'([^'<>]{1,4000})'|([^\s\"'<>]{1,4000}))"
    r"|<xmlurl>\s{0,99}([^\s<>]{1,4000})",
    re.IGNORECASE,
)
# A value that ran into the next attribute, or into the next outline: its quote never closed.
_RAN_ON = re.compile(r"\s([\w:.-]{1,40})\s{0,9}=\s{0,9}\Z")
_AFTER_VALUE = frozenset({"", " ", "\t", "\r", "\n", "/", ">"})
_NEXT_OUTLINE = re.compile(r"<(?:[\w.-]{1,40}:)?outline\b", re.IGNORECASE)
_TITLE = re.compile(r"<title\b[^<>]{0,200}>([^<]{1,1000})</title", re.IGNORECASE)
_BOOKMARK = re.compile(r"<(/?)(a|h[2-6]|dl)(?=[\s/>])", re.IGNORECASE)
_FEED_ROOT = re.compile(r"<(?:\w{1,20}:)?(rss|feed|rdf)\b", re.IGNORECASE)
_ADDRESS = re.compile(
    r"(?:[a-z]{3,8}:)?//[^\s\"'<>]{1,4000}|feed:[^\s\"'<>]{1,4000}", re.IGNORECASE
)
_BARE_ADDRESS = re.compile(r"(?:[\w-]{1,63}\.){1,8}[^\W\d_]{2,24}(?::\d{1,5})?(?:/[^\s\"'<>]*)?\Z")
_ORNAMENT = " \t-*:[](){}<>\"'|,;"
_IN_QUOTES = re.compile(r'"([^"]{1,200})"')

_DECLARED = re.compile(rb"encoding\s{0,9}=\s{0,9}[\"']([\w.:-]{1,40})[\"']", re.IGNORECASE)
_KNOWN_ENCODING = re.compile(
    r"(?:iso-?8859|latin|windows-|cp-?\d|koi8|gb|hz|big5|euc|shift|sjis|iso-?2022|mac|tis)",
    re.IGNORECASE,
)

FEED_ATTRIBUTES = ("xmlurl", "xml_url", "feedurl", "rssurl", "atomurl")
# Outlines whose `url` leads to a page, a sound or another list (OPML 2.0, "include", "link").
NO_FEED_TYPES = frozenset({"link", "include", "song", "audio", "video", "image", "blogpost"})

# How people call the columns of a table.
COLUMNS = {
    "url": (
        *("xmlurl", "feedurl", "feed url", "feed address", "rss url", "rss", "feed", "feeds"),
        *("atom", "url", "address", "source url", "link", "source"),
    ),
    "name": ("name", "title", "text", "publisher", "outlet", "label", "source"),
    "site": ("htmlurl", "site url", "site", "website", "homepage", "home"),
    "tags": ("tags", "tag", "categories", "category", "folder", "folders", "group", "topics"),
    "language": ("language", "lang"),
}


@dataclass(slots=True)
class Found:
    """What has been found so far."""

    feeds: list[Outline] = field(default_factory=list)
    left_out: Counter[tuple[str, str]] = field(default_factory=Counter)
    notes: list[str] = field(default_factory=list)
    title: str = ""

    @property
    def is_full(self) -> bool:
        return len(self.feeds) >= MAX_FEEDS


LISTS = ("link to another list or page", "links to other lists or pages")
SITES = ("site without a feed", "sites without a feed")


def serve(body: bytes) -> Outlines:
    """Read a list for the parser's child."""
    return read_outlines(body)


def read_outlines(body: bytes) -> Outlines:
    """Read a list of feeds of any of these kinds. Raises WrongKind."""
    text = _decoded(body)
    if not text.strip():
        raise WrongKind("The file is empty.")
    found = Found()
    _read(text, found)
    if not found.feeds:
        raise WrongKind(" ".join(["The file names no feed.", *_told(found)]))
    return Outlines(title=found.title, feeds=tuple(found.feeds), notes=tuple(_told(found)))


def _read(text: str, found: Found) -> None:
    beginning = text[:3_000].lower()
    is_markup = text.lstrip()[:1] == "<"
    if _OUTLINE.search(text) or _LOST.search(text):
        _read_opml(_without_comments(text), found)
    elif "&lt;outline" in text[:100_000].lower():  # copied from a page that showed it
        _read_opml(unescape(text), found)
    elif "netscape-bookmark" in beginning or (is_markup and "<dl" in beginning):
        _read_bookmarks(_without_comments(text), found)
    elif is_markup and (root := _FEED_ROOT.search(beginning)):
        raise WrongKind(f"This is a feed itself (<{root[1]}>), not a list of feeds.")
    elif is_markup and "<opml" not in beginning:
        raise WrongKind("This is a page or another document, not a list of feeds.")
    elif not is_markup:
        _read_lines(text, found)


def _told(found: Found) -> list[str]:
    left_out = [
        f"Left out: {count:,} {one if count == 1 else many}."
        for (one, many), count in found.left_out.items()
    ]
    full = [f"Only the first {MAX_FEEDS:,} feeds were read."] if found.is_full else []
    return [*found.notes, *full, *left_out]


# --- Encodings ----------------------------------------------------------------------
def _decoded(body: bytes) -> str:
    """Return the text, whatever its declaration says; no byte is an error."""
    for mark, encoding in (
        (codecs.BOM_UTF8, "utf-8"),
        (codecs.BOM_UTF32_LE, "utf-32-le"),
        (codecs.BOM_UTF16_LE, "utf-16-le"),
        (codecs.BOM_UTF16_BE, "utf-16-be"),
    ):
        if body.startswith(mark):
            return body[len(mark) :].decode(encoding, "patriot-windows").replace("\0", "")
    if b"\0" in body[:4]:
        encoding = "utf-16-be" if body[:1] == b"\0" else "utf-16-le"
        return body.decode(encoding, "replace").replace("\0", "")
    declared = _declared_encoding(body)
    # Stateful encodings are ASCII to look at; others that read as UTF-8 are UTF-8.
    if not declared.lower().startswith(("iso-2022", "iso2022", "hz")):
        try:
            return body.decode().replace("\0", "")
        except UnicodeDecodeError:
            pass
    if declared:
        return body.decode(declared, "replace").replace("\0", "")
    return body.decode("utf-8", "patriot-windows").replace("\0", "")


def _declared_encoding(body: bytes) -> str:
    """Return an encoding that the file declares and that can be meant; "" for none."""
    declared = _DECLARED.search(body[:1_000])
    name = declared[1].decode() if declared else ""
    if not _KNOWN_ENCODING.match(name):
        return ""
    try:
        return codecs.lookup(name).name
    except LookupError:
        return ""


def _as_windows(error: UnicodeError) -> tuple[str, int]:
    """Read the bytes that are no UTF-8 as what they most often are (WHATWG, "windows-1252")."""
    if not isinstance(error, UnicodeDecodeError):
        raise error
    return error.object[error.start : error.end].decode("cp1252", "replace"), error.end


codecs.register_error("patriot-windows", _as_windows)


def _without_comments(text: str) -> str:
    parts = []
    start = 0
    while (opening := text.find("<!--", start)) >= 0:
        closing = text.find("-->", opening + 4)
        if closing < 0:  # it never ends: what follows is worth more than the comment
            break
        parts.append(text[start:opening])
        start = closing + 3
    return "".join([*parts, text[start:]])


# --- OPML ---------------------------------------------------------------------------
def _read_opml(text: str, found: Found) -> None:
    if title := _TITLE.search(text, 0, 5_000):
        found.title = one_line(_plain(title[1]), max_chars=MAX_NAME_CHARS)
    _scan_outlines(text, found)
    _find_lost(text, found)
    if "</opml" not in text[-1_000:].lower():
        found.notes.append("The file is cut off: its last feeds may be missing.")


def _scan_outlines(text: str, found: Found) -> None:
    """Walk through the tags. Only folders add to the path of what is inside them."""
    paths: list[tuple[str, ...]] = [()]
    place = 0
    while not found.is_full and (tag := _OUTLINE.search(text, place)):
        place = tag.end()
        if tag[2].lower() == "body":
            paths = [()]
        elif tag[1]:
            if len(paths) > 1:
                paths.pop()
        else:
            attributes, place, is_closed = _attributes(text, place)
            path = _outline(attributes, paths[-1], found)
            if not is_closed:
                paths.append(path)


def _attributes(text: str, place: int) -> tuple[dict[str, str], int, bool]:
    """Read on to the end of a tag; return what it says, where it ends, and if it is closed."""
    found: dict[str, str] = {}
    while place < len(text):
        if pair := _ATTRIBUTE.match(text, place):
            value, place = _value(pair, text)
            found.setdefault(pair[1].rpartition(":")[2].lower(), value)
            continue
        if text.startswith("/>", place):
            return found, place + 2, True
        if text[place] == ">":
            return found, place + 1, False
        if text[place] == "<":
            return found, place, False
        junk = _JUNK.match(text, place)
        place = junk.end() if junk else len(text)
    return found, place, False


def _value(pair: re.Match[str], text: str) -> tuple[str, int]:
    """Return an attribute's value, and where to read on; mend a quote that never closed."""
    group = next(number for number in (2, 3, 4) if pair[number] is not None)
    value, start, end = pair[group], pair.start(group), pair.end()
    if group != 4 and (outline := _NEXT_OUTLINE.search(value)):
        kept = value[: outline.start()].rstrip(" \t\r\n/>")
        return _plain(kept), start + outline.start()
    is_odd = text[end : end + 1] not in _AFTER_VALUE and value.endswith("=")
    if is_odd and (ran_on := _RAN_ON.search(value, max(0, len(value) - 60))):
        return _plain(value[: ran_on.start()]), start + ran_on.start()
    return _plain(value), end


def _plain(value: str) -> str:
    """Decode the references of a value once; "&copy=" is part of an address, and none."""
    return _REFERENCE.sub(lambda match: unescape(match[0]), value) if "&" in value else value


def _outline(attributes: dict[str, str], path: tuple[str, ...], found: Found) -> tuple[str, ...]:
    """Keep a feed; return the path of what is inside this outline."""
    name = _name(attributes)
    url = next((attributes[key] for key in FEED_ATTRIBUTES if attributes.get(key, "").strip()), "")
    kind = attributes.get("type", "").strip().lower()
    if not url and (other := attributes.get("url", "").strip()):
        if kind in NO_FEED_TYPES:
            found.left_out[LISTS] += 1
        else:
            url = other
    if url:
        found.feeds.append(
            Outline(
                url=asked_address(url)[:MAX_URL_CHARS],
                name=name,
                site_url=attributes.get("htmlurl", "").strip()[:MAX_SITE_CHARS],
                language=attributes.get("language", "").strip()[:20],
                folders=path,
                categories=_categories(attributes.get("category", "")),
            )
        )
        return path
    if attributes.get("htmlurl", "").strip():
        found.left_out[SITES] += 1
    folder = name[:MAX_FOLDER_CHARS]
    return (*path, folder) if folder and len(path) < MAX_FOLDERS else path


def _name(attributes: dict[str, str]) -> str:
    candidates = (attributes.get(key, "") for key in ("text", "title", "name", "description"))
    names = (one_line(text, max_chars=MAX_NAME_CHARS) for text in candidates)
    return next(filter(None, names), "")


def _categories(written: str) -> tuple[str, ...]:
    """Return the names in a category attribute: "/world/europe,tag" (OPML 2.0, "category")."""
    names = re.split(r"[,/]", written[:2_000])
    clean = (one_line(name, max_chars=MAX_FOLDER_CHARS) for name in names)
    return tuple(dict.fromkeys(filter(None, clean)))[:MAX_CATEGORIES]


def _find_lost(text: str, found: Found) -> None:
    """Add the feeds that stand in no readable outline."""
    seen = {feed.url for feed in found.feeds}
    before = len(found.feeds)
    for match in _LOST.finditer(text):
        if found.is_full:
            break
        url = asked_address(_plain(next(filter(None, match.groups()), "")))[:MAX_URL_CHARS]
        if url and url not in seen:
            seen.add(url)
            found.feeds.append(Outline(url=url))
    if lost := len(found.feeds) - before:
        found.notes.append(
            f"{lost:,} {'feed stands' if lost == 1 else 'feeds stand'} in broken lines: "
            "only the address could be read."
        )


# --- Bookmarks ----------------------------------------------------------------------
def _read_bookmarks(text: str, found: Found) -> None:
    """Read a browser's bookmarks: its feeds, or if it knows none, all that it has."""
    every = list(_bookmarks(text))
    has_feeds = any(feed_url for feed_url, _, _, _ in every)
    for feed_url, href, name, path in every:
        if feed_url or not has_feeds:
            url = asked_address(feed_url or href)[:MAX_URL_CHARS]
            site = href[:MAX_SITE_CHARS] if feed_url else ""
            found.feeds.append(Outline(url=url, name=name, site_url=site, folders=path))
        else:
            found.left_out[SITES] += 1
    if every and not has_feeds:
        found.notes.append("These bookmarks do not say which of them are feeds.")


def _bookmarks(text: str) -> Iterator[tuple[str, str, str, tuple[str, ...]]]:
    """Yield feed address, page address, name and folders of each bookmark."""
    paths: list[tuple[str, ...]] = [()]
    folder = ""
    place = count = 0
    while count < MAX_FEEDS and (tag := _BOOKMARK.search(text, place)):
        attributes, place, _ = _attributes(text, tag.end())
        kind = tag[2].lower()
        if kind == "dl" and tag[1]:
            if len(paths) > 1:
                paths.pop()
        elif kind == "dl":
            is_deeper = folder and len(paths[-1]) < MAX_FOLDERS
            paths.append((*paths[-1], folder) if is_deeper else paths[-1])
            folder = ""
        elif not tag[1]:
            end = text.find("<", place)
            name = title_of_html(text[place : end if end >= 0 else place + 1_000][:1_000])
            if kind != "a":
                folder = name[:MAX_FOLDER_CHARS]
            elif href := attributes.get("feedurl") or attributes.get("href"):
                count += 1
                yield (
                    attributes.get("feedurl", ""),
                    attributes.get("href", href),
                    name[:MAX_NAME_CHARS],
                    paths[-1],
                )


# --- Tables and lines ---------------------------------------------------------------
def _read_lines(text: str, found: Found) -> None:
    lines = [line for line in text.splitlines() if line.strip()]
    if table := _header(lines[0]):
        found.notes += _told_of_columns(_cells(lines[0], table[0]), table[1].values())
        _read_table(lines, *table, found)
        return
    delimiter = _delimiter(lines[:50])
    unread = 0
    for line in lines:
        if found.is_full:
            break
        feed = _of_cells(_cells(line, delimiter)) if delimiter else _of_line(line)
        if feed:
            found.feeds.append(feed)
        elif not line.lstrip().startswith("#"):
            unread += 1
    if unread and found.feeds:
        found.notes.append(f"{unread:,} {'line' if unread == 1 else 'lines'} without an address.")


def _header(line: str) -> tuple[str, dict[str, int]] | None:
    """Return the delimiter and the columns of a table, if this line names them."""
    if _ADDRESS.search(line):
        return None
    for delimiter in ("\t", ";", ",", "|"):
        names = [cell.strip().lower().replace("_", " ") for cell in _cells(line, delimiter)[:50]]
        columns: dict[str, int] = {}
        for column, known in COLUMNS.items():
            wanted = next((name for name in known if name in names), None)
            if wanted is not None and names.index(wanted) not in columns.values():
                columns[column] = names.index(wanted)
        if "url" in columns:
            return delimiter, columns
    return None


def _told_of_columns(names: Sequence[str], read: Collection[int]) -> list[str]:
    """Say which columns of a table are left out, as the table calls them."""
    left = [one_line(name, max_chars=40) for place, name in enumerate(names) if place not in read]
    left = list(filter(None, left))
    if not left:
        return []
    more = f" and {len(left) - COLUMNS_TOLD:,} more" if len(left) > COLUMNS_TOLD else ""
    noun = "Column" if len(left) == 1 else "Columns"
    return [f"{noun} not read: {', '.join(left[:COLUMNS_TOLD])}{more}."]


def _read_table(lines: list[str], delimiter: str, columns: dict[str, int], found: Found) -> None:
    unread = 0
    for cells in _rows(lines[1:], delimiter):
        if found.is_full:
            break
        cell = {name: cells[place].strip() for name, place in columns.items() if place < len(cells)}
        if not cell.get("url"):
            unread += any(each.strip() for each in cells)
            continue
        found.feeds.append(
            Outline(
                url=asked_address(cell["url"])[:MAX_URL_CHARS],
                name=one_line(cell.get("name", ""), max_chars=MAX_NAME_CHARS),
                site_url=cell.get("site", "")[:MAX_SITE_CHARS],
                language=cell.get("language", "")[:20],
                categories=_tag_cell(cell.get("tags", "")),
            )
        )
    if unread:
        found.notes.append(f"{unread:,} {'row' if unread == 1 else 'rows'} without an address.")


def _rows(lines: Sequence[str], delimiter: str) -> Iterator[list[str]]:
    csv.field_size_limit(100_000)
    # Line ends back again: a cell in quotes may hold some.
    reader = csv.reader((f"{line}\n" for line in lines), delimiter=delimiter)
    while True:
        try:
            row = next(reader)
        except StopIteration:
            return
        except csv.Error:  # a cell without an end; the next line is another one
            continue
        yield row


def _cells(line: str, delimiter: str) -> list[str]:
    return next(_rows([line[:20_000]], delimiter), [])


def _tag_cell(text: str) -> tuple[str, ...]:
    names = (
        one_line(name, max_chars=MAX_FOLDER_CHARS) for name in re.split(r"[,;|/]", text[:2_000])
    )
    return tuple(dict.fromkeys(filter(None, names)))[:MAX_CATEGORIES]


def _delimiter(lines: Sequence[str]) -> str:
    """Return what divides the cells of a table without a header; "" for plain lines."""
    for delimiter in ("\t", ";", ","):
        widths = Counter(len(_cells(line, delimiter)) for line in lines)
        ((width, count),) = widths.most_common(1)
        if (
            width > 1
            and count * 10 >= len(lines) * 9
            and any(_is_table(x, delimiter) for x in lines)
        ):
            return delimiter
    return ""


def _is_table(line: str, delimiter: str) -> bool:
    """Tell a cell beside an address from an address that holds the delimiter."""
    address = _ADDRESS.search(line)
    return address is None or delimiter in line[: address.start()] or " " in line or '"' in line


def _of_cells(cells: Sequence[str]) -> Outline | None:
    """Read a row of a table without a header: an address, and perhaps a name."""
    texts = [cell.strip() for cell in cells]
    place = next((n for n, text in enumerate(texts) if _ADDRESS.match(text)), None)
    if place is None:
        place = next((n for n, text in enumerate(texts) if _BARE_ADDRESS.match(text)), None)
    if place is None:
        return None
    names = (text for n, text in enumerate(texts) if n != place and not _ADDRESS.match(text))
    name = one_line(next(filter(None, names), ""), max_chars=MAX_NAME_CHARS)
    return Outline(url=asked_address(texts[place])[:MAX_URL_CHARS], name=name)


def _of_line(line: str) -> Outline | None:
    """Read a line with an address, and perhaps a name before or after it.

    Words in quotation marks after it are tags, or with "~" the name, as Newsboat has them.
    """
    line = line.strip()[:10_000]
    if line.startswith("#"):
        return None
    address = _ADDRESS.search(line)
    if address is None:
        return Outline(url=asked_address(line)) if _BARE_ADDRESS.match(line) else None
    before, after = line[: address.start()].rstrip(), line[address.end() :]
    # In brackets, as [The Courier](https://…) has it, the last one is not the address's.
    url = address[0].rstrip(")]>,;") if before.endswith(("(", "[", "<")) else address[0]
    quoted = _IN_QUOTES.findall(after)
    names = [each[1:] for each in quoted if each.startswith("~")]
    name = next(filter(None, (*names, before.strip(_ORNAMENT), after.strip(_ORNAMENT))), "")
    return Outline(
        url=asked_address(url)[:MAX_URL_CHARS],
        name="" if quoted and not names else one_line(name, max_chars=MAX_NAME_CHARS),
        categories=tuple(each for each in quoted if not each.startswith("~"))[:MAX_CATEGORIES],
    )
