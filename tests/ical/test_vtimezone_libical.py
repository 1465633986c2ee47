"""VTIMEZONE blocks as libical reads them: the offset of every zone from 2024 to 2030."""

from __future__ import annotations

import ctypes
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from summitry.ical.readable import is_readable
from summitry.ical.vtimezone import vtimezone
from summitry.zones import TzDb, Zone, parse_civil

START, END = parse_civil("2024-01-01T00:00"), parse_civil("2031-01-01T00:00")
MONTH = 30 * 86400 + 7 * 3600


class IcalTime(ctypes.Structure):
    """struct icaltimetype of libical 3."""

    _fields_ = (
        *((name, ctypes.c_int) for name in ("year", "month", "day", "hour", "minute", "second")),
        ("is_date", ctypes.c_int),
        ("is_daylight", ctypes.c_int),
        ("zone", ctypes.c_void_p),
    )


@contextmanager
def zone_of(libical: Any, block: bytes) -> Iterator[Any]:
    part = ctypes.c_void_p(libical.icalparser_parse_string(block))
    zone = ctypes.c_void_p(libical.icaltimezone_new())
    assert libical.icaltimezone_set_component(zone, part)
    yield zone
    libical.icaltimezone_free(zone, 1)  # and its component


def read_offset(libical: Any, zone: Any, moment: int, function: str) -> int:
    """Return the seconds east of UTC at an instant or a wall time."""
    libical.icaltime_from_timet_with_zone.argtypes = [ctypes.c_long, ctypes.c_int, ctypes.c_void_p]
    libical.icaltime_from_timet_with_zone.restype = IcalTime
    time = libical.icaltime_from_timet_with_zone(moment, 0, None)
    daylight = ctypes.c_int(0)
    offset: int = getattr(libical, function)(zone, ctypes.byref(time), ctypes.byref(daylight))
    return offset


def moments(zone: Zone) -> list[int]:
    """Return each month, and the seconds, hours and days around each transition."""
    near = (-86400, -7200, -3600, -1, 0, 3600, 7200, 86400)
    changes = [change.instant + step for change in zone.transitions(START, END) for step in near]
    return sorted(
        {*range(START, END, MONTH), *(moment for moment in changes if START <= moment < END)}
    )


@pytest.mark.parametrize("style", ["local", "auto"])
def test_every_instant_has_its_offset(libical: Any, db: TzDb, style: str) -> None:
    wrong, checked = [], 0
    for key in sorted(db.ids):
        zone = db.zone(key)
        instants = [
            moment for moment in moments(zone) if style == "local" or is_readable(key, moment, db)
        ]
        if not instants:
            continue
        with zone_of(libical, vtimezone(key, zone, instants)) as read:
            for moment in instants:
                offset, wall = zone.offset_at(moment), zone.wall_at(moment)
                checked += 1
                if (
                    read_offset(libical, read, moment, "icaltimezone_get_utc_offset_of_utc_time")
                    != offset
                ):
                    wrong.append((key, moment))
                if zone.candidates(wall)[2] != "normal":
                    continue  # such an hour is written in UTC
                if read_offset(libical, read, wall, "icaltimezone_get_utc_offset") != offset:
                    wrong.append((key, wall))
    assert wrong == []
    assert checked > 50_000


def test_block_for_a_single_event_has_its_offset(libical: Any, db: TzDb) -> None:
    wrong = []
    for key in sorted({db.canonical(key) for key in db.ids}):
        zone = db.zone(key)
        for moment in moments(zone)[::5]:
            if zone.candidates(zone.wall_at(moment))[2] == "normal":
                with zone_of(libical, vtimezone(key, zone, [moment])) as read:
                    wall, offset = zone.wall_at(moment), zone.offset_at(moment)
                    if read_offset(libical, read, wall, "icaltimezone_get_utc_offset") != offset:
                        wrong.append((key, moment))
    assert wrong == []


def test_wrong_onset_gives_another_offset(libical: Any, db: TzDb) -> None:
    """The judge refuses an onset in the offset after it, as icalendar 7.3 writes them."""
    block = vtimezone("Europe/Berlin", db.zone("Europe/Berlin"), [START, END])
    late = block.replace(b"T020000", b"T030000")
    with zone_of(libical, late) as read:
        onset = parse_civil("2026-03-29T01:30")
        assert read_offset(libical, read, onset, "icaltimezone_get_utc_offset_of_utc_time") == 3600
