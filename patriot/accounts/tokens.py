"""Tokens: what a client shows to be known. We keep a digest of the secret, never the secret."""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
from collections.abc import Iterable
from dataclasses import dataclass, field

PREFIX_BYTES = 6
SECRET_BYTES = 32
# The fixed beginning lets secret scanners find a token that was published by mistake.
WRITTEN = re.compile(r"patriot_([0-9a-f]{12})_([0-9a-f]{64})", re.ASCII)


@dataclass(frozen=True, slots=True)
class Token:
    """A public prefix that names the key, and 256 random bits that prove it."""

    prefix: str
    secret: str = field(repr=False)

    @classmethod
    def make(cls) -> Token:
        """Return a new one."""
        return cls(secrets.token_hex(PREFIX_BYTES), secrets.token_hex(SECRET_BYTES))

    @classmethod
    def parse(cls, text: str) -> Token | None:
        """Read a token; None if it is not shaped like one of ours."""
        found = WRITTEN.fullmatch(text)
        return cls(found[1], found[2]) if found else None

    def digest(self, pepper: str) -> str:
        """Return what is stored: HMAC-SHA256 of the secret; plain SHA-256 without a pepper.

        Nobody can guess 256 random bits either way. But under a pepper, whoever can write to the
        database and not read our settings cannot make a key of his own there.
        """
        secret = self.secret.encode("ascii")
        if pepper:
            return hmac.new(pepper.encode(), secret, "sha256").hexdigest()
        return hashlib.sha256(secret).hexdigest()

    def fits(self, digest: str, *, peppers: Iterable[str]) -> bool:
        """Tell whether this is the secret of a stored digest, in a time that does not tell."""
        fitting = [hmac.compare_digest(self.digest(pepper), digest) for pepper in peppers]
        return any(fitting)

    def reveal(self) -> str:
        """Return the whole token, to be shown once."""
        return f"patriot_{self.prefix}_{self.secret}"
