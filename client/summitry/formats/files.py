"""Records in files: NDJSON (one record a line) and YAML (one record a document).

Both hold records as protobuf JSON, with the field names of the protos. A record's kind comes from
its name. In YAML every plain scalar but true, false and null is text, so that `NO` stays
Norway, `2024-07-03` a date as written and `10:00` a time; protobuf reads numbers from text.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any, NamedTuple, TypeAlias, cast

from google.protobuf import json_format

from summitry.errors import FileFormatError, InvalidArgumentError
from summitry.formats.former import from_former, is_former
from summitry.formats.former.format_2 import convert_certainty
from summitry.formats.json_form import to_json
from summitry.kinds import Record
from summitry.names import R, kind_of, parse_name

Source: TypeAlias = str | Path | IO[str]
ErrorHandler: TypeAlias = Callable[[FileFormatError], None]
Values: TypeAlias = Iterator[tuple[int, Any]]
"""Positions with what stands there; a FileFormatError for what cannot be read."""
Convert: TypeAlias = Callable[[Any], Iterable[dict[str, Any]]]
"""From a value of a file to records as protobuf JSON."""

FORMATS = ("ndjson", "yaml")
_SUFFIXES = {
    ".ndjson": "ndjson",
    ".jsonl": "ndjson",
    ".json": "json",
    ".yaml": "yaml",
    ".yml": "yaml",
}
UNITS = {"ndjson": "line", "yaml": "document", "json": ""}
"""What positions in a format count."""


class Origin(NamedTuple):
    """The source of values and the unit of its positions, such as line, for error messages."""

    source: str
    unit: str

    def refuse(self, problem: str, position: int = 0, field: str = "") -> FileFormatError:
        """Return an error that names the file, the position (0: the whole file) and the field."""
        place = f"{self.unit} {position}" if position else ""
        where = ", ".join(part for part in (self.source, place, field) if part)
        return FileFormatError(
            f"{where}: {problem}", source=self.source, position=position, field=field
        )


def read_records(
    source: Source, format: str | None = None, on_error: ErrorHandler | None = None
) -> Iterator[tuple[int, Record]]:
    """Yield each record of a file with the number of its line or YAML document, from 1.

    `source` is a path or an open text file; `format` is "ndjson" or "yaml", by default told by
    the suffix. Empty lines and documents are passed over. A record that cannot be read raises
    FileFormatError, or is given to `on_error` and the rest follows. YAML that is broken as YAML
    always raises: what follows cannot be told apart.
    """
    format_name = format_of(source, format)
    origin = Origin(label_of(source), UNITS[format_name])
    with opened(source) as stream:
        yield from convert_values(
            _READERS[format_name](stream, origin), _unconverted, origin, on_error
        )


def convert_values(
    values: Values, convert: Convert, origin: Origin, on_error: ErrorHandler | None = None
) -> Iterator[tuple[int, Record]]:
    """Yield the records that `convert` makes of each value, with the position of the value.

    `convert` may raise KeyError, TypeError or ValueError for a value that it does not understand;
    that, and what is no record, raises FileFormatError or is given to `on_error`.
    """
    for position, value in values:
        try:
            records = _convert(value, convert, origin, position)
        except FileFormatError as error:
            if on_error is None:
                raise
            on_error(error)
        else:
            yield from ((position, record) for record in records)


def _convert(value: Any, convert: Convert, origin: Origin, position: int) -> list[Record]:
    if isinstance(value, FileFormatError):
        raise value
    try:
        entries = list(convert(value))
    except KeyError as error:
        raise origin.refuse(f"the entry has no {error}", position) from error
    except (TypeError, ValueError) as error:
        raise origin.refuse(str(error), position) from error
    return [_record(fields, origin, position) for fields in entries]


def _unconverted(value: Any) -> tuple[Any]:
    return (value,)


def read_record(source: Source, message: type[R], format: str | None = None) -> R:
    """Return the one record of a JSON or YAML file, which needs no name.

    `format` is "json" or "yaml"; by default told by the suffix, or by whether the text begins
    with a brace. Raises FileFormatError.
    """
    with opened(source) as stream:
        text = stream.read()
    default_format = "json" if text.lstrip().startswith("{") else "yaml"
    format_name = format or _SUFFIXES.get(Path(label_of(source)).suffix.lower(), default_format)
    origin = Origin(label_of(source), UNITS[format_name])
    if format_name == "yaml":
        values = [value for _, value in yaml_values([text], origin)]
    else:
        values = [_json_value(text, origin, 0)]
    if len(values) != 1:
        raise origin.refuse(f"{len(values)} records where one is wanted")
    return _parse(values[0], message(), origin, 0)


def write_records(records: Iterable[Record], stream: IO[str], format: str = "ndjson") -> int:
    """Write records so that `read_records` gives the same back; returns how many."""
    write = _WRITERS[format]
    count = 0
    for record in records:
        write(to_dict(record), stream)
        count += 1
    return count


def format_of(source: Source, format: str | None = None) -> str:
    """Return the format of a file of records: as said, or by its suffix. Raises FileFormatError."""
    label = label_of(source)
    format_name = format or _SUFFIXES.get(Path(label).suffix.lower(), "")
    if format_name not in FORMATS:
        problem = "cannot tell the format; name it .ndjson or .yaml, or say which it is"
        raise Origin(label, "").refuse(problem)
    return format_name


def is_format_known(source: Source) -> bool:
    """Return whether the suffix of a file names a format of records."""
    return _SUFFIXES.get(Path(label_of(source)).suffix.lower()) in FORMATS


def to_dict(record: Record) -> dict[str, Any]:
    """Return a record as protobuf JSON with the protos' field names, without unset fields."""
    fields: dict[str, Any] = to_json(record)
    return fields


def label_of(source: Source) -> str:
    """Return the name of a source in messages: its path, or "<stream>" if it has none."""
    if isinstance(source, (str, Path)):
        return str(source)
    return str(getattr(source, "name", "<stream>"))


@contextmanager
def opened(source: Source) -> Iterator[IO[str]]:
    """Open a source as text. Raises FileFormatError if it cannot be read or is not UTF-8."""
    origin = Origin(label_of(source), "")
    try:
        if isinstance(source, (str, Path)):
            # No translation of line ends: within a cell of a table they are part of the text.
            with open(source, encoding="utf-8-sig", newline="") as stream:
                yield stream
        else:
            yield source
    except OSError as error:
        raise origin.refuse((error.strerror or str(error)).lower()) from error
    except UnicodeDecodeError as error:
        raise origin.refuse(f"not UTF-8 at byte {error.start}; convert it first") from error


def ndjson_values(stream: Iterable[str], origin: Origin) -> Values:
    """Yield each JSON value with the number of its line; blank lines are passed over."""
    for number, line in enumerate(stream, 1):
        if line.strip():
            try:
                yield number, _json_value(line, origin, number)
            except FileFormatError as error:
                yield number, error


def _json_value(text: str, origin: Origin, position: int) -> Any:
    try:
        return json.loads(text, object_pairs_hook=_unique)
    except (ValueError, RecursionError) as error:
        raise origin.refuse(f"not JSON: {error}", position) from error


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Return a JSON object; a key that is there twice is an error, not a silent loss."""
    unique = dict(pairs)
    if len(unique) != len(pairs):
        keys = [key for key, _ in pairs]
        twice = next(key for key in keys if keys.count(key) > 1)
        raise ValueError(f"the key {twice!r} is there twice")
    return unique


def yaml_values(stream: Iterable[str], origin: Origin) -> Values:
    """Yield each value with the number of its document. Raises FileFormatError for broken YAML."""
    from summitry.formats.plain_yaml import YamlError, documents

    position = 0
    try:
        for position, value in enumerate(documents("".join(stream)), 1):
            if value is not None:
                yield position, value
    except YamlError as error:
        problem = " ".join(str(error).split())
        raise origin.refuse(f"not YAML: {problem}", position + 1) from error


def _record(value: Any, origin: Origin, position: int) -> Record:
    name = value.get("name") if isinstance(value, dict) else None
    if not isinstance(name, str) or not name:
        problem = "no name; the name of a record says of which kind it is"
        raise origin.refuse(problem, position, "name")
    try:
        kind = parse_name(name).kind
    except InvalidArgumentError as error:
        raise origin.refuse(str(error), position, "name") from error
    return _parse(value, kind.message(), origin, position)


def _parse(value: Any, message: R, origin: Origin, position: int) -> R:
    if not isinstance(value, dict):
        raise origin.refuse("not a record; one object of fields is wanted", position)
    try:
        if is_former(value):
            return cast(R, from_former(kind_of(message), value, 1))
        convert_certainty(value)
        return json_format.ParseDict(value, message)
    except (json_format.ParseError, OverflowError, RecursionError) as error:
        field, problem = _explain(str(error))
        noun = kind_of(message).singular
        raise origin.refuse(problem, position, f"{noun}.{field}" if field else noun) from error


def _explain(text: str) -> tuple[str, str]:
    """Return the path of the field at fault and what is wrong, out of a message of json_format."""
    text = text.split("\n")[0].rstrip(".")
    steps = re.findall(r"Failed to parse (\w+) field: ", text)
    problem = re.sub(r"^(Failed to parse \w+ field: )+", "", text)
    if unknown := re.search(r'has no field named "([^"]*)" at "(\w+)\.?([^"]*)"', problem):
        return ".".join(p for p in (unknown[3], unknown[1]) if p), "no such field"
    if at := re.search(r" at \"?\w+\.([\w.\[\]]+)\"?$", problem):
        return at[1], problem[: at.start()]
    return ".".join(steps), problem


def _write_ndjson(value: dict[str, Any], stream: IO[str]) -> None:
    stream.write(json.dumps(value, ensure_ascii=False, separators=(",", ":")) + "\n")


def _write_yaml(value: dict[str, Any], stream: IO[str]) -> None:
    from summitry.formats.plain_yaml import write

    write(value, stream)


_READERS: dict[str, Callable[[Iterable[str], Origin], Values]] = {
    "ndjson": ndjson_values,
    "yaml": yaml_values,
}
_WRITERS: dict[str, Callable[[dict[str, Any], IO[str]], None]] = {
    "ndjson": _write_ndjson,
    "yaml": _write_yaml,
}
