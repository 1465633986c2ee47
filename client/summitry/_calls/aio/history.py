"""What was known of a record, and when: the questions of both clients."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from typing import Any

from summitry._calls.aio.paging import AsyncPaged, Paged
from summitry._calls.as_of import When, as_of
from summitry._calls.call import Call
from summitry._calls.methods import CHANGES
from summitry.v1.change_service_pb2 import (
    DiffRevisionsRequest,
    DiffRevisionsResponse,
    GetRevisionRequest,
    ListRevisionsRequest,
    RecordRevision,
)


def _history(name: str, page_size: int) -> Call[RecordRevision]:
    request = ListRevisionsRequest(name=name, page_size=page_size)
    return Call(CHANGES["ListRevisions"], request, "revisions")


def _revision(name: str, when: When) -> Call[RecordRevision]:
    request = GetRevisionRequest(name=name)
    at = as_of(when)
    if at is not None and at.HasField("time"):
        request.time.CopyFrom(at.time)
    elif at is not None:
        request.revision = at.revision
    return Call(CHANGES["GetRevision"], request, "revision")


def _diff(name: str, from_revision: int, to_revision: int) -> Call[Any]:
    request = DiffRevisionsRequest(name=name, from_revision=from_revision, to_revision=to_revision)
    return Call(CHANGES["DiffRevisions"], request, "")


class Histories:
    """The history of `Client`."""

    _response: Callable[[Call[Any]], Any]

    def history(self, name: str, *, page_size: int = 0) -> Iterator[RecordRevision]:
        """The versions of a record, the newest first, with who made each, why and when.

        Raises NotFoundError.
        """
        return Paged(self._response, _history(name, page_size))

    def revision(self, name: str, when: When = None) -> RecordRevision:
        """The version of a record that was known at a revision or a time; None: the newest.

        Raises NotFoundError, where it was not there yet with reason REVISION_NOT_FOUND.
        """
        found: RecordRevision = self._response(_revision(name, when)).revision
        return found

    def diff(
        self, name: str, from_revision: int = 0, to_revision: int = 0
    ) -> DiffRevisionsResponse:
        """The fields in which two versions of a record differ, with both versions.

        `to_revision` 0 is the newest version, `from_revision` 0 that before the other. Raises
        NotFoundError.
        """
        found: DiffRevisionsResponse = self._response(_diff(name, from_revision, to_revision))
        return found


class AsyncHistories:
    """The history of `AsyncClient`. What it means: see `Client`."""

    _response: Callable[[Call[Any]], Awaitable[Any]]

    def history(self, name: str, *, page_size: int = 0) -> AsyncIterator[RecordRevision]:
        """See `Client.history`."""
        return AsyncPaged(self._response, _history(name, page_size))

    async def revision(self, name: str, when: When = None) -> RecordRevision:
        """See `Client.revision`."""
        found: RecordRevision = (await self._response(_revision(name, when))).revision
        return found

    async def diff(
        self, name: str, from_revision: int = 0, to_revision: int = 0
    ) -> DiffRevisionsResponse:
        """See `Client.diff`."""
        call = _diff(name, from_revision, to_revision)
        found: DiffRevisionsResponse = await self._response(call)
        return found
