"""Convert the windows of feeds of format 1.

There, the filter had a fixed window, and the days around today were counted in UTC; an event was in
them when any of its days was.
"""

from __future__ import annotations

from typing import Any

Fields = dict[str, Any]


def convert_feed(feed: Fields) -> None:
    """Take the window out of the filter of a feed, in place."""
    if "window" in feed.get("filter", {}):
        feed["fixed_window"] = feed["filter"].pop("window")


def convert_feed_window(window: Fields) -> None:
    """Say how the days around today match, in place."""
    window["time_zone"] = "UTC"
    window["matching"] = "MATCH_CERTAINTY_POSSIBLE"
