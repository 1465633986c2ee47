"""AgendaService: what is on."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache, partial

from google.protobuf.descriptor import ServiceDescriptor

from summitry.standing import former_time
from summitry.v1.agenda_service_pb2 import AgendaItem, QueryAgendaRequest
from summitry.v1.error_reason_pb2 import ErrorReason
from summitry.v1.event_time_pb2 import EventTime
from summitry.v1.filter_pb2 import MatchCertainty
from summitry.v1.record_pb2 import RecordHeader
from summitry.zones import Zone, ZoneError, rfc9557
from summitry_server.context import Backend, Call, Rpc
from summitry_server.domain.changes.encoding import any_record_field
from summitry_server.domain.names import calendar_of
from summitry_server.domain.search import agenda
from summitry_server.domain.search.facets import condition_of
from summitry_server.domain.search.orders import TIME, order_of
from summitry_server.domain.time.times import to_refusal
from summitry_server.services.as_of import state_of
from summitry_server.services.conflicts import find_conflicts
from summitry_server.services.listings import ByTime, View, answer_list, view_of
from summitry_server.services.meeting_windows import find_meeting_windows
from summitry_server.services.prepared_answers import Prepared
from summitry_server.services.presence import locate_principals
from summitry_server.store.contract import WindowMatch
from summitry_server.wire import frames as wire
from summitry_server.wire.limits import KIB
from summitry_server.wire.refusals import ALONE, RefusedError

RECORD = AgendaItem.RECORD_FIELD_NUMBER
VIEWER_START = AgendaItem.VIEWER_START_FIELD_NUMBER
VIEWER_END = AgendaItem.VIEWER_END_FIELD_NUMBER
# The enum field `matching`, ready as bytes: tag, value.
MATCHING = {
    True: bytes((AgendaItem.MATCHING_FIELD_NUMBER << 3, MatchCertainty.MATCH_CERTAINTY_CERTAIN)),
    False: bytes((AgendaItem.MATCHING_FIELD_NUMBER << 3, MatchCertainty.MATCH_CERTAINTY_POSSIBLE)),
}
# Bytes of memory for answers that are kept from page to page of questions about people.
PREPARED = 64 * KIB * KIB
# Items that are cached, 16 MiB of small records at most: twice the bytes of each.
ITEMS, MOST_CACHED = 4096, 2 * KIB

# The field `former_time`, true.
FORMER_TIME = bytes((AgendaItem.FORMER_TIME_FIELD_NUMBER << 3, 1))


class AgendaService:
    """Answers over all kinds of records."""

    def __init__(self, service: ServiceDescriptor, backend: Backend) -> None:
        self.service = service
        self.backend = backend
        self._prepared = Prepared(PREPARED)

    def methods(self) -> Mapping[str, Rpc]:
        """Return the rpcs of the service by name."""
        return {
            "QueryAgenda": self.query_agenda,
            "LocatePrincipals": partial(locate_principals, self.backend, self._prepared),
            "FindConflicts": partial(find_conflicts, self.backend, self._prepared),
            "FindMeetingWindows": partial(find_meeting_windows, self.backend, self._prepared),
        }

    def query_agenda(self, request: QueryAgendaRequest, call: Call) -> bytes:
        """Return a page of the events in a window, composed of stored bytes."""
        calendar = calendar_of(request.parent, all_allowed=True)
        if not request.HasField("window"):
            raise RefusedError(
                ErrorReason.ERROR_REASON_WINDOW_MISSING,
                "an agenda needs a window: give window.dates with a first_date and a zone",
                "window",
                lead=ALONE,
            )
        plan = agenda.plan(request.window, "window", self.backend.db)
        zone, view = self._viewer(request), view_of(request)
        order = order_of(request.order_by, (TIME,))
        condition = condition_of(request.filter)
        with state_of(self.backend, request) as state:
            events = agenda.AgendaQuery(plan, state.records, calendar, condition, order.descending)
            listing = ByTime(events, partial(_encode, zone, view))
            return answer_list(self.backend, request, call.check, state, listing)

    def _viewer(self, request: QueryAgendaRequest) -> Zone:
        key = request.time_zone or request.window.dates.time_zone or "UTC"
        try:
            return self.backend.db.zone(key)
        except ZoneError as error:
            raise to_refusal(error, "time_zone") from error


def _encode(zone: Zone, view: View, item: agenda.AgendaMatch) -> bytes:
    is_small = len(item.match.frame) <= MOST_CACHED
    make = _cached_item if is_small else _item
    return make(item.match, None if item.rank == agenda.DAYS else zone, view)


def _item(match: WindowMatch, zone: Zone | None, view: View) -> bytes:
    """Return an item, with hours as they are in a zone; None: it has days."""
    header = wire.unframe(RecordHeader, match.frame)
    former = former_time(header)
    texts = _days(former or header.time) if zone is None else _hours(match.start, match.end, zone)
    frame = match.frame if view is None else view(match.frame)
    record = any_record_field(RECORD, match.kind, match.name, frame)
    mark = b"" if former is None else FORMER_TIME
    return wire.frame(1, record + texts + MATCHING[match.certain] + mark)


# All that an item shows is in the arguments, the frame included, so no entry is ever out of date.
_cached_item = lru_cache(maxsize=ITEMS)(_item)


def _days(time: EventTime) -> bytes:
    """Return days and partial dates as stored, whatever the zone of the viewer."""
    return _texts(time.resolved.start_text, time.resolved.end_text)


@lru_cache(maxsize=65_536)
def _hours(start: int, end: int, zone: Zone) -> bytes:
    """Return hours as the clock of the viewer shows them.

    Cached, since most requests ask for the same few hours in the same few zones.
    """
    # A moment without an end lies on the axis as one second (domain/time/spans.py).
    return _texts(rfc9557(start, zone), rfc9557(end, zone) if end > start + 1 else "")


def _texts(start: str, end: str) -> bytes:
    return wire.text(VIEWER_START, start) + wire.text(VIEWER_END, end)
