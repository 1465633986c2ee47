"""The times of a log, which never go back, whatever the clock of the machine does."""

from __future__ import annotations

# Writes come in another order than the moments at which they were asked for.
JITTER = 2


class LogTime:
    """Gives each write its time.

    When the clock has gone back, the first write is a second later than the last one: somebody may
    have been told that all of that second is over, and could not see another change in it. Those
    that follow stay there until the clock has caught up.
    """

    def __init__(self, raised: int | None = None) -> None:
        self._raised = raised

    def of(self, asked: int, last: int) -> int:
        """The time of a write that was asked for at `asked`, after one of the time `last`."""
        if asked >= last - JITTER:
            return max(asked, last)
        return last if last == self._raised else last + 1

    def after(self, asked: int, last: int) -> LogTime:
        """What gives times after that write has been kept; one that fails has no part in it."""
        return self if asked >= last - JITTER else LogTime(self.of(asked, last))
