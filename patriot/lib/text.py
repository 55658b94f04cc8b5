"""Clean text: what may be stored, shown or sent, whoever wrote it.

Pure Python. Everything that arrives from outside (feeds, pages, search results, a model's
replies, query strings) passes `clean_text` once, at the boundary.
"""

from __future__ import annotations

import re
import sys
import unicodedata
from functools import lru_cache
from html import escape

from patriot.lib.markup import decode_references, visible_text

MAX_HTML_CHARS = 1_000_000
MAX_TITLE_CHARS = 1_000
MAX_MARKS = 4
"""Combining marks kept on one letter; Tibetan and pointed Hebrew need about as many."""

# A text without any of the others is clean already: one look instead of six passes. All of these
# are in NFC whatever stands beside them, can be seen, and have no rules of their own. (What is
# left out of the Latin, Greek and Cyrillic blocks is a mark, or composed otherwise in NFC.)
_ODD = re.compile(
    "[^\t\n -~\xa0-\xac\xae-\u02ff\u0370-\u0373\u0376-\u037d\u037f-\u0386\u0388-\u0482"
    "\u048a-\u058f\u05d0-\u05ea\u1e00-\u1eff\u2010-\u2027\u2030-\u205e\u20a0-\u20bf\u2190-\u22ff"
    "\u3001-\u3029\u3041-\u3096\u30a1-\u30fa\u4e00-\u9fff\uac00-\ud7a3]"
)
_PLAIN_ASCII = bytes(code for code in range(0x80) if not _ODD.match(chr(code)))
# Line and paragraph ends of every kind become one kind.
_LINE_ENDS = re.compile("\r\n?|[\x0b\x0c\x85\u2028\u2029]")

# What has no business in text: controls, lone surrogates, noncharacters, and every character
# that is invisible or reorders its neighbors. Joiners and variation selectors have rules of
# their own below. U+0600-0605, U+06DD and the like are format characters that one can see.
_UNWANTED_BASIC = (
    "\x00-\x08\x0e-\x1f\x7f-\x84\x86-\x9f"  # controls
    "\xad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f"  # soft hyphen, fillers, marks
    "\u200b\u200e\u200f\u202a-\u202e\u2060-\u206f"  # zero width, bidi marks and overrides
    "\u3164\ufeff\uffa0\ufff0-\ufffb"  # fillers, byte order mark, annotations
    "\ud800-\udfff"  # lone surrogates
    "\ufdd0-\ufdef\ufffe\uffff"  # noncharacters
)
_UNWANTED_RARE = (
    "\U0001bca0-\U0001bca3\U0001d173-\U0001d17a"  # shorthand and musical controls
    "\U000e0000-\U000e00ff\U000e01f0-\U000e0fff"  # tags and the rest of their plane
    + "".join(f"{chr(p * 0x10000 + 0xFFFE)}{chr(p * 0x10000 + 0xFFFF)}" for p in range(1, 17))
)
# A class that stands first, and not repeated, is searched for many times faster; one without
# anything beyond the Basic Multilingual Plane (BMP) many times more.
_UNWANTED = re.compile(f"[{_UNWANTED_BASIC}{_UNWANTED_RARE}][{_UNWANTED_BASIC}{_UNWANTED_RARE}]*+")
_UNWANTED_IN_BMP = re.compile(f"[{_UNWANTED_BASIC}][{_UNWANTED_BASIC}]*+")
# Where marks and unwanted characters beyond it are; emoji and rare ideographs are not there.
_RARE = re.compile(
    "[\U00010000-\U0001efff\U0001fffe\U0001ffff\U0002fffe\U0002ffff\U0003fffe-\U0010ffff]"
)

# Scripts in which a joiner changes what one reads: Arabic and its kin, the Indic scripts and
# those derived from them, Mongolian.
_JOINING = (
    "\u0600-\u08ff\u0900-\u0dff\u0f00-\u109f\u1780-\u18af\u1a20-\u1c4f"
    "\ua800-\ua82f\ua880-\uaadf\uabc0-\uabff\ufb50-\ufdcf\ufdf0-\ufdff\ufe70-\ufefc"
    "\U00010a00-\U00010a5f\U00011000-\U0001173f"
)
_EMOJI = "\u2190-\u2bff\u3030\u303d\u3297\u3299\U0001f000-\U0001faff"
_NEEDED_JOINERS = (
    f"(?<=[{_JOINING}])[\u200c\u200d](?=[{_JOINING}])|(?<=[{_EMOJI}\ufe0f])\u200d(?=[{_EMOJI}])"
)
_JOINERS = re.compile(f"({_NEEDED_JOINERS})|[\u200c\u200d]+")

_ANY_SELECTOR = re.compile("[\ufe00-\ufe0f\U000e0100-\U000e01ef]")
# One variation selector may follow the character whose shape it chooses; a run of them is a
# hiding place for bytes.
_SELECTORS = re.compile(
    "(?<=[^\\s\ufe00-\ufe0f])([\ufe00-\ufe0f])[\ufe00-\ufe0f\U000e0100-\U000e01ef]*"
    "|(?<=[\u3400-\u9fff\uf900-\ufaff\U00020000-\U0003ffff])([\U000e0100-\U000e01ef])"
    "[\ufe00-\ufe0f\U000e0100-\U000e01ef]*"
    "|[\ufe00-\ufe0f\U000e0100-\U000e01ef]+"
)


def clean_text(text: str, *, max_chars: int) -> str:
    """Return text that is safe to store, show and compare: NFC, nothing hidden, bounded.

    Line ends become "\\n"; a joiner stays where its script or an emoji needs it; at most
    MAX_MARKS combining marks follow a letter. Surrounding white space goes.
    """
    # NFC may shorten a text, and dropping may too; more than this is not worth reading.
    text = text[: 4 * max_chars + 256]
    if not is_plain(text):
        text = _LINE_ENDS.sub("\n", text)
        has_rare = bool(_RARE.search(text))
        text = (_UNWANTED if has_rare else _UNWANTED_IN_BMP).sub("", text)
        if not text.isascii():
            text = _clean_unicode(text, has_rare=has_rare)
    return text[:max_chars].strip()


def is_plain(text: str) -> bool:
    """Tell at little cost whether a text is clean as it is; some clean ones are not plain."""
    try:
        # Most texts are mostly ASCII, and bytes are dropped many times faster.
        others = text.encode().translate(None, _PLAIN_ASCII)
    except UnicodeEncodeError:  # lone surrogates
        return False
    return not _ODD.search(others.decode())


def _clean_unicode(text: str, *, has_rare: bool) -> str:
    if _ANY_SELECTOR.search(text):
        text = _SELECTORS.sub(lambda match: match[1] or match[2] or "", text)
    if "\u200c" in text or "\u200d" in text:
        text = _JOINERS.sub(lambda match: match[1] or "", text)
    # Before composing, so that a thousand marks are not sorted first.
    text = _mark_runs(has_rare=has_rare).sub(lambda match: match[0][:MAX_MARKS], text)
    return unicodedata.normalize("NFC", text)


@lru_cache(maxsize=2)
def _mark_runs(*, has_rare: bool) -> re.Pattern[str]:
    """Return what matches more combining marks in a row than a letter may carry.

    has_rare: whether to look beyond the BMP, which takes a hundred times as long
    """
    marks = (
        chr(code)
        for code in range(0x300, sys.maxunicode + 1 if has_rare else 0x10000)
        if (code < 0x20000 or code >= 0xE0100) and code < 0xE0200  # nothing in between or after
        if unicodedata.category(chr(code)) in {"Mn", "Me"} and not _UNWANTED.match(chr(code))
    )
    mark = "[" + "".join(marks) + "]"
    return re.compile(f"{mark}{mark}{{{MAX_MARKS},}}")


_PARAGRAPH_ENDS = re.compile(r"\n{2,}")
_BLOCK_TAG = re.compile(r"<[^<>]*+>")
# Anything but the plainest tags; all of these hide nothing.
_DOUBTFUL = re.compile(
    r"<(?!/?(?:p|br|b|i|em|strong|a|ul|ol|li|div|span|h[1-6]|blockquote)[\s/>])"
    r"|hidden|style|class",
    re.IGNORECASE,
)
# What counts as a tag in a title, where "<Insert name here>" may be meant.
_TITLE_TAG = re.compile(
    r"</?(?:a|abbr|b|big|blockquote|br|center|cite|code|del|div|em|font|h[1-6]|i|iframe|img|ins|li"
    r"|mark|p|q|s|script|small|span|strike|strong|style|sub|sup|tt|u|ul|wbr)(?:[\s/][^<>]*)?/?>"
    r"|<!--",
    re.IGNORECASE,
)


def text_of_html(html: str) -> str:
    """Return what a reader would see of an HTML fragment: paragraphs parted by blank lines.

    Clean in the sense of `clean_text`. Hidden elements, comments, scripts and the like never
    come through; list items are paragraphs; a single <br> is a line end. Character references
    are decoded once. Linear in the length; beyond MAX_HTML_CHARS nothing is read.
    """
    return paragraphs(visible_text(html[:MAX_HTML_CHARS]))


def undoubted_text(html: str) -> str:
    """Return the text of an HTML fragment up to where something may be hidden, without tags.

    For what breaks `text_of_html`, or takes it too long: it looks at no structure at all.
    """
    html = html[:MAX_HTML_CHARS]
    doubtful = _DOUBTFUL.search(html)
    shown = html[: doubtful.start()] if doubtful else html
    return paragraphs(decode_references(_BLOCK_TAG.sub("\n\n", shown)))


def html_of_text(text: str) -> str:
    """Return text as HTML, its paragraphs as such."""
    parts = _PARAGRAPH_ENDS.split(escape(text, quote=False)) if text else []
    return "".join(f"<p>{part}</p>" for part in parts)


def title_of_html(html: str) -> str:
    """Return a title that may hold markup as one line of clean text, decoded once."""
    html = html[: 8 * MAX_TITLE_CHARS]
    text = visible_text(html) if _TITLE_TAG.search(html) else decode_references(html)
    return one_line(text, max_chars=MAX_TITLE_CHARS)


def one_line(text: str, *, max_chars: int) -> str:
    """Return clean text with all white space as single spaces."""
    return " ".join(clean_text(text, max_chars=2 * max_chars).split())[:max_chars].rstrip()


def paragraphs(text: str) -> str:
    """Return visible text clean, its paragraphs parted by blank lines."""
    return in_paragraphs(clean_text(text, max_chars=MAX_HTML_CHARS))


def in_paragraphs(text: str) -> str:
    """Return clean text with its paragraphs parted by blank lines, and no space too many."""
    # To look first is cheaper than to replace, and patterns take twenty times as long.
    text = single_spaces(text.replace("\t", " "))
    for line_end in (" \n", "\n "):
        if line_end in text:
            text = text.replace(line_end, "\n")
    return "\n\n".join(filter(None, map(str.strip, text.split("\n\n"))))


def single_spaces(text: str) -> str:
    """Return text with one space for every run of them."""
    while "  " in text:
        text = text.replace("  ", " ")
    return text
