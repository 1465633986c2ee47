"""Whole calendars: imports and exports of records, and files for calendar apps."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from typing import TYPE_CHECKING

import grpc
import grpc.aio

from summitry._calls.aio.records import AsyncRecords
from summitry._calls.as_of import When
from summitry._calls.requests import transfers as requests
from summitry._calls.requests.transfers import AsyncRecordSource, ImportStream
from summitry.errors import CallError, UnavailableError
from summitry.kinds import Record
from summitry.names import ALL_CALENDARS, EVENT_KINDS
from summitry.v1.calendar_pb2 import Calendar
from summitry.v1.filter_pb2 import Filter, TimeWindow
from summitry.v1.transfer_service_pb2 import ImportRecordsResponse, ParseCalendarResponse

if TYPE_CHECKING:
    from summitry.ical.render import Handler


class AsyncTransfers(AsyncRecords):
    """Whole calendars, in and out."""

    async def import_records(
        self,
        records: AsyncRecordSource,
        *,
        validate_only: bool = False,
        merge: bool = False,
        allow_more_visible: bool = False,
        reason: str = "",
        gone_action: str = "cancel",
        timeout: float | None = None,
    ) -> ImportRecordsResponse:
        """Create or update records by name, batch by batch; return the result of each.

        A record that is refused stands in the answer, and the rest go on; sending the same
        again changes nothing. A record becomes what is sent; with `merge` only its set fields
        change. A record of a foreign source (it has `original` and no revision) is merged with what
        was edited since its last import. A stored record becomes more visible only with
        `allow_more_visible`; else its visibility and embargo stay, with a warning. With
        `validate_only` the answer is the same and nothing is stored. `reason` stands in the history
        of each record. Give calendars before what is in them, and events before what refers to
        them; the asynchronous client takes asynchronous iterators, too. The `event_days` of a
        parsed calendar file may stand among the records: stored days that its events no longer have
        are then cancelled, deleted or kept, as `gone_action` says ("cancel", "delete", "keep"),
        each with the warning GONE. `timeout` is in seconds, for the whole import. Raises what the
        iterator raises, after the records before it were stored, ValueError for another
        `gone_action`, and CallError.
        """
        stream = ImportStream(validate_only, merge, allow_more_visible, reason, gone_action)
        call = requests.import_records(stream.requests_async(records))
        try:
            response: ImportRecordsResponse = await self._send(call, timeout)
        except CallError as error:
            raise error from (stream.error or error.__cause__)
        if stream.error is not None:
            raise stream.error
        return response

    async def export_records(
        self,
        parent: str = ALL_CALENDARS,
        *,
        filter: Filter | None = None,
        window: TimeWindow | None = None,
        show_deleted: bool = False,
        include_hidden: bool = False,
        after: str = "",
        as_of: When = None,
        timeout: float | None = None,
    ) -> AsyncIterator[Record]:
        """Iterate over the records of a calendar, in an order in which they can be imported.

        Records that are not public or under embargo are left out unless `include_hidden`. All of
        them show one state: that of `as_of`, a snapshot or a time, else that in which the export
        begins, which is the snapshot of `header`. A restart of the server does not end the export;
        a program that was itself restarted gives that snapshot, and in `after` the last name that
        it has. `timeout` is in seconds, for the whole export. Raises NotFoundError.
        """
        call = requests.export_records(
            parent, filter, window, show_deleted, include_hidden, after, as_of
        )
        token = ""
        while True:
            start = token
            try:
                stream = self._stubs[call.method.path](
                    call.request, timeout=timeout, metadata=self._newest.metadata()
                )
                async for response in stream:
                    self._note(response.header)
                    for entry in response.records:
                        yield requests.record_of(entry)
                    token = response.resume_token
                return
            except grpc.RpcError as error:
                failure = self._failure(error)
                # Without progress it would go round for ever.
                if token == start or not isinstance(failure, UnavailableError):
                    raise failure from error
            call = requests.resume_export(call, token)

    async def parse_calendar(
        self,
        parent: str,
        data: bytes,
        *,
        kind: str = "meeting",
        time_zone: str = "",
        tzids: Mapping[str, str] | None = None,
        strict: bool = False,
        first_date: str = "",
        last_date: str = "",
        timeout: float | None = None,
    ) -> ParseCalendarResponse:
        """Read an iCalendar file of at most 1 MiB as records for `import_records`; store nothing.

        `time_zone` is that of times without one; `tzids` maps ids of zones that only the file
        knows to ids of the IANA database; `strict` refuses events of which anything would be
        changed or left out; events without an end are read from `first_date` (2024-04-01; a year
        ago) to `last_date` (in three years). What could not be read is in `faults`. Raises
        InvalidArgumentError.
        """
        dates = (first_date, last_date)
        call = requests.parse_calendar(parent, data, kind, time_zone, tzids, strict, dates)
        response: ParseCalendarResponse = await self._send(call, timeout)
        return response

    async def export_calendar(
        self,
        parent: str,
        *,
        filter: Filter | None = None,
        window: TimeWindow | None = None,
        language: str = "en",
        include_hidden: bool = False,
        format: str = "ics",
        on_error: Handler | None = None,
        as_of: When = None,
        **choices: str,
    ) -> bytes:
        """Return a calendar as iCalendar, jCal or JSCalendar; see `summitry.export_calendar`."""
        from summitry.formats.calendar_files import render_file  # it imports the renderer

        calendar = await self.get(parent, Calendar, as_of=as_of)
        records = [
            record
            for kind in EVENT_KINDS
            async for record in self.list(
                kind.collection,
                parent,
                filter=filter,
                window=window,
                page_size=1000,
                as_of=as_of,
            )
        ]
        return render_file(
            calendar,
            records,
            language=language,
            include_hidden=include_hidden,
            format=format,
            on_error=on_error,
            **choices,
        )
