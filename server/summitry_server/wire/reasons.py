"""The error table: the status code of each reason, and the reason of each error of the store.

Every error that leaves the server carries google.rpc.ErrorInfo with domain "summitry" and one
ErrorReason (AIP-193); where a field is at fault, google.rpc.BadRequest names it.
"""

from __future__ import annotations

import errno

import grpc
from google.protobuf.any_pb2 import Any
from google.rpc.error_details_pb2 import BadRequest, ErrorInfo, RetryInfo
from google.rpc.status_pb2 import Status

from summitry.v1.error_reason_pb2 import ErrorReason
from summitry_server.store.errors import (
    NameTakenError,
    StoreDamagedError,
    StoreError,
    StoreFullError,
    StoreUnavailableError,
    StoreVersionError,
    UidTakenError,
)
from summitry_server.wire.refusals import RefusedError

DOMAIN = "summitry"
# Details travel in trailers, for which clients have 8 KiB.
MESSAGE_LENGTH = 1000
VALUE_LENGTH = 256

INVALID = grpc.StatusCode.INVALID_ARGUMENT
CODES: dict[ErrorReason, grpc.StatusCode] = {
    ErrorReason.ERROR_REASON_REQUIRED_FIELD_MISSING: INVALID,
    ErrorReason.ERROR_REASON_INVALID_VALUE: INVALID,
    ErrorReason.ERROR_REASON_INVALID_NAME: INVALID,
    ErrorReason.ERROR_REASON_INVALID_ID: INVALID,
    ErrorReason.ERROR_REASON_UNKNOWN_TIME_ZONE: INVALID,
    ErrorReason.ERROR_REASON_WINDOWS_TIME_ZONE: INVALID,
    ErrorReason.ERROR_REASON_LOCAL_TIME_IN_GAP: INVALID,
    ErrorReason.ERROR_REASON_LOCAL_TIME_AMBIGUOUS: INVALID,
    ErrorReason.ERROR_REASON_OFFSET_CONFLICT: INVALID,
    ErrorReason.ERROR_REASON_END_BEFORE_START: INVALID,
    ErrorReason.ERROR_REASON_INVALID_DATE: INVALID,
    ErrorReason.ERROR_REASON_INVALID_TIME: INVALID,
    ErrorReason.ERROR_REASON_INVALID_PARTIAL_DATE: INVALID,
    ErrorReason.ERROR_REASON_UNKNOWN_FIELD_PATH: INVALID,
    ErrorReason.ERROR_REASON_IMMUTABLE_FIELD: INVALID,
    ErrorReason.ERROR_REASON_VISIBILITY_NOT_IN_MASK: INVALID,
    ErrorReason.ERROR_REASON_INVALID_PAGE_TOKEN: INVALID,
    ErrorReason.ERROR_REASON_INVALID_ORDER: INVALID,
    ErrorReason.ERROR_REASON_FORBIDDEN_CHARACTER: INVALID,
    ErrorReason.ERROR_REASON_TEXT_TOO_LONG: INVALID,
    ErrorReason.ERROR_REASON_TOO_MANY_VALUES: INVALID,
    ErrorReason.ERROR_REASON_MALFORMED_REQUEST: INVALID,
    ErrorReason.ERROR_REASON_WINDOW_MISSING: INVALID,
    ErrorReason.ERROR_REASON_WINDOW_TOO_LONG: INVALID,
    ErrorReason.ERROR_REASON_REFERENCE_NOT_FOUND: INVALID,
    ErrorReason.ERROR_REASON_UNKNOWN_TZDB_VERSION: INVALID,
    ErrorReason.ERROR_REASON_OLDER_TZDB: grpc.StatusCode.FAILED_PRECONDITION,
    ErrorReason.ERROR_REASON_AMBIGUOUS_PLACE: INVALID,
    ErrorReason.ERROR_REASON_UNKNOWN_PLACE: INVALID,
    ErrorReason.ERROR_REASON_INVALID_TRANSITION: grpc.StatusCode.FAILED_PRECONDITION,
    ErrorReason.ERROR_REASON_INVALID_CHANGE_TOKEN: INVALID,
    ErrorReason.ERROR_REASON_CHANGES_GONE: grpc.StatusCode.OUT_OF_RANGE,
    ErrorReason.ERROR_REASON_REVISION_NOT_FOUND: grpc.StatusCode.NOT_FOUND,
    ErrorReason.ERROR_REASON_MESSAGE_TOO_LARGE: grpc.StatusCode.RESOURCE_EXHAUSTED,
    ErrorReason.ERROR_REASON_RECORD_NOT_FOUND: grpc.StatusCode.NOT_FOUND,
    ErrorReason.ERROR_REASON_PARENT_NOT_FOUND: grpc.StatusCode.NOT_FOUND,
    ErrorReason.ERROR_REASON_REQUEST_ID_REUSED: INVALID,
    ErrorReason.ERROR_REASON_HISTORY_GONE: grpc.StatusCode.OUT_OF_RANGE,
    ErrorReason.ERROR_REASON_REVISION_NOT_REACHED: grpc.StatusCode.OUT_OF_RANGE,
    ErrorReason.ERROR_REASON_RECORD_LIVE: grpc.StatusCode.FAILED_PRECONDITION,
    ErrorReason.ERROR_REASON_RECORD_NOT_DELETED: grpc.StatusCode.ALREADY_EXISTS,
    ErrorReason.ERROR_REASON_RECORD_EXISTS: grpc.StatusCode.ALREADY_EXISTS,
    ErrorReason.ERROR_REASON_UID_EXISTS: grpc.StatusCode.ALREADY_EXISTS,
    ErrorReason.ERROR_REASON_ETAG_MISMATCH: grpc.StatusCode.ABORTED,
    ErrorReason.ERROR_REASON_CALENDAR_NOT_EMPTY: grpc.StatusCode.FAILED_PRECONDITION,
    ErrorReason.ERROR_REASON_FEED_TOO_OPEN: INVALID,
    ErrorReason.ERROR_REASON_FEED_TOKEN_ISSUED: grpc.StatusCode.ALREADY_EXISTS,
    ErrorReason.ERROR_REASON_FEED_TOKEN_NOT_FOUND: grpc.StatusCode.NOT_FOUND,
    ErrorReason.ERROR_REASON_FEED_TOKEN_GONE: grpc.StatusCode.FAILED_PRECONDITION,
    ErrorReason.ERROR_REASON_TOO_MANY_FEED_TOKENS: grpc.StatusCode.RESOURCE_EXHAUSTED,
    ErrorReason.ERROR_REASON_INVALID_IMPORT: INVALID,
    ErrorReason.ERROR_REASON_INVALID_CALENDAR: INVALID,
    ErrorReason.ERROR_REASON_CALENDAR_TOO_COSTLY: INVALID,
    ErrorReason.ERROR_REASON_OLDER_VERSION: grpc.StatusCode.FAILED_PRECONDITION,
    ErrorReason.ERROR_REASON_TOO_MANY_STREAMS: grpc.StatusCode.RESOURCE_EXHAUSTED,
    ErrorReason.ERROR_REASON_STORE_UNAVAILABLE: grpc.StatusCode.UNAVAILABLE,
    ErrorReason.ERROR_REASON_STORE_DAMAGED: grpc.StatusCode.DATA_LOSS,
    ErrorReason.ERROR_REASON_STORE_FULL: grpc.StatusCode.RESOURCE_EXHAUSTED,
    ErrorReason.ERROR_REASON_TOO_MANY_WATCHERS: grpc.StatusCode.RESOURCE_EXHAUSTED,
    ErrorReason.ERROR_REASON_WATCHER_TOO_SLOW: grpc.StatusCode.ABORTED,
    ErrorReason.ERROR_REASON_SERVER_STOPPING: grpc.StatusCode.UNAVAILABLE,
    ErrorReason.ERROR_REASON_DEADLINE_EXCEEDED: grpc.StatusCode.DEADLINE_EXCEEDED,
    ErrorReason.ERROR_REASON_CANCELLED: grpc.StatusCode.CANCELLED,
    ErrorReason.ERROR_REASON_STREAM_IDLE: grpc.StatusCode.DEADLINE_EXCEEDED,
    ErrorReason.ERROR_REASON_TOO_MANY_HEAVY_CALLS: grpc.StatusCode.RESOURCE_EXHAUSTED,
    ErrorReason.ERROR_REASON_PERMISSION_DENIED: grpc.StatusCode.PERMISSION_DENIED,
    ErrorReason.ERROR_REASON_SERVER_OVERLOADED: grpc.StatusCode.UNAVAILABLE,
    ErrorReason.ERROR_REASON_UNKNOWN_PERSON: INVALID,
    ErrorReason.ERROR_REASON_UNKNOWN_PARTY: INVALID,
    ErrorReason.ERROR_REASON_INVALID_SNAPSHOT: INVALID,
    ErrorReason.ERROR_REASON_SNAPSHOT_OF_OTHER_HISTORY: grpc.StatusCode.OUT_OF_RANGE,
    ErrorReason.ERROR_REASON_SNAPSHOT_NOT_REACHED: grpc.StatusCode.UNAVAILABLE,
    ErrorReason.ERROR_REASON_INTERNAL: grpc.StatusCode.INTERNAL,
}

# Seconds after which a retry of the same request may help (google.rpc.RetryInfo). The others of
# RESOURCE_EXHAUSTED and ABORTED last until somebody acts: ETAG_MISMATCH until the record is read.
RETRY_SECONDS: dict[ErrorReason, int] = {
    ErrorReason.ERROR_REASON_STORE_UNAVAILABLE: 1,
    ErrorReason.ERROR_REASON_SERVER_STOPPING: 1,
    ErrorReason.ERROR_REASON_SERVER_OVERLOADED: 1,
    ErrorReason.ERROR_REASON_WATCHER_TOO_SLOW: 1,  # with the last token
    ErrorReason.ERROR_REASON_TOO_MANY_HEAVY_CALLS: 1,
    ErrorReason.ERROR_REASON_SNAPSHOT_NOT_REACHED: 1,
    ErrorReason.ERROR_REASON_TOO_MANY_STREAMS: 5,
    ErrorReason.ERROR_REASON_TOO_MANY_WATCHERS: 5,
}
# Errors of the system when the process has used up its memory or descriptors.
EXHAUSTED = frozenset({errno.EMFILE, errno.ENFILE, errno.ENOMEM, errno.ENOBUFS})

# The reason of each error of the store, and its text; "": in the words of the store itself.
STORE_ERRORS: dict[type[StoreError], tuple[ErrorReason, str]] = {
    StoreFullError: (
        ErrorReason.ERROR_REASON_STORE_FULL,
        "the store has no room: nothing was written, reads go on",
    ),
    StoreUnavailableError: (ErrorReason.ERROR_REASON_STORE_UNAVAILABLE, ""),
    StoreDamagedError: (ErrorReason.ERROR_REASON_STORE_DAMAGED, ""),
    StoreVersionError: (
        ErrorReason.ERROR_REASON_STORE_UNAVAILABLE,
        "the store was written by a newer version",
    ),
    NameTakenError: (ErrorReason.ERROR_REASON_RECORD_EXISTS, "a record of that name exists"),
    UidTakenError: (ErrorReason.ERROR_REASON_UID_EXISTS, "another record has that uid"),
}


def refusal_of(error: Exception, request_id: str) -> RefusedError:
    """Return the refusal for an error; of a fault of the server it has only the id in the log."""
    if isinstance(error, RefusedError):
        return error
    if isinstance(error, StoreError):
        reason, message = STORE_ERRORS[type(error)]
        return RefusedError(reason, message or str(error))
    if _is_exhaustion(error):
        return RefusedError(
            ErrorReason.ERROR_REASON_SERVER_OVERLOADED,
            "the server has no memory or file descriptors left: try again in a moment",
        )
    return RefusedError(
        ErrorReason.ERROR_REASON_INTERNAL,
        f"a fault of the server: the log has it under {request_id}",
        request_id=request_id,
    )


def _is_exhaustion(error: BaseException | None) -> bool:
    """Return whether an error means that the process has no memory, files or threads left."""
    while error is not None:
        if isinstance(error, MemoryError):
            return True
        if isinstance(error, OSError) and error.errno in EXHAUSTED:
            return True
        error = error.__cause__
    return False


def status_of(refusal: RefusedError) -> Status:
    """Return the rich status of a refusal (google.rpc.Status)."""
    reason = ErrorReason.Name(refusal.reason).removeprefix("ERROR_REASON_")
    metadata = {key: value[:VALUE_LENGTH] for key, value in refusal.metadata.items()}
    if refusal.path:
        metadata["field"] = refusal.path[:VALUE_LENGTH]
    message = refusal.message[:MESSAGE_LENGTH]
    details: list[Any] = [_packed(ErrorInfo(reason=reason, domain=DOMAIN, metadata=metadata))]
    if refusal.path:
        violation = BadRequest.FieldViolation(
            field=refusal.path[:VALUE_LENGTH], description=message, reason=reason
        )
        details.append(_packed(BadRequest(field_violations=[violation])))
    code = CODES[refusal.reason]
    if seconds := RETRY_SECONDS.get(refusal.reason):
        retry = RetryInfo()
        retry.retry_delay.seconds = seconds
        details.append(_packed(retry))
    return Status(code=code.value[0], message=message, details=details)


def _packed(detail: ErrorInfo | BadRequest | RetryInfo) -> Any:
    packed = Any()
    packed.Pack(detail)
    return packed
