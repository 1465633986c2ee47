"""What both clients tell gRPC about a channel: retries, sizes, proxies."""

from __future__ import annotations

import json
import re
from typing import Any

from summitry._calls.methods import METHODS

DEFAULT_TARGET = "127.0.0.1:50051"
"""Where a server of `make run` listens."""

DEFAULT_TIMEOUT = 10.0
"""Seconds until a call is given up."""

MAX_RESPONSE = 256 * 1024 * 1024
"""Bytes of the largest response that is accepted: a page of 1,000 records of 256 KiB."""

# Status and details of an error travel as metadata; the default of 8 KiB cuts long ones off.
_MAX_METADATA = 32 * 1024

_RETRY = {
    "maxAttempts": 4,
    "initialBackoff": "0.1s",
    "maxBackoff": "1s",
    "backoffMultiplier": 2,
    "retryableStatusCodes": ["UNAVAILABLE"],
}


def service_config() -> str:
    """What is safe to repeat is tried again when the server is not there (AIP-194).

    That is what reads, and what writes with a request_id, by which it is done once.

    Deadlines are given with each call: grpc 1.85 does not honour `timeout` here.
    """
    safe = [method.path[1:].split("/") for method in METHODS if method.is_repeatable]
    names = [{"service": service, "method": method} for service, method in safe]
    return json.dumps(
        {
            "methodConfig": [{"name": names, "retryPolicy": _RETRY}],
            "retryThrottling": {"maxTokens": 20, "tokenRatio": 0.2},
        }
    )


def stubs(channel: Any) -> dict[str, Any]:
    """What calls each method, by its path, on a channel of grpc or grpc.aio."""
    return {
        method.path: getattr(channel, method.shape)(
            method.path, method.request.SerializeToString, method.response.FromString
        )
        for method in METHODS
    }


def channel_options(target: str) -> list[tuple[str, str | int]]:
    """Options of a channel to `target`."""
    loopback = re.match(r"(127\.|localhost\b|\[?::1\b|unix:)", target)
    return [
        ("grpc.service_config", service_config()),
        ("grpc.max_receive_message_length", MAX_RESPONSE),
        ("grpc.max_metadata_size", _MAX_METADATA),
        ("grpc.primary_user_agent", "summitry-python"),
        # A server that restarts is found again within seconds, and a dead network is noticed.
        ("grpc.initial_reconnect_backoff_ms", 100),
        ("grpc.max_reconnect_backoff_ms", 5_000),
        ("grpc.keepalive_time_ms", 30_000),
        ("grpc.keepalive_timeout_ms", 10_000),
        # A proxy of the environment knows no way to this machine itself.
        ("grpc.enable_http_proxy", 0 if loopback else 1),
    ]
