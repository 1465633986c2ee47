"""A process that reads calendar files, one after another, until its connection ends.

    python -m summitry_server.parsers.worker VERSION [DIRECTORY] < SOCKET

Standard input is one end of a pair of sockets. For each file the kernel allows CPU_SECONDS more
of CPU, after which it ends the process, and MEMORY bytes of address space altogether.
"""

from __future__ import annotations

import math
import os
import resource
import signal
import socket
import sys
import time
import traceback
from datetime import date
from pathlib import Path

from google.protobuf import json_format

from summitry.fields import Fields
from summitry.ical.reading import (
    CalendarTextError,
    Choices,
    EventFaultError,
    EventWarning,
    ReadEventDays,
    read_events,
)
from summitry.ical.reading.faults import BROKEN_PROPERTY
from summitry.ical.reading.recurring import DayWindow
from summitry.kinds import BY_NUMBER, Kind
from summitry.v1.any_record_pb2 import AnyRecord
from summitry.v1.record_pb2 import RecordKind
from summitry.v1.transfer_service_pb2 import (
    CalendarFault,
    ParseCalendarRequest,
    ParseCalendarResponse,
)
from summitry.zones import TzDb
from summitry_server.databases import Databases
from summitry_server.parsers import socket_messages
from summitry_server.wire.limits import MAX_PAGE

CPU_SECONDS = 2  # of a file; the kernel counts whole seconds, so it may be one more
MEMORY = 512 * 1024 * 1024  # bytes of address space
NICENESS = 10  # other calls go first
RESPONSE = 3 * 1024 * 1024  # bytes; clients of gRPC take 4 MiB


def main(arguments: list[str]) -> int:
    """Read files until the server closes the connection or has gone."""
    version, *directory = arguments
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # a terminal sends it to the server's children too
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    os.nice(NICENESS)
    db = Databases(Path(directory[0]) if directory else None, version).current
    with socket.socket(fileno=os.dup(0)) as connection:
        while True:
            try:
                _, request = socket_messages.receive(connection)
                _extend_cpu()
                socket_messages.send(connection, *answer(request, db))
            except (EOFError, OSError):
                return 0


def answer(request: bytes, db: TzDb) -> tuple[bytes, bytes]:
    """Return the outcome and the message for a request."""
    try:
        return socket_messages.READ, parse(ParseCalendarRequest.FromString(request), db)
    except CalendarTextError as error:
        return socket_messages.REFUSED, str(error).encode()
    except MemoryError:
        return socket_messages.EXHAUSTED, b""
    except Exception:
        return socket_messages.FAILED, traceback.format_exc().encode()


def parse(request: ParseCalendarRequest, db: TzDb) -> bytes:
    """Return the fields of the response but its header. Raises CalendarTextError."""
    kind = BY_NUMBER[request.kind or RecordKind.RECORD_KIND_MEETING]
    choices = Choices(
        *(request.parent, kind.singular, request.time_zone, dict(request.tzids)),
        is_strict=request.strict,
        window=_window(request),
    )
    response = ParseCalendarResponse()

    def add_days(days: ReadEventDays) -> None:
        json_format.ParseDict(days.fields(request.parent), response.event_days.add())

    for position, outcome in read_events(request.calendar, choices, db, MAX_PAGE, on_days=add_days):
        _add(response, position, outcome, kind)
    size = response.ByteSize()
    if size > RESPONSE:
        most = f"{RESPONSE} can be answered"
        raise CalendarTextError(f"what was read has {size} bytes, {most}: split the file")
    return response.SerializeToString()


def _window(request: ParseCalendarRequest) -> DayWindow | None:
    """Return the window that the service filled in; None for a request that it did not see."""
    if not (request.first_date and request.last_date):
        return None
    return DayWindow(date.fromisoformat(request.first_date), date.fromisoformat(request.last_date))


def _add(
    response: ParseCalendarResponse,
    position: int,
    outcome: Fields | EventFaultError | EventWarning,
    kind: Kind,
) -> None:
    if isinstance(outcome, dict):
        record = AnyRecord()
        try:
            json_format.ParseDict(outcome, getattr(record, kind.singular))
            record.name, record.kind = outcome["name"], kind.number
            response.records.append(record)
            return
        except json_format.ParseError as error:
            outcome = EventFaultError(BROKEN_PROPERTY, str(error))
    reports = response.warnings if isinstance(outcome, EventWarning) else response.faults
    reports.append(CalendarFault(position=position, reason=outcome.reason, message=str(outcome)))


def _extend_cpu() -> None:
    _, hard = resource.getrlimit(resource.RLIMIT_CPU)
    used = math.ceil(time.process_time())
    resource.setrlimit(resource.RLIMIT_CPU, (used + CPU_SECONDS, hard))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
