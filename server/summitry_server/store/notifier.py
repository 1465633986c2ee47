"""Who is woken when the head has risen."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable

_log = logging.getLogger(__name__)


class Notifier:
    """The subscribers of a store. Safe for use from several threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        # Replaced as a whole, so that a call goes through what it met.
        self._subscribed: dict[object, Callable[[int], None]] = {}

    def subscribe(self, wake: Callable[[int], None]) -> Callable[[], None]:
        """Call `wake` from now on; returns the function that ends it, which may be called again."""
        key = object()
        with self._lock:
            self._subscribed = {**self._subscribed, key: wake}

        def unsubscribe() -> None:
            with self._lock:
                self._subscribed = {
                    existing: subscriber
                    for existing, subscriber in self._subscribed.items()
                    if existing is not key
                }

        return unsubscribe

    def tell(self, head: int) -> None:
        """Call all subscribers; log what one raises, and call the others nevertheless."""
        for wake in self._subscribed.values():
            try:
                wake(head)
            except BaseException:
                # Even an exit: it would end the thread that writes, and with it all writes.
                _log.exception("a subscriber failed on revision %d", head)
