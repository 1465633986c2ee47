# Written by `make sync-client` from aio/history.py: change that file.
"""The versions of a record: what was known of it, and when."""

from __future__ import annotations

from collections.abc import Iterator

from summitry._calls.as_of import When
from summitry._calls.requests import history as requests
from summitry._calls.sync.connection import Connection
from summitry.v1.change_service_pb2 import DiffRevisionsResponse, RecordRevision


class History(Connection):
    """The versions of a record."""

    def history(
        self, name: str, *, page_size: int = 0, changed_paths: bool = False
    ) -> Iterator[RecordRevision]:
        """Iterate over the versions of a record, the newest first, with author, reason and time.

        With `changed_paths` each names the fields that it changed. Raises NotFoundError.
        """
        return self._items(requests.list_revisions(name, page_size, changed_paths))

    def revision(self, name: str, when: When = None) -> RecordRevision:
        """Return the version of a record as of a snapshot or a time; None: the newest.

        Raises NotFoundError; where the record was not there yet, with reason REVISION_NOT_FOUND.
        """
        return self._answer(requests.get_revision(name, when))

    def diff(
        self, name: str, from_snapshot: str = "", to_snapshot: str = ""
    ) -> DiffRevisionsResponse:
        """Return the fields in which two versions of a record differ, with both versions.

        `to_snapshot` "" is the newest version, `from_snapshot` "" the version before the other.
        Raises NotFoundError, and InvalidArgumentError for what is no snapshot of this store.
        """
        return self._answer(requests.diff(name, from_snapshot, to_snapshot))
