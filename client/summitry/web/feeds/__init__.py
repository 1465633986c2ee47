"""iCalendar subscription feeds over HTTP: a plain ASGI app, its cache, and a server to run it.

`summitry.web.feeds.serving.FeedServer` runs it and needs the extra `summitry[feeds]`; the app needs
nothing more than the client.
"""

from summitry.web.content.selection import change_view_of
from summitry.web.content.source import (
    CalendarContent,
    CalendarState,
    FeedAccess,
    FeedListing,
    FeedSource,
    GoneTokenError,
    SourceUnavailableError,
    UnknownTokenError,
    listing_of,
)
from summitry.web.feeds.app import feed_app

__all__ = [
    "CalendarContent",
    "CalendarState",
    "FeedAccess",
    "FeedListing",
    "FeedSource",
    "GoneTokenError",
    "SourceUnavailableError",
    "UnknownTokenError",
    "change_view_of",
    "feed_app",
    "listing_of",
]
