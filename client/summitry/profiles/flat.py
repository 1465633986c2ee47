"""Records as a table, a record a row: what a spreadsheet can hold of them, out and in again.

A heading is the path of a field, with the language of a text in brackets: "titles[fr]". Of several
places, persons or parties a row has the first; NDJSON and YAML hold everything.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from typing import IO, Any

from summitry.errors import InvalidArgumentError
from summitry.fields import Fields
from summitry.kinds import Record
from summitry.methods import kind_of, parse_name
from summitry.profiles.entries import ConversionError
from summitry.profiles.paths import check, get, put

NAME = "name"
_WHEN = tuple(
    f"time.timed.{side}.{part}"
    for side in ("start", "end")
    for part in ("civil_time", "time_zone", "utc_offset", "instant", "disambiguation")
)
PATHS = (
    "uid",
    "titles",
    "summaries",
    *_WHEN,
    "time.dates.first_date",
    "time.dates.last_date",
    "time.dates.time_zone",
    "time.partial.edtf",
    "time.partial.time_zone",
    "time.text",
    "time.start_unconfirmed",
    "time.end_unconfirmed",
    "status",
    "status_text",
    "certainty",
    "visibility",
    "embargo_until",
    "time_zone",
    "places.venues",
    "places.localities",
    "places.region_code",
    "places.time_zone",
    "places.text",
    "kind",
    "parent_event",
    "series",
    "edition",
    "level",
    "format",
    "organization.id",
    "organization.names",
    "hosts.region_code",
    "hosts.names",
    "host.region_code",
    "host.names",
    "guest.region_code",
    "guest.names",
    "principals.id",
    "principals.names",
    "principals.offices",
    "segments.kind",
    "trip",
    "party.region_code",
    "party.names",
    "engagements.event",
    "members.person.id",
    "members.person.names",
    "members.role",
    "scheme",
    "code",
    "links.url",
)
"""What is written, in the order of columns, of the kinds that have it."""


def write_table(records: Iterable[Record], stream: IO[str]) -> None:
    """Write records as CSV (RFC 4180), with the columns that any of them fills."""
    rows = [_row(record) for record in records]
    used = {heading for row in rows for heading in row}
    headings = sorted(used, key=lambda heading: (_rank(heading), heading))
    writer = csv.DictWriter(stream, headings or [NAME], restval="", lineterminator="\r\n")
    writer.writeheader()
    writer.writerows(rows)


def records_of(row: Mapping[str, str]) -> Iterator[Fields]:
    """The record of a row. Raises ConversionError for a heading that names no field."""
    if None in row or None in row.values():
        raise ConversionError("the row has not as many cells as the heading")
    if not (name := row.get(NAME, "")):
        raise ConversionError("there is no column `name`: give a --mapping of the columns")
    try:
        descriptor = parse_name(name).kind.message.DESCRIPTOR
    except InvalidArgumentError as error:
        raise ConversionError(str(error)) from error
    fields: Fields = {NAME: name}
    for heading, cell in row.items():
        if cell and heading != NAME:
            path, _, language = heading.removesuffix("]").partition("[")
            _checked(descriptor, path)
            put(fields, descriptor, path, cell, language)
    yield fields


@cache
def _checked(descriptor: Any, path: str) -> None:
    check(descriptor, path)


def _row(record: Record) -> dict[str, str]:
    descriptor = kind_of(record).message.DESCRIPTOR
    row = {NAME: record.name}
    for path in PATHS:
        if path.partition(".")[0] in descriptor.fields_by_name:
            for language, text in get(record, path):
                row.setdefault(f"{path}[{language}]" if language is not None else path, text)
    return row


def _rank(heading: str) -> int:
    return -1 if heading == NAME else PATHS.index(heading.partition("[")[0])
