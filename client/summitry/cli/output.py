"""Ways out: tables for people, JSON and NDJSON for programs, YAML for editors.

A terminal gets colours and wraps; a pipe gets the same rows as plain text, nothing cut off.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Sequence
from typing import IO, Any, NamedTuple

COLUMN_GAP = "  "


class Cell(NamedTuple):
    """A text and how a terminal shows it (a style of rich)."""

    text: str
    style: str = ""


class Section(NamedTuple):
    """Rows under a heading; "" has none."""

    heading: str
    rows: Sequence[Sequence[Cell]]


def print_json(value: Any) -> None:
    """One indented JSON value."""
    print(json.dumps(value, ensure_ascii=False, indent=2))  # noqa: T201


def print_ndjson(values: Iterable[Any]) -> None:
    """One compact JSON value a line, as they come."""
    for value in values:
        print(json.dumps(value, ensure_ascii=False, separators=(",", ":")))  # noqa: T201


def print_table(headers: Sequence[str], sections: Sequence[Section]) -> None:
    """A table in sections, whose columns stand under each other throughout."""
    show = _print_rich if sys.stdout.isatty() else _print_plain
    show(*_without_empty_columns(headers, sections), sys.stdout)


def _without_empty_columns(
    headers: Sequence[str], sections: Sequence[Section]
) -> tuple[Sequence[str], Sequence[Section]]:
    columns = zip(*(row for section in sections for row in section.rows), strict=True)
    kept = [index for index, column in enumerate(columns) if any(cell.text for cell in column)]
    if not kept:
        return headers, sections
    return [headers[index] for index in kept], [
        Section(section.heading, [[row[index] for index in kept] for row in section.rows])
        for section in sections
    ]


def _print_plain(headers: Sequence[str], sections: Sequence[Section], out: IO[str]) -> None:
    from rich.cells import cell_len

    rows = [[cell.text for cell in row] for section in sections for row in section.rows]
    widths = [max(map(cell_len, column)) for column in zip(headers, *rows, strict=True)]
    if any(headers):
        out.write(_line(headers, widths, cell_len))
    for section in sections:
        if section.heading:
            out.write(f"\n{section.heading}\n")
        for row in section.rows:
            out.write(_line([cell.text for cell in row], widths, cell_len))


def _line(texts: Sequence[str], widths: Sequence[int], length: Any) -> str:
    padded = (
        text + " " * (width - length(text)) for text, width in zip(texts, widths, strict=True)
    )
    return COLUMN_GAP.join(padded).rstrip() + "\n"


def _print_rich(headers: Sequence[str], sections: Sequence[Section], out: IO[str]) -> None:
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    console = Console(file=out, highlight=False)
    rows = [row for section in sections for row in section.rows]
    # The first column is held together in every section; the others share what is left.
    width = max((len(row[0].text) for row in rows), default=0)
    for number, section in enumerate(sections):
        if section.heading:
            console.print(Text(f"\n{section.heading}", style="bold"))
        table = Table(box=None, pad_edge=False, show_header=number == 0, header_style="dim")
        for index, header in enumerate(headers):
            table.add_column(header, overflow="fold", min_width=width if index == 0 else None)
        for row in section.rows:
            table.add_row(*(Text(cell.text, style=cell.style) for cell in row))
        console.print(table)
