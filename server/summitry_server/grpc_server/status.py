"""The end of a call by an error: with a rich status where there is room for one."""

from __future__ import annotations

import logging

import grpc
from grpc_status import rpc_status

from summitry.v1.error_reason_pb2 import ErrorReason
from summitry_server.wire.reasons import refusal_of, status_of
from summitry_server.wire.refusals import RefusedError

log = logging.getLogger(__name__)


def abort(context: grpc.ServicerContext, name: str, error: Exception, id: str) -> None:
    """End a call with the status of an error; always raises. Faults are logged."""
    status = status_of(refusal_of(error, id))
    if status.code == grpc.StatusCode.INTERNAL.value[0]:
        log.error("%s failed, request %s", name, id, exc_info=error)
    context.abort_with_status(rpc_status.to_status(status))


def settle(context: grpc.ServicerContext, error: Exception, id: str) -> None:
    """Set the status with which a callback stream ends after what was sent."""
    status = rpc_status.to_status(status_of(refusal_of(error, id)))
    context.set_code(status.code)
    context.set_details(status.details)
    context.set_trailing_metadata(status.trailing_metadata)


def cut(context: grpc.ServicerContext, refusal: RefusedError) -> None:
    """End a call now, from any thread; a send that waits returns.

    What ends a call ahead of its messages has no room for details: the text begins with the reason.
    grpcio's public `cancel` gives no reason at all, so the call beneath is asked first.
    """
    status = status_of(refusal)
    reason = ErrorReason.Name(refusal.reason).removeprefix("ERROR_REASON_")
    call = getattr(getattr(context, "_rpc_event", None), "call", None)
    if call is None:
        context.cancel()
    else:
        call.cancel(status.code, f"{reason}: {status.message}")
