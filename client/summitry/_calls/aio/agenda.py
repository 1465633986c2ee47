"""Questions about people: where they are, what cannot be, when they can meet.

    with Client() as client:
        for presence in client.locate(["xi-jinping"], first_date="2024-07-04"):
            print(presence.person, [place.region_code for place in presence.places])
        found = client.meeting_windows(
            [Attendee(person="xi-jinping", opens="09:00", closes="18:00"), Attendee(party="KZ")],
            first_date="2024-07-02", last_date="2024-07-06", time_zone="Asia/Almaty", minutes=45,
        )
        for window in found:
            print(window.start, window.end)

Both clients have these methods. Errors are those of `summitry.errors`.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Iterator, Sequence
from typing import Any

from summitry._calls.aio.paging import AsyncPaged, Paged
from summitry._calls.call import Call
from summitry._calls.methods import AGENDA
from summitry._calls.texts import as_texts
from summitry.names import ALL_CALENDARS
from summitry.v1.agenda_service_pb2 import (
    Attendee,
    Blocker,
    Conflict,
    ConflictKind,
    FindConflictsRequest,
    FindMeetingWindowsRequest,
    LocatePrincipalsRequest,
    MeetingWindow,
    Presence,
)
from summitry.v1.filter_pb2 import DateWindow, Filter, Matching, TimeWindow

DEFAULT_MINUTES = 30


class MeetingWindows(Paged[MeetingWindow]):
    """The windows in the order of time."""

    def blockers(self) -> Sequence[Blocker]:
        """What blocks the rest, in the order of time; the first 1,000."""
        blockers: Sequence[Blocker] = self._begun().blockers
        return blockers


class AsyncMeetingWindows(AsyncPaged[MeetingWindow]):
    """The windows in the order of time."""

    async def blockers(self) -> Sequence[Blocker]:
        """What blocks the rest, in the order of time; the first 1,000."""
        blockers: Sequence[Blocker] = (await self._begun()).blockers
        return blockers


def _located(
    persons: str | Iterable[str],
    parent: str,
    first_date: str,
    last_date: str,
    time_zone: str,
    possible: bool,
) -> Call[Presence]:
    matching = Matching.MATCHING_POSSIBLE if possible else Matching.MATCHING_CERTAIN
    days = DateWindow(first_date=first_date, last_date=last_date, time_zone=time_zone)
    request = LocatePrincipalsRequest(
        parent=parent, persons=as_texts(persons), window=TimeWindow(dates=days, matching=matching)
    )
    return Call(AGENDA["LocatePrincipals"], request, "presences")


def _conflicting(
    parent: str,
    first_date: str,
    last_date: str,
    time_zone: str,
    filter: Filter | None,
    kinds: Iterable[ConflictKind],
) -> Call[Conflict]:
    wanted = Filter()
    if filter is not None:
        wanted.CopyFrom(filter)
    if first_date:
        days = DateWindow(first_date=first_date, last_date=last_date, time_zone=time_zone)
        wanted.window.dates.CopyFrom(days)
    request = FindConflictsRequest(parent=parent, filter=wanted, kinds=kinds)
    return Call(AGENDA["FindConflicts"], request, "conflicts")


def _meeting(
    attendees: Iterable[Attendee], parent: str, window: DateWindow, **more: Any
) -> Call[MeetingWindow]:
    request = FindMeetingWindowsRequest(parent=parent, attendees=attendees, window=window, **more)
    return Call(AGENDA["FindMeetingWindows"], request, "windows")


class Questions:
    """The questions of `Client`."""

    _response: Callable[[Call[Any]], Any]

    def locate(
        self,
        persons: str | Iterable[str],
        parent: str = ALL_CALENDARS,
        *,
        first_date: str,
        last_date: str = "",
        time_zone: str = "UTC",
        possible: bool = False,
    ) -> Iterator[Presence]:
        """Return where people are from `first_date` to `last_date` (inclusive; "": the same day).

        Persons are ids, whole names or aliases; a plain string is one person. Of each, certain
        places come first, then those that are only possible, if these are asked for; then by time.
        Raises InvalidArgumentError for a person whom nobody knows, with the nearest names.
        """
        call = _located(persons, parent, first_date, last_date, time_zone, possible)
        return Paged(self._response, call)

    def conflicts(
        self,
        parent: str = ALL_CALENDARS,
        *,
        first_date: str = "",
        last_date: str = "",
        time_zone: str = "UTC",
        filter: Filter | None = None,
        kinds: Iterable[ConflictKind] = (),
    ) -> Iterator[Conflict]:
        """What cannot all be true of what is on from `first_date` to `last_date` (inclusive).

        No kinds are all kinds. `filter` chooses the records that are compared; its window holds
        when `first_date` is "".
        """
        call = _conflicting(parent, first_date, last_date, time_zone, filter, kinds)
        return Paged(self._response, call)

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
    ) -> MeetingWindows:
        """Every maximal window of `minutes` or more in which all attendees can meet.

        Days are those of `time_zone`, the last inclusive, at most 366; `margin_minutes` stay free
        before and after what people do. `blockers()` of the answer says what stands against the
        rest. docs/windows.md has the rules.
        """
        days = DateWindow(first_date=first_date, last_date=last_date, time_zone=time_zone)
        more = {"minutes": minutes, "margin_minutes": margin_minutes}
        call = _meeting(attendees, parent, days, possible_blocks=possible_blocks, **more)
        return MeetingWindows(self._response, call)


class AsyncQuestions:
    """The questions of `AsyncClient`. What they mean: see `Questions`."""

    _response: Callable[[Call[Any]], Awaitable[Any]]

    def locate(
        self,
        persons: str | Iterable[str],
        parent: str = ALL_CALENDARS,
        *,
        first_date: str,
        last_date: str = "",
        time_zone: str = "UTC",
        possible: bool = False,
    ) -> AsyncIterator[Presence]:
        """See `Questions.locate`."""
        call = _located(persons, parent, first_date, last_date, time_zone, possible)
        return AsyncPaged(self._response, call)

    def conflicts(
        self,
        parent: str = ALL_CALENDARS,
        *,
        first_date: str = "",
        last_date: str = "",
        time_zone: str = "UTC",
        filter: Filter | None = None,
        kinds: Iterable[ConflictKind] = (),
    ) -> AsyncIterator[Conflict]:
        """See `Questions.conflicts`."""
        call = _conflicting(parent, first_date, last_date, time_zone, filter, kinds)
        return AsyncPaged(self._response, call)

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
        """See `Questions.meeting_windows`; `blockers()` is awaited."""
        days = DateWindow(first_date=first_date, last_date=last_date, time_zone=time_zone)
        more = {"minutes": minutes, "margin_minutes": margin_minutes}
        call = _meeting(attendees, parent, days, possible_blocks=possible_blocks, **more)
        return AsyncMeetingWindows(self._response, call)
