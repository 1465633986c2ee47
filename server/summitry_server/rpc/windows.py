"""FindMeetingWindows: when people can meet, and what blocks the rest."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from typing import NamedTuple, TypeVar

from summitry.v1.agenda_service_pb2 import (
    Blocker,
    FindMeetingWindowsRequest,
    FindMeetingWindowsResponse,
    MeetingWindow,
)
from summitry.v1.error_reason_pb2 import ErrorReason
from summitry.zones import TzDb, Zone, day_window, rfc9557
from summitry_server.core import agenda
from summitry_server.core.attendees import Asked, asked
from summitry_server.core.duties import busy, duties, keys, whereabouts
from summitry_server.core.hours import DAY, DAY_MINUTES, MINUTE, closed
from summitry_server.core.presence import stays
from summitry_server.core.rules import calendar_of, invalid
from summitry_server.core.windows import Block, Window, windows
from summitry_server.limits import page_size
from summitry_server.refusals import RefusedError
from summitry_server.rpc.context import Backend, Call
from summitry_server.rpc.gathering import Gathered, Gatherer
from summitry_server.store import contract

T = TypeVar("T")

MOST_DAYS = 366
MOST_BLOCKERS = 1000
# What lies outside of the window and still reaches into it: a margin, the rest of a day of which
# a part is known, a day that other places call another.
AROUND = 4


class Question(NamedTuple):
    """A request made ready."""

    attendees: list[Asked]
    first: int  # civil days of the window
    last: int
    zone: Zone
    minutes: int
    margin: int
    possible: bool

    @property
    def span(self) -> tuple[int, int]:
        """The instants of the window."""
        return day_window(self.zone, self.first, self.last)

    @property
    def plan(self) -> agenda.Plan:
        """Where the store has to look."""
        first, last = self.first - AROUND, self.last + AROUND
        axis, instant = contract.Axis.LABEL, contract.Axis.INSTANT
        days = contract.Window(axis, first * DAY, (last + 1) * DAY, True)
        hours = contract.Window(instant, *day_window(self.zone, first, last), True)
        return agenda.Plan(days, hours, self.zone)


def find_meeting_windows(backend: Backend, request: FindMeetingWindowsRequest, call: Call) -> bytes:
    """A page of windows; what blocks the rest stands on the first."""
    calendar = calendar_of(request.parent, all_allowed=True)
    limit = page_size(request.page_size)
    question = _question(request, backend.db)
    token = request.page_token
    facets = dict.fromkeys(key for one in question.attendees for key in sorted(one.keys))
    with backend.store.read() as reader:
        after = backend.tokens.read(request, token, reader) if token else None
        gathered = Gatherer(reader, calendar, call.check).people(facets, question.plan)
        point = reader.point()
    call.check()
    found, blocks = _answer(question, gathered, backend.db)
    page = [window for window in found if after is None or window.start > after]
    zone = question.zone
    response = FindMeetingWindowsResponse(windows=[_window(one, zone) for one in page[:limit]])
    if after is None:
        response.blockers.extend(_blocker(block, zone) for block in blocks[:MOST_BLOCKERS])
    if len(page) > limit:
        response.next_page_token = backend.tokens.make(request, page[limit - 1].start, point)
    number = FindMeetingWindowsResponse.HEADER_FIELD_NUMBER
    return backend.answer(number, [response.SerializeToString()], point.revision)


def _question(request: FindMeetingWindowsRequest, db: TzDb) -> Question:
    minutes, margin = request.minutes, request.margin_minutes
    if not 1 <= minutes <= DAY_MINUTES:
        raise invalid("minutes", minutes, f"from 1 to {DAY_MINUTES}")
    if not 0 <= margin <= DAY_MINUTES:
        raise invalid("margin_minutes", margin, f"from 0 to {DAY_MINUTES}")
    if not request.HasField("window"):
        raise RefusedError(
            ErrorReason.ERROR_REASON_WINDOW_MISSING,
            "say between which days they have to meet: give window with a first_date and a zone",
            "window",
        )
    first, last, zone = agenda.civil_days(request.window, "window", db)
    if (length := last - first + 1) > MOST_DAYS:
        raise RefusedError(
            ErrorReason.ERROR_REASON_WINDOW_TOO_LONG,
            f"window.last_date: a window may have {MOST_DAYS} days, this has {length}",
            "window.last_date",
            limit=MOST_DAYS,
            length=length,
        )
    attendees = asked(request.attendees, zone, db)
    return Question(attendees, first, last, zone, minutes, margin, request.possible_blocks)


def _answer(question: Question, gathered: Gathered, db: TzDb) -> tuple[list[Window], list[Block]]:
    start, end = question.span
    records, events = gathered
    engaged, stayed = defaultdict(list), defaultdict(list)
    for record in records:
        for duty in duties(record, events, db):
            for key in duty.who:
                engaged[key].append(duty)
        for stay in stays(record, events, db):
            for key in keys(stay.person):
                stayed[key].append(stay)
    busy_times, closed_times = [], []
    for one in question.attendees:
        busy_times.append(busy(_of(one, engaged), one.home, question.possible, start, end))
        # A party is in many places at once: its hours are those of its own clock.
        zones = whereabouts(_of(one, stayed), db, start, end) if one.is_person else []
        closed_times.append(closed(one.hours, zones, one.home, start, end))
    span = Window(-(-start // MINUTE), end // MINUTE)
    return windows(busy_times, closed_times, span, question.minutes, question.margin)


def _of(one: Asked, found: Mapping[str, list[T]]) -> list[T]:
    """What is found under the keys of an attendee."""
    return [item for key in sorted(one.keys) for item in found.get(key, ())]


def _window(window: Window, zone: Zone) -> MeetingWindow:
    start, end = (rfc9557(minute * MINUTE, zone) for minute in window)
    return MeetingWindow(start=start, end=end, minutes=window.end - window.start)


def _blocker(block: Block, zone: Zone) -> Blocker:
    return Blocker(
        attendee=block.attendee,
        name=block.name,
        reason=block.reason,
        start=rfc9557(block.start * MINUTE, zone),
        end=rfc9557(block.end * MINUTE, zone),
    )
