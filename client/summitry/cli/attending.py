"""`summitry summits delegations`: who came to a summit, against the membership on that day."""

from __future__ import annotations

import argparse
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

from summitry.cli import words
from summitry.cli.failures import DONE, UsageError
from summitry.cli.flags import name_of
from summitry.cli.output import Cell, Section, print_json, print_ndjson, print_note, print_table
from summitry.cli.parser import add_command

if TYPE_CHECKING:
    from summitry.attendance import Attendance
    from summitry.v1.summit_pb2 import Summit

ABOUT = "who came to a summit, as what, and who did not"
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
        "--on", default="", metavar="DATE", help="whose membership counts (that of the first day)"
    )
    parser.add_argument("--output", choices=("json", "ndjson", "table"), default="table")
    add_command(parser, run, _EXAMPLES)


def run(args: argparse.Namespace) -> int:
    """Ask the server for what is recorded, and compare."""
    from summitry.attendance import attendance
    from summitry.client import Client
    from summitry.v1.calendar_pb2 import Calendar
    from summitry.v1.delegation_pb2 import Delegation
    from summitry.v1.summit_pb2 import Summit

    language = args.language or words.local_language()
    with Client(args.server, timeout=args.timeout) as client:
        summit = client.get(name_of(args.name, "summits"), Summit)
        parent = "/".join(summit.name.split("/")[:2])
        calendar = client.get(parent, Calendar)
        day = args.on or _first_day(summit)
        delegations = client.list(Delegation, parent, page_size=1000)
        found = attendance(summit, delegations, calendar.memberships, day)
    if args.output == "json":
        print_json([_to_json(one, language) for one in found])
    elif args.output == "ndjson":
        print_ndjson(_to_json(one, language) for one in found)
    else:
        _print(found, summit, day, language)
    return DONE


def _first_day(summit: Summit) -> str:
    """The first day of a summit. Raises UsageError if it is not known to the day."""
    time = summit.time
    if time.WhichOneof("when") == "timed":
        return time.resolved.start_text[: len("2024-07-03")]
    if day := time.dates.first_date or time.dates.last_date:
        return day
    raise UsageError("it is not known on which day the summit begins: give --on DATE")


def _to_json(one: Attendance, language: str) -> dict[str, Any]:
    from summitry.v1.party_pb2 import PartyStatus

    return {
        "party": {
            "id": one.party.id,
            "region_code": one.party.region_code,
            "name": _named(one.party, language),
        },
        "standing": words.word(PartyStatus, one.standing),
        "turnout": one.turnout.value,
        "delegations": list(one.delegations),
        "persons": [{"id": who.id, "name": _named(who, language)} for who in one.persons],
    }


def _named(one: Any, language: str) -> str:
    """The name of a party or person in a language, else what else is known of it."""
    return words.pick(one.names, language) or words.clean(one.text or one.region_code or one.id)


def _print(found: Sequence[Attendance], summit: Summit, day: str, language: str) -> None:
    if found:
        print_table(_HEADERS, [Section("", [_row(one, language) for one in found])])
    counts = {turnout: _count(found, turnout) for turnout in _STYLES}
    parties = f"{counts['came']} came, {counts['guest']} as guests, {counts['absent']} absent"
    told = parties if found else "nobody is recorded, and no membership"
    print_note(f"{words.title(summit, language)}: {told}; standing as of {day}")


def _count(found: Iterable[Attendance], turnout: str) -> int:
    return sum(one.turnout.value == turnout for one in found)


def _row(one: Attendance, language: str) -> list[Cell]:
    from summitry.v1.party_pb2 import PartyStatus

    most = 3
    people = [_named(who, language) for who in one.persons]
    more = f" and {len(people) - most} more" if len(people) > most else ""
    names = (words.clean(name.rpartition("/")[2]) for name in one.delegations)
    return [
        Cell(_named(one.party, language)),
        Cell(words.word(PartyStatus, one.standing)),
        Cell(one.turnout.value, _STYLES.get(one.turnout.value, "")),
        Cell(", ".join(people[:most]) + more),
        Cell(", ".join(names)),
    ]
