"""Rpcs with one request and one response."""

from __future__ import annotations

from collections.abc import Callable

import grpc

from summitry_server.context import Rpc
from summitry_server.grpc_server.open_calls import OpenCall
from summitry_server.grpc_server.pipeline import Calls, read
from summitry_server.grpc_server.response_cache import Key, ResponseCache
from summitry_server.store.interruption import interruptible

Handler = Callable[[bytes, grpc.ServicerContext], bytes]


def unary_handler(calls: Calls, rpc: Rpc) -> Handler:
    """Return the handler of an rpc whose responses are not cached."""

    def handle(data: bytes, context: grpc.ServicerContext) -> bytes:
        with calls.open(context) as opened:
            return _answer(opened, rpc, data)

    return handle


def cached_handler(calls: Calls, rpc: Rpc, cache: ResponseCache) -> Handler:
    """Return the handler of an rpc whose answer depends on store, request and view alone."""
    name = calls.method.name

    def handle(data: bytes, context: grpc.ServicerContext) -> bytes:
        with calls.open(context) as opened:
            key = Key(name, opened.call.caller.view, data)
            return cache.answer(key, lambda: _answer(opened, rpc, data))

    return handle


def _answer(opened: OpenCall, rpc: Rpc, data: bytes) -> bytes:
    request = read(opened.method, data)
    with interruptible(opened.check_statement):
        return rpc(request, opened.call)
