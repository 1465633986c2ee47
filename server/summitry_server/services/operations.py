"""The operations on the records of one kind, within a write: the same for all rpcs that write.

Each method checks what can be checked beforehand, and returns the function that does it. A write
may run that function again, so it leaves its input as it was. Refusals name their fields as the
requests of the standard methods do: "summit.time", "name", "etag".
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from copy import deepcopy
from itertools import chain
from typing import NamedTuple

from google.protobuf.field_mask_pb2 import FieldMask

from summitry.kinds import CALENDAR, KINDS, Kind, Name, Record, parse_name
from summitry.v1.error_reason_pb2 import ErrorReason
from summitry.v1.feed_pb2 import Feed
from summitry_server.context import Backend
from summitry_server.domain.deletion import mark_deleted, revive, tombstone
from summitry_server.domain.imports import (
    Imported,
    RecordWarning,
    check_not_older,
    deleted_entry,
    edit_warning,
    keep_visibility,
)
from summitry_server.domain.records.consistency import references, referred_names
from summitry_server.domain.records.entry_digests import note_edit_of_entry
from summitry_server.domain.records.feed_rules import check_openness
from summitry_server.domain.records.lifecycle import check_edit, note_edit, note_restore
from summitry_server.domain.records.masks import (
    EVERYTHING,
    apply_mask,
    replaces_all,
    with_output_of,
)
from summitry_server.domain.records.records import (
    Draft,
    check_etag,
    draft_of,
    prepare,
    redraft,
    row_of,
    stamp_changed,
    stamp_new,
)
from summitry_server.domain.records.visibility import (
    DEFAULT_VISIBILITY,
    check_widened,
    default_visibility,
    keep_restrictions,
)
from summitry_server.domain.source_merge import digests_of, merge_source
from summitry_server.domain.time.law_changes import rebased
from summitry_server.domain.time.times import Before
from summitry_server.services.naming import check_found, live, no_revision
from summitry_server.store.contract import (
    NO_HINT,
    Condition,
    Row,
    Store,
    Target,
    WriteHint,
    Writer,
)
from summitry_server.wire import frames as wire
from summitry_server.wire import limits
from summitry_server.wire.refusals import ALONE, SUBJECT, RefusedError, missing, no_parent


class Operation:
    """A change of one record: what can be made in front of a write, and what the write does.

    A write may run an operation again, so that it leaves its input as it was.
    """

    name = ""  # of the record whose present version `plan` takes; "" if it takes none

    def __init__(self, run: Callable[[Writer], Row], hint: WriteHint = NO_HINT) -> None:
        self._run = run
        self._hint = hint

    @property
    def hint(self) -> WriteHint:
        """Return what the change will ask of the store, as far as it is known by now."""
        return self._hint

    def plan(self, row: Row | None) -> None:
        """Make ready what follows this version, in front of the write."""

    def __call__(self, writer: Writer) -> Row:
        """Do the change within a write. Raises RefusedError."""
        return self._run(writer)


class _NextVersion(Operation):
    """A change of which the outcome depends on the present version of its record alone.

    So it is made in front of the write, and once more within only if another write came between.
    """

    def __init__(
        self,
        name: str,
        follow: Callable[[Row | None], NewVersion | Row],
        land: Callable[[Writer, NewVersion], Row],
    ) -> None:
        super().__init__(self._follow_and_land)
        self.name = name
        self._follow = follow
        self._land = land
        self._planned: tuple[int, NewVersion | Row] | None = None

    def plan(self, row: Row | None) -> None:
        try:
            self._planned = revision_of(row), self._follow(row)
        except RefusedError:
            # The write refuses it, or does not: an earlier one of the same batch may change that,
            # and a repeated request gets its answer first.
            self._planned = None

    @property
    def hint(self) -> WriteHint:
        planned = self._planned[1] if self._planned else None
        if isinstance(planned, NewVersion):
            return joined_hints([WriteHint((self.name,)), planned.hint])
        return WriteHint((self.name,))

    def _follow_and_land(self, writer: Writer) -> Row:
        row = writer.get(self.name)
        planned = self._planned
        is_planned = planned is not None and planned[0] == revision_of(row)
        version = planned[1] if planned is not None and is_planned else self._follow(row)
        return version if isinstance(version, Row) else self._land(writer, version)


class NewVersion(NamedTuple):
    """A version that is made ready in front of a write."""

    draft: Draft
    is_new: bool = False  # the first of its record
    has_default_visibility: bool = False  # none was given, so that its calendar decides

    @property
    def hint(self) -> WriteHint:
        """Return what it takes to store the version: its name and uid, and what it refers to."""
        row = self.draft.row
        return WriteHint((row.name, row.calendar, *referred_names(self.draft.record)), (row.uid,))


def revision_of(row: Row | None) -> int:
    """Return the revision of a row; 0 for no row."""
    return row.revision if row is not None else 0


def joined_hints(hints: Iterable[WriteHint]) -> WriteHint:
    """Return a hint of all that several say."""
    fields = zip(*hints, strict=True)
    return WriteHint(*(tuple(chain.from_iterable(values)) for values in fields))


def plan_ahead(store: Store, operations: Sequence[Operation]) -> None:
    """Make ready what operations can prepare in front of the write, over one snapshot."""
    planned = [operation for operation in operations if operation.name]
    if not planned:
        return
    with store.read() as reader:
        rows = reader.get_many([operation.name for operation in planned])
    for operation, row in zip(planned, rows, strict=True):
        operation.plan(row)


class RecordOperations:
    """The operations on records of one kind."""

    def __init__(self, kind: Kind, backend: Backend) -> None:
        self.kind = kind
        self.backend = backend

    def create(self, record: Record, now: int) -> Operation:
        """Store a new record under its name."""
        version = self.first_version(self._prepared(record), now)
        return Operation(lambda writer: self.land(writer, version), version.hint)

    def update(self, sent: Record, mask: FieldMask, allow_missing: bool, now: int) -> Operation:
        """Change the fields of the mask; create what is missing if allowed."""
        field = self.kind.singular

        def follow(row: Row | None) -> NewVersion | Row:
            if row is None and allow_missing:
                return self.first_version(self._prepared(sent), now)
            old = live(self.kind, row, sent.name, f"{field}.name")
            check_etag(sent.etag, old.etag, f"{field}.etag", replaces=replaces_all(mask))
            record = self._follow(old, sent, mask, now)
            check_widened(record, old, mask.paths, now, field)
            check_edit(record, old, field)
            note_edit(record, old, now)
            if row is not None and not stamp_changed(record, old):
                return row
            return self.version(record, now)

        return _NextVersion(sent.name, follow, self.land)

    def follow(self, name: str, make: Callable[[Row | None], Record], now: int) -> Operation:
        """Store the version that `make` returns for the present one."""

        def follow_row(row: Row | None) -> NewVersion:
            return self.version(make(row), now)

        return _NextVersion(name, follow_row, self.land)

    def delete(self, name: Name, etag: str, now: int) -> Operation:
        """Mark a record as deleted; its name and uid stay taken."""

        def mark(row: Row | None) -> NewVersion:
            record = live(self.kind, row, str(name), "name")
            check_etag(etag, record.etag, "etag")
            mark_deleted(record, now, self.backend.keep_deleted)
            return self.version(record, now)

        def land(writer: Writer, version: NewVersion) -> Row:
            if self.kind is CALENDAR:
                _check_empty(writer, name)
            return self.land(writer, version)

        return _NextVersion(str(name), mark, land)

    def undelete(self, name: Name, etag: str, now: int) -> Operation:
        """Undelete a record; its local times are resolved by the present rules of zones."""

        def operate(writer: Writer) -> Row:
            row, record = self._present(writer, name, etag)
            if not row.deleted:
                raise _alive(name, ErrorReason.ERROR_REASON_RECORD_NOT_DELETED, "is not deleted")
            revive(record)
            return self._return(writer, record, now)

        return Operation(operate)

    def restore(self, name: Name, snapshot: str, etag: str, reason: str, now: int) -> Operation:
        """Write the version of a snapshot anew; a deleted record comes back with it."""
        if not snapshot:
            raise missing("snapshot", "give that of the version to restore")

        def operate(writer: Writer) -> Row:
            row, old = self._present(writer, name, etag)
            revision = self.backend.snapshots.revision(writer, snapshot, "snapshot")
            version = writer.version_at(str(name), revision)
            if version is None or version.deleted:
                raise no_revision(str(name), revision, "snapshot")
            record = with_output_of(old, wire.unframe(self.kind.message, version.frame))
            keep_restrictions(record, old, now)
            note_restore(record, old, reason, now)
            if row.deleted:
                revive(record)
            elif not stamp_changed(record, old):
                return row
            limits.check(record, self.kind.singular)
            return self._return(writer, record, now)

        return Operation(operate)

    def purge(self, name: Name, etag: str, now: int) -> Operation:
        """Remove a deleted record for good."""

        def operate(writer: Writer) -> Row:
            row, record = self._present(writer, name, etag)
            if not row.deleted:
                raise _alive(name, ErrorReason.ERROR_REASON_RECORD_LIVE, "is live: delete it first")
            grave = tombstone(record, now)
            row = row_of(grave, writer.next_point, now, self.backend.db)
            writer.purge(row)
            return row

        return Operation(operate)

    def imported(
        self,
        row: Row | None,
        sent: Record,
        now: int,
        *,
        merge: bool,
        from_source: bool = False,
        allow_more_visible: bool = False,
    ) -> Imported:
        """Return the row that results from an import, and whether it differs from the stored one.

        The rules of the verbs do not apply (domain.records.lifecycle.check_edit): an import states
        what its source states. In a record that comes `from_source`, edits made here
        stay (domain.source_merge). Without `allow_more_visible`, a record does not become more
        visible (domain.records.visibility).
        """
        noun = self.kind.singular
        if row is None:
            record = self._prepared(sent)
            if from_source:
                record.source_digests.update(digests_of(record))
            return Imported(record, True)
        if row.deleted and not row.purged:
            raise deleted_entry(sent.name, f"{noun}.name")
        old = live(self.kind, row, sent.name, f"{noun}.name")
        check_not_older(sent, old, noun)
        self._check_uid(old, sent)
        record, warnings = self._merged(old, sent, merge=merge, from_source=from_source)
        if not allow_more_visible:
            warnings += keep_visibility(record, old, now)
        if record == old:
            return Imported(record, False, warnings)
        limits.check(record, noun)
        prepare(record, noun, self.backend.db, Before(old, now))
        note_edit(record, old, now)
        return Imported(record, stamp_changed(record, old), warnings)

    def _merged(
        self, old: Record, sent: Record, *, merge: bool, from_source: bool
    ) -> tuple[Record, list[RecordWarning]]:
        if not from_source:
            mask = FieldMask(paths=() if merge else (EVERYTHING,))
            return apply_mask(old, sent, mask), []
        record, edits = merge_source(old, self._prepared(sent), merge=merge)
        # A source that no longer says who may see a record does not publish it.
        record.visibility = record.visibility or old.visibility
        return record, [edit_warning(edit) for edit in edits]

    def _prepared(self, sent: Record) -> Record:
        record = deepcopy(sent)
        prepare(record, self.kind.singular, self.backend.db)
        return record

    def _check_uid(self, old: Record, sent: Record) -> None:
        if sent.ical_uid and sent.ical_uid != old.ical_uid:
            raise _immutable(f"{self.kind.singular}.ical_uid")

    def _follow(self, old: Record, sent: Record, mask: FieldMask, now: int) -> Record:
        """Return the version that follows an old one, with its times resolved."""
        self._check_uid(old, sent)
        record = apply_mask(old, sent, mask)
        prepare(record, self.kind.singular, self.backend.db, Before(old, now))
        return record

    def first_version(self, record: Record, now: int) -> NewVersion:
        """Return the first version of a prepared record (domain.records.prepare)."""
        has_default_visibility = not record.visibility
        record.visibility = record.visibility or DEFAULT_VISIBILITY
        stamp_new(record, now)
        return NewVersion(draft_of(record, now, self.backend.db), True, has_default_visibility)

    def version(self, record: Record, now: int) -> NewVersion:
        """Return a version of a record that exists, changed by something else than an import."""
        note_edit_of_entry(record)
        return self.imported_version(record, now)

    def imported_version(self, record: Record, now: int) -> NewVersion:
        """Return a version of a record that exists, as an import changed it."""
        return NewVersion(draft_of(record, now, self.backend.db))

    def insert(self, writer: Target, record: Record, now: int) -> Row:
        """Store a new record; it must be prepared (domain.records.prepare)."""
        return self.land(writer, self.first_version(deepcopy(record), now))

    def put(self, writer: Target, record: Record, now: int) -> Row:
        """Store a version of a record that exists."""
        return self.land(writer, self.version(record, now))

    def land(self, writer: Target, version: NewVersion) -> Row:
        """Store a version that was made ready: check what depends on other records and writes."""
        if version.is_new:
            version = self._check_new(writer, version)
        record = version.draft.record
        if not version.draft.row.deleted:
            for path, name in references(record, self.kind.singular):
                _check_alive(writer, path, name)
            if isinstance(record, Feed):
                check_openness(record, self.kind.singular)
        row = version.draft.stamped(writer.next_point)
        writer.put(row, new=version.is_new)
        return row

    def _check_new(self, writer: Target, version: NewVersion) -> NewVersion:
        """Return a first version with the visibility of its calendar if it has none of its own.

        Raises RefusedError if there is no calendar, or the name or uid is taken.
        """
        record, field = version.draft.record, self.kind.singular
        calendar = None
        if self.kind is not CALENDAR:
            calendar = _check_alive(writer, "parent", version.draft.row.calendar).frame
        if (row := writer.get(record.name)) is not None:
            raise exists(row, f"{field}_id")
        if holder := writer.holder(record.ical_uid):
            raise _uid_taken(f"{field}.ical_uid", record.ical_uid, holder)
        default = default_visibility(calendar)
        if version.has_default_visibility and default != record.visibility:
            record = deepcopy(record)
            record.visibility = default
            return version._replace(draft=redraft(version.draft, record))
        return version

    def _present(self, writer: Writer, name: Name, etag: str) -> tuple[Row, Record]:
        """Return the record of a name, deleted or not. Raises RefusedError for another etag."""
        row = check_found(writer.get(str(name)), str(name), "name")
        record = wire.unframe(self.kind.message, row.frame)
        check_etag(etag, record.etag, "etag")
        return row, record

    def _return(self, writer: Writer, record: Record, now: int) -> Row:
        """Store a former version again, if its calendar and the events it belongs to exist."""
        if self.kind is not CALENDAR:
            _check_alive(writer, "name", _calendar(record))
        resolved = rebased(record, self.backend.db, now, include_past=False).record
        return self.put(writer, resolved, now)


def _calendar(record: Record) -> str:
    name = parse_name(record.name)
    assert name is not None
    return name.calendar


def _check_alive(writer: Target, field: str, name: str) -> Row:
    row = writer.get(name)
    if row is None or row.deleted:
        raise no_parent(field, name, "create it first")
    return row


def _check_empty(writer: Writer, calendar: Name) -> None:
    for kind in KINDS[1:]:
        if writer.page(kind.number, calendar.calendar, "", 1, Condition()):
            raise RefusedError(
                ErrorReason.ERROR_REASON_CALENDAR_NOT_EMPTY,
                f"{calendar} still has {kind.collection}: delete them first",
                "name",
                lead=ALONE,
                name=calendar,
            )


def exists(row: Row, field: str) -> RefusedError:
    """Return the refusal of a record whose name is taken."""
    state = "was purged" if row.purged else "exists, deleted" if row.deleted else "exists"
    return RefusedError(
        ErrorReason.ERROR_REASON_RECORD_EXISTS,
        f"{row.name} {state}: choose another id, or update it",
        field,
        lead=ALONE,
        name=row.name,
    )


def _alive(name: Name, reason: ErrorReason, detail: str) -> RefusedError:
    return RefusedError(reason, f"{name} {detail}", "name", lead=ALONE, name=name)


def _uid_taken(field: str, uid: str, holder: str) -> RefusedError:
    reason = ErrorReason.ERROR_REASON_UID_EXISTS
    return RefusedError(reason, f"{uid!r} is the uid of {holder}", field, value=uid)


def _immutable(field: str) -> RefusedError:
    reason = ErrorReason.ERROR_REASON_IMMUTABLE_FIELD
    return RefusedError(reason, "is given once and cannot change", field, lead=SUBJECT)
