"""The descriptors of the whole API: files, messages, enums, fields and rpcs of summitry.v1."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import grpc_tools
from google.protobuf.descriptor import (
    Descriptor,
    EnumDescriptor,
    FieldDescriptor,
    FileDescriptor,
    MethodDescriptor,
)
from google.protobuf.descriptor_pb2 import FileDescriptorProto, FileDescriptorSet
from grpc_tools import protoc

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


@cache
def comments() -> dict[str, str]:
    """Return the comments of fields and enums by full name, those of values by "summitry.v1.VALUE"."""
    return {name: text for file in _with_comments().file for name, text in _comments(file)}


def protoc_arguments() -> list[str]:
    """Return the arguments with which protoc finds the protos, and the names of their files."""
    spec = find_spec("google.type")
    assert spec is not None and spec.submodule_search_locations
    common = Path(next(iter(spec.submodule_search_locations))).parents[1]
    include = (PROTOS, Path(grpc_tools.__file__).parent / "_proto", common)
    names = sorted(path.relative_to(PROTOS).as_posix() for path in PROTOS.rglob("*.proto"))
    return [*(f"-I{path}" for path in include), *names]


def _with_comments() -> FileDescriptorSet:
    """Return the descriptors of the protos with their comments, which generated code lacks."""
    with TemporaryDirectory() as folder:
        out = Path(folder) / "set.binpb"
        options = ["--include_source_info", f"--descriptor_set_out={out}"]
        assert protoc.main(["protoc", *options, *protoc_arguments()]) == 0
        return FileDescriptorSet.FromString(out.read_bytes())


def _comments(file: FileDescriptorProto) -> Iterator[tuple[str, str]]:
    at_path = {
        tuple(location.path): " ".join(location.leading_comments.split())
        for location in file.source_code_info.location
    }
    for index, message in enumerate(file.message_type):
        for number, field in enumerate(message.field):
            name = f"{file.package}.{message.name}.{field.name}"
            yield name, at_path.get((4, index, 2, number), "")
    for index, enum in enumerate(file.enum_type):
        yield f"{file.package}.{enum.name}", at_path.get((5, index), "")
        for number, value in enumerate(enum.value):
            yield f"{file.package}.{value.name}", at_path.get((5, index, 2, number), "")
