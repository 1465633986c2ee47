"""Stores with records of former formats: converted when a newer version opens them."""

from contextlib import closing
from dataclasses import replace

import pytest

from summitry.formats.former import FORMAT
from summitry.formats.former.conversion import STEPS
from summitry.formats.former.messages import message_class
from summitry.kinds import CALENDAR, SUMMIT
from summitry.v1.event_status_pb2 import Certainty, EventStatus
from summitry.zones import default_database
from summitry_server.jobs.record_format import SETTING, convert_records
from summitry_server.store.contract import Condition, LogEntry, Row
from summitry_server.store.errors import StoreVersionError
from summitry_server.store.memory.engine import MemoryStore
from summitry_server.store.sqlite.engine import SqliteStore
from summitry_server.wire.frames import frame, unframe

ENTRY = LogEntry("desk", "as announced", "r-1", 1_720_000_000)
SUMMIT_NAME = "calendars/c/summits/s"
LIKELY = Certainty.CERTAINTY_HIGHLY_LIKELY
CANCELLED = 7  # a certainty of formats 1 and 2


def former_row(kind, name, revision, format, **fields):
    """Return the row of a record as a former format stored it, without index entries."""
    message = message_class(kind.message.DESCRIPTOR.name, format)
    uid = f"{name}@example"
    fields["uid" if format == 1 else "ical_uid"] = uid
    data = frame(1, message(name=name, revision=revision, **fields).SerializeToString())
    return Row(
        name,
        kind.number,
        "calendars/c",
        uid,
        revision,
        1_720_000_000,
        False,
        (),
        "",
        (),
        data,
    )


def fill(store, format=1):
    """Put a calendar and two versions of a summit, as a former version of the server did."""

    def put(row, *, new):
        store.write(lambda writer: writer.put(row, new=new), ENTRY)

    put(former_row(CALENDAR, "calendars/c", 1, format), new=True)
    for revision, title in ((2, "Council"), (3, "Council of Heads of State")):
        fields = {"titles": [{"text": title, "language_code": "en"}], "edition": 24}
        fields["certainty"] = CANCELLED if revision == 3 else LIKELY
        put(former_row(SUMMIT, SUMMIT_NAME, revision, format, **fields), new=revision == 2)
    if format > 1:  # a store that does not say its format has the first one
        store.write(lambda writer: writer.put_setting(SETTING, str(format)), ENTRY)


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


@pytest.mark.parametrize("format", STEPS, ids="format {}".format)
def test_records_and_versions_are_converted_once(store, db, format):
    fill(store, format)
    assert convert_records(store, db) == 2
    with store.read() as reader:
        row = reader.get(SUMMIT_NAME)
        versions = [
            unframe(SUMMIT.message, version.frame) for version in reader.versions(SUMMIT_NAME)
        ]
    assert [
        (version.titles[0].text, version.certainty, version.status) for version in versions
    ] == [
        ("Council", LIKELY, EventStatus.EVENT_STATUS_UNSPECIFIED),
        ("Council of Heads of State", 0, EventStatus.EVENT_STATUS_CANCELLED),
    ]
    assert (row.revision, row.uid) == (3, f"{SUMMIT_NAME}@example")
    assert setting(store) == str(FORMAT)
    assert convert_records(store, db) == 0


@pytest.mark.parametrize("format", STEPS, ids="format {}".format)
def test_converted_records_are_found_by_the_words_of_today(store, db, format):
    fill(store, format)
    convert_records(store, db)
    cancelled = f"status:{EventStatus.EVENT_STATUS_CANCELLED}"
    condition = Condition((), ((cancelled,),), ("council",))
    with store.read() as reader:
        rows = reader.page(SUMMIT.number, None, "", 9, condition)
    assert [row.name for row in rows] == [SUMMIT_NAME]


def test_empty_store_is_of_the_format_of_today(store, db):
    assert convert_records(store, db) == 0
    assert setting(store) == str(FORMAT)


def test_purged_record_stays_unfindable(store, db):
    fill(store)

    def purge(writer):
        row = replace(former_row(SUMMIT, SUMMIT_NAME, writer.next_revision, 1), deleted=True)
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
