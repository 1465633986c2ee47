"""The fields of a record that say when it is, with what was decided about zones and days."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, time

from summitry.fields import Fields
from summitry.ical.reading import value_parsers
from summitry.ical.reading.faults import CONTRADICTING_TIMES, INFERRED_TIME_ZONE, REWRITTEN_VALUE
from summitry.ical.reading.moments import (
    CivilTime,
    EventTimes,
    TimeContext,
    instant,
    wall_at,
)
from summitry.ical.reading.properties import Properties
from summitry.ical.reading.tzids import printable

FLAG = "X-MICROSOFT-CDO-ALLDAYEVENT"  # of Outlook and Exchange (MS-OXCICAL 2.1.3.1.1.20.28)
SOURCE_ID = "calendar-file"
_RECURRING = ("RRULE", "RDATE", "RECURRENCE-ID")


def fields_of(times: EventTimes, properties: Properties, context: TimeContext) -> Fields:
    """Return the time, and the source whose note says how an unclear zone was read."""
    times = _as_days(times, properties, context)
    decisions = times.decisions(context)
    if not decisions:
        return {"time": times.field(context)}
    for text in decisions:
        properties.warn(INFERRED_TIME_ZONE, text)
    note = "; ".join(dict.fromkeys(decisions))
    return {
        "time": times.field(context) | {"source_text": _as_written(times.start, properties)},
        "sources": [{"id": SOURCE_ID, "note": note}],
    }


def _as_written(start: CivilTime, properties: Properties) -> str:
    """Return the start in the words of the file."""
    prop = properties.single("DTSTART")
    tzid = prop.parameters.get("TZID", "") if prop else ""
    zone = f";TZID={printable(tzid)}" if tzid else ""
    return f"DTSTART{zone}:{value_parsers.compact(start.wall)}"


def _as_days(times: EventTimes, properties: Properties, context: TimeContext) -> EventTimes:
    """Return days for hours that stand for them: from midnight to midnight, as programs write it.

    Outlook marks them. Others write the midnights of their own zone in UTC: these are days where
    the zone of the file is known, and the event does not recur, since a change of clocks moves the
    midnight of a series.
    """
    if times.start.is_day:
        return times
    is_flagged = properties.value(FLAG).upper() == "TRUE"
    walls = [_local(time, properties, context) for time in (times.start, times.end) if time]
    if all(wall.time() == time.min for wall in walls):
        is_utc = not times.start.zone and times.end is not None and not times.end.zone
        if is_flagged or (is_utc and walls[0] != times.start.wall):
            return _days(walls, properties)
    elif is_flagged:
        text = f"{FLAG}:TRUE, but not from midnight to midnight: read as hours"
        properties.warn(CONTRADICTING_TIMES, text)
    return times


def _days(walls: Sequence[datetime], properties: Properties) -> EventTimes:
    days = [CivilTime(wall, is_day=True) for wall in walls]
    text = "DTSTART and DTEND are midnights: read as whole days"
    properties.warn(REWRITTEN_VALUE, text)
    return EventTimes(days[0], days[1] if len(days) > 1 else None)


def _local(time_: CivilTime, properties: Properties, context: TimeContext) -> datetime:
    """Return the wall time at which the zone of the file shows an instant; else the own one."""
    zone = context.floating or context.display_zone
    if time_.zone or not zone or any(name in properties for name in _RECURRING):
        return time_.wall
    return wall_at(instant(time_, context), zone, context)
