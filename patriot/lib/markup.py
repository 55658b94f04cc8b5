"""The visible text of HTML, as a reader would see it.

One pass over the tokens, no tree: linear in the length, whatever the nesting. Where broken
markup leaves a doubt whether something is visible, it counts as hidden.
Tokens follow the HTML standard (https://html.spec.whatwg.org/multipage/parsing.html).
"""

from __future__ import annotations

import html
import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

from patriot.lib.styles import read_style, words

# Their content is never text, and it ends only at their own end tag.
_RAW = words("script style noscript iframe noembed noframes xmp textarea title")
# What a browser does not show as text, or what belongs to a control.
_NEVER_SHOWN = words(
    "template object applet svg math canvas audio video select button datalist head"
)
_VOID = words(
    "area base basefont bgsound br col embed frame hr img input keygen link meta param source "
    "track wbr"
)
_BLOCKS = words(
    "address article aside blockquote body caption center dd details dialog dir div dl dt "
    "fieldset figcaption figure footer form h1 h2 h3 h4 h5 h6 header hgroup hr html legend li "
    "listing main menu nav ol p pre search section summary table tbody tfoot thead tr ul"
)
# A start tag of these ends an open paragraph ("close a p element" in the standard).
_ENDS_PARAGRAPH = _BLOCKS - words("body caption html legend tbody tfoot thead tr")
# Browsers reopen these after a misnested end tag, with their attributes.
_FORMATTING = words("a b big code em font i nobr s small strike strong tt u")
# An end tag inside one of these does not reach an element outside.
_SCOPES = words("applet button caption html marquee object table td template th")
_TABLE_PARTS = words("caption table tbody td tfoot th thead tr")
_TABLE_SCOPES = frozenset({"table", "template"})
_LIST_SCOPES = _SCOPES | words("dir dl menu ol ul")
# A new one of these ends an open sibling: which, and how far up to look.
_ENDED_BY_SIBLING = {
    "li": (frozenset({"li"}), _LIST_SCOPES),
    "dd": (frozenset({"dd", "dt"}), _LIST_SCOPES),
    "dt": (frozenset({"dd", "dt"}), _LIST_SCOPES),
    "td": (frozenset({"td", "th"}), _TABLE_SCOPES),
    "th": (frozenset({"td", "th"}), _TABLE_SCOPES),
    "tr": (frozenset({"tr"}), _TABLE_SCOPES),
}
# Visible to a screen reader only, by convention of the common style sheets. (aria-hidden is the
# other way round: it is on the screen, so it stays.)
_UNSEEN_CLASSES = words(
    "screen-reader-only screen-reader-text sr-only visually-hidden visuallyhidden"
)
# How far up the open elements we look for a partner: enough for real pages, and keeps us linear.
_REACH = 100
_MAX_REOPENED = 8

_NAME = re.compile(r"[a-zA-Z][^\s/>]*")
_ATTRIBUTE = re.compile(r"[\s/]*([^\s/>][^\s/>=]*)\s*(=?)\s*")
_UNQUOTED = re.compile(r"[^\s>]*")
_END_OF_TAG = re.compile(r"[\s/]*(/?)>")
_END_OF_COMMENT = re.compile(r"--!?>")
_SPACES = re.compile(r"\s+")
_WRAPPER = re.compile(r"\s*<!\[CDATA\[(.*)\]\]>\s*\Z", re.DOTALL)
# Longer ones are out of range anyway, and int() refuses them from 4,300 digits on.
_ENDLESS_REFERENCE = re.compile(r"&#[xX]?[0-9a-fA-F]{16,};?")


def decode_references(text: str) -> str:
    """Decode HTML character references once: "&amp;amp;" becomes "&amp;"."""
    if "&" not in text:
        return text
    return html.unescape(_ENDLESS_REFERENCE.sub("\ufffd", text))


def visible_text(markup: str) -> str:
    """Return what a browser would show of an HTML fragment.

    "\\n" is a line break, two or more are a paragraph's end; all other white space is single
    spaces. Hostile characters are still there: `patriot.lib.text` removes them.
    """
    wrapped = _WRAPPER.match(markup)
    reader = _Reader(wrapped[1] if wrapped else markup)
    reader.read()
    return "".join(reader.pieces)


@dataclass(frozen=True, slots=True)
class _Element:
    name: str
    hides: bool = False
    """Nothing inside is visible."""
    is_tiny: bool = False
    """Its letters have no size; an element inside may give them one."""


class _Reader:
    """Reads one document: `pieces` grow from left to right."""

    def __init__(self, markup: str) -> None:
        self.markup = markup
        self.pieces: list[str] = []
        self._stack: list[_Element] = []
        self._open: Counter[str] = Counter()
        self._hidden = 0  # how many of the open elements hide

    def read(self) -> None:
        position = 0
        while position < len(self.markup):
            start = self.markup.find("<", position)
            if start < 0:
                start = len(self.markup)
            if start > position:
                self._text(self.markup[position:start])
            if start == len(self.markup):
                return
            position = self._markup(start)

    # --- Tokens: each returns where the next one starts ----------------------------------

    def _markup(self, start: int) -> int:
        following = self.markup[start + 1 : start + 2]
        if following == "!":
            return self._comment(start)
        if following == "?":
            return self._after(">", start)
        if following == "/":
            return self._end_tag(start)
        name = _NAME.match(self.markup, start + 1)
        if not name:
            self._text("<")
            return start + 1
        return self._start_tag(name[0].lower(), name.end())

    def _comment(self, start: int) -> int:
        if not self.markup.startswith("<!--", start):
            return self._after(">", start)
        for abrupt in ("<!-->", "<!--->"):
            if self.markup.startswith(abrupt, start):
                return start + len(abrupt)
        end = _END_OF_COMMENT.search(self.markup, start + 4)
        return end.end() if end else len(self.markup)

    def _after(self, mark: str, start: int) -> int:
        found = self.markup.find(mark, start)
        return found + len(mark) if found >= 0 else len(self.markup)

    def _end_tag(self, start: int) -> int:
        name = _NAME.match(self.markup, start + 2)
        if not name:
            return self._after(">", start)  # a bogus comment
        position, _, is_complete, _ = self._attributes(name.end())
        if is_complete:
            self._close(name[0].lower())
        return position

    def _start_tag(self, name: str, position: int) -> int:
        position, attributes, is_complete, closes_itself = self._attributes(position)
        if not is_complete:
            return position
        if closes_itself and (self._open["svg"] or self._open["math"] or name in {"svg", "math"}):
            return position
        if name in _RAW:
            end = re.compile(f"</{name}(?=[\\s/>])", re.IGNORECASE).search(self.markup, position)
            return self._attributes(end.end())[0] if end else len(self.markup)
        self._start(name, attributes)
        return position

    def _attributes(self, position: int) -> tuple[int, dict[str, str], bool, bool]:
        """Read to the end of a tag: where that is, the attributes, whether the tag is complete
        and whether it ends in a slash.
        """
        attributes: dict[str, str] = {}
        while True:
            end = _END_OF_TAG.match(self.markup, position)
            if end:
                return end.end(), attributes, True, self.markup[end.end() - 2] == "/"
            found = _ATTRIBUTE.match(self.markup, position)
            if not found:
                return len(self.markup), attributes, False, False
            position = found.end()
            value = ""
            if found[2]:
                quote = self.markup[position : position + 1]
                if quote in {'"', "'"}:
                    closing = self.markup.find(quote, position + 1)
                    if closing < 0:
                        return len(self.markup), attributes, False, False
                    value = self.markup[position + 1 : closing]
                    position = closing + 1
                else:
                    unquoted = _UNQUOTED.match(self.markup, position)
                    value = unquoted[0] if unquoted else ""
                    position += len(value)
            attributes.setdefault(found[1].lower(), value)

    # --- What the tokens mean -------------------------------------------------------------

    def _text(self, text: str) -> None:
        if self._hidden or (self._stack and self._stack[-1].is_tiny):
            return
        if self._open["pre"]:
            lines = decode_references(text).splitlines() or [""]
            self.pieces.append("\n".join(_SPACES.sub(" ", line) for line in lines))
        else:
            self.pieces.append(_SPACES.sub(" ", decode_references(text)))

    def _start(self, name: str, attributes: Mapping[str, str]) -> None:
        if name in _ENDS_PARAGRAPH and self._open["p"]:
            self._pop(self._find(frozenset({"p"}), _SCOPES))
        if name in _ENDED_BY_SIBLING:
            self._pop(self._find(*_ENDED_BY_SIBLING[name]))
        self._break(name)
        if name not in _VOID:
            self._push(self._element(name, attributes))

    def _close(self, name: str) -> None:
        self._break(name)
        if self._open[name]:
            scopes = _TABLE_SCOPES if name in _TABLE_PARTS else _SCOPES
            self._pop(self._find(frozenset({name}), scopes))

    def _break(self, name: str) -> None:
        if name == "br":
            self.pieces.append("\n")
        elif name in _BLOCKS:
            self.pieces.append("\n\n")
        elif name in {"td", "th"}:
            self.pieces.append(" ")

    def _element(self, name: str, attributes: Mapping[str, str]) -> _Element:
        is_tiny = bool(self._stack and self._stack[-1].is_tiny)
        if not attributes:
            return _Element(name, name in _NEVER_SHOWN or name == "dialog", is_tiny)
        style = read_style(decode_references(attributes.get("style", "")))
        hides = (
            name in _NEVER_SHOWN
            or style.hides
            or "hidden" in attributes
            or (name == "dialog" and "open" not in attributes)
            or not _UNSEEN_CLASSES.isdisjoint(attributes.get("class", "").lower().split())
        )
        return _Element(name, hides, is_tiny if style.is_tiny is None else style.is_tiny)

    def _push(self, element: _Element) -> None:
        self._stack.append(element)
        self._open[element.name] += 1
        self._hidden += element.hides

    def _find(self, names: frozenset[str], scopes: frozenset[str]) -> int | None:
        """Return where the nearest of `names` stands among the open elements, if in scope."""
        lowest = max(len(self._stack) - _REACH, 0)
        for index in range(len(self._stack) - 1, lowest - 1, -1):
            if self._stack[index].name in names:
                return index
            if self._stack[index].name in scopes:
                return None
        return None

    def _pop(self, index: int | None) -> None:
        """Close the element at `index` and what is open inside it."""
        if index is None:
            return
        closed = self._stack[index:]
        del self._stack[index:]
        for element in closed:
            self._open[element.name] -= 1
            self._hidden -= element.hides
        reopened = [each for each in closed[1:] if each.hides and each.name in _FORMATTING]
        for element in reopened[:_MAX_REOPENED]:
            self._push(element)
