"""ChangeService: the changes since a token, and records as they were at any time."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from itertools import islice, zip_longest
from typing import Any

from google.protobuf.descriptor import ServiceDescriptor

from summitry.kinds import BY_NUMBER, parse_name
from summitry.v1.change_service_pb2 import (
    DiffRevisionsRequest,
    DiffRevisionsResponse,
    FieldDifference,
    GetHeadResponse,
    GetRevisionRequest,
    GetRevisionResponse,
    ListChangesRequest,
    ListChangesResponse,
    ListRevisionsRequest,
    RecordRevision,
    ResetReason,
    WatchChangesRequest,
)
from summitry.v1.error_reason_pb2 import ErrorReason
from summitry_server.context import Backend, Call, Rpc, Sink, Stream
from summitry_server.domain.changes.changes import next_batch
from summitry_server.domain.changes.cursors import Cursor
from summitry_server.domain.changes.encoding import any_record_field, entry_to_proto
from summitry_server.domain.records.changed_paths import changed_paths
from summitry_server.domain.records.differences import differences
from summitry_server.services.as_of import revision_of
from summitry_server.services.naming import check_found, no_revision
from summitry_server.services.paging import PageEntry, read_page
from summitry_server.services.watch.stream import Watches
from summitry_server.services.watch.tokens import ChangeTokens, Followed, followed, invalid_token
from summitry_server.store.contract import Reader, Version
from summitry_server.wire import frames as wire
from summitry_server.wire.limits import page_size
from summitry_server.wire.refusals import ALONE, RefusedError, bad_name


class ChangeService:
    """Changes of views, and versions of records."""

    def __init__(self, service: ServiceDescriptor, backend: Backend, watches: Watches) -> None:
        self.service = service
        self.backend = backend
        self.tokens = ChangeTokens(backend)
        self.watches = watches

    def methods(self) -> Mapping[str, Rpc]:
        """Return the rpcs of the service by name."""
        return {
            "GetHead": self.get_head,
            "ListChanges": self.list_changes,
            "ListRevisions": self.list_revisions,
            "GetRevision": self.get_revision,
            "DiffRevisions": self.diff_revisions,
        }

    def streams(self) -> Mapping[str, Stream]:
        """Return the rpcs whose streams go on after they return, by name."""
        return {"WatchChanges": self.watch_changes}

    def get_head(self, request: Any, call: Call) -> bytes:
        """Return the revision of the store, and the earliest one in its log."""
        with self.backend.store.read() as reader:
            point, earliest = reader.point(), reader.earliest()
        response = GetHeadResponse(
            earliest_revision=earliest, retention_days=self.backend.retention
        )
        return self.backend.answer([response.SerializeToString()], point)

    def list_changes(self, request: ListChangesRequest, call: Call) -> bytes:
        """Return a page of changes of a view."""
        followed_view = followed(request.view, self.backend.db).naming_changes(
            request.include_changed_paths
        )
        limit = page_size(request.page_size)
        with self.backend.store.read() as reader:
            earliest = reader.earliest()
            cursor = self._cursor(request, followed_view, reader)
            now, db = self.backend.clock.now(), self.backend.db
            snapshot_of = partial(self.backend.snapshots.at, reader)
            batch = next_batch(reader, followed_view.view, cursor, limit, now, db, {}, snapshot_of)
            next_token = self.tokens.make(followed_view.digest, batch.cursor, reader)
            point = reader.point()
        rest = ListChangesResponse(
            next_token=next_token,
            more=batch.more,
            earliest_revision=earliest,
            retention_days=self.backend.retention,
        )
        parts = [wire.frame(1, change) for change in batch.changes]
        return self.backend.answer([*parts, rest.SerializeToString()], point)

    def watch_changes(self, request: WatchChangesRequest, call: Call, sink: Sink) -> None:
        """Follow a view for as long as the client reads."""
        self.watches.open(request, sink)

    def _cursor(
        self, request: ListChangesRequest, followed_view: Followed, reader: Reader
    ) -> Cursor:
        start = self.tokens.start(request, followed_view, reader)
        if isinstance(start, Cursor):
            return start
        if start == ResetReason.RESET_REASON_OTHER_VIEW:
            raise invalid_token()
        raise _changes_gone(start, request.WhichOneof("start"), reader.earliest())

    def list_revisions(self, request: ListRevisionsRequest, call: Call) -> bytes:
        """Return a page of the versions of a record, the newest first."""
        limit = page_size(request.page_size)
        token = request.page_token
        with self.backend.store.read() as reader:
            after = self.backend.tokens.read(request, token, reader) if token else None
            self._check_exists(reader, request.name)
            page = read_page(partial(self._revisions, reader, request), after, limit)
            point = reader.point()
        parts = [entry.data for entry in page.entries]
        if page.more:
            next_token = self.backend.tokens.make(request, page.entries[-1].position, point)
            parts.append(wire.text(2, next_token))
        return self.backend.answer(parts, point)

    def _revisions(
        self,
        reader: Reader,
        request: ListRevisionsRequest,
        after: tuple[int, int] | None,
        limit: int,
    ) -> list[PageEntry]:
        """Return up to `limit` versions of a record that are older than a (revision, position)."""
        if not request.include_changed_paths:
            versions = _older_versions(reader, request.name, after, limit)
            return [self._to_entry(version, None, reader) for version in versions[:limit]]
        # One more, to compare the last one with.
        versions = _older_versions(reader, request.name, after, limit + 1)
        pairs = zip_longest(versions, versions[1:])
        return [self._to_entry(*pair, reader) for pair in islice(pairs, limit)]

    def _to_entry(self, version: Version, before: Version | None, reader: Reader) -> PageEntry:
        revision = self._to_revision(version, reader)
        if before is not None:
            message = BY_NUMBER[version.kind].message
            frames = (wire.unframe(message, frame) for frame in (before.frame, version.frame))
            revision.changed_paths.extend(changed_paths(*frames))
        data = wire.frame(1, revision.SerializeToString())
        return PageEntry((version.revision, version.position), data)

    def get_revision(self, request: GetRevisionRequest, call: Call) -> bytes:
        """Return a record as it was in a state."""
        with self.backend.store.read() as reader:
            self._check_exists(reader, request.name)
            at = revision_of(self.backend, request.as_of, reader)
            version = self._version(reader, request.name, at, "as_of")
            response = GetRevisionResponse(revision=self._to_revision(version, reader))
            point = reader.point()
        return self.backend.answer([response.SerializeToString()], point)

    def diff_revisions(self, request: DiffRevisionsRequest, call: Call) -> bytes:
        """Return the fields in which two versions of a record differ."""
        with self.backend.store.read() as reader:
            self._check_exists(reader, request.name)
            at = self._revision(request, "to_snapshot", reader, reader.revision)
            new = self._version(reader, request.name, at, "to_snapshot")
            at = self._revision(request, "from_snapshot", reader, new.revision - 1)
            old = self._version(reader, request.name, at, "from_snapshot")
            before, after = self._to_revision(old, reader), self._to_revision(new, reader)
            point = reader.point()
        field = after.record.WhichOneof("record") or ""
        parts = differences(getattr(before.record, field), getattr(after.record, field))
        response = DiffRevisionsResponse(
            differences=[
                FieldDifference(
                    field_path=difference.path, old_value=difference.old, new_value=difference.new
                )
                for difference in parts
            ],
            from_revision=before,
            to_revision=after,
        )
        return self.backend.answer([response.SerializeToString()], point)

    def _check_exists(self, reader: Reader, name: str) -> None:
        if parse_name(name) is None:
            raise bad_name("name", name, "calendars/{calendar}/{collection}/{id}")
        check_found(reader.get(name), name, "name")

    def _revision(
        self, request: DiffRevisionsRequest, field: str, reader: Reader, default: int
    ) -> int:
        token = getattr(request, field)
        return self.backend.snapshots.revision(reader, token, field) if token else default

    def _version(self, reader: Reader, name: str, at: int, field: str) -> Version:
        version = reader.version_at(name, at)
        if version is None:
            raise no_revision(name, at, field)
        return version

    def _to_revision(self, version: Version, reader: Reader) -> RecordRevision:
        field = RecordRevision.RECORD_FIELD_NUMBER
        revision = RecordRevision.FromString(
            any_record_field(field, version.kind, version.name, version.frame)
        )
        revision.revision = version.revision
        revision.entry.CopyFrom(entry_to_proto(version.entry))
        revision.snapshot = self.backend.snapshots.at(reader, version.revision)
        return revision


def _older_versions(
    reader: Reader, name: str, after: tuple[int, int] | None, limit: int
) -> list[Version]:
    """Return versions of a record older than a (revision, position), newest first.

    At least `limit` of them if there are so many.
    """
    if after is None:
        return reader.versions_page(name, None, limit)
    # The store gives revisions whole: that of `after` may have more versions.
    revision, position = after
    same = reader.versions_page(name, revision + 1, 1)
    versions = [v for v in same if v.revision == revision and v.position < position]
    if len(versions) < limit:
        versions += reader.versions_page(name, revision, limit - len(versions))
    return versions


def _changes_gone(reason: int, field: str, earliest: int) -> RefusedError:
    detail = f"the log begins at revision {earliest}"
    if reason == ResetReason.RESET_REASON_STORE_RESTORED:
        detail = f"the store was restored from a copy that does not have what the {field} has seen"
    return RefusedError(
        ErrorReason.ERROR_REASON_CHANGES_GONE,
        f"{detail}: begin again with `initial`",
        field,
        lead=ALONE,
        earliest_revision=earliest,
        reset_reason=ResetReason.Name(reason),
    )
