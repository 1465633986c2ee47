"""`summitry conflicts`: what cannot all be true, or wants a look."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from summitry.cli import words
from summitry.cli.failures import DONE
from summitry.cli.flags import (
    add_filter_flags,
    add_window_flags,
    enum_value,
    filter_of,
    parent_of,
    split,
)
from summitry.cli.output import Cell, Section, print_json, print_ndjson, print_note, print_table
from summitry.cli.parser import add_command

if TYPE_CHECKING:
    from summitry.v1.agenda_service_pb2 import Conflict
    from summitry.v1.filter_pb2 import Filter

_EXAMPLES = """
summitry conflicts astana-2024
summitry conflicts astana-2024 --from 2024-07-02 --to 2024-07-06 --zone Asia/Almaty
summitry conflicts --from 2024-07-01 --to 2024-07-31 --person xi-jinping --hard
summitry conflicts astana-2024 --only claims-disagree,place-not-in-country --output ndjson
"""
_HEADERS = ("", "Kind", "Record", "With", "What")
# Without days, all of them.
_FIRST, _LAST = "0001-01-01", "9999-12-31"


def configure(parser: argparse.ArgumentParser, name: str) -> None:
    """Fill the parser of the command."""
    parser.add_argument("calendar", nargs="?", default="-", metavar="CALENDAR", help="ID (all)")
    parser.add_argument(
        "--only",
        action="append",
        default=[],
        metavar="KIND",
        help="person-in-two-places, claims-disagree, ... (all)",
    )
    parser.add_argument("--hard", action="store_true", help="only what cannot be so")
    add_window_flags(parser, required=False)
    add_filter_flags(parser, kinds=True)
    parser.add_argument("--output", choices=("json", "ndjson", "table"), default="table")
    add_command(parser, run, _EXAMPLES)


def run(args: argparse.Namespace) -> int:
    """Ask the server and show its answer."""
    from summitry.client import Client
    from summitry.v1.agenda_service_pb2 import ConflictKind

    kinds: list[Any] = [enum_value(ConflictKind, text) for text in split(args.only)]
    with Client(args.server, timeout=args.timeout) as client:
        asked = client.conflicts(parent_of(args.calendar), filter=_filter(args), kinds=kinds)
        found = (one for one in asked if one.hard or not args.hard)
        if args.output == "ndjson":
            print_ndjson(map(_to_json, found))
        elif args.output == "json":
            print_json(list(map(_to_json, found)))
        else:
            _print(list(found))
    return DONE


def _filter(args: argparse.Namespace) -> Filter:
    """The filter of the flags; without days it has those of all calendars there may be."""
    from summitry.v1.filter_pb2 import Matching

    wanted = filter_of(args, args.zone or words.local_zone())
    if not args.first:
        days = wanted.window.dates
        days.first_date, days.last_date, days.time_zone = _FIRST, _LAST, "UTC"
        wanted.window.matching = Matching.MATCHING_POSSIBLE
    return wanted


def _to_json(one: Conflict) -> dict[str, Any]:
    from summitry.v1.agenda_service_pb2 import ConflictKind

    return {
        "kind": words.word(ConflictKind, one.kind),
        "hard": one.hard,
        "name": one.name,
        "other_name": one.other_name,
        "subject": one.subject,
        "message": one.message,
    }


def _print(found: Sequence[Conflict]) -> None:
    if found:
        print_table(_HEADERS, [Section("", list(map(_row, found)))])
    hard = sum(one.hard for one in found)
    count = f"{len(found)} conflict{'s' if len(found) != 1 else ''}" if found else "no conflicts"
    print_note(f"{count}, {hard} of which cannot be so" if found else count)


def _row(one: Conflict) -> list[Cell]:
    from summitry.v1.agenda_service_pb2 import ConflictKind

    return [
        Cell("cannot be" if one.hard else "look", "bold red" if one.hard else "yellow"),
        Cell(words.word(ConflictKind, one.kind)),
        Cell(words.clean(one.name.removeprefix("calendars/"))),
        Cell(words.clean(one.other_name.removeprefix("calendars/"))),
        Cell(words.clean(one.message)),
    ]
