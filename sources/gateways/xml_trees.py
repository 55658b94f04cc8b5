"""A document's bytes as a tree of elements, with lxml. Runs in the parser's child process.

What is well-formed goes through as it is; what is not is made whole first. Whatever stands
before the root (declarations, comments, a server's warnings) is passed over: no document type is
ever read by a foreign parser, and the only entities are plain texts.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import Any

from lxml import etree

from sources.gateways.letters import as_utf8, is_clean_xml
from sources.gateways.loose_xml import entities_of, holds_text, mend, with_known_references

_ROOT = re.compile(
    rb"<(?:[A-Za-z_][\w.-]{0,30}:)?(?:rss|feed|rdf|channel|entry|item)(?=[\s>/])", re.IGNORECASE
)
_ITEMS = ("{*}item", "{*}entry")
_ITEM_ENDS = ("item", "entry")
_CHANNELS = ("{*}channel", "{*}feed")
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
# Of a document whose tags may all be in order.
_FAULTY_LETTERS = {
    "ERR_ENTITYREF_SEMICOL_MISSING",
    "ERR_INVALID_CHAR",
    "ERR_NAME_REQUIRED",
    "ERR_UNDECLARED_ENTITY",
    "NS_ERR_UNDEFINED_NAMESPACE",
}


class NotXML(Exception):
    """It is not well-formed, and no feed seems to begin in it: nobody can mend that."""


class Unmendable(Exception):
    """A feed seems to begin in it, but mending it leaves nothing."""


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
    """Read a document, mended where it must be. Raises NotXML or Unmendable."""
    body = as_utf8(body, content_type=content_type)
    start = feed_start = _feed_start(body)
    if start is None:
        start = _element_start(body)
    if start is None:
        raise NotXML
    has_bases = b"xml:base" in body
    document = body[start:]
    root = _well_formed(document)
    if root is not None:
        return Tree(root, has_bases=has_bases, is_clean=is_clean_xml(document))
    if feed_start is None:
        raise NotXML
    entities = entities_of(body[: min(start, _SEARCHED)].decode("utf-8", "replace"))
    tree = None
    if not entities and all(fault in _FAULTY_LETTERS for fault in _faults()):
        tree = _with_known_references(document)
    tree = tree or _mended(document, entities)
    return replace(tree, has_bases=True) if has_bases else tree


def _with_known_references(body: bytes) -> Tree | None:
    """Read a document whose tags may be without fault. None if they are not."""
    body = with_known_references(body)
    root = _well_formed(body)
    if root is None:
        return None
    items = list(root.iter(*_ITEMS))
    if any(map(_is_in_disorder, (root, *root.iter(*_CHANNELS), *items))):
        return None
    return Tree(root, is_mended=True, item_count=len(items), is_clean=is_clean_xml(body))


def _is_in_disorder(parent: Any) -> bool:
    """Say whether an item is within an item, or a text holds elements: ends may be missing."""
    if parent.tag.endswith(_ITEM_ENDS) and next(parent.iterancestors(*_ITEMS), None) is not None:
        return True
    return any(len(child) and holds_text(child.tag.rpartition("}")[2]) for child in parent)


def _mended(body: bytes, entities: dict[str, str]) -> Tree:
    mended = mend(body.decode("utf-8", "replace"), entities=entities)
    body = mended.text.encode("utf-8", "replace")
    root = _parsed(body, _FORGIVING)
    if root is None:
        raise Unmendable
    return Tree(
        root,
        is_mended=True,
        is_cut=mended.is_cut,
        item_count=mended.item_count,
        is_clean=is_clean_xml(body),
    )


def _feed_start(body: bytes) -> int | None:
    """Return where the feed begins."""
    head = body[:_SEARCHED]
    found = _ROOT.search(head)
    if found and b"<!--" not in head[: found.start()]:
        return found.start()
    if b"<!--" in head:
        found = _ROOT.search(_without_comments(head))
    if found is None and len(body) > _SEARCHED:
        found = _ROOT.search(body, _SEARCHED, 10 * _SEARCHED)
    return found.start() if found else None


def _element_start(body: bytes) -> int | None:
    """Return where any element begins."""
    found = _ANY_TAG.search(_without_comments(body[:_SEARCHED]))
    return found.start() if found else None


def _without_comments(head: bytes) -> bytes:
    # As long as it was, so that places stay.
    return _COMMENT.sub(lambda match: b" " * len(match[0]), head) if b"<!--" in head else head


def _well_formed(body: bytes) -> Any | None:
    try:
        return etree.fromstring(body, _STRICT)
    except etree.XMLSyntaxError as error:
        _raise_if_out_of_memory(error)
        # A prefix that nobody declared is the commonest fault, and harmless.
        only_prefixes = all(fault.startswith("NS_ERR") for fault in _faults())
    return _parsed(body, _FORGIVING) if only_prefixes else None


def _faults() -> set[str]:
    """Return what was wrong with the document that the strict parser has read last."""
    # The parser's log is of this document alone; the error's has those before it too.
    return {each.type_name for each in _STRICT.error_log}


def _parsed(body: bytes, parser: Any) -> Any | None:
    try:
        return etree.fromstring(body, parser)
    except etree.XMLSyntaxError as error:
        _raise_if_out_of_memory(error)
        return None


def _raise_if_out_of_memory(error: Any) -> None:
    if error.code == etree.ErrorTypes.ERR_NO_MEMORY:
        raise MemoryError from error
