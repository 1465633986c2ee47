"""What an audit of time zones found, in pages that are fetched as they are needed.

audit = client.audit_time_zones(to_version="2026a")
for impact in audit:
    print(impact.name, impact.old_time.ToJsonString(), impact.new_time.ToJsonString())
for total in audit.totals():
    print(total.time_zone, total.examined)
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
from typing import Any, Self

from summitry.calls import Call
from summitry.v1.time_zone_service_pb2 import (
    AuditTimeZonesResponse,
    TimeZoneImpact,
    TimeZoneTotal,
)

Page = AuditTimeZonesResponse


class Audit(Iterator[TimeZoneImpact]):
    """The impacts in the order of zones, then of time."""

    def __init__(self, ask: Callable[[Call[Any]], Page], call: Call[TimeZoneImpact]) -> None:
        self._ask, self._call = ask, call
        self._first: Page | None = None
        self._items = self._read()

    def totals(self) -> Sequence[TimeZoneTotal]:
        """Counts over all pages, one entry a zone whose rules differ."""
        return self._begun().totals

    def __next__(self) -> TimeZoneImpact:
        return next(self._items)

    def _begun(self) -> Page:
        if self._first is None:
            self._first = self._ask(self._call)
        return self._first

    def _read(self) -> Iterator[TimeZoneImpact]:
        page = self._begun()
        yield from page.impacts
        while token := page.next_page_token:
            page = self._ask(self._call.after(token))
            yield from page.impacts


class AsyncAudit(AsyncIterator[TimeZoneImpact]):
    """The impacts in the order of zones, then of time."""

    def __init__(
        self, ask: Callable[[Call[Any]], Awaitable[Page]], call: Call[TimeZoneImpact]
    ) -> None:
        self._ask, self._call = ask, call
        self._first: Page | None = None
        self._items = self._read()

    def __aiter__(self) -> Self:
        return self

    async def totals(self) -> Sequence[TimeZoneTotal]:
        """Counts over all pages, one entry a zone whose rules differ."""
        return (await self._begun()).totals

    async def __anext__(self) -> TimeZoneImpact:
        return await anext(self._items)

    async def _begun(self) -> Page:
        if self._first is None:
            self._first = await self._ask(self._call)
        return self._first

    async def _read(self) -> AsyncIterator[TimeZoneImpact]:
        page = await self._begun()
        for impact in page.impacts:
            yield impact
        while token := page.next_page_token:
            page = await self._ask(self._call.after(token))
            for impact in page.impacts:
                yield impact
