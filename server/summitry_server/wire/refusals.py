"""Refusals of requests: one exception with the reason that the API publishes.

A refusal keeps its reason, its path and its detail apart, so that code which knows more about where
a value stood in the request can move the refusal (`at`, `under`) without touching its text. The
text is composed only where a refusal leaves the server (summitry_server.wire.reasons).
"""

from __future__ import annotations

from summitry.v1.error_reason_pb2 import ErrorReason

# How the path leads the detail in the text: "titles: 'x' is not ...", "titles is empty ...".
LABEL = ": "
SUBJECT = " "
# The detail is a sentence of its own and needs no path, such as "an agenda needs a window".
ALONE = ""


class RefusedError(Exception):
    """A request that cannot be served, for a reason that its sender can read.

    `path` is the path of the field at fault in the request, "" for none. `detail` says what is
    wrong and what to do next, without the path; `lead` is LABEL, SUBJECT or ALONE. `metadata` are
    the parts of the detail that a program may want (AIP-193).
    """

    def __init__(
        self,
        reason: ErrorReason,
        detail: str,
        path: str = "",
        *,
        lead: str = LABEL,
        **metadata: object,
    ) -> None:
        super().__init__(reason, detail, path)
        self.reason = reason
        self.detail = detail
        self.path = path
        self.lead = lead
        self.metadata = {key: str(value) for key, value in metadata.items()}

    def __str__(self) -> str:
        return self.message

    @property
    def message(self) -> str:
        """Return the text for the sender of the request, composed of path and detail."""
        if not self.path or self.lead == ALONE:
            return self.detail
        return f"{self.path}{self.lead}{self.detail}"

    def at(self, path: str) -> RefusedError:
        """Return the same refusal for the field at another path of the request.

        The text then names the path in any case: the sender cannot guess it from the detail.
        """
        lead = self.lead or LABEL
        return RefusedError(self.reason, self.detail, path, lead=lead, **self.metadata)

    def inside(self, path: str) -> RefusedError:
        """Return the same refusal, text included, with a path that begins with another one."""
        moved = self.at(f"{path}{self.path}")
        moved.lead = self.lead
        return moved

    def under(self, path: str) -> RefusedError:
        """Return the same refusal for a message that stands at a path of the request."""
        return self.at(f"{path}.{self.path}" if self.path else path)


def invalid(path: str, value: object, expected: str) -> RefusedError:
    """Return the refusal of a value that does not have the expected form."""
    reason = ErrorReason.ERROR_REASON_INVALID_VALUE
    return RefusedError(reason, f"{value!r} is not {expected}", path, value=value)


def missing(path: str, hint: str) -> RefusedError:
    """Return the refusal of an empty field."""
    reason = ErrorReason.ERROR_REASON_REQUIRED_FIELD_MISSING
    return RefusedError(reason, f"is empty: {hint}", path, lead=SUBJECT)


def too_many(noun: str, limit: int) -> RefusedError:
    """Return the refusal of a query that would read more than the limit."""
    return RefusedError(
        ErrorReason.ERROR_REASON_TOO_MANY_VALUES,
        f"the query needs more than {limit:,} {noun}: ask for a shorter window, for one "
        "calendar, or with a filter",
        limit=limit,
    )


def no_parent(path: str, name: str, hint: str) -> RefusedError:
    """Return the refusal of a record whose calendar or event does not exist."""
    reason = ErrorReason.ERROR_REASON_PARENT_NOT_FOUND
    return RefusedError(reason, f"there is no {name!r}; {hint}", path, name=name)


def bad_name(path: str, value: str, form: str) -> RefusedError:
    """Return the refusal of a malformed resource name."""
    reason = ErrorReason.ERROR_REASON_INVALID_NAME
    return RefusedError(reason, f"{value!r} is not of the form {form}", path, value=value)
