"""FindConflicts: what cannot all be true, among the records of a window."""

from __future__ import annotations

from summitry.kinds import DELEGATION, Record
from summitry.v1.agenda_service_pb2 import FindConflictsRequest, FindConflictsResponse
from summitry.v1.error_reason_pb2 import ErrorReason
from summitry_server.core import agenda
from summitry_server.core.conflicts import Case, Place, conflicts
from summitry_server.core.facets import condition_of
from summitry_server.core.presence import needed
from summitry_server.core.rules import calendar_of
from summitry_server.limits import page_size
from summitry_server.refusals import RefusedError
from summitry_server.rpc.context import Backend, Call
from summitry_server.rpc.gathering import in_window, of_kind, references
from summitry_server.store.contract import Condition, Reader


def find_conflicts(backend: Backend, request: FindConflictsRequest, call: Call) -> bytes:
    """A page of the conflicts of a window."""
    calendar = calendar_of(request.parent, all_allowed=True)
    limit = page_size(request.page_size)
    if not request.filter.HasField("window"):
        raise RefusedError(
            ErrorReason.ERROR_REASON_WINDOW_MISSING,
            "conflicts are looked for in a window: give filter.window.dates with a first_date "
            "and a zone",
            "filter.window",
        )
    plan = agenda.plan(request.filter.window, "filter.window", backend.db)
    condition = condition_of(request.filter)
    token, after = request.page_token, None
    with backend.store.read() as reader:
        if token:
            after = Place(*backend.tokens.read(request, token, reader))
        records = _records(reader, calendar, condition, plan)
        case = Case(records, references(reader, records), backend.db)
        point = reader.point()
    call.check()
    found = conflicts(case, request.kinds)
    page = [item for item in found.items() if after is None or item[0] > after]
    response = FindConflictsResponse(conflicts=[conflict for _, conflict in page[:limit]])
    if len(page) > limit:
        response.next_page_token = backend.tokens.make(request, page[limit - 1][0], point)
    number = FindConflictsResponse.HEADER_FIELD_NUMBER
    return backend.answer(number, [response.SerializeToString()], point.revision)


def _records(
    reader: Reader, calendar: str | None, condition: Condition, plan: agenda.Plan
) -> list[Record]:
    """What is on in the window, and the delegations to it: these seldom have times themselves."""
    records = {record.name: record for record in in_window(reader, calendar, condition, plan)}
    if not condition.kinds or DELEGATION.number in condition.kinds:
        for delegation in of_kind(reader, DELEGATION.number, calendar, condition):
            if any(name in records for name in needed(delegation)):
                records[delegation.name] = delegation
    return list(records.values())
