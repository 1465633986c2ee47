"""Fields of records that EventsML-G2 has no element for, in an element of our namespace.

    <s:field name="segments" of="4f53cda18c2baa0c">[{"kind":"VISIT_KIND_STATE"}]</s:field>

It stands for each field that the standard elements do not give back whole. `of` is a digest of what
they say of it: where somebody edited them since, they hold and ours does not.
"""

from __future__ import annotations

import hashlib
import json
import xml.etree.ElementTree as ET
from collections.abc import Mapping
from typing import Any

from google.protobuf import json_format

from summitry.fields import Fields
from summitry.formats.profiles.carried import carried, carried_fields
from summitry.formats.profiles.entries import ConversionError, canonical
from summitry.formats.profiles.eventsml_former import (
    as_in_format_1,
    exact_of_today,
    is_format_1,
)
from summitry.formats.profiles.g2 import Element, qname
from summitry.kinds import Kind, Record

FORMAT = "eventsml"
_FIELD = qname(":field")
_DIGEST = 16  # hexadecimal digits
# Fields that hold names of records of the same calendar.
_REFERENCES = ("parent_event", "summit", "event")


def add_exact(details: Element, record: Record, standard: Fields) -> None:
    """Add elements for the fields that the standard elements do not preserve completely.

    `standard` holds the fields as they would be read from the standard elements.
    """
    exact_fields = carried_fields(record, FORMAT)
    normal = _normal(standard, type(record))
    for field in carried(FORMAT, record.DESCRIPTOR):
        value = exact_fields.get(field.name)
        if normal.get(field.name) != value:
            attributes = {"name": field.name, "of": _digest(standard.get(field.name))}
            # JSON escapes all but ASCII, so no character is one that XML cannot hold.
            ET.SubElement(details, _FIELD, attributes).text = json.dumps(
                value, separators=(",", ":")
            )


def apply_exact(details: Element, standard: Fields, kind: Kind, *, marked: bool) -> Fields:
    """Return the fields of our elements where they hold, and those of `standard` elsewhere.

    `marked` is whether the document says its format, as those of format 1 did not. Raises
    ConversionError for a field that is none.
    """
    elements = list(details.iterfind(_FIELD))
    values = {element.get("name", ""): json.loads(element.text or "null") for element in elements}
    former = not marked and is_format_1(values, kind)
    stored = as_in_format_1(standard) if former else standard
    exact = {
        element.get("name", ""): values[element.get("name", "")]
        for element in elements
        if element.get("of") == _digest(stored.get(element.get("name", "")))
    }
    exact = exact_of_today(exact, kind) if former else exact
    _check_names(exact, kind)
    fields = {**standard, **exact}
    return {name: value for name, value in fields.items() if value is not None}


def _check_names(exact: Fields, kind: Kind) -> None:
    """Refuse a field that EventsML does not carry. Raises ConversionError."""
    names = {field.name for field in carried(FORMAT, kind.message.DESCRIPTOR)}
    if unknown := exact.keys() - names:
        raise ConversionError(
            f"s:field: {min(unknown)!r} is no field of a {kind.singular} that EventsML carries"
        )


def move_to_calendar(fields: Fields, calendar: str, target: str) -> Fields:
    """Return fields with the names of records in `calendar` changed to names in `target`."""
    result: Fields = _move_names(fields, calendar, target)
    return result


def _move_names(value: Any, calendar: str, target: str) -> Any:
    if isinstance(value, list):
        return [_move_names(part, calendar, target) for part in value]
    if not isinstance(value, Mapping):
        return value
    return {
        name: target + part.removeprefix(calendar)
        if name in _REFERENCES and isinstance(part, str) and part.startswith(f"{calendar}/")
        else _move_names(part, calendar, target)
        for name, part in value.items()
    }


def _normal(fields: Fields, message: type[Record]) -> Fields:
    """Return fields in the form in which `carried_fields` returns them."""
    return carried_fields(json_format.ParseDict(fields, message()), FORMAT)


def _digest(value: Any) -> str:
    return hashlib.sha256(canonical(value or None).encode()).hexdigest()[:_DIGEST]
