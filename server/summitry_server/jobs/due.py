"""The time by which maintenance drops data for good, which must not follow a wrong clock.

A clock that is a month ahead for an hour would purge what nobody can bring back. So the time of the
last maintenance is stored, and a clock that is far from it has to prove itself first.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from typing import NamedTuple

from summitry_server.clock import Clock
from summitry_server.store.contract import LogEntry, Reader, Store

STEP = (
    3600  # seconds by which the clock may differ from the last maintenance and be believed at once
)
PROOF = 86_400  # seconds for which another time must have stood, in one process, to be believed
BOUND = 30 * 86_400  # seconds by which it may be ahead at all
SETTING = "upkeep_time"

log = logging.getLogger(__name__)


class _Claim(NamedTuple):
    """A time of the system clock, with the steady clock when it was first given, in seconds."""

    now: int
    elapsed: float


class DueTime:
    """The time of the last maintenance that is believed. Belongs to one thread.

    `trusted`: take the clock as right at the start, whatever the store says.
    """

    def __init__(
        self,
        store: Store,
        clock: Clock,
        *,
        trusted: bool = False,
        elapsed: Callable[[], float] = time.monotonic,
    ) -> None:
        self._store = store
        self._clock = clock
        self._elapsed = elapsed
        self._claim: _Claim | None = None
        with store.read() as reader:
            self._last = None if trusted else _last_time(reader)

    def now(self) -> int:
        """Return the time, in epoch seconds, up to which jobs may act irreversibly."""
        now = self._clock.now()
        if self._last is None or self._believes(now, self._last):
            self._keep(now)
        return now if self._last is None else min(now, self._last)

    def _believes(self, now: int, last: int) -> bool:
        if abs(now - last) <= STEP:
            self._claim = None
            return True
        elapsed = self._elapsed()
        if self._claim is None or abs(_drift(self._claim, now, elapsed)) > STEP:
            self._claim = _Claim(now, elapsed)
            _warn(now - last)
        # Compare the claim as it was first made: the clock goes on while it proves itself.
        return self._claim.now - last <= BOUND and elapsed - self._claim.elapsed >= PROOF

    def _keep(self, now: int) -> None:
        if now != self._last:
            entry = LogEntry("server", "upkeep", "", now)
            self._store.write(lambda writer: writer.put_setting(SETTING, str(now)), entry)
            self._last = now


def _last_time(reader: Reader) -> int | None:
    """Return the time of the last maintenance, else of the last write; None for an empty store."""
    if stored := reader.setting(SETTING):
        return int(stored)
    logged = reader.changes(reader.revision - 1, 1) if reader.revision else []
    return logged[-1].entry.time if logged else None


def _drift(claim: _Claim, now: int, elapsed: float) -> float:
    """Return by how much the clock moved more than time elapsed since it was first seen."""
    return (now - claim.now) - (elapsed - claim.elapsed)


def _warn(gap: int) -> None:
    hours = abs(gap) / 3600
    where = "ahead of" if gap > 0 else "behind"
    if gap > BOUND:
        log.error(
            "the clock is %.0f hours %s the last upkeep: nothing is purged, compacted or "
            "forgotten; correct the clock, or if it is right start once with --trust-clock",
            hours,
            where,
        )
    else:
        log.warning(
            "the clock is %.0f hours %s the last upkeep: nothing more is purged, compacted or "
            "forgotten until it has stood for a day; if it is right, start with --trust-clock",
            hours,
            where,
        )
