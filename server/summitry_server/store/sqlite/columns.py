"""Rows as columns of tables, and back."""

from __future__ import annotations

import json
from typing import Any

from summitry_server.store.contract import Axis, LocalTimeEntry, Row, Span, level_of

# The scope in `spans` of the whole store; no calendar has an empty name.
ALL = ""

_AXES = {int(axis): axis for axis in Axis}
_encode = json.JSONEncoder(separators=(",", ":")).encode


def to_columns(row: Row) -> tuple[object, ...]:
    """Return the columns of a row, in the order of its fields; local times have another table."""
    facets = "\n".join(("", *row.facets, "")) if row.facets else ""
    return (
        *(row.name, row.kind, row.calendar, row.uid, row.revision, row.modified, row.deleted),
        *(facets, row.text, _encode(row.spans), row.frame),
    )


def to_row(columns: tuple[Any, ...]) -> Row:
    """Return the row of these columns, without its local times."""
    name, kind, calendar, uid, revision, modified, deleted, facets, text, spans, frame = columns
    return Row(
        name,
        kind,
        calendar,
        uid,
        revision,
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


def to_index(
    record: int, name: str, kind: int, calendar: str, spans: tuple[Span, ...]
) -> set[tuple[object, ...]]:
    """Return the lines of a live row in the table `spans`, the key first in each."""
    entries: set[tuple[object, ...]] = set()
    for span in spans:
        level = level_of(span.start, span.end)
        rest = (level, *span[2:], kind, record)
        entries |= {(scope, span.axis.value, span.start, name, *rest) for scope in (ALL, calendar)}
    return entries


def to_reading(record: int, row: Row, reading: LocalTimeEntry, rule: int) -> tuple[object, ...]:
    """Return the line of a local time, resolved by `rule`, in `readings`; the key first."""
    _, field, wall, choice, instant, _, until = reading
    return (int(not row.deleted), rule, until, row.name, field, wall, choice, instant, record)
