"""What is remembered of secrets: who has a good one reads, and the oldest is forgotten first."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from summitry.web.feeds import Redeemed, guesses
from summitry.web.feeds.secrets import Secrets

SECRET = "a2" * 16
FEED = "calendars/astana/feeds/desk"


async def tried(known: Secrets, secret: str, now: float) -> str:
    """The name of the error of a redemption from one address, "" without any."""
    try:
        await known.redeem(secret, "192.0.2.7", now)
    except Exception as error:
        return type(error).__name__
    return ""


def test_known_secret_is_read_from_an_address_that_guesses(source: Any) -> None:
    """Long after it was looked up last: what is known of it is no matter of a minute."""
    source.secrets[SECRET] = Redeemed(FEED, 0)

    async def guess() -> list[str]:
        known = Secrets(source)
        told = [await tried(known, SECRET, 0)]
        for number in range(guesses.FAILURES):
            assert await tried(known, f"guess {number}", 100_000) == "UnknownTokenError"
        return [*told, *[await tried(known, secret, 100_001) for secret in ("one more", SECRET)]]

    assert asyncio.run(guess()) == ["", "RefusedAddressError", ""]


def test_secret_that_was_read_longest_ago_is_forgotten_first(
    source: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("summitry.web.feeds.secrets.KEPT", 2)
    source.secrets |= {name: Redeemed(FEED, 0) for name in ("a", "b", "c")}

    async def read() -> list[str]:
        known = Secrets(source)
        for secret in ("a", "b", "a", "c"):
            assert await tried(known, secret, 0) == ""
        source.stale = 1.0
        source.redeemed.clear()
        for secret in ("a", "c", "b"):
            assert await tried(known, secret, 1) == ""
        return list(source.redeemed)

    assert asyncio.run(read()) == ["b"], "while the source is stale, what is known is not looked up"
