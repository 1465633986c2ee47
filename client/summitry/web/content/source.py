"""The interface between a feed server and the place where calendars are stored."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from typing import NamedTuple, Protocol

from summitry.kinds import Record
from summitry.v1.calendar_pb2 import Calendar
from summitry.v1.feed_pb2 import Feed
from summitry.web.content.persistent_map import PersistentMap


class UnknownTokenError(Exception):
    """No feed has that secret. Raised by `FeedSource.redeem`."""


class GoneTokenError(Exception):
    """The secret was revoked or has expired, or its feed was deleted.

    Raised by `FeedSource.redeem`.
    """


class SourceUnavailableError(Exception):
    """The source cannot be reached now: the answer is 503, and one line in the log."""


class CalendarState(NamedTuple):
    """The version of a calendar: changes whenever its content may have changed."""

    store_id: str  # differs after a restore
    revision: int  # of the last change of anything in it, deletions included
    modified: int  # epoch seconds of that revision in the log; never goes back
    # Differs whenever the content may differ, also after the store was restored from a copy.
    etag: str = ""
    # Epoch seconds of the last change that readers of public, and of internal, records could
    # notice; 0 if it is not known: then `modified` is used.
    public_modified: int = 0
    internal_modified: int = 0


class CalendarContent(NamedTuple):
    """A calendar with all its records at one revision, regardless of who may see them."""

    state: CalendarState
    calendar: Calendar
    # By name: all but deleted ones and the calendar itself. A source makes the next version from
    # this one, so that who follows it looks only at what has changed.
    records: PersistentMap[Record]
    # By the id of a feed: what its filter admits. Only the names count, since the records may be of
    # another revision. Feeds without a filter are not in it.
    members: Mapping[str, PersistentMap[Record]]

    def feed(self, feed_id: str) -> Feed | None:
        """Return the feed of that id, or None."""
        record = self.records.get(f"{self.calendar.name}/feeds/{feed_id}")
        return record if isinstance(record, Feed) else None


class FeedListing(NamedTuple):
    """A line of the list of feeds."""

    calendar_id: str  # last part of the resource name: "astana-2024"
    feed_id: str  # "" for the calendar itself
    title: str
    languages: tuple[str, ...] = ()  # that it is offered in, the default first; empty: any

    @property
    def path(self) -> str:
        """Return the path of its address."""
        return f"/feeds/{self.calendar_id}{'/' if self.feed_id else ''}{self.feed_id}.ics"


def listing_of(record: Record) -> FeedListing:
    """Return the listing of a calendar or a feed."""
    _, calendar_id, *rest = record.name.split("/")
    title = next((title.text for title in record.titles), "")
    # A calendar's own languages are those of its texts; its feed is offered in any.
    languages = tuple(record.languages) if isinstance(record, Feed) else ()
    name = title or (rest or [calendar_id])[-1]
    return FeedListing(calendar_id, rest[-1] if rest else "", name, languages)


class FeedAccess(NamedTuple):
    """The feed that a secret grants access to, and until when."""

    feed: str  # resource name
    expires: int  # epoch seconds; 0: never


class FeedSource(Protocol):
    """The store that a feed server reads from.

    Methods may raise anything: the answer is then 503, and the error is logged; of a
    SourceUnavailableError in one line.
    """

    def stamp(self) -> Hashable:
        """Return a value that is equal as long as nothing has changed.

        Called for each request, on the event loop: it must not block.
        """

    def trouble(self) -> str:
        """Return why calendars cannot be relied on now, for /readyz; "" if they can."""

    def stale_since(self) -> float:
        """Return since when changes may be missing, in epoch seconds; 0 if none are.

        Must not block.
        """

    def content(self, calendar_id: str, previous: CalendarContent | None) -> CalendarContent | None:
        """Return the calendar as it is now; None if there is none.

        If nothing has changed, that is `previous` itself. Called in a thread.
        """

    def listings(self) -> Sequence[FeedListing]:
        """Return the public calendars and feeds in the order of their ids; called in a thread."""

    def redeem(self, secret: str) -> FeedAccess:
        """Return the feed that a secret grants access to; counts as a use of it.

        Called in a thread. Raises UnknownTokenError and GoneTokenError.
        """
