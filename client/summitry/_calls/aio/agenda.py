"""Questions about days and people: what is on, who is where, what conflicts, when to meet.

async with AsyncClient() as client:
    async for presence in client.locate(["xi-jinping"], first_date="2024-07-04"):
        print(presence.person, [place.region_code for place in presence.places])
    windows = client.meeting_windows(
        [Attendee(person="xi-jinping", opens=TimeOfDay(hours=9)), Attendee(party="KZ")],
        first_date="2024-07-02", last_date="2024-07-06", time_zone="Asia/Almaty", minutes=45,
    )
    async for window in windows:
        print(window.start, window.end)
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable, Sequence

from summitry._calls.aio.connection import AsyncConnection
from summitry._calls.aio.paging import AsyncPages
from summitry._calls.as_of import When
from summitry._calls.requests import agenda as requests
from summitry._calls.requests.lists import counted, total_of
from summitry.names import ALL_CALENDARS
from summitry.v1.agenda_service_pb2 import (
    AgendaItem,
    Attendee,
    Blocker,
    Conflict,
    ConflictKind,
    MeetingWindow,
    Presence,
)
from summitry.v1.filter_pb2 import DateWindow, Filter, TimeWindow

DEFAULT_MINUTES = 30


class AsyncMeetingWindows(AsyncPages[MeetingWindow]):
    """The windows in the order of time."""

    async def blockers(self) -> Sequence[Blocker]:
        """Return the first 1,000 commitments of attendees outside of the windows, by time."""
        page = await self._first_page()
        blockers: Sequence[Blocker] = page.blockers
        return blockers


class AsyncAgenda(AsyncConnection):
    """Questions about days and people."""

    def agenda(
        self,
        parent: str = ALL_CALENDARS,
        *,
        first_date: str = "",
        last_date: str = "",
        time_zone: str = "UTC",
        filter: Filter | None = None,
        window: TimeWindow | None = None,
        page_size: int = 0,
        as_of: When = None,
        order_by: str = "",
        basic: bool = False,
    ) -> AsyncIterator[AgendaItem]:
        """Iterate over the events from `first_date` to `last_date` (inclusive; "": the same day).

        Days and times are those of `time_zone`. `window` may say how dates and possible times
        match, and gives the days itself when `first_date` is "". `as_of` is a snapshot or a time:
        the events as they were known then. `order_by` "time desc" begins with the last event;
        `basic` asks for what a list shows of each record alone (RECORD_VIEW_BASIC).
        """
        span = requests.with_days(window, first_date, last_date, time_zone)
        return self._items(
            requests.query(parent, span, time_zone, filter, page_size, as_of, order_by, basic)
        )

    async def count_agenda(
        self,
        parent: str = ALL_CALENDARS,
        *,
        first_date: str = "",
        last_date: str = "",
        time_zone: str = "UTC",
        filter: Filter | None = None,
        window: TimeWindow | None = None,
        as_of: When = None,
    ) -> int | None:
        """Return how many events `agenda` has with these arguments; None for more than 10,000."""
        span = requests.with_days(window, first_date, last_date, time_zone)
        call = requests.query(parent, span, time_zone, filter, when=as_of)
        return total_of(await self._answer(counted(call)))

    def locate(
        self,
        persons: str | Iterable[str],
        parent: str = ALL_CALENDARS,
        *,
        first_date: str,
        last_date: str = "",
        time_zone: str = "UTC",
        possible: bool = False,
        as_of: When = None,
    ) -> AsyncIterator[Presence]:
        """Iterate over where people are from `first_date` to `last_date` (inclusive; "": the same).

        Persons are ids, whole names or aliases; a plain string is one person. For each person
        certain places come first, then, with `possible`, those that are only possible; then by
        time. `as_of` is a snapshot or a time. Raises InvalidArgumentError for a person that no
        record names, with the nearest names.
        """
        return self._items(
            requests.locate(persons, parent, first_date, last_date, time_zone, possible, as_of)
        )

    def conflicts(
        self,
        parent: str = ALL_CALENDARS,
        *,
        first_date: str = "",
        last_date: str = "",
        time_zone: str = "UTC",
        filter: Filter | None = None,
        window: TimeWindow | None = None,
        kinds: Iterable[ConflictKind] = (),
        as_of: When = None,
    ) -> AsyncIterator[Conflict]:
        """Iterate over contradictions between records, `first_date` to `last_date` (inclusive).

        No kinds are all kinds. `filter` chooses the records that are compared; `window` gives the
        days when `first_date` is "". `as_of` is a snapshot or a time.
        """
        span = requests.with_days(window, first_date, last_date, time_zone)
        return self._items(requests.find_conflicts(parent, span, filter, kinds, as_of))

    def meeting_windows(
        self,
        attendees: Iterable[Attendee],
        parent: str = ALL_CALENDARS,
        *,
        first_date: str,
        last_date: str = "",
        time_zone: str = "UTC",
        minutes: int = DEFAULT_MINUTES,
        margin_minutes: int = 0,
        possible_blocks: bool = False,
    ) -> AsyncMeetingWindows:
        """Iterate over the maximal windows of `minutes` or more in which all attendees can meet.

        Days are those of `time_zone`, the last inclusive, at most 366; `margin_minutes` stay free
        before and after each engagement. `blockers()` of the answer gives what blocks the rest.
        docs/meeting-windows.md has the rules.
        """
        days = DateWindow(first_date=first_date, last_date=last_date, time_zone=time_zone)
        call = requests.find_meeting_windows(
            attendees, parent, days, minutes, margin_minutes, possible_blocks
        )
        return AsyncMeetingWindows(self._respond, call)
