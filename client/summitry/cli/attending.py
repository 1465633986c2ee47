"""`summitry summits delegations`: compare who attended a summit with the membership that day."""

from __future__ import annotations

import argparse
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

from summitry.cli import words
from summitry.cli.connection import connect
from summitry.cli.failures import DONE, UsageError
from summitry.cli.flags import name_of
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
    from summitry.attendance import Attendance
    from summitry.v1.summit_pb2 import Summit

ABOUT = "list the parties that attended a summit, and members that did not"
_EXAMPLES = """
summitry summits delegations astana-2024/sco-24
summitry summits delegations astana-2024/sco-24 --on 2024-07-04 --output json
"""
_HEADERS = ("Party", "Standing", "Came", "Persons", "Delegation")
_STYLES = {"came": "green", "guest": "cyan", "absent": "red"}


def fill(parser: argparse.ArgumentParser) -> None:
    """Fill the parser of the verb."""
    parser.add_argument("name", metavar="NAME", help="CALENDAR/ID, or the whole resource name")
    parser.add_argument(
        "--on",
        default="",
        metavar="DATE",
        help="day whose membership counts (first day of the summit)",
    )
    parser.add_argument("--output", choices=("json", "ndjson", "table"), default="table")
    add_command(parser, run, _EXAMPLES)


def run(args: argparse.Namespace) -> int:
    """Read summit, delegations and memberships, and print the comparison."""
    from summitry.attendance import attendance
    from summitry.v1.calendar_pb2 import Calendar
    from summitry.v1.delegation_pb2 import Delegation
    from summitry.v1.summit_pb2 import Summit

    language = args.language or words.local_language()
    with connect(args) as client:
        summit = client.get(name_of(args.name, "summits"), Summit)
        parent = "/".join(summit.name.split("/")[:2])
        calendar = client.get(parent, Calendar)
        day = args.on or _first_day(summit)
        delegations = client.list(Delegation, parent, page_size=1000)
        attendances = attendance(summit, delegations, calendar.memberships, day)
    if args.output == "json":
        print_json([_to_json(attendance_row, language) for attendance_row in attendances])
    elif args.output == "ndjson":
        print_ndjson(_to_json(attendance_row, language) for attendance_row in attendances)
    else:
        _print(attendances, summit, day, language)
    return DONE


def _first_day(summit: Summit) -> str:
    """Return the first day of a summit. Raises UsageError if it is not known to the day."""
    time = summit.time
    if time.WhichOneof("when") == "timed":
        return time.resolved.start_text[: len("2024-07-03")]
    if day := time.dates.first_date or time.dates.last_date:
        return day
    raise UsageError("the first day of the summit is not known: give --on DATE")


def _to_json(attendance: Attendance, language: str) -> dict[str, Any]:
    from summitry.v1.party_pb2 import PartyStatus

    return {
        "party": {
            "id": attendance.party.id,
            "region_code": attendance.party.region_code,
            "name": _display_name(attendance.party, language),
        },
        "standing": words.word(PartyStatus, attendance.standing),
        "turnout": attendance.turnout.value,
        "delegations": list(attendance.delegations),
        "persons": [
            {"id": person.id, "name": _display_name(person, language)}
            for person in attendance.persons
        ],
    }


def _display_name(party: Any, language: str) -> str:
    """Return the name of a party or person in a language, or else its text, code or id."""
    return words.pick(party.names, language) or words.clean(
        party.source_text or party.region_code or party.id
    )


def _print(attendances: Sequence[Attendance], summit: Summit, day: str, language: str) -> None:
    if attendances:
        print_table(
            _HEADERS, [TableSection("", [_row(attendance, language) for attendance in attendances])]
        )
    counts = {turnout: _count(attendances, turnout) for turnout in _STYLES}
    parties = f"{counts['came']} came, {counts['guest']} as guests, {counts['absent']} absent"
    summary = parties if attendances else "no delegations and no memberships are recorded"
    print_note(f"{words.title(summit, language)}: {summary}; standing as of {day}")


def _count(attendances: Iterable[Attendance], turnout: str) -> int:
    return sum(attendance.turnout.value == turnout for attendance in attendances)


def _row(attendance: Attendance, language: str) -> list[Cell]:
    from summitry.v1.party_pb2 import PartyStatus

    most = 3
    people = [_display_name(person, language) for person in attendance.persons]
    more = f" and {len(people) - most} more" if len(people) > most else ""
    names = (words.clean(name.rpartition("/")[2]) for name in attendance.delegations)
    return [
        Cell(_display_name(attendance.party, language)),
        Cell(words.word(PartyStatus, attendance.standing)),
        Cell(attendance.turnout.value, _STYLES.get(attendance.turnout.value, "")),
        Cell(", ".join(people[:most]) + more),
        Cell(", ".join(names)),
    ]
