"""Time zones through both clients: listed, resolved, audited and rebased by a real service."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from summitry import Calendar, Client, Meeting
from summitry._calls.requests import time_zones
from summitry.errors import InvalidArgumentError
from summitry.v1.error_reason_pb2 import ErrorReason
from summitry.v1.event_time_pb2 import Disambiguation, TimePoint
from summitry.v1.time_zone_service_pb2 import ImpactKind, WallTimeKind
from summitry.zones import default_database

Connect = Callable[..., Any]

OLD_TREE = Path(__file__).resolve().parents[1] / "data" / "tzdb-2023c"
BEFORE = 1_703_000_000  # 19 December 2023
CURRENT = default_database().version


@pytest.fixture
def two_releases(start: Any) -> Any:
    """Start a service that has two releases, and resolves by the newer."""
    return start("--http", "off", "--tzdb-dir", str(OLD_TREE))


def test_zones_of_a_country_and_a_town(connect: Connect, two_releases: Any) -> None:
    client = connect(two_releases.grpc)
    zones = {zone.id: zone for zone in client.time_zones("KZ")}
    assert {"Asia/Almaty", "Asia/Qostanay"} <= zones.keys()
    assert zones["Asia/Almaty"].region_codes == ["KZ"]
    assert [zone.id for zone in client.time_zones(city="Astana")] == ["Asia/Almaty"]
    assert len(list(client.time_zones("US", "Portland"))) == 2


def test_all_zones_are_listed_once(connect: Connect, two_releases: Any) -> None:
    ids = [zone.id for zone in connect(two_releases.grpc).time_zones()]
    assert ids == sorted(default_database().ids)


def test_offsets_are_those_of_the_time_asked(connect: Connect, two_releases: Any) -> None:
    client = connect(two_releases.grpc)

    def almaty(time: datetime, version: str) -> tuple[str, bool]:
        zones = client.time_zones(time=time, tzdb_version=version)
        (zone,) = [zone for zone in zones if zone.id == "Asia/Almaty"]
        return zone.utc_offset, zone.HasField("next_change")

    before, after = datetime(2024, 2, 1, tzinfo=UTC), datetime(2024, 7, 4, tzinfo=UTC)
    assert almaty(before, "") == ("+06:00", True)
    assert almaty(after, "") == ("+05:00", False)
    assert almaty(after, "2023c") == ("+06:00", False)


def test_a_time_without_offset_is_no_instant() -> None:
    with pytest.raises(InvalidArgumentError, match="is not an instant") as caught:
        time_zones.list_zones(time=datetime(2024, 7, 4))
    assert caught.value.field == "time"


def test_the_databases_of_a_server(connect: Connect, two_releases: Any) -> None:
    client = connect(two_releases.grpc)
    databases = list(client.databases())
    by_version = {database.version: database for database in databases}
    assert [database.version for database in databases if database.current] == [CURRENT]
    assert (by_version["2023c"].current, by_version["2023c"].origin) == (False, "directory")
    assert client.header.tzdb_version == CURRENT


def test_times_are_resolved_in_their_order(connect: Connect, two_releases: Any) -> None:
    client = connect(two_releases.grpc)
    points = [
        TimePoint(civil_time="2024-07-04T10:00", time_zone="Asia/Almaty"),
        TimePoint(civil_time="2024-10-27T02:30", time_zone="Europe/Paris"),
        TimePoint(
            civil_time="2024-10-27T02:30",
            time_zone="Europe/Paris",
            disambiguation=Disambiguation.DISAMBIGUATION_LATER,
        ),
    ]
    plain, fold, later = client.resolve_times(points)
    assert plain.text == "2024-07-04T10:00:00+05:00[Asia/Almaty]"
    assert fold.kind == later.kind == WallTimeKind.WALL_TIME_KIND_FOLD
    assert fold.reason == ErrorReason.ERROR_REASON_LOCAL_TIME_AMBIGUOUS
    assert later.time == fold.later_time
    (old,) = client.resolve_times(points[:1], "2023c")
    assert old.text == "2024-07-04T10:00:00+06:00[Asia/Almaty]"
    with pytest.raises(InvalidArgumentError) as caught:
        client.resolve_times(points, "2001a")
    assert caught.value.reason == "UNKNOWN_TZDB_VERSION"


def test_points_are_sent_in_parts_of_a_thousand() -> None:
    points = [TimePoint(civil_time=f"{1000 + n}") for n in range(2001)]
    calls = list(time_zones.resolve(iter(points), "2023c"))
    assert [len(call.request.points) for call in calls] == [1000, 1000, 1]
    assert [point for call in calls for point in call.request.points] == points
    assert {call.request.tzdb_version for call in calls} == {"2023c"}


def test_nothing_to_resolve_is_no_call() -> None:
    assert list(time_zones.resolve([])) == []


@pytest.fixture
def moved(start: Any, clock: Any, tmp_path: Path) -> Any:
    """Start a service on today's data, whose five sessions in Astana were written under 2023c."""
    clock.time = BEFORE
    store = ("--store", f"sqlite:///{tmp_path}/s.db", "--http", "off")
    old = start(*store, "--tzdb-dir", str(OLD_TREE), "--tzdb", "2023c")
    with Client(old.grpc) as client:
        client.create(Calendar(name="calendars/c"))
        for day in range(1, 6):
            meeting = Meeting(name=f"calendars/c/meetings/m{day}")
            start_ = meeting.time.timed.start
            start_.civil_time, start_.time_zone = f"2024-07-0{day}T10:00", "Asia/Almaty"
            client.create(meeting)
    old.channel.close()
    old.application.stop()
    return start(*store, "--rebase", "off")


def test_an_audit_and_a_rebase(connect: Connect, moved: Any) -> None:
    client = connect(moved.grpc)
    audit = client.audit_time_zones(page_size=2)
    names = [impact.name for impact in audit]
    assert names == [f"calendars/c/meetings/m{day}" for day in range(1, 6)]
    (total,) = audit.totals()
    counts = [(count.kind, count.count) for count in total.counts]
    assert (total.time_zone, counts) == ("Asia/Almaty", [(ImpactKind.IMPACT_KIND_MOVED, 5)])

    assert not list(client.audit_time_zones(time_zones=["Europe/Paris"]))
    dry = client.rebase_time_zones(validate_only=True)
    changed: list[int] = []
    done = client.rebase_time_zones(
        ["Asia/Almaty"], page_size=2, on_page=lambda page: changed.append(page.changed_records)
    )
    assert dry.changed_records == done.changed_records == 5
    assert changed == [2, 4, 5]
    (total,) = done.totals
    counts = [(count.kind, count.count) for count in total.counts]
    assert (total.examined, counts) == (5, [(ImpactKind.IMPACT_KIND_MOVED, 5)])
    assert done.header.revision == dry.header.revision + 3
    assert client.rebase_time_zones().changed_records == 0
    assert not list(client.audit_time_zones("calendars/c"))


def test_totals_can_be_had_first(connect: Connect, moved: Any) -> None:
    audit = connect(moved.grpc).audit_time_zones(page_size=1)
    assert [total.examined for total in audit.totals()] == [5]
    assert len(list(audit)) == 5
    assert len(audit.totals()) == 1


def test_an_audit_that_is_refused_says_so_each_time(connect: Connect, moved: Any) -> None:
    audit = connect(moved.grpc).audit_time_zones(to_version="2001a")
    for ask in (audit.totals, lambda: list(audit), audit.totals):
        with pytest.raises(InvalidArgumentError) as caught:
            ask()
        assert caught.value.field == "to_version"
