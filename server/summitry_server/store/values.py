"""What storage takes and gives: rows, where they lie in time, and the versions in the log."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import IntEnum
from typing import NamedTuple

# Stand for "no bound" in spans; wider than any time that a record can hold (years 1-9999).
EARLIEST = -(10**11)
LATEST = 10**12

# Comes after every name, both by code points and in UTF-8: it is assigned to nothing.
LAST_NAME = "\U0010ffff"

# The setting of a store of which earlier versions are not indexed: an older schema had no index for
# them, and only who knows records can tell what they are found by (`Writer.convert`).
UNINDEXED_HISTORY = "unindexed_history"

# The longest span that fits level n is 4**n seconds. Levels are 0 to LEVELS, both included:
# LATEST - EARLIEST fits the last.
LEVELS = 21


def level_of(start: int, end: int) -> int:
    """Return the duration level of a span: the smallest n with 4**n >= end - start."""
    length = end - start
    return 0 if length <= 1 else ((length - 1).bit_length() + 1) // 2


class Axis(IntEnum):
    """The axis of a span. A window is compared with the spans of its own axis only."""

    INSTANT = 0  # timed records
    LABEL = 1  # whole days and partial dates, by the date itself
    PLACE = 2  # the same, as the instants that they last at their place
    # Visits, by all that their parts may last, in seconds of any of these axes: wide enough to find
    # all that may lie in a window, and no more. (3 and 4 are lanes of store/index.py.)
    STAY = 5


class Span(NamedTuple):
    """The place of a record on an axis: half-open, never empty (an instant is one second long).

    [start, end) is all it can occupy. [sure_start, sure_end) is what it occupies for certain;
    both None when nothing is certain but that it lies somewhere in [start, end).
    """

    axis: Axis
    start: int
    end: int
    sure_start: int | None
    sure_end: int | None


class LocalTimeEntry(NamedTuple):
    """A time of a record that a zone's rules turned into an instant: what a change of law may move.

    Fields of text are never empty. Storage compares them as they are: give the zone's id as the
    database spells it.
    """

    zone: str  # id in the spelling of the database
    field: str  # path in the record: "time.timed.start"
    wall: int  # civil seconds (a day: its number times 86,400)
    choice: int  # how the wall time was settled; opaque to storage
    instant: int  # epoch seconds that the rules gave
    fingerprint: str  # of those rules
    until: int  # epoch seconds after which the record is over; LATEST if open


@dataclass(frozen=True, slots=True)
class Row:
    """The latest version of a record, as far as storage knows it.

    Local times are written with a row and never read with it (`local_times` is empty in each row
    that a reader gives): who wants them asks by zone, and rows stay cheap for all others.
    """

    name: str  # resource name, unique for ever
    kind: int  # RecordKind; never changes
    calendar: str  # name of the calendar it belongs to (itself, for a calendar); never changes
    uid: str  # unique for ever
    revision: int  # of the write that made this version
    modified: int  # epoch seconds of that write
    deleted: bool
    facets: tuple[str, ...]  # what filters ask for, sorted: "region:KZ", "person:xi-jinping"
    text: str  # folded words for text search
    spans: tuple[Span, ...]  # at most one per axis
    frame: bytes  # the message, framed as field 1: tag, length, bytes
    local_times: tuple[LocalTimeEntry, ...] = ()  # at most one per field; not read back

    @property
    def purged(self) -> bool:
        """Return whether this is the tombstone of a purge: it has no facets, deleted rows have."""
        return self.deleted and not self.facets


class NamedFrame(NamedTuple):
    """The part of a row that an answer shows."""

    name: str
    frame: bytes


class ConvertedRecord(NamedTuple):
    """A record in a newer format: its latest row, and its earlier versions as rows.

    They say the same as before, revision included; only their form and what they are found by may
    be another. Of earlier versions the frame, facets, text and spans are stored.
    """

    row: Row
    versions: Mapping[tuple[int, int], Row]  # by (revision, position) of the version


class StoredLocalTime(NamedTuple):
    """A reading of a live row, with the name of the row."""

    name: str
    entry: LocalTimeEntry


class Condition(NamedTuple):
    """The properties that a query asks of rows. The empty condition admits every row."""

    kinds: tuple[int, ...] = ()  # any of them; empty: all
    facets: tuple[tuple[str, ...], ...] = ()  # of each group, at least one
    words: tuple[str, ...] = ()  # each occurs in the text
    since: int | None = None  # the row was modified then or later; None: at any time
    without: tuple[str, ...] = ()  # facets of which the row has none
    uids: tuple[str, ...] = ()  # any of them; empty: all


class Window(NamedTuple):
    """A half-open window on one axis. `possible` admits spans that only may lie in it.

    Possible: [start, end) of the span touches the window. Certain: its sure part touches the
    window, or all of [start, end) lies in it.
    """

    axis: Axis
    start: int
    end: int
    possible: bool


class WindowMatch(NamedTuple):
    """A row found in a window. `certain` tells whether it would be found with possible=False."""

    start: int  # of the span, for the order
    name: str
    kind: int
    end: int
    certain: bool
    frame: bytes


class Point(NamedTuple):
    """A point in the history of a store: a revision, and the chained value that it made.

    Two histories that share a point are equal up to it (store.points).
    """

    revision: int
    chain: str  # 16 hexadecimal digits; "" before the first write and in writes of old schemas


class CalendarHead(NamedTuple):
    """The last change of a calendar: enough to validate a feed without reading it."""

    revision: int  # highest revision of its rows, deleted ones and itself included
    # Epoch seconds of that revision in the log, where times never go back; or of the beginning of
    # the epoch if that is later, since what was shown before may have been newer.
    modified: int
    epoch_time: int = 0  # when the epoch began, after a restore; 0: the store never went back


class LogEntry(NamedTuple):
    """The author, time and reason of a write, stored with each version in the log."""

    actor: str
    reason: str  # in the words of who writes; empty: not said
    request_id: str
    time: int  # epoch seconds; the log raises it, where it would go back (log_time)
    source: str = ""  # by what: the rpc, or the job of the server


class WriteHint(NamedTuple):
    """The rows and answers that a write will ask for, as far as they are known before.

    An engine fetches it for all writes of a group at once. Nothing depends on it but the cost.
    """

    names: tuple[str, ...] = ()  # of rows
    uids: tuple[str, ...] = ()
    request_ids: tuple[str, ...] = ()


NO_HINT = WriteHint()


class Version(NamedTuple):
    """One version of a record in the log."""

    revision: int
    position: int  # among the versions that one write made, from 0
    name: str
    entry: LogEntry
    deleted: bool
    frame: bytes
    kind: int
    calendar: str


class Logged(NamedTuple):
    """One change in the log, with what it changed."""

    revision: int
    position: int  # among the versions that one write made, from 0
    last: bool  # the last change of its revision, among those asked for
    name: str
    kind: int
    calendar: str
    entry: LogEntry
    deleted: bool
    frame: bytes  # of this version
    before: bytes  # the frame of the version before; empty if there was none
    before_deleted: bool  # False if there was none


class Request(NamedTuple):
    """The answer to a request, for the case that it is sent again."""

    digest: bytes  # of what was asked; opaque to storage
    response: bytes  # opaque to storage
    time: int  # epoch seconds of the write


class StoreIdentity(NamedTuple):
    """The identity of a store: its epoch, and the secret of its page tokens."""

    store_id: str  # the epoch: another one when the store was put back from a copy
    secret: bytes  # 32 bytes, signs page tokens


class Token(NamedTuple):
    """A secret that opens something, known by what was made of it alone."""

    id: str  # unique for ever
    owner: str  # name of the row that it opens
    digest: bytes  # of the secret, by a key; unique
    label: str
    created: int  # this and the rest in epoch seconds
    expires: int = 0  # from when on it opens no more; 0: never
    revoked: int = 0  # 0: it is not
    used: int = 0  # 0: never
