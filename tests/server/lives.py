"""The writes in the life of a record, by kind: each unary rpc of its service that writes."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from summitry.kinds import CALENDAR, WITH_VERBS, Kind


def name_of_life(kind: Kind) -> str:
    """Return the name of the record that the writes are about."""
    return "calendars/r" if kind is CALENDAR else f"calendars/c/{kind.collection}/r"


def writes_of_a_life(kind: Kind, api: Any, make: Any) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield rpcs with their requests; each must be done before the next is asked for."""
    noun, message_name, name = kind.singular, kind.message.DESCRIPTOR.name, name_of_life(kind)
    parent = {} if kind is CALENDAR else {"parent": "calendars/c"}
    record = {"ical_uid": f"{noun}@example.org"}
    if kind in WITH_VERBS:
        record["time"] = make.dates("2024-07-03")
    first: list[tuple[str, dict[str, Any]]] = [
        ("Create", {**parent, f"{noun}_id": "r", noun: record}),
        ("Update", {noun: {"name": name, "labels": {"k": "v"}}}),
        *(_verbs(name, make) if kind in WITH_VERBS else ()),
    ]
    for verb, request in first:
        yield verb + message_name, request
    snapshot = api.snapshot()
    for verb, more in [
        ("Delete", {}),
        ("Undelete", {}),
        ("Delete", {}),
        ("Restore", {"snapshot": snapshot}),
        ("Delete", {}),
        ("Purge", {}),
    ]:
        yield verb + message_name, {"name": name, **more}


def _verbs(name: str, make: Any) -> list[tuple[str, dict[str, Any]]]:
    return [
        ("Confirm", {"name": name}),
        ("Postpone", {"name": name, "note": {"reason": "heat"}}),
        ("Reschedule", {"name": name, "time": make.dates("2024-09-03")}),
        ("Move", {"name": name, "places": [{"region_code": "KZ"}]}),
        ("Cancel", {"name": name}),
        ("Reinstate", {"name": name}),
    ]
