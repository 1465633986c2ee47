"""The contract of every storage engine: rows in, rows out, one monotonic revision.

A store keeps the latest version of each record (`Row`) and a log of its versions, to which writes
only append. `compact` alone takes from the log, and only what was superseded long ago.
Writes are functions run one after another, `store.write(operation, entry)`; each gets the next
revision, and either all of it is durable when `write` returns or nothing of it is kept. A write
function may be run again after a failure, so it must have no effects but those on its `Writer`.
Reads see one snapshot, the revision of which they tell.

What every engine does, and how those of today do it:

- Collation: names, uids, facets and keys are compared and ordered by their bytes in UTF-8, which
  is the order of code points, never by the rules of a language. SQLite: the collation BINARY.
  Memory: the order of `str`. A database that sorts by a language must be set to do otherwise.
- Isolation: a `read` sees one committed revision until its with block ends, and never waits for a
  write. Writes are serializable: each sees all writes before it and nothing of a later one.
  SQLite: WAL, one thread that writes, one process that has the file. Memory: a lock, and copies.
- Readiness: opening returns a store that is migrated, checked and can be read and written, or it
  raises StoreError. Later `health` says whether the store can be written; it costs no I/O, so an
  engine watches its storage by itself. SQLite: before each commit, and every half second. Memory:
  always healthy.
- Deadlines: calls have none, and a write that is queued cannot be cancelled. A read within
  `interruption.interruptible` asks its check now and then: SQLite every 50,000 operations, some 10
  ms; memory never, for its reads are short. An engine bounds its own waits, and raises
  StoreUnavailableError when they end. SQLite: five seconds for a lock that another program holds;
  a write waits for the groups before it. Memory: waits for its lock.

How a write fails:

- Refused: the operation raised, NameTakenError and UidTakenError included. Nothing is stored.
- Outcome unknown (StoreUnavailableError): the commit may be durable though its answer was lost. A
  caller that must know remembers a request id in the write, and looks it up in a later one.
- Read-only: reads go on, and nothing is stored. Without room: StoreFullError, until a write
  succeeds. Damaged: StoreDamagedError, until the server is started on a sound file. A file that
  may not be written: StoreUnavailableError in SQLite, which does not tell it from the case above.
- Failed over, or restored from a copy: revisions may be lost. The store then begins a new epoch,
  `identity.store_id`, so that nobody takes a revision of the old history for one of the new.
  SQLite: compares itself with its head mark when it is opened. Memory: each start is an epoch.
  Neither fails over while it is open; an engine that does raises StoreUnavailableError for the
  writes under way.

Times in rows are whole seconds. On the axis INSTANT and PLACE they count from 1970-01-01T00:00Z;
on the axis LABEL they are civil days times 86,400, as if every day were lived in UTC.

Rows also say which of their times depend on the law of a place (`LocalTimeEntry`). Storage never
turns a wall time into an instant: it finds what a change of law may move, and remembers by which
rules it was last settled.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from typing import Protocol, TypeVar

from summitry_server.store.health import Health
from summitry_server.store.values import (
    EARLIEST,
    LAST_NAME,
    LATEST,
    LEVELS,
    NO_HINT,
    UNINDEXED_HISTORY,
    Axis,
    CalendarHead,
    Condition,
    ConvertedRecord,
    LocalTimeEntry,
    LogEntry,
    Logged,
    NamedFrame,
    Point,
    Request,
    Row,
    Span,
    StoredLocalTime,
    StoreIdentity,
    Token,
    Version,
    Window,
    WindowMatch,
    WriteHint,
    level_of,
)

__all__ = [
    "EARLIEST",
    "LAST_NAME",
    "LATEST",
    "LEVELS",
    "NO_HINT",
    "UNINDEXED_HISTORY",
    "Axis",
    "CalendarHead",
    "Condition",
    "ConvertedRecord",
    "DryRun",
    "Health",
    "LocalTimeEntry",
    "LogEntry",
    "Logged",
    "NamedFrame",
    "Point",
    "Reader",
    "RecordReader",
    "Request",
    "Row",
    "Span",
    "Store",
    "StoreIdentity",
    "StoredLocalTime",
    "Target",
    "Token",
    "Version",
    "Window",
    "WindowMatch",
    "WriteHint",
    "Writer",
    "level_of",
]

T = TypeVar("T")


class RecordReader(Protocol):
    """The queries for records at one revision."""

    @property
    def revision(self) -> int:
        """Return the revision of this snapshot (within a write: the one before it)."""

    def get(self, name: str) -> Row | None:
        """Return the row of that name, deleted or not."""

    def get_many(self, names: Sequence[str]) -> list[Row | None]:
        """Return the rows of those names, in their order."""

    def frames_of(self, names: Sequence[str]) -> list[bytes | None]:
        """Return the frames of those names; None for one that is not there or was purged.

        Answers with many records need no more of a row than this, so it costs less.
        """

    def page(
        self,
        kind: int,
        calendar: str | None,
        after: str,
        limit: int,
        condition: Condition,
        *,
        show_deleted: bool = False,
        descending: bool = False,
    ) -> list[Row]:
        """Return rows of a kind after the name `after` in the order of names; "": from the first.

        None: of all calendars. Descending is the same order read from its end: `after` is then
        followed by smaller names.
        """

    def named_frames(
        self,
        kind: int,
        calendar: str | None,
        after: str,
        limit: int,
        condition: Condition,
        *,
        show_deleted: bool = False,
        descending: bool = False,
    ) -> list[NamedFrame]:
        """Return the names and frames of the rows that `page` returns, without purged ones.

        As lists need no more of a row than this, it costs less.
        """

    def within(
        self,
        window: Window,
        calendar: str | None,
        after: tuple[int, str] | None,
        limit: int,
        condition: Condition,
        *,
        descending: bool = False,
    ) -> list[WindowMatch]:
        """Return the live rows in a window after the key `after`, in the order (start, name).

        Descending is the same order read from its end: the last start first. Either costs what it
        returns, however many rows the window has.
        """

    def count(
        self,
        kind: int,
        calendar: str | None,
        limit: int,
        condition: Condition,
        *,
        show_deleted: bool = False,
    ) -> int:
        """Return how many rows `page` has in all, purged ones left out; `limit` if there are more.

        Costs what it counts.
        """

    def count_within(
        self, window: Window, calendar: str | None, limit: int, condition: Condition
    ) -> int:
        """Return how many rows `within` has in all; `limit` if there are more."""


class Reader(RecordReader, Protocol):
    """One snapshot of the store."""

    def at(self, revision: int) -> RecordReader:
        """Return the records as they were at a revision, for the time of this snapshot.

        Exact from the revision before `earliest()` on, with what each version was found by when
        it was the latest. Answers cost about as much as those of present records.
        """

    def point(self, revision: int | None = None) -> Point:
        """Return the point of a revision up to that of this snapshot, by default of that one.

        Of any revision there ever was: compaction and purges keep it.
        """

    def holder(self, uid: str) -> str | None:
        """Return the name of the row that has this uid."""

    def holders_below(self, uid: str, limit: int) -> list[str]:
        """Return the names of rows whose uid begins with this uid and "/", in the order of uids.

        Costs what it returns.
        """

    def contents(self, calendar: str) -> list[Row]:
        """Return all live rows of a calendar but itself, in the order of names."""

    def state(self, calendar: str) -> CalendarHead | None:
        """Return the state of a calendar; None when it never existed, or is deleted."""

    def versions(self, name: str) -> list[Version]:
        """Return all versions of a record that the log has, oldest first."""

    def versions_page(self, name: str, before: int | None, limit: int) -> list[Version]:
        """Return versions of a record before the revision `before` (None: all), newest first.

        At least `limit` of them if there are so many: a revision that made several is given whole.
        """

    def version_at(self, name: str, revision: int) -> Version | None:
        """Return the newest version of a record that is not newer than a revision.

        Exact from the revision before `earliest()` on.
        """

    def snapshot_at(
        self, kind: int | None, calendar: str | None, revision: int, after: str, limit: int
    ) -> list[Version]:
        """Return the version of each record at a revision, after the name `after`, in name order.

        None: of all kinds, of all calendars. Includes records that were deleted then, and leaves
        out those that were not there yet. Exact from the revision before `earliest()` on.
        """

    def changes(self, after: int, limit: int, calendar: str | None = None) -> list[Logged]:
        """Return changes of revisions after `after`, up to that of this snapshot, oldest first.

        At least `limit` of them if there are so many: a revision is given whole. Complete when
        `after` is at least the revision before `earliest()`; ask for both in one snapshot.
        """

    def deleted(self, before: int, limit: int) -> list[str]:
        """Return the names of records deleted before that time (epoch seconds) and not purged.

        The record deleted first comes first.
        """

    def earliest(self) -> int:
        """Return the oldest revision whose changes are all in the log; 1 until it is compacted."""

    def revision_at(self, time: int) -> int:
        """Return the last revision written at this time (epoch seconds) or before; 0 if none.

        What lies before `earliest()` may be told too low.
        """

    def token(self, digest: bytes) -> Token | None:
        """Return the token of that digest, if any; tokens are in no version, and so in no log."""

    def tokens(self, owner: str) -> list[Token]:
        """Return all tokens of a row in the order of (created, id)."""

    def request(self, request_id: str) -> Request | None:
        """Return the stored answer to a request; None if there is none."""

    def setting(self, name: str) -> str:
        """Return the value stored by `put_setting`; empty if there is none.

        Settings belong to the store as a whole, and are in no version and so in no log.
        """

    def zone_fingerprints(self) -> list[tuple[str, str]]:
        """Return the rules that resolve live rows: each (zone, fingerprint) once, sorted.

        Costs a step for each of these, not for each reading.
        """

    def local_times(
        self,
        zone: str,
        after_until: int,
        cursor: tuple[int, str, str] | None,
        limit: int,
        *,
        calendar: str | None = None,
        except_fingerprint: str | None = None,
    ) -> list[StoredLocalTime]:
        """Return the local times of live rows whose `until` is later than `after_until`.

        In the order (until, name, field), those after the cursor, which is such a triple; None:
        from the first. Leaves out those that are resolved by `except_fingerprint` already. With
        a calendar the cost is that of the whole zone.
        """


class Writer(Reader, Protocol):
    """A write under way: reads see what it has put so far."""

    @property
    def next_revision(self) -> int:
        """Return the revision that this write gets if it puts anything."""

    @property
    def next_point(self) -> Point:
        """Return the point that this write makes if it puts anything, the same for all rows."""

    def put(self, row: Row, *, new: bool) -> None:
        """Store a version; its revision must be `next_revision`.

        The local times of the row replace those it had. Raises NameTakenError when `new`
        and the name exists, UidTakenError when another row has the uid, ValueError when the row
        breaks the contract (another kind or calendar than before, say).
        """

    def purge(self, row: Row) -> int:
        """Store a tombstone, and drop older versions of its record; return how many.

        Its tokens go as well. The row must be deleted and have nothing to be found by, facets
        least of all: by that purged rows are told from deleted ones. Raises ValueError otherwise.
        """

    def settle(self, zone: str, fingerprint: str) -> int:
        """Mark all local times of a zone as resolved by these rules; their instants stay.

        Of deleted rows too, and of all calendars. Returns how many there are. Is no version of
        anything: a write that only settles is durable, but takes no revision.
        """

    def put_token(self, token: Token) -> None:
        """Store a token, in place of the one with its id; owner and digest never change.

        Durable if and only if the write is. Takes no revision by itself.
        """

    def use_tokens(self, uses: Mapping[str, int]) -> None:
        """Store when tokens were last used, by id; ignore unknown ids and earlier times."""

    def put_setting(self, name: str, value: str) -> None:
        """Store a value under a name, in place of the former one.

        Durable if and only if the write is. Takes no revision by itself.
        """

    def convert(self, records: Iterable[ConvertedRecord]) -> None:
        """Store records, and all their versions, in a newer format.

        The one operation that changes versions in the log: how they are written, and not what they
        say. Takes no revision. Raises ValueError for a record or a version that is not there.
        """

    def remember(self, request_id: str, digest: bytes, response: bytes) -> None:
        """Store the response to a request, in place of an earlier one with that request id.

        Durable if and only if the write is. A write that only remembers takes no revision.
        """


class Target(Protocol):
    """The part of a `Writer` that puts records one by one; a dry run has it too."""

    @property
    def next_point(self) -> Point:
        """Return the point that this write makes if it puts anything."""

    def get(self, name: str) -> Row | None:
        """Return the row of that name, deleted or not; None if there is none."""

    def holder(self, uid: str) -> str | None:
        """Return the name of the row that has this uid; None if no row has."""

    def holders_below(self, uid: str, limit: int) -> list[str]:
        """Return the names of rows whose uid begins with this uid and "/", in the order of uids."""

    def put(self, row: Row, *, new: bool) -> None:
        """Store a version. Raises UidTakenError when another row has the uid."""


class DryRun(Protocol):
    """Writes that see what those before them put, and store nothing. Close it. For one thread."""

    def target(self, reader: Reader) -> Target:
        """Return the next write of the dry run, over a snapshot of the store."""

    def close(self) -> None:
        """Drop the rows."""


class Store(Protocol):
    """A store of records. Safe for use from several threads."""

    @property
    def identity(self) -> StoreIdentity:
        """Return the identity of this store."""

    def head(self) -> int:
        """Return the last revision that is durable; costs no I/O."""

    def health(self) -> Health:
        """Return whether the store can be written; costs no I/O."""

    def follow_health(self, listener: Callable[[Health], None]) -> Callable[[], None]:
        """Call `listener` with the present health, and with each change, from any thread.

        It must be quick, must not use the store and must not raise. Returns what ends the calls.
        """

    def read(self) -> AbstractContextManager[Reader]:
        """Open a snapshot for the time of the with block, in this thread."""

    def write(
        self, operation: Callable[[Writer], T], entry: LogEntry, hint: WriteHint = NO_HINT
    ) -> T:
        """Run `operation`; return its result when what it put is durable.

        An exception of `operation` is raised here, and nothing of it is kept; nor is anything after
        StoreFullError and StoreDamagedError. After StoreUnavailableError the outcome is unknown:
        the commit may have become durable though its answer was lost. A caller that must know
        remembers a request id in the write, and asks for it in a later one. Writes of several
        threads are grouped into one commit. A write that puts nothing takes no revision. `hint`
        says what the operation will ask for, so that an engine can fetch it in sets.
        """

    def compact(self, before: int) -> int:
        """Drop versions that a revision before `before` superseded; return how many.

        Never drops the newest version of a record. From then on `earliest()` is `before`, but at
        most the revision after the head; it never goes back.
        """

    def expire_requests(self, before: int) -> int:
        """Drop requests remembered before that time (epoch seconds); return how many."""

    def subscribe(self, wake: Callable[[int], None]) -> Callable[[], None]:
        """Call `wake(head)` after each durable commit that raised the head.

        It is called by the thread that writes, before the callers of that commit are answered, so
        it must be quick and must not write; what it raises is logged and hurts no write. Heads
        rise from call to call, and one call may stand for several revisions. Returns the function
        that unsubscribes; a call that is under way then may still end.
        """

    def close(self) -> None:
        """Finish the writes under way and close all files."""
