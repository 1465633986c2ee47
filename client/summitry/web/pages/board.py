"""What pages are made from, kept while it stays as it is: events in their places in time."""

from __future__ import annotations

import threading
from collections import OrderedDict

from summitry.web.feeds.selection import Shown
from summitry.web.pages.entries import Entry, entries_of
from summitry.zones import TzDb

KEPT = 8  # placements; the oldest go first


class Board:
    """Events placed once per zone and content. Used by several threads."""

    def __init__(self, zones: TzDb) -> None:
        self.zones = zones
        self._lock = threading.Lock()
        self._kept: OrderedDict[tuple[str, str], list[Entry]] = OrderedDict()

    def entries(self, shown: Shown, zone: str) -> list[Entry]:
        """The events in their order; `zone` "" is that of each place."""
        key = (shown.digest, zone)
        with self._lock:
            found = self._kept.get(key)
        if found is None:
            rules = self.zones.zone(zone) if zone else None
            found = entries_of(shown.records, rules, self.zones)
        with self._lock:
            self._kept[key] = found
            self._kept.move_to_end(key)
            while len(self._kept) > KEPT:
                self._kept.popitem(last=False)
        return found
