"""What a feed server asks of the place where calendars are kept."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple, Protocol

from summitry.kinds import Record
from summitry.v1.calendar_pb2 import Calendar


class FeedState(NamedTuple):
    """How far a calendar has come: enough to validate a feed without reading it.

    Any change of what a feed would show must change a field; then `modified` must not go back,
    not even when records are deleted.
    """

    revision: int  # of the calendar; rises with each change, deletions included
    modified: int  # epoch seconds of that change
    store_id: str  # differs after a restore
    tzdb_version: str  # of the time zone data that resolved the records
    variant: str = ""  # whatever else decides what is shown, such as which embargoes have ended


class FeedContent(NamedTuple):
    """The records of a calendar, all read from the snapshot that `state` dates."""

    state: FeedState
    calendar: Calendar
    records: Sequence[Record]  # public, live, not under embargo; in any order


class FeedListing(NamedTuple):
    """A line of the list of feeds."""

    calendar_id: str  # last part of the resource name: "astana-2024"
    title: str
    revision: int


class FeedSource(Protocol):
    """Where a feed server reads. Methods raise freely: the answer is then 503, and logged."""

    def state(self, calendar_id: str) -> FeedState | None:
        """How far the calendar has come; None when there is none, or it is not public.

        Called on the event loop for each request, so it must answer at once.
        """

    def load(self, calendar_id: str) -> FeedContent | None:
        """Everything that the feed shows; called in a thread, once per state and options."""

    def calendars(self) -> Sequence[FeedListing]:
        """The public calendars in the order of their ids; called in a thread."""
