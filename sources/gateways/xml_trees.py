"""A document's bytes as a tree of elements, with lxml. Runs in the parser's child process.

What is well-formed goes through as it is; what is not is made whole first. Whatever stands
before the root (declarations, comments, a server's warnings) is passed over: no document type is
ever read by a foreign parser, and the only entities are plain texts.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from lxml import etree

from sources.gateways.letters import as_utf8, is_clean_xml
from sources.gateways.loose_xml import entities_of, mend

_ROOT = re.compile(
    rb"<(?:[A-Za-z_][\w.-]{0,30}:)?(?:rss|feed|rdf|channel|entry|item)(?=[\s>/])", re.IGNORECASE
)
_ANY_TAG = re.compile(rb"<[A-Za-z_]")
_COMMENT = re.compile(rb"<!--.*?-->", re.DOTALL)
_SEARCHED = 20_000
"""How much of nonsense may come before the root."""

_STRICT = etree.XMLParser(
    encoding="utf-8",
    collect_ids=False,
    resolve_entities=False,
    no_network=True,
    load_dtd=False,
    huge_tree=False,
    remove_comments=True,
    remove_pis=True,
)
_FORGIVING = etree.XMLParser(
    encoding="utf-8",
    collect_ids=False,
    resolve_entities=False,
    no_network=True,
    load_dtd=False,
    huge_tree=False,
    remove_comments=True,
    remove_pis=True,
    recover=True,
)


class NotXML(Exception):
    """Nothing in it looks like an element."""


@dataclass(frozen=True, slots=True)
class Tree:
    """A document, read."""

    root: Any
    is_mended: bool = False
    is_cut: bool = False
    """Whether it ends in the middle of an item."""
    item_count: int = 0
    """How many items begin, if it was mended."""
    has_bases: bool = False
    """Whether links may be relative to something else than the document."""
    is_clean: bool = False
    """Whether no text in it holds one of `letters.ODD_LETTERS`."""


def tree_of(body: bytes, *, content_type: str = "") -> Tree:
    """Read a document, mended where it must be. Raises NotXML."""
    body = as_utf8(body, content_type=content_type)
    start = _root_start(body)
    if start is None:
        raise NotXML
    has_bases = b"xml:base" in body
    document = body[start:]
    root = _well_formed(document)
    if root is not None:
        return Tree(root, has_bases=has_bases, is_clean=is_clean_xml(document))
    entities = entities_of(body[: min(start, _SEARCHED)].decode("utf-8", "replace"))
    mended = mend(body[start:].decode("utf-8", "replace"), entities=entities)
    root = _parsed(mended.text.encode("utf-8", "replace"), _FORGIVING)
    if root is None:
        raise NotXML
    return Tree(
        root,
        is_mended=True,
        is_cut=mended.is_cut,
        item_count=mended.item_count,
        has_bases=has_bases,
    )


def _root_start(body: bytes) -> int | None:
    """Return where the feed begins; else where any element does."""
    head = body[:_SEARCHED]
    found = _ROOT.search(head)
    if found and b"<!--" not in head[: found.start()]:
        return found.start()
    if b"<!--" in head:
        # As long as it was, so that places stay.
        head = _COMMENT.sub(lambda match: b" " * len(match[0]), head)
        found = _ROOT.search(head)
    if found is None and len(body) > _SEARCHED:
        found = _ROOT.search(body, _SEARCHED, 10 * _SEARCHED)
    if found is None:
        found = _ANY_TAG.search(head)
    return found.start() if found else None


def _well_formed(body: bytes) -> Any | None:
    try:
        return etree.fromstring(body, _STRICT)
    except etree.XMLSyntaxError as error:
        _raise_if_out_of_memory(error)
        # A prefix that nobody declared is the commonest fault, and harmless. The parser's log is
        # of this document alone; the error's has those before it too.
        only_prefixes = all(each.type_name.startswith("NS_ERR") for each in _STRICT.error_log)
    return _parsed(body, _FORGIVING) if only_prefixes else None


def _parsed(body: bytes, parser: Any) -> Any | None:
    try:
        return etree.fromstring(body, parser)
    except etree.XMLSyntaxError as error:
        _raise_if_out_of_memory(error)
        return None


def _raise_if_out_of_memory(error: Any) -> None:
    if error.code == etree.ErrorTypes.ERR_NO_MEMORY:
        raise MemoryError from error
