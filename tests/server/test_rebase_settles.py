"""One rebase settles all: clock changes that a law removes or makes, what has begun, what breaks."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from summitry.v1.summit_pb2 import Summit
from summitry.v1.time_zone_service_pb2 import ImpactKind
from summitry.zones import TzDb, by_version, default_database, format_civil, parse_civil, rfc3339
from summitry_server.domain.records.records import prepare, row_of, stamp_new
from summitry_server.domain.time.audit import audit
from summitry_server.domain.time.law_changes import rebased
from summitry_server.services.rebase import preview, rebase, scope_of
from summitry_server.store.contract import LogEntry
from summitry_server.store.memory.engine import MemoryStore
from summitry_server.wire import frames as wire

TESTS = Path(__file__).resolve().parents[1]
OLD_TREE = TESTS / "data" / "tzdb-2023c"
RELEASES = TESTS.parent / "build" / "tzdb"
BEFORE = 1_703_000_000  # 19 December 2023
ALL = "calendars/-"
CHOICES = ("EARLIER", "LATER", "COMPATIBLE")


class Backend(NamedTuple):
    """As much of the real one as a rebase works with."""

    store: Any
    db: TzDb
    clock: Any


class Clock(NamedTuple):
    time: int

    def now(self) -> int:
        return self.time


def summit(name: str, zone: str, wall: int, end: int, choice: str, db: TzDb) -> Summit:
    record = Summit(name=f"calendars/c/summits/{name}")
    for point, at in ((record.time.timed.start, wall), (record.time.timed.end, end)):
        point.civil_time, point.time_zone = format_civil(at), zone
        point.disambiguation = f"DISAMBIGUATION_{choice}"
    prepare(record, "summit", db)
    stamp_new(record, 0)
    return record


def fill(store: Any, records: list[Summit], db: TzDb, now: int) -> None:
    def operation(writer: Any) -> None:
        for record in records:
            writer.put(row_of(record, writer.next_point, now, db), new=True)

    store.write(operation, LogEntry("desk", "", "", now))


def stored(store: Any, name: str) -> Summit:
    with store.read() as reader:
        row = reader.get(name)
    assert row is not None
    return wire.unframe(Summit, row.frame)


def assert_settled(backend: Backend) -> int:
    """Rebase; the dry run, the run and what is left must agree. Returns how many changed."""
    scope = scope_of(backend)  # type: ignore[arg-type]
    with backend.store.read() as reader:
        dry = preview(reader, scope)

    def operation(writer: Any) -> Any:
        return rebase(writer, backend, scope)  # type: ignore[arg-type]

    done = backend.store.write(operation, LogEntry("server", "", "", backend.clock.now()))
    assert (dry.changed, dry.totals) == (done.changed, done.totals)
    with backend.store.read() as reader:
        assert [impact.kind for impact in audit(reader, scope)] == []
        assert reader.point() == done.point
        again = preview(reader, scope)
    assert (again.changed, again.totals) == (0, [])
    return int(done.changed)


# Zone, wall time, what it is by 2023c and by the newest release.
LAWS = {
    "a fold is made": ("Asia/Almaty", "2024-02-29T23:30", "normal", "fold"),
    "a fold is removed": ("America/Vancouver", "2027-11-07T01:30", "fold", "normal"),
    "a gap is removed": ("America/Vancouver", "2027-03-14T02:30", "gap", "normal"),
    "a gap is made": ("America/Scoresbysund", "2025-03-29T23:30", "normal", "gap"),
    "a fold is made, and moves it": (
        "America/Scoresbysund", "2025-10-25T23:30", "normal", "fold"
    ),
    "a fold is removed, and moves it": (
        "America/Scoresbysund", "2025-10-26T00:30", "fold", "normal"
    ),
    "a gap is removed, and moves it": ("America/Scoresbysund", "2025-03-30T00:30", "gap", "normal"),
    "it moves": ("Asia/Almaty", "2024-07-04T10:00", "normal", "normal"),
}  # fmt: skip


@pytest.mark.parametrize("choice", CHOICES)
@pytest.mark.parametrize("law", LAWS.values(), ids=LAWS)
def test_clock_change_is_settled_in_one_run(law: tuple[str, str, str, str], choice: str) -> None:
    key, civil, before, after = law
    old, new = by_version("2023c", OLD_TREE), default_database()
    wall = parse_civil(civil)
    assert (old.zone(key).candidates(wall)[2], new.zone(key).candidates(wall)[2]) == (before, after)
    store = MemoryStore()
    record = summit("s", key, wall, wall + 20 * 86_400, choice, old)
    was = record.time.resolved.interval.start_time.seconds
    fill(store, [record], old, BEFORE)
    assert assert_settled(Backend(store, new, Clock(BEFORE))) == 1
    stored_record = stored(store, record.name)
    now = stored_record.time.resolved.interval.start_time.seconds
    candidates = new.zone(key).candidates(wall)[:2]
    if after == "fold" and was in candidates:
        assert now == was, "the instant that was meant stays"
    else:
        assert now == candidates[choice == "LATER" or (after, choice) == ("gap", "COMPATIBLE")]
    end_moved = (
        stored_record.time.resolved.interval.end_time != record.time.resolved.interval.end_time
    )
    assert stored_record.sequence == (1 if now != was or end_moved else 0)
    assert stored_record.time.timed.start.civil_time == record.time.timed.start.civil_time


def rows() -> Iterator[dict[str, str]]:
    path = TESTS.parents[1] / "shared" / "data" / "tz_rebase_vectors_sample.tsv"
    if path.is_file():
        lines = [line for line in path.read_text().splitlines() if not line.startswith("#")]
        yield from csv.DictReader(lines, delimiter="\t")


PAIRS = sorted({(row["old_db"], row["new_db"]) for row in rows()})


def test_record_that_new_rules_do_not_move_is_the_same_afterwards() -> None:
    """With its stamps: of another release, but of the same rules for its zone."""
    wall = parse_civil("2024-07-04T10:00")
    old = by_version("2023c", OLD_TREE)
    record = summit("s", "Europe/Paris", wall, wall + 3600, "COMPATIBLE", old)
    result = rebased(record, default_database(), BEFORE, include_past=False)
    assert (result.record, result.changed, result.moved) == (record, False, False)


@pytest.mark.skipif(not RELEASES.is_dir(), reason="no releases: run `make releases`")
@pytest.mark.skipif(not PAIRS, reason="no ../shared/data beside the checkout")
@pytest.mark.parametrize("pair", PAIRS, ids="-".join)
def test_vectors_of_releases(pair: tuple[str, str]) -> None:
    old, new = (by_version(version, RELEASES) for version in pair)
    vectors = [row for row in rows() if (row["old_db"], row["new_db"]) == pair]
    now = parse_civil(f"{vectors[0]['new_release_date']}T00:00:00")
    records = []
    for number, row in enumerate(vectors):
        wall = parse_civil(row["wall"])
        record = summit(f"s{number}", row["zone"], wall, wall + 3 * 3600, "COMPATIBLE", old)
        assert rfc(record) == row["old_utc"]
        records.append(record)
    store = MemoryStore()
    fill(store, records, old, now)
    assert_settled(Backend(store, new, Clock(now)))
    for record, row in zip(records, vectors, strict=True):
        stored_record = stored(store, record.name)
        at = parse_civil(row["wall"])
        twice = {rfc3339(candidate) for candidate in new.zone(row["zone"]).candidates(at)[:2]}
        # The vectors choose the first of two; the instant that was meant stays if it is one.
        stays = row["new_kind"] == "fold" and row["old_utc"] in twice
        expected = row["old_utc"] if stays else row["new_utc"]
        assert (rfc(stored_record), row["zone"], row["wall"]) == (
            expected,
            row["zone"],
            row["wall"],
        )
        assert stored_record.sequence == 1 or expected == row["old_utc"]


def rfc(record: Summit) -> str:
    return str(record.time.resolved.interval.start_time.ToJsonString())


ZONES = ["Asia/Almaty", "America/Vancouver", "America/Scoresbysund", "America/Asuncion"]
WALLS = st.integers(parse_civil("2023-12-20T00:00"), parse_civil("2028-01-01T00:00"))
EDGES = [
    wall
    for key in ZONES
    for db in (by_version("2023c", OLD_TREE), default_database())
    for wall in db.zone(key).wall_breaks(
        parse_civil("2023-12-20T00:00"), parse_civil("2028-01-01T00:00")
    )
]
AROUND = st.builds(lambda edge, by: edge + by, st.sampled_from(EDGES), st.integers(-7200, 7200))


@given(
    times=st.lists(
        st.tuples(
            st.sampled_from(ZONES),
            st.one_of(AROUND, WALLS),
            st.sampled_from([7200, 86_400, 40 * 86_400]),
            st.sampled_from(CHOICES),
        ),
        max_size=8,
    ),
    now=WALLS,
)
@settings(max_examples=100)
def test_rebase_settles_any_store_in_both_directions(
    times: list[tuple[str, int, int, str]], now: int
) -> None:
    old, new = by_version("2023c", OLD_TREE), default_database()
    store = MemoryStore()
    records = [
        summit(f"s{number}", key, wall, wall + length, choice, old)
        for number, (key, wall, length, choice) in enumerate(times)
    ]
    fill(store, records, old, now)
    for db in (new, old, new):
        assert_settled(Backend(store, db, Clock(now)))
        for record in records:
            stored_record = stored(store, record.name).time.resolved.interval
            if record.time.resolved.interval.start_time.seconds <= now:
                assert stored_record.start_time == record.time.resolved.interval.start_time


def test_begun_event_keeps_its_start_and_its_end_follows(
    start: Any, clock: Any, api_class: Any, make: Any, tmp_path: Path
) -> None:
    """Kazakhstan changed its clocks on 1 March 2024; it is the 5th, and the time began on the 4th."""
    store = f"sqlite:///{tmp_path}/s.db"
    clock.time = BEFORE
    old = start("--store", store, "--tzdb-dir", str(OLD_TREE), "--tzdb", "2023c", "--http", "off")
    api = api_class(old.channel)
    api.create("calendars", "c")
    api.create("meetings", "m", time=make.timed("2024-03-04T10:00", "2024-03-10T10:00"))
    old.channel.close()
    old.application.stop()
    clock.time = parse_civil("2024-03-05T00:00")
    api = api_class(start("--store", store, "--http", "off").channel)
    meeting = api("GetMeeting", name="calendars/c/meetings/m").meeting
    resolved = meeting.time.resolved
    assert resolved.start_text == "2024-03-04T10:00:00+06:00[Asia/Almaty]"
    assert resolved.interval.start_time.ToJsonString() == "2024-03-04T04:00:00Z"
    assert resolved.end_text == "2024-03-10T10:00:00+05:00[Asia/Almaty]"
    assert resolved.interval.end_time.ToJsonString() == "2024-03-10T05:00:00Z"
    assert not api("AuditTimeZones", parent=ALL).impacts


@pytest.mark.parametrize(
    ("first", "now", "start_kept", "end_kept"),
    [
        ("2024-03-04T10:00", "2024-03-03T00:00", False, False),
        ("2024-03-04T10:00", "2024-03-04T04:00", True, False),
        ("2024-03-04T10:00", "2024-03-10T03:59:59", True, False),
        ("2024-03-04T10:00", "2024-03-10T04:00", True, True),
    ],
    ids=["to come", "begins now", "about to end", "ends now"],
)
def test_past_is_frozen(first: str, now: str, start_kept: bool, end_kept: bool) -> None:
    old, new = by_version("2023c", OLD_TREE), default_database()
    ends = parse_civil(first), parse_civil("2024-03-10T10:00")
    record = summit("s", "Asia/Almaty", *ends, "COMPATIBLE", old)
    result = rebased(record, new, parse_civil(now), include_past=False).record
    before, after = record.time.resolved, result.time.resolved
    assert (before.interval.start_time == after.interval.start_time) is start_kept
    assert (before.start_text == after.start_text) is start_kept
    assert (before.start_zone_fingerprint == after.start_zone_fingerprint) is start_kept
    assert (before.interval.end_time == after.interval.end_time) is end_kept
    assert (before.end_text == after.end_text) is end_kept
    assert (before.end_zone_fingerprint == after.end_zone_fingerprint) is end_kept


@pytest.mark.parametrize("choice", CHOICES)
def test_end_in_a_fold_that_is_made_keeps_its_instant(choice: str) -> None:
    old, new = by_version("2023c", OLD_TREE), default_database()
    key, civil, *_ = LAWS["a fold is made"]
    wall = parse_civil(civil)
    record = summit("s", key, wall - 86_400, wall, choice, old)
    result = rebased(record, new, BEFORE, include_past=False).record
    assert new.zone(key).candidates(wall)[2] == "fold"
    assert result.time.resolved.interval == record.time.resolved.interval


def test_order_that_breaks_is_left_and_counted_by_neither_run() -> None:
    """Move the start into a new gap, so that it would come after the end."""
    old, new = by_version("2023c", OLD_TREE), default_database()
    wall = parse_civil("2025-03-29T23:50")
    record = summit("s", "America/Scoresbysund", wall, wall + 1200, "COMPATIBLE", old)
    store, clock = MemoryStore(), Clock(BEFORE)
    fill(store, [record], old, BEFORE)
    backend = Backend(store, new, clock)
    scope = scope_of(backend)  # type: ignore[arg-type]
    with store.read() as reader:
        dry = preview(reader, scope)

    def operation(writer: Any) -> Any:
        return rebase(writer, backend, scope)  # type: ignore[arg-type]

    done = store.write(operation, LogEntry("server", "", "", BEFORE))
    assert (dry.changed, done.changed, store.head()) == (0, 0, 1)
    with store.read() as reader:
        kinds = {impact.kind for impact in audit(reader, scope)}
    assert kinds == {ImpactKind.IMPACT_KIND_ORDER_BROKEN}
    assert stored(store, record.name) == record


class _EndedError(Exception):
    """Raised by the check of a call that nobody waits for."""


@pytest.mark.parametrize("passed", range(3))
def test_check_that_raises_ends_audit_and_rebase_and_keeps_the_store(passed: int) -> None:
    old, new = by_version("2023c", OLD_TREE), default_database()
    wall = parse_civil("2024-07-04T10:00")
    store = MemoryStore()
    names = ("a", "b", "c")
    records = [summit(name, "Asia/Almaty", wall, wall + 3600, "EARLIER", old) for name in names]
    fill(store, records, old, BEFORE)
    backend = Backend(store, new, Clock(BEFORE))
    checks: list[int] = []

    def check() -> None:
        checks.append(1)
        if len(checks) > passed:
            raise _EndedError

    scope = scope_of(backend)._replace(check=check)  # type: ignore[arg-type]
    with store.read() as reader, pytest.raises(_EndedError):
        list(audit(reader, scope))
    assert len(checks) == passed + 1
    checks.clear()
    with pytest.raises(_EndedError):
        store.write(
            lambda writer: rebase(writer, backend, scope),  # type: ignore[arg-type]
            LogEntry("server", "", "", BEFORE),
        )
    assert store.head() == 1
