"""`summitry zones resolve` and `summitry zones for`: the instant of a wall time, a town's zone."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING, Any, NamedTuple

from summitry.cli.connection import connect
from summitry.cli.failures import DONE
from summitry.cli.output import Cell, TableSection, print_json, print_note, print_table
from summitry.cli.parser import add_command

if TYPE_CHECKING:
    from summitry.v1.event_time_pb2 import TimePoint
    from summitry.v1.time_zone_service_pb2 import ResolvedPoint
    from summitry.zones import Zone, ZoneCandidate

_RESOLVE = """
summitry zones resolve 2024-07-04T10:00 Asia/Almaty
summitry zones resolve 2024-10-27T02:30 Europe/Paris --choice later
summitry zones resolve 2024-07-04T10:00 Asia/Almaty --tzdb 2023c
"""
_FOR = """
summitry zones for Astana
summitry zones for Portland --country US
"""
_CHOICES = ("earlier", "later", "compatible")
_CONFLICTS = ("reject", "keep-instant", "keep-wall")
_KINDS = {
    "normal": "it happens once",
    "gap": "it does not happen: clocks skip it",
    "fold": "it happens twice: clocks are put back",
}
_WHYS = {
    "curated": "in the table of cities",
    "zone-city": "names the zone",
    "country": "zone of the country",
}


class Instant(NamedTuple):
    """An instant as the clocks of the zone show it, and in UTC."""

    text: str
    utc: str


class WallTimeResolution(NamedTuple):
    """The resolution of a wall time: its instant or the problem, and both candidates."""

    kind: str
    meant: Instant | None
    earlier: Instant
    later: Instant
    version: str
    problem: Exception | None


def fill_resolve(parser: argparse.ArgumentParser) -> None:
    """Fill the parser of `resolve`."""
    parser.add_argument("wall", metavar="WALL", help="local time: 2024-07-04T10:00")
    parser.add_argument("zone", metavar="ZONE", help="IANA id")
    parser.add_argument(
        "--choice",
        "--choose",
        choices=_CHOICES,
        help="instant to use in a gap or fold (none: refuse)",
    )
    parser.add_argument(
        "--offset", default="", metavar="OFFSET", help="offset written with the time: +05:00"
    )
    parser.add_argument(
        "--conflict",
        choices=_CONFLICTS,
        default="reject",
        help="if the zone has a different offset",
    )
    parser.add_argument(
        "--tzdb",
        metavar="VERSION",
        help="let the server resolve with this version (this machine's)",
    )
    parser.add_argument("--output", choices=("json", "table"), default="table")
    add_command(parser, _resolve, _RESOLVE)


def fill_for(parser: argparse.ArgumentParser) -> None:
    """Fill the parser of `for`."""
    parser.add_argument(
        "city", metavar="CITY", help="name of a town in any language: Astana, Астана"
    )
    parser.add_argument("--country", default="", metavar="CODE", help="country of the town: KZ")
    parser.add_argument("--output", choices=("json", "table"), default="table")
    add_command(parser, _for, _FOR)


def _resolve(args: argparse.Namespace) -> int:
    """Print the instant, or both candidates and the reason for the refusal."""
    answer = _here(args) if args.tzdb is None else _by_server(args)
    show = _print_facts if args.output == "json" else _print_rows
    show(args, answer)
    if answer.problem is not None:
        raise answer.problem
    return DONE


def _here(args: argparse.Namespace) -> WallTimeResolution:
    from summitry.zones import ZoneError, default_database, parse_civil, rfc3339, rfc9557

    database = default_database()
    zone, wall = database.zone(args.zone), parse_civil(args.wall)

    def to_instant(instant: int) -> Instant:
        return Instant(rfc9557(instant, zone), rfc3339(instant))

    earlier, later, kind = zone.candidates(wall)
    answer = WallTimeResolution(
        kind, None, to_instant(earlier), to_instant(later), database.version, None
    )
    try:
        return answer._replace(meant=to_instant(_instant(zone, wall, args)))
    except ZoneError as error:
        return answer._replace(problem=error)


def _instant(zone: Zone, wall: int, args: argparse.Namespace) -> int:
    from summitry.zones import Choice, OffsetChoice, parse_offset, resolve_wall, resolve_wall_offset

    choice = Choice[(args.choice or "reject").upper()]
    if not args.offset:
        return resolve_wall(zone, wall, choice)
    conflict = OffsetChoice[args.conflict.upper().replace("-", "_")]
    return resolve_wall_offset(zone, wall, parse_offset(args.offset), choice, conflict)[0]


def _by_server(args: argparse.Namespace) -> WallTimeResolution:
    """Resolve three points in one call: as given, the earlier and the later candidate."""
    from summitry.v1.time_zone_service_pb2 import WallTimeKind

    points = [_point(args, args.choice or "", args.offset)]
    points += [_point(args, choice) for choice in ("earlier", "later")]
    with connect(args) as client:
        resolved, earlier, later = client.resolve_times(points, args.tzdb)
        version = args.tzdb or client.header.tzdb_version
    if earlier.reason:  # the wall time or the zone itself is invalid
        raise _refusal(earlier)
    kind = WallTimeKind.Name(resolved.kind).removeprefix("WALL_TIME_KIND_").lower()
    candidates = _server_instant(earlier), _server_instant(later)
    if resolved.reason:
        return WallTimeResolution(kind, None, *candidates, version, _refusal(resolved))
    return WallTimeResolution(kind, _server_instant(resolved), *candidates, version, None)


def _point(args: argparse.Namespace, choice: str, offset: str = "") -> TimePoint:
    from summitry.cli.flags import enum_value
    from summitry.v1.event_time_pb2 import Disambiguation, OffsetConflict, TimePoint

    return TimePoint(
        civil_time=args.wall,
        time_zone=args.zone,
        utc_offset=offset,
        disambiguation=enum_value(Disambiguation, choice) if choice else 0,  # type: ignore[arg-type]
        offset_conflict=enum_value(OffsetConflict, args.conflict),  # type: ignore[arg-type]
    )


def _server_instant(point: ResolvedPoint) -> Instant:
    return Instant(point.text, point.time.ToJsonString())


def _refusal(point: ResolvedPoint) -> Exception:
    from summitry.errors import InvalidArgumentError
    from summitry.v1.error_reason_pb2 import ErrorReason

    reason = ErrorReason.Name(point.reason).removeprefix("ERROR_REASON_")
    return InvalidArgumentError(point.message, code="INVALID_ARGUMENT", reason=reason)


def _print_facts(args: argparse.Namespace, answer: WallTimeResolution) -> None:
    instants = {"meant": answer.meant, "earlier": answer.earlier, "later": answer.later}
    facts: dict[str, Any] = {"wall_time": args.wall, "zone": args.zone, "kind": answer.kind}
    facts |= {label: instant and instant._asdict() for label, instant in instants.items()}
    print_json(facts | {"time_zone_data": answer.version})


def _print_rows(args: argparse.Namespace, answer: WallTimeResolution) -> None:
    rows = [("wall time", f"{args.wall} {args.zone}", ""), ("kind", _KINDS[answer.kind], "")]
    if answer.kind != "normal":
        rows += [("earlier", *answer.earlier), ("later", *answer.later)]
    if answer.meant is not None:
        rows.append(("meant", *answer.meant))
    rows.append(("time zone data", answer.version, ""))
    print_table(("", "", ""), [TableSection("", [[Cell(text) for text in row] for row in rows])])


def _for(args: argparse.Namespace) -> int:
    """Print the zone of a town; if it has none or several, the candidates and the refusal."""
    from summitry.zones import default_database, find_zones, zone_for

    candidates = find_zones(args.city, args.country)
    if args.output == "json":
        print_json([candidate._asdict() for candidate in candidates])
    elif candidates:
        print_table(
            ("Zone", "Country", "Town", "Why", "Now"),
            [TableSection("", list(map(_row, candidates)))],
        )
        print_note(f"time zone data {default_database().version}")
    zone_for(args.city, args.country)
    return DONE


def _row(candidate: ZoneCandidate) -> list[Cell]:
    import time

    from summitry.cli.words import stamp
    from summitry.zones import default_database, rfc9557

    now = stamp(rfc9557(int(time.time()), default_database().zone(candidate.zone_id)))
    assert now is not None
    texts = (
        candidate.zone_id,
        candidate.region_code,
        candidate.city,
        _WHYS[candidate.source],
        f"{now.date} {now.time[:5]} {now.offset}",
    )
    return [Cell(text) for text in texts]
