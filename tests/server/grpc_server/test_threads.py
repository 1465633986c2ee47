"""The threads of a server: heavy calls take none of those of light ones, and all end with it."""

from __future__ import annotations

import threading
from typing import Any

from summitry_server.grpc_server.server import THREADS
from tests.waiting import LONGEST, wait_until


def test_light_call_finds_a_thread_while_heavy_ones_hold_theirs(serve: Any, unary: Any) -> None:
    begun, release = threading.Semaphore(0), threading.Event()

    def work(_: Any, call: Any) -> bytes:
        begun.release()
        assert release.wait(LONGEST)
        return b""

    served = serve({"ParseCalendar": work, "GetHead": lambda *_: b"head"}, concerns=())
    heavy = served.channel.unary_unary("/summitry.v1.TransferService/ParseCalendar")
    calls = [heavy.future(b"") for _ in range(THREADS)]
    try:
        for _ in calls:
            assert begun.acquire(timeout=LONGEST)
        assert unary(served.channel, "ChangeService/GetHead") == b"head"
    finally:
        release.set()
    assert [call.result(timeout=LONGEST) for call in calls] == [b""] * THREADS


def test_threads_end_with_the_server(serve: Any, unary: Any) -> None:
    before = set(threading.enumerate())
    served = serve({"GetHead": lambda *_: b"head"})
    assert unary(served.channel, "ChangeService/GetHead") == b"head"
    own = {thread.name for thread in set(threading.enumerate()) - before}
    assert any(name.startswith("rpc") for name in own)
    served.channel.close()
    served.server.stop(LONGEST)

    def running_threads() -> list[str]:
        return [thread.name for thread in set(threading.enumerate()) - before]

    wait_until(lambda: not running_threads())
