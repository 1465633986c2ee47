"""What pages are made from, kept while it stays as it is: events in their places in time."""

from __future__ import annotations

import threading

from cachetools import LRUCache

from summitry.web.content.selection import FeedSnapshot
from summitry.web.pages.entries import PlacedEvent, entries_of
from summitry.zones import TzDb

MAX_PLACEMENTS = 8  # placements; those used longest ago go first


class Board:
    """Events placed once per zone and content. Used by several threads."""

    def __init__(self, zones: TzDb) -> None:
        self.zones = zones
        self._lock = threading.Lock()
        self._placements: LRUCache[tuple[str, str], list[PlacedEvent]] = LRUCache(MAX_PLACEMENTS)

    def entries(self, snapshot: FeedSnapshot, zone: str) -> list[PlacedEvent]:
        """Return the events in the order of their times; `zone` "" is that of each place."""
        key = (snapshot.digest, zone)
        with self._lock:
            placed = self._placements.get(key)
        if placed is None:
            rules = self.zones.zone(zone) if zone else None
            placed = entries_of(snapshot.records, rules, self.zones)
            with self._lock:
                self._placements[key] = placed
        return placed
