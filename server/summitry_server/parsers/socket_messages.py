"""How the server and its parser processes speak: a length, an outcome and a message."""

from __future__ import annotations

import struct
from typing import Protocol

_HEAD = struct.Struct("!Ic")  # bytes of the message, outcome

ASK = b"?"  # from the server: a ParseCalendarRequest
READ = b"r"  # to the server: a ParseCalendarResponse without its header
REFUSED = b"n"  # why the file is no calendar, in words
EXHAUSTED = b"m"  # the file needs more memory than a parser has
FAILED = b"f"  # a fault of the parser: its traceback


class ByteConnection(Protocol):
    """The part of a socket that is needed."""

    def sendall(self, data: bytes, /) -> None:
        """Send all of the data."""

    def recv(self, size: int, /) -> bytes:
        """Receive some data; none at the end."""


def send(connection: ByteConnection, outcome: bytes, message: bytes) -> None:
    """Send a message. Raises OSError if nobody reads it."""
    connection.sendall(_HEAD.pack(len(message), outcome) + message)


def receive(connection: ByteConnection) -> tuple[bytes, bytes]:
    """Return the outcome and the message that come next. Raises EOFError at the end."""
    size, outcome = _HEAD.unpack(_exactly(connection, _HEAD.size))
    return outcome, _exactly(connection, size)


def _exactly(connection: ByteConnection, size: int) -> bytes:
    data = bytearray()
    while len(data) < size:
        part = connection.recv(min(size - len(data), 1 << 18))
        if not part:
            raise EOFError("the other side has ended")
        data += part
    return bytes(data)
