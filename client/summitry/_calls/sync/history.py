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

    def history(self, name: str, *, page_size: int = 0) -> Iterator[RecordRevision]:
        """Iterate over the versions of a record, the newest first, with author, reason and time.

        Raises NotFoundError.
        """
        return self._items(requests.list_revisions(name, page_size))

    def revision(self, name: str, when: When = None) -> RecordRevision:
        """Return the version of a record that was known at a revision or a time; None: the newest.

        Raises NotFoundError; where the record was not there yet, with reason REVISION_NOT_FOUND.
        """
        return self._answer(requests.get_revision(name, when))

    def diff(
        self, name: str, from_revision: int = 0, to_revision: int = 0
    ) -> DiffRevisionsResponse:
        """Return the fields in which two versions of a record differ, with both versions.

        `to_revision` 0 is the newest version, `from_revision` 0 the version before the other.
        Raises NotFoundError.
        """
        return self._answer(requests.diff(name, from_revision, to_revision))
