"""Which article an entry is: the same entry tomorrow is the same article."""

from __future__ import annotations

import hashlib
import re

from sources.domain.entry import Entry
from sources.domain.urls import canonical_url

_SCHEME = re.compile(r"\Ahttps?:(?=//)", re.IGNORECASE)


def identity_of(entry: Entry) -> str:
    """Return the SHA-256 of what names the entry within its source.

    The publisher's raw id; else the canonical address; else title and date as written. Raw, so
    that a redirect or a moved feed does not make every entry new.
    """
    return _sha256(_name_of(entry))


def entry_hash(title: str, html: str) -> str:
    """Return the SHA-256 by which an entry that came again unchanged is known uncleaned."""
    return _sha256(f"{title}\n\n{html}")


def content_hash(title: str, text: str) -> str:
    """Return the SHA-256 by which a changed article is told from an unchanged one."""
    return _sha256(f"{title}\n\n{text}")


def _name_of(entry: Entry) -> str:
    # Not a link within it: tracking parameters, case and fragments may tell two entries apart.
    # White space does not, where another generator breaks its lines.
    raw_id = " ".join(entry.raw_id.split())
    if raw_id:
        # An address as id moves from http to https with the rest of the site.
        return f"id {_SCHEME.sub('', raw_id)}"
    canonical = canonical_url(entry.url)
    if canonical:
        return f"url {canonical.partition(':')[2]}"
    return f"title {entry.title}\n{entry.published_raw}"


def _sha256(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
