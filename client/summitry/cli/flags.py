"""Names, enum values and filters of the command line, as values of the API."""

from __future__ import annotations

import argparse
import re
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

from summitry.cli.asof import time_of
from summitry.cli.failures import UsageError

if TYPE_CHECKING:
    from summitry.v1.filter_pb2 import Filter, TimeWindow

OPEN = ("open", "..")
"""How an open end of days is written; ".." as in ISO 8601-2."""

_LANGUAGE = re.compile(r"([A-Za-z]{2,3}(?:-[A-Za-z0-9]+)*)=(.*)", re.DOTALL)


def enum_value(enum: Any, text: str) -> int:
    """Return the number of an enum value that a user wrote: "in-progress" or "IN_PROGRESS"."""
    first = enum.DESCRIPTOR.values_by_number[0].name.removesuffix("UNSPECIFIED")
    name = text.upper().replace("-", "_").replace(" ", "_").removeprefix(first)
    if (match := enum.DESCRIPTOR.values_by_name.get(first + name)) is not None:
        return int(match.number)
    values = enum.DESCRIPTOR.values[1:]
    words = [value.name.removeprefix(first).lower().replace("_", "-") for value in values]
    raise UsageError(f"{text!r} is none of: {', '.join(words)}")


def resource_name(text: str) -> str:
    """Return the resource name of CALENDAR/KIND/ID; a full name is returned as it is."""
    if text.startswith("calendars/"):
        return text
    if text.count("/") != 2:  # calendar, kind, id
        raise UsageError(f"{text!r}: write CALENDAR/KIND/ID, such as astana-2024/summits/sco-24")
    return f"calendars/{text}"


def name_of(text: str, collection: str) -> str:
    """Return the resource name of CALENDAR/ID or of a calendar's ID; a full name as it is."""
    if text.startswith("calendars/"):
        return text
    if collection == "calendars":
        return f"calendars/{text}"
    calendar, slash, id_ = text.partition("/")
    if not slash or "/" in id_:
        raise UsageError(f"{text!r}: write CALENDAR/ID, such as astana-2024/sco-24")
    return f"calendars/{calendar}/{collection}/{id_}"


def parent_of(calendar: str) -> str:
    """Return the resource name of `--calendar`, an ID or a full name; "-" means all calendars."""
    return f"calendars/{calendar.removeprefix('calendars/')}"


def add_filter_flags(parser: argparse.ArgumentParser, *, kinds: bool) -> None:
    """Add the flags of `Filter`; `kinds` adds --kind, for commands on several kinds of records."""
    group = parser.add_argument_group("which records (repeat a flag to match any of its values)")
    if kinds:
        group.add_argument("--kind", **_many("KIND"), help="summit, visit, meeting, ...")
    group.add_argument("--country", **_many("CODE"), help="country of a place, party or person: KZ")
    group.add_argument("--person", **_many("NAME"), help="id, full name or alias")
    group.add_argument("--organization", **_many("NAME"), help="id or full name")
    group.add_argument("--city", **_many("NAME"), help="id or full name of a town")
    group.add_argument("--status", **_many("STATUS"), help="confirmed, cancelled, ...")
    group.add_argument("--label", **_many("KEY=VALUE"), help="a label that the record has")
    group.add_argument("--trip", **_many("KEY"), help="key of the trip that visits belong to")
    group.add_argument(
        "--part-of",
        **_many("NAME"),
        help="event that it is part of, or made for",
    )
    group.add_argument("--uid", **_many("UID"), help="iCalendar UID")
    group.add_argument("--series", **_many("KEY"), help="series of summits")
    group.add_argument("--level", **_many("LEVEL"), help="level of a summit: head-of-state, ...")
    group.add_argument("--host", **_many("PARTY"), help="code, id or full name of a host")
    group.add_argument("--visit-kind", **_many("KIND"), help="state, official, working, ...")
    group.add_argument("--meeting-kind", **_many("KIND"), help="plenary, bilateral, ...")
    group.add_argument(
        "--updated-since", default="", metavar="WHEN", help="only records written since then"
    )
    group.add_argument(
        "--disputed",
        action=argparse.BooleanOptionalAction,
        help="only records on which sources disagree, or only those on which none do",
    )
    group.add_argument("--text", default="", help="words that must all occur in the record")


def _many(metavar: str) -> dict[str, Any]:
    return {"metavar": metavar, "action": "append", "default": []}


def add_window_flags(parser: argparse.ArgumentParser) -> None:
    """Add the flags for a window of days, and how records match it."""
    group = parser.add_argument_group("when")
    group.add_argument(
        "--from", dest="first", default="", metavar="DATE", help='first day, or "open"'
    )
    group.add_argument(
        "--to",
        dest="last",
        default="",
        metavar="DATE",
        help='last day, inclusive (same as --from), or "open"; alone: all up to that day',
    )
    group.add_argument(
        "--zone", default="", metavar="ZONE", help="zone of the days (this machine's)"
    )
    group.add_argument(
        "--possible", action="store_true", help="also possible matches: partial dates, open ends"
    )
    group.add_argument(
        "--by-place", action="store_true", help="match all-day records by the days at their place"
    )


SORTS = ("name", "name-desc", "time", "time-desc")


def add_order_flags(parser: argparse.ArgumentParser, sorts: Sequence[str] = SORTS) -> None:
    """Add the flags for the order of a list, and for its last events."""
    parser.add_argument("--sort", choices=sorts, default="", help="(by name; with days by time)")
    parser.add_argument(
        "--last", dest="count", type=int, metavar="N", help="the last N events, latest first"
    )


def order_of(args: argparse.Namespace) -> str:
    """Return the order of the flags, as the API writes it; "" for that of the list itself."""
    if args.count is None:
        return str(args.sort).replace("-", " ")
    if args.count < 1:
        raise UsageError(f"--last {args.count}: give a number of events, 1 or more")
    if args.sort:
        raise UsageError("--last lists by time, latest first: leave out --sort")
    return "time desc"


def page_size_of(args: argparse.Namespace) -> int:
    """Return the size of pages: no more than is shown."""
    return min(args.count or MOST_A_PAGE, MOST_A_PAGE)


MOST_A_PAGE = 1000  # what the server gives at most


def filter_of(args: argparse.Namespace) -> Filter:
    """Return the Filter of the flags."""
    from summitry.v1.filter_pb2 import Filter

    record_filter = Filter()
    edit_filter(record_filter, args)
    return record_filter


def window_of(args: argparse.Namespace, time_zone: str) -> TimeWindow | None:
    """Return the window of the flags; None without days."""
    from summitry.v1.filter_pb2 import DateMatching, DateWindow, MatchCertainty, TimeWindow

    if not (args.first or args.last):
        if args.possible or args.by_place:
            raise UsageError("--possible and --by-place need --from or --to")
        return None
    first, last = args.first or OPEN[0], args.last
    dates = DateWindow(
        first_date="" if first in OPEN else first,
        last_date="" if last in OPEN else last,
        time_zone=time_zone,
        open_start=first in OPEN,
        # Without --to the days are one, and those of an open start are all.
        open_end=last in OPEN or (first in OPEN and not last),
    )
    window = TimeWindow(dates=dates)
    if args.possible:
        window.matching = MatchCertainty.MATCH_CERTAINTY_POSSIBLE
    if args.by_place:
        window.date_matching = DateMatching.DATE_MATCHING_BY_PLACE
    return window


FILTER_FIELDS = {
    "kind": "kinds",
    "country": "region_codes",
    "person": "persons",
    "organization": "organizations",
    "city": "cities",
    "status": "statuses",
    "label": "labels",
    "trip": "trips",
    "part-of": "parent_events",
    "uid": "ical_uids",
    "series": "series",
    "level": "levels",
    "host": "hosts",
    "visit-kind": "visit_kinds",
    "meeting-kind": "meeting_kinds",
    "updated-since": "updated_since",
    "disputed": "disputed",
    "text": "text",
}
"""The flags that choose records, and the field of Filter that each sets."""


def edit_filter(record_filter: Filter, args: argparse.Namespace) -> None:
    """Change the parts of a Filter that the flags name, in place; lists are replaced whole."""
    from summitry.v1.event_status_pb2 import EventStatus
    from summitry.v1.meeting_pb2 import MeetingKind
    from summitry.v1.party_pb2 import Level
    from summitry.v1.record_pb2 import RecordKind
    from summitry.v1.visit_pb2 import VisitKind

    lists = {
        "kinds": [enum_value(RecordKind, text) for text in split(getattr(args, "kind", []))],
        "region_codes": [code.upper() for code in split(args.country)],
        "persons": args.person,
        "organizations": args.organization,
        "cities": args.city,
        "statuses": [enum_value(EventStatus, text) for text in split(args.status)],
        "trips": args.trip,
        "parent_events": list(map(resource_name, args.part_of)),
        "ical_uids": args.uid,
        "series": split(args.series),
        "levels": [enum_value(Level, text) for text in split(args.level)],
        "hosts": args.host,
        "visit_kinds": [enum_value(VisitKind, text) for text in split(args.visit_kind)],
        "meeting_kinds": [enum_value(MeetingKind, text) for text in split(args.meeting_kind)],
    }
    for field, values in lists.items():
        if values:
            getattr(record_filter, field)[:] = values
    record_filter.labels.update(_pair(text) for text in args.label)
    if args.updated_since:
        record_filter.updated_since.FromDatetime(time_of("--updated-since", args.updated_since))
    if args.disputed is not None:
        record_filter.disputed = args.disputed
    record_filter.text = args.text or record_filter.text


def split(values: Sequence[str]) -> list[str]:
    """Return the values of a flag that may be repeated and may hold commas."""
    return [part.strip() for value in values for part in value.split(",") if part.strip()]


def _pair(text: str) -> tuple[str, str]:
    key, equals, value = text.partition("=")
    if not equals:
        raise UsageError(f"{text!r}: a label is KEY=VALUE")
    return key, value


def set_texts(texts: Any, values: Iterable[str]) -> None:
    """Put texts such as "fr=Un titre" into a list of LocalizedText, in place.

    A text takes the place of the one in the same language; the texts in other languages stay.
    Raises UsageError for an empty one, which would be stored and shown as a title without a word.
    """
    for value in values:
        match = _LANGUAGE.fullmatch(value)
        language, text = match.groups() if match else ("", value)
        if not text.strip():
            raise UsageError(
                f"{value!r} is an empty text: write one, or remove it by --clear FIELD"
            )
        same = (entry for entry in texts if entry.language_code.lower() == language.lower())
        place = next(same, None) or texts.add(language_code=language)
        place.text = text


def clear_texts(texts: Any, language: str) -> None:
    """Remove the text in a language from a list of LocalizedText; all of them for ""."""
    remaining = [
        text for text in texts if language and text.language_code.lower() != language.lower()
    ]
    del texts[:]
    texts.extend(remaining)
