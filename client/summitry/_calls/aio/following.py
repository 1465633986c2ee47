"""Following changes: see `summitry.watching`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Unpack

from summitry._calls.aio.connection import AsyncConnection
from summitry._calls.methods import CHANGES
from summitry._calls.requests import history as requests
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


class AsyncFollowing(AsyncConnection):
    """Following changes."""

    def watch(
        self,
        parent: str | ChangeView = ALL_CALENDARS,
        filter: Filter | None = None,
        **options: Unpack[WatchOptions],
    ) -> AsyncWatch:
        """Follow a calendar as it changes, over any break of the connection.

        The watch is an iterator of changes in the order of revisions, each once; `batches()` has
        them with their tokens. It begins now; with `initial` or an empty `view` with the records
        that are there, with a token after the last change that the token includes, with the
        `snapshot` of an answer after the state that the answer shows. A ChangeView
        instead of a parent says more, such as a window that moves with the days. Options: see
        `WatchOptions`.
        """
        from summitry.watching.aio import AsyncWatch

        watch = AsyncWatch(self._open_watch, change_view(parent, filter), options, self._newest)
        self._watches.add(watch)  # aio only
        return watch

    def sync(
        self,
        parent: str | ChangeView = ALL_CALENDARS,
        filter: Filter | None = None,
        **options: Unpack[SyncOptions],
    ) -> AsyncSync:
        """Iterate over all changes since a token, then end; without a token over the records.

        For jobs that run now and then: `sync("calendars/c", token_store=TokenFile("c.token"))`.
        Raises as any call does; the token of the changes before the error is stored.
        """
        from summitry.watching.aio import AsyncSync

        return AsyncSync(self._list_changes, change_view(parent, filter), options)

    def _open_watch(self, request: WatchChangesRequest) -> Any:
        stub = self._stubs[CHANGES["WatchChanges"].path]
        return stub(request, metadata=self._newest.metadata())

    async def _list_changes(self, request: ListChangesRequest) -> ListChangesResponse:
        return await self._answer(requests.list_changes(request))
