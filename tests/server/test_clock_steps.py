"""A clock that steps forward and back: nothing stays open, and nothing is dropped early."""

from __future__ import annotations

import http.client
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

import pytest

from summitry.zones import rfc3339
from summitry_server.jobs.due import BOUND, PROOF, SETTING, STEP, DueTime
from summitry_server.jobs.maintenance import EVERY, compaction, expiry_of_requests
from summitry_server.jobs.purge import purging
from summitry_server.store.contract import LogEntry
from summitry_server.store.memory.engine import MemoryStore

DAY = 86_400
STEPS = {"an hour": 3600, "a day": DAY, "40 days": 40 * DAY, "50 years": 50 * 365 * DAY}
step_of = pytest.mark.parametrize("step", STEPS.values(), ids=STEPS)


def get(http_address: str, path: str, **headers: str) -> tuple[int, str, dict[str, str]]:
    parts = urlsplit(http_address)
    connection = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=20)
    sent = {name.replace("_", "-"): value for name, value in headers.items()}
    connection.request("GET", path, headers=sent)
    answer = connection.getresponse()
    response = (
        answer.status,
        answer.read().decode(),
        {name.lower(): value for name, value in answer.headers.items()},
    )
    connection.close()
    return response


@pytest.fixture
def site(service: Any, api_class: Any, make: Any, clock: Any) -> Any:
    """Return a service with a summit, a calendar and a feed that are under embargo for 30 minutes."""
    api = api_class(service.channel)
    until = rfc3339(clock.time + 1800)
    api.create("calendars", "c", titles=[{"text": "Open"}])
    api.create("calendars", "d", titles=[{"text": "Closed"}], embargo_until=until)
    day = make.dates("2024-07-03")
    api.create("summits", "s", titles=[{"text": "Surprise"}], time=day, embargo_until=until)
    api.create("feeds", "f", titles=[{"text": "Later"}], embargo_until=until)
    return service


@step_of
@pytest.mark.parametrize("write", [False, True], ids=["no write", "a write meanwhile"])
def test_embargo_closes_again_when_the_clock_returns(
    site: Any, api_class: Any, clock: Any, step: int, write: bool
) -> None:
    api = api_class(site.channel)
    paths = ["/feeds/c.ics", "/feeds/c/f.ics", "/feeds/d.ics", "/calendars/c", "/calendars/d", "/"]
    closed = [get(site.http, path)[:2] for path in paths]
    clock.time += step
    assert "Surprise" in get(site.http, "/feeds/c.ics")[1]
    opened = [get(site.http, path) for path in paths]
    assert [status for status, _, _ in opened] == [200] * len(paths)
    if write:
        api("UpdateSummit", summit={"name": "calendars/c/summits/s", "series": "x"})
    clock.time -= step
    shut = [get(site.http, path) for path in paths]
    assert [status for status, _, _ in shut] == [status for status, _ in closed]
    for body in [body for _, body, _ in shut]:
        assert "Surprise" not in body and "Closed" not in body
    by_date = get(site.http, paths[0], If_Modified_Since=opened[0][2]["last-modified"])
    assert by_date[0] == 200, "no date hides that it closed"


@step_of
def test_watcher_of_the_public_loses_what_closes_again(
    start: Any, api_class: Any, watch_public: Any, clock: Any, step: int
) -> None:
    service = start("--http", "off", "--heartbeat", "0.05")
    api = api_class(service.channel)
    api.create("calendars", "c")
    stream = watch_public(service.channel)
    api.create("summits", "s", embargo_until=rfc3339(clock.time + 1800))
    clock.time += step
    assert stream() == "UPSERT"
    clock.time -= step
    assert stream() == "LEFT_VIEW"


@pytest.fixture
def watch_public() -> Any:
    """Opens a public watch of calendars/c; each call of the result gives its next change."""
    from summitry.v1.change_service_pb2 import (
        ChangeKind,
        WatchChangesRequest,
        WatchChangesResponse,
    )

    calls = []

    def open_watch(channel: Any) -> Callable[[], str]:
        request = WatchChangesRequest()
        request.view.parent, request.view.public_only = "calendars/c", True
        request.now.SetInParent()
        call = channel.unary_stream(
            "/summitry.v1.ChangeService/WatchChanges",
            request_serializer=WatchChangesRequest.SerializeToString,
            response_deserializer=WatchChangesResponse.FromString,
        )(request, timeout=60)
        calls.append(call)
        next(call)

        def next_change() -> str:
            while not (changes := next(call).changes.changes):
                pass
            return str(ChangeKind.Name(changes[0].kind).removeprefix("CHANGE_KIND_"))

        return next_change

    yield open_watch
    for call in calls:
        call.cancel()


@step_of
def test_token_reads_again_when_the_clock_returns(
    service: Any, api_class: Any, clock: Any, step: int
) -> None:
    api = api_class(service.channel)
    api.create("calendars", "c")
    api.create("feeds", "f")
    issued = api("IssueFeedToken", name="calendars/c/feeds/f", expire_time=rfc3339(clock.time + 60))
    clock.time += step
    assert get(service.http, issued.path)[0] == 410
    clock.time -= step
    assert get(service.http, issued.path)[0] == 200


class MaintenanceRun:
    """The maintenance jobs over one service, whose processes can start anew."""

    def __init__(self, service: Any, clock: Any, keep_days: int) -> None:
        self.backend, self.clock, self.days = service.application.backend, clock, keep_days
        self.elapsed = 0.0
        self.restart()

    def restart(self) -> None:
        store = self.backend.store
        due = DueTime(store, self.clock, elapsed=lambda: self.elapsed).now
        self.jobs = [
            compaction(store, due, self.days),
            expiry_of_requests(store, due, DAY),
            purging(self.backend, due),
        ]

    def rounds(self, seconds: float) -> None:
        """Rounds for a time, in which the clock goes on as it should."""
        for _ in range(int(seconds // EVERY)):
            for job in self.jobs:
                job()
            self.elapsed += EVERY
            self.clock.time += int(EVERY)


@pytest.fixture
def maintenance(start: Any, api_class: Any, clock: Any) -> MaintenanceRun:
    """Return a service that purges after 30 days, with a deletion of 29 days ago."""
    service = start("--http", "off", "--purge-after", "30")
    api = api_class(service.channel)
    api("CreateCalendar", calendar_id="c", calendar={}, request_id=REQUEST)
    api.create("summits", "s")
    api("DeleteSummit", name="calendars/c/summits/s")
    maintenance = MaintenanceRun(service, clock, 30)
    return maintenance


REQUEST = "6fa459ea-ee8a-4ca4-894e-db77e160355e"


def remaining(maintenance: MaintenanceRun) -> tuple[bool, bool, bool]:
    """Return whether the deleted record, the answer and the whole log are still stored."""
    with maintenance.backend.store.read() as reader:
        record = bool(reader.deleted(2**40, 1))
        return record, reader.request(REQUEST) is not None, reader.earliest() == 1


@pytest.mark.parametrize("step", list(STEPS.values())[1:], ids=list(STEPS)[1:])
@pytest.mark.parametrize("restarted", [False, True], ids=["running", "at a start"])
@pytest.mark.parametrize("write", [False, True], ids=["no write", "a write meanwhile"])
def test_nothing_is_dropped_by_a_clock_that_is_ahead_for_hours(
    maintenance: MaintenanceRun, step: int, restarted: bool, write: bool
) -> None:
    maintenance.rounds(EVERY)
    maintenance.clock.time += step + 29 * DAY * (step == DAY)
    if restarted:
        maintenance.restart()
    if write:
        entry = LogEntry("desk", "", "", maintenance.clock.time)
        maintenance.backend.store.write(lambda writer: writer.put_setting("x", ""), entry)
    maintenance.rounds(6 * 3600)
    assert remaining(maintenance) == (True, True, True)
    maintenance.clock.time -= step + 29 * DAY * (step == DAY)
    maintenance.rounds(EVERY)
    assert remaining(maintenance) == (True, True, True)


def test_expired_data_is_dropped_while_the_clock_runs_steadily(maintenance: MaintenanceRun) -> None:
    maintenance.rounds(30 * DAY)
    assert remaining(maintenance)[0] is True
    maintenance.rounds(2 * EVERY)
    assert remaining(maintenance) == (False, False, False)


def test_clock_that_jumped_is_believed_after_a_day(maintenance: MaintenanceRun) -> None:
    """Start a server that was off for a weekend, or whose clock was behind."""
    maintenance.rounds(EVERY)
    maintenance.clock.time += 29 * DAY
    maintenance.restart()
    maintenance.rounds(PROOF - EVERY)
    assert remaining(maintenance) == (True, True, True)
    maintenance.rounds(DAY)
    assert remaining(maintenance)[:2] == (False, False)


@pytest.mark.parametrize(
    ("gap", "elapsed", "believed"),
    [
        (STEP, 0, True),
        (STEP + 1, 0, False),
        (STEP + 1, PROOF - 1, False),
        (STEP + 1, PROOF, True),
        (BOUND, PROOF, True),
        (BOUND + 1, PROOF, False),
        (BOUND + 1, 100 * PROOF, False),
        (-STEP - 1, 0, False),
    ],
)
def test_clock_that_jumped_is_trusted_after_the_proof_time(
    clock: Any, gap: int, elapsed: int, believed: bool
) -> None:
    store, began, passed = MemoryStore(), clock.time, [0.0]
    store.write(lambda w: w.put_setting(SETTING, str(began)), LogEntry("test", "", "", began))
    due = DueTime(store, clock, elapsed=lambda: passed[0])
    clock.time += gap
    due.now()
    clock.time, passed[0] = clock.time + elapsed, elapsed
    assert (due.now() == clock.time) is believed or gap < 0
    with store.read() as reader:
        assert (int(reader.setting(SETTING)) == clock.time) is believed


def test_trusted_clock_is_believed_at_once(clock: Any) -> None:
    store = MemoryStore()
    store.write(lambda w: w.put_setting(SETTING, "5"), LogEntry("test", "", "", 5))
    assert DueTime(store, clock).now() == 5
    assert DueTime(store, clock, trusted=True).now() == clock.time
    assert DueTime(store, clock).now() == clock.time


def test_store_without_maintenance_goes_by_its_log(
    service: Any, api_class: Any, clock: Any
) -> None:
    store = MemoryStore()
    assert DueTime(store, clock).now() == clock.time
    with service.application.backend.store.read() as reader:
        assert reader.setting(SETTING), "a server notes it at its start"


def test_gap_beyond_the_bound_is_an_error_in_the_log(clock: Any, caplog: Any) -> None:
    store = MemoryStore()
    store.write(lambda w: w.put_setting(SETTING, str(clock.time)), LogEntry("test", "", "", 0))
    due = DueTime(store, clock)
    clock.time += 40 * DAY
    due.now()
    due.now()
    assert [record.levelname for record in caplog.records] == ["ERROR"], "said once"
    assert "--trust-clock" in caplog.text


def test_version_is_not_older_than_the_one_it_follows(api: Any, clock: Any) -> None:
    """Calendar apps ignore an update whose stamp is older than what they have."""
    first = api.create("summits", "s")
    clock.time -= 50 * 365 * DAY
    second = api("UpdateSummit", summit={"name": first.name, "series": "x"}).summit
    assert second.update_time == first.update_time
    deleted = api("DeleteSummit", name=first.name).summit
    assert deleted.delete_time == first.update_time
    assert api("UndeleteSummit", name=first.name).summit.series == "x"
