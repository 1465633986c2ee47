"""Rpcs whose responses hold no thread: grpcio's callback form, as its own health service uses it.

The handler returns at once; whoever has something sends it through the callback that the handler
was given. Such a send returns when the transport has taken the message.
"""

from __future__ import annotations

import threading
from collections.abc import Callable

import grpc

from summitry_server.context import Stream
from summitry_server.grpc_server import status
from summitry_server.grpc_server.open_calls import OpenCall
from summitry_server.grpc_server.pipeline import Calls, read
from summitry_server.wire.reasons import refusal_of

Respond = Callable[[bytes | None], None]


def callback_handler(calls: Calls, stream: Stream) -> Callable[..., None]:
    """Return the handler of an rpc whose responses may come from any thread, at any time."""

    def handle(data: bytes, context: grpc.ServicerContext, respond: Respond) -> None:
        with calls.open(context) as opened:
            request = read(opened.method, data)
            stream(request, opened.call, CallbackStream(opened, context, respond))
            opened.detach()

    # Without this attribute grpcio calls the handler as a blocking generator, one thread a stream.
    handle.experimental_non_blocking = True  # type: ignore[attr-defined]
    return handle


class CallbackStream:
    """The responses of one stream (context.Sink)."""

    def __init__(self, opened: OpenCall, context: grpc.ServicerContext, respond: Respond) -> None:
        """Create a stream that sends by `respond`, a callback of grpcio; None ends it."""
        self._opened = opened
        self._context = context
        self._respond = respond
        self._lock = threading.Lock()
        self._over = False

    @property
    def connection(self) -> str:
        """Return the address of the client."""
        return str(self._context.peer())

    def send(self, response: bytes) -> bool:
        """Send a response; False if the stream has ended. Waits while the client does not read."""
        self._respond(response)
        return bool(self._context.is_active())

    def end(self, error: Exception) -> None:
        """End the stream, after what was sent, for a reason that the client is given."""
        with self._lock:
            if self._over:
                return
            self._over = True
        status.settle(self._context, error, self._opened.call.id)
        self._respond(None)

    def cut(self, error: Exception) -> None:
        """End the stream now; a send that is waiting returns."""
        self._opened.cut(refusal_of(error, self._opened.call.id))

    def on_end(self, callback: Callable[[], None]) -> bool:
        """Call a function, on the thread of the transport, when the stream has ended."""
        return bool(self._context.add_callback(callback))
