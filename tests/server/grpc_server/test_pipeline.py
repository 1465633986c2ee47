"""Every call passes one pipeline, whatever its form: concerns, checks, limits, status."""

from __future__ import annotations

import re
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import grpc
import pytest
from google.protobuf import descriptor_pool

from summitry.v1.change_service_pb2 import ListChangesRequest
from summitry.v1.error_reason_pb2 import ErrorReason
from summitry_server.context import Call, Caller, Sink
from summitry_server.grpc_server import call_classes
from summitry_server.grpc_server.call_classes import HEAVY, LIGHT
from summitry_server.grpc_server.permission import ROLES, permission
from summitry_server.wire.refusals import RefusedError

REFUSAL = RefusedError(ErrorReason.ERROR_REASON_INVALID_VALUE, "not today", "field")
ROOT = Path(__file__).resolve().parents[3]
FORMS = {
    "unary": "ChangeService/DiffRevisions",
    "cached": "ChangeService/GetHead",
    "requests": "TransferService/ImportRecords",
    "responses": "TransferService/ExportRecords",
    "callback": "ChangeService/WatchChanges",
}


class Recorder:
    """A concern that keeps the calls it admits, and how they ended."""

    def __init__(self, refuse: bool = False) -> None:
        self.begun: list[tuple[str, Call]] = []
        self.ended: list[tuple[str, Exception | None]] = []
        self._refuse = refuse

    def __call__(self, method: Any) -> Callable[[Call], Any]:
        def guard(call: Call) -> Callable[[Exception | None], None]:
            if self._refuse:
                raise REFUSAL
            self.begun.append((method.name, call))
            return lambda error: self.ended.append((method.name, error))

        return guard


def rpcs(work: Callable[[Call], None]) -> dict[str, Any]:
    """Return one rpc of each form; each does `work` and answers b"answer"."""

    def answer(_: Any, call: Call) -> bytes:
        work(call)
        return b"answer"

    def answers(_: Any, call: Call) -> Iterator[bytes]:
        work(call)
        yield b"answer"

    def watch(_: Any, call: Call, sink: Sink) -> None:
        work(call)
        sink.send(b"answer")
        sink.end(REFUSAL)

    return {
        "DiffRevisions": answer,
        "GetHead": answer,
        "ImportRecords": answer,
        "ExportRecords": answers,
        "WatchChanges": watch,
    }


def make_call(channel: grpc.Channel, form: str, request: bytes = b"") -> list[bytes]:
    """Call the rpc of a form and return its responses."""
    path = f"/summitry.v1.{FORMS[form]}"
    if form == "requests":
        return [channel.stream_unary(path)(iter((request,)), timeout=20)]
    if form in ("responses", "callback"):
        return list(channel.unary_stream(path)(request, timeout=20))
    return [channel.unary_unary(path)(request, timeout=20)]


def wait_for(condition: Callable[[], object]) -> None:
    """Wait for what happens on a thread of the server; the hang guard decides nothing else."""
    for _ in range(2000):
        if condition():
            return
        threading.Event().wait(0.01)
    pytest.fail("it did not happen")


@pytest.mark.parametrize("form", FORMS)
def test_concern_hears_of_begin_and_end_of_every_form(
    serve: Any, form: str, refusal_of: Any
) -> None:
    recorder = Recorder()
    channel = serve(rpcs(lambda _: None), [lambda: recorder]).channel
    if form == "callback":
        with pytest.raises(grpc.RpcError) as caught:
            make_call(channel, form)
        assert refusal_of(caught.value).reason == "INVALID_VALUE"
    else:
        assert make_call(channel, form) == [b"answer"]
    wait_for(lambda: recorder.ended)
    name = "summitry.v1." + FORMS[form].replace("/", ".")
    assert [begun for begun, _ in recorder.begun] == [name]
    assert recorder.ended == [(name, None)]


@pytest.mark.parametrize("form", FORMS)
def test_guard_refuses_every_form(serve: Any, form: str, refusal_of: Any) -> None:
    def work(_: Call) -> None:
        raise AssertionError("a refused call does no work")

    channel = serve(rpcs(work), [lambda: Recorder(refuse=True)]).channel
    with pytest.raises(grpc.RpcError) as caught:
        make_call(channel, form)
    refusal = refusal_of(caught.value)
    assert (refusal.code, refusal.reason, refusal.field) == (
        "INVALID_ARGUMENT",
        "INVALID_VALUE",
        "field",
    )


@pytest.mark.parametrize("form", FORMS)
def test_error_of_the_work_is_the_status_and_reaches_the_closer(
    serve: Any, form: str, refusal_of: Any
) -> None:
    def work(_: Call) -> None:
        raise REFUSAL

    recorder = Recorder()
    channel = serve(rpcs(work), [lambda: recorder]).channel
    with pytest.raises(grpc.RpcError) as caught:
        make_call(channel, form)
    assert refusal_of(caught.value).reason == "INVALID_VALUE"
    wait_for(lambda: recorder.ended)
    assert recorder.ended[0][1] is REFUSAL


@pytest.mark.parametrize("form", ["unary", "cached", "requests", "responses", "callback"])
def test_malformed_request_is_refused_in_every_form(serve: Any, form: str, refusal_of: Any) -> None:
    handlers = rpcs(lambda _: None)
    handlers["ImportRecords"] = lambda requests, _: b"".join(str(r).encode() for r in requests)
    channel = serve(handlers).channel
    with pytest.raises(grpc.RpcError) as caught:
        make_call(channel, form, b"\xff\xff\xff")
    assert refusal_of(caught.value).reason == "MALFORMED_REQUEST"


@pytest.mark.parametrize("form", FORMS)
def test_calls_have_ids_of_their_own_and_a_caller(serve: Any, form: str) -> None:
    recorder = Recorder()
    channel = serve(rpcs(lambda _: None), [lambda: recorder]).channel
    for _ in range(3):
        try:
            make_call(channel, form)
        except grpc.RpcError as error:
            assert form == "callback", error
    calls = [call for _, call in recorder.begun]
    assert len({call.id for call in calls}) == 3
    assert {call.caller.origin for call in calls} == {"ipv4:127.0.0.1"}


@pytest.mark.parametrize("form", ["unary", "cached", "requests", "responses"])
def test_server_has_a_deadline_where_the_client_has_none(
    serve: Any, form: str, refusal_of: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    name = "summitry.v1." + FORMS[form].replace("/", ".")
    monkeypatch.setitem(call_classes.CLASS_OF_RPC, name, LIGHT._replace(seconds=0.2))

    def work(call: Call) -> None:
        while True:
            call.check()
            threading.Event().wait(0.01)

    channel = serve(rpcs(work)).channel
    with pytest.raises(grpc.RpcError) as caught:
        make_call(channel, form)
    refusal = refusal_of(caught.value)
    assert (refusal.code, refusal.reason) == ("DEADLINE_EXCEEDED", "DEADLINE_EXCEEDED")
    assert refusal.metadata == {"seconds": "0.2"}


def test_call_without_checks_is_cut_at_its_deadline(
    serve: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    name = "summitry.v1.ChangeService.DiffRevisions"
    monkeypatch.setitem(call_classes.CLASS_OF_RPC, name, LIGHT._replace(seconds=0.2))
    release = threading.Event()
    channel = serve(rpcs(lambda _: release.wait(20) or None)).channel  # type: ignore[func-returns-value]
    with pytest.raises(grpc.RpcError) as caught:
        make_call(channel, "unary")
    release.set()
    assert caught.value.code() is grpc.StatusCode.DEADLINE_EXCEEDED
    assert caught.value.details().startswith("DEADLINE_EXCEEDED: ")


def test_shorter_deadline_of_the_client_holds(serve: Any) -> None:
    deadlines: list[float] = []
    recorder = Recorder()
    channel = serve(rpcs(lambda call: deadlines.append(call.deadline)), [lambda: recorder]).channel
    for timeout in (7, 7000):
        channel.unary_unary(f"/summitry.v1.{FORMS['unary']}")(b"", timeout=timeout)
    short, long = deadlines
    assert 7 < long - short <= LIGHT.seconds


def test_work_stops_when_the_client_has_gone(serve: Any) -> None:
    recorder, begun = Recorder(), threading.Event()

    def work(call: Call) -> None:
        begun.set()
        while True:
            call.check()
            threading.Event().wait(0.01)

    channel = serve(rpcs(work), [lambda: recorder]).channel
    future = channel.unary_unary(f"/summitry.v1.{FORMS['unary']}").future(b"")
    assert begun.wait(20)
    future.cancel()
    wait_for(lambda: recorder.ended)
    ((_, error),) = recorder.ended
    assert isinstance(error, RefusedError)
    assert error.reason == ErrorReason.ERROR_REASON_CANCELLED


def test_answers_are_shared_by_callers_with_one_view_only(
    serve: Any, unary: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    views = iter(["", "", "public", "public", ""])
    worked: list[str] = []
    monkeypatch.setattr(
        "summitry_server.grpc_server.open_calls.Caller",
        lambda name: Caller(name, next(views)),
    )

    def get_head(_: Any, call: Call) -> bytes:
        worked.append(call.caller.view)
        return f"for {call.caller.view}".encode()

    channel = serve({"GetHead": get_head}).channel
    answers = [unary(channel, "ChangeService/GetHead") for _ in range(5)]
    assert answers == [b"for ", b"for ", b"for public", b"for public", b"for "]
    assert worked == ["", "public"]


def test_permission_is_denied_to_a_service_without_a_row(
    serve: Any, unary: Any, refusal_of: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delitem(ROLES, "summitry.v1.ChangeService")
    channel = serve(rpcs(lambda _: None), [lambda: permission]).channel
    with pytest.raises(grpc.RpcError) as caught:
        unary(channel, "ChangeService/GetHead")
    refusal = refusal_of(caught.value)
    assert (refusal.code, refusal.reason) == ("PERMISSION_DENIED", "PERMISSION_DENIED")


def test_table_of_roles_names_the_services_of_the_api() -> None:
    sources = (path.read_text() for path in ROOT.glob("protos/summitry/v1/*_service.proto"))
    services = {name for text in sources for name in re.findall(r"^service (\w+)", text, re.M)}
    assert ROLES.keys() == {f"summitry.v1.{service}" for service in services}


def test_text_beyond_its_limit_is_refused_before_the_work(
    serve: Any, unary: Any, refusal_of: Any
) -> None:
    channel = serve({}).channel
    request = ListChangesRequest()
    request.view.filter.text = "x" * 256
    with pytest.raises(grpc.RpcError) as caught:
        unary(channel, "ChangeService/ListChanges", request.SerializeToString())
    assert refusal_of(caught.value).reason == "TEXT_TOO_LONG"


@pytest.mark.parametrize("name", sorted(call_classes.CLASS_OF_RPC))
def test_table_of_classes_names_rpcs_that_exist(name: str) -> None:
    service, _, method = name.rpartition(".")
    descriptor = descriptor_pool.Default().FindServiceByName(service)
    assert method in descriptor.methods_by_name
    assert call_classes.class_of(descriptor.methods_by_name[method]) is not LIGHT


def row(call_class: call_classes.CallClass) -> str:
    """Return the line of docs/operations.md for a class."""
    names = sorted(n for n, of in call_classes.CLASS_OF_RPC.items() if of is call_class)
    rpcs = ", ".join(name.rpartition(".")[2] for name in names) or "all others"
    seconds = f"{call_class.seconds:g}" if call_class.seconds < float("inf") else "-"
    bound = (call_class.bound or call_class.costly or ("-", "-", "-"))[:3]
    return f"| {' | '.join(map(str, (call_class.name, seconds, *bound, rpcs)))} |"


def test_docs_list_every_class() -> None:
    page = (ROOT / "docs" / "operations.md").read_text(encoding="utf-8").splitlines()
    head = page.index("|---|---|---|---|---|---|")
    rows = [row(call_class) for call_class in call_classes.CLASSES]
    assert page[head + 1 : head + 1 + len(rows) + 1] == [*rows, ""]


def test_every_class_ends_or_is_a_watch() -> None:
    assert HEAVY.seconds >= LIGHT.seconds
    endless = [
        call_class.name for call_class in call_classes.CLASSES if call_class.seconds == float("inf")
    ]
    assert endless == ["watch"]
