"""When all can meet: what is left of a span when everything that blocks somebody is taken out.

Times are whole minutes since 1970-01-01T00:00Z, spans are half-open. What blocks is rounded
outwards to whole minutes before it comes here, so that no window touches it. Rules:
docs/windows.md.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

BUSY, MARGIN = "busy", "margin"


class Busy(NamedTuple):
    """A span in which an attendee does something, by the record that says so."""

    start: int
    end: int
    name: str


class Closed(NamedTuple):
    """A span in which an attendee does not meet, whatever the records say."""

    start: int
    end: int
    reason: str


class Block(NamedTuple):
    """Why an attendee cannot meet. Sorts in the order of the answer."""

    start: int
    end: int
    attendee: int  # the place in the request, from 0
    reason: str
    name: str  # of the record; "" for hours and days off


class Window(NamedTuple):
    """A span in which all can meet."""

    start: int
    end: int


def windows(
    busy: Sequence[Iterable[Busy]],
    closed: Sequence[Iterable[Closed]],
    span: Window,
    minutes: int,
    margin: int = 0,
) -> tuple[list[Window], list[Block]]:
    """Return each maximal window of `minutes` or more in a span, and what blocks the rest.

    `busy` and `closed` have an entry for each attendee. `margin` is the minutes that stay free
    before and after what people do. Both lists are in the order of time.
    """
    found = (*_engaged(busy, margin), *_shut(closed))
    blocks = sorted({block for block in (_clip(block, span) for block in found) if block})
    return list(_gaps(blocks, span, minutes)), blocks


def _engaged(busy: Sequence[Iterable[Busy]], margin: int) -> Iterator[Block]:
    for attendee, engagements in enumerate(busy):
        for start, end, name in engagements:
            yield Block(start - margin, start, attendee, MARGIN, name)
            yield Block(start, end, attendee, BUSY, name)
            yield Block(end, end + margin, attendee, MARGIN, name)


def _shut(closed: Sequence[Iterable[Closed]]) -> Iterator[Block]:
    for attendee, spans in enumerate(closed):
        for start, end, reason in spans:
            yield Block(start, end, attendee, reason, "")


def _clip(block: Block, span: Window) -> Block | None:
    start, end = max(block.start, span.start), min(block.end, span.end)
    return block._replace(start=start, end=end) if start < end else None


def _gaps(blocks: Iterable[Block], span: Window, minutes: int) -> Iterator[Window]:
    """Yield what is free between blocks, which come in the order of their starts."""
    free = span.start
    for block in blocks:
        if block.start - free >= minutes:
            yield Window(free, block.start)
        free = max(free, block.end)
    if span.end - free >= minutes:
        yield Window(free, span.end)
