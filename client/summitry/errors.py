"""The errors of the client library, and the conversion of gRPC errors to them.

    SummitryError                      everything this library raises on purpose
    ├── FileFormatError                a file of records cannot be read; names file, line and field
    └── CallError                      a call was refused or failed
        ├── InvalidArgumentError       the request is wrong: `field` says where, `reason` how
        ├── NotFoundError              no such record, or none that this caller may see
        ├── ConflictError              somebody else wrote first
        │   ├── AlreadyExistsError     the name or the uid is taken
        │   └── AbortedError           the record has changed since it was read: read it again
        ├── FailedPreconditionError    not possible in the present state of the record
        ├── ResourceExhaustedError     larger than a limit, or the store is full
        ├── UnavailableError           no server there, or it is restarting: try again
        ├── DeadlineExceededError      no answer in time; a write may have succeeded nevertheless
        ├── CallCancelledError         the call was cancelled by client or server
        ├── UnauthenticatedError       the caller is not authenticated
        ├── PermissionDeniedError      the caller may not do this
        ├── UnimplementedError         the server is older than this client
        └── InternalError              a fault of the server, or its store is damaged

Most callers catch `NotFoundError`, `ConflictError` and `UnavailableError` by name, and
`SummitryError` for the rest. Reasons are the names of `summitry.v1.ErrorReason` without
their prefix. This module imports neither gRPC nor protobuf until a call has failed.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    import grpc

DOMAIN = "summitry"
"""The domain of our reasons in google.rpc.ErrorInfo (AIP-193)."""
FORMER_DOMAIN = "summitry.v1"
"""That of servers of 0.1."""


class FieldViolation(NamedTuple):
    """A fault of one field of a request (google.rpc.BadRequest)."""

    field: str  # path from the request: "summit.time.dates.first_date"
    description: str


class SummitryError(Exception):
    """Base of every error that this library raises on purpose."""


class FileFormatError(SummitryError, ValueError):
    """A file of records cannot be read.

    `source` is the file, `position` the number of the line or YAML document in it, from 1 (0:
    the whole file), `field` the path of the field at fault, or "".
    """

    def __init__(self, message: str, *, source: str, position: int = 0, field: str = "") -> None:
        super().__init__(message)
        self.source = source
        self.position = position
        self.field = field


class CallError(SummitryError):
    """A call was refused or failed.

    `code` is the name of the gRPC status code. `reason` is the name of the `ErrorReason`
    ("ETAG_MISMATCH"), or "" when the failure did not come from a Summitry server. `metadata`
    belongs to the reason; the comments of `ErrorReason` show what each carries. `field` is the
    path of the field at fault, or "".
    """

    def __init__(
        self,
        message: str,
        *,
        code: str = "UNKNOWN",
        reason: str = "",
        metadata: Mapping[str, str] | None = None,
        violations: tuple[FieldViolation, ...] = (),
    ) -> None:
        super().__init__(message)
        self.code = code
        self.reason = reason
        self.metadata = dict(metadata or {})
        self.violations = violations

    @property
    def field(self) -> str:
        """Return the path of the field at fault, the first of several; "" if no field is."""
        return self.metadata.get("field") or next((v.field for v in self.violations), "")


class InvalidArgumentError(CallError):
    """The request is wrong, whatever the state of the server."""


class NotFoundError(CallError):
    """There is no such record, or none that this caller may see."""


class ConflictError(CallError):
    """Somebody else wrote first."""


class AlreadyExistsError(ConflictError):
    """The name or the uid is taken."""


class AbortedError(ConflictError):
    """The record has changed since it was read: read it again, then repeat the change."""


class FailedPreconditionError(CallError):
    """The present state of a record does not allow it."""


class ResourceExhaustedError(CallError):
    """Something is larger than a limit, or the store is full."""


class UnavailableError(CallError):
    """No server answers there, or it is restarting. Trying again is safe for reads."""


class DeadlineExceededError(CallError):
    """No answer within the timeout. A write may have succeeded nevertheless."""


class CallCancelledError(CallError):
    """The call was cancelled before its answer arrived."""


class UnauthenticatedError(CallError):
    """The caller is not authenticated."""


class PermissionDeniedError(CallError):
    """The caller may not do this."""


class UnimplementedError(CallError):
    """The server does not know the method: it is older than this client."""


class InternalError(CallError):
    """A bug in the server, or a damaged store.

    `metadata["request_id"]` identifies the call in the log of the server. The reason is
    STORE_DAMAGED if the store is damaged. A retry helps in neither case.
    """


ERRORS: dict[str, type[CallError]] = {
    "INVALID_ARGUMENT": InvalidArgumentError,
    "OUT_OF_RANGE": InvalidArgumentError,
    "NOT_FOUND": NotFoundError,
    "ALREADY_EXISTS": AlreadyExistsError,
    "ABORTED": AbortedError,
    "FAILED_PRECONDITION": FailedPreconditionError,
    "RESOURCE_EXHAUSTED": ResourceExhaustedError,
    "UNAVAILABLE": UnavailableError,
    "DEADLINE_EXCEEDED": DeadlineExceededError,
    "CANCELLED": CallCancelledError,
    "UNAUTHENTICATED": UnauthenticatedError,
    "PERMISSION_DENIED": PermissionDeniedError,
    "UNIMPLEMENTED": UnimplementedError,
    "INTERNAL": InternalError,
    "UNKNOWN": InternalError,
    "DATA_LOSS": InternalError,
}
"""The error for each gRPC status code except OK."""


def from_rpc_error(error: grpc.RpcError) -> CallError:
    """Convert an error of a gRPC call, of grpc or grpc.aio, to a CallError."""
    call: Any = error  # every RpcError that a call raises is a grpc.Call too; the types hide it
    code = call.code().name
    info, violations = _details(call)
    return ERRORS[code](
        call.details() or f"the call failed with {code}",
        code=code,
        reason=info.reason.removeprefix("ERROR_REASON_"),
        metadata=info.metadata,
        violations=violations,
    )


def _details(call: Any) -> tuple[Any, tuple[FieldViolation, ...]]:
    """Return the ErrorInfo of our domain (empty without one) and the field violations."""
    from google.rpc import error_details_pb2 as details_pb2
    from grpc_status import rpc_status

    info, bad = details_pb2.ErrorInfo(), details_pb2.BadRequest()
    try:
        status = rpc_status.from_call(call)
    except ValueError:  # the details contradict the status of the call, so neither can be trusted
        status = None
    for detail in status.details if status is not None else ():
        detail.Unpack(info)
        detail.Unpack(bad)
    if info.domain not in (DOMAIN, FORMER_DOMAIN):
        info.Clear()
    return info, tuple(FieldViolation(v.field, v.description) for v in bad.field_violations)
