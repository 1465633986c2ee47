"""ListTimeZones: the zones of a database, of a country, or those that a town may have."""

from __future__ import annotations

from functools import lru_cache

from google.protobuf.timestamp_pb2 import Timestamp

from summitry.v1.time_zone_service_pb2 import (
    ListTimeZonesRequest,
    ListTimeZonesResponse,
    TimeZone,
    TimeZoneDatabase,
)
from summitry.zones import TzDb, find_zones, format_offset
from summitry_server.context import Backend, Call
from summitry_server.wire.limits import page_size

PACKAGES = ("pytz", "tzdata")
HORIZON = 7_289_654_400  # 2201-01-01: what is known of rules ends there


def list_time_zones(backend: Backend, request: ListTimeZonesRequest, call: Call) -> bytes:
    """Return a page of zones, as they stand at an instant."""
    db = backend.database(request.tzdb_version, "tzdb_version")
    at = request.time.seconds if request.HasField("time") else backend.clock.now()
    limit = page_size(request.page_size)
    token = request.page_token
    begin = int(backend.tokens.read(request, token, None)) if token else 0
    ids = _ids(db, request)
    sources = backend.databases.sources()
    current = next((source for source in sources if source.version == backend.db.version), None)
    call.check()
    response = ListTimeZonesResponse(
        time_zones=[_zone(db, key, at) for key in ids[begin : begin + limit]],
        databases=[
            TimeZoneDatabase(
                version=source.version,
                origin=source.name if source.name in PACKAGES else "directory",
                current=source is current,
            )
            for source in sources
        ],
    )
    if begin + limit < len(ids):
        response.next_page_token = backend.tokens.make(request, begin + limit, None)
    return backend.answer_now([response.SerializeToString()])


def _ids(db: TzDb, request: ListTimeZonesRequest) -> list[str]:
    if request.city:
        candidates = find_zones(request.city, request.region_code, db)
        return list(dict.fromkeys(candidate.zone_id for candidate in candidates))
    if request.region_code:
        return sorted(db.country_zones(request.region_code.upper()))
    return sorted(db.ids)


def _zone(db: TzDb, key: str, at: int) -> TimeZone:
    zone = db.zone(key)
    result = TimeZone(
        id=key,
        canonical_id=db.canonical(key),
        aliases=_aliases(db).get(key, ()),
        region_codes=_regions(db).get(db.canonical(key), ()),
        utc_offset=format_offset(zone.offset_at(at)),
        abbreviation=zone.abbreviation_at(at),
        fingerprint=zone.fingerprint,
    )
    for change in zone.transitions(at + 1, HORIZON):
        if change.offset_before != change.offset_after:
            result.next_change.time.CopyFrom(Timestamp(seconds=change.instant))
            result.next_change.offset_before = format_offset(change.offset_before)
            result.next_change.offset_after = format_offset(change.offset_after)
            break
    return result


@lru_cache(maxsize=8)
def _aliases(db: TzDb) -> dict[str, tuple[str, ...]]:
    aliases: dict[str, tuple[str, ...]] = {}
    for key in sorted(db.ids):
        if (canonical := db.canonical(key)) != key:
            aliases[canonical] = (*aliases.get(canonical, ()), key)
    return aliases


@lru_cache(maxsize=8)
def _regions(db: TzDb) -> dict[str, tuple[str, ...]]:
    """Return country codes by canonical id, from the tables that list the zones of each country."""
    regions: dict[str, set[str]] = {}
    for code in db.region_codes:
        for key in db.country_zones(code):
            regions.setdefault(db.canonical(key), set()).add(code)
    return {key: tuple(sorted(codes)) for key, codes in regions.items()}
