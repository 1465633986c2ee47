"""The asynchronous client: the methods of `summitry.client.Client`, awaited.

    async with AsyncClient() as client:
        async for item in client.agenda(first_date="2024-07-03", time_zone="Asia/Almaty"):
            print(item.viewer_start)

Use it within one event loop: grpc.aio knows only one in a process.
"""

from __future__ import annotations

import copy
from collections.abc import AsyncIterator, Iterable, Sequence
from datetime import datetime
from types import TracebackType
from typing import Any, Self, TypeVar, overload
from weakref import WeakSet

import grpc
import grpc.aio

from summitry._calls import reads
from summitry._calls.aio.agenda import AsyncQuestions
from summitry._calls.aio.audit import AsyncAudit
from summitry._calls.aio.feed_tokens import AsyncFeedTokens
from summitry._calls.aio.following import AsyncFollowing
from summitry._calls.aio.history import AsyncHistories
from summitry._calls.aio.transferring import AsyncTransferring
from summitry._calls.aio.writing import AsyncWriting
from summitry._calls.as_of import When
from summitry._calls.call import Call
from summitry._calls.channel import DEFAULT_TARGET, DEFAULT_TIMEOUT, channel_options, stubs
from summitry._calls.texts import as_texts
from summitry.errors import from_rpc_error
from summitry.kinds import Record
from summitry.names import ALL_CALENDARS, R, require_type
from summitry.v1.agenda_service_pb2 import AgendaItem
from summitry.v1.event_time_pb2 import TimePoint
from summitry.v1.filter_pb2 import Filter
from summitry.v1.response_header_pb2 import ResponseHeader
from summitry.v1.time_zone_service_pb2 import (
    RebaseTimeZonesResponse,
    ResolvedPoint,
    TimeZone,
    TimeZoneDatabase,
)

T = TypeVar("T")


class AsyncClient(
    AsyncFeedTokens, AsyncFollowing, AsyncHistories, AsyncQuestions, AsyncTransferring, AsyncWriting
):
    """A connection to a Summitry server for asyncio. What methods mean: see `Client`."""

    def __init__(
        self,
        target: str = DEFAULT_TARGET,
        *,
        timeout: float = DEFAULT_TIMEOUT,
        credentials: grpc.ChannelCredentials | None = None,
    ) -> None:
        """Open a channel to "HOST:PORT"; it connects with the first call. See `Client`."""
        options = channel_options(target)
        if credentials is None:
            self._channel = grpc.aio.insecure_channel(target, options)
        else:
            self._channel = grpc.aio.secure_channel(target, credentials, options)
        self._stubs = stubs(self._channel)
        self._watches = WeakSet()
        self._timeout = timeout
        self.header = ResponseHeader()
        """Of the last answer: the revision of the store and the version of its zone data."""

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self.close()

    async def close(self) -> None:
        """End the watches of this client and close its channel."""
        # A channel of grpc.aio 1.76 that is closed leaves the reader of an open stream waiting.
        for watch in tuple(self._watches):
            watch.close()
        await self._channel.close()

    def with_timeout(self, seconds: float) -> Self:
        """The same client on the same channel with another timeout for each call."""
        other = copy.copy(self)
        other._timeout = seconds
        return other

    @overload
    async def get(self, name: str, *, as_of: When = ...) -> Record: ...
    @overload
    async def get(self, name: str, message: type[R], *, as_of: When = ...) -> R: ...
    async def get(self, name: str, message: type[Any] | None = None, *, as_of: When = None) -> Any:
        """See `Client.get`."""
        record: Record = await self._answer(reads.get(name, as_of))
        return record if message is None else require_type(record, message)

    async def batch_get(
        self, names: str | Iterable[str], *, as_of: When = None
    ) -> Sequence[Record]:
        """See `Client.batch_get`."""
        wanted = as_texts(names)
        found: dict[str, Record] = {}
        for call in reads.batch_get(wanted, as_of):
            found.update((record.name, record) for record in await self._answer(call))
        return [found[name] for name in wanted]

    @overload
    def list(
        self,
        what: type[R],
        parent: str = ...,
        *,
        filter: Filter | None = ...,
        show_deleted: bool = ...,
        page_size: int = ...,
        as_of: When = ...,
    ) -> AsyncIterator[R]: ...
    @overload
    def list(
        self,
        what: str,
        parent: str = ...,
        *,
        filter: Filter | None = ...,
        show_deleted: bool = ...,
        page_size: int = ...,
        as_of: When = ...,
    ) -> AsyncIterator[Record]: ...
    def list(
        self,
        what: str | type[Any],
        parent: str = ALL_CALENDARS,
        *,
        filter: Filter | None = None,
        show_deleted: bool = False,
        page_size: int = 0,
        as_of: When = None,
    ) -> AsyncIterator[Any]:
        """See `Client.list`."""
        return self._items(reads.page(what, parent, filter, show_deleted, page_size, as_of))

    def agenda(
        self,
        parent: str = ALL_CALENDARS,
        *,
        first_date: str = "",
        last_date: str = "",
        time_zone: str = "UTC",
        filter: Filter | None = None,
        page_size: int = 0,
        as_of: When = None,
    ) -> AsyncIterator[AgendaItem]:
        """See `Client.agenda`."""
        call = reads.agenda(parent, first_date, last_date, time_zone, filter, page_size, as_of)
        return self._items(call)

    def time_zones(
        self,
        region_code: str = "",
        city: str = "",
        time: datetime | None = None,
        tzdb_version: str = "",
    ) -> AsyncIterator[TimeZone]:
        """See `Client.time_zones`."""
        return self._items(reads.time_zones(region_code, city, time, tzdb_version))

    async def databases(self) -> Sequence[TimeZoneDatabase]:
        """See `Client.databases`."""
        found: Sequence[TimeZoneDatabase] = await self._answer(reads.databases())
        return found

    async def resolve_times(
        self, points: Iterable[TimePoint], tzdb_version: str = ""
    ) -> Sequence[ResolvedPoint]:
        """See `Client.resolve_times`."""
        made = reads.resolve_times(points, tzdb_version)
        return [resolved for call in made for resolved in await self._answer(call)]

    def audit_time_zones(
        self,
        parent: str = ALL_CALENDARS,
        from_version: str = "",
        to_version: str = "",
        time_zones: str | Iterable[str] = (),
        include_past: bool = False,
        *,
        page_size: int = 0,
    ) -> AsyncAudit:
        """See `Client.audit_time_zones`; `totals()` is awaited."""
        call = reads.audit_time_zones(
            parent, from_version, to_version, time_zones, include_past, page_size
        )
        return AsyncAudit(self._response, call)

    async def rebase_time_zones(
        self,
        time_zones: str | Iterable[str] = (),
        include_past: bool = False,
        validate_only: bool = False,
        allow_older: bool = False,
    ) -> RebaseTimeZonesResponse:
        """See `Client.rebase_time_zones`."""
        call = reads.rebase_time_zones(time_zones, include_past, validate_only, allow_older)
        response: RebaseTimeZonesResponse = await self._response(call)
        return response

    async def export_calendar(
        self,
        parent: str,
        *,
        filter: Filter | None = None,
        language: str = "en",
        format: str = "ics",
    ) -> bytes:
        """See `Client.export_calendar`."""
        from summitry.export import export_calendar_async  # it pulls in the renderer

        return await export_calendar_async(
            self, parent, filter=filter, language=language, format=format
        )

    async def _response(self, call: Call[T]) -> Any:
        try:
            response = await self._stubs[call.method.path](call.request, timeout=self._timeout)
        except grpc.RpcError as error:
            raise from_rpc_error(error) from error
        self.header = response.header
        return response

    async def _answer(self, call: Call[T]) -> Any:
        return getattr(await self._response(call), call.answer)

    async def _items(self, call: Call[T]) -> AsyncIterator[T]:
        while True:
            response = await self._response(call)
            for item in getattr(response, call.answer):
                yield item
            if not response.next_page_token:
                return
            call = call.after(response.next_page_token)
