"""A validator of JSCalendar by RFC 8984, independent of the renderer."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from typing import Any, NamedTuple

import pytest
import pytz

Check = Callable[[Any], bool]

ID = re.compile("[A-Za-z0-9_-]{1,255}")
LOCAL = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d*[1-9])?")
SECONDS = r"\d+(\.\d+)?S"
MINUTES = rf"\d+M({SECONDS})?"
HOURS = rf"\d+H({MINUTES})?"
CLOCK = rf"T({HOURS}|{MINUTES}|{SECONDS})"
DURATION = re.compile(rf"P((\d+W(\d+D)?|\d+D)({CLOCK})?|{CLOCK})")
URI = re.compile("[A-Za-z][A-Za-z0-9+.-]*:[!#-;=?-_a-z~\\[\\]]+")
GEO = re.compile(r"geo:(-?\d+(?:\.\d+)?),(-?\d+(?:\.\d+)?)")
TAG = re.compile("[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8})*")
ZONES = frozenset(pytz.all_timezones)


def is_text(value: Any) -> bool:
    return isinstance(value, str)


def matches(pattern: re.Pattern[str]) -> Check:
    return lambda value: is_text(value) and pattern.fullmatch(value) is not None


def one_of(*values: Any) -> Check:
    return lambda value: value in values


def is_local(value: Any) -> bool:
    try:
        return matches(LOCAL)(value) and datetime.fromisoformat(value) is not None
    except ValueError:  # no such day, no such hour
        return False


def is_utc(value: Any) -> bool:
    return is_text(value) and value.endswith("Z") and is_local(value[:-1])


def is_count(value: Any) -> bool:
    return type(value) is int and 0 <= value < 2**53


def is_geo(value: Any) -> bool:
    match = GEO.fullmatch(value) if is_text(value) else None
    return bool(match) and abs(float(match[1])) <= 90 and abs(float(match[2])) <= 180


def is_zone(value: Any) -> bool:
    return value is None or value in ZONES


def set_of(check: Check) -> Check:
    return lambda value: (
        isinstance(value, dict) and all(check(key) and value[key] is True for key in value)
    )


class Objects(NamedTuple):
    """A map of keys to objects of one type."""

    kind: str
    key: Check = matches(ID)


# Property, whether it is mandatory, what its value is.
Properties = Mapping[str, tuple[bool, Check | Objects]]
COMMON: Properties = {
    "uid": (True, lambda value: is_text(value) and value != ""),
    "prodId": (False, is_text),
    "created": (False, is_utc),
    "updated": (True, is_utc),
    "title": (False, is_text),
    "description": (False, is_text),
    "locale": (False, matches(TAG)),
    "links": (False, Objects("Link")),
    "keywords": (False, set_of(is_text)),
}
TYPES: Mapping[str, Properties] = {
    "Group": {**COMMON, "entries": (True, lambda value: isinstance(value, list))},
    "Event": {
        **COMMON,
        "sequence": (False, is_count),
        "relatedTo": (False, Objects("Relation", is_text)),
        "showWithoutTime": (False, one_of(True, False)),
        "start": (True, is_local),
        "timeZone": (False, is_zone),
        "duration": (False, matches(DURATION)),
        "status": (False, one_of("confirmed", "cancelled", "tentative")),
        "locations": (False, Objects("Location")),
        "virtualLocations": (False, Objects("VirtualLocation")),
        "participants": (False, Objects("Participant")),
        "privacy": (False, one_of("public", "private", "secret")),
        "freeBusyStatus": (False, one_of("free", "busy")),
        "localizations": (False, lambda value: isinstance(value, dict)),
    },
    "Relation": {"relation": (False, set_of(one_of("first", "next", "child", "parent")))},
    "Location": {
        "name": (False, is_text),
        "relativeTo": (False, one_of("start", "end")),
        "timeZone": (False, lambda value: value in ZONES),
        "coordinates": (False, is_geo),
    },
    "VirtualLocation": {
        "name": (False, is_text),
        "uri": (True, matches(URI)),
        "features": (
            False,
            set_of(one_of("audio", "chat", "feed", "moderator", "phone", "screen", "video")),
        ),
    },
    "Link": {
        "href": (True, matches(URI)),
        "rel": (False, one_of("describedby", "enclosure", "related", "via")),
        "title": (False, is_text),
    },
    "Participant": {
        "name": (False, is_text),
        "description": (False, is_text),
        "kind": (False, one_of("individual", "group", "location", "resource")),
        "roles": (
            True,
            lambda value: (
                set_of(
                    one_of("owner", "attendee", "optional", "informational", "chair", "contact")
                )(value)
                and len(value) > 0
            ),
        ),
        "participationStatus": (
            False,
            one_of("needs-action", "accepted", "declined", "tentative", "delegated"),
        ),
    },
}


def faults(value: Any, kind: str, path: str = "") -> Iterator[str]:
    """Yield the violations of RFC 8984 in an object of a type, each with its path."""
    if not isinstance(value, dict) or value.get("@type") != kind:
        yield f"{path}: not a {kind}"
        return
    properties = TYPES[kind]
    yield from (
        f"{path}/{name}: missing"
        for name in properties
        if properties[name][0] and name not in value
    )
    for name in value.keys() - {"@type"}:
        pointer = f"{path}/{name}"
        if name not in properties:
            yield f"{pointer}: not known"
            continue
        check = properties[name][1]
        if isinstance(check, Objects):
            yield from _objects(value[name], check, pointer)
        elif not check(value[name]):
            yield f"{pointer}: {value[name]!r}"
    if kind == "Location" and not value.keys() - {"@type", "relativeTo"}:
        yield f"{path}: says nothing of a place (4.2.5)"
    if kind == "Group":
        for number, entry in enumerate(value.get("entries", ())):
            yield from faults(entry, "Event", f"{path}/entries/{number}")
    if kind == "Event":
        yield from _patches(value, path)


def _objects(value: Any, objects: Objects, path: str) -> Iterator[str]:
    if not isinstance(value, dict):
        yield f"{path}: not a map"
        return
    for key, item in value.items():
        if not objects.key(key):
            yield f"{path}: key {key!r}"
        yield from faults(item, objects.kind, f"{path}/{key}")


def _patches(event: Any, path: str) -> Iterator[str]:
    """Yield the violations in the localizations of an event (1.4.9, 4.6.1)."""
    for tag, patch in event.get("localizations", {}).items():
        pointer_path = f"{path}/localizations/{tag}"
        if not matches(TAG)(tag) or tag == event.get("locale"):
            yield f"{pointer_path}: the tag"
        for pointer, value in patch.items():
            *parents, last = pointer.split("/")
            if last not in ("title", "description", "name") or not (
                value is None or is_text(value)
            ):
                yield f"{pointer_path}: {pointer} is not to be localized, or not to this"
            holder: Any = event
            for parent in parents:
                holder = holder.get(parent) if isinstance(holder, dict) else None
            if not isinstance(holder, dict):
                yield f"{pointer_path}: there is no {pointer}"
            elif holder.get(last) == value:
                yield f"{pointer_path}: {pointer} is the same"
            if any(candidate.startswith(f"{pointer}/") for candidate in patch):
                yield f"{pointer_path}: {pointer} is a prefix of another"


@pytest.fixture(scope="session")
def judge() -> Callable[[Any], list[str]]:
    """Return a function that lists the violations of a Group."""
    return lambda group: list(faults(group, "Group"))
