"""A limit on guessing: an address that requests too many unknown secrets is refused for a while."""

from __future__ import annotations

import ipaddress
import logging
from collections.abc import Collection
from dataclasses import dataclass

from cachetools import FIFOCache

from summitry.web.http.answers import Scope, read_headers

FAILURES = 20  # unknown secrets, after which an address is refused
SECONDS = 60.0  # from the first failure, after which the count begins again
ADDRESSES = 10_000  # that are remembered; the oldest go first

_log = logging.getLogger(__name__)


def reader_address(scope: Scope, proxies: Collection[str]) -> str:
    """Return the address that a request comes from; our own proxies are believed."""
    client = scope.get("client")
    address = str(client[0]) if client else ""
    if address not in proxies:
        return address
    forwarded = read_headers(scope).get(b"x-forwarded-for", b"").decode("latin-1")
    # The proxy nearest to us writes the last entry; the client can forge all before it.
    hops = [hop.strip() for hop in forwarded.split(",")]
    return next((hop for hop in reversed(hops) if hop and hop not in proxies), address)


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
        remaining = window.since + SECONDS - now
        # If the clock has gone back, more than the whole period seems to remain: not refused.
        return max(1, round(remaining)) if 0 < remaining <= SECONDS else 0

    def record_failure(self, address: str, now: float) -> None:
        """Count a request for an unknown secret."""
        network = _network(address)
        window = self._windows.get(network)
        if window is None or not window.since <= now < window.since + SECONDS:
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
