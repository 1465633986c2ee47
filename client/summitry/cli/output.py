"""Output formats: tables for people, JSON and NDJSON for programs, YAML for editors.

A terminal gets colours and wrapped columns; a pipe gets the same rows as plain text, in full.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Sequence
from typing import IO, TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from google.protobuf.message import Message

COLUMN_GAP = "  "
NARROWEST = 8  # a column of a table is wrapped, but never below this width


class Cell(NamedTuple):
    """A text and its style on a terminal, in the notation of rich."""

    text: str
    style: str = ""


class TableSection(NamedTuple):
    """Rows under a heading; "" for no heading."""

    heading: str
    rows: Sequence[Sequence[Cell]]


def fields(message: Message) -> dict[str, Any]:
    """Return a message of the API as JSON with the field names of the protos."""
    from summitry.formats.json_form import to_json

    value: dict[str, Any] = to_json(message)
    return value


def print_json(value: Any) -> None:
    """Print one indented JSON value."""
    print(json.dumps(value, ensure_ascii=False, indent=2))  # noqa: T201


def print_ndjson(values: Iterable[Any]) -> None:
    """Print one compact JSON value a line, each as soon as it is available."""
    for value in values:
        print(json.dumps(value, ensure_ascii=False, separators=(",", ":")))  # noqa: T201


def print_table(headers: Sequence[str], sections: Sequence[TableSection]) -> None:
    """Print a table in sections with common column widths; empty columns are left out."""
    show = _print_rich if sys.stdout.isatty() else _print_plain
    show(*_without_empty_columns(headers, sections), sys.stdout)


def _without_empty_columns(
    headers: Sequence[str], sections: Sequence[TableSection]
) -> tuple[Sequence[str], Sequence[TableSection]]:
    columns = zip(*(row for section in sections for row in section.rows), strict=True)
    filled = [index for index, column in enumerate(columns) if any(cell.text for cell in column)]
    if not filled:
        return headers, sections
    return [headers[index] for index in filled], [
        TableSection(section.heading, [[row[index] for index in filled] for row in section.rows])
        for section in sections
    ]


def print_note(text: str) -> None:
    """Print an empty line, and a line about the output above it."""
    if sys.stdout.isatty():
        from rich.console import Console
        from rich.text import Text

        Console(file=sys.stdout, highlight=False).print(Text(f"\n{text}", style="dim"))
    else:
        print(f"\n{text}")  # noqa: T201


def _widths(headers: Sequence[str], sections: Sequence[TableSection]) -> list[int]:
    """Return the width of each column in screen cells: wide characters count as two."""
    from rich.cells import cell_len

    rows = [[cell.text for cell in row] for section in sections for row in section.rows]
    return [max(map(cell_len, column)) for column in zip(headers, *rows, strict=True)]


def _print_plain(headers: Sequence[str], sections: Sequence[TableSection], out: IO[str]) -> None:
    widths = _widths(headers, sections)
    if any(headers):
        out.write(_line(headers, widths))
    for section in sections:
        if section.heading:
            out.write(f"\n{section.heading}\n")
        for row in section.rows:
            out.write(_line([cell.text for cell in row], widths))


def _line(texts: Sequence[str], widths: Sequence[int]) -> str:
    from rich.cells import cell_len

    padded = (
        text + " " * (width - cell_len(text)) for text, width in zip(texts, widths, strict=True)
    )
    return COLUMN_GAP.join(padded).rstrip() + "\n"


def _print_rich(headers: Sequence[str], sections: Sequence[TableSection], out: IO[str]) -> None:
    from rich.console import Console
    from rich.text import Text

    console = Console(file=out, highlight=False)
    widths = fit(_widths(headers, sections), console.width)
    if any(headers):
        console.print(_grid([[Cell(header, "dim") for header in headers]], widths))
    for section in sections:
        if section.heading:
            console.print(Text(f"\n{section.heading}", style="bold"))
        console.print(_grid(section.rows, widths))


def fit(widths: Sequence[int], room: int) -> list[int]:
    """Return widths that fit into `room` cells, narrowing the widest columns first."""
    fitting = list(widths)
    while sum(fitting) + len(COLUMN_GAP) * (len(fitting) - 1) > room:
        widest = max(range(len(fitting)), key=fitting.__getitem__)
        if fitting[widest] <= NARROWEST:
            break
        fitting[widest] -= 1
    return fitting


def _grid(rows: Sequence[Sequence[Cell]], widths: Sequence[int]) -> Any:
    from rich.table import Table
    from rich.text import Text

    grid = Table.grid(padding=(0, len(COLUMN_GAP), 0, 0))
    for width in widths:
        grid.add_column(width=width, overflow="fold")
    for row in rows:
        grid.add_row(*(Text(cell.text, style=cell.style) for cell in row))
    return grid
