"""Convert the times of records of format 1.

There, `authority` was both what a client asked for and what the server derived, an empty day was an
open end, and the interval of a moment ended where it began.
"""

from __future__ import annotations

from contextlib import suppress
from typing import Any

from google.protobuf.json_format import ParseDict

from summitry.time_text import format_time
from summitry.v1.event_time_pb2 import EventTime
from summitry.zones import ZoneError, default_database

Fields = dict[str, Any]
FORMS = ("timed", "dates", "partial")


def convert_days(span: Fields) -> None:
    """Mark the open end of a DateSpan, in place."""
    if "first_date" in span or "last_date" in span:
        for date, flag in (("first_date", "open_start"), ("last_date", "open_end")):
            if date not in span:
                span[flag] = True


def convert_time(time: Fields) -> None:
    """Separate the requested fields of an EventTime from the derived ones, in place."""
    authority = time.pop("authority", "")
    timed = time.get("timed", {})
    if fixed_as := _fixed_as(authority, [timed[end] for end in ("start", "end") if end in timed]):
        time["fixed_as"] = fixed_as
    if (resolved := time.get("resolved")) is not None:
        if authority:
            resolved["authority"] = authority
        if timed and "end" not in timed:
            resolved.get("interval", {}).pop("end_time", None)
        _add_text(time)


def _add_text(time: Fields) -> None:
    """Add the time in one string, which a server would otherwise add on the next change."""
    when = {form: time[form] for form in FORMS if form in time}
    with suppress(ZoneError):  # a zone of another release than that at hand
        time["resolved"]["iso"] = format_time(ParseDict(when, EventTime()), default_database())


def _fixed_as(authority: str, points: list[Fields]) -> str:
    """Return the requested `fixed_as`, where the form of the points does not imply it."""
    if authority == "TIME_AUTHORITY_INSTANT" and any("instant" not in point for point in points):
        return "FIXED_AS_INSTANT"
    if authority == "TIME_AUTHORITY_OFFSET" and any(
        {"time_zone", "utc_offset"} <= point.keys() for point in points
    ):
        return "FIXED_AS_OFFSET"
    return ""
