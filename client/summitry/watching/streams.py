"""The followers of `Client`: a watch that reopens its streams, and a sync that ends."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from types import TracebackType
from typing import Any, Self

import grpc

from summitry.errors import CallCancelledError, CallError, UnavailableError, from_rpc_error
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
Pages = Callable[[ListChangesRequest], ListChangesResponse]


class Watch:
    """Changes as they happen, until it or its client is closed. Iterate over it in one thread.

    Raises only errors that a retry cannot fix: a wrong view or token, missing permission, and a
    RESET whose difference cannot be computed.
    """

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
        self._closed = threading.Event()
        self._call: Any = None

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
        """End the watch, from any thread; the iteration then ends."""
        self._closed.set()
        self._hang_up()

    @property
    def token(self) -> str:
        """Return the token that resumes after the last batch."""
        return self._place.follower.token

    def __iter__(self) -> Iterator[Change]:
        for batch in self.batches():
            yield from self._place.require_known(batch).changes

    def batches(self) -> Iterator[Batch]:
        """Yield one batch for each message of the server, checkpoints without changes included.

        After a batch with a `reset_reason`, the batches up to CAUGHT_UP hold the difference.
        """
        follower = self._place.follower
        try:
            while (message := self._next()) is not None:
                if follower.should_offer_etags(message):
                    # The server can only be given the etags in the request that opens a stream.
                    self._hang_up()
                    continue
                batch = self._place.apply(follower.take(message))
                yield batch
                self._place.save_token(batch)
        finally:
            self._hang_up()

    def _next(self) -> WatchChangesResponse | None:
        """Return the next message, reconnecting as needed; None when the watch is closed."""
        while not self._closed.is_set():
            try:
                message = self._receive(self._call or self._open())
            except CallError as error:
                self._hang_up()
                if not self._closed.is_set():
                    self._pause(error)
            else:
                self._backoff.reset()
                self._newest.note(message.header)
                return message
        return None

    def _open(self) -> Any:
        try:
            self._call = self._stream(self._place.follower.watch_request())
        except ValueError as error:  # gRPC raises ValueError on a closed channel
            self._closed.set()
            raise CallCancelledError("the client is closed", code="CANCELLED") from error
        return self._call

    def _receive(self, call: Any) -> WatchChangesResponse:
        # A dead connection raises nothing and `next` has no timeout, so a timer cancels the call.
        alarm = threading.Timer(self._silence, call.cancel)
        alarm.daemon = True
        alarm.start()
        try:
            message: WatchChangesResponse = next(call)
        except StopIteration:
            raise UnavailableError("the server ended the stream", code="UNAVAILABLE") from None
        except grpc.RpcError as error:
            raise from_rpc_error(error) from error
        finally:
            alarm.cancel()
        return message

    def _pause(self, error: CallError) -> None:
        self._newest.forget(error)
        seconds = self._backoff.delay_after(error)
        self._on_break(Break(error, seconds))
        self._closed.wait(seconds)

    def _hang_up(self) -> None:
        call, self._call = self._call, None
        if call is not None:
            call.cancel()


class Sync:
    """All changes since a token, as one finite iteration, for cron jobs. Iterate over it once."""

    def __init__(self, page: Pages, view: ChangeView, options: SyncOptions) -> None:
        self._page = page
        self._place = FollowerState(view, options, initial=True, log_start=True)

    @property
    def token(self) -> str:
        """Return the token that resumes after the last batch."""
        return self._place.follower.token

    def __iter__(self) -> Iterator[Change]:
        for batch in self.batches():
            yield from self._place.require_known(batch).changes

    def batches(self) -> Iterator[Batch]:
        """Yield one batch for each page; after one with a `reset_reason` the difference follows."""
        follower = self._place.follower
        caught_up = False
        while not caught_up:
            try:
                page = self._page(follower.list_request())
            except CallError as error:
                batch = follower.restart(error)
            else:
                batch = follower.take_page(page)
            yield self._place.apply(batch)
            self._place.save_token(batch)
            caught_up = batch.caught_up
