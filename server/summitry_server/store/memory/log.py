"""The log of the engine that keeps all in memory, and how it is read."""

from __future__ import annotations

from abc import abstractmethod
from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from itertools import compress, pairwise
from operator import attrgetter

from summitry_server.store.contract import LogEntry, Logged, Point, Request, Row, Version

_revision = attrgetter("revision")
_place = attrgetter("revision", "position")


@dataclass(slots=True)
class Log:
    """All versions that are kept: by record, as rows too, and in the order of the writes."""

    versions: dict[str, list[Version]] = field(default_factory=dict)
    rows: dict[str, list[Row]] = field(default_factory=dict)  # one for each version
    changes: list[Logged] = field(default_factory=list)
    requests: dict[str, Request] = field(default_factory=dict)
    earliest: int = 1
    chain: list[str] = field(default_factory=lambda: [""])  # by revision

    def copy(self) -> Log:
        """Return a copy to change; this log stays as it is."""
        return Log(
            dict(self.versions),
            dict(self.rows),
            list(self.changes),
            dict(self.requests),
            self.earliest,
            list(self.chain),
        )

    @property
    def time(self) -> int:
        """Return when the last version was written."""
        return self.changes[-1].entry.time if self.changes else 0

    def append(self, row: Row, position: int, entry: LogEntry) -> None:
        """Append a version."""
        own = (row.kind, row.calendar, entry, row.deleted, row.frame)
        versions = self.versions.get(row.name, [])
        before = (versions[-1].frame, versions[-1].deleted) if versions else (b"", False)
        # Nobody can tell yet whether it is the last of its revision: who reads it will.
        self.changes.append(Logged(row.revision, position, False, row.name, *own, *before))
        version = Version(
            row.revision, position, row.name, entry, row.deleted, row.frame, row.kind, row.calendar
        )
        self.versions[row.name] = [*versions, version]
        self.rows[row.name] = [*self.rows.get(row.name, []), replace(row, local_times=())]

    def compact(self, before: int) -> int:
        """Drop versions superseded before that revision; return how many."""
        if before <= self.earliest:
            return 0
        self.earliest = before
        superseded = {
            (old.revision, old.position)
            for versions in self.versions.values()
            for old, new in pairwise(versions)
            if new.revision < before
        }
        for name, versions in self.versions.items():
            remaining = [_place(version) not in superseded for version in versions]
            self.versions[name] = list(compress(versions, remaining))
            self.rows[name] = list(compress(self.rows[name], remaining))
        self.changes = [
            change
            for change in self.changes
            if (change.revision, change.position) not in superseded
        ]
        return len(superseded)

    def purge(self, name: str) -> int:
        """Drop all versions of a record but the newest; return how many."""
        *superseded, newest = self.versions[name]
        self.versions[name] = [newest]
        self.rows[name] = self.rows[name][-1:]
        places = {(version.revision, version.position) for version in superseded}
        self.changes = [
            change._replace(before=b"", before_deleted=False) if change.name == name else change
            for change in self.changes
            if (change.revision, change.position) not in places
        ]
        return len(superseded)

    def convert(self, latest: Row, rows: Mapping[tuple[int, int], Row]) -> None:
        """Replace the form of versions of a record: the latest, and others by their place."""
        name = latest.name
        places = list(map(_place, self.versions[name]))
        if not rows.keys() <= set(places):
            raise ValueError(f"{name} has no such version")
        newer = {**rows, places[-1]: latest}
        self.rows[name] = [
            replace(old, frame=new.frame, facets=new.facets, text=new.text, spans=new.spans)
            for place, old in zip(places, self.rows[name], strict=True)
            for new in [newer.get(place, old)]
        ]
        self.versions[name] = converted = [
            version._replace(frame=row.frame)
            for version, row in zip(self.versions[name], self.rows[name], strict=True)
        ]
        by_place = {_place(version): version.frame for version in converted}
        earlier = {later: by_place[place] for place, later in pairwise(by_place)}
        self.changes = [
            change._replace(frame=by_place[_place(change)], before=earlier.get(_place(change), b""))
            if change.name == name
            else change
            for change in self.changes
        ]

    def expire_requests(self, before: int) -> int:
        """Drop requests remembered before that time; return how many."""
        old = [request_id for request_id, request in self.requests.items() if request.time < before]
        for request_id in old:
            del self.requests[request_id]
        return len(old)


class LogReader:
    """Reads the log of a snapshot."""

    @property
    @abstractmethod
    def revision(self) -> int:
        """Return the revision of the snapshot."""

    @property
    @abstractmethod
    def log(self) -> Log:
        """Return the log as it was at the revision of the snapshot."""

    def point(self, revision: int | None = None) -> Point:
        """Return the point of a revision, by default of this snapshot."""
        revision = self.revision if revision is None else revision
        return Point(revision, self.log.chain[revision])

    def versions(self, name: str) -> list[Version]:
        """Return all versions of a record, oldest first."""
        return list(self.log.versions.get(name, ()))

    def versions_page(self, name: str, before: int | None, limit: int) -> list[Version]:
        """Return versions of a record, newest first; a revision is given whole."""
        versions = [
            version
            for version in reversed(self.log.versions.get(name, ()))
            if before is None or version.revision < before
        ]
        last = min((version.revision for version in versions[:limit]), default=0)
        return [version for version in versions if version.revision >= last]

    def version_at(self, name: str, revision: int) -> Version | None:
        """Return the newest version of a record that is not newer than a revision."""
        versions = self.log.versions.get(name, [])
        count = bisect_right(versions, revision, key=_revision)
        return versions[count - 1] if count else None

    def rows_at(self, revision: int) -> dict[str, Row]:
        """Return the row that each record had at a revision, by name."""
        newest = (
            [row for row in rows if row.revision <= revision][-1:]
            for rows in self.log.rows.values()
        )
        return {row.name: row for [row] in filter(None, newest)}

    def snapshot_at(
        self, kind: int | None, calendar: str | None, revision: int, after: str, limit: int
    ) -> list[Version]:
        """Return the version of each record at a revision, in the order of names."""
        names = sorted(name for name in self.log.versions if name > after)
        versions = (self.version_at(name, revision) for name in names)
        matches = [
            version
            for version in versions
            if version and kind in (None, version.kind) and calendar in (None, version.calendar)
        ]
        return matches[:limit]

    def changes(self, after: int, limit: int, calendar: str | None = None) -> list[Logged]:
        """Return changes of revisions after `after`, oldest first; a revision is given whole."""
        matches: list[Logged] = []
        for change in self._changes_between(after, self.revision):
            if calendar in (None, change.calendar):
                if len(matches) >= limit and change.revision != matches[-1].revision:
                    break
                matches.append(change)
        following = [change.revision for change in matches[1:]]
        return [
            change._replace(last=change.revision != later)
            for change, later in zip(matches, [*following, None], strict=False)
        ]

    def _changes_between(self, after: int, until: int) -> Iterator[Logged]:
        changes = self.log.changes
        first = bisect_right(changes, after, key=_revision)
        for number in range(first, len(changes)):
            if changes[number].revision > until:
                return
            yield changes[number]

    def earliest(self) -> int:
        """Return the oldest revision of which the log still has all changes."""
        return self.log.earliest

    def revision_at(self, time: int) -> int:
        """Return the last revision that was written at this time or before."""
        changes = self.log.changes
        own = bisect_left(changes, self.revision + 1, key=_revision)
        count = bisect_right(changes, time, hi=own, key=lambda change: change.entry.time)
        return changes[count - 1].revision if count else 0

    def request(self, request_id: str) -> Request | None:
        """Return the stored response to a request; None if there is none."""
        return self.log.requests.get(request_id)
