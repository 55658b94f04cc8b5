"""A device with passkeys, as a browser speaks for it (WebAuthn level 2)."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from fido2.cose import ES256
from fido2.utils import sha256, websafe_decode, websafe_encode
from fido2.webauthn import (
    Aaguid,
    AttestationObject,
    AttestedCredentialData,
    AuthenticatorData,
    CollectedClientData,
)

PRESENT, VERIFIED, ATTESTED = 0x01, 0x04, 0x40


@dataclass
class Device:
    """One key, for one site and one person."""

    origin: str = "http://testserver"
    id: bytes = b"a passkey of 16b"
    verifies: bool = True
    """Whether it asks for a finger, a face or a PIN."""
    uses: int = 0
    person: bytes = b""
    key: ec.EllipticCurvePrivateKey = field(
        default_factory=lambda: ec.generate_private_key(ec.SECP256R1())
    )

    def create(self, options: dict[str, Any]) -> str:
        """Return what the browser sends after navigator.credentials.create."""
        asked = options["publicKey"]
        self.person = websafe_decode(asked["user"]["id"])
        public = ES256.from_cryptography_key(self.key.public_key())
        known = AttestedCredentialData.create(Aaguid.NONE, self.id, public)
        data = self._data(asked["rp"]["id"], ATTESTED, known)
        return self._said(
            clientDataJSON=self._client("webauthn.create", asked),
            attestationObject=AttestationObject.create("none", data, {}),
        )

    def get(self, options: dict[str, Any]) -> str:
        """Return what the browser sends after navigator.credentials.get."""
        asked = options["publicKey"]
        self.uses += 1
        data, client = self._data(asked["rpId"], 0), self._client("webauthn.get", asked)
        signature = self.key.sign(bytes(data) + sha256(client), ec.ECDSA(hashes.SHA256()))
        return self._said(
            clientDataJSON=client,
            authenticatorData=data,
            signature=signature,
            userHandle=self.person,
        )

    def _client(self, act: str, asked: dict[str, Any]) -> bytes:
        challenge = websafe_decode(asked["challenge"])
        return CollectedClientData.create(act, challenge, self.origin)

    def _data(self, site: str, flags: int, known: bytes = b"") -> AuthenticatorData:
        flags |= PRESENT | (VERIFIED if self.verifies else 0)
        return AuthenticatorData.create(sha256(site.encode()), flags, self.uses, known)

    def _said(self, **response: bytes) -> str:
        name = websafe_encode(self.id)
        said = {part: websafe_encode(value) for part, value in response.items()}
        return json.dumps(
            {
                "id": name,
                "rawId": name,
                "type": "public-key",
                "clientExtensionResults": {},
                "response": said,
            }
        )
