"""`summitry conflicts`: contradictions between records, and entries to review."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from summitry.cli import words
from summitry.cli.asof import add_as_of_flag, when_of
from summitry.cli.connection import connect
from summitry.cli.failures import DONE
from summitry.cli.flags import (
    add_filter_flags,
    add_window_flags,
    enum_value,
    filter_of,
    parent_of,
    split,
    window_of,
)
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
    from summitry.v1.agenda_service_pb2 import Conflict
    from summitry.v1.filter_pb2 import TimeWindow

_EXAMPLES = """
summitry conflicts astana-2024
summitry conflicts astana-2024 --from 2024-07-02 --to 2024-07-06 --zone Asia/Almaty
summitry conflicts --from 2024-07-01 --to 2024-07-31 --person xi-jinping --hard
summitry conflicts astana-2024 --only claims-disagree,place-not-in-country --output ndjson
summitry conflicts astana-2024 --as-of 2024-06-30
"""
_HEADERS = ("", "Kind", "Record", "With", "What")


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
    parser.add_argument("--hard", action="store_true", help="only what is impossible")
    add_window_flags(parser)
    add_filter_flags(parser, kinds=True)
    add_as_of_flag(parser)
    parser.add_argument("--output", choices=("json", "ndjson", "table"), default="table")
    add_command(parser, run, _EXAMPLES)


def run(args: argparse.Namespace) -> int:
    """Query the conflicts and print them."""
    from summitry.v1.agenda_service_pb2 import ConflictKind

    kinds: list[Any] = [enum_value(ConflictKind, text) for text in split(args.only)]
    with connect(args) as client:
        all_conflicts = client.conflicts(
            parent_of(args.calendar),
            filter=filter_of(args),
            window=_window(args),
            kinds=kinds,
            as_of=when_of(args.as_of, args.zone or words.local_zone()),
        )
        conflicts = (conflict for conflict in all_conflicts if conflict.hard or not args.hard)
        if args.output == "ndjson":
            print_ndjson(map(_to_json, conflicts))
        elif args.output == "json":
            print_json(list(map(_to_json, conflicts)))
        else:
            _print(list(conflicts))
    return DONE


def _window(args: argparse.Namespace) -> TimeWindow:
    """Return the window of the flags; without --from it covers all days."""
    from summitry.v1.filter_pb2 import DateWindow, MatchCertainty, TimeWindow

    if window := window_of(args, args.zone or words.local_zone()):
        return window
    days = DateWindow(open_start=True, open_end=True, time_zone="UTC")
    return TimeWindow(dates=days, matching=MatchCertainty.MATCH_CERTAINTY_POSSIBLE)


def _to_json(conflict: Conflict) -> dict[str, Any]:
    from summitry.v1.agenda_service_pb2 import ConflictKind

    return {
        "kind": words.word(ConflictKind, conflict.kind),
        "hard": conflict.hard,
        "name": conflict.name,
        "other_name": conflict.other_name,
        "subject": conflict.subject,
        "message": conflict.message,
    }


def _print(conflicts: Sequence[Conflict]) -> None:
    if conflicts:
        print_table(_HEADERS, [TableSection("", list(map(_row, conflicts)))])
    hard = sum(conflict.hard for conflict in conflicts)
    count = f"{len(conflicts)} finding{'s' if len(conflicts) != 1 else ''}"
    summary = f"{count}: {hard} impossible, {len(conflicts) - hard} to review"
    print_note(summary if conflicts else "no conflicts")


def _row(conflict: Conflict) -> list[Cell]:
    from summitry.v1.agenda_service_pb2 import ConflictKind

    return [
        Cell(
            "impossible" if conflict.hard else "review", "bold red" if conflict.hard else "yellow"
        ),
        Cell(words.word(ConflictKind, conflict.kind)),
        Cell(words.clean(conflict.name.removeprefix("calendars/"))),
        Cell(words.clean(conflict.other_name.removeprefix("calendars/"))),
        Cell(words.clean(conflict.message)),
    ]
