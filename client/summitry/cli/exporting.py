"""`summitry export`: a calendar as a file."""

from __future__ import annotations

import argparse
import io
import os
import sys
from typing import TYPE_CHECKING

from summitry.cli.failures import Quarantine
from summitry.cli.parser import add_command

if TYPE_CHECKING:
    from summitry.client import Client

_EXAMPLES = """
summitry export astana-2024 > astana.ics
summitry export astana-2024 -o astana.ics --language fr
summitry export astana-2024 -o astana.ndjson
summitry export astana-2024 --format yaml | less
"""
_FORMATS = ("ics", "ndjson", "yaml")


def configure(parser: argparse.ArgumentParser, name: str) -> None:
    """Fill the parser of the command."""
    parser.add_argument("calendar", metavar="CALENDAR", help="its id, as astana-2024")
    parser.add_argument("-o", "--out", default="", metavar="FILE", help="(stdout)")
    parser.add_argument(
        "--format", choices=_FORMATS, default="", help="(by the suffix of FILE, else ics)"
    )
    parser.add_argument(
        "--all",
        action="store_true",
        help="in iCalendar, also what is not public or under embargo; the other formats have all",
    )
    add_command(parser, run, _EXAMPLES)


def run(args: argparse.Namespace) -> int:
    """Fetch the calendar, then write it in one go: a failure leaves no half file."""
    from summitry.client import Client

    suffix = os.path.splitext(args.out)[1].removeprefix(".").replace("yml", "yaml")
    format_ = args.format or (suffix if suffix in _FORMATS else "ics")
    parent = f"calendars/{args.calendar.removeprefix('calendars/')}"
    quarantine = Quarantine()
    with Client(args.server, timeout=args.timeout) as client:
        if format_ == "ics":
            data = _ics(client, parent, args, quarantine)
        else:
            data = _text(client, parent, format_)
    if args.out and args.out != "-":
        with open(args.out, "wb") as file:
            file.write(data)
    else:
        sys.stdout.buffer.write(data)
    return quarantine.code


def _ics(client: Client, parent: str, args: argparse.Namespace, quarantine: Quarantine) -> bytes:
    from summitry.cli.words import local_language
    from summitry.export import export_calendar

    return export_calendar(
        client,
        parent,
        language=args.language or local_language(),
        include_hidden=args.all,
        on_error=quarantine,
    )


def _text(client: Client, parent: str, format_: str) -> bytes:
    """The calendar and its records, in an order in which they can be imported again."""
    from summitry.files import write_records
    from summitry.methods import EVENT_KINDS

    out = io.StringIO()
    write_records([client.get(parent)], out, format_)
    for kind in EVENT_KINDS:
        write_records(client.list(kind.collection, parent, page_size=1000), out, format_)
    return out.getvalue().encode()
