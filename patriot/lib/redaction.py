"""What never reaches a log line: secrets, e-mail addresses and query strings.

Texts are searched for what looks like one; values whose name says that they are one go unread.
Every pattern takes time linear in the text: none of their parts is unbounded next to another that
could match the same. Too much is hidden rather than too little.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, MutableMapping
from typing import Any
from urllib.parse import unquote

HIDDEN = "[hidden]"
# A traceback says at its end what went wrong, so more of that is kept.
MAX_HEAD, MAX_TAIL = 8_000, 24_000
# Nobody logs so much on purpose. Beyond it nothing is even searched.
MAX_SEARCHED = 200_000
MAX_ITEMS, MAX_DEPTH = 200, 6
# From how many letters on a part of an address may be a key; a shorter one only with a digit in it.
LONG, SHORT = 8, 4

# “tokens” are counted, not kept secret.
_NAMES = (
    r"(?:passwords?|passwd|passphrase|pwd|secret[_-]?key|secrets?|token(?!s)|api[_-]?keys?|access[_-]?keys?"
    r"|private[_-]?keys?|authorization|credentials?|cookies?|session(?:id|_key)?|csrf\w{0,20}"
    r"|signature|dsn)"
)
_NAMED_SECRETLY = re.compile(rf"(?:^|[_.-]){_NAMES}(?:$|[_.-])", re.IGNORECASE)
_HIDDEN_WHOLE = frozenset({"query_string", "query", "email", "mail", "recipient"})

# What a text must hold for the pattern to be tried, the pattern, and what is written instead. In
# this order: an address with a password holds something like an e-mail address.
_RULES: tuple[tuple[str, re.Pattern[str], str], ...] = (
    # Keys of ours, of Anthropic and of Tavily.
    (
        "",
        re.compile(r"\b(patriot_|sk-|tvly-)(?=[\w-]{0,200}\d)[\w-]{8,}"),
        rf"\1{HIDDEN}",
    ),
    # Secrets of webhooks.
    ("whsec_", re.compile(r"(whsec_)[\w+/=-]+"), rf"\1{HIDDEN}"),
    # Authorization: Bearer …, Basic …
    (
        "",
        re.compile(
            r"\b(bearer[ :]{1,3}[\w.~+/=-]{6,}|(?:basic|digest)[ :]{1,3}[\w.~+/=-]{12,})",
            re.IGNORECASE,
        ),
        HIDDEN,
    ),
    # postgresql://user:password@host, https://token@host; the password may hold any character.
    (
        "://",
        re.compile(r"://[^\s/@:\"'<>]{0,200}:[^\s@\"'<>]{1,300}@(?=[\w\[.-])"),
        f"://{HIDDEN}@",
    ),
    ("://", re.compile(r"://[^\s/@\"'<>]{1,300}@(?=[\w\[.-])"), f"://{HIDDEN}@"),
    # Cookie: a=…; b=…
    ("ookie", re.compile(r"(cookie[\"']?\s?:)[^\n]*", re.IGNORECASE), rf"\1 {HIDDEN}"),
    # password=…, "api_key": "…", X-CSRFToken: …
    (
        "",
        re.compile(
            rf"((?<![^\W_]){_NAMES}[\"']?\s?[=:]\s?)"
            r"(\"[^\"\n]*\"|'[^'\n]*'|[^\s,;&\"')}\]]+)",
            re.IGNORECASE,
        ),
        rf"\1{HIDDEN}",
    ),
    # ?q=…, also without names: whatever follows a question mark inside a word.
    ("?", re.compile(r"(?<=[\w/%.~=-])\?[^\s\"'<>?][^\s\"'<>]*"), f"?{HIDDEN}"),
    # "Jo Doe"@example.org, jo@example.org, jo%40example.org, jo@[192.0.2.7]
    *(
        (
            at,
            re.compile(
                rf"(?:\"[^\"\n@]{{1,64}}\"|[\w.!#$%&*+/^`{{|}}~-]{{1,64}}){at}"
                r"(?:\[[\w.:]{2,45}\]|[\w-]{1,63}(?:\.[\w-]{1,63}){0,9})"
            ),
            HIDDEN,
        )
        for at in ("@", "%40")
    ),
)


def hide(text: str) -> str:
    """Return a text without what nobody may read in a log, and without its middle if it is long."""
    searched = text[:MAX_SEARCHED]
    for hint, pattern, instead in _RULES:
        if hint in searched:
            searched = pattern.sub(instead, searched)
    left_out = len(searched) - MAX_HEAD - MAX_TAIL
    if left_out <= 0:
        return searched
    return f"{searched[:MAX_HEAD]} … {left_out} characters left out … {searched[-MAX_TAIL:]}"


def without_secrets_of(address: str, text: str, *, also: str = "") -> str:
    """Return a text without what an address holds beyond its host, in whatever part of it.

    The addresses of chats and webhooks are keys, and their receivers may say them again. The end
    of the text is looked at with care: a key that was cut off there is a key still.
    also: further words that are keys, such as of a header
    """
    for secret in sorted(set(_secrets_of(address, also)), key=len, reverse=True):
        text = re.sub(re.escape(secret), HIDDEN, text, flags=re.IGNORECASE)
        begun = _begun_at_end(text, secret)
        if begun:
            text = f"{text[:-begun]}{HIDDEN}"
    return text


def _secrets_of(address: str, also: str) -> Iterator[str]:
    """Return the words of an address that may be keys: long ones, and shorter ones with digits."""
    beyond = address.partition("//")[2].partition("/")[2]
    for word in re.split(r"[/?#&=:;,\s]", f"{beyond} {also}")[:MAX_ITEMS]:
        for form in (word, unquote(word)):
            if len(form) >= LONG or (len(form) >= SHORT and re.search(r"\d", form)):
                yield form


def _begun_at_end(text: str, secret: str) -> int:
    """Return how many letters of a key a text ends with, 0 for too few to be one."""
    longest = min(len(secret) - 1, len(text))
    small, end = secret.lower(), text.lower()
    return next((n for n in range(longest, SHORT - 1, -1) if end.endswith(small[:n])), 0)


def is_named_secretly(name: str) -> bool:
    """Tell whether the name of a value says that it is nobody's business."""
    return name.lower() in _HIDDEN_WHOLE or _NAMED_SECRETLY.search(name) is not None


def redact(
    _logger: object, _method: str, event: MutableMapping[str, Any]
) -> MutableMapping[str, Any]:
    """Hide what must not be read, in every value of a line and in what it holds.

    A processor of structlog, the last before the line is written.
    """
    return {_as_text(name): _redacted(name, value, depth=0) for name, value in event.items()}


def _redacted(name: object, value: Any, *, depth: int) -> Any:
    if value is None or isinstance(value, bool | int | float):
        return value
    if isinstance(name, str) and is_named_secretly(name):
        return HIDDEN
    if depth < MAX_DEPTH:
        if isinstance(value, Mapping):
            return _members(value, depth=depth + 1)
        if isinstance(value, list | tuple | set | frozenset):
            items = list(value)[:MAX_ITEMS]
            return [_redacted(None, item, depth=depth + 1) for item in items]
    return _as_text(value)


def _members(value: Mapping[Any, Any], *, depth: int) -> dict[str, Any]:
    members = list(value.items())[:MAX_ITEMS]
    return {_as_text(name): _redacted(name, member, depth=depth) for name, member in members}


def _as_text(value: object) -> str:
    if isinstance(value, str):
        return hide(value)
    try:
        return hide(repr(value))
    # A line is not lost because somebody's __repr__ fails.
    except Exception as error:  # noqa: BLE001
        return f"<{type(value).__name__} that says nothing: {type(error).__name__}>"
