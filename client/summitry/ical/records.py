"""The kinds of records that become events, and the relations between records."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import TypeAlias

from summitry.kinds import Record
from summitry.v1.delegation_pb2 import Delegation, Engagement
from summitry.v1.meeting_pb2 import Meeting
from summitry.v1.notice_pb2 import Notice
from summitry.v1.summit_pb2 import Summit
from summitry.v1.visit_pb2 import Visit

__all__ = ["EVENT_TYPES", "Attendance", "Event", "Record", "Surroundings", "event_of"]

Event: TypeAlias = Summit | Visit | Meeting | Notice
EVENT_TYPES = (Summit, Visit, Meeting, Notice)

Attendance: TypeAlias = tuple[Delegation, Engagement]


def event_of(record: Record) -> str:
    """Return the name of the event that this is a part of, or a visit is made for; "" for none."""
    if type(record) is Meeting or type(record) is Notice:
        return record.parent_event
    return record.summit if type(record) is Visit else ""


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
