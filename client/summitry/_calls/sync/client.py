"""The client: one channel to a server, typed records in and out.

    with Client("127.0.0.1:50051") as client:
        summit = client.get("calendars/astana-2024/summits/sco-24", Summit)
        for item in client.agenda("calendars/-", first_date="2024-07-03", time_zone="Asia/Almaty"):
            print(item.viewer_start, item.WhichOneof("record"))

A client is safe for use from several threads, and meant to live as long as the program: a
channel costs far more than a call. Errors are those of `summitry.errors`.
"""

from __future__ import annotations

import copy
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from types import TracebackType
from typing import Any, Self, TypeVar, overload

import grpc

from summitry._calls import reads
from summitry._calls.aio.agenda import Questions
from summitry._calls.aio.audit import Audit
from summitry._calls.aio.feed_tokens import FeedTokens
from summitry._calls.aio.following import Following
from summitry._calls.aio.history import Histories
from summitry._calls.aio.transferring import Transferring
from summitry._calls.aio.writing import Writing
from summitry._calls.as_of import When
from summitry._calls.call import Call
from summitry._calls.channel import DEFAULT_TARGET, DEFAULT_TIMEOUT, channel_options, stubs
from summitry._calls.texts import as_texts
from summitry.errors import from_rpc_error
from summitry.kinds import Record
from summitry.names import ALL_CALENDARS, R, require_type
from summitry.v1.agenda_service_pb2 import AgendaItem
from summitry.v1.event_time_pb2 import TimePoint
from summitry.v1.filter_pb2 import Filter
from summitry.v1.response_header_pb2 import ResponseHeader
from summitry.v1.time_zone_service_pb2 import (
    RebaseTimeZonesResponse,
    ResolvedPoint,
    TimeZone,
    TimeZoneDatabase,
)

T = TypeVar("T")


class Client(FeedTokens, Following, Histories, Questions, Transferring, Writing):
    """A connection to a Summitry server."""

    def __init__(
        self,
        target: str = DEFAULT_TARGET,
        *,
        timeout: float = DEFAULT_TIMEOUT,
        credentials: grpc.ChannelCredentials | None = None,
    ) -> None:
        """Open a channel to "HOST:PORT"; it connects with the first call.

        `timeout` is in seconds and holds for each call, a page of a list being one call.
        `credentials` are those of TLS; without them the connection is in the clear.
        """
        options = channel_options(target)
        if credentials is None:
            self._channel = grpc.insecure_channel(target, options)
        else:
            self._channel = grpc.secure_channel(target, credentials, options)
        self._stubs = stubs(self._channel)
        self._timeout = timeout
        self.header = ResponseHeader()
        """Of the last answer: the revision of the store and the version of its zone data."""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Let go of the channel; calls under way end with CallCancelledError."""
        self._channel.close()

    def with_timeout(self, seconds: float) -> Self:
        """The same client on the same channel with another timeout for each call."""
        other = copy.copy(self)
        other._timeout = seconds
        return other

    @overload
    def get(self, name: str, *, as_of: When = ...) -> Record: ...
    @overload
    def get(self, name: str, message: type[R], *, as_of: When = ...) -> R: ...
    def get(self, name: str, message: type[Any] | None = None, *, as_of: When = None) -> Any:
        """The record of that name, a deleted one too.

        `message` only tells the type checker what `name` says already. `as_of` is a revision or a
        time: the record as it was known then. Raises NotFoundError; of a state that is not kept or
        not yet reached InvalidArgumentError (HISTORY_GONE, REVISION_NOT_REACHED).
        """
        record: Record = self._answer(reads.get(name, as_of))
        return record if message is None else require_type(record, message)

    def batch_get(self, names: str | Iterable[str], *, as_of: When = None) -> Sequence[Record]:
        """The records of those names, of any kinds, in their order; all or none.

        More than 1,000 names of a kind take several calls, each with a snapshot of its own.
        Raises NotFoundError.
        """
        wanted = as_texts(names)
        found = {r.name: r for call in reads.batch_get(wanted, as_of) for r in self._answer(call)}
        return [found[name] for name in wanted]

    @overload
    def list(
        self,
        what: type[R],
        parent: str = ...,
        *,
        filter: Filter | None = ...,
        show_deleted: bool = ...,
        page_size: int = ...,
        as_of: When = ...,
    ) -> Iterator[R]: ...
    @overload
    def list(
        self,
        what: str,
        parent: str = ...,
        *,
        filter: Filter | None = ...,
        show_deleted: bool = ...,
        page_size: int = ...,
        as_of: When = ...,
    ) -> Iterator[Record]: ...
    def list(
        self,
        what: str | type[Any],
        parent: str = ALL_CALENDARS,
        *,
        filter: Filter | None = None,
        show_deleted: bool = False,
        page_size: int = 0,
        as_of: When = None,
    ) -> Iterator[Any]:
        """All records of a collection ("summits" or `Summit`) in the order of their names.

        Pages are fetched as they are needed; `page_size` 0 leaves their size to the server.
        `as_of` is a revision or a time: what was known then, on all pages.
        """
        return self._items(reads.page(what, parent, filter, show_deleted, page_size, as_of))

    def agenda(
        self,
        parent: str = ALL_CALENDARS,
        *,
        first_date: str = "",
        last_date: str = "",
        time_zone: str = "UTC",
        filter: Filter | None = None,
        page_size: int = 0,
        as_of: When = None,
    ) -> Iterator[AgendaItem]:
        """What is on from `first_date` to `last_date` (inclusive; "": the same day).

        Days are those of `time_zone`, and times are shown in it. `filter.window` may say how
        dates and possible times match, and gives the span itself when `first_date` is "". `as_of`
        is a revision or a time: what was known then.
        """
        call = reads.agenda(parent, first_date, last_date, time_zone, filter, page_size, as_of)
        return self._items(call)

    def time_zones(
        self,
        region_code: str = "",
        city: str = "",
        time: datetime | None = None,
        tzdb_version: str = "",
    ) -> Iterator[TimeZone]:
        """The zones of the server's database, or of another version that it has.

        With a region code only those of the country, with a city those it may have. Offsets are
        told for `time`, which must have an offset itself (None: now). Raises
        InvalidArgumentError, for a version that the server has not: UNKNOWN_TZDB_VERSION.
        """
        return self._items(reads.time_zones(region_code, city, time, tzdb_version))

    def databases(self) -> Sequence[TimeZoneDatabase]:
        """The releases of the time zone database that the server has, the newest first."""
        found: Sequence[TimeZoneDatabase] = self._answer(reads.databases())
        return found

    def resolve_times(
        self, points: Iterable[TimePoint], tzdb_version: str = ""
    ) -> Sequence[ResolvedPoint]:
        """What time points mean, in their order, by the server's database or another version.

        A point that means nothing definite has a reason instead of a time. More than 1,000
        points take several calls.
        """
        made = reads.resolve_times(points, tzdb_version)
        return [resolved for call in made for resolved in self._answer(call)]

    def audit_time_zones(
        self,
        parent: str = ALL_CALENDARS,
        from_version: str = "",
        to_version: str = "",
        time_zones: str | Iterable[str] = (),
        include_past: bool = False,
        *,
        page_size: int = 0,
    ) -> Audit:
        """What would move if the stored future were resolved by another database.

        Compares what is stored (from_version "") with the server's database (to_version "");
        no zones are all zones. Nothing is changed. The audit is an iterator of impacts, and has
        their `totals()`.
        """
        call = reads.audit_time_zones(
            parent, from_version, to_version, time_zones, include_past, page_size
        )
        return Audit(self._response, call)

    def rebase_time_zones(
        self,
        time_zones: str | Iterable[str] = (),
        include_past: bool = False,
        validate_only: bool = False,
        allow_older: bool = False,
    ) -> RebaseTimeZonesResponse:
        """Resolve the stored future by the server's database, in one revision.

        Safe to repeat: a second run changes nothing. With `validate_only` it only says what
        would be done. A server whose database is older than the one that settled the store refuses
        with OLDER_TZDB, unless `allow_older` is set to go back.
        """
        call = reads.rebase_time_zones(time_zones, include_past, validate_only, allow_older)
        response: RebaseTimeZonesResponse = self._response(call)
        return response

    def export_calendar(
        self,
        parent: str,
        *,
        filter: Filter | None = None,
        language: str = "en",
        format: str = "ics",
    ) -> bytes:
        """A calendar as iCalendar, jCal or JSCalendar; see `summitry.export_calendar`."""
        from summitry.export import export_calendar  # it pulls in the renderer

        return export_calendar(self, parent, filter=filter, language=language, format=format)

    def _response(self, call: Call[T]) -> Any:
        try:
            response = self._stubs[call.method.path](call.request, timeout=self._timeout)
        except grpc.RpcError as error:
            raise from_rpc_error(error) from error
        self.header = response.header
        return response

    def _answer(self, call: Call[T]) -> Any:
        return getattr(self._response(call), call.answer)

    def _items(self, call: Call[T]) -> Iterator[T]:
        while True:
            response = self._response(call)
            yield from getattr(response, call.answer)
            if not response.next_page_token:
                return
            call = call.after(response.next_page_token)
