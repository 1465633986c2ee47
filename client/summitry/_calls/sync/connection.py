# Written by `make sync-client` from aio/connection.py: change that file.
"""The channel of a client, and the way of one call over it."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from types import TracebackType
from typing import Any, Self, TypeVar

import grpc

from summitry._calls.call import PreparedCall
from summitry._calls.channel import DEFAULT_TARGET, DEFAULT_TIMEOUT, channel_options, stubs
from summitry._calls.newest import NewestSnapshot
from summitry.errors import CallError, from_rpc_error
from summitry.v1.response_header_pb2 import ResponseHeader

T = TypeVar("T")


class Connection:
    """A channel to a server; the methods of the API are in the classes that inherit from it."""

    def __init__(
        self,
        target: str = DEFAULT_TARGET,
        *,
        timeout: float = DEFAULT_TIMEOUT,
        credentials: grpc.ChannelCredentials | None = None,
    ) -> None:
        """Open a channel to "HOST:PORT"; it connects with the first call.

        `timeout` is in seconds and holds for each call, a page of a list being one call.
        `credentials` are those of TLS; without them the connection is in the clear.
        """
        options = channel_options(target)
        if credentials is None:
            self._channel = grpc.insecure_channel(target, options)
        else:
            self._channel = grpc.secure_channel(target, credentials, options)
        self._stubs = stubs(self._channel)
        self._timeout = timeout
        self._newest = NewestSnapshot()
        self.header = ResponseHeader()
        """Of the last answer: the state of the store that it shows, and the zone data.

        Its `snapshot` is what `as_of`, `restore`, `diff` and `watch` take. The newest one that a
        client has seen goes with each of its calls, so that no answer is older.
        """

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the channel; calls under way end with CallCancelledError, watches end."""
        self._channel.close()

    def with_timeout(self, seconds: float) -> Self:
        """Return this client on the same channel with another timeout for each call."""
        client = copy.copy(self)
        client._timeout = seconds
        return client

    def _send(self, call: PreparedCall[Any], timeout: float | None) -> Any:
        """Return the response to a call, and keep its header. Raises CallError."""
        try:
            response = self._stubs[call.method.path](
                call.request, timeout=timeout, metadata=self._newest.metadata()
            )
        except grpc.RpcError as error:
            raise self._failure(error) from error
        self._note(response.header)
        return response

    def _failure(self, error: grpc.RpcError) -> CallError:
        failure = from_rpc_error(error)
        self._newest.forget(failure)
        return failure

    def _note(self, header: ResponseHeader) -> None:
        self.header = header
        self._newest.note(header)

    def _respond(self, call: PreparedCall[Any]) -> Any:
        """Return the response to a call within the timeout of this client."""
        return self._send(call, self._timeout)

    def _answer(self, call: PreparedCall[T]) -> T:
        """Return the answer in the response to a call."""
        answer: T = call.read(self._respond(call))
        return answer

    def _items(self, call: PreparedCall[T]) -> Iterator[T]:
        """Yield the items of all pages; each page is fetched when the one before is used up."""
        while True:
            response = self._respond(call)
            yield from call.read(response)
            if not response.next_page_token:
                return
            call = call.after(response.next_page_token)
