"""Laws of imports: a dry run tells what would be, batches do not matter, twice is once."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from summitry import Client
from summitry.kinds import Record
from summitry.v1.transfer_service_pb2 import ImportRecordsResponse
from summitry_server.app import Application
from summitry_server.config import parse_config

SUMMITS = [f"summits/{id_}" for id_ in "abc"]
# Few names, uids and parents, so that they meet; some of each are wrong.
PATHS = st.sampled_from(["", *SUMMITS, "meetings/m", "meetings/n", "delegations/d"])
UIDS = st.sampled_from(["", "", "u", "v"])
PARENTS = st.sampled_from(
    ["", *(f"calendars/c/{path}" for path in SUMMITS), "calendars/c/visits/x"]
)
TITLES = st.sampled_from(["", "Plenary", "Lunch", "\a"])
Entry = tuple[str, str, str, str]
ANY = st.lists(st.tuples(PATHS, UIDS, PARENTS, TITLES), max_size=12)
# Mostly with their calendar, so that more than refusals is compared.
ENTRIES = st.one_of(ANY, ANY.map(lambda found: [("", "", "", ""), *found]))


def made(record: Any, entry: Entry) -> Record:
    path, uid, parent, title = entry
    fields: dict[str, Any] = {"titles": [{"text": title}]} if title else {}
    if uid and path:
        fields["uid"] = uid
    if parent and path.startswith("meetings"):
        fields["parent_event"] = parent
    if parent and path.startswith("delegations"):
        fields["engagements"] = [{"event": parent}]
    built: Record = record(path, **fields)
    return built


@pytest.fixture
def fresh() -> Iterator[Any]:
    """Clients of empty services."""
    running: list[tuple[Client, Application]] = []

    def make() -> Client:
        options = ["--store", "memory:", "--grpc", "127.0.0.1:0", "--http", "off", "--grace", "0"]
        application = Application(parse_config(options))
        client = Client(str(application.grpc_address))
        running.append((client, application))
        return client

    yield make
    for client, application in running:
        client.close()
        application.stop()


@pytest.fixture(scope="module")
def scratch() -> Iterator[Client]:
    """One service; laws that need an empty one use names of their own."""
    options = ["--store", "memory:", "--grpc", "127.0.0.1:0", "--http", "off"]
    application = Application(parse_config(options))
    with Client(str(application.grpc_address)) as client:
        yield client
    application.stop()


def moved(record: Record, number: int) -> Record:
    """The same record in a calendar of its own; nothing is shared between examples."""
    copy = type(record)()
    copy.CopyFrom(record)
    _rename(copy, f"calendars/c{number:06}")
    if copy.uid:
        copy.uid = f"{copy.uid}{number}"
    return copy


def _rename(record: Any, calendar: str) -> None:
    record.name = record.name.replace("calendars/c", calendar, 1)
    if getattr(record, "parent_event", ""):
        record.parent_event = record.parent_event.replace("calendars/c", calendar, 1)
    for engagement in getattr(record, "engagements", ()):
        engagement.event = engagement.event.replace("calendars/c", calendar, 1)


def facts(answer: ImportRecordsResponse) -> ImportRecordsResponse:
    """An answer but for its date."""
    bare = ImportRecordsResponse()
    bare.CopyFrom(answer)
    bare.ClearField("header")
    return bare


EXAMPLES = iter(range(1_000_000))


@given(before=ENTRIES, entries=ENTRIES, merge=st.booleans(), size=st.integers(1, 5))
def test_a_dry_run_answers_the_same_and_stores_nothing(
    scratch: Client,
    record: Any,
    before: list[Entry],
    entries: list[Entry],
    merge: bool,
    size: int,
) -> None:
    number = next(EXAMPLES)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("summitry._calls.requests.transfers.BATCH", size)
        scratch.import_records(moved(made(record, entry), number) for entry in before)
        head = scratch.header.revision
        records = [moved(made(record, entry), number) for entry in entries]
        dry = scratch.import_records(records, dry_run=True, merge=merge)
        assert dry.header.revision == head
        real = scratch.import_records(records, merge=merge)
        assert facts(dry) == facts(real)


@given(entries=ENTRIES, merge=st.booleans())
def test_what_was_taken_is_there_and_taking_it_again_changes_nothing(
    scratch: Client, record: Any, entries: list[Entry], merge: bool
) -> None:
    number = next(EXAMPLES)
    last = {entry[0]: entry for entry in entries}
    records = [moved(made(record, entry), number) for entry in last.values()]
    first = scratch.import_records(records, merge=merge)
    refused = {result.name for result in first.results if result.reason}
    again = scratch.import_records(records, merge=merge)
    assert (again.created, again.updated) == (0, 0)
    assert (again.unchanged, again.failed) == (len(records) - len(refused), len(refused))
    assert again.header.revision == first.header.revision
    taken = [one for one in records if one.name not in refused]
    for one, stored in zip(taken, scratch.batch_get([one.name for one in taken]), strict=True):
        assert (list(stored.titles), stored.uid) == (list(one.titles), one.uid or stored.uid)


@given(entries=st.lists(PATHS, max_size=12, unique=True), order=st.randoms())
def test_the_order_of_a_batch_does_not_matter(
    scratch: Client, record: Any, entries: list[str], order: Any
) -> None:
    number = next(EXAMPLES)
    calendar = moved(record(), number)
    records = [moved(record(path), number) for path in entries if path]
    shuffled = [calendar, *records]
    order.shuffle(shuffled)
    assert scratch.import_records(shuffled).created == len(records) + 1


def test_an_export_imported_elsewhere_is_the_same_export(astana: Any, fresh: Any) -> None:
    """But for what each store stamps, and for acts, which are the history of one store."""
    with Client(astana.grpc) as client:
        given = list(client.export_records(include_hidden=True))
    other = fresh()
    assert other.import_records(given).created == len(given) > 25
    found = list(other.export_records(include_hidden=True))
    for one in (*given, *found):
        for stamp in (
            "etag",
            "revision",
            "sequence",
            "create_time",
            "update_time",
            "status_changes",
        ):
            one.ClearField(stamp)
    assert found == given
