"""Events of a calendar that the calendar file which it mirrors no longer has."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from summitry.kinds import EVENTS, Record
from summitry.v1.event_status_pb2 import EventStatus
from summitry.v1.transfer_service_pb2 import EventDays

if TYPE_CHECKING:
    from summitry.client import Client

_DAY = re.compile(r"/[0-9]{8}(T[0-9]{6})?$")


class MirroredUids:
    """The UIDs of the files that a calendar mirrors."""

    def __init__(self) -> None:
        self._uids: set[str] = set()

    def add(self, uid: str) -> None:
        """Add the UID of an event, or of a day of one."""
        self._uids |= {uid, _DAY.sub("", uid)}

    def missing(self, client: Client, calendar: str) -> Iterator[EventDays]:
        """Yield a statement for each event that a calendar file brought and no file has now."""
        missing = {
            _DAY.sub("", record.ical_uid)
            for kind in EVENTS
            for record in client.list(kind.collection, parent=calendar)
            if self._lacks(record)
        }
        for uid in sorted(missing):
            yield EventDays(parent=calendar, ical_uid=uid)

    def _lacks(self, record: Record) -> bool:
        from summitry.ical.reading.versions import LABELS

        return (
            any(label in record.labels for label in LABELS)
            and record.status != EventStatus.EVENT_STATUS_CANCELLED
            and not self._uids & {record.ical_uid, _DAY.sub("", record.ical_uid)}
        )
