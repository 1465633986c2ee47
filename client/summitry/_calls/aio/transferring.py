"""`import_records` and `export_records` of both clients: the streaming calls."""

from __future__ import annotations

from collections.abc import AsyncIterable, AsyncIterator, Iterable, Iterator, Mapping
from typing import Any

import grpc
import grpc.aio

from summitry._calls import transfers
from summitry.errors import UnavailableError, from_rpc_error
from summitry.kinds import Record
from summitry.names import ALL_CALENDARS
from summitry.v1.filter_pb2 import Filter
from summitry.v1.response_header_pb2 import ResponseHeader
from summitry.v1.transfer_service_pb2 import ImportRecordsResponse, ParseCalendarResponse


class Transferring:
    """The streaming calls of `Client`."""

    _stubs: dict[str, Any]
    header: ResponseHeader

    def import_records(
        self,
        records: Iterable[Record],
        *,
        dry_run: bool = False,
        merge: bool = False,
        reason: str = "",
        timeout: float | None = None,
    ) -> ImportRecordsResponse:
        """Create or update records by name, batch by batch; what became of them.

        A record that is refused is told in the answer, and the others go on; sending the same
        again changes nothing. A record becomes what is sent; with `merge` only its set fields
        change. One that a source of others gave (it has `original` and no revision) is merged with
        what was edited since its last import. With `dry_run` the answer is the same and nothing is
        stored. `reason` stands in the history of each record. Give calendars before what is in
        them, and events before what refers to them. `timeout` is in seconds, for all of it. Raises
        what the records raise, after those before it were stored, and CallError.
        """
        feed = transfers.Feed(dry_run, merge, reason)
        stub = self._stubs[transfers.IMPORT.path]
        try:
            response: ImportRecordsResponse = stub(feed.requests(records), timeout=timeout)
        except grpc.RpcError as error:
            raise from_rpc_error(error) from (feed.error or error)
        if feed.error is not None:
            raise feed.error
        self.header = response.header
        return response

    def export_records(
        self,
        parent: str = ALL_CALENDARS,
        *,
        filter: Filter | None = None,
        show_deleted: bool = False,
        include_hidden: bool = False,
        after: str = "",
        timeout: float | None = None,
    ) -> Iterator[Record]:
        """The records of a calendar, in an order in which they can be imported.

        What is not public or under embargo is left out unless `include_hidden`. It goes on by
        itself over a restart of the server; `after` is a name to go on after by hand. What was
        there at the revision of `header` is in it. `timeout` is in seconds, for all of it.
        Raises NotFoundError.
        """
        call = transfers.export_records(parent, filter, show_deleted, include_hidden, after)
        while True:
            begun = after
            try:
                for response in self._stubs[call.method.path](call.request, timeout=timeout):
                    self.header = response.header
                    for part in response.records:
                        yield (record := transfers.record_of(part))
                        after = record.name
                return
            except grpc.RpcError as error:
                failure = from_rpc_error(error)
                if after == begun or not isinstance(failure, UnavailableError):
                    raise failure from error
            call = transfers.from_name(call, after)

    def parse_calendar(
        self,
        parent: str,
        data: bytes,
        *,
        kind: str = "meeting",
        time_zone: str = "",
        tzids: Mapping[str, str] | None = None,
        timeout: float | None = None,
    ) -> ParseCalendarResponse:
        """An iCalendar file of at most 1 MiB as records for `import_records`; stores nothing.

        `time_zone` is that of hours that name none; `tzids` says what ids stand for that only the
        file knows. What could not be read is in `faults`. Raises InvalidArgumentError.
        """
        request = transfers.parse_request(parent, data, kind, time_zone, tzids)
        try:
            response: ParseCalendarResponse = self._stubs[transfers.PARSE.path](
                request, timeout=timeout
            )
        except grpc.RpcError as error:
            raise from_rpc_error(error) from error
        self.header = response.header
        return response


class AsyncTransferring:
    """The streaming calls of `AsyncClient`."""

    _stubs: dict[str, Any]
    header: ResponseHeader

    async def import_records(
        self,
        records: Iterable[Record] | AsyncIterable[Record],
        *,
        dry_run: bool = False,
        merge: bool = False,
        reason: str = "",
        timeout: float | None = None,
    ) -> ImportRecordsResponse:
        """See `Client.import_records`; the records may come asynchronously."""
        feed = transfers.Feed(dry_run, merge, reason)
        stub = self._stubs[transfers.IMPORT.path]
        try:
            response: ImportRecordsResponse = await stub(
                feed.requests_async(records), timeout=timeout
            )
        except grpc.RpcError as error:
            raise from_rpc_error(error) from (feed.error or error)
        if feed.error is not None:
            raise feed.error
        self.header = response.header
        return response

    async def export_records(
        self,
        parent: str = ALL_CALENDARS,
        *,
        filter: Filter | None = None,
        show_deleted: bool = False,
        include_hidden: bool = False,
        after: str = "",
        timeout: float | None = None,
    ) -> AsyncIterator[Record]:
        """See `Client.export_records`."""
        call = transfers.export_records(parent, filter, show_deleted, include_hidden, after)
        while True:
            begun = after
            try:
                async for response in self._stubs[call.method.path](call.request, timeout=timeout):
                    self.header = response.header
                    for part in response.records:
                        yield (record := transfers.record_of(part))
                        after = record.name
                return
            except grpc.RpcError as error:
                failure = from_rpc_error(error)
                if after == begun or not isinstance(failure, UnavailableError):
                    raise failure from error
            call = transfers.from_name(call, after)

    async def parse_calendar(
        self,
        parent: str,
        data: bytes,
        *,
        kind: str = "meeting",
        time_zone: str = "",
        tzids: Mapping[str, str] | None = None,
        timeout: float | None = None,
    ) -> ParseCalendarResponse:
        """See `Client.parse_calendar`."""
        request = transfers.parse_request(parent, data, kind, time_zone, tzids)
        try:
            response: ParseCalendarResponse = await self._stubs[transfers.PARSE.path](
                request, timeout=timeout
            )
        except grpc.RpcError as error:
            raise from_rpc_error(error) from error
        self.header = response.header
        return response
