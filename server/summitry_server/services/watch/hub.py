"""The hub of watches: few threads serve many streams, and no stream waits for a slow reader.

A stream holds no thread while nothing happens. When the head of the store rises, all are looked at
in turn, one message each time. A thread whose client does not read is replaced at once, and the
stream is cut when that lasts.
"""

from __future__ import annotations

import logging
import threading
import time
from collections import Counter, OrderedDict, deque
from operator import itemgetter
from typing import NamedTuple, Protocol

from summitry.v1.error_reason_pb2 import ErrorReason
from summitry_server.context import Sink
from summitry_server.wire.refusals import RefusedError

log = logging.getLogger(__name__)

SENDERS = 2  # threads that are not held up by their clients
MOST_SENDERS = 32
EARLY = 1 / 16  # share of the time between checkpoints by which one may come too early
LOOK = 0.05  # seconds between looks at the senders while they are at work
RATE = 1024 * 1024  # bytes per second that a client must read beyond the first seconds


class Message(NamedTuple):
    """The bytes to send, if any, and whether more follow at once."""

    data: bytes
    more: bool


class Watcher(Protocol):
    """The source of messages of one stream. Called by one thread at a time."""

    def next(self, idle: bool) -> Message:
        """Return the next message; for an idle watcher it is never empty."""


class Limits(NamedTuple):
    """The limits of a hub: watchers in number, and waits in seconds."""

    watchers: int
    per_connection: int
    checkpoint: float  # a message is sent at least as often
    patience: float  # a client may leave a message unread


class _WatchStream:
    """The state of an open watch: whether it is queued, being served or ended, and since when."""

    def __init__(self, watcher: Watcher, sink: Sink) -> None:
        self.watcher = watcher
        self.sink = sink
        self.waits = True  # it stands in the queue
        self.woken = False  # while it was served
        self.ended = False
        self.sent_at = time.monotonic()  # when the last message was sent
        self.since: float | None = None  # when a send began that has not returned
        self.until = 0.0  # when that is given up


class Hub:
    """Serves watchers until it is stopped. Safe for use from several threads."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._lock = threading.Condition()
        self._streams: OrderedDict[_WatchStream, None] = (
            OrderedDict()
        )  # the one without a message for longest first
        self._connections: Counter[str] = Counter()
        self._queue: deque[_WatchStream] = deque()
        self._serving: set[_WatchStream] = set()
        self._senders = 0
        self._stopped = False
        self._risen = False
        self._news = threading.Event()
        self._pacer = threading.Thread(target=self._pace, name="watch-pacer", daemon=True)
        self._pacer.start()

    def __len__(self) -> int:
        """Return how many watchers there are."""
        return len(self._streams)

    def add(self, watcher: Watcher, sink: Sink) -> None:
        """Serve a watcher. Raises RefusedError TOO_MANY_WATCHERS, SERVER_STOPPING."""
        stream = _WatchStream(watcher, sink)
        connection = sink.connection
        with self._lock:
            self._check(connection)
            self._streams[stream] = None
            self._connections[connection] += 1
            self._queue.append(stream)
            self._lock.notify()
        if not sink.on_end(lambda: self._ended(stream, connection)):
            self._ended(stream, connection)
        self._news.set()

    def wake(self, head: int) -> None:
        """Note that the head has risen: for Store.subscribe, so it must be quick."""
        self._risen = True
        self._news.set()

    def stop(self) -> None:
        """End all streams and all threads; a send under way is left to the transport."""
        with self._lock:
            self._stopped = True
            streams = list(self._streams)
            self._lock.notify_all()
        self._news.set()
        self._pacer.join()
        for stream in streams:
            stream.sink.end(_stopping())

    def _check(self, connection: str) -> None:
        if self._stopped:
            raise _stopping()
        limits = self._limits
        if len(self._streams) >= limits.watchers:
            raise _too_many(limits.watchers, "server", "try another server, or later")
        if self._connections[connection] >= limits.per_connection:
            hint = "end one of them, or open another connection"
            raise _too_many(limits.per_connection, "connection", hint)

    def _ended(self, stream: _WatchStream, connection: str) -> None:
        """Drop a stream that has ended. The thread of the transport calls it: it must not wait."""
        with self._lock:
            if stream.ended:
                return
            stream.ended = True
            del self._streams[stream]
            self._connections[connection] -= 1
            if not self._connections[connection]:
                del self._connections[connection]

    def _pace(self) -> None:
        """Wake streams and look after senders, until the hub is stopped."""
        timeout: float | None = None
        while not self._stopped:
            self._news.wait(timeout)
            self._news.clear()
            with self._lock:
                now = time.monotonic()
                if self._risen:
                    self._risen = False
                    self._wake_all()
                self._wake_idle(now)
                late = self._look_after_senders(now)
                timeout = self._timeout(now)
            for stream in late:
                _shed(stream, self._limits.patience)

    def _wake_all(self) -> None:
        for stream in self._streams:
            self._wake(stream)

    def _wake_idle(self, now: float) -> None:
        """Wake the streams that are due, and those that soon will be.

        Thousands that are due one by one would cost a change of threads each, and more than what
        is sent. So they come in groups, each of them a little early, and none too late.
        """
        oldest = next(iter(self._streams), None)
        if oldest is None or self._due(oldest) > now:
            return
        for stream in self._streams:
            if self._due(stream) - EARLY * self._limits.checkpoint > now:
                return
            self._wake(stream)

    def _due(self, stream: _WatchStream) -> float:
        """Return the time by which a stream must have its next message."""
        return stream.sent_at + self._limits.checkpoint

    def _wake(self, stream: _WatchStream) -> None:
        if stream in self._serving:
            stream.woken = True
        elif not stream.waits:
            stream.waits = True
            self._queue.append(stream)
            self._lock.notify()

    def _look_after_senders(self, now: float) -> list[_WatchStream]:
        """Start senders if too few are free; return the streams to give up."""
        sending = [(stream, stream.since) for stream in self._serving if stream.since is not None]
        held_up = sum(now - since > LOOK for stream, since in sending)
        while self._queue and self._senders - held_up < SENDERS and self._senders < MOST_SENDERS:
            self._senders += 1
            threading.Thread(target=self._send, name="watch-sender", daemon=True).start()
        late = [stream for stream, since in sending if now > stream.until]
        if self._queue and held_up >= MOST_SENDERS:
            late.append(min(sending, key=itemgetter(1))[0])
        return late

    def _timeout(self, now: float) -> float | None:
        if self._queue or self._serving:
            return LOOK
        oldest = next(iter(self._streams), None)
        return None if oldest is None else max(0.0, self._due(oldest) - now)

    def _send(self) -> None:
        """Serve streams in turn, while there are not more senders than needed."""
        while (stream := self._take()) is not None:
            more = self._serve(stream)
            with self._lock:
                self._serving.discard(stream)
                if not stream.ended and (more or stream.woken):
                    stream.woken = False
                    stream.waits = True
                    self._queue.append(stream)

    def _take(self) -> _WatchStream | None:
        with self._lock:
            while not self._stopped:
                free = self._senders - sum(stream.since is not None for stream in self._serving)
                if free > SENDERS:
                    self._lock.notify()  # the stream in the queue is for a sender that sleeps
                    break
                if self._queue:
                    stream = self._queue.popleft()
                    stream.waits = False
                    self._serving.add(stream)
                    return stream
                self._lock.wait()
            self._senders -= 1
            return None

    def _serve(self, stream: _WatchStream) -> bool:
        """Send a stream its next message, if there is one; return whether more follow."""
        if stream.ended:
            return False
        early = EARLY * self._limits.checkpoint
        idle = time.monotonic() >= self._due(stream) - early
        try:
            message = stream.watcher.next(idle)
        except Exception as error:
            stream.sink.end(error)
            return False
        if message.data:
            stream.until = time.monotonic() + self._limits.patience + len(message.data) / RATE
            stream.since = time.monotonic()
            sent = stream.sink.send(message.data)
            stream.since = None
            if not sent:
                return False
            self._note_sent(stream)
        return message.more

    def _note_sent(self, stream: _WatchStream) -> None:
        with self._lock:
            stream.sent_at = time.monotonic()
            if not stream.ended:
                self._streams.move_to_end(stream)


def _shed(stream: _WatchStream, patience: float) -> None:
    stream.until = float("inf")
    stream.sink.cut(
        RefusedError(
            ErrorReason.ERROR_REASON_WATCHER_TOO_SLOW,
            f"nothing was read for {patience:g} seconds, and nothing is buffered: resume from "
            "the token of the last message",
            seconds=f"{patience:g}",
        )
    )


def _stopping() -> RefusedError:
    return RefusedError(
        ErrorReason.ERROR_REASON_SERVER_STOPPING,
        "the server ends: go on at the next one with the token of the last message",
    )


def _too_many(limit: int, per: str, hint: str) -> RefusedError:
    return RefusedError(
        ErrorReason.ERROR_REASON_TOO_MANY_WATCHERS,
        f"there are {limit} watchers on this {per} already: {hint}",
        limit=limit,
        per=per,
    )
