"""The concern that bounds how many calls of a class are open at a time.

A call beyond the bound is refused at once, with RetryInfo. Those admitted wait for their turn on
threads of their own (server.py), so that light calls always find a thread.
"""

from __future__ import annotations

import threading
from collections import Counter

from summitry_server.context import Call
from summitry_server.grpc_server.call_classes import Bound
from summitry_server.grpc_server.concern import Closer, Guard, RpcMethod
from summitry_server.wire.refusals import RefusedError

POLL = 0.1  # seconds between looks at whether the client of a waiting call is still there


class Bounds:
    """The places of one server. Rpcs with the same bound share its places."""

    def __init__(self) -> None:
        self._places: dict[Bound, Places] = {}

    def __call__(self, method: RpcMethod) -> Guard | None:
        """Return the guard of a method whose class is bounded."""
        bound = method.call_class.bound
        if bound is None:
            return None
        return self._places.setdefault(bound, Places(bound)).enter


class Places:
    """The places of one bound. Safe for use from several threads."""

    def __init__(self, bound: Bound) -> None:
        self._bound = bound
        self._lock = threading.Lock()
        self._callers: Counter[str] = Counter()
        self._running = threading.BoundedSemaphore(bound.running)

    def enter(self, call: Call) -> Closer:
        """Reserve a place, wait until the call may run; return the function that frees both.

        Raises RefusedError with the reason of the bound, or that of `call.check`.
        """
        origin = call.caller.origin
        self._take(origin)
        try:
            while not self._running.acquire(timeout=POLL):
                call.check()
        except BaseException:
            self._give_back(origin)
            raise

        def leave(_: Exception | None) -> None:
            self._running.release()
            self._give_back(origin)

        return leave

    def _take(self, origin: str) -> None:
        bound = self._bound
        with self._lock:
            if self._callers.total() >= bound.places:
                raise _refusal(bound, bound.places, "server")
            if self._callers[origin] >= bound.share:
                raise _refusal(bound, bound.share, "caller")
            self._callers[origin] += 1

    def _give_back(self, origin: str) -> None:
        with self._lock:
            self._callers[origin] -= 1
            if not self._callers[origin]:
                del self._callers[origin]


def _refusal(bound: Bound, limit: int, per: str) -> RefusedError:
    return RefusedError(
        bound.reason,
        f"{limit} {bound.noun} of this {per} are open, which is as many as it may have: try again "
        "when one has ended",
        limit=limit,
        per=per,
    )
