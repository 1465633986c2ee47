"""The time that calls may take, and how many may be open at a time: one table by rpc.

The numbers also stand in docs/operations.md; a test compares them.
"""

from __future__ import annotations

import math
from typing import NamedTuple

from google.protobuf.descriptor import MethodDescriptor

from summitry.v1.error_reason_pb2 import ErrorReason


class Bound(NamedTuple):
    """The number of calls that may be open at a time, and the refusal of one more.

    `places` is the number of calls admitted, `share` how many of these one caller may have, and
    `running` how many work while the others wait.
    """

    places: int
    share: int
    running: int
    reason: ErrorReason
    noun: str


class CallClass(NamedTuple):
    """The limits of calls of one kind: seconds in all, and a bound on their number."""

    name: str
    seconds: float
    bound: Bound | None = None
    costly: Bound | None = None  # on those whose statements turn out to run long
    idle: float = math.inf  # seconds without a message after which a stream is ended


# Threads of Python take turns on one core: two questions at work are done no sooner than one after
# the other, and delay each light call by the turns of both.
QUESTIONS = Bound(8, 6, 1, ErrorReason.ERROR_REASON_TOO_MANY_HEAVY_CALLS, "heavy questions")
# A light call is not known to be costly before it is at work, on one of the eight threads of all
# light calls. So a call whose statements have run long waits for its turn then, and few may wait.
COSTLY = Bound(4, 3, 1, ErrorReason.ERROR_REASON_TOO_MANY_HEAVY_CALLS, "costly questions")
WHOLE = Bound(2, 2, 1, ErrorReason.ERROR_REASON_TOO_MANY_HEAVY_CALLS, "audits and rebases")
# Files are read in processes of their own (parsers/), two at a time.
FILES = Bound(8, 6, 2, ErrorReason.ERROR_REASON_TOO_MANY_HEAVY_CALLS, "calendar files to read")
TRANSFERS = Bound(8, 4, 8, ErrorReason.ERROR_REASON_TOO_MANY_STREAMS, "imports and exports")

LIGHT = CallClass("light", 30, costly=COSTLY)
HEAVY = CallClass("heavy", 60, QUESTIONS)
FILE = CallClass("file", 60, FILES)
LONG = CallClass("long", 600, WHOLE)  # what reads the whole store
STREAM = CallClass("stream", 1800, TRANSFERS, idle=60)
# Watches have rules of their own (services/watch/hub.py): they end when a client does not read.
WATCH = CallClass("watch", math.inf)

CLASSES = (LIGHT, HEAVY, FILE, LONG, STREAM, WATCH)
CLASS_OF_RPC = {
    "summitry.v1.AgendaService.FindConflicts": HEAVY,
    "summitry.v1.AgendaService.FindMeetingWindows": HEAVY,
    "summitry.v1.AgendaService.LocatePrincipals": HEAVY,
    "summitry.v1.TransferService.ParseCalendar": FILE,
    "summitry.v1.TransferService.ImportRecords": STREAM,
    "summitry.v1.TransferService.ExportRecords": STREAM,
    "summitry.v1.TimeZoneService.AuditTimeZones": LONG,
    "summitry.v1.TimeZoneService.RebaseTimeZones": LONG,
    "summitry.v1.ChangeService.WatchChanges": WATCH,
}


def class_of(method: MethodDescriptor) -> CallClass:
    """Return the class of an rpc."""
    return CLASS_OF_RPC.get(method.full_name, LIGHT)
