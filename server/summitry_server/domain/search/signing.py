"""The codec of tokens: signed by the store's secret, written as URL-safe base64 without padding."""

from __future__ import annotations

import base64
import hmac


class Signer:
    """Signs what a token holds, bound to what it is for."""

    def __init__(self, secret: bytes) -> None:
        self._secret = secret

    def sign(self, bound: bytes, length: int) -> bytes:
        """Return a signature of so many bytes, 32 at most."""
        return hmac.digest(self._secret, bound, "sha256")[:length]

    def is_signature(self, signature: bytes, bound: bytes) -> bool:
        """Return whether a signature is of this secret."""
        return hmac.compare_digest(signature, self.sign(bound, len(signature)))


def to_text(data: bytes) -> str:
    """Return bytes as a token."""
    return base64.urlsafe_b64encode(data).decode().rstrip("=")


def to_bytes(token: str) -> bytes:
    """Return the bytes of a token; b"" for a text that is not base64url."""
    try:
        return base64.urlsafe_b64decode(token + "=" * (-len(token) % 4))
    except ValueError:
        return b""
