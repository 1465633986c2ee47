"""A whole time in one string: ISO 8601 and EDTF (ISO 8601-2), with zones as in RFC 9557.

    2024-07-03T10:00[Asia/Almaty]                      a wall time at a place
    2024-07-03T10:00/12:30[Asia/Almaty]                two; the zone at the end serves both
    2024-07-03T10:00/PT90M[Asia/Almaty]                hours that last so long
    2024-07-03T07:00+01:00                             an offset as printed
    2024-07-03T05:00:00Z[Asia/Almaty]                  an instant, and the zone that shows it
    2024-07-03, 2024-07-02/2024-07-06, 2024-07-02/..   days; an end may be open
    2023-10[Asia/Shanghai], 2023-10~                   a partial date (EDTF)

After the zone there may be tags of the form `[key=value]` (RFC 9557 section 3.1). Two are ours:
`_choice` says which instant is meant of a wall time that clocks skip or repeat, and `_form=partial`
that days are bounds of a day that is not known. Others are ignored unless they begin with `!`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import NamedTuple

from google.protobuf.duration_pb2 import Duration

from summitry.v1.event_time_pb2 import (
    DateSpan,
    Disambiguation,
    EventTime,
    PartialSpan,
    TimedSpan,
    TimePoint,
)
from summitry.zones import (
    InvalidTimeError,
    TzDb,
    format_offset,
    parse_civil,
    parse_date,
    parse_offset,
    parse_partial,
    rfc3339,
)

_BODY = r"[^\[\]/]*"
_TAGS = r"(?:\[[^\[\]]+\])*"
_TIME = re.compile(rf"({_BODY})({_TAGS})(?:/({_BODY})({_TAGS}))?")
_SET = re.compile(rf"(\[[^\[\]]*\])({_TAGS})")
_TAG = re.compile(r"\[([^\[\]]+)\]")
_CLOCK = re.compile(r"[0-9]{2}:[0-9]{2}(?::[0-9]{2})?(?:Z|[+-][0-9:]+)?")
_POINT = re.compile(r"([0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:]+)(Z|[+-][0-9:]+)?")
_DURATION = re.compile(r"PT(?:([0-9]{1,6})H)?(?:([0-9]{1,7})M)?(?:([0-9]{1,9})S)?")
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_OPEN = ("", "..")
_LONGEST = 512

_CHOICES: Mapping[str, Disambiguation] = {
    "compatible": Disambiguation.DISAMBIGUATION_COMPATIBLE,
    "earlier": Disambiguation.DISAMBIGUATION_EARLIER,
    "later": Disambiguation.DISAMBIGUATION_LATER,
}
_CHOICE_NAMES = {choice: name for name, choice in _CHOICES.items()}
_TAG_VALUES = {"_choice": tuple(_CHOICES), "_form": ("partial",)}
_FORMS = (
    "a time in one string; give for example 2024-07-03T10:00[Asia/Almaty], "
    "2024-07-03T10:00/12:30[Asia/Almaty], 2024-07-02/2024-07-06, 2024-07-02/.. or 2023-10"
)


class _End(NamedTuple):
    """One end of a time as written."""

    text: str
    zone: str
    tags: Mapping[str, str]


def parse_time(text: str) -> EventTime:
    """Return the time written in a string, with what it says in fields; nothing is resolved yet.

    The zone is not looked up. Raises InvalidTimeError, InvalidDateError or PartialDateError.
    """
    if len(text) > _LONGEST:
        raise InvalidTimeError(f"{text[:20]}...", f"at most {_LONGEST} characters")
    start, end = _ends(text)
    if "T" in start.text:
        return EventTime(timed=_timed(start, end, text))
    bodies = [part.text for part in (start, end) if part is not None]
    zone = _common_zone(start, end, text)
    is_partial = any("_form" in part.tags for part in (start, end) if part is not None)
    if is_partial or not _are_days(bodies):
        edtf = parse_partial("/".join(bodies)).edtf
        return EventTime(partial=PartialSpan(edtf=edtf, time_zone=zone))
    return EventTime(dates=_dates(bodies, zone))


def format_time(time: EventTime, db: TzDb) -> str:
    """Return a resolved time in one string, from which `parse_time` makes the same again.

    Left out are `fixed_as`, what is said about a time (its text, what is unconfirmed), a zone that
    only shows an end and that its start does not have, and a choice between instants where clocks
    neither skip nor repeat.
    """
    match time.WhichOneof("when"):
        case "timed":
            return _format_timed(time, db)
        case "dates":
            return _format_dates(time.dates)
        case "partial":
            edtf, zone = time.partial.edtf, _suffix(time.partial.time_zone)
            return edtf + zone + ("[_form=partial]" if _are_days(edtf.split("/")) else "")
        case _:
            return ""


def _ends(text: str) -> tuple[_End, _End | None]:
    if match := _SET.fullmatch(text):
        return _end(match[1], match[2], text), None
    match = _TIME.fullmatch(text)
    if match is None:
        raise InvalidTimeError(text, _FORMS)
    start = _end(match[1], match[2], text)
    return start, None if match[3] is None else _end(match[3], match[4], text)


def _end(body: str, suffix: str, whole_text: str) -> _End:
    """Return an end with its zone and tags; errors quote `whole_text`."""
    zone, tags = "", {}
    for index, tag in enumerate(_TAG.findall(suffix)):
        is_critical, tag = tag.startswith("!"), tag.removeprefix("!")
        key, equals, value = tag.partition("=")
        if not equals and index == 0:
            zone = tag
        elif value in _TAG_VALUES.get(key, ()):
            tags[key] = value
        elif not equals or is_critical or key in _TAG_VALUES:
            raise InvalidTimeError(whole_text, f"a time without the suffix [{tag}]")
    return _End(body, zone, tags)


def _common_zone(start: _End, end: _End | None, whole_text: str) -> str:
    zones = {part.zone for part in (start, end) if part is not None and part.zone}
    if len(zones) > 1:
        raise InvalidTimeError(whole_text, "days in one zone")
    return zones.pop() if zones else ""


def _are_days(bodies: list[str]) -> bool:
    """Return whether the text is one day, or two of which one may be open."""
    days = sum(_DAY.fullmatch(body) is not None for body in bodies)
    opens = sum(body in _OPEN for body in bodies)
    # ".." alone has no day; more than two bodies come of a set, which is a partial date.
    return days > 0 and days + opens == len(bodies) <= 2


def _dates(bodies: list[str], zone: str) -> DateSpan:
    first, last = ("" if body in _OPEN else body for body in (bodies[0], bodies[-1]))
    for date in (first, last):
        if date:
            parse_date(date)
    return DateSpan(
        first_date=first, last_date=last, open_start=not first, open_end=not last, time_zone=zone
    )


def _timed(start: _End, end: _End | None, whole_text: str) -> TimedSpan:
    span = TimedSpan(start=_point(start, whole_text))
    if end is None:
        return span
    if end.text.startswith("P"):
        span.start.time_zone = start.zone or end.zone
        span.duration.CopyFrom(_duration(end.text, whole_text))
        return span
    is_clock = _CLOCK.fullmatch(end.text) is not None
    text = f"{start.text[: len('2024-07-03T')]}{end.text}" if is_clock else end.text
    if not _offset(text) and not start.zone and (is_clock or not end.zone):
        text += _offset(start.text)  # what the end leaves out is that of the start (ISO 8601)
    span.end.CopyFrom(_point(end._replace(text=text), whole_text))
    if _is_alike(start.text, text):
        span.start.time_zone = start.zone or end.zone
    return span


def _offset(text: str) -> str:
    match = _POINT.fullmatch(text)
    return (match[2] or "") if match else ""


def _point(end: _End, whole_text: str) -> TimePoint:
    match = _POINT.fullmatch(end.text)
    if match is None:
        raise InvalidTimeError(whole_text, _FORMS)
    civil, offset = match[1], match[2] or ""
    wall = parse_civil(civil)
    if offset == "Z":
        point = TimePoint(time_zone=end.zone)
        point.instant.seconds = wall
        return point
    if offset:
        parse_offset(offset)
    choice = _CHOICES.get(end.tags.get("_choice", ""))
    return TimePoint(civil_time=civil, utc_offset=offset, time_zone=end.zone, disambiguation=choice)


def _duration(text: str, whole_text: str) -> Duration:
    """Return an elapsed time; days are none, since clocks make them of other lengths than 24 h."""
    match = _DURATION.fullmatch(text)
    if match is None or not any(match.groups()):
        expected = "a time with a duration in hours, minutes and seconds, as PT1H30M; give the end"
        raise InvalidTimeError(whole_text, expected)
    hours, minutes, seconds = (int(part or 0) for part in match.groups())
    return Duration(seconds=hours * 3600 + minutes * 60 + seconds)


def _format_dates(span: DateSpan) -> str:
    first = span.first_date or ("" if span.open_start else span.last_date)
    last = span.last_date or ("" if span.open_end else span.first_date)
    body = first if first == last else f"{first or '..'}/{last or '..'}"
    return body + _suffix(span.time_zone)


def _format_timed(time: EventTime, db: TzDb) -> str:
    span, is_fixed = time.timed, bool(time.fixed_as)
    start, start_tags = _format_point(span.start, is_fixed, db)
    start_zone = _suffix(span.start.time_zone)
    if not span.HasField("end"):
        return start + start_zone + start_tags
    end, end_tags = _format_point(span.end, is_fixed, db)
    end_zone = _suffix(span.end.time_zone)
    if not start_zone and _is_alike(start, end):
        # A zone behind the end is read as that of both where both have one form, so the end has
        # to be written in another form.
        if span.end.utc_offset or span.end.HasField("instant"):
            end_zone = ""
        else:
            end, end_tags = span.end.civil_time, _choice_tag(span.end)
    if start_zone == end_zone and _is_alike(start, end) and not start_tags:
        return f"{start}/{end}{end_zone}{end_tags}"
    return f"{start}{start_zone}{start_tags}/{end}{end_zone}{end_tags}"


def _format_point(point: TimePoint, is_fixed: bool, db: TzDb) -> tuple[str, str]:
    """Return a point without its zone, and its tags.

    In a fold its offset says which instant is meant, as in other makers' texts, unless `fixed_as`
    would take it for an offset as printed.
    """
    if point.HasField("instant"):
        return rfc3339(point.instant.seconds), ""
    civil = point.civil_time
    if point.utc_offset:
        return civil + format_offset(parse_offset(point.utc_offset)), ""
    if not (point.disambiguation and point.time_zone):
        return civil, ""
    wall = parse_civil(civil)
    earlier, later, kind = db.zone(point.time_zone).candidates(wall)
    if kind == "fold" and not is_fixed:
        is_later = point.disambiguation == Disambiguation.DISAMBIGUATION_LATER
        return civil + format_offset(wall - (later if is_later else earlier)), ""
    return civil, "" if kind == "normal" else _choice_tag(point)


def _choice_tag(point: TimePoint) -> str:
    name = _CHOICE_NAMES.get(point.disambiguation)
    return f"[_choice={name}]" if name else ""


def _is_alike(start: str, end: str) -> bool:
    """Return whether two points are written in the same form: wall time, offset or instant."""
    forms = [offset if offset in ("", "Z") else "+" for offset in map(_offset, (start, end))]
    return forms[0] == forms[1]


def _suffix(zone: str) -> str:
    return f"[{zone}]" if zone else ""
