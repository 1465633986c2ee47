"""Flags that choose records, and flags that describe one; their words become enum values here."""

from __future__ import annotations

import argparse
import re
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from summitry.cli.failures import UsageError

if TYPE_CHECKING:
    from summitry.kinds import Record
    from summitry.v1.event_time_pb2 import EventTime
    from summitry.v1.filter_pb2 import Filter
    from summitry.v1.place_pb2 import Place

_LANGUAGE = re.compile(r"([A-Za-z]{2,3}(?:-[A-Za-z0-9]+)*)=(.*)", re.DOTALL)


def enum_value(enum: Any, text: str) -> int:
    """The number of an enum value for what a user wrote: "in-progress" or "IN_PROGRESS"."""
    first = enum.DESCRIPTOR.values_by_number[0].name.removesuffix("UNSPECIFIED")
    name = text.upper().replace("-", "_").replace(" ", "_").removeprefix(first)
    if (found := enum.DESCRIPTOR.values_by_name.get(first + name)) is not None:
        return int(found.number)
    known = enum.DESCRIPTOR.values[1:]
    words = [value.name.removeprefix(first).lower().replace("_", "-") for value in known]
    raise UsageError(f"{text!r} is none of: {', '.join(words)}")


def resource_name(given: str) -> str:
    """The resource name for what the user wrote: itself, or without "calendars/"."""
    if given.startswith("calendars/"):
        return given
    if given.count("/") != 2:  # calendar, kind, id
        raise UsageError(f"{given!r}: write CALENDAR/KIND/ID, as astana-2024/summits/sco-24")
    return f"calendars/{given}"


def name_of(given: str, collection: str) -> str:
    """The resource name for what the user wrote: itself, CALENDAR/ID, or a calendar's ID."""
    if given.startswith("calendars/"):
        return given
    if collection == "calendars":
        return f"calendars/{given}"
    calendar, slash, id_ = given.partition("/")
    if not slash or "/" in id_:
        raise UsageError(f"{given!r}: write CALENDAR/ID, as astana-2024/sco-24")
    return f"calendars/{calendar}/{collection}/{id_}"


def parent_of(calendar: str) -> str:
    """The calendar of `--calendar`, by its ID or its whole name; "-" is all of them."""
    return f"calendars/{calendar.removeprefix('calendars/')}"


def add_filter_flags(parser: argparse.ArgumentParser, *, kinds: bool) -> None:
    """The vocabulary of `Filter`; `kinds` where records of several kinds are asked for."""
    group = parser.add_argument_group("which records (of several values of a flag, any may hold)")
    if kinds:
        group.add_argument("--kind", **_many("KIND"), help="summit, visit, meeting, ...")
    group.add_argument("--country", **_many("CODE"), help="of places, parties, persons: KZ")
    group.add_argument("--person", **_many("NAME"), help="id, whole name or alias")
    group.add_argument("--organization", **_many("NAME"), help="id or whole name")
    group.add_argument("--city", **_many("NAME"), help="id or whole name of a town")
    group.add_argument("--status", **_many("STATUS"), help="confirmed, cancelled, ...")
    group.add_argument("--label", **_many("KEY=VALUE"), help="a label that must be there")
    group.add_argument("--trip", **_many("KEY"), help="key of a trip that visits share")
    group.add_argument("--disputed", action="store_true", help="of which two sources disagree")
    group.add_argument("--text", default="", help="words that must all occur")


def _many(metavar: str) -> dict[str, Any]:
    return {"metavar": metavar, "action": "append", "default": []}


def add_window_flags(parser: argparse.ArgumentParser, *, required: bool) -> None:
    """The days that are asked for, and how records match them."""
    group = parser.add_argument_group("when")
    group.add_argument("--from", dest="first", default="", required=required, metavar="DATE")
    group.add_argument("--to", dest="last", default="", metavar="DATE", help="inclusive (--from)")
    group.add_argument(
        "--zone", default="", metavar="ZONE", help="whose days these are (that of this machine)"
    )
    group.add_argument(
        "--possible", action="store_true", help="also what may be then: partial dates, open ends"
    )
    group.add_argument(
        "--by-place", action="store_true", help="match whole days by when they last at their place"
    )


def filter_of(args: argparse.Namespace, time_zone: str) -> Filter:
    """The Filter of the flags, with a window if there are days."""
    from summitry.v1.filter_pb2 import DateMatching, Filter, Matching
    from summitry.v1.record_pb2 import EventStatus, RecordKind

    wanted = Filter(
        kinds=[enum_value(RecordKind, text) for text in split(getattr(args, "kind", []))],  # type: ignore[misc]
        region_codes=[code.upper() for code in split(args.country)],
        persons=args.person,
        organizations=args.organization,
        cities=args.city,
        statuses=[enum_value(EventStatus, text) for text in split(args.status)],  # type: ignore[misc]
        text=args.text,
        labels=dict(_pair(text) for text in args.label),
        trips=args.trip,
        disputed=args.disputed,
    )
    if args.first:
        dates = wanted.window.dates
        dates.first_date, dates.last_date, dates.time_zone = args.first, args.last, time_zone
        if args.possible:
            wanted.window.matching = Matching.MATCHING_POSSIBLE
        if args.by_place:
            wanted.window.date_matching = DateMatching.DATE_MATCHING_BY_PLACE
    elif args.last or args.possible or args.by_place:
        raise UsageError("--to, --possible and --by-place need --from")
    return wanted


def split(values: Sequence[str]) -> list[str]:
    """The values of a flag that may be repeated and may hold commas."""
    return [part.strip() for value in values for part in value.split(",") if part.strip()]


def _pair(text: str) -> tuple[str, str]:
    key, equals, value = text.partition("=")
    if not equals:
        raise UsageError(f"{text!r}: a label is KEY=VALUE")
    return key, value


def add_record_flags(parser: argparse.ArgumentParser) -> None:
    """Flags that say the common facts of a record; a file can say all."""
    group = parser.add_argument_group("the record (instead of a file, or over it)")
    group.add_argument("--title", **_many("[LANG=]TEXT"), help="once for each language")
    group.add_argument("--summary", **_many("[LANG=]TEXT"), help="once for each language")
    add_time_flags(group)
    add_place_flags(group)
    group.add_argument("--status", default="", help="confirmed, postponed, cancelled, ...")
    group.add_argument("--kind", default="", help="of a visit, meeting or notice")


def add_time_flags(group: argparse._ArgumentGroup) -> None:
    """When it is: days, hours, or a date known less well."""
    group.add_argument("--from", dest="first", default="", metavar="DATE", help="first day")
    group.add_argument("--to", dest="last", default="", metavar="DATE", help="last day, inclusive")
    group.add_argument("--start", default="", metavar="TIME", help="local: 2024-07-04T10:00")
    group.add_argument("--end", default="", metavar="TIME", help="local")
    group.add_argument("--choose", default="", metavar="earlier|later|compatible", help=_CHOOSE)
    group.add_argument("--partial", default="", metavar="EDTF", help="2023-10, 2024-07-XX")
    group.add_argument("--zone", default="", metavar="ZONE", help="of the place: Asia/Almaty")


def add_place_flags(group: argparse._ArgumentGroup) -> None:
    """Where it is: the main place."""
    group.add_argument("--place", default="", metavar="TOWN")
    group.add_argument("--venue", default="", metavar="NAME")
    group.add_argument("--country", default="", metavar="CODE", help="of the place: KZ")


_CHOOSE = "which instant, where clocks skip or repeat --start or --end"


def describe(record: Record, args: argparse.Namespace) -> None:
    """Put what the flags say into a record."""
    from summitry.v1.record_pb2 import EventStatus

    for field, values in (("titles", args.title), ("summaries", args.summary)):
        if values:
            record.ClearField(field)
            getattr(record, field).extend(localized(value) for value in values)
    if args.status:
        record.status = enum_value(EventStatus, args.status)  # type: ignore[assignment]
    if args.kind:
        _set_kind(record, args.kind)
    if place := place_of(args):
        record.ClearField("places")
        record.places.append(place)
    if time := time_of(args):
        record.time.CopyFrom(time)
    elif args.zone and record.DESCRIPTOR.name == "Calendar":
        record.time_zone = args.zone  # type: ignore[union-attr]


def localized(value: str) -> Any:
    """The text of "fr=Un titre", or of one without a language."""
    from google.type.localized_text_pb2 import LocalizedText

    found = _LANGUAGE.fullmatch(value)
    language, text = found.groups() if found else ("", value)
    return LocalizedText(text=text, language_code=language)


def _set_kind(record: Any, text: str) -> None:
    from summitry.v1.meeting_pb2 import MeetingKind
    from summitry.v1.notice_pb2 import NoticeKind
    from summitry.v1.visit_pb2 import VisitKind, VisitSegment

    def of_visit() -> None:
        del record.segments[1:]
        segment = record.segments[0] if record.segments else record.segments.add()
        segment.MergeFrom(VisitSegment(kind=enum_value(VisitKind, text)))  # type: ignore[arg-type]

    def of(enum: Any) -> Callable[[], None]:
        return lambda: setattr(record, "kind", enum_value(enum, text))

    setters = {"Visit": of_visit, "Meeting": of(MeetingKind), "Notice": of(NoticeKind)}
    noun = record.DESCRIPTOR.name
    if noun not in setters:
        raise UsageError(f"a {noun.lower()} has no --kind; visits, meetings and notices have")
    setters[noun]()


def place_of(args: argparse.Namespace) -> Place | None:
    """The place that the flags say; None if they say none."""
    from summitry.v1.place_pb2 import Place

    if not (args.place or args.venue or args.country):
        return None
    place = Place(region_code=args.country.upper(), time_zone=args.zone)
    if args.place:
        place.localities.append(localized(args.place))
    if args.venue:
        place.venues.append(localized(args.venue))
    return place


def time_of(args: argparse.Namespace) -> EventTime | None:
    """The time that the flags say; None if they say none."""
    from summitry.v1.event_time_pb2 import EventTime

    said = [bool(args.start or args.end), bool(args.first or args.last), bool(args.partial)]
    if sum(said) > 1:
        raise UsageError("give one of --start/--end, --from/--to and --partial")
    if not any(said):
        return None
    time = EventTime()
    if args.partial:
        time.partial.edtf, time.partial.time_zone = args.partial, args.zone
    elif args.first or args.last:
        time.dates.first_date = args.first
        time.dates.last_date = args.last or args.first
        time.dates.time_zone = args.zone
    else:
        _set_timed(time, args)
    return time


def _set_timed(time: EventTime, args: argparse.Namespace) -> None:
    from summitry.v1.event_time_pb2 import Disambiguation

    choice = enum_value(Disambiguation, args.choose) if args.choose else 0
    time.timed.start.civil_time = args.start
    if args.end:
        time.timed.end.civil_time = args.end
    for point in (time.timed.start, time.timed.end) if args.end else (time.timed.start,):
        point.time_zone = args.zone
        point.disambiguation = choice  # type: ignore[assignment]
