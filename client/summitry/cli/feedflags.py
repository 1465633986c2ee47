"""The flags that describe a feed."""

from __future__ import annotations

import argparse
from copy import deepcopy
from functools import partial
from typing import TYPE_CHECKING, Any

from summitry.cli.failures import UsageError
from summitry.cli.flags import (
    FILTER_FIELDS,
    add_filter_flags,
    clear_texts,
    edit_filter,
    enum_value,
    set_texts,
)
from summitry.cli.recordflags import Clear

if TYPE_CHECKING:
    from summitry.v1.feed_pb2 import Feed

_CHOICES = {
    "detail": ("items", "events"),
    "partial": ("omit", "span"),
    "cancelled": ("keep", "mark", "omit"),
    "times": ("auto", "local", "utc"),
    "profile": ("core", "rich"),
}
_HELP = {
    "detail": "items: with programme items; events: summits and visits only (items)",
    "partial": "how to show dates not known to the day (omit)",
    "cancelled": "how to show cancelled events (keep)",
    "times": "how times are written (auto)",
    "profile": "core: what every app reads; rich: every iCalendar property (core)",
}


def add_feed_flags(parser: argparse.ArgumentParser) -> None:
    """Add the flags that describe a feed; a file can do the same."""
    many: dict[str, Any] = {"action": "append", "default": []}
    group = parser.add_argument_group("the feed (instead of a file, or overriding it)")
    group.add_argument("--title", metavar="[LANG=]TEXT", help="repeat for each language", **many)
    group.add_argument("--summary", metavar="[LANG=]TEXT", help="repeat for each language", **many)
    group.add_argument("--lang", default="", metavar="TAGS", help="languages, the default first")
    for flag, words in _CHOICES.items():
        group.add_argument(f"--{flag}", default="", metavar="|".join(words), help=_HELP[flag])
    group.add_argument("--past-days", type=int, metavar="N", help="days before today (all)")
    group.add_argument("--future-days", type=int, metavar="N", help="days after today (all)")
    group.add_argument(
        "--max-events", type=int, metavar="N", help="keep the N latest events (1000)"
    )
    group.add_argument("--color", default="", metavar="NAME", help="CSS3 color name, such as gold")
    group.add_argument("--secret", action="store_true", help="readable only with a token")
    group.add_argument(
        "--internal", action="store_true", help="include internal records; implies --secret"
    )
    add_filter_flags(parser, kinds=True)
    parser.set_defaults(first="", last="", possible=False, by_place=False)


def describe_feed(feed: Feed, args: argparse.Namespace) -> None:
    """Change the parts of a feed that the flags name, in place. Raises UsageError."""
    set_texts(feed.titles, args.title)
    set_texts(feed.summaries, args.summary)
    if args.lang:
        feed.languages[:] = [tag.strip() for tag in args.lang.split(",")]
    for flag, (field, enum) in enums().items():
        if text := getattr(args, flag):
            setattr(feed, field, enum_value(enum, text))
    edited = deepcopy(feed.filter)
    edit_filter(edited, args)
    if edited != feed.filter:
        feed.filter.CopyFrom(edited)
    _edit_bounds(feed, args)
    _edit_visibility(feed, args)


def _edit_bounds(feed: Feed, args: argparse.Namespace) -> None:
    from summitry.v1.filter_pb2 import MatchCertainty

    days = {"days_before": args.past_days, "days_after": args.future_days}
    set_days = {field: number for field, number in days.items() if number is not None}
    if len(set_days) == 1 and not feed.HasField("window"):
        raise UsageError("--past-days and --future-days belong together: give both")
    if set_days and not feed.HasField("window"):
        feed.window.time_zone, feed.window.matching = "UTC", MatchCertainty.MATCH_CERTAINTY_POSSIBLE
    for field, number in set_days.items():
        setattr(feed.window, field, number)
    if args.max_events is not None:
        feed.max_events = args.max_events
    feed.color = args.color or feed.color


def _edit_visibility(feed: Feed, args: argparse.Namespace) -> None:
    from summitry.v1.record_pb2 import Visibility

    # The flags only restrict: a feed that is already more restricted keeps its visibility.
    if (args.secret or args.internal) and feed.visibility < Visibility.VISIBILITY_INTERNAL:
        feed.visibility = Visibility.VISIBILITY_INTERNAL
    if args.internal:
        feed.max_visibility = Visibility.VISIBILITY_INTERNAL


def is_described(args: argparse.Namespace) -> bool:
    """Return whether any flag describes the feed."""
    set_or_not = (args.past_days, args.future_days, args.max_events, args.disputed)
    texts = (args.lang, args.color, *(getattr(args, flag) for flag in _CHOICES))
    filters = (getattr(args, flag.replace("-", "_")) for flag in FILTER_FIELDS)
    return any(value is not None for value in set_or_not) or any(
        (args.title, args.summary, args.secret, args.internal, *texts, *filters)
    )


def clears() -> dict[str, Clear]:
    """Return the function that `--clear` calls for each flag."""
    fields = {
        "lang": "languages",
        "max-events": "max_events",
        "color": "color",
        "internal": "max_visibility",
        "past-days": "window",
        "future-days": "window",
        **{flag: field for flag, (field, _) in enums().items()},
    }
    return {
        "title": lambda feed, language: clear_texts(feed.titles, language),
        "summary": lambda feed, language: clear_texts(feed.summaries, language),
        "secret": _make_public,
        **{flag: partial(_clear_field, field) for flag, field in fields.items()},
        **{flag: partial(_clear_filter, field) for flag, field in FILTER_FIELDS.items()},
    }


def _clear_field(field: str, feed: Any, language: str) -> None:
    feed.ClearField(field)


def _make_public(feed: Any, language: str) -> None:
    from summitry.v1.record_pb2 import Visibility

    feed.visibility = Visibility.VISIBILITY_PUBLIC


def _clear_filter(field: str, feed: Any, key: str) -> None:
    """Clear a field of the filter; of labels the one with that key, if one is given."""
    if field == "labels" and key:
        feed.filter.labels.pop(key, None)
    else:
        feed.filter.ClearField(field)
    if not feed.filter.ByteSize():
        feed.ClearField("filter")


def enums() -> dict[str, tuple[str, Any]]:
    """Return the flags with a choice of words, the field of each, and its enum."""
    from summitry.v1 import feed_pb2

    return {
        "detail": ("detail", feed_pb2.FeedDetail),
        "partial": ("partial_dates", feed_pb2.PartialDates),
        "cancelled": ("cancelled_events", feed_pb2.CancelledEvents),
        "times": ("time_style", feed_pb2.TimeStyle),
        "profile": ("profile", feed_pb2.FeedProfile),
    }
