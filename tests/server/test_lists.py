"""Lists and the agenda: their orders, their totals and the basic view of what is in them."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from google.protobuf import json_format
from hypothesis import given, settings
from hypothesis import strategies as st

from summitry.kinds import BY_COLLECTION, KINDS, unpack
from summitry_server.domain.records import basic_view
from summitry_server.services import listings
from summitry_server.wire.frames import frame_of, unframe
from tests.api import PROTOS
from tests.random_records import records

ALL_TIME = {"dates": {"open_start": True, "open_end": True, "time_zone": "Asia/Almaty"}}
HOSTS = ("KZ", "FR", "HU", "RS", "PE")


def on(day: str, last: str = "") -> dict[str, Any]:
    return {"dates": {"first_date": day, "last_date": last or day}}


def at(hour: str) -> dict[str, Any]:
    return {"timed": {"start": {"civil_time": hour, "time_zone": "Asia/Almaty"}}}


def ids(items: Any) -> list[str]:
    return [item.name.rpartition("/")[2] for item in items]


def all_pages(send: Callable[..., Any], field: str, size: int) -> list[Any]:
    token, items = "", []
    while True:
        page = send(page_size=size, page_token=token)
        items += getattr(page, field)
        if not (token := page.next_page_token):
            return items


@pytest.fixture(params=["memory", "sqlite"])
def desk(request: Any, start: Any, api_class: Any, tmp_path: Any) -> Any:
    """Return a calendar with five visits of one person in 2024, another's, and an undated one."""
    url = "memory:" if request.param == "memory" else f"sqlite:///{tmp_path}/s.db"
    api = api_class(start("--http", "off", "--store", url).channel)
    api.create("calendars", "c")
    for month, host in enumerate(HOSTS, 4):
        name = f"xi-{host.lower()}"
        guest = {"principals": [{"id": "xi-jinping"}], "host": {"region_code": host}}
        api.create("visits", name, time=on(f"2024-{month:02}-05", f"2024-{month:02}-07"), **guest)
    api.create("visits", "macron-rs", time=on("2024-08-29"), principals=[{"id": "macron"}])
    api.create("visits", "undated", principals=[{"id": "xi-jinping"}])
    return api


class TestOrder:
    @pytest.mark.parametrize(
        ("order_by", "expected"),
        [
            ("", "macron-rs undated xi-fr xi-hu xi-kz xi-pe xi-rs"),
            ("name", "macron-rs undated xi-fr xi-hu xi-kz xi-pe xi-rs"),
            ("name desc", "xi-rs xi-pe xi-kz xi-hu xi-fr undated macron-rs"),
            ("time", "xi-kz xi-fr xi-hu xi-rs xi-pe macron-rs"),
            ("  time   desc ", "macron-rs xi-pe xi-rs xi-hu xi-fr xi-kz"),
        ],
    )
    @pytest.mark.parametrize("size", [1, 2, 100])
    def test_of_a_list(self, desk: Any, order_by: str, expected: str, size: int) -> None:
        def send(**page: Any) -> Any:
            return desk("ListVisits", parent="calendars/c", order_by=order_by, **page)

        assert ids(all_pages(send, "visits", size)) == expected.split()

    def test_of_a_list_with_a_window(self, desk: Any) -> None:
        window = {"dates": {"first_date": "2024-05-06", "last_date": "2024-07-05"}}
        window["dates"]["time_zone"] = "UTC"
        for order_by, expected in (
            ("", ["xi-fr", "xi-hu", "xi-rs"]),
            ("time desc", ["xi-rs", "xi-hu", "xi-fr"]),
        ):
            answer = desk("ListVisits", parent="calendars/c", window=window, order_by=order_by)
            assert ids(answer.visits) == expected

    @pytest.mark.parametrize("as_of", [False, True], ids=["now", "then"])
    def test_the_last_visit_of_a_person(self, desk: Any, as_of: bool) -> None:
        """With one request: of a list, and of the agenda over all of time."""
        question: dict[str, Any] = {
            "filter": {"persons": ["Xi Jinping"]},
            "order_by": "time desc",
            "page_size": 1,
        }
        if as_of:
            question["as_of"] = desk.at(desk.revision())
            desk.create("visits", "later", time=on("2025-01-01"), principals=[{"id": "xi-jinping"}])
        answer = desk("ListVisits", parent="calendars/c", **question)
        assert ids(answer.visits) == ["xi-pe"]
        answer = desk("QueryAgenda", parent="calendars/-", window=ALL_TIME, **question)
        assert [item.record.visit.host.region_code for item in answer.items] == ["PE"]

    def test_shows_deleted_records_from_the_end_too(self, desk: Any) -> None:
        desk("DeleteVisit", name="calendars/c/visits/xi-rs")
        question = {"parent": "calendars/c", "order_by": "name desc", "page_size": 2}
        then = {"as_of": desk.at(desk.revision())}
        assert ids(desk("ListVisits", **question).visits) == ["xi-pe", "xi-kz"]
        desk.create("visits", "zz")
        assert ids(desk("ListVisits", **question, show_deleted=True).visits) == ["zz", "xi-rs"]
        assert ids(desk("ListVisits", **question, **then).visits) == ["xi-pe", "xi-kz"]
        answer = desk("ListVisits", **question, **then, show_deleted=True)
        assert ids(answer.visits) == ["xi-rs", "xi-pe"]

    @pytest.mark.parametrize(
        ("rpc", "order_by", "window", "allowed"),
        [
            ("ListVisits", "title", False, "name, name desc, time, time desc"),
            ("ListVisits", "time asc", False, "name, name desc, time, time desc"),
            ("ListVisits", "name,time", False, "name, name desc, time, time desc"),
            ("ListVisits", "name", True, "time, time desc"),
            ("ListCalendars", "time", False, "name, name desc"),
            ("ListFeeds", "TIME", False, "name, name desc"),
            ("QueryAgenda", "name", True, "time, time desc"),
        ],
    )
    def test_others_are_refused(
        self, desk: Any, rpc: str, order_by: str, window: bool, allowed: str
    ) -> None:
        request: dict[str, Any] = {} if rpc == "ListCalendars" else {"parent": "calendars/c"}
        if window:
            request["window"] = ALL_TIME
        refusal = desk.refusal(rpc, order_by=order_by, **request)
        assert (refusal.reason, refusal.field) == ("INVALID_ORDER", "order_by")
        assert (refusal.metadata["value"], refusal.metadata["allowed"]) == (order_by, allowed)

    def test_a_token_is_of_one_order(self, desk: Any) -> None:
        page = desk("ListVisits", parent="calendars/c", page_size=1)
        refusal = desk.refusal(
            "ListVisits",
            parent="calendars/c",
            order_by="name desc",
            page_token=page.next_page_token,
        )
        assert refusal.reason == "INVALID_PAGE_TOKEN"


class TestTotal:
    @pytest.mark.parametrize("size", [1, 3, 100])
    @pytest.mark.parametrize(
        ("more", "expected"),
        [
            ({}, 7),
            ({"order_by": "time desc"}, 6),
            ({"filter": {"persons": ["xi-jinping"]}}, 6),
            ({"filter": {"persons": ["nobody"]}}, 0),
            ({"window": ALL_TIME, "filter": {"hosts": ["KZ"]}}, 1),
        ],
        ids=["all", "with a time", "of a person", "none", "of a window"],
    )
    def test_counts_all_pages(self, desk: Any, size: int, more: Any, expected: int) -> None:
        question = {"parent": "calendars/c", "page_size": size, "include_total_size": True, **more}
        then = desk.at(desk.revision())
        for state in ({}, {"as_of": then}):
            page = desk("ListVisits", **question, **state)
            assert page.HasField("total_size")
            assert page.total_size == expected
            if page.next_page_token:
                following = {**question, **state, "page_token": page.next_page_token}
                assert not desk("ListVisits", **following).HasField("total_size")
            # So that the second round reads the past.
            if state == {}:
                desk.create("visits", "later", time=on("2024-07-03"))

    def test_counts_the_agenda(self, desk: Any) -> None:
        desk.create("meetings", "timed", time=at("2024-07-03T10:00"))
        question = {"parent": "calendars/-", "window": ALL_TIME, "include_total_size": True}
        assert desk("QueryAgenda", **question, page_size=2).total_size == 7
        assert (
            desk("QueryAgenda", **question, filter={"kinds": ["RECORD_KIND_MEETING"]}).total_size
            == 1
        )

    def test_counts_deleted_records_that_are_shown_and_no_purged_ones(self, desk: Any) -> None:
        for id in ("xi-kz", "xi-fr"):
            desk("DeleteVisit", name=f"calendars/c/visits/{id}")
        desk("PurgeVisit", name="calendars/c/visits/xi-fr")
        question = {"parent": "calendars/c", "include_total_size": True}
        assert desk("ListVisits", **question).total_size == 5
        assert desk("ListVisits", **question, show_deleted=True).total_size == 6
        question["as_of"] = desk.at(desk.revision())
        desk.create("visits", "new")
        assert desk("ListVisits", **question).total_size == 5
        assert desk("ListVisits", **question, show_deleted=True).total_size == 6

    def test_is_absent_unasked_and_beyond_the_bound(
        self, desk: Any, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        assert not desk("ListVisits", parent="calendars/c").HasField("total_size")
        question = {"parent": "calendars/c", "include_total_size": True, "page_size": 1}
        for bound, is_set in ((7, True), (6, False)):
            monkeypatch.setattr(listings, "MOST_COUNTED", bound)
            desk.create("meetings", f"m{bound}")  # another revision: answers are cached
            assert desk("ListVisits", **question).HasField("total_size") == is_set
            agenda = {**question, "window": ALL_TIME}
            assert desk("QueryAgenda", **agenda).HasField("total_size")


def basic(record: Any) -> Any:
    """Return what the basic view has of a record, made field by field."""
    view = type(record)()
    view.CopyFrom(record)
    for field, _ in record.ListFields():
        if field.name not in basic_view.FIELDS:
            view.ClearField(field.name)
    view.etag = f"W/{record.etag}"
    return view


class TestBasicView:
    def test_has_the_fields_that_the_proto_lists(self) -> None:
        text = (PROTOS / "summitry/v1/record_view.proto").read_text(encoding="utf-8")
        comment = re.split(r"RECORD_VIEW_\w+ = \d;", text)[1].replace("\n  //", "")
        listed = comment.partition("RecordHeader:")[2].partition(". The etag")[0]
        words = re.findall(r"[a-z_]+", listed.replace("(with resolved)", "").replace(" and ", " "))
        assert sorted(words) == sorted(basic_view.FIELDS)

    @pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.singular)
    @given(data=st.data())
    @settings(max_examples=20)
    def test_of_a_frame_is_what_the_fields_say(self, kind: Any, data: st.DataObject) -> None:
        _, fields = data.draw(records((kind,)))
        record = json_format.ParseDict(fields, kind.message())
        record.etag = '"7-0123456789abcdef"'
        frame = basic_view.basic(frame_of(record))
        assert unframe(kind.message, frame) == basic(record)

    @pytest.mark.parametrize("collection", BY_COLLECTION)
    def test_of_each_read_of_each_kind(self, astana_api: Any, collection: str) -> None:
        noun = BY_COLLECTION[collection].message.DESCRIPTOR.name
        parent = {} if collection == "calendars" else {"parent": "calendars/-"}

        def listed(**more: Any) -> list[Any]:
            return list(getattr(astana_api(f"List{noun}s", **parent, **more), collection))

        whole = listed()
        view = {"view": "RECORD_VIEW_BASIC"}
        assert listed(**view) == [basic(record) for record in whole]
        for more in ({"order_by": "name desc"}, {"window": ALL_TIME}):
            assert listed(**view, **more) == [basic(record) for record in listed(**more)]
        names = [record.name for record in whole]
        if names:
            batch = astana_api(f"BatchGet{noun}s", names=names, **view)
            assert list(getattr(batch, collection)) == [basic(record) for record in whole]
            answer = astana_api(f"Get{noun}", name=names[0], **view)
            assert getattr(answer, noun.lower()) == basic(whole[0])

    def test_of_the_agenda(self, astana_api: Any) -> None:
        question = {"parent": "calendars/-", "window": ALL_TIME, "page_size": 1000}
        whole = astana_api("QueryAgenda", **question).items
        basic_items = astana_api("QueryAgenda", **question, view="RECORD_VIEW_BASIC").items
        assert [unpack(item.record) for item in basic_items] == [
            basic(unpack(i.record)) for i in whole
        ]
        for item in (*whole, *basic_items):
            getattr(item.record, item.record.WhichOneof("record")).Clear()
        assert list(basic_items) == list(whole)

    def test_full_is_the_default(self, astana_api: Any) -> None:
        name = "calendars/astana-2024/summits/sco-24"
        answers = [
            astana_api("GetSummit", name=name, view=f"RECORD_VIEW_{view}").summit
            for view in ("UNSPECIFIED", "FULL")
        ]
        assert answers == [astana_api("GetSummit", name=name).summit] * 2
        assert answers[0].sources

    def test_its_etag_guards_all_but_a_replacement(self, desk: Any) -> None:
        """A record that a client read in part must not become the whole."""
        name = "calendars/c/visits/xi-kz"

        def read() -> Any:
            return desk("GetVisit", name=name, view="RECORD_VIEW_BASIC").visit

        sent = read()
        sent.labels["a"] = "1"
        replacement = desk.message("UpdateVisit", replace=True)
        replacement.visit.CopyFrom(sent)
        refusal = desk.refusal("UpdateVisit", replacement)
        assert (refusal.reason, refusal.field) == ("ETAG_MISMATCH", "visit.etag")
        assert "the view FULL" in refusal.message
        update = desk.message("UpdateVisit")
        update.visit.CopyFrom(sent)
        changed = desk("UpdateVisit", update).visit
        assert changed.labels["a"] == "1"
        assert changed.principals[0].id == "xi-jinping"
        assert desk.refusal("UpdateVisit", update).reason == "ETAG_MISMATCH"
        assert desk.refusal("DeleteVisit", name=name, etag=sent.etag).reason == "ETAG_MISMATCH"
        assert desk("DeleteVisit", name=name, etag=read().etag).visit.HasField("delete_time")


class TestDisputed:
    @pytest.fixture
    def claimed(self, api: Any) -> Any:
        for id, outcomes in (("agreed", ["4"]), ("disputed", ["4", "5"]), ("silent", [])):
            sources = [{"id": f"s{n}", "publisher": "p"} for n in range(len(outcomes))]
            claims = [
                {"field_path": "edition", "source_id": f"s{n}", "number": number}
                for n, number in enumerate(outcomes)
            ]
            api.create("summits", id, sources=sources, claims=claims, time=on("2024-07-03"))
        return api

    @pytest.mark.parametrize(
        ("filter", "expected"),
        [
            ({}, {"agreed", "disputed", "silent"}),
            ({"disputed": True}, {"disputed"}),
            ({"disputed": False}, {"agreed", "silent"}),
        ],
        ids=["unset", "true", "false"],
    )
    def test_has_three_answers(self, claimed: Any, filter: Any, expected: set[str]) -> None:
        answer = claimed("ListSummits", parent="calendars/c", filter=filter)
        assert set(ids(answer.summits)) == expected
        window = {"dates": {"first_date": "2024-07-03", "time_zone": "UTC"}}
        items = claimed("QueryAgenda", parent="calendars/-", window=window, filter=filter).items
        assert {item.record.name.rpartition("/")[2] for item in items} == expected


def dated(first: str, last: str, **more: Any) -> Any:
    return {"dates": {"first_date": first, "last_date": last, "time_zone": "UTC", **more}}


class TestOpenWindows:
    @pytest.mark.parametrize(
        ("window", "expected"),
        [
            (dated("2024-08-01", "", open_end=True), ["xi-pe", "macron-rs"]),
            (dated("", "2024-05-31", open_start=True), ["xi-kz", "xi-fr"]),
            (dated("", "2024-05-05"), ["xi-fr"]),
            (dated("2024-05-05", ""), ["xi-fr"]),
            (
                dated("2024-08-07", "", open_end=True, time_zone="Asia/Tokyo"),
                ["xi-pe", "macron-rs"],
            ),
            (
                {
                    **dated("2024-08-01", "", open_end=True),
                    "date_matching": "DATE_MATCHING_BY_PLACE",
                },
                ["xi-pe", "macron-rs"],
            ),
        ],
        ids=[
            "from a day",
            "up to a day",
            "last day alone",
            "first day alone",
            "in progress",
            "by place",
        ],
    )
    def test_have_no_end(self, desk: Any, window: Any, expected: list[str]) -> None:
        items = desk("QueryAgenda", parent="calendars/c", window=window).items
        assert [item.record.name.rpartition("/")[2] for item in items] == expected

    @pytest.mark.parametrize(
        ("window", "reason", "field"),
        [
            (dated("2024-07-03", "", open_start=True), "INVALID_VALUE", "first_date"),
            (dated("", "2024-07-03", open_end=True), "INVALID_VALUE", "last_date"),
            (dated("", "", open_start=True), "REQUIRED_FIELD_MISSING", "last_date"),
            (dated("", ""), "REQUIRED_FIELD_MISSING", "first_date"),
        ],
        ids=["day at an open start", "day at an open end", "no last day", "no day"],
    )
    def test_contradictions_are_refused(
        self, desk: Any, window: Any, reason: str, field: str
    ) -> None:
        refusal = desk.refusal("QueryAgenda", parent="calendars/c", window=window)
        assert (refusal.reason, refusal.field) == (reason, f"window.dates.{field}")

    @pytest.mark.parametrize("end", ["open_start", "open_end"])
    def test_meetings_need_days(self, desk: Any, end: str) -> None:
        day = {"last_date" if end == "open_start" else "first_date": "2024-07-03"}
        window = {"dates": {**day, end: True, "time_zone": "UTC"}}
        refusal = desk.refusal(
            "FindMeetingWindows",
            parent="calendars/c",
            attendees=[{"person": "xi-jinping"}],
            duration="1800s",
            window=window,
        )
        assert (refusal.reason, refusal.field) == ("INVALID_VALUE", f"window.dates.{end}")
