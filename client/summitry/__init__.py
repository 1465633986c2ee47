"""Summitry: the calendar of record for summits, official visits and delegations.

    from summitry import Client, Summit

    with Client() as client:
        for summit in client.list(Summit, "calendars/astana-2024"):
            print(summit.name)

Names are imported on first use, so that `import summitry` costs next to nothing.
"""

from __future__ import annotations

TYPE_CHECKING = False  # type checkers take it for true; importing typing costs as much as Python
if TYPE_CHECKING:
    from typing import Any

    from summitry.aio import AsyncClient
    from summitry.client import Client
    from summitry.errors import (
        AbortedError,
        AlreadyExistsError,
        CallError,
        ConflictError,
        DeadlineExceededError,
        FailedPreconditionError,
        FileFormatError,
        InternalError,
        InvalidArgumentError,
        NotFoundError,
        ResourceExhaustedError,
        SummitryError,
        UnavailableError,
    )
    from summitry.export import export_calendar
    from summitry.formats.files import read_record, read_records, write_records
    from summitry.kinds import Record
    from summitry.names import parse_name
    from summitry.time_text import parse_time
    from summitry.v1.agenda_service_pb2 import AgendaItem
    from summitry.v1.calendar_pb2 import Calendar
    from summitry.v1.delegation_pb2 import Delegation
    from summitry.v1.filter_pb2 import Filter
    from summitry.v1.meeting_pb2 import Meeting
    from summitry.v1.notice_pb2 import Notice
    from summitry.v1.summit_pb2 import Summit
    from summitry.v1.visit_pb2 import Visit
    from summitry.watching import TokenFile, View

_HOMES = {
    "aio": ("AsyncClient",),
    "client": ("Client",),
    "errors": (
        "AbortedError",
        "AlreadyExistsError",
        "CallError",
        "ConflictError",
        "DeadlineExceededError",
        "FailedPreconditionError",
        "FileFormatError",
        "InternalError",
        "InvalidArgumentError",
        "NotFoundError",
        "ResourceExhaustedError",
        "SummitryError",
        "UnavailableError",
    ),
    "export": ("export_calendar",),
    "formats.files": ("read_record", "read_records", "write_records"),
    "kinds": ("Record",),
    "names": ("parse_name",),
    "time_text": ("parse_time",),
    "v1.agenda_service_pb2": ("AgendaItem",),
    "v1.calendar_pb2": ("Calendar",),
    "v1.delegation_pb2": ("Delegation",),
    "v1.filter_pb2": ("Filter",),
    "v1.meeting_pb2": ("Meeting",),
    "v1.notice_pb2": ("Notice",),
    "v1.summit_pb2": ("Summit",),
    "v1.visit_pb2": ("Visit",),
    "watching": ("TokenFile", "View"),
}
_HOME = {name: module for module, names in _HOMES.items() for name in names}

__all__ = [
    "AbortedError",
    "AgendaItem",
    "AlreadyExistsError",
    "AsyncClient",
    "Calendar",
    "CallError",
    "Client",
    "ConflictError",
    "DeadlineExceededError",
    "Delegation",
    "FailedPreconditionError",
    "FileFormatError",
    "Filter",
    "InternalError",
    "InvalidArgumentError",
    "Meeting",
    "NotFoundError",
    "Notice",
    "Record",
    "ResourceExhaustedError",
    "Summit",
    "SummitryError",
    "TokenFile",
    "UnavailableError",
    "View",
    "Visit",
    "export_calendar",
    "parse_name",
    "parse_time",
    "read_record",
    "read_records",
    "write_records",
]


def __getattr__(name: str) -> Any:
    """Import a public name on first use (PEP 562)."""
    from importlib import import_module

    if name not in _HOME:
        raise AttributeError(f"module 'summitry' has no attribute {name!r}")
    value = getattr(import_module(f"summitry.{_HOME[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
