"""`watch` and `sync` of both clients."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any, Unpack
from weakref import WeakSet

from summitry._calls.call import Call
from summitry._calls.methods import CHANGES
from summitry.names import ALL_CALENDARS
from summitry.v1.change_service_pb2 import (
    ChangeView,
    ListChangesRequest,
    ListChangesResponse,
    WatchChangesRequest,
)
from summitry.v1.filter_pb2 import Filter
from summitry.watching.options import SyncOptions, WatchOptions, change_view

if TYPE_CHECKING:
    from summitry.watching.aio import AsyncSync, AsyncWatch
    from summitry.watching.streams import Sync, Watch


class Following:
    """How `Client` follows changes."""

    _response: Callable[[Call[Any]], Any]
    _stubs: dict[str, Any]

    def watch(
        self,
        parent: str | ChangeView = ALL_CALENDARS,
        filter: Filter | None = None,
        **options: Unpack[WatchOptions],
    ) -> Watch:
        """Follow a calendar as it changes, over any break of the connection.

        The watch is an iterator of changes in the order of revisions, each once; `batches()` has
        them with their tokens. It begins now; with `initial` or an empty `view` by what there is,
        with a token where that stands. A ChangeView instead of a parent says more, such as a
        window that slides with the days. Options: see `WatchOptions`.
        """
        from summitry.watching.streams import Watch

        return Watch(self._changes, change_view(parent, filter), options)

    def sync(
        self,
        parent: str | ChangeView = ALL_CALENDARS,
        filter: Filter | None = None,
        **options: Unpack[SyncOptions],
    ) -> Sync:
        """All changes since a token, then an end; without a token what there is.

        For jobs that run now and then: `sync("calendars/c", token_store=TokenFile("c.token"))`.
        Raises as any call does; what was told before has its token kept.
        """
        from summitry.watching.streams import Sync

        return Sync(self._page_of_changes, change_view(parent, filter), options)

    def _changes(self, request: WatchChangesRequest) -> Any:
        return self._stubs[CHANGES["WatchChanges"].path](request)

    def _page_of_changes(self, request: ListChangesRequest) -> ListChangesResponse:
        page: ListChangesResponse = self._response(Call(CHANGES["ListChanges"], request, ""))
        return page


class AsyncFollowing:
    """How `AsyncClient` follows changes."""

    _response: Callable[[Call[Any]], Awaitable[Any]]
    _stubs: dict[str, Any]
    _watches: WeakSet[AsyncWatch]

    def watch(
        self,
        parent: str | ChangeView = ALL_CALENDARS,
        filter: Filter | None = None,
        **options: Unpack[WatchOptions],
    ) -> AsyncWatch:
        """See `Following.watch`."""
        from summitry.watching.aio import AsyncWatch

        watch = AsyncWatch(self._changes, change_view(parent, filter), options)
        self._watches.add(watch)
        return watch

    def sync(
        self,
        parent: str | ChangeView = ALL_CALENDARS,
        filter: Filter | None = None,
        **options: Unpack[SyncOptions],
    ) -> AsyncSync:
        """See `Following.sync`."""
        from summitry.watching.aio import AsyncSync

        return AsyncSync(self._page_of_changes, change_view(parent, filter), options)

    def _changes(self, request: WatchChangesRequest) -> Any:
        return self._stubs[CHANGES["WatchChanges"].path](request)

    async def _page_of_changes(self, request: ListChangesRequest) -> ListChangesResponse:
        page: ListChangesResponse = await self._response(Call(CHANGES["ListChanges"], request, ""))
        return page
