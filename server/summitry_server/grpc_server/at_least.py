"""Reading one's own writes: an answer is not older than the snapshot that its caller has seen.

The metadata `summitry-at-least` holds the newest snapshot of the caller. A server that has not
reached it waits a little, then refuses the call, which may be tried again, there or elsewhere.
"""

from __future__ import annotations

import time
from collections.abc import Callable

import grpc

from summitry.v1.error_reason_pb2 import ErrorReason
from summitry_server.context import Call
from summitry_server.domain.search.snapshots import Snapshots
from summitry_server.grpc_server.concern import Concern, Guard, RpcMethod
from summitry_server.wire.refusals import RefusedError

KEY = "summitry-at-least"
WAIT = 1.0  # seconds for which a call waits, at most until its deadline
LOOK = 0.01  # seconds between looks at the head of the store


def at_least(context: grpc.ServicerContext) -> str:
    """Return the snapshot in the metadata of a call; "" for none."""
    for key, value in context.invocation_metadata():
        if key == KEY:
            return str(value)
    return ""


def read_your_writes(snapshots: Snapshots, head: Callable[[], int]) -> Concern:
    """Return the concern that lets a call wait for the snapshot in its metadata.

    A snapshot of another store, or of an epoch before it was restored from a copy, is no condition:
    this store never shows it, and the header of the answer tells its caller so.
    """

    def guard(call: Call) -> None:
        if call.at_least and (revision := snapshots.awaited(call.at_least)) > head():
            _wait_for(revision, call, head)

    def concern(method: RpcMethod) -> Guard:
        return guard

    return concern


def _wait_for(revision: int, call: Call, head: Callable[[], int]) -> None:
    until = time.monotonic() + WAIT
    while head() < revision:
        call.check()
        if time.monotonic() >= until:
            raise RefusedError(
                ErrorReason.ERROR_REASON_SNAPSHOT_NOT_REACHED,
                f"the store is at revision {head()}, not yet at {revision} as {KEY} demands: "
                "try again in a moment",
                revision=head(),
            )
        time.sleep(LOOK)
