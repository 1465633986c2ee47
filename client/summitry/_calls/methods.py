"""The methods of the API, read from the protobuf descriptors: one table for both clients.

It needs no gRPC. A new kind of record is a row in `summitry.kinds` and its service here.
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
    calendar_service_pb2,
    change_service_pb2,
    delegation_service_pb2,
    feed_service_pb2,
    meeting_service_pb2,
    notice_service_pb2,
    summit_service_pb2,
    time_zone_service_pb2,
    transfer_service_pb2,
    visit_service_pb2,
    write_service_pb2,
)

BATCH_LIMIT = 1000
"""The most names that one BatchGet admits, and the largest page."""

_SERVICES = (
    calendar_service_pb2,
    summit_service_pb2,
    visit_service_pb2,
    meeting_service_pb2,
    delegation_service_pb2,
    notice_service_pb2,
    feed_service_pb2,
)
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

    path: str  # "/summitry.v1.SummitService/GetSummit"
    request: type[Message]
    response: type[Message]
    is_read: bool  # it changes nothing
    shape: str = "unary_unary"  # which kind of call a channel makes of it

    @property
    def is_repeatable(self) -> bool:
        """Whether it may be sent again without harm: it reads, or has an id to be known by."""
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


def _verbs(module: ModuleType) -> dict[str, Method]:
    """The methods of a kind's service by verb: "Get", "BatchGet", "List", "Create" ..."""
    (service,) = module.DESCRIPTOR.services_by_name.values()
    noun = service.name.removesuffix("Service")
    return {re.sub(f"{noun}s?$", "", m.name): _method(m) for m in service.methods}


BY_KIND: Mapping[Kind, Mapping[str, Method]] = {
    kind: _verbs(module) for kind, module in zip(KINDS, _SERVICES, strict=True)
}
"""The methods of each kind by verb."""

FEEDS = BY_KIND[FEED]
"""The methods of FeedService: by verb those of feeds, by name the others."""

AGENDA: Mapping[str, Method] = {
    method.name: _method(method)
    for method in agenda_service_pb2.DESCRIPTOR.services_by_name["AgendaService"].methods
}
"""The rpcs of AgendaService by name."""

QUERY_AGENDA = AGENDA["QueryAgenda"]
TIME_ZONES: Mapping[str, Method] = {
    method.name: _method(method)
    for method in time_zone_service_pb2.DESCRIPTOR.services_by_name["TimeZoneService"].methods
}
"""The rpcs of TimeZoneService by name."""

CHANGES: Mapping[str, Method] = {
    method.name: _method(method)
    for method in change_service_pb2.DESCRIPTOR.services_by_name["ChangeService"].methods
}
"""The rpcs of ChangeService by name."""

WRITES: Mapping[str, Method] = {
    method.name: _method(method)
    for method in write_service_pb2.DESCRIPTOR.services_by_name["WriteService"].methods
}
"""The rpcs of WriteService by name."""

TRANSFER: Mapping[str, Method] = {
    method.name: _method(method)
    for method in transfer_service_pb2.DESCRIPTOR.services_by_name["TransferService"].methods
}
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
