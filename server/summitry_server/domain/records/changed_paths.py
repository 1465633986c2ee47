"""Name the fields that a version of a record changed, as paths that a mask may have."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from summitry.kinds import Record
from summitry_server.domain.records.field_paths import is_map, key_path

# Fields that the server derives from others, or that differ in every version.
DERIVED = frozenset(
    {"etag", "revision", "update_time", "sequence", "preferences", "source_digests"}
)
MOST_KEYS = 16  # changed keys of a map that are named one by one; beyond, the map is


def changed_paths(old: Record, new: Record) -> list[str]:
    """Return the paths of the fields that differ, in the order of the fields.

    Fields of the record, keys of its maps, and "time.resolved" where nothing else of a time did.
    """
    before = {field.name: (field, value) for field, value in old.ListFields()}
    after = {field.name: (field, value) for field, value in new.ListFields()}
    names = [
        name
        for name in {**before, **after}
        if name not in DERIVED and before.get(name) != after.get(name)
    ]
    names.sort(key=lambda name: _number(before, after, name))
    return [
        path for name in names for path in _paths((after.get(name) or before[name])[0], old, new)
    ]


def _number(before: Any, after: Any, name: str) -> int:
    number: int = (after.get(name) or before[name])[0].number
    return number


def _paths(field: Any, old: Record, new: Record) -> Iterator[str]:
    name = field.name
    before, after = getattr(old, name), getattr(new, name)
    if is_map(field):
        keys = sorted(key for key in {*before, *after} if before.get(key) != after.get(key))
        yield from (key_path(name, key) for key in keys) if len(keys) <= MOST_KEYS else (name,)
    elif name == "time" and old.HasField(name) and new.HasField(name):
        yield _time_path(before, after)
    else:
        yield name


def _time_path(before: Any, after: Any) -> str:
    """Return "time.resolved" if the time is the same and only what follows from it is not."""
    stated = type(before)()
    stated.CopyFrom(before)
    stated.resolved.CopyFrom(after.resolved)
    return "time.resolved" if stated == after else "time"
