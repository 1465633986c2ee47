"""The calls under way: how each begins and ends, and a thread that ends those that overrun."""

from __future__ import annotations

import threading
import time
from collections.abc import Sequence
from types import TracebackType

import grpc

from summitry.v1.error_reason_pb2 import ErrorReason
from summitry_server.context import Call, Caller
from summitry_server.grpc_server import status
from summitry_server.grpc_server.at_least import at_least
from summitry_server.grpc_server.bounds import Places
from summitry_server.grpc_server.call_classes import CLASSES, STREAM, Bound
from summitry_server.grpc_server.concern import Closer, Guard, RpcMethod
from summitry_server.wire.refusals import RefusedError

TICK = 0.5  # seconds between looks at the open calls
# Work that calls `check` ends itself, with a status that has details; the thread comes later.
LENIENCE = 1.0
# How often the statements of a call may ask to go on, some 10 ms each time, before it is costly.
FREE_STEPS = 3


class OpenCall:
    """A call under way, as a context manager: guards at its start, closers and status at its end.

    An error that leaves the block becomes the status of the call.
    """

    __slots__ = (
        "_closers", "_context", "_cut", "_detached", "_ending", "_guards", "_open_calls",
        "_steps", "call", "deadline", "method", "waits_since",
    )  # fmt: skip

    def __init__(
        self,
        method: RpcMethod,
        guards: Sequence[Guard],
        context: grpc.ServicerContext,
        open_calls: OpenCalls,
        id: str,
    ) -> None:
        self.method = method
        self.deadline = time.monotonic() + min(method.call_class.seconds, context.time_remaining())
        self.waits_since: float | None = None  # when a message was sent that is not yet taken
        self.call = Call(
            id, Caller(context.peer()), self.deadline, self.check, at_least=at_least(context)
        )
        self._context = context
        self._guards = guards
        self._closers: list[Closer] = []
        self._open_calls = open_calls
        self._ending: RefusedError | None = None
        self._detached = False
        self._cut = False
        self._steps = 0

    def __enter__(self) -> OpenCall:
        self._open_calls.add(self)
        try:
            for guard in self._guards:
                closer = guard(self.call)
                if closer is not None:
                    self._closers.append(closer)
        except Exception as error:
            self._finish(error)
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None
    ) -> None:
        if error is None and self._detached:
            return
        # GeneratorExit and RpcError: the client has gone, and there is nobody to answer.
        answerable = isinstance(error, Exception) and not isinstance(error, grpc.RpcError)
        self._finish(error if answerable else None)  # type: ignore[arg-type]

    def check(self) -> None:
        """Raise RefusedError if nobody waits for the answer any more, or the server stops."""
        if self._ending is not None:
            raise self._ending
        if time.monotonic() >= self.deadline:
            raise _deadline_exceeded(self.method)
        if not self._context.is_active():
            reason = ErrorReason.ERROR_REASON_CANCELLED
            raise RefusedError(reason, "the client has ended the call")

    def check_statement(self) -> None:
        """Check while a statement runs; take a place among the costly calls when it runs long.

        Waits for its turn there. Raises RefusedError as `check` does, and TOO_MANY_HEAVY_CALLS.
        """
        self.check()
        self._steps += 1
        costly = self.method.call_class.costly
        if self._steps == FREE_STEPS and costly is not None:
            self._closers.append(self._open_calls.places_of(costly).enter(self.call))

    def end(self, error: RefusedError) -> None:
        """Make the next `check` raise an error; cancel a call without checks a second later."""
        self._ending = error
        self.deadline = time.monotonic()

    def cut(self, error: RefusedError) -> None:
        """End the call for its client now, whatever its thread does."""
        self._ending = error
        self._cut = True
        status.cut(self._context, error)

    def detach(self) -> None:
        """Keep the call open when the handler has returned, until its status is sent."""
        self._detached = self._context.add_callback(lambda: self._close(self._ending))
        self._open_calls.remove(self)

    def overrun(self, now: float) -> RefusedError | None:
        """Return why the call is to be cut, if it is."""
        if self._cut:
            return None
        if now >= self.deadline + LENIENCE:
            return self._ending or _deadline_exceeded(self.method)
        since, idle = self.waits_since, self.method.call_class.idle
        return idle_stream(idle) if since is not None and now >= since + idle else None

    def _finish(self, error: Exception | None) -> None:
        self._close(error)
        if error is not None:
            status.abort(self._context, self.method.name, error, self.call.id)

    def _close(self, error: Exception | None) -> None:
        self._open_calls.remove(self)
        for closer in reversed(self._closers):
            closer(error)
        self._closers.clear()


class OpenCalls:
    """All calls of a server that are under way. Safe for use from several threads."""

    def __init__(self) -> None:
        self._calls: dict[OpenCall, None] = {}
        self._costly = {
            bound: Places(bound)
            for call_class in CLASSES
            if (bound := call_class.costly) is not None
        }
        self._stopped = threading.Event()
        self._watchdog = threading.Thread(target=self._watch, name="call-watchdog", daemon=True)

    def __len__(self) -> int:
        """Return how many calls there are, without watches."""
        return len(self._calls)

    def places_of(self, costly: Bound) -> Places:
        """Return the places of calls whose statements run long."""
        return self._costly[costly]

    def start(self) -> None:
        """Start the thread that cuts calls over their deadline."""
        self._watchdog.start()

    def add(self, call: OpenCall) -> None:
        """Register a call that begins."""
        self._calls[call] = None

    def remove(self, call: OpenCall) -> None:
        """Forget a call that has ended."""
        self._calls.pop(call, None)

    def end_streams(self) -> None:
        """End imports and exports: a server that stops does not wait for what others send."""
        for call in list(self._calls):
            if call.method.call_class is STREAM:
                call.end(stopping())

    def cut_all(self) -> list[str]:
        """End every call for its client and return the names of the rpcs."""
        calls = list(self._calls)
        for call in calls:
            call.cut(stopping())
        return sorted(call.method.name for call in calls)

    def stop(self) -> None:
        """End the thread."""
        self._stopped.set()

    def _watch(self) -> None:
        while not self._stopped.wait(TICK):
            now = time.monotonic()
            for call in list(self._calls):
                error = call.overrun(now)
                if error is not None:
                    call.cut(error)


def stopping() -> RefusedError:
    """Return the refusal of a call that is under way when the server stops."""
    reason = ErrorReason.ERROR_REASON_SERVER_STOPPING
    return RefusedError(reason, "the server stops: try again in a moment")


def idle_stream(seconds: float) -> RefusedError:
    """Return the refusal of a stream on which no message passed for too long."""
    return RefusedError(
        ErrorReason.ERROR_REASON_STREAM_IDLE,
        f"no message passed for {seconds:g} seconds: begin again, and send or read without a pause",
        seconds=f"{seconds:g}",
    )


def _deadline_exceeded(method: RpcMethod) -> RefusedError:
    return RefusedError(
        ErrorReason.ERROR_REASON_DEADLINE_EXCEEDED,
        "the call took longer than the client or the server allows: ask for less at a time, such "
        "as a shorter window or a smaller page",
        seconds=f"{method.call_class.seconds:g}",
    )
