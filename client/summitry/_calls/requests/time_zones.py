"""Requests of TimeZoneService: zones, databases, points of time, changes of rules."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime

from summitry._calls.call import PreparedCall, set_instant
from summitry._calls.methods import BATCH_LIMIT, TIME_ZONES
from summitry._calls.texts import as_texts
from summitry.names import ALL_CALENDARS
from summitry.v1.event_time_pb2 import TimePoint
from summitry.v1.time_zone_service_pb2 import (
    AuditTimeZonesRequest,
    ListTimeZonesRequest,
    RebaseTimeZonesRequest,
    RebaseTimeZonesResponse,
    ResolvedPoint,
    ResolveTimeRequest,
    TimeZone,
    TimeZoneDatabase,
    TimeZoneImpact,
    TimeZoneTotal,
)


def list_zones(
    region_code: str = "", city: str = "", time: datetime | None = None, tzdb_version: str = ""
) -> PreparedCall[TimeZone]:
    """Return the call for the first page of zones, with their offsets at an instant.

    Raises InvalidArgumentError for a time without an offset, which is no instant.
    """
    request = ListTimeZonesRequest(
        region_code=region_code, city=city, tzdb_version=tzdb_version, page_size=BATCH_LIMIT
    )
    if time is not None:
        set_instant(request.time, time, "time")
    return PreparedCall(TIME_ZONES["ListTimeZones"], request, "time_zones")


def list_databases() -> PreparedCall[Sequence[TimeZoneDatabase]]:
    """Return the call for the databases that the server has; each page of zones lists them."""
    return PreparedCall(TIME_ZONES["ListTimeZones"], ListTimeZonesRequest(page_size=1), "databases")


def resolve(
    points: Iterable[TimePoint], tzdb_version: str = ""
) -> Iterator[PreparedCall[Sequence[ResolvedPoint]]]:
    """Yield calls that resolve any number of points, at most `BATCH_LIMIT` a call."""
    points = list(points)
    for start in range(0, len(points), BATCH_LIMIT):
        part = points[start : start + BATCH_LIMIT]
        request = ResolveTimeRequest(points=part, tzdb_version=tzdb_version)
        yield PreparedCall(TIME_ZONES["ResolveTime"], request, "points")


def audit(
    parent: str = ALL_CALENDARS,
    from_version: str = "",
    to_version: str = "",
    time_zones: str | Iterable[str] = (),
    include_past: bool = False,
    page_size: int = 0,
) -> PreparedCall[TimeZoneImpact]:
    """Return the call for the first page of what a change of rules would do."""
    request = AuditTimeZonesRequest(
        parent=parent,
        from_version=from_version,
        to_version=to_version,
        time_zones=as_texts(time_zones),
        include_past=include_past,
        page_size=page_size,
    )
    return PreparedCall(TIME_ZONES["AuditTimeZones"], request, "impacts")


def rebase(
    time_zones: str | Iterable[str] = (),
    include_past: bool = False,
    validate_only: bool = False,
    allow_older: bool = False,
    parent: str = ALL_CALENDARS,
    page_size: int = 0,
) -> PreparedCall[RebaseTimeZonesResponse]:
    """Return the call that resolves the first page of the stored future anew."""
    request = RebaseTimeZonesRequest(
        parent=parent,
        page_size=page_size,
        time_zones=as_texts(time_zones),
        include_past=include_past,
        validate_only=validate_only,
        allow_older=allow_older,
        request_id=str(uuid.uuid4()),
    )
    return PreparedCall(TIME_ZONES["RebaseTimeZones"], request, "")


def next_rebase(
    call: PreparedCall[RebaseTimeZonesResponse], page: RebaseTimeZonesResponse
) -> PreparedCall[RebaseTimeZonesResponse]:
    """Return the call for the page after another; it is a write of its own."""
    following: PreparedCall[RebaseTimeZonesResponse] = call.after(page.next_page_token)
    following.request.request_id = str(uuid.uuid4())
    return following


def add_rebase(done: RebaseTimeZonesResponse, page: RebaseTimeZonesResponse) -> None:
    """Add the counts of a page to those of the pages before it."""
    done.changed_records += page.changed_records
    done.next_page_token = page.next_page_token
    done.header.CopyFrom(page.header)
    totals = {total.time_zone: total for total in done.totals}
    for total in page.totals:
        if total.time_zone in totals:
            _add_total(totals[total.time_zone], total)
        else:
            done.totals.append(total)


def _add_total(done: TimeZoneTotal, more: TimeZoneTotal) -> None:
    done.examined += more.examined
    counts = {entry.kind: entry for entry in done.counts}
    for entry in more.counts:
        if entry.kind in counts:
            counts[entry.kind].count += entry.count
        else:
            done.counts.append(entry)
