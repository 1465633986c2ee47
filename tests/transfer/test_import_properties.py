"""Properties of imports: dry runs, independence of batches, and idempotence."""

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
PATHS = st.sampled_from(["", *SUMMITS, "meetings/m", "visits/v", "delegations/d"])
UIDS = st.sampled_from(["", "", "u", "v"])
PARENTS = st.sampled_from(
    ["", *(f"calendars/c/{path}" for path in SUMMITS), "calendars/c/visits/x"]
)
TITLES = st.sampled_from(["", "Plenary", "Lunch", "\a"])
Entry = tuple[str, str, str, str]
ANY = st.lists(st.tuples(PATHS, UIDS, PARENTS, TITLES), max_size=12)
# Mostly with their calendar, so that more than refusals is compared.
ENTRIES = st.one_of(ANY, ANY.map(lambda entries: [("", "", "", ""), *entries]))


def make_record(record: Any, entry: Entry) -> Record:
    path, uid, parent, title = entry
    fields: dict[str, Any] = {"titles": [{"text": title}]} if title else {}
    if uid and path:
        fields["ical_uid"] = uid
    if parent and path.startswith("meetings"):
        fields["parent_event"] = parent
    if parent and path.startswith("visits"):
        fields["summit"] = parent
    if parent and path.startswith("delegations"):
        fields["engagements"] = [{"event": parent}]
    built: Record = record(path, **fields)
    return built


@pytest.fixture
def fresh() -> Iterator[Any]:
    """Return a maker of clients of empty services."""
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
def shared_client() -> Iterator[Client]:
    """Return a client of one service; laws that need an empty one use names of their own."""
    options = ["--store", "memory:", "--grpc", "127.0.0.1:0", "--http", "off"]
    application = Application(parse_config(options))
    with Client(str(application.grpc_address)) as client:
        yield client
    application.stop()


def move_to_calendar(record: Record, number: int) -> Record:
    """Return the record in a calendar of its own: examples share nothing."""
    copy = type(record)()
    copy.CopyFrom(record)
    _rename(copy, f"calendars/c{number:06}")
    if copy.ical_uid:
        copy.ical_uid = f"{copy.ical_uid}{number}"
    return copy


def _rename(record: Any, calendar: str) -> None:
    record.name = record.name.replace("calendars/c", calendar, 1)
    for field in ("parent_event", "summit"):
        if event := getattr(record, field, ""):
            setattr(record, field, event.replace("calendars/c", calendar, 1))
    for engagement in getattr(record, "engagements", ()):
        engagement.event = engagement.event.replace("calendars/c", calendar, 1)


def facts(answer: ImportRecordsResponse) -> ImportRecordsResponse:
    """Return an answer without its date."""
    bare = ImportRecordsResponse()
    bare.CopyFrom(answer)
    bare.ClearField("header")
    return bare


EXAMPLES = iter(range(1_000_000))


@given(before=ENTRIES, entries=ENTRIES, merge=st.booleans(), size=st.integers(1, 5))
def test_a_dry_run_answers_the_same_and_stores_nothing(
    shared_client: Client,
    record: Any,
    before: list[Entry],
    entries: list[Entry],
    merge: bool,
    size: int,
) -> None:
    number = next(EXAMPLES)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("summitry._calls.requests.transfers.BATCH", size)
        shared_client.import_records(
            move_to_calendar(make_record(record, entry), number) for entry in before
        )
        head = shared_client.header.revision
        records = [move_to_calendar(make_record(record, entry), number) for entry in entries]
        dry = shared_client.import_records(records, validate_only=True, merge=merge)
        assert dry.header.revision == head
        real = shared_client.import_records(records, merge=merge)
        assert facts(dry) == facts(real)


@given(entries=ENTRIES, merge=st.booleans())
def test_imported_records_are_stored_and_a_second_import_changes_nothing(
    shared_client: Client, record: Any, entries: list[Entry], merge: bool
) -> None:
    number = next(EXAMPLES)
    last = {entry[0]: entry for entry in entries}
    records = [move_to_calendar(make_record(record, entry), number) for entry in last.values()]
    first = shared_client.import_records(records, merge=merge)
    refused = {result.name for result in first.results if result.reason}
    again = shared_client.import_records(records, merge=merge)
    assert (again.created, again.updated) == (0, 0)
    assert (again.unchanged, again.failed) == (len(records) - len(refused), len(refused))
    assert again.header.revision == first.header.revision
    accepted = [sent for sent in records if sent.name not in refused]
    for sent, stored in zip(
        accepted, shared_client.batch_get([sent.name for sent in accepted]), strict=True
    ):
        assert (list(stored.titles), stored.ical_uid) == (
            list(sent.titles),
            sent.ical_uid or stored.ical_uid,
        )


@given(entries=st.lists(PATHS, max_size=12, unique=True), order=st.randoms())
def test_the_order_of_a_batch_does_not_matter(
    shared_client: Client, record: Any, entries: list[str], order: Any
) -> None:
    number = next(EXAMPLES)
    calendar = move_to_calendar(record(), number)
    records = [move_to_calendar(record(path), number) for path in entries if path]
    shuffled = [calendar, *records]
    order.shuffle(shuffled)
    assert shared_client.import_records(shuffled).created == len(records) + 1


def test_an_export_imported_elsewhere_is_the_same_export(astana: Any, fresh: Any) -> None:
    """But for the stamps of a store, and its changes of status, which are history."""
    with Client(astana.grpc) as client:
        exported = list(client.export_records(include_hidden=True))
    target = fresh()
    assert target.import_records(exported).created == len(exported) > 25
    exported_again = list(target.export_records(include_hidden=True))
    for copy in (*exported, *exported_again):
        for stamp in (
            "etag",
            "revision",
            "sequence",
            "create_time",
            "update_time",
            "status_changes",
            "source_digests",  # of the entries that an import has taken in
        ):
            copy.ClearField(stamp)
    assert exported_again == exported
