"""Secrets of feeds: what they grant access to, and a limit on guessing them.

An address that requests too many unknown secrets is refused for a while.
"""

from __future__ import annotations

import asyncio
import hashlib
import ipaddress
import logging
import secrets
from dataclasses import dataclass

from cachetools import FIFOCache

from summitry.visibility import is_expired
from summitry.web.content.source import (
    FeedAccess,
    FeedSource,
    GoneTokenError,
    SourceUnavailableError,
    UnknownTokenError,
)

SECONDS = 60.0  # then a secret is redeemed again, so that the server records its use
TRUST_SECONDS = 3600.0  # without the source, from when it went away
MAX_SECRETS = 100_000
LOOKUPS = 4  # that run at the same time

FAILURES = 20  # unknown secrets, after which an address is refused
WINDOW_SECONDS = 60.0  # from the first failure, after which the count begins again
ADDRESSES = 10_000  # that are remembered; the oldest go first

_log = logging.getLogger(__name__)


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
        While the source is away, a secret reads what it read last, until it expires, and for
        TRUST_SECONDS at most; then SourceUnavailableError, for it may have been revoked.
        """
        digest = self.digest(secret)
        previous = self._accesses.get(digest)
        stale_since = self._source.stale_since()
        if previous is not None and stale_since and not is_expired(previous.expires, now):
            if now - stale_since >= TRUST_SECONDS:
                raise SourceUnavailableError("secrets can be read by no more without the server")
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


@dataclass(slots=True)
class _Window:
    """The failures of an address from one moment on."""

    since: float  # epoch seconds
    count: int = 0


class RateLimiter:
    """A count of failures by address. It neither reads, keeps nor logs the secrets themselves."""

    def __init__(self) -> None:
        # A window counts in place: only a new one is written, so the oldest window goes first.
        self._windows: FIFOCache[str, _Window] = FIFOCache(ADDRESSES)

    def blocked_seconds(self, address: str, now: float) -> int:
        """Return for how many seconds an address is refused; 0 if it is not."""
        window = self._windows.get(_network(address))
        if window is None or window.count < FAILURES:
            return 0
        remaining = window.since + WINDOW_SECONDS - now
        # If the clock has gone back, more than the whole period seems to remain: not refused.
        return max(1, round(remaining)) if 0 < remaining <= WINDOW_SECONDS else 0

    def record_failure(self, address: str, now: float) -> None:
        """Count a request for an unknown secret."""
        network = _network(address)
        window = self._windows.get(network)
        if window is None or not window.since <= now < window.since + WINDOW_SECONDS:
            window = self._windows[network] = _Window(now)
        window.count += 1
        if window.count == FAILURES:
            _log.warning(
                "%s asked for %d secret feeds that do not exist: refused for a minute",
                network,
                FAILURES,
            )


def _network(address: str) -> str:
    """Return the network within which a peer can choose its address: 64 bits of IPv6."""
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return address
    if parsed.version == 4:
        return address
    return str(ipaddress.ip_network((int(parsed) >> 64 << 64, 64)))
