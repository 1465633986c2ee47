"""The records that a question about people or conflicts needs, read from one snapshot.

Summits and meetings have one time each, so the store finds those of a window. The stays of a
visit, and the events of a delegation, are told by their parts: these are found by who is in them.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from summitry.kinds import BY_NUMBER, DELEGATION, MEETING, SUMMIT, VISIT, Record
from summitry.v1.error_reason_pb2 import ErrorReason
from summitry.zones import TzDb
from summitry_server import wire
from summitry_server.core.agenda import Plan
from summitry_server.core.presence import Stay, needed, stays
from summitry_server.refusals import RefusedError
from summitry_server.store.contract import Condition, Reader, Window

PAGE = 1000
# How many records one question may need: a hundred times a busy year of one desk.
MOST = 20_000


class Gathered(NamedTuple):
    """The records in which people are, and by name the events that these refer to."""

    records: list[Record]
    events: dict[str, Record]


def gather(reader: Reader, calendar: str | None, facets: Iterable[str], plan: Plan) -> Gathered:
    """All that can tell what people do in a window; `facets` find their records, any of them.

    More than lies in the window: who asks compares times with it. Raises RefusedError.
    """
    whose = Condition(facets=(tuple(facets),))
    placed = whose._replace(kinds=(SUMMIT.number, MEETING.number))
    days, hours = (window._replace(possible=True) for window in (plan.days, plan.hours))
    records = [
        *in_window(reader, calendar, placed, plan._replace(days=days, hours=hours)),
        *of_kind(reader, VISIT.number, calendar, whose),
        *of_kind(reader, DELEGATION.number, calendar, whose),
    ]
    return Gathered(records, references(reader, records))


def stays_of(
    reader: Reader, calendar: str | None, facets: Iterable[str], plan: Plan, db: TzDb
) -> list[Stay]:
    """All that can tell where people are in a window, as `gather`. Raises RefusedError."""
    records, events = gather(reader, calendar, facets, plan)
    return [stay for record in records for stay in stays(record, events, db)]


def in_window(
    reader: Reader, calendar: str | None, condition: Condition, plan: Plan
) -> list[Record]:
    """The records that are on in a window. Raises RefusedError if there are too many."""
    pages = (_within(reader, one, calendar, condition) for one in (plan.days, plan.hours))
    return _bounded(record for page in pages for record in page)


def of_kind(reader: Reader, kind: int, calendar: str | None, condition: Condition) -> list[Record]:
    """The live records of a kind. Raises RefusedError if there are too many."""
    return _bounded(_listed(reader, kind, calendar, condition))


def references(reader: Reader, records: Iterable[Record]) -> dict[str, Record]:
    """The live events that records refer to, and those that these refer to, by name."""
    found: dict[str, Record] = {record.name: record for record in records}
    begun = set(found)
    wanted = {name for record in found.values() for name in needed(record)} - begun
    while wanted:
        names = sorted(wanted)
        rows = [
            row
            for first in range(0, len(names), PAGE)
            for row in reader.get_many(names[first : first + PAGE])
            if row is not None and not row.deleted
        ]
        more = [wire.unframe(BY_NUMBER[row.kind].message, row.frame) for row in rows]
        begun |= wanted
        found.update((record.name, record) for record in more)
        wanted = {name for record in more for name in needed(record)} - begun
    return found


def _within(
    reader: Reader, window: Window, calendar: str | None, condition: Condition
) -> Iterator[Record]:
    after: tuple[int, str] | None = None
    while True:
        page = reader.within(window, calendar, after, PAGE, condition)
        for found in page:
            yield wire.unframe(BY_NUMBER[found.kind].message, found.frame)
        if len(page) < PAGE:
            return
        after = page[-1].start, page[-1].name


def _listed(
    reader: Reader, kind: int, calendar: str | None, condition: Condition
) -> Iterator[Record]:
    after = ""
    while True:
        page = reader.page(kind, calendar, after, PAGE, condition)
        for row in page:
            yield wire.unframe(BY_NUMBER[row.kind].message, row.frame)
        if len(page) < PAGE:
            return
        after = page[-1].name


def _bounded(records: Iterator[Record]) -> list[Record]:
    found = []
    for record in records:
        found.append(record)
        if len(found) > MOST:
            raise RefusedError(
                ErrorReason.ERROR_REASON_TOO_MANY_VALUES,
                f"more than {MOST} records would have to be compared: narrow the window or filter",
                limit=MOST,
            )
    return found
