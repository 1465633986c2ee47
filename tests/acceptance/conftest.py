"""Services loaded with real data, and the queries that the tests ask of them."""

from __future__ import annotations

import io
import json
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import grpc
import pytest
from google.protobuf import json_format

from summitry import Client
from summitry._calls.methods import AGENDA
from summitry.formats.profiles import read_profile
from summitry.formats.profiles.options import ProfileOptions
from summitry.kinds import BY_COLLECTION, parse_name
from summitry.v1.agenda_service_pb2 import Presence
from summitry.v1.filter_pb2 import TimeWindow


class Desk(NamedTuple):
    """A service, and a client of it."""

    client: Client
    http: str
    channel: grpc.Channel

    def load(self, profile: str, text: str, mapping: Path | None = None) -> list[str]:
        """Import a file by its profile and return the refusals with place and reason."""
        refused: list[str] = []
        options = ProfileOptions(mapping=mapping)
        read = read_profile(
            profile, io.StringIO(text), options, on_error=lambda error: refused.append(str(error))
        )
        answer = self.client.import_records(record for _, record in read)
        assert answer.failed == 0
        return refused

    def put(self, entry: dict[str, Any]) -> Any:
        """Create a record given as JSON, by its name."""
        name = parse_name(entry["name"])
        assert name is not None
        record = json_format.ParseDict(entry, BY_COLLECTION[name.kind.collection].message())
        return self.client.create(record)

    def located(self, person: str, day: str) -> list[Presence]:
        """Return the certain and possible places of a person."""
        method = AGENDA["LocatePrincipals"]
        days = {"first_date": day, "time_zone": "UTC"}
        window = json_format.ParseDict(
            {"dates": days, "matching": "MATCH_CERTAINTY_POSSIBLE"}, TimeWindow()
        )
        request = method.request(parent="calendars/-", persons=[person], window=window)
        call = self.channel.unary_unary(
            method.path, method.request.SerializeToString, method.response.FromString
        )
        return list(call(request, timeout=60).presences)

    def feed(self, calendar: str, **options: str) -> bytes:
        """Return the public feed of a calendar."""
        query = "&".join(f"{key}={value}" for key, value in options.items())
        with urllib.request.urlopen(f"{self.http}/feeds/{calendar}.ics?{query}") as answer:
            data: bytes = answer.read()
        return data


Open = Callable[[], Desk]


@pytest.fixture
def open_desk(start: Any) -> Iterator[Open]:
    """Return a function that opens a desk on a service of its own."""
    clients = []

    def opened() -> Desk:
        service = start()
        clients.append(Client(service.grpc))
        return Desk(clients[-1], service.http, service.channel)

    yield opened
    for client in clients:
        client.close()


@pytest.fixture
def desk(open_desk: Open) -> Desk:
    return open_desk()


@pytest.fixture(scope="session")
def lines(shared_data: Path) -> Callable[..., str]:
    """Return a reader of the lines of a shared file, or of those that contain one of some words."""

    def read(file: str, *words: str) -> str:
        path = shared_data / file
        if not path.is_file():
            pytest.skip(f"no {file} in ../shared/data")
        records = path.read_text(encoding="utf-8").splitlines(keepends=True)
        return "".join(line for line in records if not words or any(word in line for word in words))

    return read


@pytest.fixture(scope="session")
def entries(lines: Any) -> Callable[..., list[dict[str, Any]]]:
    """Return a reader of the same lines as JSON."""
    return lambda file, *words: [json.loads(line) for line in lines(file, *words).splitlines()]
