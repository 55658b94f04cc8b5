"""Broken XML, made whole: what a forgiving reader would take it for.

One pass from left to right, linear in the length. Elements are closed where their parents end,
items never hold one another, what opens nothing closes nothing, and a "<" or "&" that begins
nothing is itself. Runs in the parser's child process.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, field
from html.entities import html5

MAX_DEPTH = 150
"""libxml2 reads 256 levels; nobody writes more than a few dozens."""
MAX_ENTITIES = 100
MAX_ENTITY_CHARS = 200
MAX_EXPANDED_CHARS = 1_000_000

_REACH = 4_000
"""How far an instruction or declaration may go; a document has no longer ones."""
_MARK = re.compile(r"<(?=[^\W\d]|[/!?])")
_TAG = re.compile(
    r"<(/?)([^\W\d][\w.:-]{0,100})((?:\"[^\"<]*+\"|'[^'<]*+'|=[^\"'<>\s]++|[^\"'<>=])*+=?)>"
)
_BLUNT_TAG = re.compile(r"<(/?)([^\W\d][\w.:-]{0,100})((?=[\s/>])[^<>]*+)>")
_ATTRIBUTE = re.compile(
    r"([A-Za-z_][\w.:-]{0,100})(?:\s{0,20}=\s{0,20}(\"[^\"]*+\"|'[^']*+'|[^\s\"'>]++))?"
)
# What XML knows itself is passed over here: in a feed of escaped HTML that is nearly all.
_AMPERSAND = re.compile(
    r"&(?!(?:amp|lt|gt|quot|apos);)"
    r"(?:#[0-9]{1,30};?|#[xX][0-9a-fA-F]{1,30};?|([A-Za-z_][\w.-]{0,63});)?"
)
_CONTROL_BYTES = bytes(code for code in range(32) if code not in b"\t\n\r")
_CDATA, _CDATA_END = "<![CDATA[", "]]>"
_NO_CHARACTERS = re.compile("[\ufffe\uffff]")
_ENTITY = re.compile(
    r"<!ENTITY\s{1,9}([A-Za-z_][\w.-]{0,63})\s{1,9}(?:\"([^\"]{0,200})\"|'([^']{0,200})')\s{0,9}>"
)
_ONE_REFERENCE = re.compile(r"&#(?:[0-9]{1,7}|[xX][0-9a-fA-F]{1,6});\Z")
_ITEMS = {"item", "entry"}
_ROOTS = {"rss", "feed", "rdf", "channel"}
# Elements that hold text alone, and that some writers forget to close.
_TEXT_ONLY = {"link", "guid", "pubdate", "comments", "title", "category", "date"}
_HOLDS_TEXT = _TEXT_ONLY | {"description", "encoded", "summary", "content"}
_NEVER_IN_TEXT = {
    *("guid", "pubdate", "encoded", "creator", "enclosure", "comments"),
    *("published", "updated", "issued", "modified"),
}
_OF_AN_ITEM = _HOLDS_TEXT | _NEVER_IN_TEXT | {"author"}
_VOID = {"area", "base", "br", "col", "embed", "hr", "img", "input", "meta", "param", "wbr"}


@dataclass(slots=True)
class Mended:
    """A document made whole."""

    text: str
    is_cut: bool
    """Whether it ends within an item: what was not whole of that is left out."""
    item_count: int


def entities_of(prolog: str) -> dict[str, str]:
    """Return the entities that a document defines for itself, if they are plain text.

    None refers to another or to a file, so none can grow.
    """
    found: dict[str, str] = {}
    for match in _ENTITY.finditer(prolog):
        value = match[2] if match[2] is not None else match[3]
        is_text = "&" not in value or _ONE_REFERENCE.match(value)
        if is_text and "%" not in value and len(found) < MAX_ENTITIES:
            found.setdefault(match[1], value)
    return found


def with_known_references(body: bytes) -> bytes:
    """Return a document in UTF-8 without what XML does not know: controls and HTML's entities.

    All that most broken documents need, at a tenth of the price; to be called where a document
    defines no entities of its own.
    """
    text = _characters(body)
    references = _Mender("", {}).references
    outside, *parts = text.split(_CDATA)
    pieces = [references(outside)]
    for part in parts:
        inside, end, outside = part.partition(_CDATA_END)
        pieces += (_CDATA, inside, end, references(outside))
    return "".join(pieces).encode("utf-8", "replace")


def _characters(body: bytes) -> str:
    """Return text without what no XML may hold. In bytes the commonest go at once."""
    text = body.translate(None, _CONTROL_BYTES).decode("utf-8", "replace")
    return text if text.isascii() else _NO_CHARACTERS.sub("", text)


def holds_text(name: str) -> bool:
    """Say whether an element's business is text, so that elements in it may be none of its own."""
    return name.lower().rpartition(":")[2] in _HOLDS_TEXT


def mend(text: str, *, entities: dict[str, str] | None = None) -> Mended:
    """Return a document as XML that libxml2 reads.

    text:     from its root's start tag on
    entities: what names that are not HTML's stand for
    """
    mender = _Mender(_characters(text.encode("utf-8", "ignore")), entities or {})
    return mender.mend()


@dataclass(slots=True)
class _Mender:
    text: str
    entities: dict[str, str]
    pieces: list[str] = field(default_factory=list)
    stack: list[tuple[str, str, int]] = field(default_factory=list)
    """Of each open element: its name as compared, as written, and where its piece is."""
    open: Counter[str] = field(default_factory=Counter)
    item_count: int = 0
    expanded: int = 0
    comments_are_open: bool = False

    def mend(self) -> Mended:
        position, text = 0, self.text
        while mark := _MARK.search(text, position):
            start = mark.start()
            if start > position:
                self._take_text(text[position:start])
            position = self._take(start)
        self._take_text(text[position:])
        is_cut = self._leave_out_what_is_cut()
        self._close_to(0)
        return Mended("".join(self.pieces), is_cut, self.item_count)

    def _take(self, start: int) -> int:
        """Take what begins with "<"; return where to go on."""
        text = self.text
        if text.startswith("<!", start) or text.startswith("<?", start):
            return self._take_declaration(start)
        tag = _TAG.match(text, start) or _BLUNT_TAG.match(text, start)
        if tag is None:
            self.pieces.append("&lt;")
            return start + 1
        if tag[1]:
            self._take_end(tag[2])
        else:
            self._take_start(tag[2], tag[3])
        return tag.end()

    def _take_declaration(self, start: int) -> int:
        text = self.text
        if text.startswith("<![CDATA[", start):
            end = text.find("]]>", start)
            inside = text[start + 9 :] if end < 0 else text[start + 9 : end]
            self.pieces.append(inside.replace("&", "&amp;").replace("<", "&lt;"))
            return len(text) if end < 0 else end + 3
        if text.startswith("<!--", start):
            # Once one has no end, none after it has: we never look twice.
            end = -1 if self.comments_are_open else text.find("-->", start + 4)
            self.comments_are_open = end < 0
            return start + 4 if end < 0 else end + 3
        end = text.find(">", start, start + _REACH)
        if end < 0:
            self.pieces.append("&lt;")
            return start + 1
        return end + 1

    def _take_text(self, text: str) -> None:
        text = self.references(text).replace("<", "&lt;")
        self.pieces.append(text.replace("]]>", "]]&gt;"))

    def _take_start(self, name: str, rest: str) -> None:
        key = name.lower()
        local = key.rpartition(":")[2]
        if local in _ITEMS:
            self.item_count += 1
            self._close_item()
        else:
            self._close_what_was_forgotten(local)
        is_empty = rest.rstrip().endswith("/") or key in _VOID
        attributes = self._attributes(rest) if rest.strip(" /\t\r\n") else ""
        if is_empty:
            self.pieces.append(f"<{name}{attributes}/>")
        elif len(self.stack) < MAX_DEPTH:
            self.stack.append((key, name, len(self.pieces)))
            self.open[key] += 1
            self.pieces.append(f"<{name}{attributes}>")

    def _close_what_was_forgotten(self, local: str) -> None:
        """Close the texts that cannot hold this element, so that their end is missing."""
        if len(self.stack) < 2 or local not in _OF_AN_ITEM:
            return
        if local in _NEVER_IN_TEXT:
            index = self._open_item()
            inside = self.stack[index + 1 :][:1] if index is not None else []
            if index is not None and inside and inside[0][0].rpartition(":")[2] in _HOLDS_TEXT:
                self._close_to(index + 1)
            return
        innermost = self.stack[-1][0].rpartition(":")[2]
        around = self.stack[-2][0].rpartition(":")[2]
        if innermost in _TEXT_ONLY and around in _ITEMS | _ROOTS:
            self._close_to(len(self.stack) - 1)

    def _take_end(self, name: str) -> None:
        key = name.lower()
        is_root = self.open[key] == 1 and self.stack[0][0] == key
        if not self.open[key] or is_root:
            return  # nothing to close; the root ends with the document
        while self.stack[-1][0] != key:
            self._close_to(len(self.stack) - 1)
        self._close_to(len(self.stack) - 1)

    def _close_item(self) -> None:
        index = self._open_item()
        if index is not None:
            self._close_to(index)

    def _open_item(self) -> int | None:
        """Return where in the stack the open item is."""
        # Few are open at a time, and an item is never deep down.
        for index, (key, _, _) in enumerate(self.stack[:10]):
            if key.rpartition(":")[2] in _ITEMS:
                return index
        return None

    def _close_to(self, depth: int) -> None:
        while len(self.stack) > depth:
            key, name, _ = self.stack.pop()
            self.open[key] -= 1
            self.pieces.append(f"</{name}>")

    def _leave_out_what_is_cut(self) -> bool:
        """At the end: drop the part of an open item that has no end. False if none is open."""
        index = self._open_item()
        if index is None:
            return False
        if len(self.stack) > index + 1:
            del self.pieces[self.stack[index + 1][2] :]
            for key, _, _ in self.stack[index + 1 :]:
                self.open[key] -= 1
            del self.stack[index + 1 :]
        return True

    def _attributes(self, rest: str) -> str:
        found: dict[str, str] = {}
        for match in _ATTRIBUTE.finditer(rest.replace("<", "&lt;")):
            value = match[2] or ""
            if value[:1] in {"'", '"'}:
                value = value[1:-1]
            elif value.endswith("/") and match.end() == len(rest.rstrip()):
                value = value[:-1]
            if len(found) < 100:
                found.setdefault(match[1], self.references(value).replace('"', "&quot;"))
        return "".join(f' {name}="{value}"' for name, value in found.items())

    def references(self, text: str) -> str:
        """Return text with every reference one that XML knows."""
        return _AMPERSAND.sub(self._reference, text) if "&" in text else text

    def _reference(self, match: re.Match[str]) -> str:
        reference, name = match[0], match[1]
        if name is None:
            return "&amp;" if reference == "&" else character(reference)
        if name in self.entities and self.expanded < MAX_EXPANDED_CHARS:
            value = self.entities[name]
            self.expanded += len(value)
            # As text: what it may hold of markup is not worth the trouble.
            return character(value) if value.startswith("&") else value.replace("<", "&lt;")
        letters = html5.get(name + ";")
        if letters is None:
            return "&amp;" + reference[1:]
        return "".join(f"&#{ord(letter)};" for letter in letters)


def character(reference: str) -> str:
    """Return a numeric reference that XML allows (XML 1.0 §2.2), as a browser understands it."""
    digits = reference[2:].rstrip(";")
    is_hex = digits[:1] in {"x", "X"}
    digits = (digits[1:] if is_hex else digits).lstrip("0")
    if len(digits) > 7:
        return "&#65533;"
    code = int(digits or "0", 16 if is_hex else 10)
    allowed = code in {9, 10, 13} or 0x20 <= code <= 0xD7FF or 0xE000 <= code <= 0xFFFD
    return f"&#{code};" if allowed or 0x10000 <= code <= 0x10FFFF else "&#65533;"
