"""The public part of a snapshot: one rule for changes, exports and feeds.

A record is public if both it and its calendar are. A public record must not give away the name of
a hidden one, so the event that a meeting or notice belongs to, that a visit is made for or that a
delegation attends, is left out of it if that event is not public.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from summitry.kinds import BY_NUMBER, DELEGATION, WITH_EVENT, parse_name
from summitry.v1.record_pb2 import RecordHeader
from summitry.visibility import is_public
from summitry_server.store.contract import Reader, Version
from summitry_server.wire import frames as wire

PAGE = 1000


class PublicRecords:
    """The public part of one snapshot, at its own revision or at an earlier one."""

    def __init__(self, reader: Reader) -> None:
        self._reader = reader
        self._calendars: dict[str, tuple[int, RecordHeader]] = {}

    def has_calendar(self, calendar: str, revision: int, now: float) -> bool:
        """Return whether everybody might see a calendar at a revision."""
        header = self._calendar(calendar, revision)
        return header is not None and is_public(header, now)

    def _calendar(self, calendar: str, revision: int) -> RecordHeader | None:
        since, header = self._calendars.get(calendar, (revision + 1, None))
        if since <= revision:
            return header
        row = self._reader.get(calendar)
        if row is not None and row.revision <= revision:
            header = wire.unframe(RecordHeader, row.frame)
            self._calendars[calendar] = row.revision, header
            return header
        version = self._reader.version_at(calendar, revision)
        return wire.unframe(RecordHeader, version.frame) if version else None

    def contents(self, calendar: str, revision: int) -> Iterator[Version]:
        """Yield the live records of a calendar at a revision, without itself, in name order."""
        after = ""
        while page := self._reader.snapshot_at(None, calendar, revision, after, PAGE):
            yield from (
                version for version in page if version.name != calendar and not version.deleted
            )
            after = page[-1].name

    def without_hidden_names(self, kind: int, frame: bytes, now: float) -> bytes:
        """Return the frame of a record without the names of events that are not public."""
        clear = _REFERENCES.get(kind)
        if clear is None:
            return frame
        record = wire.unframe(BY_NUMBER[kind].message, frame)
        changed = clear(record, lambda name: self._is_public(name, now))
        return wire.frame_of(record) if changed else frame

    def was_public(self, calendar: str, revision: int, frame: bytes, write_time: int) -> bool:
        """Return whether a version was public when written; for a deletion, the version before it.

        Author and reason of a version that was hidden stay hidden after it becomes public.
        """
        header = wire.unframe(RecordHeader, frame)
        header.ClearField("delete_time")
        return is_public(header, write_time) and self.has_calendar(calendar, revision, write_time)

    def _is_public(self, name: str, now: float) -> bool:
        """Return whether a record is public; for a deleted record, whether it was."""
        row, parsed = self._reader.get(name), parse_name(name)
        if row is None or parsed is None:
            return False
        header = wire.unframe(RecordHeader, row.frame)
        header.ClearField("delete_time")
        return is_public(header, now) and self.has_calendar(
            parsed.calendar, self._reader.revision, now
        )


_IsPublic = Callable[[str], bool]


def _clear_event(field: str) -> Callable[[Any, _IsPublic], bool]:
    """Return the function that clears a field with the name of an event that is not public."""

    def clear(record: Any, is_public_event: _IsPublic) -> bool:
        name = getattr(record, field)
        if not name or is_public_event(name):
            return False
        record.ClearField(field)
        return True

    return clear


def _clear_engagements(record: Any, is_public_event: _IsPublic) -> bool:
    public_engagements = [
        engagement for engagement in record.engagements if is_public_event(engagement.event)
    ]
    changed = len(public_engagements) < len(record.engagements)
    if changed:
        del record.engagements[:]
        record.engagements.extend(public_engagements)
    return changed


_REFERENCES: dict[int, Callable[[Any, _IsPublic], bool]] = {
    **{int(kind.number): _clear_event(kind.event_field) for kind in WITH_EVENT},
    DELEGATION.number: _clear_engagements,
}
