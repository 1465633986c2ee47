"""Resolve an EventTime: from what the source said to instants, texts and fingerprints.

The civil side (wall times, zones, dates, EDTF) is authoritative; `resolved` is derived from it
with one time zone database, whose version it records. Rules:
docs/time.md; RFC 5545 3.3.5, RFC 9557, EDTF.
"""

from __future__ import annotations

from typing import NamedTuple, cast

from google.protobuf.timestamp_pb2 import Timestamp

from summitry.time_fields import (
    ContradictionError,
    EndBeforeStartError,
    MissingError,
    SkippedDayError,
    TimeFieldError,
    field,
)
from summitry.time_text import format_time, parse_time
from summitry.v1.event_time_pb2 import (
    DatePrecision,
    DateSpan,
    Disambiguation,
    EventTime,
    FixedAs,
    OffsetConflict,
    PartialSpan,
    ResolvedTime,
    TimeAuthority,
    TimedSpan,
    TimePoint,
)
from summitry.zones import (
    Choice,
    InvalidTimeError,
    OffsetChoice,
    Precision,
    TzDb,
    Zone,
    day_start,
    day_window,
    format_civil,
    format_date,
    parse_civil,
    parse_date,
    parse_offset,
    parse_partial,
    resolve_wall,
    resolve_wall_offset,
    rfc3339,
    rfc9557,
)

__all__ = [
    "ContradictionError",
    "EndBeforeStartError",
    "MissingError",
    "SkippedDayError",
    "TimeFieldError",
    "resolve",
]

# Timestamps hold the years 1-9999; a day of slack for the offset of any zone.
FIRST_DAY = parse_date("0001-01-02")
LAST_DAY = parse_date("9999-12-30")
# Timed records: 1900-01-01 to 2200-12-31, the range for which zone rules are known and tested.
FIRST_INSTANT = -2_208_988_800
LAST_INSTANT = 7_289_654_399

CHOICES = {
    Disambiguation.DISAMBIGUATION_UNSPECIFIED: Choice.REJECT,
    Disambiguation.DISAMBIGUATION_COMPATIBLE: Choice.COMPATIBLE,
    Disambiguation.DISAMBIGUATION_EARLIER: Choice.EARLIER,
    Disambiguation.DISAMBIGUATION_LATER: Choice.LATER,
}
CONFLICTS = {
    OffsetConflict.OFFSET_CONFLICT_UNSPECIFIED: OffsetChoice.REJECT,
    OffsetConflict.OFFSET_CONFLICT_REJECT: OffsetChoice.REJECT,
    OffsetConflict.OFFSET_CONFLICT_KEEP_INSTANT: OffsetChoice.KEEP_INSTANT,
    OffsetConflict.OFFSET_CONFLICT_KEEP_WALL: OffsetChoice.KEEP_WALL,
}
# A span whose ends differ in authority gets the first of these that either end has.
AUTHORITIES = (
    TimeAuthority.TIME_AUTHORITY_OFFSET,
    TimeAuthority.TIME_AUTHORITY_CIVIL,
    TimeAuthority.TIME_AUTHORITY_INSTANT,
)
PRECISIONS = {
    precision: cast(DatePrecision, DatePrecision.Value(f"DATE_PRECISION_{precision.name}"))
    for precision in Precision
}


class Resolved(NamedTuple):
    """A time point made definite."""

    instant: int
    text: str
    fingerprint: str
    authority: TimeAuthority


def resolve(time: EventTime, db: TzDb, place_zone: str = "") -> None:
    """Fill `time.resolved` and the other derived fields, in place.

    `place_zone` is used for, and stored in, wall times and dates without a zone of their own. What
    is input only is brought into the form that is stored: `iso` and `duration` become fields of
    `when`, a day that is missing in `dates` is filled in, and `fixed_as` is cleared where the form
    of the time says the same.
    Resolving is idempotent. Raises TimeFieldError with the path of the field below `time`; a span
    that ends before it starts keeps the texts of both ends, and gets no interval.
    """
    if not time.iso:
        _resolve(time, db, place_zone)
        return
    try:
        _take_text(time, db, place_zone)
        _resolve(time, db, place_zone)
    except TimeFieldError as error:
        raise TimeFieldError("iso", error.cause) from error


def _take_text(time: EventTime, db: TzDb, place_zone: str) -> None:
    """Replace the time in one string by its fields, in place; refuse fields that say otherwise."""
    text = time.iso
    with field("iso"):
        parsed_time = parse_time(text)
    time.ClearField("iso")
    if time.WhichOneof("when") is None:
        time.MergeFrom(parsed_time)
        return
    parsed_time.fixed_as = time.fixed_as
    if _meaning(time, db, place_zone) != _meaning(parsed_time, db, place_zone):
        problem = f"{text!r} is another time than the one beside it; leave one of them out"
        raise TimeFieldError("iso", ContradictionError(text, problem))


def _meaning(time: EventTime, db: TzDb, place_zone: str) -> ResolvedTime:
    """Return what a time resolves to, whichever way it is written."""
    copy = EventTime()
    copy.CopyFrom(time)
    _resolve(copy, db, place_zone)
    copy.resolved.ClearField("iso")
    return copy.resolved


def _resolve(time: EventTime, db: TzDb, place_zone: str) -> None:
    form = time.WhichOneof("when")
    if form is None:
        raise TimeFieldError("when", MissingError("give timed, dates or partial"))
    time.ClearField("resolved")
    time.resolved.tzdb_version = db.version
    with field(form):
        if form == "timed":
            time.resolved.authority = _timed(
                time.timed, time.fixed_as, time.resolved, db, place_zone
            )
        elif form == "dates":
            time.resolved.authority = TimeAuthority.TIME_AUTHORITY_DATE
            _dates(time.dates, time.resolved, db, place_zone)
        else:
            time.resolved.authority = TimeAuthority.TIME_AUTHORITY_PARTIAL
            _partial(time.partial, time.resolved, db, place_zone)
    if not _needs_fixed_as(time):
        time.ClearField("fixed_as")
    time.resolved.iso = format_time(time, db)


def _needs_fixed_as(time: EventTime) -> bool:
    """Return whether a resolved time has an offset beside a zone, which its form leaves open."""
    points = (time.timed.start, time.timed.end)
    return any(point.utc_offset and point.time_zone for point in points)


def _timed(
    span: TimedSpan, fixed_as: FixedAs, resolved: ResolvedTime, db: TzDb, place_zone: str
) -> TimeAuthority:
    with field("start"):
        if not span.HasField("start"):
            raise MissingError("a timed span needs a start")
        start = _point(span.start, fixed_as, db, place_zone)
    resolved.start_text = start.text
    resolved.start_zone_fingerprint = start.fingerprint
    if span.HasField("duration"):
        with field("duration"):
            _take_duration(span, start.instant, db)
    if not span.HasField("end"):
        resolved.interval.start_time.seconds = start.instant
        return start.authority
    with field("end"):
        end = _point(span.end, fixed_as, db, span.start.time_zone or place_zone)
        resolved.end_text = end.text
        resolved.end_zone_fingerprint = end.fingerprint
        if end.instant < start.instant:
            raise EndBeforeStartError(f"the end {end.text} is before the start {start.text}")
    _set_interval(resolved, start.instant, end.instant)
    return min(start.authority, end.authority, key=AUTHORITIES.index)


def _take_duration(span: TimedSpan, start: int, db: TzDb) -> None:
    """Replace the duration by the end, in place: in the zone or with the offset of the start."""
    length = span.duration
    if span.HasField("end"):
        problem = "a span has an end or a duration; leave one of them out"
        raise ContradictionError(f"{length.seconds}s", problem)
    end = start + length.seconds
    if length.nanos or length.seconds < 0 or not FIRST_INSTANT <= end <= LAST_INSTANT:
        expected = "a duration of whole seconds, zero or more, with an end before the year 2201"
        raise InvalidTimeError(f"{length.seconds}s", expected)
    span.ClearField("duration")
    span.end.CopyFrom(_point_at(end, span.start, db))


def _point_at(instant: int, model: TimePoint, db: TzDb) -> TimePoint:
    """Return an instant as a point of the form of another."""
    point = TimePoint(time_zone=model.time_zone, utc_offset=model.utc_offset)
    if model.HasField("instant"):
        point.instant.seconds = instant
    elif model.utc_offset:
        point.civil_time = _short_civil(instant + parse_offset(model.utc_offset))
    else:
        zone = db.zone(model.time_zone)
        wall = zone.wall_at(instant)
        point.civil_time = _short_civil(wall)
        _choose(point, zone, instant, wall)
    return point


def _short_civil(wall: int) -> str:
    return format_civil(wall).removesuffix(":00")


def _point(point: TimePoint, fixed_as: FixedAs, db: TzDb, place_zone: str) -> Resolved:
    if point.HasField("instant"):
        return _instant_point(point, db)
    with field("civil_time"):
        if not point.civil_time:
            raise MissingError("give civil_time, or an instant")
        wall = parse_civil(point.civil_time)
    if not point.utc_offset and not point.time_zone:
        point.time_zone = place_zone
    uses_offset = not point.time_zone or fixed_as == FixedAs.FIXED_AS_OFFSET
    if point.utc_offset and uses_offset:
        resolved = _offset_point(point, wall, db)
    else:
        resolved = _civil_point(point, wall, db)
    if fixed_as == FixedAs.FIXED_AS_INSTANT:
        point.CopyFrom(TimePoint(time_zone=point.time_zone))
        point.instant.seconds = resolved.instant
        return _instant_point(point, db)
    return resolved


def _instant_point(point: TimePoint, db: TzDb) -> Resolved:
    with field("instant"):
        instant = point.instant.seconds
        if point.civil_time or point.utc_offset:
            conflicting = point.civil_time or point.utc_offset
            raise InvalidTimeError(
                conflicting, "for a point with an instant; give one or the other"
            )
        if point.instant.nanos or not FIRST_INSTANT <= instant <= LAST_INSTANT:
            expected = "an instant in whole seconds of the years 1900 to 2200"
            raise InvalidTimeError(_instant_text(point.instant), expected)
    zone = _zone(point.time_zone, db)
    text = rfc9557(instant, zone) if zone else rfc3339(instant)
    return Resolved(instant, text, "", TimeAuthority.TIME_AUTHORITY_INSTANT)


def _instant_text(instant: Timestamp) -> str:
    """Return an instant as JSON has it, or its second where JSON has no form for it."""
    try:
        return instant.ToJsonString()
    except ValueError:
        return f"second {instant.seconds}"


def _offset_point(point: TimePoint, wall: int, db: TzDb) -> Resolved:
    _zone(point.time_zone, db)  # the offset decides, but the zone has to be valid
    with field("utc_offset"):
        offset = parse_offset(point.utc_offset)
    instant = wall - offset
    return Resolved(instant, rfc3339(instant, offset), "", TimeAuthority.TIME_AUTHORITY_OFFSET)


def _civil_point(point: TimePoint, wall: int, db: TzDb) -> Resolved:
    zone = _zone(point.time_zone, db)
    if zone is None:
        raise TimeFieldError("time_zone", MissingError("a wall time needs a zone or an offset"))
    choice = CHOICES[point.disambiguation]
    if point.utc_offset:
        with field("utc_offset"):
            offset = parse_offset(point.utc_offset)
            conflict = CONFLICTS[point.offset_conflict]
            instant, wall = resolve_wall_offset(zone, wall, offset, choice, conflict)
        _drop_offset(point, zone, instant, wall)
    else:
        instant = resolve_wall(zone, wall, choice)
    return Resolved(
        instant, rfc9557(instant, zone), zone.fingerprint, TimeAuthority.TIME_AUTHORITY_CIVIL
    )


def _drop_offset(point: TimePoint, zone: Zone, instant: int, wall: int) -> None:
    """Replace an offset by the choice between instants that it made.

    The offset itself would become wrong when a country changes its clocks; the choice does not.
    """
    point.ClearField("utc_offset")
    point.ClearField("offset_conflict")
    if wall != parse_civil(point.civil_time):
        point.civil_time = format_civil(wall)
        with field("civil_time"):
            parse_civil(
                point.civil_time
            )  # near 1900 or 2200 the shift may leave the supported range
    _choose(point, zone, instant, wall)


def _choose(point: TimePoint, zone: Zone, instant: int, wall: int) -> None:
    """Say in a point which instant is meant where clocks skip or repeat its wall time."""
    earlier, _, kind = zone.candidates(wall)
    if kind != "normal":
        first = instant == earlier
        point.disambiguation = (
            Disambiguation.DISAMBIGUATION_EARLIER if first else Disambiguation.DISAMBIGUATION_LATER
        )


def _dates(span: DateSpan, resolved: ResolvedTime, db: TzDb, place_zone: str) -> None:
    _complete_days(span)
    first = _day(span, "first_date")
    last = _day(span, "last_date")
    resolved.start_text, resolved.end_text = span.first_date, span.last_date
    if first is not None and last is not None and last < first:
        error = EndBeforeStartError(f"{span.last_date} is before {span.first_date}")
        raise TimeFieldError("last_date", error)
    span.time_zone = span.time_zone or place_zone
    if zone := _zone(span.time_zone, db):
        for name, day in (("first_date", first), ("last_date", last)):
            with field(name):
                _check_not_skipped(zone, day)
        resolved.start_zone_fingerprint = zone.fingerprint
        _set_days(resolved, zone, first, last)


def _complete_days(span: DateSpan) -> None:
    """Fill in the day that is missing, in place: the same as the other, unless that end is open."""
    for flag, date in (("open_start", span.first_date), ("open_end", span.last_date)):
        if getattr(span, flag) and date:
            problem = f"an open end has no date, and {date} is given; leave one of them out"
            raise TimeFieldError(flag, ContradictionError(date, problem))
    if not (span.first_date or span.last_date):
        raise TimeFieldError("first_date", MissingError("give first_date, last_date or both"))
    if not span.open_start:
        span.first_date = span.first_date or span.last_date
    if not span.open_end:
        span.last_date = span.last_date or span.first_date


def _day(span: DateSpan, name: str) -> int | None:
    text: str = getattr(span, name)
    with field(name):
        return parse_date(text) if text else None


def _check_not_skipped(zone: Zone, day: int | None) -> None:
    if day is None or not FIRST_DAY <= day <= LAST_DAY:
        return
    if day_start(zone, day) == day_start(zone, day + 1):
        raise SkippedDayError(format_date(day), zone.key)


def _partial(span: PartialSpan, resolved: ResolvedTime, db: TzDb, place_zone: str) -> None:
    with field("edtf"):
        if not span.edtf:
            raise MissingError("give the date as EDTF")
        partial = parse_partial(span.edtf)
    span.edtf = resolved.start_text = partial.edtf
    span.first_date = "" if partial.first_day is None else format_date(partial.first_day)
    span.last_date = "" if partial.last_day is None else format_date(partial.last_day)
    span.precision = PRECISIONS[partial.precision]
    span.approximate, span.uncertain = partial.approximate, partial.uncertain
    span.time_zone = span.time_zone or place_zone
    if zone := _zone(span.time_zone, db):
        if partial.precision is Precision.DAY:
            with field("edtf"):
                _check_not_skipped(zone, partial.first_day)
        resolved.start_zone_fingerprint = zone.fingerprint
        _set_possible(resolved, zone, partial.first_day, partial.last_day)


def _zone(key: str, db: TzDb) -> Zone | None:
    with field("time_zone"):
        return db.zone(key) if key else None


def _set_interval(resolved: ResolvedTime, start: int, end: int) -> None:
    resolved.interval.start_time.seconds = start
    resolved.interval.end_time.seconds = end


def _set_days(resolved: ResolvedTime, zone: Zone, first: int | None, last: int | None) -> None:
    if first is None or last is None:
        _set_possible(resolved, zone, first, last)
    elif first >= FIRST_DAY and last <= LAST_DAY:
        _set_interval(resolved, *day_window(zone, first, last))


def _set_possible(resolved: ResolvedTime, zone: Zone, first: int | None, last: int | None) -> None:
    if first is not None and first >= FIRST_DAY:
        resolved.possible.start_time.seconds = day_start(zone, first)
    if last is not None and last <= LAST_DAY:
        resolved.possible.end_time.seconds = day_start(zone, last + 1)
