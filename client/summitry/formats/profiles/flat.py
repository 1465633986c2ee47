"""Records as a table, one record a row: for spreadsheets, out and in again.

A heading is the path of a field, with the language of a text in brackets: "titles[fr]". The first
of several places, persons or parts has the plain path, the others their position:
"segments.2.kind". What is not carried is in `summitry.formats.profiles.carried`.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import pairwise
from typing import IO, Any, NamedTuple

from summitry.errors import InvalidArgumentError
from summitry.fields import Fields
from summitry.formats.former.messages import message_class
from summitry.formats.json_form import to_json
from summitry.formats.profiles.carried import carried, set_fields
from summitry.formats.profiles.entries import ConversionError
from summitry.formats.profiles.paths import EMPTY, close_gaps, is_localized, is_map, put
from summitry.kinds import Record
from summitry.names import parse_name

NAME = "name"
FORMER_UID = "uid"  # a heading of each table that export wrote in format 1, and of no later one

# Spreadsheets take a cell that begins with one of these for a formula (OWASP, CSV Injection); an
# apostrophe in front makes it a text. Texts that begin with such an apostrophe themselves are
# marked too, so that removing the mark is exact, and so are empty texts: they would read as unset.
_MARK = "'"
_FORMULA = re.compile(r"'*(?:[=+\-@\t\r\n\uff1d\uff0b\uff0d\uff20]|$)")
_MARKED = re.compile(f"{_MARK}{_FORMULA.pattern}")

Key = tuple[int | str, ...]


class _Cell(NamedTuple):
    """A value with its heading, and the sort key of its column."""

    heading: str
    key: Key
    text: str


def write_table(records: Iterable[Record], stream: IO[str]) -> None:
    """Write records as CSV (RFC 4180), with the columns that any of them fills."""
    table = _Columns()
    rows = [table.row(record) for record in records]
    writer = csv.DictWriter(stream, [NAME, *table.headings()], restval="", lineterminator="\r\n")
    writer.writeheader()
    writer.writerows(rows)


def records_of(row: Mapping[str, str]) -> Iterator[Fields]:
    """Yield the record of a row. Raises ConversionError for a heading that names no field."""
    if None in row or None in row.values():
        raise ConversionError("the row has not as many cells as the heading")
    if not (name := row.get(NAME, "")):
        raise ConversionError("there is no column `name`: give a --mapping of the columns")
    try:
        descriptor = parse_name(name).kind.message.DESCRIPTOR
    except InvalidArgumentError as error:
        raise ConversionError(str(error)) from error
    fields: Fields = {NAME: name}
    if FORMER_UID in row:
        descriptor, fields[FORMER_UID] = message_class(descriptor.name, 1).DESCRIPTOR, ""
    for heading, cell in row.items():
        if cell and heading != NAME:
            path, language = _split(descriptor, heading)
            put(fields, descriptor, path, undefuse(cell), language)
    yield close_gaps(fields)


def defuse(text: str) -> str:
    """Return a text as a cell that no spreadsheet takes for a formula."""
    return f"{_MARK}{text}" if _FORMULA.match(text) else text


def undefuse(cell: str) -> str:
    """Return the text of a cell that `defuse` made."""
    return cell[len(_MARK) :] if _MARKED.match(cell) else cell


def _split(descriptor: Any, heading: str) -> tuple[str, str]:
    """Return the path of a heading and its language; keys of maps may have brackets too."""
    field = descriptor.fields_by_name.get(heading.partition(".")[0])
    if field is not None and is_map(field):
        return heading, ""
    path, _, language = heading.removesuffix("]").partition("[")
    return path, language


class _Columns:
    """The columns of a table, collected while its rows are made."""

    def __init__(self) -> None:
        self._keys: dict[str, Key] = {}
        # In the order in which they were first seen: columns of languages stand in it.
        self._languages: dict[str, int] = {}

    def row(self, record: Record) -> dict[str, str]:
        """Return the cells of a record by heading."""
        row = {NAME: record.name}
        names = {field.name for field in carried("csv", record.DESCRIPTOR)}
        for field, value in set_fields(record):
            if field.name in names:
                for cell in self._cells(field, value, "", ()):
                    row[cell.heading] = defuse(cell.text)
                    self._keys.setdefault(cell.heading, cell.key)
        return row

    def headings(self) -> list[str]:
        """Return the headings in the order of fields and positions, but that of the name."""
        return sorted(self._keys, key=lambda heading: (self._keys[heading], heading))

    def _cells(self, field: Any, value: Any, prefix: str, key: Key) -> Iterator[_Cell]:
        path, key = f"{prefix}{field.name}", (*key, field.number, field.name)
        if is_map(field):
            for name in sorted(value):
                yield _Cell(f"{path}.{name}", (*key, name), value[name])
        elif is_localized(field):
            yield from self._texts(value if field.is_repeated else [value], path, key)
        elif field.is_repeated:
            for position, part in enumerate(value, 1):
                here = path if position == 1 else f"{path}.{position}"
                yield from self._single(field, part, here, (*key, position))
        else:
            yield from self._single(field, value, path, (*key, 1))

    def _single(self, field: Any, value: Any, path: str, key: Key) -> Iterator[_Cell]:
        if field.message_type is None or hasattr(value, "ToJsonString"):
            yield _Cell(path, key, _text(field, value))
            return
        cells = [
            cell
            for part, content in set_fields(value)
            for cell in self._cells(part, content, f"{path}.", key)
        ]
        yield from cells or [_Cell(path, key, EMPTY)]

    def _texts(self, texts: Sequence[Any], path: str, key: Key) -> Iterator[_Cell]:
        """Yield the cells of texts in languages.

        The columns of languages have one order. Texts in another order, or two in one language,
        have positions.
        """
        tags = [text.language_code for text in texts]
        ranks = [self._languages.setdefault(tag, len(self._languages)) for tag in tags]
        numbered = any(rank >= following for rank, following in pairwise(ranks))
        for position, (text, rank) in enumerate(zip(texts, ranks, strict=True), 1):
            place = position if numbered else 1
            here = path if place == 1 else f"{path}.{place}"
            yield _Cell(f"{here}[{text.language_code}]", (*key, place, rank), text.text)


def _text(field: Any, value: Any) -> str:
    if field.enum_type is not None:
        value_descriptor = field.enum_type.values_by_number.get(value)
        return value_descriptor.name if value_descriptor is not None else str(value)
    if field.message_type is not None:
        return str(to_json(value))
    return str(value).lower() if isinstance(value, bool) else str(value)
