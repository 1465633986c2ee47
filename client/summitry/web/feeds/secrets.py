"""Secrets in addresses: redeemed at the source, remembered for a while by a hash alone."""

from __future__ import annotations

import asyncio
import hashlib
import secrets

from cachetools import FIFOCache

from summitry.visibility import is_expired
from summitry.web.content.source import FeedAccess, FeedSource, GoneTokenError, UnknownTokenError
from summitry.web.feeds.rate_limiter import RateLimiter

SECONDS = 60.0  # then a secret is redeemed again, so that the server records its use
MAX_SECRETS = 100_000
LOOKUPS = 4  # that run at the same time


class AddressBlockedError(Exception):
    """An address has requested too many unknown secrets; `seconds` says how long to wait."""

    def __init__(self, seconds: int) -> None:
        super().__init__(seconds)
        self.seconds = seconds


class SecretCache:
    """A cache of the feeds that secrets grant access to. Belongs to one event loop."""

    def __init__(self, source: FeedSource) -> None:
        self._source = source
        self._key = secrets.token_bytes(32)
        self._accesses: FIFOCache[bytes, FeedAccess] = FIFOCache(MAX_SECRETS)
        self._limiter = RateLimiter()
        self._lookup_slots = asyncio.Semaphore(LOOKUPS)

    def digest(self, secret: str) -> bytes:
        """Return the key under which a secret is remembered: a hash, useless in other processes."""
        return hashlib.blake2b(secret.encode(), key=self._key, digest_size=16).digest()

    async def redeem(self, secret: str, address: str, now: float) -> FeedAccess:
        """Return the feed that a secret grants access to; "" stands for an address without one.

        Raises UnknownTokenError, GoneTokenError, and AddressBlockedError after too many guesses.
        While the source is away, a secret reads what it read last, until it expires.
        """
        digest = self.digest(secret)
        previous = self._accesses.get(digest)
        if (
            previous is not None
            and self._source.stale_since()
            and not is_expired(previous.expires, now)
        ):
            return previous
        if previous is None and (seconds := self._limiter.blocked_seconds(address, now)):
            raise AddressBlockedError(seconds)
        if not secret:
            self._limiter.record_failure(address, now)
            raise UnknownTokenError
        try:
            async with self._lookup_slots:
                access = await asyncio.to_thread(self._source.redeem, secret)
        except (UnknownTokenError, GoneTokenError):
            self._accesses.pop(digest, None)
            self._limiter.record_failure(address, now)
            raise
        self._accesses[digest] = access
        return access
