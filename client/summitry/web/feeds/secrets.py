"""Secrets in addresses: redeemed at the source, kept for a while, known by a hash alone."""

from __future__ import annotations

import asyncio
import hashlib
import secrets
from collections import OrderedDict

from summitry.visibility import is_expired
from summitry.web.feeds.guesses import Guesses
from summitry.web.feeds.source import FeedSource, GoneTokenError, Redeemed, UnknownTokenError

SECONDS = 60.0  # after which a secret is redeemed again, so that its use is noted
KEPT = 100_000
LOOKUPS = 4  # at a time


class RefusedAddressError(Exception):
    """An address has guessed too often."""

    def __init__(self, seconds: int) -> None:
        super().__init__(seconds)
        self.seconds = seconds


class Secrets:
    """What secrets read. Belongs to one event loop."""

    def __init__(self, source: FeedSource) -> None:
        self._source = source
        self._key = secrets.token_bytes(32)
        self._known: OrderedDict[bytes, Redeemed] = OrderedDict()
        self._guesses = Guesses()
        self._free = asyncio.Semaphore(LOOKUPS)

    def digest(self, secret: str) -> bytes:
        """By what a secret is known here; of no use to others."""
        return hashlib.blake2b(secret.encode(), key=self._key, digest_size=16).digest()

    async def redeem(self, secret: str, address: str, now: float) -> Redeemed:
        """What a secret reads; "" is none, and counts as a guess without being looked up.

        Raises UnknownTokenError, GoneTokenError, and RefusedAddressError for who guesses. While
        the source cannot be asked, what is known of a secret holds.
        """
        digest = self.digest(secret)
        known = self._known.get(digest)
        if known is not None and self._source.stale_since() and not is_expired(known.expires, now):
            return known
        if known is None and (seconds := self._guesses.refused_for(address, now)):
            raise RefusedAddressError(seconds)
        if not secret:
            self._guesses.failed(address, now)
            raise UnknownTokenError
        try:
            async with self._free:
                redeemed = await asyncio.to_thread(self._source.redeem, secret)
        except (UnknownTokenError, GoneTokenError):
            self._known.pop(digest, None)
            self._guesses.failed(address, now)
            raise
        self._known[digest] = redeemed
        self._known.move_to_end(digest)
        if len(self._known) > KEPT:
            self._known.popitem(last=False)
        return redeemed
