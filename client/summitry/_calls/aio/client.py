"""The client: all methods of the API over one channel."""

from __future__ import annotations

from summitry._calls.aio.agenda import AsyncAgenda
from summitry._calls.aio.feed_tokens import AsyncFeedTokens
from summitry._calls.aio.following import AsyncFollowing
from summitry._calls.aio.history import AsyncHistory
from summitry._calls.aio.time_zones import AsyncTimeZones
from summitry._calls.aio.transfers import AsyncTransfers
from summitry._calls.aio.writes import AsyncWrites


class AsyncClient(
    AsyncAgenda,
    AsyncFeedTokens,
    AsyncFollowing,
    AsyncHistory,
    AsyncTimeZones,
    AsyncTransfers,
    AsyncWrites,
):
    """A connection to a Summitry server; its methods are those of the API."""
