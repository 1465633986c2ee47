"""Why a request is refused: one exception, with the reason the API publishes."""

from __future__ import annotations

from summitry.v1.error_reason_pb2 import ErrorReason


class RefusedError(Exception):
    """A request that cannot be served, for a reason that its sender can read.

    `field` is the path of the field at fault in the request, "" for none. `metadata` are the
    parts of the message that a program may want (AIP-193).
    """

    def __init__(
        self, reason: ErrorReason, message: str, field: str = "", **metadata: object
    ) -> None:
        super().__init__(message)
        self.reason = reason
        self.message = message
        self.field = field
        self.metadata = {key: str(value) for key, value in metadata.items()}
