"""Maintenance: one thread that runs small jobs one after another, from time to time."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Sequence

from summitry_server.store.contract import Store

log = logging.getLogger(__name__)

EVERY = 600.0  # seconds from the end of one round to the next
DAY = 86_400

Job = Callable[[], None]
Due = Callable[[], int]  # gives the time up to which jobs may drop data (summitry_server.jobs.due)


class Maintenance:
    """Runs its jobs in turn, at once and then every `every` seconds, until it is stopped.

    A job that fails is logged, and is tried again in the next round.
    """

    def __init__(self, jobs: Sequence[Job], every: float = EVERY) -> None:
        self._jobs = jobs
        self._every = every
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._run, name="maintenance", daemon=True)

    def start(self) -> None:
        """Start the thread."""
        self._thread.start()

    def stop(self) -> None:
        """Wait for the job that runs, and start no other."""
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
            log.exception("maintenance failed; it is tried again in %g seconds", self._every)


def expiry_of_requests(store: Store, due: Due, seconds: int) -> Job:
    """Return a job that drops stored answers to requests that are older than `seconds`."""

    def expire() -> None:
        if dropped := store.expire_requests(due() - seconds):
            log.info("dropped %d answers to requests", dropped)

    return expire


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
