"""Clients with default settings, which take messages of 4 MiB, read each list of the largest records."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import grpc
import pytest
from google.protobuf import json_format
from google.protobuf.message_factory import GetMessageClass
from grpc_tools import protoc

from summitry import Calendar, Client, batch
from summitry.kinds import CALENDAR, FEED, KINDS, Kind
from summitry_server.app import Application
from summitry_server.config import parse_config
from tests.api import protoc_arguments, rpcs

pytestmark = pytest.mark.slow
HERE = Path(__file__).parent
NODE_MODULES = HERE / "node_modules"
COUNT = 24  # of each kind; 24 records of 188 KiB are more than 4 MiB
MOST = 4 * 1024 * 1024
# Twelve summaries, or sixty places, make a record of nearly the largest size that a request can bring.
SUMMARIES = [{"text": "x" * 16_000, "language_code": f"en-x-{number:02}"} for number in range(12)]
DAY = "2024-07-03"
DATES = {"first_date": DAY, "time_zone": "UTC"}
WINDOW = {"window": {"dates": DATES}}
VIEW = {"view": {"parent": "calendars/-"}}
IN_C = {"parent": "calendars/c"}
FIRST = "calendars/c/meetings/r00"


def collection(kind: Kind) -> tuple[str, dict[str, Any]]:
    """Return a list of all records of a kind."""
    noun = kind.message.DESCRIPTOR.name
    request = {} if kind is CALENDAR else IN_C
    return f"{noun}Service.List{noun}s", {"request": request, "field": kind.collection}


# By rpc: the request, and the field of the entries. Pages go on by next_page_token, if nothing else is said.
LISTS: dict[str, dict[str, Any]] = {
    **dict(map(collection, KINDS)),
    "AgendaService.QueryAgenda": {"request": {**IN_C, **WINDOW}, "field": "items"},
    "AgendaService.LocatePrincipals": {"request": {**IN_C, **WINDOW, "persons": ["xi"]}, "field": "presences"},
    "AgendaService.FindConflicts": {"request": {**IN_C, **WINDOW}, "field": "conflicts"},
    "AgendaService.FindMeetingWindows": {
        "request": {**IN_C, **WINDOW, "attendees": [{"person": "xi", "time_zone": "UTC"}], "duration": "1800s"},
        "field": "blockers",
    },
    "ChangeService.ListRevisions": {"request": {"name": FIRST}, "field": "revisions"},
    "ChangeService.ListChanges": {"request": {**VIEW, "log_start": {}}, "field": "changes", "next": "next_token"},
    "ChangeService.WatchChanges": {"request": {**VIEW, "initial": {}}, "field": "changes", "event": "changes"},
    "FeedService.ListFeedTokens": {"request": {"parent": "calendars/c/feeds/r00"}, "field": "tokens"},
    "TimeZoneService.ListTimeZones": {"request": {}, "field": "time_zones"},
    "TimeZoneService.AuditTimeZones": {"request": {"parent": "calendars/-"}, "field": "impacts"},
    "TransferService.ExportRecords": {"request": IN_C, "field": "records"},
}  # fmt: skip
RECORDS = COUNT * len(KINDS) + 1  # and the calendar that holds them
# How many entries lists have; of the others the clients must agree.
COUNTS = {
    **{collection(kind)[0]: COUNT for kind in KINDS},
    "CalendarService.ListCalendars": COUNT + 1,
    "AgendaService.LocatePrincipals": COUNT,
    "ChangeService.ListRevisions": COUNT + 1,
    "ChangeService.ListChanges": RECORDS + COUNT,
    "ChangeService.WatchChanges": RECORDS,
    "FeedService.ListFeedTokens": 0,
}
# Their answers have the records themselves, or their places.
LARGE = {name for name, count in COUNTS.items() if count} | {
    "AgendaService.QueryAgenda",
    "TransferService.ExportRecords",
}


def requests() -> dict[str, Any]:
    """Return the lists for the programs; pages are asked for as large as they can be."""
    lists = {}
    for name, entry in LISTS.items():
        service, method = name.split(".")
        is_paged = "page_size" in METHODS[name].input_type.fields_by_name
        more = {"next": entry.get("next", "next_page_token")} if is_paged else {}
        request = {**entry["request"], **({"page_size": 1000} if is_paged else {})}
        lists[name] = {**entry, **more, "service": service, "method": method, "request": request}
    return lists


METHODS = {f"{method.containing_service.name}.{method.name}": method for method in rpcs()}


def test_every_list_is_in_the_table() -> None:
    lists = {
        name
        for name, method in METHODS.items()
        if {"page_token", "token"} & set(method.input_type.fields_by_name)
        or method.server_streaming
    }
    writes = {"TimeZoneService.RebaseTimeZones"}
    assert set(LISTS) == lists - writes


def places(first: int) -> list[dict[str, Any]]:
    """Return sixty towns with long names, in two languages beside the local one."""
    return [
        {"localities": [{"text": f"{number} " + "x" * 1000, "language_code": code} for code in ("en", "fr", "de")]}
        for number in range(first, first + 60)
    ]  # fmt: skip


def large(kind: Kind, number: int) -> Any:
    """Return a record of a kind, of nearly the largest size."""
    parent = "" if kind is CALENDAR else "calendars/c/"
    record: dict[str, Any] = {"name": f"{parent}{kind.collection}/r{number:02}"}
    if kind not in (CALENDAR, FEED):
        record["time"] = {"dates": {"first_date": DAY}}
    if kind.singular == "meeting":
        # Two meetings at one hour in different towns, so that they are conflicts too.
        towns = places(number % 2 * 100)
        record |= {"places": towns, "participants": [{"person": {"id": "xi"}}]}
        record["time"] = {"iso": f"{DAY}T10:00/12:00[Asia/Almaty]"}
    else:
        record["summaries"] = SUMMARIES
    return json_format.ParseDict(record, kind.message())


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    """Yield the address of a service with the largest records of each kind; one has many versions."""
    options = ["--store", "memory:", "--grpc", "127.0.0.1:0", "--http", "off"]
    application = Application(parse_config(options))
    address = str(application.grpc_address)
    with Client(address, timeout=60) as client:
        client.create(Calendar(name="calendars/c"))
        for kind in KINDS:
            records = [large(kind, number) for number in range(COUNT)]
            assert records[0].ByteSize() > MOST / COUNT
            for part in (records[::2], records[1::2]):
                client.batch_write_versions(map(batch.create, part))
        for turn in range(COUNT):
            meeting = KINDS[3].message(name=FIRST, labels={"turn": str(turn)})
            client.update(meeting, ["labels.turn"])
    yield address
    application.stop()


class Grpcio:
    """Reads lists by a channel with default settings."""

    def __init__(self, address: str) -> None:
        self.channel = grpc.insecure_channel(address)
        self.bytes = 0

    def count(self, name: str, entry: dict[str, Any]) -> int:
        """Return how many entries a list has."""
        method = METHODS[name]
        path = f"/{method.containing_service.full_name}/{method.name}"
        request = json_format.ParseDict(entry["request"], GetMessageClass(method.input_type)())
        shape = self.channel.unary_stream if method.server_streaming else self.channel.unary_unary
        call: Any = shape(
            path,
            request_serializer=lambda message: message.SerializeToString(),
            response_deserializer=GetMessageClass(method.output_type).FromString,
        )
        self.bytes = 0
        answers = self._stream if method.server_streaming else self._pages
        return sum(len(self._entries(answer, entry)) for answer in answers(call, request, entry))

    def _entries(self, answer: Any, entry: dict[str, Any]) -> Any:
        self.bytes += answer.ByteSize()
        owner = getattr(answer, entry["event"]) if "event" in entry else answer
        return getattr(owner, entry["field"])

    def _pages(self, call: Any, request: Any, entry: dict[str, Any]) -> Iterator[Any]:
        while True:
            answer = call(request, timeout=60)
            yield answer
            token = getattr(answer, entry["next"])
            if not token or not getattr(answer, "more", True):
                return
            setattr(request, "token" if entry["next"] == "next_token" else "page_token", token)

    def _stream(self, call: Any, request: Any, entry: dict[str, Any]) -> Iterator[Any]:
        stream = call(request, timeout=60)
        for answer in stream:
            yield answer
            if "event" in entry and answer.HasField("caught_up"):
                stream.cancel()
                return


@pytest.fixture(scope="module")
def counts(address: str) -> dict[str, int]:
    """Return the counts of all lists by grpcio."""
    client = Grpcio(address)
    counts = {}
    for name, entry in requests().items():
        counts[name] = client.count(name, entry)
        assert (client.bytes > MOST) == (name in LARGE), name
    client.channel.close()
    return counts


def test_grpcio_reads_all_lists(counts: dict[str, int]) -> None:
    assert {name: counts[name] for name in COUNTS} == COUNTS
    assert counts["AgendaService.QueryAgenda"] == COUNT * (len(KINDS) - 2)
    assert counts["AgendaService.FindConflicts"] and counts["AgendaService.FindMeetingWindows"]
    assert counts["TransferService.ExportRecords"] >= COUNT * (len(KINDS) - 2)


def run(command: list[str]) -> dict[str, int]:
    """Run a program that reads all lists; return their counts."""
    done = subprocess.run(
        command, cwd=HERE, input=json.dumps(requests()), capture_output=True, text=True, timeout=120
    )
    assert done.returncode == 0, done.stderr
    counts: dict[str, int] = json.loads(done.stdout)
    return counts


no_node = pytest.mark.skipif(
    shutil.which("node") is None or not NODE_MODULES.is_dir(),
    reason="no node, or no clients for it: run `make interop`",
)


@no_node
def test_grpc_js_reads_all_lists(address: str, counts: dict[str, int]) -> None:
    assert run(["node", "lists.cjs", address]) == counts


@no_node
def test_connect_node_reads_all_lists(address: str, counts: dict[str, int], tmp_path: Path) -> None:
    descriptors = tmp_path / "descriptors.binpb"
    options = ["--include_imports", f"--descriptor_set_out={descriptors}"]
    assert protoc.main(["protoc", *options, *protoc_arguments()]) == 0
    assert run(["node", "lists.mjs", address, str(descriptors)]) == counts
