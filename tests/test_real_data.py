"""The State Department's visits and the summits file, through `summitry import`, without loss."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from samples.convert.__main__ import convert

from summitry import Client
from summitry.__main__ import main
from summitry.v1.summit_pb2 import Summit
from summitry.v1.visit_pb2 import Visit
from summitry_server.app import Application
from summitry_server.config import parse_config
from summitry_server.store.sqlite import SqliteStore

FILES = {"visits.ndjson": 3264, "summits.ndjson": 186}


def lines(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


@pytest.fixture(scope="module")
def loaded(
    shared_data: Path, tmp_path_factory: pytest.TempPathFactory, plan_checked: Any
) -> Iterator[str]:
    """The address of a service that imported both files; every query's plan is checked."""
    folder = tmp_path_factory.mktemp("real")
    store = SqliteStore(folder / "s.db", factory=plan_checked)
    config = parse_config(["--grpc", "127.0.0.1:0", "--http", "off"])
    application = Application(config, store=store)
    address = str(application.grpc_address)
    for name in FILES:
        records = folder / f"{name}.records.ndjson"
        with (shared_data / name).open(encoding="utf-8") as source:
            text = "".join(json.dumps(record) + "\n" for record in convert(source))
        records.write_text(text, encoding="utf-8")
        assert main(["--server", address, "import", str(records)]) == 0
    yield address
    application.stop()


def test_none_is_lost_and_each_original_is_kept(loaded: str, shared_data: Path) -> None:
    with Client(loaded) as client:
        kept = [json.loads(record.original) for record in client.list("visits")]
        given = [line["original"] for line in lines(shared_data / "visits.ndjson")]
        assert len(kept) == FILES["visits.ndjson"]
        assert sorted(kept, key=lambda o: o["id"]) == sorted(given, key=lambda o: o["id"])
        summits = [json.loads(record.original) for record in client.list("summits")]
        wanted = lines(shared_data / "summits.ndjson")
        assert len(summits) == FILES["summits.ndjson"]
        assert sorted(summits, key=lambda o: o["id"]) == sorted(wanted, key=lambda o: o["id"])


def test_a_week_of_the_agenda_is_what_a_look_at_every_line_finds(
    loaded: str, shared_data: Path
) -> None:
    week = {"first_date": "2012-05-14", "last_date": "2012-05-20"}
    with Client(loaded) as client:
        items = list(client.agenda("calendars/-", time_zone="America/New_York", **week))
    found = {json.loads(getattr(i, i.WhichOneof("record")).original)["id"] for i in items}
    expected = {
        (line.get("original") or line)["id"]
        for name in FILES
        for line in lines(shared_data / name)
        if line["date_precision"] == "day"
        and (line["start"] or line["end"])
        and (line["start"] or line["end"]) <= week["last_date"]
        and (line["end"] or line["start"]) >= week["first_date"]
    }
    assert found == expected and len(found) > 40, "G8 and NATO met that week"


def test_partial_dates_invent_no_day(loaded: str) -> None:
    with Client(loaded) as client:
        partial = [s for s in client.list("summits") if s.time.WhichOneof("when") == "partial"]
    assert len(partial) > 30
    assert {len(summit.time.partial.edtf) for summit in partial} <= {4, 7, 9, 10, 15, 21}
    assert all(not summit.time.resolved.HasField("interval") for summit in partial)


def test_names_of_kinds_fit_their_messages(loaded: str) -> None:
    with Client(loaded) as client:
        assert isinstance(next(iter(client.list("visits"))), Visit)
        assert isinstance(next(iter(client.list("summits"))), Summit)
