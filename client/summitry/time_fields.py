"""The fields of a time: its instants, and its errors, each with the path of the field."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from summitry.v1.event_time_pb2 import EventTime


class MissingError(ValueError):
    """A required part of a time is missing."""


class EndBeforeStartError(ValueError):
    """A span ends before it starts."""


class ContradictionError(ValueError):
    """Two fields of a time exclude each other; `value` is that of one of them."""

    def __init__(self, value: str, message: str) -> None:
        super().__init__(message)
        self.value = value


class SkippedDayError(ValueError):
    """A day that its zone skipped: the clocks went from the day before to the day after."""

    def __init__(self, value: str, zone: str) -> None:
        super().__init__(f"{value} was skipped in {zone}; give the day before or after")
        self.value = value
        self.zone = zone


class TimeFieldError(ValueError):
    """An invalid field of an EventTime; `cause` is a ZoneError or one of the errors above."""

    def __init__(self, field: str, cause: ValueError) -> None:
        super().__init__(f"{field}: {cause}")
        self.field = field
        self.cause = cause


def instants(time: EventTime) -> tuple[int, int | None]:
    """Return start and end of a resolved timed span, in epoch seconds; None for no end."""
    interval = time.resolved.interval
    end = interval.end_time.seconds if interval.HasField("end_time") else None
    return interval.start_time.seconds, end


@contextmanager
def field(path: str) -> Iterator[None]:
    """Add a field to the path of a ValueError raised within, as a TimeFieldError."""
    try:
        yield
    except TimeFieldError as error:
        raise TimeFieldError(f"{path}.{error.field}", error.cause) from error
    except ValueError as error:
        raise TimeFieldError(path, error) from error
