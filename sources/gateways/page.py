"""An article's own page: its text by trafilatura, the rest from its metadata.

Runs in the parser's child process.

Errors:

* WrongKind   it is no page, or holds no article; the sentence says what
"""

from __future__ import annotations

import codecs
import json
import re
from collections.abc import Iterator
from itertools import islice
from typing import Any

import trafilatura
from lxml import etree
from lxml import html as lxml_html

from patriot.lib.markup import visible_markup
from patriot.lib.text import one_line, title_of_html
from sources.domain.dates import MAX_RAW_CHARS, parse_date
from sources.domain.entry import Cleaned
from sources.domain.page import Page, has_time
from sources.gateways.cleaner import cleaned
from sources.gateways.unreadable import WrongKind

MAX_PAGE_CHARS = 3_000_000
MAX_VISIBLE_CHARS = 600_000
"""Of markup, in which the article is looked for: it costs seconds per million."""
MAX_TAGS = 20_000
"""Of these: whoever looks for the article takes a tenth of a millisecond for each."""
MAX_STATEMENTS = 200
"""Of JSON-LD, that are looked at."""

_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_CHARSET = re.compile(rb"charset\s*=\s*[\"']?\s*([A-Za-z0-9_.:-]{2,40})", re.IGNORECASE)
# What browsers take these labels for (https://encoding.spec.whatwg.org/#names-and-labels).
_MEANT = {
    "ascii": "cp1252",
    "iso8859-1": "cp1252",
    "iso8859-9": "cp1254",
    "gb2312": "gb18030",
    "gbk": "gb18030",
    "shift_jis": "cp932",
    "euc_kr": "cp949",
    "big5": "big5hkscs",
    "tis-620": "cp874",
}
_ARTICLE_TYPES = re.compile(r"Article|BlogPosting|NewsStory|Report\Z|LiveBlogPosting")
_FIRST_HEADING = re.compile(r"\s*<h2>(?:[^<]|<(?!/?h2>))*</h2>\s*")
_DATES = (
    "article:published_time",
    "og:article:published_time",
    "og:published_time",
    "datepublished",
    "parsely-pub-date",
    "sailthru.date",
    "publish-date",
    "publication_date",
    "pubdate",
    "dc.date.issued",
    "dcterms.created",
    "dc.date",
    "date",
)


def serve(body: bytes, *, url: str, content_type: str) -> Page:
    """Read a page for the parser's child."""
    try:
        return read_page(body, url=url, content_type=content_type)
    except etree.XPathEvalError as error:
        # Nobody's paths are the document's: this is how libxml2 says that memory is out.
        raise MemoryError from error


def read_page(body: bytes, *, url: str = "", content_type: str = "") -> Page:
    """Read an article's own page. Raises WrongKind."""
    kind = content_type.partition(";")[0].strip().lower()
    if kind and not kind.startswith("text/") and "html" not in kind and "xml" not in kind:
        raise WrongKind(f"The article's address leads to {kind[:80]}, not to a page.")
    markup = decoded(body, content_type=content_type)[:MAX_PAGE_CHARS]
    if not markup.strip():
        raise WrongKind("The article's page is empty.")
    # What is hidden goes before anybody looks for the article.
    found = _article(_visible(markup), url=url)
    if not found:
        raise WrongKind("The article's page holds no text that could be the article.")
    told = _told(markup)
    clean = _without_title(cleaned(found, base=url), told.get("title", ""))
    return Page(text=clean.text, html=clean.html, **told)


def _visible(markup: str) -> str:
    """Return a page as readers see it, up to a bound; longer ones are lists, not articles."""
    visible = visible_markup(markup, max_chars=MAX_VISIBLE_CHARS // 2)[:MAX_VISIBLE_CHARS]
    if visible.count("<") <= MAX_TAGS:
        return visible
    return visible[: next(islice(re.finditer("<", visible), MAX_TAGS, None)).start()]


def decoded(body: bytes, *, content_type: str) -> str:
    """Return a page as text: its byte order mark, the header, then <meta> say how."""
    for mark, name in _MARKS:
        if body.startswith(mark):
            return body.decode(name, errors="replace")
    for source in (content_type.encode(errors="replace"), body[:4096]):
        declared = _CHARSET.search(source)
        name = _codec(declared[1].decode("ascii")) if declared else ""
        if name:
            break
    for encoding in filter(None, (name, "utf-8")):
        try:
            return body.decode(encoding)
        except UnicodeError:
            continue
    # A stray byte in a long page is likelier than a lie about the whole of it.
    return body.decode(name or "cp1252", errors="replace")


def _codec(label: str) -> str:
    try:
        name = codecs.lookup(label.strip()).name
        "".encode(name)  # not every codec is one of text
    except (LookupError, ValueError):
        return ""
    # UTF-16 that one can read ASCII in is none.
    return "utf-8" if name.startswith(("utf-16", "utf-32")) else _MEANT.get(name, name)


def _article(markup: str, *, url: str) -> str:
    """Return the article on a page as HTML, or "" if there seems to be none."""
    if not markup:
        return ""
    extracted = trafilatura.extract(
        markup,
        url=url or None,
        output_format="html",
        with_metadata=False,
        include_comments=False,
        include_tables=True,
        include_images=False,
        include_formatting=True,
        include_links=True,
        deduplicate=False,
        favor_precision=False,
        favor_recall=False,
        fast=False,
    )
    return extracted or ""


def _without_title(clean: Cleaned, title: str) -> Cleaned:
    """Return an article's text without its title, which articles have already."""
    first, _, rest = clean.text.partition("\n\n")
    heading = _FIRST_HEADING.match(clean.html)
    if not (rest and heading and title and first.casefold() == title.casefold()):
        return clean
    return Cleaned(rest, clean.html[heading.end() :])


# --- What the metadata say ---------------------------------------------------------------------


def _told(markup: str) -> dict[str, Any]:
    """Return the fields of a Page that its metadata give."""
    try:
        tree = lxml_html.document_fromstring(_parseable(markup))
    except (etree.ParserError, ValueError):  # nothing but comments, and the like
        return {}
    metas = _metas(tree)
    statements = [each for each in _statements(tree) if _is_article(each)]
    raw = _date(tree, metas, statements)
    return {
        "title": title_of_html(
            metas.get("og:title") or _first(tree, "//h1") or _first(tree, "//title")
        ),
        "author": _author(metas, statements),
        "language": one_line(tree.get("lang") or metas.get("og:locale", ""), max_chars=20),
        "published_raw": raw,
        "published_at": parse_date(raw),
    }


def _parseable(markup: str) -> str:
    # lxml refuses text that declares an encoding of its own, and NUL.
    return re.sub(r"\A\s*<\?xml[^>]{0,200}>", "", markup).replace("\x00", "")


def _metas(tree: Any) -> dict[str, str]:
    """Return what <meta> says, by lower-case name; the first of each counts."""
    metas: dict[str, str] = {}
    for meta in tree.iter("meta"):
        name = meta.get("property") or meta.get("name") or meta.get("itemprop") or ""
        content = (meta.get("content") or "").strip()
        if name and content:
            metas.setdefault(name.strip().lower(), content)
    return metas


def _statements(tree: Any) -> Iterator[dict[str, Any]]:
    """Yield the objects of a page's JSON-LD, those in lists and graphs too."""
    waiting: list[Any] = []
    for script in tree.iter("script"):
        if "ld+json" in (script.get("type") or "").lower():
            try:
                waiting.append(json.loads(script.text or "", strict=False))
            except (ValueError, RecursionError):
                continue
    for _ in range(MAX_STATEMENTS):
        if not waiting:
            return
        each = waiting.pop(0)
        if isinstance(each, list):
            waiting[:0] = each[:MAX_STATEMENTS]
        elif isinstance(each, dict):
            yield each
            waiting.extend(each[key] for key in ("@graph", "mainEntity") if key in each)


def _is_article(statement: dict[str, Any]) -> bool:
    kinds = statement.get("@type")
    kinds = kinds if isinstance(kinds, list) else [kinds]
    return any(isinstance(kind, str) and _ARTICLE_TYPES.search(kind) for kind in kinds)


def _author(metas: dict[str, str], statements: list[dict[str, Any]]) -> str:
    names = [name for each in statements for name in _names(each.get("author"))]
    name = ", ".join(dict.fromkeys(names)) or metas.get("author") or metas.get("article:author", "")
    return "" if "://" in name else one_line(title_of_html(name), max_chars=200)


def _names(author: Any) -> list[str]:
    people = author[:10] if isinstance(author, list) else [author]
    names = [each.get("name") if isinstance(each, dict) else each for each in people]
    return [name.strip() for name in names if isinstance(name, str) and name.strip()]


def _date(tree: Any, metas: dict[str, str], statements: list[dict[str, Any]]) -> str:
    """Return the best date as written: the first that has a time of day, else the first."""
    best = ""
    for raw in _dates(tree, metas, statements):
        moment = parse_date(raw)
        if moment and has_time(moment):
            return raw
        if moment and not best:
            best = raw
    return best


def _dates(tree: Any, metas: dict[str, str], statements: list[dict[str, Any]]) -> Iterator[str]:
    candidates: list[Any] = [each.get("datePublished") for each in statements]
    candidates += [metas.get(name) for name in _DATES]
    candidates += tree.xpath(
        "(//time[@pubdate or @itemprop='datePublished'] | //article//time | //time)[position()<=3]"
        "/@datetime"
    )
    for each in candidates:
        if isinstance(each, str) and each.strip():
            yield one_line(each, max_chars=MAX_RAW_CHARS)


def _first(tree: Any, path: str) -> str:
    found = tree.xpath(f"string(({path})[1])")
    return str(found)[:4_000]
