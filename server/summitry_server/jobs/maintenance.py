"""What a server does by itself from time to time: one thread, small jobs one after another."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Sequence

from summitry_server.store.contract import Store

log = logging.getLogger(__name__)

EVERY = 600.0  # seconds from the end of one round to the next
DAY = 86_400

Job = Callable[[], None]
Due = Callable[[], int]  # the time by which things are dropped (summitry_server.jobs.due)


class Upkeep:
    """Does its jobs in turn, at once and then every `every` seconds, until it is stopped.

    A job that fails is logged, and is tried again in the next round.
    """

    def __init__(self, jobs: Sequence[Job], every: float = EVERY) -> None:
        self._jobs = jobs
        self._every = every
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._run, name="upkeep", daemon=True)

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def stop(self) -> None:
        """Wait for the job under way; none follows."""
        self._stopped.set()
        if self._thread.is_alive():
            self._thread.join()

    def _run(self) -> None:
        while not self._stopped.is_set():
            for job in self._jobs:
                self._do(job)
            self._stopped.wait(self._every)

    def _do(self, job: Job) -> None:
        if self._stopped.is_set():
            return
        try:
            job()
        except Exception:
            log.exception("upkeep failed; it is tried again in %g seconds", self._every)


def forgetting(store: Store, due: Due, kept: int) -> Job:
    """Return a job that drops answers to requests that were given `kept` seconds ago."""

    def forget() -> None:
        if dropped := store.forget(due() - kept):
            log.info("dropped %d answers to requests", dropped)

    return forget


def compaction(store: Store, due: Due, days: int) -> Job:
    """Return a job that drops versions superseded more than `days` ago; 0: none."""

    def compact() -> None:
        if not days:
            return
        now = due()
        with store.read() as reader:
            before = reader.revision_at(now - days * DAY - 1) + 1
            if before <= reader.earliest():
                return
        dropped = store.compact(before)
        log.info("dropped %d versions superseded more than %d days ago", dropped, days)

    return compact
