"""A view: the records that somebody follows, and how a change looks to them."""

from __future__ import annotations

from typing import NamedTuple

from summitry.kinds import BY_NUMBER
from summitry.v1.change_service_pb2 import ChangeKind, ChangeView
from summitry.zones import TzDb
from summitry_server import wire
from summitry_server.core import agenda
from summitry_server.core.facets import condition_of
from summitry_server.core.records import indexed
from summitry_server.core.rules import calendar_of
from summitry_server.store.contract import Condition, Logged, Row, Window
from summitry_server.store.rules import admits, certainly_touches, touches


class View(NamedTuple):
    """Which records are followed."""

    calendar: str | None  # None: all
    condition: Condition
    windows: tuple[Window, ...]  # empty: any time, or none

    def sees(self, row: Row) -> bool:
        """Whether a row is in the view. A calendar itself is, unless kinds are asked for."""
        if self.calendar not in (None, row.calendar) or row.deleted:
            return False
        return admits(self.condition, row) and (not self.windows or self._in_time(row))

    def _in_time(self, row: Row) -> bool:
        return any(
            window.axis == span.axis
            and (touches if window.possible else certainly_touches)(window, span)
            for window in self.windows
            for span in row.spans
        )


def view_of(asked: ChangeView, path: str, db: TzDb) -> View:
    """A view of the API made ready. Raises RefusedError by the path of the field."""
    calendar = calendar_of(asked.parent, f"{path}.parent", all_allowed=True)
    windows: tuple[Window, ...] = ()
    if asked.filter.HasField("window"):
        plan = agenda.plan(asked.filter.window, f"{path}.filter.window", db)
        windows = (plan.days, plan.hours)
    return View(calendar, condition_of(asked.filter), windows)


def row_at(kind: int, frame: bytes, db: TzDb) -> Row:
    """The row of a version: what it was found by when it was the latest."""
    return indexed(wire.unframe(BY_NUMBER[kind].message, frame), db)


def seen(change: Logged, view: View, db: TzDb) -> ChangeKind | None:
    """How a change looks in a view; None if it cannot be seen there."""
    if view.calendar not in (None, change.calendar):
        return None
    if not change.deleted and view.sees(row_at(change.kind, change.frame, db)):
        return ChangeKind.CHANGE_KIND_UPSERT
    was = change.before and not change.before_deleted
    if not (was and view.sees(row_at(change.kind, change.before, db))):
        return None
    if change.deleted:
        return ChangeKind.CHANGE_KIND_DELETE
    return ChangeKind.CHANGE_KIND_LEFT_VIEW
