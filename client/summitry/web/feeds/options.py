"""Rendering options: those of a feed, overridden by those in the query of an address."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from urllib.parse import parse_qsl

from summitry.ical.languages import lookup
from summitry.ical.options import CHOICES, DEFAULTS, Options
from summitry.locale import LANGUAGES
from summitry.v1.feed_pb2 import CancelledEvents, Feed, FeedProfile, PartialDates, TimeStyle
from summitry.web.pages.choices import QUERY_BYTES, ChoiceError

# The parameter of the query, and the field of Options that it sets.
_PARAMETERS = {
    "lang": "language",
    "partial": "partial",
    "profile": "profile",
    "tz": "times",
    "cancelled": "cancelled",
}
_PARTIAL: Mapping[int, str] = {PartialDates.PARTIAL_DATES_SPAN: "span"}
_PROFILE: Mapping[int, str] = {FeedProfile.FEED_PROFILE_RICH: "rich"}
_CANCELLED: Mapping[int, str] = {
    CancelledEvents.CANCELLED_EVENTS_MARK: "mark",
    CancelledEvents.CANCELLED_EVENTS_OMIT: "omit",
}
_TIMES: Mapping[int, str] = {
    TimeStyle.TIME_STYLE_LOCAL: "local",
    TimeStyle.TIME_STYLE_UTC: "utc",
}


def feed_options(feed: Feed | None, query: bytes) -> Options:
    """Return the options of a feed, overridden by those of a query; None is the feed of a calendar.

    Raises ChoiceError for a value that is not offered, a parameter given twice and a query of more
    than 512 bytes.
    """
    if feed is None:
        return DEFAULTS._replace(**_parse(query, LANGUAGES))
    options = Options(
        language=feed.languages[0] if feed.languages else DEFAULTS.language,
        partial=_PARTIAL.get(feed.partial_dates, DEFAULTS.partial),
        profile=_PROFILE.get(feed.profile, DEFAULTS.profile),
        times=_TIMES.get(feed.time_style, DEFAULTS.times),
        cancelled=_CANCELLED.get(feed.cancelled_events, DEFAULTS.cancelled),
    )
    return options._replace(**_parse(query, tuple(feed.languages) or LANGUAGES))


@lru_cache(maxsize=256)
def _parse(query: bytes, languages: tuple[str, ...]) -> dict[str, str]:
    """Return the options that a query names.

    Apps add parameters of their own, which are ignored.
    """
    if len(query) > QUERY_BYTES:
        raise ChoiceError("choice-length", str(QUERY_BYTES))
    choices: dict[str, str] = {}
    for name, value in parse_qsl(query.decode("latin-1"), keep_blank_values=True):
        field = _PARAMETERS.get(name)
        if field is None:
            continue
        values = languages if field == "language" else CHOICES[field]
        index = lookup(value, values) if field == "language" else _index(value, values)
        if index is None:
            raise ChoiceError("choice-one-of", name, ", ".join(values))
        if field in choices:
            raise ChoiceError("choice-twice", name)
        choices[field] = values[index]
    return choices


def _index(value: str, values: tuple[str, ...]) -> int | None:
    return values.index(value) if value in values else None
