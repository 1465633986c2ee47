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


def invalid(field: str, value: object, wanted: str) -> RefusedError:
    """The refusal of a value that has not the form wanted."""
    return RefusedError(
        ErrorReason.ERROR_REASON_INVALID_VALUE,
        f"{field}: {value!r} is not {wanted}",
        field,
        value=value,
    )


def missing(field: str, what: str) -> RefusedError:
    """The refusal of an empty field."""
    reason = ErrorReason.ERROR_REASON_REQUIRED_FIELD_MISSING
    return RefusedError(reason, f"{field} is empty: {what}", field)


def too_many(what: str, limit: int) -> RefusedError:
    """Return the refusal of a question that would have to look at too much."""
    return RefusedError(
        ErrorReason.ERROR_REASON_TOO_MANY_VALUES,
        f"the question needs more than {limit:,} {what}: ask for a shorter window, for one "
        "calendar, or with a filter",
        limit=limit,
    )


def no_parent(field: str, name: str, hint: str) -> RefusedError:
    """The refusal of a record whose calendar or event does not exist."""
    return RefusedError(
        ErrorReason.ERROR_REASON_PARENT_NOT_FOUND,
        f"{field}: there is no {name!r}; {hint}",
        field,
        name=name,
    )


def bad_name(field: str, value: str, form: str) -> RefusedError:
    """The refusal of a resource name of another form."""
    return RefusedError(
        ErrorReason.ERROR_REASON_INVALID_NAME,
        f"{field}: {value!r} is not of the form {form}",
        field,
        value=value,
    )
