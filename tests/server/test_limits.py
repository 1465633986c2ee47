"""The limits of texts: each at its last character, and whose limit a field has."""

from __future__ import annotations

from typing import Any

import pytest

from summitry.kinds import KINDS
from summitry.v1.error_reason_pb2 import ErrorReason
from summitry.v1.meeting_pb2 import Meeting
from summitry.v1.record_pb2 import RecordHeader
from summitry.v1.summit_pb2 import Summit
from summitry_server.wire import limits
from summitry_server.wire.refusals import RefusedError

KIB = 1024
MESSAGES = [kind.message for kind in KINDS]
LAST_HEADER_FIELD = 39
TEXTS = {
    "ical_uid": (lambda text: Meeting(ical_uid=text), 255),
    "series, which has no limit of its own": (lambda text: Summit(series=text), KIB),
    "a title": (lambda text: Meeting(titles=[{"text": text}]), KIB),
    "a summary": (lambda text: Meeting(summaries=[{"text": text}]), 16 * KIB),
    "a title after a summary": (
        lambda text: Meeting(summaries=[{"text": "x" * 16 * KIB}], titles=[{"text": text}]),
        KIB,
    ),
    "the note of a source": (lambda text: Meeting(sources=[{"note": text}]), 4 * KIB),
    "the original": (lambda text: Meeting(original=text), 64 * KIB),
}


@pytest.mark.parametrize("case", TEXTS)
def test_text_is_admitted_up_to_its_limit(case: str) -> None:
    make, most = TEXTS[case]
    limits.check(make("x" * most))
    with pytest.raises(RefusedError) as caught:
        limits.check(make("x" * (most + 1)))
    assert caught.value.reason == ErrorReason.ERROR_REASON_TEXT_TOO_LONG


@pytest.mark.parametrize("case", TEXTS)
def test_text_of_the_full_length_is_refused_for_its_character(case: str) -> None:
    make, most = TEXTS[case]
    with pytest.raises(RefusedError) as caught:
        limits.check(make("x" * (most - 1) + "\a"))
    assert caught.value.reason == ErrorReason.ERROR_REASON_FORBIDDEN_CHARACTER


@pytest.mark.parametrize("message", MESSAGES, ids=lambda message: message.DESCRIPTOR.name)
def test_header_fields_share_limits_and_fields_of_a_kind_do_not(message: Any) -> None:
    for field in message.DESCRIPTOR.fields:
        is_shared = field.number <= LAST_HEADER_FIELD
        owner = RecordHeader.DESCRIPTOR if is_shared else message.DESCRIPTOR
        assert limits.key_of(field) == f"{owner.full_name}.{field.name}"
    numbers = [field.number for field in message.DESCRIPTOR.fields]
    assert min(numbers) <= LAST_HEADER_FIELD


def test_some_kinds_have_a_field_right_after_those_of_the_header() -> None:
    after = [m for m in MESSAGES if LAST_HEADER_FIELD + 1 in m.DESCRIPTOR.fields_by_number]
    assert after
