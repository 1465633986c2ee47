"""What reflection describes, beside the services: annotations and the details of errors."""

from __future__ import annotations

from typing import Any

import grpc
import pytest
from google.protobuf.descriptor_pool import DescriptorPool
from grpc_reflection.v1alpha.proto_reflection_descriptor_database import (
    ProtoReflectionDescriptorDatabase,
)

from tests.api import rpcs


@pytest.fixture
def pool(astana: Any) -> Any:
    """Yield the descriptors as a client without the protos gets them."""
    with grpc.insecure_channel(astana.grpc) as channel:
        yield DescriptorPool(ProtoReflectionDescriptorDatabase(channel))


def test_details_of_errors_are_described(pool: Any) -> None:
    for name in ("ErrorInfo", "BadRequest", "RetryInfo"):
        assert pool.FindMessageTypeByName(f"google.rpc.{name}").name == name


def test_every_service_is_described_with_its_annotations(pool: Any) -> None:
    for service in {rpc.containing_service for rpc in rpcs()}:
        described = pool.FindServiceByName(service.full_name)
        assert [method.name for method in described.methods] == [
            rpc.name for rpc in service.methods
        ]
    assert pool.FindExtensionByName("google.api.http").containing_type.name == "MethodOptions"
