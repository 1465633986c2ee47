"""Records on their way from files to the server, kind by kind, in temporary files.

A record refers to records of kinds before its own (a meeting to its summit), so records are sent
kind after kind, whatever their order in the files. They wait on disk: a file of any size is
imported with little memory, and nothing is sent before all files have been read.
"""

from __future__ import annotations

import struct
import tempfile
from array import array
from collections.abc import Iterator
from typing import IO, NamedTuple

from summitry.kinds import BY_MESSAGE, KINDS, Kind, Record
from summitry.v1.transfer_service_pb2 import EventDays

_LENGTH = struct.Struct(">I")
_HEAD = struct.Struct(">IIQ")  # length, number of the file, position in it


class FilePosition(NamedTuple):
    """The origin of a record: the number of its file, and its position in the file."""

    file: int
    position: int


class Spool:
    """A store of records until they are sent. A context manager."""

    def __init__(self) -> None:
        self._files: dict[Kind, IO[bytes]] = {}
        self._event_days: IO[bytes] = tempfile.TemporaryFile()  # noqa: SIM115
        self._numbers = array("I")
        self._positions = array("Q")
        self.count = 0

    def __enter__(self) -> Spool:
        return self

    def __exit__(self, *error: object) -> None:
        for file in (self._event_days, *self._files.values()):
            file.close()

    def add(self, place: FilePosition, record: Record) -> None:
        """Append a record to those of its kind."""
        kind = BY_MESSAGE[type(record)]
        if kind not in self._files:
            self._files[kind] = tempfile.TemporaryFile()  # noqa: SIM115
        data = record.SerializeToString()
        self._files[kind].write(_HEAD.pack(len(data), *place) + data)
        self.count += 1

    def add_event_days(self, event_days: EventDays) -> None:
        """Append a statement of the days of an event."""
        data = event_days.SerializeToString()
        self._event_days.write(_LENGTH.pack(len(data)) + data)

    def event_days(self) -> Iterator[EventDays]:
        """Yield all statements of the days of events from the first."""
        self._event_days.seek(0)
        while head := self._event_days.read(_LENGTH.size):
            (length,) = _LENGTH.unpack(head)
            yield EventDays.FromString(self._event_days.read(length))

    def records(self) -> Iterator[Record]:
        """Yield all records from the first, in the order in which they can be sent."""
        self._numbers, self._positions = array("I"), array("Q")
        for kind in KINDS:
            if (file := self._files.get(kind)) is not None:
                yield from self._of(kind, file)

    def place(self, index: int) -> FilePosition:
        """Return the origin of the record that `records` yielded as number `index`, from 0."""
        return FilePosition(self._numbers[index], self._positions[index])

    def _of(self, kind: Kind, file: IO[bytes]) -> Iterator[Record]:
        file.seek(0)
        while head := file.read(_HEAD.size):
            length, number, position = _HEAD.unpack(head)
            self._numbers.append(number)
            self._positions.append(position)
            yield kind.message.FromString(file.read(length))
