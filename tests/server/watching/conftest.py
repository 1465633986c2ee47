"""Helpers of the tests of WatchChanges: streams read to a point, and what they told as words."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from typing import Any

import grpc
import pytest
from google.protobuf import json_format

from summitry.v1.change_service_pb2 import (
    ChangeKind,
    ResetReason,
    WatchChangesRequest,
    WatchChangesResponse,
)
from summitry_server.app import Application
from summitry_server.config import parse_config

PATH = "/summitry.v1.ChangeService/WatchChanges"


class Watch:
    """One stream. No test waits longer than its deadline."""

    def __init__(self, channel: grpc.Channel, refusal_of: Any, fields: dict[str, Any]) -> None:
        request = json_format.ParseDict(fields, WatchChangesRequest())
        if request.WhichOneof("start") is None:
            request.now.SetInParent()
        self.call = channel.unary_stream(
            PATH,
            request_serializer=WatchChangesRequest.SerializeToString,
            response_deserializer=WatchChangesResponse.FromString,
        )(request, timeout=60)
        self.token = str(fields.get("token", ""))
        self._refusal_of = refusal_of
        self.messages: list[Any] = []

    def next(self) -> Any:
        message = next(self.call)
        self.token = message.token
        self.messages.append(message)
        return message

    def until(self, event: str) -> list[Any]:
        """Return the messages up to and with one of an event."""
        messages = [self.next()]
        while messages[-1].WhichOneof("event") != event.lower():
            messages.append(self.next())
        return messages

    def changes(self, count: int) -> list[str]:
        """Return the next changes, as "UPSERT s"; other messages are passed over."""
        rows: list[str] = []
        while len(rows) < count:
            message = self.next()
            rows += rows_of([message]) if message.HasField("changes") else []
        return rows

    def refusal(self) -> Any:
        """Return the error with which the stream ends, once all messages are read."""
        with pytest.raises(grpc.RpcError) as caught:
            while True:
                self.next()
        return self._refusal_of(caught.value)

    def close(self) -> None:
        self.call.cancel()


def rows_of(messages: list[Any]) -> list[str]:
    """Messages as words: "UPSERT s" for each change, "CAUGHT_UP" and the like."""
    rows: list[str] = []
    for message in messages:
        for change in message.changes.changes:
            kind = ChangeKind.Name(change.kind).removeprefix("CHANGE_KIND_")
            rows.append(f"{kind} {change.name.rpartition('/')[2]}")
        if not message.HasField("changes"):
            rows.append(message.WhichOneof("event").upper())
    return rows


class World:
    """A service, an API on it, and watches of it."""

    def __init__(self, service: Any, api: Any, watch_on: Any) -> None:
        self.service, self.api, self._watch_on = service, api, watch_on

    rows_of = staticmethod(rows_of)

    def watch(self, **fields: Any) -> Watch:
        return self._watch_on(self.service.channel, **fields)  # type: ignore[no-any-return]

    def reason(self, message: Any) -> str:
        return ResetReason.Name(message.reset.reason).removeprefix("RESET_REASON_")

    def stop(self) -> None:
        self.service.channel.close()
        self.service.application.stop()


@pytest.fixture
def watch_on(refusal_of: Any) -> Iterator[Callable[..., Watch]]:
    """Opens watches on a channel; they end with the test."""
    opened: list[Watch] = []

    def run(channel: grpc.Channel, **fields: Any) -> Watch:
        opened.append(Watch(channel, refusal_of, fields))
        return opened[-1]

    yield run
    for stream in opened:
        stream.close()


@pytest.fixture
def watch(api: Any, watch_on: Any) -> Callable[..., Watch]:
    """Opens watches on the service of `api`."""
    return lambda **fields: watch_on(api.channel, **fields)


@pytest.fixture
def world(api_class: Any, watch_on: Any) -> Callable[..., World]:
    """Makes a world of a service, with `calendars/c` unless it has one."""

    def make(service: Any, *, calendar: bool = True) -> World:
        api = api_class(service.channel)
        if calendar:
            api.create("calendars", "c")
        return World(service, api, watch_on)

    return make


@pytest.fixture(name="rows_of", scope="session")
def rows_of_fixture() -> Callable[[list[Any]], list[str]]:
    return rows_of


class _Clock:
    def __init__(self) -> None:
        self.time = 1_719_990_000  # noon of 3 July 2024 in Astana

    def now(self) -> int:
        return self.time


@pytest.fixture(scope="module")
def follower(api_class: Any) -> Iterator[Callable[[], tuple[Any, Any, str]]]:
    """Return a function that gives the API and clock of one service, and a new calendar."""
    clock = _Clock()
    options = ["--store", "memory:", "--grpc", "127.0.0.1:0", "--http", "off"]
    application = Application(parse_config(options), clock=clock)
    channel = grpc.insecure_channel(str(application.grpc_address))
    api, numbers = api_class(channel), itertools.count()

    def fresh() -> tuple[Any, Any, str]:
        clock.time = 1_719_990_000
        return api, clock, api.create("calendars", f"c{next(numbers)}").name

    yield fresh
    channel.close()
    application.stop()
