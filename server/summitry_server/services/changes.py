"""ChangeService: what changed since a token, and what was known at any time."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from google.protobuf.descriptor import ServiceDescriptor

from summitry.kinds import parse_name
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
    ListRevisionsResponse,
    RecordRevision,
    ResetReason,
    WatchChangesRequest,
)
from summitry.v1.error_reason_pb2 import ErrorReason
from summitry.v1.transfer_pb2 import TransferredRecord
from summitry_server.context import Backend, Call, Rpc, Sink, Stream
from summitry_server.domain.changes.changes import next_batch
from summitry_server.domain.changes.cursors import Cursor
from summitry_server.domain.changes.encoding import entry_to_proto, to_transferred_record
from summitry_server.domain.records.differences import differences
from summitry_server.services.naming import found, no_revision
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
        """The rpcs of the service by name."""
        return {
            "GetHead": self.get_head,
            "ListChanges": self.list_changes,
            "ListRevisions": self.list_revisions,
            "GetRevision": self.get_revision,
            "DiffRevisions": self.diff_revisions,
        }

    def streams(self) -> Mapping[str, Stream]:
        """The rpcs that go on after they return."""
        return {"WatchChanges": self.watch_changes}

    def get_head(self, request: Any, call: Call) -> bytes:
        """How far the store has come, and from where its log is kept."""
        with self.backend.store.read() as reader:
            revision, earliest = reader.revision, reader.earliest()
        response = GetHeadResponse(
            earliest_revision=earliest, retention_days=self.backend.retention
        )
        number = GetHeadResponse.HEADER_FIELD_NUMBER
        return self.backend.answer(number, [response.SerializeToString()], revision)

    def list_changes(self, request: ListChangesRequest, call: Call) -> bytes:
        """A page of changes of a view."""
        asked = followed(request.view, self.backend.db)
        limit = page_size(request.page_size)
        with self.backend.store.read() as reader:
            earliest = reader.earliest()
            cursor = self._cursor(request, asked, reader)
            now, db = self.backend.clock.now(), self.backend.db
            batch = next_batch(reader, asked.view, cursor, limit, now, db, {})
            next_token = self.tokens.make(asked.digest, batch.cursor, reader)
            revision = reader.revision
        rest = ListChangesResponse(
            next_token=next_token,
            more=batch.more,
            earliest_revision=earliest,
            retention_days=self.backend.retention,
        )
        parts = [wire.frame(1, change) for change in batch.changes]
        number = ListChangesResponse.HEADER_FIELD_NUMBER
        return self.backend.answer(number, [*parts, rest.SerializeToString()], revision)

    def watch_changes(self, request: WatchChangesRequest, call: Call, sink: Sink) -> None:
        """Follow a view for as long as the client reads."""
        self.watches.open(request, sink)

    def _cursor(self, request: ListChangesRequest, asked: Followed, reader: Reader) -> Cursor:
        if not request.token:
            if request.initial:
                return self.tokens.begin(asked.view, reader.revision, "")
            return self.tokens.begin(asked.view, reader.earliest() - 1)
        found = self.tokens.resume(asked, request.token, reader)
        if isinstance(found, Cursor):
            return found
        if found == ResetReason.RESET_REASON_OTHER_VIEW:
            raise invalid_token()
        raise _gone(found, reader.earliest())

    def list_revisions(self, request: ListRevisionsRequest, call: Call) -> bytes:
        """The versions of a record, the newest first."""
        limit = page_size(request.page_size)
        token = request.page_token
        with self.backend.store.read() as reader:
            before = int(self.backend.tokens.read(request, token, reader)) if token else None
            self._known(reader, request.name)
            versions = reader.versions_page(request.name, before, limit)
            older = versions and reader.versions_page(request.name, versions[-1].revision, 1)
            point = reader.point()
        response = ListRevisionsResponse(revisions=map(self._told, versions))
        if older:
            position = versions[-1].revision
            response.next_page_token = self.backend.tokens.make(request, position, point)
        number = ListRevisionsResponse.HEADER_FIELD_NUMBER
        return self.backend.answer(number, [response.SerializeToString()], point.revision)

    def get_revision(self, request: GetRevisionRequest, call: Call) -> bytes:
        """A record as it was known at a revision or at a time."""
        with self.backend.store.read() as reader:
            self._known(reader, request.name)
            at = reader.revision
            if request.WhichOneof("at") == "revision":
                at = request.revision
            elif request.WhichOneof("at") == "time":
                at = reader.revision_at(request.time.seconds)
            version = self._version(reader, request.name, at, request.WhichOneof("at") or "name")
            revision = reader.revision
        response = GetRevisionResponse(revision=self._told(version))
        number = GetRevisionResponse.HEADER_FIELD_NUMBER
        return self.backend.answer(number, [response.SerializeToString()], revision)

    def diff_revisions(self, request: DiffRevisionsRequest, call: Call) -> bytes:
        """The fields in which two versions of a record differ."""
        with self.backend.store.read() as reader:
            self._known(reader, request.name)
            at = request.to_revision or reader.revision
            new = self._version(reader, request.name, at, "to_revision")
            at = request.from_revision or new.revision - 1
            old = self._version(reader, request.name, at, "from_revision")
            revision = reader.revision
        before, after = self._told(old), self._told(new)
        field = after.record.WhichOneof("record") or ""
        parts = differences(getattr(before.record, field), getattr(after.record, field))
        response = DiffRevisionsResponse(
            differences=[
                FieldDifference(field_path=one.path, old_value=one.old, new_value=one.new)
                for one in parts
            ],
            from_revision=before,
            to_revision=after,
        )
        number = DiffRevisionsResponse.HEADER_FIELD_NUMBER
        return self.backend.answer(number, [response.SerializeToString()], revision)

    def _known(self, reader: Reader, name: str) -> None:
        if parse_name(name) is None:
            raise bad_name("name", name, "calendars/{calendar}/{collection}/{id}")
        found(reader.get(name), name, "name")

    def _version(self, reader: Reader, name: str, at: int, field: str) -> Version:
        version = reader.version_at(name, at)
        if version is None:
            raise no_revision(name, at, field)
        return version

    def _told(self, version: Version) -> RecordRevision:
        record = TransferredRecord.FromString(to_transferred_record(version.kind, version.frame))
        return RecordRevision(
            revision=version.revision, entry=entry_to_proto(version.entry), record=record
        )


def _gone(reason: int, earliest: int) -> RefusedError:
    why = f"the log begins at revision {earliest}"
    if reason == ResetReason.RESET_REASON_STORE_RESTORED:
        why = "the store was restored from a copy that does not have what the token has seen"
    return RefusedError(
        ErrorReason.ERROR_REASON_CHANGES_GONE,
        f"{why}: begin again with `initial`",
        "token",
        lead=ALONE,
        earliest_revision=earliest,
        reset_reason=ResetReason.Name(reason),
    )
