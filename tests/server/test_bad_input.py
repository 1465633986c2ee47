"""Bad input: each case has its documented code, reason and field path, and stores nothing."""

from __future__ import annotations

from typing import Any, NamedTuple

import grpc
import pytest


class Case(NamedTuple):
    rpc: str
    request: dict[str, Any]
    code: str
    reason: str
    field: str


def meeting(time: dict[str, Any] | None = None, **fields: Any) -> dict[str, Any]:
    body = {**fields, **({"time": time} if time else {})}
    return {"parent": "calendars/c", "meeting_id": "m", "meeting": body}


def start(civil: str, zone: str = "Europe/Paris", **more: str) -> dict[str, Any]:
    return {"timed": {"start": {"civil_time": civil, "time_zone": zone, **more}}}


def span(first: str, last: str) -> dict[str, Any]:
    return {"dates": {"first_date": first, "last_date": last}}


def window(first: str, zone: str = "UTC", **more: str) -> dict[str, Any]:
    dates = {"first_date": first, "time_zone": zone, **more}
    return {"parent": "calendars/c", "window": {"dates": dates}}


INVALID = "INVALID_ARGUMENT"
CREATE = "CreateMeeting"
CIVIL = "meeting.time.timed.start.civil_time"
ZONE = "meeting.time.timed.start.time_zone"
START = "meeting.time.timed.start"
TEN = "2024-07-04T10:00"

CASES: dict[str, Case] = {
    "unknown-zone": Case(CREATE, meeting(start(TEN, "Asia/Astana")), INVALID, "UNKNOWN_TIME_ZONE", ZONE),
    "abbreviation": Case(CREATE, meeting(start(TEN, "CST")), INVALID, "UNKNOWN_TIME_ZONE", ZONE),
    "path-as-zone": Case(CREATE, meeting(start(TEN, "../etc/passwd")), INVALID, "UNKNOWN_TIME_ZONE", ZONE),
    "windows-zone": Case(
        CREATE, meeting(start(TEN, "Central Asia Standard Time")), INVALID, "WINDOWS_TIME_ZONE", ZONE
    ),
    "place-zone": Case(
        CREATE, meeting(places=[{"time_zone": "Mars/Base"}]), INVALID, "UNKNOWN_TIME_ZONE", "meeting.places[0].time_zone"
    ),
    "gap": Case(CREATE, meeting(start("2024-03-31T02:30")), INVALID, "LOCAL_TIME_IN_GAP", START),
    "fold": Case(CREATE, meeting(start("2024-10-27T02:30")), INVALID, "LOCAL_TIME_AMBIGUOUS", START),
    "offset-conflict": Case(
        CREATE, meeting(start("2024-07-03T07:00", utc_offset="+01:00")), INVALID, "OFFSET_CONFLICT", f"{START}.utc_offset"
    ),
    "no-zone": Case(CREATE, meeting(start(TEN, "")), INVALID, "REQUIRED_FIELD_MISSING", ZONE),
    "25-o-clock": Case(CREATE, meeting(start("2024-07-04T25:00")), INVALID, "INVALID_TIME", CIVIL),
    "year-1800": Case(CREATE, meeting(start("1800-07-04T10:00")), INVALID, "INVALID_TIME", CIVIL),
    "end-before-start": Case(
        CREATE,
        meeting(
            {
                "timed": {
                    "start": {"civil_time": TEN, "time_zone": "Asia/Almaty"},
                    "end": {"civil_time": "2024-07-04T09:00", "time_zone": "Asia/Almaty"},
                }
            }
        ),
        INVALID,
        "END_BEFORE_START",
        "meeting.time.timed.end",
    ),
    "last-before-first": Case(
        CREATE, meeting(span("2024-07-04", "2024-07-03")), INVALID, "END_BEFORE_START", "meeting.time.dates.last_date"
    ),
    "30-february": Case(
        CREATE, meeting(span("2024-02-30", "")), INVALID, "INVALID_DATE", "meeting.time.dates.first_date"
    ),
    "month-13": Case(
        CREATE, meeting({"partial": {"edtf": "2023-13"}}), INVALID, "INVALID_PARTIAL_DATE", "meeting.time.partial.edtf"
    ),
    "no-time-inside": Case(CREATE, meeting({"source_text": "soon"}), INVALID, "REQUIRED_FIELD_MISSING", "meeting.time"),
    "segment-in-gap": Case(
        "CreateVisit",
        {"parent": "calendars/c", "visit": {"segments": [{"kind": 1}, {"time": start("2024-03-31T02:30")}]}},
        INVALID,
        "LOCAL_TIME_IN_GAP",
        "visit.segments[1].time.timed.start",
    ),
    "person-as-a-party": Case(
        CREATE,
        meeting(participants=[{"party": {"kind": "PARTY_KIND_PERSON", "id": "xi"}}]),
        INVALID,
        "INVALID_VALUE",
        "meeting.participants[0].party.kind",
    ),
    "member-with-a-party": Case(
        "CreateDelegation",
        {"parent": "calendars/c", "delegation": {"members": [{"party": {"region_code": "KZ"}}]}},
        INVALID,
        "INVALID_VALUE",
        "delegation.members[0].party",
    ),
    "arrival-unknown-zone": Case(
        "CreateDelegation",
        {"parent": "calendars/c", "delegation": {"members": [{"arrival": {"timed": {"start": {"civil_time": TEN, "time_zone": "X/Y"}}}}]}},
        INVALID,
        "UNKNOWN_TIME_ZONE",
        "delegation.members[0].arrival.timed.start.time_zone",
    ),
    "published-nonsense": Case(
        CREATE, meeting(sources=[{"id": "s", "published": "last week"}]), INVALID, "INVALID_TIME", "meeting.sources[0].published"
    ),
    "claim-without-source": Case(
        CREATE,
        meeting(claims=[{"source_id": "gazette", "field_path": "time"}]),
        INVALID,
        "REFERENCE_NOT_FOUND",
        "meeting.claims[0].source_id",
    ),
    "claim-of-no-field": Case(
        CREATE,
        meeting(sources=[{"id": "s"}], claims=[{"source_id": "s", "field_path": "tittles"}]),
        INVALID,
        "UNKNOWN_FIELD_PATH",
        "meeting.claims[0].field_path",
    ),
    "nul": Case(
        CREATE, meeting(titles=[{"text": "a\0b"}]), INVALID, "FORBIDDEN_CHARACTER", "meeting.titles[0].text"
    ),
    "newline-in-title": Case(
        CREATE, meeting(titles=[{"text": "a\r\nX-INJECTED:1"}]), INVALID, "FORBIDDEN_CHARACTER", "meeting.titles[0].text"
    ),
    "bidi-override": Case(
        CREATE, meeting(titles=[{"text": "a\u202eb"}]), INVALID, "FORBIDDEN_CHARACTER", "meeting.titles[0].text"
    ),
    "label-control": Case(CREATE, meeting(labels={"k": "a\x07"}), INVALID, "FORBIDDEN_CHARACTER", "meeting.labels[k]"),
    "long-title": Case(
        CREATE, meeting(titles=[{"text": "x" * 1025}]), INVALID, "TEXT_TOO_LONG", "meeting.titles[0].text"
    ),
    "many-titles": Case(
        CREATE, meeting(titles=[{"text": "x"}] * 17), INVALID, "TOO_MANY_VALUES", "meeting.titles"
    ),
    "five-megabytes": Case(
        CREATE,
        meeting(summaries=[{"text": "short"}, {"text": "x" * 5_000_000}]),
        "RESOURCE_EXHAUSTED",
        "MESSAGE_TOO_LARGE",
        "meeting.summaries[1].text",
    ),
    "language": Case(
        CREATE, meeting(titles=[{"text": "x", "language_code": "not a tag"}]), INVALID, "INVALID_VALUE", "meeting.titles[0].language_code"
    ),
    "javascript-link": Case(
        CREATE, meeting(links=[{"url": "javascript:alert(1)"}]), INVALID, "INVALID_VALUE", "meeting.links[0].url"
    ),
    "latitude": Case(
        CREATE, meeting(places=[{"position": {"latitude": 91}}]), INVALID, "INVALID_VALUE", "meeting.places[0].position.latitude"
    ),
    "unknown-enum": Case(CREATE, meeting(status=99), INVALID, "INVALID_VALUE", "meeting.status"),
    "bad-id": Case(
        CREATE, {**meeting(), "meeting_id": "SCO 24"}, INVALID, "INVALID_ID", "meeting_id"
    ),
    "no-record": Case(CREATE, {"parent": "calendars/c"}, INVALID, "REQUIRED_FIELD_MISSING", "meeting"),
    "bad-parent": Case(
        CREATE, {"parent": "calendar/c", "meeting": {}}, INVALID, "INVALID_NAME", "parent"
    ),
    "missing-parent": Case(
        CREATE, {"parent": "calendars/none", "meeting": {}}, "NOT_FOUND", "PARENT_NOT_FOUND", "parent"
    ),
    "missing-event": Case(
        CREATE, meeting(parent_event="calendars/c/summits/none"), "NOT_FOUND", "PARENT_NOT_FOUND", "meeting.parent_event"
    ),
    "foreign-event": Case(
        CREATE, meeting(parent_event="calendars/d/summits/x"), "NOT_FOUND", "PARENT_NOT_FOUND", "meeting.parent_event"
    ),
    "visits-no-summit": Case(
        "CreateVisit",
        {"parent": "calendars/c", "visit": {"summit": "calendars/c/summits/none"}},
        "NOT_FOUND", "PARENT_NOT_FOUND", "visit.summit",
    ),
    "visits-a-visit": Case(
        "CreateVisit",
        {"parent": "calendars/c", "visit": {"summit": "calendars/c/visits/v"}},
        "NOT_FOUND", "PARENT_NOT_FOUND", "visit.summit",
    ),
    "attends-nothing": Case(
        "CreateDelegation",
        {"parent": "calendars/c", "delegation": {"engagements": [{"event": "calendars/c/summits/none"}]}},
        "NOT_FOUND",
        "PARENT_NOT_FOUND",
        "delegation.engagements[0].event",
    ),
    "existing-id": Case(
        "CreateSummit", {"parent": "calendars/c", "summit_id": "s", "summit": {}}, "ALREADY_EXISTS", "RECORD_EXISTS", "summit_id"
    ),
    "existing-calendar": Case(
        "CreateCalendar", {"calendar_id": "c", "calendar": {}}, "ALREADY_EXISTS", "RECORD_EXISTS", "calendar_id"
    ),
    "existing-uid": Case(
        "CreateSummit",
        {"parent": "calendars/c", "summit_id": "t", "summit": {"ical_uid": "s@example.org"}},
        "ALREADY_EXISTS",
        "UID_EXISTS",
        "summit.ical_uid",
    ),
    "mask-path": Case(
        "UpdateSummit",
        {"summit": {"name": "calendars/c/summits/s"}, "update_mask": "tittles"},
        INVALID,
        "UNKNOWN_FIELD_PATH",
        "update_mask",
    ),
    "stale-etag": Case(
        "UpdateSummit",
        {"summit": {"name": "calendars/c/summits/s", "etag": '"old"', "series": "x"}},
        "ABORTED",
        "ETAG_MISMATCH",
        "summit.etag",
    ),
    "stale-etag-delete": Case(
        "DeleteSummit", {"name": "calendars/c/summits/s", "etag": '"old"'}, "ABORTED", "ETAG_MISMATCH", "etag"
    ),
    "change-uid": Case(
        "UpdateSummit",
        {"summit": {"name": "calendars/c/summits/s", "ical_uid": "other"}},
        INVALID,
        "IMMUTABLE_FIELD",
        "summit.ical_uid",
    ),
    "update-nothing": Case(
        "UpdateSummit", {"summit": {"name": "calendars/c/summits/none"}}, "NOT_FOUND", "RECORD_NOT_FOUND", "summit.name"
    ),
    "get-nothing": Case("GetSummit", {"name": "calendars/c/summits/none"}, "NOT_FOUND", "RECORD_NOT_FOUND", "name"),
    "get-other-kind": Case("GetSummit", {"name": "calendars/c/visits/v"}, INVALID, "INVALID_NAME", "name"),
    "get-traversal": Case("GetCalendar", {"name": "calendars/.."}, INVALID, "INVALID_NAME", "name"),
    "batch-one-missing": Case(
        "BatchGetSummits",
        {"names": ["calendars/c/summits/s", "calendars/c/summits/none"]},
        "NOT_FOUND",
        "RECORD_NOT_FOUND",
        "names[1]",
    ),
    "batch-too-many": Case(
        "BatchGetSummits", {"names": ["calendars/c/summits/s"] * 1001}, INVALID, "TOO_MANY_VALUES", "names"
    ),
    "calendar-not-empty": Case(
        "DeleteCalendar", {"name": "calendars/c"}, "FAILED_PRECONDITION", "CALENDAR_NOT_EMPTY", "name"
    ),
    "negative-page": Case(
        "ListSummits", {"parent": "calendars/c", "page_size": -1}, INVALID, "INVALID_VALUE", "page_size"
    ),
    "page-token": Case(
        "ListSummits", {"parent": "calendars/c", "page_token": "AAAA"}, INVALID, "INVALID_PAGE_TOKEN", "page_token"
    ),
    "no-window": Case("QueryAgenda", {"parent": "calendars/c"}, INVALID, "WINDOW_MISSING", "window"),
    "window-zone": Case(
        "QueryAgenda", window("2024-07-03", "Nowhere"), INVALID, "UNKNOWN_TIME_ZONE", "window.dates.time_zone"
    ),
    "window-date": Case(
        "QueryAgenda", window("2024-02-30"), INVALID, "INVALID_DATE", "window.dates.first_date"
    ),
    "window-backwards": Case(
        "QueryAgenda",
        window("2024-07-04", last_date="2024-07-03"),
        INVALID,
        "END_BEFORE_START",
        "window.dates.last_date",
    ),
    "viewer-zone": Case(
        "QueryAgenda", {**window("2024-07-03"), "time_zone": "UTC+5"}, INVALID, "UNKNOWN_TIME_ZONE", "time_zone"
    ),
}  # fmt: skip


@pytest.fixture
def filled(api: Any) -> Any:
    api.create("summits", "s", ical_uid="s@example.org")
    return api


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_refused_with_reason_and_nothing_stored(filled: Any, case: Case) -> None:
    before = filled.revision()
    refusal = filled.refusal(case.rpc, **case.request)
    assert (refusal.code, refusal.reason, refusal.field) == (case.code, case.reason, case.field)
    assert refusal.metadata["field"] == case.field
    assert filled.revision() == before


def test_both_candidates_are_named(filled: Any) -> None:
    refusal = filled.refusal(CREATE, **meeting(start("2024-10-27T02:30")))
    assert refusal.metadata["earlier"] == "2024-10-27T00:30:00Z"
    assert refusal.metadata["later"] == "2024-10-27T01:30:00Z"


@pytest.mark.parametrize(
    ("choice", "instant"),
    [("EARLIER", "2024-10-27T00:30:00Z"), ("LATER", "2024-10-27T01:30:00Z"), ("COMPATIBLE", "2024-10-27T00:30:00Z")],
)  # fmt: skip
def test_disambiguation_settles_a_fold(filled: Any, choice: str, instant: str) -> None:
    time = start("2024-10-27T02:30", disambiguation=f"DISAMBIGUATION_{choice}")
    record = filled(CREATE, **meeting(time)).meeting
    assert record.time.resolved.interval.start_time.ToJsonString() == instant


def test_a_token_of_another_query_is_refused(filled: Any) -> None:
    filled.create("summits", "t")
    token = filled("ListSummits", parent="calendars/c", page_size=1).next_page_token
    fits = filled("ListSummits", parent="calendars/c", page_size=5, page_token=token)
    assert [summit.name for summit in fits.summits] == ["calendars/c/summits/t"]
    for changed_query in (
        {"parent": "calendars/-"},
        {"parent": "calendars/c", "filter": {"text": "x"}},
        {"parent": "calendars/c", "show_deleted": True},
    ):
        refusal = filled.refusal("ListSummits", page_token=token, **changed_query)
        assert refusal.reason == "INVALID_PAGE_TOKEN"


def test_bytes_that_are_no_message(filled: Any) -> None:
    assert filled.refusal("GetSummit", b"\xff\xff\xff").reason == "MALFORMED_REQUEST"


@pytest.mark.parametrize("size", [9_000_000])
def test_beyond_the_frame_limit_grpc_itself_refuses(filled: Any, size: int) -> None:
    with pytest.raises(grpc.RpcError) as caught:
        filled("GetSummit", b"x" * size)
    assert caught.value.code() is grpc.StatusCode.RESOURCE_EXHAUSTED
    assert filled("GetCalendar", name="calendars/c").calendar.name == "calendars/c"


@pytest.mark.parametrize(
    ("instant", "quoted"),
    [("2024-07-04T04:00:00.5Z", "2024-07-04T04:00:00.500Z"), ("1899-12-31T00:00:00Z",) * 2],
    ids=["fraction", "year-1899"],
)
def test_instant_that_cannot_be_is_quoted_as_given(filled: Any, instant: str, quoted: str) -> None:
    time = {"timed": {"start": {"instant": instant}}}
    refusal = filled.refusal(CREATE, **meeting(time))
    assert (refusal.reason, refusal.field) == ("INVALID_TIME", "meeting.time.timed.start.instant")
    assert refusal.metadata["value"] == quoted
    assert quoted in refusal.message and "whole seconds" in refusal.message
