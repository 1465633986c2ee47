"""The concern of permission: one table of rpcs and roles; an rpc that is not in it is denied.

Callers have no identities yet, so every row admits everybody.
"""

from __future__ import annotations

from enum import Enum

from summitry.kinds import KINDS
from summitry.v1.error_reason_pb2 import ErrorReason
from summitry_server.context import Call
from summitry_server.grpc_server.concern import Closer, Guard, RpcMethod
from summitry_server.wire.refusals import RefusedError


class Role(Enum):
    """A role that a caller must have."""

    ANYBODY = "anybody"


ROLES = {
    **{kind.service.full_name: Role.ANYBODY for kind in KINDS},
    "summitry.v1.AgendaService": Role.ANYBODY,
    "summitry.v1.ChangeService": Role.ANYBODY,
    "summitry.v1.TimeZoneService": Role.ANYBODY,
    "summitry.v1.TransferService": Role.ANYBODY,
    "summitry.v1.WriteService": Role.ANYBODY,
}


def permission(method: RpcMethod) -> Guard | None:
    """Return the guard of a method that not everybody may use."""
    service = method.name.rpartition(".")[0]
    return None if ROLES.get(service) is Role.ANYBODY else _deny


def _deny(call: Call) -> Closer | None:
    raise RefusedError(
        ErrorReason.ERROR_REASON_PERMISSION_DENIED, "no caller may use this rpc here"
    )
