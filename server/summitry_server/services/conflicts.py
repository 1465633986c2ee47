"""FindConflicts: the contradictions among the records of a window."""

from __future__ import annotations

from summitry.kinds import DELEGATION
from summitry.v1.agenda_service_pb2 import FindConflictsRequest, FindConflictsResponse
from summitry.v1.error_reason_pb2 import ErrorReason
from summitry_server.context import Backend, Call
from summitry_server.domain.conflicts.conflicts import Case, ConflictPosition, Survey
from summitry_server.domain.names import calendar_of
from summitry_server.domain.search import agenda
from summitry_server.domain.search.facets import condition_of
from summitry_server.services.as_of import state_of, token_after
from summitry_server.services.prepared_answers import Prepared, question_key
from summitry_server.services.related_records import Gatherer
from summitry_server.wire.limits import page_size
from summitry_server.wire.refusals import ALONE, RefusedError


def find_conflicts(
    backend: Backend, prepared: Prepared, request: FindConflictsRequest, call: Call
) -> bytes:
    """Return a page of the conflicts of a window."""
    calendar = calendar_of(request.parent, all_allowed=True)
    limit = page_size(request.page_size)
    if not request.HasField("window"):
        raise RefusedError(
            ErrorReason.ERROR_REASON_WINDOW_MISSING,
            "conflicts are looked for in a window: give window.dates with a first_date and a zone",
            "window",
            lead=ALONE,
        )
    plan = agenda.plan(request.window, "window", backend.db)
    with state_of(backend, request) as state:
        after = ConflictPosition(*state.after) if state.after else None
        gatherer = Gatherer(state.records, calendar, call.check)

        def survey_and_size() -> tuple[Survey, int]:
            survey = Survey(_case(backend, request, gatherer, plan), request.kinds, call.check)
            return survey, gatherer.memory + survey.size

        key = question_key(request, call, state.records.revision)
        survey = prepared.get(key, state.reader.point(), survey_and_size)
        page = survey.page(after, limit, call.check)
        response = FindConflictsResponse(conflicts=page.conflicts)
        if page.end is not None:
            response.next_page_token = token_after(backend, request, state, page.end)
    return backend.answer([response.SerializeToString()], state.point)


def _case(
    backend: Backend, request: FindConflictsRequest, gatherer: Gatherer, plan: agenda.Plan
) -> Case:
    """Return the records of the window and the delegations to them, which seldom have times."""
    condition = condition_of(request.filter)
    records = {record.name: record for record in gatherer.in_window(condition, plan)}
    if not condition.kinds or DELEGATION.number in condition.kinds:
        gatherer.add_delegations(records, condition)
    involved = list(records.values())
    return Case(involved, gatherer.references(involved), backend.db)
