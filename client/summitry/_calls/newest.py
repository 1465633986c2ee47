"""Reading one's own writes: the newest snapshot that a client has seen goes with each call."""

from __future__ import annotations

from threading import Lock

from summitry.errors import CallError
from summitry.v1.response_header_pb2 import ResponseHeader

AT_LEAST = "summitry-at-least"
"""The request metadata that asks for an answer not older than a snapshot."""


class NewestSnapshot:
    """The newest snapshot in the answers to one client. Safe for use from several threads.

    Revisions rise within a store. After it was restored from a copy it has another id, and lower
    revisions than before: its first answer counts as newer then. A store that does not notice its
    restore refuses a snapshot that it has lost: one call fails, the snapshot is forgotten, and the
    next call succeeds.
    """

    def __init__(self) -> None:
        self._lock = Lock()
        self._header = ResponseHeader()

    def note(self, header: ResponseHeader) -> None:
        """Take note of the header of an answer."""
        with self._lock:
            newest = self._header
            if header.store_id != newest.store_id or header.revision > newest.revision:
                self._header = header

    def forget(self, error: CallError) -> None:
        """Forget the snapshot, if it is what a call was refused for."""
        if error.reason == "SNAPSHOT_NOT_REACHED":
            with self._lock:
                self._header = ResponseHeader()

    def metadata(self) -> tuple[tuple[str, str], ...]:
        """Return the metadata of the next call."""
        snapshot = self._header.snapshot
        return ((AT_LEAST, snapshot),) if snapshot else ()
