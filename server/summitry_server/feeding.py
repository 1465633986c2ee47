"""The feeds of a store, inside the server process (summitry.web.content.source)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TypeAlias

from summitry.kinds import BY_NUMBER, CALENDAR, FEED, KINDS, Kind, Record
from summitry.v1.calendar_pb2 import Calendar
from summitry.v1.change_service_pb2 import ChangeView
from summitry.v1.error_reason_pb2 import ErrorReason
from summitry.v1.feed_pb2 import Feed
from summitry.visibility import is_public
from summitry.web.content.persistent_map import PersistentMap
from summitry.web.feeds import (
    CalendarContent,
    CalendarState,
    FeedAccess,
    FeedListing,
    GoneTokenError,
    UnknownTokenError,
    change_view_of,
    listing_of,
)
from summitry_server.context import Backend
from summitry_server.domain.changes.views import RecordVersion, view_of
from summitry_server.domain.records.records import etag_of
from summitry_server.services.feed_tokens import FeedTokenRegistry
from summitry_server.store.contract import Condition, Reader, Row
from summitry_server.wire import frames as wire
from summitry_server.wire.limits import MAX_PAGE
from summitry_server.wire.refusals import RefusedError

MAX_CHANGES = 1000  # of a calendar since it was read; from so many on it is read as a whole

Members: TypeAlias = Mapping[str, PersistentMap[Record]]


class StoreFeeds:
    """A FeedSource over the store."""

    def __init__(self, backend: Backend, tokens: FeedTokenRegistry) -> None:
        self._backend = backend
        self._tokens = tokens

    def stamp(self) -> int:
        """Return the revision of the store; the end of a token raises it as well."""
        return self._backend.store.head()

    def trouble(self) -> str:
        """Return why the store cannot be written; "" if it can."""
        return self._backend.store.health().reason

    def stale_since(self) -> float:
        """Return 0.0: content comes from the store itself and is never stale."""
        return 0.0

    def content(self, calendar_id: str, cached: CalendarContent | None) -> CalendarContent | None:
        """Return a calendar as it is now; only its changed records are parsed anew."""
        name = f"{CALENDAR.collection}/{calendar_id}"
        with self._backend.store.read() as reader:
            stored_state = reader.state(name)
            if stored_state is None:
                return None
            etag = etag_of(reader.point(stored_state.revision))
            visible = self._backend.visible_changes.times(reader, name, stored_state)
            state = CalendarState(
                self._backend.store_id, stored_state.revision, stored_state.modified, etag, *visible
            )
            if cached is not None and cached.state == state:
                return cached
            head = reader.get(name)
            records, members = self._follow(reader, name, cached)
        assert head is not None
        return CalendarContent(state, wire.unframe(Calendar, head.frame), records, members)

    def _follow(
        self, reader: Reader, calendar: str, cached: CalendarContent | None
    ) -> tuple[PersistentMap[Record], Members]:
        """Return the records, and by the id of a feed those that it admits; from the log if it can.

        What a feed admits is asked of all records where its filter has changed.
        """
        rows = None if cached is None else self._changed_rows(reader, calendar, cached)
        if cached is None or rows is None:  # from the beginning: of old records none counts
            return self._read_all(reader, calendar, PersistentMap())
        records = cached.records.updated(_records(rows, cached.records))
        feeds = [f"{calendar}/feeds/{feed_id}" for feed_id in _feed_ids(rows)]
        if any(_change_view(cached.records, name) != _change_view(records, name) for name in feeds):
            return self._read_all(reader, calendar, cached.records)
        return records, self._members(calendar, rows, records, cached.members)

    def _read_all(
        self, reader: Reader, calendar: str, before: PersistentMap[Record]
    ) -> tuple[PersistentMap[Record], Members]:
        records: PersistentMap[Record] = PersistentMap()
        members: Members = {}
        for rows in _contents(reader, calendar):
            records = records.updated(_records(rows, before))
            members = self._members(calendar, rows, records, members)
        return records, members

    def _changed_rows(
        self, reader: Reader, calendar: str, cached: CalendarContent
    ) -> dict[str, Row | None] | None:
        """Return the rows that changed since a content; None if the log cannot say which."""
        since = cached.state.revision
        is_same_history = etag_of(reader.point(since)) == cached.state.etag
        if not is_same_history or since < reader.earliest() - 1:
            return None
        changes = reader.changes(since, MAX_CHANGES, calendar)
        if len(changes) >= MAX_CHANGES:
            return None
        names = sorted({change.name for change in changes} - {calendar})
        return dict(zip(names, reader.get_many(names), strict=True))

    def listings(self) -> Sequence[FeedListing]:
        """Return the public calendars and feeds in the order of their ids."""
        now = self._backend.clock.now()
        with self._backend.store.read() as reader:
            calendars = [c for c in _all(reader, CALENDAR) if is_public(c, now)]
            feeds = [feed for feed in _all(reader, FEED) if is_public(feed, now)]
        public_names = {calendar.name for calendar in calendars}
        listings = [listing_of(calendar) for calendar in calendars]
        listings += [
            listing_of(feed) for feed in feeds if "/".join(feed.name.split("/")[:2]) in public_names
        ]
        return sorted(listings)

    def redeem(self, secret: str) -> FeedAccess:
        """Return the feed that a secret grants access to."""
        try:
            redeemed = self._tokens.redeem(secret)
        except RefusedError as refusal:
            if refusal.reason == ErrorReason.ERROR_REASON_FEED_TOKEN_NOT_FOUND:
                raise UnknownTokenError from None
            raise GoneTokenError from None
        return FeedAccess(redeemed.feed, redeemed.expires)

    def _members(
        self,
        calendar: str,
        rows: Mapping[str, Row | None],
        records: PersistentMap[Record],
        before: Members,
    ) -> Members:
        """Return the records that each feed admits, with those of some rows."""
        members = {}
        for feed_id in {*_feed_ids(rows), *before}:
            change_view = _change_view(records, f"{calendar}/feeds/{feed_id}")
            if change_view is not None:
                admitted = self._admitted(change_view, rows, records)
                members[feed_id] = before.get(feed_id, PersistentMap()).updated(admitted)
        return members

    def _admitted(
        self, change_view: ChangeView, rows: Mapping[str, Row | None], records: Mapping[str, Record]
    ) -> dict[str, Record | None]:
        """Return the records of the rows that a feed admits; None for the others."""
        view = view_of(change_view, "feed", self._backend.db)
        # At any time: a feed has no window in its filter, and embargoes are looked at later.
        state = view.state_at(0, self._backend.db)
        return {
            name: records[name]
            if row is not None and view.sees(RecordVersion(row, 0, ""), state)
            else None
            for name, row in rows.items()
        }


def _feed_ids(names: Iterable[str]) -> Iterator[str]:
    for name in names:
        _, is_feed, feed_id = name.partition("/feeds/")
        if is_feed:
            yield feed_id


def _change_view(records: Mapping[str, Record], feed: str) -> ChangeView | None:
    """Return the view of the records that a feed admits; None if it has no filter, or is gone."""
    record = records.get(feed)
    calendar = feed.partition("/feeds/")[0]
    return change_view_of(record, calendar) if isinstance(record, Feed) else None


def _records(
    rows: Mapping[str, Row | None], before: Mapping[str, Record]
) -> dict[str, Record | None]:
    """Return the records of rows; those of unchanged rows are the same objects as before."""
    records: dict[str, Record | None] = {}
    for name, row in rows.items():
        old = before.get(name)
        if row is None or row.deleted:
            records[name] = None
        elif old is not None and old.revision == row.revision:
            records[name] = old
        else:
            records[name] = wire.unframe(BY_NUMBER[row.kind].message, row.frame)
    return records


def _contents(reader: Reader, calendar: str) -> Iterator[dict[str, Row | None]]:
    """Yield the rows of a calendar; feeds come first, since they say what they admit."""
    for kind in (FEED, *(kind for kind in KINDS if kind not in (CALENDAR, FEED))):
        for rows in _pages(reader, kind, calendar):
            yield {row.name: row for row in rows}


def _all(reader: Reader, kind: Kind) -> Iterator[Record]:
    for rows in _pages(reader, kind, None):
        yield from (wire.unframe(kind.message, row.frame) for row in rows)


def _pages(reader: Reader, kind: Kind, calendar: str | None) -> Iterator[list[Row]]:
    after = ""
    while rows := reader.page(kind.number, calendar, after, MAX_PAGE, Condition()):
        yield rows
        after = rows[-1].name
