"""ExportRecords: order, visibility, filters and resumption."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from typing import Any

import grpc
import pytest

from summitry import AsyncClient, Client
from summitry._calls.methods import TRANSFER
from summitry._calls.requests.transfers import record_of
from summitry.errors import UnavailableError, from_rpc_error
from summitry.kinds import BY_MESSAGE, KINDS, Record
from summitry.v1.any_record_pb2 import AnyRecord
from summitry.v1.calendar_pb2 import Calendar
from summitry.v1.filter_pb2 import DateWindow, Filter, MatchCertainty, TimeWindow
from summitry.v1.record_pb2 import RecordKind
from summitry.v1.response_header_pb2 import ResponseHeader
from summitry.v1.summit_pb2 import Summit
from summitry.v1.transfer_service_pb2 import ExportRecordsRequest, ExportRecordsResponse
from tests.import_reports import refusals_of

EXPORT = TRANSFER["ExportRecords"]
HIDDEN = {"visibility": "VISIBILITY_INTERNAL"}
JULY = {"dates": {"first_date": "2024-07-03", "last_date": "2024-07-04"}}


def names(records: Iterator[Record]) -> list[str]:
    return [record.name.removeprefix("calendars/") for record in records]


def raw(channel: grpc.Channel, **fields: Any) -> list[ExportRecordsResponse]:
    call = channel.unary_stream(
        EXPORT.path, EXPORT.request.SerializeToString, EXPORT.response.FromString
    )
    return list(call(ExportRecordsRequest(**fields), timeout=60))


@pytest.fixture
def filled(client: Client, record: Any) -> Client:
    """Return a client of a calendar with some of each kind, a second, and one that is not public."""
    secret = type(record())(name="calendars/x", visibility=2)
    client.import_records(
        [
            record(),
            type(record())(name="calendars/b"),
            secret,
            record("summits/b", time=JULY),
            record("summits/a", participants=[{"person": {"id": "xi-jinping"}}]),
            record("summits/hidden", **HIDDEN),
            record("visits/later", embargo_until="2024-07-04T00:00:00Z"),
            record("meetings/m", parent_event="calendars/c/summits/a"),
            record("delegations/d", engagements=[{"event": "calendars/c/meetings/m"}]),
            record("notices/n", parent_event="calendars/c/summits/a"),
            Summit(name="calendars/b/summits/s"),
            Summit(name="calendars/x/summits/s"),
        ]
    )
    return client


PUBLIC_A = "calendars/c/summits/a"
PUBLIC = ["c", "c/summits/a", "c/summits/b", "c/meetings/m", "c/delegations/d", "c/notices/n"]


def test_kinds_come_after_the_kinds_that_they_refer_to(filled: Client) -> None:
    assert names(filled.export_records("calendars/c")) == PUBLIC
    every = [BY_MESSAGE[type(record)] for record in filled.export_records(include_hidden=True)]
    assert every == sorted(every, key=KINDS.index)


def test_hidden_and_embargoed_records_are_left_out(filled: Client, service: Any) -> None:
    assert "c/visits/later" not in names(filled.export_records("calendars/c"))
    everything = names(filled.export_records("calendars/c", include_hidden=True))
    assert set(everything) - set(PUBLIC) == {"c/summits/hidden", "c/visits/later"}
    service.clock.time += 86_400
    assert "c/visits/later" in names(filled.export_records("calendars/c")), "the embargo is over"


def test_records_of_a_hidden_calendar_are_hidden(filled: Client, refused: Any) -> None:
    assert not [name for name in names(filled.export_records()) if name.startswith("x")]
    after = "calendars/c/summits/b"
    assert names(filled.export_records(after=after))[0] == "c/meetings/m"
    error = refused(lambda: list(filled.export_records("calendars/x")))
    assert error.reason == "RECORD_NOT_FOUND"
    hidden = names(filled.export_records("calendars/x", include_hidden=True))
    assert hidden == ["x", "x/summits/s"]


def test_feeds_are_exported_only_with_hidden_records(filled: Client, service: Any) -> None:
    from summitry.v1.feed_pb2 import Feed

    filled.create(Feed(name="calendars/c/feeds/f"))
    assert names(filled.export_records("calendars/c")) == PUBLIC
    assert "c/feeds/f" in names(filled.export_records("calendars/c", include_hidden=True))


def test_deleted_records_are_exported_on_request(filled: Client) -> None:
    filled.delete("calendars/c/notices/n")
    filled.delete("calendars/c/summits/hidden")
    assert names(filled.export_records("calendars/c")) == PUBLIC[:-1]
    exported = list(filled.export_records("calendars/c", show_deleted=True))
    assert names(iter(exported)) == PUBLIC
    assert exported[-1].HasField("delete_time")
    again = filled.import_records(exported)
    assert refusals_of(again) == {"INVALID_IMPORT": 1}


FILTERS: dict[str, tuple[Filter, list[str]]] = {
    "a person": (Filter(persons=["xi-jinping"]), ["c", "c/summits/a"]),
    "a kind": (Filter(kinds=[RecordKind.RECORD_KIND_NOTICE]), ["c/notices/n"]),
    "nobody": (Filter(persons=["nobody"]), ["c"]),
}


@pytest.mark.parametrize("case", FILTERS)
def test_filters_choose_records_of_the_calendar(filled: Client, case: str) -> None:
    filter_, expected = FILTERS[case]
    assert names(filled.export_records("calendars/c", filter=filter_)) == expected


@pytest.mark.parametrize(
    ("first", "expected"), [("2024-07-04", ["c", "c/summits/b"]), ("2024-07-05", ["c"])]
)
def test_window_selects_the_records_in_it(filled: Client, first: str, expected: list[str]) -> None:
    days = DateWindow(first_date=first, time_zone="UTC")
    window = TimeWindow(dates=days, matching=MatchCertainty.MATCH_CERTAINTY_POSSIBLE)
    assert names(filled.export_records("calendars/c", window=window)) == expected


def test_export_resumes_after_any_name(filled: Client) -> None:
    every = list(filled.export_records())
    assert len(every) > 5
    for index, record in enumerate(every):
        assert list(filled.export_records(after=record.name)) == every[index + 1 :]


@pytest.mark.parametrize(
    ("fields", "reason", "field"),
    [
        ({"parent": "calendars/none"}, "RECORD_NOT_FOUND", "parent"),
        ({"parent": "nonsense"}, "INVALID_NAME", "parent"),
        ({"parent": "calendars/c", "after": "nonsense"}, "INVALID_NAME", "after"),
    ],
    ids=["no calendar", "no name", "no place to go on"],
)
def test_invalid_export_is_refused(
    filled: Client, refused: Any, fields: dict[str, str], reason: str, field: str
) -> None:
    error = refused(lambda: list(filled.export_records(**fields)))  # type: ignore[arg-type]
    assert (error.reason, error.field) == (reason, field)


def test_an_answer_without_records_is_dated_too(filled: Client, service: Any) -> None:
    (only,) = raw(service.channel, parent="calendars/c", after="calendars/c/notices/z")
    assert not only.records
    assert only.header.revision == filled.header.revision


def test_messages_are_small_and_bear_the_revision_of_the_first(
    client: Client, service: Any, record: Any
) -> None:
    texts = [{"text": "x" * 16_000}]
    many = [record(f"summits/s{number:03}", summaries=texts) for number in range(250)]
    head = client.import_records([record(), *many]).header.revision
    call = service.channel.unary_stream(
        EXPORT.path, EXPORT.request.SerializeToString, EXPORT.response.FromString
    )(ExportRecordsRequest(parent="calendars/c"), timeout=60)
    messages = [next(call)]
    client.import_records([record("summits/s249", edition=1), record("summits/s250")])
    client.delete("calendars/c/summits/s248")
    messages += call
    assert {message.header.revision for message in messages} == {head}
    assert max(message.ByteSize() for message in messages) < 300_000
    exported = [record_of(part).name for message in messages for part in message.records]
    assert exported == ["calendars/c", *(record.name for record in many)]
    (last,) = messages[-1].records[-1:]
    assert not last.summit.HasField("edition"), "the export shows the state in which it began"


class TestResumption:
    @pytest.fixture
    def many(self, client: Client, record: Any) -> Client:
        """Return a client of a calendar with 40 summits of 16 KB, which make several batches."""
        texts = [{"text": "x" * 16_000}]
        summits = [record(f"summits/s{number:02}", summaries=texts) for number in range(40)]
        client.import_records([record(), *summits])
        return client

    @pytest.mark.parametrize("include_hidden", [False, True], ids=["public", "all"])
    def test_after_any_batch_has_the_rest_of_the_same_state(
        self, many: Client, service: Any, record: Any, include_hidden: bool
    ) -> None:
        question = {"parent": "calendars/c", "include_hidden": include_hidden}
        whole = raw(service.channel, **question)
        assert len(whole) > 2
        many.import_records([record(f"summits/s{n}", edition=1) for n in (20, 39, 77)])
        many.delete("calendars/c/summits/s30")
        for index, batch in enumerate(whole, 1):
            rest = raw(service.channel, **question, resume_token=batch.resume_token)
            records = [entry for message in whole[index:] for entry in message.records]
            assert [entry for message in rest for entry in message.records] == records
            assert {message.header.snapshot for message in rest} == {batch.header.snapshot}

    def test_of_an_altered_or_another_query_is_refused(self, many: Client, service: Any) -> None:
        token = raw(service.channel, parent="calendars/c")[0].resume_token
        for fields in (
            {"parent": "calendars/c", "resume_token": "x" + token},
            {"parent": "calendars/-", "resume_token": token},
            {"parent": "calendars/c", "show_deleted": True, "resume_token": token},
        ):
            with pytest.raises(grpc.RpcError) as caught:
                raw(service.channel, **fields)
            error = from_rpc_error(caught.value)
            assert (error.reason, error.field) == ("INVALID_PAGE_TOKEN", "resume_token")

    def test_of_a_state_that_the_log_lost_is_refused(
        self, many: Client, service: Any, record: Any
    ) -> None:
        batches = raw(service.channel, parent="calendars/c")
        many.import_records([record("summits/s39", edition=1)])
        store = service.application.backend.store
        store.compact(store.head() + 1)
        with pytest.raises(grpc.RpcError) as caught:
            raw(service.channel, parent="calendars/c", resume_token=batches[0].resume_token)
        assert from_rpc_error(caught.value).reason == "HISTORY_GONE"


class TestPastStates:
    """An export as of a snapshot, while the store went on."""

    @pytest.fixture(params=["snapshot", "time"])
    def then(self, request: Any, filled: Client, service: Any, record: Any) -> Any:
        """Return the state of `filled` before much of it was changed."""
        then: Any = filled.header.snapshot
        if request.param == "time":
            then = datetime.fromtimestamp(service.clock.time, UTC)
        service.clock.time += 10
        filled.import_records([record("summits/new"), record("summits/a"), record("meetings/n")])
        filled.delete("calendars/c/notices/n")
        filled.delete("calendars/b/summits/s")
        return then

    def test_has_what_was_there(self, filled: Client, then: Any) -> None:
        assert names(filled.export_records("calendars/c", as_of=then)) == PUBLIC
        (summit,) = filled.export_records(
            "calendars/c",
            filter=Filter(kinds=[RecordKind.RECORD_KIND_SUMMIT]),
            after=PUBLIC_A,
            as_of=then,
        )
        assert summit.name == "calendars/c/summits/b"
        assert "c/summits/new" in names(filled.export_records("calendars/c"))

    @pytest.mark.parametrize("case", FILTERS)
    def test_filters_look_at_the_records_of_then(
        self, filled: Client, then: Any, case: str
    ) -> None:
        """Summit a has no participants any more, and the notice is deleted."""
        filter_, expected = FILTERS[case]
        exported = filled.export_records("calendars/c", filter=filter_, as_of=then)
        assert names(exported) == expected

    def test_windows_look_at_the_times_of_then(
        self, filled: Client, then: Any, record: Any
    ) -> None:
        filled.import_records([record("summits/b", time={"dates": {"first_date": "2025-01-01"}})])
        days = DateWindow(first_date="2024-07-04", time_zone="UTC")
        window = TimeWindow(dates=days, matching=MatchCertainty.MATCH_CERTAINTY_POSSIBLE)
        exported = filled.export_records("calendars/c", window=window, as_of=then)
        assert names(exported) == ["c", "c/summits/b"]

    def test_what_was_hidden_or_is_stays_hidden(self, filled: Client, then: Any) -> None:
        """Neither a version that nobody was to see, nor a record that nobody is to see now."""
        opened = Summit(name="calendars/c/summits/hidden", visibility=1)
        filled.update(opened, ["visibility"])
        filled.update(Summit(name="calendars/c/summits/b", visibility=4), ["visibility"])
        exported = names(filled.export_records("calendars/c", as_of=then))
        assert exported == [name for name in PUBLIC if name != "c/summits/b"]
        everything = names(filled.export_records("calendars/c", include_hidden=True, as_of=then))
        assert {"c/summits/hidden", "c/summits/b"} <= set(everything)

    def test_of_a_calendar_that_is_hidden_or_gone_now(
        self, filled: Client, then: Any, refused: Any
    ) -> None:
        filled.delete("calendars/b")
        exported = names(filled.export_records("calendars/b", as_of=then))
        assert exported == ["b", "b/summits/s"]
        assert (
            refused(lambda: list(filled.export_records("calendars/b"))).reason == "RECORD_NOT_FOUND"
        )
        filled.update(Calendar(name="calendars/c", visibility=2), ["visibility"])
        error = refused(lambda: list(filled.export_records("calendars/c", as_of=then)))
        assert error.reason == "RECORD_NOT_FOUND"
        assert names(filled.export_records(as_of=then)) == ["b", "b/summits/s"]

    def test_deleted_and_purged_records(self, filled: Client, then: Any) -> None:
        filled.purge("calendars/c/notices/n")
        assert names(filled.export_records("calendars/c", as_of=then)) == PUBLIC[:-1]
        filled.delete("calendars/c/meetings/m")
        after_deletion = filled.header.snapshot
        filled.purge("calendars/b/summits/s")
        deleted = filled.export_records(show_deleted=True, as_of=after_deletion)
        exported = names(deleted)
        assert "c/meetings/m" in exported
        assert "c/notices/n" not in exported, "it was purged by then"
        assert "b/summits/s" not in exported, "it was purged since"


class Breaking(grpc.GenericRpcHandler):
    """An export of five records that breaks off after every second one, and is resumed by token."""

    def __init__(self, count: int) -> None:
        self.count = count
        self.positions: list[str] = []

    def service(self, details: Any) -> Any:
        return grpc.unary_stream_rpc_method_handler(self.give, ExportRecordsRequest.FromString)

    def give(self, request: Any, context: grpc.ServicerContext) -> Iterator[bytes]:
        self.positions.append(request.resume_token)
        every = [f"calendars/c/summits/{number}" for number in range(5)]
        remaining = [name for name in every if name > request.resume_token]
        for name in remaining[: self.count]:
            part = AnyRecord(summit=Summit(name=name))
            yield ExportRecordsResponse(
                records=[part], resume_token=name, header=ResponseHeader(revision=7)
            ).SerializeToString()
        if len(remaining) > self.count:
            context.abort(grpc.StatusCode.UNAVAILABLE, "restarting")


@pytest.fixture
def breaking() -> Iterator[Any]:
    servers = []

    def run(count: int) -> tuple[str, Breaking]:
        server = grpc.server(ThreadPoolExecutor(2), options=[("grpc.so_reuseport", 0)])
        handler = Breaking(count)
        server.add_generic_rpc_handlers([handler])
        address = f"127.0.0.1:{server.add_insecure_port('127.0.0.1:0')}"
        server.start()
        servers.append(server)
        return address, handler

    yield run
    for server in servers:
        server.stop(None).wait()


def test_client_resumes_where_the_server_broke_off(breaking: Any) -> None:
    address, handler = breaking(2)
    with Client(address) as client:
        assert [name[-1] for name in names(client.export_records("calendars/c"))] == list("01234")
    assert [position[-1:] for position in handler.positions] == ["", "1", "3"]


async def collected(address: str) -> list[str]:
    async with AsyncClient(address) as client:
        return [record.name[-1] async for record in client.export_records("calendars/c")]


def test_asynchronous_client_resumes_too(breaking: Any) -> None:
    import asyncio

    address, _ = breaking(2)
    assert asyncio.run(collected(address)) == list("01234")


def test_export_without_progress_ends(breaking: Any) -> None:
    address, _ = breaking(0)
    with Client(address) as client, pytest.raises(UnavailableError):
        list(client.export_records("calendars/c"))
