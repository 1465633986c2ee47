"""Questions about people through both clients, on the Astana calendar of July 2024."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from summitry import Filter, InvalidArgumentError
from summitry._calls.call import Call
from summitry._calls.requests import agenda
from summitry._calls.sync.paging import Pages
from summitry.v1.agenda_service_pb2 import Attendee, ConflictKind
from summitry.v1.filter_pb2 import Matching

Connect = Callable[..., Any]
JULY = {"first_date": "2024-07-02", "last_date": "2024-07-06", "time_zone": "Asia/Almaty"}


def test_where_somebody_is(connect: Connect, astana: Any) -> None:
    client = connect(astana.grpc)
    found = list(client.locate(["xi-jinping"], **JULY, possible=True))
    assert {one.person for one in found} == {"xi-jinping"}
    assert {place.region_code for one in found for place in one.places} == {"KZ", "TJ"}
    sure = list(client.locate(["xi-jinping"], **JULY))
    assert sure == [one for one in found if one.matching == Matching.MATCHING_CERTAIN]
    with pytest.raises(InvalidArgumentError, match="no record here names") as refused:
        list(client.locate(["xi-jinpin"], **JULY))
    assert refused.value.metadata["suggestions"] == "xi-jinping"


def test_what_cannot_be(connect: Connect, astana: Any) -> None:
    client = connect(astana.grpc)
    sidelines = ConflictKind.CONFLICT_KIND_SIDELINES
    found = list(client.conflicts(**JULY))
    assert {one.kind for one in found} >= {sidelines}
    assert list(client.conflicts(**JULY, kinds=[sidelines])) == [
        one for one in found if one.kind == sidelines
    ]
    wanted = Filter()
    wanted.window.dates.first_date, wanted.window.dates.last_date = "2024-07-02", "2024-07-06"
    wanted.window.dates.time_zone = "Asia/Almaty"
    assert list(client.conflicts(filter=wanted)) == found
    assert list(client.conflicts(filter=Filter(persons=["nobody"]), **JULY)) == []


def test_when_they_can_meet(connect: Connect, astana: Any) -> None:
    client = connect(astana.grpc)
    hours = {"opens": "09:00", "closes": "18:00", "time_zone": "Asia/Almaty"}
    attendees = [Attendee(person="xi-jinping", **hours), Attendee(party="KZ", **hours)]
    found = client.meeting_windows(attendees, **JULY, minutes=45, margin_minutes=15)
    names = {one.name.rpartition("/")[2] for one in found.blockers()}
    assert "xi-tokayev-talks" in names
    windows = list(found)
    assert windows
    assert all(one.minutes >= 45 for one in windows)
    assert client.header.revision


def test_pages_are_fetched_as_they_are_needed() -> None:
    """Three pages; the first is asked for once, though items and blockers both need it."""
    asked = []

    class Page:
        def __init__(self, number: int) -> None:
            self.items = [number]
            self.next_page_token = str(number + 1) if number < 2 else ""

    def ask(call: Call[Any]) -> Any:
        asked.append(call.request.page_token)
        return Page(int(call.request.page_token or 0))

    pages: Pages[Any] = Pages(ask, agenda.query("calendars/-", "2024-07-02"))
    assert asked == []
    pages._first_page()
    assert (list(pages), asked) == ([0, 1, 2], ["", "1", "2"])
