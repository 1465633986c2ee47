"""The kinds of records that become events, and the relations between records."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import TypeAlias, TypeGuard

from summitry.kinds import EVENTS, Event, Record, event_of
from summitry.v1.delegation_pb2 import Delegation, Engagement

__all__ = ["EVENT_TYPES", "Attendance", "Event", "Record", "Surroundings", "event_of", "is_event"]

EVENT_TYPES = tuple(kind.message for kind in EVENTS)

Attendance: TypeAlias = tuple[Delegation, Engagement]


def is_event(record: Record) -> TypeGuard[Event]:
    """Return whether a record is an event of its own in feeds, pages and calendar files."""
    return isinstance(record, EVENT_TYPES)


class Surroundings:
    """The facts of other records that an event's rendering contains: delegations, a related uid.

    A subclass may keep its records in another form: all else stands on `attending` and `uid_of`.
    """

    def __init__(self, records: Iterable[Record]) -> None:
        self._uids: dict[str, str] = {}
        self._attending: dict[str, list[Attendance]] = defaultdict(list)
        for record in records:
            self._uids[record.name] = record.ical_uid
            if isinstance(record, Delegation):
                for engagement in record.engagements:
                    self._attending[engagement.event].append((record, engagement))
        for attendances in self._attending.values():
            attendances.sort(key=lambda attendance: attendance[0].name)

    def attending(self, event: Event) -> Sequence[Attendance]:
        """Return the delegations that attend the event, in the order of their names."""
        return self._attending.get(event.name, ())

    def uid_of(self, name: str) -> str:
        """Return the uid of a record; empty if it is not among the records."""
        return self._uids.get(name, "")

    def related_uid(self, event: Event) -> str:
        """Return the uid of `event_of`; empty if it is not among the records."""
        name = event_of(event)
        return self.uid_of(name) if name else ""

    def version(self, event: Event) -> tuple[str | int, ...]:
        """Return a cache key that changes whenever the rendering of the event may change."""
        attending = self.attending(event)
        return (
            event.revision,
            # After a restore a revision number may be used again; the etag still differs.
            event.etag,
            self.related_uid(event),
            *(
                fact
                for delegation, _ in attending
                for fact in (delegation.name, delegation.revision, delegation.etag)
            ),
        )
