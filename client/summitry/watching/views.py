"""A view in memory: the records that a service follows, always up to date."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator, Mapping
from typing import Self

from summitry.kinds import Record, pack
from summitry.output_file import write_file
from summitry.v1.change_service_pb2 import Change, ListChangesResponse
from summitry.watching.follower import UPSERT, Batch, record_of


class View(Mapping[str, Record]):
    """Records by name. Pass it to `watch` or `sync`, which keep it up to date and resume from it.

    A view changes by whole batches, before their changes are delivered; reading is safe from other
    threads. Records are shared with the view: copy before you change one. The token is part
    of the view, so a view that is written and read again resumes exactly where it was.
    """

    def __init__(self) -> None:
        self._records: dict[str, Record] = {}
        self._etags: dict[str, str] = {}
        self._changed = threading.Condition()
        self.token = ""
        """Token that resumes the view; "" before it has been filled."""
        self.revision = 0
        """The view shows the store as of this revision; 0 before it has caught up."""

    def __getitem__(self, name: str) -> Record:
        return self._records[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self.snapshot())

    def __len__(self) -> int:
        return len(self._records)

    def snapshot(self) -> dict[str, Record]:
        """Return all records by name, as of one moment."""
        with self._changed:
            return dict(self._records)

    def etags(self) -> dict[str, str]:
        """Return the etag of each record by name."""
        with self._changed:
            return dict(self._etags)

    def apply(self, batch: Batch) -> None:
        """Apply the changes of a batch, and its token."""
        with self._changed:
            for change in batch.changes:
                self._put(change)
            self.token = batch.token
            if batch.caught_up:
                self.revision = batch.revision
            self._changed.notify_all()

    def wait_for(self, revision: int, timeout: float | None = None) -> bool:
        """Wait until the view includes a revision, such as that of your own write.

        Returns False if `timeout` seconds passed first. A write outside the view counts with the
        next checkpoint of the server, after 15 seconds unless `--heartbeat` is set otherwise.
        """
        with self._changed:
            return self._changed.wait_for(lambda: self.revision >= revision, timeout)

    def write(self, path: str | os.PathLike[str]) -> None:
        """Write view and token to a file, atomically. Raises OSError."""
        with self._changed:
            changes = [_stored(name, record) for name, record in self._records.items()]
            state = ListChangesResponse(changes=changes, next_token=self.token)
            state.header.revision = self.revision
        write_file(path, state.SerializeToString())

    @classmethod
    def read(cls, path: str | os.PathLike[str]) -> Self:
        """Return the view of a file; an empty one without a file. Raises OSError, DecodeError."""
        view = cls()
        try:
            with open(path, "rb") as file:
                state = ListChangesResponse.FromString(file.read())
        except FileNotFoundError:
            return view
        for change in state.changes:
            view._put(change)
        view.token, view.revision = state.next_token, state.header.revision
        return view

    def _put(self, change: Change) -> None:
        record = record_of(change)
        if change.kind == UPSERT and record is not None:
            self._records[change.name] = record
            self._etags[change.name] = record.etag
        else:
            self._records.pop(change.name, None)
            self._etags.pop(change.name, None)


def _stored(name: str, record: Record) -> Change:
    return Change(kind=UPSERT, name=name, record=pack(record))
