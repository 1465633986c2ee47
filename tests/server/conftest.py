"""Helpers of the server's tests: stubs, errors made readable, records to begin with."""

from __future__ import annotations

from typing import Any, NamedTuple

import grpc
import pytest
from google.protobuf import json_format
from google.rpc.error_details_pb2 import BadRequest, ErrorInfo
from grpc_status import rpc_status

from summitry._calls.methods import METHODS
from summitry.kinds import BY_COLLECTION
from summitry_server.app import Application
from summitry_server.config import parse_config


class Refusal(NamedTuple):
    """An error as a client sees it."""

    code: str
    reason: str
    field: str
    metadata: dict[str, str]
    message: str


class Api:
    """Calls any rpc by its short name, with requests as protobuf-JSON."""

    def __init__(self, channel: grpc.Channel) -> None:
        self.channel = channel
        self._methods = {method.path.rpartition("/")[2]: method for method in METHODS}
        self._snapshots: dict[int, str] = {}  # by revision: those in the answers so far

    def message(self, rpc: str, **fields: Any) -> Any:
        return json_format.ParseDict(fields, self._methods[rpc].request())

    def __call__(self, rpc: str, request: Any = None, **fields: Any) -> Any:
        method = self._methods[rpc]
        if request is None:
            request = self.message(rpc, **fields)
        call = self.channel.unary_unary(
            method.path,
            request_serializer=lambda r: r if isinstance(r, bytes) else r.SerializeToString(),
            response_deserializer=method.response.FromString,
        )
        response = call(request, timeout=60)
        self._snapshots[response.header.revision] = response.header.snapshot
        return response

    def refusal(self, rpc: str, request: Any = None, **fields: Any) -> Refusal:
        with pytest.raises(grpc.RpcError) as caught:
            self(rpc, request, **fields)
        return _refusal(caught.value)

    def create(self, collection: str, id: str, parent: str = "calendars/c", **fields: Any) -> Any:
        noun = BY_COLLECTION[collection].singular
        request = {f"{noun}_id": id, noun: fields, "parent": parent}
        if collection == "calendars":
            del request["parent"]
        return getattr(self(f"Create{noun.capitalize()}", **request), noun)

    def snapshot(self, revision: int | None = None) -> str:
        """Return the snapshot of a revision that an answer has shown, or of now."""
        return self._snapshots[self.revision() if revision is None else revision]

    def at(self, revision: int) -> dict[str, str]:
        """Return the AsOf of a revision that an answer has shown."""
        return {"snapshot": self.snapshot(revision)}

    def revision(self) -> int:
        return int(self("ListCalendars").header.revision)


def _refusal(error: Any) -> Refusal:
    status = rpc_status.from_call(error)
    info, bad = ErrorInfo(), BadRequest()
    for detail in status.details if status else ():
        detail.Unpack(info)
        detail.Unpack(bad)
    field = bad.field_violations[0].field if bad.field_violations else ""
    return Refusal(error.code().name, info.reason, field, dict(info.metadata), error.details())


@pytest.fixture
def api(start: Any) -> Api:
    """Return an API on an empty service but for the calendar `calendars/c`; it serves no feeds."""
    api = Api(start("--http", "off").channel)
    api.create("calendars", "c", titles=[{"text": "A calendar", "language_code": "en"}])
    return api


@pytest.fixture
def astana_api(start: Any) -> Api:
    return Api(start("--demo", "--http", "off").channel)


def timed(start: str, end: str = "", zone: str = "Asia/Almaty") -> dict[str, Any]:
    """Return a timed EventTime as JSON."""
    span = {"start": {"civil_time": start, "time_zone": zone}}
    if end:
        span["end"] = {"civil_time": end, "time_zone": zone}
    return {"timed": span}


def dates(first: str, last: str = "", zone: str = "") -> dict[str, Any]:
    """Return an EventTime of whole days as JSON."""
    return {"dates": {"first_date": first, "last_date": last, "time_zone": zone}}


@pytest.fixture
def make() -> Any:
    """Makers of times: make.timed(...), make.dates(...)."""

    class Makers:
        timed = staticmethod(timed)
        dates = staticmethod(dates)

    return Makers


@pytest.fixture(scope="session")
def api_class() -> type[Api]:
    return Api


@pytest.fixture(scope="session")
def refusal_of() -> Any:
    """Reads the error of a call."""
    return _refusal


@pytest.fixture(scope="module")
def fresh_api(api_class: Any) -> Any:
    """Return a function that gives a new calendar of one service."""
    options = ["--store", "memory:", "--grpc", "127.0.0.1:0", "--http", "off"]
    application = Application(parse_config(options))
    channel = grpc.insecure_channel(str(application.grpc_address))
    api, numbers = api_class(channel), iter(range(1_000_000))

    def fresh() -> tuple[Any, str]:
        return api, api.create("calendars", f"c{next(numbers)}").name

    yield fresh
    channel.close()
    application.stop()
