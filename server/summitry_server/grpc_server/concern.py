"""Concerns: what the pipeline asks of every call.

A *concern* is a function from a method to the *guard* of its calls, or None for a method that it
leaves alone. A guard admits a call or raises RefusedError. It may return a *closer*, which is
called when the call has ended: with None, or with the error that ended it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from google.protobuf.message import Message

from summitry_server.context import Call
from summitry_server.grpc_server.call_classes import CallClass


class RpcMethod(NamedTuple):
    """An rpc as the pipeline knows it."""

    name: str  # "summitry.v1.AgendaService.FindConflicts"
    request: type[Message]
    call_class: CallClass


Closer = Callable[[Exception | None], None]
Guard = Callable[[Call], Closer | None]
Concern = Callable[[RpcMethod], Guard | None]
