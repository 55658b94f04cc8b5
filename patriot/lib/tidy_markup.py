"""HTML as nearly all publishers write it, read ten times faster than `patriot.lib.markup` does.

Tidy is markup of which every tag is closed in its place, with attributes in quotation marks, and
which holds nothing that could hide a word or confuse a reader. Whatever is in doubt is not tidy:
for that there is the reader of markup, and what this one says is what that one would say.

The structure is safe by construction, without a sanitizer. Its tags come from a table and have no
attributes, but for links to addresses without quotation marks and angle brackets; its text is
what stood between ">" and "<", and every "&" in it is written by us.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from functools import lru_cache
from html import escape

from patriot.lib.markup import (
    BLOCKS,
    ENDS_PARAGRAPH,
    KEPT_AS,
    MAX_DEPTH,
    SPACES,
    UNSEEN_CLASSES,
    Visible,
    classes,
    decode_references,
    style_of,
)
from patriot.lib.styles import words
from patriot.lib.text import clean_text, in_paragraphs, is_plain, single_spaces

MAX_TIDY_CHARS = 100_000

_VOID = words("br hr img source wbr")
_INLINE = words(
    "a abbr acronym b bdi bdo big cite code del dfn em font i ins kbd label mark nobr picture q s "
    "samp small span strike strong sub sup time tt u var"
)
# Named one by one: what the standard has many rules of its own for, and what a browser may not
# show, is left to the reader that knows them.
_TIDY_BLOCKS = words(
    "address article aside blockquote center dd details div dl dt figcaption figure footer h1 h2 "
    "h3 h4 h5 h6 header hgroup li main nav ol p section summary ul"
)
_TIDY = _VOID | _INLINE | _TIDY_BLOCKS
_HEADINGS = words("h1 h2 h3 h4 h5 h6")
# Anywhere else they end what is open.
_PARENTS = {"li": words("ol ul"), "dd": words("dl"), "dt": words("dl")}

_NAME = r"[a-zA-Z][a-zA-Z0-9_:-]*+"
_TAG = re.compile(
    rf"(/?)([a-zA-Z][a-zA-Z0-9]*+)((?: ++{_NAME}(?:=(?:\"[^\"]*+\"|'[^']*+'))?+)*+) *+(/?)\Z"
)
_ATTRIBUTE = re.compile(rf"({_NAME})(?:=(?:\"([^\"]*+)\"|'([^']*+)'))?+")
# A void element has nothing inside that could be hidden.
_PICTURE = re.compile(rf"(?:img|source)(?: ++{_NAME}=\"[^\"]*+\")*+ *+/?\Z")
# A link as nearly all are written.
_LINK = re.compile(r"a href=\"([^\"]*+)\"(?: (?:data-[a-z-]++|rel|target|title)=\"[^\"]*+\")*+\Z")
# A comment without a bracket inside, an embedded film or script with nothing inside. Its place is
# taken by a tag that means nothing: were it not where tags are, a bracket there would still be in
# doubt.
_SILENT = re.compile(
    r"<!--(?:-|[^<>]*--)?>"
    rf"|<(iframe|script)(?:[ \n\t]++{_NAME}(?:=(?:\"[^\"<>]*+\"|'[^'<>]*+'))?+)*+[ \n\t]*+></\1>"
)
_SILENCES = ("<!--", "<iframe", "<script")
_IN_ITS_PLACE = "<wbr>"
# An address that nobody can take for anything else.
_SAFE_ADDRESS = re.compile(
    r"https?://(?![^/?#]*xn--)[a-z0-9_][a-z0-9_.-]*\.[a-z]+(?:[/?#][!#-;=?-~]*)?\Z"
)
# As `html.unescape` has it.
_REFERENCE = re.compile("&(?:#[0-9]++;?+|#[xX][0-9a-fA-F]++;?+|[^\t\n\f <&#;]{1,32}+;?+)?+")
_MAX_REFERENCE_CHARS = 34
_MAX_TAG_CHARS = 300
_MAX_KNOWN = 2_000


class _Untidy(Exception):
    """Something is in doubt: the other reader is to read it."""


# What a tag means: its kind, its name, how it stands in the structure ("" if it does not), what it
# puts into the text, what must not be open around it, and in what it must stand (if in anything).
# No class of its own: to take a plain tuple apart costs half as much.
_Tag = tuple[int, str, str, str, frozenset[str], frozenset[str]]

_START, _END, _ALONE = range(3)
_NOTHING: frozenset[str] = frozenset()
_NOT_KEPT = (-1, MAX_TIDY_CHARS)
_BEGINNING = "<"  # no tag has it in its name


def read_tidy(markup: str, *, link: Callable[[str], str]) -> Visible | None:
    """Return what a browser would show of tidy markup, in clean text and safe structure; None if
    it is not tidy.

    link: returns the address that a link may lead to, or "" to leave its text alone
    """
    if len(markup) > MAX_TIDY_CHARS:
        return None
    # Before anything is cleaned away: what is hidden up to its end must not end sooner.
    if any(silence in markup for silence in _SILENCES):
        markup = _SILENT.sub(_IN_ITS_PLACE, markup)
    is_plain_text = is_plain(markup)
    markup = _with_spaces(markup) if is_plain_text else _cleaned(markup)
    # With one after each of the others, none stands in the text.
    if markup.count("<") != markup.count(">"):
        return None
    reader = _Reader(link)
    try:
        reader.read(markup)
        visible = reader.visible()
    except _Untidy:
        return None
    # What was clean in pieces may not be so together.
    if not is_plain_text and clean_text(visible.text, max_chars=MAX_TIDY_CHARS) != visible.text:
        return None
    return visible


def _with_spaces(markup: str) -> str:
    """Return plain markup with spaces instead of all other white space."""
    for space in "\n\t\xa0":  # all the others that are plain
        if space in markup:
            markup = markup.replace(space, " ")
    return markup


def _cleaned(markup: str) -> str:
    """Return markup with clean characters and nothing but spaces between words.

    Before its tags are told apart: this may make a tag of what was none, or hide what was not
    hidden, and both leave a doubt at worst; but no tag and no style that hides is lost. (What
    hides up to its own end, such as a comment, is in doubt by now.)
    """
    return SPACES.sub(" ", clean_text(markup, max_chars=MAX_TIDY_CHARS))


class _Reader:
    """Reads one text, as the reader of markup does, but for all that is in doubt."""

    def __init__(self, link: Callable[[str], str]) -> None:
        self._link = link
        self._texts: list[str] = []
        self._structure: list[str] = []

    def read(self, markup: str) -> None:  # noqa: PLR0912 (calls would be half the cost)
        first, *pieces = markup.split("<")
        texts, structure = self._texts, self._structure
        names: list[str] = []  # of the open elements
        marks: list[tuple[int, int]] = []  # where each began, and what was said before it
        said = 0  # pieces that one can see
        for piece in (f"{_BEGINNING}>{first}", *pieces):
            tag, mark, text = piece.partition(">")
            if not mark:
                raise _Untidy
            kind, name, html, gap, apart_from, parents = _known.get(tag) or self._tag(tag)
            if gap:
                texts.append(gap)
            if kind == _END:
                if not names or names.pop() != name:
                    raise _Untidy
                begins_at, said_before = marks.pop()
                if said > said_before:
                    structure.append(html)
                elif begins_at >= 0:
                    # White space between two words may have stood in it alone.
                    is_blank = len(structure) == begins_at + 1
                    structure[begins_at:] = [] if is_blank else [" "]
            else:
                if apart_from and names and not apart_from.isdisjoint(names):
                    raise _Untidy
                if kind == _START:
                    if (parents and parents.isdisjoint(names[-1:])) or len(names) >= MAX_DEPTH:
                        raise _Untidy
                    names.append(name)
                    marks.append((len(structure), said) if html else _NOT_KEPT)
                if html:
                    structure.append(html)
                    said += name == "hr"
            if text:
                if "&" in text:
                    text = _REFERENCE.sub(_decoded, text)
                structure.append(text)
                if not text.isspace():
                    said += 1
                    # Nothing is left to do then where the text is put together.
                    texts.append(text.lstrip() if gap else text)
                elif not gap:
                    texts.append(text)
        if names:
            raise _Untidy

    def visible(self) -> Visible:
        text = in_paragraphs("".join(self._texts))
        if "&" in text:
            text = text.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")
        return Visible(text, single_spaces("".join(self._structure)).strip())

    def _tag(self, tag: str) -> _Tag:
        link = _LINK.match(tag)
        if link:
            return self._link_to(link[1])
        if _PICTURE.match(tag):
            return _IGNORED
        if tag[:2] in {"a ", "A "}:
            return self._link_to(_attributes(_parsed(tag)[2]).get("href", ""))
        return _remembered(tag)

    def _link_to(self, href: str) -> _Tag:
        if "&" in href:
            # Nearly always the only reference there; it takes a tenth of the time.
            plain = href.replace("&amp;", "\n")
            href = decode_references(href) if "&" in plain else plain.replace("\n", "&")
        address = self._link(href) if href else ""
        if not address:
            return _ANCHOR
        if not _SAFE_ADDRESS.match(address):
            raise _Untidy
        address = address.replace("&", "&amp;")
        return (_START, "a", _LINK_TAG.format(address), "", _ANCHOR[4], _NOTHING)


def _decoded(reference: re.Match[str]) -> str:
    return _character(reference[0])


@lru_cache(maxsize=1024)
def _character(reference: str) -> str:
    """Return what a reference stands for, escaped."""
    if len(reference) > _MAX_REFERENCE_CHARS:
        raise _Untidy
    text = decode_references(reference)
    if not text or not (is_plain(text) or unicodedata.category(text[0]) == "So"):
        raise _Untidy
    return escape(SPACES.sub(" ", text), quote=False)


def _remembered(tag: str) -> _Tag:
    """Read a tag that is not remembered yet; publishers repeat the same ones all over a feed."""
    meaning = _tag(tag)
    if len(_known) >= _MAX_KNOWN:
        _known.clear()
        _known.update(_BARE)
    if len(tag) <= _MAX_TAG_CHARS:
        _known[tag] = meaning
    return meaning


def _tag(tag: str) -> _Tag:
    """Read what stands between "<" and ">"."""
    is_end, name, attributes, slash = _parsed(tag)
    if name in _VOID and not is_end:
        return _void(name)
    if slash or name in _VOID or (is_end and attributes):
        raise _Untidy
    _attributes(attributes)
    return _end(name) if is_end else _start(name)


def _parsed(tag: str) -> tuple[str, str, str, str]:
    found = _TAG.match(tag)
    if not found or found[2].lower() not in _TIDY:
        raise _Untidy
    return found[1], found[2].lower(), found[3], found[4]


def _attributes(text: str) -> dict[str, str]:
    """Return the attributes of an element that is seen."""
    found: dict[str, str] = {}
    for key, double, single in _ATTRIBUTE.findall(text):
        found.setdefault(key.lower(), double or single)
    if "hidden" in found or not UNSEEN_CLASSES.isdisjoint(classes(found.get("class", ""))):
        raise _Untidy
    style = style_of(found.get("style", ""))
    if style.hides or style.is_tiny:
        raise _Untidy
    return found


def _start(name: str) -> _Tag:
    apart_from = _PARAGRAPH if name in ENDS_PARAGRAPH else _NOTHING
    if name in _HEADINGS:
        apart_from |= _HEADINGS
    if name == "a":
        apart_from = frozenset({"a"})
    # A link without an address is only its text.
    kept_as = KEPT_AS.get(name, "") if name != "a" else ""
    html = f"<{kept_as}>" if kept_as else ""
    return (_START, name, html, _gap(name), apart_from, _PARENTS.get(name, _NOTHING))


def _end(name: str) -> _Tag:
    kept_as = KEPT_AS.get(name, "")
    return (_END, name, f"</{kept_as}>" if kept_as else "", _gap(name), _NOTHING, _NOTHING)


def _void(name: str) -> _Tag:
    html = f"<{name}>" if name in {"br", "hr"} else ""
    apart_from = _PARAGRAPH if name == "hr" else _NOTHING
    return (_ALONE, name, html, _gap(name), apart_from, _NOTHING)


def _gap(name: str) -> str:
    return "\n\n" if name in BLOCKS else "\n" if name == "br" else ""


_PARAGRAPH = frozenset({"p"})
_IGNORED: _Tag = (_ALONE, "", "", "", _NOTHING, _NOTHING)
_ANCHOR = _start("a")
_LINK_TAG = '<a href="{}" rel="noopener nofollow">'
_BARE: dict[str, _Tag] = (
    {_BEGINNING: _IGNORED, "br/": _void("br"), "br /": _void("br")}
    | {name: _void(name) for name in _VOID}
    | {name: _start(name) for name in _TIDY - _VOID}
    | {f"/{name}": _end(name) for name in _TIDY - _VOID}
)
_known = dict(_BARE)
