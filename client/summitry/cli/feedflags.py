"""The flags that describe a feed."""

from __future__ import annotations

import argparse
import sys
from typing import TYPE_CHECKING, Any

from summitry.cli.failures import UsageError
from summitry.cli.flags import add_filter_flags, enum_value, filter_of, localized

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
    "detail": "programme items too, or summits and visits alone (items)",
    "partial": "what becomes of dates not known to the day (omit)",
    "cancelled": "what becomes of events that were called off (keep)",
    "times": "how hours are written (auto)",
    "profile": "what all apps take, or all that iCalendar can say (core)",
}


def add_feed_flags(parser: argparse.ArgumentParser) -> None:
    """Flags that say what a feed is; a file can say it too."""
    many: dict[str, Any] = {"action": "append", "default": []}
    group = parser.add_argument_group("the feed (instead of a file, or over it)")
    group.add_argument("--title", metavar="[LANG=]TEXT", help="once for each language", **many)
    group.add_argument("--summary", metavar="[LANG=]TEXT", help="once for each language", **many)
    group.add_argument("--lang", default="", metavar="TAGS", help="languages, the default first")
    for flag, words in _CHOICES.items():
        group.add_argument(f"--{flag}", default="", metavar="|".join(words), help=_HELP[flag])
    group.add_argument("--past-days", type=int, metavar="N", help="days before today (all)")
    group.add_argument("--future-days", type=int, metavar="N", help="days after today (all)")
    group.add_argument("--max-events", type=int, metavar="N", help="the latest (1000)")
    group.add_argument("--color", default="", metavar="NAME", help="of CSS3, as gold")
    group.add_argument("--secret", action="store_true", help="read by its tokens alone")
    group.add_argument(
        "--internal", action="store_true", help="with internal records; it is then secret too"
    )
    add_filter_flags(parser, kinds=True)
    parser.set_defaults(first="", last="", possible=False, by_place=False)


def feed_of(args: argparse.Namespace) -> Feed:
    """The feed that file and flags describe."""
    from summitry.files import read_record
    from summitry.v1.feed_pb2 import Feed
    from summitry.v1.record_pb2 import Visibility

    feed = Feed()
    if args.file:
        feed = read_record(sys.stdin if args.file == "-" else args.file, Feed)
    _describe_words(feed, args)
    for flag, (field, enum) in enums().items():
        if text := getattr(args, flag):
            setattr(feed, field, enum_value(enum, text))
    wanted = filter_of(args, "UTC")
    if wanted.ByteSize():
        feed.filter.CopyFrom(wanted)
    _describe_bounds(feed, args)
    if args.secret or args.internal:
        feed.visibility = Visibility.VISIBILITY_INTERNAL
    if args.internal:
        feed.max_visibility = Visibility.VISIBILITY_INTERNAL
    if not feed.ListFields():
        raise UsageError("nothing is said of it: give a FILE, or flags such as --title")
    return feed


def _describe_words(feed: Any, args: argparse.Namespace) -> None:
    for field, values in (("titles", args.title), ("summaries", args.summary)):
        if values:
            feed.ClearField(field)
            getattr(feed, field).extend(localized(value) for value in values)
    if args.lang:
        feed.languages[:] = [tag.strip() for tag in args.lang.split(",")]


def _describe_bounds(feed: Feed, args: argparse.Namespace) -> None:
    if (args.past_days is None) != (args.future_days is None):
        raise UsageError("--past-days and --future-days belong together: give both")
    if args.past_days is not None:
        feed.window.past_days, feed.window.future_days = args.past_days, args.future_days
    if args.max_events is not None:
        feed.max_events = args.max_events
    if args.color:
        feed.color = args.color


def enums() -> dict[str, tuple[str, Any]]:
    """The flags with a choice of words, the field of each, and its enum."""
    from summitry.v1 import feed_pb2

    return {
        "detail": ("detail", feed_pb2.FeedDetail),
        "partial": ("partial_dates", feed_pb2.PartialDates),
        "cancelled": ("cancelled_events", feed_pb2.CancelledEvents),
        "times": ("time_style", feed_pb2.TimeStyle),
        "profile": ("profile", feed_pb2.FeedProfile),
    }
