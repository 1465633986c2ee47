"""Helpers of the tests of WatchChanges: streams read to a point, views kept as a client would."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import grpc
import pytest
from google.protobuf import json_format

from summitry.v1.change_service_pb2 import (
    ChangeKind,
    WatchChangesRequest,
    WatchChangesResponse,
    WatchEvent,
)

PATH = "/summitry.v1.ChangeService/WatchChanges"


class Watch:
    """One stream, and what a client holds by it."""

    def __init__(self, channel: grpc.Channel, **fields: Any) -> None:
        request = json_format.ParseDict(fields, WatchChangesRequest())
        self.call = channel.unary_stream(
            PATH,
            request_serializer=WatchChangesRequest.SerializeToString,
            response_deserializer=WatchChangesResponse.FromString,
        )(request, timeout=60)
        self.token = fields.get("token", "")

    def next(self) -> Any:
        message = next(self.call)
        self.token = message.token
        return message

    def until(self, event: str) -> list[Any]:
        """The messages up to and with one of an event."""
        wanted, found = WatchEvent.Value(f"WATCH_EVENT_{event}"), []
        while not found or found[-1].event != wanted:
            found.append(self.next())
        return found

    def changes(self, count: int) -> list[str]:
        """The next changes, as "UPSERT s"; signs of life are passed over."""
        found: list[str] = []
        while len(found) < count:
            found += told(self.next())
        return found

    def close(self) -> None:
        self.call.cancel()


def told(message: Any) -> list[str]:
    return [
        f"{ChangeKind.Name(c.kind).removeprefix('CHANGE_KIND_')} {c.name.rpartition('/')[2]}"
        for c in message.changes
    ]


def events(messages: list[Any]) -> list[str]:
    """Messages as "CAUGHT_UP" and the like, changes as `told`."""
    found: list[str] = []
    for message in messages:
        event = WatchEvent.Name(message.event).removeprefix("WATCH_EVENT_")
        found += told(message) if message.changes else [event]
    return found


@pytest.fixture
def watch() -> Iterator[Callable[..., Watch]]:
    """Opens watches; they end with the test."""
    opened: list[Watch] = []

    def run(channel: grpc.Channel, **fields: Any) -> Watch:
        opened.append(Watch(channel, **fields))
        return opened[-1]

    yield run
    for one in opened:
        one.close()


@pytest.fixture(scope="session")
def seen_events() -> Callable[[list[Any]], list[str]]:
    return events
