"""The contract of every storage engine: rows in, rows out, one monotonic revision.

A store keeps the latest version of each record (`Row`) and an append-only log of all versions.
Writes are functions run one after another, `store.write(act, entry)`; each gets the next revision,
and either all of it is durable when `write` returns or nothing of it is kept. A write function
may be run again after a failure, so it must have no effects but those on its `Writer`.
Reads see one snapshot, the revision of which they tell.

Times in rows are whole seconds. On the axis INSTANT and PLACE they count from 1970-01-01T00:00Z;
on the axis LABEL they are civil days times 86,400, as if every day were lived in UTC.

Rows also say which of their times hang on the law of a place (`Reading`). Storage never turns a
wall time into an instant: it finds what a change of law may move, and remembers by which rules it
was last settled.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from enum import IntEnum
from typing import NamedTuple, Protocol, TypeVar

T = TypeVar("T")

# Stand for "no bound" in spans; wider than any time that a record can hold (years 1-9999).
EARLIEST = -(10**11)
LATEST = 10**12

# The longest span that fits level n is 4**n seconds. Levels are 0 to LEVELS, both included:
# LATEST - EARLIEST fits the last.
LEVELS = 21


def level_of(start: int, end: int) -> int:
    """The duration level of a span: the smallest n with 4**n >= end - start."""
    length = end - start
    return 0 if length <= 1 else ((length - 1).bit_length() + 1) // 2


class Axis(IntEnum):
    """On which line a span lies: what a window of a query is compared with."""

    INSTANT = 0  # timed records
    LABEL = 1  # whole days and partial dates, by the date itself
    PLACE = 2  # the same, as the instants that they last at their place


class Span(NamedTuple):
    """Where a record lies on an axis: half-open, never empty (a moment is one second long).

    [start, end) is all it can occupy. [sure_start, sure_end) is what it occupies for certain;
    both None when nothing is certain but that it lies somewhere in [start, end).
    """

    axis: Axis
    start: int
    end: int
    sure_start: int | None
    sure_end: int | None


class Reading(NamedTuple):
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

    Readings are written with a row and never read with it (`readings` is empty in every row that
    a reader gives): who wants them asks by zone, and rows stay cheap for all others.
    """

    name: str  # resource name, unique for ever
    kind: int  # RecordKind
    calendar: str  # resource name of the calendar it belongs to (itself, for a calendar)
    uid: str  # unique for ever
    revision: int  # of the write that made this version
    modified: int  # epoch seconds of that write
    deleted: bool
    facets: tuple[str, ...]  # what filters ask for, sorted: "region:KZ", "person:xi-jinping"
    text: str  # folded words for text search
    spans: tuple[Span, ...]  # at most one per axis
    frame: bytes  # the message, framed as field 1: tag, length, bytes
    readings: tuple[Reading, ...] = ()  # at most one per field; not read back


class Read(NamedTuple):
    """A reading of a live row, with the name of the row."""

    name: str
    reading: Reading


class Condition(NamedTuple):
    """What a row must have beside its window. The empty condition admits every row."""

    kinds: tuple[int, ...] = ()  # any of them; empty: all
    facets: tuple[tuple[str, ...], ...] = ()  # of each group, at least one
    words: tuple[str, ...] = ()  # each occurs in the text


class Window(NamedTuple):
    """A half-open window on one axis. `possible` admits spans that only may lie in it.

    Possible: [start, end) of the span touches the window. Certain: its sure part touches the
    window, or all of [start, end) lies in it.
    """

    axis: Axis
    start: int
    end: int
    possible: bool


class Found(NamedTuple):
    """A row found in a window. `certain` tells whether it would be found with possible=False."""

    start: int  # of the span, for the order
    name: str
    kind: int
    end: int
    certain: bool
    frame: bytes


class State(NamedTuple):
    """How far a calendar has come: enough to validate a feed without reading it."""

    revision: int  # highest revision of its rows, deleted ones and itself included
    modified: int  # latest `modified` of its rows


class Entry(NamedTuple):
    """Who writes, when and why; kept with each version in the log."""

    actor: str
    reason: str
    request_id: str
    time: int  # epoch seconds


class Version(NamedTuple):
    """One version of a record in the log."""

    revision: int
    position: int  # among the versions that one write made, from 0
    name: str
    entry: Entry
    deleted: bool
    frame: bytes


class Identity(NamedTuple):
    """What tells one store from another."""

    store_id: str  # changes when a store is restored from a copy
    secret: bytes  # 32 bytes, signs page tokens


class Reader(Protocol):
    """One snapshot of the store."""

    @property
    def revision(self) -> int:
        """The revision of this snapshot (within a write: the one before it)."""

    def get(self, name: str) -> Row | None:
        """The row of that name, deleted or not."""

    def get_many(self, names: Sequence[str]) -> list[Row | None]:
        """The rows of those names, in their order."""

    def holder(self, uid: str) -> str | None:
        """The name of the row that has this uid."""

    def page(
        self,
        kind: int,
        calendar: str | None,
        after: str,
        limit: int,
        condition: Condition,
        *,
        show_deleted: bool = False,
    ) -> list[Row]:
        """Rows of a kind in the order of names, those after `after`; None: of all calendars."""

    def within(
        self,
        window: Window,
        calendar: str | None,
        after: tuple[int, str] | None,
        limit: int,
        condition: Condition,
    ) -> list[Found]:
        """Live rows in a window in the order (start, name), those after `after`."""

    def contents(self, calendar: str) -> list[Row]:
        """All live rows of a calendar but itself, in the order of names."""

    def state(self, calendar: str) -> State | None:
        """How far a calendar has come; None when it never was, or is deleted."""

    def versions(self, name: str) -> list[Version]:
        """All versions of a record, oldest first."""

    def rules(self) -> list[tuple[str, str]]:
        """By which rules live rows are resolved: each (zone, fingerprint) once, sorted.

        Costs a step for each of these, not for each reading.
        """

    def readings(
        self,
        zone: str,
        after_until: int,
        cursor: tuple[int, str, str] | None,
        limit: int,
        *,
        calendar: str | None = None,
        except_fingerprint: str | None = None,
    ) -> list[Read]:
        """Readings of live rows that are not over at `after_until` (theirs is later).

        In the order (until, name, field), those after the cursor, which is such a triple; None:
        from the first. Leaves out those that are resolved by `except_fingerprint` already. With
        a calendar the cost is that of the whole zone.
        """


class Writer(Reader, Protocol):
    """A write under way: reads see what it has put so far."""

    @property
    def next_revision(self) -> int:
        """The revision that this write gets if it puts anything."""

    def put(self, row: Row, *, new: bool) -> None:
        """Store a version; its revision must be `next_revision`.

        The readings of the row take the place of those it had. Raises NameTakenError when `new`
        and the name exists, UidTakenError when another row has the uid.
        """

    def settle(self, zone: str, fingerprint: str) -> int:
        """Count all readings of a zone as resolved by these rules; their instants stay.

        Of deleted rows too, and of all calendars. Returns how many there are. Is no version of
        anything: a write that only settles is durable, but takes no revision.
        """


class Store(Protocol):
    """A store of records. Safe for use from several threads."""

    @property
    def identity(self) -> Identity:
        """Which store this is."""

    def head(self) -> int:
        """The last revision that is durable; costs no I/O."""

    def read(self) -> AbstractContextManager[Reader]:
        """A snapshot for the time of the with block, in this thread."""

    def write(self, act: Callable[[Writer], T], entry: Entry) -> T:
        """Run `act`; return its result when what it put is durable.

        An exception of `act` is raised here, and nothing of it is kept. Writes of several
        threads are grouped into one commit. A write that puts nothing takes no revision.
        """

    def close(self) -> None:
        """Finish the writes under way and let go of all files."""
