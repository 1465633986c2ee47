"""The descriptors of the whole API: files, messages, enums, fields and rpcs of summitry.v1."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import Any

from google.protobuf.descriptor import (
    Descriptor,
    EnumDescriptor,
    FieldDescriptor,
    FileDescriptor,
    MethodDescriptor,
)

PROTOS = Path(__file__).parents[1] / "protos"


@cache
def files() -> tuple[FileDescriptor, ...]:
    """Return the descriptors of all files under protos/."""
    names = sorted(path.stem for path in PROTOS.rglob("*.proto"))
    return tuple(import_module(f"summitry.v1.{name}_pb2").DESCRIPTOR for name in names)


@cache
def messages() -> tuple[Descriptor, ...]:
    """Return all messages, without the entries of maps."""
    return tuple(message for file in files() for message in file.message_types_by_name.values())


@cache
def enums() -> tuple[EnumDescriptor, ...]:
    """Return all enums."""
    return tuple(enum for file in files() for enum in file.enum_types_by_name.values())


def fields() -> Iterator[FieldDescriptor]:
    """Yield the fields of all messages."""
    for message in messages():
        yield from message.fields


@cache
def rpcs() -> tuple[MethodDescriptor, ...]:
    """Return the rpcs of all services."""
    services = (service for file in files() for service in file.services_by_name.values())
    return tuple(rpc for service in services for rpc in service.methods)


def option(of: Any, extension: Any) -> Any:
    """Return what an option of Google's says of a message, a field or an rpc."""
    return of.GetOptions().Extensions[extension]
