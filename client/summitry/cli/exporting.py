"""`summitry export`: write a calendar to a file."""

from __future__ import annotations

import argparse
import io
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, nullcontext
from typing import IO, TYPE_CHECKING

from summitry.cli.asof import add_as_of_flag, when_of
from summitry.cli.connection import connect
from summitry.cli.failures import Quarantine, UsageError
from summitry.cli.parser import add_command
from summitry.output_file import open_output

if TYPE_CHECKING:
    from summitry._calls.as_of import When
    from summitry.client import Client
    from summitry.kinds import Record

    Writer = Callable[[Client, argparse.Namespace, IO[bytes]], int]

_EXAMPLES = """
summitry export astana-2024 > astana.ics
summitry export astana-2024 -o astana.ics --language fr --partial span
summitry export astana-2024 -o astana.ndjson
summitry export astana-2024 --format eventsml -o astana.xml
summitry export astana-2024 --format jscalendar | jq '.entries[].title'
summitry export astana-2024 --format yaml | less
summitry export astana-2024 -o june.ndjson --as-of 2024-06-30
"""
_FORMATS = ("ics", "jcal", "jscalendar", "ndjson", "yaml", "csv", "eventsml")
_SUFFIXES = {
    "jsonl": "ndjson",
    "yml": "yaml",
    "xml": "eventsml",
    "jscal": "jscalendar",
    **{format_: format_ for format_ in _FORMATS},
}
# Rendering choices of the formats for calendar apps; summitry.ical.options explains them.
_CHOICES = {
    "partial": ("omit", "span"),
    "profile": ("core", "rich"),
    "times": ("auto", "local", "utc"),
    "cancelled": ("keep", "mark", "omit"),
}
_CHOICES_OF_FORMAT = {
    "ics": frozenset(_CHOICES),
    "jcal": frozenset(_CHOICES),
    "jscalendar": frozenset(_CHOICES) - {"profile"},
}


def configure(parser: argparse.ArgumentParser, name: str) -> None:
    """Fill the parser of the command."""
    parser.add_argument("calendar", metavar="CALENDAR", help="id, such as astana-2024")
    parser.add_argument("-o", "--out", default="", metavar="FILE", help="(stdout)")
    parser.add_argument(
        "--format", choices=_FORMATS, default="", help="(by the suffix of FILE, else ics)"
    )
    parser.add_argument(
        "--all",
        action="store_true",
        help="also non-public and embargoed records; NDJSON and YAML always have them",
    )
    parser.add_argument("--deleted", action="store_true", help="also deleted records")
    parser.add_argument(
        "--after", default="", metavar="NAME", help="only records after NAME, to resume an export"
    )
    add_as_of_flag(parser)
    group = parser.add_argument_group(
        "iCalendar, jCal and JSCalendar (the first of the values is the default)"
    )
    for choice, values in _CHOICES.items():
        group.add_argument(f"--{choice}", choices=values)
    add_command(parser, run, _EXAMPLES)


def run(args: argparse.Namespace) -> int:
    """Write the calendar; an existing file is replaced only when the new one is complete."""
    format_ = args.format or _format_of(args.out)
    _check(args, format_)
    with (
        connect(args) as client,
        _target(args.out) as stream,
    ):
        args.format = format_
        return _WRITERS[format_](client, args, stream)


def _format_of(out: str) -> str:
    """Return the format that the suffix of a file names; that of "a.jscal.json" is jscalendar.

    A name without a suffix, as `/dev/stdout`, is iCalendar. Raises UsageError for other suffixes.
    """
    suffixes = os.path.basename(out).lower().split(".")[1:]
    if len(suffixes) > 1 and suffixes[-1] == "json":
        suffixes.pop()
    if not suffixes:
        return "ics"
    if suffixes[-1] not in _SUFFIXES:
        suffix_list = ", ".join(f".{suffix}" for suffix in sorted(_SUFFIXES))
        raise UsageError(
            f"-o {out}: no format has the suffix .{suffixes[-1]}: "
            f"give --format, or one of {suffix_list}"
        )
    return _SUFFIXES[suffixes[-1]]


def _check(args: argparse.Namespace, format_: str) -> None:
    for choice in _CHOICES:
        if getattr(args, choice) and choice not in _CHOICES_OF_FORMAT.get(format_, ()):
            formats = ", ".join(
                name for name, choices in _CHOICES_OF_FORMAT.items() if choice in choices
            )
            raise UsageError(f"--{choice} is for {formats}, not for {format_}")
    if (args.deleted or args.after) and format_ not in ("ndjson", "yaml"):
        raise UsageError("--deleted and --after are for ndjson and yaml")


def _target(out: str) -> AbstractContextManager[IO[bytes]]:
    """Open stdout, or a file that replaces the old one on success."""
    return open_output(out) if out and out != "-" else nullcontext(sys.stdout.buffer)


def _parent(args: argparse.Namespace) -> str:
    return f"calendars/{args.calendar.removeprefix('calendars/')}"


def _records(client: Client, args: argparse.Namespace) -> Iterator[Record]:
    """Return the calendar and its records, in an order in which they can be imported again."""
    return client.export_records(
        _parent(args),
        show_deleted=args.deleted,
        include_hidden=args.all,
        after=args.after,
        as_of=_when(args),
    )


def _when(args: argparse.Namespace) -> When:
    from summitry.cli.words import local_zone

    return when_of(args.as_of, local_zone())


def _apps(client: Client, args: argparse.Namespace, stream: IO[bytes]) -> int:
    from summitry.cli.words import local_language
    from summitry.export import export_calendar

    quarantine = Quarantine()
    choices = {choice: getattr(args, choice) for choice in _CHOICES if getattr(args, choice)}
    data = export_calendar(
        client,
        _parent(args),
        language=args.language or local_language(),
        include_hidden=args.all,
        format=args.format,
        on_error=quarantine,
        as_of=_when(args),
        **choices,
    )
    stream.write(data)
    return quarantine.code


def _lines(client: Client, args: argparse.Namespace, stream: IO[bytes]) -> int:
    """Stream all records, so that a calendar of any size needs little memory."""
    from summitry.formats.files import write_records

    args.all = True
    text = io.TextIOWrapper(stream, "utf-8", newline="\n", write_through=True)
    try:
        write_records(_records(client, args), text, args.format)
    finally:
        text.detach()
    return 0


def _csv(client: Client, args: argparse.Namespace, stream: IO[bytes]) -> int:
    from summitry.formats.profiles.flat import write_table

    text = io.StringIO(newline="")
    write_table(_records(client, args), text)
    stream.write(text.getvalue().encode())
    return 0


def _eventsml(client: Client, args: argparse.Namespace, stream: IO[bytes]) -> int:
    from summitry.formats.profiles.eventsml_writing import write_events
    from summitry.v1.calendar_pb2 import Calendar

    records = list(_records(client, args))
    calendars = [record for record in records if isinstance(record, Calendar)]
    events = [record for record in records if not isinstance(record, Calendar)]
    write_events(calendars[0], events, stream)
    return 0


_WRITERS: dict[str, Writer] = {
    **dict.fromkeys(_CHOICES_OF_FORMAT, _apps),
    "ndjson": _lines,
    "yaml": _lines,
    "csv": _csv,
    "eventsml": _eventsml,
}
