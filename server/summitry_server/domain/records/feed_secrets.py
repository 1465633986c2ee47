"""Make the secrets of feeds, and the digests by which the store finds them."""

from __future__ import annotations

import base64
import hmac
import secrets

RANDOM = 20  # bytes: 160 bits, which are 32 characters of base32


class FeedSecrets:
    """Secrets of one store, and their digests."""

    def __init__(self, key: bytes) -> None:
        """Derive a key for feed secrets from the key of the store."""
        self._key = hmac.digest(key, b"feed tokens", "sha256")

    def make(self) -> str:
        """Return a new secret of lower-case letters and digits, as any URL allows."""
        return base64.b32encode(secrets.token_bytes(RANDOM)).decode().lower()

    def digest(self, secret: str) -> bytes:
        """Return the digest of a secret, which is stored and looked up instead of it.

        The secret cannot be recovered from it. Nobody can compute digests without the key, so the
        time of a look-up reveals nothing that helps to guess a secret.
        """
        return hmac.digest(self._key, secret.encode(), "sha256")
