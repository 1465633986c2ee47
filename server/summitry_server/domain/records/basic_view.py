"""The view BASIC of a record: what a list shows of it (AIP-157).

A stored frame is parsed as a message that has the fields of the view alone, as uninterpreted bytes;
all others are unknown fields and are dropped. That takes 2.4 us a record (decision 0048), so
nothing is cached.
"""

from __future__ import annotations

from typing import Any

from google.protobuf.descriptor_pb2 import FieldDescriptorProto, FileDescriptorProto
from google.protobuf.descriptor_pool import DescriptorPool
from google.protobuf.message_factory import GetMessageClass

from summitry.v1.record_pb2 import RecordHeader
from summitry_server.wire import frames as wire

# As the comment of RecordView.RECORD_VIEW_BASIC lists them.
FIELDS = (
    *("name", "ical_uid", "etag", "revision", "sequence"),
    *("create_time", "update_time", "delete_time", "purge_time"),
    *("titles", "time", "places", "status", "certainty", "visibility", "embargo_until"),
    "previous_times",
)
# Marks a validator that does not vouch for the whole record (RFC 9110 8.8.1).
WEAK = "W/"
_WEAK = WEAK.encode()

_Type = FieldDescriptorProto.Type
# Types that need not be read, with those that have the same form on the wire.
_AS_BYTES = {_Type.TYPE_STRING, _Type.TYPE_MESSAGE}


def _message() -> type[Any]:
    """Return the class of the message with FIELDS alone.

    Of proto2, which tells an empty field from none: what is stored is kept as it is.
    """
    file = FileDescriptorProto(name="basic_view.proto", package="summitry", syntax="proto2")
    view = file.message_type.add(name="BasicView")
    for field in (RecordHeader.DESCRIPTOR.fields_by_name[name] for name in FIELDS):
        type_ = _Type.TYPE_BYTES if field.type in _AS_BYTES else _Type.TYPE_INT64
        label = (
            FieldDescriptorProto.Label.LABEL_REPEATED
            if field.is_repeated
            else FieldDescriptorProto.Label.LABEL_OPTIONAL
        )
        view.field.add(name=field.name, number=field.number, type=type_, label=label)
    pool = DescriptorPool()
    pool.AddSerializedFile(file.SerializeToString())
    return GetMessageClass(pool.FindMessageTypeByName("summitry.BasicView"))


_View = _message()


def basic(frame: bytes) -> bytes:
    """Return the frame of a record with the fields of the view, and a weak etag."""
    view = _View.FromString(wire.unframe_bytes(frame))
    view.DiscardUnknownFields()
    view.etag = _WEAK + view.etag
    data: bytes = view.SerializeToString()
    return b"\x0a" + wire.varint(len(data)) + data
