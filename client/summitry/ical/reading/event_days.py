"""The days that the events of a file have, by which stored ones are known to be gone."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple, TypeAlias

from summitry.fields import Fields


class ReadEventDays(NamedTuple):
    """The days of an event that was read: those that could not be read are among them."""

    position: int  # of the event in the file, from 1
    uid: str
    days: Sequence[str]  # as in the uids of the records; "" for an event that does not recur
    labels: Fields  # of its version
    is_cancelled: bool = False  # by the method of the file (RFC 5546 3.2.5)
    first_date: str = ""  # that was read, as 2024-04-01; "" if all were
    last_date: str = ""

    def fields(self, calendar: str) -> Fields:
        """Return the message EventDays as protobuf JSON."""
        return {
            "parent": calendar,
            "ical_uid": self.uid,
            "days": [*self.days],
            "version_labels": self.labels,
            "cancelled": self.is_cancelled,
            "first_date": self.first_date,
            "last_date": self.last_date,
        }


OnDays: TypeAlias = Callable[[ReadEventDays], None]


def ignore_days(days: ReadEventDays) -> None:
    """Drop the days of an event."""
