"""Bring the records of a store to the format of today, when it is opened by a newer version."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from dataclasses import replace

from summitry.formats.former import FORMAT, from_former_bytes
from summitry.kinds import EVENTFUL, KINDS, Kind
from summitry.zones import TzDb
from summitry_server.domain.records.records import indexed
from summitry_server.domain.time.readings import readings_of
from summitry_server.store.contract import (
    LATEST,
    Condition,
    ConvertedRecord,
    LogEntry,
    Row,
    Store,
    Writer,
)
from summitry_server.store.errors import StoreVersionError
from summitry_server.wire.frames import frame_of, unframe_bytes

log = logging.getLogger(__name__)

SETTING = "record_format"
FIRST = 1  # the format of stores that do not say theirs
PAGE = 500
LOG_EVERY = 5000
EVERY = Condition()
ENTRY = LogEntry("", "", "", 0)  # a conversion makes no versions, and so leaves no entry


def convert_records(store: Store, db: TzDb) -> int:
    """Convert all records and their versions, in one write; return how many records.

    A server that is ended meanwhile has converted nothing, and begins again. Raises
    StoreVersionError for a store of a newer format.
    """
    with store.read() as reader:
        stored = reader.setting(SETTING)
        present = int(stored or (FORMAT if reader.revision == 0 else FIRST))
    if present > FORMAT:
        raise StoreVersionError(
            f"the store has records of format {present}, this version knows {FORMAT}: "
            "upgrade Summitry"
        )
    if stored == str(FORMAT):
        return 0
    if present < FORMAT:
        # They hold responses of the former format, which today's clients would misread.
        store.expire_requests(LATEST)
    return store.write(lambda writer: _convert(writer, present, db), ENTRY)


def _convert(writer: Writer, present: int, db: TzDb) -> int:
    progress = Progress()
    if present < FORMAT:
        writer.convert(map(progress.count, _converted_records(writer, present, db)))
        log.info("converted %d records to format %d", progress.records, FORMAT)
    writer.put_setting(SETTING, str(FORMAT))
    return progress.records


class Progress:
    """Count converted records, and log every 5,000th."""

    def __init__(self) -> None:
        self.records = 0

    def count(self, record: ConvertedRecord) -> ConvertedRecord:
        """Count a record, and return it."""
        self.records += 1
        if self.records % LOG_EVERY == 0:
            log.info("converting records to format %d: %d so far", FORMAT, self.records)
        return record


def _converted_records(writer: Writer, present: int, db: TzDb) -> Iterator[ConvertedRecord]:
    for kind in KINDS:
        after = ""
        while rows := writer.page(kind.number, None, after, PAGE, EVERY, show_deleted=True):
            after = rows[-1].name
            yield from (_converted(writer, kind, row, present, db) for row in rows)


def _converted(writer: Writer, kind: Kind, row: Row, present: int, db: TzDb) -> ConvertedRecord:
    frames = {
        (version.revision, version.position): _converted_frame(kind, version.frame, present)
        for version in writer.versions(row.name)
    }
    return ConvertedRecord(_converted_row(kind, row, present, db), frames)


def _converted_frame(kind: Kind, frame: bytes, present: int) -> bytes:
    return frame_of(from_former_bytes(kind, unframe_bytes(frame), present))


def _converted_row(kind: Kind, row: Row, present: int, db: TzDb) -> Row:
    """Return the row of a record in the format of today, with the index entries of today."""
    record = from_former_bytes(kind, unframe_bytes(row.frame), present)
    converted = replace(indexed(record, db, frame_of(record)), revision=row.revision)
    if row.purged:
        return replace(row, frame=converted.frame)
    timed = not row.deleted and kind in EVENTFUL
    return replace(converted, local_times=readings_of(record, db)) if timed else converted
