"""Accept a record: check it, resolve its times, stamp it and make it a row of the store."""

from __future__ import annotations

from copy import deepcopy
from dataclasses import replace
from typing import NamedTuple

from google.protobuf.timestamp_pb2 import Timestamp

from summitry.kinds import BY_MESSAGE, EVENTFUL, Record, parse_name
from summitry.standing import former_time
from summitry.v1.error_reason_pb2 import ErrorReason
from summitry.v1.feed_pb2 import Feed
from summitry.v1.record_pb2 import RecordHeader
from summitry.v1.visit_pb2 import Visit
from summitry.zones import TzDb
from summitry_server.domain.names import new_id
from summitry_server.domain.records.basic_view import WEAK
from summitry_server.domain.records.claims import preferences_of
from summitry_server.domain.records.consistency import check_record
from summitry_server.domain.records.feed_rules import check_feed
from summitry_server.domain.search.facets import entries_of, facets_of, text_of
from summitry_server.domain.time.readings import readings_of
from summitry_server.domain.time.spans import spans_of, stay_of
from summitry_server.domain.time.times import Before, resolve_times
from summitry_server.store.contract import Point, Row, Span
from summitry_server.wire import frames as wire
from summitry_server.wire.refusals import RefusedError, missing

# iCalendar SEQUENCE rises when one of these changes (RFC 5545 3.8.7.4, RFC 5546 2.1.4).
SIGNIFICANT = ("time", "places", "status")
STAMPS = ("etag", "revision", "update_time")


def prepare(record: Record, path: str, db: TzDb, before: Before | None = None) -> None:
    """Check a record and fill in its derived fields, in place. Raises RefusedError.

    `path` is the field of the record in the request. `before` is the version that a change
    replaces; None for a new record.
    """
    check_record(record, path, before.record if before else None)
    if isinstance(record, Feed):
        check_feed(record, path, db)
    if record.HasField("time"):
        _check_time_given(record, path)
    resolve_times(record, path, db, before)
    record.ClearField("preferences")
    record.preferences.extend(preferences_of(record))


def _check_time_given(record: Record, path: str) -> None:
    if record.time.WhichOneof("when") is None and not record.time.iso:
        raise missing(f"{path}.time", "give iso, timed, dates or partial, or leave time out")


def etag_of(point: Point) -> str:
    """Return the validator of a version written at a point, quoted (RFC 9110 8.8.3).

    The chained value tells it from the version that the same revision had in another history: one
    that was lost when the store was restored from a copy.
    """
    return f'"{point.revision}-{point.chain}"'


def check_etag(sent: str, present: str, field: str, *, replaces: bool = False) -> None:
    """Refuse a change of a version that is not the present one. An empty `sent` is no check.

    A weak etag, that of a view, is refused for a change that `replaces` the whole record.
    """
    if replaces and sent.startswith(WEAK):
        detail = "a basic view is not the whole record: read the record with the view FULL"
    elif sent and sent.removeprefix(WEAK) != present:
        detail = f"the record has changed since; read it again, its etag is now {present}"
    else:
        return
    reason = ErrorReason.ERROR_REASON_ETAG_MISMATCH
    raise RefusedError(reason, detail, field, etag=present)


def stamp_new(record: Record, now: int) -> None:
    """Give a new record its uid and its time of creation, in place."""
    record.ical_uid = record.ical_uid or new_id(now)
    record.sequence = 0
    record.create_time.CopyFrom(Timestamp(seconds=now))


def stamp_changed(record: Record, old: Record) -> bool:
    """Set the sequence of a changed record, in place; return False if nothing changed.

    The sequence rises if one of SIGNIFICANT changed.
    """
    if _without_stamps(record) == _without_stamps(old):
        return False
    significant = any(meaning(record, name) != meaning(old, name) for name in SIGNIFICANT)
    record.sequence = old.sequence + (1 if significant else 0)
    return True


def meaning(record: Record, name: str) -> object:
    """Return the value of a field, of `time` without the stamps of the time zone database."""
    if name != "time":
        return getattr(record, name)
    time = deepcopy(record.time)
    interval = time.resolved.interval if time.HasField("timed") else None
    time.ClearField("resolved")
    return time, interval


def _without_stamps(record: Record) -> Record:
    bare = deepcopy(record)
    for name in STAMPS:
        bare.ClearField(name)
    return bare


class Draft(NamedTuple):
    """A version that is ready to be stored, but for its point in the history of the store.

    Made in front of a write, so that the one thread that writes has only to put the point in.
    """

    record: Record  # without revision and etag; must not change any more
    row: Row  # of revision 0, without a frame
    head: bytes  # the fields of the record before etag and revision
    tail: bytes  # those after them

    def stamped(self, point: Point) -> Row:
        """Return the row of the version at a point: the bytes are those of the whole record."""
        data = b"".join((self.head, _stamps(point), self.tail))
        return replace(self.row, revision=point.revision, frame=wire.frame(1, data))


def _stamps(point: Point) -> bytes:
    revision = wire.varint(RecordHeader.REVISION_FIELD_NUMBER << 3) + wire.varint(point.revision)
    return wire.text(RecordHeader.ETAG_FIELD_NUMBER, etag_of(point)) + revision


def stamp_time(record: Record, now: int) -> None:
    """Set the time of a version, in place.

    It is not before that of the version it follows, whatever the clock says: calendar apps ignore
    an update whose stamp is older than what they have.
    """
    record.update_time.CopyFrom(Timestamp(seconds=max(now, record.update_time.seconds)))


def draft_of(record: Record, now: int, db: TzDb) -> Draft:
    """Return the draft of a version, which belongs to the draft from then on."""
    record.ClearField("revision")
    record.ClearField("etag")
    stamp_time(record, now)
    row = indexed(record, db, b"")
    if not row.deleted and BY_MESSAGE[type(record)] in EVENTFUL:
        row = replace(row, local_times=readings_of(record, db))
    return _draft(record, row)


def redraft(draft: Draft, record: Record) -> Draft:
    """Return the draft of the same version with other values that are in no index."""
    return _draft(record, draft.row)


def _draft(record: Record, row: Row) -> Draft:
    data = record.SerializeToString(deterministic=True)
    # Fields are written in the order of their numbers: name and uid alone precede the stamps.
    head = wire.text(RecordHeader.NAME_FIELD_NUMBER, record.name)
    head += wire.text(RecordHeader.ICAL_UID_FIELD_NUMBER, record.ical_uid)
    return Draft(record, row, head, data[len(head) :])


def row_of(record: Record, point: Point, now: int, db: TzDb) -> Row:
    """Stamp a version, in place, and return its row; see `draft_of`."""
    row = draft_of(record, now, db).stamped(point)
    record.revision, record.etag = point.revision, etag_of(point)
    return row


def _spans(record: Record, db: TzDb) -> tuple[Span, ...]:
    # A postponed event without a new date is found at its former one.
    spans = spans_of(former_time(record) or record.time, db)
    if not isinstance(record, Visit):
        return spans
    return spans + stay_of((record.time, *(segment.time for segment in record.segments)), db)


def indexed(record: Record, db: TzDb, frame: bytes) -> Row:
    """Return the row of a stored version with its index entries, without its readings."""
    parsed = parse_name(record.name)
    assert parsed is not None
    deleted = record.HasField("delete_time")
    timed = not deleted and parsed.kind in EVENTFUL
    entries = entries_of(record)
    return Row(
        name=record.name,
        kind=BY_MESSAGE[type(record)].number,
        calendar=parsed.calendar,
        uid=record.ical_uid,
        revision=record.revision,
        modified=record.update_time.seconds,
        deleted=deleted,
        facets=facets_of(record, entries),
        text=text_of(entries),
        spans=_spans(record, db) if timed else (),
        frame=frame,
    )
