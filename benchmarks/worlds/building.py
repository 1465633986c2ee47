"""Building a made-up world in a SQLite store, through the store's own contract; built once.

Worlds stay in build/worlds/ under a name that depends on the code that shapes them, so that a new
schema gets new worlds. SUMMITRY_WORLDS names another folder.
"""

from __future__ import annotations

import hashlib
import os
import random
import shutil
import sys
import time
import uuid
from collections.abc import Sequence
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple

import summitry_server
from benchmarks.worlds import content
from benchmarks.worlds.content import (
    DIGITS,
    RARE_RECORDS,
    SEED,
    Body,
    Content,
    Moment,
    form_of,
    slot_of,
)
from summitry.kinds import VISIT
from summitry.v1.calendar_pb2 import Calendar
from summitry.zones import TzDb
from summitry_server.databases import Databases
from summitry_server.domain.records.masks import clear_output
from summitry_server.domain.records.records import etag_of, row_of
from summitry_server.jobs.record_format import convert_records
from summitry_server.store.contract import LogEntry, Point, Row, Span, Store, Writer
from summitry_server.store.sqlite.engine import SqliteStore
from summitry_server.wire.frames import frame_of

SIZES = {"10k": 10_000, "100k": 100_000, "1M": 1_000_000}
# Half of all records are in the first calendar; the last ones have about one in two hundred.
CALENDARS = {f"c{number:02}": weight for number, weight in enumerate((500, 200, 100, *[10] * 20))}
BUSY_CALENDAR = "calendars/c00"
GROUP = 1000  # records in a write
EDITS = 20  # of earlier records, in each such write
BEGIN, STEP = 1_704_067_200, 60  # the time of the first write, and seconds from one to the next
MOST_BODIES = 10_000
# What decides how a world is stored: other text in one of these makes another world.
SHAPED_BY = (
    "domain/search/f*.py",
    "domain/time/readings.py",
    "domain/time/spans.py",
    "store/sqlite/columns.py",
    "store/sqlite/migrations/*.sql",
)


def world(size: str) -> Path:
    """Return the file of a world of SIZES, built if it is not there. Nobody else may have it open.

    What a benchmark writes stays in it, so one that writes much takes a `copy_of`.
    """
    root = Path(os.environ.get("SUMMITRY_WORLDS", "build/worlds"))
    folder = root / f"{size}-{_fingerprint()}"
    if not folder.exists():
        _build(folder, SIZES[size])
    return folder / "store.db"


def copy_of(size: str, folder: Path) -> Path:
    """Return a copy of a world, in a folder, for a benchmark to write to."""
    for file in world(size).parent.iterdir():
        shutil.copy(file, folder / file.name)
    return folder / "store.db"


def _fingerprint() -> str:
    server = Path(summitry_server.__file__).parent
    files = [Path(__file__), Path(content.__file__)]
    for pattern in SHAPED_BY:
        files += server.glob(pattern)
    digest = hashlib.sha256()
    for file in sorted(files):
        digest.update(file.read_bytes())
    return digest.hexdigest()[:12]


def _build(folder: Path, count: int) -> None:
    """Build in a folder beside, so that a world that is there is whole."""
    begun = time.monotonic()
    half = folder.with_name(f"{folder.name}.{os.getpid()}")
    half.mkdir(parents=True)
    db = Databases().current
    with closing(SqliteStore(half / "store.db")) as store:
        convert_records(store, db)  # says that the records are of the format of today
        fill(store, Population(db, count))
    half.rename(folder)
    seconds = time.monotonic() - begun
    print(f"# built {folder.name} in {seconds:.0f} s", file=sys.stderr, flush=True)


def fill(store: Store, population: Population) -> None:
    """Write a population into an empty store, and edits of it."""

    def entry(group: int) -> LogEntry:
        return LogEntry("benchmark", "", "", BEGIN + group * STEP, "benchmark")

    def put_calendars(writer: Writer) -> None:
        for calendar in CALENDARS:
            record = Calendar(name=f"calendars/{calendar}", ical_uid=f"{calendar}@example.org")
            writer.put(row_of(record, writer.next_point, BEGIN, population.db), new=True)

    store.write(put_calendars, entry(0))
    for group, first in enumerate(range(0, population.count, GROUP), 1):
        numbers = range(first, min(first + GROUP, population.count))

        def put(writer: Writer, numbers: range = numbers, group: int = group) -> None:
            now = BEGIN + group * STEP
            for number in numbers:
                writer.put(population.row(number, writer.next_point, now), new=True)
            for number in edited(group, numbers.start):
                writer.put(population.row(number, writer.next_point, now, edit=group), new=False)

        store.write(put, entry(group))


def edited(group: int, before: int) -> Sequence[int]:
    """Return which earlier records the write of a group changes."""
    return random.Random(SEED + group).sample(range(before), EDITS) if before else ()


class Draw(NamedTuple):
    """The lots that were drawn for a record of a world."""

    name: str
    uid: str
    body: Body
    moment: Moment | None


class Population:
    """The records of a world by number: each the same, whichever are made before it."""

    def __init__(self, db: TzDb, count: int) -> None:
        self.db = db
        self.count = count
        self._content = Content(db, min(MOST_BODIES, count // 5))
        self._every = max(1, count // (RARE_RECORDS * len(self._content.rare)))

    def record(self, number: int) -> Any:
        """Return a record without what only the server sets, as a client sends it."""
        draw = self._draw(number)
        record = _filled(draw, number)
        if record.HasField("time"):
            record.time.ClearField("resolved")
        clear_output(record)
        return record

    def row(self, number: int, point: Point, now: int, *, edit: int = 0) -> Row:
        """Return a record as a version written at a point. `edit` is the group that changed it."""
        draw = self._draw(number)
        record = _filled(draw, number)
        record.revision, record.etag = point.revision, etag_of(point)
        record.create_time.seconds = record.update_time.seconds = now
        if edit:
            record.original = f"edited in group {edit}"
        return replace(
            draw.body.row,
            name=draw.name,
            calendar="/".join(draw.name.split("/")[:2]),
            uid=draw.uid,
            revision=point.revision,
            modified=now,
            text=draw.body.row.text.replace(DIGITS, f"{number:07}"),
            spans=_spans(draw),
            frame=frame_of(record),
            local_times=draw.moment.local_times if draw.moment else (),
        )

    def _draw(self, number: int) -> Draw:
        chance = random.Random(SEED * 1_000_000 + number)
        body = self._body(number, chance)
        (calendar,) = chance.choices(tuple(CALENDARS), tuple(CALENDARS.values()))
        uid = str(uuid.UUID(int=chance.getrandbits(128), version=4))
        name = f"calendars/{calendar}/{body.kind.collection}/{body.kind.singular}-{number:07}"
        form = form_of(body.kind, chance)
        moment = self._content.moment(body.zone, form, slot_of(form, chance)) if form else None
        return Draw(name, uid, body, moment)

    def _body(self, number: int, chance: random.Random) -> Body:
        bodies, rare = self._content.bodies, self._content.rare
        index, rest = divmod(number, self._every)
        if rest == 0 and index < RARE_RECORDS * len(rare):
            return rare[index % len(rare)]
        return chance.choice(bodies)


def _spans(draw: Draw) -> tuple[Span, ...]:
    if draw.moment is None:
        return ()
    return draw.moment.spans + (draw.moment.stay if draw.body.kind is VISIT else ())


def _filled(draw: Draw, number: int) -> Any:
    """Return the record of a draw without stamps."""
    # The number takes as many bytes as the digits that it replaces, so no length changes.
    data = draw.body.data.replace(DIGITS.encode(), b"%07d" % number)
    record = draw.body.kind.message.FromString(data)
    record.name, record.ical_uid = draw.name, draw.uid
    if draw.moment is not None:
        record.time.CopyFrom(draw.moment.time)
    return record
