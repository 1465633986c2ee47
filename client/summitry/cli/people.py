"""`summitry where`: where people are, according to the records."""

from __future__ import annotations

import argparse
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

from summitry.cli import words
from summitry.cli.asof import add_as_of_flag, when_of
from summitry.cli.connection import connect
from summitry.cli.failures import DONE
from summitry.cli.flags import parent_of
from summitry.cli.output import (
    Cell,
    TableSection,
    print_json,
    print_ndjson,
    print_note,
    print_table,
)
from summitry.cli.parser import add_command

if TYPE_CHECKING:
    from summitry.v1.agenda_service_pb2 import Presence

_EXAMPLES = """
summitry where xi-jinping 2024-07-04
summitry where xi-jinping "Vladimir Putin" 2024-07-02 --to 2024-07-06 --zone Asia/Almaty
summitry where henry-kissinger 1974-05-05 --possible --output json
summitry where xi-jinping 2024-07-04 --as-of 2024-06-01
"""
_HEADERS = ("Time", "Where", "Record", "Part")


def configure(parser: argparse.ArgumentParser, name: str) -> None:
    """Fill the parser of the command."""
    parser.add_argument("persons", nargs="+", metavar="PERSON", help="id, full name or alias")
    parser.add_argument("first", metavar="DATE", help="the day, or the first day of several")
    parser.add_argument(
        "--to", dest="last", default="", metavar="DATE", help="last day, inclusive (same as DATE)"
    )
    parser.add_argument(
        "--zone", default="", metavar="ZONE", help="zone of the days (this machine's)"
    )
    parser.add_argument(
        "--possible", action="store_true", help="also places where they may be, listed last"
    )
    parser.add_argument("--calendar", default="-", metavar="ID", help="one calendar (all)")
    add_as_of_flag(parser)
    parser.add_argument("--output", choices=("json", "ndjson", "table"), default="table")
    add_command(parser, run, _EXAMPLES)


def run(args: argparse.Namespace) -> int:
    """Query the presences and print them."""
    zone, language = args.zone or words.local_zone(), args.language or words.local_language()
    span = {"first_date": args.first, "last_date": args.last, "time_zone": zone}
    with connect(args) as client:
        parent = parent_of(args.calendar)
        presences = client.locate(
            args.persons,
            parent,
            **span,
            possible=args.possible,
            as_of=when_of(args.as_of, zone),
        )
        if args.output == "ndjson":
            print_ndjson(_to_json(presence, language) for presence in presences)
        elif args.output == "json":
            print_json([_to_json(presence, language) for presence in presences])
        else:
            _print(args, list(presences), zone, language, client.header.tzdb_version)
    return DONE


def _to_json(presence: Presence, language: str) -> dict[str, Any]:
    """Return a presence as JSON: times at the place (start, end) and in the viewer's zone."""
    from summitry.v1.filter_pb2 import MatchCertainty

    return {
        "person": presence.person,
        "places": [words.place(place, language) for place in presence.places],
        "region_codes": [place.region_code for place in presence.places],
        "start": presence.time.resolved.start_text,
        "end": presence.time.resolved.end_text,
        "viewer_start": presence.viewer_start,
        "viewer_end": presence.viewer_end,
        "matching": words.word(MatchCertainty, presence.matching),
        "name": presence.name,
        "part": presence.part,
    }


def _print(
    args: argparse.Namespace, presences: Sequence[Presence], zone: str, language: str, version: str
) -> None:
    sections = [
        TableSection(
            words.clean(person),
            [_row(presence, language) for presence in presences if presence.person == person],
        )
        for person in dict.fromkeys(args.persons)
    ]
    if presences:
        print_table(_HEADERS, [section for section in sections if section.rows])
    days = args.first if args.last in ("", args.first) else f"{args.first} to {args.last}"
    missing = [section.heading for section in sections if not section.rows]
    message = (
        f"no record says where {' and '.join(missing)} {'are' if len(missing) > 1 else 'is'}, "
    )
    maybe = "" if args.possible else " (--possible adds places where they may be)"
    print_note(
        f"{message if missing else ''}{days}, times in {zone} (time zone data {version})"
        f"{maybe if missing else ''}"
    )


def _row(presence: Presence, language: str) -> list[Cell]:
    from summitry.v1.filter_pb2 import MatchCertainty

    possible = presence.matching == MatchCertainty.MATCH_CERTAINTY_POSSIBLE
    timed = presence.time.WhichOneof("when") == "timed"
    time = words.span(presence.viewer_start, presence.viewer_end or presence.viewer_start)
    time = time if timed else words.when(presence.time)
    return [
        Cell(f"{time}{' ?' if possible else ''}", "italic" if possible else ""),
        Cell(_places(presence.places, language), "" if possible else "bold"),
        Cell(words.clean(presence.name.removeprefix("calendars/"))),
        Cell(words.clean(presence.part), "dim"),
    ]


def _places(places: Iterable[Any], language: str) -> str:
    return "; ".join(words.place(place, language) for place in places)
