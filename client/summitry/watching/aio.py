"""The followers of `AsyncClient`: the classes of `streams`, with await."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable
from contextlib import aclosing, suppress
from types import TracebackType
from typing import Any, Self

import grpc
import grpc.aio

from summitry.errors import (
    CallCancelledError,
    CallError,
    DeadlineExceededError,
    UnavailableError,
    from_rpc_error,
)
from summitry.v1.change_service_pb2 import (
    Change,
    ChangeView,
    ListChangesRequest,
    ListChangesResponse,
    WatchChangesRequest,
    WatchChangesResponse,
)
from summitry.watching.backoff import Backoff
from summitry.watching.follower import Batch
from summitry.watching.options import (
    SILENCE,
    Break,
    FollowerState,
    SeenSnapshots,
    SyncOptions,
    WatchOptions,
    log_break,
)

Stream = Callable[[WatchChangesRequest], Any]
Pages = Callable[[ListChangesRequest], Awaitable[ListChangesResponse]]


class AsyncWatch:
    """Changes as they happen, until it is closed. See `summitry.watching.streams.Watch`."""

    def __init__(
        self,
        stream: Stream,
        view: ChangeView,
        options: WatchOptions,
        newest: SeenSnapshots,
    ) -> None:
        self._stream = stream
        self._newest = newest
        self._place = FollowerState(view, options)
        self._backoff = Backoff(options.get("patience"))
        self._on_break = options.get("on_break", log_break)
        self._silence = options.get("silence", SILENCE)
        self._closed = asyncio.Event()
        self._call: Any = None

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """End the watch, from any task of its loop; the iteration then ends."""
        self._closed.set()
        self._hang_up()

    @property
    def token(self) -> str:
        """Return the token that resumes after the last batch."""
        return self._place.follower.token

    async def __aiter__(self) -> AsyncIterator[Change]:
        async with aclosing(self.batches()) as batches:
            async for batch in batches:
                for change in self._place.require_known(batch).changes:
                    yield change

    async def batches(self) -> AsyncGenerator[Batch, None]:
        """See `Watch.batches`."""
        follower = self._place.follower
        try:
            while (message := await self._next()) is not None:
                if follower.should_offer_etags(message):
                    self._hang_up()
                    continue
                batch = self._place.apply(follower.take(message))
                yield batch
                self._place.save_token(batch)
        finally:
            self._hang_up()

    async def _next(self) -> WatchChangesResponse | None:
        """Return the next message, reconnecting as needed; None when the watch is closed."""
        while not self._closed.is_set():
            try:
                message = await self._receive(self._call or self._open())
            except CallError as error:
                self._hang_up()
                if not self._closed.is_set():
                    await self._pause(error)
            else:
                self._backoff.reset()
                self._newest.note(message.header)
                return message
        return None

    def _open(self) -> Any:
        try:
            self._call = self._stream(self._place.follower.watch_request())
        except grpc.aio.UsageError as error:  # the channel is closed
            self._closed.set()
            raise CallCancelledError("the client is closed", code="CANCELLED") from error
        return self._call

    async def _receive(self, call: Any) -> WatchChangesResponse:
        try:
            async with asyncio.timeout(self._silence):
                message = await call.read()
        except TimeoutError:
            raise DeadlineExceededError(
                "the stream went silent", code="DEADLINE_EXCEEDED"
            ) from None
        except asyncio.CancelledError:
            task = asyncio.current_task()
            if task is not None and task.cancelling():
                raise
            raise CallCancelledError("the call was cancelled", code="CANCELLED") from None
        except grpc.RpcError as error:
            raise from_rpc_error(error) from error
        if message is grpc.aio.EOF:
            raise UnavailableError("the server ended the stream", code="UNAVAILABLE")
        answer: WatchChangesResponse = message
        return answer

    async def _pause(self, error: CallError) -> None:
        self._newest.forget(error)
        seconds = self._backoff.delay_after(error)
        self._on_break(Break(error, seconds))
        with suppress(TimeoutError):
            await asyncio.wait_for(self._closed.wait(), seconds)

    def _hang_up(self) -> None:
        call, self._call = self._call, None
        if call is not None:
            call.cancel()


class AsyncSync:
    """All changes since a token, as one finite iteration. See `summitry.watching.streams.Sync`."""

    def __init__(self, page: Pages, view: ChangeView, options: SyncOptions) -> None:
        self._page = page
        self._place = FollowerState(view, options, initial=True, log_start=True)

    @property
    def token(self) -> str:
        """Return the token that resumes after the last batch."""
        return self._place.follower.token

    async def __aiter__(self) -> AsyncIterator[Change]:
        async with aclosing(self.batches()) as batches:
            async for batch in batches:
                for change in self._place.require_known(batch).changes:
                    yield change

    async def batches(self) -> AsyncGenerator[Batch, None]:
        """See `Sync.batches`."""
        follower = self._place.follower
        caught_up = False
        while not caught_up:
            try:
                page = await self._page(follower.list_request())
            except CallError as error:
                batch = follower.restart(error)
            else:
                batch = follower.take_page(page)
            yield self._place.apply(batch)
            self._place.save_token(batch)
            caught_up = batch.caught_up
