"""Secrets of feeds: how they are made, and what is kept of them."""

from __future__ import annotations

import base64
import hmac
import secrets

RANDOM = 20  # bytes: 160 bits, which are 32 characters of base32


class Secrets:
    """Makes secrets, and digests by which one store knows them again."""

    def __init__(self, key: bytes) -> None:
        """`key` is the store's own; what is made of it here serves nothing else."""
        self._key = hmac.digest(key, b"feed tokens", "sha256")

    def make(self) -> str:
        """A new secret, in letters and digits that any address admits."""
        return base64.b32encode(secrets.token_bytes(RANDOM)).decode().lower()

    def digest(self, secret: str) -> bytes:
        """What is stored of a secret, and looked up: the secret cannot be had from it.

        Without the key it cannot be guessed either, so a look-up by it tells nothing by its time.
        """
        return hmac.digest(self._key, secret.encode(), "sha256")
