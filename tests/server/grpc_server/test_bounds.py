"""Heavy calls have a number of places, a share for each caller, and few of them work at a time."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

import pytest
from google.rpc.error_details_pb2 import RetryInfo
from grpc_status import rpc_status

from summitry.v1.error_reason_pb2 import ErrorReason
from summitry_server.context import Call, Caller
from summitry_server.grpc_server.bounds import Bounds, Places
from summitry_server.grpc_server.call_classes import FILES, HEAVY, LIGHT, LONG, Bound
from summitry_server.grpc_server.concern import RpcMethod
from summitry_server.wire.refusals import RefusedError

SMALL = Bound(3, 2, 3, ErrorReason.ERROR_REASON_TOO_MANY_HEAVY_CALLS, "questions")
GUARD = 60


def call(name: str, check: Callable[[], None] = lambda: None) -> Call:
    return Call("id", Caller(name), check=check)


def refusal(places: Places, caller: str) -> dict[str, str]:
    with pytest.raises(RefusedError) as caught:
        places.enter(call(caller))
    assert caught.value.reason == SMALL.reason
    return caught.value.metadata


def test_call_beyond_the_places_of_the_server_is_refused() -> None:
    places = Places(SMALL)
    leave = [places.enter(call(name)) for name in ("ipv4:1.1.1.1:1", "ipv4:2.2.2.2:1", "unix:/s")]
    assert refusal(places, "ipv4:3.3.3.3:1") == {"limit": "3", "per": "server"}
    leave[0](None)
    assert callable(places.enter(call("ipv4:3.3.3.3:1")))


def test_caller_has_a_share_whatever_ports_it_uses() -> None:
    places = Places(SMALL)
    leave = [places.enter(call(f"ipv6:[::1]:{port}")) for port in (1, 2)]
    assert refusal(places, "ipv6:[::1]:3") == {"limit": "2", "per": "caller"}
    assert callable(places.enter(call("ipv6:[::2]:1"))), "there is a place for others"
    leave[1](RefusedError(SMALL.reason, "how a call ends does not matter"))
    assert callable(places.enter(call("ipv6:[::1]:4")))


def test_waiting_call_gives_its_place_back_when_its_client_goes() -> None:
    places = Places(SMALL._replace(running=1))
    leave = places.enter(call("a:1"))

    def raise_cancelled() -> None:
        raise RefusedError(ErrorReason.ERROR_REASON_CANCELLED, "gone")

    for _ in range(5):
        with pytest.raises(RefusedError, match="gone"):
            places.enter(call("a:2", raise_cancelled))
    leave(None)
    places.enter(call("a:3"))(None)


def test_no_more_work_at_a_time_than_may_run() -> None:
    places = Places(SMALL._replace(running=1, share=3))
    leave = places.enter(call("a:1"))
    entered = threading.Event()

    def wait() -> None:
        places.enter(call("a:2"))
        entered.set()

    thread = threading.Thread(target=wait, daemon=True)
    thread.start()
    assert not entered.wait(0.3), "it waits while the other works"
    leave(None)
    assert entered.wait(GUARD)
    thread.join(GUARD)


def test_light_calls_are_not_bounded_and_those_of_one_bound_share_its_places() -> None:
    bounds = Bounds()
    light, heavy, again, long = (
        bounds(RpcMethod(name, None, of))  # type: ignore[arg-type]
        for name, of in (("light", LIGHT), ("heavy", HEAVY), ("again", HEAVY), ("long", LONG))
    )
    assert light is None
    assert heavy is not None and heavy == again
    assert long is not None and long != heavy, "what takes minutes holds no question up"


def test_heavy_calls_beyond_the_bound_are_told_to_come_again(
    serve: Any, unary: Any, refusal_of: Any
) -> None:
    release = threading.Event()

    def stuck(*_: Any) -> bytes:
        release.wait(GUARD)
        return b"parsed"

    channel = serve({"ParseCalendar": stuck, "GetHead": lambda *_: b"head"}).channel
    path = "/summitry.v1.TransferService/ParseCalendar"
    futures = [channel.unary_unary(path).future(b"", timeout=GUARD) for _ in range(40)]
    done = threading.Semaphore(0)
    for future in futures:
        future.add_done_callback(lambda _: done.release())
    for _ in range(len(futures) - FILES.share):
        assert done.acquire(timeout=GUARD)
    refused = [future for future in futures if future.done()]
    assert unary(channel, "ChangeService/GetHead") == b"head", "light calls find a thread"
    release.set()
    answered = [future.result() for future in futures if future not in refused]
    assert answered == [b"parsed"] * FILES.share
    for future in refused:
        error = refusal_of(future.exception())
        assert (error.code, error.reason) == ("RESOURCE_EXHAUSTED", "TOO_MANY_HEAVY_CALLS")
        assert retry_delay(future.exception()) > 0


def retry_delay(error: Any) -> float:
    status = rpc_status.from_call(error)
    info = RetryInfo()
    assert any(detail.Unpack(info) for detail in status.details)
    return float(info.retry_delay.seconds + info.retry_delay.nanos / 1e9)
