"""Requests that read records of any kind."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import groupby
from typing import Any

from summitry._calls.as_of import When, to_as_of
from summitry._calls.call import PreparedCall
from summitry._calls.methods import BATCH_LIMIT, BY_KIND
from summitry._calls.requests.lists import to_view
from summitry._calls.texts import as_texts
from summitry.kinds import CALENDAR, Kind, Record
from summitry.names import ALL_CALENDARS, kind_of, parse_name
from summitry.v1.calendar_service_pb2 import GetCalendarStateRequest, GetCalendarStateResponse
from summitry.v1.filter_pb2 import Filter, TimeWindow


def get(name: str, when: When = None, basic: bool = False) -> PreparedCall[Any]:
    """Return the call that gets one record."""
    kind = parse_name(name).kind
    state, view = to_as_of(when), to_view(basic)
    return _call(kind, "Get", kind.singular, name=name, as_of=state, view=view)


def batch_get(
    names: str | Iterable[str], when: When = None, basic: bool = False
) -> Iterator[PreparedCall[Any]]:
    """Yield calls that get records of any kinds, each of one kind and at most `BATCH_LIMIT`."""
    by_kind = sorted(dict.fromkeys(as_texts(names)), key=_collection)
    for collection, group in groupby(by_kind, key=_collection):
        kind, of_kind = kind_of(collection), list(group)
        for start in range(0, len(of_kind), BATCH_LIMIT):
            part = of_kind[start : start + BATCH_LIMIT]
            state, view = to_as_of(when), to_view(basic)
            yield _call(kind, "BatchGet", kind.collection, names=part, as_of=state, view=view)


def halves(call: PreparedCall[Any]) -> tuple[PreparedCall[Any], PreparedCall[Any]]:
    """Return two calls for the first and the second half of the names of a BatchGet."""
    names = list(call.request.names)
    middle = len(names) // 2
    first, second = (_with_names(call, part) for part in (names[:middle], names[middle:]))
    return first, second


def _with_names(call: PreparedCall[Any], names: Iterable[str]) -> PreparedCall[Any]:
    request = type(call.request)()
    request.CopyFrom(call.request)
    request.names[:] = names
    return call._replace(request=request)


def list_page(
    source: str | type[Record],
    parent: str = ALL_CALENDARS,
    filter: Filter | None = None,
    window: TimeWindow | None = None,
    show_deleted: bool = False,
    page_size: int = 0,
    when: When = None,
    order_by: str = "",
    basic: bool = False,
) -> PreparedCall[Any]:
    """Return the call for the first page of a collection, given by its name or its message."""
    kind = kind_of(source)
    call: PreparedCall[Any] = _call(
        kind,
        "List",
        kind.collection,
        filter=filter,
        window=window,
        show_deleted=show_deleted,
        page_size=page_size,
        as_of=to_as_of(when),
        order_by=order_by,
        view=to_view(basic),
    )
    if kind is not CALENDAR:  # a calendar has no parent, and its request no such field
        call.request.parent = parent
    return call


def calendar_state(name: str) -> PreparedCall[GetCalendarStateResponse]:
    """Return the call for the last change of a calendar."""
    request = GetCalendarStateRequest(name=name)
    return PreparedCall(BY_KIND[CALENDAR]["GetCalendarState"], request, "")


def _call(kind: Kind, verb: str, answer: str, **fields: Any) -> PreparedCall[Any]:
    method = BY_KIND[kind][verb]
    return PreparedCall(method, method.request(**fields), answer)


def _collection(name: str) -> str:
    return parse_name(name).kind.collection
