"""The engine that keeps all in memory: the reference for the others, and the one tests run on.

Each write makes a new state out of the last one; a reader keeps the state that it met.
"""

from __future__ import annotations

import secrets
import threading
import uuid
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from typing import TypeVar

from summitry_server.store.contract import (
    NO_HINT,
    ConvertedRecord,
    LogEntry,
    Reader,
    Request,
    Row,
    StoreIdentity,
    Token,
    WriteHint,
    Writer,
)
from summitry_server.store.errors import NameTakenError, StoreUnavailableError, UidTakenError
from summitry_server.store.health import Health, Listener
from summitry_server.store.log_time import LogTime
from summitry_server.store.matching import check_place, check_row, check_tombstone
from summitry_server.store.memory.log import Log
from summitry_server.store.memory.reader import MemoryReader, Snapshot
from summitry_server.store.notifier import Notifier
from summitry_server.store.points import next_point

T = TypeVar("T")


class _MemoryWriter(MemoryReader):
    """A write under way, on a copy that nobody else sees."""

    def __init__(self, snapshot: Snapshot, entry: LogEntry) -> None:
        super().__init__(
            replace(
                snapshot,
                rows=dict(snapshot.rows),
                local_times=dict(snapshot.local_times),
                names=dict(snapshot.names),
                log=snapshot.log.copy(),
                tokens=dict(snapshot.tokens),
                settings=dict(snapshot.settings),
            )
        )
        self._entry = entry
        self._position = 0
        self.next_point = next_point(self.point(), entry)

    @property
    def next_revision(self) -> int:
        return self.next_point.revision

    def put(self, row: Row, *, new: bool) -> None:
        check_row(row, self.next_revision)
        rows, names = self._snapshot.rows, self._snapshot.names
        if new and row.name in rows:
            raise NameTakenError(row.name)
        if names.get(row.uid, row.name) != row.name:
            raise UidTakenError(row.uid)
        if before := rows.get(row.name):
            check_place(row, before.kind, before.calendar)
            del names[before.uid]
        # Apart from the row, since `settle` changes them without a version of the record.
        rows[row.name] = replace(row, local_times=())
        self._snapshot.local_times[row.name] = row.local_times
        names[row.uid] = row.name
        self.log.append(row, self._position, self._entry)
        self._position += 1

    def purge(self, row: Row) -> int:
        check_tombstone(row)
        self.put(row, new=False)
        for token in self.tokens(row.name):
            del self._snapshot.tokens[token.id]
        return self.log.purge(row.name)

    def settle(self, zone: str, fingerprint: str) -> int:
        settled = 0
        for name, local_times in self._snapshot.local_times.items():
            self._snapshot.local_times[name] = tuple(
                reading._replace(fingerprint=fingerprint) if reading.zone == zone else reading
                for reading in local_times
            )
            settled += sum(reading.zone == zone for reading in local_times)
        return settled

    def put_token(self, token: Token) -> None:
        self._snapshot.tokens[token.id] = token

    def use_tokens(self, uses: Mapping[str, int]) -> None:
        tokens = self._snapshot.tokens
        for key, time in uses.items():
            if (token := tokens.get(key)) is not None and token.used < time:
                tokens[key] = token._replace(used=time)

    def put_setting(self, name: str, value: str) -> None:
        self._snapshot.settings[name] = value

    def convert(self, records: Iterable[ConvertedRecord]) -> None:
        for row, versions in records:
            before = self._snapshot.rows.get(row.name)
            if before is None:
                raise ValueError(f"no record has the name {row.name}")
            check_place(row, before.kind, before.calendar)
            self._snapshot.local_times[row.name] = row.local_times
            self.log.convert(row, versions)
            self._snapshot.rows[row.name] = self.log.rows[row.name][-1]

    def remember(self, request_id: str, digest: bytes, response: bytes) -> None:
        self.log.requests[request_id] = Request(digest, response, self._entry.time)

    def result(self) -> Snapshot:
        """Return the next state of the store; of the same revision when nothing was put."""
        if not self._position:
            return self._snapshot
        self.log.chain.append(self.next_point.chain)
        return replace(self._snapshot, revision=self.next_revision)


class MemoryStore:
    """A store that is gone when the process ends."""

    def __init__(self) -> None:
        self._identity = StoreIdentity(str(uuid.uuid4()), secrets.token_bytes(32))
        self._latest = Snapshot(0, {}, {}, {}, Log(), {}, {})
        self._writing = threading.Lock()
        self._closed = False
        self._notifier = Notifier()
        self._times = LogTime()

    @property
    def identity(self) -> StoreIdentity:
        """Return the identity of this store; it is a new one after each start."""
        return self._identity

    def head(self) -> int:
        """Return the last revision."""
        return self._latest.revision

    def health(self) -> Health:
        """Report a healthy store, since nothing in memory can fail."""
        return Health()

    def follow_health(self, listener: Listener) -> Callable[[], None]:
        """Call `listener` once: the health never changes."""
        listener(self.health())
        return lambda: None

    @contextmanager
    def read(self) -> Iterator[Reader]:
        """Open the latest state, which later writes do not change."""
        self._check_open()
        yield MemoryReader(self._latest)

    def write(
        self, operation: Callable[[Writer], T], entry: LogEntry, hint: WriteHint = NO_HINT
    ) -> T:
        """Run `operation` on a copy, and make that copy the latest state if it returns."""
        with self._writing:
            self._check_open()
            last = self._latest.log.time
            time = self._times.of(entry.time, last)
            writer = _MemoryWriter(self._latest, entry._replace(time=time))
            result = operation(writer)
            head, self._latest = self.head(), writer.result()
            if self.head() > head:
                self._times = self._times.after(entry.time, last)
                self._notifier.tell(self.head())
            return result

    def compact(self, before: int) -> int:
        """Drop versions superseded before a revision."""
        with self._changed_log() as log:
            return log.compact(min(before, self.head() + 1))

    def expire_requests(self, before: int) -> int:
        """Drop requests remembered before that time; return how many."""
        with self._changed_log() as log:
            return log.expire_requests(before)

    def subscribe(self, wake: Callable[[int], None]) -> Callable[[], None]:
        """Call `wake(head)` whenever the head has risen; return a function that ends this."""
        return self._notifier.subscribe(wake)

    @contextmanager
    def _changed_log(self) -> Iterator[Log]:
        """Yield a copy of the log, and make it the latest at the end of the with block."""
        with self._writing:
            self._check_open()
            log = self._latest.log.copy()
            yield log
            self._latest = replace(self._latest, log=log)

    def close(self) -> None:
        """Refuse all further calls."""
        with self._writing:
            self._closed = True

    def _check_open(self) -> None:
        if self._closed:
            raise StoreUnavailableError("the store is closed: open it again")
