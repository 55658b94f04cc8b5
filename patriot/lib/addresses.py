"""Where a request comes from, behind as many proxies as we trust."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable, Mapping
from typing import Any

# Whoever has one address of IPv6 has at least this many of them.
HOUSEHOLD_BITS = 64
# What providers give to one customer, and cannot be bought one by one (RFC 6177; ARIN, RIPE).
NEIGHBORHOOD_BITS = {4: 24, 6: 48}


def client_address(meta: Mapping[str, Any], *, trusted_proxies: int) -> str:
    """Return the client's address; "" when there is none (a Unix socket).

    Each proxy appends whom it heard from to X-Forwarded-For, so that only as many of its last
    entries can be believed as there are proxies of ours.

    meta: the request's META
    """
    said = [part.strip() for part in str(meta.get("HTTP_X_FORWARDED_FOR", "")).split(",")]
    if trusted_proxies > 0 and any(said):
        believed = said[-trusted_proxies:][0]
        if address := _normal(believed):
            return address
    return _normal(str(meta.get("REMOTE_ADDR") or ""))


def household(address: str) -> str:
    """Return what to count an address under: itself, or of IPv6 its network."""
    if ":" not in address:
        return address
    return str(ipaddress.IPv6Network((address, HOUSEHOLD_BITS), strict=False))


def neighborhood(address: str) -> str:
    """Return the network that an address is in: what one customer may have many of."""
    if not address:
        return ""
    bits = NEIGHBORHOOD_BITS[ipaddress.ip_address(address).version]
    return str(ipaddress.ip_network((address, bits), strict=False))


def networks_in(text: str) -> list[str]:
    """Return the networks that a text names, in their one spelling, separated by commas or spaces.

    An address alone is the network that holds nothing else. Raises ValueError, whose text is what
    is no network.
    """
    found: list[str] = []
    for written in text.replace(",", " ").split():
        try:
            network = ipaddress.ip_network(written, strict=False)
        except ValueError as error:
            raise ValueError(written[:50]) from error
        found.append(str(network))
    return list(dict.fromkeys(found))


def is_within(address: str, networks: Iterable[str]) -> bool:
    """Tell whether an address is in one of these networks; "" is in none."""
    if not address:
        return False
    known = ipaddress.ip_address(address)
    # An address of one version is in no network of the other.
    return any(known in ipaddress.ip_network(network) for network in networks)


def _normal(text: str) -> str:
    """Return an address in its one spelling, without port and zone; "" if it is none."""
    for candidate in (text, text.strip("[]"), text.rpartition(":")[0].strip("[]")):
        try:
            found = ipaddress.ip_address(candidate.partition("%")[0])
        except ValueError:
            continue
        mapped = getattr(found, "ipv4_mapped", None)
        return str(mapped or found)
    return ""
