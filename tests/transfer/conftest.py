"""Fixtures of imports and exports: a client, records, and the raw stream."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any

import grpc
import pytest
from google.protobuf import json_format

from summitry import Client
from summitry._calls.methods import TRANSFER
from summitry.errors import CallError, from_rpc_error
from summitry.kinds import Record
from summitry.names import parse_name
from summitry.v1.transfer_service_pb2 import ImportRecordsResponse

IMPORT = TRANSFER["ImportRecords"]
C = "calendars/c"


@pytest.fixture
def service(start: Any) -> Any:
    """Start an empty service without feeds."""
    return start("--http", "off")


@pytest.fixture
def client(service: Any) -> Iterator[Client]:
    """Return a client of an empty service."""
    with Client(service.grpc) as client:
        yield client


@pytest.fixture(scope="session")
def record() -> Callable[..., Record]:
    """Return a maker of records: a path within calendars/c ("": itself), and fields as JSON."""

    def make(path: str = "", **fields: Any) -> Record:
        name = f"{C}/{path}" if path else C
        message = parse_name(name).kind.message()
        json_format.ParseDict({"name": name, **fields}, message)
        return message

    return make


@pytest.fixture(scope="session")
def stream() -> Callable[..., ImportRecordsResponse]:
    """Return a function that sends raw messages to ImportRecords, bytes too. Raises CallError."""

    def send(channel: grpc.Channel, messages: Iterable[Any]) -> ImportRecordsResponse:
        call = channel.stream_unary(
            IMPORT.path,
            request_serializer=lambda m: m if isinstance(m, bytes) else m.SerializeToString(),
            response_deserializer=ImportRecordsResponse.FromString,
        )
        try:
            answer: ImportRecordsResponse = call(iter(messages), timeout=60)
        except grpc.RpcError as error:
            raise from_rpc_error(error) from None
        return answer

    return send


@pytest.fixture(scope="session")
def refused() -> Callable[[Callable[[], object]], CallError]:
    """Return a function that returns the error of a call."""

    def catch(call: Callable[[], object]) -> CallError:
        with pytest.raises(CallError) as caught:
            call()
        return caught.value

    return catch
