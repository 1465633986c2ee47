"""What was known then: Get, List and QueryAgenda as of a snapshot or a time."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import grpc
import pytest
from hypothesis import given
from hypothesis import strategies as st

from summitry.v1.as_of_pb2 import AsOf

NAME = "calendars/c/summits/sco-20"
NOVEMBER = {"first_date": "2020-11-01", "last_date": "2020-11-30", "time_zone": "Europe/Moscow"}


def when(text: str) -> int:
    return int(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp())


def at(text: str) -> dict[str, str]:
    return {"time": f"{text}Z"}


def agenda(api: Any, as_of: Any = None, **more: Any) -> Any:
    window = {"dates": NOVEMBER, "matching": "MATCH_CERTAINTY_POSSIBLE"}
    request = {} if as_of is None else {"as_of": as_of}
    return api("QueryAgenda", parent="calendars/c", window=window, **request, **more)


@pytest.fixture(params=["memory", "sqlite"])
def desk(request: Any, start: Any, api_class: Any, tmp_path: Any, clock: Any) -> Any:
    """Store the SCO summit of 2020 as it became known, with a calendar made in January."""
    clock.time = when("2020-01-02T09:00:00")
    url = "memory:" if request.param == "memory" else f"sqlite:///{tmp_path}/s.db"
    api = api_class(start("--http", "off", "--store", url).channel)
    assert api.revision() == 0
    api.create("calendars", "c")
    clock.time = when("2020-08-20T09:00:00")
    api.create("summits", "sco-20", time={"partial": {"edtf": "2020-11?"}}, labels={"v": "1"})
    api.create("summits", "other", time={"partial": {"edtf": "2020-11"}})
    clock.time = when("2020-10-12T09:00:00")
    days = {"dates": {"first_date": "2020-11-10", "last_date": "2020-11-10"}}
    api("UpdateSummit", summit={"name": NAME, "time": days, "labels": {"v": "2"}})
    clock.time = when("2020-12-01T09:00:00")
    api("DeleteSummit", name="calendars/c/summits/other")
    return api


def test_agenda_as_of_1_october_2020(desk: Any) -> None:
    """Announced as "possibly in November", then for 10 November: each answer of its day."""
    then = at("2020-10-01T00:00:00")
    window = {"dates": NOVEMBER, "matching": "MATCH_CERTAINTY_POSSIBLE"}
    answers = [
        desk("GetRevision", name=NAME, as_of=then).revision.record.summit,
        desk("GetSummit", name=NAME, as_of=then).summit,
        desk("BatchGetSummits", names=[NAME], as_of=then).summits[0],
        desk("ListSummits", parent="calendars/c", as_of=then).summits[1],
        desk("ListSummits", parent="calendars/c", window=window, as_of=then).summits[1],
        agenda(desk, then).items[1].record.summit,
    ]
    assert all(answer == answers[0] for answer in answers)
    assert answers[0].time.partial.edtf == "2020-11?" and answers[0].labels == {"v": "1"}
    sure = {"dates": {**NOVEMBER, "first_date": "2020-11-09", "last_date": "2020-11-11"}}
    assert not desk("QueryAgenda", parent="calendars/c", window=sure, as_of=then).items
    assert len(desk("QueryAgenda", parent="calendars/c", window=sure).items) == 1

    now = desk("GetSummit", name=NAME).summit
    assert now.time.dates.first_date == "2020-11-10"
    for later in (at("2020-10-12T09:00:00"), at("2026-01-01T00:00:00"), {}):
        assert desk("GetSummit", name=NAME, as_of=later).summit == now
        assert agenda(desk, later).items[-1].record.summit == now
    before = desk.refusal("GetSummit", name=NAME, as_of=at("2020-08-20T08:59:59"))
    assert (before.code, before.reason) == ("NOT_FOUND", "REVISION_NOT_FOUND")
    assert not agenda(desk, at("2020-08-20T08:59:59")).items
    assert not desk("ListCalendars", as_of=at("2019-01-01T00:00:00")).calendars


def test_answers_tell_which_state_they_show(desk: Any) -> None:
    head = desk.revision()
    answers = [desk("ListSummits", parent="calendars/c", as_of=desk.at(n)) for n in range(head + 1)]
    assert [answer.header.revision for answer in answers] == list(range(head + 1))
    assert [len(answer.summits) for answer in answers] == [0, 0, 1, 2, 2, 1]
    assert agenda(desk, at("2020-10-01T00:00:00")).header.revision == 3


def test_filters_and_deleted_ones_as_they_were(desk: Any) -> None:
    def listed(**fields: Any) -> list[str]:
        collected = desk("ListSummits", parent="calendars/c", **fields).summits
        return [summit.name.rpartition("/")[2] for summit in collected]

    first = {"labels": {"v": "1"}}
    assert listed(filter=first, as_of=desk.at(3)) == ["sco-20"]
    assert listed(filter=first) == []
    assert listed(as_of=desk.at(4)) == ["other", "sco-20"]
    assert listed(as_of=desk.at(5), show_deleted=True) == ["other", "sco-20"]
    assert desk("GetSummit", name="calendars/c/summits/other", as_of=desk.at(4)).summit.HasField(
        "delete_time"
    ) is False  # fmt: skip


def test_pages_stay_with_the_state_of_the_first(desk: Any, clock: Any) -> None:
    """A time that is not over yet means more at each page: the first page settles what it means."""
    clock.time = when("2020-12-02T09:00:00")
    api = desk
    for number in range(4):
        api.create("summits", f"s{number}", time={"partial": {"edtf": "2020-11"}})
    head = api.revision()
    for rpc, collection in (("ListSummits", "summits"), ("QueryAgenda", "items")):
        for as_of in (at("2020-12-02T09:00:00"), at("2030-01-01T00:00:00"), api.at(head)):
            request = {"parent": "calendars/c", "as_of": as_of, "page_size": 2}
            if rpc == "QueryAgenda":
                request["window"] = {"dates": NOVEMBER, "matching": "MATCH_CERTAINTY_POSSIBLE"}
            pages = [api(rpc, **request)]
            while token := pages[-1].next_page_token:
                api("UpdateSummit", summit={"name": NAME, "labels": {"n": token[:200]}})
                pages.append(api(rpc, page_token=token, **request))
            items = [item for page in pages for item in getattr(page, collection)]
            summits = [getattr(item, "record", item) for item in items]
            assert len({summit.name for summit in summits}) == len(summits) == 5
            assert {page.header.revision for page in pages} == {pages[0].header.revision}
            api("UpdateSummit", summit={"name": NAME}, update_mask="labels")
            head = api.revision()


REFUSED = {
    "a revision": "5",
    "no token": "nonsense",
    "empty": "",
    "a letter is different": "ALTERED",
    "of another store": "OTHER",
}


@pytest.mark.parametrize("case", REFUSED)
def test_forged_snapshot_is_refused(desk: Any, case: str, start: Any, api_class: Any) -> None:
    snapshot = REFUSED[case]
    if snapshot == "ALTERED":
        true = desk.snapshot()
        snapshot = f"{true[:20]}{'A' if true[20] != 'A' else 'B'}{true[21:]}"
    elif snapshot == "OTHER":
        snapshot = api_class(start("--http", "off").channel).snapshot()
    as_of = {"snapshot": snapshot}
    for refusal in (
        desk.refusal("GetSummit", name=NAME, as_of=as_of),
        desk.refusal("ListSummits", parent="calendars/c", as_of=as_of),
        desk.refusal("BatchGetSummits", names=[NAME], as_of=as_of),
        desk.refusal("GetRevision", name=NAME, as_of=as_of),
    ):
        assert (refusal.code, refusal.reason) == ("INVALID_ARGUMENT", "INVALID_SNAPSHOT")
        assert refusal.field == "as_of.snapshot"


def test_compacted_state_is_refused(start: Any, api_class: Any) -> None:
    service = start("--http", "off")
    api = api_class(service.channel)
    api.create("calendars", "c")
    for series in "wxyz":
        api("UpdateSummit", summit={"name": NAME, "series": series}, allow_missing=True)
    service.application._store.compact(4)
    for as_of in (api.at(2), at("2001-01-01T00:00:00")):
        refusal = api.refusal("GetSummit", name=NAME, as_of=as_of)
        assert (refusal.code, refusal.reason) == ("OUT_OF_RANGE", "HISTORY_GONE")
        assert refusal.metadata["earliest_revision"] == "4"
    assert api("GetSummit", name=NAME, as_of=api.at(3)).summit.series == "x"


def test_batches_are_answered_in_the_order_of_their_names(desk: Any) -> None:
    names = [NAME, "calendars/c/summits/other", NAME]
    for as_of in ({}, desk.at(3)):
        batch = desk("BatchGetSummits", names=names, as_of=as_of).summits
        assert [summit.name for summit in batch] == names
    refusal = desk.refusal("BatchGetSummits", names=names, as_of=desk.at(2))
    assert (refusal.reason, refusal.field) == ("REVISION_NOT_FOUND", "names[1]")
    refusal = desk.refusal(
        "BatchGetSummits", names=[NAME, "calendars/c/summits/no"], as_of=desk.at(2)
    )
    assert (refusal.reason, refusal.field) == ("RECORD_NOT_FOUND", "names[1]")


def test_purged_record_is_in_no_state(desk: Any) -> None:
    name = "calendars/c/summits/other"
    desk("BatchWrite", writes=[{"purge": {"name": name}}])
    refusal = desk.refusal("GetSummit", name=name, as_of=desk.at(3))
    assert (refusal.code, refusal.reason) == ("NOT_FOUND", "RECORD_NOT_FOUND")
    assert [item.record.summit.name for item in agenda(desk, desk.at(3)).items] == [NAME]
    listed = desk("ListSummits", parent="calendars/c", as_of=desk.at(3), show_deleted=True)
    assert [summit.name for summit in listed.summits] == [NAME]


OPERATIONS = st.lists(
    st.tuples(
        st.sampled_from(["put", "put", "put", "delete", "undelete", "restore", "purge"]),
        st.integers(0, 3),
        st.sampled_from(["2024-07-01", "2024-07-03", "2024-08-09"]),
        st.sampled_from(["KZ", "FR"]),
    ),
    max_size=14,
)
SELECTIONS = (
    {},
    {"filter": {"region_codes": ["KZ"]}},
    {"order_by": "name desc"},
    {"order_by": "time desc", "view": "RECORD_VIEW_BASIC"},
    {"window": {"dates": {"first_date": "2024-07-02", "last_date": "2024-07-31", "time_zone": "UTC"}}},
)  # fmt: skip


def answers_of(api: Any, parent: str, as_of: Any, size: int) -> list[list[Any]]:
    """Return the answers of lists and the agenda for a state."""
    answers = []
    for selection in SELECTIONS:
        for deleted in (False, True) if "window" not in selection else (False,):
            request = {"parent": parent, **selection, "show_deleted": deleted}
            answers.append(listed(api, as_of=as_of, page_size=size, **request))
    for order_by in ("time", "time desc"):
        window = {**SELECTIONS[-1], "order_by": order_by}
        answers.append(list(api("QueryAgenda", parent=parent, **window, as_of=as_of).items))
    return answers


def listed(api: Any, **request: Any) -> list[Any]:
    collected: list[Any] = []
    token = ""
    while True:
        page = api("ListSummits", page_token=token, **request)
        collected += page.summits
        if not (token := page.next_page_token):
            return collected


# What an act meets when its record is not there, is there already, or has no such revision.
NOT_POSSIBLE = {
    grpc.StatusCode.NOT_FOUND,
    grpc.StatusCode.ALREADY_EXISTS,
    grpc.StatusCode.FAILED_PRECONDITION,
}


@given(operations=OPERATIONS, size=st.integers(1, 3))
def test_as_of_a_revision_is_the_answer_of_that_time(
    operations: list[Any], size: int, fresh_api: Any
) -> None:
    """Every answer is kept as it was given, and asked for again when all is over."""
    api, parent = fresh_api()
    answers_by_revision: dict[int, list[Any]] = {}
    purged: set[str] = set()
    first = api.revision()

    for operation, number, day, region in operations:
        name = f"{parent}/summits/s{number}"
        try:
            _do(api, operation, name, day, region, first)
        except grpc.RpcError as error:
            assert error.code() in NOT_POSSIBLE
            continue
        if operation == "purge":
            purged.add(name)
        answers_by_revision[api.revision()] = answers_of(api, parent, {}, size)
    for revision, answers in answers_by_revision.items():
        unpurged = [[item for item in answer if _name(item) not in purged] for answer in answers]
        assert answers_of(api, parent, api.at(revision), size) == unpurged


def _name(item: Any) -> str:
    return str(getattr(item, "record", item).name)


def _do(api: Any, operation: str, name: str, day: str, region: str, first: int) -> None:
    if operation == "put":
        time = {"dates": {"first_date": day, "last_date": day}}
        record = {"name": name, "time": time, "places": [{"region_code": region}]}
        api("UpdateSummit", summit=record, allow_missing=True)
    elif operation in ("delete", "undelete"):
        api(f"{operation.capitalize()}Summit", name=name)
    else:
        fields = api.at(max(first, api.revision() - 2)) if operation == "restore" else {}
        api("BatchWrite", writes=[{operation: {"name": name, **fields}}])


def test_as_of_is_a_oneof() -> None:
    assert AsOf(snapshot="").WhichOneof("at") == "snapshot"
