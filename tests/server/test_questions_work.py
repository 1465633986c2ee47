"""What questions about people cost: records that are read, limits, and what pages have in common."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import grpc
import pytest

from summitry.v1 import agenda_service_pb2
from summitry.v1.agenda_service_pb2 import FindConflictsRequest
from summitry_server.app import Application
from summitry_server.config import parse_config
from summitry_server.context import LOCAL_CALL, Call, Caller
from summitry_server.domain.conflicts import conflicts
from summitry_server.domain.people import engagements
from summitry_server.services import meeting_windows as windows
from summitry_server.services import presence
from summitry_server.services import related_records as gathering
from summitry_server.services.agenda import AgendaService
from summitry_server.services.prepared_answers import Prepared, calendar_key, question_key
from summitry_server.store.contract import Point

NOW, LATER, RESTORED = Point(5, "a"), Point(6, "b"), Point(5, "c")
YEAR = {"first_date": "2024-01-01", "last_date": "2024-12-31", "time_zone": "UTC"}
XI = {"id": "xi"}


def request_of(first_page: bool = True, **more: Any) -> FindConflictsRequest:
    token = {} if first_page else {"page_token": "t", "page_size": 7}
    return FindConflictsRequest(parent="calendars/c", **token, **more)


def fresh(value: str, size: int = 10) -> Callable[[], tuple[str, int]]:
    return lambda: (value, size)


KEY = question_key(request_of(), LOCAL_CALL)
OTHER_VIEW = Call("id", Caller("somebody", view="public"))
# (key, point, the value that is given): "kept" is what was put under KEY at NOW.
LOOKS = {
    "the same question": (KEY, NOW, "kept"),
    "another page of it": (question_key(request_of(first_page=False), LOCAL_CALL), NOW, "kept"),
    "a later revision": (KEY, LATER, "fresh"),
    "a restored store": (KEY, RESTORED, "fresh"),
    "another view": (question_key(request_of(), OTHER_VIEW), NOW, "fresh"),
    "another question": (question_key(request_of(kinds=[1]), LOCAL_CALL), NOW, "fresh"),
    "a directory": (calendar_key("directory", "calendars/c", LOCAL_CALL), NOW, "fresh"),
}


@pytest.mark.parametrize(("key", "point", "expected"), LOOKS.values(), ids=LOOKS)
def test_prepared_answer_is_used_for_one_question_at_one_point(
    key: Any, point: Point, expected: str
) -> None:
    prepared = Prepared(100)
    assert prepared.get(KEY, NOW, fresh("kept")) == "kept"
    assert prepared.get(key, point, fresh("fresh")) == expected


def test_prepared_answers_stay_within_their_memory() -> None:
    prepared = Prepared(100)
    sizes = {"a": 40, "b": 40, "c": 40, "too large": 101}
    for name, size in sizes.items():
        prepared.get(("", name.encode()), NOW, fresh(name, size))
    answers = {name: prepared.get(("", name.encode()), NOW, fresh("new", 0)) for name in sizes}
    assert answers == {"a": "new", "b": "b", "c": "c", "too large": "new"}


def test_values_of_earlier_revisions_make_room() -> None:
    prepared = Prepared(100)
    prepared.get(("", b"a"), NOW, fresh("a", 90))
    prepared.get(("", b"b"), LATER, fresh("b", 10))
    assert prepared.get(("", b"a"), NOW, fresh("new")) == "new"


def timed(start: str, end: str) -> dict[str, Any]:
    span = {"start": {"civil_time": start}, "end": {"civil_time": end}}
    return {"timed": {key: {**endpoint, "time_zone": "UTC"} for key, endpoint in span.items()}}


def days(first: str, last: str) -> dict[str, Any]:
    return {"dates": {"first_date": first, "last_date": last}}


REQUESTS: dict[str, dict[str, Any]] = {
    "FindConflicts": {"window": {"dates": YEAR}},
    "LocatePrincipals": {"persons": ["xi"], "window": {"dates": YEAR}},
    "FindMeetingWindows": {
        "attendees": [{"person": "xi"}],
        "window": {"dates": YEAR},
        "duration": "1800s",
    },
}


def fill(api: Any, count: int = 6) -> None:
    for number in range(count):
        day = f"2024-07-{number + 1:02}"
        people = {"principals": [XI], "places": [{"region_code": "FR"}]}
        api.create("visits", f"v{number}", time=days("2024-07-01", "2024-07-09"), **people)
        noon = timed(f"{day}T10:00", f"{day}T11:00")
        api.create("meetings", f"m{number}", time=noon, participants=[{"person": XI}])


LIMITS = {
    "records": (gathering, "MOST_RECORDS", 11, ("LocatePrincipals", "FindMeetingWindows")),
    "bytes": (gathering, "MOST_BYTES", 1000, tuple(REQUESTS)),
    "parts compared": (conflicts, "MOST_PARTS", 5, ("FindConflicts",)),
    "stays": (presence, "MOST_PARTS", 5, ("LocatePrincipals",)),
    "engagements and busy times": (windows, "MOST_PARTS", 5, ("FindMeetingWindows",)),
}


@pytest.mark.parametrize(("module", "name", "limit", "rpcs"), LIMITS.values(), ids=LIMITS)
def test_a_question_beyond_a_limit_is_refused(
    api: Any, monkeypatch: pytest.MonkeyPatch, module: Any, name: str, limit: int, rpcs: Any
) -> None:
    fill(api)
    monkeypatch.setattr(module, name, limit)
    for rpc in rpcs:
        refusal = api.refusal(rpc, parent="calendars/c", **REQUESTS[rpc])
        assert (refusal.code, refusal.reason) == ("INVALID_ARGUMENT", "TOO_MANY_VALUES")
        assert "shorter window" in refusal.message


def test_records_count_over_all_kinds_and_just_enough_are_answered(
    api: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    fill(api)
    monkeypatch.setattr(gathering, "MOST_RECORDS", 12)
    for rpc, request in REQUESTS.items():
        assert api(rpc, parent="calendars/c", **request).header.revision


def test_delegations_to_other_events_count_for_no_limit(
    api: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    api.create("summits", "s", time=days("2020-07-01", "2020-07-02"))
    for number in range(5):
        attends = [{"event": "calendars/c/summits/s"}]
        api.create("delegations", f"d{number}", engagements=attends)
    api.create("summits", "t", time=days("2024-07-01", "2024-07-02"))
    monkeypatch.setattr(gathering, "MOST_RECORDS", 1)
    request = REQUESTS["FindConflicts"]
    assert list(api("FindConflicts", parent="calendars/c", **request).conflicts) == []


@pytest.mark.parametrize("rpc", REQUESTS)
def test_pages_after_the_first_read_no_records(
    api: Any, monkeypatch: pytest.MonkeyPatch, rpc: str
) -> None:
    fill(api)
    read = counted(monkeypatch, gathering, "_record")
    request = {"parent": "calendars/c", **REQUESTS[rpc], "page_size": 1}
    page = api(rpc, **request)
    assert read
    read.clear()
    assert api(rpc, **request, page_token=page.next_page_token)
    assert not read
    api.create("notices", "n")
    assert api(rpc, **request, page_token=page.next_page_token)
    assert read


def counted(monkeypatch: pytest.MonkeyPatch, module: Any, name: str) -> list[int]:
    """Count the calls of a function, as the length of a list."""
    calls: list[int] = []
    function = getattr(module, name)

    def counting(*args: Any, **more: Any) -> Any:
        calls.append(1)
        return function(*args, **more)

    monkeypatch.setattr(module, name, counting)
    return calls


def test_only_members_who_are_asked_for_are_looked_at(
    api: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    api.create("summits", "s", time=days("2024-07-01", "2024-07-02"))
    members = [{"person": {"id": f"p{number}"}} for number in range(50)]
    attends = [{"event": "calendars/c/summits/s"}]
    api.create("delegations", "d", members=[*members, {"person": XI}], engagements=attends)
    looks = counted(monkeypatch, engagements, "_clip_to_journey")
    api("FindMeetingWindows", parent="calendars/c", **REQUESTS["FindMeetingWindows"])
    assert len(looks) == 1


def test_a_programme_is_looked_at_once_for_all_delegations(
    api: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    api.create("summits", "s", time=days("2024-07-01", "2024-07-09"))
    party, event = {"region_code": "FR"}, "calendars/c/summits/s"
    for number in range(8):
        noon = timed(f"2024-07-0{number + 1}T10:00", f"2024-07-0{number + 1}T11:00")
        people = {"participants": [{"party": party}], "parent_event": event}
        api.create("meetings", f"m{number}", time=noon, **people)
        api.create("delegations", f"d{number}", party=party, engagements=[{"event": event}])
    runs = counted(monkeypatch, engagements, "_runs")
    request = {**REQUESTS["FindMeetingWindows"], "attendees": [{"party": "FR"}]}
    answer = api("FindMeetingWindows", parent="calendars/c", **request)
    assert len(answer.blockers) == 16  # eight hours, and eight delegations on the ninth day
    assert len(runs) == 1


class GoneError(Exception):
    """The client has gone."""


@pytest.fixture
def application() -> Iterator[Application]:
    application = Application(parse_config(["--store", "memory:", "--grpc", "127.0.0.1:0"]))
    yield application
    application.stop()


@pytest.mark.parametrize("after", [0, 3])
@pytest.mark.parametrize("rpc", REQUESTS)
def test_a_question_ends_at_the_check_that_finds_nobody(
    application: Application, api_class: Any, rpc: str, after: int
) -> None:
    with grpc.insecure_channel(str(application.grpc_address)) as channel:
        api = api_class(channel)
        api.create("calendars", "c")
        fill(api)
        request = api.message(rpc, parent="calendars/c", **REQUESTS[rpc])
    checks: list[int] = []

    def check() -> None:
        checks.append(1)
        if len(checks) > after:
            raise GoneError

    descriptor = agenda_service_pb2.DESCRIPTOR.services_by_name["AgendaService"]
    call = Call("id", Caller("somebody"), check=check)
    with pytest.raises(GoneError):
        AgendaService(descriptor, application.backend).methods()[rpc](request, call)
    assert len(checks) == after + 1
