"""What a style attribute says about whether its text can be seen."""

from __future__ import annotations

import re
from dataclasses import dataclass


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
    for name, value in _declarations(text):
        hides = hides or _hides(name, value)
        size = _font_size(name, value)
        if size is not None:
            is_tiny = _is_unreadable(size)
    return Style(hides, is_tiny)


def _declarations(text: str) -> list[tuple[str, str]]:
    text = text.lower()
    if "\\" in text:
        text = _ESCAPE.sub(_unescaped, text)
    if "/*" in text:
        first, *others = text.split("/*")
        text = first + "".join(other.partition("*/")[2] for other in others)
    pairs = (declaration.partition(":") for declaration in text.split(";"))
    return [
        (name.strip(), value.replace("!important", "").replace("! important", "").strip())
        for name, colon, value in pairs
        if colon
    ]


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
