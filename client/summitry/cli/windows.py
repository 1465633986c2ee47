"""`summitry windows`: times when people can meet, and what blocks the rest."""

from __future__ import annotations

import argparse
import re
from collections.abc import Iterable, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

from summitry.cli import words
from summitry.cli.connection import connect
from summitry.cli.failures import DONE, UsageError
from summitry.cli.flags import parent_of, split
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
    from google.type.timeofday_pb2 import TimeOfDay

    from summitry._calls.sync.agenda import MeetingWindows
    from summitry.v1.agenda_service_pb2 import Attendee, Blocker, MeetingWindow

_EXAMPLES = """
summitry windows --person xi-jinping --party KZ --from 2024-07-02 --to 2024-07-06 --zone Asia/Almaty
summitry windows --person xi-jinping --person "Vladimir Putin" --from 2024-07-03 --minutes 45 --why
summitry windows --party KZ@Asia/Almaty --party FR@Europe/Paris --from 2024-07-01 --to 2024-07-31 \
--opens 09:00 --closes 18:00 --days-off sat,sun --margin 15 --output json
"""
_CLOCK = re.compile(r"([0-9]{2}):([0-9]{2})")
_DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_HEADERS = ("Time", "Length")
_WHY_HEADERS = ("Time", "Who", "Why", "Record")
_STYLES = {"busy": "red", "margin": "yellow"}


def configure(parser: argparse.ArgumentParser, name: str) -> None:
    """Fill the parser of the command."""
    _add_attendees(parser)
    group = parser.add_argument_group("when")
    group.add_argument("--from", dest="first", required=True, metavar="DATE")
    group.add_argument(
        "--to", dest="last", default="", metavar="DATE", help="last day, inclusive (same as --from)"
    )
    group.add_argument(
        "--zone", default="", metavar="ZONE", help="zone of the days (this machine's)"
    )
    group.add_argument("--minutes", type=int, default=30, metavar="N", help="shortest meeting (30)")
    group.add_argument(
        "--margin", type=int, default=0, metavar="N", help="minutes free before and after (0)"
    )
    group.add_argument("--possible", action="store_true", help="possible events block too")
    parser.add_argument("--calendar", default="-", metavar="ID", help="one calendar (all)")
    parser.add_argument("--why", action="store_true", help="list what blocks the rest")
    parser.add_argument("--output", choices=("json", "ndjson", "table"), default="table")
    add_command(parser, run, _EXAMPLES)


def _add_attendees(parser: argparse.ArgumentParser) -> None:
    group = parser.add_argument_group("who (repeatable; ZONE: zone of their working hours)")
    for kind, metavar, about in (
        ("person", "NAME[@ZONE]", "id, full name or alias"),
        ("party", "CODE[@ZONE]", "country code, or id of an organisation"),
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
    """Return (kind, text) of a flag, so that persons and parties keep their common order."""
    return kind, text


def run(args: argparse.Namespace) -> int:
    """Query the free windows and print them."""
    zone, attendees = args.zone or words.local_zone(), _attendees(args)
    with connect(args) as client:
        windows = client.meeting_windows(
            attendees,
            parent_of(args.calendar),
            first_date=args.first,
            last_date=args.last,
            time_zone=zone,
            minutes=args.minutes,
            margin_minutes=args.margin,
            possible_blocks=args.possible,
        )
        _OUTPUTS[args.output](windows, attendees, args.why)
        if args.output == "table":
            version = client.header.tzdb_version
            print_note(f"times in {zone} (time zone data {version}){_hint(args, windows)}")
    return DONE


def _hint(args: argparse.Namespace, windows: MeetingWindows) -> str:
    return "; --why lists what blocks" if windows.blockers() and not args.why else ""


def _attendees(args: argparse.Namespace) -> list[Attendee]:
    from summitry.v1.agenda_service_pb2 import Attendee

    if not args.attendees:
        raise UsageError(
            "the attendees are missing: give --person NAME or --party CODE, once or more"
        )
    days = [_day(text) for text in split(args.days_off)]
    hours = {"opens": _time_of_day(args.opens), "closes": _time_of_day(args.closes)}
    attendees = []
    for kind, text in args.attendees:
        name, _, zone = text.partition("@")
        attendee = Attendee(time_zone=zone, days_off=days, **hours)
        setattr(attendee, kind, name)
        attendees.append(attendee)
    return attendees


def _time_of_day(text: str) -> TimeOfDay | None:
    """Parse "09:00"; "" gives None. The server checks its range."""
    from google.type.timeofday_pb2 import TimeOfDay

    if not text:
        return None
    match = _CLOCK.fullmatch(text)
    if match is None:
        raise UsageError(f"{text!r} is not a time of day: write it like 09:00")
    return TimeOfDay(hours=int(match[1]), minutes=int(match[2]))


def _day(text: str) -> int:
    """Parse a day of the week, 1 Monday to 7 Sunday, from its number or name."""
    if text in map(str, range(1, 8)):
        return int(text)
    for number, name in enumerate(_DAYS, 1):
        if text.lower().startswith(name):
            return number
    raise UsageError(f"{text!r} is not a day of the week: write {', '.join(_DAYS)}, or 1 to 7")


def _attendee_name(attendees: Sequence[Attendee], index: int) -> str:
    return words.clean(attendees[index].person or attendees[index].party)


def _blocker(blocker: Blocker, attendees: Sequence[Attendee]) -> dict[str, Any]:
    return {
        "attendee": _attendee_name(attendees, blocker.attendee),
        "reason": _reason(blocker),
        "name": blocker.name,
        "start": blocker.start,
        "end": blocker.end,
    }


def _fields(window: MeetingWindow) -> dict[str, Any]:
    """Return a window for programs; `minutes` is the former name of its duration."""
    return {**fields(window), "minutes": window.duration.seconds // 60}


def _json(windows: MeetingWindows, attendees: Sequence[Attendee], why: bool) -> None:
    answer: dict[str, Any] = {"windows": [_fields(item) for item in windows]}
    if why:
        answer["blockers"] = [_blocker(item, attendees) for item in windows.blockers()]
    print_json(answer)


def _ndjson(windows: MeetingWindows, attendees: Sequence[Attendee], why: bool) -> None:
    print_ndjson(map(_fields, windows))
    if why:
        print_ndjson(_blocker(blocker, attendees) for blocker in windows.blockers())


def _table(response: MeetingWindows, attendees: Sequence[Attendee], why: bool) -> None:
    windows = list(response)
    if windows:
        print_table(_HEADERS, _by_day((item.start, _window(item)) for item in windows))
    else:
        print("no time is free for all attendees")  # noqa: T201
    if why and response.blockers():
        print()  # noqa: T201
        rows = ((item.start, _blocker_row(item, attendees)) for item in response.blockers())
        print_table(_WHY_HEADERS, _by_day(rows))


def _by_day(rows: Iterable[tuple[str, Sequence[Cell]]]) -> list[TableSection]:
    from datetime import date

    days: dict[str, list[Sequence[Cell]]] = {}
    for start, row in rows:
        days.setdefault(start[: len("2024-07-04")], []).append(row)
    return [
        TableSection(f"{day} {date.fromisoformat(day):%A}", day_rows)
        for day, day_rows in days.items()
    ]


def _window(window: MeetingWindow) -> list[Cell]:
    hours, minutes = divmod(window.duration.seconds // 60, 60)
    parts = (f"{hours} h" if hours else "", f"{minutes} min" if minutes else "")
    return [Cell(_hours(window), "bold green"), Cell(" ".join(part for part in parts if part))]


def _reason(blocker: Blocker) -> str:
    from summitry.v1.agenda_service_pb2 import BlockerReason

    return words.word(BlockerReason, blocker.reason)


def _blocker_row(blocker: Blocker, attendees: Sequence[Attendee]) -> list[Cell]:
    reason = _reason(blocker)
    return [
        Cell(_hours(blocker)),
        Cell(_attendee_name(attendees, blocker.attendee)),
        Cell(reason.replace("-", " "), _STYLES.get(reason, "dim")),
        Cell(words.clean(blocker.name.removeprefix("calendars/"))),
    ]


def _hours(span: MeetingWindow | Blocker) -> str:
    """Return hours under the heading of their day; midnight at its end is 24:00."""
    start, end = words.stamp(span.start), words.stamp(span.end)
    if start is None or end is None:
        return words.clean(f"{span.start} to {span.end}")
    if end.time == "00:00" and start.offset == end.offset and _follows(start.date, end.date):
        end = end._replace(date=start.date, time="24:00")
    return words.hours(start, end, start.date)


def _follows(day: str, next_day: str) -> bool:
    from datetime import date

    return (date.fromisoformat(next_day) - date.fromisoformat(day)).days == 1


_OUTPUTS = {"json": _json, "ndjson": _ndjson, "table": _table}
