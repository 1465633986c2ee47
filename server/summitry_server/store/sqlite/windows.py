"""The parts of a window, and the ranges of an index in which their rows are."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from summitry_server.store.contract import EARLIEST, Window
from summitry_server.store.index import SHORT, TOP, long_lane, long_levels
from summitry_server.store.sqlite.groups import Range

Key = tuple[int, str]  # the start and the name of a row in a window


class WindowPart(NamedTuple):
    """A part of a window: between which keys its rows are, both exclusive."""

    low: Key
    high: Key
    begun: bool  # whether they are in progress at the start of the window

    def after(self, key: Key | None, descending: bool) -> WindowPart:
        """Return the part after a key, which may be empty."""
        if key is None:
            return self
        if descending:
            return self._replace(high=min(self.high, key))
        return self._replace(low=max(self.low, key))

    def whole(self, window: Window) -> Range:
        """Return the range of starts in the lane of the axis."""
        first, end = self.low[0], self.high[0] + bool(self.high[1])
        return Range(int(window.axis), first, max(first, end))

    def ranges(self, window: Window) -> list[Range]:
        """Return the ranges in which the rows are, none of them empty."""
        whole = self.whole(window)
        ranges = _begun(window) if self.begun else iter([whole])
        bounded = (
            Range(lane, max(first, whole.first), min(end, whole.end)) for lane, first, end in ranges
        )
        return [bounds for bounds in bounded if bounds.first < bounds.end]


def parts_of(window: Window) -> tuple[WindowPart, ...]:
    """Return the parts of a window in the order of time: in progress at its start, begun later."""
    if window.start >= window.end:
        return ()
    start = (window.start, "")
    return WindowPart((EARLIEST, ""), start, begun=True), WindowPart(
        start, (window.end, ""), begun=False
    )


def _begun(window: Window) -> Iterator[Range]:
    """Yield the ranges of spans that may be in progress at the start of a window.

    A span of a level is no longer than its width, so one that is in progress began less than a
    width before. Those above the highest level may have begun at any time.
    """
    levels = [(int(window.axis), SHORT[window.axis])]
    levels += [(long_lane(window.axis, level), level) for level in long_levels(window.axis)]
    for lane, level in levels:
        first = EARLIEST if level == TOP else window.start - 4**level + 1
        yield Range(lane, first, window.start)
