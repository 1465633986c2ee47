"""Requests of the API as values, shared by the client and the asynchronous client.

Everything that can be said without a connection is said here: which method serves a name, how
its request is filled, where in the response the answer is. No gRPC.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from itertools import groupby
from typing import Any

from summitry._calls.as_of import When, as_of
from summitry._calls.call import Call, set_instant
from summitry._calls.methods import BATCH_LIMIT, BY_KIND, QUERY_AGENDA, TIME_ZONES
from summitry._calls.texts import as_texts
from summitry.kinds import CALENDAR, Kind, Record
from summitry.names import ALL_CALENDARS, kind_of, parse_name
from summitry.v1.agenda_service_pb2 import AgendaItem
from summitry.v1.event_time_pb2 import TimePoint
from summitry.v1.filter_pb2 import DateWindow, Filter
from summitry.v1.time_zone_service_pb2 import (
    AuditTimeZonesRequest,
    ListTimeZonesRequest,
    RebaseTimeZonesRequest,
    ResolvedPoint,
    ResolveTimeRequest,
    TimeZone,
    TimeZoneDatabase,
    TimeZoneImpact,
)


def get(name: str, when: When = None) -> Call[Any]:
    """Get one record."""
    kind = parse_name(name).kind
    return _call(kind, "Get", kind.singular, name=name, as_of=as_of(when))


def batch_get(names: str | Iterable[str], when: When = None) -> Iterator[Call[Any]]:
    """BatchGet of records of any kinds, at most `BATCH_LIMIT` a call."""
    by_kind = sorted(dict.fromkeys(as_texts(names)), key=_collection)
    for collection, group in groupby(by_kind, key=_collection):
        kind, wanted = kind_of(collection), list(group)
        for start in range(0, len(wanted), BATCH_LIMIT):
            part = wanted[start : start + BATCH_LIMIT]
            yield _call(kind, "BatchGet", kind.collection, names=part, as_of=as_of(when))


def page(
    what: str | type[Record],
    parent: str = ALL_CALENDARS,
    filter: Filter | None = None,
    show_deleted: bool = False,
    page_size: int = 0,
    when: When = None,
) -> Call[Any]:
    """List the first page of a collection."""
    kind = kind_of(what)
    call: Call[Any] = _call(
        kind,
        "List",
        kind.collection,
        filter=filter,
        show_deleted=show_deleted,
        page_size=page_size,
        as_of=as_of(when),
    )
    if kind is not CALENDAR:
        call.request.parent = parent
    return call


def agenda(
    parent: str,
    first_date: str,
    last_date: str = "",
    time_zone: str = "UTC",
    filter: Filter | None = None,
    page_size: int = 0,
    when: When = None,
) -> Call[AgendaItem]:
    """The first page of what is on in civil days, seen from a zone.

    A window of `filter` keeps its way of matching, and its days if no `first_date` is given.
    """
    wanted = Filter()
    if filter is not None:
        wanted.CopyFrom(filter)
    if first_date:
        days = DateWindow(first_date=first_date, last_date=last_date, time_zone=time_zone)
        wanted.window.dates.CopyFrom(days)
    request = QUERY_AGENDA.request(
        parent=parent,
        filter=wanted,
        time_zone=time_zone,
        page_size=page_size,
        as_of=as_of(when),
    )
    return Call(QUERY_AGENDA, request, "items")


def time_zones(
    region_code: str = "", city: str = "", time: datetime | None = None, tzdb_version: str = ""
) -> Call[TimeZone]:
    """The first page of zones, with their offsets at an instant.

    Raises InvalidArgumentError for a time without an offset, which is no instant.
    """
    request = ListTimeZonesRequest(
        region_code=region_code, city=city, tzdb_version=tzdb_version, page_size=BATCH_LIMIT
    )
    if time is not None:
        set_instant(request.time, time, "time")
    return Call(TIME_ZONES["ListTimeZones"], request, "time_zones")


def databases() -> Call[Sequence[TimeZoneDatabase]]:
    """The databases that the server has."""
    return Call(TIME_ZONES["ListTimeZones"], ListTimeZonesRequest(page_size=1), "databases")


def resolve_times(
    points: Iterable[TimePoint], tzdb_version: str = ""
) -> Iterator[Call[Sequence[ResolvedPoint]]]:
    """ResolveTime of any number of points, at most `BATCH_LIMIT` a call."""
    wanted = list(points)
    for start in range(0, len(wanted), BATCH_LIMIT):
        part = wanted[start : start + BATCH_LIMIT]
        request = ResolveTimeRequest(points=part, tzdb_version=tzdb_version)
        yield Call(TIME_ZONES["ResolveTime"], request, "points")


def audit_time_zones(
    parent: str = ALL_CALENDARS,
    from_version: str = "",
    to_version: str = "",
    time_zones: str | Iterable[str] = (),
    include_past: bool = False,
    page_size: int = 0,
) -> Call[TimeZoneImpact]:
    """The first page of what a change of rules would do."""
    request = AuditTimeZonesRequest(
        parent=parent,
        from_version=from_version,
        to_version=to_version,
        time_zones=as_texts(time_zones),
        include_past=include_past,
        page_size=page_size,
    )
    return Call(TIME_ZONES["AuditTimeZones"], request, "impacts")


def rebase_time_zones(
    time_zones: str | Iterable[str] = (),
    include_past: bool = False,
    validate_only: bool = False,
    allow_older: bool = False,
) -> Call[Any]:
    """Resolve the stored future anew; the answer is the whole response."""
    request = RebaseTimeZonesRequest(
        time_zones=as_texts(time_zones),
        include_past=include_past,
        validate_only=validate_only,
        allow_older=allow_older,
        request_id=str(uuid.uuid4()),
    )
    return Call(TIME_ZONES["RebaseTimeZones"], request, "")


def _call(kind: Kind, verb: str, answer: str, **fields: Any) -> Call[Any]:
    method = BY_KIND[kind][verb]
    return Call(method, method.request(**fields), answer)


def _collection(name: str) -> str:
    return parse_name(name).kind.collection
