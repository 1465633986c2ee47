# Written by `make sync-client` from aio/records.py: change that file.
"""Reading records of any kind."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any, overload

from summitry._calls.as_of import When
from summitry._calls.call import PreparedCall
from summitry._calls.requests import records as requests
from summitry._calls.requests.lists import counted, total_of
from summitry._calls.sync.connection import Connection
from summitry._calls.texts import as_texts
from summitry.errors import ResourceExhaustedError
from summitry.kinds import Record
from summitry.names import ALL_CALENDARS, R, require_type
from summitry.v1.calendar_service_pb2 import GetCalendarStateResponse
from summitry.v1.filter_pb2 import Filter, TimeWindow


class Records(Connection):
    """Reading records of any kind."""

    @overload
    def get(self, name: str, *, as_of: When = ..., basic: bool = ...) -> Record: ...
    @overload
    def get(self, name: str, message: type[R], *, as_of: When = ..., basic: bool = ...) -> R: ...
    def get(
        self,
        name: str,
        message: type[Any] | None = None,
        *,
        as_of: When = None,
        basic: bool = False,
    ) -> Any:
        """Return the record of a name, a deleted one too.

        `message` tells the type checker what `name` says already. `as_of` is a snapshot or a
        time: the record as it was known then. `basic` asks for what a list shows of it alone
        (RECORD_VIEW_BASIC). Raises NotFoundError; of a state that the store does not have
        InvalidArgumentError (HISTORY_GONE, SNAPSHOT_OF_OTHER_HISTORY).
        """
        record: Record = self._answer(requests.get(name, as_of, basic))
        return record if message is None else require_type(record, message)

    def batch_get(
        self, names: str | Iterable[str], *, as_of: When = None, basic: bool = False
    ) -> Sequence[Record]:
        """Return the records of some names, of any kinds, in their order; all or none.

        More than 1,000 names of a kind, or more than 3 MiB of records, take several calls, each
        with a snapshot of its own. Raises NotFoundError.
        """
        names = as_texts(names)
        records: dict[str, Record] = {}
        for call in requests.batch_get(names, as_of, basic):
            records.update((record.name, record) for record in self._batch(call))
        return [records[name] for name in names]

    def _batch(self, call: PreparedCall[Any]) -> Sequence[Record]:
        """Return the records of a call, by calls for halves of its names where they are large."""
        try:
            records: Sequence[Record] = self._answer(call)
        except ResourceExhaustedError as error:
            if error.reason != "MESSAGE_TOO_LARGE" or len(call.request.names) < 2:
                raise
            first, second = requests.halves(call)
            return [*self._batch(first), *self._batch(second)]
        return records

    @overload
    def list(
        self,
        collection: type[R],
        parent: str = ...,
        *,
        filter: Filter | None = ...,
        window: TimeWindow | None = ...,
        show_deleted: bool = ...,
        page_size: int = ...,
        as_of: When = ...,
        order_by: str = ...,
        basic: bool = ...,
    ) -> Iterator[R]: ...
    @overload
    def list(
        self,
        collection: str,
        parent: str = ...,
        *,
        filter: Filter | None = ...,
        window: TimeWindow | None = ...,
        show_deleted: bool = ...,
        page_size: int = ...,
        as_of: When = ...,
        order_by: str = ...,
        basic: bool = ...,
    ) -> Iterator[Record]: ...
    def list(
        self,
        collection: str | type[Any],
        parent: str = ALL_CALENDARS,
        *,
        filter: Filter | None = None,
        window: TimeWindow | None = None,
        show_deleted: bool = False,
        page_size: int = 0,
        as_of: When = None,
        order_by: str = "",
        basic: bool = False,
    ) -> Iterator[Any]:
        """Iterate over a collection ("summits" or `Summit`) in the order of names.

        Those of a `window` come in the order of time. `order_by` is "name", "name desc", "time"
        or "time desc"; with a time and no window the list has what has a time.
        Pages are fetched as they are needed; `page_size` 0 leaves their size to the server.
        `as_of` is a snapshot or a time: the records as they were known then, on all pages.
        `basic` asks for what a list shows of each record alone (RECORD_VIEW_BASIC).
        """
        call = requests.list_page(
            collection, parent, filter, window, show_deleted, page_size, as_of, order_by, basic
        )
        return self._items(call)

    def count(
        self,
        collection: str | type[Any],
        parent: str = ALL_CALENDARS,
        *,
        filter: Filter | None = None,
        window: TimeWindow | None = None,
        show_deleted: bool = False,
        as_of: When = None,
    ) -> int | None:
        """Return how many records `list` has with these arguments; None for more than 10,000."""
        call = requests.list_page(collection, parent, filter, window, show_deleted, 0, as_of)
        return total_of(self._answer(counted(call)))

    def calendar_state(self, name: str) -> GetCalendarStateResponse:
        """Return the last change of a calendar, deletions included. Raises NotFoundError."""
        return self._answer(requests.calendar_state(name))
