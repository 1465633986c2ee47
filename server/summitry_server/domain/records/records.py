"""Accept a record: check it, resolve its times, stamp it and make it a row of the store."""

from __future__ import annotations

from copy import deepcopy
from dataclasses import replace

from google.protobuf.timestamp_pb2 import Timestamp

from summitry.kinds import BY_MESSAGE, EVENTFUL, Record, parse_name
from summitry.standing import former_time
from summitry.v1.error_reason_pb2 import ErrorReason
from summitry.v1.feed_pb2 import Feed
from summitry.zones import TzDb
from summitry_server.domain.names import new_id
from summitry_server.domain.records.basic_view import WEAK
from summitry_server.domain.records.claims import preferences_of
from summitry_server.domain.records.feed_rules import check_feed
from summitry_server.domain.records.rules import check_record
from summitry_server.domain.search.facets import entries_of, facets_of, text_of
from summitry_server.domain.time.readings import readings_of
from summitry_server.domain.time.spans import spans_of
from summitry_server.domain.time.times import Before, resolve_times
from summitry_server.store.contract import Point, Row
from summitry_server.wire.frames import frame_of
from summitry_server.wire.refusals import RefusedError, missing

# iCalendar SEQUENCE rises when one of these changes (RFC 5545 3.8.7.4, RFC 5546 2.1.4).
SIGNIFICANT = ("time", "places", "status")
STAMPS = ("etag", "revision", "update_time")


def prepare(record: Record, path: str, db: TzDb, before: Before | None = None) -> None:
    """Check a record and fill in its derived fields, in place. Raises RefusedError.

    `path` is the field of the record in the request. `before` is the version that a change
    replaces; None for a new record.
    """
    check_record(record, path)
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


def row_of(record: Record, point: Point, now: int, db: TzDb) -> Row:
    """Stamp a version, in place, and return its row.

    The time of a version is not before that of the one it follows, whatever the clock says:
    calendar apps ignore an update whose stamp is older than what they have.
    """
    record.revision = point.revision
    record.etag = etag_of(point)
    record.update_time.CopyFrom(Timestamp(seconds=max(now, record.update_time.seconds)))
    row = indexed(record, db, frame_of(record))
    timed = not row.deleted and BY_MESSAGE[type(record)] in EVENTFUL
    return replace(row, local_times=readings_of(record, db)) if timed else row


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
        # A postponed event without a new date is found at its former one.
        spans=spans_of(former_time(record) or record.time, db) if timed else (),
        frame=frame,
    )
