"""`summitry zones`: what the clocks of a zone do."""

from __future__ import annotations

import argparse
import time
from typing import TYPE_CHECKING, Any

from summitry.cli.output import Cell, Section, print_json, print_table
from summitry.cli.parser import add_command

if TYPE_CHECKING:
    from summitry.zones import Transition, Zone

_EXAMPLES = """
summitry zones show Asia/Almaty
summitry zones show Europe/Paris --changes 6
summitry zones show America/New_York --output json
"""
_HORIZON = 20 * 366 * 86_400  # seconds in which changes are looked for


def configure(parser: argparse.ArgumentParser, name: str) -> None:
    """Fill the parser of the command group."""
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.epilog = "examples:\n  summitry zones show Asia/Almaty"
    verbs = parser.add_subparsers(dest="verb", metavar="VERB", required=True)
    show = verbs.add_parser("show", help="local time now, offset and next changes of a zone")
    show.add_argument("zone", metavar="ZONE", help="IANA id")
    show.add_argument("--changes", type=int, default=3, metavar="N", help="how many (3)")
    show.add_argument("--output", choices=("json", "table"), default="table")
    add_command(show, run, _EXAMPLES)


def run(args: argparse.Namespace) -> int:
    """Show a zone by the time zone data of this machine; no server is asked."""
    from summitry.zones import default_database

    database = default_database()
    zone = database.zone(args.zone)
    now = int(time.time())
    facts = facts_of(zone, now, database.version, max(args.changes, 0))
    if args.output == "json":
        print_json(facts)
        return 0
    changes = facts.pop("changes")
    rows = [[Cell(key.replace("_", " ")), Cell(str(value))] for key, value in facts.items()]
    rows += [
        [Cell(f"from {c['local']}"), Cell(f"{c['offset']} ({c['abbreviation']})")] for c in changes
    ]
    print_table(("", ""), [Section("", rows)])
    return 0


def facts_of(zone: Zone, now: int, version: str, changes: int) -> dict[str, Any]:
    """What there is to say of a zone at `now` (epoch seconds), and its next changes of offset."""
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
