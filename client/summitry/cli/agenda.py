"""`summitry agenda`: what is on, in the local time of a zone."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterator, Sequence
from datetime import date
from itertools import islice
from typing import TYPE_CHECKING, Any

from summitry.cli import words
from summitry.cli.asof import add_as_of_flag, when_of
from summitry.cli.connection import connect
from summitry.cli.failures import DONE, Quarantine, UsageError
from summitry.cli.flags import (
    OPEN,
    add_filter_flags,
    add_order_flags,
    add_window_flags,
    filter_of,
    order_of,
    page_size_of,
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
    from summitry.client import Client
    from summitry.kinds import Record
    from summitry.v1.agenda_service_pb2 import AgendaItem
    from summitry.v1.event_status_pb2 import EventStatus
    from summitry.v1.event_time_pb2 import EventTime
    from summitry.v1.filter_pb2 import TimeWindow

_EXAMPLES = """
summitry agenda --from 2024-07-03 --zone Asia/Almaty
summitry agenda --from 2024-07-01 --to 2024-07-07 --zone Europe/Paris --country KZ
summitry agenda --from 2023-10-01 --to 2023-10-31 --possible --person xi-jinping
summitry agenda --from 2024-07-03 --to 2024-07-04 --kind summit,meeting --output json
summitry agenda --from 2020-11-01 --to 2020-11-30 --possible --as-of 2020-10-01
summitry agenda --person xi-jinping --kind visit --last 1
"""

UNDATED = "Day not known"
_HEADERS = ("Time", "Kind", "Title", "Place", "At the place", "Status")
_KIND_STYLES = {
    "summit": "bold cyan",
    "visit": "green",
    "meeting": "blue",
    "delegation": "magenta",
    "notice": "yellow",
}


def configure(parser: argparse.ArgumentParser, name: str) -> None:
    """Fill the parser of the command."""
    add_window_flags(parser)
    add_order_flags(parser, ("time", "time-desc"))
    parser.add_argument("--calendar", default="-", metavar="ID", help="one calendar (all)")
    add_filter_flags(parser, kinds=True)
    add_as_of_flag(parser)
    parser.add_argument("--output", choices=sorted(_OUTPUTS), default="table")
    add_command(parser, run, _EXAMPLES)


def run(args: argparse.Namespace) -> int:
    """Query the agenda and print it."""
    args.zone = args.zone or words.local_zone()
    args.language = args.language or words.local_language()
    with connect(args) as client:
        parent = f"calendars/{args.calendar.removeprefix('calendars/')}"
        items = client.agenda(
            parent,
            time_zone=args.zone,
            filter=filter_of(args),
            window=_window(args),
            page_size=page_size_of(args),
            as_of=when_of(args.as_of, args.zone),
            order_by=order_of(args),
            basic=args.output == "table",
        )
        return _OUTPUTS[args.output](islice(items, args.count), args, client)


def _window(args: argparse.Namespace) -> TimeWindow:
    """Return the window of the flags; that of the last events is all of time without days."""
    if args.count is not None and not (args.first or args.last):
        args.first = OPEN[0]
    window = window_of(args, args.zone)
    if window is None:
        raise UsageError("say when: give --from DATE, --to DATE or --last N")
    return window


def record_of(item: AgendaItem) -> Any:
    """Return the record of an item, whatever its kind."""
    from summitry.kinds import unpack
    from summitry.v1.record_pb2 import RecordHeader

    # Of a kind that this release does not know: a record of its name alone.
    return unpack(item.record) or RecordHeader(name=item.record.name)


def time_of(item: AgendaItem) -> EventTime:
    """Return the time that lists an item: that of its record, or the last former one."""
    record = record_of(item)
    time: EventTime = record.previous_times[-1].time if item.former_time else record.time
    return time


def to_json(item: AgendaItem, language: str) -> dict[str, Any]:
    """Return an item as JSON: times at the place (start, end) and in the viewer's zone."""
    from summitry.formats.files import to_dict
    from summitry.v1.event_status_pb2 import EventStatus
    from summitry.v1.filter_pb2 import MatchCertainty

    record, time = record_of(item), time_of(item)
    return {
        "name": record.name,
        "kind": item.record.WhichOneof("record"),
        "title": words.title(record, language),
        "start": time.resolved.start_text,
        "end": time.resolved.end_text,
        **({"former_time": True} if item.former_time else {}),
        "viewer_start": item.viewer_start,
        "viewer_end": item.viewer_end,
        "matching": words.word(MatchCertainty, item.matching),
        "places": [words.place(place, language) for place in record.places],
        "status": words.word(EventStatus, record.status),
        "record": to_dict(record),
    }


def _json(items: Iterator[AgendaItem], args: argparse.Namespace, client: Client) -> int:
    print_json([to_json(item, args.language) for item in items])
    return DONE


def _ndjson(items: Iterator[AgendaItem], args: argparse.Namespace, client: Client) -> int:
    print_ndjson(to_json(item, args.language) for item in items)
    return DONE


def _ics(items: Iterator[AgendaItem], args: argparse.Namespace, client: Client) -> int:
    import sys

    from summitry.formats.calendar_files import render_file
    from summitry.v1.calendar_pb2 import Calendar

    if args.calendar == "-":
        calendar = Calendar(name="calendars/agenda", ical_uid="agenda@summitry.invalid")
        calendar.titles.add(text="Agenda", language_code="en")
    else:
        calendar = client.get(f"calendars/{args.calendar.removeprefix('calendars/')}", Calendar)

    records = map(record_of, items)
    quarantine = Quarantine()
    data = render_file(calendar, records, language=args.language, on_error=quarantine)
    sys.stdout.buffer.write(data)
    return quarantine.code


def _table(items: Iterator[AgendaItem], args: argparse.Namespace, client: Client) -> int:
    days: dict[str, list[Sequence[Cell]]] = {}
    agenda_items = list(items)
    for item in agenda_items:
        for day in _headings(item, "" if args.first in OPEN else args.first):
            days.setdefault(day, []).append(_row(item, day, args.language))
    dated = sorted(filter(None, days), reverse=order_of(args).endswith("desc"))
    sections = [TableSection(_heading(day), days[day]) for day in (*dated, "") if day in days]
    if sections:
        print_table(_HEADERS, sections)
    count = len(agenda_items)
    summary = "no events" if not count else f"{count} item{'s' if count != 1 else ''}"
    version = client.header.tzdb_version
    note = f"{summary}, {_span(args)}, times in {args.zone} (time zone data {version})"
    print_note(note)
    return DONE


def _span(args: argparse.Namespace) -> str:
    """Return the days of the flags in words."""
    first, last = ("" if date in OPEN else date for date in (args.first, args.last))
    if first and (first == last or not args.last):
        return first
    if first:
        return f"{first} to {last}" if last else f"from {first}"
    return f"up to {last}" if last else "at any time"


def _headings(item: AgendaItem, first: str) -> list[str]:
    """Return the days under which an item is listed.

    An item that lost its date is listed under its former day and under "" (no day).
    """
    day = _day(item, first)
    return [day, ""] if item.former_time and day else [day]


def _day(item: AgendaItem, first: str) -> str:
    """Return the day of the window that lists an item; "" if its day is not known."""
    if time_of(item).WhichOneof("when") == "partial":
        return ""
    start = item.viewer_start[: len("2024-07-03")]
    return max(start, first)


def _heading(day: str) -> str:
    return f"{day} {date.fromisoformat(day):%A}" if day else UNDATED


def _row(item: AgendaItem, day: str, language: str) -> list[Cell]:
    from summitry.v1.event_status_pb2 import EventStatus
    from summitry.v1.filter_pb2 import MatchCertainty

    record, kind = record_of(item), item.record.WhichOneof("record") or ""
    possible = item.matching == MatchCertainty.MATCH_CERTAINTY_POSSIBLE
    status = words.word(EventStatus, record.status)
    text = f"{_time(item, day)}{' ?' if possible else ''}"
    if item.former_time:
        text = f"was {text}"
    return [
        Cell(text, "italic" if possible or item.former_time else ""),
        Cell(kind, _KIND_STYLES.get(kind, "")),
        Cell(words.title(record, language)),
        Cell(words.places(record, language)),
        Cell(_local(item, record, language)),
        Cell(status, _status_style(record.status)),
    ]


def _status_style(status: EventStatus) -> str:
    from summitry.statuses import Stage, status_of
    from summitry.v1.event_status_pb2 import EventStatus

    row = status_of(status)
    styles = {Stage.CALLED_OFF: "red strike", Stage.PUT_OFF: "yellow"}
    if status == EventStatus.EVENT_STATUS_CONFIRMED:
        return "green"
    return styles.get(row.stage, "") if row.certain else "dim"


def _time(item: AgendaItem, day: str) -> str:
    """Return the time in the viewer's zone, leaving out the day of the heading."""
    time = time_of(item)
    if not day:
        return words.when(time)
    start = words.stamp(item.viewer_start)
    if start is not None:
        return words.hours(start, words.stamp(item.viewer_end), day)
    return words.days(item.viewer_start, item.viewer_end)


def _local(item: AgendaItem, record: Record, language: str) -> str:
    """Return the time at the place, or "" if its clocks agree with the viewer's."""
    resolved = time_of(item).resolved
    here, there = words.stamp(item.viewer_start), words.stamp(resolved.start_text)
    if here is None or there is None or here.offset == there.offset:
        return ""
    name = words.town(record, language) or there.zone.rpartition("/")[2].replace("_", " ")
    return f"{words.hours(there, words.stamp(resolved.end_text), here.date)} {name}".rstrip()


_OUTPUTS: dict[str, Callable[[Iterator[Any], argparse.Namespace, Any], int]] = {
    "table": _table,
    "json": _json,
    "ndjson": _ndjson,
    "ics": _ics,
}
