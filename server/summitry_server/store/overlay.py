"""Versions that writes have put and no table has yet.

The writes of a group run one after another over memory: each sees what those before it have put,
and what it puts itself. A write that fails drops its own versions and nobody undoes a statement.
The tables get all versions of the group at once, in a few statements. What the writes need of the
tables is fetched in sets, at best before the first of them runs (`WriteHint`).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import NamedTuple, Protocol

from summitry_server.store.errors import NameTakenError, UidTakenError
from summitry_server.store.matching import check_place, check_row
from summitry_server.store.values import LogEntry, Request, Row


class StoredRow(NamedTuple):
    """The latest version of a record in the tables, and their number of the record."""

    record: int
    row: Row


class Put(NamedTuple):
    """A version to be stored; `former` is the one in the tables that it follows."""

    row: Row
    position: int  # among the versions of its write
    entry: LogEntry
    former: StoredRow | None
    is_purge: bool = False  # the tombstone that stands in place of all versions


class Tables(Protocol):
    """The tables below an overlay, read and written in sets."""

    def find_rows(self, names: Sequence[str]) -> Mapping[str, StoredRow]:
        """Return the rows of those names that exist, by name."""

    def find_holders(self, uids: Sequence[str]) -> Mapping[str, str]:
        """Return the names of the rows that have those uids, by uid."""

    def find_requests(self, request_ids: Sequence[str]) -> Mapping[str, Request]:
        """Return the stored answers to requests, by the id of the request."""

    def store(self, puts: Sequence[Put], requests: Mapping[str, Request]) -> None:
        """Store versions of as many records, and answers to requests."""


class GroupOverlay:
    """The versions that the writes of a group have put so far."""

    def __init__(self, tables: Tables) -> None:
        self._tables = tables
        self._rows: dict[str, StoredRow | None] = {}  # as the tables have them
        self._holders: dict[str, str | None] = {}
        self._requests: dict[str, Request | None] = {}
        self.versions = Versions()
        self.is_flushing = False

    def prefetch(self, names: Iterable[str], uids: Iterable[str], requests: Iterable[str]) -> None:
        """Fetch what writes will ask for; what is not fetched here is when it is asked for."""
        if new := [name for name in dict.fromkeys(names) if name not in self._rows]:
            rows = self._tables.find_rows(new)
            self._rows.update((name, rows.get(name)) for name in new)
        if new := [uid for uid in dict.fromkeys(uids) if uid not in self._holders]:
            holders = self._tables.find_holders(new)
            self._holders.update((uid, holders.get(uid)) for uid in new)
        if new := [id_ for id_ in dict.fromkeys(requests) if id_ not in self._requests]:
            answers = self._tables.find_requests(new)
            self._requests.update((id_, answers.get(id_)) for id_ in new)

    def stored(self, name: str) -> StoredRow | None:
        """Return the row of that name in the tables."""
        self.prefetch((name,), (), ())
        return self._rows[name]

    def stored_holder(self, uid: str) -> str | None:
        """Return the name of the row that has a uid in the tables."""
        self.prefetch((), (uid,), ())
        return self._holders[uid]

    def stored_request(self, request_id: str) -> Request | None:
        """Return the answer that the tables have to a request."""
        self.prefetch((), (), (request_id,))
        return self._requests[request_id]

    def flush(self) -> None:
        """Store what was put. If this raises, the tables may have a part of it (`is_flushing`)."""
        versions, self.versions = self.versions, Versions()
        if not versions:
            return
        self.is_flushing = True
        self._tables.store(list(versions.puts.values()), versions.requests)
        self.is_flushing = False
        for name, put in versions.puts.items():
            self._rows.pop(name, None)
            self._holders.pop(put.row.uid, None)
        for request_id in versions.requests:
            self._requests.pop(request_id, None)

    def forget_all(self) -> None:
        """Fetch anew whatever is asked for next: a write has changed the tables by itself."""
        self._rows.clear()
        self._holders.clear()
        self._requests.clear()


class Versions:
    """Versions by the names of their records, and answers to requests."""

    def __init__(self) -> None:
        self.puts: dict[str, Put] = {}
        self.names: dict[str, str] = {}  # by uid
        self.requests: dict[str, Request] = {}

    def __bool__(self) -> bool:
        return bool(self.puts or self.requests)

    def add(self, put: Put) -> None:
        """Add a version of a record that has none here."""
        self.puts[put.row.name] = put
        self.names[put.row.uid] = put.row.name

    def take(self, later: Versions) -> None:
        """Add the versions of a write that came after all that are here."""
        self.puts |= later.puts
        self.names |= later.names
        self.requests |= later.requests


class WriteOverlay:
    """The versions that one write has put, over those of the writes before it."""

    def __init__(self, group: GroupOverlay) -> None:
        self._group = group
        self.versions = Versions()

    def get(self, name: str) -> Row | None:
        """Return the row of that name, as this write sees it, without its local times."""
        if put := self.versions.puts.get(name) or self._group.versions.puts.get(name):
            return replace(put.row, local_times=()) if put.row.local_times else put.row
        stored = self._group.stored(name)
        return stored.row if stored else None

    def holder(self, uid: str) -> str | None:
        """Return the name of the row that has this uid, as this write sees it."""
        if name := self.versions.names.get(uid) or self._group.versions.names.get(uid):
            return name
        return self._group.stored_holder(uid)

    def request(self, request_id: str) -> Request | None:
        """Return the answer to a request, as this write sees it."""
        requests = self._group.versions.requests
        request = self.versions.requests.get(request_id) or requests.get(request_id)
        return request or self._group.stored_request(request_id)

    def put(self, row: Row, position: int, entry: LogEntry, revision: int, *, new: bool) -> bool:
        """Add a version; return False for one that the tables have to take after all before it.

        That is one of a record that this write has put already, or with another uid than before,
        which others may then have. Raises what `Writer.put` does.
        """
        check_row(row, revision)
        before = self.get(row.name)
        if new and before is not None:
            raise NameTakenError(row.name)
        if self.holder(row.uid) not in (None, row.name):
            raise UidTakenError(row.uid)
        if before is not None:
            check_place(row, before.kind, before.calendar)
        if row.name in self.versions.puts or (before is not None and before.uid != row.uid):
            return False
        if row.name in self._group.versions.puts:
            self._group.flush()  # the tables take one version of a record at a time
        self.versions.add(Put(row, position, entry, self._group.stored(row.name)))
        return True

    def keep(self) -> None:
        """Hand what this write has put to its group."""
        self._group.versions.take(self.versions)
