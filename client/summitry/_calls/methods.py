"""The methods of the API, read from the protobuf descriptors: one table for both clients.

It needs no gRPC. The services of records are those of the table `summitry.kinds`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from types import ModuleType
from typing import NamedTuple

from google.protobuf.descriptor import MethodDescriptor
from google.protobuf.message import Message
from google.protobuf.message_factory import GetMessageClass

from summitry.kinds import FEED, KINDS, Kind
from summitry.v1 import (
    agenda_service_pb2,
    change_service_pb2,
    time_zone_service_pb2,
    transfer_service_pb2,
    write_service_pb2,
)

BATCH_LIMIT = 1000
"""The most names that one BatchGet admits, and the largest page."""

# The verbs of methods that change nothing.
_READS = frozenset(
    {
        "Diff",
        "Export",
        "Get",
        "BatchGet",
        "List",
        "Query",
        "Locate",
        "Find",
        "Resolve",
        "Audit",
        "Redeem",
    }
)

_SHAPES = {
    (False, False): "unary_unary",
    (False, True): "unary_stream",
    (True, False): "stream_unary",
    (True, True): "stream_stream",
}


class Method(NamedTuple):
    """One rpc."""

    path: str
    """Service and name, as HTTP/2 carries them: "/summitry.v1.SummitService/GetSummit"."""
    request: type[Message]
    response: type[Message]
    is_read: bool
    """Whether it changes nothing."""
    shape: str = "unary_unary"
    """The method of a gRPC channel that makes its stub."""

    @property
    def is_repeatable(self) -> bool:
        """Return whether a call may be sent again: it reads, or has a request_id."""
        return self.is_read or "request_id" in self.request.DESCRIPTOR.fields_by_name


def _method(method: MethodDescriptor) -> Method:
    verb = re.match("BatchGet|[A-Z][a-z]+", method.name)
    return Method(
        path=f"/{method.containing_service.full_name}/{method.name}",
        request=GetMessageClass(method.input_type),
        response=GetMessageClass(method.output_type),
        is_read=verb is not None and verb[0] in _READS,
        shape=_SHAPES[method.client_streaming, method.server_streaming],
    )


def _verbs(kind: Kind) -> dict[str, Method]:
    """Return the methods of a kind's service by verb: "Get", "BatchGet", "List", "Create" ..."""
    noun = kind.message.DESCRIPTOR.name
    methods = kind.service.methods
    return {re.sub(f"{noun}s?$", "", method.name): _method(method) for method in methods}


def _methods(module: ModuleType, service: str) -> dict[str, Method]:
    """Return the methods of a service by name."""
    methods = module.DESCRIPTOR.services_by_name[service].methods
    return {method.name: _method(method) for method in methods}


BY_KIND: Mapping[Kind, Mapping[str, Method]] = {kind: _verbs(kind) for kind in KINDS}
"""The methods of each kind by verb."""

FEEDS = BY_KIND[FEED]
"""The methods of FeedService: by verb those of feeds, by name the others."""

AGENDA: Mapping[str, Method] = _methods(agenda_service_pb2, "AgendaService")
"""The rpcs of AgendaService by name."""

TIME_ZONES: Mapping[str, Method] = _methods(time_zone_service_pb2, "TimeZoneService")
"""The rpcs of TimeZoneService by name."""

CHANGES: Mapping[str, Method] = _methods(change_service_pb2, "ChangeService")
"""The rpcs of ChangeService by name."""

WRITES: Mapping[str, Method] = _methods(write_service_pb2, "WriteService")
"""The rpcs of WriteService by name."""

TRANSFER: Mapping[str, Method] = _methods(transfer_service_pb2, "TransferService")
"""The rpcs of TransferService by name."""

METHODS: tuple[Method, ...] = (
    *(method for verbs in BY_KIND.values() for method in verbs.values()),
    *AGENDA.values(),
    *TIME_ZONES.values(),
    *CHANGES.values(),
    *WRITES.values(),
    *TRANSFER.values(),
)
"""All rpcs that the clients call."""
