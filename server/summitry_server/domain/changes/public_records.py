"""What everybody may see of a snapshot: one rule for changes, exports and feeds.

A record is public if it is so itself and its calendar is. What is public names nothing that is not:
the event that a meeting or notice belongs to, or that a delegation attends, is left out of it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from summitry.kinds import BY_NUMBER, DELEGATION, MEETING, NOTICE, parse_name
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
        """Yield what lived in a calendar at a revision, but itself, in the order of names."""
        after = ""
        while page := self._reader.snapshot_at(None, calendar, revision, after, PAGE):
            yield from (one for one in page if one.name != calendar and not one.deleted)
            after = page[-1].name

    def without_hidden_names(self, kind: int, frame: bytes, now: float) -> bytes:
        """Return the frame of a record without the names of events that are not public."""
        clear = _REFERENCES.get(kind)
        if clear is None:
            return frame
        record = wire.unframe(BY_NUMBER[kind].message, frame)
        changed = clear(record, lambda name: self._is_public(name, now))
        return wire.frame_of(record) if changed else frame

    def was_public(self, calendar: str, revision: int, frame: bytes, written: int) -> bool:
        """Return whether a version was public when it was written; of a deletion, what it took.

        Who wrote a version that was hidden, and why, is not told later either.
        """
        header = wire.unframe(RecordHeader, frame)
        header.ClearField("delete_time")
        return is_public(header, written) and self.has_calendar(calendar, revision, written)

    def _is_public(self, name: str, now: float) -> bool:
        """Return whether a record is public; of a deleted one, whether it was."""
        row, parsed = self._reader.get(name), parse_name(name)
        if row is None or parsed is None:
            return False
        header = wire.unframe(RecordHeader, row.frame)
        header.ClearField("delete_time")
        return is_public(header, now) and self.has_calendar(
            parsed.calendar, self._reader.revision, now
        )


_Test = Callable[[str], bool]


def _clear_parent(record: Any, is_shown: _Test) -> bool:
    if not record.parent_event or is_shown(record.parent_event):
        return False
    record.ClearField("parent_event")
    return True


def _clear_engagements(record: Any, is_shown: _Test) -> bool:
    shown = [one for one in record.engagements if is_shown(one.event)]
    changed = len(shown) < len(record.engagements)
    if changed:
        del record.engagements[:]
        record.engagements.extend(shown)
    return changed


_REFERENCES: dict[int, Callable[[Any, _Test], bool]] = {
    MEETING.number: _clear_parent,
    NOTICE.number: _clear_parent,
    DELEGATION.number: _clear_engagements,
}
