"""A record of any kind, with its name and kind for clients that are older than the kind."""

from __future__ import annotations

from typing import Any

import pytest

from summitry.kinds import KINDS, pack, unpack
from summitry.v1.any_record_pb2 import AnyRecord


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.collection)
def test_record_of_each_kind_is_packed_and_unpacked(kind: Any) -> None:
    record = kind.message(name="n", ical_uid="u")
    packed = pack(record)
    assert (packed.name, packed.kind) == ("n", kind.number)
    assert unpack(packed) == record


def test_unknown_kind_has_a_name_and_no_record() -> None:
    data = AnyRecord(name="calendars/c/treaties/t").SerializeToString()
    newer = AnyRecord.FromString(data + bytes((2 << 3, 99, 15 << 3 | 2, 0)))
    assert (newer.name, newer.kind, unpack(newer)) == ("calendars/c/treaties/t", 99, None)
