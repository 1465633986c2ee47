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


def apply_exact(details: Element, standard: Fields, kind: Kind) -> Fields:
    """Return the fields of our elements where they hold, and those of `standard` elsewhere.

    Raises ConversionError for a field that is none.
    """
    names = {field.name for field in carried(FORMAT, kind.message.DESCRIPTOR)}
    exact: Fields = {}
    for element in details.iterfind(_FIELD):
        name = element.get("name", "")
        if name not in names:
            raise ConversionError(
                f"s:field: {name!r} is no field of a {kind.singular} that EventsML carries"
            )
        if element.get("of") == _digest(standard.get(name)):
            exact[name] = json.loads(element.text or "null")
    fields = {**standard, **exact}
    return {name: value for name, value in fields.items() if value is not None}


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
