"""The flags that set the time of a record.

Each flag changes its own part of a time: `--start` leaves the end, `--to` the first day. A time has
one form (hours, days, or a partial date); `--start`, `--from` and `--partial` may change the form.
"""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from summitry.cli.failures import UsageError
from summitry.cli.flags import OPEN, enum_value

if TYPE_CHECKING:
    from summitry.v1.event_time_pb2 import DateSpan, EventTime, TimePoint

FLAGS = ("time", "first", "last", "start", "end", "choose", "partial")
_FORMS = {
    "timed": ("start", "end", "hours", "--start"),
    "dates": ("first", "last", "whole days", "--from"),
    "partial": ("partial", "partial", "a partial date", "--partial"),
}
"""By form of a time: the flags for its start and end, its name for people, and the start flag."""
_FIRST = 'first day, or "open" where it is not known'
_LAST = 'last day, inclusive (the same day); "open" where it is not known'
_TIME = "whole time: 2024-07-04T10:00/12:30[Asia/Almaty], 2024-07-02/2024-07-06, 2023-10"
_CHOOSE = "instant to use where clocks skip or repeat --start or --end"


def add_time_flags(group: argparse._ArgumentGroup) -> None:
    """Add the flags for days, hours and partial dates."""
    group.add_argument("--time", default="", metavar="TEXT", help=_TIME)
    group.add_argument("--from", dest="first", default="", metavar="DATE", help=_FIRST)
    group.add_argument("--to", dest="last", default="", metavar="DATE", help=_LAST)
    group.add_argument("--start", default="", metavar="TIME", help="local time: 2024-07-04T10:00")
    group.add_argument("--end", default="", metavar="TIME", help="local time")
    group.add_argument("--choose", default="", metavar="earlier|later|compatible", help=_CHOOSE)
    group.add_argument(
        "--partial", default="", metavar="EDTF", help="partial date: 2023-10, 2024-07-XX"
    )
    group.add_argument("--zone", default="", metavar="ZONE", help="zone of the place: Asia/Almaty")


def time_of(args: argparse.Namespace) -> EventTime | None:
    """Return a new time from the flags; None without such flags."""
    from summitry.v1.event_time_pb2 import EventTime

    if not any(getattr(args, flag) for flag in FLAGS):
        return None
    time = EventTime()
    edit_time(time, args)
    return time


def edit_time(time: EventTime, args: argparse.Namespace) -> None:
    """Change the parts of a time that the flags name, in place.

    Raises UsageError for flags of two forms, and for an end without the start that its form needs.
    """
    form = _form_of(args)
    if args.time:
        _set_time(time, args.time)
    if form:
        _change_form(time, form, args)
    if form == "timed":
        _edit_hours(time, args)
    elif form == "dates":
        _edit_days(time.dates, args)
    elif form == "partial":
        time.partial.edtf = args.partial
    if args.zone:
        set_zone(time, args.zone)
    if args.choose:
        _choose(time, args)


def _form_of(args: argparse.Namespace) -> str:
    forms = [
        form
        for form, (begins, ends, *_) in _FORMS.items()
        if getattr(args, begins) or getattr(args, ends)
    ]
    if len(forms) > 1 or (forms and args.time):
        raise UsageError("give one of --time, --start/--end, --from/--to and --partial")
    return forms[0] if forms else ""


def _set_time(time: EventTime, text: str) -> None:
    """Replace the time by a text; one that names no zone and no offset is in the present zone."""
    from summitry.time_text import parse_time
    from summitry.zones import ZoneError

    try:
        parsed_time = parse_time(text)
    except ZoneError as error:
        raise UsageError(f"--time: {error}") from error
    zone = zone_of(time)
    for form in (*_FORMS, "fixed_as"):
        time.ClearField(form)
    time.MergeFrom(parsed_time)
    start = time.timed.start
    if not (zone_of(time) or start.utc_offset or start.HasField("instant")):
        set_zone(time, zone)


def _change_form(time: EventTime, form: str, args: argparse.Namespace) -> None:
    """Begin a time of another form in the zone of the present one; `text` stays."""
    present = time.WhichOneof("when")
    if present == form:
        return
    begins, _, _, flag = _FORMS[form]
    if present and not getattr(args, begins):
        raise UsageError(f"the record has {_FORMS[present][2]}: give {flag} too, to replace it")
    zone = zone_of(time)
    time.ClearField("fixed_as")
    if form == "timed":
        time.timed.start.time_zone = zone
    elif form == "dates":
        time.dates.time_zone = zone  # without days: one day, unless --to says otherwise
    else:
        time.partial.time_zone = zone


def _edit_days(span: DateSpan, args: argparse.Namespace) -> None:
    """Set one or both days; a single day whose first day is changed stays a single day.

    A new span without a last day is a single day too: the server fills it in.
    """
    if args.first and span.first_date == span.last_date:
        span.last_date = ""
    if args.first:
        span.open_start = args.first in OPEN
        span.first_date = "" if span.open_start else args.first
    if args.last:
        span.open_end = args.last in OPEN
        span.last_date = "" if span.open_end else args.last


def _edit_hours(time: EventTime, args: argparse.Namespace) -> None:
    span = time.timed
    if args.start:
        _set_clock(span.start, args.start)
    if args.end:
        if not span.HasField("end"):
            span.end.time_zone = span.start.time_zone
            span.end.utc_offset = span.start.utc_offset
        _set_clock(span.end, args.end)


def _set_clock(point: TimePoint, civil_time: str) -> None:
    """Set a wall time, and clear the choice between two instants, made for the former time."""
    for field in ("instant", "disambiguation", "offset_conflict"):
        point.ClearField(field)
    point.civil_time = civil_time


def zone_of(time: EventTime) -> str:
    """Return the zone that a time begins in; "" if it names none."""
    if time.WhichOneof("when") == "timed":
        return time.timed.start.time_zone
    return time.dates.time_zone or time.partial.time_zone


def set_zone(time: EventTime, zone: str) -> None:
    """Set the zone of a time; an end in another zone than the start keeps its own."""
    form = time.WhichOneof("when")
    if form == "dates":
        time.dates.time_zone = zone
    elif form == "partial":
        time.partial.time_zone = zone
    elif form == "timed":
        former = time.timed.start.time_zone
        for point in _points(time):
            if point.time_zone == former:
                point.time_zone = zone
                if zone:
                    point.ClearField("utc_offset")


def _points(time: EventTime) -> list[TimePoint]:
    span = time.timed
    return [span.start, span.end] if span.HasField("end") else [span.start]


def _choose(time: EventTime, args: argparse.Namespace) -> None:
    from summitry.v1.event_time_pb2 import Disambiguation

    if time.WhichOneof("when") != "timed":
        raise UsageError("--choose is for --start and --end: the record has no hours")
    choice = enum_value(Disambiguation, args.choose)
    points = [point for point in _points(time) if point.civil_time]
    chosen_points = [point for point in points if point.civil_time in (args.start, args.end)]
    for point in chosen_points or points:
        point.disambiguation = choice  # type: ignore[assignment]


def clear_first(time: EventTime) -> None:
    """Leave the first day open."""
    if time.HasField("dates"):
        time.dates.ClearField("first_date")
        time.dates.open_start = True


def clear_last(time: EventTime) -> None:
    """Leave the last day open."""
    if time.HasField("dates"):
        time.dates.ClearField("last_date")
        time.dates.open_end = True


def clear_start(time: EventTime) -> None:
    """Refuse to clear the start, which a timed span needs. Raises UsageError if there is one."""
    if time.HasField("timed"):
        raise UsageError(
            "a time with hours needs its start: use --clear time to remove the whole time"
        )


def clear_end(time: EventTime) -> None:
    """Remove the end of a time of hours."""
    if time.HasField("timed"):
        time.timed.ClearField("end")


def clear_partial(time: EventTime) -> None:
    """Remove a partial date."""
    time.ClearField("partial")


def clear_choose(time: EventTime) -> None:
    """Remove the choice between two instants of one wall time."""
    if time.HasField("timed"):
        for point in _points(time):
            point.ClearField("disambiguation")
