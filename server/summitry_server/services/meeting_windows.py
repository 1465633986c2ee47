"""FindMeetingWindows: the times at which people can meet, and what blocks the rest."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from itertools import islice
from typing import NamedTuple, TypeVar

from google.protobuf.duration_pb2 import Duration
from google.protobuf.timestamp_pb2 import Timestamp

from summitry.v1.agenda_service_pb2 import (
    Blocker,
    FindMeetingWindowsRequest,
    FindMeetingWindowsResponse,
    MeetingWindow,
)
from summitry.v1.error_reason_pb2 import ErrorReason
from summitry.v1.event_time_pb2 import TimeInterval
from summitry.v1.filter_pb2 import DateWindow, TimeWindow
from summitry.zones import TzDb, Zone, day_window, format_date, rfc9557
from summitry.zones.civil import END_WALL, FIRST_WALL
from summitry_server.context import Backend, Call
from summitry_server.domain.names import calendar_of
from summitry_server.domain.people.attendees import CheckedAttendee, check_attendees
from summitry_server.domain.people.engagements import (
    EngagedTime,
    busy,
    engagements,
    keys,
    zone_stays,
)
from summitry_server.domain.people.hours import DAY, DAY_MINUTES, MINUTE, closed
from summitry_server.domain.people.meeting_windows import Block, FreeWindow, windows
from summitry_server.domain.people.presence import Stay, stays
from summitry_server.domain.search import agenda
from summitry_server.services.known_names import Names
from summitry_server.services.prepared_answers import Prepared, question_key
from summitry_server.services.related_records import Gatherer
from summitry_server.store import contract
from summitry_server.wire.limits import MOST_PARTS, page_size
from summitry_server.wire.refusals import ALONE, RefusedError, invalid, too_many

T = TypeVar("T")

MOST_DAYS = 366
MOST_BLOCKERS = 1000
ITEM_BYTES = 200  # of a window or a blocker in memory
# Days to look at before and after the window: events outside of it can block time within it, by
# their margin, by the rest of a day of which only a part is known, and by a date that is another
# one in other zones.
AROUND = 4


class Question(NamedTuple):
    """A request, checked and converted."""

    attendees: list[CheckedAttendee]
    first: int  # civil days of the window
    last: int
    zone: Zone
    minutes: int
    margin: int
    possible: bool

    @property
    def span(self) -> tuple[int, int]:
        """Return the instants of the window."""
        return day_window(self.zone, self.first, self.last)

    @property
    def plan(self) -> agenda.Plan:
        """Return the windows that the store must be queried for."""
        first, last = self.first - AROUND, self.last + AROUND
        axis, instant = contract.Axis.LABEL, contract.Axis.INSTANT
        days = contract.Window(axis, first * DAY, (last + 1) * DAY, True)
        hours = contract.Window(instant, *day_window(self.zone, first, last), True)
        return agenda.Plan(days, hours, self.zone)


class FreeWindows(NamedTuple):
    """The whole answer, of which pages show a part."""

    windows: list[FreeWindow]
    blocks: list[Block]  # the first of them


def find_meeting_windows(
    backend: Backend, prepared: Prepared, request: FindMeetingWindowsRequest, call: Call
) -> bytes:
    """Return a page of windows; the first page also has the blockers."""
    calendar = calendar_of(request.parent, all_allowed=True)
    limit = page_size(request.page_size)
    question = _question(request, backend.db)
    token = request.page_token
    with backend.store.read() as reader:
        after = backend.tokens.read(request, token, reader) if token else None
        point = reader.point()

        def answer_and_size() -> tuple[FreeWindows, int]:
            names = Names(prepared, reader, calendar, call)
            answer = _answer(question, Gatherer(reader, calendar, call.check), names, backend.db)
            return answer, ITEM_BYTES * (len(answer.windows) + len(answer.blocks))

        answer = prepared.get(question_key(request, call), point, answer_and_size)
    page = [window for window in answer.windows if after is None or window.start > after]
    zone = question.zone
    response = FindMeetingWindowsResponse(
        windows=[_window(window, zone) for window in page[:limit]]
    )
    if after is None:
        response.blockers.extend(_blocker(block, zone) for block in answer.blocks)
    if len(page) > limit:
        response.next_page_token = backend.tokens.make(request, page[limit - 1].start, point)
    return backend.answer([response.SerializeToString()], point)


def _question(request: FindMeetingWindowsRequest, db: TzDb) -> Question:
    minutes = _minutes(request.duration, "duration", 1)
    margin = _minutes(request.margin, "margin", 0)
    if not request.HasField("window"):
        raise RefusedError(
            ErrorReason.ERROR_REASON_WINDOW_MISSING,
            "say between which days they have to meet: give window.dates with a first_date "
            "and a zone",
            "window",
            lead=ALONE,
        )
    first, last, zone = _days(_dates(request.window), db)
    if (length := last - first + 1) > MOST_DAYS:
        raise RefusedError(
            ErrorReason.ERROR_REASON_WINDOW_TOO_LONG,
            f"a window may have {MOST_DAYS} days, this has {length}",
            "window.dates.last_date",
            limit=MOST_DAYS,
            length=length,
        )
    _check_years(first, last)
    attendees = check_attendees(request.attendees, zone, db)
    return Question(attendees, first, last, zone, minutes, margin, request.possible_blocks)


def _minutes(duration: Duration, path: str, least: int) -> int:
    """Return the minutes of a duration. Raises RefusedError if they are not whole or too many."""
    minutes, rest = divmod(duration.seconds, MINUTE)
    if rest or duration.nanos or not least <= minutes <= DAY_MINUTES:
        text = f"{duration.seconds + duration.nanos / 10**9:g}s"
        raise invalid(path, text, f"whole minutes, from {least * MINUTE}s to {DAY}s")
    return int(minutes)


def _dates(window: TimeWindow) -> DateWindow:
    if window.WhichOneof("span") == "instants":
        raise invalid("window.instants", "a window of instants", "civil days: give window.dates")
    for field in ("date_matching", "matching"):
        if value := getattr(window, field):
            raise invalid(f"window.{field}", value, "unset: say possible_blocks")
    return window.dates


def _days(dates: DateWindow, db: TzDb) -> tuple[int, int, Zone]:
    first, last, zone = agenda.civil_days(dates, "window.dates", db)
    if first is None or last is None:
        open_end = "open_start" if first is None else "open_end"
        raise invalid(f"window.dates.{open_end}", True, "false: give the first and the last day")
    return first, last, zone


def _check_years(first: int, last: int) -> None:
    """Raise RefusedError for days outside of the years for which hours are known."""
    for name, day in (("first_date", first), ("last_date", last)):
        if not FIRST_WALL <= day * DAY < END_WALL:
            expected = "a day of the years 1900 to 2200"
            raise invalid(f"window.dates.{name}", format_date(day), expected)


def _answer(question: Question, gatherer: Gatherer, names: Names, db: TzDb) -> FreeWindows:
    """Return when the attendees can meet. Raises RefusedError for one whom nobody knows."""
    start, end = question.span
    attendees = [
        names.party(attendee) if not attendee.is_person else attendee
        for attendee in question.attendees
    ]
    records = _Records(attendees, gatherer, question.plan, db)
    busy_times, closed_times = [], []
    for attendee in attendees:
        gatherer.check()
        engaged, stayed = records.of(attendee)
        if not engaged and not stayed:
            names.check(attendee)
        blocking = busy(engaged, attendee.home, question.possible, start, end)
        busy_times.append(_bounded(blocking, MOST_PARTS, "times at which attendees are busy"))
        # A party is in many places at once: its hours are those of its own clock.
        zones = zone_stays(stayed, db, start, end) if attendee.is_person else []
        closed_times.append(closed(attendee.hours, zones, attendee.home, start, end))
    span = FreeWindow(-(-start // MINUTE), end // MINUTE)
    free_windows, blocks = windows(
        busy_times, closed_times, span, question.minutes, question.margin
    )
    return FreeWindows(free_windows, blocks[:MOST_BLOCKERS])


class _Records:
    """The engagements and stays of attendees, by the facets that find these."""

    def __init__(
        self, attendees: Iterable[CheckedAttendee], gatherer: Gatherer, plan: agenda.Plan, db: TzDb
    ) -> None:
        requested_keys = frozenset(key for attendee in attendees for key in attendee.keys)
        self._engaged: dict[str, list[EngagedTime]] = defaultdict(list)
        self._stayed: dict[str, list[Stay]] = defaultdict(list)
        self._part_count = 0
        records, events = gatherer.people(sorted(requested_keys), plan)
        for record in gatherer.checked(records):
            for engagement in engagements(record, events, db, requested_keys):
                for key in engagement.facets:
                    self._engaged[key].append(engagement)
            for stay in stays(record, events, db, lambda person: keys(person) & requested_keys):
                for key in keys(stay.person) & requested_keys:
                    self._stayed[key].append(stay)

    def of(self, attendee: CheckedAttendee) -> tuple[list[EngagedTime], list[Stay]]:
        """Return engagements and stays of an attendee. Raises RefusedError beyond a limit."""
        engaged = [
            engagement for key in sorted(attendee.keys) for engagement in self._engaged.get(key, ())
        ]
        stayed = [stay for key in sorted(attendee.keys) for stay in self._stayed.get(key, ())]
        # Counted for each attendee: the same person may be asked for many times.
        self._part_count += len(engaged) + len(stayed)
        if self._part_count > MOST_PARTS:
            raise too_many("parts of records", MOST_PARTS)
        return engaged, stayed


def _bounded(items: Iterable[T], limit: int, noun: str) -> list[T]:
    bounded = list(islice(items, limit + 1))
    if len(bounded) > limit:
        raise too_many(noun, limit)
    return bounded


def _window(window: FreeWindow, zone: Zone) -> MeetingWindow:
    start, end = (rfc9557(minute * MINUTE, zone) for minute in window)
    seconds = (window.end - window.start) * MINUTE
    return MeetingWindow(
        start=start,
        end=end,
        duration=Duration(seconds=seconds),
        interval=_interval(window.start, window.end),
    )


def _interval(start: int, end: int) -> TimeInterval:
    """Return the instants of two minutes."""
    return TimeInterval(
        start_time=Timestamp(seconds=start * MINUTE), end_time=Timestamp(seconds=end * MINUTE)
    )


def _blocker(block: Block, zone: Zone) -> Blocker:
    return Blocker(
        attendee=block.attendee,
        name=block.name,
        reason=block.reason,
        start=rfc9557(block.start * MINUTE, zone),
        end=rfc9557(block.end * MINUTE, zone),
        interval=_interval(block.start, block.end),
    )
