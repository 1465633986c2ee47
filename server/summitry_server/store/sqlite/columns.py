"""Rows as columns of tables, and back."""

from __future__ import annotations

import json
from typing import Any

from summitry_server.store.contract import Axis, LocalTimeEntry, Row, Span

# Versions that one write may make. A version is numbered by its revision and its position in it.
POSITIONS = 1 << 20

# What becomes a contract.Row, in the order of its fields.
ROW = """records.name, records.kind, records.calendar, records.uid, version.version,
    version.modified, version.deleted, version.facets, version.text, version.spans, version.frame"""

# What a list needs of a row whose frame may be cached.
NAMED_VERSION = "records.name, version.version"

_AXES = {int(axis): axis for axis in Axis}
_encode = json.JSONEncoder(separators=(",", ":")).encode


def version_number(revision: int, position: int) -> int:
    """Return the number of a version. Raises ValueError for a write of too many versions."""
    if position >= POSITIONS:
        raise ValueError(f"more than {POSITIONS} records in one write: write them in several")
    return revision * POSITIONS + position


def to_content(row: Row) -> tuple[object, ...]:
    """Return the columns of a version that a conversion may change."""
    facets = "\n".join(("", *row.facets, "")) if row.facets else ""
    return row.modified, facets, row.text, _encode(row.spans), row.frame


def to_row(columns: tuple[Any, ...]) -> Row:
    """Return the row of these columns, without its local times."""
    name, kind, calendar, uid, version, modified, deleted, facets, text, spans, frame = columns
    return Row(
        name,
        kind,
        calendar,
        uid,
        version // POSITIONS,
        modified,
        deleted == 1,
        tuple(facets[1:-1].split("\n")) if facets else (),
        text,
        to_spans(spans),
        frame,
    )


def to_spans(column: str) -> tuple[Span, ...]:
    """Return the spans that a column stores as JSON."""
    return tuple(Span(_AXES[axis], *rest) for axis, *rest in json.loads(column))


def to_reading(record: int, row: Row, reading: LocalTimeEntry, rule: int) -> tuple[object, ...]:
    """Return the line of a local time, resolved by `rule`, in `readings`; the key first."""
    _, field, wall, choice, instant, _, until = reading
    return (int(not row.deleted), rule, until, row.name, field, wall, choice, instant, record)
