"""Questions about people through both clients, on the Astana calendar of July 2024."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from google.type.timeofday_pb2 import TimeOfDay

from summitry import Filter, InvalidArgumentError
from summitry._calls.call import PreparedCall
from summitry._calls.requests import agenda
from summitry._calls.sync.paging import Pages
from summitry.v1.agenda_service_pb2 import Attendee, ConflictKind
from summitry.v1.filter_pb2 import DateWindow, MatchCertainty, TimeWindow

Connect = Callable[..., Any]
JULY = {"first_date": "2024-07-02", "last_date": "2024-07-06", "time_zone": "Asia/Almaty"}


def test_locate_returns_the_places_of_a_person(connect: Connect, astana: Any) -> None:
    client = connect(astana.grpc)
    stays = list(client.locate(["xi-jinping"], **JULY, possible=True))
    assert {stay.person for stay in stays} == {"xi-jinping"}
    assert {place.region_code for stay in stays for place in stay.places} == {"KZ", "TJ"}
    sure = list(client.locate(["xi-jinping"], **JULY))
    assert sure == [
        stay for stay in stays if stay.matching == MatchCertainty.MATCH_CERTAINTY_CERTAIN
    ]
    with pytest.raises(InvalidArgumentError, match="no record here names") as refused:
        list(client.locate(["xi-jinpin"], **JULY))
    assert refused.value.metadata["suggestions"] == "xi-jinping"


def test_conflicts_are_found_by_window_and_filter(connect: Connect, astana: Any) -> None:
    client = connect(astana.grpc)
    sidelines = ConflictKind.CONFLICT_KIND_SIDELINES
    conflicts = list(client.conflicts(**JULY))
    assert {conflict.kind for conflict in conflicts} >= {sidelines}
    assert list(client.conflicts(**JULY, kinds=[sidelines])) == [
        conflict for conflict in conflicts if conflict.kind == sidelines
    ]
    days = DateWindow(first_date="2024-07-02", last_date="2024-07-06", time_zone="Asia/Almaty")
    assert list(client.conflicts(window=TimeWindow(dates=days))) == conflicts
    assert list(client.conflicts(filter=Filter(persons=["nobody"]), **JULY)) == []


def test_meeting_windows_fit_and_name_their_blockers(connect: Connect, astana: Any) -> None:
    client = connect(astana.grpc)
    hours: Any = {"opens": TimeOfDay(hours=9), "closes": TimeOfDay(hours=18)}
    hours["time_zone"] = "Asia/Almaty"
    attendees = [Attendee(person="xi-jinping", **hours), Attendee(party="KZ", **hours)]
    answer = client.meeting_windows(attendees, **JULY, minutes=45, margin_minutes=15)
    names = {item.name.rpartition("/")[2] for item in answer.blockers()}
    assert "xi-tokayev-talks" in names
    windows = list(answer)
    assert windows
    assert all(item.duration.seconds >= 45 * 60 for item in windows)
    assert client.header.revision


def test_pages_are_fetched_on_demand_and_once() -> None:
    """Three pages; the first is asked for once, though items and blockers both need it."""
    tokens = []

    class Page:
        def __init__(self, number: int) -> None:
            self.items = [number]
            self.next_page_token = str(number + 1) if number < 2 else ""

    def ask(call: PreparedCall[Any]) -> Any:
        tokens.append(call.request.page_token)
        return Page(int(call.request.page_token or 0))

    pages: Pages[Any] = Pages(ask, agenda.query("calendars/-", None))
    assert tokens == []
    pages._first_page()
    assert (list(pages), tokens) == ([0, 1, 2], ["", "1", "2"])


def test_agenda_can_begin_with_the_last_event(connect: Connect, astana: Any) -> None:
    client = connect(astana.grpc)
    items = list(client.agenda(**JULY))
    assert list(client.agenda(**JULY, order_by="time desc", page_size=3)) == items[::-1]
    assert client.count_agenda(**JULY) == len(items)
    basic = [item.record.name for item in client.agenda(**JULY, basic=True)]
    assert basic == [item.record.name for item in items]
    with pytest.raises(InvalidArgumentError) as refused:
        list(client.agenda(**JULY, order_by="title"))
    assert refused.value.reason == "INVALID_ORDER"
    assert refused.value.metadata["allowed"] == "time, time desc"


def test_lists_have_orders_totals_and_a_basic_view(connect: Connect, astana: Any) -> None:
    client = connect(astana.grpc)
    meetings = list(client.list("meetings"))
    assert list(client.list("meetings", order_by="name desc", page_size=2)) == meetings[::-1]
    assert client.count("meetings") == len(meetings)
    assert client.count("visits", filter=Filter(persons=["nobody"])) == 0
    last = next(iter(client.list("visits", order_by="time desc", page_size=1)))
    assert last.name == "calendars/astana-2024/visits/xi-tajikistan"
    names = [meeting.name for meeting in meetings]
    for basic in (list(client.list("meetings", basic=True)), client.batch_get(names, basic=True)):
        assert [meeting.name for meeting in basic] == names
        assert not any(meeting.sources for meeting in basic)
    record = client.get(names[0], basic=True)
    assert record.etag == f"W/{meetings[0].etag}"
