"""Secrets that were redeemed before: they read on, and the oldest is forgotten first."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from summitry.web.feeds import FeedAccess
from summitry.web.feeds.secrets import FAILURES, RateLimiter, SecretCache

SECRET = "a2" * 16
FEED = "calendars/astana/feeds/desk"


async def redemption_error(secrets: SecretCache, secret: str, now: float) -> str:
    """Return the name of the error of a redemption from one address, "" without one."""
    try:
        await secrets.redeem(secret, "192.0.2.7", now)
    except Exception as error:
        return type(error).__name__
    return ""


def test_known_secret_is_read_from_an_address_that_guesses(source: Any) -> None:
    """However long ago it was looked up: that it was good is remembered for more than a minute."""
    source.secrets[SECRET] = FeedAccess(FEED, 0)

    async def guess() -> list[str]:
        secrets = SecretCache(source)
        first_read = [await redemption_error(secrets, SECRET, 0)]
        for number in range(FAILURES):
            assert (
                await redemption_error(secrets, f"guess {number}", 100_000) == "UnknownTokenError"
            )
        return [
            *first_read,
            *[await redemption_error(secrets, secret, 100_001) for secret in ("one more", SECRET)],
        ]

    assert asyncio.run(guess()) == ["", "AddressBlockedError", ""]


def test_secret_that_was_read_longest_ago_is_forgotten_first(
    source: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("summitry.web.feeds.secrets.MAX_SECRETS", 2)
    source.secrets |= {name: FeedAccess(FEED, 0) for name in ("a", "b", "c")}

    async def read() -> list[str]:
        secrets = SecretCache(source)
        for secret in ("a", "b", "a", "c"):
            assert await redemption_error(secrets, secret, 0) == ""
        source.stale = 1.0
        source.redeemed.clear()
        for secret in ("a", "c", "b"):
            assert await redemption_error(secrets, secret, 1) == ""
        return list(source.redeemed)

    assert asyncio.run(read()) == ["b"], "while the source is stale, what is known is not looked up"


@pytest.mark.parametrize(
    ("later", "seconds"),
    [(0.0, 60), (10.4, 50), (59.5, 1), (59.9, 1), (60.0, 0), (-0.1, 0)],
)
def test_blocked_address_waits_whole_seconds_of_a_minute(later: float, seconds: int) -> None:
    """At least one while it is blocked: 0 would read as leave to ask at once."""
    limiter = RateLimiter()
    for _ in range(FAILURES):
        limiter.record_failure("192.0.2.7", 1000.0)
    assert limiter.blocked_seconds("192.0.2.7", 1000.0 + later) == seconds
