"""LocatePrincipals: the places of people in a window."""

from __future__ import annotations

from bisect import bisect_right
from operator import itemgetter

from summitry.time_fields import instants
from summitry.v1.agenda_service_pb2 import (
    LocatePrincipalsRequest,
    LocatePrincipalsResponse,
    Presence,
)
from summitry.v1.error_reason_pb2 import ErrorReason
from summitry.v1.filter_pb2 import MatchCertainty
from summitry.zones import TzDb, Zone, ZoneError, rfc9557
from summitry_server.context import Backend, Call
from summitry_server.domain.names import calendar_of
from summitry_server.domain.people.presence import Persons, Stay, StayPosition, locate, stays
from summitry_server.domain.search import agenda
from summitry_server.domain.search.folding import slug
from summitry_server.domain.time.times import to_refusal
from summitry_server.services.as_of import state_of, token_after
from summitry_server.services.known_names import Names
from summitry_server.services.prepared_answers import Prepared, question_key
from summitry_server.services.related_records import Gatherer
from summitry_server.wire.limits import MOST_PARTS, count_fitting, page_size
from summitry_server.wire.refusals import ALONE, RefusedError, missing, too_many

Located = list[tuple[StayPosition, Stay]]
ITEM_BYTES = 1024  # of a stay in memory, beside its record


def locate_principals(
    backend: Backend, prepared: Prepared, request: LocatePrincipalsRequest, call: Call
) -> bytes:
    """Return a page of where people are in a window."""
    calendar = calendar_of(request.parent, all_allowed=True)
    limit = page_size(request.page_size)
    facets = _facets(request)
    if not request.HasField("window"):
        raise RefusedError(
            ErrorReason.ERROR_REASON_WINDOW_MISSING,
            "where people are depends on when: give window.dates with a first_date and a zone",
            "window",
            lead=ALONE,
        )
    plan = agenda.plan(request.window, "window", backend.db)
    zone = _viewer(backend, request)
    with state_of(backend, request) as state:
        after = StayPosition(*state.after) if state.after else None
        gatherer = Gatherer(state.records, calendar, call.check)
        names = Names(prepared, state.reader, calendar, call)

        def located_and_size() -> tuple[Located, int]:
            located = _located(gatherer, request, plan, backend.db)
            located_indexes = {position.person_index for position, _ in located}
            for index, person in enumerate(request.persons):
                if index not in located_indexes:
                    names.check_person(facets[index], person, f"persons[{index}]")
            return located, gatherer.memory + ITEM_BYTES * len(located)

        key = question_key(request, call, state.records.revision)
        located = prepared.get(key, state.reader.point(), located_and_size)
        begin = bisect_right(located, after, key=itemgetter(0)) if after else 0
        presences = [
            _presence(request.persons[position.person_index], position, stay, zone)
            for position, stay in located[begin : begin + limit]
        ]
        count = count_fitting(presence.ByteSize() for presence in presences)
        response = LocatePrincipalsResponse(presences=presences[:count])
        if begin + count < len(located):
            end, _ = located[begin + count - 1]
            response.next_page_token = token_after(backend, request, state, end)
    return backend.answer([response.SerializeToString()], state.point)


def _located(
    gatherer: Gatherer, request: LocatePrincipalsRequest, plan: agenda.Plan, db: TzDb
) -> Located:
    """Return where the persons are in the window, in the order of the answer."""
    records, events = gatherer.people(_facets(request), plan)
    persons = Persons(request.persons)
    located: dict[StayPosition, Stay] = {}
    for record in gatherer.checked(records):
        stays_of_record = stays(record, events, db, persons.indexes)
        located.update(locate(stays_of_record, persons, plan))
        if len(located) > MOST_PARTS:
            raise too_many("stays", MOST_PARTS)
    return sorted(located.items(), key=itemgetter(0))


def _facets(request: LocatePrincipalsRequest) -> list[str]:
    if not request.persons:
        raise missing("persons", "give at least one person, by id or whole name")
    for index, person in enumerate(request.persons):
        if not slug(person):
            raise missing(f"persons[{index}]", "give a person by id or whole name")
    return [f"person:{slug(person)}" for person in request.persons]


def _viewer(backend: Backend, request: LocatePrincipalsRequest) -> Zone:
    try:
        return backend.db.zone(request.time_zone or request.window.dates.time_zone or "UTC")
    except ZoneError as error:
        raise to_refusal(error, "time_zone") from error


def _presence(person: str, position: StayPosition, stay: Stay, zone: Zone) -> Presence:
    certain = (
        MatchCertainty.MATCH_CERTAINTY_POSSIBLE
        if position.uncertain
        else MatchCertainty.MATCH_CERTAINTY_CERTAIN
    )
    presence = Presence(
        person=person,
        places=stay.places,
        time=stay.time,
        name=stay.name,
        part=stay.part,
        matching=certain,
        viewer_start=stay.time.resolved.start_text,
        viewer_end=stay.time.resolved.end_text,
    )
    if stay.time.HasField("timed"):
        start, end = instants(stay.time)
        presence.viewer_start = rfc9557(start, zone)
        if end is not None:
            presence.viewer_end = rfc9557(end, zone)
    return presence
