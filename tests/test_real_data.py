"""The public data sets, imported by their profiles: all of it in, nothing lost, nothing twice."""

from __future__ import annotations

import io
import json
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from summitry import Client
from summitry.formats.profiles import read_profile
from summitry.kinds import CALENDAR, parse_name
from summitry.v1.summit_pb2 import Summit
from summitry.v1.transfer_service_pb2 import ImportRecordsResponse
from summitry.v1.visit_pb2 import Visit
from summitry_server.app import Application
from summitry_server.config import parse_config
from summitry_server.store.sqlite.engine import SqliteStore
from tests.import_reports import warnings_of
from tests.once import made_once

PROFILES = {"visits": "state-department", "summits": "summits", "summit_attendance": "attendance"}
ENTRIES = {"visits": 3264, "summits": 186, "summit_attendance": 188}
# 136 visits; 52 summits with 581 delegations to them; and in each file its calendar.
RECORDS = {"visits": 3265, "summits": 187, "summit_attendance": 770}
# By class; a date within the words of a register is no second source.
WARNINGS = {
    "visits": {},
    "summits": {"CLAIMS_DISAGREE": 14},
    "summit_attendance": {},
}


class Loaded(NamedTuple):
    """A service that has imported all files, and what it answered."""

    address: str
    answers: dict[str, ImportRecordsResponse]


def lines(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def load(
    client: Client, folder: Path, name: str, step: int = 1, **options: bool
) -> ImportRecordsResponse:
    """Import a file, or every `step`th line of it."""
    text = (folder / f"{name}.ndjson").read_text(encoding="utf-8")
    sample = io.StringIO("".join(text.splitlines(keepends=True)[::step]))
    read = read_profile(PROFILES[name], sample)
    return client.import_records((record for _, record in read), **options)


@contextmanager
def serving(path: Path, factory: type[sqlite3.Connection]) -> Iterator[str]:
    """Yield the address of a service on a SQLite file; every query's plan is checked."""
    config = parse_config(["--grpc", "127.0.0.1:0", "--http", "off"])
    application = Application(config, store=SqliteStore(path, factory=factory))
    yield str(application.grpc_address)
    application.stop()


@pytest.fixture(scope="module")
def loaded(
    shared_data: Path,
    tmp_path_factory: pytest.TempPathFactory,
    worker_id: str,
    plan_checked: type[sqlite3.Connection],
) -> Iterator[Loaded]:
    """Yield a service with all files, which one worker of the run has imported for all."""

    def make(folder: Path) -> None:
        with serving(folder / "s.db", plan_checked) as address, Client(address) as client:
            for name in PROFILES:
                answer = load(client, shared_data, name)
                (folder / name).write_bytes(answer.SerializeToString())

    folder = made_once("real-data", make, tmp_path_factory, worker_id)
    answers = {
        name: ImportRecordsResponse.FromString((folder / name).read_bytes()) for name in PROFILES
    }
    with serving(folder / "s.db", plan_checked) as address:
        yield Loaded(address, answers)


@pytest.mark.parametrize("name", PROFILES)
def test_every_record_is_accepted_and_warnings_are_counted(loaded: Loaded, name: str) -> None:
    answer = loaded.answers[name]
    assert (answer.received, answer.created, answer.failed) == (RECORDS[name], RECORDS[name], 0)
    assert warnings_of(answer) == WARNINGS[name]


@pytest.mark.parametrize("name", PROFILES)
@pytest.mark.parametrize("dry", [False, True], ids=["for good", "dry run"])
def test_a_second_import_changes_nothing(
    loaded: Loaded, shared_data: Path, name: str, dry: bool, soak: bool
) -> None:
    """Import a tenth of the files, those without doubtful records."""
    step = 1 if soak or WARNINGS[name] else 10
    with Client(loaded.address) as client:
        next(client.list("calendars"))
        before = client.header.revision
        again = load(client, shared_data, name, step, validate_only=dry)
        assert again.header.revision == before
    assert again.unchanged == again.received > ENTRIES[name] // step
    assert step > 1 or again.received == RECORDS[name]
    assert warnings_of(again) == WARNINGS[name], "what is doubtful stays so"


def test_exported_original_equals_the_imported_one(loaded: Loaded, shared_data: Path) -> None:
    originals: dict[str, list[Any]] = {}
    with Client(loaded.address) as client:
        for record in client.export_records():
            name = parse_name(record.name)
            if name and name.kind is not CALENDAR and record.original:
                originals.setdefault(record.name.split("/", 2)[1], []).append(
                    json.loads(record.original)
                )
    visits = [line["original"] for line in lines(shared_data / "visits.ndjson")]
    assert by_id(originals["us-visits"]) == by_id(visits)
    assert by_id(originals["summits"]) == by_id(lines(shared_data / "summits.ndjson"))
    attendance = [entry for entry in originals["summit-attendance"] if "record" in entry]
    assert by_id(attendance) == by_id(lines(shared_data / "summit_attendance.ndjson"))
    for name, entries in (("us-visits", "visits"), ("summits", "summits")):
        assert len(originals[name]) == ENTRIES[entries]
    assert len(attendance) == ENTRIES["summit_attendance"]


def by_id(entries: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return sorted(entries, key=lambda entry: str(entry["id"]))


@pytest.mark.parametrize(
    ("series", "month", "count"),
    [("US-Africa", "2014-08", 45), ("NATO", "2012-05", 39)],
    ids=["US-Africa 2014", "NATO 2012"],
)
def test_delegations_to_a_summit(
    loaded: Loaded, shared_data: Path, series: str, month: str, count: int
) -> None:
    """Expect each with its head (question 7 of the data)."""
    (entry,) = (
        line
        for line in lines(shared_data / "summit_attendance.ndjson")
        if line["direction"] == "in_usa"
        and series in line["series"]
        and month in line["usual_from"]
    )
    event = f"calendars/summit-attendance/summits/{entry['id']}"
    with Client(loaded.address) as client:
        sent = [
            delegation
            for delegation in client.list("delegations", "calendars/summit-attendance")
            if any(engagement.event == event for engagement in delegation.engagements)
        ]
    assert len(sent) == count
    assert all(delegation.members[0].person.names[0].text for delegation in sent)


def test_week_of_the_agenda_equals_a_scan_of_every_line(loaded: Loaded, shared_data: Path) -> None:
    week = {"first_date": "2012-05-14", "last_date": "2012-05-20"}
    ids = set()
    with Client(loaded.address) as client:
        for calendar in ("us-visits", "summits"):
            parent = f"calendars/{calendar}"
            for item in client.agenda(parent, time_zone="America/New_York", **week):
                original = getattr(item.record, item.record.WhichOneof("record") or "").original
                ids.add(json.loads(original)["id"])
    expected = {
        (line.get("original") or line)["id"]
        for name in ("visits", "summits")
        for line in lines(shared_data / f"{name}.ndjson")
        if line["date_precision"] == "day"
        and (line["start"] or line["end"])
        and (line["start"] or line["end"]) <= week["last_date"]
        and (line["end"] or line["start"]) >= week["first_date"]
    }
    assert ids == expected and len(ids) > 40, "G8 and NATO met that week"


def test_partial_dates_invent_no_day(loaded: Loaded) -> None:
    with Client(loaded.address) as client:
        partial = [s for s in client.list("summits") if s.time.WhichOneof("when") == "partial"]
    assert len(partial) > 30
    assert {len(summit.time.partial.edtf) for summit in partial} <= {4, 7, 9, 10, 15, 21}
    assert all(not summit.time.resolved.HasField("interval") for summit in partial)


def test_names_of_kinds_fit_their_messages(loaded: Loaded) -> None:
    with Client(loaded.address) as client:
        assert isinstance(next(iter(client.list("visits"))), Visit)
        assert isinstance(next(iter(client.list("summits"))), Summit)


def test_an_export_into_another_store_loses_nothing(loaded: Loaded, start: Any, soak: bool) -> None:
    """Records are streamed from one store to the other."""
    parent = "calendars/-" if soak else "calendars/summit-attendance"
    count = sum(RECORDS.values()) if soak else RECORDS["summit_attendance"]
    with Client(loaded.address) as source, Client(start("--http", "off").grpc) as target:
        answer = target.import_records(source.export_records(parent, include_hidden=True))
        assert (answer.created, answer.failed) == (count, 0)
        pairs = zip(source.export_records(parent), target.export_records(), strict=True)
        assert all(
            (exported.name, exported.ical_uid, exported.original, exported.claims, exported.time)
            == (imported.name, imported.ical_uid, imported.original, imported.claims, imported.time)
            for exported, imported in pairs
        )
