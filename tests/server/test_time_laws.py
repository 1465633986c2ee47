"""Laws of times: twice is once, what is said is kept, an edit of something else moves nothing."""

from __future__ import annotations

from copy import deepcopy
from pathlib import Path
from typing import Any

import grpc
import pytest
from google.protobuf import json_format
from hypothesis import given
from hypothesis import strategies as st

from summitry.time import TimeFieldError, resolve
from summitry.v1.event_time_pb2 import EventTime
from summitry.zones import default_database, format_civil, format_date, parse_partial
from summitry.zones.civil import END_WALL, FIRST_WALL
from summitry_server.app import Application
from summitry_server.config import parse_config
from summitry_server.domain.records.masks import clear_output

OLD_TREE = Path(__file__).resolve().parents[1] / "data" / "tzdb-2023c"
DB = default_database()
ZONES = st.sampled_from(
    [
        "",
        "Europe/Paris",
        "Asia/Almaty",
        "Pacific/Apia",
        "Africa/Monrovia",
        "America/New_York",
        "utc",
        "Asia/Saigon",
    ]
)
OFFSETS = st.sampled_from(
    ["", "", "Z", "+01:00", "+02:00", "+05:00", "-03:30", "-00:44:30", "+14:00"]
)
# Around changes of clocks, in the day that Samoa skipped, and at the ends of what is accepted.
ODD = [1711848600, 1729996200, 1325239200, 47_000_000, FIRST_WALL, END_WALL - 1, END_WALL - 40_000]
WALLS = st.integers(FIRST_WALL, END_WALL - 1) | st.sampled_from(ODD)
PARTIAL = [
    "2023-10",
    "2024-07-02/2024-07-06",
    "201X~",
    "2022-23?",
    "../2024-05",
    "[2024-05, 2024-07]",
    "2011-12-30",
]
DATES = st.integers(-700_000, 2_900_000).map(format_date) | st.just("2011-12-30") | st.just("")


@st.composite
def points(draw: st.DrawFn) -> dict[str, Any]:
    if not draw(st.integers(0, 3)):
        instant = format_civil(draw(WALLS)) + "Z"
        return {"instant": instant, "time_zone": draw(ZONES)}
    civil = format_civil(draw(WALLS))
    return {
        "civil_time": civil.removesuffix(":00") if draw(st.booleans()) else civil,
        "time_zone": draw(ZONES),
        "utc_offset": draw(OFFSETS),
        "disambiguation": draw(st.integers(0, 3)),
        "offset_conflict": draw(st.integers(0, 3)),
    }


@st.composite
def times(draw: st.DrawFn) -> dict[str, Any]:
    form = draw(st.sampled_from(["timed", "timed", "dates", "partial"]))
    if form == "timed":
        span: dict[str, Any] = {"start": draw(points())}
        if draw(st.booleans()):
            span["end"] = draw(points())
    elif form == "dates":
        span = {"first_date": draw(DATES), "last_date": draw(DATES), "time_zone": draw(ZONES)}
        span |= {flag: draw(st.booleans()) for flag in ("open_start", "open_end")}
    else:
        span = {
            "edtf": draw(st.sampled_from(PARTIAL)),
            "time_zone": draw(ZONES),
        }
    fixed_as = draw(st.integers(0, 2))
    return {
        form: span,
        "fixed_as": fixed_as,
        "source_text": draw(st.sampled_from(["", "as printed"])),
    }


def resolved(time: dict[str, Any], place_zone: str) -> EventTime | None:
    message = json_format.ParseDict(time, EventTime())
    try:
        resolve(message, DB, place_zone)
    except TimeFieldError:
        return None
    return message


@given(time=times(), place=ZONES)
def test_resolving_is_idempotent(time: dict[str, Any], place: str) -> None:
    if (once := resolved(time, place)) is None:
        return
    for sent in (deepcopy(once), deepcopy(once)):
        twice = deepcopy(sent)
        resolve(twice, DB, place)
        assert twice == once
        clear_output(sent)
        resolve(sent, DB, place)
        assert sent == once, "what a client sends back without what is derived"


@given(time=times())
def test_resolving_preserves_what_the_source_said(time: dict[str, Any]) -> None:
    if (resolved_time := resolved({**time, "fixed_as": 0}, "Europe/Paris")) is None:
        return
    assert resolved_time.source_text == time["source_text"]
    fields = json_format.MessageToDict(resolved_time, preserving_proto_field_name=True)
    for form in ("dates", "partial"):
        if form in time:
            expected = {key: value for key, value in time[form].items() if value}
            expected = {"time_zone": "Europe/Paris", **expected}
            if form == "partial":
                expected["edtf"] = parse_partial(expected["edtf"]).edtf
            assert {key: fields[form].get(key) for key in expected} == expected
    for end, point in time.get("timed", {}).items():
        now = fields["timed"][end]
        assert now.get("instant") == point.get("instant")
        if point.get("time_zone"):
            assert now["time_zone"] == point["time_zone"]
        if point.get("offset_conflict") != 2:  # KEEP_INSTANT
            assert now.get("civil_time") == point.get("civil_time")


@given(time=times())
def test_an_edit_of_something_else_moves_nothing(time: dict[str, Any], times_api: Any) -> None:
    if resolved(time, "") is None:
        return
    number = times_api.revision()
    created = times_api.create("meetings", f"m{number}", time=time)
    sent = {"name": created.name, "titles": [{"text": "Another title"}]}
    titled = times_api("UpdateMeeting", meeting=sent).meeting
    assert (titled.time, titled.sequence) == (created.time, 0)
    request = times_api.message("UpdateMeeting", update_mask="*")
    request.meeting.CopyFrom(titled)
    same = times_api("UpdateMeeting", request)
    assert (same.meeting, same.header.revision) == (titled, titled.revision)


@pytest.fixture(scope="module")
def times_api(api_class: Any) -> Any:
    config = parse_config(["--store", "memory:", "--grpc", "127.0.0.1:0", "--http", "off"])
    application = Application(config)
    with grpc.insecure_channel(str(application.grpc_address)) as channel:
        api = api_class(channel)
        api.create("calendars", "c")
        yield api
    application.stop()


def test_an_edit_rewrites_no_past(
    start: Any, clock: Any, api_class: Any, make: Any, tmp_path: Path
) -> None:
    """Rename a session of 2024, written under the rules of 2023, when it is long over."""
    store = f"sqlite:///{tmp_path}/s.db"
    clock.time = 1_703_000_000
    old = start("--store", store, "--tzdb-dir", str(OLD_TREE), "--tzdb", "2023c", "--http", "off")
    api = api_class(old.channel)
    api.create("calendars", "c")
    time = make.timed("2024-07-04T10:00", "2024-07-04T12:00")
    created = api.create("meetings", "session", time=time)
    old.channel.close()
    old.application.stop()

    clock.time = 1_800_000_000
    new = start("--store", store, "--rebase", "off", "--http", "off")
    api = api_class(new.channel)
    again = api("UpdateMeeting", meeting={"name": created.name, "time": time})
    assert (again.meeting, again.header.revision) == (created, created.revision), (
        "nothing is said anew"
    )
    sent = {"name": created.name, "titles": [{"text": "Plenary"}]}
    titled = api("UpdateMeeting", meeting=sent).meeting
    assert (titled.time, titled.sequence) == (created.time, 0)
    assert titled.time.resolved.start_text == "2024-07-04T10:00:00+06:00[Asia/Almaty]"
    assert not api("AuditTimeZones", parent="calendars/-").impacts
