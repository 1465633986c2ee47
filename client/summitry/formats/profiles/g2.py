"""Names, codes and dates of IPTC EventsML-G2, for its reader and its writer.

EventsML-G2 knows approximate dates: a start or an end is a day, a time, a month or a year, with the
range in which it can lie in `approxstart` and `approxend` (NewsML-G2, ApproximateDateTimePropType).
Where it has no word for what a record says (the time zone id, EDTF beyond a range, a status), it
admits attributes and elements of other namespaces; ours is `OWN`, and other readers pass over it.
"""

from __future__ import annotations

import re
from datetime import date, datetime, timedelta
from typing import Any, NamedTuple

from summitry.fields import Fields, without_empty
from summitry.formats.profiles.entries import ConversionError
from summitry.v1.event_time_pb2 import Disambiguation, EventTime, TimePoint
from summitry.zones import PartialDate, ZoneError, parse_partial

G2 = "http://iptc.org/std/nar/2006-10-01/"
OWN = "tag:summitry.v1,2024:eventsml"
TAG = "tag:summitry.v1,2024:"
"""Before the resource name of a record, in the URI of its concept (RFC 4151)."""

Element = Any
"""An element of xml.etree, found or not: its searches say nothing of that in their types."""

UNCONFIRMED = "edconf:undefined"
CONFIRMED = ("confirmed", "exact")
_MONTH = re.compile(r"\d{4}(-\d{2})?")
_DAY = re.compile(r"(\d{4}-\d{2}-\d{2})(Z|[+-]\d{2}:\d{2})?")
_TIME = re.compile(
    r"(\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(?::\d{2})?)(?:\.\d+)?(Z|[+-]\d{2}:\d{2})?",
)
_DURATION = re.compile(r"P(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:(\d+)S)?)?")
_EPOCH = date(1970, 1, 1)


class Moment(NamedTuple):
    """A start or an end: its text, and its attributes by name, those of `OWN` after a colon."""

    text: str
    attributes: dict[str, str]


class Dates(NamedTuple):
    """The dates of an event as EventsML-G2 has them."""

    start: Moment
    end: Moment | None = None
    duration: str = ""


def dates_of(time: EventTime) -> Dates | None:
    """Return the dates of a time; None for an empty time."""
    write = {"timed": _write_timed, "dates": _write_days, "partial": _write_partial}
    form = time.WhichOneof("when")
    if form is None:
        return None
    dates = write[form](time)
    if time.source_text:
        dates.start.attributes[":text"] = time.source_text
    return dates


def _write_timed(time: EventTime) -> Dates:
    span, resolved = time.timed, time.resolved
    start = _moment(span.start, resolved.start_text, time.start_unconfirmed)
    if not span.HasField("end"):
        return Dates(start)
    return Dates(start, _moment(span.end, resolved.end_text, time.end_unconfirmed))


def _moment(point: TimePoint, resolved: str, unconfirmed: bool) -> Moment:
    """Return the resolved time with its offset; as given if no server has resolved it."""
    text = resolved.partition("[")[0] or _unresolved(point)
    choice = Disambiguation.Name(point.disambiguation) if point.disambiguation else ""
    zone = point.time_zone if point.civil_time and not point.utc_offset else ""
    return Moment(text, _attributes(unconfirmed, **{":zone": zone, ":choice": choice}))


def _unresolved(point: TimePoint) -> str:
    if not point.civil_time:
        return point.instant.ToJsonString()
    seconds = "" if point.civil_time.count(":") > 1 else ":00"
    return point.civil_time + seconds + point.utc_offset


def _write_days(time: EventTime) -> Dates:
    span = time.dates
    own = {":zone": span.time_zone}
    first, last = span.first_date or span.last_date, span.last_date or span.first_date
    end = Moment(last, _attributes(time.end_unconfirmed, **own))
    if span.open_start:
        # The schema demands a start. It is unknown, but cannot be after the last day.
        own |= {"approxend": last, ":unknown": "true"}
    start = Moment(first, _attributes(time.start_unconfirmed, **own))
    return Dates(start, None if span.open_end else end)


def _write_partial(time: EventTime) -> Dates:
    edtf = time.partial.edtf
    first, last = _bounds(parse_partial(edtf))
    plain = edtf if re.fullmatch(r"\d{4}(-(0\d|1[0-2]))?", edtf) else first or last
    own = {
        "approxstart": first,
        "approxend": last,
        ":zone": time.partial.time_zone,
        ":edtf": edtf,
    }
    return Dates(Moment(plain, _attributes(time.start_unconfirmed, **own)))


def _bounds(partial: PartialDate) -> tuple[str, str]:
    days = (partial.first_day, partial.last_day)
    first, last = ((_EPOCH + timedelta(day)).isoformat() if day is not None else "" for day in days)
    return first, last


def _attributes(unconfirmed: bool, **attributes: str) -> dict[str, str]:
    values = {"confirmationstatus": UNCONFIRMED if unconfirmed else "", **attributes}
    return {name: value for name, value in values.items() if value}


def time_of(dates: Dates) -> Fields:
    """Return an EventTime, as protobuf JSON, of dates of any maker. Raises ConversionError."""
    start = dates.start
    if edtf := _edtf(start):
        span = _until(edtf, dates)
        dates = dates if span == edtf else Dates(start)
        zone = start.attributes.get(":zone", "")
        time: Fields = {"partial": without_empty({"edtf": span, "time_zone": zone})}
    elif _TIME.fullmatch(start.text):
        time = {"timed": _read_timed(dates)}
    elif match := _DAY.fullmatch(start.text):
        time = {"dates": _read_days(dates, match[1])}
    else:
        raise ConversionError(f"unknown date {start.text!r}: write a year, month, day or time")
    return without_empty({**time, **_certainty(dates)})


def _until(edtf: str, dates: Dates) -> str:
    """Return the EDTF from a month or year to another, if the dates say no more than that."""
    end = dates.end
    plain = end is not None and end.text != edtf and _MONTH.fullmatch(end.text)
    if (
        end is None
        or not plain
        or edtf != dates.start.text
        or _bounds_of(end.text) < _bounds_of(edtf)
    ):
        return edtf
    return f"{edtf}/{end.text}"


def _certainty(dates: Dates) -> Fields:
    """Return how certain the dates are, with the text of an end that is less precise than a day."""
    flags = {
        f"{side}_unconfirmed": moment is not None and _is_unconfirmed(moment)
        for side, moment in (("start", dates.start), ("end", dates.end))
    }
    vague = dates.end is not None and _end(dates) is None
    text = f"end: {dates.end.text}" if dates.end is not None and vague else ""
    return {**flags, "source_text": dates.start.attributes.get(":text", text)}


def _is_unconfirmed(moment: Moment) -> bool:
    code = moment.attributes.get("confirmationstatus", "").rpartition(":")[2].lower()
    return bool(code) and code not in CONFIRMED


def _edtf(moment: Moment) -> str:
    """Return the EDTF of an approximate date: ours if it still fits, else that of its range."""
    attributes = moment.attributes
    if ":unknown" in attributes:
        return ""
    first, last = (attributes.get(name, "")[:10] for name in ("approxstart", "approxend"))
    month_or_year = _MONTH.fullmatch(moment.text)
    if not (first or last):
        return moment.text if month_or_year else ""
    for edtf in (attributes.get(":edtf", ""), moment.text if month_or_year else ""):
        if edtf and _bounds_of(edtf) == (_day(first, 0), _day(last, 1)):
            return edtf
    return f"[{first}..{last}]"


def _bounds_of(edtf: str) -> tuple[int | None, int | None]:
    try:
        partial = parse_partial(edtf)
    except ZoneError as error:
        raise ConversionError(str(error)) from error
    return partial.first_day, partial.last_day


def _day(text: str, side: int) -> int | None:
    return _bounds_of(text)[side] if text else None


def _read_timed(dates: Dates) -> Fields:
    end = _end(dates)
    if end is not None and not _TIME.fullmatch(end.text):
        raise ConversionError(f"the end {end.text!r} is no time, but the start is")
    return without_empty({"start": _point(dates.start), "end": _point(end) if end else None})


def _point(moment: Moment) -> Fields:
    """Return the wall time in the zone that we wrote, else with the offset that anybody wrote."""
    match = _TIME.fullmatch(moment.text)
    assert match is not None
    zone = moment.attributes.get(":zone", "")
    return without_empty(
        {
            "civil_time": match[1].removesuffix(":00") if match[1].count(":") > 1 else match[1],
            "time_zone": zone,
            "utc_offset": "" if zone else match[2],
            "disambiguation": moment.attributes.get(":choice", ""),
        }
    )


def _read_days(dates: Dates, first: str) -> Fields:
    end = _end(dates)
    last = _DAY.match(end.text) if end is not None else None
    zone = dates.start.attributes.get(":zone", "")
    has_first = ":unknown" not in dates.start.attributes
    return without_empty(
        {
            "first_date": first if has_first else "",
            "open_start": not has_first,
            "last_date": last[1] if last else "",
            "open_end": last is None,
            "time_zone": zone,
        }
    )


def _end(dates: Dates) -> Moment | None:
    """Return the end if it is precise to the day; with a duration, reckoned from the start."""
    if dates.duration:
        return Moment(_add_duration(dates.start.text, dates.duration), {})
    end = dates.end
    exact = end is not None and (_DAY.fullmatch(end.text) or _TIME.fullmatch(end.text))
    return end if exact else None


def _add_duration(start: str, duration: str) -> str:
    """Return the end of an event by its duration: a day, or a time at the start's offset."""
    match = _DURATION.fullmatch(duration)
    if match is None or not any(match.groups()):
        raise ConversionError(f"unknown duration {duration!r}: write days, hours and minutes")
    days, hours, minutes, seconds = (int(part or 0) for part in match.groups())
    try:
        length = timedelta(days, hours=hours, minutes=minutes, seconds=seconds)
        if day := _DAY.fullmatch(start):
            return (date.fromisoformat(day[1]) + length - timedelta(1)).isoformat()
        return (datetime.fromisoformat(start) + length).isoformat()
    except OverflowError as error:
        raise ConversionError(f"the duration {duration!r} leads beyond the year 9999") from error


def qname(name: str) -> str:
    """Return a name in ElementTree's form: "start" is of G2, ":zone" of our namespace."""
    own = name.startswith(":")
    return f"{{{OWN}}}{name[1:]}" if own else f"{{{G2}}}{name}"


def attribute(name: str) -> str:
    """Return the name of an attribute in ElementTree's form; those of G2 are in no namespace."""
    return qname(name) if name.startswith(":") else name
