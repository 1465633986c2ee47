"""The health of a store, made from its failures; what fails is logged, but not each time.

A store is healthy while it can be written. A full disk does not change that: it is answered to
those who write, and reads go on. Damage lasts until the server is started on a sound file;
everything else ends with the next write that succeeds.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import NamedTuple

from summitry_server.store.errors import (
    StoreDamagedError,
    StoreError,
    StoreFullError,
    StoreUnavailableError,
)

log = logging.getLogger(__name__)

# Of failures of one kind, one line is logged in so many seconds.
EVERY = 60.0

FAILURES = (StoreDamagedError, StoreFullError, StoreUnavailableError)


class Health(NamedTuple):
    """The ability of a store to be written, with the reason when it cannot be."""

    serving: bool = True
    reason: str = ""


Listener = Callable[[Health], None]


class HealthMonitor:
    """The health of one store. Safe for use from several threads."""

    def __init__(self, store: str, clock: Callable[[], float] = time.monotonic) -> None:
        """Watch a store, which the log calls `store`."""
        self._store = store
        self._clock = clock
        self._lock = threading.Lock()
        self._damage: StoreDamagedError | None = None
        self._listeners: dict[object, Listener] = {}
        self._logged: dict[str, float] = {}
        self.health = Health()

    def follow(self, listener: Listener) -> Callable[[], None]:
        """Call `listener` with the present health and each change; return a function to end it."""
        key = object()
        with self._lock:
            self._listeners[key] = listener
            listener(self.health)

        def unfollow() -> None:
            with self._lock:
                self._listeners.pop(key, None)

        return unfollow

    def check(self) -> None:
        """Raise StoreDamagedError if the store was found damaged: nothing may be written then."""
        if self._damage is not None:
            raise StoreDamagedError(str(self._damage), self._damage.engine)

    @contextmanager
    def reading(self) -> Iterator[None]:
        """Record failures in the with block; of a read, only damage is one of the store."""
        try:
            yield
        except FAILURES as error:
            self.failed(error, changes_health=isinstance(error, StoreDamagedError))
            raise

    @contextmanager
    def writing(self) -> Iterator[None]:
        """Record failures of writes in the with block."""
        try:
            yield
        except FAILURES as error:
            self.failed(error, changes_health=not isinstance(error, StoreFullError))
            raise

    def failed(self, error: StoreError, *, changes_health: bool = True) -> None:
        """Log a failure, and tell the listeners if the health changes."""
        with self._lock:
            self._log(error)
            if isinstance(error, StoreDamagedError):
                self._damage = error
            if changes_health and self.health.serving:
                self._set(Health(False, str(error)))

    def recovered(self) -> None:
        """Record a successful write: the store is healthy again unless it is damaged."""
        if self.health.serving or self._damage is not None:
            return
        with self._lock:
            if not self.health.serving and self._damage is None:
                log.warning("the store %s can be written again", self._store)
                self._logged.clear()
                self._set(Health())

    def _set(self, health: Health) -> None:
        self.health = health
        for listener in self._listeners.values():
            listener(health)

    def _log(self, error: StoreError) -> None:
        text = f"{error} ({error.engine})" if error.engine else str(error)
        now = self._clock()
        if now - self._logged.get(text, -EVERY) >= EVERY:
            self._logged[text] = now
            log.error("the store %s failed: %s", self._store, text)
