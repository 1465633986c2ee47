"""What time alone does to a view: days slide, embargoes end; and what leaves the public."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from summitry.v1.change_service_pb2 import ChangeKind

DAY = 86_400
WEEK: dict[str, Any] = {
    "parent": "calendars/c",
    "sliding": {"days_before": 1, "days_after": 2, "time_zone": "Asia/Almaty"},
}
PUBLIC = {"parent": "calendars/c", "public_only": True}


@pytest.fixture
def here(start: Any, world: Any) -> Any:
    """Return a service whose idle watches look at the clock twenty times a second."""
    return world(start("--http", "off", "--heartbeat", "0.05"))


def test_days_slide_through_a_window(here: Any, clock: Any, make: Any) -> None:
    """Noon of 3 July 2024 in Astana is when the clock begins."""
    for day in range(1, 10):
        here.api.create("summits", f"d{day}", time=make.dates(f"2024-07-0{day}"))
    here.api.create(
        "meetings", "late", time=make.timed("2024-07-06T23:30:00", "2024-07-07T01:00:00")
    )
    stream = here.watch(view=WEEK, initial={})
    messages = stream.until("CAUGHT_UP")
    assert here.rows_of(messages) == [*(f"UPSERT d{day}" for day in (2, 3, 4, 5)), "CAUGHT_UP"]
    clock.time += DAY
    assert stream.changes(3) == ["UPSERT late", "LEFT_VIEW d2", "UPSERT d6"]
    clock.time += 2 * DAY
    moved = stream.until("CHANGES")[-1]
    assert here.rows_of([moved]) == ["LEFT_VIEW d3", "LEFT_VIEW d4", "UPSERT d7", "UPSERT d8"]
    assert [c.revision for c in moved.changes.changes] == [here.api.revision()] * 4
    assert [c.last for c in moved.changes.changes] == [False, False, False, True]
    assert not any(c.HasField("entry") for c in moved.changes.changes), "nobody wrote that"


def test_possible_matches_slide_through_a_window(here: Any, clock: Any) -> None:
    """Watch a month of which no day is certain: it is in from the day before to the day after."""
    here.api.create("summits", "august", time={"partial": {"edtf": "2024-08"}})
    view = {**WEEK, "sliding": {**WEEK["sliding"], "matching": "MATCH_CERTAINTY_POSSIBLE"}}
    stream = here.watch(view=view, initial={})
    stream.until("CAUGHT_UP")
    for days, expected in ((26, []), (1, ["UPSERT august"]), (33, []), (1, ["LEFT_VIEW august"])):
        clock.time += days * DAY
        stream.until("CHECKPOINT") if not expected else None
        assert stream.changes(len(expected)) == expected


def test_a_token_carries_where_the_window_was(here: Any, clock: Any, make: Any) -> None:
    for day in range(1, 10):
        here.api.create("summits", f"d{day}", time=make.dates(f"2024-07-0{day}"))
    stream = here.watch(view=WEEK)
    stream.until("CAUGHT_UP")
    stream.close()
    here.api("DeleteSummit", name="calendars/c/summits/d2")
    here.api("DeleteSummit", name="calendars/c/summits/d9")
    clock.time += 100 * DAY
    rest = here.watch(view=WEEK, token=stream.token).until("CAUGHT_UP")
    departures = [f"LEFT_VIEW d{day}" for day in (3, 4, 5)]
    assert here.rows_of(rest) == ["DELETE d2", *departures, "CAUGHT_UP"]


def test_an_embargo_ends(here: Any, clock: Any) -> None:
    until = "2024-07-03T12:00:00Z"
    stream = here.watch(view=PUBLIC)
    stream.until("CAUGHT_UP")
    here.api.create("summits", "later", embargo_until=until)
    here.api.create("summits", "now")
    assert stream.changes(1) == ["UPSERT now"]
    clock.time += DAY
    assert stream.changes(1) == ["UPSERT later"]
    here.api("UpdateSummit", summit={"name": "calendars/c/summits/later", "series": "x"})
    assert stream.changes(1) == ["UPSERT later"]


def test_hidden_record_leaves_a_public_view_without_a_trace(here: Any) -> None:
    stream = here.watch(view=PUBLIC)
    stream.until("CAUGHT_UP")
    here.api.create("summits", "secret", visibility="VISIBILITY_INTERNAL")
    here.api("DeleteSummit", name="calendars/c/summits/secret")
    created = here.api.create("summits", "s")
    here.api(
        "UpdateSummit",
        summit={"name": created.name, "series": "hidden", "visibility": "VISIBILITY_INTERNAL"},
    )
    here.api("DeleteSummit", name=created.name)
    here.api.create("summits", "end")
    changes = []
    while not changes or changes[-1].name != "calendars/c/summits/end":
        changes += stream.until("CHANGES")[-1].changes.changes
    assert [ChangeKind.Name(change.kind)[12:] for change in changes] == [
        "UPSERT",
        "LEFT_VIEW",
        "UPSERT",
    ]
    assert not changes[1].HasField("record")


@pytest.mark.parametrize(
    ("visibility", "expected"),
    [("VISIBILITY_PUBLIC", ["DELETE s", "CAUGHT_UP"]), ("VISIBILITY_INTERNAL", ["CAUGHT_UP"])],
)
def test_public_follower_is_told_of_a_purge_of_what_was_public(
    here: Any, visibility: str, expected: list[str]
) -> None:
    name = here.api.create("summits", "s", visibility=visibility).name
    stream = here.watch(view=PUBLIC)
    stream.until("CAUGHT_UP")
    token = stream.token
    stream.close()
    here.api("DeleteSummit", name=name)
    here.api("BatchWrite", writes=[{"purge": {"name": name}}])
    assert here.rows_of(here.watch(view=PUBLIC, token=token).until("CAUGHT_UP")) == expected


def test_the_public_cannot_ask_for_what_is_hidden(here: Any) -> None:
    """Whatever a client says that it holds, a hidden record looks like one that never was."""
    here.api.create("summits", "secret", visibility="VISIBILITY_INTERNAL")
    deleted = here.api.create("summits", "gone", visibility="VISIBILITY_INTERNAL").name
    here.api("DeleteSummit", name=deleted)
    names = ("secret", "gone", "never")
    etags = {f"calendars/c/summits/{id}": "x" for id in names}
    messages = here.watch(view=PUBLIC, initial={}, held=etags).until("CAUGHT_UP")
    changes = [change for message in messages for change in message.changes.changes][1:]
    assert here.rows_of(messages)[1:-1] == [f"LEFT_VIEW {name}" for name in sorted(names)]
    for change in changes:
        change.ClearField("name")
    assert all(change == changes[0] for change in changes)


DATES = st.integers(1, 28).map("2024-07-{:02}".format)
PARTIAL = st.sampled_from(["2024-07", "2024-08", "2024-09", "2024-21"])
RECORDS = st.fixed_dictionaries(
    {},
    optional={
        "time": st.one_of(
            DATES.map(lambda day: {"dates": {"first_date": day, "last_date": day}}),
            DATES.map(
                lambda day: {
                    "timed": {
                        "start": {"civil_time": f"{day}T22:00:00", "time_zone": "Asia/Almaty"},
                        "end": {"civil_time": f"{day}T23:30:00", "time_zone": "America/New_York"},
                    }
                }
            ),
            PARTIAL.map(lambda text: {"partial": {"edtf": text}}),
        ),
        "visibility": st.sampled_from(["VISIBILITY_PUBLIC", "VISIBILITY_INTERNAL"]),
        "embargo_until": DATES.map("{}T12:00:00Z".format),
    },
)
OPERATIONS = st.lists(
    st.one_of(
        st.tuples(st.just("put"), st.integers(0, 4), RECORDS),
        st.tuples(st.just("delete"), st.integers(0, 4), st.none()),
        st.tuples(st.just("wait"), st.integers(1, 20 * DAY), st.none()),
        st.tuples(st.just("follow"), st.integers(1, 3), st.none()),
    ),
    max_size=25,
)
VIEWS = st.fixed_dictionaries(
    {},
    optional={
        "public_only": st.just(True),
        "sliding": st.builds(
            dict,
            days_before=st.integers(0, 3),
            days_after=st.integers(0, 40),
            time_zone=st.sampled_from(["Asia/Almaty", "America/New_York", "Pacific/Kiritimati"]),
            matching=st.sampled_from(["MATCH_CERTAINTY_CERTAIN", "MATCH_CERTAINTY_POSSIBLE"]),
            date_matching=st.sampled_from(["DATE_MATCHING_BY_LABEL", "DATE_MATCHING_BY_PLACE"]),
        ),
    },
)


@given(operations=OPERATIONS, view=VIEWS)
@settings(max_examples=4 * settings().max_examples)
def test_followed_view_equals_the_listed_view(
    operations: list[Any], view: dict[str, Any], follower: Any
) -> None:
    """Whatever is written and however time passes: by changes a client holds what it would list."""
    api, clock, calendar = follower()
    view = {**view, "parent": calendar}
    etags: dict[str, str] = {}
    token = ""
    for operation, number, record in [*operations, ("follow", 2, None)]:
        name = f"{calendar}/summits/s{number}"
        if operation == "wait":
            clock.time += number
        elif operation == "follow":
            token = follow(api, view, token, etags, number)
        elif operation == "put":
            put(api, {**record, "name": name})
        elif name in names(api, calendar):
            api("DeleteSummit", name=name)
    listed: dict[str, str] = {}
    follow(api, view, "", listed, 1000, initial={})
    assert etags == listed


def put(api: Any, record: dict[str, Any]) -> None:
    calendar, _, id = record["name"].partition("/summits/")
    if record["name"] in names(api, calendar):
        mask = "time,visibility,embargoUntil"
        sent = {"visibility": "VISIBILITY_PUBLIC", **record}
        api("UpdateSummit", summit=sent, update_mask=mask)
    elif record["name"] not in names(api, calendar, show_deleted=True):
        api.create("summits", id, parent=calendar, **{**record, "name": ""})


def names(api: Any, calendar: str, **more: Any) -> set[str]:
    return {summit.name for summit in api("ListSummits", parent=calendar, **more).summits}


def follow(api: Any, view: Any, token: str, etags: dict[str, str], size: int, **start: Any) -> str:
    start = {"token": token} if token else start or {"log_start": {}}
    while True:
        page = api("ListChanges", view=view, page_size=size, **start)
        by_time = {not change.HasField("entry") for change in page.changes}
        assert len(by_time) < 2, "what time did is told by itself"
        for change in page.changes:
            if change.kind == ChangeKind.CHANGE_KIND_UPSERT:
                field = change.record.WhichOneof("record")
                etags[change.name] = getattr(change.record, field).etag
            else:
                del etags[change.name]
        start = {"token": page.next_token}
        if not page.more:
            return str(page.next_token)
