"""The call, the backend that all rpcs share, and the shape of an answer."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, NamedTuple, Protocol

from summitry.v1.response_header_pb2 import ResponseHeader
from summitry.zones import TzDb, UnknownVersionError
from summitry_server.clock import Clock
from summitry_server.databases import Databases
from summitry_server.domain.changes.visible_changes import VisibleChanges
from summitry_server.domain.search.page_tokens import PageTokens
from summitry_server.domain.search.snapshots import Snapshots
from summitry_server.domain.time.times import to_refusal
from summitry_server.store.contract import LogEntry, Point, Store
from summitry_server.wire import frames as wire


class RequestKey(NamedTuple):
    """The id that a sender gave a request, and a digest to recognise it by (AIP-155)."""

    request_id: str
    digest: bytes  # of the rpc and the request


class Caller(NamedTuple):
    """The maker of a call: the name for the log, and the view of the records that it may see.

    Answers are cached by `view`. There are no permissions yet, so all callers have the same view.
    """

    name: str
    view: str = ""

    @property
    def origin(self) -> str:
        """Return the part of the name that all calls of a caller share: an address, no port."""
        return self.name.rpartition(":")[0] or self.name


def _no_check() -> None:
    """Do nothing: the check of work that no client waits for."""


@dataclass(frozen=True, slots=True)
class Call:
    """One call: its id in the log, its caller and its deadline; of a write also what and why.

    `deadline` is a value of time.monotonic() in seconds.
    """

    id: str
    caller: Caller
    deadline: float = math.inf
    # Raises RefusedError DEADLINE_EXCEEDED, CANCELLED or SERVER_STOPPING when nobody waits for the
    # answer any more. Long work calls it between its steps; it costs about a microsecond.
    check: Callable[[], None] = _no_check
    source: str = ""  # the rpc, or the job of the server
    reason: str = ""
    request_key: RequestKey | None = None
    validate_only: bool = False  # of a write: answer as if it were done, and store nothing
    at_least: str = ""  # a snapshot that the answer must not be older than


# The call of work that no client waits for: jobs, benchmarks and tests.
LOCAL_CALL = Call("local", Caller("server"))

# An rpc: a request message and the call in, the bytes of the response out.
Rpc = Callable[[Any, Call], bytes]
# The same with an iterator of requests in, or of responses out.
StreamRpc = Callable[[Iterator[Any], Call], bytes] | Callable[[Any, Call], Iterator[bytes]]


class Sink(Protocol):
    """The receiver of the responses of a stream."""

    @property
    def connection(self) -> str:
        """Return an id that the streams of one connection share."""

    def send(self, response: bytes) -> bool:
        """Send a response; False if the stream has ended. Waits while the client does not read."""

    def end(self, error: Exception) -> None:
        """End the stream after what was sent; the client is told why. Never waits."""

    def cut(self, error: Exception) -> None:
        """End the stream now, whatever the client has not read; a `send` that waits returns."""

    def on_end(self, callback: Callable[[], None]) -> bool:
        """Call a function, which must be quick, when the stream ends; False if it has ended."""


# A stream that outlives its call: responses go to the sink, from any thread, while it lasts.
Stream = Callable[[Any, Call, Sink], None]


class Backend:
    """The store, the clock and the time zone database that all services share."""

    def __init__(
        self,
        store: Store,
        databases: Databases,
        clock: Clock,
        retention: int = 0,
        keep_deleted: int = 0,
    ) -> None:
        """Create what services share. `retention`: days of superseded versions; 0 for ever.

        `keep_deleted`: seconds after which deleted records are purged; 0: never.
        """
        self.retention = retention
        self.store = store
        self.databases = databases
        self.db = databases.current
        self.clock = clock
        self.keep_deleted = keep_deleted
        self.visible_changes = VisibleChanges()
        self.store_id = store.identity.store_id
        self.tokens = PageTokens(store.identity.secret)
        self.snapshots = Snapshots(store.identity.secret, self.store_id)
        self._header = lru_cache(maxsize=1024)(self._encoded_header)

    def database(self, version: str, field: str) -> TzDb:
        """Return a release of the database. Raises RefusedError UNKNOWN_TZDB_VERSION."""
        try:
            return self.databases.get(version)
        except UnknownVersionError as error:
            raise to_refusal(error, field) from error

    def entry(self, call: Call) -> LogEntry:
        """Return the entry that the log has for the write of a call."""
        request_id = call.request_key.request_id if call.request_key else call.id
        return LogEntry(call.caller.name, call.reason, request_id, self.clock.now(), call.source)

    def answer(self, parts: Iterable[bytes], point: Point) -> bytes:
        """Join finished fields of a response with its header."""
        return b"".join((*parts, self._header(point)))

    def answer_now(self, parts: Iterable[bytes]) -> bytes:
        """Join finished fields of a response that reads nothing with the header of now."""
        with self.store.read() as reader:
            point = reader.point()
        return self.answer(parts, point)

    def _encoded_header(self, point: Point) -> bytes:
        header = ResponseHeader(
            store_id=self.store_id,
            revision=point.revision,
            tzdb_version=self.db.version,
            snapshot=self.snapshots.make(point),
        )
        return wire.frame(wire.HEADER, header.SerializeToString())
