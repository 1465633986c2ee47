"""What the protos call REQUIRED is refused when it is empty, and a request without such fields is answered."""

from __future__ import annotations

from typing import Any

import grpc
import pytest
from google.api.field_behavior_pb2 import FieldBehavior, field_behavior
from google.protobuf.descriptor import MethodDescriptor
from google.protobuf.message_factory import GetMessageClass

from summitry.errors import CallError, from_rpc_error
from tests.api import option, rpcs

UNARY = [rpc for rpc in rpcs() if not rpc.client_streaming and not rpc.server_streaming]


def required(rpc: MethodDescriptor) -> set[str]:
    """Return the names of the fields of a request that are required."""
    return {
        field.name
        for field in rpc.input_type.fields
        if FieldBehavior.REQUIRED in option(field, field_behavior)
    }


def refusal(channel: grpc.Channel, rpc: MethodDescriptor, **fields: str) -> CallError | None:
    """Return how a request with these fields alone is refused; None if it is answered."""
    call: Any = channel.unary_unary(f"/{rpc.containing_service.full_name}/{rpc.name}")
    request = GetMessageClass(rpc.input_type)(**fields)
    try:
        call(request.SerializeToString(), timeout=30)
    except grpc.RpcError as error:
        return from_rpc_error(error)
    return None


def outer_field(error: CallError | None) -> str | None:
    """Return the field of the request at fault, or the one that has the field at fault."""
    return error.field.partition(".")[0] if error else None


def test_empty_request_is_refused_by_a_required_field(service: Any) -> None:
    needy = [rpc for rpc in UNARY if required(rpc)]
    wrong = [
        rpc.name for rpc in needy if outer_field(refusal(service.channel, rpc)) not in required(rpc)
    ]
    assert wrong == []
    assert len(needy) > 90


def test_parent_alone_is_refused_by_another_required_field(astana: Any) -> None:
    wrong = []
    for rpc in UNARY:
        rest = required(rpc) - {"parent"}
        if rest and "parent" in rpc.input_type.fields_by_name:
            error = refusal(astana.channel, rpc, parent="calendars/astana-2024")
            wrong += [rpc.name] if outer_field(error) not in rest else []
    assert wrong == []


@pytest.mark.parametrize("rpc", [rpc for rpc in UNARY if not required(rpc)], ids=lambda r: r.name)
def test_empty_request_without_required_fields_is_answered(
    service: Any, rpc: MethodDescriptor
) -> None:
    assert refusal(service.channel, rpc) is None
