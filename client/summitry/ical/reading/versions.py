"""The order of two versions of an event (RFC 5545 3.8.7, RFC 5546 2.1.5)."""

from __future__ import annotations

import re
from collections.abc import Mapping

from summitry.fields import Fields
from summitry.ical.reading import value_parsers
from summitry.ical.reading.faults import BROKEN_PROPERTY
from summitry.ical.reading.properties import Properties

SEQUENCE = "ical-sequence"
LAST_MODIFIED = "ical-last-modified"
DTSTAMP = "ical-dtstamp"
LABELS: Mapping[str, str] = {
    SEQUENCE: "SEQUENCE",
    LAST_MODIFIED: "LAST-MODIFIED",
    DTSTAMP: "DTSTAMP",
}
"""The labels of a record for the version properties of its file, most significant first."""

_COMPARABLE = re.compile(r"[0-9]{1,10}|[0-9]{8}T[0-9]{6}Z")


def labels_of(properties: Properties) -> Fields:
    """Return the version labels of an event. Broken stamps are left out with a warning."""
    labels = {SEQUENCE: str(_sequence(properties))}
    for label in (LAST_MODIFIED, DTSTAMP):
        if stamp := _stamp(properties, LABELS[label]):
            labels[label] = stamp
    return labels


def older_by(labels: Mapping[str, str], other_labels: Mapping[str, str]) -> str:
    """Return the label by which a version is older than the other; empty if it is not older.

    The first label that both have with different values decides.
    """
    for label in LABELS:
        rank, other_rank = _rank(labels.get(label, "")), _rank(other_labels.get(label, ""))
        if rank[0] and other_rank[0] and rank != other_rank:
            return label if rank < other_rank else ""
    return ""


def _rank(value: str) -> tuple[int, str]:
    """Return the sort key of a number or stamp; (0, "") for any other value."""
    return (len(value), value) if _COMPARABLE.fullmatch(value) else (0, "")


def _sequence(properties: Properties) -> int:
    text = properties.value("SEQUENCE")
    try:
        return value_parsers.number(text) if text else 0
    except ValueError as error:
        properties.warn(BROKEN_PROPERTY, f"SEQUENCE is broken and taken as 0: {error}")
        return 0


def _stamp(properties: Properties, name: str) -> str:
    text = properties.value(name)
    if not text:
        return ""
    try:
        return f"{value_parsers.compact(value_parsers.stamp(text).wall)}Z"
    except ValueError as error:
        properties.warn(BROKEN_PROPERTY, f"{name} is broken and left out: {error}")
        return ""
