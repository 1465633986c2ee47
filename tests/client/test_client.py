"""Both clients against a real service."""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterator
from concurrent import futures
from typing import Any

import grpc
import pytest

from summitry import Calendar, Client, Meeting, Summit
from summitry.errors import (
    AbortedError,
    AlreadyExistsError,
    DeadlineExceededError,
    FailedPreconditionError,
    InvalidArgumentError,
    NotFoundError,
    UnavailableError,
)
from summitry.v1.filter_pb2 import Filter
from summitry.v1.summit_service_pb2 import DeleteSummitRequest, GetSummitResponse

Connect = Callable[..., Any]


def test_record_is_created_updated_and_deleted(connect: Connect, service: Any) -> None:
    client = connect(service.grpc)
    calendar = client.create(Calendar(time_zone="Asia/Almaty"), id="c")
    assert calendar.name == "calendars/c"
    born = client.create(Summit(edition=24), "calendars/c", "s")
    assert (born.name, born.edition) == ("calendars/c/summits/s", 24)
    assert born.revision == client.header.revision == calendar.revision + 1
    assert client.get(born.name) == client.get(born.name, Summit) == born

    changed = client.update(Summit(name=born.name, etag=born.etag, series="sco"))
    assert (changed.edition, changed.series) == (24, "sco")
    cleared = client.update(Summit(name=born.name), ["edition"])
    assert (cleared.edition, cleared.series) == (0, "sco")
    with pytest.raises(AbortedError) as stale:
        client.update(Summit(name=born.name, etag=born.etag, edition=25))
    assert stale.value.reason == "ETAG_MISMATCH"
    assert stale.value.metadata["etag"] == cleared.etag

    deleted = client.delete(born.name, cleared.etag)
    assert deleted.HasField("delete_time")
    assert client.get(born.name) == deleted
    assert list(client.list(Summit, "calendars/c")) == []
    assert list(client.list("summits", "calendars/c", show_deleted=True)) == [deleted]


def test_refusals_are_typed(connect: Connect, service: Any) -> None:
    client = connect(service.grpc)
    client.create(Calendar(name="calendars/c"))
    client.create(Summit(name="calendars/c/summits/s"))
    cases: list[tuple[Callable[[], Any], type[Exception], str]] = [
        (lambda: client.get("calendars/c/summits/t"), NotFoundError, "RECORD_NOT_FOUND"),
        (lambda: client.create(Summit(name="calendars/c/summits/s")), AlreadyExistsError, "RECORD_EXISTS"),
        (lambda: client.create(Summit(), "calendars/d"), NotFoundError, "PARENT_NOT_FOUND"),
        (lambda: client.delete("calendars/c"), FailedPreconditionError, "CALENDAR_NOT_EMPTY"),
        (lambda: list(client.list("summits", page_size=-1)), InvalidArgumentError, "INVALID_VALUE"),
        (lambda: list(client.list("teas")), InvalidArgumentError, "INVALID_VALUE"),
        (lambda: client.get("calendars/c/summits/s", Meeting), InvalidArgumentError, "INVALID_NAME"),
        (lambda: list(client.agenda()), InvalidArgumentError, "WINDOW_MISSING"),
    ]  # fmt: skip
    for call, error, reason in cases:
        with pytest.raises(error) as caught:
            call()
        assert caught.value.reason == reason  # type: ignore[attr-defined]


def test_list_fetches_all_pages(connect: Connect, astana: Any) -> None:
    client = connect(astana.grpc)
    names = [record.name for record in client.list("delegations", page_size=2)]
    assert len(names) == 17
    assert (
        names
        == sorted(names)
        == [r.name for r in client.list("delegations", "calendars/astana-2024")]
    )
    meetings = client.list("meetings", filter=Filter(cities=["dushanbe"]))
    assert [record.name.rpartition("/")[2] for record in meetings] == ["xi-rahmon-talks"]


def test_a_batch_keeps_the_order_across_kinds(connect: Connect, astana: Any) -> None:
    client = connect(astana.grpc)
    base = "calendars/astana-2024"
    names = [
        f"{base}/visits/xi-tajikistan",
        base,
        f"{base}/summits/sco-24",
        f"{base}/visits/xi-kazakhstan",
        base,
    ]
    assert [record.name for record in client.batch_get(names)] == names
    with pytest.raises(NotFoundError):
        client.batch_get([*names, f"{base}/visits/nobody"])


@pytest.mark.parametrize(
    ("zone", "begins"),
    [("Asia/Almaty", "2024-07-03T10:00:00+05:00[Asia/Almaty]"), ("Europe/Paris", "2024-07-03T07:00:00+02:00[Europe/Paris]")],
)  # fmt: skip
def test_the_agenda_is_in_the_viewers_zone(
    connect: Connect, astana: Any, zone: str, begins: str
) -> None:
    client = connect(astana.grpc)
    items = list(client.agenda(first_date="2024-07-03", time_zone=zone, page_size=1))
    (talks,) = [item for item in items if item.record.meeting.name.endswith("xi-tokayev-talks")]
    assert talks.viewer_start == begins
    assert talks.record.meeting.time.resolved.start_text == "2024-07-03T10:00:00+05:00[Asia/Almaty]"
    assert len(items) > 3
    assert client.header.tzdb_version


def test_update_creates_what_is_missing(connect: Connect, service: Any) -> None:
    client = connect(service.grpc)
    with pytest.raises(NotFoundError):
        client.update(Calendar(name="calendars/c", time_zone="UTC"))
    assert (
        client.update(Calendar(name="calendars/c", time_zone="UTC"), allow_missing=True).revision
        == 1
    )


def test_unreachable_server_raises_unavailable(connect: Connect) -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))  # bound, never listening: connections are refused
        client = connect(f"127.0.0.1:{unused.getsockname()[1]}")
        with pytest.raises(UnavailableError) as caught:
            client.get("calendars/c")
    assert caught.value.reason == ""


def test_silent_server_times_out(connect: Connect) -> None:
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        client = connect(f"127.0.0.1:{silent.getsockname()[1]}", timeout=0.2)
        with pytest.raises(DeadlineExceededError):
            client.get("calendars/c")


def test_loopback_bypasses_the_proxy_of_the_environment(
    connect: Connect, service: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")
    monkeypatch.delenv("no_proxy", raising=False)
    assert list(connect(service.grpc).list("calendars")) == []


class Flaky(grpc.GenericRpcHandler):
    """A server that is away for the first calls of each method."""

    def __init__(self, failures: int) -> None:
        self.failures = failures
        self.calls: list[str] = []
        self.deadlines: list[float] = []
        self.requests: list[bytes] = []

    def service(self, details: Any) -> Any:
        def answer(request: bytes, context: grpc.ServicerContext) -> bytes:
            self.calls.append(details.method.rpartition("/")[2])
            self.requests.append(request)
            self.deadlines.append(context.time_remaining() or 0)
            if self.calls.count(self.calls[-1]) <= self.failures:
                context.abort(grpc.StatusCode.UNAVAILABLE, "restarting")
            return GetSummitResponse(summit=Summit(edition=24)).SerializeToString()

        return grpc.unary_unary_rpc_method_handler(answer)


@pytest.fixture
def flaky() -> Iterator[tuple[Flaky, str]]:
    handler = Flaky(failures=2)
    server = grpc.server(futures.ThreadPoolExecutor(1), options=[("grpc.so_reuseport", 0)])
    server.add_generic_rpc_handlers([handler])
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    yield handler, f"127.0.0.1:{port}"
    server.stop(None).wait()


def test_repeatable_calls_are_retried(connect: Connect, flaky: tuple[Flaky, str]) -> None:
    handler, target = flaky
    client = connect(target)
    assert client.get("calendars/c/summits/s", Summit).edition == 24
    client.delete("calendars/c/summits/s")
    client.issue_feed_token("calendars/c/feeds/f")
    with pytest.raises(UnavailableError):
        list(client.parse_calendar("calendars/c", b"").records)
    assert handler.calls[:9] == ["GetSummit"] * 3 + ["DeleteSummit"] * 3 + ["IssueFeedToken"] * 3
    writes = handler.requests[3:6]
    assert len(set(writes)) == 1, "the same request_id, so that it is done once"
    assert DeleteSummitRequest.FromString(writes[0]).request_id


def test_each_call_carries_its_deadline(connect: Connect, flaky: tuple[Flaky, str]) -> None:
    handler, target = flaky
    handler.failures = 0
    client = connect(target, timeout=1000)
    client.get("calendars/c/summits/s")
    client.update(Summit(name="calendars/c/summits/s"))
    assert len(handler.deadlines) == 2
    assert all(500 < seconds < 2000 for seconds in handler.deadlines)


def test_timeout_is_changed_on_the_same_channel(flaky: tuple[Flaky, str]) -> None:
    handler, target = flaky
    handler.failures = 0
    with Client(target, timeout=1000) as client:
        client.with_timeout(100_000).get("calendars/c/summits/s")
        client.get("calendars/c/summits/s")
    patient, usual = handler.deadlines
    assert patient > 50_000 > 2000 > usual > 500


def test_threads_share_a_client(service: Any) -> None:
    with Client(service.grpc) as client, futures.ThreadPoolExecutor(8) as pool:
        client.create(Calendar(name="calendars/c"))
        names = [f"calendars/c/summits/s{n}" for n in range(100)]
        created = list(pool.map(lambda name: client.create(Summit(name=name)).name, names))
        assert created == names
        assert len(list(client.list("summits", page_size=7))) == 100
