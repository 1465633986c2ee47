"""Changes of a view since a token, and what was known in any state."""

from __future__ import annotations

from typing import Any

import grpc
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from summitry.v1.change_service_pb2 import ChangeKind, GetRevisionRequest

ALL = {"parent": "calendars/c"}


def follow(
    api: Any, view: dict[str, Any], token: str = "", size: int = 0, **start: Any
) -> tuple[list[Any], str]:
    """Return all changes since a token or another start, page by page."""
    collected: list[Any] = []
    start = {"token": token} if token else start or {"log_start": {}}
    while True:
        page = api("ListChanges", view=view, page_size=size, **start)
        collected += page.changes
        start = {"token": page.next_token}
        if not page.more:
            return collected, page.next_token


def rows_of(changes: list[Any]) -> list[tuple[str, str]]:
    return [
        (ChangeKind.Name(c.kind).removeprefix("CHANGE_KIND_"), c.name.rpartition("/")[2])
        for c in changes
    ]


def test_a_follower_sees_what_happens_and_no_more(api: Any) -> None:
    first, token = follow(api, ALL)
    assert rows_of(first) == [("UPSERT", "c")]
    created = api.create("summits", "s", series="x")
    api("UpdateSummit", summit={"name": created.name, "series": "y"})
    api("DeleteSummit", name=created.name)
    api.create("calendars", "other")
    changes, token = follow(api, ALL, token, size=1)
    assert rows_of(changes) == [("UPSERT", "s"), ("UPSERT", "s"), ("DELETE", "s")]
    assert [c.record.summit.series for c in changes] == ["x", "y", "y"]
    assert changes[2].record.summit.HasField("delete_time")
    assert [c.revision for c in changes] == sorted({c.revision for c in changes})
    assert all(c.last for c in changes)
    assert changes[0].entry.method == "CreateSummit"
    assert follow(api, ALL, token) == ([], follow(api, ALL, token)[1])


def test_record_that_leaves_a_view_is_not_sent_as_deleted(api: Any, make: Any) -> None:
    dates = {"first_date": "2024-07-01", "last_date": "2024-07-31", "time_zone": "UTC"}
    view = {**ALL, "filter": {"kinds": ["RECORD_KIND_SUMMIT"]}, "window": {"dates": dates}}
    _, token = follow(api, view)
    created = api.create("summits", "s", time=make.dates("2024-07-03"))
    api.create("summits", "august", time=make.dates("2024-08-03"))
    api("UpdateSummit", summit={"name": created.name, "time": make.dates("2024-08-03")})
    api("UpdateSummit", summit={"name": created.name, "series": "unseen"})
    api("UpdateSummit", summit={"name": created.name, "time": make.dates("2024-07-04")})
    changes, _ = follow(api, view, token)
    assert rows_of(changes) == [("UPSERT", "s"), ("LEFT_VIEW", "s"), ("UPSERT", "s")]
    assert not changes[1].HasField("record")


def test_watch_sends_the_present_state_first(api: Any) -> None:
    for id in ("a", "b", "gone"):
        api.create("summits", id)
    api("DeleteSummit", name="calendars/c/summits/gone")
    changes, token = follow(api, ALL, initial={}, size=2)
    assert rows_of(changes) == [("UPSERT", "c"), ("UPSERT", "a"), ("UPSERT", "b")]
    api.create("summits", "later")
    assert rows_of(follow(api, ALL, token)[0]) == [("UPSERT", "later")]


def test_tokens_of_another_view_are_refused(api: Any) -> None:
    _, token = follow(api, ALL)
    other_view = {"parent": "calendars/-"}
    for view, bad in ((other_view, token), (ALL, token[:-2] + "AA"), (ALL, "nonsense")):
        refusal = api.refusal("ListChanges", view=view, token=bad)
        assert (refusal.code, refusal.reason) == ("INVALID_ARGUMENT", "INVALID_CHANGE_TOKEN")


def test_token_older_than_the_log_is_refused(start: Any, api_class: Any) -> None:
    service = start("--http", "off")
    api = api_class(service.channel)
    api.create("calendars", "c")
    _, token = follow(api, ALL)
    created = api.create("summits", "s")
    for series in ("x", "y", "z"):
        api("UpdateSummit", summit={"name": created.name, "series": series})
    head = api("GetHead")
    assert (head.earliest_revision, head.header.revision) == (1, 5)
    service.application._store.compact(5)
    earliest = api("GetHead").earliest_revision
    assert earliest > 2
    refusal = api.refusal("ListChanges", view=ALL, token=token)
    assert (refusal.code, refusal.reason) == ("OUT_OF_RANGE", "CHANGES_GONE")
    assert refusal.metadata["earliest_revision"] == str(earliest)


def test_agenda_as_of_a_day(api: Any, clock: Any) -> None:
    """Follow the SCO summit of 2020: possibly in November, then on the 10th."""
    clock.time += 1000
    name = "calendars/c/summits/sco-20"
    api.create("summits", "sco-20", time={"partial": {"edtf": "2020-11?"}})
    told_first = clock.time
    clock.time += 86_400
    api(
        "UpdateSummit",
        summit={
            "name": name,
            "time": {"dates": {"first_date": "2020-11-10", "last_date": "2020-11-10"}},
        },
    )

    def at(seconds: int) -> Any:
        return api("GetRevision", _instant(name, seconds))

    assert at(told_first + 60).revision.record.summit.time.partial.edtf == "2020-11?"
    assert at(clock.time).revision.record.summit.time.dates.first_date == "2020-11-10"
    before = api.refusal("GetRevision", _instant(name, told_first - 500))
    assert (before.code, before.reason) == ("NOT_FOUND", "REVISION_NOT_FOUND")


def _instant(name: str, seconds: int) -> Any:
    request = GetRevisionRequest(name=name)
    request.as_of.time.seconds = seconds
    return request


def test_history_and_differences(api: Any) -> None:
    title = [{"text": "Old", "language_code": "en"}]
    created = api.create("summits", "s", series="x", titles=title)
    for series in ("y", "z"):
        api("UpdateSummit", summit={"name": created.name, "series": series})
    sent = {"name": created.name, "titles": [{"text": "New", "language_code": "en"}]}
    api("UpdateSummit", summit=sent)
    collected, token = [], ""
    while True:
        page = api("ListRevisions", name=created.name, page_size=1, page_token=token)
        collected += [r.record.summit.series for r in page.revisions]
        if not (token := page.next_page_token):
            break
    assert collected == ["z", "z", "y", "x"]
    latest = api("DiffRevisions", name=created.name)
    assert [(d.field_path, d.old_value, d.new_value) for d in latest.differences] == [
        ("titles[0].text", "Old", "New")
    ]
    whole = api("DiffRevisions", name=created.name, from_snapshot=api.snapshot(created.revision))
    assert [d.field_path for d in whole.differences] == ["titles[0].text", "series"]


@pytest.mark.parametrize("rpc", ["ListRevisions", "GetRevision", "DiffRevisions"])
def test_history_of_an_unknown_record_is_refused(api: Any, rpc: str) -> None:
    assert api.refusal(rpc, name="calendars/c/summits/none").reason == "RECORD_NOT_FOUND"
    assert api.refusal(rpc, name="nonsense").reason == "INVALID_NAME"


OPERATIONS = st.lists(
    st.tuples(st.sampled_from(["put", "delete"]), st.integers(0, 3), st.sampled_from(["KZ", "FR"])),
    max_size=12,
)


@given(operations=OPERATIONS, pause=st.integers(0, 12), size=st.integers(1, 4))
@settings(max_examples=25)
def test_followed_view_equals_the_listed_view(
    operations: list[Any], pause: int, size: int, fresh_api: Any
) -> None:
    api, calendar = fresh_api()
    view = {"parent": calendar, "filter": {"region_codes": ["KZ"], "kinds": ["RECORD_KIND_SUMMIT"]}}
    view_state: dict[str, int] = {}
    token = ""
    for turn, (operation, number, region) in enumerate(operations):
        name = f"{calendar}/summits/s{number}"
        record = {"name": name, "places": [{"region_code": region}]}
        if operation == "put":
            _quietly(api, "UpdateSummit", summit=record, allow_missing=True)
        else:
            _quietly(api, "DeleteSummit", name=name)
        if turn == pause:
            token = _apply(api, view, token, view_state, size)
    _apply(api, view, token, view_state, size)
    selection = {key: view[key] for key in ("filter", "window") if key in view}
    listed = api("ListSummits", parent=calendar, **selection).summits
    assert view_state == {summit.name: summit.revision for summit in listed}


def _quietly(api: Any, rpc: str, **request: Any) -> None:
    """Deleted records stay deleted, and what never was cannot be deleted."""
    try:
        api(rpc, **request)
    except grpc.RpcError as error:
        assert error.code() is grpc.StatusCode.NOT_FOUND  # type: ignore[attr-defined]


def _apply(api: Any, view: Any, token: str, view_state: dict[str, int], size: int) -> str:
    changes, token = follow(api, view, token, size=size)
    for change in changes:
        if change.kind == ChangeKind.CHANGE_KIND_UPSERT:
            view_state[change.name] = change.record.summit.revision
        else:
            del view_state[change.name]
    return token
