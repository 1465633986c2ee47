"""The made-up worlds of the benchmarks: their rows are those that the service would store."""

from contextlib import closing
from dataclasses import replace

import pytest
from benchmarks.worlds.building import GROUP, Population, fill
from benchmarks.worlds.content import FREQUENT, RARE, RARE_RECORDS

from summitry.kinds import BY_NUMBER, EVENTFUL
from summitry_server.databases import Databases
from summitry_server.domain.records.masks import clear_output
from summitry_server.domain.records.records import indexed, prepare
from summitry_server.domain.time.readings import readings_of
from summitry_server.store.contract import Axis, Condition, Point, Window
from summitry_server.store.memory.engine import MemoryStore
from summitry_server.wire.frames import unframe

COUNT = 2 * GROUP
POINT, NOW = Point(7, "0" * 16), 1_704_067_200
ALL_TIME = (-(2**40), 2**40)


@pytest.fixture(scope="module")
def population():
    return Population(Databases().current, COUNT)


@pytest.fixture(scope="module")
def reader(population):
    with closing(MemoryStore()) as store:
        fill(store, population)
        with store.read() as reader:
            yield reader


@pytest.fixture(scope="module")
def record_of(population):
    def record(row):
        return unframe(BY_NUMBER[row.kind].message, row.frame)

    return record


@pytest.mark.parametrize("number", range(0, COUNT, 50))
def test_row_is_what_the_rules_make_of_its_record(population, record_of, number):
    row = population.row(number, POINT, NOW)
    record = record_of(row)
    expected = indexed(record, population.db, row.frame)
    readings = readings_of(record, population.db)
    assert row == replace(expected, local_times=readings)


@pytest.mark.parametrize("kind", EVENTFUL, ids=[kind.singular for kind in EVENTFUL])
def test_record_to_send_becomes_that_of_the_row(population, record_of, kind):
    rows = (population.row(number, POINT, NOW) for number in range(COUNT))
    number = next(number for number, row in enumerate(rows) if row.kind == kind.number)
    sent = population.record(number)
    prepare(sent, kind.singular, population.db)
    stored = record_of(population.row(number, POINT, NOW))
    clear_output(sent)
    clear_output(stored)
    stored.ClearField("etag")
    assert sent == stored


@pytest.mark.parametrize(
    ("facet", "bodies"),
    [
        (f"person:{RARE['person']}", 2),
        (f"city:{RARE['city'].lower()}", 2),
        (f"organization:{RARE['organization']}", 1),
        (f"label:topic={RARE['label']}", 2),
    ],
    ids=["person", "city", "organization", "label"],
)
def test_rare_is_in_as_many_records_in_any_world(reader, facet, bodies):
    assert len(_matches(reader, facet)) == bodies * RARE_RECORDS


def test_frequent_person_is_in_a_share_of_them(reader):
    share = len(_matches(reader, f"person:{FREQUENT['person'][0]}")) / COUNT
    assert 0.02 < share < 0.25


def test_world_has_former_versions(reader):
    changes = reader.changes(0, 10 * COUNT)
    assert any(change.before for change in changes)


def _matches(reader, facet):
    return {
        match.name
        for axis in (Axis.INSTANT, Axis.LABEL)
        for match in reader.within(
            Window(axis, *ALL_TIME, possible=True),
            None,
            None,
            10 * COUNT,
            Condition(facets=((facet,),)),
        )
    }
