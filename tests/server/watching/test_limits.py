"""Who reads slowly, who is too many, and how it ends: nobody waits for another."""

from __future__ import annotations

import threading
from typing import Any

import grpc
import pytest

from summitry.v1.calendar_service_pb2 import ListCalendarsRequest
from tests.waiting import wait_until

ALL = {"parent": "calendars/c"}
BIG = [{"text": "x" * 16_000, "language_code": f"a{letter}"} for letter in "abcdefghijkl"]
TRANSPORT = 12 * 1024 * 1024  # more than what the transports on both sides take unread


def writes(api: Any, count: int) -> None:
    """Revisions of 190 KiB each."""
    name = "calendars/c/summits/big"
    api("UpdateSummit", summit={"name": name, "summaries": BIG}, allow_missing=True)
    for number in range(count - 1):
        api("UpdateSummit", summit={"name": name, "series": f"v{number}"})


def channel_to(service: Any) -> grpc.Channel:
    """Return a channel with its own connection: channels of one target share one otherwise."""
    return grpc.insecure_channel(service.grpc, options=[("grpc.use_local_subchannel_pool", 1)])


@pytest.mark.parametrize("slow", [1, 6], ids="{} who do not read".format)
def test_slow_reader_delays_no_other_watcher(
    start: Any, world: Any, watch_on: Any, slow: int
) -> None:
    """They hold more threads than serve in common, for longer than the test may last."""
    here = world(start("--http", "off", "--send-timeout", "600", "--heartbeat", "600"))
    held_up = [watch_on(channel_to(here.service), view=ALL) for _ in range(slow)]
    stream = here.watch(view=ALL)
    for watch in (*held_up, stream):
        watch.until("CAUGHT_UP")
    count = TRANSPORT // 190_000
    writes(here.api, count)
    assert stream.changes(count) == ["UPSERT big"] * count
    assert held_up[0].changes(count) == ["UPSERT big"] * count, "it begins to read: all is there"


def test_slow_reader_is_cut_off_and_can_resume(start: Any, world: Any, watch_on: Any) -> None:
    here = world(start("--http", "off", "--send-timeout", "0.3"))
    stream = watch_on(channel_to(here.service), view=ALL)
    stream.until("CAUGHT_UP")
    count = TRANSPORT // 190_000
    writes(here.api, count)
    hub = here.service.application._hub
    wait_until(lambda: not len(hub))
    refusal = stream.refusal()
    assert refusal.code == "ABORTED"
    assert refusal.message.startswith("WATCHER_TOO_SLOW: ")
    read = [message.header.revision for message in stream.messages]
    assert 0 < len(read) < count
    rest = here.watch(view=ALL, token=stream.token).until("CAUGHT_UP")
    revisions = [change.revision for message in rest for change in message.changes.changes]
    assert revisions == list(range(read[-1] + 1, here.api.revision() + 1))


@pytest.mark.parametrize(
    ("options", "per", "limit"),
    [
        (("--watchers", "3"), "server", "3"),
        (("--watchers-per-connection", "2"), "connection", "2"),
    ],
    ids=["server", "connection"],
)
def test_stream_beyond_the_limit_is_refused(
    start: Any, world: Any, watch_on: Any, options: tuple[str, ...], per: str, limit: str
) -> None:
    here = world(start("--http", "off", *options))
    streams = [here.watch(view=ALL) for _ in range(2)]
    streams.append(watch_on(channel_to(here.service), view=ALL))
    for stream in streams:
        stream.until("CAUGHT_UP")
    refusal = here.watch(view=ALL).refusal()
    assert (refusal.code, refusal.reason) == ("RESOURCE_EXHAUSTED", "TOO_MANY_WATCHERS")
    assert refusal.metadata == {"per": per, "limit": limit}
    streams[0].close()
    hub = here.service.application._hub
    wait_until(lambda: len(hub) == 2)
    here.watch(view=ALL).until("CAUGHT_UP")


def test_stop_of_the_server_is_reported(start: Any, world: Any, tmp_path: Any) -> None:
    options = ("--http", "off", "--store", f"sqlite:///{tmp_path}/s.db")
    here = world(start(*options))
    stream = here.watch(view=ALL)
    stream.until("CAUGHT_UP")
    here.api.create("summits", "a")
    assert stream.changes(1) == ["UPSERT a"]
    here.service.application.stop()
    refusal = stream.refusal()
    assert (refusal.code, refusal.reason) == ("UNAVAILABLE", "SERVER_STOPPING")
    here = world(start(*options), calendar=False)
    here.api.create("summits", "b")
    rest = here.watch(view=ALL, token=stream.token).until("CAUGHT_UP")
    assert here.rows_of(rest) == ["UPSERT b", "CAUGHT_UP"]


def test_streams_hold_no_thread(service: Any, world: Any) -> None:
    here = world(service)
    before = threading.active_count()
    streams = [here.watch(view=ALL) for _ in range(80)]
    for stream in streams:
        stream.until("CAUGHT_UP")
    rpc_threads = 8
    assert threading.active_count() - before < rpc_threads + 12
    call = here.service.channel.unary_unary(
        "/summitry.v1.CalendarService/ListCalendars",
        request_serializer=ListCalendarsRequest.SerializeToString,
        response_deserializer=None,
    )
    assert call(ListCalendarsRequest(), timeout=60), "other calls are served"


def test_a_revision_above_a_megabyte_comes_in_parts(start: Any, world: Any) -> None:
    """No message is more than gRPC clients take; `last` tells where the revision ends."""
    here = world(start("--http", "off"))
    names = [f"calendars/c/summits/s{number:02}" for number in range(14)]
    for name in names:
        here.api("UpdateSummit", summit={"name": name, "summaries": BIG}, allow_missing=True)
    stream = here.watch(view=ALL)
    stream.until("CAUGHT_UP")
    here.api(
        "BatchWrite",
        writes=[{"update": {"record": {"summit": {"name": n, "series": "x"}}}} for n in names],
    )
    here.api.create("summits", "after")
    revision = here.api.revision() - 1
    while stream.messages[-1].header.revision <= revision:
        stream.next()
    messages = stream.messages[1:]
    changes = [change for message in messages for change in message.changes.changes]
    assert [c.name for c in changes] == [*names, "calendars/c/summits/after"]
    assert [c.revision for c in changes] == [revision] * len(names) + [revision + 1]
    assert [c.last for c in changes] == [False] * (len(names) - 1) + [True, True]
    assert all(message.ByteSize() < 4 * 1024 * 1024 for message in messages)
    assert len(messages) >= 3
    assert messages[0].header.revision == revision - 1, "not yet told in whole"
    for index, message in enumerate(messages[:-1]):
        rest = here.watch(view=ALL, token=message.token)
        assert rest.next().changes.changes[0] == messages[index + 1].changes.changes[0]
