"""Addresses of articles: absolute, http or https, and the same for the same page."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Collection
from functools import lru_cache
from string import ascii_letters, digits
from urllib.parse import quote, urljoin, urlsplit, urlunsplit

from patriot.lib.outbound import is_public
from sources.domain.tracking import telling

MAX_URL_CHARS = 2_000
MAX_HOST_CHARS = 253

_UNSAFE = re.compile(r"[\x00-\x20\x7f\\<>\"{}|^`]")
# An address with nothing to respell, but for dot segments, its query's parameters, a fragment.
_PLAIN = re.compile(
    r"(https?)://([a-z0-9_][a-z0-9_.-]*\.[a-z]+)(/[A-Za-z0-9_.~!$'()*+,=:@/-]*)?"
    r"(?:\?([A-Za-z0-9_.~!$'()*+,;=:@/?&-]*))?(?:#(?:[A-Za-z0-9_.=-][A-Za-z0-9_.=&:-]*)?)?\Z"
)
_ENCODED = re.compile(r"%([0-9A-Fa-f]{2})?")
_UNRESERVED = frozenset(ascii_letters + digits + "-._~")
_SESSION = re.compile(r";(?:jsessionid|phpsessid)=[^/;]*", re.IGNORECASE)
# What names a page of a site that is one document: "#!/story/7", "#/story/7".
_ROUTES = ("!", "/")
_HOST = re.compile(r"[a-z0-9_](?:[a-z0-9._-]*[a-z0-9_])?\Z|\[[0-9a-f:.]+\]\Z")
_DEFAULT_PORTS = {"http": 80, "https": 443}
# Top labels that never leave a network: RFC 6761, RFC 6762, RFC 9476.
_LOCAL_LABELS = frozenset({"localhost", "local", "internal", "lan", "home", "alt"})
# What is left as it is in a path or query: RFC 3986, with "%" because it is encoded already.
_KEPT = "%:/?#[]@!$&'()*+,;=~-._"
_TO_QUOTE = re.compile(r"[^A-Za-z0-9%:/?#\[\]@!$&'()*+,;=~._-]")


def canonical_url(url: str, *, allow: Collection[str] = ()) -> str:
    """Return the address under which we know a page, or "" if it is not one.

    allow: "host:port" pairs of pages that an operator lets us read although they are not public

    Lower-case scheme and host, no default port, no user name, no tracking parameters and no
    session, percent-encoding and dot segments in their normal form (RFC 3986 §6.2.2). The rest,
    order included, stays: it may name the story. So do AMP and mobile addresses: which page
    they are another form of, only the page itself can tell.
    """
    # Nearly all addresses are plain; to take one apart properly costs five times as much.
    plain = _PLAIN.match(url)
    if plain:
        scheme, netloc, path, query = plain.groups(default="")
        fragment = ""
    else:
        parts = _parts_of(url)
        if parts is None:
            return ""
        scheme, netloc, path, query, fragment = parts
        path = _SESSION.sub("", _normal(path))
    host = netloc if netloc.startswith("[") else netloc.partition(":")[0]
    if not _is_public_host(host) and _authority(scheme, netloc) not in allow:
        return ""
    result = f"{scheme}://{netloc}{_without_dots(path) or '/'}"
    if query and (query := telling(_normal(query), host=host)):
        result += f"?{query}"
    if fragment.startswith(_ROUTES) and fragment.strip("!/"):
        result += f"#{_normal(fragment)}"
    return result if len(result) <= MAX_URL_CHARS else ""


def _authority(scheme: str, netloc: str) -> str:
    has_port = ":" in netloc.rpartition("]")[2]
    return netloc if has_port else f"{netloc}:{_DEFAULT_PORTS[scheme]}"


@lru_cache(maxsize=4096)
def _is_public_host(host: str) -> bool:
    """Tell whether a link to this host leads out of the reader's own machine and network.

    Judged by its spelling alone: readers are never sent to an address that is not public.
    """
    if not _is_host(host):
        return False
    label = host.rpartition(".")[2]
    if ":" in host or label.isdigit() or label.startswith("0x"):
        return is_public(host.strip("[]"))
    return "." in host and label not in _LOCAL_LABELS


def web_url(url: str, *, base: str = "") -> str:
    """Return an absolute http or https address, resolved against `base`, or "" if it is none."""
    if len(url) <= MAX_URL_CHARS and (plain := _PLAIN.match(url)) and _is_host(plain[2]):
        return url
    parts = _parts_of(url, base=base)
    if parts is None:
        return ""
    result = urlunsplit(parts)
    return result if len(result) <= MAX_URL_CHARS else ""


def _parts_of(url: str, *, base: str = "") -> tuple[str, str, str, str, str] | None:
    """Return scheme, host with port, path, query and fragment, safely spelled; None for no URL."""
    url = url.strip()[: 2 * MAX_URL_CHARS]
    if not url:
        return None
    try:
        # urljoin costs more than the rest, and most links are absolute.
        is_absolute = not base or url.startswith(("http://", "https://"))
        parts = urlsplit(url if is_absolute else urljoin(base, url))
        netloc = _netloc(parts.hostname, parts.port, parts.scheme)
    except ValueError:  # an unclosed bracket, a port that is no number, ...
        return None
    if parts.scheme not in _DEFAULT_PORTS or not netloc:
        return None
    return parts.scheme, netloc, _quoted(parts.path), _quoted(parts.query), _quoted(parts.fragment)


def url_hash(canonical: str) -> str:
    """Return the SHA-256 by which a canonical address is looked up, "" for none.

    http and https are one: publishers move from one to the other.
    """
    if not canonical:
        return ""
    return hashlib.sha256(canonical.partition("://")[2].encode()).hexdigest()


def names_a_page(canonical: str) -> bool:
    """Say whether an address can tell one article from another: a front page cannot."""
    parts = urlsplit(canonical)
    return bool(parts.path.strip("/") or parts.query or parts.fragment)


@lru_cache(maxsize=4096)
def _is_host(host: str) -> bool:
    return bool(_HOST.match(host)) and ".." not in host and len(host) <= MAX_HOST_CHARS


@lru_cache(maxsize=4096)
def _netloc(host: str | None, port: int | None, scheme: str) -> str:
    """Return host and port in canonical spelling, without any user name."""
    if not host:
        return ""
    if ":" in host:
        host = f"[{host}]"
    elif not host.isascii():
        host = host.encode("idna").decode()
    host = host.lower().rstrip(".")
    if not _is_host(host):
        return ""
    return host if port in (None, _DEFAULT_PORTS.get(scheme)) else f"{host}:{port}"


def _normal(part: str) -> str:
    """Return a part in the normal form of its percent-encoding (RFC 3986 §6.2.2.1 and .2).

    Unreserved characters are not encoded, the digits of the others are upper-case, and a "%"
    that encodes nothing is encoded itself.
    """
    return _ENCODED.sub(_in_normal_form, part) if "%" in part else part


def _in_normal_form(match: re.Match[str]) -> str:
    if not match[1]:
        return "%25"
    character = chr(int(match[1], 16))
    return character if character in _UNRESERVED else match[0].upper()


def _without_dots(path: str) -> str:
    """Return a path without "." and ".." (RFC 3986 §5.2.4)."""
    if "/." not in path:
        return path
    segments = path.split("/")[1:]
    kept: list[str] = []
    for segment in segments:
        if segment == "..":
            kept[-1:] = []
        elif segment != ".":
            kept.append(segment)
    if segments[-1] in (".", ".."):
        kept.append("")
    return "/" + "/".join(kept)


def _quoted(part: str) -> str:
    if not _TO_QUOTE.search(part):
        return part
    return quote(_UNSAFE.sub(_percent, part), safe=_KEPT, errors="replace")


def _percent(match: re.Match[str]) -> str:
    return f"%{ord(match[0]):02X}"
