"""Statuses of refusals: which have a delay after which the same request may succeed."""

from __future__ import annotations

import grpc
import pytest
from google.rpc.error_details_pb2 import RetryInfo

from summitry.v1.error_reason_pb2 import ErrorReason
from summitry_server.wire.reasons import CODES, RETRY_SECONDS, status_of
from summitry_server.wire.refusals import RefusedError

# Codes that clients may take for temporary (AIP-194), and the reasons under them that are not.
TEMPORARY = {
    grpc.StatusCode.UNAVAILABLE,
    grpc.StatusCode.RESOURCE_EXHAUSTED,
    grpc.StatusCode.ABORTED,
}
LASTING = {"STORE_FULL", "MESSAGE_TOO_LARGE", "TOO_MANY_FEED_TOKENS", "ETAG_MISMATCH"}


def reasons() -> list[str]:
    return [ErrorReason.Name(reason).removeprefix("ERROR_REASON_") for reason in CODES]


@pytest.mark.parametrize("name", reasons())
def test_status_has_a_delay_where_a_retry_can_help(name: str) -> None:
    reason = ErrorReason.Value(f"ERROR_REASON_{name}")
    status = status_of(RefusedError(reason, "text"))
    delays = [RetryInfo() for detail in status.details if detail.Is(RetryInfo.DESCRIPTOR)]
    for delay, detail in zip(delays, status.details[::-1], strict=False):
        assert detail.Unpack(delay)
    expected = [RETRY_SECONDS[reason]] if reason in RETRY_SECONDS else []
    assert [delay.retry_delay.seconds for delay in delays] == expected
    assert bool(expected) is (CODES[reason] in TEMPORARY and name not in LASTING)
    assert all(seconds > 0 for seconds in expected)
