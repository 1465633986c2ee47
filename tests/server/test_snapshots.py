"""Snapshots: one token for reads of a former state, restores, differences and reading own writes."""

from __future__ import annotations

import re
import shutil
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import grpc
import pytest

from summitry import Client, InvalidArgumentError, UnavailableError
from summitry.v1.calendar_pb2 import Calendar
from summitry.v1.summit_pb2 import Summit
from summitry_server.context import LOCAL_CALL
from summitry_server.domain.search.snapshots import Snapshots
from summitry_server.grpc_server.at_least import KEY, read_your_writes
from summitry_server.store.contract import Point
from summitry_server.wire.refusals import RefusedError

NAME = "calendars/c/summits/s"
VIEW = {"parent": "calendars/c"}
JULY = {"dates": {"first_date": "2024-07-01", "last_date": "2024-07-31", "time_zone": "UTC"}}
HERE = Snapshots(b"secret", "store")
POINT = Point(412, "9f40f1eca436b6ae")


@pytest.mark.parametrize("revision", [0, 1, 2**32, 2**48 - 1])
def test_snapshot_is_short_and_can_be_typed(revision: int) -> None:
    point = POINT._replace(revision=revision) if revision else Point(0, "")
    token = HERE.make(point)
    assert re.fullmatch(r"A[A-Za-z0-9_-]{1,59}", token), "no flag begins with a letter"
    assert HERE.read(token, "f").point == point


@pytest.mark.parametrize("index", range(40))
def test_altered_snapshot_is_refused(index: int) -> None:
    token = HERE.make(POINT)
    letter = "x" if token[index] != "x" else "y"
    with pytest.raises(RefusedError) as refusal:
        HERE.read(token[:index] + letter + token[index + 1 :], "f")
    assert refusal.value.path == "f"


def test_snapshot_signed_with_another_secret_is_refused() -> None:
    with pytest.raises(RefusedError):
        Snapshots(b"another", "store").read(HERE.make(POINT), "f")


ANSWERS: dict[str, dict[str, Any]] = {
    "GetHead": {},
    "ListSummits": VIEW,
    "GetSummit": {"name": NAME},
    "QueryAgenda": {**VIEW, "window": JULY},
    "FindConflicts": {**VIEW, "window": JULY},
    "ListChanges": {"view": VIEW, "now": {}},
    "ListRevisions": {"name": NAME},
    "ListTimeZones": {},
    "UpdateSummit": {"summit": {"name": NAME, "series": "later"}},
    "BatchWrite": {"writes": [{"delete": {"name": NAME}}]},
}


@pytest.mark.parametrize("rpc", ANSWERS)
def test_snapshot_of_an_answer_is_the_state_that_it_shows(api: Any, rpc: str) -> None:
    api.create("summits", "s", series="x")
    header = api(rpc, **ANSWERS[rpc]).header
    read = api("ListCalendars", as_of={"snapshot": header.snapshot})
    assert (read.header.revision, read.header.snapshot) == (header.revision, header.snapshot)


def test_changes_and_versions_have_the_snapshots_of_their_writes(api: Any, clock: Any) -> None:
    created = api.create("summits", "s", series="x")
    api("UpdateSummit", summit={"name": NAME, "series": "y"})
    versions = api("ListRevisions", name=NAME).revisions
    changes = api("ListChanges", view=VIEW, log_start={}).changes[1:]
    state = api("ListChanges", view=VIEW, initial={}).changes
    snapshots = [version.snapshot for version in reversed(versions)]
    assert [change.snapshot for change in changes] == snapshots
    assert snapshots[-1] in {change.snapshot for change in state}
    for snapshot, series in zip(snapshots, "xy", strict=True):
        as_of = {"snapshot": snapshot}
        assert api("GetSummit", name=NAME, as_of=as_of).summit.series == series
        assert api("GetRevision", name=NAME, as_of=as_of).revision.snapshot == snapshot
    api("BatchWrite", writes=[{"restore": {"name": NAME, "snapshot": snapshots[0]}}])
    assert api("GetSummit", name=NAME).summit.series == created.series
    answer = api("DiffRevisions", name=NAME, from_snapshot=snapshots[0], to_snapshot=snapshots[1])
    assert [difference.field_path for difference in answer.differences] == ["series"]


# -- Where followers begin -------------------------------------------------------------------------


@pytest.mark.parametrize("rpc", ["ListChanges", "WatchChanges"])
def test_start_is_required(api: Any, rpc: str) -> None:
    request = api.message(rpc, view=VIEW).SerializeToString()
    make = api.channel.unary_stream if rpc == "WatchChanges" else api.channel.unary_unary
    call = make(f"/summitry.v1.ChangeService/{rpc}")
    with pytest.raises(grpc.RpcError) as caught:
        list(call(request, timeout=60)) if rpc == "WatchChanges" else call(request, timeout=60)
    assert "start" in caught.value.details()
    assert caught.value.code() is grpc.StatusCode.INVALID_ARGUMENT


def test_changes_begin_where_the_start_says(api: Any) -> None:
    before = api.snapshot()
    api.create("summits", "s")
    after = api.snapshot()
    api.create("summits", "t")

    def changes(**start: Any) -> list[str]:
        page = api("ListChanges", view=VIEW, **start)
        return [change.name.rpartition("/")[2] for change in page.changes]

    assert changes(log_start={}) == changes(initial={}) == ["c", "s", "t"]
    assert changes(snapshot=before) == ["s", "t"]
    assert changes(snapshot=after) == ["t"]
    assert changes(now={}) == []


def test_start_at_a_forged_snapshot_is_refused(api: Any) -> None:
    refusal = api.refusal("ListChanges", view=VIEW, snapshot="AQ")
    assert (refusal.reason, refusal.field) == ("INVALID_SNAPSHOT", "snapshot")


def test_start_before_the_log_is_refused(start: Any, api_class: Any) -> None:
    service = start("--http", "off")
    api = api_class(service.channel)
    api.create("calendars", "c")
    snapshot = api.snapshot()
    for series in "wxyz":
        api("UpdateSummit", summit={"name": NAME, "series": series}, allow_missing=True)
    service.application._store.compact(4)
    refusal = api.refusal("ListChanges", view=VIEW, snapshot=snapshot)
    assert (refusal.code, refusal.reason, refusal.field) == (
        "OUT_OF_RANGE",
        "CHANGES_GONE",
        "snapshot",
    )


def test_watch_goes_on_after_a_list(service: Any) -> None:
    """A client lists, then watches from what it has read: nothing is missed in between."""
    with Client(service.grpc) as client:
        client.create(Calendar(name="calendars/c"))
        listed = list(client.list(Summit, "calendars/c"))
        snapshot = client.header.snapshot
        client.create(Summit(name=NAME))
        with client.watch("calendars/c", snapshot=snapshot) as watch:
            assert (listed, next(iter(watch)).name) == ([], NAME)
        synced = [change.name for change in client.sync("calendars/c", snapshot=snapshot)]
        assert synced == [NAME]


# -- Reading one's own writes ----------------------------------------------------------------------


def guard(head: Callable[[], int]) -> Callable[[Any], Any]:
    concern = read_your_writes(HERE, head)
    admit = concern(None)  # type: ignore[arg-type]
    assert admit is not None
    return admit


def demanding(token: str) -> Any:
    from dataclasses import replace

    return replace(LOCAL_CALL, at_least=token)


def test_call_waits_until_the_store_has_its_snapshot() -> None:
    heads = iter([410, 411, 411, 412, 412])
    guard(lambda: next(heads))(demanding(HERE.make(POINT)))
    assert next(heads, None) in (412, None)


def test_call_is_refused_when_the_store_stays_behind(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("summitry_server.grpc_server.at_least.WAIT", 0.01)
    with pytest.raises(RefusedError, match="the store is at revision 411, not yet at 412"):
        guard(lambda: 411)(demanding(HERE.make(POINT)))


@pytest.mark.parametrize(
    "token",
    ["", "nonsense", Snapshots(b"secret", "a former epoch").make(POINT),
     Snapshots(b"another", "store").make(POINT)],
    ids=["none", "no token", "former epoch", "another store"],
)  # fmt: skip
def test_snapshot_that_the_store_never_shows_is_no_condition(token: str) -> None:
    guard(lambda: 1)(demanding(token))


def test_client_sends_the_newest_snapshot_that_it_has_seen(service: Any) -> None:
    """Its calls wait for a write that it has seen elsewhere."""
    with Client(service.grpc) as writer, Client(service.grpc) as reader:
        writer.create(Calendar(name="calendars/c"))
        reader.get("calendars/c")
        newest = reader.header
        writer.create(Summit(name=NAME))
        reader.get("calendars/c", as_of=newest.snapshot)
        assert dict(reader._newest.metadata()) == {KEY: newest.snapshot}
        reader.get("calendars/c")
        assert dict(reader._newest.metadata()) == {KEY: writer.header.snapshot}
        ahead = writer.header.revision + 1
        backend = service.application.backend
        reader._newest._header.revision = ahead
        reader._newest._header.snapshot = backend.snapshots.make(Point(ahead, POINT.chain))
        answers: list[Any] = []
        reading = threading.Thread(target=lambda: answers.append(reader.get(NAME)), daemon=True)
        reading.start()
        time.sleep(0.1)
        writer.update(Summit(name=NAME, series="seen"), ["series"])
        reading.join()
        assert [summit.series for summit in answers] == ["seen"]


def test_refusal_of_a_server_that_is_behind_may_be_retried(
    service: Any, refusal_of: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("summitry_server.grpc_server.at_least.WAIT", 0.01)
    ahead = service.application.backend.snapshots.make(Point(9, POINT.chain))
    call = service.channel.unary_unary("/summitry.v1.ChangeService/GetHead")
    with pytest.raises(grpc.RpcError) as caught:
        call(b"", timeout=60, metadata=((KEY, ahead),))
    assert refusal_of(caught.value)[:2] == ("UNAVAILABLE", "SNAPSHOT_NOT_REACHED")


# -- A store that is put back from a copy ----------------------------------------------------------


class Desk:
    """A service on a file that can be put back from a copy, always at the same address."""

    def __init__(self, folder: Path, process: Any) -> None:
        self.process, self.store = process, folder / "s.db"
        self.copied = folder / "copy.db"

    def copy(self) -> None:
        with (
            closing(sqlite3.connect(self.store)) as there,
            closing(sqlite3.connect(self.copied)) as here,
        ):
            there.backup(here)

    def put_back(self) -> None:
        """Replace the file; by its head mark the server knows that it begins another epoch."""
        self.process.end(15)
        for end in ("", "-wal", "-shm"):
            Path(f"{self.store}{end}").unlink(missing_ok=True)
        shutil.copy(self.copied, self.store)
        self.process.start()


@pytest.fixture
def desk(tmp_path: Path, process: Any) -> Iterator[Desk]:
    yield Desk(tmp_path, process)


def test_client_goes_on_when_the_store_was_put_back(desk: Desk) -> None:
    with Client(desk.process.address) as client:
        client.create(Calendar(name="calendars/c"))
        client.create(Summit(name=NAME, series="kept"))
        common = client.header.snapshot
        desk.copy()
        for series in "xyz":
            client.update(Summit(name=NAME, series=series), ["series"])
        latest, store_id = client.header.snapshot, client.header.store_id
        desk.put_back()
        assert client.get(NAME, Summit).series == "kept"
        assert client.header.store_id != store_id
        assert client.header.snapshot != common, "another epoch"
        client.update(Summit(name=NAME, series="again"), ["series"])
        assert client.get(NAME, Summit).series == "again"
        assert client.get(NAME, Summit, as_of=common).series == "kept", (
            "the history goes through it"
        )
        for call in (
            lambda: client.get(NAME, as_of=latest),
            lambda: client.revision(NAME, latest),
            lambda: client.diff(NAME, latest),
            lambda: client.restore(NAME, latest),
        ):
            with pytest.raises(InvalidArgumentError) as refusal:
                call()
            assert refusal.value.reason == "SNAPSHOT_OF_OTHER_HISTORY"
        with client.watch("calendars/c", snapshot=latest, held={}) as watch:
            (batch, *_) = [next(watch.batches())]
            assert batch.reset_reason == 2  # STORE_RESTORED


def test_client_forgets_what_a_store_has_lost_unnoticed(
    service: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The store is the same by its id, and behind what the client has seen: one call tells so."""
    monkeypatch.setattr("summitry_server.grpc_server.at_least.WAIT", 0.01)
    with Client(service.grpc) as client:
        client.create(Calendar(name="calendars/c"))
        client._newest._header.revision = 9
        client._newest._header.snapshot = service.application.backend.snapshots.make(
            Point(9, POINT.chain)
        )
        with pytest.raises(UnavailableError) as refusal:
            client.get("calendars/c")
        assert refusal.value.reason == "SNAPSHOT_NOT_REACHED"
        assert client.get("calendars/c").name == "calendars/c"
