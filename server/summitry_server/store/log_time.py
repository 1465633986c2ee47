"""The times of a log, which never go back, whatever the clock of the machine does."""

from __future__ import annotations

# Seconds by which writes may arrive in another order than the one they were requested in. A clock
# that seems to go back by no more than this has not been set back.
JITTER = 2


class LogTime:
    """Gives each write its time.

    When the clock has gone back, the first write is a second later than the last one: somebody may
    have been told that all of that second is over, and could not see another change in it. Those
    that follow stay there until the clock has caught up.
    """

    def __init__(self, raised: int | None = None) -> None:
        self._raised = raised

    def of(self, requested: int, last: int) -> int:
        """Return the time of a write requested at `requested` that follows a write at `last`."""
        if requested >= last - JITTER:
            return max(requested, last)
        return last if last == self._raised else last + 1

    def after(self, requested: int, last: int) -> LogTime:
        """Return the log time to use once that write is durable; drop it when the write fails."""
        return self if requested >= last - JITTER else LogTime(self.of(requested, last))
