"""Bring the records of a store to the format of today, when it is opened by a newer version."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from dataclasses import replace

from summitry.formats.former import FORMAT, from_former_bytes
from summitry.kinds import EVENTFUL, KINDS, Kind
from summitry.zones import TzDb
from summitry_server.domain.records.records import indexed
from summitry_server.domain.time.readings import readings_of
from summitry_server.store.contract import (
    LATEST,
    UNINDEXED_HISTORY,
    Condition,
    ConvertedRecord,
    LogEntry,
    Row,
    Store,
    Version,
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

    Where only the index of earlier versions is missing, those that have such.

    A server that is ended meanwhile has converted nothing, and begins again. Raises
    StoreVersionError for a store of a newer format.
    """
    with store.read() as reader:
        stored = reader.setting(SETTING)
        unindexed = bool(reader.setting(UNINDEXED_HISTORY))
        present = int(stored or (FORMAT if reader.revision == 0 else FIRST))
    if present > FORMAT:
        raise StoreVersionError(
            f"the store has records of format {present}, this version knows {FORMAT}: "
            "upgrade Summitry"
        )
    if stored == str(FORMAT) and not unindexed:
        return 0
    if present < FORMAT:
        # They hold responses of the former format, which today's clients would misread.
        store.expire_requests(LATEST)
    return store.write(lambda writer: _convert(writer, present, unindexed, db), ENTRY)


def _convert(writer: Writer, present: int, unindexed: bool, db: TzDb) -> int:
    progress = Progress()
    if present < FORMAT or unindexed:
        records = _converted_records(writer, present, db)
        writer.convert(map(progress.count, records))
        log.info("converted %d records to format %d", progress.records, FORMAT)
    writer.put_setting(SETTING, str(FORMAT))
    writer.put_setting(UNINDEXED_HISTORY, "")
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
    """Yield the records to convert: in the format of today those with earlier versions alone."""
    for kind in KINDS:
        after = ""
        while rows := writer.page(kind.number, None, after, PAGE, EVERY, show_deleted=True):
            after = rows[-1].name
            for row in rows:
                versions = writer.versions(row.name)
                if present < FORMAT or len(versions) > 1:
                    yield _converted(kind, row, versions, present, db)


def _converted(
    kind: Kind, row: Row, versions: Sequence[Version], present: int, db: TzDb
) -> ConvertedRecord:
    """Return a record in the format of today, with the index entries of today."""
    rows = {}
    for version in versions:
        record = from_former_bytes(kind, unframe_bytes(version.frame), present)
        frame = frame_of(record)
        rows[version.revision, version.position] = (
            replace(row, frame=frame) if row.purged else indexed(record, db, frame)
        )
    latest = replace(rows[versions[-1].revision, versions[-1].position], revision=row.revision)
    timed = not row.deleted and kind in EVENTFUL
    if timed:
        # The last of the versions is the latest.
        latest = replace(latest, local_times=readings_of(record, db))
    return ConvertedRecord(latest, rows)
