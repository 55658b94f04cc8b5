"""Addresses of articles: absolute, http or https, and the same for the same page."""

from __future__ import annotations

import hashlib
import re
from urllib.parse import quote, urljoin, urlsplit, urlunsplit

from patriot.lib.outbound import is_public

MAX_URL_CHARS = 2_000

# Parameters that say where a reader came from, never which page it is. From the lists of
# Firefox ("query stripping") and Brave, and ClearURLs' global rules; entries that could name a
# story on some site ("ref", "source", "id", "cmp") are left out on purpose.
_TRACKING = frozenset(
    {
        # advertising clicks
        "dclid",
        "fbclid",
        "gbraid",
        "gclid",
        "gclsrc",
        "igshid",
        "li_fat_id",
        "msclkid",
        "rtid",
        "s_kwcid",
        "srsltid",
        "ttclid",
        "twclid",
        "wbraid",
        "yclid",
        "ysclid",
        # mail and campaign tools
        "__hsfp",
        "__hssc",
        "__hstc",
        "_hsenc",
        "_hsmi",
        "hsctatracking",
        "mc_cid",
        "mc_eid",
        "mkt_tok",
        "ml_subscriber",
        "ml_subscriber_hash",
        "oly_anon_id",
        "oly_enc_id",
        "vero_conv",
        "vero_id",
        "wickedid",
        "_openstat",
        "at_campaign",
        "at_campaign_type",
        "at_custom1",
        "at_custom2",
        "at_custom3",
        "at_custom4",
        "at_format",
        "at_link_id",
        "at_link_origin",
        "at_link_type",
        "at_medium",
        "at_ptr_name",
        "at_bbc_team",
        "ns_campaign",
        "ns_mchannel",
        "ns_source",
        "ns_linkname",
        "ns_fee",
        "piwik_campaign",
        "piwik_keyword",
        "mtm_campaign",
        "mtm_keyword",
        "mtm_source",
        "mtm_medium",
        "mtm_content",
        "mtm_cid",
        "mtm_group",
        "mtm_placement",
        "pk_campaign",
        "pk_keyword",
        "pk_source",
        "pk_medium",
        "pk_content",
        "pk_cid",
        "spm_id_from",
    }
)
_TRACKING_PREFIXES = ("utm_", "itm_", "hmb_")

_UNSAFE = re.compile(r"[\x00-\x20\x7f\\<>\"{}|^`]")
_HOST = re.compile(r"[a-z0-9_](?:[a-z0-9._-]*[a-z0-9_])?\Z|\[[0-9a-f:.]+\]\Z")
_DEFAULT_PORTS = {"http": 80, "https": 443}
# Top labels that never leave a network: RFC 6761, RFC 6762, RFC 9476.
_LOCAL_LABELS = frozenset({"localhost", "local", "internal", "lan", "home", "alt"})
# What is left as it is in a path or query: RFC 3986, with "%" because it is encoded already.
_KEPT = "%:/?#[]@!$&'()*+,;=~-._"
_TO_QUOTE = re.compile(r"[^A-Za-z0-9%:/?#\[\]@!$&'()*+,;=~._-]")


def canonical_url(url: str) -> str:
    """Return the address under which we know a page, or "" if it is not one.

    Lower-case scheme and host, no fragment, no default port, no tracking parameters. The rest,
    order included, stays: it may name the story.
    """
    absolute = web_url(url)
    if not absolute:
        return ""
    parts = urlsplit(absolute)
    if not _is_public_host(parts.hostname or ""):
        return ""
    query = "&".join(pair for pair in parts.query.split("&") if pair and not _is_tracking(pair))
    return urlunsplit((parts.scheme, parts.netloc, parts.path or "/", query, ""))


def _is_public_host(host: str) -> bool:
    """Tell whether a link to this host leads out of the reader's own machine and network.

    Judged by its spelling alone: readers are never sent to an address that is not public.
    """
    label = host.rpartition(".")[2]
    if ":" in host or label.isdigit() or label.startswith("0x"):
        return is_public(host)
    return "." in host and label not in _LOCAL_LABELS


def web_url(url: str, *, base: str = "") -> str:
    """Return an absolute http or https address, resolved against `base`, or "" if it is none."""
    url = url.strip()[: 2 * MAX_URL_CHARS]
    if not url:
        return ""
    try:
        # urljoin costs more than the rest, and most links are absolute.
        is_absolute = not base or url.startswith(("http://", "https://"))
        parts = urlsplit(url if is_absolute else urljoin(base, url))
        scheme, netloc = parts.scheme.lower(), _netloc(parts.hostname, parts.port, parts.scheme)
    except ValueError:  # an unclosed bracket, a port that is no number, ...
        return ""
    if scheme not in _DEFAULT_PORTS or not netloc:
        return ""
    path, query, fragment = map(_quoted, (parts.path, parts.query, parts.fragment))
    result = urlunsplit((scheme, netloc, path, query, fragment))
    return result if len(result) <= MAX_URL_CHARS else ""


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
    return bool(parts.path.strip("/") or parts.query)


def _netloc(host: str | None, port: int | None, scheme: str) -> str:
    """Return host and port in canonical spelling, without any user name."""
    if not host:
        return ""
    if ":" in host:
        host = f"[{host}]"
    elif not host.isascii():
        host = host.encode("idna").decode()
    host = host.lower().rstrip(".")
    if not _HOST.match(host):
        return ""
    return host if port in (None, _DEFAULT_PORTS.get(scheme)) else f"{host}:{port}"


def _is_tracking(pair: str) -> bool:
    name = pair.partition("=")[0].lower()
    return name in _TRACKING or name.startswith(_TRACKING_PREFIXES)


def _quoted(part: str) -> str:
    if not _TO_QUOTE.search(part):
        return part
    return quote(_UNSAFE.sub(_percent, part), safe=_KEPT, errors="replace")


def _percent(match: re.Match[str]) -> str:
    return f"%{ord(match[0]):02X}"
