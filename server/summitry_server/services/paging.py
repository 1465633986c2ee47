"""Pages of entries, which end at the number of entries requested or at PAGE_BYTES."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from summitry.v1.error_reason_pb2 import ErrorReason
from summitry_server.wire.limits import BATCH_BYTES, PAGE_BYTES
from summitry_server.wire.refusals import ALONE, RefusedError

# Entries that are read at a time, so that little is read in vain where they are large.
STEP = 128


class PageEntry(NamedTuple):
    """An entry of a page: its bytes, and the position after which the next page would begin."""

    position: Any
    data: bytes


class Page(NamedTuple):
    """The entries of a page, and whether more follow."""

    entries: Sequence[PageEntry]
    more: bool


# Returns up to a number of entries after a position (None: the first); fewer only at the end.
Read = Callable[[Any, int], Sequence[PageEntry]]


def read_page(read: Read, after: Any, limit: int) -> Page:
    """Return the page after a position: at most `limit` entries, and of a size that clients take.

    A page has at least one entry if there is one.
    """
    entries: list[PageEntry] = []
    size = 0
    while True:
        count = min(STEP, limit + 1 - len(entries))
        step = read(after, count)
        for entry in step:
            size += len(entry.data)
            if entries and (len(entries) == limit or size > PAGE_BYTES):
                return Page(entries, more=True)
            entries.append(entry)
        if len(step) < count:
            return Page(entries, more=False)
        after = step[-1].position


def check_batch(frames: Sequence[bytes], count: int) -> None:
    """Refuse the records of `count` names if those read so far are too large for one answer."""
    length = sum(map(len, frames))
    if length > BATCH_BYTES:
        raise RefusedError(
            ErrorReason.ERROR_REASON_MESSAGE_TOO_LARGE,
            f"the records of these {count} names have more than {BATCH_BYTES} bytes: ask for "
            "fewer names at a time",
            "names",
            lead=ALONE,
            limit=BATCH_BYTES,
            length=length,
        )
