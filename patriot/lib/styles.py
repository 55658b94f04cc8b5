"""What styles say about whether text can be seen: attributes, and the simplest rules of a page."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import islice


def words(text: str) -> frozenset[str]:
    """Return the words of a text as a set; reads better than a column of strings."""
    return frozenset(text.split())


_ESCAPE = re.compile(r"\\([0-9a-f]{1,6})\s?|\\(.)", re.DOTALL)
_LENGTH = re.compile(r"\s*([+-]?(?:\d{1,9}(?:\.\d{0,9})?|\.\d{1,9}))\s*([a-z%]*)")
_FONT_SIZE = re.compile(r"(?:^|\s)([\d.]{1,12}[a-z%]*)(?:/|\s|$)")
_NOTHING_LEFT = re.compile(
    r"rect\(\s*[01](?:px)?[\s,]+[01](?:px)?[\s,]+[01](?:px)?[\s,]+[01](?:px)?\s*\)"
    r"|inset\(\s*(?:[5-9]\d|100)%|circle\(\s*0|scale(?:3d|x|y)?\(\s*0(?:\.0*)?\s*[,)]"
)
_WORDS_THAT_HIDE = {
    "display": {"none"},
    "visibility": {"hidden", "collapse"},
    "content-visibility": {"hidden"},
    "mso-hide": {"all"},
    "color": {"transparent"},
    "-webkit-text-fill-color": {"transparent"},
}
_SIZES = words("height line-height max-height max-width width zoom")
_OFFSETS = words(
    "bottom inset-inline-start left margin margin-left margin-top right text-indent top"
)
# Smaller letters cannot be read, whatever the unit; the keywords are all larger.
_READABLE = {"px": 3.0, "pt": 2.0, "em": 0.2, "rem": 0.2, "ex": 0.4, "%": 20.0, "": 3.0}

_HEX = re.compile(r"#([0-9a-f]{3}|[0-9a-f]{6})\Z")
_RGB = re.compile(
    r"rgba?\(\s*(\d{1,3})[\s,]+(\d{1,3})[\s,]+(\d{1,3})\s*(?:[,/]\s*1(?:\.0*)?\s*)?\)"
)
_NAMED = {"white": "#ffffff", "black": "#000000", "red": "#ff0000", "yellow": "#ffff00"}
_COLOR_FROM_ELSEWHERE = words(
    "auto currentcolor inherit initial none revert revert-layer transparent unset"
)
_NOTHING_BEHIND = words("none no-repeat repeat scroll fixed 0 0px 0% left top")

_BRACE = re.compile(r"[{}]")
_SIMPLE_SELECTOR = re.compile(r"([.#])([^\W\d][\w-]*)\Z")
MAX_RULES = 5_000
"""No page of an article needs as many."""


@dataclass(frozen=True, slots=True)
class Unseen:
    """Whom the rules of a page hide: names in lower case."""

    classes: frozenset[str] = frozenset()
    ids: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Style:
    """hides: nothing inside can be seen; is_tiny: letters without a size, None if not said."""

    hides: bool = False
    is_tiny: bool | None = None


_PLAIN = Style()


def read_style(text: str) -> Style:
    """Read a style attribute; the stricter reading wins where two declarations disagree."""
    if not text:
        return _PLAIN
    hides = False
    is_tiny: bool | None = None
    colors: dict[str, str] = {}
    for name, value in _declarations(text):
        hides = hides or _hides(name, value)
        if name in {"color", "background", "background-color"}:
            colors[name.partition("-")[0]] = _color(value)
        size = _font_size(name, value)
        if size is not None:
            is_tiny = _is_unreadable(size)
    color = colors.get("color")
    is_veiled = bool(color) and color == colors.get("background")
    return Style(hides or is_veiled, is_tiny)


def read_rules(sheets: Iterable[str]) -> Unseen:
    """Return the classes and ids that the simplest rules (".note{display:none}") hide.

    Only what holds for each element of that name, wherever it is: rules inside other rules,
    selectors of several parts and what is not sure count as nothing. The last rule holds.
    """
    hidden: dict[str, bool] = {}
    for sheet in sheets:
        for selectors, body in _rules(sheet):
            says = _says_hidden(body)
            if says is not None:
                hidden |= dict.fromkeys(selectors, says)
    names = [name for name, is_hidden in hidden.items() if is_hidden]
    return Unseen(
        frozenset(name[1:] for name in names if name[0] == "."),
        frozenset(name[1:] for name in names if name[0] == "#"),
    )


def _rules(sheet: str) -> Iterator[tuple[list[str], str]]:
    """Yield the simple selectors and the declarations of rules that stand in no other."""
    sheet = _without_comments(sheet.lower())
    depth, selectors, begin = 0, "", 0
    for brace in islice(_BRACE.finditer(sheet), 2 * MAX_RULES):
        text, begin = sheet[begin : brace.start()], brace.end()
        if brace[0] == "{":
            depth += 1
            selectors = text.rpartition(";")[2] if depth == 1 else ""
            continue
        if depth == 1:
            each = (one.strip().removeprefix("<!--").strip() for one in selectors.split(","))
            yield [one for one in each if _SIMPLE_SELECTOR.match(one)], text
        depth, selectors = max(depth - 1, 0), ""


def _says_hidden(body: str) -> bool | None:
    """Return whether declarations hide; None if they say nothing of it.

    Fewer than in an attribute: a rule's other tricks are often undone by a script.
    """
    values = dict(_declarations(body))
    found = values.get("display", ""), values.get("visibility", "")
    return found[0] == "none" or found[1] in {"hidden", "collapse"} if any(found) else None


def _color(value: str) -> str:
    """Return a color in one spelling, "" if it is none or comes from elsewhere."""
    if found := _RGB.match(value):
        rest = value[found.end() :]
        color = "#" + "".join(f"{min(int(part), 255):02x}" for part in found.groups())
    else:
        first, _, rest = value.partition(" ")
        color = _NAMED.get(first, first)
        if digits := _HEX.match(color):
            color = "#" + (digits[1] if len(digits[1]) == 6 else "".join(c * 2 for c in digits[1]))
        elif not color.isalpha() or color in _COLOR_FROM_ELSEWHERE:
            return ""
    # A picture may be behind.
    return color if _NOTHING_BEHIND.issuperset(rest.split()) else ""


def _declarations(text: str) -> list[tuple[str, str]]:
    text = text.lower()
    if "\\" in text:
        text = _ESCAPE.sub(_unescaped, text)
    text = _without_comments(text)
    pairs = (declaration.partition(":") for declaration in text.split(";"))
    return [
        (name.strip(), value.replace("!important", "").replace("! important", "").strip())
        for name, colon, value in pairs
        if colon
    ]


def _without_comments(text: str) -> str:
    if "/*" not in text:
        return text
    first, *others = text.split("/*")
    return first + "".join(other.partition("*/")[2] for other in others)


def _unescaped(match: re.Match[str]) -> str:
    if match[2]:
        return match[2]
    code = int(match[1], 16)
    return chr(code).lower() if 0 < code <= 0x10FFFF else "\ufffd"


def _hides(name: str, value: str) -> bool:
    if value in _WORDS_THAT_HIDE.get(name, ()):
        return True
    if name in {"clip", "clip-path", "-webkit-clip-path", "transform"}:
        return bool(_NOTHING_LEFT.match(value))
    if name == "opacity":
        number = _number(value)
        return number is not None and number[0] < (5 if number[1] == "%" else 0.05)
    if name in _SIZES:
        number = _number(value)
        return number is not None and number[0] == 0
    if name in _OFFSETS:
        return any(_is_far_away(part) for part in value.split()[:4])
    return False


def _font_size(name: str, value: str) -> str | None:
    if name == "font-size":
        return value
    if name == "font":
        found = _FONT_SIZE.search(value)
        return found[1] if found else None
    return None


def _is_unreadable(size: str) -> bool:
    number = _number(size)
    return number is not None and number[0] < _READABLE.get(number[1], 0.1)


def _is_far_away(length: str) -> bool:
    number = _number(length)
    if number is None or number[0] >= 0:
        return False
    return number[0] <= (-50 if number[1] in {"em", "rem", "ch", "ex", "in"} else -300)


def _number(value: str) -> tuple[float, str] | None:
    found = _LENGTH.match(value)
    return (float(found[1]), found[2]) if found else None
