"""Watches through both clients against real servers, with failures of every kind."""

from __future__ import annotations

import asyncio
import signal
import socket
import sqlite3
import threading
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from google.type.localized_text_pb2 import LocalizedText

from summitry import AsyncClient, Calendar, Client, Summit, View, batch
from summitry.errors import (
    AbortedError,
    CallCancelledError,
    InvalidArgumentError,
    UnavailableError,
)
from summitry.v1.change_service_pb2 import ChangeView, ResetReason
from summitry.v1.filter_pb2 import SlidingWindow
from summitry.watching.options import Break
from tests.waiting import wait_until

CALENDAR = "calendars/c"


def quiet(broken: Break) -> None:
    """Ignore a break: it is on purpose here."""


def test_changes_come_as_they_happen(follow: Any, client: Client, service: Any) -> None:
    watch = follow(service.grpc).caught_up()
    born = client.create(Summit(edition=24), CALENDAR, "s")
    client.update(Summit(name=born.name, series="sco"))
    client.delete(born.name)
    watch.wait(lambda w: len(w.changes) >= 3).stop()
    assert watch.delivered == [("UPSERT", "s"), ("UPSERT", "s"), ("DELETE", "s")]
    assert watch.error is None


def test_initial_watch_delivers_existing_records_first(
    follow: Any, client: Client, service: Any
) -> None:
    client.create(Summit(), CALENDAR, "s")
    watch = follow(service.grpc, initial=True).caught_up()
    assert watch.delivered == [("UPSERT", "c"), ("UPSERT", "s")]


def test_watch_accepts_a_view_message(follow: Any, client: Client, service: Any) -> None:
    around = SlidingWindow(days_before=1, days_after=1, time_zone="Asia/Almaty")
    for day in (2, 3, 4, 5):
        summit = Summit()
        summit.time.dates.first_date = summit.time.dates.last_date = f"2024-07-0{day}"
        client.create(summit, CALENDAR, f"on-{day}")
    view = ChangeView(parent=CALENDAR, sliding=around, public_only=True)
    watch = follow(service.grpc, view, initial=True).caught_up()
    assert watch.delivered == [("UPSERT", "on-2"), ("UPSERT", "on-3"), ("UPSERT", "on-4")]


@pytest.mark.parametrize(
    ("number", "reason"), [(signal.SIGKILL, ""), (signal.SIGTERM, "SERVER_STOPPING")]
)
def test_watch_reconnects_after_a_server_is_lost(
    follow: Any, process: Any, number: int, reason: str
) -> None:
    breaks: list[Break] = []
    view = View()
    watch = follow(process.address, "calendars/-", view=view, on_break=breaks.append).caught_up()
    process.write(Calendar(name=CALENDAR))
    process.end(number)
    process.start()
    process.write(Summit(name=f"{CALENDAR}/summits/s"))
    watch.wait(lambda w: len(w.changes) >= 2)
    assert watch.delivered == [("UPSERT", "c"), ("UPSERT", "s")]
    assert sorted(view) == [CALENDAR, f"{CALENDAR}/summits/s"]
    reasons = [(type(event.error), event.error.reason) for event in breaks]  # type: ignore[attr-defined]
    assert reasons[0] == (UnavailableError, reason)
    # What meets the server while it stops may be cancelled instead, which is tried again as well.
    assert {kind for kind, _ in reasons} <= {UnavailableError, CallCancelledError}


def test_watch_reopens_after_silence_of_the_server(follow: Any, process: Any) -> None:
    breaks: list[Break] = []
    watch = follow(process.address, "calendars/-", on_break=breaks.append, silence=0.3).caught_up()
    process.pause()
    watch.wait(lambda _: breaks)
    process.go_on()
    process.write(Calendar(name=CALENDAR))
    watch.wait(lambda w: w.delivered == [("UPSERT", "c")])


def test_a_large_revision_comes_whole(follow: Any, client: Client, service: Any) -> None:
    text = LocalizedText(text="x" * 16_000, language_code="en")
    names = [f"{CALENDAR}/summits/s{number:02}" for number in range(80)]
    for name in names:
        client.create(Summit(name=name, summaries=[text]))
    view = View()
    list(client.sync(CALENDAR, view=view))
    watch = follow(service.grpc).caught_up()
    client.batch_write([batch.delete(name) for name in names])
    watch.wait(lambda w: w.changes).stop()
    assert [change.name for change in watch.batches[-1].changes] == names
    batches = [batch for batch in client.sync(CALENDAR, view=view).batches() if batch.changes]
    assert [[change.name for change in batch.changes] for batch in batches] == [names]


MANY = 640


@pytest.mark.slow
def test_a_slow_reader_is_shed_and_goes_on(start: Any) -> None:
    """The server buffers nothing for a slow reader; unread changes are sent again."""
    service = start("--http", "off", "--send-timeout", "0.1")
    text = LocalizedText(text="x" * 16_000, language_code="en")
    breaks: list[Break] = []
    names: list[str] = []
    hub = service.application._hub
    with Client(service.grpc) as client:
        client.create(Calendar(), id="c")
        for number in range(MANY):  # 20 MB: more than the windows of a connection hold
            client.create(Summit(summaries=[text] * 2), CALENDAR, f"s{number:03}")
        for batch in client.watch(CALENDAR, initial=True, on_break=breaks.append).batches():
            if not names:
                wait_until(lambda: not len(hub), "the server sheds who does not read")
            names += [change.name.rpartition("/")[2] for change in batch.changes]
            if batch.caught_up:
                break
    assert names == ["c"] + [f"s{number:03}" for number in range(MANY)]
    assert breaks and isinstance(breaks[0].error, AbortedError)
    assert str(breaks[0].error).startswith("WATCHER_TOO_SLOW")


@pytest.mark.parametrize(
    ("parent", "options", "reason"),
    [
        ("calendars", {}, "INVALID_NAME"),
        (ChangeView(parent=CALENDAR, sliding={"days_before": -1}), {}, "INVALID_VALUE"),
        (CALENDAR, {"token": "tampered"}, "INVALID_CHANGE_TOKEN"),
    ],
    ids=["parent", "window", "token"],
)
def test_permanent_error_is_raised(
    follow: Any, service: Any, parent: Any, options: dict[str, Any], reason: str
) -> None:
    watch = follow(service.grpc, parent, **options)
    watch.wait(lambda w: w.error)
    assert isinstance(watch.error, InvalidArgumentError)
    assert watch.error.reason == reason


def test_retries_end_after_the_time_limit(follow: Any) -> None:
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))
        port = nobody.getsockname()[1]
        breaks: list[Break] = []
        watch = follow(f"127.0.0.1:{port}", patience=0.2, on_break=breaks.append)
        watch.wait(lambda w: w.error)
    assert isinstance(watch.error, UnavailableError)
    assert breaks and watch.error is not breaks[0].error, "the first break is within patience"
    assert watch.events == []


def test_exception_of_on_break_ends_the_watch(follow: Any, process: Any) -> None:
    enough = LookupError("enough")

    def give_up(broken: Break) -> None:
        raise enough

    watch = follow(process.address, "calendars/-", on_break=give_up).caught_up()
    process.end()
    assert watch.wait(lambda w: w.error).error is enough


# Resets


def forget(service: Any, client: Client) -> None:
    """Let the log begin at its head."""
    next(client.list("calendars"))
    service.application._store.compact(client.header.revision)


@pytest.fixture
def old(service: Any, client: Client) -> tuple[str, View]:
    """Return a token and a view from before the log begins; since then s1 has changed and s2 has gone."""
    for number in range(4):
        client.create(Summit(), CALENDAR, f"s{number}")
    view = View()
    list(client.sync(CALENDAR, view=view))
    client.update(Summit(name=f"{CALENDAR}/summits/s1", series="sco"))
    client.delete(f"{CALENDAR}/summits/s2")
    client.create(Summit(), CALENDAR, "s4")
    forget(service, client)
    return view.token, view


DIFFERENCE = [("DELETE", "s2"), ("UPSERT", "s1"), ("UPSERT", "s4")]


def test_reset_with_a_view_delivers_the_difference(follow: Any, service: Any, old: Any) -> None:
    _, view = old
    watch = follow(service.grpc, view=view).caught_up()
    assert watch.events == ["RESET", "CHANGES", "CAUGHT_UP"]
    assert watch.batches[0].reset_reason == ResetReason.RESET_REASON_CHANGES_GONE
    assert sorted(watch.delivered) == DIFFERENCE
    assert sorted(name.rpartition("/")[2] for name in view) == ["c", "s0", "s1", "s3", "s4"]


def test_reset_without_a_view_delivers_all_records(follow: Any, service: Any, old: Any) -> None:
    watch = follow(service.grpc, token=old[0]).caught_up()
    assert watch.events[0] == "RESET"
    assert sorted(watch.delivered) == [("UPSERT", id) for id in ("c", "s0", "s1", "s3", "s4")]


def test_watch_of_changes_alone_raises_on_a_gap(service: Any, client: Client, old: Any) -> None:
    token = old[0]
    for changes in (client.watch(CALENDAR, token=token), client.sync(CALENDAR, token=token)):
        with pytest.raises(InvalidArgumentError, match="give `view` or `held`") as caught:
            list(changes)
        assert caught.value.reason == "CHANGES_GONE"

    async def awaited() -> None:
        async with AsyncClient(service.grpc) as second:
            for changes in (
                second.watch(CALENDAR, token=token),
                second.sync(CALENDAR, token=token),
            ):
                with pytest.raises(InvalidArgumentError, match="give `view` or `held`"):
                    [change async for change in changes]

    asyncio.run(awaited())


def test_token_of_another_view_causes_a_reset(
    follow: Any, service: Any, client: Client, old: Any
) -> None:
    watch = follow(service.grpc, "calendars/-", token=old[0]).caught_up()
    assert watch.batches[0].reset_reason == ResetReason.RESET_REASON_OTHER_VIEW


@pytest.mark.parametrize("follow", ["async"], indirect=True)
@pytest.mark.parametrize(
    ("epoch", "reason"),
    [("", "RESET_REASON_STORE_RESTORED"), ("another", "RESET_REASON_STORE_RESTORED")],
    ids=["as it is", "as it should be"],
)
def test_store_restored_to_an_older_state_causes_a_reset(
    follow: Any, process: Any, tmp_path: Path, epoch: str, reason: str
) -> None:
    """A copy is put back, and the revisions that were lost are given to other writes."""
    file, copy = tmp_path / "s.db", tmp_path / "copy.db"
    process.write(Calendar(name=CALENDAR))
    process.write(Summit(name=f"{CALENDAR}/summits/kept"))
    with closing(sqlite3.connect(file)) as there, closing(sqlite3.connect(copy)) as here:
        there.backup(here)
    view = View()
    watch = follow(process.address, CALENDAR, view=view, on_break=quiet)
    for name in ("same", "lost", "latest"):
        process.write(Summit(name=f"{CALENDAR}/summits/{name}", series="before"))
    watch.wait(lambda _: len(view) == 5)
    process.end()
    for leftover in tmp_path.glob("s.db*"):
        leftover.unlink()
    copy.rename(file)
    if epoch:
        with closing(sqlite3.connect(file)) as there, there:
            there.execute("UPDATE clock SET epoch = ?", (epoch,))
    process.start()
    again = process.write(Summit(name=f"{CALENDAR}/summits/same", series="after"))
    watch.wait(lambda w: w.events.count("CAUGHT_UP") == 2 and view.get(again.name) == again)
    assert reason in [ResetReason.Name(batch.reset_reason) for batch in watch.batches]
    assert sorted(name.rpartition("/")[2] for name in view) == ["c", "kept", "same"]


def test_a_sync_begins_again_as_a_difference(service: Any, client: Client, old: Any) -> None:
    _, view = old
    etags = view.etags()
    with Client(service.grpc) as second:
        changes = list(second.sync(CALENDAR, view=view))
    assert sorted(change.name.rpartition("/")[2] for change in changes) == ["s1", "s2", "s4"]

    async def awaited() -> list[Any]:
        async with AsyncClient(service.grpc) as second:
            return [c async for c in second.sync(CALENDAR, token=old[0], held=etags)]

    assert asyncio.run(awaited()) == changes


# Ends


def test_a_watch_is_closed_from_elsewhere(client: Client) -> None:
    with client.watch(CALENDAR, initial=True) as watch:
        names = [change.name for change in watch if not threading.Timer(0.1, watch.close).start()]
    assert names == [CALENDAR]
    assert list(watch) == []


def test_a_closed_client_ends_its_watches(service: Any, client: Client) -> None:
    second = Client(service.grpc)
    closings = [second.close() for _ in second.watch(CALENDAR, initial=True, on_break=quiet)]
    assert len(closings) == 1


def test_a_closed_async_client_ends_its_watches(service: Any, client: Client) -> None:
    async def read() -> int:
        second = AsyncClient(service.grpc)
        changes = second.watch(CALENDAR, initial=True, on_break=quiet)
        return len([await second.close() async for _ in changes])

    assert asyncio.run(read()) == 1


def test_a_task_with_a_watch_can_be_cancelled(service: Any, client: Client) -> None:
    async def read() -> None:
        async with AsyncClient(service.grpc) as second:
            async for _ in second.watch(CALENDAR):
                """Nothing happens."""

    async def cancel() -> None:
        task = asyncio.create_task(read())
        await asyncio.sleep(0.1)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(cancel())
