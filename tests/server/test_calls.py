"""A call ends when its deadline has passed or its client has gone."""

from __future__ import annotations

import time

import pytest

from summitry.v1.error_reason_pb2 import ErrorReason
from summitry_server.refusals import RefusedError
from summitry_server.rpc.context import LOCAL_CALL, Call, Caller


def call(*, seconds_left: float = 3600, active: bool = True) -> Call:
    return Call("id", Caller("name"), time.monotonic() + seconds_left, lambda: active)


@pytest.mark.parametrize(
    "waiting", [call(), LOCAL_CALL], ids=["before_the_deadline", "without_a_deadline"]
)
def test_call_that_is_waited_for_passes(waiting: Call) -> None:
    assert waiting.check() is None, "it raises nothing"


@pytest.mark.parametrize(
    ("ended", "reason"),
    [
        pytest.param(call(seconds_left=0), "DEADLINE_EXCEEDED", id="deadline_passed"),
        pytest.param(call(active=False), "CANCELLED", id="client_gone"),
        # gRPC ends a call at its deadline, so the client seems gone as well.
        pytest.param(call(seconds_left=-1, active=False), "DEADLINE_EXCEEDED", id="both"),
    ],
)
def test_call_that_nobody_waits_for_is_refused(ended: Call, reason: str) -> None:
    with pytest.raises(RefusedError) as caught:
        ended.check()
    assert ErrorReason.Name(caught.value.reason) == f"ERROR_REASON_{reason}"
