"""What can be wrong with a time beyond zones and dates, and the field in which it is wrong."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager


class MissingError(ValueError):
    """A part without which a time says nothing is empty."""


class EndBeforeStartError(ValueError):
    """An end lies before its start."""


class SkippedDayError(ValueError):
    """A day that its zone skipped: the clocks went from the day before to the day after."""

    def __init__(self, value: str, zone: str) -> None:
        super().__init__(f"{value} was skipped in {zone}; give the day before or after")
        self.value = value
        self.zone = zone


class TimeFieldError(ValueError):
    """What is wrong with one field of an EventTime; `cause` is a ZoneError or one of the above."""

    def __init__(self, field: str, cause: ValueError) -> None:
        super().__init__(f"{field}: {cause}")
        self.field = field
        self.cause = cause


@contextmanager
def field(path: str) -> Iterator[None]:
    """Name the field in which an error arises."""
    try:
        yield
    except TimeFieldError as error:
        raise TimeFieldError(f"{path}.{error.field}", error.cause) from error
    except ValueError as error:
        raise TimeFieldError(path, error) from error
