"""A reader of any table (CSV, RFC 4180), by a mapping from columns to fields.

    kind: visits
    calendar: {name: calendars/trips, titles: [{text: Trips, language_code: en}]}
    id: "trip-{Number}"
    columns:
      Guest: titles
      From: {field: time.dates.first_date, dates: ["%d.%m.%Y"]}
      When: {field: time, words: buddhist}     # 23-24 กุมภาพันธ์ 2519, see summitry.formats.date_words

docs/transfer.md has the whole vocabulary. Each row is kept as JSON in `original`. Without a mapping
the headings are field paths, as `summitry export --format csv` writes them.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator, Mapping
from copy import deepcopy
from datetime import datetime
from functools import partial
from string import Formatter
from typing import IO, Any

from summitry.errors import InvalidArgumentError
from summitry.fields import Fields, identifier
from summitry.formats.date_words import ERAS, PrintedDateError, read_days
from summitry.formats.files import Origin, Values
from summitry.formats.plain_yaml import YamlError, documents
from summitry.formats.profiles.entries import ConversionError, canonical
from summitry.formats.profiles.flat import records_of
from summitry.formats.profiles.options import ProfileOptions, ProfileReader
from summitry.formats.profiles.paths import check, put
from summitry.kinds import CALENDAR, Kind
from summitry.names import kind_of, parse_name

KEYS = {"calendar", "kind", "id", "delimiter", "language", "constants", "columns"}
COLUMN_KEYS = {
    *("field", "dates", "offset", "placeholders", "words"),
    *("values", "language", "split", "required"),
}
OFFSETS = ("printed", "frozen")
# The fields of days with what an empty cell of their column says.
_ENDS = {"time.dates.first_date": "open_start", "time.dates.last_date": "open_end"}
_MINUTE, _DAY = len("2024-07-03T10:00"), len("2024-07-03")


def reader(options: ProfileOptions) -> ProfileReader:
    """Return the reader of a table. Raises FileFormatError for an invalid mapping."""
    if options.mapping is None:
        return ProfileReader(records_of, partial(_rows, ","))
    origin = Origin(str(options.mapping), "")
    try:
        with open(options.mapping, encoding="utf-8-sig") as stream:
            (mapping,) = documents(stream.read())
        table = _CheckedMapping(mapping, options.calendar)
    except (OSError, YamlError, ValueError, InvalidArgumentError) as error:
        raise origin.refuse(f"no mapping: {' '.join(str(error).split())}") from error
    return ProfileReader(table.records, partial(_rows, table.delimiter))


def _rows(delimiter: str, stream: IO[str], origin: Origin) -> Values:
    """Yield the rows below the heading, by column."""
    rows = csv.DictReader(stream, delimiter=delimiter, strict=True)
    number = 0
    try:
        headings = rows.fieldnames or ()
        if twice := [name for name in headings if headings.count(name) > 1]:
            raise origin.refuse(f"the heading {twice[0]!r} stands twice")
        for number, row in enumerate(rows, 1):
            yield number, row
    except csv.Error as error:
        raise origin.refuse(f"not CSV: {error}", number + 1) from error


class _CheckedMapping:
    """A mapping that was checked, ready to convert rows."""

    def __init__(self, mapping: Any, calendar: str) -> None:
        _check_keys(mapping, KEYS, "the mapping")
        calendar_value = mapping.get("calendar") or ""
        self._waiting: list[Fields] = []
        if isinstance(calendar_value, Mapping):
            self._waiting = [{**calendar_value, "name": calendar or calendar_value.get("name", "")}]
            calendar_value = calendar_value.get("name", "")
        self._calendar = calendar or calendar_value
        if parse_name(self._calendar).kind is not CALENDAR:
            raise ConversionError(f"{self._calendar!r} is no calendar")
        self._kind: Kind = kind_of(_require(mapping, "kind", "visits"))
        self._id: str = _checked_id(_require(mapping, "id", "'trip-{Number}'"))
        self.delimiter: str = mapping.get("delimiter", ",")
        if len(self.delimiter) != 1:
            raise ConversionError(f"the delimiter {self.delimiter!r} is not one character")
        self._language: str = mapping.get("language", "en")
        self._constants: Fields = _table(mapping, "constants")
        columns = _table(mapping, "columns")
        if not columns:
            raise ConversionError("'columns' is missing: give for example {Title: titles}")
        self._columns = {name: _column(value) for name, value in columns.items()}
        for column in self._columns.values():
            check(self._kind.message.DESCRIPTOR, column["field"])

    def records(self, row: dict[Any, Any]) -> Iterator[Fields]:
        """Yield the record of a row, after its calendar if that has not come yet."""
        if None in row or None in row.values():
            raise ConversionError("the row has not as many cells as the heading")
        fields = deepcopy(self._constants)
        fields["original"] = canonical(row)
        for name, column in self._columns.items():
            self._put(fields, column, row[name].strip())
        self._open_ends(fields)
        id = identifier(self._id.format_map(row))
        fields["name"] = f"{self._calendar}/{self._kind.collection}/{id}"
        while self._waiting:
            yield self._waiting.pop()
        yield fields

    def _put(self, fields: Fields, column: Mapping[str, Any], cell: str) -> None:
        if not cell and column.get("required"):
            raise ConversionError(f"the cell of {column['field']} is empty")
        separator = column.get("split")
        language = column.get("language", self._language)
        for part in cell.split(separator) if separator else [cell]:
            if text := part.strip():
                value = _value(column, text)
                put(fields, self._kind.message.DESCRIPTOR, column["field"], value, language)

    def _open_ends(self, fields: Fields) -> None:
        """Mark an end of the days as open, in place, where its column has an empty cell."""
        days = fields.get("time", {}).get("dates", {})
        missing_dates = {column["field"] for column in self._columns.values()} & _ENDS.keys()
        for field in missing_dates:
            if days and field.rpartition(".")[2] not in days:
                days[_ENDS[field]] = True


def _column(value: Any) -> Mapping[str, Any]:
    column: Mapping[str, Any] = {"field": value} if isinstance(value, str) else value
    _check_keys(column, COLUMN_KEYS, "a column")
    _require(column, "field", "titles")
    if (era := column.get("words")) and (era not in ERAS or column["field"] != "time"):
        raise ConversionError(f"'words' is for time, and one of {', '.join(ERAS)}")
    if column.get("offset", OFFSETS[0]) not in OFFSETS:
        raise ConversionError(f"'offset' is one of {', '.join(OFFSETS)}")
    return column


def _value(column: Mapping[str, Any], cell: str) -> Any:
    if values := column.get("values"):
        if cell not in values:
            choices = ", ".join(map(repr, values))
            raise ConversionError(f"{column['field']}: unknown {cell!r}, known are {choices}")
        return values[cell]
    if patterns := column.get("dates"):
        date, length = _date(cell, [patterns] if isinstance(patterns, str) else patterns)
        if column["field"] == "time":
            return _event_time(date, length, column, cell)
        return date.isoformat()[:length]
    if era := column.get("words"):
        return _in_words(cell, era)
    return cell


def _in_words(cell: str, era: str) -> Fields:
    """Return an EventTime of days in words, with the cell as its text."""
    try:
        spans = read_days(cell, era)
    except PrintedDateError as error:
        raise ConversionError(str(error)) from error
    if len(spans) > 1:
        raise ConversionError(f"{cell!r} has {len(spans)} times: give each a row of its own")
    (first, last), month = spans[0], len("2024-07")
    if len(first) == month:
        return {"partial": {"edtf": first}, "source_text": cell}
    return {"dates": {"first_date": first, "last_date": last}, "source_text": cell}


def _date(cell: str, patterns: list[str]) -> tuple[datetime, int]:
    """Return a date by the first pattern that fits, with the length of its ISO text."""
    for pattern in patterns:
        try:
            date = datetime.strptime(cell, pattern)  # noqa: DTZ007  # a wall time has no zone yet
        except ValueError:
            continue
        codes = {part[:1] for part in pattern.split("%")[1:]}
        if codes & set("HI"):
            return date, _MINUTE
        return date, _DAY if codes & set("dj") else 7 if codes & set("mbB") else 4
    raise ConversionError(f"{cell!r} is no date of the form {' or '.join(patterns)}")


def _event_time(date: datetime, length: int, column: Mapping[str, Any], cell: str) -> Fields:
    """Return an EventTime as precise as the cell: a wall time, a day, or a month or year.

    Offsets that a source freezes, and hours that its form fills in, say nothing of the event: the
    wall time is then read at the place, and the hour is none. The cell is kept as text.
    """
    text = date.isoformat()[:length]
    cell_text = {"source_text": cell} if date.tzinfo or column.get("placeholders") else {}
    if length == _MINUTE and text[_DAY + 1 :] not in column.get("placeholders", ()):
        start = {"civil_time": text}
        if date.tzinfo and column.get("offset") != "frozen":
            start["utc_offset"] = date.isoformat()[-len("+01:00") :]
        return {"timed": {"start": start}, **cell_text}
    if length >= _DAY:
        return {"dates": {"first_date": text[:_DAY], "last_date": text[:_DAY]}, **cell_text}
    return {"partial": {"edtf": text}}


def _check_keys(value: Any, keys: set[str], noun: str) -> None:
    if not isinstance(value, Mapping):
        raise ConversionError(f"{noun} must have keys: {', '.join(sorted(keys))}")
    if unknown := sorted(set(value) - keys):
        raise ConversionError(f"{noun} has no {unknown[0]!r}; it has {', '.join(sorted(keys))}")


def _checked_id(template: Any) -> str:
    """Return the template of an id; refuse anything in it but names of columns."""
    for _, name, form, conversion in Formatter().parse(str(template)):
        if name == "" or form or conversion or set(name or "") & set(".["):
            raise ConversionError(f"id {template!r}: write columns as {{Number}}")
    return str(template)


def _table(mapping: Mapping[str, Any], key: str) -> dict[str, Any]:
    table = mapping.get(key) or {}
    if not isinstance(table, dict):
        raise ConversionError(f"{key!r} must be a table of names and values")
    return table


def _require(mapping: Mapping[str, Any], key: str, example: str) -> Any:
    """Return a value that a mapping must have. Raises ConversionError with an example."""
    if not (value := mapping.get(key)):
        raise ConversionError(f"{key!r} is missing: give for example {example}")
    return value
