"""A country changes its clocks: what is stored is audited, moved once, and its past left alone."""

from __future__ import annotations

import re
import urllib.request
import uuid
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from summitry.v1.summit_pb2 import Summit
from summitry.v1.time_zone_service_pb2 import ImpactKind
from summitry.zones import (
    by_version,
    day_start,
    default_database,
    format_civil,
    format_date,
    parse_civil,
)
from summitry_server.domain.records.records import prepare, row_of, stamp_new
from summitry_server.domain.time.audit import Scope, audit, totals
from summitry_server.store.contract import LogEntry
from summitry_server.store.memory.engine import MemoryStore

OLD_TREE = Path(__file__).resolve().parents[1] / "data" / "tzdb-2023c"
BEFORE = 1_703_000_000  # 19 December 2023: the law of Kazakhstan was not yet known
ALL = "calendars/-"


@pytest.fixture
def store(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path}/s.db"


@pytest.fixture
def under_2023c(start: Any, clock: Any, store: str, api_class: Any) -> Any:
    """Starts a service in December 2023, when the release 2023c told what was known."""
    clock.time = BEFORE

    def run(fill: Any) -> None:
        old = start("--store", store, "--tzdb-dir", str(OLD_TREE), "--tzdb", "2023c")
        api = api_class(old.channel)
        api.create("calendars", "c")
        fill(api)
        old.channel.close()
        old.application.stop()

    return run


def session(api: Any, make: Any) -> None:
    """Store an Astana session, an instant, an hour with offset, a day, and a past session."""
    end = "2024-07-04T12:00"
    api.create("meetings", "session", time=make.timed("2024-07-04T10:00", end))
    start = {"instant": "2024-07-04T04:00:00Z", "time_zone": "Asia/Almaty"}
    api.create("meetings", "instant", time={"timed": {"start": start}})
    printed = {"civil_time": "2024-07-04T10:00", "utc_offset": "+06:00"}
    api.create("meetings", "offset", time={"timed": {"start": printed}})
    api.create("visits", "day", time=make.dates("2024-07-04", "2024-07-04", "Asia/Almaty"))
    api.create("meetings", "past", time=make.timed("2020-07-04T10:00", end="2020-07-04T12:00"))
    api.create("meetings", "paris", time=make.timed("2024-07-04T10:00", zone="Europe/Paris"))


def impacts(answer: Any) -> list[tuple[str, str, str]]:
    return [
        (
            impact.name.rpartition("/")[2],
            impact.field_path.rpartition(".")[2],
            ImpactKind.Name(impact.kind).removeprefix("IMPACT_KIND_"),
        )
        for impact in answer.impacts
    ]


def feed(http: str) -> tuple[str, str]:
    with urllib.request.urlopen(f"{http}/feeds/c.ics", timeout=60) as answer:
        return answer.headers["ETag"], re.sub(r"\r\n ", "", answer.read().decode())


def test_the_astana_story(
    start: Any, under_2023c: Any, store: str, api_class: Any, make: Any
) -> None:
    earlier: dict[str, Any] = {}

    def fill(api: Any) -> None:
        session(api, make)
        earlier["session"] = api("GetMeeting", name="calendars/c/meetings/session").meeting

    under_2023c(fill)
    was = earlier["session"]
    assert was.time.resolved.start_text == "2024-07-04T10:00:00+06:00[Asia/Almaty]"

    service = start("--store", store, "--rebase", "off")
    api = api_class(service.channel)
    etag, _ = feed(service.http)
    audit = api("AuditTimeZones", parent=ALL)
    first = next(i for i in audit.impacts if i.name.endswith("session") and "start" in i.field_path)
    assert (first.civil_time, first.time_zone) == ("2024-07-04T10:00:00", "Asia/Almaty")
    assert first.old_time.ToJsonString() == "2024-07-04T04:00:00Z"
    assert first.new_time.ToJsonString() == "2024-07-04T05:00:00Z"
    assert (first.old_offset, first.new_offset) == ("+06:00", "+05:00")
    assert sorted(impacts(audit)) == [
        ("day", "first_date", "DAY_MOVED"),
        ("day", "last_date", "DAY_MOVED"),
        ("instant", "start", "DISPLAY_ONLY"),
        ("session", "end", "MOVED"),
        ("session", "start", "MOVED"),
    ]

    dry = api("RebaseTimeZones", parent="calendars/-", validate_only=True)
    before = api.revision()
    done = api("RebaseTimeZones", parent="calendars/-")
    assert dry.changed_records == done.changed_records == 3
    assert done.header.revision == before + 1, "one revision for all of it"
    now = api("GetMeeting", name=was.name).meeting
    assert now.time.resolved.start_text == "2024-07-04T10:00:00+05:00[Asia/Almaty]"
    assert now.time.resolved.interval.start_time.ToJsonString() == "2024-07-04T05:00:00Z"
    assert (now.ical_uid, now.sequence) == (was.ical_uid, was.sequence + 1)
    assert now.time.timed == was.time.timed, "what the organiser said is untouched"

    instant = api("GetMeeting", name="calendars/c/meetings/instant").meeting
    assert instant.time.resolved.interval.start_time.ToJsonString() == "2024-07-04T04:00:00Z"
    assert instant.time.resolved.start_text == "2024-07-04T09:00:00+05:00[Asia/Almaty]"
    assert instant.sequence == 0
    for untouched in ("offset", "past", "paris"):
        record = api("GetMeeting", name=f"calendars/c/meetings/{untouched}").meeting
        assert (record.sequence, record.revision <= before) == (0, True)

    new_etag, new_ics = feed(service.http)
    assert new_etag != etag
    assert "DTSTART;TZID=Asia/Almaty:20240704T100000" in new_ics, "still ten o'clock in Astana"
    dates = {"first_date": "2024-07-04", "time_zone": "Europe/Paris"}
    agenda = api("QueryAgenda", parent=ALL, window={"dates": dates})
    (item,) = (i for i in agenda.items if i.record.meeting.name.endswith("session"))
    assert item.viewer_start == "2024-07-04T07:00:00+02:00[Europe/Paris]"

    head = api.revision()
    assert not api("AuditTimeZones", parent=ALL).impacts
    again = api("RebaseTimeZones", parent="calendars/-")
    assert (again.changed_records, api.revision()) == (0, head), "a second run changes nothing"


@pytest.mark.parametrize(("mode", "moved"), [("auto", True), ("report", False), ("off", False)])
def test_rebase_at_start_follows_the_option(
    start: Any, under_2023c: Any, store: str, api_class: Any, make: Any, mode: str, moved: bool,
    caplog: pytest.LogCaptureFixture,
) -> None:  # fmt: skip
    under_2023c(lambda api: session(api, make))
    caplog.clear()
    api = api_class(start("--store", store, "--http", "off", "--rebase", mode).channel)
    meeting = api("GetMeeting", name="calendars/c/meetings/session").meeting
    assert (meeting.sequence == 1) is moved
    assert ("Asia/Almaty" in caplog.text) is (mode != "off")
    start("--store", "memory:", "--http", "off")


OLDER = ("--tzdb-dir", str(OLD_TREE), "--tzdb", "2023c")


@pytest.fixture
def open_store(start: Any, api_class: Any, store: str) -> Any:
    """Opens the store by a server with options; the one before is stopped."""
    running: list[Any] = []

    def run(*options: str) -> Any:
        for service in running:
            service.channel.close()
            service.application.stop()
        running[:] = [start("--store", store, "--http", "off", *options)]
        return api_class(running[0].channel)

    return run


def plenary(api: Any) -> tuple[str, int]:
    """Return the start and the sequence of the session."""
    meeting = api("GetMeeting", name="calendars/c/meetings/session").meeting
    return meeting.time.resolved.start_text, meeting.sequence


MOVED = ("2024-07-04T10:00:00+05:00[Asia/Almaty]", 1)


def test_releases_that_alternate_move_a_store_once(
    under_2023c: Any, open_store: Any, make: Any, caplog: Any
) -> None:
    under_2023c(lambda api: session(api, make))
    for number in range(4):
        caplog.clear()
        api = open_store(*(OLDER if number % 2 else ()))
        assert plenary(api) == MOVED
        assert ("settled by time zone data" in caplog.text) is bool(number % 2)
        assert api("AuditTimeZones", parent=ALL).settled_version == default_database().version


def test_older_release_goes_back_only_when_allowed(
    under_2023c: Any, open_store: Any, make: Any
) -> None:
    under_2023c(lambda api: session(api, make))
    assert plenary(open_store()) == MOVED
    api = open_store(*OLDER)
    for dry in (True, False):
        refusal = api.refusal("RebaseTimeZones", parent="calendars/-", validate_only=dry)
        metadata = refusal.metadata
        assert (refusal.code, refusal.reason) == ("FAILED_PRECONDITION", "OLDER_TZDB")
        assert (metadata["settled"], metadata["server"]) == (default_database().version, "2023c")
    assert (
        api(
            "RebaseTimeZones", parent="calendars/-", allow_older=True, validate_only=True
        ).changed_records
        == 3
    )
    assert api("RebaseTimeZones", parent="calendars/-", allow_older=True).changed_records == 3
    assert plenary(api) == ("2024-07-04T10:00:00+06:00[Asia/Almaty]", 2)
    assert api("AuditTimeZones", parent=ALL).settled_version == "2023c"
    assert not api("AuditTimeZones", parent=ALL).impacts
    assert plenary(open_store(*OLDER))[1] == 2
    assert plenary(open_store())[1] == 3, "a newer release goes forward by itself"


@pytest.mark.parametrize("edit", ["title", "undelete"])
def test_edit_by_an_older_server_moves_nothing(
    under_2023c: Any, open_store: Any, make: Any, edit: str
) -> None:
    under_2023c(lambda api: session(api, make))
    open_store()
    api = open_store(*OLDER)
    name = "calendars/c/meetings/session"
    if edit == "title":
        api("UpdateMeeting", meeting={"name": name, "titles": [{"text": "Plenary"}]})
    else:
        api("DeleteMeeting", name=name)
        api("UndeleteMeeting", name=name)
    assert plenary(api)[0] == MOVED[0]
    sequence = api("GetMeeting", name=name).meeting.sequence
    assert plenary(open_store()) == (MOVED[0], sequence), "nothing is left to move"


@pytest.mark.parametrize("size", [1, 2, 3, 7])
def test_rebase_goes_on_by_its_tokens_and_settles_at_the_end(
    under_2023c: Any, open_store: Any, make: Any, size: int
) -> None:
    under_2023c(lambda api: session(api, make))
    api = open_store("--rebase", "off")
    request: dict[str, Any] = {"parent": ALL, "page_size": size}
    whole = api("RebaseTimeZones", parent=ALL, validate_only=True)
    token, done, examined, revision = "", 0, 0, api.revision()
    while True:
        page = api("RebaseTimeZones", **request, page_token=token, request_id=str(uuid.uuid4()))
        done += page.changed_records
        examined += sum(total.examined for total in page.totals)
        assert sum(total.examined for total in page.totals) <= size
        assert page.header.revision <= revision + 1
        revision, token = page.header.revision, page.next_page_token
        if not token:
            break
        assert api("AuditTimeZones", parent=ALL).settled_version == "2023c"
    assert done == whole.changed_records == 3
    assert examined <= sum(total.examined for total in whole.totals)
    audit = api("AuditTimeZones", parent=ALL)
    assert (audit.settled_version, list(audit.impacts)) == (default_database().version, [])


def test_rebase_that_broke_off_is_finished_by_another(
    under_2023c: Any, open_store: Any, make: Any
) -> None:
    under_2023c(lambda api: session(api, make))
    api = open_store("--rebase", "off")
    begun = api("RebaseTimeZones", parent=ALL, page_size=2)
    assert begun.next_page_token
    rest = api("RebaseTimeZones", parent=ALL)
    assert begun.changed_records + rest.changed_records == 3
    assert not api("AuditTimeZones", parent=ALL).impacts


def test_token_of_another_rebase_is_refused(under_2023c: Any, open_store: Any, make: Any) -> None:
    under_2023c(lambda api: session(api, make))
    api = open_store("--rebase", "off")
    begun = api("RebaseTimeZones", parent=ALL, page_size=1)
    refusal = api.refusal("RebaseTimeZones", parent="calendars/c", page_token=begun.next_page_token)
    assert (refusal.reason, refusal.field) == ("INVALID_PAGE_TOKEN", "page_token")


def test_rebase_of_one_calendar_leaves_others_and_does_not_settle_the_store(
    under_2023c: Any, open_store: Any, make: Any
) -> None:
    def fill(api: Any) -> None:
        session(api, make)
        api.create("calendars", "other")
        api.create("meetings", "m", "calendars/other", time=make.timed("2024-07-04T10:00"))

    under_2023c(fill)
    api = open_store("--rebase", "off")
    assert api("RebaseTimeZones", parent="calendars/c").changed_records == 3
    assert not api("AuditTimeZones", parent="calendars/c").impacts
    audit = api("AuditTimeZones", parent=ALL)
    assert {impact.name for impact in audit.impacts} == {"calendars/other/meetings/m"}
    assert audit.settled_version == "2023c"


def test_rebase_of_one_zone_does_not_settle_the_store(
    under_2023c: Any, open_store: Any, make: Any
) -> None:
    under_2023c(lambda api: session(api, make))
    api = open_store("--rebase", "off")
    api("RebaseTimeZones", parent="calendars/-", time_zones=["Asia/Almaty"])
    assert api("AuditTimeZones", parent=ALL).settled_version == "2023c"


def test_start_without_a_change_says_nothing(
    under_2023c: Any, open_store: Any, make: Any, caplog: Any
) -> None:
    under_2023c(lambda api: session(api, make))
    open_store()
    caplog.clear()
    api = open_store()
    assert "time zone" not in caplog.text
    head = api.revision()
    assert open_store().revision() == head


def test_begun_event_keeps_its_start(
    start: Any, under_2023c: Any, store: str, api_class: Any, make: Any, clock: Any
) -> None:
    time = make.timed("2024-02-28T10:00", "2024-03-10T10:00")
    under_2023c(lambda api: api.create("meetings", "long", time=time))
    clock.time = parse_civil("2024-03-05T00:00")
    api = api_class(start("--store", store, "--http", "off").channel)
    resolved = api("GetMeeting", name="calendars/c/meetings/long").meeting.time.resolved
    assert resolved.start_text == "2024-02-28T10:00:00+06:00[Asia/Almaty]"
    assert resolved.end_text == "2024-03-10T10:00:00+05:00[Asia/Almaty]"


def test_past_is_corrected_only_on_request(
    start: Any, under_2023c: Any, store: str, api_class: Any, make: Any, clock: Any
) -> None:
    under_2023c(lambda api: session(api, make))
    clock.time = parse_civil("2025-01-01T00:00")
    api = api_class(start("--store", store, "--http", "off").channel)
    assert not api("AuditTimeZones", parent=ALL).impacts
    audit_answer = api("AuditTimeZones", parent=ALL, include_past=True)
    assert {kind for *_, kind in impacts(audit_answer)} == {"PAST_CORRECTED"}
    assert api("RebaseTimeZones", parent="calendars/-", include_past=True).changed_records == 3
    meeting = api("GetMeeting", name="calendars/c/meetings/session").meeting
    assert meeting.time.resolved.start_text == "2024-07-04T10:00:00+05:00[Asia/Almaty]"
    assert api("RebaseTimeZones", parent="calendars/-", include_past=True).changed_records == 0


def test_audit_compares_any_two_releases(start: Any, clock: Any, api_class: Any, make: Any) -> None:
    clock.time = BEFORE
    api = api_class(start("--http", "off", "--tzdb-dir", str(OLD_TREE)).channel)
    api.create("calendars", "c")
    api.create("meetings", "m", time=make.timed("2024-07-04T10:00"))
    assert not api("AuditTimeZones", parent=ALL).impacts
    back = api("AuditTimeZones", parent=ALL, to_version="2023c")
    (impact,) = back.impacts
    assert (impact.new_time.seconds - impact.old_time.seconds) == -3600
    forth = api("AuditTimeZones", parent=ALL, from_version="2023c")
    assert forth.impacts[0].old_time == impact.new_time
    refusal = api.refusal("AuditTimeZones", parent=ALL, from_version="2001a")
    assert (refusal.reason, refusal.field) == ("UNKNOWN_TZDB_VERSION", "from_version")
    assert "2023c" in refusal.metadata["known"]


def test_a_split_zone_is_suspected_by_its_towns(
    start: Any, under_2023c: Any, store: str, api_class: Any, make: Any
) -> None:
    """America/Coyhaique came with 2025b; before, Aysén kept the clocks of Santiago."""

    def fill(api: Any) -> None:
        for town in ("Coyhaique", "Santiago"):
            api.create(
                "meetings",
                town.lower(),
                places=[{"region_code": "CL", "localities": [{"text": town}]}],
                time=make.timed("2027-07-01T10:00", zone="America/Santiago"),
            )

    under_2023c(fill)
    options = ("--store", store, "--http", "off", "--tzdb-dir", str(OLD_TREE))
    api = api_class(start(*options).channel)
    audit = api("AuditTimeZones", parent=ALL, from_version="2023c")
    assert impacts(audit) == [("coyhaique", "start", "SPLIT_SUSPECT")]
    (impact,) = audit.impacts
    assert impact.new_time.seconds - impact.old_time.seconds == -3600, "-04:00 against -03:00"


def test_pages_and_totals(
    start: Any, under_2023c: Any, store: str, api_class: Any, make: Any
) -> None:
    def fill(api: Any) -> None:
        for number in range(7):
            api.create("meetings", f"m{number}", time=make.timed(f"2024-07-0{number + 1}T10:00"))

    under_2023c(fill)
    api = api_class(start("--store", store, "--http", "off", "--rebase", "off").channel)
    collected, token, sizes = [], "", []
    while True:
        page = api("AuditTimeZones", parent="calendars/c", page_size=3, page_token=token)
        collected += impacts(page)
        sizes.append(len(page.totals))
        if not (token := page.next_page_token):
            break
    assert collected == [(f"m{number}", "start", "MOVED") for number in range(7)]
    assert sizes == [1, 0, 0]
    total = api("AuditTimeZones", parent="calendars/c").totals[0]
    assert (total.time_zone, total.examined, total.counts[0].count) == ("Asia/Almaty", 7, 7)


def test_an_update_after_the_change_raises_the_sequence(
    start: Any, under_2023c: Any, store: str, api_class: Any, make: Any
) -> None:
    under_2023c(lambda api: session(api, make))
    api = api_class(start("--store", store, "--http", "off", "--rebase", "off").channel)
    sent = {"name": "calendars/c/meetings/session", "titles": [{"text": "Session"}]}
    changed = api("UpdateMeeting", meeting=sent).meeting
    assert changed.sequence == 1, "the instant moved with it"


# Brute force: every time of every record resolved by both releases, one by one.

ZONES = ["Asia/Almaty", "Asia/Qostanay", "Europe/Paris", "America/New_York", "Asia/Shanghai"]
WALLS = st.integers(parse_civil("2023-12-01T00:00"), parse_civil("2024-12-01T00:00"))


@st.composite
def stores(draw: st.DrawFn) -> list[tuple[str, str, int, int | None]]:
    """(id, zone, wall or day, duration or None for a day) of each record."""
    collected = []
    for number in range(draw(st.integers(0, 12))):
        wall = draw(WALLS) // 60 * 60
        length = draw(st.one_of(st.none(), st.sampled_from([0, 3600, 90_000])))
        collected.append((f"m{number}", draw(st.sampled_from(ZONES)), wall, length))
    return collected


@given(records=stores(), now=WALLS)
@example(records=[("m0", "Asia/Almaty", 1_709_244_000, 3600)], now=1_701_388_800)
@example(records=[("m0", "Asia/Almaty", 1_709_244_000, 0)], now=1_701_388_800)
@settings(max_examples=60)
def test_audit_equals_brute_force(
    records: list[tuple[str, str, int, int | None]], now: int
) -> None:
    old, new = by_version("2023c", OLD_TREE), default_database()
    store = MemoryStore()

    def fill(writer: Any) -> None:
        for id, zone, wall, length in records:
            record = Summit(name=f"calendars/c/summits/{id}")
            if length is None:
                day = format_date(wall // 86_400)
                record.time.dates.first_date = record.time.dates.last_date = day
                record.time.dates.time_zone = zone
            else:
                ends = (record.time.timed.start, wall), (record.time.timed.end, wall + length)
                for point, at in ends:
                    point.civil_time, point.time_zone = format_civil(at), zone
                    point.disambiguation = 1  # type: ignore[assignment]
            prepare(record, "summit", old)
            stamp_new(record, now)
            writer.put(row_of(record, writer.next_point, now, old), new=True)

    store.write(fill, LogEntry("a", "r", "i", now))
    scope = Scope(None, None, new, (), False, now)
    with store.read() as reader:
        impacts_by_field = {
            (i.read.name, i.read.entry.field): (i.old, i.new) for i in audit(reader, scope)
        }
        counted = sum(sum(total.counts.values()) for total in totals(reader, scope))
    assert impacts_by_field == expected(records, now, old, new)
    assert counted == len(impacts_by_field)


def expected(records: Any, now: int, old: Any, new: Any) -> dict[tuple[str, str], tuple[int, int]]:
    impacts_by_field = {}
    for id, zone, wall, length in records:
        name = f"calendars/c/summits/{id}"

        def instants_of(at: int, zone: str = zone) -> tuple[int, int]:
            before, after = (db.zone(zone).candidates(at) for db in (old, new))
            return tuple(c[1] if c[2] == "gap" else c[0] for c in (before, after))  # type: ignore[return-value]

        def doubtful(at: int, zone: str = zone) -> bool:
            """Return true if the hour now occurs twice or never; it is reported even if it stays."""
            before, after = (db.zone(zone).candidates(at)[2] for db in (old, new))
            return before != after and after != "normal"

        def days(day: int, zone: str = zone) -> tuple[int, int]:
            return day_start(old.zone(zone), day), day_start(new.zone(zone), day)

        if length is None:
            day = wall // 86_400
            ends = {"time.dates.first_date": days(day), "time.dates.last_date": days(day + 1)}
            over, newly = ends["time.dates.last_date"][0], set()
        else:
            ends = {
                "time.timed.start": instants_of(wall),
                "time.timed.end": instants_of(wall + length),
            }
            over = max(ends["time.timed.end"][0], ends["time.timed.start"][0] + 1)
            walls = {"time.timed.start": wall, "time.timed.end": wall + length}
            newly = {field for field, at in walls.items() if doubtful(at)}
        for field, (before, after) in ends.items():
            if (before != after or field in newly) and before > now and over > now:
                impacts_by_field[name, field] = (before, after)
    return impacts_by_field
