"""`summitry windows`: when people can meet, and what blocks the rest."""

from __future__ import annotations

import argparse
from collections.abc import Iterable, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

from summitry.cli import words
from summitry.cli.failures import DONE, UsageError
from summitry.cli.flags import parent_of, split
from summitry.cli.output import (
    Cell,
    Section,
    fields,
    print_json,
    print_ndjson,
    print_note,
    print_table,
)
from summitry.cli.parser import add_command

if TYPE_CHECKING:
    from summitry._calls.sync.agenda import MeetingWindows
    from summitry.v1.agenda_service_pb2 import Attendee, Blocker, MeetingWindow

_EXAMPLES = """
summitry windows --person xi-jinping --party KZ --from 2024-07-02 --to 2024-07-06 --zone Asia/Almaty
summitry windows --person xi-jinping --person "Vladimir Putin" --from 2024-07-03 --minutes 45 --why
summitry windows --party KZ@Asia/Almaty --party FR@Europe/Paris --from 2024-07-01 --to 2024-07-31 \
--opens 09:00 --closes 18:00 --days-off sat,sun --margin 15 --output json
"""
_DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_HEADERS = ("Time", "Length")
_WHY_HEADERS = ("Time", "Who", "Why", "Record")
_STYLES = {"busy": "red", "margin": "yellow"}


def configure(parser: argparse.ArgumentParser, name: str) -> None:
    """Fill the parser of the command."""
    _add_attendees(parser)
    group = parser.add_argument_group("when")
    group.add_argument("--from", dest="first", required=True, metavar="DATE")
    group.add_argument("--to", dest="last", default="", metavar="DATE", help="inclusive (--from)")
    group.add_argument(
        "--zone", default="", metavar="ZONE", help="whose days these are (that of this machine)"
    )
    group.add_argument("--minutes", type=int, default=30, metavar="N", help="at least (30)")
    group.add_argument(
        "--margin", type=int, default=0, metavar="N", help="minutes free before and after (0)"
    )
    group.add_argument("--possible", action="store_true", help="what is only possible blocks too")
    parser.add_argument("--calendar", default="-", metavar="ID", help="one calendar (all)")
    parser.add_argument("--why", action="store_true", help="tell what blocks the rest")
    parser.add_argument("--output", choices=("json", "ndjson", "table"), default="table")
    add_command(parser, run, _EXAMPLES)


def _add_attendees(parser: argparse.ArgumentParser) -> None:
    group = parser.add_argument_group("who (each may be repeated; ZONE: where they are at home)")
    for kind, metavar, about in (
        ("person", "NAME[@ZONE]", "id, whole name or alias"),
        ("party", "CODE[@ZONE]", "region code, or id of an organisation"),
    ):
        group.add_argument(
            f"--{kind}",
            dest="attendees",
            action="append",
            default=[],
            type=partial(_attendee, kind),
            metavar=metavar,
            help=about,
        )
    group.add_argument("--opens", default="", metavar="HH:MM", help="start of working hours")
    group.add_argument("--closes", default="", metavar="HH:MM", help="end of working hours")
    group.add_argument(
        "--days-off", action="append", default=[], metavar="DAYS", help="sat,sun or 6,7"
    )


def _attendee(kind: str, text: str) -> tuple[str, str]:
    """Persons and parties stand in one list, in the order in which they are given."""
    return kind, text


def run(args: argparse.Namespace) -> int:
    """Ask the server and show its answer."""
    from summitry.client import Client

    zone, attendees = args.zone or words.local_zone(), _attendees(args)
    with Client(args.server, timeout=args.timeout) as client:
        found = client.meeting_windows(
            attendees,
            parent_of(args.calendar),
            first_date=args.first,
            last_date=args.last,
            time_zone=zone,
            minutes=args.minutes,
            margin_minutes=args.margin,
            possible_blocks=args.possible,
        )
        _OUTPUTS[args.output](found, attendees, args.why)
        if args.output == "table":
            version = client.header.tzdb_version
            print_note(f"times in {zone} (time zone data {version}){_hint(args, found)}")
    return DONE


def _hint(args: argparse.Namespace, found: MeetingWindows) -> str:
    return "; --why tells what blocks" if found.blockers() and not args.why else ""


def _attendees(args: argparse.Namespace) -> list[Attendee]:
    from summitry.v1.agenda_service_pb2 import Attendee

    if not args.attendees:
        raise UsageError("who has to meet? give --person NAME or --party CODE, each once or more")
    days = [_day(text) for text in split(args.days_off)]
    hours = {"opens": args.opens, "closes": args.closes}
    found = []
    for kind, text in args.attendees:
        name, _, zone = text.partition("@")
        one = Attendee(time_zone=zone, days_off=days, **hours)
        setattr(one, kind, name)
        found.append(one)
    return found


def _day(text: str) -> int:
    """A day of the week, 1 Monday to 7 Sunday, from its number or name."""
    if text in map(str, range(1, 8)):
        return int(text)
    for number, name in enumerate(_DAYS, 1):
        if text.lower().startswith(name):
            return number
    raise UsageError(f"{text!r} is no day of the week: write {', '.join(_DAYS)}, or 1 to 7")


def _who(attendees: Sequence[Attendee], index: int) -> str:
    return words.clean(attendees[index].person or attendees[index].party)


def _blocker(one: Blocker, attendees: Sequence[Attendee]) -> dict[str, Any]:
    return {
        "attendee": _who(attendees, one.attendee),
        "reason": one.reason,
        "name": one.name,
        "start": one.start,
        "end": one.end,
    }


def _json(found: MeetingWindows, attendees: Sequence[Attendee], why: bool) -> None:
    answer: dict[str, Any] = {"windows": [fields(one) for one in found]}
    if why:
        answer["blockers"] = [_blocker(one, attendees) for one in found.blockers()]
    print_json(answer)


def _ndjson(found: MeetingWindows, attendees: Sequence[Attendee], why: bool) -> None:
    print_ndjson(map(fields, found))
    if why:
        print_ndjson(_blocker(one, attendees) for one in found.blockers())


def _table(found: MeetingWindows, attendees: Sequence[Attendee], why: bool) -> None:
    windows = list(found)
    if windows:
        print_table(_HEADERS, _by_day((one.start, _window(one)) for one in windows))
    else:
        print("no time is free for all of them")  # noqa: T201
    if why and found.blockers():
        print()  # noqa: T201
        rows = ((one.start, _reason(one, attendees)) for one in found.blockers())
        print_table(_WHY_HEADERS, _by_day(rows))


def _by_day(rows: Iterable[tuple[str, Sequence[Cell]]]) -> list[Section]:
    from datetime import date

    days: dict[str, list[Sequence[Cell]]] = {}
    for start, row in rows:
        days.setdefault(start[: len("2024-07-04")], []).append(row)
    return [Section(f"{day} {date.fromisoformat(day):%A}", found) for day, found in days.items()]


def _window(one: MeetingWindow) -> list[Cell]:
    hours, minutes = divmod(one.minutes, 60)
    parts = (f"{hours} h" if hours else "", f"{minutes} min" if minutes else "")
    return [Cell(_hours(one), "bold green"), Cell(" ".join(part for part in parts if part))]


def _reason(one: Blocker, attendees: Sequence[Attendee]) -> list[Cell]:
    return [
        Cell(_hours(one)),
        Cell(_who(attendees, one.attendee)),
        Cell(one.reason, _STYLES.get(one.reason, "dim")),
        Cell(words.clean(one.name.removeprefix("calendars/"))),
    ]


def _hours(one: MeetingWindow | Blocker) -> str:
    """Hours under the heading of their day; midnight at its end is 24:00."""
    start, end = words.stamp(one.start), words.stamp(one.end)
    if start is None or end is None:
        return words.clean(f"{one.start} to {one.end}")
    if end.time == "00:00" and start.offset == end.offset and _follows(start.date, end.date):
        end = end._replace(date=start.date, time="24:00")
    return words.hours(start, end, start.date)


def _follows(day: str, other: str) -> bool:
    from datetime import date

    return (date.fromisoformat(other) - date.fromisoformat(day)).days == 1


_OUTPUTS = {"json": _json, "ndjson": _ndjson, "table": _table}
