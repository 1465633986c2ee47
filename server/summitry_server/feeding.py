"""The feeds of a store, inside the server process (summitry.web.content.source)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from summitry.kinds import BY_NUMBER, CALENDAR, FEED, Kind, Record
from summitry.v1.calendar_pb2 import Calendar
from summitry.v1.error_reason_pb2 import ErrorReason
from summitry.v1.feed_pb2 import Feed
from summitry.visibility import is_public
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
            rows = reader.contents(name)
        assert head is not None
        calendar = wire.unframe(Calendar, head.frame)
        records = _records(rows, cached.records if cached is not None else {})
        return CalendarContent(state, calendar, records, self._members(name, rows, records))

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
        self, calendar: str, rows: Iterable[Row], records: dict[str, Record]
    ) -> dict[str, frozenset[str]]:
        """Return the names of the records that each feed admits, by the id of the feed."""
        members = {}
        for feed in records.values():
            if isinstance(feed, Feed) and (change_view := change_view_of(feed, calendar)):
                view = view_of(change_view, "feed", self._backend.db)
                view_state = view.state_at(0, self._backend.db)
                admitted = (
                    row.name for row in rows if view.sees(RecordVersion(row, 0, ""), view_state)
                )
                members[feed.name.rpartition("/")[2]] = frozenset(admitted)
        return members


def _records(rows: Iterable[Row], cached: Mapping[str, Record]) -> dict[str, Record]:
    records: dict[str, Record] = {}
    for row in rows:
        old = cached.get(row.name)
        if old is None or old.revision != row.revision:
            old = wire.unframe(BY_NUMBER[row.kind].message, row.frame)
        records[row.name] = old
    return records


def _all(reader: Reader, kind: Kind) -> Iterator[Record]:
    after = ""
    while rows := reader.page(kind.number, None, after, MAX_PAGE, Condition()):
        yield from (wire.unframe(kind.message, row.frame) for row in rows)
        after = rows[-1].name
