"""The options of a channel: retries, sizes, proxies. Both clients use them."""

from __future__ import annotations

import json
import re
from typing import Any

from summitry._calls.methods import METHODS

DEFAULT_TARGET = "127.0.0.1:50051"
"""Where a server of `make run` listens."""

DEFAULT_TIMEOUT = 10.0
"""Seconds after which a call ends with DeadlineExceededError."""

MAX_RESPONSE = 256 * 1024 * 1024
"""Bytes of the largest response that is accepted: a page of 1,000 records of 256 KiB."""

# Status and details of an error travel as metadata; the default of 8 KiB would cut them off.
_MAX_METADATA = 32 * 1024

_RETRY = {
    "maxAttempts": 4,
    "initialBackoff": "0.1s",
    "maxBackoff": "1s",
    "backoffMultiplier": 2,
    "retryableStatusCodes": ["UNAVAILABLE"],
}


def service_config() -> str:
    """Return the policy of gRPC for calls that find no server: try again if that is safe (AIP-194).

    Reads are safe to repeat, and so are writes with a request_id: the server does these once.
    """
    # No timeouts here: grpc 1.85 does not honour them, so each call carries its own.
    repeatable = [method.path[1:].split("/") for method in METHODS if method.is_repeatable]
    names = [{"service": service, "method": method} for service, method in repeatable]
    return json.dumps(
        {
            "methodConfig": [{"name": names, "retryPolicy": _RETRY}],
            "retryThrottling": {"maxTokens": 20, "tokenRatio": 0.2},
        }
    )


def stubs(channel: Any) -> dict[str, Any]:
    """Return the stub of each method by its path, on a channel of grpc or of grpc.aio."""
    return {
        method.path: getattr(channel, method.shape)(
            method.path, method.request.SerializeToString, method.response.FromString
        )
        for method in METHODS
    }


def channel_options(target: str) -> list[tuple[str, str | int]]:
    """Return the options of a channel to `target`, "HOST:PORT"."""
    loopback = re.match(r"(127\.|localhost\b|\[?::1\b|unix:)", target)
    return [
        ("grpc.service_config", service_config()),
        ("grpc.max_receive_message_length", MAX_RESPONSE),
        ("grpc.max_metadata_size", _MAX_METADATA),
        ("grpc.primary_user_agent", "summitry-python"),
        # Connect again within seconds after a restart of the server, and notice a dead network.
        ("grpc.initial_reconnect_backoff_ms", 100),
        ("grpc.max_reconnect_backoff_ms", 5_000),
        ("grpc.keepalive_time_ms", 30_000),
        ("grpc.keepalive_timeout_ms", 10_000),
        # gRPC would send even calls to this machine through a proxy of the environment.
        ("grpc.enable_http_proxy", 0 if loopback else 1),
    ]
