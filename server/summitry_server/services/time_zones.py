"""TimeZoneService: the zones and their clocks, and the effect of a change of law on the store."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from itertools import islice

from google.protobuf.descriptor import ServiceDescriptor
from google.protobuf.timestamp_pb2 import Timestamp

from summitry.v1.time_zone_service_pb2 import (
    AuditTimeZonesRequest,
    AuditTimeZonesResponse,
    ImpactCount,
    ImpactKind,
    RebaseTimeZonesRequest,
    RebaseTimeZonesResponse,
    ResolveTimeRequest,
    ResolveTimeResponse,
    TimeZoneImpact,
    TimeZoneTotal,
)
from summitry.zones import TzDb, ZoneError, format_civil, format_date, format_offset
from summitry_server.context import Backend, Call, Rpc
from summitry_server.domain.names import calendar_of
from summitry_server.domain.time.audit import AuditCursor, Impact, Scope, Total, audit, totals
from summitry_server.domain.time.readings import Sort, unpack_choice
from summitry_server.domain.time.resolution import resolved_point
from summitry_server.domain.time.spans import DAY
from summitry_server.domain.time.times import to_refusal
from summitry_server.services.rebase import (
    PAGE,
    RebaseResult,
    check_not_older,
    preview,
    rebase,
    scope_of,
    settled_version,
)
from summitry_server.services.writing import transact
from summitry_server.services.zone_lists import list_time_zones
from summitry_server.store.contract import Reader
from summitry_server.wire.limits import page_size
from summitry_server.wire.refusals import missing


class TimeZoneService:
    """Answers from the databases of this server, and compares what is stored with them."""

    def __init__(self, service: ServiceDescriptor, backend: Backend) -> None:
        self.service = service
        self.backend = backend

    def methods(self) -> Mapping[str, Rpc]:
        """Return the rpcs of the service by name."""
        return {
            "ListTimeZones": lambda request, call: list_time_zones(self.backend, request, call),
            "ResolveTime": self.resolve_time,
            "AuditTimeZones": self.audit_time_zones,
            "RebaseTimeZones": self.rebase_time_zones,
        }

    def resolve_time(self, request: ResolveTimeRequest, call: Call) -> bytes:
        """Resolve time points; one that cannot be resolved has a reason in its place."""
        if not request.points:
            raise missing("points", "give at least one")
        db = self.backend.database(request.tzdb_version, "tzdb_version")
        response = ResolveTimeResponse()
        for point in request.points:
            call.check()
            response.points.append(resolved_point(point, db))
        parts = [response.SerializeToString()]
        return self.backend.answer_now(parts)

    def audit_time_zones(self, request: AuditTimeZonesRequest, call: Call) -> bytes:
        """Return a page of the times that would change; the first one has the counts over all."""
        limit = page_size(request.page_size)
        scope = self._scope(request, call)
        with self.backend.store.read() as reader:
            after = self._page_begin(request, reader)
            impacts = list(islice(audit(reader, scope, after), limit + 1))
            counted = [] if after else totals(reader, scope)
            point, settled = reader.point(), settled_version(reader)
        response = AuditTimeZonesResponse(
            settled_version=settled,
            impacts=[_impact(impact, scope) for impact in impacts[:limit]],
            totals=map(_total, counted),
        )
        if len(impacts) > limit:
            position = _cursor(impacts[limit - 1])
            response.next_page_token = self.backend.tokens.make(request, position, point)
        return self.backend.answer([response.SerializeToString()], point)

    def rebase_time_zones(self, request: RebaseTimeZonesRequest, call: Call) -> bytes:
        """Resolve a page of stored future local times by the server's database, in one revision."""
        calendar = calendar_of(request.parent, all_allowed=True)
        zones = self._zones(request.time_zones, self.backend.db)
        limit = page_size(request.page_size, PAGE)
        scope = scope_of(
            self.backend, zones, calendar=calendar, include_past=request.include_past, call=call
        )
        with self.backend.store.read() as reader:
            if not request.allow_older:
                check_not_older(reader, self.backend.db)
            after = self._page_begin(request, reader)
            if call.validate_only:
                return self._rebased(request, preview(reader, scope, after, limit))
        return transact(
            self.backend,
            call,
            lambda writer: self._rebased(
                request, rebase(writer, self.backend, scope, after, limit)
            ),
        )

    def _page_begin(
        self, request: AuditTimeZonesRequest | RebaseTimeZonesRequest, reader: Reader
    ) -> AuditCursor | None:
        if not request.page_token:
            return None
        return AuditCursor(*self.backend.tokens.read(request, request.page_token, reader))

    def _rebased(self, request: RebaseTimeZonesRequest, page: RebaseResult) -> bytes:
        response = RebaseTimeZonesResponse(
            changed_records=page.changed, totals=map(_total, page.totals)
        )
        if page.after is not None:
            tokens = self.backend.tokens
            response.next_page_token = tokens.make(request, page.after, page.point)
        return self.backend.answer([response.SerializeToString()], page.point)

    def _scope(self, request: AuditTimeZonesRequest, call: Call) -> Scope:
        new = self.backend.database(request.to_version, "to_version")
        old = request.from_version
        return Scope(
            calendar=calendar_of(request.parent, all_allowed=True),
            old=self.backend.database(old, "from_version") if old else None,
            new=new,
            zones=self._zones(request.time_zones, new),
            include_past=request.include_past,
            now=self.backend.clock.now(),
            young=frozenset(new.ids) - frozenset(self._older(old, new).ids),
            check=call.check,
        )

    def _older(self, version: str, new: TzDb) -> TzDb:
        """Return the release to compare ids with: the requested one, else the oldest there is."""
        if version:
            return self.backend.database(version, "from_version")
        oldest = self.backend.databases.sources()[-1].version
        return self.backend.database(oldest, "from_version") if oldest < new.version else new

    def _zones(self, keys: Iterable[str], db: TzDb) -> tuple[str, ...]:
        zones = []
        for index, key in enumerate(keys):
            try:
                zones.append(db.zone(key).key)
            except ZoneError as error:
                raise to_refusal(error, f"time_zones[{index}]") from error
        return tuple(zones)


def _cursor(impact: Impact) -> AuditCursor:
    reading = impact.read.entry
    return AuditCursor(reading.zone, reading.until, impact.read.name, reading.field)


def _impact(impact: Impact, scope: Scope) -> TimeZoneImpact:
    reading = impact.read.entry
    new = scope.new.zone(reading.zone)
    sort = unpack_choice(reading.choice).sort
    civil = format_date(reading.wall // DAY) if sort is Sort.DAY else format_civil(reading.wall)
    # For an instant that is shown by these rules, wall time minus instant is the old offset.
    return TimeZoneImpact(
        name=impact.read.name,
        field_path=reading.field,
        kind=impact.kind,
        time_zone=reading.zone,
        civil_time=civil,
        old_time=Timestamp(seconds=impact.old),
        new_time=Timestamp(seconds=impact.new),
        old_offset=format_offset(reading.wall - impact.old),
        new_offset=format_offset(new.offset_at(impact.new)),
    )


def _total(total: Total) -> TimeZoneTotal:
    return TimeZoneTotal(
        time_zone=total.zone, examined=total.examined, counts=_counts(total.counts)
    )


def _counts(counts: Counter[ImpactKind]) -> list[ImpactCount]:
    return [ImpactCount(kind=kind, count=count) for kind, count in sorted(counts.items())]
