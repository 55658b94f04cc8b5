"""A document's bytes as UTF-8, whatever they are and whatever anybody declares.

Runs in the parser's child process.
"""

from __future__ import annotations

import codecs
import re
from functools import lru_cache

_DECLARED = re.compile(rb"\A[^<]{0,200}<\?xml[^>]{0,200}?\bencoding\s*=\s*[\"']\s*([\w.:-]{1,40})")
_CHARSET = re.compile(r"charset\s*=\s*[\"']?\s*([\w.:-]{1,40})", re.IGNORECASE)

# Longest first: UTF-32's mark begins with UTF-16's.
_MARKS = (
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
# XML 1.0, appendix F.1: how "<" and the letter or "?" after it look without a mark.
_WIDE = (
    (re.compile(rb"[^\x00]\x00\x00\x00"), "utf-32-le"),
    (re.compile(rb"\x00\x00\x00[^\x00]"), "utf-32-be"),
    (re.compile(rb"[^\x00]\x00[^\x00]\x00"), "utf-16-le"),
    (re.compile(rb"\x00[^\x00]\x00[^\x00]"), "utf-16-be"),
)
_EBCDIC = "<?xml".encode("cp037")
# ASCII to the eye, and yet other letters.
_STATEFUL = re.compile(r"(?:cs)?iso-?2022|hz|utf-?7\b|unicode-1-1-utf-7", re.IGNORECASE)

# What labels mean to browsers (https://encoding.spec.whatwg.org): the wider superset.
_MEANT = {
    "ascii": "windows-1252",
    "iso8859-1": "windows-1252",
    "iso8859-9": "windows-1254",
    "iso8859-11": "cp874",
    "tis-620": "cp874",
    "gb2312": "gb18030",
    "gbk": "gb18030",
    "shift_jis": "cp932",
    "euc_kr": "cp949",
    "big5": "big5hkscs",
}
_UNKNOWN_TO_PYTHON = {
    "x-sjis": "cp932",
    "windows-31j": "cp932",
    "x-gbk": "gb18030",
    "gb_2312-80": "gb18030",
    "x-euc-jp": "euc_jp",
    "x-big5": "big5hkscs",
    "big5-hkscs": "big5hkscs",
    "windows-949": "cp949",
    "ks_c_5601-1987": "cp949",
    "windows-874": "cp874",
    "x-cp1250": "windows-1250",
    "x-cp1251": "windows-1251",
    "x-cp1252": "windows-1252",
    "win-1251": "windows-1251",
    "unicode-1-1-utf-8": "utf-8",
    "unicode-1-1-utf-7": "utf-7",
    "iso-8859-8-i": "iso8859-8",
    "x-mac-cyrillic": "mac_cyrillic",
    "macintosh": "mac_roman",
    "x-mac-roman": "mac_roman",
}
# Codecs that are no encodings of documents, or take quadratic time.
_NO_CHARSETS = {"idna", "punycode", "unicode-escape", "raw-unicode-escape", "undefined"}

# What must not be stored. The controls from 128 on stand for Windows' letters there, as browsers
# read references to them (HTML standard, "numeric character reference end state").
ODD_LETTERS = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff\ufdd0-\ufdef\ufffe\uffff]"
)
# Those of them that XML allows, in UTF-8.
_ODD_CONTROL = re.compile(rb"\xc2[\x80-\x9f]")
_NO_LETTER = re.compile(rb"\xef\xb7[\x90-\xaf]")
# References that may mean one of them, and some that do not.
_ODD_REFERENCE = re.compile(
    rb"&#(?:0|1[2-5][0-9];|6[45][0-9]{3};|[xX](?:0|[789][0-9a-fA-F];|[fF][dD]))"
)

_MANY_BYTES = re.compile(
    rb"[\xc2-\xdf][\x80-\xbf]|[\xe0-\xef][\x80-\xbf]{2}|[\xf0-\xf4][\x80-\xbf]{3}"
)


def as_utf8(body: bytes, *, content_type: str = "") -> bytes:
    """Return a document in UTF-8, without a byte order mark. Its declaration may lie now.

    A byte order mark decides. Valid UTF-8 that is not ASCII is UTF-8, whatever is declared. Else
    HTTP comes before the document (RFC 7303 §3.2), and last what publishers really write.
    """
    if body.startswith(codecs.BOM_UTF8):
        body = body[len(codecs.BOM_UTF8) :]
        return body if _is_utf8(body) else _mostly_utf8(body)
    wide = _wide_encoding(body)
    if wide:
        return _utf8(body.decode(wide, "replace").lstrip("\ufeff"))
    if body.startswith(_EBCDIC):
        return _utf8(_ebcdic(body))
    declared = _declared(body)
    from_http = _from_http(content_type)
    if body.isascii():
        return _ascii(body, from_http or declared)
    if _is_utf8(body):
        return body
    return _other(body, declared=declared, from_http=from_http)


def is_clean_xml(body: bytes) -> bool:
    """Say whether no text of a well-formed document in UTF-8 can hold one of ODD_LETTERS.

    One look at the document costs a tenth of one at each text. "No" may be wrong, "yes" is not.
    """
    if b"\x7f" in body or _ODD_REFERENCE.search(body):
        return False
    has_control = b"\xc2" in body and _ODD_CONTROL.search(body)
    return not has_control and not (b"\xef" in body and _NO_LETTER.search(body))


def _declared(body: bytes) -> str:
    found = _DECLARED.match(body[:500])
    return found[1].decode("ascii", "replace") if found else ""


def _from_http(content_type: str) -> str:
    found = _CHARSET.search(content_type[:500])
    return found[1] if found else ""


def _wide_encoding(body: bytes) -> str:
    for mark, encoding in _MARKS:
        if body.startswith(mark):
            return encoding
    if b"\x00" not in body[:4]:
        return ""
    return next((encoding for pattern, encoding in _WIDE if pattern.match(body[:4])), "")


def _is_utf8(body: bytes) -> bool:
    try:
        body.decode()
    except UnicodeDecodeError:
        return False
    return True


def _ascii(body: bytes, label: str) -> bytes:
    encoding = codec_named(label) if _STATEFUL.match(label) else ""
    if not encoding:
        return body
    try:
        return _utf8(body.decode(encoding))
    except UnicodeError:
        return body


def _ebcdic(body: bytes) -> str:
    head = body[:200].decode("cp037")
    found = re.search(r"encoding\s*=\s*[\"']([\w.:-]{1,40})", head)
    return body.decode(codec_named(found[1] if found else "") or "cp037", "replace")


def _other(body: bytes, *, declared: str, from_http: str) -> bytes:
    labels = [from_http, declared]
    if codec_named(from_http) == "windows-1252":
        # A server's default, more often than knowledge of the document.
        labels.reverse()
    for encoding in filter(None, map(codec_named, labels)):
        try:
            return _utf8(body.decode(encoding))
        except UnicodeError:
            continue
    return _damaged(body, [encoding for encoding in map(codec_named, labels) if encoding])


def _damaged(body: bytes, encodings: list[str]) -> bytes:
    """Decode what no declared encoding reads without a fault."""
    foreign = [each for each in encodings if each not in {"utf-8", "windows-1252"}]
    if foreign:
        text = body.decode(foreign[0], "replace")
        if text.count("\ufffd") * 20 < len(text):
            return _utf8(text)
    return _mostly_utf8(body)


def _mostly_utf8(body: bytes) -> bytes:
    """Read as UTF-8 with some bytes of Windows among them, or all as Windows' letters."""
    valid = len(_MANY_BYTES.findall(body))
    broken = len(_MANY_BYTES.sub(b"", body).translate(None, bytes(range(128))))
    errors = "windows-1252" if valid >= broken else ""
    if errors:
        return _utf8(body.decode("utf-8", "patriot-windows-1252"))
    return _utf8(body.decode("windows-1252", "replace"))


def _as_windows(error: UnicodeError) -> tuple[str, int]:
    if not isinstance(error, UnicodeDecodeError):
        raise error
    wrong = error.object[error.start : error.end]
    return wrong.decode("windows-1252", "replace"), error.end


codecs.register_error("patriot-windows-1252", _as_windows)


def _utf8(text: str) -> bytes:
    return text.encode("utf-8", "replace")


@lru_cache(maxsize=256)
def codec_named(label: str) -> str:
    """Return the Python codec for an encoding's label, "" for none or none of a byte each.

    UTF-16 and UTF-32 are told by their bytes, never by a label: where those look like ASCII, the
    label is wrong.
    """
    label = label.strip().lower()
    label = _UNKNOWN_TO_PYTHON.get(label, label)
    if not label or "\x00" in label:
        return ""
    try:
        found = codecs.lookup(label)
    except LookupError:
        return ""
    if found.name in _NO_CHARSETS or not found._is_text_encoding:
        return ""
    name = _MEANT.get(found.name, "windows-1252" if found.name == "cp1252" else found.name)
    return "" if name.startswith(("utf-16", "utf-32")) else name
