"""AgendaService: what is on."""

from __future__ import annotations

from collections.abc import Mapping

from google.protobuf.descriptor import ServiceDescriptor

from summitry.kinds import BY_NUMBER
from summitry.v1.agenda_service_pb2 import AgendaItem, QueryAgendaRequest, QueryAgendaResponse
from summitry.v1.error_reason_pb2 import ErrorReason
from summitry.v1.filter_pb2 import Matching
from summitry.v1.record_pb2 import RecordHeader
from summitry.zones import Zone, ZoneError, rfc9557
from summitry_server import wire
from summitry_server.core import agenda
from summitry_server.core.facets import condition_of
from summitry_server.core.rules import calendar_of
from summitry_server.core.times import refused
from summitry_server.limits import page_size
from summitry_server.refusals import RefusedError
from summitry_server.rpc.context import Backend, Call, Rpc

FIELDS = {
    number: AgendaItem.DESCRIPTOR.fields_by_name[kind.singular].number
    for number, kind in BY_NUMBER.items()
    if kind.singular in AgendaItem.DESCRIPTOR.fields_by_name
}
# The enum field `matching`, ready as bytes: tag, value.
MATCHING = {
    True: bytes((AgendaItem.MATCHING_FIELD_NUMBER << 3, Matching.MATCHING_CERTAIN)),
    False: bytes((AgendaItem.MATCHING_FIELD_NUMBER << 3, Matching.MATCHING_POSSIBLE)),
}


class AgendaService:
    """Answers over all kinds of records."""

    def __init__(self, service: ServiceDescriptor, backend: Backend) -> None:
        self.service = service
        self.backend = backend

    def methods(self) -> Mapping[str, Rpc]:
        """The rpcs of the service by name."""
        return {"QueryAgenda": self.query_agenda}

    def query_agenda(self, request: QueryAgendaRequest, call: Call) -> bytes:
        """A page of what is on in a window, spliced from stored bytes."""
        calendar = calendar_of(request.parent, all_allowed=True)
        limit = page_size(request.page_size)
        if not request.filter.HasField("window"):
            raise RefusedError(
                ErrorReason.ERROR_REASON_WINDOW_MISSING,
                "an agenda needs a window: give filter.window.dates with a first_date and a zone",
                "filter.window",
            )
        plan = agenda.plan(request.filter.window, "filter.window", self.backend.db)
        zone = self._viewer(request)
        token = request.page_token
        after = agenda.Position(*self.backend.tokens.read(request, token)) if token else None
        condition = condition_of(request.filter)
        with self.backend.store.read() as reader:
            items = agenda.page(plan, reader, calendar, condition, after, limit + 1)
            revision = reader.revision
        parts = [_encode(item, zone) for item in items[:limit]]
        if len(items) > limit:
            next_token = self.backend.tokens.make(request, items[limit - 1].position)
            parts.append(wire.text(2, next_token))
        return self.backend.answer(QueryAgendaResponse.HEADER_FIELD_NUMBER, parts, revision)

    def _viewer(self, request: QueryAgendaRequest) -> Zone:
        key = request.time_zone or request.filter.window.dates.time_zone or "UTC"
        try:
            return self.backend.db.zone(key)
        except ZoneError as error:
            raise refused(error, "time_zone") from error


def _encode(item: agenda.Item, zone: Zone) -> bytes:
    found = item.found
    start, end = _texts(item, zone)
    content = b"".join(
        (
            wire.refield(FIELDS[found.kind], found.frame),
            wire.text(AgendaItem.VIEWER_START_FIELD_NUMBER, start),
            wire.text(AgendaItem.VIEWER_END_FIELD_NUMBER, end),
            MATCHING[found.certain],
        )
    )
    return wire.frame(1, content)


def _texts(item: agenda.Item, zone: Zone) -> tuple[str, str]:
    """Start and end as the viewer reads them: hours in their zone, days as stored."""
    found = item.found
    if item.position.rank == agenda.DAYS:
        resolved = wire.unframe(RecordHeader, found.frame).time.resolved
        return resolved.start_text, resolved.end_text
    # A moment without an end lies on the axis as one second (core/spans.py).
    end = rfc9557(found.end, zone) if found.end > found.start + 1 else ""
    return rfc9557(found.start, zone), end
