"""Streams that hold no thread: grpcio's callback form, as its own health service uses it.

The handler returns at once; whoever has something sends it through the callback that the handler
was given. Such a send returns when the transport has taken the message.
"""

from __future__ import annotations

import threading
from collections.abc import Callable

import grpc
from grpc_status import rpc_status

from summitry.v1.error_reason_pb2 import ErrorReason
from summitry_server.errors import refusal_of, status_of


class CallbackSink:
    """The responses of one stream (rpc.context.Sink)."""

    def __init__(
        self, context: grpc.ServicerContext, respond: Callable[[bytes | None], None], id: str
    ) -> None:
        """`respond` is the callback of grpcio; None ends the stream. `id` is that of the call."""
        self._context = context
        self._respond = respond
        self._id = id
        self._lock = threading.Lock()
        self._over = False

    @property
    def connection(self) -> str:
        """The other end."""
        return str(self._context.peer())

    def send(self, response: bytes) -> bool:
        """Send a response; False if the stream has ended. Waits while the client does not read."""
        self._respond(response)
        return bool(self._context.is_active())

    def end(self, error: Exception) -> None:
        """End the stream, after what was sent, for a reason that the client is told."""
        with self._lock:
            if self._over:
                return
            self._over = True
        status = rpc_status.to_status(status_of(refusal_of(error, self._id)))
        self._context.set_code(status.code)
        self._context.set_details(status.details)
        self._context.set_trailing_metadata(status.trailing_metadata)
        self._respond(None)

    def cut(self, error: Exception) -> None:
        """End the stream now; a send that waits returns.

        What ends a stream ahead of its messages has no room for details: the reason is told by the
        text. grpcio's public `cancel` tells no reason at all, so the call beneath is asked first.
        """
        refusal = refusal_of(error, self._id)
        status = status_of(refusal)
        reason = ErrorReason.Name(refusal.reason).removeprefix("ERROR_REASON_")
        call = getattr(getattr(self._context, "_rpc_event", None), "call", None)
        if call is None:
            self._context.cancel()
        else:
            call.cancel(status.code, f"{reason}: {status.message}")

    def on_end(self, callback: Callable[[], None]) -> bool:
        """Have a function called by the transport's own thread when the stream has ended."""
        return bool(self._context.add_callback(callback))
