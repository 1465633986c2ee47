"""The messages of former formats, from their descriptors."""

from __future__ import annotations

from functools import cache
from importlib.resources import files

from google.protobuf import descriptor_pb2, descriptor_pool, message_factory
from google.protobuf.message import Message

# Messages of others that records contain: taken from the packages that publish them.
SHARED_FILES = (
    "google/protobuf/duration.proto",
    "google/protobuf/timestamp.proto",
    "google/type/interval.proto",
    "google/type/latlng.proto",
    "google/type/localized_text.proto",
    "google/type/money.proto",
)


@cache
def message_class(name: str, format: int) -> type[Message]:
    """Return the class of a message as it was in a former format, by its name ("Summit")."""
    pool = _pool(format)
    return message_factory.GetMessageClass(pool.FindMessageTypeByName(f"summitry.v1.{name}"))


@cache
def _pool(format: int) -> descriptor_pool.DescriptorPool:
    pool = descriptor_pool.DescriptorPool()
    for path in SHARED_FILES:
        shared = descriptor_pb2.FileDescriptorProto()
        descriptor_pool.Default().FindFileByName(path).CopyToProto(shared)
        pool.Add(shared)
    data = files("summitry.formats.former").joinpath(f"records-{format}.binpb").read_bytes()
    for file in descriptor_pb2.FileDescriptorSet.FromString(data).file:
        pool.Add(file)
    return pool
