"""Stores with records of former formats: converted when a newer version opens them."""

from contextlib import closing
from dataclasses import replace

import pytest

from summitry.formats.former import FORMAT
from summitry.formats.former.messages import message_class
from summitry.kinds import CALENDAR, SUMMIT
from summitry.zones import default_database
from summitry_server.jobs.record_format import SETTING, convert_records
from summitry_server.store.contract import Condition, LogEntry, Row
from summitry_server.store.errors import StoreVersionError
from summitry_server.store.memory.engine import MemoryStore
from summitry_server.store.sqlite.engine import SqliteStore
from summitry_server.wire.frames import frame

ENTRY = LogEntry("desk", "as announced", "r-1", 1_720_000_000)
SUMMIT_NAME = "calendars/c/summits/s"


def former_row(kind, name, revision, **fields):
    """Return the row of a record as format 1 stored it, without index entries."""
    message = message_class(kind.message.DESCRIPTOR.name)
    record = message(name=name, uid=f"{name}@example", revision=revision, **fields)
    data = frame(1, record.SerializeToString())
    return Row(
        name,
        kind.number,
        "calendars/c",
        record.uid,
        revision,
        1_720_000_000,
        False,
        (),
        "",
        (),
        data,
    )


def fill(store):
    """Put a calendar and two versions of a summit, as a former version of the server did."""

    def put(row, *, new):
        store.write(lambda writer: writer.put(row, new=new), ENTRY)

    put(former_row(CALENDAR, "calendars/c", 1), new=True)
    for revision, title in ((2, "Council"), (3, "Council of Heads of State")):
        fields = {"titles": [{"text": title, "language_code": "en"}], "edition": 24}
        put(former_row(SUMMIT, SUMMIT_NAME, revision, **fields), new=revision == 2)


@pytest.fixture(params=["memory", "sqlite"])
def store(request, tmp_path):
    stores = {"memory": MemoryStore, "sqlite": lambda: SqliteStore(tmp_path / "former.db")}
    with closing(stores[request.param]()) as store:
        yield store


@pytest.fixture(scope="module")
def db():
    return default_database()


def setting(store):
    with store.read() as reader:
        return reader.setting(SETTING)


def test_records_and_versions_are_converted_once(store, db):
    fill(store)
    assert convert_records(store, db) == 2
    with store.read() as reader:
        row = reader.get(SUMMIT_NAME)
        titles = [
            SUMMIT.message.FromString(version.frame[2:]).titles[0].text
            for version in reader.versions(SUMMIT_NAME)
        ]
    assert titles == ["Council", "Council of Heads of State"]
    assert (row.revision, row.uid) == (3, f"{SUMMIT_NAME}@example")
    assert setting(store) == str(FORMAT)
    assert convert_records(store, db) == 0


def test_converted_records_are_found_by_the_words_of_today(store, db):
    fill(store)
    convert_records(store, db)
    with store.read() as reader:
        rows = reader.page(SUMMIT.number, None, "", 9, Condition(words=("council",)))
    assert [row.name for row in rows] == [SUMMIT_NAME]


def test_empty_store_is_of_the_format_of_today(store, db):
    assert convert_records(store, db) == 0
    assert setting(store) == str(FORMAT)


def test_purged_record_stays_unfindable(store, db):
    fill(store)

    def purge(writer):
        row = replace(former_row(SUMMIT, SUMMIT_NAME, writer.next_revision), deleted=True)
        writer.purge(row)

    store.write(purge, ENTRY)
    convert_records(store, db)
    with store.read() as reader:
        assert reader.get(SUMMIT_NAME).purged


def test_answers_of_the_former_format_are_dropped(store, db):
    fill(store)
    store.write(lambda writer: writer.remember("r-2", b"digest", b"response"), ENTRY)
    convert_records(store, db)
    with store.read() as reader:
        assert reader.request("r-2") is None


def test_newer_format_is_refused(store, db):
    store.write(lambda writer: writer.put_setting(SETTING, str(FORMAT + 1)), ENTRY)
    with pytest.raises(StoreVersionError, match="upgrade Summitry"):
        convert_records(store, db)


def test_server_converts_the_store_that_it_opens(tmp_path, start):
    path = tmp_path / "former.db"
    with closing(SqliteStore(path)) as store:
        fill(store)
    service = start("--store", f"sqlite:///{path}")
    assert setting(service.application.backend.store) == str(FORMAT)
