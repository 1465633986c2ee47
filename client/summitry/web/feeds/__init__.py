"""iCalendar subscription feeds over HTTP: a plain ASGI app, its cache, and a server to run it.

`summitry.web.feeds.serving.FeedServer` runs it and needs the extra `summitry[feeds]`; the app needs
nothing more than the client.
"""

from summitry.web.feeds.app import feed_app
from summitry.web.feeds.source import (
    AwayError,
    CalendarContent,
    CalendarState,
    FeedListing,
    FeedSource,
    GoneTokenError,
    Redeemed,
    UnknownTokenError,
    listing_of,
)

__all__ = [
    "AwayError",
    "CalendarContent",
    "CalendarState",
    "FeedListing",
    "FeedSource",
    "GoneTokenError",
    "Redeemed",
    "UnknownTokenError",
    "feed_app",
    "listing_of",
]
