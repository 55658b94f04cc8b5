"""Clean text: what may be stored, shown or sent, whoever wrote it.

Pure Python. Everything that arrives from outside (feeds, pages, search results, a model's
replies, query strings) passes `clean_text` once, at the boundary.
"""

from __future__ import annotations

import re
import sys
import unicodedata
from functools import lru_cache

from patriot.lib.markup import decode_references, visible_text

MAX_HTML_CHARS = 1_000_000
MAX_TITLE_CHARS = 1_000
MAX_MARKS = 4
"""Combining marks kept on one letter; Tibetan and pointed Hebrew need about as many."""

# Line and paragraph ends of every kind become one kind.
_LINE_ENDS = re.compile("\r\n?|[\x0b\x0c\x85\u2028\u2029]")

# What has no business in text: controls, lone surrogates, noncharacters, and every character
# that is invisible or reorders its neighbors. Joiners and variation selectors have rules of
# their own below. U+0600-0605, U+06DD and the like are format characters that one can see.
_UNWANTED = re.compile(
    "["
    "\x00-\x08\x0e-\x1f\x7f-\x84\x86-\x9f"  # controls
    "\xad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f"  # soft hyphen, fillers, marks
    "\u200b\u200e\u200f\u202a-\u202e\u2060-\u206f"  # zero width, bidi marks and overrides
    "\u3164\ufeff\uffa0\ufff0-\ufffb"  # fillers, byte order mark, annotations
    "\ud800-\udfff"  # lone surrogates
    "\ufdd0-\ufdef\ufffe\uffff"  # noncharacters
    "\U0001bca0-\U0001bca3\U0001d173-\U0001d17a"  # shorthand and musical controls
    "\U000e0000-\U000e00ff\U000e01f0-\U000e0fff"  # tags and the rest of their plane
    "]+"
    "|["
    + "".join(f"{chr(p * 0x10000 + 0xFFFE)}{chr(p * 0x10000 + 0xFFFF)}" for p in range(1, 17))
    + "]+"
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
    if not (text.isascii() and text.isprintable()):
        text = _LINE_ENDS.sub("\n", text)
        text = _UNWANTED.sub("", text)
        if not text.isascii():
            text = _clean_unicode(text)
    return text[:max_chars].strip()


def _clean_unicode(text: str) -> str:
    text = _SELECTORS.sub(lambda match: match[1] or match[2] or "", text)
    text = _JOINERS.sub(lambda match: match[1] or "", text)
    # Before composing, so that a thousand marks are not sorted first.
    text = _mark_runs().sub(lambda match: match[0][:MAX_MARKS], text)
    return unicodedata.normalize("NFC", text)


@lru_cache(maxsize=1)
def _mark_runs() -> re.Pattern[str]:
    """Return what matches more combining marks in a row than a letter may carry."""
    marks = (
        chr(code)
        for code in range(0x300, sys.maxunicode + 1)
        if (code < 0x20000 or code >= 0xE0100) and code < 0xE0200  # nothing in between or after
        if unicodedata.category(chr(code)) in {"Mn", "Me"} and not _UNWANTED.match(chr(code))
    )
    return re.compile("[" + "".join(marks) + f"]{{{MAX_MARKS + 1},}}")


_EXTRA_SPACES = re.compile(r"[ \t]{2,}")
_LINE_ENDS_AND_SPACES = re.compile(r"[ \t]?\n[ \t]?")
_PARAGRAPH_ENDS = re.compile(r"\n{2,}")
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
    return _paragraphs(visible_text(html[:MAX_HTML_CHARS]))


def title_of_html(html: str) -> str:
    """Return a title that may hold markup as one line of clean text, decoded once."""
    html = html[: 8 * MAX_TITLE_CHARS]
    text = visible_text(html) if _TITLE_TAG.search(html) else decode_references(html)
    return one_line(text, max_chars=MAX_TITLE_CHARS)


def one_line(text: str, *, max_chars: int) -> str:
    """Return clean text with all white space as single spaces."""
    return " ".join(clean_text(text, max_chars=2 * max_chars).split())[:max_chars].rstrip()


def _paragraphs(text: str) -> str:
    text = clean_text(text, max_chars=MAX_HTML_CHARS)
    text = _LINE_ENDS_AND_SPACES.sub("\n", _EXTRA_SPACES.sub(" ", text))
    paragraphs = (paragraph.strip() for paragraph in _PARAGRAPH_ENDS.split(text))
    return "\n\n".join(paragraph for paragraph in paragraphs if paragraph)
