"""Requests of AgendaService: days, people, conflicts and times to meet."""

from __future__ import annotations

from collections.abc import Iterable

from google.protobuf.duration_pb2 import Duration

from summitry._calls.as_of import When, to_as_of
from summitry._calls.call import PreparedCall
from summitry._calls.methods import AGENDA
from summitry._calls.requests.lists import to_view
from summitry._calls.texts import as_texts
from summitry.v1.agenda_service_pb2 import (
    AgendaItem,
    Attendee,
    Conflict,
    ConflictKind,
    FindConflictsRequest,
    FindMeetingWindowsRequest,
    LocatePrincipalsRequest,
    MeetingWindow,
    Presence,
    QueryAgendaRequest,
)
from summitry.v1.filter_pb2 import DateWindow, Filter, MatchCertainty, TimeWindow


def query(
    parent: str,
    window: TimeWindow | None,
    time_zone: str = "UTC",
    filter: Filter | None = None,
    page_size: int = 0,
    when: When = None,
    order_by: str = "",
    basic: bool = False,
) -> PreparedCall[AgendaItem]:
    """Return the call for the first page of the events in a window, in the times of a zone."""
    request = QueryAgendaRequest(
        parent=parent,
        window=window,
        filter=filter,
        time_zone=time_zone,
        page_size=page_size,
        as_of=to_as_of(when),
        order_by=order_by,
        view=to_view(basic),
    )
    return PreparedCall(AGENDA["QueryAgenda"], request, "items")


def locate(
    persons: str | Iterable[str],
    parent: str,
    first_date: str,
    last_date: str,
    time_zone: str,
    possible: bool,
    when: When = None,
) -> PreparedCall[Presence]:
    """Return the call for the first page of where people are."""
    matching = (
        MatchCertainty.MATCH_CERTAINTY_POSSIBLE
        if possible
        else MatchCertainty.MATCH_CERTAINTY_CERTAIN
    )
    days = DateWindow(first_date=first_date, last_date=last_date, time_zone=time_zone)
    request = LocatePrincipalsRequest(
        parent=parent,
        persons=as_texts(persons),
        window=TimeWindow(dates=days, matching=matching),
        as_of=to_as_of(when),
    )
    return PreparedCall(AGENDA["LocatePrincipals"], request, "presences")


def find_conflicts(
    parent: str,
    window: TimeWindow | None,
    filter: Filter | None,
    kinds: Iterable[ConflictKind],
    when: When = None,
) -> PreparedCall[Conflict]:
    """Return the call for the first page of conflicts."""
    request = FindConflictsRequest(
        parent=parent, window=window, filter=filter, kinds=kinds, as_of=to_as_of(when)
    )
    return PreparedCall(AGENDA["FindConflicts"], request, "conflicts")


def find_meeting_windows(
    attendees: Iterable[Attendee],
    parent: str,
    window: DateWindow,
    minutes: int,
    margin_minutes: int,
    possible_blocks: bool,
) -> PreparedCall[MeetingWindow]:
    """Return the call for the first page of windows in which attendees can meet."""
    request = FindMeetingWindowsRequest(
        parent=parent,
        attendees=attendees,
        window=TimeWindow(dates=window),
        duration=Duration(seconds=minutes * 60),
        margin=Duration(seconds=margin_minutes * 60),
        possible_blocks=possible_blocks,
    )
    return PreparedCall(AGENDA["FindMeetingWindows"], request, "windows")


def with_days(
    window: TimeWindow | None, first_date: str, last_date: str, time_zone: str
) -> TimeWindow | None:
    """Return a window of the given days, which matches as `window` does.

    Without a `first_date` it has the span of `window`; without both there is none.
    """
    if window is None and not first_date:
        return None
    days = TimeWindow()
    if window is not None:
        days.CopyFrom(window)
    if first_date:
        dates = DateWindow(first_date=first_date, last_date=last_date, time_zone=time_zone)
        days.dates.CopyFrom(dates)
    return days
