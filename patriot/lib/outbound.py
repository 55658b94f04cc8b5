"""The outbound policy: what this house may reach, and how much of it. Pure; the doors obey it.

Errors:

* Forbidden   the address is not one that we reach; its sentence says why
"""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import timedelta
from functools import lru_cache
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address
from urllib.parse import quote, urljoin, urlsplit

MAX_URL_CHARS = 4_000
MAX_HOST_CHARS = 253
_USUAL_CHARS = 200

_DEFAULT_PORTS = {"http": 80, "https": 443}
_CONTROLS_OR_BACKSLASH = re.compile(r"[\x00-\x1f\x7f\\]")
# Underscores are no host names by the book, but some publishers serve from them.
_LABEL = re.compile(r"(?!-)[a-z0-9_-]{1,63}(?<!-)\Z")
_NUMBER = re.compile(r"(?:\d+|0x[0-9a-f]*)\Z")
_ADVICE = " An operator can allow it: add {} to PATRIOT_OUTBOUND_ALLOW."
_KEPT = "%:/?#[]@!$&'()*+,;=~-._"

# IANA IPv4 Special-Purpose Address Registry, the blocks that are not globally reachable, and
# multicast. https://www.iana.org/assignments/iana-ipv4-special-registry
_SPECIAL_V4 = tuple(
    IPv4Network(block)
    for block in (
        "0.0.0.0/8",
        "10.0.0.0/8",
        "100.64.0.0/10",
        "127.0.0.0/8",
        "168.63.129.16/32",  # not IANA's: the machine's host in one large cloud
        "169.254.0.0/16",
        "172.16.0.0/12",
        "192.0.0.0/24",
        "192.0.2.0/24",
        "192.88.99.0/24",
        "192.168.0.0/16",
        "198.18.0.0/15",
        "198.51.100.0/24",
        "203.0.113.0/24",
        "224.0.0.0/4",
        "240.0.0.0/4",
    )
)
# IANA IPv6 Special-Purpose Address Registry. Only 2000::/3 is handed out at all; of it, these
# are not reachable, or carry an IPv4 address to somewhere else (Teredo, 6to4).
# https://www.iana.org/assignments/iana-ipv6-special-registry
_GLOBAL_V6 = IPv6Network("2000::/3")
_SPECIAL_V6 = tuple(
    IPv6Network(block) for block in ("2001::/23", "2001:db8::/32", "2002::/16", "3fff::/20")
)
# Where a network has only IPv6, its resolver writes IPv4 addresses like this (RFC 6052).
_NAT64 = IPv6Network("64:ff9b::/96")
# The lower half of an ISATAP address is this, with or without the "universal" bit, and an IPv4
# address (RFC 5214 §6.1): a router of that kind would send it there.
_ISATAP = {0x00005EFE, 0x02005EFE}


class Forbidden(Exception):
    """An address that we do not reach. The sentence is for an editor."""


@dataclass(frozen=True, slots=True)
class Limits:
    """How much one fetch may cost."""

    raw_bytes: int = 5_000_000
    """As it comes over the wire."""
    decoded_bytes: int = 15_000_000
    """After decompression."""
    deadline: timedelta = timedelta(seconds=20)
    """For the whole fetch, redirects included."""
    redirects: int = 5


@dataclass(frozen=True, slots=True)
class Target:
    """An address that passed the policy, in its only spelling."""

    url: str
    scheme: str
    host: str
    """Lower case, ASCII; an IPv6 address without brackets."""
    port: int
    is_allowed: bool
    """Its address need not be public: the operator listed host and port."""


def check_url(url: str, *, allow: Collection[str] = ()) -> Target:
    """Return where an address leads, or raise Forbidden.

    allow: "host:port" pairs that may be reached whatever their port and IP address

    Strict on purpose: two readers of a sloppy address may see two hosts.
    """
    target = _read_before(url) if len(url) <= _USUAL_CHARS else _read(url)
    return _admitted(target, allow=allow, advice=_ADVICE)


def _read(url: str) -> Target:
    """Return where a well-written address leads, nobody knows yet whether we may go there."""
    url = url.strip(" ")
    if len(url) > MAX_URL_CHARS:
        raise Forbidden(f"The address is longer than {MAX_URL_CHARS:,} characters.")
    if _CONTROLS_OR_BACKSLASH.search(url):
        raise Forbidden("The address holds a control character or a backslash.")
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError as error:
        raise Forbidden("The address is malformed.") from error
    scheme = parts.scheme.lower()
    if scheme not in _DEFAULT_PORTS:
        raise Forbidden("The address must start with http:// or https://.")
    if "@" in parts.netloc:
        raise Forbidden("The address holds a user name or password.")
    host = _host(parts.netloc, parts.hostname or "")
    if port is None:
        port = _DEFAULT_PORTS[scheme]
    netloc = _in_brackets(host)
    if port != _DEFAULT_PORTS[scheme]:
        netloc += f":{port}"
    path = quote(parts.path, safe=_KEPT, errors="replace") or "/"
    query = "?" + quote(parts.query, safe=_KEPT, errors="replace") if parts.query else ""
    return Target(f"{scheme}://{netloc}{path}{query}", scheme, host, port, is_allowed=False)


# The same feeds come again and again. What is allowed is no part of it: each answer would hold
# a list of its own.
_read_before = lru_cache(maxsize=4096)(_read)


def _admitted(target: Target, *, allow: Collection[str], advice: str) -> Target:
    """Return a target that we may reach, or raise Forbidden."""
    authority = _authority(target)
    if authority in allow:
        return replace(target, is_allowed=True)
    _check_public(target.host, target.port, advice=advice.format(authority))
    return target


def check_redirect(location: str, *, base: Target, allow: Collection[str] = ()) -> Target:
    """Return where a redirect from `base` leads, or raise Forbidden."""
    location = location.strip(" ")
    if _CONTROLS_OR_BACKSLASH.search(location):
        raise Forbidden("The redirect holds a control character or a backslash.")
    try:
        absolute = urljoin(base.url, location)
    except ValueError as error:
        raise Forbidden("The redirect is malformed.") from error
    # Whoever redirects us chose the address: nobody should be advised to let it through.
    return _admitted(_read(absolute), allow=allow, advice="")


def authority_of(base_url: str) -> str:
    """Return host:port of a service whose address the operator set: it may be private.

    Raises Forbidden for an address that we could not reach even so.
    """
    return _authority(_read(base_url))


def _authority(target: Target) -> str:
    return f"{_in_brackets(target.host)}:{target.port}"


def _in_brackets(host: str) -> str:
    return f"[{host}]" if ":" in host else host


def is_address(host: str) -> bool:
    """Say whether the host of a target is an IP address, not a name."""
    return ":" in host or bool(_NUMBER.match(host.rpartition(".")[2]))


@lru_cache(maxsize=4096)
def is_public(address: str) -> bool:
    """Say whether an IP address belongs to the public Internet, by IANA's registries.

    An address with another one embedded is judged by both.
    """
    try:
        ip = ip_address(address)
    except ValueError:
        return False
    if isinstance(ip, IPv4Address):
        return not any(ip in block for block in _SPECIAL_V4)
    if ip in _NAT64:
        return _carries_public(ip)
    if int(ip) >> 32 & 0xFFFFFFFF in _ISATAP and not _carries_public(ip):
        return False
    return ip in _GLOBAL_V6 and not any(ip in block for block in _SPECIAL_V6)


def _carries_public(ip: IPv6Address) -> bool:
    """Say whether the IPv4 address at the end of an IPv6 address is public."""
    return is_public(str(IPv4Address(int(ip) & 0xFFFFFFFF)))


def _host(netloc: str, host: str) -> str:
    """Return the host in its only spelling, or raise Forbidden."""
    if "%" in netloc:
        raise Forbidden("The host holds a percent sign.")
    if not host:
        raise Forbidden("The address names no host.")
    if "[" in netloc:
        return _ipv6(host)
    if not host.isascii():
        try:
            host = host.encode("idna").decode()
        except UnicodeError as error:
            raise Forbidden("The host is not a valid international name.") from error
    host = host.lower()
    labels = host.split(".")
    if len(host) > MAX_HOST_CHARS or not all(_LABEL.match(label) for label in labels):
        raise Forbidden("The host is not a valid name.")
    if _NUMBER.match(labels[-1]):
        return _ipv4(host)
    return host


def _ipv4(host: str) -> str:
    """Accept four decimal numbers only: others read 0177.1, 2130706433 or 0x7f.1 in their way."""
    try:
        return str(IPv4Address(host))
    except ValueError as error:
        raise Forbidden("The IP address is not in its usual spelling.") from error


def _ipv6(host: str) -> str:
    try:
        return str(IPv6Address(host))
    except ValueError as error:
        raise Forbidden("The IP address is malformed.") from error


def _check_public(host: str, port: int, *, advice: str) -> None:
    if port not in _DEFAULT_PORTS.values():
        raise Forbidden(f"Port {port} is not one that we reach; only 80 and 443 are.{advice}")
    if is_address(host) and not is_public(host):
        raise Forbidden(f"{host} is not a public address.{advice}")
