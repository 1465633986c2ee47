# Written by `make sync-client` from aio/time_zones.py: change that file.
"""Time zones of the server, and what a change of their rules would move.

audit = client.audit_time_zones(to_version="2026a")
for impact in audit:
    print(impact.name, impact.old_time.ToJsonString(), impact.new_time.ToJsonString())
for total in audit.totals():
    print(total.time_zone, total.examined)
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import datetime

from summitry._calls.requests import time_zones as requests
from summitry._calls.sync.connection import Connection
from summitry._calls.sync.paging import Pages
from summitry.names import ALL_CALENDARS
from summitry.v1.event_time_pb2 import TimePoint
from summitry.v1.time_zone_service_pb2 import (
    RebaseTimeZonesResponse,
    ResolvedPoint,
    TimeZone,
    TimeZoneDatabase,
    TimeZoneImpact,
    TimeZoneTotal,
)


class Audit(Pages[TimeZoneImpact]):
    """The impacts in the order of zones, then of time."""

    def totals(self) -> Sequence[TimeZoneTotal]:
        """Return counts over all pages, one entry for each zone whose rules differ."""
        page = self._first_page()
        totals: Sequence[TimeZoneTotal] = page.totals
        return totals

    def settled_version(self) -> str:
        """Return the release that settled the store last; empty if none has yet."""
        page = self._first_page()
        version: str = page.settled_version
        return version


class TimeZones(Connection):
    """Time zones of the server, and changes of their rules."""

    def time_zones(
        self,
        region_code: str = "",
        city: str = "",
        time: datetime | None = None,
        tzdb_version: str = "",
    ) -> Iterator[TimeZone]:
        """Iterate over the zones of the server's database, or of another version that it has.

        With a region code only those of the country, with a city those it may have. Offsets are
        those at `time`, which must have an offset itself (None: now). Raises
        InvalidArgumentError, for a version that the server has not: UNKNOWN_TZDB_VERSION.
        """
        return self._items(requests.list_zones(region_code, city, time, tzdb_version))

    def databases(self) -> Sequence[TimeZoneDatabase]:
        """Return the releases of the time zone database that the server has, the newest first."""
        return self._answer(requests.list_databases())

    def resolve_times(
        self, points: Iterable[TimePoint], tzdb_version: str = ""
    ) -> Sequence[ResolvedPoint]:
        """Resolve points of time, in their order, by the server's database or another version.

        A point that means nothing definite has a reason instead of a time. More than 1,000
        points take several calls.
        """
        calls = requests.resolve(points, tzdb_version)
        return [point for call in calls for point in self._answer(call)]

    def audit_time_zones(
        self,
        parent: str = ALL_CALENDARS,
        from_version: str = "",
        to_version: str = "",
        time_zones: str | Iterable[str] = (),
        include_past: bool = False,
        *,
        page_size: int = 0,
    ) -> Audit:
        """Iterate over future times that another time zone database would move.

        Compares what is stored (from_version "") with the server's database (to_version "");
        no zones are all zones. Nothing is changed. The audit is an iterator of impacts, and has
        their `totals()`.
        """
        call = requests.audit(parent, from_version, to_version, time_zones, include_past, page_size)
        return Audit(self._respond, call)

    def rebase_time_zones(
        self,
        time_zones: str | Iterable[str] = (),
        include_past: bool = False,
        validate_only: bool = False,
        allow_older: bool = False,
        *,
        parent: str = ALL_CALENDARS,
        page_size: int = 0,
        on_page: Callable[[RebaseTimeZonesResponse], None] | None = None,
    ) -> RebaseTimeZonesResponse:
        """Resolve the stored future by the server's database, page by page, each in one revision.

        Returns the counts of all pages; `on_page` is called with those so far after each. Safe to
        repeat: a second run changes nothing, and one that broke off is finished. With
        `validate_only` it only returns what would be done. A server whose database is older than
        the one that settled the store refuses with OLDER_TZDB, unless `allow_older` is set to go
        back.
        """
        call = requests.rebase(
            time_zones, include_past, validate_only, allow_older, parent, page_size
        )
        done = RebaseTimeZonesResponse()
        while True:
            page = self._answer(call)
            requests.add_rebase(done, page)
            if on_page is not None:
                on_page(done)
            if not page.next_page_token:
                return done
            call = requests.next_rebase(call, page)
