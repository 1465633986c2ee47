"""What an audit of time zones found, in pages that are fetched as they are needed.

audit = client.audit_time_zones(to_version="2026a")
for impact in audit:
    print(impact.name, impact.old_time.ToJsonString(), impact.new_time.ToJsonString())
for total in audit.totals():
    print(total.time_zone, total.examined)
"""

from __future__ import annotations

from collections.abc import Sequence

from summitry._calls.aio.paging import AsyncPaged, Paged
from summitry.v1.time_zone_service_pb2 import TimeZoneImpact, TimeZoneTotal


class Audit(Paged[TimeZoneImpact]):
    """The impacts in the order of zones, then of time."""

    def totals(self) -> Sequence[TimeZoneTotal]:
        """Counts over all pages, one entry a zone whose rules differ."""
        totals: Sequence[TimeZoneTotal] = self._begun().totals
        return totals

    def settled_version(self) -> str:
        """Return the release that settled the store last; empty if none has yet."""
        version: str = self._begun().settled_version
        return version


class AsyncAudit(AsyncPaged[TimeZoneImpact]):
    """The impacts in the order of zones, then of time."""

    async def totals(self) -> Sequence[TimeZoneTotal]:
        """Counts over all pages, one entry a zone whose rules differ."""
        totals: Sequence[TimeZoneTotal] = (await self._begun()).totals
        return totals

    async def settled_version(self) -> str:
        """Return the release that settled the store last; empty if none has yet."""
        version: str = (await self._begun()).settled_version
        return version
