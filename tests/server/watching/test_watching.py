"""WatchChanges: what is told, in which order, and where it goes on."""

from __future__ import annotations

from typing import Any

import pytest

from summitry_server.services.watch.stream import Watches

ALL = {"parent": "calendars/c"}


def test_changes_come_as_they_happen(api: Any, watch: Any) -> None:
    stream = watch(view=ALL)
    stream.until("CAUGHT_UP")
    created = api.create("summits", "s", series="x")
    api("DeleteSummit", name=created.name)
    assert stream.changes(2) == ["UPSERT s", "DELETE s"]


def test_watch_without_a_token_gets_only_later_changes(api: Any, watch: Any, rows_of: Any) -> None:
    api.create("summits", "before")
    assert rows_of(watch(view=ALL).until("CAUGHT_UP")) == ["CAUGHT_UP"]


@pytest.mark.parametrize("count", [0, 1, 250], ids="{} records".format)
def test_list_of_changes_sends_the_present_state_and_then_changes(
    api: Any, watch: Any, rows_of: Any, count: int
) -> None:
    names = [f"s{number:03}" for number in range(count)]
    for name in names:
        api.create("summits", name)
    stream = watch(view=ALL, initial={})
    assert rows_of(stream.until("CAUGHT_UP")) == [
        *("UPSERT " + name for name in ["c", *names]),
        "CAUGHT_UP",
    ]
    changes = [change for message in stream.messages for change in message.changes.changes]
    assert {change.last for change in changes} == {True}, "each record of a state stands alone"
    api.create("summits", "later")
    assert stream.changes(1) == ["UPSERT later"]


def test_every_token_goes_on_right_after_its_message(api: Any, watch: Any, rows_of: Any) -> None:
    """A client that stops half way through the initial state goes on there."""
    for number in range(150):
        api.create("summits", f"s{number:03}")
    stream = watch(view=ALL, initial={})
    for number in range(150, 153):
        api.create("summits", f"s{number:03}")
    stream.until("CAUGHT_UP")
    while "UPSERT s152" not in rows_of(stream.messages):
        stream.next()
    messages = [message for message in stream.messages if message.HasField("changes")]
    assert len(messages) >= 3 and len(rows_of(messages)) == 1 + 153
    for index, message in enumerate(messages):
        rest = watch(view=ALL, token=message.token).until("CAUGHT_UP")
        assert rows_of(rest) == [*rows_of(messages[index + 1 :]), "CAUGHT_UP"]


def test_caught_up_is_sent_once_per_stream(api: Any, watch: Any, rows_of: Any) -> None:
    first = watch(view=ALL)
    first.until("CAUGHT_UP")
    for id in ("a", "b"):
        api.create("summits", id)
    assert first.changes(2) == ["UPSERT a", "UPSERT b"]
    again = watch(view=ALL, token=first.token)
    assert rows_of(again.until("CAUGHT_UP")) == ["CAUGHT_UP"]


def test_message_has_its_time_and_the_end_of_the_log(api: Any, watch: Any) -> None:
    stream = watch(view=ALL, initial={})
    caught_up = stream.until("CAUGHT_UP")[-1]
    assert caught_up.header.revision == api.revision()
    assert caught_up.header.store_id == api("ListCalendars").header.store_id
    assert (caught_up.earliest_revision, caught_up.retention_days) == (1, 0)


def test_idle_watch_gets_checkpoints(start: Any, api_class: Any, watch_on: Any) -> None:
    service = start("--http", "off", "--heartbeat", "0.05")
    api = api_class(service.channel)
    api.create("calendars", "c")
    api.create("calendars", "other")
    stream = watch_on(service.channel, view=ALL)
    stream.until("CAUGHT_UP")
    before = stream.until("CHECKPOINT")[-1]
    api.create("summits", "unseen", parent="calendars/other")
    while (after := stream.until("CHECKPOINT")[-1]).header.revision == before.header.revision:
        pass
    assert after.header.revision == api.revision(), "what the view does not see is passed over"
    api.create("summits", "s")
    rest = watch_on(service.channel, view=ALL, token=after.token)
    assert rest.changes(1) == ["UPSERT s"]


def test_checkpoints_of_one_place_are_signed_once(
    start: Any, api_class: Any, watch_on: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """All of them in one second of the server's clock, which stands still here."""
    signed: list[str] = []
    real = Watches._sign

    def count(watches: Any, message: Any, followed_view: Any, cursor: Any) -> bytes:
        signed.append(message.WhichOneof("event"))
        return real(watches, message, followed_view, cursor)

    monkeypatch.setattr(Watches, "_sign", count)
    service = start("--http", "off", "--heartbeat", "1")
    api_class(service.channel).create("calendars", "c")
    streams = [watch_on(service.channel, view={"parent": "calendars/c"}) for _ in range(3)]
    tokens = {stream.until("CHECKPOINT")[-1].token for stream in streams}
    assert (sorted(signed), len(tokens)) == (["caught_up", "checkpoint"], 1)


def test_record_that_leaves_the_view_is_reported(api: Any, watch: Any, make: Any) -> None:
    dates = {"first_date": "2024-07-01", "last_date": "2024-07-31", "time_zone": "UTC"}
    view = {**ALL, "filter": {"kinds": ["RECORD_KIND_SUMMIT"]}, "window": {"dates": dates}}
    stream = watch(view=view)
    stream.until("CAUGHT_UP")
    created = api.create("summits", "s", time=make.dates("2024-07-03"))
    api.create("summits", "august", time=make.dates("2024-08-03"))
    api("UpdateSummit", summit={"name": created.name, "time": make.dates("2024-08-03")})
    api("UpdateSummit", summit={"name": created.name, "time": make.dates("2024-07-04")})
    assert stream.changes(3) == ["UPSERT s", "LEFT_VIEW s", "UPSERT s"]


def test_list_of_all_calendars_has_the_records_of_each(api: Any, watch: Any) -> None:
    stream = watch(view={"parent": "calendars/-"})
    stream.until("CAUGHT_UP")
    api.create("calendars", "other")
    api.create("summits", "s", parent="calendars/other")
    assert stream.changes(2) == ["UPSERT other", "UPSERT s"]


def test_watchers_of_one_view_get_the_same_changes(api: Any, watch: Any, rows_of: Any) -> None:
    streams = [watch(view=ALL) for _ in range(20)]
    for stream in streams:
        stream.until("CAUGHT_UP")
    api.create("summits", "s")
    messages = [stream.next() for stream in streams]
    assert rows_of(messages) == ["UPSERT s"] * len(streams)
    assert {message.token for message in messages} == {messages[0].token}


@pytest.mark.parametrize(
    ("view", "field", "reason"),
    [
        ({}, "view.parent", "INVALID_NAME"),
        ({"parent": "c"}, "view.parent", "INVALID_NAME"),
        ({**ALL, "sliding": {}}, "view.sliding.time_zone", "REQUIRED_FIELD_MISSING"),
        (
            {**ALL, "sliding": {"time_zone": "Mars/Olympus"}},
            "view.sliding.time_zone",
            "UNKNOWN_TIME_ZONE",
        ),
        (
            {**ALL, "sliding": {"time_zone": "UTC", "days_before": -1}},
            "view.sliding.days_before",
            "INVALID_VALUE",
        ),
        (
            {**ALL, "sliding": {"time_zone": "UTC", "days_after": 36_601}},
            "view.sliding.days_after",
            "INVALID_VALUE",
        ),
        (
            {**ALL, "window": {}},
            "view.window.span",
            "REQUIRED_FIELD_MISSING",
        ),
    ],
)
def test_invalid_view_is_refused(api: Any, watch: Any, view: Any, field: str, reason: str) -> None:
    stream_refusal = watch(view=view).refusal()
    assert (stream_refusal.code, stream_refusal.reason) == ("INVALID_ARGUMENT", reason)
    assert stream_refusal.field == field
    assert api.refusal("ListChanges", view=view, now={}) == stream_refusal


def test_too_many_etags_are_refused(api: Any, watch: Any) -> None:
    etags = {f"calendars/c/summits/s{number}": "e" for number in range(1025)}
    refusal = watch(view=ALL, held=etags).refusal()
    assert (refusal.reason, refusal.field) == ("TOO_MANY_VALUES", "held")
