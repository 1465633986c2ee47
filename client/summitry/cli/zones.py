"""`summitry zones`: the time zones of a server, and the clock changes of a zone."""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from summitry.cli import lawchange, walltimes
from summitry.cli.connection import connect
from summitry.cli.failures import DONE
from summitry.cli.output import (
    Cell,
    TableSection,
    fields,
    print_json,
    print_ndjson,
    print_note,
    print_table,
)
from summitry.cli.parser import add_command

if TYPE_CHECKING:
    from summitry.v1.time_zone_service_pb2 import TimeZone, TimeZoneDatabase
    from summitry.zones import Transition, Zone

_LIST = """
summitry zones list --country KZ
summitry zones list --tzdb 2023c --output ndjson
"""
_SHOW = """
summitry zones show Asia/Almaty
summitry zones show Europe/Paris --changes 6
summitry zones show America/New_York --output json
"""
_HORIZON = 20 * 366 * 86_400  # seconds in which changes are looked for
_HEADERS = ("Zone", "Offset", "Name", "Next change (UTC)", "Countries", "Alias of")


def configure(parser: argparse.ArgumentParser, name: str) -> None:
    """Fill the parser of the command group."""
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.epilog = "examples:\n  summitry zones show Asia/Almaty\n  summitry zones audit"
    verbs = parser.add_subparsers(dest="verb", metavar="VERB", required=True)
    for verb, (fill, about) in _VERBS.items():
        fill(verbs.add_parser(verb, help=about, description=f"{about[0].upper()}{about[1:]}."))


def _fill_list(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--country", default="", metavar="CODE", help="country: KZ")
    parser.add_argument("--tzdb", default="", metavar="VERSION", help="(the server's)")
    parser.add_argument("--output", choices=("json", "ndjson", "table"), default="table")
    add_command(parser, _list, _LIST)


def _fill_show(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("zone", metavar="ZONE", help="IANA id")
    parser.add_argument(
        "--changes", type=int, default=3, metavar="N", help="how many coming changes (3)"
    )
    parser.add_argument("--output", choices=("json", "table"), default="table")
    add_command(parser, run, _SHOW)


def _list(args: argparse.Namespace) -> int:
    """Print the zones of a server, and its time zone databases."""
    with connect(args) as client:
        zones = client.time_zones(region_code=args.country, tzdb_version=args.tzdb)
        if args.output == "ndjson":
            print_ndjson(map(fields, zones))
            return DONE
        listed, databases = list(zones), client.databases()
        version = args.tzdb or client.header.tzdb_version
    if args.output == "json":
        facts = {"time_zone_data": version, "databases": list(map(fields, databases))}
        print_json(facts | {"time_zones": list(map(fields, listed))})
        return DONE
    print_table(_HEADERS, [TableSection("", list(map(_row, listed)))])
    count = f"{len(listed)} zone{'s' if len(listed) != 1 else ''}"
    print_note(f"{count}, time zone data {version}; the server has {_offer(databases)}")
    return DONE


def _row(zone: TimeZone) -> Sequence[Cell]:
    change = zone.next_change
    coming = ""
    if zone.HasField("next_change"):
        coming = f"{change.time.ToDatetime():%Y-%m-%d %H:%M}Z to {change.offset_after}"
    alias = zone.canonical_id if zone.canonical_id != zone.id else ""
    codes = ", ".join(zone.region_codes)
    texts = (zone.id, zone.utc_offset, zone.abbreviation, coming, codes, alias)
    return [Cell(text) for text in texts]


def _offer(databases: Sequence[TimeZoneDatabase]) -> str:
    return ", ".join(
        f"{database.version} ({database.origin}{', current' if database.current else ''})"
        for database in databases
    )


def run(args: argparse.Namespace) -> int:
    """Print a zone by the time zone data of this machine; needs no server."""
    from summitry.zones import default_database

    database = default_database()
    zone = database.zone(args.zone)
    now = int(time.time())
    facts = facts_of(zone, now, database.version, max(args.changes, 0))
    if args.output == "json":
        print_json(facts)
        return DONE
    changes = facts.pop("changes")
    rows = [[Cell(key.replace("_", " ")), Cell(str(value))] for key, value in facts.items()]
    rows += [
        [Cell(f"from {c['local']}"), Cell(f"{c['offset']} ({c['abbreviation']})")] for c in changes
    ]
    print_table(("", ""), [TableSection("", rows)])
    return DONE


def facts_of(zone: Zone, now: int, version: str, changes: int) -> dict[str, Any]:
    """Return the facts of a zone at `now` (epoch seconds), and its next changes of offset."""
    from summitry.zones import format_offset, rfc9557

    coming = [
        change
        for change in zone.transitions(now, now + _HORIZON)
        if change.offset_after != change.offset_before
    ]
    return {
        "zone": zone.key,
        "now": rfc9557(now, zone),
        "offset": format_offset(zone.offset_at(now)),
        "abbreviation": zone.abbreviation_at(now),
        "time_zone_data": version,
        "rules": zone.fingerprint[:16],
        "changes": [_change(zone, change) for change in coming[:changes]],
    }


def _change(zone: Zone, change: Transition) -> dict[str, str]:
    from summitry.zones import format_offset, rfc3339, rfc9557

    return {
        "instant": rfc3339(change.instant),
        "local": rfc9557(change.instant, zone),
        "offset": format_offset(change.offset_after),
        "abbreviation": change.abbreviation_after,
    }


_VERBS: dict[str, tuple[Callable[[argparse.ArgumentParser], None], str]] = {
    "list": (_fill_list, "list the zones of the server, with offset and next change"),
    "show": (_fill_show, "show local time, offset and next changes of a zone"),
    "resolve": (walltimes.fill_resolve, "resolve a wall time in a zone to an instant"),
    "for": (walltimes.fill_for, "find the zone of a town, and how it is known"),
    "audit": (
        lawchange.fill_audit,
        "list stored times that other zone rules would move; changes nothing",
    ),
    "rebase": (lawchange.fill_rebase, "resolve stored times with the server's zone rules"),
}
