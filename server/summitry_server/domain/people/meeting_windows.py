"""Find the windows in which all attendees can meet: a span without all that blocks somebody.

Times are whole minutes since 1970-01-01T00:00Z, spans are half-open. Callers round blocks outwards
to whole minutes, so that no window overlaps them. The rules in words: docs/meeting-windows.md.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from summitry.v1.agenda_service_pb2 import BlockerReason

BUSY, MARGIN = BlockerReason.BLOCKER_REASON_BUSY, BlockerReason.BLOCKER_REASON_MARGIN


class Busy(NamedTuple):
    """A span in which an attendee is busy, with the name of the record that says so."""

    start: int
    end: int
    name: str


class Closed(NamedTuple):
    """A span outside of the working hours of an attendee."""

    start: int
    end: int
    reason: BlockerReason


class Block(NamedTuple):
    """A span in which an attendee cannot meet, and the reason. Sorts in the order of the answer."""

    start: int
    end: int
    attendee: int  # index in the request, from 0
    reason: BlockerReason
    name: str  # of the record; "" for hours and days off


class FreeWindow(NamedTuple):
    """A span in which all can meet."""

    start: int
    end: int


def windows(
    busy: Sequence[Iterable[Busy]],
    closed: Sequence[Iterable[Closed]],
    span: FreeWindow,
    minutes: int,
    margin: int = 0,
) -> tuple[list[FreeWindow], list[Block]]:
    """Return each maximal window of at least `minutes` in a span, and the blocks between.

    `busy` and `closed` have an entry for each attendee. `margin` is the minutes that stay free
    before and after each engagement. Both lists are in the order of time.
    """
    blocks_unclipped = (*_busy_blocks(busy, margin), *_closed_blocks(closed))
    blocks = sorted(
        {block for block in (_clip(block, span) for block in blocks_unclipped) if block}
    )
    return list(_free_windows(blocks, span, minutes)), blocks


def _busy_blocks(busy: Sequence[Iterable[Busy]], margin: int) -> Iterator[Block]:
    for attendee, engagements in enumerate(busy):
        for start, end, name in engagements:
            yield Block(start - margin, start, attendee, MARGIN, name)
            yield Block(start, end, attendee, BUSY, name)
            yield Block(end, end + margin, attendee, MARGIN, name)


def _closed_blocks(closed: Sequence[Iterable[Closed]]) -> Iterator[Block]:
    for attendee, spans in enumerate(closed):
        for start, end, reason in spans:
            yield Block(start, end, attendee, reason, "")


def _clip(block: Block, span: FreeWindow) -> Block | None:
    start, end = max(block.start, span.start), min(block.end, span.end)
    return block._replace(start=start, end=end) if start < end else None


def _free_windows(blocks: Iterable[Block], span: FreeWindow, minutes: int) -> Iterator[FreeWindow]:
    """Yield the free windows between blocks, which must be sorted by start."""
    free = span.start
    for block in blocks:
        if block.start - free >= minutes:
            yield FreeWindow(free, block.start)
        free = max(free, block.end)
    if span.end - free >= minutes:
        yield FreeWindow(free, span.end)
