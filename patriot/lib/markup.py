"""What is visible of HTML, as a reader would see it: its text, and that with its structure.

One pass over the tokens, no tree: linear in the length, whatever the nesting. Where broken
markup leaves a doubt whether something is visible, it counts as hidden. Text and structure come
from the same pass, so they say the same.
Tokens follow the HTML standard (https://html.spec.whatwg.org/multipage/parsing.html).
"""

from __future__ import annotations

import html
import re
from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache

from patriot.lib.styles import Style, Unseen, read_rules, read_style, words

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
BLOCKS = words(
    "address article aside blockquote body caption center dd details dialog dir div dl dt "
    "fieldset figcaption figure footer form h1 h2 h3 h4 h5 h6 header hgroup hr html legend li "
    "listing main menu nav ol p pre search section summary table tbody tfoot thead tr ul"
)
# A start tag of these ends an open paragraph ("close a p element" in the standard).
ENDS_PARAGRAPH = BLOCKS - words("body caption html legend tbody tfoot thead tr")
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
UNSEEN_CLASSES = words(
    "screen-reader-only screen-reader-text sr-only visually-hidden visuallyhidden"
)
# What is kept of the structure, and as what. Of a block that is not here, a <div> is left, so that
# it stays apart; of anything else, its text.
KEPT_TAGS = words(
    "a abbr b blockquote br caption cite code dd del div dl dt em figcaption figure h2 h3 h4 h5 h6 "
    "hr i ins kbd li mark ol p pre q rp rt ruby s samp small strong sub sup table tbody td tfoot "
    "th thead tr u ul var"
)
KEPT_AS: Mapping[str, str] = (
    dict.fromkeys(BLOCKS - words("body html"), "div")
    | {"acronym": "abbr", "dir": "ul", "h1": "h2", "menu": "ul", "strike": "s", "tt": "code"}
    | {name: name for name in KEPT_TAGS}
)
# Deeper nesting than any article has; it costs whoever shows it more than it tells.
MAX_DEPTH = 30
# What a page's markup says about what is what in it.
_TELLING = sorted(words("class datetime href id itemprop itemtype lang property rel role"))
# libxml2 gives up at 256.
_MAX_PAGE_DEPTH = 200

# How far up the open elements we look for a partner: enough for real pages, and keeps us linear.
_REACH = 100
_MAX_REOPENED = 8

# White space in markup; \\s would take more for it, and read tags as no browser does.
_S = " \t\n\f\r"
_NAME = re.compile(rf"[a-zA-Z][^{_S}/>]*")
_ATTRIBUTE = re.compile(rf"[{_S}/]*([^{_S}/>][^{_S}/>=]*)[{_S}]*(=?)[{_S}]*")
_UNQUOTED = re.compile(rf"[^{_S}>]*")
_END_OF_TAG = re.compile(rf"[{_S}/]*(/?)>")
_START_OF_MARKUP = re.compile(r"<(?=[a-zA-Z/!?])")
_END_OF_COMMENT = re.compile(r"--!?>")
# A tag as nearly all are written; the rest is read by the letter of the standard. Possessive, so
# that what does not match is seen once.
_KEY = rf"[{_S}]++[^{_S}\"'<>/=]++"
_EQUALS = rf"[{_S}]*+=[{_S}]*+"
_BARE = rf"[^{_S}\"'=<>`]++"
_TAG = re.compile(
    rf"<(/?)([a-zA-Z][a-zA-Z0-9:-]*+)((?:{_KEY}(?:{_EQUALS}(?:\"[^\"]*+\"|'[^']*+'|{_BARE}))?+)*+)"
    rf"[{_S}]*+(/?)>"
)
_PAIR = re.compile(rf"({_KEY})(?:{_EQUALS}(?:\"([^\"]*+)\"|'([^']*+)'|({_BARE})))?+")
# A page's own styles, on a screen. Possessive: an open one costs one look to the page's end.
_STYLE_SHEET = re.compile(
    r"<style(?=[\s/>])(?![^>]{0,500}print)[^>]{0,500}+>((?:[^<]|<(?!/style))*+)", re.IGNORECASE
)
# What decides whether an element is seen.
_MAY_HIDE = re.compile(r"hidden|style|class", re.IGNORECASE)
# What is not a single space between words.
SPACES = re.compile(r"\s{2,}|[^\S ]")
_WRAPPER = re.compile(r"\s*<!\[CDATA\[(.*)\]\]>\s*\Z", re.DOTALL)
# Longer ones are out of range anyway, and int() refuses them from 4,300 digits on.
_ENDLESS_REFERENCE = re.compile(r"&#[xX]?[0-9a-fA-F]{16,};?")


def decode_references(text: str) -> str:
    """Decode HTML character references once: "&amp;amp;" becomes "&amp;"."""
    if "&" not in text:
        return text
    return html.unescape(_ENDLESS_REFERENCE.sub("\ufffd", text))


@dataclass(frozen=True, slots=True)
class Visible:
    """What a browser would show of an HTML fragment."""

    text: str
    """"\\n" is a line break, two or more are a paragraph's end; all other white space is single
    spaces. Hostile characters are still there: `patriot.lib.text` removes them."""
    html: str
    """The same with its structure: well nested, of KEPT_TAGS alone, no attributes but `href`,
    `colspan` and `rowspan`; hostile characters are still there, too."""


def visible_text(markup: str) -> str:
    """Return the text that a browser would show of an HTML fragment; see `Visible.text`."""
    return read_markup(markup).text


def read_markup(
    markup: str, *, link: Callable[[str], str] | None = None, max_chars: int | None = None
) -> Visible:
    """Return what a browser would show of an HTML fragment.

    link:      returns the address that a link may lead to, or "" to leave its text alone;
               without it nobody wants the structure, and `html` is empty
    max_chars: stop when the text is about so long
    """
    wrapped = _WRAPPER.match(markup) if "<![" in markup else None
    shape = None if link is None else _article_shape(link)
    reader = _Reader(wrapped[1] if wrapped else markup, shape=shape, max_chars=max_chars)
    reader.read()
    return Visible("".join(reader.pieces), "".join(reader.structure))


def visible_markup(page: str, *, max_chars: int) -> str:
    """Return a page's markup without what a browser would not show: for those who look for the
    article in it. Well nested, with the few attributes that tell what is what; not safe to show.

    max_chars: stop when the text in it is about so long
    """
    unseen = read_rules(sheet[1] for sheet in _STYLE_SHEET.finditer(page))
    reader = _Reader(page, shape=_PAGE_SHAPE, max_chars=max_chars, unseen=unseen)
    reader.read()
    return "".join(reader.structure)


@dataclass(frozen=True, slots=True)
class _Shape:
    """What is kept of the structure."""

    tag: Callable[[str, Mapping[str, str]], str]
    """Returns the start tag of an element; empty if it is not kept."""
    names: Mapping[str, str]
    """The names of elements that are kept under another."""
    with_attributes: frozenset[str] | None
    """Whose attributes are to be read in any case; None for all."""
    max_depth: int


@dataclass(slots=True)
class _Element:
    name: str
    hides: bool = False
    """Nothing inside is visible."""
    is_tiny: bool = False
    """Its letters have no size; an element inside may give them one."""
    begins_at: int = -1
    """Where it stands in the structure; -1 if it is not kept."""
    said_before: int = 0
    """How much the structure said before it."""


_ALL_SEEN = Unseen()


class _Reader:
    """Reads one document: `pieces` and `structure` grow from left to right."""

    def __init__(
        self,
        markup: str,
        *,
        shape: _Shape | None,
        max_chars: int | None,
        unseen: Unseen = _ALL_SEEN,
    ) -> None:
        self.markup = markup
        self.pieces: list[str] = []
        self.structure: list[str] = []
        self._unseen_classes = UNSEEN_CLASSES | unseen.classes
        self._unseen_ids = unseen.ids
        self._shape = shape
        self._with_attributes = shape.with_attributes if shape else _DIALOG
        self._left = len(markup) if max_chars is None else max_chars
        self._stack: list[_Element] = []
        self._open: defaultdict[str, int] = defaultdict(int)
        self._hidden = 0  # how many of the open elements hide
        self._depth = 0  # how many of the open elements are kept
        self._said = 0  # pieces of the structure that one can see

    def read(self) -> None:
        markup, position, end = self.markup, 0, len(self.markup)
        while position < end and self._left > 0:
            start = markup.find("<", position)
            if start < 0:
                start = end
            if start > position:
                self._text(markup[position:start])
            if start == end:
                break
            tag = _TAG.match(markup, start)
            position = self._tag(tag) if tag else self._markup(start)
        self._pop(0)

    # --- Tokens: each returns where the next one starts ----------------------------------

    def _tag(self, tag: re.Match[str]) -> int:
        """Read a tag as nearly all are written."""
        is_end, name, attributes, slash = tag.groups()
        name = name.lower()
        if is_end:
            self._close(name)
            return tag.end()
        return self._open_tag(name, attributes, position=tag.end(), closes_itself=bool(slash))

    def _open_tag(
        self, name: str, attributes: str | dict[str, str], *, position: int, closes_itself: bool
    ) -> int:
        if closes_itself and (self._open["svg"] or self._open["math"] or name in {"svg", "math"}):
            return position
        if name in _RAW:
            end = _end_of_raw(name).search(self.markup, position)
            return self._attributes(end.end())[0] if end else len(self.markup)
        if isinstance(attributes, str):
            attributes = self._wanted(name, attributes)
        self._start(name, attributes)
        return position

    def _wanted(self, name: str, attributes: str) -> dict[str, str]:
        """Return the attributes of a tag, if any of them can matter."""
        if not attributes:
            return {}
        wanted = self._with_attributes
        if not (wanted is None or name in wanted or _MAY_HIDE.search(attributes)):
            return {}
        found: dict[str, str] = {}
        for key, double, single, bare in _PAIR.findall(attributes):
            found.setdefault(key.strip(_S).lower(), double or single or bare)
        return found

    def _markup(self, start: int) -> int:
        """Read anything else that begins with "<"."""
        following = self.markup[start + 1 : start + 2]
        if following == "!":
            return self._comment(start)
        if following == "?":
            return self._after(">", start)
        if following == "/":
            return self._end_tag(start)
        name = _NAME.match(self.markup, start + 1)
        if not name:
            end = _START_OF_MARKUP.search(self.markup, start + 1)
            position = end.start() if end else len(self.markup)
            self._text(self.markup[start:position])
            return position
        position, attributes, is_complete, closes_itself = self._attributes(name.end())
        if not is_complete:
            return position
        return self._open_tag(
            name[0].lower(), attributes, position=position, closes_itself=closes_itself
        )

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
        if "&" in text:
            text = decode_references(text)
        if self._open["pre"]:
            text = "\n".join(SPACES.sub(" ", line) for line in text.splitlines() or [""])
        else:
            text = SPACES.sub(" ", text)
        self._left -= len(text)
        self.pieces.append(text)
        if self._shape:
            self.structure.append(escaped(text))
            self._said += not text.isspace()

    def _start(self, name: str, attributes: Mapping[str, str]) -> None:
        if name in ENDS_PARAGRAPH and self._open["p"]:
            self._pop(self._find(_PARAGRAPH, _SCOPES))
        if name in _ENDED_BY_SIBLING:
            self._pop(self._find(*_ENDED_BY_SIBLING[name]))
        if name == "a" and self._stack and self._stack[-1].name == "a":
            self._pop(len(self._stack) - 1)
        self._break(name)
        if name not in _VOID:
            element = self._element(name, attributes)
            self._push(element)
            if self._shape:
                self._keep(element, attributes, shape=self._shape)
        elif name in {"br", "hr"}:
            self._rule(name)

    def _rule(self, name: str) -> None:
        """Put a line's end or a rule into the structure."""
        if self._shape and not self._hidden:
            self.structure.append(f"<{name}>")
            self._said += name == "hr"

    def _keep(self, element: _Element, attributes: Mapping[str, str], *, shape: _Shape) -> None:
        """Begin an element in the structure, if it is one to keep."""
        if self._hidden or self._depth >= shape.max_depth:
            return
        tag = shape.tag(element.name, attributes)
        if not tag or (element.name == "a" and self._open["a"] > 1):
            return
        element.begins_at, element.said_before = len(self.structure), self._said
        self._depth += 1
        self.structure.append(tag)

    def _close(self, name: str) -> None:
        self._break(name)
        if name == "br":  # browsers take </br> for <br>
            self._rule(name)
        elif self._stack and self._stack[-1].name == name:
            self._pop_last()
        elif self._open[name]:
            scopes = _TABLE_SCOPES if name in _TABLE_PARTS else _SCOPES
            self._pop(self._find(frozenset({name}), scopes))

    def _break(self, name: str) -> None:
        if name in BLOCKS:
            self.pieces.append("\n\n")
        elif name == "br":
            self.pieces.append("\n")
        elif name in {"td", "th"}:
            self.pieces.append(" ")

    def _element(self, name: str, attributes: Mapping[str, str]) -> _Element:
        is_tiny = bool(self._stack and self._stack[-1].is_tiny)
        if not attributes:
            return _Element(name, name in _NEVER_SHOWN or name == "dialog", is_tiny)
        style = style_of(attributes.get("style", ""))
        hides = (
            name in _NEVER_SHOWN
            or style.hides
            or "hidden" in attributes
            or (name == "dialog" and "open" not in attributes)
            or not self._unseen_classes.isdisjoint(classes(attributes.get("class", "")))
            or (bool(self._unseen_ids) and self._has_unseen_id(attributes))
        )
        return _Element(name, hides, is_tiny if style.is_tiny is None else style.is_tiny)

    def _has_unseen_id(self, attributes: Mapping[str, str]) -> bool:
        return decode_references(attributes.get("id", "")).strip().lower() in self._unseen_ids

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
        inside = self._stack[index + 1 :]
        while len(self._stack) > index:
            self._pop_last()
        if inside:
            reopened = [each for each in inside if each.hides and each.name in _FORMATTING]
            for element in reopened[:_MAX_REOPENED]:
                self._push(element)

    def _pop_last(self) -> None:
        element = self._stack.pop()
        self._open[element.name] -= 1
        self._hidden -= element.hides
        if element.begins_at >= 0:
            self._end(element)

    def _end(self, element: _Element) -> None:
        """End an element in the structure; one with nothing in it goes."""
        self._depth -= 1
        if self._said > element.said_before or element.name in {"td", "th"}:
            names = self._shape.names if self._shape else {}
            self.structure.append(f"</{names.get(element.name, element.name)}>")
        else:
            # White space between two words may have stood in it alone.
            is_blank = len(self.structure) == element.begins_at + 1
            self.structure[element.begins_at :] = [] if is_blank else [" "]


_PARAGRAPH = frozenset({"p"})
_DIALOG = frozenset({"dialog"})
_WITH_ATTRIBUTES = words("a dialog td th")


@lru_cache(maxsize=32)
def _end_of_raw(name: str) -> re.Pattern[str]:
    return re.compile(f"</{name}(?=[\\s/>])", re.IGNORECASE)


@lru_cache(maxsize=1024)
def _style_of(text: str) -> Style:
    return read_style(decode_references(text))


def style_of(text: str) -> Style:
    """Read a style attribute; feeds repeat the same ones, and only short ones are remembered."""
    return _style_of(text) if len(text) <= 300 else read_style(decode_references(text))


def classes(text: str) -> list[str]:
    return decode_references(text).lower().split()


def escaped(text: str) -> str:
    if "&" in text:
        text = text.replace("&", "&amp;")
    if "<" in text:
        text = text.replace("<", "&lt;")
    return text.replace(">", "&gt;") if ">" in text else text


def _spans(attributes: Mapping[str, str]) -> str:
    """Return how many columns and rows a cell takes, as attributes."""
    return "".join(
        f' {name}="{int(attributes[name])}"'
        for name in ("colspan", "rowspan")
        if re.fullmatch(r"[0-9]{1,2}", attributes.get(name, ""))
    )


def _article_shape(link: Callable[[str], str]) -> _Shape:
    def tag(name: str, attributes: Mapping[str, str]) -> str:
        kept_as = KEPT_AS.get(name)
        if kept_as is None:
            return ""
        if name == "a":
            href = link(decode_references(attributes.get("href", ""))) if attributes else ""
            return f'<a href="{html.escape(href)}">' if href else ""
        return f"<{kept_as}{_spans(attributes)}>" if attributes else f"<{kept_as}>"

    return _Shape(tag, KEPT_AS, _WITH_ATTRIBUTES, MAX_DEPTH)


def _page_tag(name: str, attributes: Mapping[str, str]) -> str:
    if not (name.isascii() and name.isalnum()):
        return ""
    told = "".join(
        f' {key}="{html.escape(decode_references(attributes[key]))}"'
        for key in _TELLING
        if key in attributes
    )
    return f"<{name}{told}>"


_PAGE_SHAPE = _Shape(_page_tag, {}, None, _MAX_PAGE_DEPTH)
