# Written by `make sync-client` from aio/client.py: change that file.
"""The client: all methods of the API over one channel."""

from __future__ import annotations

from summitry._calls.sync.agenda import Agenda
from summitry._calls.sync.feed_tokens import FeedTokens
from summitry._calls.sync.following import Following
from summitry._calls.sync.history import History
from summitry._calls.sync.time_zones import TimeZones
from summitry._calls.sync.transfers import Transfers
from summitry._calls.sync.writes import Writes


class Client(
    Agenda,
    FeedTokens,
    Following,
    History,
    TimeZones,
    Transfers,
    Writes,
):
    """A connection to a Summitry server; its methods are those of the API."""
