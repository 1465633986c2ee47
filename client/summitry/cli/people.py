"""`summitry where`: where people are, by what the records say."""

from __future__ import annotations

import argparse
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

from summitry.cli import words
from summitry.cli.failures import DONE
from summitry.cli.flags import parent_of
from summitry.cli.output import Cell, Section, print_json, print_ndjson, print_note, print_table
from summitry.cli.parser import add_command

if TYPE_CHECKING:
    from summitry.v1.agenda_service_pb2 import Presence

_EXAMPLES = """
summitry where xi-jinping 2024-07-04
summitry where xi-jinping "Vladimir Putin" 2024-07-02 --to 2024-07-06 --zone Asia/Almaty
summitry where henry-kissinger 1974-05-05 --possible --output json
"""
_HEADERS = ("Time", "Where", "Record", "Part")


def configure(parser: argparse.ArgumentParser, name: str) -> None:
    """Fill the parser of the command."""
    parser.add_argument("persons", nargs="+", metavar="PERSON", help="id, whole name or alias")
    parser.add_argument("first", metavar="DATE", help="the day, or the first of several")
    parser.add_argument("--to", dest="last", default="", metavar="DATE", help="inclusive (DATE)")
    parser.add_argument(
        "--zone", default="", metavar="ZONE", help="whose days these are (that of this machine)"
    )
    parser.add_argument(
        "--possible", action="store_true", help="also where they may be, after where they are"
    )
    parser.add_argument("--calendar", default="-", metavar="ID", help="one calendar (all)")
    parser.add_argument("--output", choices=("json", "ndjson", "table"), default="table")
    add_command(parser, run, _EXAMPLES)


def run(args: argparse.Namespace) -> int:
    """Ask the server and show its answer."""
    from summitry.client import Client

    zone, language = args.zone or words.local_zone(), args.language or words.local_language()
    span = {"first_date": args.first, "last_date": args.last, "time_zone": zone}
    with Client(args.server, timeout=args.timeout) as client:
        parent = parent_of(args.calendar)
        found = client.locate(args.persons, parent, **span, possible=args.possible)
        if args.output == "ndjson":
            print_ndjson(_to_json(one, language) for one in found)
        elif args.output == "json":
            print_json([_to_json(one, language) for one in found])
        else:
            _print(args, list(found), zone, language, client.header.tzdb_version)
    return DONE


def _to_json(one: Presence, language: str) -> dict[str, Any]:
    """Times at the place (start, end) and in the viewer's zone, as an item of the agenda."""
    from summitry.v1.filter_pb2 import Matching

    return {
        "person": one.person,
        "places": [words.place(place, language) for place in one.places],
        "region_codes": [place.region_code for place in one.places],
        "start": one.time.resolved.start_text,
        "end": one.time.resolved.end_text,
        "viewer_start": one.viewer_start,
        "viewer_end": one.viewer_end,
        "matching": words.word(Matching, one.matching),
        "name": one.name,
        "part": one.part,
    }


def _print(
    args: argparse.Namespace, found: Sequence[Presence], zone: str, language: str, version: str
) -> None:
    sections = [
        Section(words.clean(person), [_row(one, language) for one in found if one.person == person])
        for person in dict.fromkeys(args.persons)
    ]
    if found:
        print_table(_HEADERS, [section for section in sections if section.rows])
    days = args.first if args.last in ("", args.first) else f"{args.first} to {args.last}"
    lost = [section.heading for section in sections if not section.rows]
    told = f"nothing says where {' and '.join(lost)} {'are' if len(lost) > 1 else 'is'}, "
    maybe = "" if args.possible else " (--possible tells where they may be)"
    print_note(
        f"{told if lost else ''}{days}, times in {zone} (time zone data {version})"
        f"{maybe if lost else ''}"
    )


def _row(one: Presence, language: str) -> list[Cell]:
    from summitry.v1.filter_pb2 import Matching

    possible = one.matching == Matching.MATCHING_POSSIBLE
    timed = one.time.WhichOneof("when") == "timed"
    time = words.span(one.viewer_start, one.viewer_end or one.viewer_start)
    time = time if timed else words.when(one.time)
    return [
        Cell(f"{time}{' ?' if possible else ''}", "italic" if possible else ""),
        Cell(_places(one.places, language), "" if possible else "bold"),
        Cell(words.clean(one.name.removeprefix("calendars/"))),
        Cell(words.clean(one.part), "dim"),
    ]


def _places(places: Iterable[Any], language: str) -> str:
    return "; ".join(words.place(place, language) for place in places)
