"""A page of the agenda has the bytes that its messages would have, built from the records one by one."""

from contextlib import closing

import pytest
from benchmarks.worlds.building import GROUP, Population, fill
from benchmarks.worlds.content import FREQUENT, RARE
from google.protobuf import json_format

from summitry.kinds import BY_NUMBER, EVENTFUL, pack
from summitry.v1 import agenda_service_pb2
from summitry.v1.agenda_service_pb2 import AgendaItem, QueryAgendaRequest, QueryAgendaResponse
from summitry.v1.filter_pb2 import MatchCertainty
from summitry.zones import day_start, rfc9557
from summitry_server.clock import SystemClock
from summitry_server.context import LOCAL_CALL, Backend
from summitry_server.databases import Databases
from summitry_server.domain.search import agenda
from summitry_server.domain.search.facets import condition_of
from summitry_server.services.agenda import AgendaService
from summitry_server.store.contract import LogEntry
from summitry_server.store.matching import admits, found_in
from summitry_server.store.memory.engine import MemoryStore
from summitry_server.store.sqlite.engine import SqliteStore
from summitry_server.wire.frames import unframe

COUNT = GROUP
ENTRY = LogEntry("", "", "", 1_900_000_000)
WINDOWS = {
    "a month": ("2019-03-01", "2019-03-31"),
    "two years": ("2014-01-01", "2015-12-31"),
    "all time": ("1900-01-01", "2099-12-31"),
}
FILTERS = {
    "all": {},
    "frequent person": {"persons": [FREQUENT["person"][0]]},
    "rare": {"persons": [RARE["person"]], "text": RARE["word"]},
}
ENGINES = {
    "memory": lambda folder: MemoryStore(),
    "sqlite": lambda folder: SqliteStore(folder / "s.db"),
}


@pytest.fixture(scope="module")
def db():
    return Databases().current


@pytest.fixture(scope="module")
def population(db):
    return Population(db, COUNT)


@pytest.fixture(scope="module", params=list(ENGINES))
def backend(request, tmp_path_factory, population):
    with closing(ENGINES[request.param](tmp_path_factory.mktemp("store"))) as store:
        fill(store, population)
        yield Backend(store, Databases(), SystemClock())


@pytest.fixture
def ask(backend):
    (descriptor,) = agenda_service_pb2.DESCRIPTOR.services_by_name.values()
    service = AgendaService(descriptor, backend)
    return lambda request: service.query_agenda(request, LOCAL_CALL)


def request_of(window, filter, **fields):
    first, last = WINDOWS[window]
    dates = {"first_date": first, "last_date": last, "time_zone": "Asia/Kathmandu"}
    return json_format.ParseDict(
        {
            "parent": "calendars/-",
            "window": {"dates": dates, "matching": "MATCH_CERTAINTY_POSSIBLE"},
            "filter": FILTERS[filter],
            "time_zone": "America/New_York",
            "page_size": 1000,
            **fields,
        },
        QueryAgendaRequest(),
    )


def straightforward(backend, request):
    """Return the items of all records in the window, each built as a message, in their order."""
    plan = agenda.plan(request.window, "window", backend.db)
    condition = condition_of(request.filter)
    items = []
    with backend.store.read() as reader:
        for kind in EVENTFUL:
            for row in reader.page(kind.number, None, "", 10 * COUNT, condition):
                assert admits(condition, row)
                for rank, window in ((agenda.DAYS, plan.days), (agenda.HOURS, plan.hours)):
                    items += [
                        (_place(match, rank, plan), _item(match, rank, request, backend.db))
                        for match in found_in(row, window)
                    ]
    return [item for _, item in sorted(items, key=lambda item: item[0])]


def _place(match, rank, plan):
    begins = match.start if rank == agenda.HOURS else day_start(plan.zone, match.start // 86_400)
    return begins, rank, match.start, match.name


def _item(match, rank, request, db):
    record = unframe(BY_NUMBER[match.kind].message, match.frame)
    item = AgendaItem(record=pack(record))
    item.matching = (
        MatchCertainty.MATCH_CERTAINTY_CERTAIN
        if match.certain
        else MatchCertainty.MATCH_CERTAINTY_POSSIBLE
    )
    if rank == agenda.HOURS:
        zone = db.zone(request.time_zone)
        item.viewer_start, item.viewer_end = rfc9557(match.start, zone), rfc9557(match.end, zone)
    else:
        resolved = record.time.resolved
        item.viewer_start, item.viewer_end = resolved.start_text, resolved.end_text
    return item


@pytest.mark.parametrize("filter", list(FILTERS))
@pytest.mark.parametrize("window", list(WINDOWS))
def test_agenda_has_the_bytes_of_its_messages(backend, ask, window, filter):
    request = request_of(window, filter)
    expected = straightforward(backend, request)
    for _ in ("as it is read", "as it is cached"):
        answer = ask(request)
        response = QueryAgendaResponse.FromString(answer)
        assert list(response.items) == expected
        assert response.SerializeToString(deterministic=True) == answer


def test_agenda_in_the_reverse_order_has_the_same_items(backend, ask):
    request = request_of("two years", "all", order_by="time desc")
    items = QueryAgendaResponse.FromString(ask(request)).items
    assert list(items) == straightforward(backend, request)[::-1]


def test_edited_record_is_shown_as_it_is_now(backend, ask, population):
    request = request_of("all time", "rare")
    before = QueryAgendaResponse.FromString(ask(request)).items

    def edit(writer):
        writer.put(population.row(0, writer.next_point, ENTRY.time, edit=99), new=False)

    backend.store.write(edit, ENTRY)
    after = QueryAgendaResponse.FromString(ask(request)).items
    assert list(after) == straightforward(backend, request)
    changed = [
        item.record.name for item, former in zip(after, before, strict=True) if item != former
    ]
    assert len(changed) == 1
